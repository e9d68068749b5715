/* Options as they are stored, hashed and described. */
#include "options-private.h"

#include "util/hash.h"

#include <math.h>
#include <string.h>

/* A path's identity is what the file holds, not where it lies, so that a run survives being moved: [its name, the
 * hash]. What cannot be read as a file (a folder, one that is to be written) counts by its path: [path, null]. */
static VervetJson *
path_identity (const char *path)
{
  VervetJson *array = vervet_json_new (VERVET_JSON_ARRAY);
  g_autofree char *name = g_path_get_basename (path), *hex = NULL;
  guint8 hash[16];

  if (g_file_test (path, G_FILE_TEST_IS_REGULAR) && vervet_hash_file (path, hash, NULL))
    hex = vervet_hex (hash, sizeof hash);
  vervet_json_append (array, vervet_json_new_string (hex ? name : path));
  vervet_json_append (array, hex ? vervet_json_new_string (hex) : vervet_json_new (VERVET_JSON_NULL));
  return array;
}

VervetJson *
vervet_options_to_json (const VervetOptions *options, gboolean identity)
{
  VervetJson *object = vervet_json_new (VERVET_JSON_OBJECT);

  for (guint i = 0; i < options->info->n_options; i++) {
    const vv_option *option = &options->info->options[i];
    const VervetOptionValue *entry = &options->entries[i];

    if (!entry->json || (identity && (option->flags & VV_OPT_NEUTRAL)))
      continue;
    vervet_json_set (object, option->name,
                     identity && option->type == VV_T_PATH ? path_identity (entry->text)
                                                           : vervet_json_copy (entry->json));
  }
  return object;
}

/* ---- JSON Schema ---- */

static void
set_text (VervetJson *object, const char *key, const char *text)
{
  if (text)
    vervet_json_set (object, key, vervet_json_new_string (text));
}

static void
set_limit (VervetJson *object, const char *key, guint type, double value)
{
  if (!isfinite (value))
    return;
  vervet_json_set (object, key,
                   type == VV_T_INT && fabs (value) < 9e15 ? vervet_json_new_int ((gint64)value)
                                                           : vervet_json_new_double (value));
}

static const char *
schema_type (guint type)
{
  switch (type) {
  case VV_T_BOOL:
    return "boolean";
  case VV_T_INT:
    return "integer";
  case VV_T_FLOAT:
    return "number";
  case VV_T_JSON:
    return NULL; /* anything */
  default:
    return "string";
  }
}

static VervetJson *
option_schema (const vv_option *option)
{
  VervetJson *schema = vervet_json_new (VERVET_JSON_OBJECT), *choices, *def = NULL;

  set_text (schema, "type", schema_type (option->type));
  set_text (schema, "title", option->label);
  set_text (schema, "description", option->help);
  if (option->def && option->type != VV_T_SECRET)
    def = vervet_option_json_from_text (option, option->def, NULL);
  if (def)
    vervet_json_set (schema, "default", def);
  if (option->min < option->max) {
    set_limit (schema, "minimum", option->type, option->min);
    set_limit (schema, "maximum", option->type, option->max);
  }
  if (option->type == VV_T_ENUM) {
    choices = vervet_json_new (VERVET_JSON_ARRAY);
    for (guint i = 0; option->choices[i]; i++)
      vervet_json_append (choices, vervet_json_new_string (option->choices[i]));
    vervet_json_set (schema, "enum", choices);
  }
  if (option->flags & VV_OPT_DEPRECATED)
    vervet_json_set (schema, "deprecated", vervet_json_new (VERVET_JSON_TRUE));
  if (option->type == VV_T_SECRET)
    vervet_json_set (schema, "writeOnly", vervet_json_new (VERVET_JSON_TRUE));
  set_text (schema, "x-unit", option->unit);
  set_text (schema, "x-group", option->group);
  return schema;
}

VervetJson *
vervet_component_schema (const VervetComponentInfo *info)
{
  VervetJson *schema = vervet_json_new (VERVET_JSON_OBJECT), *properties = vervet_json_new (VERVET_JSON_OBJECT);
  VervetJson *required = vervet_json_new (VERVET_JSON_ARRAY);

  set_text (schema, "$schema", "https://json-schema.org/draft/2020-12/schema");
  set_text (schema, "title", info->title);
  set_text (schema, "description", info->summary);
  set_text (schema, "type", "object");
  for (guint i = 0; i < info->n_options; i++) {
    const vv_option *option = &info->options[i];

    vervet_json_set (properties, option->name, option_schema (option));
    if ((option->flags & VV_OPT_REQUIRED) && !option->def)
      vervet_json_append (required, vervet_json_new_string (option->name));
  }
  vervet_json_set (schema, "properties", properties);
  vervet_json_set (schema, "required", required);
  vervet_json_set (schema, "additionalProperties", vervet_json_new (VERVET_JSON_FALSE));
  return schema;
}
