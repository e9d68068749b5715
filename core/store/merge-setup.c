#include <string.h>

#include "merge.h"
#include "read.h"

#define PROBLEMS_A_TURN 256

/* ---- Runs ---- */
/* The run of this uuid in the file that joins; 0: none. */
static gboolean
find_run (sqlite3 *db, const VervetRunRow *run, gint64 *id, GError **error)
{
  g_autoptr (VervetStmt) stmt = vervet_sql_prepare (db, "SELECT run_id FROM run WHERE uuid = ?1", error);
  int rc;

  *id = 0;
  if (!stmt)
    return FALSE;
  vervet_sql_bind_bytes (stmt, 1, run->uuid, VERVET_HASH_SIZE);
  if ((rc = vervet_sql_step (stmt, error)) > 0)
    *id = sqlite3_column_int64 (stmt, 0);
  return rc >= 0;
}

static gboolean
name_is_taken (sqlite3 *db, const char *name, gboolean *taken, GError **error)
{
  g_autoptr (VervetStmt) stmt = vervet_sql_prepare (db, "SELECT 1 FROM run WHERE name = ?1", error);
  int rc;

  if (!stmt)
    return FALSE;
  vervet_sql_bind_text (stmt, 1, name);
  rc = vervet_sql_step (stmt, error);
  *taken = rc > 0;
  return rc >= 0;
}

/* Two runs of one name that are not the same run: the one that comes second is named after its uuid too. */
static gboolean
add_run (VervetMerge *merge, const VervetRunRow *run, gint64 *id, GError **error)
{
  VervetRunRow copy = *run;
  g_autofree char *other = NULL;
  gboolean taken;

  if (!find_run (merge->out->db, run, id, error))
    return FALSE;
  if (*id)
    return TRUE;
  if (!name_is_taken (merge->out->db, run->name, &taken, error))
    return FALSE;
  if (taken) {
    other = g_strdup_printf ("%s-%02x%02x%02x%02x", run->name, run->uuid[0], run->uuid[1], run->uuid[2], run->uuid[3]);
    copy.name = other;
  }
  if (!vervet_store_add_run (merge->out, &copy, error))
    return FALSE;
  *id = copy.run_id;
  return TRUE;
}

/* ---- Members ---- */
/* Problems in one transaction, with what they point to. */
typedef struct {
  VervetProblemRow rows[PROBLEMS_A_TURN];
  gint64 old_ids[PROBLEMS_A_TURN];
  GPtrArray *owned; /* char *, of the rows */
  guint n;
} Turn;

static char *
keep (Turn *turn, char *s)
{
  if (s)
    g_ptr_array_add (turn->owned, s);
  return s;
}

static gboolean
take_problem (VervetMerge *merge, Turn *turn, const VervetMemberRow *member, GError **error)
{
  VervetProblemRow *row = &turn->rows[turn->n];
  g_autoptr (GBytes) reference = NULL;
  char *fields, *prompt;

  if (!vervet_store_problem (merge->shard, member->member_id, &fields, &reference, &prompt, error))
    return FALSE;
  *row = (VervetProblemRow){ .benchmark = member->benchmark,
                             .key = member->key,
                             .group = member->group,
                             .ord = member->ord,
                             .planned = member->planned,
                             .fields = keep (turn, fields),
                             .prompt = keep (turn, prompt) };
  if (reference) {
    row->reference_len = g_bytes_get_size (reference);
    row->reference = keep (turn, row->reference_len ? g_memdup2 (g_bytes_get_data (reference, NULL), row->reference_len)
                                                    : g_strdup (""));
  }
  memcpy (row->hash, member->problem_hash, VERVET_HASH_SIZE);
  memcpy (row->prompt_hash, member->prompt_hash, VERVET_HASH_SIZE);
  turn->old_ids[turn->n++] = member->member_id;
  return TRUE;
}

static gboolean
add_turn (VervetMerge *merge, gint64 run_id, Turn *turn, GError **error)
{
  if (!vervet_store_add_problems (merge->out, run_id, turn->rows, turn->n, error))
    return FALSE;
  for (guint i = 0; i < turn->n; i++)
    vervet_merge_pair (merge->members, turn->old_ids[i], turn->rows[i].member_id);
  g_ptr_array_set_size (turn->owned, 0);
  turn->n = 0;
  return TRUE;
}

