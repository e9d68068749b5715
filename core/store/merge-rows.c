#include <string.h>

#include "merge.h"
#include "read.h"

/* ---- Jobs with their nodes ---- */
typedef struct {
  gint64 id; /* 0: none */
  int state;
} JobThere;

static gboolean
job_there (sqlite3_stmt *find, const VervetJobRow *row, JobThere *there, GError **error)
{
  int rc;

  *there = (JobThere){ 0 };
  sqlite3_bind_int64 (find, 1, row->check_id);
  sqlite3_bind_int64 (find, 2, row->member_id);
  sqlite3_bind_int64 (find, 3, row->trial);
  sqlite3_bind_int64 (find, 4, row->ord);
  if ((rc = vervet_sql_step (find, error)) > 0) {
    there->id = sqlite3_column_int64 (find, 0);
    there->state = sqlite3_column_int (find, 1);
    sqlite3_reset (find);
  }
  return rc >= 0;
}

static gboolean
copy_nodes (VervetMerge *merge, gint64 old_job, gint64 new_job, GError **error)
{
  g_autoptr (GArray) nodes = vervet_store_nodes (merge->shard, old_job, error);

  for (guint i = 0; nodes && i < nodes->len; i++) {
    VervetNodeRow *node = &g_array_index (nodes, VervetNodeRow, i);
    node->job_id = new_job;
    if (!vervet_apply_node (merge->apply, node, error))
      return FALSE;
  }
  return nodes != NULL;
}

static gboolean
drop_nodes (VervetMerge *merge, gint64 job_id, GError **error)
{
  g_autoptr (VervetStmt) stmt = vervet_sql_prepare (merge->out->db, "DELETE FROM node WHERE job_id = ?1", error);

  if (!stmt)
    return FALSE;
  sqlite3_bind_int64 (stmt, 1, job_id);
  return vervet_sql_run (stmt, error);
}

/* A finished job takes the place of an unfinished one, with its whole tree; nothing else replaces a job. */
static gboolean
merge_job (VervetMerge *merge, sqlite3_stmt *find, const VervetJobRow *old, GError **error)
{
  VervetJobRow row = *old;
  VervetMergeId pair = { .old_id = old->job_id };
  JobThere there;

  row.check_id = old->check_id ? vervet_merge_map (merge->checks, old->check_id) : 0;
  row.member_id = vervet_merge_map (merge->members, old->member_id);
  row.epoch_id = vervet_merge_map (merge->epochs, old->epoch_id);
  if (!row.member_id || (old->check_id && !row.check_id))
    return TRUE;
  if (!job_there (find, &row, &there, error))
    return FALSE;
  row.job_id = pair.new_id = there.id ? there.id : merge->next_job + 1;
  g_array_append_val (merge->jobs, pair);
  if (there.id && (there.state == 1 || row.state != 1))
    return TRUE;
  merge->stats->jobs++;
  if (!there.id)
    merge->next_job++;
  return (!there.id || drop_nodes (merge, there.id, error)) && vervet_apply_job (merge->apply, &row, NULL, NULL, error)
         && copy_nodes (merge, old->job_id, row.job_id, error);
}

gboolean
vervet_merge_jobs (VervetMerge *merge, GError **error)
{
  g_autoptr (VervetStmt) find = vervet_sql_prepare (
      merge->out->db,
      "SELECT job_id, state FROM job WHERE check_id = ?1 AND member_id = ?2 AND trial = ?3 AND ord = ?4", error);
  g_autoptr (VervetStmt) rows =
      find ? vervet_sql_prepare (merge->shard->db, "SELECT " VERVET_READ_JOB_COLUMNS " FROM job ORDER BY job_id", error)
           : NULL;
  int rc;

  if (!rows)
    return FALSE;
  while ((rc = vervet_sql_step (rows, error)) > 0) {
    VervetJobRow row = { 0 };
    gboolean ok;
    vervet_read_job (rows, &row);
    ok = merge_job (merge, find, &row, error) && vervet_merge_row_done (merge, error);
    g_free ((char *)row.notes);
    if (!ok)
      return FALSE;
  }
  return rc == 0;
}

