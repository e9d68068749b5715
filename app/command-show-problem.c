/* command-show-problem.c - the second page of `vervet show`: one problem and the list of its samples. */
#include "command-json.h"
#include "command-show.h"
#include "command-table.h"

#include <math.h>
#include <string.h>

#define CHUNK 2000 /* samples read at once */

const char *
show_verdict_name (int status)
{
  return status == 0 ? "-" : vervet_verdict_name (status);
}

const char *
show_finish_name (int finish)
{
  switch (finish) {
  case VV_FIN_EOS:
    return "end";
  case VV_FIN_STOP:
    return "stop";
  case VV_FIN_EOS_OR_STOP:
    return "end or stop";
  case VV_FIN_LENGTH:
    return "length";
  case VV_FIN_TOOL:
    return "tool";
  case VV_FIN_FILTER:
    return "filter";
  case VV_FIN_CANCELLED:
    return "cancelled";
  default:
    return "-";
  }
}

gint64
show_check_id (const ShowContext *context)
{
  return context->check ? context->check->check_id : 0;
}

void
show_heading (const char *text)
{
  command_printf (command_color () ? "\033[1m%s\033[0m\n" : "%s\n", text);
}

/* ---- Prompt and reference ---- */
static void
print_message (const VervetJson *message)
{
  const char *role = vervet_json_get_string (message, "role", "user");
  const char *text = vervet_json_get_string (message, "text", vervet_json_get_string (message, "content", NULL));
  g_autofree char *whole = text ? command_clean (text, -1) : vervet_json_to_string (message, 0);
  g_autofree char *clean = command_clean_line (role, -1, 40);
  command_printf ("%s: %s\n", clean, whole);
}

static void
print_prompt (const char *prompt)
{
  g_autoptr (VervetJson) tree = vervet_json_parse (prompt, -1, "prompt", VERVET_JSON_STRICT, NULL);
  show_heading ("Prompt");
  if (tree && tree->type == VERVET_JSON_ARRAY) {
    for (guint i = 0; i < vervet_json_length (tree); i++)
      print_message (vervet_json_at (tree, i));
  } else {
    g_autofree char *clean = command_clean (prompt, -1);
    command_printf ("%s\n", clean);
  }
  command_print ("\n");
}

gboolean
show_print_problem (const ShowContext *context, const VervetMemberRow *member, GError **error)
{
  g_autofree char *fields = NULL, *prompt = NULL, *key = command_clean_line (member->key, -1, 200);
  g_autoptr (GBytes) reference = NULL;
  if (!vervet_store_problem (context->store, member->member_id, &fields, &reference, &prompt, error))
    return FALSE;
  command_printf ("problem %u: %s\n\n", member->ord, key);
  if (prompt)
    print_prompt (prompt);
  if (reference) {
    gsize len;
    const char *data = g_bytes_get_data (reference, &len);
    g_autofree char *clean = command_clean (data ? data : "", (gssize)len);
    show_heading ("Reference");
    command_printf ("%s\n\n", clean);
  }
  return TRUE;
}

static void
write_json_text (VervetJsonWriter *writer, const char *key, const char *text)
{
  g_autoptr (VervetJson) tree = text ? vervet_json_parse (text, -1, key, VERVET_JSON_NAN, NULL) : NULL;
  vervet_json_writer_key (writer, key);
  if (tree)
    vervet_json_writer_tree (writer, tree);
  else
    vervet_json_writer_string (writer, text);
}

gboolean
show_write_problem (const ShowContext *context, const VervetMemberRow *member, VervetJsonWriter *writer, GError **error)
{
  g_autofree char *fields = NULL, *prompt = NULL;
  g_autoptr (GBytes) reference = NULL;
  gsize len = 0;
  if (!vervet_store_problem (context->store, member->member_id, &fields, &reference, &prompt, error))
    return FALSE;
  command_json_text (writer, "run", context->run.name);
  command_json_text (writer, "verifier", context->check ? context->check->name : NULL);
  command_json_int (writer, "index", member->ord);
  command_json_text (writer, "problem", member->key);
  command_json_text (writer, "group", member->group);
  write_json_text (writer, "prompt", prompt);
  write_json_text (writer, "fields", fields);
  const char *data = reference ? g_bytes_get_data (reference, &len) : NULL;
  command_json_bytes (writer, "reference", reference && !data ? "" : data, len);
  return TRUE;
}

