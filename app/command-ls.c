/* command-ls.c - vervet ls: the run files of a folder and the runs in them. */
#include "command-facts.h"
#include "command-json.h"
#include "command-table.h"

typedef struct {
  char *file, *name, *reason; /* reason: why the file cannot be read; then there is nothing else */
  VervetRunFacts facts;
  const char *state;
  gint64 problems, samples, planned, done;
} Row;

static void
row_free (Row *row)
{
  g_free (row->file);
  g_free (row->name);
  g_free (row->reason);
  vervet_run_facts_clear (&row->facts);
  g_free (row);
}

static gboolean
add_run (GPtrArray *rows, VervetStore *store, const char *file, const VervetRunRow *run, GError **error)
{
  g_autoptr (GArray) members = vervet_store_members (store, run->run_id, error);
  if (!members)
    return FALSE;
  Row *row = g_new0 (Row, 1);
  row->file = g_strdup (file);
  row->name = g_strdup (run->name);
  row->state = command_state_name (run->state);
  command_facts (&row->facts, run);
  row->problems = members->len;
  for (guint i = 0; i < members->len; i++) {
    const VervetMemberRow *member = &g_array_index (members, VervetMemberRow, i);
    row->samples += member->samples;
    row->planned += member->planned;
    row->done += member->done;
  }
  if (members->len > 0) {
    g_free (row->facts.benchmark);
    row->facts.benchmark = g_strdup (g_array_index (members, VervetMemberRow, 0).benchmark);
  }
  g_ptr_array_add (rows, row);
  return TRUE;
}

static gboolean
add_file (GPtrArray *rows, const char *path, const char *file, GError **error)
{
  g_autoptr (VervetStore) store = vervet_store_open (path, error);
  if (!store)
    return FALSE;
  g_autoptr (GArray) runs = vervet_store_runs (store, error);
  for (guint i = 0; runs && i < runs->len; i++)
    if (!add_run (rows, store, file, &g_array_index (runs, VervetRunRow, i), error))
      return FALSE;
  return runs != NULL;
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *
run_files (const char *folder, GError **error)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, error);
  if (!dir)
    return NULL;
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  for (const char *name; (name = g_dir_read_name (dir));)
    if (g_str_has_suffix (name, ".vervet"))
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_names);
  return names;
}

static GPtrArray *
collect (const char *folder, GError **error)
{
  g_autoptr (GPtrArray) names = run_files (folder, error);
  if (!names)
    return NULL;
  GPtrArray *rows = g_ptr_array_new_with_free_func ((GDestroyNotify)row_free);
  for (guint i = 0; i < names->len; i++) {
    const char *file = g_ptr_array_index (names, i);
    g_autofree char *path = g_build_filename (folder, file, NULL);
    g_autoptr (GError) broken = NULL;
    if (add_file (rows, path, file, &broken))
      continue;
    Row *row = g_new0 (Row, 1);
    row->file = g_strdup (file);
    row->reason = g_strdup (broken->message);
    g_ptr_array_add (rows, row);
  }
  return rows;
}

static const char *
or_dash (const char *text)
{
  return text && *text ? text : "-";
}

static void
print_table (const GPtrArray *rows)
{
  g_autoptr (CommandTable) table =
      command_table_new ("LLLLrrl", "file", "run", "benchmark", "model", "samples", "problems", "state", NULL);
  for (guint i = 0; i < rows->len; i++) {
    const Row *row = g_ptr_array_index (rows, i);
    if (row->reason) {
      command_note ("vervet: %s", row->reason);
      command_table_add (table, row->file, "-", "-", "-", "-", "-", "unreadable", NULL);
      continue;
    }
    g_autofree char *samples = vervet_text_count (row->samples), *problems = vervet_text_count (row->problems);
    command_table_add (table, row->file, row->name, or_dash (row->facts.benchmark), or_dash (row->facts.model), samples,
                       problems, row->state, NULL);
  }
  command_table_print (table);
}

static void
write_row (VervetJsonWriter *writer, const Row *row)
{
  const struct {
    const char *key, *value;
  } texts[] = {
    { "file", row->file },
    { "name", row->name },
    { "benchmark", row->facts.benchmark },
    { "model", row->facts.model },
    { "sampler", row->facts.sampler },
    { "state", row->state },
  };
  const struct {
    const char *key;
    gint64 value;
  } numbers[] = {
    { "problems", row->problems },
    { "samples", row->samples },
    { "planned", row->planned },
    { "done", row->done },
  };
  vervet_json_writer_begin_object (writer);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    command_json_text (writer, texts[i].key, texts[i].value);
  }
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++) {
    command_json_int (writer, numbers[i].key, numbers[i].value);
  }
  vervet_json_writer_end_object (writer);
}

static void
print_json (const GPtrArray *rows)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (VervetJsonWriter) writer = vervet_json_writer_new (out, 2);
  vervet_json_writer_begin_object (writer);
  vervet_json_writer_key (writer, "runs");
  vervet_json_writer_begin_array (writer);
  for (guint i = 0; i < rows->len; i++) {
    const Row *row = g_ptr_array_index (rows, i);
    if (!row->reason)
      write_row (writer, row);
  }
  vervet_json_writer_end_array (writer);
  vervet_json_writer_key (writer, "unreadable");
  vervet_json_writer_begin_array (writer);
  for (guint i = 0; i < rows->len; i++) {
    const Row *row = g_ptr_array_index (rows, i);
    if (!row->reason)
      continue;
    vervet_json_writer_begin_object (writer);
    command_json_text (writer, "file", row->file);
    command_json_text (writer, "reason", row->reason);
    vervet_json_writer_end_object (writer);
  }
  vervet_json_writer_end_array (writer);
  vervet_json_writer_end_object (writer);
  g_string_append_c (out, '\n');
  command_print (out->str);
}

static int
run (const CommandArgs *args, GError **error)
{
  guint n;
  const char *const *words = command_words (args, &n);
  const char *folder = n ? words[0] : ".";
  g_autoptr (GPtrArray) rows = collect (folder, error);
  if (!rows)
    return 1;
  if (command_flag (args, "json")) {
    print_json (rows);
  } else if (rows->len == 0) {
    command_note ("no run files (*.vervet) in %s", folder);
  } else {
    print_table (rows);
  }
  return 0;
}

static const CommandOption options[] = {
  { "json", 0, COMMAND_FLAG, NULL, "Print one JSON object.", NULL },
  { NULL },
};

const Command command_ls = {
  .name = "ls",
  .synopsis = "[DIR] [--json]",
  .summary = "List the run files of a folder",
  .description =
      "One line for each run of each *.vervet file in DIR (without it, the current folder): what was sampled, how "
      "many samples and problems the run has, and whether it is new, running, paused, done or imported. A file "
      "that cannot be read is listed as such, with the reason on standard error.",
  .example = "vervet ls runs",
  .options = options,
  .max_words = 1,
  .words = "@file",
  .run = run,
};
