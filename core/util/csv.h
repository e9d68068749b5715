/* csv.h - tables as RFC 4180 has them, read row by row: quoted fields with quotes, commas and line ends in them, LF or
 * CRLF, a byte order mark, gzip. The first row names the columns. Blank lines are read over; a quote inside a field
 * that does not begin with one is a character like any other.
 *
 * Memory: one row. Threads: one at a time. Errors: INPUT with "NAME:LINE: ..." - a row with more or fewer fields than
 * there are columns, a quote that never closes, a character behind a closing quote, bytes that are not UTF-8, a NUL. */
#ifndef VERVET_UTIL_CSV_H
#define VERVET_UTIL_CSV_H

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _VervetCsv VervetCsv;

/* Both read the first row. INPUT when there is none, when a column has no name or two have the same. */
VervetCsv *vervet_csv_open (const char *path, GError **error);
VervetCsv *vervet_csv_new (GInputStream *stream, const char *name, GError **error);
void vervet_csv_free (VervetCsv *csv);

guint vervet_csv_columns (const VervetCsv *csv);
/* The place of a column; INPUT naming the nearest column when there is none of this name. */
gboolean vervet_csv_column (const VervetCsv *csv, const char *column, guint *index, GError **error);

/* 1: a row is there, 0: the end, -1: a fault, for ever after. */
int vervet_csv_next (VervetCsv *csv, GError **error);
/* A field of the row just read, NUL-terminated; valid until the next call of vervet_csv_next(). */
const char *vervet_csv_field (const VervetCsv *csv, guint index);
guint64 vervet_csv_line (const VervetCsv *csv); /* where that row begins, from 1 */

/* A row: quotes only where they are needed, ended by LF. */
void vervet_csv_append (GString *out, const char *const *fields, guint n);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VervetCsv, vervet_csv_free)

G_END_DECLS

#endif
