#include "run/experiment.h"

#include <string.h>

#include "util/hash.h"

VervetExperiment *
vervet_experiment_new (void)
{
  VervetExperiment *self = g_new0 (VervetExperiment, 1);

  self->json = vervet_json_new (VERVET_JSON_OBJECT);
  self->file = g_strdup ("command line");
  return self;
}

VervetExperiment *
vervet_experiment_from_json (const char *text, const char *name, GError **error)
{
  g_autoptr (VervetExperiment) self = g_new0 (VervetExperiment, 1);

  self->file = g_strdup (name);
  self->json = vervet_json_parse (text, -1, name, VERVET_JSON_COMMENTS, error);
  if (!self->json)
    return NULL;
  if (self->json->type != VERVET_JSON_OBJECT) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
                 "%s:1:1: an experiment is a JSON object: { \"benchmark\": ... }", name);
    return NULL;
  }
  return g_steal_pointer (&self);
}

VervetExperiment *
vervet_experiment_load (const char *path, GError **error)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) why = NULL;
  VervetExperiment *self;

  if (!g_file_get_contents (path, &text, NULL, &why)) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s: %s", path,
                 g_error_matches (why, G_FILE_ERROR, G_FILE_ERROR_NOENT) ? "there is no such experiment file"
                                                                         : why->message);
    return NULL;
  }
  self = vervet_experiment_from_json (text, path, error);
  if (self) {
    g_autofree char *absolute = g_canonicalize_filename (path, NULL);

    self->base_dir = g_path_get_dirname (absolute);
  }
  return self;
}

void
vervet_experiment_free (VervetExperiment *self)
{
  if (!self)
    return;
  vervet_json_free (self->json);
  g_free (self->file);
  g_free (self->base_dir);
  g_free (self->arm);
  g_free (self);
}

const VervetJson *
vervet_experiment_json (const VervetExperiment *self)
{
  return self->json;
}

const char *
vervet_experiment_name (const VervetExperiment *self)
{
  return vervet_json_get_string (self->json, "name", NULL);
}

const char *
vervet_experiment_arm (const VervetExperiment *self)
{
  return self->arm;
}

const guint8 *
vervet_experiment_sweep (const VervetExperiment *self)
{
  return self->sweep;
}

/* "sampler": "repeated" becomes { "use": "repeated" } where @path goes inside it. */
static void
open_ids (VervetJson *json, const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, ".", -1);
  guint depth = g_str_has_prefix (path, "models.") ? 2 : 1;
  g_autofree char *at = NULL;
  VervetJson *node;

  if (g_strv_length (parts) <= depth)
    return;
  at = depth == 2 ? g_strconcat (parts[0], ".", parts[1], NULL) : g_strdup (parts[0]);
  node = vervet_json_find (json, at);
  if (node && node->type == VERVET_JSON_STRING) {
    VervetJson *object = vervet_json_new (VERVET_JSON_OBJECT);

    vervet_json_set (object, "use", vervet_json_copy (node));
    vervet_json_set_path (json, at, object, NULL);
  }
}

gboolean
vervet_experiment_set (VervetExperiment *self, const char *path, const char *value, GError **error)
{
  VervetJson *json;

  if (*path == '\0') {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "--set needs PATH=VALUE, as --set sampler.samples=64");
    return FALSE;
  }
  json = vervet_json_parse (value, -1, path, VERVET_JSON_STRICT, NULL);
  if (!json)
    json = vervet_json_new_string (value);
  vervet_experiment_forget_lines (json);
  open_ids (self->json, path);
  return vervet_json_set_path (self->json, path, json, error);
}

/* What does not come from the file has no place in it: messages then name the key alone, and relative paths are the
 * caller's. */
void
vervet_experiment_forget_lines (VervetJson *json)
{
  json->line = json->column = 0;
  for (guint i = 0; json->items && i < json->items->len; i++)
    vervet_experiment_forget_lines (g_ptr_array_index (json->items, i));
}

/* ---- Axes ---- */
typedef struct {
  char *path;
  const VervetJson *values;
} Axis;

static void
axis_clear (gpointer p)
{
  g_free (((Axis *)p)->path);
}

static gboolean
option_takes_list (VervetRegistry *registry, const VervetJson *object, const char *key)
{
  const char *use = vervet_json_get_string (object, "use", NULL);
  const VervetComponentInfo *info = use ? vervet_registry_lookup (registry, 0, use) : NULL;

  for (guint i = 0; info && i < info->n_options; i++)
    if (strcmp (info->options[i].name, key) == 0)
      return info->options[i].type == VV_T_JSON;
  return FALSE;
}

