/* human-eval.c - samples as OpenAI's human-eval reads and writes them: a line {"task_id", "completion"} a sample, lines
 * of one task in the order of the trials; results files add "result" and "passed". A file is a run. */
#include <string.h>
#include <vervet-plugin.h>

#include "exchange/exchange-private.h"
#include "util/text.h"

/* ---- Import ------------------------------------------------------------------------------------------------------ */
typedef struct {
  VervetSink *sink;
  VervetSinkCheck *check; /* NULL until a verdict is met */
  char *name;             /* of the run */
} Reading;

/* "out/pythia.jsonl.gz" and its results "pythia.jsonl_results.jsonl": both "pythia". */
static char *
run_name_of_file (const char *file)
{
  static const char *const endings[] = { ".gz", ".jsonl", "_results", ".jsonl" };
  char *name = g_path_get_basename (file);
  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    if (g_str_has_suffix (name, endings[i]) && strlen (name) > strlen (endings[i]))
      name[strlen (name) - strlen (endings[i])] = '\0';
  return name;
}

/* The name before the slash of a task's id: "HumanEval/0" is of "humaneval". */
static char *
benchmark_of_task (const char *task)
{
  const char *slash = strchr (task, '/');
  return slash && slash > task ? g_ascii_strdown (task, slash - task) : g_strdup ("humaneval");
}

/* PASS, FAIL or 0. "passed" is the word; "result" alone ("passed", "failed: ...", "timed out") does, too. */
static int
status_of (const VervetJson *passed, const VervetJson *result)
{
  if (passed && passed->type != VERVET_JSON_NULL)
    return passed->type == VERVET_JSON_TRUE ? VV_PASS : VV_FAIL;
  if (result && result->type == VERVET_JSON_STRING)
    return strcmp (result->s, "passed") ? VV_FAIL : VV_PASS;
  return 0;
}

static gboolean
read_verdict (Reading *reading, const VervetJson *record, const char *file, GError **error)
{
  const VervetJson *passed = vervet_json_get (record, "passed"), *result = vervet_json_get (record, "result");
  if (passed && passed->type > VERVET_JSON_TRUE)
    return vervet_record_fault (passed, file, error, "\"passed\" is neither true nor false");
  if (result && result->type != VERVET_JSON_STRING && result->type != VERVET_JSON_NULL)
    return vervet_record_fault (result, file, error, "\"result\" is no string");
  VervetVerdictRow verdict = { .status = status_of (passed, result), .took_us = -1 };
  if (!verdict.status)
    return TRUE; /* not judged */
  if (!reading->check && !(reading->check = vervet_sink_published (reading->sink, error)))
    return vervet_record_prefix (record, file, error);
  verdict.score = verdict.status == VV_PASS;
  if (result && result->s) {
    verdict.detail = result->s;
    verdict.detail_len = result->len;
    verdict.reason = !strcmp (result->s, "timed out") ? "timed out" : verdict.status == VV_FAIL ? "failed" : NULL;
  }
  return vervet_sink_verdict (reading->sink, reading->check, &verdict, error);
}

static gboolean
read_record (const VervetJson *record, const char *file, gpointer user_data, GError **error)
{
  Reading *reading = user_data;
  const VervetJson *task = vervet_record_string (record, "task_id", file, error);
  const VervetJson *text = task ? vervet_record_string (record, "completion", file, error) : NULL;
  if (!text)
    return FALSE;
  if (!*task->s)
    return vervet_record_fault (task, file, error, "\"task_id\" is empty");
  g_autofree char *benchmark = benchmark_of_task (task->s);
  const VervetRunRow run_row = { .name = reading->name, .one_call = TRUE };
  const VervetProblemRow row = { .benchmark = benchmark, .key = task->s };
  VervetSinkRun *run = vervet_sink_run (reading->sink, &run_row, error);
  VervetSinkProblem *problem = run ? vervet_sink_find_problem (run, benchmark, task->s) : NULL;
  if (run && !problem)
    problem = vervet_sink_problem (reading->sink, run, &row, error);
  if (!problem)
    return vervet_record_prefix (record, file, error);
  VervetSampleRow sample;
  vervet_sink_blank_sample (&sample);
  sample.trial = vervet_sink_next_trial (problem);
  sample.text = text->s;
  sample.text_len = text->len;
  if (!vervet_sink_sample (reading->sink, problem, &sample, error))
    return vervet_record_prefix (record, file, error);
  return read_verdict (reading, record, file, error);
}

