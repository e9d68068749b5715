/* writer.h - the writer's insides: writer.c runs its thread, push.c fills its queue. Private to the folder and its
 * tests. */
#ifndef VERVET_STORE_WRITER_H
#define VERVET_STORE_WRITER_H

#include "apply.h"
#include "queue.h"
#include "store.h"

G_BEGIN_DECLS

/* What a record of the queue holds after its head. */
typedef enum {
  ROW_SAMPLE,
  ROW_VERDICT,
  ROW_JOB,
  ROW_NODE,
  ROW_VOTE,
  ROW_INCIDENT,
  ROW_LEDGER,
  ROW_PROGRESS,
  ROW_CALLS,
  ROW_EPOCH_END
} RowKind;

typedef struct {
  VervetIncidentRow row;
  gint64 at_ms;
} IncidentRecord;
typedef struct {
  gint64 run_id;
  VervetLedgerRow row;
} LedgerRecord;
typedef struct {
  gint64 a, b, c;
} NumbersRecord; /* progress, calls, end of an epoch */

struct _VervetWriter {
  VervetStore *store;
  VervetWriterEvents events;
  VervetApply *apply;
  GThread *thread;
  gint64 retry_us;                    /* between tries when the disk is full */
  gint64 wal_bytes, checkpoint_bytes; /* of the WAL now; at which the next checkpoint is due */

  /* The thread's own. */
  VervetChunkList mine;  /* taken, not committed yet */
  gsize mine_at;         /* what of its first chunk is committed */
  gint64 last_sample_id; /* the highest one committed */
  guint64 rejected;
  GError *rejection; /* the first one */

  /* Under queue.mutex. */
  VervetQueue queue;
  GCond flushed; /* done moved, or failure changed */
  gint64 next_sample, next_job;
  guint64 flush_to; /* rows that somebody waits for */
  gboolean stopping;
  GError *failure; /* why the last batch could not be written; NULL: it could */
};

G_END_DECLS

#endif
