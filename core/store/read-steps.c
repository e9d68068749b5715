#include <string.h>

#include "read.h"

/* ---- Jobs ---- */
void
vervet_read_job (sqlite3_stmt *stmt, VervetJobRow *row)
{
  row->job_id = sqlite3_column_int64 (stmt, 0);
  row->check_id = sqlite3_column_int64 (stmt, 1);
  row->member_id = sqlite3_column_int64 (stmt, 2);
  row->trial = (guint)sqlite3_column_int64 (stmt, 3);
  row->ord = sqlite3_column_int (stmt, 4);
  row->state = sqlite3_column_int (stmt, 5);
  row->epoch_id = sqlite3_column_int64 (stmt, 6);
  row->answer_ord = (int)vervet_sql_count (stmt, 7);
  row->calls = vervet_sql_count (stmt, 8);
  row->in_tok = vervet_sql_count (stmt, 9);
  row->cached_tok = vervet_sql_count (stmt, 10);
  row->out_tok = vervet_sql_count (stmt, 11);
  row->seq_tok = vervet_sql_count (stmt, 12);
  row->nano_money = vervet_sql_count (stmt, 13);
  row->start_ms = vervet_sql_count (stmt, 14);
  row->took_ms = vervet_sql_count (stmt, 15);
  row->notes = vervet_sql_text (stmt, 16);
}

static void
read_job (sqlite3_stmt *stmt, gpointer row)
{
  vervet_read_job (stmt, row);
}

static void
clear_job (gpointer data)
{
  VervetJobRow *row = data;

  g_free ((char *)row->notes);
}

GArray *
vervet_store_jobs (VervetStore *store, gint64 member_id, GError **error)
{
  sqlite3_stmt *stmt =
      vervet_read_query (store, error,
                         "SELECT " VERVET_READ_JOB_COLUMNS " FROM job WHERE member_id = ?1 AND check_id IN "
                         "(SELECT 0 UNION ALL SELECT check_id FROM \"check\") ORDER BY check_id, trial, ord",
                         1, member_id);

  return vervet_read_all (stmt, sizeof (VervetJobRow), clear_job, read_job, error);
}

/* ---- Nodes ---- */
static void
clear_node (gpointer data)
{
  VervetNodeRow *row = data;

  g_free ((char *)row->role);
  g_free ((char *)row->label);
  g_free ((char *)row->text);
  g_free ((char *)row->request);
  g_free ((guint8 *)row->extra);
}

static void
read_node_numbers (sqlite3_stmt *stmt, VervetNodeRow *row)
{
  row->job_id = sqlite3_column_int64 (stmt, 0);
  row->node = sqlite3_column_int64 (stmt, 1);
  row->parent = sqlite3_column_int64 (stmt, 2);
  vervet_sql_hash (stmt, 3, row->req_key);
  row->occ = (guint)sqlite3_column_int64 (stmt, 4);
  row->idx = (guint)sqlite3_column_int64 (stmt, 5);
  row->op = (guint)sqlite3_column_int64 (stmt, 6);
  row->flags = (guint)sqlite3_column_int64 (stmt, 7);
  row->told = vervet_sql_count (stmt, 8);
  row->status = sqlite3_column_int (stmt, 9);
  row->finish = sqlite3_column_int (stmt, 10);
  row->in_tok = vervet_sql_count (stmt, 11);
  row->cached_tok = vervet_sql_count (stmt, 12);
  row->out_tok = vervet_sql_count (stmt, 13);
  row->seq_tok = vervet_sql_count (stmt, 14);
  row->start_ms = vervet_sql_count (stmt, 15);
  row->took_ms = vervet_sql_count (stmt, 16);
  row->tries = (int)vervet_sql_count (stmt, 17);
  row->logprob = vervet_sql_real (stmt, 18);
  row->score = vervet_sql_real (stmt, 19);
  row->reward = vervet_sql_real (stmt, 20);
}

static gboolean
load_bytes (VervetTextReader *texts, gint64 text_id, const char **out, gsize *len, GError **error)
{
  const guint8 *data;
  char *copy;

  if (text_id <= 0)
    return TRUE;
  if (!(data = vervet_text_reader_get (texts, text_id, len, NULL, error)))
    return FALSE;
  copy = g_malloc (*len + 1);
  memcpy (copy, data, *len);
  copy[*len] = '\0';
  *out = copy;
  return TRUE;
}

