#include "apply-private.h"

#include <string.h>

#include "vervet-plugin.h"

#include "util/hash.h"

#define SAMPLE_COLUMNS                                                                                             \
  "(id, member_id, trial, ord, epoch_id, status, finish, flags, text_id, in_tok, cached_tok, out_tok, think_tok, " \
  "call_n, "                                                                                                       \
  "seq_tok, nano_money, start_ms, took_ms, tries, logprob, score, weight, seed, node)"
#define SAMPLE_VALUES                                                                                 \
  "(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, " \
  "?22, ?23, ?24)"
#define JOB_COLUMNS                                                                                             \
  "(job_id, check_id, member_id, trial, ord, state, epoch_id, answer_ord, calls, in_tok, cached_tok, out_tok, " \
  "seq_tok, "                                                                                                   \
  "nano_money, start_ms, took_ms, notes)"

static const char *const statements[N_STMTS] = {
  [STMT_ADD_MEMBER] =
      "UPDATE member SET done = done + ?2, failed = failed + ?3, samples = samples + ?4, "
      "distinct_texts = distinct_texts + ?5, truncated = truncated + ?6, calls = calls + ?7, in_tok = in_tok + ?8, "
      "cached_tok = cached_tok + ?9, out_tok = out_tok + ?10, seq_tok = seq_tok + ?11, "
      "nano_money = nano_money + ?12, busy_ms = busy_ms + ?13 WHERE member_id = ?1",
  [STMT_ADD_TALLY] =
      "INSERT INTO tally (check_id, member_id, pass, fail, scored, undecided, no_answer, bad_reference, errors, "
      "out_tok, nano_money, sum, sum2) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) "
      "ON CONFLICT DO UPDATE SET pass = pass + ?3, fail = fail + ?4, scored = scored + ?5, "
      "undecided = undecided + ?6, no_answer = no_answer + ?7, bad_reference = bad_reference + ?8, "
      "errors = errors + ?9, out_tok = out_tok + ?10, nano_money = nano_money + ?11, sum = sum + ?12, "
      "sum2 = sum2 + ?13",
  [STMT_ADD_ANSWER] = "UPDATE answer SET n = n + ?2 WHERE answer_id = ?1",
  [STMT_MEMBER_TEXTS] = "SELECT s.text_id, t.hash FROM sample s JOIN text t USING (text_id) "
                        "WHERE s.member_id = ?1 AND s.status >= 0",
  [STMT_SAMPLE] = "INSERT INTO sample " SAMPLE_COLUMNS " VALUES " SAMPLE_VALUES " ON CONFLICT DO NOTHING",
  [STMT_OLD_SAMPLE] = "SELECT id, status, text_id, flags FROM sample WHERE member_id = ?1 AND trial = ?2 AND ord = ?3",
  [STMT_REPLACE_SAMPLE] = "INSERT OR REPLACE INTO sample " SAMPLE_COLUMNS " VALUES " SAMPLE_VALUES,
  [STMT_LOWER_PROGRESS] =
      "UPDATE progress SET upto = ?2 - 1 WHERE upto >= ?2 AND run_id = (SELECT run_id FROM member WHERE "
      "member_id = ?1)",
  [STMT_OLD_VERDICTS] = "SELECT c.check_id, v.status, v.score, v.answer_id FROM \"check\" c CROSS JOIN verdict v "
                        "ON v.check_id = c.check_id AND v.sample_id = ?1",
  [STMT_DROP_VERDICT] = "DELETE FROM verdict WHERE check_id = ?1 AND sample_id = ?2",
  [STMT_VERDICT] =
      "INSERT INTO verdict (check_id, sample_id, status, score, answer_id, reason, took_us, steps, detail_id) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING",
  [STMT_OLD_VERDICT] = "SELECT status, score, answer_id FROM verdict WHERE check_id = ?1 AND sample_id = ?2",
  [STMT_REPLACE_VERDICT] =
      "INSERT OR REPLACE INTO verdict (check_id, sample_id, status, score, answer_id, reason, took_us, "
      "steps, detail_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
  [STMT_METRIC] = "INSERT OR REPLACE INTO metric VALUES (?1, ?2, ?3, ?4)",
  [STMT_FIND_ANSWER] = "SELECT answer_id, status, class FROM answer WHERE check_id = ?1 AND member_id = ?2 AND s = ?3",
  [STMT_NEW_ANSWER] = "INSERT INTO answer (answer_id, check_id, member_id, class, status, n, s) "
                      "VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6)",
  [STMT_MAX_ANSWER] = "SELECT ifnull (max (answer_id), 0) FROM answer",
  [STMT_FIND_STRING] = "SELECT string_id FROM string WHERE s = ?1",
  [STMT_NEW_STRING] = "INSERT INTO string (s) VALUES (?1)",
  [STMT_JOB] =
      "INSERT INTO job " JOB_COLUMNS " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, "
      "?17) ON CONFLICT DO NOTHING",
  [STMT_OLD_JOB] = "SELECT job_id, state, out_tok, nano_money FROM job WHERE job_id = ?1",
  [STMT_OLD_JOB_BY_KEY] = "SELECT job_id, state, out_tok, nano_money FROM job WHERE check_id = ?1 AND member_id = ?2 "
                          "AND trial = ?3 AND ord = ?4",
  [STMT_REPLACE_JOB] =
      "UPDATE job SET state = ?6, epoch_id = ?7, answer_ord = ?8, calls = ?9, in_tok = ?10, cached_tok = ?11, "
      "out_tok = ?12, seq_tok = ?13, nano_money = ?14, start_ms = ?15, took_ms = ?16, notes = ?17 "
      "WHERE job_id = ?1",
  [STMT_NODE] =
      "INSERT INTO node (job_id, node, parent, req_key, occ, idx, op, flags, role, label, told, status, finish, "
      "text_id, "
      "request_id, in_tok, cached_tok, out_tok, seq_tok, start_ms, took_ms, tries, logprob, score, reward, extra) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, "
      "?23, ?24, ?25, ?26) ON CONFLICT DO UPDATE SET flags = ?8, told = ?11, status = ?12, finish = ?13, "
      "text_id = ifnull (?14, text_id), request_id = ifnull (?15, request_id), in_tok = ?16, cached_tok = ?17, "
      "out_tok = ?18, seq_tok = ?19, start_ms = ?20, took_ms = ?21, tries = ?22, logprob = ?23, score = ?24, "
      "reward = ?25, extra = ifnull (?26, extra)",
  [STMT_VOTE] =
      "INSERT INTO vote (check_id, sample_id, vote, job_id, node, status, score, weight) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO UPDATE SET job_id = ?4, node = ?5, status = ?6, "
      "score = ?7, weight = ?8 WHERE vote.status < 0",
  [STMT_INCIDENT] =
      "INSERT INTO incident (run_id, member_id, trial, job_id, node, check_id, try, at_ms, status, http, message) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
  [STMT_LEDGER] =
      "INSERT OR REPLACE INTO ledger (run_id, unit, spent, reserved, lost, cap) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
  [STMT_PROGRESS] =
      "INSERT INTO progress (check_id, run_id, upto) VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET upto = max (upto, "
      "excluded.upto)",
  [STMT_EPOCH_END] = "UPDATE epoch SET ended_ms = ?2 WHERE epoch_id = ?1",
};

