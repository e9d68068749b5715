/* store.h - what the files of core/store share about an open run file. Private to the folder (and its tests). */
#ifndef VERVET_STORE_STORE_H
#define VERVET_STORE_STORE_H

#include "vervet-store.h"

#include "sql.h"
#include "text-reader.h"

G_BEGIN_DECLS

struct _VervetStore {
  sqlite3 *db;   /* a writing store's belongs to the writer's thread while there is a writer */
  sqlite3 *view; /* writing store: a reading connection for the caller while there is a writer; else NULL */
  VervetTextReader *texts, *view_texts; /* of db, of view */
  char *path;
  guint8 uuid[VERVET_HASH_SIZE];
  int lock_fd; /* -1: a reading store */
  gboolean owns_lease;
  gint64 beat_ms; /* when the lease was last renewed */
  VervetWriter *writer;
};

/* The connection for the caller's thread, and its texts (nullable out). NULL with @error. */
sqlite3 *vervet_store_db (VervetStore *store, VervetTextReader **texts, GError **error);
/* The writing connection for set-up calls: NULL with @error on a reading store and while there is a writer. */
sqlite3 *vervet_store_setup_db (VervetStore *store, GError **error);

G_END_DECLS

#endif
