/* json-writer.c - JSON as text: no bit lost, and a canonical form for fingerprints. */
#include <math.h>
#include <string.h>

#include "util/json-private.h"
#include "util/text.h"
#include "vervet-json.h"

typedef enum { LEVEL_ARRAY, LEVEL_OBJECT } Level;

struct _VervetJsonWriter {
  GString *out;
  guint indent;
  GByteArray *levels; /* Level of each open bracket */
  gboolean any;       /* something stands on this level already */
  gboolean after_key;
};

VervetJsonWriter *
vervet_json_writer_new (GString *out, guint indent)
{
  VervetJsonWriter *writer = g_new0 (VervetJsonWriter, 1);
  writer->out = out;
  writer->indent = indent;
  writer->levels = g_byte_array_new ();
  return writer;
}

void
vervet_json_writer_free (VervetJsonWriter *writer)
{
  if (!writer)
    return;
  if (writer->levels->len > 0 || writer->after_key)
    g_warning ("a JSON writer was freed with %u brackets open", writer->levels->len);
  g_byte_array_unref (writer->levels);
  g_free (writer);
}

static void
writer_break (VervetJsonWriter *writer)
{
  if (writer->indent == 0)
    return;
  g_string_append_c (writer->out, '\n');
  for (guint i = 0; i < writer->levels->len * writer->indent; i++)
    g_string_append_c (writer->out, ' ');
}

/* Before a value or a name: comma, line, blanks. On the top level values stand on lines of their own. */
static void
writer_place (VervetJsonWriter *writer)
{
  gboolean top = writer->levels->len == 0;
  if (writer->after_key) {
    writer->after_key = FALSE;
    return;
  }
  if (writer->any)
    g_string_append_c (writer->out, top ? '\n' : ',');
  if (!top)
    writer_break (writer);
  writer->any = TRUE;
}

static gboolean
writer_in_object (const VervetJsonWriter *writer)
{
  return writer->levels->len > 0 && writer->levels->data[writer->levels->len - 1] == LEVEL_OBJECT;
}

static void
writer_begin (VervetJsonWriter *writer, Level level, char bracket)
{
  guint8 byte = (guint8)level;
  g_return_if_fail (writer->after_key || !writer_in_object (writer));
  writer_place (writer);
  g_string_append_c (writer->out, bracket);
  g_byte_array_append (writer->levels, &byte, 1);
  writer->any = FALSE;
}

static void
writer_end (VervetJsonWriter *writer, Level level, char bracket)
{
  g_return_if_fail (writer->levels->len > 0 && !writer->after_key);
  g_return_if_fail (writer_in_object (writer) == (level == LEVEL_OBJECT));
  g_byte_array_set_size (writer->levels, writer->levels->len - 1);
  if (writer->any)
    writer_break (writer);
  g_string_append_c (writer->out, bracket);
  writer->any = TRUE;
}

void
vervet_json_writer_begin_object (VervetJsonWriter *writer)
{
  writer_begin (writer, LEVEL_OBJECT, '{');
}

void
vervet_json_writer_end_object (VervetJsonWriter *writer)
{
  writer_end (writer, LEVEL_OBJECT, '}');
}

void
vervet_json_writer_begin_array (VervetJsonWriter *writer)
{
  writer_begin (writer, LEVEL_ARRAY, '[');
}

void
vervet_json_writer_end_array (VervetJsonWriter *writer)
{
  writer_end (writer, LEVEL_ARRAY, ']');
}

static void
append_escape (GString *out, guchar c)
{
  static const char from[] = "\b\f\n\r\t\"\\", to[] = "bfnrt\"\\";
  const char *known = c ? strchr (from, c) : NULL;
  if (known) {
    g_string_append_c (out, '\\');
    g_string_append_c (out, to[known - from]);
  } else {
    g_string_append_printf (out, "\\u%04x", c);
  }
}

/* Sound UTF-8 without NULs. */
static void
append_sound (GString *out, const char *s, gsize len)
{
  gsize from = 0;
  for (gsize i = 0; i < len; i++) {
    guchar c = (guchar)s[i];
    if (c >= 0x20 && c != '"' && c != '\\')
      continue;
    g_string_append_len (out, s + from, (gssize)(i - from));
    append_escape (out, c);
    from = i + 1;
  }
  g_string_append_len (out, s + from, (gssize)(len - from));
}

static void
append_quoted (GString *out, const char *s, gsize len)
{
  g_string_append_c (out, '"');
  while (len > 0) {
    const char *end;
    g_utf8_validate_len (s, len, &end); /* stops at a NUL, too */
    gsize sound = (gsize)(end - s);
    append_sound (out, s, sound);
    if (sound < len)
      g_string_append (out, *end == '\0' ? "\\u0000" : "\xef\xbf\xbd");
    sound += sound < len;
    s += sound;
    len -= sound;
  }
  g_string_append_c (out, '"');
}

void
vervet_json_writer_key (VervetJsonWriter *writer, const char *key)
{
  g_return_if_fail (writer_in_object (writer) && !writer->after_key);
  writer_place (writer);
  append_quoted (writer->out, key, strlen (key));
  g_string_append (writer->out, writer->indent ? ": " : ":");
  writer->after_key = TRUE;
}

/* A value whose text is ready. */
static void
writer_raw (VervetJsonWriter *writer, const char *text)
{
  g_return_if_fail (writer->after_key || !writer_in_object (writer));
  writer_place (writer);
  g_string_append (writer->out, text);
}

void
vervet_json_writer_bytes (VervetJsonWriter *writer, const char *s, gsize len)
{
  g_return_if_fail (writer->after_key || !writer_in_object (writer));
  writer_place (writer);
  append_quoted (writer->out, s, len);
}