/* ---- Verdicts of a sample ---- */
typedef struct {
  sqlite3_stmt *verdict, *metrics, *votes; /* of the shard */
  sqlite3_stmt *founder, *class_of;        /* of the shard; of out */
  gboolean has_metrics, has_votes;
} SampleStmts;

/* The class in out of an answer whose class in the shard is @class_id, begun there by answer -@class_id; 0: its own. */
static gboolean
map_class (SampleStmts *s, const VervetVerdictRow *row, gint64 answer_id, gint64 class_id, gint64 *out, GError **error)
{
  int rc;

  *out = MAX (0, class_id);
  if (class_id >= 0 || class_id == -answer_id)
    return TRUE;
  sqlite3_bind_int64 (s->founder, 1, -class_id);
  if ((rc = vervet_sql_step (s->founder, error)) <= 0)
    return rc == 0;
  sqlite3_bind_int64 (s->class_of, 1, row->check_id);
  sqlite3_bind_int64 (s->class_of, 2, row->member_id);
  sqlite3_bind_text (s->class_of, 3, (const char *)sqlite3_column_text (s->founder, 0), -1, SQLITE_TRANSIENT);
  sqlite3_reset (s->founder);
  if ((rc = vervet_sql_step (s->class_of, error)) > 0) {
    *out = sqlite3_column_int64 (s->class_of, 0);
    sqlite3_reset (s->class_of);
  }
  return rc >= 0;
}

static double *
read_steps (sqlite3_stmt *stmt, int column, guint *n)
{
  const guint8 *data = sqlite3_column_blob (stmt, column);
  double *steps;

  *n = (guint)sqlite3_column_bytes (stmt, column) / 4;
  if (!*n)
    return NULL;
  steps = g_new (double, *n);
  for (guint i = 0; i < *n; i++) {
    union {
      float f;
      guint32 u;
    } bits;
    memcpy (&bits.u, data + 4 * i, 4);
    bits.u = GUINT32_FROM_LE (bits.u);
    steps[i] = bits.f;
  }
  return steps;
}

typedef struct {
  const char *name;
  double value;
} Metric;

static void
free_metric (gpointer metric)
{
  g_free ((char *)((Metric *)metric)->name);
}

static GArray *
read_metrics (SampleStmts *s, gint64 check_id, gint64 sample_id, GError **error)
{
  g_autoptr (GArray) metrics = vervet_read_array (sizeof (Metric), free_metric);
  int rc = 0;

  if (s->has_metrics) {
    sqlite3_bind_int64 (s->metrics, 1, check_id);
    sqlite3_bind_int64 (s->metrics, 2, sample_id);
    while ((rc = vervet_sql_step (s->metrics, error)) > 0) {
      Metric metric = { vervet_sql_text (s->metrics, 0), sqlite3_column_double (s->metrics, 1) };
      g_array_append_val (metrics, metric);
    }
  }
  return rc < 0 ? NULL : g_steal_pointer (&metrics);
}

