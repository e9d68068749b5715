/* gsm8k-solutions.c - the labelled model solutions that were published with GSM8K: a line a question, with the
 * question, the worked answer ("...\nA: 18"), and for each model its solution and whether it is correct. */
#include <string.h>
#include <vervet-plugin.h>

#include "exchange/exchange-private.h"
#include "util/text.h"

typedef struct {
  VervetSink *sink;
  VervetSinkCheck *check;
  guint position; /* of the line's question */
} Reading;

static const char *const not_models[] = { "question", "ground_truth", NULL };

/* What stands behind the last "A:" of the worked answer, without commas: so the benchmark gsm8k has it, too, and the
 * same question is the same problem in both. */
static char *
reference_of (const char *worked)
{
  const char *mark = g_strrstr (worked, "A:");
  if (!mark || (mark > worked && mark[-1] != '\n'))
    return NULL;
  g_auto (GStrv) parts = g_strsplit (mark + 2, ",", -1);
  return g_strstrip (g_strjoinv ("", parts));
}

static char *
fields_of (const char *question)
{
  g_autoptr (VervetJson) fields = vervet_json_new (VERVET_JSON_OBJECT);
  vervet_json_set (fields, "question", vervet_json_new_string (question));
  return vervet_json_to_canonical (fields);
}

static gboolean
read_solution (Reading *reading, VervetSinkProblem *problem, const VervetJson *solution, const char *file,
               GError **error)
{
  const VervetJson *text = vervet_record_string (solution, "solution", file, error);
  const VervetJson *label = vervet_json_get (solution, "is_correct");
  VervetSampleRow sample;
  if (!text)
    return FALSE;
  if (label && label->type > VERVET_JSON_TRUE)
    return vervet_record_fault (label, file, error, "\"is_correct\" is neither true nor false");
  vervet_sink_blank_sample (&sample);
  sample.text = text->s;
  sample.text_len = text->len;
  if (!vervet_sink_sample (reading->sink, problem, &sample, error))
    return vervet_record_prefix (solution, file, error);
  if (!label || label->type == VERVET_JSON_NULL)
    return TRUE; /* not labelled: no verdict, and not a wrong one */
  gboolean correct = label->type == VERVET_JSON_TRUE;
  const VervetVerdictRow verdict = { .status = correct ? VV_PASS : VV_FAIL, .score = correct, .took_us = -1 };
  return vervet_sink_verdict (reading->sink, reading->check, &verdict, error);
}

static gboolean
read_record (const VervetJson *record, const char *file, gpointer user_data, GError **error)
{
  Reading *reading = user_data;
  const VervetJson *question = vervet_record_string (record, "question", file, error);
  const VervetJson *worked = question ? vervet_record_string (record, "ground_truth", file, error) : NULL;
  if (!worked)
    return FALSE;
  g_autofree char *reference = reference_of (worked->s), *fields = fields_of (question->s);
  g_autofree char *key = g_strdup_printf ("%u", reading->position++);
  if (!reference || !*reference)
    return vervet_record_fault (worked, file, error, "\"ground_truth\" does not end with a line \"A: NUMBER\"");
  const VervetProblemRow row = { .benchmark = "gsm8k",
                                 .key = key,
                                 .fields = fields,
                                 .reference = reference,
                                 .reference_len = strlen (reference),
                                 .planned = 1 };
  for (guint i = 0; i < record->keys->len; i++) {
    const char *model = g_ptr_array_index (record->keys, i);
    const VervetJson *solution = vervet_json_at (record, i);
    const VervetRunRow run_row = { .name = (char *)model, .one_call = TRUE };
    if (g_strv_contains (not_models, model))
      continue;
    if (solution->type != VERVET_JSON_OBJECT) {
      g_autofree char *quoted = vervet_text_quote (model, strlen (model));
      return vervet_record_fault (solution, file, error, "%s is no object with \"solution\" and \"is_correct\"",
                                  quoted);
    }
    VervetSinkRun *run = vervet_sink_run (reading->sink, &run_row, error);
    VervetSinkProblem *problem = run ? vervet_sink_problem (reading->sink, run, &row, error) : NULL;
    if (!problem)
      return vervet_record_prefix (record, file, error);
    if (!read_solution (reading, problem, solution, file, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
gsm8k_read (const char *file, VervetSink *sink, GError **error)
{
  Reading reading = { .sink = sink, .check = vervet_sink_published (sink, error) };
  return reading.check && vervet_records_read (file, read_record, &reading, error);
}

const VervetFormatCode vervet_format_gsm8k_solutions = {
  .format = { .id = "gsm8k-solutions",
              .title = "GSM8K's published model solutions (JSON Lines)",
              .summary = "Each model of the file is a run; its label is_correct is the check \"published\"",
              .can_import = TRUE },
  .named = TRUE,
  .read = gsm8k_read,
};
