/* command-verify.c - vervet verify: judges cases from a file or standard input, without a run. */
#include "command.h"

#include <gio/gunixinputstream.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "command-json.h"

typedef struct {
  VervetVerifySession *session;
  GQueue ids;       /* JSON text of each case's id, in the order pushed */
  gint64 counts[8]; /* by status, 0: errors */
  GString *out;
} Verifying;

/* A number or boolean is taken as its text: {"reference": 18} and {"reference": "18"} are the same case. */
static char *
text_of (const VervetJson *value, gsize *len)
{
  char *text;

  *len = 0;
  if (!value || value->type == VERVET_JSON_NULL)
    return NULL;
  if (value->type == VERVET_JSON_STRING) {
    *len = value->len;
    return g_memdup2 (value->s, value->len + 1);
  }
  text = vervet_json_to_string (value, 0);
  *len = strlen (text);
  return text;
}

static void
print_result (Verifying *self, VervetCaseResult *result)
{
  g_autoptr (VervetJsonWriter) w = vervet_json_writer_new (self->out, 0);
  g_autofree char *id = g_queue_pop_head (&self->ids);
  g_autoptr (VervetJson) id_json = vervet_json_parse (id, -1, "id", VERVET_JSON_NAN, NULL);

  vervet_json_writer_begin_object (w);
  vervet_json_writer_key (w, "id");
  vervet_json_writer_tree (w, id_json);
  command_json_text (w, "status", vervet_verdict_name (result->status));
  command_json_double (w, "score", result->score);
  command_json_text (w, "answer", result->answer);
  command_json_text (w, "reason", result->reason);
  command_json_int (w, "us", result->took_us);
  if (result->detail)
    command_json_text (w, "detail", result->detail);
  vervet_json_writer_end_object (w);
  g_string_append_c (self->out, '\n');
  self->counts[result->status < 0 ? 0 : MIN (result->status, 7)]++;
  vervet_case_result_clear (result);
  if (self->out->len > 32768) {
    command_print (self->out->str);
    g_string_truncate (self->out, 0);
  }
}

static void
print_results (Verifying *self, gboolean wait)
{
  VervetCaseResult result;

  while (vervet_verify_session_next (self->session, wait, &result, NULL))
    print_result (self, &result);
}

static gboolean
push_case (Verifying *self, const VervetJson *json, guint64 number, const char *name, GError **error)
{
  const VervetJson *problem = vervet_json_get (json, "problem"), *id = vervet_json_get (json, "id");
  g_autoptr (VervetJson) wrapped = NULL;
  gsize reference_len, answer_len;
  g_autofree char *reference = text_of (vervet_json_get (json, "reference"), &reference_len);
  g_autofree char *answer = text_of (vervet_json_get (json, "answer"), &answer_len);
  g_autofree char *problem_id = g_strdup_printf ("%" G_GUINT64_FORMAT, number);

  if (json->type != VERVET_JSON_OBJECT || !answer) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
                 "%s:%u:%u: a case is an object with \"answer\" (and \"id\", \"reference\", \"problem\")", name,
                 json->line, json->column);
    return FALSE;
  }
  if (problem && problem->type != VERVET_JSON_OBJECT && problem->type != VERVET_JSON_NULL) {
    wrapped = vervet_json_new (VERVET_JSON_OBJECT);
    vervet_json_set (wrapped, "problem", vervet_json_copy (problem));
  }
  g_queue_push_tail (&self->ids, id ? vervet_json_to_string (id, 0) : g_strdup (problem_id));
  return vervet_verify_session_push (self->session, number, problem_id, wrapped ? wrapped : problem, reference,
                                     reference_len, answer, answer_len, error);
}

static gboolean
judge_cases (Verifying *self, VervetJsonReader *reader, const char *name, GError **error)
{
  guint64 number = 0;

  for (;;) {
    VervetJsonToken token = vervet_json_reader_next (reader, error);
    g_autoptr (VervetJson) json = NULL;

    if (token == VERVET_JSON_END)
      return TRUE;
    if (token == VERVET_JSON_ERROR || !(json = vervet_json_read_value (reader, error))
        || !push_case (self, json, ++number, name, error))
      return FALSE;
    print_results (self, FALSE);
  }
}

