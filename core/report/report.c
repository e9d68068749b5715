/* report.c - the report of a file: each run read, estimated, and described. */
#include "report-private.h"
#include "util/text.h"
#include <math.h>
#include <string.h>

/* ---- Freeing ---- */

static void
warning_free (VervetWarning *warning)
{
  g_free (warning->code);
  g_free (warning->message);
  g_free (warning);
}

static void
group_free (VervetGroupReport *group)
{
  g_free (group->value);
  g_array_unref (group->coverage);
  g_free (group);
}

static void
run_report_free (VervetRunReport *report)
{
  char *texts[] = { report->name, report->benchmark, report->model, report->sampler, report->verifier, report->arm };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_free (texts[i]);
  g_clear_pointer (&report->coverage, g_array_unref);
  g_clear_pointer (&report->majority, g_array_unref);
  g_clear_pointer (&report->groups, g_ptr_array_unref);
  g_clear_pointer (&report->warnings, g_ptr_array_unref);
  g_free (report);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VervetRunReport, run_report_free)

void
vervet_report_free (VervetReport *report)
{
  if (!report)
    return;
  g_ptr_array_unref (report->runs);
  g_free (report);
}

/* ---- Description ---- */

static void
describe (const ReportRun *run, VervetRunReport *report)
{
  VervetRunFacts facts;

  vervet_run_facts_init (&facts, run->spec);
  report->name = g_strdup (run->row->name);
  report->benchmark = run->n_problems ? g_strdup (run->problems[0].member->benchmark) : g_strdup (facts.benchmark);
  report->model = g_steal_pointer (&facts.model);
  report->sampler = g_steal_pointer (&facts.sampler);
  report->verifier = run->check ? g_strdup (run->check->name) : NULL;
  report->arm = g_strdup (run->row->arm);
  report->oracle = run->row->oracle;
  report->stopping = run->row->stopping;
  report->counts_only = run->row->counts_only;
  vervet_run_facts_clear (&facts);
}

/* ---- Counts and cost ---- */

static void
add_counts (const ReportRun *run, VervetRunReport *report)
{
  report->problems = run->n_problems;
  for (guint i = 0; i < run->n_problems; i++) {
    const VervetMemberRow *member = run->problems[i].member;

    report->trials += member->done;
    report->samples += member->samples;
    report->planned += member->planned;
    report->missing += MAX (member->planned - member->done, 0);
    report->duplicates += report->counts_only ? 0 : MAX (member->samples - member->distinct_texts, 0);
    report->calls += member->calls;
    report->prompt_tokens += member->in_tok;
    report->output_tokens += member->out_tok;
    report->sequential_tokens += member->seq_tok;
  }
  report->unscored = MAX (report->trials - run->judged, 0);
}

/* Spent and lost (reserved when the machine died: it may have been charged); NaN where the ledger has no such unit. */
static double
ledger_spent (const ReportRun *run, const char *unit)
{
  for (guint i = 0; i < run->ledger->len; i++) {
    const VervetLedgerRow *row = &g_array_index (run->ledger, VervetLedgerRow, i);

    if (!g_strcmp0 (row->unit, unit))
      return row->spent + row->lost;
  }
  return NAN;
}

static double
epochs_seconds (const ReportRun *run)
{
  double ms = 0;
  gboolean known = FALSE;

  for (guint i = 0; i < run->epochs->len; i++) {
    const VervetEpochRow *epoch = &g_array_index (run->epochs, VervetEpochRow, i);

    if (epoch->ended_ms >= epoch->started_ms && epoch->started_ms >= 0) {
      ms += epoch->ended_ms - epoch->started_ms;
      known = TRUE;
    }
  }
  return known ? ms / 1000 : NAN;
}

static void
add_cost (const ReportRun *run, VervetRunReport *report)
{
  gint64 nano = 0;

  for (guint i = 0; i < run->n_problems; i++)
    nano += run->problems[i].member->nano_money;
  report->usd = nano > 0 ? nano / 1e9 : ledger_spent (run, "money");
  report->flops = ledger_spent (run, "flops");
  /* The ledger's seconds add up critical paths; time on the wall is what the epochs took. */
  report->wall_s = run->row->state == VERVET_RUN_IMPORTED ? NAN : epochs_seconds (run);
}

/* ---- The report ---- */

static VervetRunReport *
run_report_new (const ReportRun *run)
{
  VervetRunReport *report = g_new0 (VervetRunReport, 1);

  report->warnings = g_ptr_array_new_with_free_func ((GDestroyNotify)warning_free);
  describe (run, report);
  add_counts (run, report);
  add_cost (run, report);
  if (report->stopping || !run->check) {
    report->coverage = g_array_new (FALSE, FALSE, sizeof (VervetCurvePoint));
  } else {
    report->coverage = report_coverage (run, run->problems, run->n_problems);
    report->majority = run->answers && run->answers->len ? report_majority (run) : NULL;
    report->has_fit = report_fit (run, &report->fit);
    if (run->options->by) {
      report->groups = report_groups (run);
      g_ptr_array_set_free_func (report->groups, (GDestroyNotify)group_free);
    }
  }
  report_add_warnings (run, report);
  return report;
}

static gboolean
add_run (VervetReport *report, VervetStore *store, const VervetRunRow *row, const VervetReportOptions *options,
         GError **error)
{
  g_autoptr (ReportRun) run = report_run_read (store, row, options, error);

  if (!run)
    return FALSE;
  g_ptr_array_add (report->runs, run_report_new (run));
  return TRUE;
}

VervetReport *
vervet_report_new (VervetStore *store, const VervetReportOptions *options, GError **error)
{
  g_autoptr (VervetReport) report = g_new0 (VervetReport, 1);
  g_autoptr (GArray) runs = NULL;

  report->level = options->level > 0 ? options->level : 0.95;
  report->runs = g_ptr_array_new_with_free_func ((GDestroyNotify)run_report_free);
  if (options->run) {
    g_auto (VervetRunRow) row = { 0 };

    if (!vervet_store_find_run (store, options->run, &row, error) || !add_run (report, store, &row, options, error))
      return NULL;
    return g_steal_pointer (&report);
  }
  if (!(runs = vervet_store_runs (store, error)))
    return NULL;
  for (guint i = 0; i < runs->len; i++)
    if (!add_run (report, store, &g_array_index (runs, VervetRunRow, i), options, error))
      return NULL;
  return g_steal_pointer (&report);
}
