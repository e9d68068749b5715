#include "apply-private.h"

#include <math.h>

/* Takes a verdict out of its counters, or puts it in. */
static void
count_verdict (VervetApply *apply, const VervetVerdictRow *row, gint64 answer_id, int sign)
{
  if (!row->counts)
    return;
  vervet_apply_tally_verdict (vervet_apply_tally (apply, row->check_id, row->member_id), row->status, row->score, sign);
  if (row->status >= 0)
    vervet_apply_count_answer (apply, answer_id, sign);
}

static void
bind_steps (VervetApply *apply, sqlite3_stmt *stmt, int i, const VervetVerdictRow *row)
{
  g_array_set_size (apply->floats, 0);
  for (guint s = 0; row->steps && s < row->n_steps; s++) {
    union {
      float f;
      guint32 u;
    } bits = { .f = (float)row->steps[s] };
    bits.u = GUINT32_TO_LE (bits.u);
    g_array_append_val (apply->floats, bits.u);
  }
  vervet_sql_bind_bytes (stmt, i, apply->floats->len ? apply->floats->data : NULL, apply->floats->len * 4);
}

static gboolean
write_row (VervetApply *apply, ApplyStmt which, const VervetVerdictRow *row, gint64 sample_id, gint64 answer_id,
           gint64 reason, gint64 detail_id, GError **error)
{
  sqlite3_stmt *stmt = vervet_apply_stmt (apply, which, error);

  if (!stmt)
    return FALSE;
  sqlite3_bind_int64 (stmt, 1, row->check_id);
  sqlite3_bind_int64 (stmt, 2, sample_id);
  sqlite3_bind_int (stmt, 3, row->status);
  sqlite3_bind_double (stmt, 4, row->score);
  vervet_apply_bind_id (stmt, 5, answer_id);
  vervet_apply_bind_id (stmt, 6, reason);
  vervet_sql_bind_count (stmt, 7, row->took_us);
  bind_steps (apply, stmt, 8, row);
  vervet_apply_bind_id (stmt, 9, detail_id);
  return vervet_sql_run (stmt, error);
}

static gboolean
write_metrics (VervetApply *apply, const VervetVerdictRow *row, gint64 sample_id, GError **error)
{
  sqlite3_stmt *stmt = vervet_apply_stmt (apply, STMT_METRIC, error);

  if (!stmt)
    return FALSE;
  for (guint i = 0; i < row->n_metrics; i++) {
    gint64 name;
    if (!row->metrics[i].name || isnan (row->metrics[i].value))
      continue;
    if (!vervet_apply_string (apply, row->metrics[i].name, &name, error))
      return FALSE;
    sqlite3_bind_int64 (stmt, 1, row->check_id);
    sqlite3_bind_int64 (stmt, 2, sample_id);
    sqlite3_bind_int64 (stmt, 3, name);
    sqlite3_bind_double (stmt, 4, row->metrics[i].value);
    if (!vervet_sql_run (stmt, error))
      return FALSE;
  }
  return TRUE;
}

/* *old: status, score and answer of the row that is there; found FALSE: none. */
static gboolean
old_verdict (VervetApply *apply, const VervetVerdictRow *row, gint64 sample_id, gboolean *found, VervetVerdictRow *old,
             gint64 *answer_id, GError **error)
{
  sqlite3_stmt *stmt = vervet_apply_stmt (apply, STMT_OLD_VERDICT, error);
  int rc;

  if (!stmt)
    return FALSE;
  sqlite3_bind_int64 (stmt, 1, row->check_id);
  sqlite3_bind_int64 (stmt, 2, sample_id);
  if ((rc = vervet_sql_step (stmt, error)) < 0)
    return FALSE;
  *found = rc > 0;
  if (rc > 0) {
    *old = *row;
    old->status = sqlite3_column_int (stmt, 0);
    old->score = vervet_sql_real (stmt, 1);
    *answer_id = MAX (0, vervet_sql_count (stmt, 2));
    sqlite3_reset (stmt);
  }
  return TRUE;
}

gboolean
vervet_apply_verdict (VervetApply *apply, const VervetVerdictRow *row, gboolean *written, GError **error)
{
  gint64 sample_id = vervet_remap_get (&apply->samples, row->sample_id), answer_id, reason, detail_id, old_answer = 0;
  VervetVerdictRow old;
  gboolean found = FALSE;

  if (written)
    *written = FALSE;
  if (sample_id <= 0)
    return TRUE;
  if (!vervet_apply_answer (apply, row, &answer_id, error) || !vervet_apply_string (apply, row->reason, &reason, error)
      || !vervet_apply_loose_text (apply, row->detail, row->detail_len, &detail_id, error)
      || !write_row (apply, STMT_VERDICT, row, sample_id, answer_id, reason, detail_id, error))
    return FALSE;
  if (sqlite3_changes (apply->db) == 0) {
    if (!old_verdict (apply, row, sample_id, &found, &old, &old_answer, error))
      return FALSE;
    if (found && old.status >= 0)
      return TRUE;
    if (!write_row (apply, STMT_REPLACE_VERDICT, row, sample_id, answer_id, reason, detail_id, error))
      return FALSE;
  }
  if (!write_metrics (apply, row, sample_id, error))
    return FALSE;
  if (found)
    count_verdict (apply, &old, old_answer, -1);
  count_verdict (apply, row, answer_id, 1);
  if (written)
    *written = TRUE;
  return TRUE;
}

gboolean
vervet_apply_drop_verdicts (VervetApply *apply, gint64 sample_id, gint64 member_id, gboolean counted, GError **error)
{
  sqlite3_stmt *stmt = vervet_apply_stmt (apply, STMT_OLD_VERDICTS, error);
  sqlite3_stmt *drop = vervet_apply_stmt (apply, STMT_DROP_VERDICT, error);
  int rc;

  if (!stmt || !drop)
    return FALSE;
  sqlite3_bind_int64 (stmt, 1, sample_id);
  while ((rc = vervet_sql_step (stmt, error)) > 0) {
    VervetVerdictRow old = { .check_id = sqlite3_column_int64 (stmt, 0),
                             .sample_id = sample_id,
                             .member_id = member_id,
                             .counts = counted,
                             .status = sqlite3_column_int (stmt, 1),
                             .score = vervet_sql_real (stmt, 2) };
    sqlite3_bind_int64 (drop, 1, old.check_id);
    sqlite3_bind_int64 (drop, 2, sample_id);
    if (!vervet_sql_run (drop, error)) {
      sqlite3_reset (stmt);
      return FALSE;
    }
    count_verdict (apply, &old, MAX (0, vervet_sql_count (stmt, 3)), -1);
  }
  return rc == 0;
}