/* ---- The list of samples ---- */
static void
add_sample (CommandTable *table, const VervetSampleView *view, gboolean many)
{
  const VervetSampleRow *sample = &view->sample;
  g_autofree char *attempt =
      many ? g_strdup_printf ("%u.%u", sample->trial, sample->ord) : g_strdup_printf ("%u", sample->trial);
  g_autofree char *tokens =
      sample->out_tok < 0 ? g_strdup ("-") : g_strdup_printf ("%" G_GINT64_FORMAT, sample->out_tok);
  g_autofree char *took =
      sample->took_ms < 0 ? g_strdup ("-") : g_strdup_printf ("%.2f", (double)sample->took_ms / 1000);
  g_autofree char *score =
      isfinite (view->verdict_score) ? g_strdup_printf ("%.3g", view->verdict_score) : g_strdup ("-");
  const char *verdict =
      sample->status < 0 ? vervet_status_name (sample->status) : show_verdict_name (view->verdict_status);
  g_autofree char *answer =
      view->answer ? command_clean_line (view->answer, -1, 40) : NULL; /* some verifiers take the whole text */
  command_table_add (table, attempt, verdict, score, answer ? answer : "-", view->reason ? view->reason : "-", tokens,
                     took, show_finish_name (sample->finish), NULL);
}

static void
write_sample (VervetJsonWriter *writer, const VervetSampleView *view)
{
  const VervetSampleRow *sample = &view->sample;
  vervet_json_writer_begin_object (writer);
  command_json_int (writer, "attempt", sample->trial);
  command_json_int (writer, "candidate", sample->ord);
  command_json_text (writer, "sample_status", vervet_status_name (sample->status));
  command_json_text (writer, "status", view->verdict_status ? vervet_verdict_name (view->verdict_status) : NULL);
  command_json_double (writer, "score", view->verdict_score);
  command_json_text (writer, "answer", view->answer);
  command_json_text (writer, "reason", view->reason);
  command_json_text (writer, "finish", sample->finish ? show_finish_name (sample->finish) : NULL);
  command_json_known (writer, "prompt_tokens", sample->in_tok);
  command_json_known (writer, "output_tokens", sample->out_tok);
  command_json_known (writer, "took_ms", sample->took_ms);
  vervet_json_writer_end_object (writer);
}

static gboolean
print_samples (const ShowContext *context, const VervetMemberRow *member, GError **error)
{
  gint64 limit = context->limit > 0 ? context->limit : G_MAXINT64, shown = 0;
  gboolean many = member->samples > member->done;
  g_autoptr (CommandTable) table =
      command_table_new ("rlrLLrrl", "attempt", "verdict", "score", "answer", "reason", "tokens", "s", "finish", NULL);
  while (shown < limit) {
    g_autoptr (GArray) views = vervet_store_samples (context->store, member->member_id, show_check_id (context), shown,
                                                     MIN (CHUNK, limit - shown), error);
    if (!views)
      return FALSE;
    if (views->len == 0)
      break;
    for (guint i = 0; i < views->len; i++)
      add_sample (table, &g_array_index (views, VervetSampleView, i), many);
    shown += views->len;
  }
  if (shown == 0) {
    command_print (context->run.counts_only ? "No samples: this run was imported as counts.\n" : "No samples yet.\n");
    return TRUE;
  }
  show_heading ("Samples");
  command_table_print (table);
  gint64 rows = member->samples + member->failed;
  if (rows > shown)
    command_printf ("... %" G_GINT64_FORMAT " more (--limit 0 shows all)\n", rows - shown);
  return TRUE;
}

/* Brackets are closed whatever happens: the writer insists on it. */
static gboolean
write_samples (const ShowContext *context, const VervetMemberRow *member, VervetJsonWriter *writer, GError **error)
{
  guint got = CHUNK;
  vervet_json_writer_key (writer, "samples");
  vervet_json_writer_begin_array (writer);
  for (gint64 first = 0; got == CHUNK; first += got) {
    g_autoptr (GArray) views =
        vervet_store_samples (context->store, member->member_id, show_check_id (context), first, CHUNK, error);
    got = views ? views->len : 0;
    for (guint i = 0; i < got; i++)
      write_sample (writer, &g_array_index (views, VervetSampleView, i));
    if (!views) {
      vervet_json_writer_end_array (writer);
      return FALSE;
    }
  }
  vervet_json_writer_end_array (writer);
  return TRUE;
}

gboolean
show_problem (const ShowContext *context, const VervetMemberRow *member, GError **error)
{
  if (!context->json)
    return show_print_problem (context, member, error) && print_samples (context, member, error);
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (VervetJsonWriter) writer = vervet_json_writer_new (out, 2);
  vervet_json_writer_begin_object (writer);
  if (!show_write_problem (context, member, writer, error) || !write_samples (context, member, writer, error))
    return FALSE;
  vervet_json_writer_end_object (writer);
  g_string_append_c (out, '\n');
  command_print (out->str);
  return TRUE;
}
