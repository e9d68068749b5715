/* text-reader.h - texts out of the file: unpacked with their dictionary, checked against what their row promises. */
#ifndef VERVET_STORE_TEXT_READER_H
#define VERVET_STORE_TEXT_READER_H

#include "sql.h"

G_BEGIN_DECLS

#define VERVET_TEXT_MAX (512u << 20) /* bytes: more than this in one text is refused in both directions */

typedef struct _VervetTextReader VervetTextReader;

VervetTextReader *vervet_text_reader_new (sqlite3 *db); /* borrows @db */
void vervet_text_reader_free (VervetTextReader *reader);

/* The raw bytes, valid until the next call on @reader. NULL with @error. */
const guint8 *vervet_text_reader_get (VervetTextReader *reader, gint64 text_id, gsize *len, guint64 *hash,
                                      GError **error);
/* TRUE unless the file cannot be read; *equal: whether the text is exactly these bytes. @hash is theirs. */
gboolean vervet_text_reader_equals (VervetTextReader *reader, gint64 text_id, guint64 hash, const void *data, gsize len,
                                    gboolean *equal, GError **error);

G_END_DECLS

#endif
