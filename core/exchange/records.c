/* records.c - JSON Lines as records, and faults with their place. */
#include "exchange/exchange-private.h"
#include "util/text.h"

gboolean
vervet_record_fault (const VervetJson *at, const char *file, GError **error, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s:%u: %s", file, at->line, text);
  return FALSE;
}

gboolean
vervet_record_prefix (const VervetJson *at, const char *file, GError **error)
{
  g_prefix_error (error, "%s:%u: ", file, at->line);
  return FALSE;
}

const VervetJson *
vervet_record_string (const VervetJson *record, const char *key, const char *file, GError **error)
{
  const VervetJson *found = vervet_json_get (record, key);
  if (found && found->type == VERVET_JSON_STRING)
    return found;
  if (found) {
    vervet_record_fault (found, file, error, "\"%s\" is no string", key);
    return NULL;
  }
  g_autoptr (GPtrArray) keys = g_ptr_array_new ();
  for (guint i = 0; i < record->keys->len; i++)
    g_ptr_array_add (keys, g_ptr_array_index (record->keys, i));
  g_ptr_array_add (keys, NULL);
  const char *near = vervet_text_nearest (key, (const char *const *)keys->pdata);
  g_autofree char *hint = near ? g_strdup_printf ("; is it the one named \"%s\"?", near) : g_strdup ("");
  vervet_record_fault (record, file, error, "the record has no \"%s\"%s", key, hint);
  return NULL;
}

gboolean
vervet_records_read (const char *file, VervetRecordFunc each, gpointer user_data, GError **error)
{
  g_autoptr (VervetJsonReader) reader = vervet_json_reader_open (file, VERVET_JSON_MANY | VERVET_JSON_NAN, error);
  VervetJsonToken token = VERVET_JSON_ERROR;
  while (reader && (token = vervet_json_reader_next (reader, error)) > VERVET_JSON_END) {
    g_autoptr (VervetJson) record = vervet_json_read_value (reader, error);
    if (!record)
      return FALSE;
    if (record->type != VERVET_JSON_OBJECT)
      return vervet_record_fault (record, file, error, "an object was expected: {...}");
    if (!each (record, file, user_data, error))
      return FALSE;
  }
  return token == VERVET_JSON_END;
}
