/* Live components. */
#include "descriptor.h"
#include "registry-private.h"

#include "util/text.h"

#include <vervet-error.h>

#include <string.h>

struct _VervetInstance {
  VervetRegistry *registry; /* the info lives in it */
  const VervetComponentInfo *info;
  VervetModule *module;
  vv_component component;
  gpointer self;
};

/* ---- Statuses ---- */

static VervetErrorCode
code_of (vv_status status)
{
  switch (status) {
  case VV_E_INVALID:
  case VV_E_UNSUPPORTED:
  case VV_E_CONTEXT:
    return VERVET_ERROR_INPUT;
  case VV_E_CANCELLED:
    return VERVET_ERROR_INTERRUPTED;
  default:
    return VERVET_ERROR_ENVIRONMENT;
  }
}

/* The plugin's sentence as one line of UTF-8, "failed" and the like where it said nothing. (transfer full) */
static char *
sentence (vv_status status, const vv_error *fault)
{
  gsize len = fault ? strnlen (fault->message, sizeof fault->message) : 0;
  g_autofree char *text = fault ? vervet_text_utf8 (fault->message, len) : NULL;

  for (char *c = text; c && *c; c++)
    if (g_ascii_iscntrl (*c))
      *c = ' ';
  if (text && *g_strstrip (text))
    return g_steal_pointer (&text);
  return g_strdup_printf ("it gave no reason (%s)", vervet_status_name (status));
}

void
vervet_status_to_error (GError **error, const char *component, vv_status status, const vv_error *err)
{
  g_autofree char *text = sentence (status, err);

  g_set_error (error, VERVET_ERROR, code_of (status), "%s%s%s", component ? component : "", component ? ": " : "",
               text);
}

/* ---- Instances ---- */

/* The row of the plugin's component table that @info was made from; scan and code agree, so it is there. */
static void
find_component (VervetModule *module, const VervetComponentInfo *info, vv_component *out)
{
  vv_plugin plugin;
  guint index = 0;

  g_ptr_array_find (info->plugin->components, info, &index);
  vervet_descriptor_plugin (vervet_module_descriptor (module), &plugin);
  vervet_descriptor_component (&plugin, index, out);
}

static gboolean
check_usable (const VervetComponentInfo *info, GError **error)
{
  const char *reason = info->plugin->state == VERVET_PLUGIN_QUARANTINED ? info->plugin->reason : info->reason;

  if (!info->unavailable && info->plugin->state != VERVET_PLUGIN_QUARANTINED)
    return TRUE;
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT, "%s '%s' cannot be used here: %s",
               vervet_kind_name (info->kind), info->id, reason);
  return FALSE;
}

VervetInstance *
vervet_instance_new (VervetRegistry *registry, const VervetComponentInfo *info, const VervetOptions *options,
                     GError **error)
{
  vv_error fault = { .struct_size = sizeof fault };
  VervetInstance *instance;
  VervetModule *module;
  const vv_value *values;
  vv_status status;
  guint n;

  if (!check_usable (info, error))
    return NULL;
  module = vervet_registry_module (registry, info->plugin, error);
  if (!module)
    return NULL;
  instance = g_new0 (VervetInstance, 1);
  values = vervet_options_values (options, &n);
  vervet_module_lock (module);
  find_component (module, info, &instance->component);
  status = instance->component.create (vervet_module_plugin (module), values, n, &instance->self, &fault);
  vervet_module_unlock (module);
  if (status < 0) {
    vervet_status_to_error (error, info->id, status, &fault);
    g_free (instance);
    return NULL;
  }
  instance->registry = vervet_registry_ref (registry);
  instance->info = info;
  instance->module = module;
  return instance;
}

void
vervet_instance_free (VervetInstance *instance)
{
  if (!instance)
    return;
  vervet_module_lock (instance->module);
  instance->component.destroy (instance->self);
  vervet_module_unlock (instance->module);
  vervet_registry_unref (instance->registry);
  g_free (instance);
}

gpointer
vervet_instance_self (const VervetInstance *instance)
{
  return instance->self;
}

gconstpointer
vervet_instance_iface (const VervetInstance *instance)
{
  return instance->component.iface;
}

const VervetComponentInfo *
vervet_instance_info (const VervetInstance *instance)
{
  return instance->info;
}
