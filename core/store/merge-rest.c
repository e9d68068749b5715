#include <string.h>

#include "merge.h"
#include "util/hash.h"

/* ---- Counters that no row carries ----
 * Every file's own part of member.calls and of the ledger is kept apart under the file's uuid. Such a part only grows,
 * so of two reports of it the greater one is the newer, and the sum over files does not depend on the order of merges.
 */
typedef struct {
  VervetMerge *merge;
  sqlite3_stmt *find, *store;
} Parts;

/* Notes that file @uuid has added @amount; *more: by how much that is more than was known. */
static gboolean
note_part (Parts *parts, const void *uuid, gint64 run_id, gint64 member_id, const char *what, double amount,
           double *more, GError **error)
{
  sqlite3_stmt *stmts[] = { parts->find, parts->store };
  int rc;

  for (guint i = 0; i < 2; i++) {
    vervet_sql_bind_bytes (stmts[i], 1, uuid, VERVET_HASH_SIZE);
    sqlite3_bind_int64 (stmts[i], 2, run_id);
    sqlite3_bind_int64 (stmts[i], 3, member_id);
    vervet_sql_bind_text (stmts[i], 4, what);
  }
  *more = amount;
  if ((rc = vervet_sql_step (parts->find, error)) > 0) {
    *more = amount - sqlite3_column_double (parts->find, 0);
    sqlite3_reset (parts->find);
  }
  if (rc < 0)
    return FALSE;
  if (*more <= 0) {
    *more = 0;
    return TRUE;
  }
  sqlite3_bind_double (parts->store, 5, amount);
  return vervet_sql_run (parts->store, error);
}

static gboolean
add_calls (VervetMerge *merge, gint64 member_id, double more, GError **error)
{
  return more == 0 || vervet_apply_calls (merge->apply, member_id, (gint64)more, error);
}

static gboolean
add_ledger (VervetMerge *merge, gint64 run_id, const char *what, double more, GError **error)
{
  gboolean lost = g_str_has_prefix (what, "lost ");
  g_autoptr (VervetStmt) stmt =
      vervet_sql_prepare (merge->out->db,
                          "INSERT INTO ledger (run_id, unit, spent, reserved, lost) VALUES (?1, ?2, ?3, 0, ?4) "
                          "ON CONFLICT DO UPDATE SET spent = spent + ?3, lost = lost + ?4",
                          error);

  if (!stmt)
    return FALSE;
  sqlite3_bind_int64 (stmt, 1, run_id);
  vervet_sql_bind_text (stmt, 2, strchr (what, ' ') + 1);
  sqlite3_bind_double (stmt, 3, lost ? 0 : more);
  sqlite3_bind_double (stmt, 4, lost ? more : 0);
  return more == 0 || vervet_sql_run (stmt, error);
}

static gboolean
add_part (Parts *parts, const void *uuid, gint64 run_id, gint64 member_id, const char *what, double amount,
          GError **error)
{
  double more;

  if (amount <= 0)
    return TRUE;
  if (!note_part (parts, uuid, run_id, member_id, what, amount, &more, error))
    return FALSE;
  return member_id ? add_calls (parts->merge, member_id, more, error)
                   : add_ledger (parts->merge, run_id, what, more, error);
}

/* Rows of (uuid, run_id, member_id, what, amount); a NULL uuid is the shard itself. */
static gboolean
add_parts (Parts *parts, const char *sql, GError **error)
{
  VervetMerge *merge = parts->merge;
  g_autoptr (VervetStmt) rows = vervet_sql_prepare (merge->shard->db, sql, error);
  int rc;

  if (!rows)
    return FALSE;
  while ((rc = vervet_sql_step (rows, error)) > 0) {
    guint8 uuid[VERVET_HASH_SIZE];
    gint64 run_id = vervet_merge_map (merge->runs, sqlite3_column_int64 (rows, 1));
    gint64 old_member = sqlite3_column_int64 (rows, 2), member_id = vervet_merge_map (merge->members, old_member);
    const char *what = (const char *)sqlite3_column_text (rows, 3);
    memcpy (uuid, merge->shard->uuid, sizeof uuid);
    if (sqlite3_column_type (rows, 0) != SQLITE_NULL)
      vervet_sql_hash (rows, 0, uuid);
    if (!run_id || !member_id != !old_member || !what || (!old_member && !strchr (what, ' ')))
      continue;
    if (memcmp (uuid, merge->out->uuid, sizeof uuid) != 0
        && !add_part (parts, uuid, run_id, member_id, what, sqlite3_column_double (rows, 4), error))
      return FALSE;
  }
  return rc == 0;
}

