#include "sql.h"

#include <math.h>
#include <string.h>

#include "vervet-error.h"

void
vervet_sql_fail (sqlite3 *db, GError **error)
{
  const char *path = sqlite3_db_filename (db, "main");
  int rc = sqlite3_errcode (db);
  const char *name = path && *path ? path : "run file";

  switch (rc & 0xff) {
  case SQLITE_FULL:
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT,
                 "%s: the disk is full; make room on it, nothing that was stored is lost", name);
    break;
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
                 "%s: the file is damaged (%s); take a copy of it from before, or rescue it with sqlite3's .recover",
                 name, sqlite3_errmsg (db));
    break;
  case SQLITE_READONLY:
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT,
                 "%s: the file or its folder cannot be written; change its permissions or copy it elsewhere", name);
    break;
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT,
                 "%s: another program holds the file; close it and try again", name);
    break;
  case SQLITE_IOERR:
  case SQLITE_CANTOPEN:
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT, "%s: %s (%s); check the disk", name,
                 sqlite3_errmsg (db), g_strerror (sqlite3_system_errno (db)));
    break;
  case SQLITE_NOMEM:
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT, "%s: out of memory", name);
    break;
  default:
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INTERNAL, "%s: %s", name, sqlite3_errmsg (db));
  }
}

sqlite3_stmt *
vervet_sql_prepare (sqlite3 *db, const char *sql, GError **error)
{
  sqlite3_stmt *stmt = NULL;

  if (sqlite3_prepare_v3 (db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL) != SQLITE_OK) {
    vervet_sql_fail (db, error);
    return NULL;
  }
  return stmt;
}

gboolean
vervet_sql_exec (sqlite3 *db, const char *sql, GError **error)
{
  if (sqlite3_exec (db, sql, NULL, NULL, NULL) == SQLITE_OK)
    return TRUE;
  vervet_sql_fail (db, error);
  return FALSE;
}

int
vervet_sql_step (sqlite3_stmt *stmt, GError **error)
{
  int rc = sqlite3_step (stmt);

  if (rc == SQLITE_ROW)
    return 1;
  if (rc != SQLITE_DONE)
    vervet_sql_fail (sqlite3_db_handle (stmt), error);
  sqlite3_reset (stmt);
  return rc == SQLITE_DONE ? 0 : -1;
}

gboolean
vervet_sql_run (sqlite3_stmt *stmt, GError **error)
{
  int rc;

  do
    rc = vervet_sql_step (stmt, error);
  while (rc > 0);
  return rc == 0;
}

gboolean
vervet_sql_number (sqlite3 *db, const char *sql, gint64 fallback, gint64 *out, GError **error)
{
  g_autoptr (VervetStmt) stmt = vervet_sql_prepare (db, sql, error);
  int rc;

  if (!stmt || (rc = vervet_sql_step (stmt, error)) < 0)
    return FALSE;
  *out = rc > 0 && sqlite3_column_type (stmt, 0) != SQLITE_NULL ? sqlite3_column_int64 (stmt, 0) : fallback;
  return TRUE;
}

void
vervet_sql_bind_count (sqlite3_stmt *stmt, int i, gint64 n)
{
  if (n < 0)
    sqlite3_bind_null (stmt, i);
  else
    sqlite3_bind_int64 (stmt, i, n);
}

void
vervet_sql_bind_text (sqlite3_stmt *stmt, int i, const char *s)
{
  sqlite3_bind_text (stmt, i, s, -1, SQLITE_STATIC);
}

void
vervet_sql_bind_bytes (sqlite3_stmt *stmt, int i, const void *data, gsize len)
{
  if (data)
    sqlite3_bind_blob64 (stmt, i, len ? data : "", len, SQLITE_STATIC);
  else
    sqlite3_bind_null (stmt, i);
}

gint64
vervet_sql_count (sqlite3_stmt *stmt, int column)
{
  return sqlite3_column_type (stmt, column) == SQLITE_NULL ? -1 : sqlite3_column_int64 (stmt, column);
}

double
vervet_sql_real (sqlite3_stmt *stmt, int column)
{
  return sqlite3_column_type (stmt, column) == SQLITE_NULL ? NAN : sqlite3_column_double (stmt, column);
}

char *
vervet_sql_text (sqlite3_stmt *stmt, int column)
{
  return g_strdup ((const char *)sqlite3_column_text (stmt, column));
}

void
vervet_sql_hash (sqlite3_stmt *stmt, int column, guint8 out[16])
{
  if (sqlite3_column_bytes (stmt, column) == 16)
    memcpy (out, sqlite3_column_blob (stmt, column), 16);
  else
    memset (out, 0, 16);
}