sqlite3_stmt *
vervet_apply_stmt (VervetApply *apply, ApplyStmt which, GError **error)
{
  if (!apply->stmts[which])
    apply->stmts[which] = vervet_sql_prepare (apply->db, statements[which], error);
  return apply->stmts[which];
}

/* ---- Life ---- */
VervetApply *
vervet_apply_new (sqlite3 *db, VervetTextReader *texts, gboolean promised, GError **error)
{
  VervetTextWriter *text_writer = vervet_text_writer_new (db, TRUE, error);
  VervetApply *apply;

  if (!text_writer)
    return NULL;
  apply = g_new0 (VervetApply, 1);
  apply->db = db;
  apply->texts = texts;
  apply->promised = promised;
  apply->text_writer = text_writer;
  apply->key = (guint64)g_random_int () << 32 | g_random_int ();
  apply->answers = g_new0 (ApplySeen, SEEN_ANSWERS);
  apply->seen_texts = g_new0 (ApplySeen, SEEN_TEXTS);
  apply->strings = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  apply->floats = g_array_new (FALSE, FALSE, 4);
  vervet_remap_init (&apply->samples);
  vervet_remap_init (&apply->jobs);
  vervet_apply_counters_init (apply);
  return apply;
}

void
vervet_apply_free (VervetApply *apply)
{
  if (!apply)
    return;
  for (int i = 0; i < N_STMTS; i++)
    sqlite3_finalize (apply->stmts[i]);
  vervet_text_writer_free (apply->text_writer);
  vervet_apply_counters_free (apply);
  vervet_remap_clear (&apply->samples);
  vervet_remap_clear (&apply->jobs);
  g_free (apply->answers);
  g_free (apply->seen_texts);
  g_hash_table_unref (apply->strings);
  g_array_unref (apply->floats);
  g_free (apply);
}