/* The current row of s->verdict: status, score, answer's text, id and class, reason, took_us, steps, detail_id. */
static gboolean
copy_verdict (VervetMerge *merge, SampleStmts *s, VervetVerdictRow *row, gint64 old_check, gint64 old_sample,
              GError **error)
{
  g_autoptr (GArray) metrics = read_metrics (s, old_check, old_sample, error);
  g_autofree double *steps = read_steps (s->verdict, 7, &row->n_steps);
  gint64 detail_id = vervet_sql_count (s->verdict, 8);
  gboolean written;

  if (!metrics)
    return FALSE;
  row->status = sqlite3_column_int (s->verdict, 0);
  row->score = vervet_sql_real (s->verdict, 1);
  row->answer = (const char *)sqlite3_column_text (s->verdict, 2);
  row->answer_len = (gsize)sqlite3_column_bytes (s->verdict, 2);
  row->reason = (const char *)sqlite3_column_text (s->verdict, 5);
  row->took_us = vervet_sql_count (s->verdict, 6);
  row->steps = steps;
  row->n_metrics = metrics->len;
  row->metrics = (gconstpointer)metrics->data;
  if (detail_id > 0
      && !(row->detail =
               (const char *)vervet_text_reader_get (merge->shard->texts, detail_id, &row->detail_len, NULL, error)))
    return FALSE;
  if (!map_class (s, row, vervet_sql_count (s->verdict, 3), sqlite3_column_int64 (s->verdict, 4), &row->class_id, error)
      || !vervet_apply_verdict (merge->apply, row, &written, error))
    return FALSE;
  merge->stats->verdicts += written;
  return TRUE;
}

static gboolean
copy_votes (VervetMerge *merge, SampleStmts *s, const VervetVerdictRow *place, gint64 old_check, gint64 old_sample,
            GError **error)
{
  int rc;

  if (!s->has_votes)
    return TRUE;
  sqlite3_bind_int64 (s->votes, 1, old_check);
  sqlite3_bind_int64 (s->votes, 2, old_sample);
  while ((rc = vervet_sql_step (s->votes, error)) > 0) {
    VervetVoteRow vote = { .check_id = place->check_id,
                           .sample_id = place->sample_id,
                           .vote = (guint)sqlite3_column_int64 (s->votes, 0),
                           .job_id = vervet_merge_job (merge, sqlite3_column_int64 (s->votes, 1)),
                           .node = sqlite3_column_int64 (s->votes, 2),
                           .status = sqlite3_column_int (s->votes, 3),
                           .score = vervet_sql_real (s->votes, 4),
                           .weight = vervet_sql_real (s->votes, 5) };
    if (!vervet_apply_vote (merge->apply, &vote, error))
      return FALSE;
  }
  return rc == 0;
}

static gboolean
copy_verdicts (VervetMerge *merge, SampleStmts *s, const VervetSampleRow *old, gint64 member_id, gint64 sample_id,
               GError **error)
{
  GHashTableIter iter;
  gpointer old_check, new_check;
  int rc;

  g_hash_table_iter_init (&iter, merge->checks);
  while (g_hash_table_iter_next (&iter, &old_check, &new_check)) {
    gint64 check_id = (gint64)GPOINTER_TO_SIZE (old_check);
    VervetVerdictRow row = { .check_id = (gint64)GPOINTER_TO_SIZE (new_check),
                             .sample_id = sample_id,
                             .member_id = member_id,
                             .counts = (old->flags & VERVET_SAMPLE_ANSWER) != 0 };
    sqlite3_bind_int64 (s->verdict, 1, check_id);
    sqlite3_bind_int64 (s->verdict, 2, old->id);
    if ((rc = vervet_sql_step (s->verdict, error)) < 0)
      return FALSE;
    if (rc > 0) {
      gboolean ok = copy_verdict (merge, s, &row, check_id, old->id, error);
      sqlite3_reset (s->verdict);
      if (!ok)
        return FALSE;
    }
    if (!copy_votes (merge, s, &row, check_id, old->id, error))
      return FALSE;
  }
  return TRUE;
}

/* ---- Samples ---- */
static void
count_applied (VervetMerge *merge, VervetApplied how)
{
  switch (how) {
  case VERVET_APPLIED_NEW:
    merge->stats->new_samples++;
    merge->next_sample++;
    break;
  case VERVET_APPLIED_REPLACED:
    merge->stats->replaced++;
    break;
  case VERVET_APPLIED_SAME:
    merge->stats->same++;
    break;
  case VERVET_APPLIED_CONFLICT:
    merge->stats->conflicts++;
    break;
  }
}

