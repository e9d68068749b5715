#include <string.h>

#include "read.h"

/* ---- Runs ---- */
#define RUN_COLUMNS                                                                                           \
  "run_id, uuid, fingerprint, sweep, name, arm, spec, seed, one_call, stopping, oracle, counts_only, state, " \
  "created_ms"

static void
read_run (sqlite3_stmt *stmt, gpointer data)
{
  VervetRunRow *row = data;

  row->run_id = sqlite3_column_int64 (stmt, 0);
  vervet_sql_hash (stmt, 1, row->uuid);
  vervet_sql_hash (stmt, 2, row->fingerprint);
  row->has_sweep = sqlite3_column_type (stmt, 3) != SQLITE_NULL;
  vervet_sql_hash (stmt, 3, row->sweep);
  row->name = vervet_sql_text (stmt, 4);
  row->arm = vervet_sql_text (stmt, 5);
  row->spec = vervet_sql_text (stmt, 6);
  row->seed = (guint64)sqlite3_column_int64 (stmt, 7);
  row->one_call = sqlite3_column_int (stmt, 8) != 0;
  row->stopping = sqlite3_column_int (stmt, 9) != 0;
  row->oracle = sqlite3_column_int (stmt, 10) != 0;
  row->counts_only = sqlite3_column_int (stmt, 11) != 0;
  row->state = (VervetRunState)sqlite3_column_int (stmt, 12);
  row->created_ms = sqlite3_column_int64 (stmt, 13);
}

static void
clear_run (gpointer row)
{
  vervet_run_row_clear (row);
}

GArray *
vervet_store_runs (VervetStore *store, GError **error)
{
  return vervet_read_all (vervet_read_query (store, error, "SELECT " RUN_COLUMNS " FROM run ORDER BY run_id", 0),
                          sizeof (VervetRunRow), clear_run, read_run, error);
}

static char *
run_names (VervetStore *store)
{
  g_autoptr (GArray) runs = vervet_store_runs (store, NULL);
  GString *names = g_string_new (NULL);

  for (guint i = 0; runs && i < runs->len && i < 20; i++)
    g_string_append_printf (names, "%s%s", i ? ", " : "", g_array_index (runs, VervetRunRow, i).name);
  if (runs && runs->len > 20)
    g_string_append (names, ", ...");
  return g_string_free (names, FALSE);
}

gboolean
vervet_store_find_run (VervetStore *store, const char *name, VervetRunRow *out, GError **error)
{
  g_autoptr (VervetStmt) stmt = vervet_read_query (
      store, error,
      "SELECT " RUN_COLUMNS " FROM run WHERE ?1 IS NULL OR name = ?1 ORDER BY created_ms DESC, run_id DESC LIMIT 1", 0);
  int rc;

  *out = (VervetRunRow){ 0 };
  if (!stmt)
    return FALSE;
  vervet_sql_bind_text (stmt, 1, name);
  if ((rc = vervet_sql_step (stmt, error)) < 0)
    return FALSE;
  if (rc > 0) {
    read_run (stmt, out);
    return TRUE;
  }
  if (name) {
    g_autofree char *names = run_names (store);
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s: holds no run named \"%s\"; it holds: %s", store->path,
                 name, *names ? names : "none");
  } else {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s: holds no run yet; start one with `vervet run`",
                 store->path);
  }
  return FALSE;
}

/* ---- Members ---- */
static void
read_member (sqlite3_stmt *stmt, gpointer data)
{
  VervetMemberRow *row = data;
  gint64 *counts[] = { &row->planned,   &row->done,       &row->failed, &row->samples,    &row->distinct_texts,
                       &row->truncated, &row->calls,      &row->in_tok, &row->cached_tok, &row->out_tok,
                       &row->seq_tok,   &row->nano_money, &row->busy_ms };

  row->member_id = sqlite3_column_int64 (stmt, 0);
  row->run_id = sqlite3_column_int64 (stmt, 1);
  row->problem_id = sqlite3_column_int64 (stmt, 2);
  row->ord = (guint)sqlite3_column_int64 (stmt, 3);
  row->benchmark = vervet_sql_text (stmt, 4);
  row->key = vervet_sql_text (stmt, 5);
  row->group = vervet_sql_text (stmt, 6);
  vervet_sql_hash (stmt, 7, row->problem_hash);
  vervet_sql_hash (stmt, 8, row->prompt_hash);
  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    *counts[i] = sqlite3_column_int64 (stmt, 9 + (int)i);
}