gboolean
vervet_apply_begin (VervetApply *apply, GError **error)
{
  return vervet_sql_exec (apply->db, "BEGIN IMMEDIATE", error);
}

gboolean
vervet_apply_flush (VervetApply *apply, GError **error)
{
  return vervet_apply_counters_flush (apply, error);
}

gboolean
vervet_apply_commit (VervetApply *apply, GError **error)
{
  if (!vervet_apply_flush (apply, error) || !vervet_sql_exec (apply->db, "COMMIT", error))
    return FALSE;
  vervet_text_writer_committed (apply->text_writer);
  vervet_apply_counters_trim (apply);
  return TRUE;
}

/* Everything in memory that may speak of rows which are gone now is forgotten and read again when it is needed. */
void
vervet_apply_rollback (VervetApply *apply)
{
  for (int i = 0; i < N_STMTS; i++)
    sqlite3_reset (apply->stmts[i]);
  if (!sqlite3_get_autocommit (apply->db))
    sqlite3_exec (apply->db, "ROLLBACK", NULL, NULL, NULL);
  vervet_text_writer_rolled_back (apply->text_writer);
  vervet_apply_counters_clear (apply);
  memset (apply->answers, 0, SEEN_ANSWERS * sizeof *apply->answers);
  memset (apply->seen_texts, 0, SEEN_TEXTS * sizeof *apply->seen_texts);
  g_hash_table_remove_all (apply->strings);
  apply->next_answer_id = 0;
}

/* ---- Samples ---- */
/* What a row adds to its member's counters; schema.sql defines them. */
static gint64
share (gint64 tokens, const VervetSampleRow *row)
{
  gint64 n = MAX (1, row->call_n);

  if (tokens <= 0)
    return 0;
  return tokens / n + (((gint64)row->trial + row->ord) % n < tokens % n);
}

static void
count_sample (VervetApply *apply, ApplyMember *member, const VervetSampleRow *row)
{
  if (row->ord == 0)
    vervet_apply_count (apply, member, row->status >= 0 ? COUNT_DONE : COUNT_FAILED, 1);
  vervet_apply_count (apply, member, COUNT_CALLS, row->calls);
  if (row->status < 0)
    return;
  vervet_apply_count (apply, member, COUNT_SAMPLES, 1);
  vervet_apply_count (apply, member, COUNT_TRUNCATED, row->finish == VV_FIN_LENGTH);
  vervet_apply_count (apply, member, COUNT_IN, share (row->in_tok, row));
  vervet_apply_count (apply, member, COUNT_CACHED, share (row->cached_tok, row));
  vervet_apply_count (apply, member, COUNT_OUT, MAX (0, row->out_tok));
  vervet_apply_count (apply, member, COUNT_SEQ, MAX (0, row->seq_tok));
  vervet_apply_count (apply, member, COUNT_MONEY, MAX (0, row->nano_money));
  vervet_apply_count (apply, member, COUNT_BUSY, MAX (0, row->took_ms));
}