#define FROM_OTHERS(key, what) \
  "ifnull ((SELECT sum (amount) FROM merged_part p WHERE p.run_id = " key " AND p.what = " what "), 0)"

static gboolean
merge_parts (VervetMerge *merge, GError **error)
{
  Parts parts = { .merge = merge };
  gboolean ok;

  parts.find = vervet_sql_prepare (
      merge->out->db,
      "SELECT amount FROM merged_part WHERE shard = ?1 AND run_id = ?2 AND member_id = ?3 AND what = ?4", error);
  parts.store = vervet_sql_prepare (merge->out->db, "INSERT OR REPLACE INTO merged_part VALUES (?1, ?2, ?3, ?4, ?5)",
                                    parts.find ? error : NULL);
  ok =
      parts.find && parts.store
      && add_parts (&parts, "SELECT shard, run_id, member_id, what, amount FROM merged_part", error)
      && add_parts (&parts,
                    "SELECT NULL, m.run_id, m.member_id, 'calls', m.calls - ifnull (sum (p.amount), 0) FROM member m "
                    "LEFT JOIN merged_part p ON p.run_id = m.run_id AND p.member_id = m.member_id AND p.what = 'calls' "
                    "GROUP BY m.member_id",
                    error)
      && add_parts (
          &parts,
          "SELECT NULL, l.run_id, 0, 'spent ' || l.unit, l.spent - " FROM_OTHERS (
              "l.run_id",
              "'spent ' || l.unit") " FROM ledger l UNION ALL "
                                    "SELECT NULL, l.run_id, 0, 'lost ' || l.unit, l.lost + l.reserved - " FROM_OTHERS (
                                        "l.run_id", "'lost ' || l.unit") " FROM ledger l",
          error);
  sqlite3_finalize (parts.find);
  sqlite3_finalize (parts.store);
  return ok;
}

/* ---- Incidents ---- */
#define INCIDENT_COLUMNS \
  "i.run_id, i.member_id, i.trial, i.job_id, i.node, i.check_id, i.try, i.at_ms, i.status, i.http, s.s"

static void
read_incident (sqlite3_stmt *stmt, VervetIncidentRow *row, gint64 *at_ms)
{
  row->run_id = sqlite3_column_int64 (stmt, 0);
  row->member_id = vervet_sql_count (stmt, 1);
  row->trial = vervet_sql_count (stmt, 2);
  row->job_id = vervet_sql_count (stmt, 3);
  row->node = vervet_sql_count (stmt, 4);
  row->check_id = vervet_sql_count (stmt, 5);
  row->try_ = (int)vervet_sql_count (stmt, 6);
  *at_ms = sqlite3_column_int64 (stmt, 7);
  row->status = sqlite3_column_int (stmt, 8);
  row->http = sqlite3_column_int (stmt, 9);
  row->message = (const char *)sqlite3_column_text (stmt, 10);
}

/* An incident has no key of its own: it is the same as another when everything it says is. */
static char *
incident_key (const VervetIncidentRow *row, gint64 at_ms)
{
  gint64 numbers[] = { row->run_id, row->member_id, row->trial,  row->node, row->check_id,
                       row->try_,   at_ms,          row->status, row->http };
  guint64 hash[2];

  vervet_hash128 (numbers, sizeof numbers, row->message ? vervet_hash64 (row->message, strlen (row->message), 1) : 0,
                  hash);
  return vervet_hex ((const guint8 *)hash, sizeof hash);
}

static gboolean
known_incidents (VervetMerge *merge, GHashTable *known, GError **error)
{
  g_autoptr (VervetStmt) rows = vervet_sql_prepare (
      merge->out->db, "SELECT " INCIDENT_COLUMNS " FROM incident i LEFT JOIN string s ON s.string_id = i.message",
      error);
  int rc;

  if (!rows)
    return FALSE;
  while ((rc = vervet_sql_step (rows, error)) > 0) {
    VervetIncidentRow row;
    gint64 at_ms;
    read_incident (rows, &row, &at_ms);
    g_hash_table_add (known, incident_key (&row, at_ms));
  }
  return rc == 0;
}

