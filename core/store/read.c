#include "read.h"

#include <stdarg.h>
#include <string.h>

sqlite3_stmt *
vervet_read_query (VervetStore *store, GError **error, const char *sql, guint n, ...)
{
  sqlite3 *db = vervet_store_db (store, NULL, error);
  sqlite3_stmt *stmt = db ? vervet_sql_prepare (db, sql, error) : NULL;
  va_list args;

  if (!stmt)
    return NULL;
  va_start (args, n);
  for (guint i = 1; i <= n; i++)
    sqlite3_bind_int64 (stmt, (int)i, va_arg (args, gint64));
  va_end (args);
  return stmt;
}

GArray *
vervet_read_array (gsize row_size, GDestroyNotify clear)
{
  GArray *array = g_array_new (FALSE, TRUE, (guint)row_size);

  if (clear)
    g_array_set_clear_func (array, clear);
  return array;
}

GArray *
vervet_read_all (sqlite3_stmt *stmt, gsize row_size, GDestroyNotify clear, VervetReadRow read, GError **error)
{
  g_autoptr (GArray) array = vervet_read_array (row_size, clear);
  int rc;

  if (!stmt)
    return NULL;
  while ((rc = vervet_sql_step (stmt, error)) > 0) {
    g_array_set_size (array, array->len + 1);
    read (stmt, array->data + (gsize)(array->len - 1) * row_size);
  }
  sqlite3_finalize (stmt);
  return rc < 0 ? NULL : g_steal_pointer (&array);
}

char *
vervet_read_bytes (sqlite3_stmt *stmt, int column, gsize *len)
{
  const void *data;
  char *out;

  *len = 0;
  if (sqlite3_column_type (stmt, column) == SQLITE_NULL)
    return NULL;
  data = sqlite3_column_blob (stmt, column);
  *len = (gsize)sqlite3_column_bytes (stmt, column);
  out = g_malloc (*len + 1);
  if (*len)
    memcpy (out, data, *len);
  out[*len] = '\0';
  return out;
}

void
vervet_read_sample (sqlite3_stmt *stmt, int first, VervetSampleRow *row)
{
  row->calls = 0; /* counted when it was written */
  int c = first;

  row->id = sqlite3_column_int64 (stmt, c++);
  row->member_id = sqlite3_column_int64 (stmt, c++);
  row->trial = (guint)sqlite3_column_int64 (stmt, c++);
  row->ord = (guint)sqlite3_column_int64 (stmt, c++);
  row->epoch_id = sqlite3_column_int64 (stmt, c++);
  row->status = sqlite3_column_int (stmt, c++);
  row->finish = sqlite3_column_int (stmt, c++);
  row->flags = (guint)sqlite3_column_int64 (stmt, c++);
  row->text_id = vervet_sql_count (stmt, c++);
  row->in_tok = vervet_sql_count (stmt, c++);
  row->cached_tok = vervet_sql_count (stmt, c++);
  row->out_tok = vervet_sql_count (stmt, c++);
  row->think_tok = vervet_sql_count (stmt, c++);
  row->call_n = (int)vervet_sql_count (stmt, c++);
  row->seq_tok = vervet_sql_count (stmt, c++);
  row->nano_money = vervet_sql_count (stmt, c++);
  row->start_ms = vervet_sql_count (stmt, c++);
  row->took_ms = vervet_sql_count (stmt, c++);
  row->tries = (int)vervet_sql_count (stmt, c++);
  row->logprob = vervet_sql_real (stmt, c++);
  row->score = vervet_sql_real (stmt, c++);
  row->weight = vervet_sql_real (stmt, c++);
  row->seed = vervet_sql_count (stmt, c++);
  row->node = vervet_sql_count (stmt, c++);
}
