#include <math.h>
#include <string.h>

#include "store.h"
#include "text-writer.h"
#include "util/hash.h"

/* Every set-up call is one transaction around a body. */
typedef gboolean (*SetupBody) (sqlite3 *db, gpointer data, GError **error);

static gboolean
in_transaction (VervetStore *store, SetupBody body, gpointer data, GError **error)
{
  sqlite3 *db = vervet_store_setup_db (store, error);

  if (!db || !vervet_sql_exec (db, "BEGIN IMMEDIATE", error))
    return FALSE;
  if (body (db, data, error) && vervet_sql_exec (db, "COMMIT", error))
    return TRUE;
  if (!sqlite3_get_autocommit (db))
    sqlite3_exec (db, "ROLLBACK", NULL, NULL, NULL);
  return FALSE;
}

/* ---- Runs ---- */
static gboolean
is_zero (const guint8 hash[VERVET_HASH_SIZE])
{
  static const guint8 zero[VERVET_HASH_SIZE];

  return memcmp (hash, zero, sizeof zero) == 0;
}

/* Shards of one plan must turn out to be one run when they are merged, so the uuid follows from what makes it that run.
 */
static void
make_uuid (VervetRunRow *run)
{
  VervetHasher *hasher = vervet_hasher_new ("run");

  vervet_hasher_add_string (hasher, run->name);
  vervet_hasher_add (hasher, run->fingerprint, VERVET_HASH_SIZE);
  vervet_hasher_add_int (hasher, run->seed);
  vervet_hasher_finish (hasher, run->uuid);
}

/* *found: the run is there, and its id and uuid are filled in. */
static gboolean
find_named_run (sqlite3 *db, VervetRunRow *run, gboolean *found, GError **error)
{
  g_autoptr (VervetStmt) stmt =
      vervet_sql_prepare (db, "SELECT run_id, uuid, fingerprint FROM run WHERE name = ?1 OR uuid = ?2", error);
  int rc;

  *found = FALSE;
  if (!stmt)
    return FALSE;
  vervet_sql_bind_text (stmt, 1, run->name);
  vervet_sql_bind_bytes (stmt, 2, run->uuid, VERVET_HASH_SIZE);
  while ((rc = vervet_sql_step (stmt, error)) > 0) {
    guint8 fingerprint[VERVET_HASH_SIZE];
    vervet_sql_hash (stmt, 2, fingerprint);
    if (memcmp (fingerprint, run->fingerprint, VERVET_HASH_SIZE) != 0) {
      g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
                   "%s: has a run named \"%s\" of another experiment; choose another name or another file",
                   sqlite3_db_filename (db, "main"), run->name);
      return FALSE;
    }
    run->run_id = sqlite3_column_int64 (stmt, 0);
    vervet_sql_hash (stmt, 1, run->uuid);
    *found = TRUE;
  }
  return rc == 0;
}

static gboolean
insert_run (sqlite3 *db, VervetRunRow *run, GError **error)
{
  g_autoptr (VervetStmt) stmt =
      vervet_sql_prepare (db,
                          "INSERT INTO run (uuid, sweep, arm, name, spec, fingerprint, seed, one_call, stopping, "
                          "oracle, counts_only, state, "
                          "created_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
                          error);

  if (!stmt)
    return FALSE;
  vervet_sql_bind_bytes (stmt, 1, run->uuid, VERVET_HASH_SIZE);
  vervet_sql_bind_bytes (stmt, 2, run->has_sweep ? run->sweep : NULL, VERVET_HASH_SIZE);
  vervet_sql_bind_text (stmt, 3, run->arm);
  vervet_sql_bind_text (stmt, 4, run->name);
  vervet_sql_bind_text (stmt, 5, run->spec ? run->spec : "{}");
  vervet_sql_bind_bytes (stmt, 6, run->fingerprint, VERVET_HASH_SIZE);
  sqlite3_bind_int64 (stmt, 7, (gint64)run->seed);
  sqlite3_bind_int (stmt, 8, run->one_call);
  sqlite3_bind_int (stmt, 9, run->stopping);
  sqlite3_bind_int (stmt, 10, run->oracle);
  sqlite3_bind_int (stmt, 11, run->counts_only);
  sqlite3_bind_int (stmt, 12, run->state);
  sqlite3_bind_int64 (stmt, 13, run->created_ms);
  if (!vervet_sql_run (stmt, error))
    return FALSE;
  run->run_id = sqlite3_last_insert_rowid (db);
  return TRUE;
}