static gboolean
write_sample (VervetApply *apply, ApplyStmt which, const VervetSampleRow *row, gint64 id, gint64 text_id,
              GError **error)
{
  sqlite3_stmt *stmt = vervet_apply_stmt (apply, which, error);

  if (!stmt)
    return FALSE;
  sqlite3_bind_int64 (stmt, 1, id);
  sqlite3_bind_int64 (stmt, 2, row->member_id);
  sqlite3_bind_int64 (stmt, 3, row->trial);
  sqlite3_bind_int64 (stmt, 4, row->ord);
  sqlite3_bind_int64 (stmt, 5, row->epoch_id);
  sqlite3_bind_int (stmt, 6, row->status);
  vervet_apply_bind_id (stmt, 7, row->finish);
  sqlite3_bind_int64 (stmt, 8, row->flags);
  vervet_apply_bind_id (stmt, 9, text_id);
  vervet_sql_bind_count (stmt, 10, row->in_tok);
  vervet_sql_bind_count (stmt, 11, row->cached_tok);
  vervet_sql_bind_count (stmt, 12, row->out_tok);
  vervet_sql_bind_count (stmt, 13, row->think_tok);
  vervet_apply_bind_id (stmt, 14, row->call_n);
  vervet_sql_bind_count (stmt, 15, row->seq_tok);
  vervet_sql_bind_count (stmt, 16, row->nano_money);
  vervet_sql_bind_count (stmt, 17, row->start_ms);
  vervet_sql_bind_count (stmt, 18, row->took_ms);
  vervet_sql_bind_count (stmt, 19, row->tries);
  sqlite3_bind_double (stmt, 20, row->logprob);
  sqlite3_bind_double (stmt, 21, row->score);
  sqlite3_bind_double (stmt, 22, row->weight);
  vervet_sql_bind_count (stmt, 23, row->seed);
  vervet_sql_bind_count (stmt, 24, row->node);
  return vervet_sql_run (stmt, error);
}

/* A row on its way in, with its text stored. */
typedef struct {
  const VervetSampleRow *row;
  ApplyMember *member;
  guint64 hash;
  gint64 text_id;
  gboolean fresh; /* the text's row is new, and the member's set does not know it yet */
} NewSample;

/* The text's row, found or made. */
static gboolean
store_text (VervetApply *apply, NewSample *new, GError **error)
{
  const VervetSampleRow *row = new->row;

  if (!row->text)
    return TRUE;
  new->hash = vervet_hash64 (row->text, row->text_len, 0);
  if (row->status >= 0
      && !vervet_apply_find_text (apply, new->member, new->hash, row->text, row->text_len, &new->text_id, error))
    return FALSE;
  if (new->text_id)
    return TRUE;
  new->fresh = row->status >= 0;
  return vervet_text_writer_put (apply->text_writer, row->text, row->text_len, new->hash, &new->text_id, error);
}

typedef struct {
  gint64 id, text_id; /* id 0: there is none */
  int status;
  guint flags;
} OldSample;

static gboolean
find_old (VervetApply *apply, const VervetSampleRow *row, OldSample *old, GError **error)
{
  sqlite3_stmt *stmt = vervet_apply_stmt (apply, STMT_OLD_SAMPLE, error);
  int rc;

  memset (old, 0, sizeof *old);
  if (!stmt)
    return FALSE;
  sqlite3_bind_int64 (stmt, 1, row->member_id);
  sqlite3_bind_int64 (stmt, 2, row->trial);
  sqlite3_bind_int64 (stmt, 3, row->ord);
  if ((rc = vervet_sql_step (stmt, error)) <= 0)
    return rc == 0;
  old->id = sqlite3_column_int64 (stmt, 0);
  old->status = sqlite3_column_int (stmt, 1);
  old->text_id = MAX (0, vervet_sql_count (stmt, 2));
  old->flags = (guint)sqlite3_column_int64 (stmt, 3);
  sqlite3_reset (stmt);
  return TRUE;
}

