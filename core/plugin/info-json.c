/* Infos as JSON and back. */
#include "info.h"
#include "names.h"

#include <vervet-error.h>

#include <math.h>

static const struct {
  const char *name;
  guint bit;
} option_flags[] = {
  { "required", VV_OPT_REQUIRED },
  { "advanced", VV_OPT_ADVANCED },
  { "deprecated", VV_OPT_DEPRECATED },
  { "neutral", VV_OPT_NEUTRAL },
};

/* ---- Writing ---- */

static void
set_text (VervetJson *object, const char *key, const char *text)
{
  if (text)
    vervet_json_set (object, key, vervet_json_new_string (text));
}

/* An open end of a range is null. */
static void
set_number (VervetJson *object, const char *key, double value)
{
  vervet_json_set (object, key, isfinite (value) ? vervet_json_new_double (value) : vervet_json_new (VERVET_JSON_NULL));
}

static VervetJson *
texts_to_json (const char *const *texts)
{
  VervetJson *array = vervet_json_new (VERVET_JSON_ARRAY);

  for (; texts && *texts; texts++)
    vervet_json_append (array, vervet_json_new_string (*texts));
  return array;
}

static VervetJson *
option_to_json (const vv_option *option)
{
  VervetJson *object = vervet_json_new (VERVET_JSON_OBJECT);

  set_text (object, "name", option->name);
  set_text (object, "type", vervet_option_type_name (option->type));
  for (guint i = 0; i < G_N_ELEMENTS (option_flags); i++)
    if (option->flags & option_flags[i].bit)
      vervet_json_set (object, option_flags[i].name, vervet_json_new (VERVET_JSON_TRUE));
  set_text (object, "label", option->label);
  set_text (object, "help", option->help);
  set_text (object, "unit", option->unit);
  set_text (object, "group", option->group);
  set_text (object, "default", option->def);
  if (option->min < option->max) {
    set_number (object, "min", option->min);
    set_number (object, "max", option->max);
  }
  if (option->ui_min < option->ui_max) {
    set_number (object, "ui_min", option->ui_min);
    set_number (object, "ui_max", option->ui_max);
  }
  if (option->ui_step > 0)
    set_number (object, "ui_step", option->ui_step);
  if (option->choices)
    vervet_json_set (object, "choices", texts_to_json (option->choices));
  return object;
}

static VervetJson *
role_to_json (const vv_role *role)
{
  VervetJson *object = vervet_json_new (VERVET_JSON_OBJECT), *ops = vervet_json_new (VERVET_JSON_ARRAY);

  set_text (object, "name", role->name);
  set_text (object, "help", role->help);
  for (guint op = 1; vervet_op_name (op); op++)
    if (role->ops & (1u << op))
      vervet_json_append (ops, vervet_json_new_string (vervet_op_name (op)));
  vervet_json_set (object, "ops", ops);
  if (role->flags & VV_ROLE_OPTIONAL)
    vervet_json_set (object, "optional", vervet_json_new (VERVET_JSON_TRUE));
  if (role->flags & VV_ROLE_MANY)
    vervet_json_set (object, "many", vervet_json_new (VERVET_JSON_TRUE));
  return object;
}

VervetJson *
vervet_component_info_to_json (const VervetComponentInfo *info)
{
  VervetJson *object = vervet_json_new (VERVET_JSON_OBJECT), *options = vervet_json_new (VERVET_JSON_ARRAY);
  VervetJson *roles = vervet_json_new (VERVET_JSON_ARRAY);
  g_auto (GStrv) caps = vervet_caps_names (info->caps);

  set_text (object, "id", info->id);
  set_text (object, "kind", vervet_kind_name (info->kind));
  set_text (object, "title", info->title);
  set_text (object, "summary", info->summary);
  vervet_json_set (object, "caps", texts_to_json ((const char *const *)caps));
  vervet_json_set (object, "behaviour", vervet_json_new_int (info->behaviour));
  vervet_json_set (object, "available", vervet_json_new (info->unavailable ? VERVET_JSON_FALSE : VERVET_JSON_TRUE));
  set_text (object, "reason", info->reason);
  for (guint i = 0; i < info->n_options; i++)
    vervet_json_append (options, option_to_json (&info->options[i]));
  vervet_json_set (object, "options", options);
  for (guint i = 0; i < info->n_roles; i++)
    vervet_json_append (roles, role_to_json (&info->roles[i]));
  vervet_json_set (object, "roles", roles);
  return object;
}

VervetJson *
vervet_plugin_info_to_json (const VervetPluginInfo *info)
{
  VervetJson *object = vervet_json_new (VERVET_JSON_OBJECT), *components = vervet_json_new (VERVET_JSON_ARRAY);

  set_text (object, "plugin", info->id);
  set_text (object, "version", info->version);
  set_text (object, "title", info->title);
  set_text (object, "summary", info->summary);
  set_text (object, "license", info->license);
  set_text (object, "url", info->url);
  for (guint i = 0; i < info->components->len; i++)
    vervet_json_append (components, vervet_component_info_to_json (g_ptr_array_index (info->components, i)));
  vervet_json_set (object, "components", components);
  return object;
}

/* ---- Reading ---- */

static gboolean
refuse (GError **error, const char *what)
{
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "the description of the plugin has a bad '%s'", what);
  return FALSE;
}

static char *
get_text (VervetPluginInfo *info, const VervetJson *object, const char *key)
{
  return vervet_plugin_info_text (info, vervet_json_get_string (object, key, NULL));
}

static double
get_number (const VervetJson *object, const char *key, double open_end)
{
  const VervetJson *value = vervet_json_get (object, key);

  if (!value)
    return 0;
  return value->type == VERVET_JSON_INT || value->type == VERVET_JSON_FLOAT ? value->f : open_end;
}