static void
find_axes (const VervetJson *object, const char *prefix, VervetRegistry *registry, GArray *axes)
{
  for (guint i = 0; i < vervet_json_length (object); i++) {
    const char *key = g_ptr_array_index (object->keys, i);
    const VervetJson *value = g_ptr_array_index (object->items, i);
    g_autofree char *path = *prefix ? g_strconcat (prefix, ".", key, NULL) : g_strdup (key);

    if (value->type == VERVET_JSON_OBJECT) {
      find_axes (value, path, registry, axes);
    } else if (value->type == VERVET_JSON_ARRAY && strcmp (path, "verifiers") != 0
               && !option_takes_list (registry, object, key)) {
      Axis axis = { g_steal_pointer (&path), value };

      g_array_append_val (axes, axis);
    }
  }
}

/* "series=6b" of the path models.model.series; of an object its "use". */
static void
append_label (GString *name, const char *path, const VervetJson *value)
{
  const char *dot = strrchr (path, '.');
  const char *use = vervet_json_get_string (value, "use", NULL);

  g_string_append_printf (name, " %s=", dot ? dot + 1 : path);
  if (use) {
    g_string_append (name, use);
  } else if (value->type == VERVET_JSON_STRING) {
    g_string_append (name, value->s);
  } else {
    g_autofree char *text = vervet_json_to_string (value, 0);

    g_string_append (name, text);
  }
}

static VervetExperiment *
make_arm (const VervetExperiment *self, const GArray *axes, const guint *place, GError **error)
{
  g_autoptr (VervetExperiment) arm = g_new0 (VervetExperiment, 1);
  g_autoptr (VervetJson) values = vervet_json_new (VERVET_JSON_OBJECT);
  g_autoptr (GString) name = g_string_new (vervet_experiment_name (self));

  arm->file = g_strdup (self->file);
  arm->base_dir = g_strdup (self->base_dir);
  arm->json = vervet_json_copy (self->json);
  for (guint i = 0; i < axes->len; i++) {
    const Axis *axis = &g_array_index (axes, Axis, i);
    const VervetJson *value = vervet_json_at (axis->values, place[i]);

    vervet_json_set (values, axis->path, vervet_json_copy (value));
    append_label (name, axis->path, value);
    if (!vervet_json_set_path (arm->json, axis->path, vervet_json_copy (value), error))
      return NULL;
  }
  vervet_json_set (arm->json, "name", vervet_json_new_string (g_strchug (name->str)));
  arm->arm = vervet_json_to_string (values, 0);
  memcpy (arm->sweep, self->sweep, sizeof arm->sweep);
  return g_steal_pointer (&arm);
}

static void
hash_sweep (const VervetExperiment *self, guint8 out[VERVET_HASH_SIZE])
{
  g_autofree char *text = vervet_json_to_canonical (self->json);
  VervetHasher *hasher = vervet_hasher_new ("sweep");

  vervet_hasher_add_string (hasher, text);
  vervet_hasher_finish (hasher, out);
}

GPtrArray *
vervet_experiment_arms (const VervetExperiment *self, VervetRegistry *registry, GError **error)
{
  enum { MOST = 10000 };
  g_autoptr (GArray) axes = g_array_new (FALSE, FALSE, sizeof (Axis));
  g_autoptr (GPtrArray) arms = g_ptr_array_new_with_free_func ((GDestroyNotify)vervet_experiment_free);
  g_autofree guint *place = NULL;
  VervetExperiment base = *self;
  guint64 total = 1;

  g_array_set_clear_func (axes, axis_clear);
  find_axes (self->json, "", registry, axes);
  if (axes->len > 0)
    hash_sweep (self, base.sweep);
  for (guint i = 0; i < axes->len; i++) {
    const Axis *axis = &g_array_index (axes, Axis, i);

    total *= vervet_json_length (axis->values);
    if (total == 0 || total > MOST) {
      g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s:%u:%u: %s: %s", self->file, axis->values->line,
                   axis->values->column, axis->path,
                   total == 0 ? "an empty list gives nothing to run"
                              : "more than 10,000 combinations; split the experiment");
      return NULL;
    }
  }
  place = g_new0 (guint, axes->len + 1);
  for (guint64 n = 0; n < total; n++) {
    guint64 rest = n;
    VervetExperiment *arm;

    for (guint i = axes->len; i-- > 0;) {
      guint len = vervet_json_length (g_array_index (axes, Axis, i).values);

      place[i] = (guint)(rest % len);
      rest /= len;
    }
    arm = make_arm (&base, axes, place, error);
    if (!arm)
      return NULL;
    if (axes->len == 0) {
      g_clear_pointer (&arm->arm, g_free);
      if (!vervet_experiment_name (self))
        vervet_json_remove (arm->json, "name");
    }
    g_ptr_array_add (arms, arm);
  }
  return g_steal_pointer (&arms);
}
