#include "describe.h"

#include "descriptor.h"
#include "module.h"

#include <vervet-error.h>

const char *
vervet_stage_name (VervetStage stage)
{
  static const char *const names[VERVET_N_STAGES] = {
    "before it was opened",
    "while it was being opened",
    "in vervet_plugin_v1() or its descriptor",
    "in load()",
    "in probe()",
    "in create() or destroy()",
    "in unload()",
    "after unload()",
  };

  return names[MIN (stage, VERVET_N_STAGES - 1)];
}

typedef struct {
  const char *file;
  gboolean check_create;
  VervetStageFunc next_stage;
  gpointer data;
} Describe;

static void
set_unavailable (VervetComponentInfo *info, const char *reason)
{
  info->unavailable = TRUE;
  info->reason = vervet_plugin_info_text ((VervetPluginInfo *)info->plugin, reason);
}

static void
probe (const vv_plugin *plugin, guint i, gpointer loaded, VervetComponentInfo *info)
{
  vv_error fault = { .struct_size = sizeof fault };
  g_autoptr (GError) error = NULL;
  vv_component component;
  vv_status status;

  vervet_descriptor_component (plugin, i, &component);
  if (!component.probe)
    return;
  status = component.probe (loaded, &fault);
  if (status >= 0)
    return;
  vervet_status_to_error (&error, NULL, status, &fault);
  set_unavailable (info, error->message);
}

static char *
try_create (const vv_plugin *plugin, guint i, gpointer loaded, const VervetComponentInfo *info)
{
  vv_error fault = { .struct_size = sizeof fault };
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetOptions) options = vervet_options_new (info, NULL, NULL, NULL, info->id, NULL);
  const vv_value *values;
  vv_component component;
  void *self = NULL;
  vv_status status;
  guint n;

  if (!options || info->unavailable)
    return g_strdup (options ? "unavailable" : "needs options");
  vervet_descriptor_component (plugin, i, &component);
  values = vervet_options_values (options, &n);
  status = component.create (loaded, values, n, &self, &fault);
  if (status < 0) {
    vervet_status_to_error (&error, NULL, status, &fault);
    return g_strdup (error->message);
  }
  component.destroy (self);
  return g_strdup ("ok");
}

/* Everything after the descriptor. */
static VervetJson *
run (const Describe *describe, VervetModule *module, VervetPluginInfo *info)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *created = g_ptr_array_new_with_free_func (g_free);
  gboolean loaded;
  VervetJson *json;
  vv_plugin plugin;

  vervet_descriptor_plugin (vervet_module_descriptor (module), &plugin);
  describe->next_stage (describe->data);
  loaded = vervet_module_use (module, &error);
  describe->next_stage (describe->data);
  for (guint i = 0; i < info->components->len; i++)
    if (loaded)
      probe (&plugin, i, vervet_module_plugin (module), g_ptr_array_index (info->components, i));
    else
      set_unavailable (g_ptr_array_index (info->components, i), error->message);
  describe->next_stage (describe->data);
  for (guint i = 0; i < info->components->len && describe->check_create; i++)
    g_ptr_array_add (created,
                     try_create (&plugin, i, vervet_module_plugin (module), g_ptr_array_index (info->components, i)));
  describe->next_stage (describe->data);
  if (loaded)
    vervet_module_unuse (module);
  json = vervet_plugin_info_to_json (info);
  for (guint i = 0; i < created->len; i++)
    vervet_json_set (vervet_json_at (vervet_json_get (json, "components"), i), "create",
                     vervet_json_new_string (g_ptr_array_index (created, i)));
  g_ptr_array_unref (created);
  return json;
}

VervetJson *
vervet_describe_file (const char *file, gboolean check_create, VervetStageFunc next_stage, gpointer data)
{
  Describe describe = { file, check_create, next_stage, data };
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetPluginInfo) info = NULL;
  VervetModule *module;
  VervetJson *json;

  next_stage (data);
  module = vervet_module_open (file, &error);
  if (module) {
    next_stage (data);
    info = vervet_descriptor_read (vervet_module_descriptor (module), file, &error);
  }
  if (info) {
    json = run (&describe, module, info);
  } else {
    json = vervet_json_new (VERVET_JSON_OBJECT);
    vervet_json_set (json, "error", vervet_json_new_string (error->message));
    vervet_json_set (json, "passing",
                     vervet_json_new (g_error_matches (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT)
                                          ? VERVET_JSON_TRUE
                                          : VERVET_JSON_FALSE));
  }
  next_stage (data);
  return json;
}