static gboolean
is_true (const VervetJson *object, const char *key)
{
  const VervetJson *value = vervet_json_get (object, key);

  return value && value->type == VERVET_JSON_TRUE;
}

static const VervetJson *
get_array (const VervetJson *object, const char *key)
{
  const VervetJson *value = vervet_json_get (object, key);

  return value && value->type == VERVET_JSON_ARRAY ? value : NULL;
}

static const char *
text_at (const VervetJson *array, guint i)
{
  const VervetJson *value = vervet_json_at (array, i);

  return value && value->type == VERVET_JSON_STRING ? value->s : NULL;
}

static gboolean
read_choices (VervetPluginInfo *info, vv_option *option, const VervetJson *array)
{
  guint n = vervet_json_length (array);
  const char **choices = vervet_plugin_info_own (info, g_new0 (const char *, n + 1));

  for (guint i = 0; i < n; i++)
    if (!(choices[i] = vervet_plugin_info_text (info, text_at (array, i))))
      return FALSE;
  option->choices = choices;
  return n > 0;
}

static gboolean
read_option (VervetPluginInfo *info, vv_option *option, const VervetJson *object, GError **error)
{
  const VervetJson *choices = get_array (object, "choices");

  option->name = get_text (info, object, "name");
  if (!vervet_is_kebab (option->name, FALSE))
    return refuse (error, "options.name");
  option->type = vervet_option_type_from_name (vervet_json_get_string (object, "type", NULL));
  if (option->type == 0)
    return refuse (error, "options.type");
  for (guint i = 0; i < G_N_ELEMENTS (option_flags); i++)
    if (is_true (object, option_flags[i].name))
      option->flags |= option_flags[i].bit;
  option->label = get_text (info, object, "label");
  option->help = get_text (info, object, "help");
  option->unit = get_text (info, object, "unit");
  option->group = get_text (info, object, "group");
  option->def = get_text (info, object, "default");
  option->min = get_number (object, "min", -INFINITY);
  option->max = get_number (object, "max", INFINITY);
  option->ui_min = get_number (object, "ui_min", -INFINITY);
  option->ui_max = get_number (object, "ui_max", INFINITY);
  option->ui_step = get_number (object, "ui_step", 0);
  if ((choices && !read_choices (info, option, choices)) || (option->type == VV_T_ENUM && !choices))
    return refuse (error, "options.choices");
  return TRUE;
}

static gboolean
read_role (VervetPluginInfo *info, vv_role *role, const VervetJson *object, GError **error)
{
  const VervetJson *ops = get_array (object, "ops");

  role->name = get_text (info, object, "name");
  role->help = get_text (info, object, "help");
  for (guint i = 0; i < vervet_json_length (ops); i++) {
    guint op = vervet_op_from_name (text_at (ops, i));

    if (op == 0)
      return refuse (error, "roles.ops");
    role->ops |= 1u << op;
  }
  if (is_true (object, "optional"))
    role->flags |= VV_ROLE_OPTIONAL;
  if (is_true (object, "many"))
    role->flags |= VV_ROLE_MANY;
  return vervet_is_kebab (role->name, FALSE) || refuse (error, "roles.name");
}

static gboolean
read_component (VervetPluginInfo *info, const VervetJson *object, GError **error)
{
  const VervetJson *options = get_array (object, "options"), *roles = get_array (object, "roles");
  const VervetJson *caps = get_array (object, "caps");
  VervetComponentInfo *component =
      vervet_plugin_info_add (info, vervet_json_length (options), vervet_json_length (roles));

  component->id = get_text (info, object, "id");
  component->kind = vervet_kind_from_name (vervet_json_get_string (object, "kind", NULL));
  component->title = get_text (info, object, "title");
  component->summary = get_text (info, object, "summary");
  component->behaviour = (guint)vervet_json_get_int (object, "behaviour", 0);
  component->unavailable = !is_true (object, "available");
  component->reason = get_text (info, object, "reason");
  if (!vervet_is_kebab (component->id, TRUE))
    return refuse (error, "components.id");
  if (component->kind == 0)
    return refuse (error, "components.kind");
  if (!component->title || !component->summary || (component->unavailable && !component->reason))
    return refuse (error, "components.title");
  for (guint i = 0; i < vervet_json_length (caps); i++)
    component->caps |= vervet_cap_from_name (text_at (caps, i));
  for (guint i = 0; i < component->n_options; i++)
    if (!read_option (info, &component->options[i], vervet_json_at (options, i), error))
      return FALSE;
  for (guint i = 0; i < component->n_roles; i++)
    if (!read_role (info, &component->roles[i], vervet_json_at (roles, i), error))
      return FALSE;
  return TRUE;
}

gboolean
vervet_plugin_info_read_json (VervetPluginInfo *info, const VervetJson *json, GError **error)
{
  const VervetJson *components = get_array (json, "components");

  info->id = get_text (info, json, "plugin");
  info->version = get_text (info, json, "version");
  info->title = get_text (info, json, "title");
  info->summary = get_text (info, json, "summary");
  info->license = get_text (info, json, "license");
  info->url = get_text (info, json, "url");
  if (!vervet_is_kebab (info->id, TRUE))
    return refuse (error, "plugin");
  if (!info->version || !info->title || !info->summary || !info->license || !info->url)
    return refuse (error, "version");
  if (vervet_json_length (components) == 0)
    return refuse (error, "components");
  for (guint i = 0; i < vervet_json_length (components); i++)
    if (!read_component (info, vervet_json_at (components, i), error))
      return FALSE;
  vervet_plugin_info_settle (info);
  return TRUE;
}