static void
clear_member (gpointer row)
{
  vervet_member_row_clear (row);
}

GArray *
vervet_store_members (VervetStore *store, gint64 run_id, GError **error)
{
  sqlite3_stmt *stmt = vervet_read_query (
      store, error,
      "SELECT m.member_id, m.run_id, m.problem_id, m.ord, p.benchmark, p.key, p.grp, p.hash, m.prompt_hash, m.planned, "
      "m.done, "
      "m.failed, m.samples, m.distinct_texts, m.truncated, m.calls, m.in_tok, m.cached_tok, m.out_tok, m.seq_tok, "
      "m.nano_money, "
      "m.busy_ms FROM member m JOIN problem p USING (problem_id) WHERE m.run_id = ?1 ORDER BY m.ord, m.member_id",
      1, run_id);

  return vervet_read_all (stmt, sizeof (VervetMemberRow), clear_member, read_member, error);
}

static gboolean
load_text (VervetTextReader *texts, gint64 text_id, GBytes **out, GError **error)
{
  const guint8 *data;
  gsize len;
  char *copy;

  *out = NULL;
  if (text_id <= 0)
    return TRUE;
  if (!(data = vervet_text_reader_get (texts, text_id, &len, NULL, error)))
    return FALSE;
  copy = g_malloc (len + 1);
  memcpy (copy, data, len);
  copy[len] = '\0';
  *out = g_bytes_new_take (copy, len);
  return TRUE;
}

static gboolean
load_string (VervetTextReader *texts, gint64 text_id, char **out, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;

  *out = NULL;
  if (!load_text (texts, text_id, &bytes, error))
    return FALSE;
  if (bytes)
    *out = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  return TRUE;
}

GBytes *
vervet_store_text (VervetStore *store, gint64 text_id, GError **error)
{
  VervetTextReader *texts;
  GBytes *out;

  if (text_id <= 0) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INTERNAL, "a sample without a text was asked for its text");
    return NULL;
  }
  if (!vervet_store_db (store, &texts, error) || !load_text (texts, text_id, &out, error))
    return NULL;
  return out;
}

gboolean
vervet_store_problem (VervetStore *store, gint64 member_id, char **fields, GBytes **reference, char **prompt,
                      GError **error)
{
  g_autoptr (VervetStmt) stmt = vervet_read_query (store, error,
                                                   "SELECT p.fields_id, p.reference_id, m.prompt_id FROM member m JOIN "
                                                   "problem p USING (problem_id) WHERE m.member_id = ?1",
                                                   1, member_id);
  VervetTextReader *texts;
  int rc;

  if (fields)
    *fields = NULL;
  if (reference)
    *reference = NULL;
  if (prompt)
    *prompt = NULL;
  if (!stmt || !vervet_store_db (store, &texts, error) || (rc = vervet_sql_step (stmt, error)) < 0)
    return FALSE;
  if (rc == 0) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INTERNAL, "%s: has no problem %" G_GINT64_FORMAT, store->path,
                 member_id);
    return FALSE;
  }
  if ((!fields || load_string (texts, vervet_sql_count (stmt, 0), fields, error))
      && (!reference || load_text (texts, vervet_sql_count (stmt, 1), reference, error))
      && (!prompt || load_string (texts, vervet_sql_count (stmt, 2), prompt, error)))
    return TRUE;
  if (fields)
    g_clear_pointer (fields, g_free);
  if (reference)
    g_clear_pointer (reference, g_bytes_unref);
  return FALSE;
}

/* ---- Checks and their counters ---- */
#define CHECK_COLUMNS "check_id, fingerprint, component, name, options, behaviour, visible"

static void
read_check (sqlite3_stmt *stmt, gpointer data)
{
  VervetCheckRow *row = data;

  row->check_id = sqlite3_column_int64 (stmt, 0);
  vervet_sql_hash (stmt, 1, row->fingerprint);
  row->component = vervet_sql_text (stmt, 2);
  row->name = vervet_sql_text (stmt, 3);
  row->options = vervet_sql_text (stmt, 4);
  row->behaviour = (guint)sqlite3_column_int64 (stmt, 5);
  row->visible = sqlite3_column_int (stmt, 6) != 0;
}