static gboolean
add_run (sqlite3 *db, gpointer data, GError **error)
{
  VervetRunRow *run = data;
  gboolean found;

  if (is_zero (run->uuid))
    make_uuid (run);
  if (!find_named_run (db, run, &found, error))
    return FALSE;
  if (found)
    return TRUE;
  if (run->created_ms <= 0)
    run->created_ms = g_get_real_time () / 1000;
  return insert_run (db, run, error);
}

gboolean
vervet_store_add_run (VervetStore *store, VervetRunRow *run, GError **error)
{
  return in_transaction (store, add_run, run, error);
}

gboolean
vervet_store_set_run_state (VervetStore *store, gint64 run_id, VervetRunState state, GError **error)
{
  sqlite3 *db = vervet_store_setup_db (store, error);
  g_autoptr (VervetStmt) stmt = NULL;

  if (!db || !(stmt = vervet_sql_prepare (db, "UPDATE run SET state = ?2 WHERE run_id = ?1", error)))
    return FALSE;
  sqlite3_bind_int64 (stmt, 1, run_id);
  sqlite3_bind_int (stmt, 2, state);
  return vervet_sql_run (stmt, error);
}

gboolean
vervet_store_set_run_spec (VervetStore *store, gint64 run_id, const char *spec, GError **error)
{
  sqlite3 *db = vervet_store_setup_db (store, error);
  g_autoptr (VervetStmt) stmt = NULL;

  if (!db || !(stmt = vervet_sql_prepare (db, "UPDATE run SET spec = ?2 WHERE run_id = ?1", error)))
    return FALSE;
  sqlite3_bind_int64 (stmt, 1, run_id);
  vervet_sql_bind_text (stmt, 2, spec);
  return vervet_sql_run (stmt, error);
}

/* ---- Problems ---- */
typedef struct {
  gint64 run_id;
  VervetProblemRow *problems;
  guint n;
  VervetTextWriter *texts;
  sqlite3_stmt *find_problem, *new_problem, *find_member, *new_member, *raise_member;
} ProblemsTask;

static gboolean
put_text (ProblemsTask *task, const void *data, gsize len, gint64 *id, GError **error)
{
  *id = -1;
  return !data || vervet_text_writer_put (task->texts, data, len, vervet_hash64 (data, len, 0), id, error);
}

/* The id that @find yields with its parameters bound; 0: none. */
static gboolean
find_id (sqlite3_stmt *find, gint64 *id, GError **error)
{
  int rc = vervet_sql_step (find, error);

  *id = rc > 0 ? sqlite3_column_int64 (find, 0) : 0;
  if (rc > 0)
    sqlite3_reset (find);
  return rc >= 0;
}

static gboolean
problem_id (sqlite3 *db, ProblemsTask *task, const VervetProblemRow *p, gint64 *id, GError **error)
{
  gint64 fields_id, reference_id;

  vervet_sql_bind_bytes (task->find_problem, 1, p->hash, VERVET_HASH_SIZE);
  if (!find_id (task->find_problem, id, error))
    return FALSE;
  if (*id)
    return TRUE;
  if (!put_text (task, p->fields, p->fields ? strlen (p->fields) : 0, &fields_id, error)
      || !put_text (task, p->reference, p->reference_len, &reference_id, error))
    return FALSE;
  vervet_sql_bind_bytes (task->new_problem, 1, p->hash, VERVET_HASH_SIZE);
  vervet_sql_bind_text (task->new_problem, 2, p->benchmark);
  vervet_sql_bind_text (task->new_problem, 3, p->key);
  vervet_sql_bind_text (task->new_problem, 4, p->group);
  vervet_sql_bind_count (task->new_problem, 5, fields_id);
  vervet_sql_bind_count (task->new_problem, 6, reference_id);
  if (!vervet_sql_run (task->new_problem, error))
    return FALSE;
  *id = sqlite3_last_insert_rowid (db);
  return TRUE;
}

static gboolean
new_member (sqlite3 *db, ProblemsTask *task, VervetProblemRow *p, gint64 problem, GError **error)
{
  gint64 prompt_id;

  if (!put_text (task, p->prompt, p->prompt ? strlen (p->prompt) : 0, &prompt_id, error))
    return FALSE;
  sqlite3_bind_int64 (task->new_member, 1, task->run_id);
  sqlite3_bind_int64 (task->new_member, 2, problem);
  sqlite3_bind_int64 (task->new_member, 3, p->ord);
  vervet_sql_bind_count (task->new_member, 4, prompt_id);
  vervet_sql_bind_bytes (task->new_member, 5, p->prompt_hash, VERVET_HASH_SIZE);
  sqlite3_bind_int64 (task->new_member, 6, p->planned);
  if (!vervet_sql_run (task->new_member, error))
    return FALSE;
  p->member_id = sqlite3_last_insert_rowid (db);
  return TRUE;
}

