#include <math.h>
#include <string.h>

#include "store.h"
#include "util/hash.h"
#include "vervet-plugin.h"

/* Counters as they are and as the rows have them. */
static const char *const member_counters[] = { "done",      "failed",     "samples",    "distinct_texts",
                                               "truncated", "in_tok",     "cached_tok", "out_tok",
                                               "seq_tok",   "nano_money", "busy_ms" };
#define N_MEMBER G_N_ELEMENTS (member_counters)

static const char *const tally_counters[] = { "pass",          "fail",   "scored",  "undecided", "no_answer",
                                              "bad_reference", "errors", "out_tok", "nano_money" };
#define N_TALLY G_N_ELEMENTS (tally_counters)
enum { TALLY_ERRORS = 6, TALLY_OUT = 7, TALLY_MONEY = 8 };

typedef struct {
  gint64 check_id, member_id; /* the key */
  gint64 n[N_TALLY];
  double sum, sum2;
  gboolean has_row;
} TallyCount;

typedef struct {
  sqlite3 *db;
  VervetTextReader *texts;
  gboolean repair;
  GPtrArray *differences;
  GHashTable *tallies; /* TallyCount, by its key */
  GArray *answers;     /* gint64 at answer_id: how often it was given */
} Check;

static void differ (Check *check, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
differ (Check *check, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  g_ptr_array_add (check->differences, g_strdup_vprintf (format, args));
  va_end (args);
}

static const char *
text_at (sqlite3_stmt *stmt, int column)
{
  const char *s = (const char *)sqlite3_column_text (stmt, column);

  return s ? s : "?";
}

/* ---- The file itself ---- */
static gboolean
check_pages (Check *check, GError **error)
{
  g_autoptr (VervetStmt) stmt = vervet_sql_prepare (check->db, "PRAGMA quick_check (20)", error);
  int rc;

  if (!stmt)
    return FALSE;
  while ((rc = vervet_sql_step (stmt, error)) > 0)
    if (strcmp (text_at (stmt, 0), "ok") != 0)
      differ (check, "the file is damaged: %s", text_at (stmt, 0));
  return rc == 0;
}

static gboolean
check_references (Check *check, GError **error)
{
  static const struct {
    const char *sql, *what;
  } all[] = {
    { "SELECT count(*) FROM sample s LEFT JOIN text t USING (text_id) WHERE s.text_id IS NOT NULL AND t.text_id IS "
      "NULL",
      "samples without their text" },
    { "SELECT count(*) FROM sample s LEFT JOIN member m USING (member_id) WHERE m.member_id IS NULL",
      "samples of no problem" },
    { "SELECT count(*) FROM verdict v LEFT JOIN sample s ON s.id = v.sample_id WHERE s.id IS NULL",
      "verdicts on no sample" },
    { "SELECT count(*) FROM text t LEFT JOIN dict d USING (dict_id) WHERE t.dict_id > 0 AND d.dict_id IS NULL",
      "texts without their dictionary" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (all); i++) {
    gint64 n;
    if (!vervet_sql_number (check->db, all[i].sql, 0, &n, error))
      return FALSE;
    if (n)
      differ (check, "the file has %" G_GINT64_FORMAT " %s", n, all[i].what);
  }
  return TRUE;
}

/* Every text unpacks to what was hashed when it came. */
static gboolean
check_texts (Check *check, GError **error)
{
  g_autoptr (VervetStmt) rows = vervet_sql_prepare (check->db, "SELECT text_id FROM text ORDER BY text_id", error);
  g_autofree char *first = NULL;
  gint64 bad = 0;
  int rc;

  if (!rows)
    return FALSE;
  while ((rc = vervet_sql_step (rows, error)) > 0) {
    g_autoptr (GError) failure = NULL;
    guint64 hash;
    gsize len;
    const guint8 *data = vervet_text_reader_get (check->texts, sqlite3_column_int64 (rows, 0), &len, &hash, &failure);
    if (data && vervet_hash64 (data, len, 0) == hash)
      continue;
    if (!bad++)
      first = failure ? g_strdup (failure->message)
                      : g_strdup_printf ("text %" G_GINT64_FORMAT " is not the one that was stored",
                                         (gint64)sqlite3_column_int64 (rows, 0));
  }
  if (bad)
    differ (check, "%" G_GINT64_FORMAT " texts are damaged, the first: %s", bad, first);
  return rc == 0;
}

/* ---- Members ---- */
#define SHARE(tokens)                                                                                      \
  "ifnull (sum (CASE WHEN status >= 0 AND " tokens " > 0 THEN " tokens " / max (1, ifnull (call_n, 1)) + " \
  "((trial + ord) % max (1, ifnull (call_n, 1)) < " tokens " % max (1, ifnull (call_n, 1))) END), 0)"
#define SUM(what) "ifnull (sum (CASE WHEN status >= 0 THEN max (0, " what ") END), 0)"
#define COUNT(what) "count (CASE WHEN " what " THEN 1 END)"

#define RECOUNT_MEMBER                                                                            \
  "SELECT " COUNT ("ord = 0 AND status >= 0") ", " COUNT ("ord = 0 AND status < 0") ", " COUNT (  \
      "status >= 0") ", "                                                                         \
                     "count"                                                                      \
                     " ("                                                                         \
                     "DISTI"                                                                      \
                     "NCT "                                                                       \
                     "CASE "                                                                      \
                     "WHEN "                                                                      \
                     "statu"                                                                      \
                     "s >= "                                                                      \
                     "0 "                                                                         \
                     "THEN "                                                                      \
                     "text_"                                                                      \
                     "id "                                                                        \
                     "END),"                                                                      \
                     " " COUNT ("status >= 0 AND finish = ?2") ", " SHARE ("in_tok") ", " SHARE ( \
                         "c"                                                                      \
                         "a"                                                                      \
                         "c"                                                                      \
                         "h"                                                                      \
                         "e"                                                                      \
                         "d"                                                                      \
                         "_"                                                                      \
                         "t"                                                                      \
                         "o"                                                                      \
                         "k") ", " SUM ("out_tok") ", " SUM ("seq_tok") ", " SUM ("nano_money") ", " SUM ("took_ms") " FROM sample WHERE member_id = ?1"

static gboolean
repair_member (Check *check, sqlite3_stmt *repair, gint64 member_id, sqlite3_stmt *truth, GError **error)
{
  if (!check->repair)
    return TRUE;
  sqlite3_bind_int64 (repair, 1, member_id);
  for (guint i = 0; i < N_MEMBER; i++)
    sqlite3_bind_int64 (repair, 2 + (int)i, sqlite3_column_int64 (truth, (int)i));
  return vervet_sql_run (repair, error);
}

/* @row: member_id, name of the run, key of the problem, then the counters. */
static gboolean
check_member (Check *check, sqlite3_stmt *row, sqlite3_stmt *truth, sqlite3_stmt *repair, GError **error)
{
  gboolean wrong = FALSE, ok = TRUE;

  sqlite3_bind_int64 (truth, 1, sqlite3_column_int64 (row, 0));
  sqlite3_bind_int (truth, 2, VV_FIN_LENGTH);
  if (vervet_sql_step (truth, error) != 1)
    return FALSE;
  for (guint i = 0; i < N_MEMBER; i++) {
    gint64 is = sqlite3_column_int64 (row, 3 + (int)i), should = sqlite3_column_int64 (truth, (int)i);
    if (is == should)
      continue;
    wrong = TRUE;
    differ (check, "run %s, problem %s: %s says %" G_GINT64_FORMAT ", the samples %" G_GINT64_FORMAT, text_at (row, 1),
            text_at (row, 2), member_counters[i], is, should);
  }
  if (wrong)
    ok = repair_member (check, repair, sqlite3_column_int64 (row, 0), truth, error);
  sqlite3_reset (truth);
  return ok;
}

static gboolean
check_members (Check *check, GError **error)
{
  g_autoptr (VervetStmt) rows =
      vervet_sql_prepare (check->db,
                          "SELECT m.member_id, r.name, p.key, m.done, m.failed, m.samples, m.distinct_texts, "
                          "m.truncated, m.in_tok, m.cached_tok, "
                          "m.out_tok, m.seq_tok, m.nano_money, m.busy_ms FROM member m JOIN run r USING (run_id) "
                          "LEFT JOIN problem p USING (problem_id) WHERE r.counts_only = 0",
                          error);
  g_autoptr (VervetStmt) truth = rows ? vervet_sql_prepare (check->db, RECOUNT_MEMBER, error) : NULL;
  g_autoptr (VervetStmt) repair = NULL;
  int rc;

  if (!truth)
    return FALSE;
  repair = vervet_sql_prepare (
      check->db,
      "UPDATE member SET done = ?2, failed = ?3, samples = ?4, distinct_texts = ?5, truncated = ?6, "
      "in_tok = ?7, cached_tok = ?8, out_tok = ?9, seq_tok = ?10, nano_money = ?11, busy_ms = ?12 "
      "WHERE member_id = ?1",
      error);
  if (!repair)
    return FALSE;
  while ((rc = vervet_sql_step (rows, error)) > 0)
    if (!check_member (check, rows, truth, repair, error))
      return FALSE;
  return rc == 0;
}

/* ---- Tallies ---- */
static guint
tally_hash (gconstpointer key)
{
  const TallyCount *tally = key;

  return (guint)((guint64)tally->check_id * 0x9e3779b9u ^ (guint64)tally->member_id * 0x85ebca6bu);
}

static gboolean
tally_equal (gconstpointer a, gconstpointer b)
{
  const TallyCount *x = a, *y = b;

  return x->check_id == y->check_id && x->member_id == y->member_id;
}

static TallyCount *
tally_of (Check *check, gint64 check_id, gint64 member_id)
{
  TallyCount key = { .check_id = check_id, .member_id = member_id };
  TallyCount *tally = g_hash_table_lookup (check->tallies, &key);

  if (!tally) {
    tally = g_memdup2 (&key, sizeof key);
    g_hash_table_add (check->tallies, tally);
  }
  return tally;
}

static void
count_answer (Check *check, gint64 answer_id)
{
  if (answer_id <= 0 || answer_id > G_MAXINT32)
    return;
  if (check->answers->len <= answer_id)
    g_array_set_size (check->answers, (guint)answer_id + 1);
  g_array_index (check->answers, gint64, answer_id)++;
}

static gboolean
count_verdicts (Check *check, GError **error)
{
  g_autoptr (VervetStmt) stmt = vervet_sql_prepare (
      check->db,
      "SELECT v.check_id, s.member_id, v.status, v.score, v.answer_id FROM verdict v CROSS JOIN sample s "
      "ON s.id = v.sample_id WHERE s.flags & 1",
      error);
  int rc;

  if (!stmt)
    return FALSE;
  while ((rc = vervet_sql_step (stmt, error)) > 0) {
    TallyCount *tally = tally_of (check, sqlite3_column_int64 (stmt, 0), sqlite3_column_int64 (stmt, 1));
    int status = sqlite3_column_int (stmt, 2);
    double score = vervet_sql_real (stmt, 3);
    if (status < 0) {
      tally->n[TALLY_ERRORS]++;
      continue;
    }
    if (status >= VV_PASS && status <= VV_BAD_REFERENCE)
      tally->n[status - VV_PASS]++;
    if (isfinite (score)) {
      tally->sum += score;
      tally->sum2 += score * score;
    }
    count_answer (check, vervet_sql_count (stmt, 4));
  }
  return rc == 0;
}

static gboolean
count_jobs (Check *check, GError **error)
{
  g_autoptr (VervetStmt) stmt =
      vervet_sql_prepare (check->db,
                          "SELECT check_id, member_id, sum (max (0, out_tok)), sum (max (0, nano_money)) FROM job "
                          "WHERE check_id > 0 GROUP BY check_id, member_id",
                          error);
  int rc;

  if (!stmt)
    return FALSE;
  while ((rc = vervet_sql_step (stmt, error)) > 0) {
    TallyCount *tally = tally_of (check, sqlite3_column_int64 (stmt, 0), sqlite3_column_int64 (stmt, 1));
    tally->n[TALLY_OUT] = sqlite3_column_int64 (stmt, 2);
    tally->n[TALLY_MONEY] = sqlite3_column_int64 (stmt, 3);
  }
  return rc == 0;
}

static gboolean
near (double a, double b)
{
  return fabs (a - b) <= 1e-9 * (1 + fabs (a) + fabs (b));
}

static gboolean
repair_tally (Check *check, const TallyCount *tally, GError **error)
{
  g_autoptr (VervetStmt) stmt = NULL;

  if (!check->repair)
    return TRUE;
  stmt = vervet_sql_prepare (
      check->db,
      "INSERT OR REPLACE INTO tally (check_id, member_id, pass, fail, scored, undecided, no_answer, "
      "bad_reference, errors, out_tok, nano_money, sum, sum2) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
      "?9, ?10, ?11, ?12, ?13)",
      error);
  if (!stmt)
    return FALSE;
  sqlite3_bind_int64 (stmt, 1, tally->check_id);
  sqlite3_bind_int64 (stmt, 2, tally->member_id);
  for (guint i = 0; i < N_TALLY; i++)
    sqlite3_bind_int64 (stmt, 3 + (int)i, tally->n[i]);
  sqlite3_bind_double (stmt, 3 + N_TALLY, tally->sum);
  sqlite3_bind_double (stmt, 4 + N_TALLY, tally->sum2);
  return vervet_sql_run (stmt, error);
}

/* @row: check_id, member_id, names of run, problem and check, the counters, sum and sum2. */
static gboolean
check_tally (Check *check, sqlite3_stmt *row, GError **error)
{
  TallyCount *tally = tally_of (check, sqlite3_column_int64 (row, 0), sqlite3_column_int64 (row, 1));
  double sum = sqlite3_column_double (row, 5 + N_TALLY), sum2 = sqlite3_column_double (row, 6 + N_TALLY);
  gboolean wrong = FALSE;

  tally->has_row = TRUE;
  for (guint i = 0; i < N_TALLY; i++) {
    gint64 is = sqlite3_column_int64 (row, 5 + (int)i);
    if (is == tally->n[i])
      continue;
    wrong = TRUE;
    differ (check, "run %s, problem %s, check %s: %s says %" G_GINT64_FORMAT ", the verdicts %" G_GINT64_FORMAT,
            text_at (row, 2), text_at (row, 3), text_at (row, 4), tally_counters[i], is, tally->n[i]);
  }
  if (!near (sum, tally->sum) || !near (sum2, tally->sum2)) {
    wrong = TRUE;
    differ (check, "run %s, problem %s, check %s: the scores add up to %g and %g, the verdicts' to %g and %g",
            text_at (row, 2), text_at (row, 3), text_at (row, 4), sum, sum2, tally->sum, tally->sum2);
  }
  return !wrong || repair_tally (check, tally, error);
}

static gboolean
check_missing_tallies (Check *check, GError **error)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, check->tallies);
  while (g_hash_table_iter_next (&iter, &key, NULL)) {
    const TallyCount *tally = key;
    if (tally->has_row)
      continue;
    differ (check, "check %" G_GINT64_FORMAT " of problem %" G_GINT64_FORMAT " has verdicts and is not counted",
            tally->check_id, tally->member_id);
    if (!repair_tally (check, tally, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
check_tallies (Check *check, GError **error)
{
  g_autoptr (VervetStmt) rows = NULL;
  int rc;

  if (!count_verdicts (check, error) || !count_jobs (check, error))
    return FALSE;
  rows = vervet_sql_prepare (
      check->db,
      "SELECT t.check_id, t.member_id, r.name, p.key, c.name, t.pass, t.fail, t.scored, t.undecided, "
      "t.no_answer, t.bad_reference, t.errors, t.out_tok, t.nano_money, t.sum, t.sum2 FROM tally t "
      "LEFT JOIN member m USING (member_id) LEFT JOIN run r USING (run_id) "
      "LEFT JOIN problem p USING (problem_id) LEFT JOIN \"check\" c USING (check_id) "
      "WHERE ifnull (r.counts_only, 0) = 0",
      error);
  if (!rows)
    return FALSE;
  while ((rc = vervet_sql_step (rows, error)) > 0)
    if (!check_tally (check, rows, error))
      return FALSE;
  return rc == 0 && check_missing_tallies (check, error);
}

/* ---- Answers ---- */
static gboolean
check_answers (Check *check, GError **error)
{
  g_autoptr (VervetStmt) rows =
      vervet_sql_prepare (check->db, "SELECT answer_id, n, substr (s, 1, 40) FROM answer", error);
  g_autoptr (VervetStmt) repair =
      rows ? vervet_sql_prepare (check->db, "UPDATE answer SET n = ?2 WHERE answer_id = ?1", error) : NULL;
  int rc;

  if (!repair)
    return FALSE;
  while ((rc = vervet_sql_step (rows, error)) > 0) {
    gint64 id = sqlite3_column_int64 (rows, 0), is = sqlite3_column_int64 (rows, 1);
    gint64 should = id > 0 && id < check->answers->len ? g_array_index (check->answers, gint64, id) : 0;
    if (is == should)
      continue;
    differ (check, "answer \"%s\" is counted %" G_GINT64_FORMAT " times, the verdicts have it %" G_GINT64_FORMAT,
            text_at (rows, 2), is, should);
    sqlite3_bind_int64 (repair, 1, id);
    sqlite3_bind_int64 (repair, 2, should);
    if (check->repair && !vervet_sql_run (repair, error))
      return FALSE;
  }
  return rc == 0;
}

static gboolean
check_all (Check *check, GError **error)
{
  return check_pages (check, error) && check_references (check, error) && check_texts (check, error)
         && check_members (check, error) && check_tallies (check, error) && check_answers (check, error);
}

gboolean
vervet_store_check (VervetStore *store, gboolean repair, GPtrArray **differences, GError **error)
{
  Check check = { .repair = repair };
  gboolean ok;

  if (differences)
    *differences = NULL;
  /* One transaction: a writer may be at work, and the counters must be of the same moment as the rows. */
  check.db = vervet_store_db (store, &check.texts, error);
  if (!check.db || (repair && !vervet_store_setup_db (store, error))
      || !vervet_sql_exec (check.db, repair ? "BEGIN IMMEDIATE" : "BEGIN", error))
    return FALSE;
  check.differences = g_ptr_array_new_with_free_func (g_free);
  check.tallies = g_hash_table_new_full (tally_hash, tally_equal, NULL, g_free);
  check.answers = g_array_new (FALSE, TRUE, sizeof (gint64));
  ok = check_all (&check, error) && vervet_sql_exec (check.db, "COMMIT", error);
  if (!ok && !sqlite3_get_autocommit (check.db))
    sqlite3_exec (check.db, "ROLLBACK", NULL, NULL, NULL);
  g_hash_table_unref (check.tallies);
  g_array_unref (check.answers);
  if (ok && differences)
    *differences = g_steal_pointer (&check.differences);
  g_clear_pointer (&check.differences, g_ptr_array_unref);
  return ok;
}
