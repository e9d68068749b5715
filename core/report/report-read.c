/* report-read.c - the counters of a run, and nothing that grows with its samples. */
#include "report-private.h"
#include "vervet-plugin.h"
#include "util/text.h"
#include <string.h>

#define MANY_SAMPLES 16 /* from here on equal texts say something about the set-up */

static VervetCheckRow *
check_at (const ReportRun *run, guint i)
{
  return &g_array_index (run->checks, VervetCheckRow, i);
}

/* By name first, then by component, so that "numeric" finds the check whatever it was called. */
static gboolean
find_check (ReportRun *run, const char *wanted, GError **error)
{
  g_autofree const char **names = NULL;
  g_autofree char *hint = NULL, *list = NULL;

  if (!wanted) {
    for (guint i = 0; i < run->checks->len && !run->check; i++)
      if (!check_at (run, i)->visible)
        run->check = check_at (run, i);
    return TRUE;
  }
  for (guint by_component = 0; by_component < 2; by_component++)
    for (guint i = 0; i < run->checks->len; i++)
      if (!strcmp (by_component ? check_at (run, i)->component : check_at (run, i)->name, wanted)) {
        run->check = check_at (run, i);
        return TRUE;
      }
  names = g_new0 (const char *, run->checks->len + 1);
  for (guint i = 0; i < run->checks->len; i++)
    names[i] = check_at (run, i)->name;
  hint = vervet_text_did_you_mean (wanted, names);
  list = g_strjoinv (", ", (char **)names);
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
               "%s: run \"%s\" has no verdicts of a verifier \"%s\"%s; it has: %s. `vervet reverify` adds one",
               vervet_store_path (run->store), run->row->name, wanted, hint, *list ? list : "none");
  return FALSE;
}

static gboolean
read_rows (ReportRun *run, GError **error)
{
  gint64 id = run->row->run_id;

  return (run->members = vervet_store_members (run->store, id, error))
         && (run->checks = vervet_store_checks (run->store, id, error))
         && (run->ledger = vervet_store_ledger (run->store, id, error))
         && (run->incidents = vervet_store_incidents (run->store, id, error))
         && (run->epochs = vervet_store_epochs (run->store, id, error))
         && find_check (run, run->options->verifier, error)
         && (!run->check
             || ((run->tallies = vervet_store_tallies (run->store, id, run->check->check_id, error))
                 && (run->answers = vervet_store_answers (run->store, id, run->check->check_id, error))));
}

static void
add_tally (ReportRun *run, ReportProblem *problem, const VervetTallyRow *tally)
{
  problem->n = tally->pass + tally->fail + tally->no_answer;
  problem->pass = tally->pass;
  problem->decided = tally->pass + tally->fail;
  problem->missing = problem->member->planned - problem->n - tally->bad_reference - tally->scored;
  problem->missing = MAX (problem->missing, 0);
  run->judged += problem->n + tally->scored + tally->undecided + tally->bad_reference;
  run->undecided += tally->undecided;
  run->no_answer += tally->no_answer;
  run->bad_reference += tally->bad_reference;
  run->errors += tally->errors;
  run->scored += tally->scored;
}

static ReportProblem *
problem_of (GHashTable *by_member, gint64 member_id)
{
  return g_hash_table_lookup (by_member, &member_id);
}

/* A verdict without an answer cannot be put in a class: such problems have no majority. */
static void
add_answers (ReportRun *run, GHashTable *by_member)
{
  for (guint i = 0; i < run->answers->len;) {
    const VervetAnswerClass *first = &g_array_index (run->answers, VervetAnswerClass, i);
    ReportProblem *problem = problem_of (by_member, first->member_id);
    guint n = 0;

    while (i + n < run->answers->len && first[n].member_id == first->member_id)
      n++;
    i += n;
    if (problem) {
      problem->classes = first;
      problem->n_classes = n;
    }
  }
  for (guint i = 0; i < run->n_problems && run->answers->len; i++) {
    ReportProblem *problem = &run->problems[i];
    gint64 voting = 0;

    for (guint j = 0; j < problem->n_classes; j++)
      if (report_class_votes (&problem->classes[j]))
        voting += problem->classes[j].n;
    problem->voting = voting;
    problem->has_answers = problem->n > 0 && voting >= problem->decided; /* more: a judge that wavered */
  }
}

gboolean
report_class_votes (const VervetAnswerClass *class)
{
  return class->status == VV_PASS || class->status == VV_FAIL;
}

static void
fill_problems (ReportRun *run)
{
  g_autoptr (GHashTable) by_member = g_hash_table_new (g_int64_hash, g_int64_equal);

  run->n_problems = run->members->len;
  run->problems = g_new0 (ReportProblem, run->n_problems + 1);
  for (guint i = 0; i < run->n_problems; i++) {
    ReportProblem *problem = &run->problems[i];
    const VervetMemberRow *member = &g_array_index (run->members, VervetMemberRow, i);

    problem->member = member;
    problem->missing = MAX (member->planned, 0);
    run->failed += member->failed;
    run->truncated += member->truncated;
    if (member->samples >= MANY_SAMPLES && member->distinct_texts > 0) {
      run->texts += member->samples;
      run->distinct += member->distinct_texts;
    }
    g_hash_table_insert (by_member, (gpointer)&member->member_id, problem);
  }
  for (guint i = 0; run->tallies && i < run->tallies->len; i++) {
    const VervetTallyRow *tally = &g_array_index (run->tallies, VervetTallyRow, i);
    ReportProblem *problem = problem_of (by_member, tally->member_id);

    if (problem)
      add_tally (run, problem, tally);
  }
  if (run->answers)
    add_answers (run, by_member);
}

static gboolean
choose_ks (ReportRun *run, GError **error)
{
  gint64 largest = 0;

  if (run->options->ks) {
    run->ks = vervet_parse_ks (run->options->ks, error);
    return run->ks != NULL;
  }
  for (guint i = 0; i < run->n_problems; i++)
    largest = MAX (largest, run->problems[i].n);
  run->ks = vervet_log_spaced_ks ((guint64)largest);
  return TRUE;
}

ReportRun *
report_run_read (VervetStore *store, const VervetRunRow *row, const VervetReportOptions *options, GError **error)
{
  g_autoptr (ReportRun) run = g_new0 (ReportRun, 1);

  run->store = store;
  run->row = row;
  run->options = options;
  run->spec = row->spec ? vervet_json_parse (row->spec, -1, row->name, VERVET_JSON_STRICT, NULL) : NULL;
  if (!read_rows (run, error))
    return NULL;
  fill_problems (run);
  if (!choose_ks (run, error) || (options->by && !report_read_field (run, options->by, error)))
    return NULL;
  return g_steal_pointer (&run);
}

void
report_run_free (ReportRun *run)
{
  GArray *arrays[] = { run->members, run->checks,    run->tallies, run->answers,
                       run->ledger,  run->incidents, run->epochs,  run->ks };

  for (guint i = 0; i < run->n_problems; i++)
    g_free (run->problems[i].value);
  g_free (run->problems);
  for (guint i = 0; i < G_N_ELEMENTS (arrays); i++)
    if (arrays[i])
      g_array_unref (arrays[i]);
  g_clear_pointer (&run->spec, vervet_json_free);
  g_free (run);
}