/* A verdict goes where its text goes: never to a sample of another text that was there first. */
static gboolean
merge_sample (VervetMerge *merge, SampleStmts *s, const VervetSampleRow *old, GError **error)
{
  VervetSampleRow row = *old;
  VervetApplied how;
  gint64 id;

  row.member_id = vervet_merge_map (merge->members, old->member_id);
  if (!row.member_id)
    return TRUE;
  row.epoch_id = vervet_merge_map (merge->epochs, old->epoch_id);
  row.id = merge->next_sample + 1;
  if (old->text_id > 0
      && !(row.text =
               (const char *)vervet_text_reader_get (merge->shard->texts, old->text_id, &row.text_len, NULL, error)))
    return FALSE;
  if (!vervet_apply_sample (merge->apply, &row, &how, &id, error))
    return FALSE;
  count_applied (merge, how);
  if (old->status < 0 || how == VERVET_APPLIED_CONFLICT)
    return TRUE;
  return copy_verdicts (merge, s, old, row.member_id, id, error);
}

static gboolean
prepare (VervetMerge *merge, SampleStmts *s, GError **error)
{
  const struct {
    sqlite3_stmt **stmt;
    VervetStore *store;
    const char *sql;
  } all[] = {
    { &s->verdict, merge->shard,
      "SELECT v.status, v.score, a.s, a.answer_id, a.class, r.s, v.took_us, v.steps, v.detail_id FROM verdict v "
      "LEFT JOIN answer a USING (answer_id) LEFT JOIN string r ON r.string_id = v.reason "
      "WHERE v.check_id = ?1 AND v.sample_id = ?2" },
    { &s->metrics, merge->shard,
      "SELECT n.s, m.value FROM metric m JOIN string n ON n.string_id = m.name WHERE m.check_id = ?1 AND m.sample_id = "
      "?2" },
    { &s->votes, merge->shard,
      "SELECT vote, job_id, node, status, score, weight FROM vote WHERE check_id = ?1 AND sample_id = ?2" },
    { &s->founder, merge->shard, "SELECT s FROM answer WHERE answer_id = ?1" },
    { &s->class_of, merge->out, "SELECT class FROM answer WHERE check_id = ?1 AND member_id = ?2 AND s = ?3 LIMIT 1" },
  };
  gint64 metrics, votes;

  for (guint i = 0; i < G_N_ELEMENTS (all); i++)
    if (!(*all[i].stmt = vervet_sql_prepare (all[i].store->db, all[i].sql, error)))
      return FALSE;
  if (!vervet_sql_number (merge->shard->db, "SELECT EXISTS (SELECT 1 FROM metric)", 0, &metrics, error)
      || !vervet_sql_number (merge->shard->db, "SELECT EXISTS (SELECT 1 FROM vote)", 0, &votes, error))
    return FALSE;
  s->has_metrics = metrics != 0;
  s->has_votes = votes != 0;
  return TRUE;
}

static gboolean
merge_samples (VervetMerge *merge, SampleStmts *s, GError **error)
{
  g_autoptr (VervetStmt) rows =
      vervet_sql_prepare (merge->shard->db, "SELECT " VERVET_READ_SAMPLE_COLUMNS " FROM sample s ORDER BY s.id", error);
  int rc;

  if (!rows)
    return FALSE;
  while ((rc = vervet_sql_step (rows, error)) > 0) {
    VervetSampleRow row = { 0 };
    vervet_read_sample (rows, 0, &row);
    if (!merge_sample (merge, s, &row, error) || !vervet_merge_row_done (merge, error))
      return FALSE;
  }
  return rc == 0;
}

gboolean
vervet_merge_samples (VervetMerge *merge, GError **error)
{
  SampleStmts s = { 0 };
  gboolean ok = prepare (merge, &s, error) && merge_samples (merge, &s, error);

  sqlite3_finalize (s.verdict);
  sqlite3_finalize (s.metrics);
  sqlite3_finalize (s.votes);
  sqlite3_finalize (s.founder);
  sqlite3_finalize (s.class_of);
  return ok;
}