static void
clear_check (gpointer row)
{
  vervet_check_row_clear (row);
}

GArray *
vervet_read_all_checks (VervetStore *store, GError **error)
{
  return vervet_read_all (
      vervet_read_query (store, error, "SELECT " CHECK_COLUMNS " FROM \"check\" ORDER BY check_id", 0),
      sizeof (VervetCheckRow), clear_check, read_check, error);
}

GArray *
vervet_store_checks (VervetStore *store, gint64 run_id, GError **error)
{
  sqlite3_stmt *stmt = vervet_read_query (
      store, error,
      "SELECT " CHECK_COLUMNS " FROM \"check\" c WHERE "
      "EXISTS (SELECT 1 FROM progress p WHERE p.check_id = c.check_id AND p.run_id = ?1) OR "
      "EXISTS (SELECT 1 FROM member m CROSS JOIN tally t ON t.check_id = c.check_id AND t.member_id = m.member_id "
      "WHERE m.run_id = ?1) ORDER BY visible, "
      /* As the experiment lists them, so that its first one grades; checks added later follow. */
      "ifnull ((SELECT e.key FROM run r, json_each (r.spec, '$.verifiers') e WHERE r.run_id = ?1 AND "
      "json_extract (e.value, '$.name') = c.name LIMIT 1), 1000), check_id",
      1, run_id);

  return vervet_read_all (stmt, sizeof (VervetCheckRow), clear_check, read_check, error);
}

static void
read_tally (sqlite3_stmt *stmt, gpointer data)
{
  VervetTallyRow *row = data;
  gint64 *counts[] = { &row->member_id, &row->pass,      &row->fail,          &row->scored,
                       &row->undecided, &row->no_answer, &row->bad_reference, &row->errors };

  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    *counts[i] = sqlite3_column_int64 (stmt, (int)i);
  row->sum = sqlite3_column_double (stmt, 8);
  row->sum2 = sqlite3_column_double (stmt, 9);
}

GArray *
vervet_store_tallies (VervetStore *store, gint64 run_id, gint64 check_id, GError **error)
{
  sqlite3_stmt *stmt = vervet_read_query (
      store, error,
      "SELECT m.member_id, t.pass, t.fail, t.scored, t.undecided, t.no_answer, t.bad_reference, t.errors, t.sum, "
      "t.sum2 "
      "FROM member m LEFT JOIN tally t ON t.check_id = ?2 AND t.member_id = m.member_id WHERE m.run_id = ?1 "
      "ORDER BY m.ord, m.member_id",
      2, run_id, check_id);

  return vervet_read_all (stmt, sizeof (VervetTallyRow), NULL, read_tally, error);
}

static void
read_answer (sqlite3_stmt *stmt, gpointer data)
{
  VervetAnswerClass *row = data;

  row->member_id = sqlite3_column_int64 (stmt, 0);
  row->class_id = sqlite3_column_int64 (stmt, 1);
  row->n = sqlite3_column_int64 (stmt, 2);
  row->status = sqlite3_column_int (stmt, 3);
}

/* A class of which a judge said different things counts as what was said most often; of equals, the worse. */
GArray *
vervet_store_answers (VervetStore *store, gint64 run_id, gint64 check_id, GError **error)
{
  sqlite3_stmt *stmt = vervet_read_query (
      store, error,
      "SELECT member_id, class, sum (n), status FROM (SELECT m.ord AS place, m.member_id AS member_id, a.class AS "
      "class, "
      "a.status AS status, sum (a.n) AS n FROM member m CROSS JOIN answer a ON a.check_id = ?2 AND a.member_id = "
      "m.member_id "
      "WHERE m.run_id = ?1 AND a.n > 0 GROUP BY m.ord, m.member_id, a.class, a.status) "
      "GROUP BY place, member_id, class HAVING max (n * 8 + status) ORDER BY place, member_id, sum (n) DESC, class",
      2, run_id, check_id);

  return vervet_read_all (stmt, sizeof (VervetAnswerClass), NULL, read_answer, error);
}
