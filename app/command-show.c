/* command-show.c - vervet show: what a run file holds, from the list of problems down to the text of one attempt. */
#include "command-show.h"

#include <string.h>

/* ---- Which run, which problem, which attempt ---- */
static const VervetMemberRow *
find_key (const GArray *members, const char *key)
{
  for (guint i = 0; i < members->len; i++)
    if (!g_strcmp0 (g_array_index (members, VervetMemberRow, i).key, key))
      return &g_array_index (members, VervetMemberRow, i);
  guint64 index;
  if (!g_ascii_string_to_unsigned (key, 10, 0, G_MAXUINT, &index, NULL))
    return NULL;
  for (guint i = 0; i < members->len; i++)
    if (g_array_index (members, VervetMemberRow, i).ord == index)
      return &g_array_index (members, VervetMemberRow, i);
  return NULL;
}

/* A problem's key may hold colons itself, so the whole word is tried first. @trial: -1 when none is named. */
static const VervetMemberRow *
find_problem (const ShowContext *context, const char *word, gint64 *trial, GError **error)
{
  const VervetMemberRow *member = find_key (context->members, word);
  const char *colon = strrchr (word, ':');
  guint64 number;

  *trial = -1;
  if (member)
    return member;
  if (colon && g_ascii_string_to_unsigned (colon + 1, 10, 0, G_MAXUINT, &number, NULL)) {
    g_autofree char *key = g_strndup (word, (gsize)(colon - word));
    *trial = (gint64)number;
    member = find_key (context->members, key);
    if (member)
      return member;
  }
  g_set_error (
      error, VERVET_ERROR, VERVET_ERROR_INPUT,
      "%s: run \"%s\" has no problem \"%s\"; name one by its key or by its number, 0 to %u ('vervet show %s' lists "
      "them)",
      vervet_store_path (context->store), context->run.name, word,
      context->members->len ? context->members->len - 1 : 0, vervet_store_path (context->store));
  return NULL;
}

static void
note_other_runs (const ShowContext *context, const char *asked)
{
  g_autoptr (GArray) runs = asked ? NULL : vervet_store_runs (context->store, NULL);
  if (!runs || runs->len < 2)
    return;
  g_autoptr (GString) names = g_string_new (NULL);
  for (guint i = 0; i < runs->len; i++)
    g_string_append_printf (names, "%s%s", i ? ", " : "", g_array_index (runs, VervetRunRow, i).name);
  g_autofree char *clean = command_clean_line (names->str, -1, 400);
  command_note ("%u runs in this file (%s); shown: %s (choose with --run)", runs->len, clean, context->run.name);
}

static gboolean
choose_check (ShowContext *context, const char *name, GError **error)
{
  for (guint i = 0; i < context->checks->len && !context->check; i++) {
    const VervetCheckRow *check = &g_array_index (context->checks, VervetCheckRow, i);
    if (name ? !g_strcmp0 (check->name, name) : !check->visible)
      context->check = check;
  }
  if (context->check || !name)
    return TRUE;
  g_autoptr (GString) known = g_string_new (NULL);
  for (guint i = 0; i < context->checks->len; i++)
    g_string_append_printf (known, "%s%s", i ? ", " : "", g_array_index (context->checks, VervetCheckRow, i).name);
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s: run \"%s\" has no verdicts of \"%s\"; it has those of: %s",
               vervet_store_path (context->store), context->run.name, name, known->len ? known->str : "none");
  return FALSE;
}

static gboolean
parse_limit (const char *text, gint64 *limit, GError **error)
{
  guint64 value;
  *limit = 200;
  if (!text)
    return TRUE;
  if (!g_ascii_string_to_unsigned (text, 10, 0, G_MAXINT, &value, NULL)) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "--limit: \"%s\" is not a whole number from 0 on", text);
    return FALSE;
  }
  *limit = (gint64)value;
  return TRUE;
}

static gboolean
show (ShowContext *context, const CommandArgs *args, GError **error)
{
  guint n;
  gint64 trial;
  const char *const *words = command_words (args, &n);
  const char *name = command_value (args, "run");

  if (!vervet_store_find_run (context->store, name, &context->run, error))
    return FALSE;
  context->members = vervet_store_members (context->store, context->run.run_id, error);
  if (!context->members)
    return FALSE;
  context->checks = vervet_store_checks (context->store, context->run.run_id, error);
  if (!context->checks || !choose_check (context, command_value (args, "verifier"), error))
    return FALSE;
  if (!context->json)
    note_other_runs (context, name);
  if (n < 2)
    return show_run (context, error);
  const VervetMemberRow *member = find_problem (context, words[1], &trial, error);
  if (!member)
    return FALSE;
  return trial < 0 ? show_problem (context, member, error) : show_attempt (context, member, (guint)trial, error);
}

static int
run (const CommandArgs *args, GError **error)
{
  ShowContext context = { .json = command_flag (args, "json") };
  if (!parse_limit (command_value (args, "limit"), &context.limit, error))
    return 1;
  g_autoptr (VervetStore) store = vervet_store_open (command_words (args, NULL)[0], error);
  if (!store)
    return 1;
  context.store = store;
  gboolean ok = show (&context, args, error);
  vervet_run_row_clear (&context.run);
  g_clear_pointer (&context.members, g_array_unref);
  g_clear_pointer (&context.checks, g_array_unref);
  return ok ? 0 : 1;
}

static const CommandOption options[] = {
  { "run", 0, COMMAND_VALUE, "NAME", "Which run, where the file holds several; without it, the newest.", "" },
  { "verifier", 0, COMMAND_VALUE, "NAME", "Whose verdicts; without it, those of the verifier that grades.", "" },
  { "limit", 0, COMMAND_VALUE, "N", "Cut lists after N rows; 0 shows all. Default: 200. JSON is never cut.", "" },
  { "json", 0, COMMAND_FLAG, NULL, "Print one JSON object.", NULL },
  { NULL },
};

const Command command_show = {
  .name = "show",
  .synopsis = "RUN [PROBLEM[:ATTEMPT]] [--run NAME] [--json]",
  .summary = "Show problems, samples, verdicts and search trees of a run",
  .description =
      "Without PROBLEM: a table of the problems with the number of attempts and their verdicts. With PROBLEM (its key "
      "or its number in the run): prompt, reference answer and the list of its samples. With ATTEMPT (from 0): the "
      "whole text, every verdict on it, and the tree of the steps that led to it.\n\n"
      "\"other\" counts verdicts that are neither pass nor fail: scores, undecided, no answer found, a broken "
      "reference. \"unjudged\" counts attempts without a verdict; they are not counted as wrong.",
  .example = "vervet show gsm8k.vervet\nvervet show gsm8k.vervet 17\nvervet show gsm8k.vervet 17:3",
  .options = options,
  .min_words = 1,
  .max_words = 2,
  .words = "@run",
  .run = run,
};
