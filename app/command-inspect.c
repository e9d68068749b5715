/* command-inspect.c - vervet inspect: everything that is known of a component or a plugin, for people and for scripts.
 */
#include "command.h"

#include <string.h>

/* What the word stands for: one component, or all those of one plugin. */
typedef struct {
  VervetRegistry *registry;
  const VervetPluginInfo *plugin;
  const VervetComponentInfo *component; /* NULL: the whole plugin */
} Target;

static void
target_clear (Target *target)
{
  vervet_registry_unref (target->registry);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Target, target_clear)

/* ---- Finding it ---- */
static const VervetPluginInfo *
find_plugin (const VervetRegistry *registry, const char *id)
{
  const GPtrArray *plugins = vervet_registry_plugins (registry);

  for (guint i = 0; i < plugins->len; i++) {
    const VervetPluginInfo *plugin = g_ptr_array_index (plugins, i);
    if (plugin->id && !strcmp (plugin->id, id))
      return plugin;
  }
  return NULL;
}

/* "exec" may be a model, a sampler and a verifier at once: then one has to say which. */
static gboolean
check_one_kind (const VervetRegistry *registry, const char *id, GError **error)
{
  g_autoptr (GString) found = g_string_new (NULL);
  guint n = 0;

  for (guint kind = VV_KIND_MODEL; kind <= VV_KIND_ACCELERATOR; kind++)
    if (vervet_registry_lookup (registry, kind, id))
      g_string_append_printf (found, "%s%s/%s", n++ ? ", " : "", vervet_kind_name (kind), id);
  if (n < 2)
    return TRUE;
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%u components are called '%s'; write one of %s", n, id,
               found->str);
  return FALSE;
}

static gboolean
find_component (Target *target, const char *word, GError **error)
{
  const char *slash = strchr (word, '/');
  g_autofree char *kind_name = slash ? g_strndup (word, (gsize)(slash - word)) : NULL;
  guint kind = vervet_kind_from_name (kind_name);
  const char *id = kind ? slash + 1 : word;

  target->component = vervet_registry_lookup (target->registry, kind, id);
  if (!target->component)
    target->plugin = find_plugin (target->registry, id);
  if (target->plugin)
    return TRUE;
  /* Asked for by the same call that a run uses, so that the sentence is the same; unavailable ones are shown. */
  if (!target->component)
    return vervet_registry_find (target->registry, kind, id, error) != NULL;
  if (!kind && !check_one_kind (target->registry, id, error))
    return FALSE;
  target->plugin = target->component->plugin;
  return TRUE;
}

static gboolean
find_file (Target *target, const char *file, GError **error)
{
  target->registry = vervet_registry_new_for_file (file, error);
  if (!target->registry)
    return FALSE;
  target->plugin = g_ptr_array_index (vervet_registry_plugins (target->registry), 0);
  if (target->plugin->state != VERVET_PLUGIN_QUARANTINED)
    return TRUE;
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s: %s", file, target->plugin->reason);
  return FALSE;
}

static gboolean
find (Target *target, const char *word, GError **error)
{
  if (g_str_has_suffix (word, ".so"))
    return find_file (target, word, error);
  target->registry = vervet_registry_new (VERVET_REGISTRY_DEFAULT, error);
  return target->registry && find_component (target, word, error);
}

/* ---- For scripts ---- */
/* By numbers where both have them: 1.10 is later than 1.9, 1.0 as late as 1. */
static int
compare_versions (const char *a, const char *b)
{
  g_auto (GStrv) x = g_strsplit (a, ".", -1), y = g_strsplit (b, ".", -1);
  guint n = MAX (g_strv_length (x), g_strv_length (y));

  for (guint i = 0; i < n; i++) {
    const char *p = i < g_strv_length (x) ? x[i] : "0", *q = i < g_strv_length (y) ? y[i] : "0";
    guint64 m = g_ascii_strtoull (p, NULL, 10), k = g_ascii_strtoull (q, NULL, 10);
    int order = m != k ? (m < k ? -1 : 1) : strcmp (p, q);
    if (order)
      return order;
  }
  return 0;
}

static gboolean
is_usable (const Target *target)
{
  return target->component ? !target->component->unavailable : target->plugin->state == VERVET_PLUGIN_OK;
}

static VervetJson *
plugin_json (const VervetPluginInfo *plugin)
{
  VervetJson *json = vervet_plugin_info_to_json (plugin);

  vervet_json_set (json, "file", vervet_json_new_string (plugin->file));
  vervet_json_set (json, "state", vervet_json_new_string (vervet_plugin_state_name (plugin->state)));
  if (plugin->reason)
    vervet_json_set (json, "reason", vervet_json_new_string (plugin->reason));
  return json;
}

