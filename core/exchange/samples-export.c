/* samples-export.c - Vervet's own JSON Lines, a line a sample: everything of a pool that is not the search itself.
 *
 * Every line has "run", "benchmark" and "problem". The first line of a run has "about" (experiment, flags, checks), the
 * first one of a problem "item" (planned trials, calls made, their cost, fields, prompt, reference); a problem without
 * samples has that line alone. "shared_by": the input tokens are those of a call that gave so many samples. What is not
 * known is not written. Bytes that are no text stand in base64 under "text_base64". */
#include <math.h>
#include <string.h>
#include <vervet-plugin.h>

#include "exchange/exchange-private.h"
#include "exchange/samples.h"
#include "util/hash.h"
#include "util/text.h"

typedef struct {
  VervetStore *store;
  const VervetRunRow *run;
  VervetOutlet *outlet;
  GArray *checks;   /* VervetCheckRow */
  GPtrArray *names; /* of them, no two alike */
  const VervetMemberRow *member;
  gboolean about_done, item_done;
} Writing;

/* ---- Small parts ------------------------------------------------------------------------------------------------- */
static void
put_string (VervetJsonWriter *writer, const char *key, const char *s)
{
  if (!s)
    return;
  vervet_json_writer_key (writer, key);
  vervet_json_writer_string (writer, s);
}

/* A count or a time; negative: not known. */
static void
put_count (VervetJsonWriter *writer, const char *key, gint64 n)
{
  if (n < 0)
    return;
  vervet_json_writer_key (writer, key);
  vervet_json_writer_int (writer, n);
}

static void
put_double (VervetJsonWriter *writer, const char *key, double f)
{
  if (!isfinite (f))
    return;
  vervet_json_writer_key (writer, key);
  vervet_json_writer_double (writer, f);
}

static void
put_bool (VervetJsonWriter *writer, const char *key, gboolean b)
{
  vervet_json_writer_key (writer, key);
  vervet_json_writer_bool (writer, b);
}

/* As @key, or as KEY_base64 when it is no text. */
static void
put_bytes (VervetJsonWriter *writer, const char *key, const char *data, gsize len)
{
  g_autofree char *repaired = vervet_text_utf8 (data, len);
  /* Sound text comes out as it went in; U+FFFD is longer than the byte it stands for. */
  if (memcmp (repaired, data, len) == 0) {
    vervet_json_writer_key (writer, key);
    vervet_json_writer_bytes (writer, data, len);
    return;
  }
  g_autofree char *name = g_strconcat (key, VERVET_SAMPLES_BASE64, NULL);
  g_autofree char *base64 = g_base64_encode ((const guchar *)data, len);
  put_string (writer, name, base64);
}

/* Text that is JSON itself stays JSON; a text that is not (of an older file) is a string. */
static void
put_json (VervetJsonWriter *writer, const char *key, const char *text)
{
  g_autoptr (VervetJson) json = text ? vervet_json_parse (text, -1, key, VERVET_JSON_NAN, NULL) : NULL;
  if (!json) {
    put_string (writer, key, text);
    return;
  }
  vervet_json_writer_key (writer, key);
  vervet_json_writer_tree (writer, json);
}

static void
put_word (VervetJsonWriter *writer, const char *key, VervetWords words, int code)
{
  const char *word = vervet_word (words, code);
  vervet_json_writer_key (writer, key);
  if (word)
    vervet_json_writer_string (writer, word);
  else
    vervet_json_writer_int (writer, code);
}

/* ---- About the run, and the item --------------------------------------------------------------------------------- */
static void
put_checks (VervetJsonWriter *writer, const Writing *writing)
{
  vervet_json_writer_key (writer, "checks");
  vervet_json_writer_begin_object (writer);
  for (guint i = 0; i < writing->checks->len; i++) {
    const VervetCheckRow *check = &g_array_index (writing->checks, VervetCheckRow, i);
    g_autofree char *fingerprint = vervet_hex (check->fingerprint, sizeof check->fingerprint);
    vervet_json_writer_key (writer, g_ptr_array_index (writing->names, i));
    vervet_json_writer_begin_object (writer);
    put_string (writer, "name", check->name);
    put_string (writer, "component", check->component);
    put_count (writer, "behaviour", check->behaviour);
    put_json (writer, "options", check->options);
    put_bool (writer, "visible", check->visible);
    put_string (writer, "fingerprint", fingerprint);
    vervet_json_writer_end_object (writer);
  }
  vervet_json_writer_end_object (writer);
}

