/* command-json.c - see command-json.h. */
#include "command-json.h"

void
command_json_text (VervetJsonWriter *writer, const char *key, const char *value)
{
  vervet_json_writer_key (writer, key);
  vervet_json_writer_string (writer, value);
}

void
command_json_bytes (VervetJsonWriter *writer, const char *key, const char *value, gsize len)
{
  vervet_json_writer_key (writer, key);
  if (value)
    vervet_json_writer_bytes (writer, value, len);
  else
    vervet_json_writer_null (writer);
}

void
command_json_int (VervetJsonWriter *writer, const char *key, gint64 value)
{
  vervet_json_writer_key (writer, key);
  vervet_json_writer_int (writer, value);
}

void
command_json_known (VervetJsonWriter *writer, const char *key, gint64 value)
{
  vervet_json_writer_key (writer, key);
  if (value < 0)
    vervet_json_writer_null (writer);
  else
    vervet_json_writer_int (writer, value);
}

void
command_json_double (VervetJsonWriter *writer, const char *key, double value)
{
  vervet_json_writer_key (writer, key);
  vervet_json_writer_double (writer, value);
}

void
command_json_bool (VervetJsonWriter *writer, const char *key, gboolean value)
{
  vervet_json_writer_key (writer, key);
  vervet_json_writer_bool (writer, value);
}
