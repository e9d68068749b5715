#include "apply-private.h"

#include <string.h>

/* ---- Jobs ---- */
static gboolean
write_job (VervetApply *apply, ApplyStmt which, const VervetJobRow *row, gint64 id, GError **error)
{
  sqlite3_stmt *stmt = vervet_apply_stmt (apply, which, error);

  if (!stmt)
    return FALSE;
  sqlite3_bind_int64 (stmt, 1, id);
  sqlite3_bind_int64 (stmt, 2, row->check_id);
  sqlite3_bind_int64 (stmt, 3, row->member_id);
  sqlite3_bind_int64 (stmt, 4, row->trial);
  sqlite3_bind_int (stmt, 5, row->ord);
  sqlite3_bind_int (stmt, 6, row->state);
  sqlite3_bind_int64 (stmt, 7, row->epoch_id);
  vervet_sql_bind_count (stmt, 8, row->answer_ord);
  vervet_sql_bind_count (stmt, 9, row->calls);
  vervet_sql_bind_count (stmt, 10, row->in_tok);
  vervet_sql_bind_count (stmt, 11, row->cached_tok);
  vervet_sql_bind_count (stmt, 12, row->out_tok);
  vervet_sql_bind_count (stmt, 13, row->seq_tok);
  vervet_sql_bind_count (stmt, 14, row->nano_money);
  vervet_sql_bind_count (stmt, 15, row->start_ms);
  vervet_sql_bind_count (stmt, 16, row->took_ms);
  vervet_sql_bind_text (stmt, 17, row->notes);
  return vervet_sql_run (stmt, error);
}

typedef struct {
  gint64 id, out_tok, nano_money; /* id 0: there is none */
  int state;
} OldJob;

/* The current row of a statement that selects (job_id, state, out_tok, nano_money). */
static gboolean
read_old_job (sqlite3_stmt *stmt, OldJob *old, GError **error)
{
  int rc = vervet_sql_step (stmt, error);

  if (rc <= 0)
    return rc == 0;
  old->id = sqlite3_column_int64 (stmt, 0);
  old->state = sqlite3_column_int (stmt, 1);
  old->out_tok = MAX (0, vervet_sql_count (stmt, 2));
  old->nano_money = MAX (0, vervet_sql_count (stmt, 3));
  sqlite3_reset (stmt);
  return TRUE;
}

static gboolean
find_old_job (VervetApply *apply, const VervetJobRow *row, gint64 id, OldJob *old, GError **error)
{
  sqlite3_stmt *by_id = vervet_apply_stmt (apply, STMT_OLD_JOB, error);
  sqlite3_stmt *by_key = vervet_apply_stmt (apply, STMT_OLD_JOB_BY_KEY, error);

  memset (old, 0, sizeof *old);
  if (!by_id || !by_key)
    return FALSE;
  sqlite3_bind_int64 (by_id, 1, id);
  if (!read_old_job (by_id, old, error) || old->id)
    return old->id != 0;
  sqlite3_bind_int64 (by_key, 1, row->check_id);
  sqlite3_bind_int64 (by_key, 2, row->member_id);
  sqlite3_bind_int64 (by_key, 3, row->trial);
  sqlite3_bind_int (by_key, 4, row->ord);
  return read_old_job (by_key, old, error);
}

static void
count_job (VervetApply *apply, const VervetJobRow *row, const OldJob *old)
{
  ApplyTally *tally;

  if (row->check_id <= 0)
    return;
  tally = vervet_apply_tally (apply, row->check_id, row->member_id);
  tally->add[TALLY_OUT] += MAX (0, row->out_tok) - old->out_tok;
  tally->add[TALLY_MONEY] += MAX (0, row->nano_money) - old->nano_money;
}