static gboolean
read_node (sqlite3_stmt *stmt, VervetTextReader *texts, VervetNodeRow *row, GError **error)
{
  read_node_numbers (stmt, row);
  row->role = vervet_sql_text (stmt, 21);
  row->label = vervet_sql_text (stmt, 22);
  row->extra = (const guint8 *)vervet_read_bytes (stmt, 23, &row->extra_len);
  return load_bytes (texts, vervet_sql_count (stmt, 24), &row->text, &row->text_len, error)
         && load_bytes (texts, vervet_sql_count (stmt, 25), &row->request, &row->request_len, error);
}

GArray *
vervet_store_nodes (VervetStore *store, gint64 job_id, GError **error)
{
  g_autoptr (GArray) array = vervet_read_array (sizeof (VervetNodeRow), clear_node);
  g_autoptr (VervetStmt) stmt = vervet_read_query (
      store, error,
      "SELECT job_id, node, parent, req_key, occ, idx, op, flags, told, status, finish, in_tok, cached_tok, out_tok, "
      "seq_tok, "
      "start_ms, took_ms, tries, logprob, score, reward, r.s, l.s, extra, text_id, request_id FROM node "
      "LEFT JOIN string r ON r.string_id = role LEFT JOIN string l ON l.string_id = label WHERE job_id = ?1 "
      "ORDER BY told IS NULL, told, node",
      1, job_id);
  VervetTextReader *texts;
  int rc;

  if (!stmt || !vervet_store_db (store, &texts, error))
    return NULL;
  while ((rc = vervet_sql_step (stmt, error)) > 0) {
    g_array_set_size (array, array->len + 1);
    if (!read_node (stmt, texts, &g_array_index (array, VervetNodeRow, array->len - 1), error))
      return NULL;
  }
  return rc < 0 ? NULL : g_steal_pointer (&array);
}

/* ---- Ledger, incidents, epochs ---- */
static void
clear_ledger (gpointer data)
{
  VervetLedgerRow *row = data;

  g_free ((char *)row->unit);
}

static void
read_ledger (sqlite3_stmt *stmt, gpointer data)
{
  VervetLedgerRow *row = data;

  row->unit = vervet_sql_text (stmt, 0);
  row->spent = sqlite3_column_double (stmt, 1);
  row->reserved = sqlite3_column_double (stmt, 2);
  row->lost = sqlite3_column_double (stmt, 3);
  row->cap = vervet_sql_real (stmt, 4);
}

GArray *
vervet_store_ledger (VervetStore *store, gint64 run_id, GError **error)
{
  sqlite3_stmt *stmt = vervet_read_query (
      store, error, "SELECT unit, spent, reserved, lost, cap FROM ledger WHERE run_id = ?1 ORDER BY unit", 1, run_id);

  return vervet_read_all (stmt, sizeof (VervetLedgerRow), clear_ledger, read_ledger, error);
}

static void
clear_incident (gpointer data)
{
  VervetIncidentCount *row = data;

  g_free (row->message);
}

static void
read_incident (sqlite3_stmt *stmt, gpointer data)
{
  VervetIncidentCount *row = data;

  row->status = sqlite3_column_int (stmt, 0);
  row->http = sqlite3_column_int (stmt, 1);
  row->message = vervet_sql_text (stmt, 2);
  row->n = sqlite3_column_int64 (stmt, 3);
}

GArray *
vervet_store_incidents (VervetStore *store, gint64 run_id, GError **error)
{
  sqlite3_stmt *stmt = vervet_read_query (
      store, error,
      "SELECT i.status, i.http, s.s, count(*) AS n FROM incident i LEFT JOIN string s ON s.string_id = i.message "
      "WHERE i.run_id = ?1 GROUP BY i.status, i.http, i.message ORDER BY n DESC, i.status, i.http",
      1, run_id);

  return vervet_read_all (stmt, sizeof (VervetIncidentCount), clear_incident, read_incident, error);
}

static void
clear_epoch (gpointer data)
{
  VervetEpochRow *row = data;

  g_free (row->facts);
}

static void
read_epoch (sqlite3_stmt *stmt, gpointer data)
{
  VervetEpochRow *row = data;

  row->epoch_id = sqlite3_column_int64 (stmt, 0);
  row->started_ms = sqlite3_column_int64 (stmt, 1);
  row->ended_ms = vervet_sql_count (stmt, 2);
  row->facts = vervet_sql_text (stmt, 3);
}

GArray *
vervet_store_epochs (VervetStore *store, gint64 run_id, GError **error)
{
  sqlite3_stmt *stmt = vervet_read_query (
      store, error, "SELECT epoch_id, started_ms, ended_ms, facts FROM epoch WHERE run_id = ?1 ORDER BY epoch_id", 1,
      run_id);

  return vervet_read_all (stmt, sizeof (VervetEpochRow), clear_epoch, read_epoch, error);
}
