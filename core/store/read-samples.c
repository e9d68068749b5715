#include "read.h"

/* ---- Trials ---- */
static void
read_trial (sqlite3_stmt *stmt, gpointer data)
{
  VervetTrialState *row = data;

  row->trial = (guint32)sqlite3_column_int64 (stmt, 0);
  row->status = sqlite3_column_int (stmt, 1);
  row->sample_id = sqlite3_column_int64 (stmt, 2);
}

GArray *
vervet_store_trials (VervetStore *store, gint64 member_id, GError **error)
{
  sqlite3_stmt *stmt = vervet_read_query (
      store, error, "SELECT trial, status, id FROM sample WHERE member_id = ?1 AND ord = 0 ORDER BY trial", 1,
      member_id);

  return vervet_read_all (stmt, sizeof (VervetTrialState), NULL, read_trial, error);
}

/* ---- Samples with their verdicts ---- */
static void
clear_view (gpointer row)
{
  vervet_sample_view_clear (row);
}

static gboolean
read_view (sqlite3_stmt *stmt, VervetTextReader *texts, VervetSampleView *view, GError **error)
{
  int c = VERVET_READ_N_SAMPLE_COLUMNS;
  gint64 detail_id;

  vervet_read_sample (stmt, 0, &view->sample);
  view->nth_distinct = -1;
  view->verdict_status = sqlite3_column_int (stmt, c);
  view->verdict_score = vervet_sql_real (stmt, c + 1);
  view->answer = vervet_sql_text (stmt, c + 2);
  view->reason = vervet_sql_text (stmt, c + 3);
  view->took_us = vervet_sql_count (stmt, c + 4);
  detail_id = vervet_sql_count (stmt, c + 5);
  if (detail_id > 0) {
    gsize len;
    const guint8 *detail = vervet_text_reader_get (texts, detail_id, &len, NULL, error);
    if (!detail)
      return FALSE;
    view->detail = g_strndup ((const char *)detail, len);
  }
  return TRUE;
}

GArray *
vervet_store_samples (VervetStore *store, gint64 member_id, gint64 check_id, gint64 first, gint64 limit, GError **error)
{
  g_autoptr (GArray) array = vervet_read_array (sizeof (VervetSampleView), clear_view);
  g_autoptr (VervetStmt) stmt = vervet_read_query (
      store, error,
      "SELECT " VERVET_READ_SAMPLE_COLUMNS ", v.status, v.score, a.s, r.s, v.took_us, v.detail_id FROM sample s "
      "LEFT JOIN verdict v ON v.check_id = ?2 AND v.sample_id = s.id LEFT JOIN answer a ON a.answer_id = v.answer_id "
      "LEFT JOIN string r ON r.string_id = v.reason WHERE s.member_id = ?1 ORDER BY s.trial, s.ord LIMIT ?4 OFFSET ?3",
      4, member_id, check_id, MAX (0, first), limit);
  VervetTextReader *texts;
  int rc;

  if (!stmt || !vervet_store_db (store, &texts, error))
    return NULL;
  while ((rc = vervet_sql_step (stmt, error)) > 0) {
    g_array_set_size (array, array->len + 1);
    if (!read_view (stmt, texts, &g_array_index (array, VervetSampleView, array->len - 1), error))
      return NULL;
  }
  return rc < 0 ? NULL : g_steal_pointer (&array);
}

/* ---- What is to be judged ---- */
#define UNJUDGED                                                                                               \
  "FROM sample s CROSS JOIN member m ON m.member_id = s.member_id LEFT JOIN verdict v ON v.check_id = ?2 AND " \
  "v.sample_id = s.id "                                                                                        \
  "WHERE s.id > ?3 AND m.run_id = ?1 AND s.status >= 0 AND (v.status IS NULL OR v.status < 0) "

static void
read_unjudged (sqlite3_stmt *stmt, gpointer row)
{
  vervet_read_sample (stmt, 0, row);
}

GArray *
vervet_store_unjudged (VervetStore *store, gint64 run_id, gint64 check_id, gint64 after, guint limit, GError **error)
{
  sqlite3_stmt *stmt =
      vervet_read_query (store, error, "SELECT " VERVET_READ_SAMPLE_COLUMNS " " UNJUDGED "ORDER BY s.id LIMIT ?4", 4,
                         run_id, check_id, after, (gint64)limit);

  return vervet_read_all (stmt, sizeof (VervetSampleRow), NULL, read_unjudged, error);
}

gint64
vervet_store_count_unjudged (VervetStore *store, gint64 run_id, gint64 check_id, GError **error)
{
  /* Where each sample is its trial's answer the counters know: no row is looked at. */
  g_autoptr (VervetStmt) stmt = vervet_read_query (
      store, error,
      "SELECT CASE WHEN one_call THEN (SELECT coalesce(sum(m.samples - coalesce(t.pass + t.fail + t.scored + "
      "t.undecided "
      "+ t.no_answer + t.bad_reference, 0)), 0) FROM member m LEFT JOIN tally t ON t.check_id = ?2 AND t.member_id = "
      "m.member_id WHERE m.run_id = ?1) ELSE (SELECT count(*) " UNJUDGED ") END FROM run WHERE run_id = ?1",
      3, run_id, check_id, (gint64)0);

  if (!stmt || vervet_sql_step (stmt, error) < 0)
    return -1;
  return sqlite3_column_int64 (stmt, 0);
}

gint64
vervet_store_last_sample (VervetStore *store)
{
  g_autoptr (VervetStmt) stmt = vervet_read_query (store, NULL, "SELECT max(id) FROM sample", 0);

  return stmt && vervet_sql_step (stmt, NULL) > 0 ? sqlite3_column_int64 (stmt, 0) : 0;
}