void
vervet_json_writer_string (VervetJsonWriter *writer, const char *s)
{
  if (s)
    vervet_json_writer_bytes (writer, s, strlen (s));
  else
    vervet_json_writer_null (writer);
}

void
vervet_json_writer_int (VervetJsonWriter *writer, gint64 i)
{
  char text[32];
  g_snprintf (text, sizeof text, "%" G_GINT64_FORMAT, i);
  writer_raw (writer, text);
}

void
vervet_json_writer_double (VervetJsonWriter *writer, double f)
{
  g_autofree char *text = isfinite (f) ? vervet_text_double (f) : g_strdup ("null");
  writer_raw (writer, text);
}

void
vervet_json_writer_bool (VervetJsonWriter *writer, gboolean b)
{
  writer_raw (writer, b ? "true" : "false");
}

void
vervet_json_writer_null (VervetJsonWriter *writer)
{
  writer_raw (writer, "null");
}

/* ---- Trees ------------------------------------------------------------------------------------------------------- */
/* The text of a number that came from a file and is JSON: "0.10" stays "0.10", and no digit of a long one is lost. */
static const char *
number_text (const VervetJson *number)
{
  const char *first = number->s && *number->s == '-' ? number->s + 1 : number->s;
  return first && g_ascii_isdigit (*first) ? number->s : NULL;
}

static void
writer_scalar (VervetJsonWriter *writer, const VervetJson *json)
{
  gboolean number = json->type == VERVET_JSON_INT || json->type == VERVET_JSON_FLOAT;
  if (number && number_text (json))
    writer_raw (writer, number_text (json));
  else if (json->type == VERVET_JSON_INT)
    vervet_json_writer_int (writer, json->i);
  else if (json->type == VERVET_JSON_FLOAT)
    vervet_json_writer_double (writer, json->f);
  else if (json->type == VERVET_JSON_STRING)
    vervet_json_writer_bytes (writer, json->s, json->len);
  else if (json->type == VERVET_JSON_NULL)
    vervet_json_writer_null (writer);
  else
    vervet_json_writer_bool (writer, json->type == VERVET_JSON_TRUE);
}

void
vervet_json_writer_tree (VervetJsonWriter *writer, const VervetJson *json)
{
  if (!json->items) {
    writer_scalar (writer, json);
    return;
  }
  if (json->keys)
    vervet_json_writer_begin_object (writer);
  else
    vervet_json_writer_begin_array (writer);
  for (guint i = 0; i < json->items->len; i++) {
    if (json->keys)
      vervet_json_writer_key (writer, g_ptr_array_index (json->keys, i));
    vervet_json_writer_tree (writer, g_ptr_array_index (json->items, i));
  }
  if (json->keys)
    vervet_json_writer_end_object (writer);
  else
    vervet_json_writer_end_array (writer);
}

char *
vervet_json_to_string (const VervetJson *json, guint indent)
{
  GString *out = g_string_new (NULL);
  g_autoptr (VervetJsonWriter) writer = vervet_json_writer_new (out, indent);
  vervet_json_writer_tree (writer, json);
  return g_string_free (out, FALSE);
}

/* ---- Canonical form ---------------------------------------------------------------------------------------------- */
char *
vervet_json_number_canonical (const VervetJson *number)
{
  const char *text = number->type == VERVET_JSON_FLOAT ? number_text (number) : NULL;
  if (number->type == VERVET_JSON_INT)
    return g_strdup_printf ("%" G_GINT64_FORMAT, number->i);
  if (fabs (number->f) < 0x1p63 && number->f == trunc (number->f))
    return g_strdup_printf ("%" G_GINT64_FORMAT, (gint64)number->f);
  if (text && !strpbrk (text, ".eE"))
    return g_strdup (text); /* an integer of more than 64 bits has one name only */
  return isfinite (number->f) ? vervet_text_double (number->f) : g_strdup ("null");
}

static int
compare_names (gconstpointer a, gconstpointer b, gpointer keys)
{
  const GPtrArray *names = keys;
  return strcmp (g_ptr_array_index (names, *(const guint *)a), g_ptr_array_index (names, *(const guint *)b));
}

static void
append_canonical (GString *out, const VervetJson *json)
{
  guint n = vervet_json_length (json);
  if (json->type == VERVET_JSON_INT || json->type == VERVET_JSON_FLOAT) {
    g_autofree char *text = vervet_json_number_canonical (json);
    g_string_append (out, text);
    return;
  }
  if (!json->items) {
    g_autofree char *text = vervet_json_to_string (json, 0);
    g_string_append (out, text);
    return;
  }
  g_autofree guint *order = g_new (guint, n + 1);
  for (guint i = 0; i < n; i++)
    order[i] = i;
  if (json->keys)
    g_qsort_with_data (order, (gint)n, sizeof *order, compare_names, json->keys);
  g_string_append_c (out, json->keys ? '{' : '[');
  for (guint i = 0; i < n; i++) {
    if (i > 0)
      g_string_append_c (out, ',');
    if (json->keys) {
      const char *key = g_ptr_array_index (json->keys, order[i]);
      append_quoted (out, key, strlen (key));
      g_string_append_c (out, ':');
    }
    append_canonical (out, vervet_json_at (json, order[i]));
  }
  g_string_append_c (out, json->keys ? '}' : ']');
}

char *
vervet_json_to_canonical (const VervetJson *json)
{
  GString *out = g_string_new (NULL);
  append_canonical (out, json);
  return g_string_free (out, FALSE);
}
