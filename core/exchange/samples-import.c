/* samples-import.c - reading Vervet's own JSON Lines; samples-export.c says what stands in them. "about" and "item" may
 * be missing: a hand-made file needs run, benchmark, problem, trial and text. */
#include <math.h>
#include <string.h>
#include <vervet-plugin.h>

#include "exchange/exchange-private.h"
#include "exchange/samples.h"
#include "util/text.h"

typedef struct {
  VervetSink *sink;
  GHashTable *checks; /* "RUN\nNAME" -> VervetSinkCheck * */
} Reading;

/* ---- Small parts: a member of a type, or its default when it is not there ---- */
typedef struct {
  const char *file;
  GError **error;
  gboolean failed; /* something had the wrong type: told once */
} Taking;

static void
take_fault (Taking *taking, const VervetJson *at, const char *key, const char *wanted)
{
  if (!taking->failed)
    vervet_record_fault (at, taking->file, taking->error, "\"%s\" is no %s", key, wanted);
  taking->failed = TRUE;
}

static const VervetJson *
take (const VervetJson *record, const char *key)
{
  const VervetJson *found = vervet_json_get (record, key);
  return found && found->type != VERVET_JSON_NULL ? found : NULL;
}

static gint64
take_int (Taking *taking, const VervetJson *record, const char *key, gint64 least, gint64 most, gint64 fallback)
{
  const VervetJson *found = take (record, key);
  if (!found)
    return fallback;
  if (found->type == VERVET_JSON_INT && found->i >= least && found->i <= most)
    return found->i;
  g_autofree char *wanted =
      g_strdup_printf ("whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT, least, most);
  take_fault (taking, found, key, wanted);
  return fallback;
}

static double
take_double (Taking *taking, const VervetJson *record, const char *key)
{
  const VervetJson *found = take (record, key);
  if (!found)
    return NAN;
  if (found->type != VERVET_JSON_INT && found->type != VERVET_JSON_FLOAT)
    take_fault (taking, found, key, "number");
  return found->f;
}

static gboolean
take_bool (Taking *taking, const VervetJson *record, const char *key, gboolean fallback)
{
  const VervetJson *found = take (record, key);
  if (!found)
    return fallback;
  if (found->type > VERVET_JSON_TRUE)
    take_fault (taking, found, key, "true or false");
  return found->type == VERVET_JSON_TRUE;
}

static const char *
take_string (Taking *taking, const VervetJson *record, const char *key)
{
  const VervetJson *found = take (record, key);
  if (found && found->type != VERVET_JSON_STRING)
    take_fault (taking, found, key, "string");
  return found ? found->s : NULL;
}

static const VervetJson *
take_object (Taking *taking, const VervetJson *record, const char *key)
{
  const VervetJson *found = take (record, key);
  if (found && found->type != VERVET_JSON_OBJECT)
    take_fault (taking, found, key, "object");
  return found && found->type == VERVET_JSON_OBJECT ? found : NULL;
}

/* Any value, as JSON text. A string that is no JSON value's place (spec, fields, prompt) is taken as it is. */
static char *
take_json (const VervetJson *record, const char *key)
{
  const VervetJson *found = take (record, key);
  if (!found)
    return NULL;
  return found->type == VERVET_JSON_STRING ? g_strndup (found->s, found->len) : vervet_json_to_string (found, 0);
}

static int
take_word (Taking *taking, const VervetJson *record, const char *key, VervetWords words, int fallback)
{
  const VervetJson *found = take (record, key);
  int code = fallback;
  if (found && found->type == VERVET_JSON_INT && ABS (found->i) < 1000)
    return (int)found->i;
  if (found && (found->type != VERVET_JSON_STRING || !vervet_word_code (words, found->s, &code)))
    take_fault (taking, found, key, "word that is known here");
  return code;
}

/* Text under @key or, as base64, under its other name. (transfer full); NULL: neither is there */
static char *
take_bytes (Taking *taking, const VervetJson *record, const char *key, gsize *len)
{
  g_autofree char *other = g_strconcat (key, VERVET_SAMPLES_BASE64, NULL);
  const VervetJson *found = take (record, key);
  const char *base64 = found ? NULL : take_string (taking, record, other);
  if (found && found->type != VERVET_JSON_STRING)
    take_fault (taking, found, key, "string");
  if (base64) {
    guchar *bytes = g_base64_decode (base64, len);
    char *copy = g_malloc (*len + 1);
    memcpy (copy, bytes, *len);
    copy[*len] = '\0';
    g_free (bytes);
    return copy;
  }
  *len = found ? found->len : 0;
  return found && found->s ? g_memdup2 (found->s, found->len + 1) : NULL;
}

/* ---- The run and its checks -------------------------------------------------------------------------------------- */
static gboolean
take_fingerprint (const char *hex, guint8 out[VERVET_HASH_SIZE])
{
  if (strlen (hex) != 2 * VERVET_HASH_SIZE)
    return FALSE;
  for (guint i = 0; i < VERVET_HASH_SIZE; i++) {
    int high = g_ascii_xdigit_value (hex[2 * i]), low = g_ascii_xdigit_value (hex[2 * i + 1]);
    if (high < 0 || low < 0)
      return FALSE;
    out[i] = (guint8)(high * 16 + low);
  }
  return TRUE;
}

static void
remember_check (Reading *reading, const char *run, const char *name, VervetSinkCheck *check)
{
  g_hash_table_replace (reading->checks, g_strdup_printf ("%s\n%s", run, name), check);
}

static gboolean
read_check (Reading *reading, const char *run, const char *name, const VervetJson *about, const char *file,
            GError **error)
{
  Taking taking = { file, error, FALSE };
  VervetCheckRow row = { 0 };
  if (about->type != VERVET_JSON_OBJECT)
    return vervet_record_fault (about, file, error, "a check is described by an object");
  g_autofree char *options = take_json (about, "options");
  const char *own = take_string (&taking, about, "name"), *component = take_string (&taking, about, "component"),
             *fingerprint = take_string (&taking, about, "fingerprint");
  row.name = (char *)(own ? own : name);
  row.component = (char *)(component ? component : "import.label");
  row.behaviour = (guint)take_int (&taking, about, "behaviour", 0, G_MAXUINT32, 1);
  row.options = options ? options : (char *)"{}";
  row.visible = take_bool (&taking, about, "visible", FALSE);
  if (fingerprint && !taking.failed && !take_fingerprint (fingerprint, row.fingerprint))
    take_fault (&taking, vervet_json_get (about, "fingerprint"), "fingerprint", "32 hexadecimal digits");
  if (taking.failed)
    return FALSE;
  VervetSinkCheck *check = vervet_sink_check (reading->sink, &row, error);
  if (!check)
    return vervet_record_prefix (about, file, error);
  remember_check (reading, run, name, check);
  return TRUE;
}

static guint64
take_seed (Taking *taking, const VervetJson *about)
{
  const VervetJson *found = take (about, "seed");
  guint64 seed = 0;
  if (found && (!found->s || !g_ascii_string_to_unsigned (found->s, 10, 0, G_MAXUINT64, &seed, NULL)))
    take_fault (taking, found, "seed", "whole number of at most 64 bits");
  return seed;
}

static VervetSinkRun *
read_run (Reading *reading, const char *name, const VervetJson *record, const char *file, GError **error)
{
  Taking taking = { file, error, FALSE };
  const VervetJson *about = take_object (&taking, record, "about"), *checks = take_object (&taking, about, "checks");
  g_autofree char *spec = take_json (about, "spec"), *arm = take_json (about, "arm");
  VervetRunRow row = { .name = (char *)name, .spec = spec, .arm = arm };
  row.seed = take_seed (&taking, about);
  row.one_call = take_bool (&taking, about, "one_call", TRUE);
  row.stopping = take_bool (&taking, about, "stopping", FALSE);
  row.oracle = take_bool (&taking, about, "oracle", FALSE);
  if (taking.failed)
    return NULL;
  for (guint i = 0; i < vervet_json_length (checks); i++)
    if (!read_check (reading, name, g_ptr_array_index (checks->keys, i), vervet_json_at (checks, i), file, error))
      return NULL;
  VervetSinkRun *run = vervet_sink_run (reading->sink, &row, error);
  if (!run)
    vervet_record_prefix (record, file, error);
  return run;
}

static VervetSinkProblem *
read_problem (Reading *reading, VervetSinkRun *run, const VervetJson *record, const char *file, GError **error)
{
  const VervetJson *benchmark = vervet_record_string (record, "benchmark", file, error);
  const VervetJson *key = benchmark ? vervet_record_string (record, "problem", file, error) : NULL;
  Taking taking = { file, error, FALSE };
  VervetSinkProblem *problem = key ? vervet_sink_find_problem (run, benchmark->s, key->s) : NULL;
  if (!key || problem)
    return problem;
  const VervetJson *item = take_object (&taking, record, "item");
  VervetProblemRow row = { .benchmark = benchmark->s, .key = key->s };
  g_autofree char *fields = take_json (item, "fields"), *prompt = take_json (item, "prompt");
  g_autofree char *reference = take_bytes (&taking, item, "reference", &row.reference_len);
  row.group = take_string (&taking, item, "group");
  row.planned = take_int (&taking, item, "planned", 0, G_MAXUINT32, 0);
  row.fields = fields;
  row.prompt = prompt;
  row.reference = reference;
  if (taking.failed)
    return NULL;
  problem = vervet_sink_problem (reading->sink, run, &row, error);
  if (!problem)
    vervet_record_prefix (record, file, error);
  return problem;
}

/* ---- Samples ----------------------------------------------------------------------------------------------------- */
static VervetSinkCheck *
find_check (Reading *reading, const char *run, const char *name, GError **error)
{
  g_autofree char *key = g_strdup_printf ("%s\n%s", run, name);
  VervetSinkCheck *check = g_hash_table_lookup (reading->checks, key);
  if (!check) {
    const VervetCheckRow row = { .name = (char *)name,
                                 .component = (char *)"import.label",
                                 .options = (char *)"{\"format\":\"samples\"}",
                                 .behaviour = 1 };
    check = vervet_sink_check (reading->sink, &row, error);
    if (check)
      remember_check (reading, run, name, check);
  }
  return check;
}

static gboolean
read_verdict (Reading *reading, const char *run, const char *name, const VervetJson *record, const char *file,
              GError **error)
{
  Taking taking = { file, error, FALSE };
  if (record->type != VERVET_JSON_OBJECT)
    return vervet_record_fault (record, file, error, "a verdict is an object");
  VervetVerdictRow row = { .status = take_word (&taking, record, "status", VERVET_WORDS_VERDICT, 0) };
  row.score = take_double (&taking, record, "score");
  row.answer = take_string (&taking, record, "answer");
  row.answer_len = row.answer ? strlen (row.answer) : 0;
  row.detail = take_string (&taking, record, "detail");
  row.detail_len = row.detail ? strlen (row.detail) : 0;
  row.reason = take_string (&taking, record, "reason");
  row.took_us = take_int (&taking, record, "took_us", 0, G_MAXINT64, -1);
  if (!taking.failed && (row.status == 0 || row.status > VV_BAD_REFERENCE))
    take_fault (&taking, record, "status", "verdict");
  if (taking.failed)
    return FALSE;
  VervetSinkCheck *check = find_check (reading, run, name, error);
  if (!check || !vervet_sink_verdict (reading->sink, check, &row, error))
    return vervet_record_prefix (record, file, error);
  return TRUE;
}

static void
take_sample (Taking *taking, const VervetJson *record, VervetSampleRow *row)
{
  const VervetJson *tokens = take_object (taking, record, "tokens"), *item = take_object (taking, record, "item");
  row->trial = (guint)take_int (taking, record, "trial", 0, (1 << 24) - 1, 0);
  row->ord = (guint)take_int (taking, record, "ord", 0, G_MAXINT32, 0);
  row->flags = (take_bool (taking, record, "answer", row->ord == 0) ? VERVET_SAMPLE_ANSWER : 0)
               | (take_bool (taking, record, "estimated", FALSE) ? VERVET_SAMPLE_ESTIMATED : 0);
  row->status = take_word (taking, record, "status", VERVET_WORDS_SAMPLE, VV_OK);
  row->finish = take_word (taking, record, "finish", VERVET_WORDS_FINISH, 0);
  row->in_tok = take_int (taking, tokens, "input", 0, G_MAXINT64, -1);
  row->cached_tok = take_int (taking, tokens, "cached", 0, G_MAXINT64, -1);
  row->out_tok = take_int (taking, tokens, "output", 0, G_MAXINT64, -1);
  row->think_tok = take_int (taking, tokens, "thinking", 0, G_MAXINT64, -1);
  row->seq_tok = take_int (taking, tokens, "sequential", 0, G_MAXINT64, -1);
  row->call_n = (int)take_int (taking, record, "shared_by", 0, G_MAXINT32, 1);
  /* Calls and cost of a problem are counted with its first sample; which trial made which is not in the file. */
  row->calls = take_int (taking, item, "calls", 0, G_MAXINT32, 0);
  row->nano_money = take_int (taking, item, "nano_money", 0, G_MAXINT64, -1);
  row->tries = (int)take_int (taking, record, "tries", 0, G_MAXINT32, 1);
  row->start_ms = take_int (taking, record, "start_ms", 0, G_MAXINT64, -1);
  row->took_ms = take_int (taking, record, "took_ms", 0, G_MAXINT64, -1);
  row->logprob = take_double (taking, record, "logprob");
  row->score = take_double (taking, record, "score");
  row->weight = take_double (taking, record, "weight");
  row->seed = take_int (taking, record, "seed", 0, G_MAXINT64, -1);
}

static gboolean
read_sample (Reading *reading, VervetSinkProblem *problem, const char *run, const VervetJson *record, const char *file,
             GError **error)
{
  Taking taking = { file, error, FALSE };
  VervetSampleRow row;
  vervet_sink_blank_sample (&row);
  take_sample (&taking, record, &row);
  g_autofree char *text = take_bytes (&taking, record, "text", &row.text_len);
  const VervetJson *verdicts = take_object (&taking, record, "verdicts");
  row.text = text;
  if (!taking.failed && !text && row.status >= 0)
    take_fault (&taking, record, "text", "string, which a sample that did not fail must have");
  if (taking.failed)
    return FALSE;
  if (!vervet_sink_sample (reading->sink, problem, &row, error))
    return vervet_record_prefix (record, file, error);
  for (guint i = 0; i < vervet_json_length (verdicts); i++)
    if (!read_verdict (reading, run, g_ptr_array_index (verdicts->keys, i), vervet_json_at (verdicts, i), file, error))
      return FALSE;
  return TRUE;
}

static gboolean
read_record (const VervetJson *record, const char *file, gpointer user_data, GError **error)
{
  Reading *reading = user_data;
  const VervetJson *name = vervet_record_string (record, "run", file, error);
  VervetSinkRun *run = name ? read_run (reading, name->s, record, file, error) : NULL;
  VervetSinkProblem *problem = run ? read_problem (reading, run, record, file, error) : NULL;
  if (!problem)
    return FALSE;
  if (take (record, "trial"))
    return read_sample (reading, problem, name->s, record, file, error);
  if (take (record, "item") && !take (record, "text"))
    return TRUE; /* a problem without samples */
  return vervet_record_fault (record, file, error, "the record has no \"trial\"");
}

static gboolean
samples_read (const char *file, VervetSink *sink, GError **error)
{
  Reading reading = { .sink = sink, .checks = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL) };
  gboolean ok = vervet_records_read (file, read_record, &reading, error);
  g_hash_table_unref (reading.checks);
  return ok;
}

const VervetFormatCode vervet_format_samples = {
  .format = { .id = "samples",
              .title = "Vervet's own samples (JSON Lines)",
              .summary =
                  "A line a sample with its text, tokens, seed and verdicts, and the problems: a pool that can travel",
              .can_import = TRUE,
              .can_export = TRUE },
  .named = TRUE,
  .read = samples_read,
  .write = vervet_samples_write,
};
