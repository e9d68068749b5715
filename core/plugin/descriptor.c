#include "descriptor.h"

#include "names.h"
#include "option-value.h"

#include <vervet-accel.h>
#include <vervet-error.h>

#include <stdarg.h>
#include <string.h>

enum { MAX_COMPONENTS = 256, MAX_OPTIONS = 512, MAX_ROLES = 64, MAX_CHOICES = 512, MAX_STRIDE = 4096, MAX_TEXT = 8192 };

/* Where a fault is: "component 'x': option 'y': ". */
typedef struct {
  VervetPluginInfo *info;
  const char *component, *item, *item_kind;
  GError **error;
} Check;

static gboolean G_GNUC_PRINTF (2, 3) fault (const Check *check, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autoptr (GString) place = g_string_new (NULL);
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  if (check->component)
    g_string_append_printf (place, "component '%s': ", check->component);
  if (check->item)
    g_string_append_printf (place, "%s '%s': ", check->item_kind, check->item);
  g_set_error (check->error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s%s", place->str, text);
  return FALSE;
}

/* Copies @text into the info. What is shown to people holds no control characters. */
static gboolean
take_text (const Check *check, const char *field, const char *text, gboolean mandatory, const char **out)
{
  gsize len;

  if (!text || !*text)
    return mandatory ? fault (check, "field '%s' is empty", field) : TRUE;
  len = strnlen (text, MAX_TEXT + 1);
  if (len > MAX_TEXT)
    return fault (check, "field '%s' is longer than %d bytes", field, MAX_TEXT);
  if (!g_utf8_validate (text, (gssize)len, NULL))
    return fault (check, "field '%s' is not UTF-8", field);
  for (gsize i = 0; i < len; i++)
    if (g_ascii_iscntrl (text[i]) && text[i] != '\n')
      return fault (check, "field '%s' holds a control character", field);
  *out = vervet_plugin_info_text (check->info, text);
  return TRUE;
}

static gboolean
take_id (const Check *check, const char *field, const char *text, const char **out)
{
  if (!take_text (check, field, text, TRUE, out))
    return FALSE;
  if (!vervet_is_kebab (*out, TRUE) || strlen (*out) > 100)
    return fault (check, "field '%s' is \"%s\"; write lower-case letters, digits, dashes and dots, a letter first",
                  field, *out);
  return TRUE;
}

/* ---- Structures of any age ---- */

void
vervet_descriptor_plugin (const vv_plugin *plugin, vv_plugin *out)
{
  *out = (vv_plugin){ 0 };
  memcpy (out, plugin, MIN (plugin->struct_size, sizeof *out));
}

void
vervet_descriptor_component (const vv_plugin *plugin, guint i, vv_component *out)
{
  const vv_component *component = plugin->components[i];

  *out = (vv_component){ 0 };
  memcpy (out, component, MIN (component->struct_size, sizeof *out));
}

/* What a structure of version 1.0 holds at least; since 1.0 nothing has been added, so all of it. */
#define BASE(type) sizeof (type)

static gboolean
check_size (const Check *check, const char *type, gsize size, gsize base)
{
  if (size >= base)
    return TRUE;
  return fault (check,
                "struct_size of its %s is %" G_GSIZE_FORMAT "; set it to sizeof (%s), %" G_GSIZE_FORMAT " or more",
                type, size, type, base);
}

/* ---- Options and roles ---- */

static gboolean
take_choices (const Check *check, const vv_option *option, vv_option *out)
{
  const char **choices;
  guint n = 0;

  while (option->choices && option->choices[n] && n <= MAX_CHOICES)
    n++;
  if (option->type != VV_T_ENUM)
    return option->choices ? fault (check, "only a choice has choices") : TRUE;
  if (n == 0 || n > MAX_CHOICES)
    return fault (check, "a choice has 1 to %d choices, ending with NULL", MAX_CHOICES);
  choices = vervet_plugin_info_own (check->info, g_new0 (const char *, n + 1));
  for (guint i = 0; i < n; i++) {
    if (!take_text (check, "choices", option->choices[i], TRUE, &choices[i]))
      return FALSE;
    for (guint j = 0; j < i; j++)
      if (g_str_equal (choices[i], choices[j]))
        return fault (check, "choice \"%s\" is there twice", choices[i]);
  }
  out->choices = choices;
  return TRUE;
}

static gboolean
check_range (const Check *check, const vv_option *option)
{
  if (option->min > option->max)
    return fault (check, "min %g is above max %g", option->min, option->max);
  if (option->ui_min > option->ui_max)
    return fault (check, "ui_min %g is above ui_max %g", option->ui_min, option->ui_max);
  if (option->min < option->max && option->type != VV_T_INT && option->type != VV_T_FLOAT)
    return fault (check, "only a number has a range");
  return TRUE;
}

static gboolean
check_default (const Check *check, const vv_option *option)
{
  g_autoptr (VervetJson) json = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *variable = NULL;
  VervetOptionValue value;

  if (!option->def)
    return TRUE;
  if (option->type == VV_T_SECRET) {
    variable = vervet_secret_variable (option->def);
    return variable || fault (check, "the default of a secret is \"${NAME}\" with an environment variable, or nothing");
  }
  json = vervet_option_json_from_text (option, option->def, &error);
  if (!json || !vervet_option_value_set (&value, option, json, NULL, &error))
    return fault (check, "default: %s", error->message);
  vervet_option_value_clear (&value);
  return TRUE;
}

/* An empty text is a default of its own ("no prefix"), so it is not dropped as other empty fields are. */
static gboolean
take_default (const Check *check, const vv_option *option, vv_option *out)
{
  if (option->def && !*option->def) {
    out->def = vervet_plugin_info_text (check->info, "");
    return TRUE;
  }
  return take_text (check, "def", option->def, FALSE, &out->def);
}

static gboolean
take_option (Check *check, const vv_option *option, vv_option *out)
{
  *out = (vv_option){ .type = option->type,
                      .flags = option->flags,
                      .min = option->min,
                      .max = option->max,
                      .ui_min = option->ui_min,
                      .ui_max = option->ui_max,
                      .ui_step = option->ui_step };
  if (!take_text (check, "name", option->name, TRUE, &out->name))
    return FALSE;
  check->item = out->name;
  if (!vervet_is_kebab (out->name, FALSE))
    return fault (check, "a name is lower-case letters, digits and single dashes, a letter first");
  if (g_str_equal (out->name, "use"))
    return fault (check, "this name belongs to experiment files; take another one");
  if (option->type < VV_T_BOOL || option->type > VV_T_JSON)
    return fault (check, "type %u is none of VV_T_BOOL to VV_T_JSON", option->type);
  return take_text (check, "label", option->label, FALSE, &out->label)
         && take_text (check, "help", option->help, FALSE, &out->help)
         && take_text (check, "unit", option->unit, FALSE, &out->unit)
         && take_text (check, "group", option->group, FALSE, &out->group) && take_default (check, option, out)
         && take_choices (check, option, out) && check_range (check, option) && check_default (check, out);
}

/* TRUE when an array of @n structures with @stride bytes each can be there. */
static gboolean
check_array (const Check *check, const char *what, const void *array, guint n, guint max, guint stride, gsize base)
{
  if (n == 0)
    return TRUE;
  if (n > max)
    return fault (check, "n_%ss is %u; at most %u make sense", what, n, max);
  if (!array)
    return fault (check, "n_%ss is %u and field '%ss' is NULL", what, n, what);
  if (stride < base || stride > MAX_STRIDE || stride % sizeof (void *) != 0)
    return fault (check, "%s_stride is %u; set it to sizeof (vv_%s), %" G_GSIZE_FORMAT, what, stride, what, base);
  return TRUE;
}

static gboolean
take_options (Check *check, const vv_component *component, VervetComponentInfo *info)
{
  const char *table = (const char *)component->options;
  vv_option option;

  check->item_kind = "option";
  for (guint i = 0; i < info->n_options; i++) {
    option = (vv_option){ 0 };
    memcpy (&option, table + (gsize)i * component->option_stride, MIN (component->option_stride, sizeof option));
    if (!take_option (check, &option, &info->options[i]))
      return FALSE;
    for (guint j = 0; j < i; j++)
      if (g_str_equal (info->options[i].name, info->options[j].name))
        return fault (check, "it is there twice");
    check->item = NULL;
  }
  return TRUE;
}

static gboolean
take_role (Check *check, const vv_role *role, vv_role *out)
{
  const guint known = ((2u << VV_OP_ENV) - 1u) & ~1u;

  *out = (vv_role){ .ops = role->ops & known, .flags = role->flags };
  if (!take_text (check, "name", role->name, TRUE, &out->name))
    return FALSE;
  check->item = out->name;
  if (!vervet_is_kebab (out->name, FALSE))
    return fault (check, "a name is lower-case letters, digits and single dashes, a letter first");
  if (out->ops == 0)
    return fault (check, "ops names no operation; write bits as 1u << VV_OP_GENERATE");
  return take_text (check, "help", role->help, FALSE, &out->help);
}

static gboolean
take_roles (Check *check, const vv_component *component, VervetComponentInfo *info)
{
  const char *table = (const char *)component->roles;
  vv_role role;

  check->item_kind = "role";
  for (guint i = 0; i < info->n_roles; i++) {
    role = (vv_role){ 0 };
    memcpy (&role, table + (gsize)i * component->role_stride, MIN (component->role_stride, sizeof role));
    if (!take_role (check, &role, &info->roles[i]))
      return FALSE;
    for (guint j = 0; j < i; j++)
      if (g_str_equal (info->roles[i].name, info->roles[j].name))
        return fault (check, "it is there twice");
    check->item = NULL;
  }
  return TRUE;
}

/* ---- Interfaces ---- */

#define NEED(iface, member)                                      \
  G_STMT_START                                                   \
  {                                                              \
    if (!(iface)->member)                                        \
      return fault (check, "callback '%s' is missing", #member); \
  }                                                              \
  G_STMT_END

static gboolean
check_model (const Check *check, const vv_model_iface *iface)
{
  if (!check_size (check, "vv_model_iface", iface->struct_size, BASE (vv_model_iface)))
    return FALSE;
  NEED (iface, describe);
  if (!iface->run && !iface->submit)
    return fault (check, "a model has callback 'run' or 'submit'");
  if (iface->submit) {
    NEED (iface, cancel);
    NEED (iface, release);
  }
  return TRUE;
}

static gboolean
check_codec (const Check *check, const vv_codec_iface *iface)
{
  if (!check_size (check, "vv_codec_iface", iface->struct_size, BASE (vv_codec_iface)))
    return FALSE;
  NEED (iface, describe);
  NEED (iface, encode);
  NEED (iface, decode);
  return TRUE;
}

static gboolean
check_verifier (const Check *check, const vv_verifier_iface *iface)
{
  if (!check_size (check, "vv_verifier_iface", iface->struct_size, BASE (vv_verifier_iface)))
    return FALSE;
  NEED (iface, verify);
  return TRUE;
}

static gboolean
check_program (const Check *check, const vv_program_iface *iface)
{
  if (!check_size (check, "vv_program_iface", iface->struct_size, BASE (vv_program_iface)))
    return FALSE;
  NEED (iface, begin);
  NEED (iface, ask);
  NEED (iface, tell);
  NEED (iface, end);
  return TRUE;
}

static gboolean
check_benchmark (const Check *check, const vv_benchmark_iface *iface)
{
  guint n;

  if (!check_size (check, "vv_benchmark_iface", iface->struct_size, BASE (vv_benchmark_iface)))
    return FALSE;
  NEED (iface, describe);
  NEED (iface, count);
  NEED (iface, problem);
  n = (iface->env_open != NULL) + (iface->env_step != NULL) + (iface->env_close != NULL);
  if (n != 0 && n != 3)
    return fault (check, "'env_open', 'env_step' and 'env_close' go together: give all three or none");
  return TRUE;
}

static gboolean
check_iface (const Check *check, const vv_component *component)
{
  if (!component->iface)
    return fault (check, "field 'iface' is NULL");
  switch (component->kind) {
  case VV_KIND_MODEL:
    return check_model (check, component->iface);
  case VV_KIND_SAMPLER:
  case VV_KIND_JUDGE:
    return check_program (check, component->iface);
  case VV_KIND_VERIFIER:
    return check_verifier (check, component->iface);
  case VV_KIND_BENCHMARK:
    return check_benchmark (check, component->iface);
  case VV_KIND_CODEC:
    return check_codec (check, component->iface);
  default:
    return check_size (check, "vv_accel_iface", ((const vv_accel_iface *)component->iface)->struct_size,
                       BASE (vv_accel_iface));
  }
}

/* ---- Components and plugin ---- */

static gboolean
check_unique (const Check *check, const VervetComponentInfo *component)
{
  for (guint i = 0; i + 1 < check->info->components->len; i++) {
    const VervetComponentInfo *other = g_ptr_array_index (check->info->components, i);

    if (other->kind == component->kind && g_str_equal (other->id, component->id))
      return fault (check, "two %ss of the plugin have this id", vervet_kind_name (component->kind));
  }
  return TRUE;
}

static gboolean
check_shape (const Check *check, const vv_component *component)
{
  gboolean may_have_roles = component->kind == VV_KIND_SAMPLER || component->kind == VV_KIND_JUDGE;

  if (component->kind < VV_KIND_MODEL || component->kind > VV_KIND_ACCELERATOR)
    return fault (check, "kind %u is none of VV_KIND_MODEL to VV_KIND_ACCELERATOR", component->kind);
  if (component->n_roles > 0 && !may_have_roles)
    return fault (check, "only samplers and judges have roles");
  if (!component->create)
    return fault (check, "callback 'create' is missing");
  if (!component->destroy)
    return fault (check, "callback 'destroy' is missing");
  return check_array (check, "option", component->options, component->n_options, MAX_OPTIONS, component->option_stride,
                      BASE (vv_option))
         && check_array (check, "role", component->roles, component->n_roles, MAX_ROLES, component->role_stride,
                         BASE (vv_role));
}

static gboolean
take_component (Check *check, const vv_plugin *plugin, guint i)
{
  vv_component component;
  VervetComponentInfo *info;
  const char *id = NULL, *title = NULL, *summary = NULL;

  if (!check_size (check, "vv_component", plugin->components[i]->struct_size, BASE (vv_component)))
    return FALSE;
  vervet_descriptor_component (plugin, i, &component);
  if (!take_id (check, "id", component.id, &id))
    return FALSE;
  check->component = id;
  if (!take_text (check, "title", component.title, TRUE, &title)
      || !take_text (check, "summary", component.summary, TRUE, &summary) || !check_shape (check, &component)
      || !check_iface (check, &component))
    return FALSE;
  info = vervet_plugin_info_add (check->info, component.n_options, component.n_roles);
  info->id = (char *)id;
  info->title = (char *)title;
  info->summary = (char *)summary;
  info->kind = component.kind;
  info->caps = component.caps;
  info->behaviour = component.behaviour;
  return check_unique (check, info) && take_options (check, &component, info) && take_roles (check, &component, info);
}

static gboolean
check_version (const Check *check, const vv_plugin *plugin)
{
  guint major = plugin->abi >> 16, minor = plugin->abi & 0xffffu;

  if (plugin->struct_size < G_STRUCT_OFFSET (vv_plugin, id))
    return check_size (check, "vv_plugin", plugin->struct_size, BASE (vv_plugin));
  if (major != VV_ABI_MAJOR)
    return fault (check, "it is built for plugin ABI %u and this Vervet has %u; get a build for this Vervet", major,
                  VV_ABI_MAJOR);
  if (minor > VV_ABI_MINOR)
    return fault (check, "it needs plugin ABI %u.%u and this Vervet has %u.%u; update Vervet", major, minor,
                  VV_ABI_MAJOR, VV_ABI_MINOR);
  /* Before the draft number stood here, this was one half of a pointer. */
  if (plugin->draft != VV_ABI_DRAFT && (plugin->draft == 0 || plugin->draft > 9999))
    return fault (check,
                  "it is built against another draft of the plugin ABI; rebuild it against this Vervet's header "
                  "(draft %u)",
                  VV_ABI_DRAFT);
  if (plugin->draft != VV_ABI_DRAFT)
    return fault (check,
                  "it is built against draft %u of the plugin ABI and this Vervet has draft %u; rebuild it against "
                  "this Vervet's header",
                  plugin->draft, VV_ABI_DRAFT);
  return check_size (check, "vv_plugin", plugin->struct_size, BASE (vv_plugin));
}

static gboolean
take_plugin (Check *check, const vv_plugin *descriptor)
{
  VervetPluginInfo *info = check->info;
  vv_plugin plugin;
  guint n = 0;

  if (!descriptor)
    return fault (check, "vervet_plugin_v1() returned NULL");
  if (!check_version (check, descriptor))
    return FALSE;
  vervet_descriptor_plugin (descriptor, &plugin);
  if (!take_id (check, "id", plugin.id, (const char **)&info->id)
      || !take_text (check, "version", plugin.version, TRUE, (const char **)&info->version)
      || !take_text (check, "title", plugin.title, TRUE, (const char **)&info->title)
      || !take_text (check, "summary", plugin.summary, TRUE, (const char **)&info->summary)
      || !take_text (check, "license", plugin.license, TRUE, (const char **)&info->license)
      || !take_text (check, "url", plugin.url, TRUE, (const char **)&info->url))
    return FALSE;
  while (plugin.components && n <= MAX_COMPONENTS && plugin.components[n])
    n++;
  if (n == 0 || n > MAX_COMPONENTS)
    return fault (check, "field 'components' lists 1 to %d components, ending with NULL", MAX_COMPONENTS);
  for (guint i = 0; i < n; i++) {
    if (!take_component (check, &plugin, i))
      return FALSE;
    check->component = NULL;
  }
  return TRUE;
}

VervetPluginInfo *
vervet_descriptor_read (const vv_plugin *plugin, const char *file, GError **error)
{
  Check check = { .info = vervet_plugin_info_new (file), .error = error };

  if (take_plugin (&check, plugin))
    return check.info;
  vervet_plugin_info_free (check.info);
  return NULL;
}