gboolean
vervet_apply_job (VervetApply *apply, const VervetJobRow *row, gboolean *written, gint64 *id, GError **error)
{
  gint64 job_id = vervet_remap_get (&apply->jobs, row->job_id);
  OldJob old = { 0 };
  gboolean update = TRUE;

  if (!write_job (apply, STMT_JOB, row, job_id, error))
    return FALSE;
  if (sqlite3_changes (apply->db) == 0) {
    if (!find_old_job (apply, row, job_id, &old, error))
      return FALSE;
    /* Told by its own id a job may be updated; a second one for the same trial never replaces a finished one. */
    update = old.id == job_id || old.state != 1;
    if (apply->promised && old.id != job_id)
      vervet_remap_add (&apply->jobs, job_id, old.id);
    job_id = old.id;
    if (update && !write_job (apply, STMT_REPLACE_JOB, row, job_id, error))
      return FALSE;
  }
  if (update)
    count_job (apply, row, &old);
  if (written)
    *written = update;
  if (id)
    *id = job_id;
  return TRUE;
}

/* ---- Nodes and votes ---- */
static void
bind_node_numbers (sqlite3_stmt *stmt, const VervetNodeRow *row)
{
  sqlite3_bind_int64 (stmt, 2, row->node);
  sqlite3_bind_int64 (stmt, 3, row->parent);
  vervet_sql_bind_bytes (stmt, 4, row->req_key, sizeof row->req_key);
  sqlite3_bind_int64 (stmt, 5, row->occ);
  sqlite3_bind_int64 (stmt, 6, row->idx);
  sqlite3_bind_int64 (stmt, 7, row->op);
  sqlite3_bind_int64 (stmt, 8, row->flags);
  vervet_sql_bind_count (stmt, 11, row->told);
  sqlite3_bind_int (stmt, 12, row->status);
  vervet_apply_bind_id (stmt, 13, row->finish);
  vervet_sql_bind_count (stmt, 16, row->in_tok);
  vervet_sql_bind_count (stmt, 17, row->cached_tok);
  vervet_sql_bind_count (stmt, 18, row->out_tok);
  vervet_sql_bind_count (stmt, 19, row->seq_tok);
  vervet_sql_bind_count (stmt, 20, row->start_ms);
  vervet_sql_bind_count (stmt, 21, row->took_ms);
  vervet_sql_bind_count (stmt, 22, row->tries);
  sqlite3_bind_double (stmt, 23, row->logprob);
  sqlite3_bind_double (stmt, 24, row->score);
  sqlite3_bind_double (stmt, 25, row->reward);
  vervet_sql_bind_bytes (stmt, 26, row->extra, row->extra_len);
}

gboolean
vervet_apply_node (VervetApply *apply, const VervetNodeRow *row, GError **error)
{
  sqlite3_stmt *stmt = vervet_apply_stmt (apply, STMT_NODE, error);
  gint64 role, label, text_id, request_id;

  if (!stmt || !vervet_apply_string (apply, row->role ? row->role : "", &role, error)
      || !vervet_apply_string (apply, row->label, &label, error)
      || !vervet_apply_loose_text (apply, row->text, row->text_len, &text_id, error)
      || !vervet_apply_loose_text (apply, row->request, row->request_len, &request_id, error))
    return FALSE;
  sqlite3_bind_int64 (stmt, 1, vervet_remap_get (&apply->jobs, row->job_id));
  bind_node_numbers (stmt, row);
  sqlite3_bind_int64 (stmt, 9, role);
  vervet_apply_bind_id (stmt, 10, label);
  vervet_apply_bind_id (stmt, 14, text_id);
  vervet_apply_bind_id (stmt, 15, request_id);
  return vervet_sql_run (stmt, error);
}