static gboolean
add_members (VervetMerge *merge, gint64 old_run, gint64 new_run, GError **error)
{
  g_autoptr (GArray) members = vervet_store_members (merge->shard, old_run, error);
  g_autofree Turn *turn = g_new0 (Turn, 1);
  gboolean ok = members != NULL;

  turn->owned = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; ok && i < members->len; i++) {
    ok = take_problem (merge, turn, &g_array_index (members, VervetMemberRow, i), error);
    if (ok && (turn->n == PROBLEMS_A_TURN || i + 1 == members->len))
      ok = add_turn (merge, new_run, turn, error);
  }
  g_ptr_array_unref (turn->owned);
  return ok;
}

/* ---- Checks and epochs ---- */
static gboolean
add_checks (VervetMerge *merge, GError **error)
{
  g_autoptr (GArray) checks = vervet_read_all_checks (merge->shard, error);

  for (guint i = 0; checks && i < checks->len; i++) {
    VervetCheckRow *check = &g_array_index (checks, VervetCheckRow, i);
    gint64 old_id = check->check_id;
    if (!vervet_store_add_check (merge->out, check, error))
      return FALSE;
    vervet_merge_pair (merge->checks, old_id, check->check_id);
  }
  return checks != NULL;
}

/* The run is graded by what graded it there; how far that has come is asked of the rows. */
static gboolean
add_grading (VervetMerge *merge, gint64 old_run, gint64 new_run, GError **error)
{
  g_autoptr (GArray) checks = vervet_store_checks (merge->shard, old_run, error);
  g_autoptr (VervetStmt) grade =
      vervet_sql_prepare (merge->out->db, "INSERT OR IGNORE INTO progress VALUES (?1, ?2, 0)", checks ? error : NULL);

  if (!checks || !grade)
    return FALSE;
  for (guint i = 0; i < checks->len; i++) {
    sqlite3_bind_int64 (grade, 1, vervet_merge_map (merge->checks, g_array_index (checks, VervetCheckRow, i).check_id));
    sqlite3_bind_int64 (grade, 2, new_run);
    if (!vervet_sql_run (grade, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
add_epoch (sqlite3 *db, gint64 run_id, const VervetEpochRow *epoch, gint64 *id, GError **error)
{
  g_autoptr (VervetStmt) find =
      vervet_sql_prepare (db, "SELECT epoch_id FROM epoch WHERE run_id = ?1 AND started_ms = ?2 AND facts = ?3", error);
  g_autoptr (VervetStmt) add =
      find ? vervet_sql_prepare (db, "INSERT INTO epoch (run_id, started_ms, facts, ended_ms) VALUES (?1, ?2, ?3, ?4)",
                                 error)
           : NULL;
  g_autoptr (VervetStmt) end =
      add ? vervet_sql_prepare (db, "UPDATE epoch SET ended_ms = ?2 WHERE epoch_id = ?1", error) : NULL;
  sqlite3_stmt *keyed[] = { find, add };
  int rc;

  if (!end)
    return FALSE;
  for (guint i = 0; i < 2; i++) {
    sqlite3_bind_int64 (keyed[i], 1, run_id);
    sqlite3_bind_int64 (keyed[i], 2, epoch->started_ms);
    vervet_sql_bind_text (keyed[i], 3, epoch->facts);
  }
  if ((rc = vervet_sql_step (find, error)) < 0)
    return FALSE;
  if (rc > 0) {
    *id = sqlite3_column_int64 (find, 0);
    sqlite3_bind_int64 (end, 1, *id);
    vervet_sql_bind_count (end, 2, epoch->ended_ms);
    sqlite3_reset (find);
    return epoch->ended_ms < 0 || vervet_sql_run (end, error);
  }
  vervet_sql_bind_count (add, 4, epoch->ended_ms);
  if (!vervet_sql_run (add, error))
    return FALSE;
  *id = sqlite3_last_insert_rowid (db);
  return TRUE;
}

static gboolean
add_epochs (VervetMerge *merge, gint64 old_run, gint64 new_run, GError **error)
{
  g_autoptr (GArray) epochs = vervet_store_epochs (merge->shard, old_run, error);

  for (guint i = 0; epochs && i < epochs->len; i++) {
    const VervetEpochRow *epoch = &g_array_index (epochs, VervetEpochRow, i);
    gint64 id;
    if (!add_epoch (merge->out->db, new_run, epoch, &id, error))
      return FALSE;
    vervet_merge_pair (merge->epochs, epoch->epoch_id, id);
  }
  return epochs != NULL;
}

/* ---- Runs of counts ---- */
static gboolean
add_count (VervetMerge *merge, const VervetMemberRow *old, const VervetMemberRow *now, gint64 check_id, gint64 pass,
           gint64 now_pass, GError **error)
{
  if (now->samples == 0) {
    merge->stats->new_samples += old->samples;
    return vervet_store_set_counts (merge->out, now->member_id, check_id, old->samples, pass, error);
  }
  if (now->samples == old->samples && now_pass == pass)
    merge->stats->same += old->samples;
  else
    merge->stats->conflicts++;
  return TRUE;
}

/* Counts cannot be joined row by row: a problem has those of the first file that knew it. */
static gboolean
add_counts (VervetMerge *merge, gint64 old_run, gint64 new_run, gint64 old_check, GError **error)
{
  gint64 check_id = vervet_merge_map (merge->checks, old_check);
  g_autoptr (GArray) members = vervet_store_members (merge->shard, old_run, error);
  g_autoptr (GArray) tallies = members ? vervet_store_tallies (merge->shard, old_run, old_check, error) : NULL;
  g_autoptr (GArray) now = tallies ? vervet_store_members (merge->out, new_run, error) : NULL;
  g_autoptr (GArray) now_tallies = now ? vervet_store_tallies (merge->out, new_run, check_id, error) : NULL;
  g_autoptr (GHashTable) places = g_hash_table_new (g_direct_hash, g_direct_equal);

  if (!now_tallies)
    return FALSE;
  for (guint i = 0; i < now->len; i++)
    vervet_merge_pair (places, g_array_index (now, VervetMemberRow, i).member_id, i);
  for (guint i = 0; i < members->len; i++) {
    const VervetMemberRow *old = &g_array_index (members, VervetMemberRow, i);
    guint at = (guint)vervet_merge_map (places, vervet_merge_map (merge->members, old->member_id));
    if (!add_count (merge, old, &g_array_index (now, VervetMemberRow, at), check_id,
                    g_array_index (tallies, VervetTallyRow, i).pass,
                    g_array_index (now_tallies, VervetTallyRow, at).pass, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
add_all_counts (VervetMerge *merge, const VervetRunRow *run, gint64 new_run, GError **error)
{
  g_autoptr (GArray) checks = run->counts_only ? vervet_store_checks (merge->shard, run->run_id, error) : NULL;

  if (!run->counts_only)
    return TRUE;
  for (guint i = 0; checks && i < checks->len; i++)
    if (!add_counts (merge, run->run_id, new_run, g_array_index (checks, VervetCheckRow, i).check_id, error))
      return FALSE;
  return checks != NULL;
}

/* ---- All of it ---- */
static gboolean
set_up_run (VervetMerge *merge, const VervetRunRow *run, GError **error)
{
  gint64 new_run;

  if (!add_run (merge, run, &new_run, error))
    return FALSE;
  vervet_merge_pair (merge->runs, run->run_id, new_run);
  return add_members (merge, run->run_id, new_run, error) && add_grading (merge, run->run_id, new_run, error)
         && add_epochs (merge, run->run_id, new_run, error) && add_all_counts (merge, run, new_run, error);
}

gboolean
vervet_merge_set_up (VervetMerge *merge, GError **error)
{
  g_autoptr (GArray) runs = vervet_store_runs (merge->shard, error);
  gboolean ok = runs != NULL;

  /* Many small transactions that may all be done again: only the last commit of the merge has to reach the disk. */
  if (!ok || !vervet_sql_exec (merge->out->db, "PRAGMA synchronous = NORMAL", error))
    return FALSE;
  ok = add_checks (merge, error);
  for (guint i = 0; ok && i < runs->len; i++)
    ok = set_up_run (merge, &g_array_index (runs, VervetRunRow, i), error);
  return vervet_sql_exec (merge->out->db, "PRAGMA synchronous = FULL", ok ? error : NULL) && ok;
}
