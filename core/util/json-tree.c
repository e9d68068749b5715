/* json-tree.c - documents as trees: building them from a reader, comparing, and changing them by path. */
#include <math.h>
#include <string.h>

#include "util/hash.h"
#include "util/json-private.h"
#include "util/text.h"
#include "vervet-error.h"
#include "vervet-json-scan.h"
#include "vervet-json.h"

G_STATIC_ASSERT ((int)VERVET_JSON_OBJECT_END == (int)VV_JSON_OBJECT_END && (int)VERVET_JSON_KEY == (int)VV_JSON_KEY
                 && (int)VERVET_JSON_ERROR == (int)VV_JSON_ERROR && (int)VERVET_JSON_MANY == (int)VV_JSON_MANY);

/* Names are looked for one by one up to here; beyond, a table keeps the check for repeated names linear. */
#define FEW_KEYS 16

/* ---- Nodes ------------------------------------------------------------------------------------------------------- */
VervetJson *
vervet_json_new (VervetJsonToken type)
{
  VervetJson *json = g_new0 (VervetJson, 1);
  json->type = type;
  if (type == VERVET_JSON_OBJECT)
    json->keys = g_ptr_array_new_with_free_func (g_free);
  if (type == VERVET_JSON_OBJECT || type == VERVET_JSON_ARRAY)
    json->items = g_ptr_array_new_with_free_func ((GDestroyNotify)vervet_json_free);
  return json;
}

void
vervet_json_free (VervetJson *json)
{
  if (!json)
    return;
  g_clear_pointer (&json->keys, g_ptr_array_unref);
  g_clear_pointer (&json->items, g_ptr_array_unref);
  g_free (json->s);
  g_free (json);
}

static void
json_set_text (VervetJson *json, const char *s, gsize len)
{
  json->s = g_malloc (len + 1);
  memcpy (json->s, s, len);
  json->s[len] = '\0';
  json->len = len;
}

VervetJson *
vervet_json_new_string (const char *s)
{
  VervetJson *json = vervet_json_new (s ? VERVET_JSON_STRING : VERVET_JSON_NULL);
  if (s)
    json_set_text (json, s, strlen (s));
  return json;
}

VervetJson *
vervet_json_new_int (gint64 i)
{
  VervetJson *json = vervet_json_new (VERVET_JSON_INT);
  json->i = i;
  json->f = (double)i;
  return json;
}

VervetJson *
vervet_json_new_double (double f)
{
  VervetJson *json = vervet_json_new (VERVET_JSON_FLOAT);
  json->f = f;
  return json;
}

VervetJson *
vervet_json_copy (const VervetJson *json)
{
  VervetJson *copy = vervet_json_new (json->type);
  copy->line = json->line;
  copy->column = json->column;
  copy->i = json->i;
  copy->f = json->f;
  if (json->s)
    json_set_text (copy, json->s, json->len);
  for (guint k = 0; json->items && k < json->items->len; k++) {
    if (json->keys)
      g_ptr_array_add (copy->keys, g_strdup (g_ptr_array_index (json->keys, k)));
    g_ptr_array_add (copy->items, vervet_json_copy (g_ptr_array_index (json->items, k)));
  }
  return copy;
}

static gboolean
json_find_key (const VervetJson *json, const char *key, guint *index)
{
  for (guint i = 0; json && json->keys && i < json->keys->len; i++)
    if (!strcmp (g_ptr_array_index (json->keys, i), key)) {
      *index = i;
      return TRUE;
    }
  return FALSE;
}

/* ---- Building ---------------------------------------------------------------------------------------------------- */
static guint64 key_seed; /* per process, so that a file cannot be made whose names all collide */

static guint
key_hash (gconstpointer key)
{
  return (guint)vervet_hash64 (key, strlen (key), key_seed);
}