gboolean
vervet_apply_vote (VervetApply *apply, const VervetVoteRow *row, GError **error)
{
  sqlite3_stmt *stmt = vervet_apply_stmt (apply, STMT_VOTE, error);
  gint64 sample_id = vervet_remap_get (&apply->samples, row->sample_id);

  if (!stmt)
    return FALSE;
  if (sample_id <= 0)
    return TRUE;
  sqlite3_bind_int64 (stmt, 1, row->check_id);
  sqlite3_bind_int64 (stmt, 2, sample_id);
  sqlite3_bind_int64 (stmt, 3, row->vote);
  sqlite3_bind_int64 (stmt, 4, vervet_remap_get (&apply->jobs, row->job_id));
  sqlite3_bind_int64 (stmt, 5, row->node);
  sqlite3_bind_int (stmt, 6, row->status);
  sqlite3_bind_double (stmt, 7, row->score);
  sqlite3_bind_double (stmt, 8, row->weight);
  return vervet_sql_run (stmt, error);
}

/* ---- The rest ---- */
gboolean
vervet_apply_incident (VervetApply *apply, const VervetIncidentRow *row, gint64 at_ms, GError **error)
{
  sqlite3_stmt *stmt = vervet_apply_stmt (apply, STMT_INCIDENT, error);
  gint64 message;

  if (!stmt || !vervet_apply_string (apply, row->message, &message, error))
    return FALSE;
  sqlite3_bind_int64 (stmt, 1, row->run_id);
  vervet_sql_bind_count (stmt, 2, row->member_id);
  vervet_sql_bind_count (stmt, 3, row->trial);
  vervet_sql_bind_count (stmt, 4, row->job_id < 0 ? -1 : vervet_remap_get (&apply->jobs, row->job_id));
  vervet_sql_bind_count (stmt, 5, row->node);
  vervet_sql_bind_count (stmt, 6, row->check_id);
  vervet_sql_bind_count (stmt, 7, row->try_);
  sqlite3_bind_int64 (stmt, 8, at_ms);
  sqlite3_bind_int (stmt, 9, row->status);
  vervet_apply_bind_id (stmt, 10, row->http);
  vervet_apply_bind_id (stmt, 11, message);
  return vervet_sql_run (stmt, error);
}

gboolean
vervet_apply_ledger (VervetApply *apply, gint64 run_id, const VervetLedgerRow *row, GError **error)
{
  sqlite3_stmt *stmt = vervet_apply_stmt (apply, STMT_LEDGER, error);

  if (!stmt)
    return FALSE;
  sqlite3_bind_int64 (stmt, 1, run_id);
  vervet_sql_bind_text (stmt, 2, row->unit);
  sqlite3_bind_double (stmt, 3, row->spent);
  sqlite3_bind_double (stmt, 4, row->reserved);
  sqlite3_bind_double (stmt, 5, row->lost);
  sqlite3_bind_double (stmt, 6, row->cap);
  return vervet_sql_run (stmt, error);
}

gboolean
vervet_apply_progress (VervetApply *apply, gint64 check_id, gint64 run_id, gint64 upto, GError **error)
{
  sqlite3_stmt *stmt = vervet_apply_stmt (apply, STMT_PROGRESS, error);

  if (!stmt)
    return FALSE;
  sqlite3_bind_int64 (stmt, 1, check_id);
  sqlite3_bind_int64 (stmt, 2, run_id);
  sqlite3_bind_int64 (stmt, 3, upto);
  return vervet_sql_run (stmt, error);
}

gboolean
vervet_apply_calls (VervetApply *apply, gint64 member_id, gint64 calls, GError **error)
{
  (void)error;
  vervet_apply_count (apply, vervet_apply_member (apply, member_id), COUNT_CALLS, calls);
  return TRUE;
}

gboolean
vervet_apply_epoch_end (VervetApply *apply, gint64 epoch_id, gint64 at_ms, GError **error)
{
  sqlite3_stmt *stmt = vervet_apply_stmt (apply, STMT_EPOCH_END, error);

  if (!stmt)
    return FALSE;
  sqlite3_bind_int64 (stmt, 1, epoch_id);
  sqlite3_bind_int64 (stmt, 2, at_ms);
  return vervet_sql_run (stmt, error);
}