static VervetJsonReader *
open_cases (const char *path, GError **error)
{
  g_autoptr (GInputStream) in = NULL;

  if (path && strcmp (path, "-") != 0)
    return vervet_json_reader_open (path, VERVET_JSON_MANY | VERVET_JSON_NAN, error);
  in = g_unix_input_stream_new (STDIN_FILENO, FALSE);
  return vervet_json_reader_new_stream (in, "standard input", VERVET_JSON_MANY | VERVET_JSON_NAN);
}

static void
say_counts (const Verifying *self)
{
  g_autoptr (GString) line = g_string_new (NULL);
  gint64 total = 0;

  for (int status = 0; status < 7; status++) {
    if (self->counts[status] > 0)
      g_string_append_printf (line, "%s%" G_GINT64_FORMAT " %s", line->len > 0 ? ", " : "", self->counts[status],
                              status == 0 ? "error" : vervet_verdict_name (status));
    total += self->counts[status];
  }
  command_note ("%" G_GINT64_FORMAT " cases: %s", total, total > 0 ? line->str : "none");
}

static int
run (const CommandArgs *args, GError **error)
{
  guint n;
  const char *const *words = command_words (args, &n);
  const char *path = n > 1 ? words[1] : NULL, *timeout = command_value (args, "timeout");
  g_autoptr (VervetRegistry) registry =
      vervet_registry_new (command_flag (args, "safe") ? VERVET_REGISTRY_SAFE : VERVET_REGISTRY_DEFAULT, error);
  const VervetComponentInfo *info =
      registry ? vervet_registry_find (registry, VV_KIND_VERIFIER, words[0], error) : NULL;
  g_autoptr (VervetJson) object =
      info ? vervet_options_from_strings (info, command_values (args, "option"), error) : NULL;
  g_autoptr (VervetOptions) options = object ? vervet_options_new (info, object, NULL, NULL, words[0], error) : NULL;
  g_autoptr (VervetJsonReader) reader = options ? open_cases (path, error) : NULL;
  double seconds = timeout ? g_ascii_strtod (timeout, NULL) : 10;
  Verifying self = { .out = NULL };
  gboolean is_ok;

  if (!reader)
    return 1;
  if (!(seconds > 0 && seconds <= 86400)) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "--timeout takes seconds, as 10; it got \"%s\"", timeout);
    return 1;
  }
  self.session = vervet_verify_session_new (registry, info, options, 0, (guint64)(seconds * 1000), error);
  if (!self.session)
    return 1;
  self.out = g_string_new (NULL);
  is_ok = judge_cases (&self, reader, path ? path : "standard input", error);
  print_results (&self, TRUE);
  command_print (self.out->str);
  if (!command_flag (args, "quiet"))
    say_counts (&self);
  vervet_verify_session_free (self.session);
  g_queue_clear_full (&self.ids, g_free);
  g_string_free (self.out, TRUE);
  return !is_ok ? 1 : self.counts[0] > 0 ? 3 : 0;
}

static const CommandOption command_options[] = {
  { "option", 'o', COMMAND_MANY, "KEY=VALUE", "An option of the verifier (vervet inspect VERIFIER lists them).", NULL },
  { "timeout", 't', COMMAND_VALUE, "SECONDS", "The most time for one case; 10 when not given.", NULL },
  { "safe", 0, COMMAND_FLAG, NULL, "In-tree plugins only.", NULL },
  { "quiet", 'q', COMMAND_FLAG, NULL, "No closing line with the counts.", NULL },
  { NULL },
};

const Command command_verify = {
  .name = "verify",
  .synopsis = "VERIFIER [-o KEY=VALUE]... [CASES.jsonl]",
  .summary = "Judge cases from a file or standard input, without a run",
  .description = "Reads one JSON object a line, {\"id\", \"reference\", \"answer\", \"problem\"?}, and prints one a "
                 "line in the same order: {\"id\", \"status\", "
                 "\"score\", \"answer\", \"reason\", \"us\", \"detail\"?}. status is pass, fail, scored, undecided, "
                 "no-answer, bad-reference or error; score is 1, 0, a "
                 "number, or null where there is none. A case that crashes the verifier or overruns the time is "
                 "an error, tried twice, and the others go on. "
                 "Exit status 3 when a case ended in an error.",
  .example = "echo '{\"id\": 1, \"reference\": \"18\", \"answer\": \"so she has 18 eggs\"}' | vervet verify numeric",
  .options = command_options,
  .min_words = 1,
  .max_words = 2,
  .words = "@component @file",
  .run = run,
};