static void
print_tree (VervetJson *json)
{
  g_autofree char *text = vervet_json_to_string (json, 2);

  vervet_json_free (json);
  command_printf ("%s\n", text);
}

static void
print_json (const Target *target)
{
  VervetJson *json, *plugin = plugin_json (target->plugin);

  if (!target->component) {
    print_tree (plugin);
    return;
  }
  json = vervet_component_info_to_json (target->component);
  vervet_json_remove (plugin, "components");
  vervet_json_set (json, "plugin", plugin);
  print_tree (json);
}

static int
print_schema (const Target *target, GError **error)
{
  const VervetComponentInfo *component = target->component;

  if (!component && target->plugin->components->len == 1)
    component = g_ptr_array_index (target->plugin->components, 0);
  if (!component) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s has %u components; a schema is one component's: name it",
                 target->plugin->id, target->plugin->components->len);
    return 1;
  }
  print_tree (vervet_component_schema (component));
  return 0;
}

/* ---- For people ---- */
static void
add_wrapped (GString *out, const char *text, guint indent)
{
  g_autofree char *clean = command_clean (text, -1);
  g_auto (GStrv) words = g_strsplit_set (clean, " \n", -1);
  guint width = MAX (command_width (), 40u), at = 0;

  for (guint i = 0; words[i]; i++) {
    guint len = (guint)g_utf8_strlen (words[i], -1);
    if (len == 0)
      continue;
    if (at == 0 || at + 1 + len > width) {
      g_string_append_printf (out, "%s%*s", at ? "\n" : "", (int)indent, "");
      at = indent;
    } else {
      g_string_append_c (out, ' ');
      at++;
    }
    g_string_append (out, words[i]);
    at += len;
  }
  g_string_append_c (out, '\n');
}

static void
add_head (GString *out, const char *text)
{
  g_string_append_printf (out, command_color () ? "\n\033[1m%s\033[0m\n" : "\n%s\n", text);
}

static void
add_fact (GString *out, const char *name, const char *value)
{
  g_autofree char *clean = command_clean_line (value, -1, 1000);

  g_string_append_printf (out, "  %-10s %s\n", name, clean);
}

/* "an integer from 1 to 18 tokens; default 18" */
static void
add_option_kind (GString *out, const vv_option *option)
{
  g_autofree char *expectation = vervet_option_expectation (option);
  g_autofree char *kind = option->type == VV_T_SECRET ? g_strdup ("a secret") : g_steal_pointer (&expectation);
  g_autoptr (GString) line = g_string_new (kind);

  if (option->unit)
    g_string_append_printf (line, " (%s)", option->unit);
  if (option->def)
    g_string_append_printf (line, "; default %s", *option->def ? option->def : "empty");
  else if (option->flags & VV_OPT_REQUIRED)
    g_string_append (line, "; required");
  if (option->flags & VV_OPT_ADVANCED)
    g_string_append (line, "; advanced");
  if (option->flags & VV_OPT_NEUTRAL)
    g_string_append (line, "; does not change results");
  if (option->flags & VV_OPT_DEPRECATED)
    g_string_append (line, "; deprecated");
  add_wrapped (out, line->str, 6);
}

static void
add_options (GString *out, const VervetComponentInfo *component)
{
  if (component->n_options > 0)
    add_head (out, "Options");
  for (guint i = 0; i < component->n_options; i++) {
    const vv_option *option = &component->options[i];
    g_string_append_printf (out, command_color () ? "  \033[1m%s\033[0m\n" : "  %s\n", option->name);
    if (option->help)
      add_wrapped (out, option->help, 6);
    add_option_kind (out, option);
  }
}

static void
add_roles (GString *out, const VervetComponentInfo *component)
{
  if (component->n_roles > 0)
    add_head (out, "Roles");
  for (guint i = 0; i < component->n_roles; i++) {
    const vv_role *role = &component->roles[i];
    g_autoptr (GString) line = g_string_new ("must");
    for (guint op = 1; vervet_op_name (op); op++)
      if (role->ops & (1u << op))
        g_string_append_printf (line, "%s %s", strlen (line->str) > 4 ? " and" : "", vervet_op_name (op));
    if (role->flags & VV_ROLE_MANY)
      g_string_append (line, "; any number");
    if (role->flags & VV_ROLE_OPTIONAL)
      g_string_append (line, "; optional");
    g_string_append_printf (out, command_color () ? "  \033[1m%s\033[0m\n" : "  %s\n", role->name);
    if (role->help)
      add_wrapped (out, role->help, 6);
    add_wrapped (out, line->str, 6);
  }
}

