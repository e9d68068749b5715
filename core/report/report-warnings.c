/* report-warnings.c - what a reader of the figures must know, one sentence or two each. */
#include "report-private.h"
#include "util/text.h"
#include <math.h>
#include <string.h>

#define FEW_PROBLEMS 30
#define MAX_TRUNCATED 0.01 /* share of samples that may be cut off without a word */

static void
warn (VervetRunReport *report, const char *code, char *message)
{
  VervetWarning *warning = g_new (VervetWarning, 1);

  warning->code = g_strdup (code);
  warning->message = message;
  g_ptr_array_add (report->warnings, warning);
}

/* "1 trial", "1,234 trials". (transfer full) */
static char *
counted (gint64 n, const char *noun)
{
  g_autofree char *count = vervet_text_count (n);

  return g_strdup_printf ("%s %s%s", count, noun, n == 1 ? "" : "s");
}

static void
warn_how_drawn (const ReportRun *run, VervetRunReport *report)
{
  if (report->stopping) {
    gint64 n = 0, pass = 0;

    for (guint i = 0; i < run->n_problems; i++) {
      n += run->problems[i].n;
      pass += run->problems[i].pass;
    }
    warn (report, "stopping",
          g_strdup_printf (
              "This run stopped on its outcomes, so the number of trials depends on them and pass@k or majority@k "
              "would be biased: none is given. Realised: %.1f trials a problem, %.1f %% of the judged ones pass.",
              run->n_problems ? (double)report->trials / run->n_problems : 0, n ? 100.0 * pass / n : 0));
  }
  if (report->oracle)
    warn (report, "oracle",
          g_strdup (
              "The sampler could see the reference answers: an oracle run, an upper bound and no measure of a model."));
  if (run->row->state == VERVET_RUN_RUNNING)
    warn (report, "running",
          g_strdup ("The run is still going or was interrupted: figures will change as trials arrive."));
}

static void
warn_missing (const ReportRun *run, VervetRunReport *report)
{
  g_autofree char *missing = vervet_text_count (report->missing), *planned = counted (report->planned, "planned trial");
  g_autofree char *failed = vervet_text_count (run->failed), *open = NULL;

  if (report->missing == 0)
    return;
  open = vervet_text_count (MAX (report->missing - run->failed, 0));
  warn (report, "missing",
        g_strdup_printf (
            "%s of %s have no sample: %s failed for good, %s were not drawn. The same `vervet run` again goes on. "
            "Figures rest on the others; missing_wrong and missing_right tell what the rest could change.",
            missing, planned, failed, open));
}

static void
warn_verdicts (const ReportRun *run, VervetRunReport *report)
{
  if (!run->check) {
    if (report->trials || run->n_problems)
      warn (
          report, "unverified",
          g_strdup (
              "No verifier has judged this run, so there is nothing to report: `vervet reverify RUN VERIFIER` does."));
    return;
  }
  if (report->unscored) {
    g_autofree char *n = counted (report->unscored, "trial"), *errors = vervet_text_count (run->errors);

    warn (report, "unscored",
          g_strdup_printf (
              "%s with a sample have no verdict (%s ended in an error of the verifier). They count neither as right "
              "nor as wrong; `vervet reverify` judges them.",
              n, errors));
  }
  if (run->undecided) {
    g_autofree char *n = counted (run->undecided, "trial");

    warn (report, "undecided",
          g_strdup_printf ("%s: the verifier could not tell right from wrong. They count as neither.", n));
  }
  if (run->bad_reference) {
    g_autofree char *n = counted (run->bad_reference, "trial");

    warn (report, "bad-reference",
          g_strdup_printf (
              "%s could not be judged because the verifier cannot read the problem's reference answer. They are "
              "left out; check the benchmark's reference field.",
              n));
  }
  if (run->scored) {
    g_autofree char *n = counted (run->scored, "trial");

    warn (report, "scored",
          g_strdup_printf ("%s have a score without pass or fail, which is no basis for coverage. They are left out.",
                           n));
  }
}

/* TRUE where the experiment asks for the likeliest text: equal samples are then what was asked for. */
static gboolean
is_greedy (const ReportRun *run)
{
  static const char *const places[] = { "sampler.options.temperature", "sampler.temperature",
                                        "models.model.temperature" };
  const VervetJson *greedy = vervet_json_find (run->spec, "sampler.options.greedy");

  if (greedy && greedy->type == VERVET_JSON_TRUE)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (places); i++) {
    const VervetJson *value = vervet_json_find (run->spec, places[i]);

    if (value && (value->type == VERVET_JSON_INT || value->type == VERVET_JSON_FLOAT))
      return value->f == 0;
  }
  return FALSE;
}

