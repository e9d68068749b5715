/* apply.h - rows into tables: the one place where rows are inserted, replaced and counted. The writer's thread and the
 * merge drive it, in transactions of their choice; after a roll-back the same rows can be applied again.
 *
 * A function returns FALSE when its row was not written: INTERNAL says that the row itself is at fault, so that the
 * transaction may go on without it; any other error is the file's. Memory is bounded whatever the file's size. */
#ifndef VERVET_STORE_APPLY_H
#define VERVET_STORE_APPLY_H

#include "vervet-store.h"

#include "text-reader.h"

G_BEGIN_DECLS

typedef struct _VervetApply VervetApply;
typedef enum {
  VERVET_APPLIED_NEW,
  VERVET_APPLIED_REPLACED, /* a success over a failed trial */
  VERVET_APPLIED_SAME,     /* was there, with the same text; or a failure where there is a row already */
  VERVET_APPLIED_CONFLICT  /* a success was there with another text: it stays */
} VervetApplied;

/* Borrows both. @promised: ids of rows were given out before the rows are applied, so that rows which come after name
 * them even where the row turned out to have another one. */
VervetApply *vervet_apply_new (sqlite3 *db, VervetTextReader *texts, gboolean promised, GError **error);
void vervet_apply_free (VervetApply *apply);
gboolean vervet_apply_begin (VervetApply *apply, GError **error);
gboolean vervet_apply_flush (VervetApply *apply, GError **error);  /* the counters up to here */
gboolean vervet_apply_commit (VervetApply *apply, GError **error); /* flush, then COMMIT */
void vervet_apply_rollback (VervetApply *apply);

/* *id: the row's place, which is not row->id where the trial had a row already (0: conflict). @how and @id are
 * nullable. */
gboolean vervet_apply_sample (VervetApply *apply, const VervetSampleRow *row, VervetApplied *how, gint64 *id,
                              GError **error);
gboolean vervet_apply_verdict (VervetApply *apply, const VervetVerdictRow *row, gboolean *written, GError **error);
gboolean vervet_apply_job (VervetApply *apply, const VervetJobRow *row, gboolean *written, gint64 *id, GError **error);
gboolean vervet_apply_node (VervetApply *apply, const VervetNodeRow *row, GError **error);
gboolean vervet_apply_vote (VervetApply *apply, const VervetVoteRow *row, GError **error);
gboolean vervet_apply_incident (VervetApply *apply, const VervetIncidentRow *row, gint64 at_ms, GError **error);
gboolean vervet_apply_ledger (VervetApply *apply, gint64 run_id, const VervetLedgerRow *row, GError **error);
gboolean vervet_apply_progress (VervetApply *apply, gint64 check_id, gint64 run_id, gint64 upto, GError **error);
gboolean vervet_apply_calls (VervetApply *apply, gint64 member_id, gint64 calls, GError **error);
gboolean vervet_apply_epoch_end (VervetApply *apply, gint64 epoch_id, gint64 at_ms, GError **error);

G_END_DECLS

#endif
