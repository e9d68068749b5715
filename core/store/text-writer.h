/* text-writer.h - texts into the file: zstd with a dictionary that is trained once, on the first texts that come along,
 * by a thread of its own so that no commit waits for it. */
#ifndef VERVET_STORE_TEXT_WRITER_H
#define VERVET_STORE_TEXT_WRITER_H

#include "sql.h"

G_BEGIN_DECLS

typedef struct _VervetTextWriter VervetTextWriter;

/* Uses the file's newest dictionary; without one it trains one when @train is set. Borrows @db. */
VervetTextWriter *vervet_text_writer_new (sqlite3 *db, gboolean train, GError **error);
void vervet_text_writer_free (VervetTextWriter *writer);

/* In a transaction: adds a row. @hash: vervet_hash64 (data, len, 0). */
gboolean vervet_text_writer_put (VervetTextWriter *writer, const void *data, gsize len, guint64 hash, gint64 *text_id,
                                 GError **error);
void vervet_text_writer_committed (VervetTextWriter *writer);
void vervet_text_writer_rolled_back (VervetTextWriter *writer);

G_END_DECLS

#endif