static void
warn_samples (const ReportRun *run, VervetRunReport *report)
{
  if (run->texts > 0 && run->distinct * 2 < run->texts && !is_greedy (run))
    warn (report, "duplicates",
          g_strdup_printf (
              "Only %.1f %% of the texts differ from each other within their problem. Equal samples add nothing: "
              "likely causes are one seed for every request, a temperature near 0, a cache in front of the model, "
              "or answers too short to differ.",
              100.0 * run->distinct / run->texts));
  if (report->samples > 0 && run->truncated > MAX_TRUNCATED * report->samples)
    warn (report, "truncated",
          g_strdup_printf (
              "%.1f %% of the samples were cut off at the token limit, and were judged as they are. A larger "
              "max-tokens may change the figures.",
              100.0 * run->truncated / report->samples));
}

static void
warn_thin (const ReportRun *run, VervetRunReport *report)
{
  guint64 largest = run->ks->len ? g_array_index (run->ks, guint64, run->ks->len - 1) : 0, first = 0;
  gint64 few = 0;

  for (guint i = 0; i < run->n_problems; i++)
    few += run->problems[i].n > 0 && (guint64)run->problems[i].n < largest;
  for (guint i = 0; i < report->coverage->len && !first; i++) {
    const VervetCurvePoint *point = &g_array_index (report->coverage, VervetCurvePoint, i);

    if (point->estimate.n_rows < (run->n_problems ? run->n_problems : 1))
      first = point->k;
  }
  if (few > 0 && first) {
    g_autofree char *n = counted (few, "problem"), *k = vervet_text_count ((gint64)MIN (largest, (guint64)G_MAXINT64));
    g_autofree char *from = vervet_text_count ((gint64)MIN (first, (guint64)G_MAXINT64));

    warn (report, "n-below-k",
          g_strdup_printf (
              "%s of %u have fewer than k = %s judged trials and are left out where k is larger than their number "
              "of trials. Points from k = %s on rest on other problems than the rest of the curve, or on none.",
              n, run->n_problems, k, from));
  }
  if (run->n_problems > 0 && run->n_problems < FEW_PROBLEMS && run->check)
    warn (report, "few-problems",
          g_strdup_printf ("%u problem%s: intervals that resample problems are rough below %d, and too narrow.",
                           run->n_problems, run->n_problems == 1 ? "" : "s", FEW_PROBLEMS));
}

static void
warn_retries (const ReportRun *run, VervetRunReport *report)
{
  const VervetIncidentCount *most = NULL;
  gint64 tries = 0;

  for (guint i = 0; i < run->incidents->len; i++) {
    const VervetIncidentCount *incident = &g_array_index (run->incidents, VervetIncidentCount, i);

    tries += incident->n;
    if (!most || incident->n > most->n)
      most = incident;
  }
  if (tries > 0) {
    g_autofree char *n = counted (tries, "request"), *often = vervet_text_count (most->n);
    g_autofree char *http = most->http > 0 ? g_strdup_printf ("HTTP %d, ", most->http) : g_strdup ("");

    warn (report, "retries",
          g_strdup_printf ("%s failed and had to be repeated or given up; most often (%s times): %s%s.", n, often, http,
                           most->message ? most->message : "no message"));
  }
}

static void
warn_epochs (const ReportRun *run, VervetRunReport *report)
{
  guint changes = 0;

  for (guint i = 1; i < run->epochs->len; i++)
    changes += g_strcmp0 (g_array_index (run->epochs, VervetEpochRow, i).facts,
                          g_array_index (run->epochs, VervetEpochRow, i - 1).facts)
               != 0;
  if (changes)
    warn (report, "epochs",
          g_strdup_printf (
              "The run went on %u time%s under other facts (versions, host, server or prices): samples before and "
              "after may differ.",
              changes, changes == 1 ? "" : "s"));
}

void
report_add_warnings (const ReportRun *run, VervetRunReport *report)
{
  warn_how_drawn (run, report);
  warn_missing (run, report);
  warn_verdicts (run, report);
  warn_samples (run, report);
  warn_thin (run, report);
  warn_retries (run, report);
  warn_epochs (run, report);
}