static GHashTable *
key_table_new (void)
{
  static gsize ready;
  if (g_once_init_enter (&ready)) {
    key_seed = ((guint64)g_random_int () << 32) | g_random_int ();
    g_once_init_leave (&ready, 1);
  }
  return g_hash_table_new (key_hash, g_str_equal);
}

static gboolean
json_key_fault (VervetJsonReader *reader, GError **error, const char *fault)
{
  gsize len;
  const char *key = vervet_json_reader_string (reader, &len);
  g_autofree char *quoted = vervet_text_quote (key, len);
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s:%u:%u: the name %s %s", vervet_json_reader_name (reader),
               vervet_json_reader_line (reader), vervet_json_reader_column (reader), quoted, fault);
  return FALSE;
}

/* Adds the name just read. @table is made once there are many. */
static gboolean
json_add_key (VervetJson *object, VervetJsonReader *reader, GHashTable **table, GError **error)
{
  gsize len;
  const char *text = vervet_json_reader_string (reader, &len);
  gboolean known;
  guint index;
  if (strlen (text) != len)
    return json_key_fault (reader, error, "holds the character \\u0000, which no name may");
  if (object->keys->len == FEW_KEYS) {
    *table = key_table_new ();
    for (guint i = 0; i < FEW_KEYS; i++)
      g_hash_table_add (*table, g_ptr_array_index (object->keys, i));
  }
  known = *table ? g_hash_table_contains (*table, text) : json_find_key (object, text, &index);
  if (known)
    return json_key_fault (reader, error, "appears twice in this object");
  g_ptr_array_add (object->keys, g_strdup (text));
  if (*table)
    g_hash_table_add (*table, g_ptr_array_index (object->keys, object->keys->len - 1));
  return TRUE;
}

static VervetJson *json_read_token (VervetJsonReader *reader, VervetJsonToken token, GError **error);

static gboolean
json_read_items (VervetJson *json, VervetJsonReader *reader, GError **error)
{
  g_autoptr (GHashTable) table = NULL;
  for (;;) {
    VervetJsonToken token = vervet_json_reader_next (reader, error);
    if (token == VERVET_JSON_ARRAY_END || token == VERVET_JSON_OBJECT_END)
      return TRUE;
    if (token == VERVET_JSON_KEY) {
      if (!json_add_key (json, reader, &table, error))
        return FALSE;
      token = vervet_json_reader_next (reader, error);
    }
    VervetJson *item = json_read_token (reader, token, error);
    if (!item)
      return FALSE;
    g_ptr_array_add (json->items, item);
  }
}

static VervetJson *
json_read_token (VervetJsonReader *reader, VervetJsonToken token, GError **error)
{
  gsize len;
  if (token <= VERVET_JSON_END)
    return NULL;
  g_autoptr (VervetJson) json = vervet_json_new (token);
  json->line = vervet_json_reader_line (reader);
  json->column = vervet_json_reader_column (reader);
  if (token == VERVET_JSON_INT || token == VERVET_JSON_FLOAT || token == VERVET_JSON_STRING) {
    const char *text = vervet_json_reader_string (reader, &len);
    json_set_text (json, text, len);
    json->i = vervet_json_reader_int (reader);
    json->f = vervet_json_reader_double (reader);
  }
  if (json->items && !json_read_items (json, reader, error))
    return NULL;
  return g_steal_pointer (&json);
}

VervetJson *
vervet_json_read_value (VervetJsonReader *reader, GError **error)
{
  VervetJsonToken token = vervet_json_reader_token (reader);
  if (token == VERVET_JSON_KEY)
    token = vervet_json_reader_next (reader, error);
  return json_read_token (reader, token, error);
}

/* The one value of a document. With MANY an empty document has none, which is a fault here. */
static VervetJson *
json_read_document (VervetJsonReader *reader, GError **error)
{
  VervetJsonToken token = vervet_json_reader_next (reader, error);
  if (token == VERVET_JSON_END)
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s: the input is empty", vervet_json_reader_name (reader));
  g_autoptr (VervetJson) json = json_read_token (reader, token, error);
  if (!json)
    return NULL;
  token = vervet_json_reader_next (reader, error);
  if (token == VERVET_JSON_END)
    return g_steal_pointer (&json);
  if (token != VERVET_JSON_ERROR)
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s:%u:%u: a second value; one is wanted",
                 vervet_json_reader_name (reader), vervet_json_reader_line (reader),
                 vervet_json_reader_column (reader));
  return NULL;
}