static gboolean
merge_incidents (VervetMerge *merge, GError **error)
{
  g_autoptr (GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autoptr (VervetStmt) rows = vervet_sql_prepare (
      merge->shard->db, "SELECT " INCIDENT_COLUMNS " FROM incident i LEFT JOIN string s ON s.string_id = i.message",
      error);
  int rc;

  if (!rows || !known_incidents (merge, known, error))
    return FALSE;
  while ((rc = vervet_sql_step (rows, error)) > 0) {
    VervetIncidentRow row;
    gint64 at_ms;
    read_incident (rows, &row, &at_ms);
    row.run_id = vervet_merge_map (merge->runs, row.run_id);
    row.member_id = row.member_id < 0 ? -1 : vervet_merge_map (merge->members, row.member_id);
    row.job_id = row.job_id < 0 ? -1 : vervet_merge_job (merge, row.job_id);
    row.check_id = row.check_id <= 0 ? row.check_id : vervet_merge_map (merge->checks, row.check_id);
    if (row.run_id && g_hash_table_add (known, incident_key (&row, at_ms))
        && !vervet_apply_incident (merge->apply, &row, at_ms, error))
      return FALSE;
  }
  return rc == 0;
}

/* ---- Labels ---- */
static gboolean
merge_labels (VervetMerge *merge, GError **error)
{
  g_autoptr (VervetStmt) rows = vervet_sql_prepare (
      merge->shard->db, "SELECT run_uuid, problem_hash, trial, ord, who, at_ms, status, remark FROM label", error);
  g_autoptr (VervetStmt) add =
      vervet_sql_prepare (merge->out->db,
                          "INSERT INTO label (run_uuid, problem_hash, trial, ord, who, at_ms, status, remark) VALUES "
                          "(?1, ?2, ?3, ?4, ?5, ?6, ?7, "
                          "?8) ON CONFLICT DO UPDATE SET at_ms = ?6, status = ?7, remark = ?8 WHERE label.at_ms < ?6",
                          rows ? error : NULL);
  int rc;

  if (!rows || !add)
    return FALSE;
  while ((rc = vervet_sql_step (rows, error)) > 0) {
    for (int c = 0; c < 8; c++)
      sqlite3_bind_value (add, c + 1, sqlite3_column_value (rows, c));
    if (!vervet_sql_run (add, error))
      return FALSE;
  }
  return rc == 0;
}

/* ---- The runs' states, and the record of the merge ---- */
static gboolean
set_states (VervetMerge *merge, gint64 run_id, GError **error)
{
  g_autoptr (VervetStmt) stmt = vervet_sql_prepare (merge->out->db,
                                                    "UPDATE run SET state = CASE WHEN EXISTS (SELECT 1 FROM member m "
                                                    "WHERE m.run_id = ?1 AND m.done < m.planned) THEN ?2 "
                                                    "ELSE ?3 END WHERE run_id = ?1 AND state != ?4",
                                                    error);

  if (!stmt)
    return FALSE;
  sqlite3_bind_int64 (stmt, 1, run_id);
  sqlite3_bind_int (stmt, 2, VERVET_RUN_PAUSED);
  sqlite3_bind_int (stmt, 3, VERVET_RUN_DONE);
  sqlite3_bind_int (stmt, 4, VERVET_RUN_IMPORTED);
  return vervet_sql_run (stmt, error);
}

static gboolean
record (VervetMerge *merge, const VervetRunRow *run, gint64 upto_sample, gint64 upto_job, GError **error)
{
  g_autoptr (VervetStmt) stmt =
      vervet_sql_prepare (merge->out->db, "INSERT OR REPLACE INTO merged VALUES (?1, ?2, ?3, ?4, ?5)", error);

  if (!stmt)
    return FALSE;
  vervet_sql_bind_bytes (stmt, 1, merge->shard->uuid, VERVET_HASH_SIZE);
  vervet_sql_bind_bytes (stmt, 2, run->uuid, VERVET_HASH_SIZE);
  sqlite3_bind_int64 (stmt, 3, upto_sample);
  sqlite3_bind_int64 (stmt, 4, upto_job);
  sqlite3_bind_int64 (stmt, 5, g_get_real_time () / 1000);
  return vervet_sql_run (stmt, error);
}

static gboolean
finish_runs (VervetMerge *merge, GError **error)
{
  g_autoptr (GArray) runs = vervet_store_runs (merge->shard, error);
  gint64 upto_sample, upto_job;

  if (!runs || !vervet_sql_number (merge->shard->db, "SELECT max (id) FROM sample", 0, &upto_sample, error)
      || !vervet_sql_number (merge->shard->db, "SELECT max (job_id) FROM job", 0, &upto_job, error))
    return FALSE;
  for (guint i = 0; i < runs->len; i++) {
    const VervetRunRow *run = &g_array_index (runs, VervetRunRow, i);
    if (!set_states (merge, vervet_merge_map (merge->runs, run->run_id), error)
        || !record (merge, run, upto_sample, upto_job, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
vervet_merge_rest (VervetMerge *merge, GError **error)
{
  return merge_parts (merge, error) && merge_incidents (merge, error) && merge_labels (merge, error)
         && vervet_apply_flush (merge->apply, error) && finish_runs (merge, error);
}