static void
put_about (VervetJsonWriter *writer, const Writing *writing)
{
  const VervetRunRow *run = writing->run;
  g_autofree char *seed = g_strdup_printf ("%" G_GUINT64_FORMAT, run->seed);
  vervet_json_writer_key (writer, "about");
  vervet_json_writer_begin_object (writer);
  put_string (writer, "seed", seed); /* 64 bits: more than many readers' numbers hold */
  put_bool (writer, "one_call", run->one_call);
  put_bool (writer, "stopping", run->stopping);
  put_bool (writer, "oracle", run->oracle);
  put_json (writer, "arm", run->arm);
  put_json (writer, "spec", run->spec);
  put_checks (writer, writing);
  vervet_json_writer_end_object (writer);
}

static gboolean
put_item (VervetJsonWriter *writer, const Writing *writing, GError **error)
{
  g_autofree char *fields = NULL, *prompt = NULL;
  g_autoptr (GBytes) reference = NULL;
  const VervetMemberRow *member = writing->member;
  if (!vervet_store_problem (writing->store, member->member_id, &fields, &reference, &prompt, error))
    return FALSE;
  vervet_json_writer_key (writer, "item");
  vervet_json_writer_begin_object (writer);
  put_count (writer, "planned", member->planned);
  put_count (writer, "calls", member->calls);
  put_count (writer, "nano_money", member->nano_money);
  put_string (writer, "group", member->group);
  put_json (writer, "fields", fields);
  put_json (writer, "prompt", prompt);
  if (reference) {
    gsize len;
    const char *data = g_bytes_get_data (reference, &len);
    put_bytes (writer, "reference", data ? data : "", len);
  }
  vervet_json_writer_end_object (writer);
  return TRUE;
}

static gboolean
put_head (VervetJsonWriter *writer, Writing *writing, GError **error)
{
  put_string (writer, "run", writing->run->name);
  put_string (writer, "benchmark", writing->member->benchmark);
  put_string (writer, "problem", writing->member->key);
  if (!writing->about_done)
    put_about (writer, writing);
  if (!writing->item_done && !put_item (writer, writing, error))
    return FALSE;
  writing->about_done = writing->item_done = TRUE;
  return TRUE;
}

/* ---- Samples ----------------------------------------------------------------------------------------------------- */
static void
put_tokens (VervetJsonWriter *writer, const VervetSampleRow *row)
{
  vervet_json_writer_key (writer, "tokens");
  vervet_json_writer_begin_object (writer);
  put_count (writer, "input", row->in_tok);
  put_count (writer, "cached", row->cached_tok);
  put_count (writer, "output", row->out_tok);
  put_count (writer, "thinking", row->think_tok);
  put_count (writer, "sequential", row->seq_tok);
  vervet_json_writer_end_object (writer);
}

static void
put_row (VervetJsonWriter *writer, const VervetSampleRow *row)
{
  vervet_json_writer_key (writer, "trial");
  vervet_json_writer_int (writer, row->trial);
  vervet_json_writer_key (writer, "ord");
  vervet_json_writer_int (writer, row->ord);
  put_bool (writer, "answer", (row->flags & VERVET_SAMPLE_ANSWER) != 0);
  put_word (writer, "status", VERVET_WORDS_SAMPLE, row->status);
  if (row->finish)
    put_word (writer, "finish", VERVET_WORDS_FINISH, row->finish);
  put_tokens (writer, row);
  if (row->flags & VERVET_SAMPLE_ESTIMATED)
    put_bool (writer, "estimated", TRUE);
  put_count (writer, "shared_by", row->call_n);
  put_count (writer, "tries", row->tries);
  put_count (writer, "start_ms", row->start_ms);
  put_count (writer, "took_ms", row->took_ms);
  put_double (writer, "logprob", row->logprob);
  put_double (writer, "score", row->score);
  put_double (writer, "weight", row->weight);
  put_count (writer, "seed", row->seed);
}