VervetJson *
vervet_json_parse (const char *data, gssize len, const char *name, VervetJsonFlags flags, GError **error)
{
  g_autoptr (VervetJsonReader) reader =
      vervet_json_reader_new (data, len < 0 ? strlen (data) : (gsize)len, name, flags);
  return json_read_document (reader, error);
}

VervetJson *
vervet_json_load (const char *path, VervetJsonFlags flags, GError **error)
{
  g_autoptr (VervetJsonReader) reader = vervet_json_reader_open (path, flags, error);
  return reader ? json_read_document (reader, error) : NULL;
}

/* ---- Looking ----------------------------------------------------------------------------------------------------- */
VervetJson *
vervet_json_get (const VervetJson *json, const char *key)
{
  guint index;
  return json_find_key (json, key, &index) ? g_ptr_array_index (json->items, index) : NULL;
}

VervetJson *
vervet_json_at (const VervetJson *json, guint index)
{
  return index < vervet_json_length (json) ? g_ptr_array_index (json->items, index) : NULL;
}

guint
vervet_json_length (const VervetJson *json)
{
  return json && json->items ? json->items->len : 0;
}

/* An array index as written in a path. */
static gboolean
path_index (const char *part, guint *index)
{
  guint64 n;
  if (!g_ascii_string_to_unsigned (part, 10, 0, G_MAXUINT - 1, &n, NULL))
    return FALSE;
  *index = (guint)n;
  return TRUE;
}

static VervetJson *
json_child (const VervetJson *json, const char *part)
{
  guint index;
  if (json && json->type == VERVET_JSON_ARRAY)
    return path_index (part, &index) ? vervet_json_at (json, index) : NULL;
  return vervet_json_get (json, part);
}

VervetJson *
vervet_json_find (const VervetJson *json, const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, ".", -1);
  VervetJson *found = (VervetJson *)json;
  for (guint i = 0; found && parts[i]; i++)
    found = json_child (found, parts[i]);
  return found;
}

const char *
vervet_json_get_string (const VervetJson *json, const char *key, const char *fallback)
{
  const VervetJson *found = vervet_json_get (json, key);
  return found && found->type == VERVET_JSON_STRING ? found->s : fallback;
}

gint64
vervet_json_get_int (const VervetJson *json, const char *key, gint64 fallback)
{
  const VervetJson *found = vervet_json_get (json, key);
  if (found && found->type == VERVET_JSON_INT)
    return found->i;
  if (found && found->type == VERVET_JSON_FLOAT && fabs (found->f) < 0x1p63 && found->f == trunc (found->f))
    return (gint64)found->f;
  return fallback;
}

double
vervet_json_get_double (const VervetJson *json, const char *key, double fallback)
{
  const VervetJson *found = vervet_json_get (json, key);
  return found && (found->type == VERVET_JSON_INT || found->type == VERVET_JSON_FLOAT) ? found->f : fallback;
}

static gboolean
json_items_equal (const VervetJson *a, const VervetJson *b)
{
  guint n = vervet_json_length (a);
  g_autoptr (GHashTable) places = NULL;
  if (n != vervet_json_length (b))
    return FALSE;
  if (a->type == VERVET_JSON_OBJECT && n > FEW_KEYS) {
    places = key_table_new ();
    for (guint i = 0; i < n; i++)
      g_hash_table_insert (places, g_ptr_array_index (b->keys, i), g_ptr_array_index (b->items, i));
  }
  for (guint i = 0; i < n; i++) {
    const char *key = a->keys ? g_ptr_array_index (a->keys, i) : NULL;
    const VervetJson *other = vervet_json_at (b, i);
    if (key)
      other = places ? g_hash_table_lookup (places, key) : vervet_json_get (b, key);
    if (!other || !vervet_json_equal (vervet_json_at (a, i), other))
      return FALSE;
  }
  return TRUE;
}

