#include "merge.h"

#include <stdio.h>
#include <string.h>

#define ROWS_A_COMMIT 50000

/* ---- Ids ---- */
gint64
vervet_merge_map (GHashTable *map, gint64 old_id)
{
  return (gint64)GPOINTER_TO_SIZE (g_hash_table_lookup (map, GSIZE_TO_POINTER (old_id)));
}

void
vervet_merge_pair (GHashTable *map, gint64 old_id, gint64 new_id)
{
  g_hash_table_insert (map, GSIZE_TO_POINTER (old_id), GSIZE_TO_POINTER (new_id));
}

gint64
vervet_merge_job (const VervetMerge *merge, gint64 old_id)
{
  guint low = 0, high = merge->jobs->len;

  while (low < high) {
    guint middle = low + (high - low) / 2;
    const VervetMergeId *at = &g_array_index (merge->jobs, VervetMergeId, middle);
    if (at->old_id == old_id)
      return at->new_id;
    if (at->old_id < old_id)
      low = middle + 1;
    else
      high = middle;
  }
  return 0;
}

/* ---- A shard ---- */
gboolean
vervet_merge_row_done (VervetMerge *merge, GError **error)
{
  if (++merge->rows < ROWS_A_COMMIT)
    return TRUE;
  merge->rows = 0;
  if (!vervet_apply_commit (merge->apply, error))
    return FALSE;
  sqlite3_wal_checkpoint_v2 (merge->out->db, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
  return vervet_apply_begin (merge->apply, error);
}

static gboolean
merge_rows (VervetMerge *merge, GError **error)
{
  gboolean ok;

  if (!vervet_sql_number (merge->out->db, "SELECT max (id) FROM sample", 0, &merge->next_sample, error)
      || !vervet_sql_number (merge->out->db, "SELECT max (job_id) FROM job", 0, &merge->next_job, error))
    return FALSE;
  merge->apply = vervet_apply_new (merge->out->db, merge->out->texts, FALSE, error);
  if (!merge->apply)
    return FALSE;
  ok = vervet_apply_begin (merge->apply, error) && vervet_merge_jobs (merge, error)
       && vervet_merge_samples (merge, error) && vervet_merge_rest (merge, error)
       && vervet_apply_commit (merge->apply, error);
  if (!ok)
    vervet_apply_rollback (merge->apply);
  vervet_apply_free (merge->apply);
  sqlite3_wal_checkpoint_v2 (merge->out->db, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
  return ok;
}

static gboolean
merge_shard (VervetStore *out, VervetStore *shard, VervetMergeStats *stats, GError **error)
{
  VervetMerge merge = { .out = out, .shard = shard, .stats = stats };
  GHashTable **maps[] = { &merge.runs, &merge.members, &merge.checks, &merge.epochs };
  gboolean ok;

  /* One moment of the shard, should it still be written. */
  if (!vervet_sql_exec (shard->db, "BEGIN", error))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (maps); i++)
    *maps[i] = g_hash_table_new (g_direct_hash, g_direct_equal);
  merge.jobs = g_array_new (FALSE, FALSE, sizeof (VervetMergeId));
  ok = vervet_merge_set_up (&merge, error) && merge_rows (&merge, error);
  for (guint i = 0; i < G_N_ELEMENTS (maps); i++)
    g_hash_table_unref (*maps[i]);
  g_array_unref (merge.jobs);
  sqlite3_exec (shard->db, "COMMIT", NULL, NULL, NULL);
  return ok;
}

/* ---- All of them ---- */
static gint
by_uuid (gconstpointer a, gconstpointer b)
{
  const VervetStore *const *x = a, *const *y = b;

  return memcmp ((*x)->uuid, (*y)->uuid, VERVET_HASH_SIZE);
}

static void
close_store (gpointer store)
{
  vervet_store_close (store);
}

/* Every shard is opened before the first row is written: a wrong name must not leave half of a merge. */
static GPtrArray *
open_shards (VervetStore *out, const char *const *paths, guint n, GError **error)
{
  g_autoptr (GPtrArray) shards = g_ptr_array_new_with_free_func (close_store);

  for (guint i = 0; i < n; i++) {
    VervetStore *shard = vervet_store_open (paths[i], error);
    if (!shard)
      return NULL;
    if (memcmp (shard->uuid, out->uuid, VERVET_HASH_SIZE) == 0) {
      g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
                   "%s: is the file (or a copy of it) that the others go into, %s", paths[i], out->path);
      vervet_store_close (shard);
      return NULL;
    }
    g_ptr_array_add (shards, shard);
  }
  g_ptr_array_sort (shards, by_uuid);
  return g_steal_pointer (&shards);
}

gboolean
vervet_store_merge (const char *out_path, const char *const *paths, guint n, VervetMergeStats *stats, GError **error)
{
  gboolean existed = g_file_test (out_path, G_FILE_TEST_EXISTS);
  g_autoptr (VervetStore) out = vervet_store_open_write (out_path, error);
  g_autoptr (GPtrArray) shards = NULL;
  VervetMergeStats own = { 0 };
  gboolean ok = TRUE;

  if (!out)
    return FALSE;
  shards = open_shards (out, paths, n, error);
  if (!shards) {
    g_clear_pointer (&out, vervet_store_close);
    if (!existed)
      remove (out_path);
    return FALSE;
  }
  for (guint i = 0; ok && i < shards->len; i++)
    ok = merge_shard (out, shards->pdata[i], &own, error);
  if (stats)
    *stats = own;
  return ok;
}