static gboolean
add_problem (sqlite3 *db, ProblemsTask *task, VervetProblemRow *p, GError **error)
{
  gint64 problem;

  if (!problem_id (db, task, p, &problem, error))
    return FALSE;
  sqlite3_bind_int64 (task->find_member, 1, task->run_id);
  sqlite3_bind_int64 (task->find_member, 2, problem);
  if (!find_id (task->find_member, &p->member_id, error))
    return FALSE;
  if (!p->member_id)
    return new_member (db, task, p, problem, error);
  sqlite3_bind_int64 (task->raise_member, 1, p->member_id);
  sqlite3_bind_int64 (task->raise_member, 2, p->planned);
  return vervet_sql_run (task->raise_member, error);
}

static gboolean
prepare_problems (sqlite3 *db, ProblemsTask *task, GError **error)
{
  task->texts = vervet_text_writer_new (db, FALSE, error);
  if (!task->texts)
    return FALSE;
  task->find_problem = vervet_sql_prepare (db, "SELECT problem_id FROM problem WHERE hash = ?1", error);
  task->new_problem = vervet_sql_prepare (
      db, "INSERT INTO problem (hash, benchmark, key, grp, fields_id, reference_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
      task->find_problem ? error : NULL);
  task->find_member = vervet_sql_prepare (db, "SELECT member_id FROM member WHERE run_id = ?1 AND problem_id = ?2",
                                          task->new_problem ? error : NULL);
  task->new_member = vervet_sql_prepare (
      db,
      "INSERT INTO member (run_id, problem_id, ord, prompt_id, prompt_hash, planned) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
      task->find_member ? error : NULL);
  task->raise_member = vervet_sql_prepare (db, "UPDATE member SET planned = max (planned, ?2) WHERE member_id = ?1",
                                           task->new_member ? error : NULL);
  return task->find_problem && task->new_problem && task->find_member && task->new_member && task->raise_member;
}

static gboolean
add_problems (sqlite3 *db, gpointer data, GError **error)
{
  ProblemsTask *task = data;
  gboolean ok = prepare_problems (db, task, error);

  for (guint i = 0; ok && i < task->n; i++)
    ok = add_problem (db, task, &task->problems[i], error);
  sqlite3_finalize (task->find_problem);
  sqlite3_finalize (task->new_problem);
  sqlite3_finalize (task->find_member);
  sqlite3_finalize (task->new_member);
  sqlite3_finalize (task->raise_member);
  vervet_text_writer_free (task->texts);
  return ok;
}

gboolean
vervet_store_add_problems (VervetStore *store, gint64 run_id, VervetProblemRow *problems, guint n, GError **error)
{
  ProblemsTask task = { .run_id = run_id, .problems = problems, .n = n };

  return in_transaction (store, add_problems, &task, error);
}

/* ---- Checks and epochs ---- */
static gboolean
add_check (sqlite3 *db, gpointer data, GError **error)
{
  VervetCheckRow *check = data;
  g_autoptr (VervetStmt) find = vervet_sql_prepare (db, "SELECT check_id FROM \"check\" WHERE fingerprint = ?1", error);
  g_autoptr (VervetStmt) add = NULL;

  if (!find)
    return FALSE;
  vervet_sql_bind_bytes (find, 1, check->fingerprint, VERVET_HASH_SIZE);
  if (!find_id (find, &check->check_id, error))
    return FALSE;
  if (check->check_id)
    return TRUE;
  add = vervet_sql_prepare (
      db,
      "INSERT INTO \"check\" (fingerprint, component, behaviour, name, options, visible, created_ms) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
      error);
  if (!add)
    return FALSE;
  vervet_sql_bind_bytes (add, 1, check->fingerprint, VERVET_HASH_SIZE);
  vervet_sql_bind_text (add, 2, check->component);
  sqlite3_bind_int64 (add, 3, check->behaviour);
  vervet_sql_bind_text (add, 4, check->name ? check->name : check->component);
  vervet_sql_bind_text (add, 5, check->options ? check->options : "{}");
  sqlite3_bind_int (add, 6, check->visible);
  sqlite3_bind_int64 (add, 7, g_get_real_time () / 1000);
  if (!vervet_sql_run (add, error))
    return FALSE;
  check->check_id = sqlite3_last_insert_rowid (db);
  return TRUE;
}

gboolean
vervet_store_add_check (VervetStore *store, VervetCheckRow *check, GError **error)
{
  return in_transaction (store, add_check, check, error);
}

