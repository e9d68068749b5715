/* vervet-json.h - JSON as Vervet reads and writes it: positions, 64-bit integers, NaN, comments, any size.
 *
 * Three layers. The pull reader (VervetJsonReader) runs over memory or a stream in constant memory. The tree
 * (VervetJson) is built from it for small documents such as experiments; every node knows its line and column. The
 * writer appends text to a GString and never loses a bit: integers stay integers, doubles are the shortest text that
 * reads back the same.
 *
 * Plugins, which link nothing of ours, have the scanner underneath in a header of its own: vervet-json-scan.h.
 *
 * Threads: one object, one thread at a time. Errors: VERVET_ERROR_INPUT with "NAME:LINE:COLUMN: ...". */
#ifndef VERVET_JSON_H
#define VERVET_JSON_H

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum {
  VERVET_JSON_STRICT = 0,
  VERVET_JSON_COMMENTS = 1 << 0, /* line and block comments, and a comma before a closing bracket */
  VERVET_JSON_NAN = 1 << 1,      /* bare NaN, Infinity, -Infinity (Python writes them) */
  VERVET_JSON_MANY = 1 << 2,     /* any number of values one after the other: JSON Lines */
} VervetJsonFlags;

typedef enum {
  VERVET_JSON_ERROR = -1,
  VERVET_JSON_END = 0,
  VERVET_JSON_NULL,
  VERVET_JSON_FALSE,
  VERVET_JSON_TRUE,
  VERVET_JSON_INT,   /* a number without fraction or exponent that fits 64 bits; not "-0", whose sign would be lost */
  VERVET_JSON_FLOAT, /* any other number */
  VERVET_JSON_STRING,
  VERVET_JSON_KEY,   /* a member's name; its value follows */
  VERVET_JSON_ARRAY, /* [ */
  VERVET_JSON_ARRAY_END,
  VERVET_JSON_OBJECT, /* { */
  VERVET_JSON_OBJECT_END,
} VervetJsonToken;

/* ---- Pull reader --------------------------------------------------------------------------------------------- */
typedef struct _VervetJsonReader VervetJsonReader;

/* @name stands in error messages (a file's name). @data is borrowed and must outlive the reader. Nesting deeper than
 * 512 is an error, and so are a lone surrogate, a control character in a string, and bytes that are not UTF-8. */
VervetJsonReader *vervet_json_reader_new (const char *data, gsize len, const char *name, VervetJsonFlags flags);
/* Takes a reference to @stream. Memory stays at the size of the longest token plus 64 kB. */
VervetJsonReader *vervet_json_reader_new_stream (GInputStream *stream, const char *name, VervetJsonFlags flags);
/* Opens @path for streaming; a gzip file is recognised by its first two bytes and unpacked on the way. */
VervetJsonReader *vervet_json_reader_open (const char *path, VervetJsonFlags flags, GError **error);
void vervet_json_reader_free (VervetJsonReader *reader);

/* The next token, VERVET_JSON_END after the last one, VERVET_JSON_ERROR once and for ever after a fault. */
VervetJsonToken vervet_json_reader_next (VervetJsonReader *reader, GError **error);
/* Reads over the rest of the value whose first token was the last one returned (nothing to do for a scalar). */
gboolean vervet_json_reader_skip (VervetJsonReader *reader, GError **error);
/* Of the last token; valid until the next call on @reader. Strings are unescaped, NUL-terminated, and may hold NULs. */
const char *vervet_json_reader_string (const VervetJsonReader *reader, gsize *len /* nullable */);
gint64 vervet_json_reader_int (const VervetJsonReader *reader);
double vervet_json_reader_double (const VervetJsonReader *reader); /* also of an INT */
/* The number exactly as written ("0.10", "12345678901234567890123"). */
const char *vervet_json_reader_number_text (const VervetJsonReader *reader);
/* Where the last token begins, both from 1; column counts bytes. */
guint vervet_json_reader_line (const VervetJsonReader *reader);
guint vervet_json_reader_column (const VervetJsonReader *reader);
guint64 vervet_json_reader_offset (const VervetJsonReader *reader); /* bytes of (unpacked) input consumed so far */

