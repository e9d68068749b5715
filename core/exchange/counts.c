/* counts.c - a table of counts: for each model, benchmark and problem the number of samples and of correct ones. */
#include <string.h>

#include "exchange/exchange-private.h"
#include "util/csv.h"
#include "util/text.h"

enum { MODEL, BENCHMARK, PROBLEM, SAMPLES, CORRECT, N_COLUMNS };
static const char *const columns[N_COLUMNS] = { "model", "benchmark", "problem", "samples", "correct" };

/* ---- Import ------------------------------------------------------------------------------------------------------ */
static gboolean
parse_count (const char *text, const char *column, gint64 *n, GError **error)
{
  g_autofree char *quoted = NULL;
  if (g_ascii_string_to_signed (text, 10, 0, G_MAXINT32, n, NULL))
    return TRUE;
  quoted = vervet_text_quote (text, strlen (text));
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s is %s; a whole number from 0 to 2,147,483,647 is wanted",
               column, quoted);
  return FALSE;
}

static char *
spec_of_row (const char *model, const char *benchmark)
{
  GString *spec = g_string_new (NULL);
  g_autoptr (VervetJsonWriter) writer = vervet_json_writer_new (spec, 0);
  vervet_json_writer_begin_object (writer);
  vervet_json_writer_key (writer, "imported");
  vervet_json_writer_begin_object (writer);
  vervet_json_writer_key (writer, "format");
  vervet_json_writer_string (writer, "counts");
  vervet_json_writer_key (writer, "model");
  vervet_json_writer_string (writer, model);
  vervet_json_writer_key (writer, "benchmark");
  vervet_json_writer_string (writer, benchmark);
  vervet_json_writer_end_object (writer);
  vervet_json_writer_end_object (writer);
  return g_string_free (spec, FALSE);
}

static gboolean
read_row (const char *const *fields, VervetSink *sink, VervetSinkCheck *check, GError **error)
{
  gint64 samples, correct;
  if (!parse_count (fields[SAMPLES], "samples", &samples, error)
      || !parse_count (fields[CORRECT], "correct", &correct, error))
    return FALSE;
  if (correct > samples) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s correct ones of %s samples", fields[CORRECT],
                 fields[SAMPLES]);
    return FALSE;
  }
  for (guint i = MODEL; i <= PROBLEM; i++)
    if (!*fields[i]) {
      g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "the %s is empty", columns[i]);
      return FALSE;
    }
  g_autofree char *name = g_strdup_printf ("%s on %s", fields[MODEL], fields[BENCHMARK]);
  g_autofree char *spec = spec_of_row (fields[MODEL], fields[BENCHMARK]);
  const VervetRunRow run_row = { .name = name, .spec = spec, .one_call = TRUE, .counts_only = TRUE };
  const VervetProblemRow problem_row = { .benchmark = fields[BENCHMARK], .key = fields[PROBLEM] };
  VervetSinkRun *run = vervet_sink_run (sink, &run_row, error);
  VervetSinkProblem *problem = run ? vervet_sink_problem (sink, run, &problem_row, error) : NULL;
  return problem && vervet_sink_counts (sink, problem, check, samples, correct, error);
}

static gboolean
counts_read (const char *file, VervetSink *sink, GError **error)
{
  g_autoptr (VervetCsv) csv = vervet_csv_open (file, error);
  VervetSinkCheck *check = csv ? vervet_sink_published (sink, error) : NULL;
  guint places[N_COLUMNS];
  int got;
  if (!check)
    return FALSE;
  for (guint i = 0; i < N_COLUMNS; i++)
    if (!vervet_csv_column (csv, columns[i], &places[i], error))
      return FALSE;
  while ((got = vervet_csv_next (csv, error)) == 1) {
    const char *fields[N_COLUMNS];
    for (guint i = 0; i < N_COLUMNS; i++)
      fields[i] = vervet_csv_field (csv, places[i]);
    if (!read_row (fields, sink, check, error)) {
      g_prefix_error (error, "%s:%" G_GUINT64_FORMAT ": ", file, vervet_csv_line (csv));
      return FALSE;
    }
  }
  return got == 0;
}

/* ---- Export ------------------------------------------------------------------------------------------------------ */
/* An imported run is written back under its model's name; any other one under the run's. */
static char *
model_of_run (const VervetRunRow *run)
{
  g_autoptr (VervetJson) spec = run->spec ? vervet_json_parse (run->spec, -1, "spec", VERVET_JSON_NAN, NULL) : NULL;
  const VervetJson *model = vervet_json_find (spec, "imported.model");
  return g_strdup (model && model->type == VERVET_JSON_STRING ? model->s : run->name);
}

/* Trials with a verdict that grades; the others are no samples of this table (not graded is not wrong). */
static gboolean
counts_write (VervetStore *store, const VervetRunRow *run, VervetOutlet *outlet, GError **error)
{
  g_autofree char *model = model_of_run (run);
  g_autoptr (GArray) checks = vervet_store_checks (store, run->run_id, error);
  g_autoptr (GArray) members = checks ? vervet_store_members (store, run->run_id, error) : NULL;
  if (!members)
    return FALSE;
  if (checks->len == 0) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
                 "the run %s has no verdicts to count; run vervet verify first", run->name);
    return FALSE;
  }
  g_autoptr (GArray) tallies =
      vervet_store_tallies (store, run->run_id, g_array_index (checks, VervetCheckRow, 0).check_id, error);
  if (!tallies)
    return FALSE;
  if (outlet->stats->runs == 0)
    vervet_csv_append (outlet->text, columns, N_COLUMNS);
  g_autoptr (GHashTable) by_member = g_hash_table_new (g_int64_hash, g_int64_equal);
  for (guint i = 0; i < tallies->len; i++) {
    VervetTallyRow *tally = &g_array_index (tallies, VervetTallyRow, i);
    g_hash_table_insert (by_member, &tally->member_id, tally);
  }
  for (guint i = 0; i < members->len; i++) {
    const VervetMemberRow *member = &g_array_index (members, VervetMemberRow, i);
    const VervetTallyRow *tally = g_hash_table_lookup (by_member, &member->member_id);
    gint64 n = tally ? tally->pass + tally->fail + tally->no_answer : 0, pass = tally ? tally->pass : 0;
    g_autofree char *samples = g_strdup_printf ("%" G_GINT64_FORMAT, n);
    g_autofree char *correct = g_strdup_printf ("%" G_GINT64_FORMAT, pass);
    const char *fields[N_COLUMNS] = { model, member->benchmark, member->key, samples, correct };
    vervet_csv_append (outlet->text, fields, N_COLUMNS);
    outlet->stats->problems++;
    outlet->stats->samples += n;
    if (!vervet_outlet_drain (outlet, FALSE, error))
      return FALSE;
  }
  return TRUE;
}

const VervetFormatCode vervet_format_counts = {
  .format = { .id = "counts",
              .title = "Counts per problem (CSV)",
              .summary =
                  "Columns model, benchmark, problem, samples, correct in any order; each model on each benchmark is "
                  "a run",
              .can_import = TRUE,
              .can_export = TRUE },
  .named = TRUE,
  .read = counts_read,
  .write = counts_write,
};
