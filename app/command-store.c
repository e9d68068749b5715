/* command-store.c - vervet store check: whether a run file's counters are what its rows say. */
#include "command-json.h"

#include <string.h>

static void
print_json (const char *path, const GPtrArray *differences, gboolean repaired)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (VervetJsonWriter) writer = vervet_json_writer_new (out, 2);
  vervet_json_writer_begin_object (writer);
  command_json_text (writer, "file", path);
  command_json_bool (writer, "repaired", repaired);
  vervet_json_writer_key (writer, "differences");
  vervet_json_writer_begin_array (writer);
  for (guint i = 0; i < differences->len; i++)
    vervet_json_writer_bytes (writer, g_ptr_array_index (differences, i), strlen (g_ptr_array_index (differences, i)));
  vervet_json_writer_end_array (writer);
  vervet_json_writer_end_object (writer);
  g_string_append_c (out, '\n');
  command_print (out->str);
}

static void
print_text (const char *path, const GPtrArray *differences)
{
  if (!differences->len)
    command_printf ("%s: every counter is what the rows say\n", path);
  for (guint i = 0; i < differences->len; i++) {
    g_autofree char *line = command_clean_line (g_ptr_array_index (differences, i), -1, 1000);
    command_printf ("%s: %s\n", path, line);
  }
}

/* What a repair can put right: a second look finds nothing. */
static gboolean
is_whole (VervetStore *store, gboolean *whole, GError **error)
{
  g_autoptr (GPtrArray) left = NULL;
  if (!vervet_store_check (store, FALSE, &left, error))
    return FALSE;
  *whole = left->len == 0;
  return TRUE;
}

static int
run (const CommandArgs *args, GError **error)
{
  const char *const *words = command_words (args, NULL);
  gboolean repair = command_flag (args, "repair"), whole;
  if (!g_str_equal (words[0], "check")) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
                 "there is no `vervet store %s`; there is `vervet store check`", words[0]);
    return 1;
  }
  g_autoptr (VervetStore) store =
      repair ? vervet_store_open_write (words[1], error) : vervet_store_open (words[1], error);
  g_autoptr (GPtrArray) differences = NULL;
  if (!store || !vervet_store_check (store, repair, &differences, error))
    return 1;
  if (command_flag (args, "json"))
    print_json (words[1], differences, repair);
  else
    print_text (words[1], differences);
  whole = differences->len == 0;
  if (!whole && repair && !is_whole (store, &whole, error))
    return 1;
  if (whole)
    return 0;
  command_note (repair ? "what is left cannot be repaired from the rows"
                       : "`vervet store check --repair` sets the counters to what the rows say");
  return 1;
}

static const CommandOption options[] = {
  { "repair", 0, COMMAND_FLAG, NULL, "Set the counters to what the rows say.", NULL },
  { "json", 0, COMMAND_FLAG, NULL, "Print one JSON object.", NULL },
  { NULL },
};

const Command command_store = {
  .name = "store",
  .synopsis = "check [--repair] RUN [--json]",
  .summary = "Check a run file against itself",
  .description =
      "Looks for damaged pages, for rows that point nowhere, and counts anew every counter that the file keeps "
      "(attempts, samples, tokens, verdicts, answers). Each difference is a line; the exit status is 1 when there "
      "is one. With --repair the counters are set to what the rows say.",
  .example = "vervet store check run.vervet",
  .options = options,
  .min_words = 2,
  .max_words = 2,
  .words = "@run",
  .run = run,
};
