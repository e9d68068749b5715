/* command-json.h - members of JSON objects in one call each. */
#ifndef VERVET_APP_COMMAND_JSON_H
#define VERVET_APP_COMMAND_JSON_H

#include "command.h"

void command_json_text (VervetJsonWriter *writer, const char *key, const char *value); /* NULL writes null */
void command_json_bytes (VervetJsonWriter *writer, const char *key, const char *value, gsize len); /* from anywhere */
void command_json_int (VervetJsonWriter *writer, const char *key, gint64 value);
void command_json_known (VervetJsonWriter *writer, const char *key, gint64 value); /* -1, "not known", writes null */
void command_json_double (VervetJsonWriter *writer, const char *key, double value);
void command_json_bool (VervetJsonWriter *writer, const char *key, gboolean value);

#endif