static void
put_verdicts (VervetJsonWriter *writer, const Writing *writing, const VervetSampleView *views)
{
  vervet_json_writer_key (writer, "verdicts");
  vervet_json_writer_begin_object (writer);
  for (guint i = 0; i < writing->checks->len; i++) {
    const VervetSampleView *view = &views[i];
    if (!view->verdict_status)
      continue;
    vervet_json_writer_key (writer, g_ptr_array_index (writing->names, i));
    vervet_json_writer_begin_object (writer);
    put_word (writer, "status", VERVET_WORDS_VERDICT, view->verdict_status);
    put_double (writer, "score", view->verdict_score);
    put_string (writer, "answer", view->answer);
    put_string (writer, "reason", view->reason);
    put_string (writer, "detail", view->detail);
    put_count (writer, "took_us", view->took_us);
    vervet_json_writer_end_object (writer);
    writing->outlet->stats->verdicts++;
  }
  vervet_json_writer_end_object (writer);
}

static gboolean
write_sample (const VervetSampleView *views, const char *text, gsize len, gpointer user_data, GError **error)
{
  Writing *writing = user_data;
  g_autoptr (VervetJsonWriter) writer = vervet_json_writer_new (writing->outlet->text, 0);
  vervet_json_writer_begin_object (writer);
  gboolean ok = put_head (writer, writing, error);
  put_row (writer, &views[0].sample);
  if (text)
    put_bytes (writer, "text", text, len);
  put_verdicts (writer, writing, views);
  vervet_json_writer_end_object (writer);
  g_string_append_c (writing->outlet->text, '\n');
  writing->outlet->stats->samples++;
  return ok && vervet_outlet_drain (writing->outlet, FALSE, error);
}

static gboolean
write_bare_item (Writing *writing, GError **error)
{
  g_autoptr (VervetJsonWriter) writer = vervet_json_writer_new (writing->outlet->text, 0);
  vervet_json_writer_begin_object (writer);
  gboolean ok = put_head (writer, writing, error);
  vervet_json_writer_end_object (writer);
  g_string_append_c (writing->outlet->text, '\n');
  return ok;
}

/* ---- The run ----------------------------------------------------------------------------------------------------- */
/* "numeric", and "numeric#2" where an earlier check has that name. */
static GPtrArray *
distinct_names (const GArray *checks)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < checks->len; i++) {
    const char *name = g_array_index (checks, VervetCheckRow, i).name;
    char *distinct = g_strdup (name);
    for (guint k = 2; g_ptr_array_find_with_equal_func (names, distinct, g_str_equal, NULL); k++) {
      g_free (distinct);
      distinct = g_strdup_printf ("%s#%u", name, k);
    }
    g_ptr_array_add (names, distinct);
  }
  return names;
}

static gboolean
write_members (Writing *writing, GError **error)
{
  g_autoptr (GArray) members = vervet_store_members (writing->store, writing->run->run_id, error);
  g_autofree gint64 *ids = g_new (gint64, writing->checks->len + 1);
  for (guint i = 0; i < writing->checks->len; i++)
    ids[i] = g_array_index (writing->checks, VervetCheckRow, i).check_id;
  for (guint i = 0; members && i < members->len; i++) {
    writing->member = &g_array_index (members, VervetMemberRow, i);
    writing->item_done = FALSE;
    if (!vervet_each_sample (writing->store, writing->member->member_id, ids, writing->checks->len, write_sample,
                             writing, error)
        || (!writing->item_done && !write_bare_item (writing, error)))
      return FALSE;
    writing->outlet->stats->problems++;
  }
  return members != NULL;
}

gboolean
vervet_samples_write (VervetStore *store, const VervetRunRow *run, VervetOutlet *outlet, GError **error)
{
  if (run->counts_only) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "the run %s holds counts and no samples; export it as counts",
                 run->name);
    return FALSE;
  }
  g_autoptr (GArray) checks = vervet_store_checks (store, run->run_id, error);
  if (!checks)
    return FALSE;
  g_autoptr (GPtrArray) names = distinct_names (checks);
  Writing writing = { .store = store, .run = run, .outlet = outlet, .checks = checks, .names = names };
  return write_members (&writing, error);
}