static gboolean
same_text (VervetApply *apply, const OldSample *old, const NewSample *new, gboolean *same, GError **error)
{
  *same = old->text_id == new->text_id;
  if (*same || !old->text_id || !new->text_id)
    return TRUE;
  return vervet_text_reader_equals (apply->texts, old->text_id, new->hash, new->row->text, new->row->text_len, same,
                                    error);
}

static void
remember_sample (VervetApply *apply, const NewSample *new)
{
  if (new->fresh) {
    vervet_apply_remember_text (apply, new->member, new->hash, new->text_id);
    vervet_apply_count (apply, new->member, COUNT_DISTINCT, 1);
  }
  count_sample (apply, new->member, new->row);
}

static gboolean
replace_failure (VervetApply *apply, const OldSample *old, const NewSample *new, GError **error)
{
  sqlite3_stmt *lower = vervet_apply_stmt (apply, STMT_LOWER_PROGRESS, error);
  gboolean counted = (old->flags & VERVET_SAMPLE_ANSWER) != 0;

  if (!lower || !vervet_apply_drop_verdicts (apply, old->id, new->row->member_id, counted, error)
      || !write_sample (apply, STMT_REPLACE_SAMPLE, new->row, old->id, new->text_id, error))
    return FALSE;
  if (new->row->ord == 0)
    vervet_apply_count (apply, new->member, COUNT_FAILED, -1);
  remember_sample (apply, new);
  /* Its id lies behind what the checks have passed already: they must look at it again. */
  sqlite3_bind_int64 (lower, 1, new->row->member_id);
  sqlite3_bind_int64 (lower, 2, old->id);
  return vervet_sql_run (lower, error);
}

/* The trial has a row, or the id is taken. */
static gboolean
meet_old (VervetApply *apply, const NewSample *new, VervetApplied *how, gint64 *id, GError **error)
{
  OldSample old;
  gboolean same;

  if (!find_old (apply, new->row, &old, error))
    return FALSE;
  if (!old.id) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INTERNAL, "sample %" G_GINT64_FORMAT " is another trial's row",
                 new->row->id);
    return FALSE;
  }
  *id = old.id;
  *how = VERVET_APPLIED_SAME;
  if (new->row->status < 0)
    return TRUE;
  if (old.status < 0) {
    *how = VERVET_APPLIED_REPLACED;
    return replace_failure (apply, &old, new, error);
  }
  if (!same_text (apply, &old, new, &same, error))
    return FALSE;
  if (!same) {
    *how = VERVET_APPLIED_CONFLICT;
    *id = 0;
  }
  return TRUE;
}

/* Rows are nearly always new: the insert is tried first, and what was there is looked at when it changed nothing. The
 * text of a row that loses a conflict stays as a row that nobody refers to. */
gboolean
vervet_apply_sample (VervetApply *apply, const VervetSampleRow *row, VervetApplied *how, gint64 *id, GError **error)
{
  NewSample new = { .row = row, .member = vervet_apply_member (apply, row->member_id) };
  VervetApplied applied = VERVET_APPLIED_NEW;
  gint64 row_id = row->id;

  if (!store_text (apply, &new, error) || !write_sample (apply, STMT_SAMPLE, row, row->id, new.text_id, error))
    return FALSE;
  if (sqlite3_changes (apply->db) > 0) {
    remember_sample (apply, &new);
  } else {
    if (!meet_old (apply, &new, &applied, &row_id, error))
      return FALSE;
    if (apply->promised && row_id != row->id)
      vervet_remap_add (&apply->samples, row->id, row_id);
  }
  if (how)
    *how = applied;
  if (id)
    *id = row_id;
  return TRUE;
}