gboolean
vervet_store_add_epoch (VervetStore *store, gint64 run_id, const char *facts, gint64 *epoch_id, GError **error)
{
  sqlite3 *db = vervet_store_setup_db (store, error);
  g_autoptr (VervetStmt) stmt = NULL;

  if (!db
      || !(stmt = vervet_sql_prepare (db, "INSERT INTO epoch (run_id, started_ms, facts) VALUES (?1, ?2, ?3)", error)))
    return FALSE;
  sqlite3_bind_int64 (stmt, 1, run_id);
  sqlite3_bind_int64 (stmt, 2, g_get_real_time () / 1000);
  vervet_sql_bind_text (stmt, 3, facts ? facts : "{}");
  if (!vervet_sql_run (stmt, error))
    return FALSE;
  *epoch_id = sqlite3_last_insert_rowid (db);
  return TRUE;
}

/* ---- Ledger ---- */
typedef struct {
  gint64 run_id;
  const VervetLedgerRow *caps;
  guint n;
} LedgerTask;

static gboolean
open_ledger (sqlite3 *db, gpointer data, GError **error)
{
  const LedgerTask *task = data;
  g_autoptr (VervetStmt) lose =
      vervet_sql_prepare (db, "UPDATE ledger SET lost = lost + reserved, reserved = 0 WHERE run_id = ?1", error);
  g_autoptr (VervetStmt) add = NULL;

  if (!lose)
    return FALSE;
  sqlite3_bind_int64 (lose, 1, task->run_id);
  if (!vervet_sql_run (lose, error))
    return FALSE;
  add =
      vervet_sql_prepare (db,
                          "INSERT INTO ledger (run_id, unit, spent, reserved, lost, cap) VALUES (?1, ?2, 0, 0, 0, ?3) "
                          "ON CONFLICT DO UPDATE SET cap = ?3",
                          error);
  if (!add)
    return FALSE;
  for (guint i = 0; i < task->n; i++) {
    sqlite3_bind_int64 (add, 1, task->run_id);
    vervet_sql_bind_text (add, 2, task->caps[i].unit);
    sqlite3_bind_double (add, 3, task->caps[i].cap);
    if (!vervet_sql_run (add, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
vervet_store_open_ledger (VervetStore *store, gint64 run_id, const VervetLedgerRow *caps, guint n, GError **error)
{
  LedgerTask task = { run_id, caps, n };

  return in_transaction (store, open_ledger, &task, error);
}

/* ---- Imported counts ---- */
typedef struct {
  gint64 member_id, check_id, samples, correct;
} CountsTask;

static gboolean
set_counts (sqlite3 *db, gpointer data, GError **error)
{
  const CountsTask *task = data;
  g_autoptr (VervetStmt) member =
      vervet_sql_prepare (db,
                          "UPDATE member SET planned = ?2, done = ?2, samples = ?2 WHERE member_id = ?1 AND run_id IN "
                          "(SELECT run_id FROM run WHERE counts_only = 1)",
                          error);
  g_autoptr (VervetStmt) tally = NULL;

  if (task->samples < 0 || task->correct < 0 || task->correct > task->samples) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
                 "%" G_GINT64_FORMAT " correct of %" G_GINT64_FORMAT " samples cannot be", task->correct,
                 task->samples);
    return FALSE;
  }
  if (!member)
    return FALSE;
  sqlite3_bind_int64 (member, 1, task->member_id);
  sqlite3_bind_int64 (member, 2, task->samples);
  if (!vervet_sql_run (member, error))
    return FALSE;
  if (sqlite3_changes (db) == 0) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INTERNAL, "counts can be set only in a run of counts");
    return FALSE;
  }
  tally =
      vervet_sql_prepare (db, "INSERT OR REPLACE INTO tally VALUES (?1, ?2, ?3, ?4, 0, 0, 0, 0, 0, 0, 0, 0, 0)", error);
  if (!tally)
    return FALSE;
  sqlite3_bind_int64 (tally, 1, task->check_id);
  sqlite3_bind_int64 (tally, 2, task->member_id);
  sqlite3_bind_int64 (tally, 3, task->correct);
  sqlite3_bind_int64 (tally, 4, task->samples - task->correct);
  return vervet_sql_run (tally, error);
}

gboolean
vervet_store_set_counts (VervetStore *store, gint64 member_id, gint64 check_id, gint64 samples, gint64 correct,
                         GError **error)
{
  CountsTask task = { member_id, check_id, samples, correct };
  sqlite3 *db = vervet_store_setup_db (store, error);
  gboolean ok;

  /* Thousands of these come in a row, from a file that can be read again: they reach the disk with what follows. */
  if (!db || !vervet_sql_exec (db, "PRAGMA synchronous = NORMAL", error))
    return FALSE;
  ok = in_transaction (store, set_counts, &task, error);
  return vervet_sql_exec (db, "PRAGMA synchronous = FULL", ok ? error : NULL) && ok;
}