gboolean
vervet_json_equal (const VervetJson *a, const VervetJson *b)
{
  gboolean a_number = a->type == VERVET_JSON_INT || a->type == VERVET_JSON_FLOAT;
  gboolean b_number = b->type == VERVET_JSON_INT || b->type == VERVET_JSON_FLOAT;
  if (a_number && b_number) {
    if (a->type == VERVET_JSON_INT && b->type == VERVET_JSON_INT)
      return a->i == b->i;
    g_autofree char *a_text = vervet_json_number_canonical (a), *b_text = vervet_json_number_canonical (b);
    return !strcmp (a_text, b_text);
  }
  if (a->type != b->type)
    return FALSE;
  if (a->type == VERVET_JSON_STRING)
    return a->len == b->len && !memcmp (a->s, b->s, a->len);
  return a->items ? json_items_equal (a, b) : TRUE;
}

/* ---- Changing ---------------------------------------------------------------------------------------------------- */
void
vervet_json_set (VervetJson *json, const char *key, VervetJson *value)
{
  guint index;
  g_return_if_fail (json->type == VERVET_JSON_OBJECT);
  if (json_find_key (json, key, &index)) {
    vervet_json_free (g_ptr_array_index (json->items, index));
    g_ptr_array_index (json->items, index) = value;
    return;
  }
  g_ptr_array_add (json->keys, g_strdup (key));
  g_ptr_array_add (json->items, value);
}

void
vervet_json_append (VervetJson *array, VervetJson *value)
{
  g_return_if_fail (array->type == VERVET_JSON_ARRAY);
  g_ptr_array_add (array->items, value);
}

void
vervet_json_remove (VervetJson *json, const char *key)
{
  guint index;
  if (!json_find_key (json, key, &index))
    return;
  g_ptr_array_remove_index (json->keys, index);
  g_ptr_array_remove_index (json->items, index);
}

/* Puts @value at @part of @json and takes it; an array takes an index it has, or the next one. */
static gboolean
json_put (VervetJson *json, const char *part, VervetJson *value, GError **error)
{
  guint index, n = vervet_json_length (json);
  if (json->type == VERVET_JSON_OBJECT) {
    vervet_json_set (json, part, value);
    return TRUE;
  }
  if (json->type != VERVET_JSON_ARRAY) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
                 "\"%s\" cannot be set inside a plain value; set that value first", part);
  } else if (!path_index (part, &index) || index > n) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "\"%s\" is no place in a list of %u; use 0 to %u", part, n,
                 n);
  } else if (index == n) {
    vervet_json_append (json, value);
    return TRUE;
  } else {
    vervet_json_free (g_ptr_array_index (json->items, index));
    g_ptr_array_index (json->items, index) = value;
    return TRUE;
  }
  vervet_json_free (value);
  return FALSE;
}

gboolean
vervet_json_set_path (VervetJson *json, const char *path, VervetJson *value, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (path, ".", -1);
  if (!parts[0]) {
    vervet_json_free (value);
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "an empty path names no place");
    return FALSE;
  }
  for (guint i = 0; parts[i + 1]; i++) {
    VervetJson *child = json_child (json, parts[i]);
    if (!child) {
      child = vervet_json_new (VERVET_JSON_OBJECT);
      if (!json_put (json, parts[i], child, error)) {
        vervet_json_free (value);
        g_prefix_error (error, "%s: ", path);
        return FALSE;
      }
    }
    json = child;
  }
  if (json_put (json, parts[g_strv_length (parts) - 1], value, error))
    return TRUE;
  g_prefix_error (error, "%s: ", path);
  return FALSE;
}