static gboolean
human_eval_read (const char *file, VervetSink *sink, GError **error)
{
  g_autofree char *name = run_name_of_file (file);
  Reading reading = { .sink = sink, .name = name };
  return vervet_records_read (file, read_record, &reading, error);
}

/* ---- Export ------------------------------------------------------------------------------------------------------ */
typedef struct {
  VervetOutlet *outlet;
  const char *task;
} Writing;

static void
write_verdict (VervetJsonWriter *writer, const VervetSampleView *view)
{
  gboolean passed = view->verdict_status == VV_PASS;
  if (!passed && view->verdict_status != VV_FAIL && view->verdict_status != VV_NO_ANSWER)
    return; /* not judged, or not to the end */
  vervet_json_writer_key (writer, "result");
  if (view->detail && (passed || strcmp (view->detail, "passed") != 0))
    vervet_json_writer_string (writer, view->detail);
  else
    vervet_json_writer_string (writer, passed ? "passed" : "failed");
  vervet_json_writer_key (writer, "passed");
  vervet_json_writer_bool (writer, passed);
}

/* Answers alone: the format knows neither failed trials nor candidates beside the answer. */
static gboolean
write_sample (const VervetSampleView *view, const char *text, gsize len, gpointer user_data, GError **error)
{
  Writing *writing = user_data;
  if (!text || view->sample.status < 0 || !(view->sample.flags & VERVET_SAMPLE_ANSWER))
    return TRUE;
  g_autoptr (VervetJsonWriter) writer = vervet_json_writer_new (writing->outlet->text, 0);
  vervet_json_writer_begin_object (writer);
  vervet_json_writer_key (writer, "task_id");
  vervet_json_writer_string (writer, writing->task);
  vervet_json_writer_key (writer, "completion");
  vervet_json_writer_bytes (writer, text, len);
  write_verdict (writer, view);
  vervet_json_writer_end_object (writer);
  g_string_append_c (writing->outlet->text, '\n');
  writing->outlet->stats->samples++;
  writing->outlet->stats->verdicts += view->verdict_status > 0;
  return vervet_outlet_drain (writing->outlet, FALSE, error);
}

static gboolean
human_eval_write (VervetStore *store, const VervetRunRow *run, VervetOutlet *outlet, GError **error)
{
  g_autoptr (GArray) checks = vervet_store_checks (store, run->run_id, error);
  g_autoptr (GArray) members = checks ? vervet_store_members (store, run->run_id, error) : NULL;
  if (!members)
    return FALSE;
  if (run->counts_only) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "the run %s holds counts and no texts; export it as counts",
                 run->name);
    return FALSE;
  }
  for (guint i = 0; i < members->len; i++) {
    const VervetMemberRow *member = &g_array_index (members, VervetMemberRow, i);
    Writing writing = { .outlet = outlet, .task = member->key };
    gint64 check = checks->len ? g_array_index (checks, VervetCheckRow, 0).check_id : 0;
    if (!vervet_each_sample (store, member->member_id, &check, checks->len ? 1 : 0, write_sample, &writing, error))
      return FALSE;
    outlet->stats->problems++;
  }
  return TRUE;
}

const VervetFormatCode vervet_format_human_eval = {
  .format = { .id = "human-eval",
              .title = "Samples of OpenAI's human-eval (JSON Lines, may be gzip)",
              .summary = "A file is a run; lines of one task are its trials in order; results files add the check "
                         "\"published\"",
              .can_import = TRUE,
              .can_export = TRUE },
  .read = human_eval_read,
  .write = human_eval_write,
  .one_run = TRUE,
};