/* ---- Tree ------------------------------------------------------------------------------------------------------ */
typedef struct _VervetJson VervetJson;
struct _VervetJson {
  VervetJsonToken type; /* NULL, FALSE, TRUE, INT, FLOAT, STRING, ARRAY or OBJECT */
  guint line, column;   /* 0: not from a file */
  gint64 i;             /* INT */
  double f;             /* INT and FLOAT */
  char *s;              /* STRING: the text; INT and FLOAT: as written. NUL-terminated, may hold NULs */
  gsize len;            /* of s */
  GPtrArray *keys;      /* OBJECT: char *, in the order written. A repeated key is an error */
  GPtrArray *items;     /* OBJECT: VervetJson *, beside keys; ARRAY: the elements */
};

VervetJson *vervet_json_parse (const char *data, gssize len, const char *name, VervetJsonFlags flags, GError **error);
VervetJson *vervet_json_load (const char *path, VervetJsonFlags flags, GError **error);
/* Builds the tree of the value whose first token was the last one returned by @reader. */
VervetJson *vervet_json_read_value (VervetJsonReader *reader, GError **error);
VervetJson *vervet_json_new (VervetJsonToken type);
VervetJson *vervet_json_new_string (const char *s);
VervetJson *vervet_json_new_int (gint64 i);
VervetJson *vervet_json_new_double (double f);
VervetJson *vervet_json_copy (const VervetJson *json);
void vervet_json_free (VervetJson *json);
gboolean vervet_json_equal (const VervetJson *a, const VervetJson *b); /* order of keys does not matter */

/* NULL when @json is no object or lacks the key: safe to chain. */
VervetJson *vervet_json_get (const VervetJson *json, const char *key);
VervetJson *vervet_json_at (const VervetJson *json, guint index);
guint vervet_json_length (const VervetJson *json); /* of an array or object, else 0 */
/* "a.b.3.c": keys and array indices. NULL when a part is missing. */
VervetJson *vervet_json_find (const VervetJson *json, const char *path);
const char *vervet_json_get_string (const VervetJson *json, const char *key, const char *fallback);
gint64 vervet_json_get_int (const VervetJson *json, const char *key, gint64 fallback);
double vervet_json_get_double (const VervetJson *json, const char *key, double fallback);
/* Takes @value. A path's missing objects are made; a scalar in its way is an error. */
gboolean vervet_json_set_path (VervetJson *json, const char *path, VervetJson *value, GError **error);
void vervet_json_set (VervetJson *json, const char *key, VervetJson *value);
void vervet_json_append (VervetJson *array, VervetJson *value);
void vervet_json_remove (VervetJson *json, const char *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VervetJson, vervet_json_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VervetJsonReader, vervet_json_reader_free)

/* ---- Writer ---------------------------------------------------------------------------------------------------- */
typedef struct _VervetJsonWriter VervetJsonWriter;

/* Appends to @out, which is borrowed. @indent 0: one line; else that many blanks a level. Values on the top level stand
 * on lines of their own (JSON Lines); the last line's end is the caller's. */
VervetJsonWriter *vervet_json_writer_new (GString *out, guint indent);
void vervet_json_writer_free (VervetJsonWriter *writer); /* warns when a bracket is open */
void vervet_json_writer_begin_object (VervetJsonWriter *writer);
void vervet_json_writer_end_object (VervetJsonWriter *writer);
void vervet_json_writer_begin_array (VervetJsonWriter *writer);
void vervet_json_writer_end_array (VervetJsonWriter *writer);
void vervet_json_writer_key (VervetJsonWriter *writer, const char *key);
void vervet_json_writer_string (VervetJsonWriter *writer, const char *s);           /* NULL writes null */
void vervet_json_writer_bytes (VervetJsonWriter *writer, const char *s, gsize len); /* bad UTF-8 becomes U+FFFD */
void vervet_json_writer_int (VervetJsonWriter *writer, gint64 i);
void vervet_json_writer_double (VervetJsonWriter *writer, double f); /* NaN and infinity write null */
void vervet_json_writer_bool (VervetJsonWriter *writer, gboolean b);
void vervet_json_writer_null (VervetJsonWriter *writer);
/* Numbers that came from a file are written as they stood there ("0.10"). */
void vervet_json_writer_tree (VervetJsonWriter *writer, const VervetJson *json);
char *vervet_json_to_string (const VervetJson *json, guint indent); /* one value, no line end */
/* Keys sorted by bytes, numbers normalised (1.0 is 1, -0 is 0, integers of any length keep every digit, what is not
 * finite is null), no blanks: equal trees give equal bytes. For fingerprints. */
char *vervet_json_to_canonical (const VervetJson *json);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VervetJsonWriter, vervet_json_writer_free)

G_END_DECLS

#endif
