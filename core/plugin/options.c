/* Validated options of one component. */
#include "options-private.h"

#include "util/text.h"

#include <vervet-error.h>

#include <string.h>

static const vv_option *
find_option (const VervetComponentInfo *info, const char *name, guint *index)
{
  for (guint i = 0; i < info->n_options; i++)
    if (g_str_equal (info->options[i].name, name)) {
      if (index)
        *index = i;
      return &info->options[i];
    }
  return NULL;
}

static gboolean
set_unknown (const VervetComponentInfo *info, const char *name, const char *place, GError **error)
{
  g_autofree const char **names = g_new0 (const char *, info->n_options + 1);
  g_autofree char *hint = NULL;

  for (guint i = 0, n = 0; i < info->n_options; i++)
    if (!(info->options[i].flags & VV_OPT_DEPRECATED))
      names[n++] = info->options[i].name;
  hint = vervet_text_did_you_mean (name, names);
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s: %s '%s' has no option \"%s\"%s%s%s%s", place,
               vervet_kind_name (info->kind), info->id, name, hint, *hint ? "" : "; `vervet inspect ",
               *hint ? "" : info->id, *hint ? "" : "` lists them");
  return FALSE;
}

/* "FILE:LINE:COLUMN", as far as it is known. */
static char *
place_of (const char *where, const VervetJson *value)
{
  if (!value || value->line == 0)
    return g_strdup (where);
  return g_strdup_printf ("%s:%u:%u", where, value->line, value->column);
}

static gboolean
is_named (const char *const *names, const char *name)
{
  return names && g_strv_contains (names, name);
}

static gboolean
set_member (VervetOptions *options, const char *name, const VervetJson *value, const char *base_dir, const char *where,
            GError **error)
{
  g_autofree char *place = place_of (where, value);
  const vv_option *option;
  guint i = 0;

  option = find_option (options->info, name, &i);
  if (!option)
    return set_unknown (options->info, name, place, error);
  if (value->type == VERVET_JSON_NULL) /* left out */
    return TRUE;
  if (vervet_option_value_set (&options->entries[i], option, value, base_dir, error))
    return TRUE;
  g_prefix_error (error, "%s: option \"%s\" of %s '%s': ", place, name, vervet_kind_name (options->info->kind),
                  options->info->id);
  return FALSE;
}

/* The default, or an error where a value has to be given. */
static gboolean
set_default (VervetOptions *options, guint i, const char *base_dir, const char *where, GError **error)
{
  const vv_option *option = &options->info->options[i];
  g_autofree char *variable = option->type == VV_T_SECRET ? vervet_secret_variable (option->def) : NULL;
  g_autoptr (VervetJson) json = NULL;

  options->entries[i].value.type = option->type;
  if (option->def && (!variable || (g_getenv (variable) && *g_getenv (variable)))) {
    json = vervet_option_json_from_text (option, option->def, error);
    return json && vervet_option_value_set (&options->entries[i], option, json, base_dir, error);
  }
  if (!(option->flags & VV_OPT_REQUIRED))
    return TRUE;
  g_set_error (error, VERVET_ERROR, variable ? VERVET_ERROR_ENVIRONMENT : VERVET_ERROR_INPUT,
               "%s: %s '%s' needs option \"%s\"%s%s%s%s", where, vervet_kind_name (options->info->kind),
               options->info->id, option->name, option->help ? " (" : "", option->help ? option->help : "",
               option->help ? ")" : "", variable ? "; export the environment variable it is read from" : "");
  return FALSE;
}

static gboolean
set_all (VervetOptions *options, const VervetJson *object, const char *const *ignore, const char *base_dir,
         const char *where, GError **error)
{
  for (guint i = 0; object && i < object->keys->len; i++) {
    const char *name = g_ptr_array_index (object->keys, i);

    if (!is_named (ignore, name)
        && !set_member (options, name, g_ptr_array_index (object->items, i), base_dir, where, error))
      return FALSE;
  }
  for (guint i = 0; i < options->info->n_options; i++)
    if (!options->entries[i].value.is_set && !set_default (options, i, base_dir, where, error))
      return FALSE;
  return TRUE;
}

VervetOptions *
vervet_options_new (const VervetComponentInfo *info, const VervetJson *object, const char *const *ignore,
                    const char *base_dir, const char *where, GError **error)
{
  VervetOptions *options;
  g_autofree char *place = place_of (where, object);

  if (object && object->type != VERVET_JSON_OBJECT) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s: expected an object with the options of %s '%s'", place,
                 vervet_kind_name (info->kind), info->id);
    return NULL;
  }
  options = g_new0 (VervetOptions, 1);
  options->info = info;
  options->entries = g_new0 (VervetOptionValue, info->n_options);
  options->values = g_new0 (vv_value, info->n_options);
  if (!set_all (options, object, ignore, base_dir, where, error)) {
    vervet_options_free (options);
    return NULL;
  }
  for (guint i = 0; i < info->n_options; i++)
    options->values[i] = options->entries[i].value;
  return options;
}

void
vervet_options_free (VervetOptions *options)
{
  if (!options)
    return;
  for (guint i = 0; i < options->info->n_options; i++)
    vervet_option_value_clear (&options->entries[i]);
  g_free (options->entries);
  g_free (options->values);
  g_free (options);
}

const vv_value *
vervet_options_values (const VervetOptions *options, guint *n)
{
  if (n)
    *n = options->info->n_options;
  return options->values;
}

const vv_value *
vervet_options_get (const VervetOptions *options, const char *name)
{
  guint i = 0;

  return find_option (options->info, name, &i) ? &options->values[i] : NULL;
}

VervetJson *
vervet_options_from_strings (const VervetComponentInfo *info, const char *const *pairs, GError **error)
{
  g_autoptr (VervetJson) object = vervet_json_new (VERVET_JSON_OBJECT);

  for (; pairs && *pairs; pairs++) {
    const char *equals = strchr (*pairs, '=');
    g_autofree char *name = equals ? g_strndup (*pairs, (gsize)(equals - *pairs)) : NULL;
    const vv_option *option = name ? find_option (info, name, NULL) : NULL;
    VervetJson *value;

    if (!equals) {
      g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "\"%s\": write options as NAME=VALUE", *pairs);
      return NULL;
    }
    if (!option) {
      set_unknown (info, name, "-o", error); /* not the pair: the value may be a secret */
      return NULL;
    }
    value = vervet_option_json_from_text (option, equals + 1, error);
    if (!value) {
      g_prefix_error (error, "option \"%s\" of %s '%s': ", name, vervet_kind_name (info->kind), info->id);
      return NULL;
    }
    vervet_json_set (object, name, value);
  }
  return g_steal_pointer (&object);
}
