/* command-plugins.c - vervet plugins: every plugin file, what is in it, and why one is not in use. */
#include "command-json.h"
#include "command-table.h"

#include <string.h>

/* A file that could not be read has no id: it goes by its name. (transfer full) */
static char *
plugin_name (const VervetPluginInfo *plugin)
{
  if (plugin->id)
    return g_strdup (plugin->id);
  char *name = g_path_get_basename (plugin->file);
  if (g_str_has_suffix (name, ".so"))
    name[strlen (name) - 3] = '\0';
  return name;
}

/* ---- JSON ---- */
static void
write_component (VervetJsonWriter *writer, const VervetComponentInfo *component)
{
  g_auto (GStrv) caps = vervet_caps_names (component->caps);

  vervet_json_writer_begin_object (writer);
  command_json_text (writer, "id", component->id);
  command_json_text (writer, "kind", vervet_kind_name (component->kind));
  command_json_text (writer, "title", component->title);
  vervet_json_writer_key (writer, "caps");
  vervet_json_writer_begin_array (writer);
  for (guint i = 0; caps[i]; i++)
    vervet_json_writer_string (writer, caps[i]);
  vervet_json_writer_end_array (writer);
  command_json_bool (writer, "available", !component->unavailable);
  if (component->reason)
    command_json_text (writer, "reason", component->reason);
  vervet_json_writer_end_object (writer);
}

static void
write_plugin (VervetJsonWriter *writer, const VervetPluginInfo *plugin)
{
  g_autofree char *name = plugin_name (plugin);

  vervet_json_writer_begin_object (writer);
  command_json_text (writer, "plugin", name);
  command_json_text (writer, "version", plugin->version);
  command_json_text (writer, "file", plugin->file);
  command_json_text (writer, "state", vervet_plugin_state_name (plugin->state));
  if (plugin->reason)
    command_json_text (writer, "reason", plugin->reason);
  command_json_bool (writer, "in_tree", plugin->in_tree);
  vervet_json_writer_key (writer, "components");
  vervet_json_writer_begin_array (writer);
  for (guint i = 0; i < plugin->components->len; i++)
    write_component (writer, g_ptr_array_index (plugin->components, i));
  vervet_json_writer_end_array (writer);
  vervet_json_writer_end_object (writer);
}

static void
print_json (const GPtrArray *plugins)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (VervetJsonWriter) writer = vervet_json_writer_new (out, 2);

  vervet_json_writer_begin_array (writer);
  for (guint i = 0; i < plugins->len; i++)
    write_plugin (writer, g_ptr_array_index (plugins, i));
  vervet_json_writer_end_array (writer);
  g_string_append_c (out, '\n');
  command_print (out->str);
}

/* ---- For people ---- */
static int
compare_components (gconstpointer a, gconstpointer b)
{
  const VervetComponentInfo *x = *(VervetComponentInfo *const *)a, *y = *(VervetComponentInfo *const *)b;

  return x->kind != y->kind ? (x->kind < y->kind ? -1 : 1) : strcmp (x->id, y->id);
}

/* What a user may name in an experiment, by kind. */
static void
print_components (const GPtrArray *plugins)
{
  g_autoptr (CommandTable) table =
      command_table_new ("llLLl", "component", "kind", "what it is", "plugin", "state", NULL);
  g_autoptr (GPtrArray) components = g_ptr_array_new ();

  for (guint i = 0; i < plugins->len; i++) {
    const VervetPluginInfo *plugin = g_ptr_array_index (plugins, i);
    for (guint c = 0; c < plugin->components->len && plugin->state != VERVET_PLUGIN_QUARANTINED; c++)
      g_ptr_array_add (components, g_ptr_array_index (plugin->components, c));
  }
  g_ptr_array_sort (components, compare_components);
  for (guint i = 0; i < components->len; i++) {
    const VervetComponentInfo *component = g_ptr_array_index (components, i);
    g_autofree char *plugin = g_strdup_printf ("%s %s", component->plugin->id, component->plugin->version);
    command_table_add (table, component->id, vervet_kind_name (component->kind), component->title, plugin,
                       component->unavailable ? "unavailable" : "ok", NULL);
  }
  command_table_print (table);
}

static void
print_reason (const char *name, const char *state, const char *reason, const char *file)
{
  g_autofree char *clean_name = command_clean_line (name, -1, 200), *clean_file = command_clean (file, -1);
  g_autofree char *clean_reason = command_clean_line (reason, -1, 2000);

  command_printf ("\n%s: %s: %s\n  %s\n", clean_name, state, clean_reason, clean_file);
}

/* Why some are not there, or cannot be used; nothing is cut, since this is what has to be mended. */
static void
print_reasons (const GPtrArray *plugins)
{
  for (guint i = 0; i < plugins->len; i++) {
    const VervetPluginInfo *plugin = g_ptr_array_index (plugins, i);
    g_autofree char *name = plugin_name (plugin);

    if (plugin->state != VERVET_PLUGIN_OK)
      print_reason (name, vervet_plugin_state_name (plugin->state), plugin->reason, plugin->file);
    for (guint c = 0; c < plugin->components->len && plugin->state == VERVET_PLUGIN_OK; c++) {
      const VervetComponentInfo *component = g_ptr_array_index (plugin->components, c);
      if (component->unavailable)
        print_reason (component->id, "unavailable", component->reason, plugin->file);
    }
  }
}

static int
run (const CommandArgs *args, GError **error)
{
  VervetRegistryFlags flags = (command_flag (args, "rescan") ? VERVET_REGISTRY_NO_CACHE : 0)
                              | (command_flag (args, "safe") ? VERVET_REGISTRY_SAFE : 0);
  g_autoptr (VervetRegistry) registry = vervet_registry_new (flags, error);

  if (!registry)
    return 2;
  const GPtrArray *plugins = vervet_registry_plugins (registry);
  if (command_flag (args, "json")) {
    print_json (plugins);
  } else if (plugins->len == 0) {
    command_note ("vervet: no plugins found; 'vervet doctor' says where they are looked for");
  } else {
    print_components (plugins);
    print_reasons (plugins);
  }
  return 0;
}

static const CommandOption options[] = {
  { "json", 0, COMMAND_FLAG, NULL, "Print one JSON array.", NULL },
  { "rescan", 0, COMMAND_FLAG, NULL, "Look at every file again instead of believing the cache.", NULL },
  { "safe", 0, COMMAND_FLAG, NULL, "Only the plugins that came with Vervet.", NULL },
  { NULL },
};

const Command command_plugins = {
  .name = "plugins",
  .synopsis = "[--json] [--rescan] [--safe]",
  .summary = "List the plugins, and why one is not in use",
  .description =
      "Plugins are .so files in the folders and files of VERVET_PLUGIN_PATH (with colons between them), in "
      "$XDG_DATA_HOME/vervet/plugins, and where Vervet is installed; the first one of an id wins. Each is looked at "
      "once, in a process of its own.\n\n"
      "A plugin is ok; unavailable, when it says itself that it cannot run on this machine; or in quarantine, when it "
      "crashed, hung, or described itself wrongly. The reason is printed, and everything else works. A file that has "
      "changed is looked at again; something that was missing on the machine is looked for again after a minute, or "
      "at once with --rescan.",
  .example = "vervet plugins\nVERVET_PLUGIN_PATH=./build vervet plugins --json",
  .options = options,
  .max_words = 0,
  .run = run,
};
