/* sql.h - what every file of the store needs to talk to SQLite: prepare, step, bind and read with our conventions (-1
 * and NaN stand for NULL), and errors as sentences. */
#ifndef VERVET_STORE_SQL_H
#define VERVET_STORE_SQL_H

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

typedef sqlite3_stmt VervetStmt;
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VervetStmt, sqlite3_finalize)

/* Fills @error from the connection's last failure: disk full, damage and the rest are told apart. */
void vervet_sql_fail (sqlite3 *db, GError **error);
sqlite3_stmt *vervet_sql_prepare (sqlite3 *db, const char *sql, GError **error);
gboolean vervet_sql_exec (sqlite3 *db, const char *sql, GError **error);
int vervet_sql_step (sqlite3_stmt *stmt, GError **error); /* 1: a row, 0: the end (and reset), -1: error (and reset) */
gboolean vervet_sql_run (sqlite3_stmt *stmt, GError **error); /* to the end, then reset */
/* The single integer that @sql yields; @fallback when it yields no row or NULL. */
gboolean vervet_sql_number (sqlite3 *db, const char *sql, gint64 fallback, gint64 *out, GError **error);

void vervet_sql_bind_count (sqlite3_stmt *stmt, int i, gint64 n);     /* < 0: NULL */
void vervet_sql_bind_text (sqlite3_stmt *stmt, int i, const char *s); /* nullable; not copied */
void vervet_sql_bind_bytes (sqlite3_stmt *stmt, int i, const void *data,
                            gsize len);                                /* a NULL @data: NULL; not copied */
gint64 vervet_sql_count (sqlite3_stmt *stmt, int column);              /* NULL: -1 */
double vervet_sql_real (sqlite3_stmt *stmt, int column);               /* NULL: NaN */
char *vervet_sql_text (sqlite3_stmt *stmt, int column);                /* (transfer full), NULL: NULL */
void vervet_sql_hash (sqlite3_stmt *stmt, int column, guint8 out[16]); /* anything but 16 bytes: zeros */

G_END_DECLS

#endif