static void
add_plugin_facts (GString *out, const VervetPluginInfo *plugin)
{
  g_autofree char *name = g_strdup_printf ("%s %s (%s)", plugin->id, plugin->version, plugin->license);

  add_fact (out, "plugin", name);
  add_fact (out, "from", plugin->url);
  add_fact (out, "file", plugin->file);
}

static void
add_component (GString *out, const VervetComponentInfo *component, gboolean with_plugin)
{
  g_autofree char *head = g_strdup_printf ("%s - %s", component->id, component->title);
  g_autofree char *clean = command_clean_line (head, -1, 400), *behaviour = NULL, *can = NULL;
  g_auto (GStrv) caps = vervet_caps_names (component->caps);
  const gboolean quarantined = component->plugin->state == VERVET_PLUGIN_QUARANTINED;

  g_string_append_printf (out, command_color () ? "\033[1m%s\033[0m\n" : "%s\n", clean);
  add_wrapped (out, component->summary, 2);
  g_string_append_c (out, '\n');
  add_fact (out, "kind", vervet_kind_name (component->kind));
  add_fact (out, "state", quarantined ? "quarantined" : component->unavailable ? "unavailable" : "ok");
  if (quarantined || component->reason)
    add_fact (out, "because", quarantined ? component->plugin->reason : component->reason);
  if (with_plugin)
    add_plugin_facts (out, component->plugin);
  add_fact (out, "behaviour", (behaviour = g_strdup_printf ("%u", component->behaviour)));
  if (caps[0])
    add_fact (out, "says", (can = g_strjoinv (", ", caps)));
  add_options (out, component);
  add_roles (out, component);
}

static void
print_text (const Target *target)
{
  g_autoptr (GString) out = g_string_new (NULL);

  if (target->component) {
    add_component (out, target->component, TRUE);
  } else {
    g_autofree char *title = command_clean_line (target->plugin->title, -1, 400);
    g_string_append_printf (out, "%s\n", title);
    add_wrapped (out, target->plugin->summary, 2);
    g_string_append_c (out, '\n');
    add_plugin_facts (out, target->plugin);
    for (guint i = 0; i < target->plugin->components->len; i++) {
      g_string_append_c (out, '\n');
      add_component (out, g_ptr_array_index (target->plugin->components, i), FALSE);
    }
  }
  command_print (out->str);
}

static int
run (const CommandArgs *args, GError **error)
{
  guint n;
  const char *version = command_value (args, "atleast-version");
  g_autoptr (GError) fault = NULL;
  g_auto (Target) target = { NULL };
  gboolean found = find (&target, command_words (args, &n)[0], &fault);

  /* A question of a script: the exit status is the answer. What keeps us from looking is an error all the same. */
  if (target.registry && (command_flag (args, "exists") || version))
    return found && is_usable (&target) && (!version || compare_versions (target.plugin->version, version) >= 0) ? 0
                                                                                                                 : 1;
  if (!found) {
    g_propagate_error (error, g_steal_pointer (&fault));
    return 1;
  }
  if (command_flag (args, "schema"))
    return print_schema (&target, error);
  if (command_flag (args, "json"))
    print_json (&target);
  else
    print_text (&target);
  return 0;
}

static const CommandOption options[] = {
  { "json", 0, COMMAND_FLAG, NULL, "Print one JSON object.", NULL },
  { "schema", 0, COMMAND_FLAG, NULL, "Print a JSON Schema of the component's options.", NULL },
  { "exists", 0, COMMAND_FLAG, NULL, "Print nothing; exit with 0 if it is there and can be used, else with 1.", NULL },
  { "atleast-version", 0, COMMAND_VALUE, "VERSION", "As --exists, and its plugin is of this version or a later one.",
    NULL },
  { NULL },
};

const Command command_inspect = {
  .name = "inspect",
  .synopsis = "ID|FILE.so [--json|--schema] [--exists] [--atleast-version VERSION]",
  .summary = "Show everything about a component or a plugin",
  .description =
      "ID is a component, as 'vervet plugins' lists them; KIND/ID where several kinds have one of that name; or a "
      "plugin. A FILE.so is looked at in a process of its own, wherever it lies. Shown are options with type, range, "
      "default and help, the roles a sampler or judge needs, and where it comes from.",
  .example = "vervet inspect numeric\nvervet inspect ./my-plugin.so\nvervet inspect model/simulated --schema\n"
             "vervet inspect math --atleast-version 1.2 || echo too old",
  .options = options,
  .min_words = 1,
  .max_words = 1,
  .words = "@component",
  .run = run,
};
