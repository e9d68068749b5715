/* json-reader.c - the pull reader: the scanner of vervet-json-scan.h over memory or over a window of a stream. */
#include <string.h>

#include "util/input.h"
#include "util/json-private.h"
#include "vervet-error.h"
#include "vervet-json-scan.h"
#include "vervet-json.h"

#define WINDOW ((gsize)1 << 16)

struct _VervetJsonReader {
  vv_json_scan scan;
  char *name;
  VervetInput *input; /* NULL: the whole document is in memory */
  char *window;       /* of a stream: ours to change, [0, have) filled */
  gsize size, have;
  GString *copy;    /* text that cannot be ended with a NUL where it lies */
  const char *text; /* of the last token */
  gsize text_len;
  GError *fault; /* of the stream: told for ever after */
};

static VervetJsonReader *
reader_new (const char *name)
{
  VervetJsonReader *reader = g_new0 (VervetJsonReader, 1);
  reader->name = g_strdup (name ? name : "input");
  reader->copy = g_string_new (NULL);
  reader->text = "";
  return reader;
}

VervetJsonReader *
vervet_json_reader_new (const char *data, gsize len, const char *name, VervetJsonFlags flags)
{
  VervetJsonReader *reader = reader_new (name);
  vv_json_init (&reader->scan, data, len, flags);
  return reader;
}

static VervetJsonReader *
reader_new_input (VervetInput *input, const char *name, VervetJsonFlags flags)
{
  VervetJsonReader *reader = reader_new (name);
  reader->input = input;
  reader->size = WINDOW;
  reader->window = g_malloc (WINDOW);
  vv_json_init_stream (&reader->scan, flags);
  return reader;
}

VervetJsonReader *
vervet_json_reader_new_stream (GInputStream *stream, const char *name, VervetJsonFlags flags)
{
  return reader_new_input (vervet_input_new (stream, name ? name : "input", VERVET_INPUT_RAW), name, flags);
}

VervetJsonReader *
vervet_json_reader_open (const char *path, VervetJsonFlags flags, GError **error)
{
  VervetInput *input = vervet_input_open (path, VERVET_INPUT_UNPACK, error);
  return input ? reader_new_input (input, path, flags) : NULL;
}

void
vervet_json_reader_free (VervetJsonReader *reader)
{
  if (!reader)
    return;
  g_clear_pointer (&reader->input, vervet_input_free);
  g_clear_error (&reader->fault);
  g_string_free (reader->copy, TRUE);
  g_free (reader->window);
  g_free (reader->name);
  g_free (reader);
}

/* Moves the window on. It doubles when one token fills it, so a token is never looked at more than twice. */
static gboolean
reader_refill (VervetJsonReader *reader)
{
  vv_json_scan *scan = &reader->scan;
  reader->have -= scan->pos;
  memmove (reader->window, reader->window + scan->pos, reader->have);
  if (reader->have == reader->size) {
    reader->size *= 2;
    reader->window = g_realloc (reader->window, reader->size);
  }
  gssize n =
      vervet_input_read (reader->input, reader->window + reader->have, reader->size - reader->have, &reader->fault);
  if (n < 0)
    return FALSE;
  reader->have += (gsize)n;
  vv_json_feed (scan, reader->window, reader->have, n == 0);
  return TRUE;
}

/* Text of the token just read, unescaped and with a NUL behind it. A string in the window loses its closing quote for
 * that, which is read already; anything else is copied. */
static void
reader_take_text (VervetJsonReader *reader, VervetJsonToken token)
{
  vv_json_scan *scan = &reader->scan;
  if (token == VERVET_JSON_INT || token == VERVET_JSON_FLOAT) {
    g_string_truncate (reader->copy, 0);
    g_string_append_len (reader->copy, scan->raw, (gssize)scan->raw_len);
  } else if (token != VERVET_JSON_STRING && token != VERVET_JSON_KEY) {
    reader->text = "";
    reader->text_len = 0;
    return;
  } else if (reader->window) {
    char *to = reader->window + (scan->raw - reader->window);
    reader->text_len = scan->escaped ? vv_json_decode (scan->raw, scan->raw_len, to) : scan->raw_len;
    to[reader->text_len] = '\0';
    reader->text = to;
    return;
  } else {
    g_string_set_size (reader->copy, scan->raw_len);
    g_string_set_size (reader->copy, vv_json_decode (scan->raw, scan->raw_len, reader->copy->str));
  }
  reader->text = reader->copy->str;
  reader->text_len = reader->copy->len;
}

VervetJsonToken
vervet_json_reader_next (VervetJsonReader *reader, GError **error)
{
  vv_json_scan *scan = &reader->scan;
  int token = VV_JSON_ERROR;
  while (!reader->fault && (token = vv_json_next (scan)) == VV_JSON_MORE)
    if (!reader_refill (reader))
      token = VV_JSON_ERROR;
  reader_take_text (reader, (VervetJsonToken)token);
  if (token != VV_JSON_ERROR)
    return (VervetJsonToken)token;
  if (reader->fault)
    g_propagate_error (error, g_error_copy (reader->fault));
  else
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s:%u:%u: %s", reader->name,
                 vervet_json_reader_line (reader), vervet_json_reader_column (reader), scan->error);
  return VERVET_JSON_ERROR;
}

gboolean
vervet_json_reader_skip (VervetJsonReader *reader, GError **error)
{
  int token = reader->scan.token;
  if (token == VV_JSON_KEY)
    token = vervet_json_reader_next (reader, error);
  if (token != VV_JSON_ARRAY && token != VV_JSON_OBJECT)
    return token >= 0;
  for (guint32 inside = reader->scan.depth; reader->scan.depth >= inside;)
    if (vervet_json_reader_next (reader, error) == VERVET_JSON_ERROR)
      return FALSE;
  return TRUE;
}

const char *
vervet_json_reader_string (const VervetJsonReader *reader, gsize *len)
{
  if (len)
    *len = reader->text_len;
  return reader->text;
}

gint64
vervet_json_reader_int (const VervetJsonReader *reader)
{
  return reader->scan.token == VV_JSON_INT ? reader->scan.i : 0;
}

double
vervet_json_reader_double (const VervetJsonReader *reader)
{
  int token = reader->scan.token;
  return token == VV_JSON_INT || token == VV_JSON_FLOAT ? vv_json_double (reader->text, reader->text_len) : 0;
}

const char *
vervet_json_reader_number_text (const VervetJsonReader *reader)
{
  return reader->text;
}

/* A line or column beyond 2^32 is told as the last one. */
guint
vervet_json_reader_line (const VervetJsonReader *reader)
{
  return (guint)MIN (reader->scan.line, G_MAXUINT);
}

guint
vervet_json_reader_column (const VervetJsonReader *reader)
{
  return (guint)MIN (reader->scan.column, G_MAXUINT);
}

guint64
vervet_json_reader_offset (const VervetJsonReader *reader)
{
  return reader->scan.base + reader->scan.pos;
}

const char *
vervet_json_reader_name (const VervetJsonReader *reader)
{
  return reader->name;
}

VervetJsonToken
vervet_json_reader_token (const VervetJsonReader *reader)
{
  return (VervetJsonToken)reader->scan.token;
}
