/* command-formats.c - vervet formats: which files of other tools come in and go out. */
#include "command-json.h"
#include "command-table.h"

static void
print_json (const VervetFormat *formats, guint n)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (VervetJsonWriter) writer = vervet_json_writer_new (out, 2);
  vervet_json_writer_begin_object (writer);
  vervet_json_writer_key (writer, "formats");
  vervet_json_writer_begin_array (writer);
  for (guint i = 0; i < n; i++) {
    vervet_json_writer_begin_object (writer);
    command_json_text (writer, "id", formats[i].id);
    command_json_text (writer, "title", formats[i].title);
    command_json_text (writer, "summary", formats[i].summary);
    command_json_bool (writer, "import", formats[i].can_import);
    command_json_bool (writer, "export", formats[i].can_export);
    vervet_json_writer_end_object (writer);
  }
  vervet_json_writer_end_array (writer);
  vervet_json_writer_end_object (writer);
  g_string_append_c (out, '\n');
  command_print (out->str);
}

static int
run (const CommandArgs *args, GError **error G_GNUC_UNUSED)
{
  guint n;
  const VervetFormat *formats = vervet_formats (&n);
  if (command_flag (args, "json")) {
    print_json (formats, n);
    return 0;
  }
  g_autoptr (CommandTable) table = command_table_new ("lllL", "format", "import", "export", "what it is", NULL);
  for (guint i = 0; i < n; i++)
    command_table_add (table, formats[i].id, formats[i].can_import ? "yes" : "-", formats[i].can_export ? "yes" : "-",
                       formats[i].summary, NULL);
  command_table_print (table);
  return 0;
}

static const CommandOption options[] = {
  { "json", 0, COMMAND_FLAG, NULL, "Print one JSON object.", NULL },
  { NULL },
};

const Command command_formats = {
  .name = "formats",
  .synopsis = "[--json]",
  .summary = "List the file formats of other tools that come in and go out",
  .description = "Each format is a name for 'vervet import' and 'vervet export'.",
  .example = "vervet formats",
  .options = options,
  .max_words = 0,
  .run = run,
};
