/* lock.h - one writing process a file: an open-file-description lock on FILE.lock, which dies with its process, and a
 * lease row, which names the holder and covers what a lock cannot (a deleted lock file, another host). */
#ifndef VERVET_STORE_LOCK_H
#define VERVET_STORE_LOCK_H

#include "sql.h"

G_BEGIN_DECLS

#define VERVET_LEASE_BEAT_MS 5000

/* The lock's file descriptor, or -1 with ENVIRONMENT; the error names the holder when the lease row does. */
int vervet_lock_take (const char *path, GError **error);
void vervet_lock_release (const char *path, int fd);

/* Writes our lease over a stale one; ENVIRONMENT when another process seems to be alive. */
gboolean vervet_lease_take (sqlite3 *db, const char *path, GError **error);
gboolean vervet_lease_beat (sqlite3 *db, gint64 now_ms, GError **error);
gboolean vervet_lease_drop (sqlite3 *db, GError **error);

G_END_DECLS

#endif
