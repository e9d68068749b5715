/* merge.h - what the merge-*.c files share: one shard on its way into the file that joins them. Rows find their place
 * by content (uuid of the run, hash of the problem, fingerprint of the check, trial), never by id, so that nothing
 * depends on which file came first, and merging again changes nothing. */
#ifndef VERVET_STORE_MERGE_H
#define VERVET_STORE_MERGE_H

#include "apply.h"
#include "store.h"

G_BEGIN_DECLS

typedef struct {
  gint64 old_id, new_id;
} VervetMergeId;

typedef struct {
  VervetStore *out, *shard;
  VervetMergeStats *stats;
  VervetApply *apply;
  guint rows; /* of the open transaction */
  gint64 next_sample, next_job;
  GHashTable *runs, *members, *checks, *epochs; /* ids of the shard -> ids of out */
  GArray *jobs;                                 /* VervetMergeId, by old_id */
} VervetMerge;

gint64 vervet_merge_map (GHashTable *map, gint64 old_id); /* 0: not there */
void vervet_merge_pair (GHashTable *map, gint64 old_id, gint64 new_id);
gint64 vervet_merge_job (const VervetMerge *merge, gint64 old_id);
/* After each row: commits and begins anew every so many. */
gboolean vervet_merge_row_done (VervetMerge *merge, GError **error);

/* merge-setup.c: runs, problems, checks, epochs; before merge->apply exists. */
gboolean vervet_merge_set_up (VervetMerge *merge, GError **error);
/* merge-rows.c: in transactions of merge->apply. */
gboolean vervet_merge_jobs (VervetMerge *merge, GError **error);
gboolean vervet_merge_samples (VervetMerge *merge, GError **error);
/* merge-rest.c: in one transaction. */
gboolean vervet_merge_rest (VervetMerge *merge, GError **error);

G_END_DECLS

#endif
