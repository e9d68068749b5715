#include "writer.h"

#include "lock.h"

#define BATCH_US (50 * 1000)
#define BATCH_ROWS 4000
#define BATCH_BYTES (8u << 20)
#define FULL_ROWS 20000.0
#define FULL_BYTES (64.0 * (1u << 20))
#define CHECKPOINT_BYTES (64 << 20)
#define RETRY_US (5 * G_USEC_PER_SEC)
#define STOP_TRIES 3
#define STOP_RETRY_US (G_USEC_PER_SEC / 2)

/* A place in the list of chunks. */
typedef struct {
  VervetChunk *chunk;
  gsize at;
} Place;

typedef struct {
  guint64 rows, bytes;
  guint samples, verdicts;
  gint64 last_sample_id;
  Place end;
} Batch;

/* ---- Records ---- */
static gboolean
apply_record (VervetWriter *writer, const VervetRecord *record, GError **error)
{
  gconstpointer row = record + 1;
  const NumbersRecord *numbers = row;

  switch ((RowKind)record->kind) {
  case ROW_SAMPLE:
    return vervet_apply_sample (writer->apply, row, NULL, NULL, error);
  case ROW_VERDICT:
    return vervet_apply_verdict (writer->apply, row, NULL, error);
  case ROW_JOB:
    return vervet_apply_job (writer->apply, row, NULL, NULL, error);
  case ROW_NODE:
    return vervet_apply_node (writer->apply, row, error);
  case ROW_VOTE:
    return vervet_apply_vote (writer->apply, row, error);
  case ROW_INCIDENT:
    return vervet_apply_incident (writer->apply, row, ((const IncidentRecord *)row)->at_ms, error);
  case ROW_LEDGER:
    return vervet_apply_ledger (writer->apply, ((const LedgerRecord *)row)->run_id, &((const LedgerRecord *)row)->row,
                                error);
  case ROW_PROGRESS:
    return vervet_apply_progress (writer->apply, numbers->a, numbers->b, numbers->c, error);
  case ROW_CALLS:
    return vervet_apply_calls (writer->apply, numbers->a, numbers->b, error);
  case ROW_EPOCH_END:
    return vervet_apply_epoch_end (writer->apply, numbers->a, numbers->b, error);
  }
  g_return_val_if_reached (TRUE);
}

static void
count_record (Batch *batch, const VervetRecord *record)
{
  batch->rows++;
  batch->bytes += record->size;
  if (record->kind == ROW_SAMPLE) {
    batch->samples++;
    batch->last_sample_id = MAX (batch->last_sample_id, ((const VervetSampleRow *)(record + 1))->id);
  } else if (record->kind == ROW_VERDICT) {
    batch->verdicts++;
  }
}

/* ---- A batch ---- */
static gboolean
apply_rows (VervetWriter *writer, Batch *batch, GError **error)
{
  VervetChunk *chunk = writer->mine.head;
  gsize at = writer->mine_at;

  while (chunk && batch->rows < BATCH_ROWS && batch->bytes < BATCH_BYTES) {
    const VervetRecord *record;
    g_autoptr (GError) failure = NULL;
    if (at >= chunk->used) {
      chunk = chunk->next;
      at = 0;
      continue;
    }
    record = (const VervetRecord *)(gpointer)(vervet_chunk_data (chunk) + at);
    if (!apply_record (writer, record, &failure)) {
      /* A row that can never be written must not keep the others out for ever. */
      if (!g_error_matches (failure, VERVET_ERROR, VERVET_ERROR_INTERNAL)
          || sqlite3_get_autocommit (writer->store->db)) {
        g_propagate_error (error, g_steal_pointer (&failure));
        return FALSE;
      }
      if (!writer->rejected++)
        writer->rejection = g_steal_pointer (&failure);
    }
    count_record (batch, record);
    at += record->size;
    batch->end = (Place){ chunk, at };
  }
  return TRUE;
}

static gboolean
beat (VervetWriter *writer, GError **error)
{
  gint64 now = g_get_real_time () / 1000;

  if (now - writer->store->beat_ms < VERVET_LEASE_BEAT_MS && now >= writer->store->beat_ms)
    return TRUE;
  if (!vervet_lease_beat (writer->store->db, now, error))
    return FALSE;
  writer->store->beat_ms = now;
  return TRUE;
}

static gboolean
write_batch (VervetWriter *writer, Batch *batch, GError **error)
{
  guint64 rejected = writer->rejected;

  *batch = (Batch){ .last_sample_id = writer->last_sample_id, .end = { writer->mine.head, writer->mine_at } };
  if (vervet_apply_begin (writer->apply, error) && apply_rows (writer, batch, error) && beat (writer, error)
      && vervet_apply_commit (writer->apply, error))
    return TRUE;
  vervet_apply_rollback (writer->apply);
  writer->rejected = rejected;
  return FALSE;
}

static void
release_rows (VervetWriter *writer, const Batch *batch)
{
  while (writer->mine.head && (writer->mine.head != batch->end.chunk || batch->end.at >= writer->mine.head->used)) {
    VervetChunk *chunk = writer->mine.head;
    gboolean last = chunk == batch->end.chunk;
    writer->mine.head = chunk->next;
    vervet_queue_give_back (&writer->queue, chunk);
    if (last) {
      writer->mine_at = 0;
      if (!writer->mine.head)
        writer->mine.tail = NULL;
      return;
    }
  }
  writer->mine_at = batch->end.at;
}

/* Never more than one connection checkpoints, and only between its own batches; readers cannot be harmed by it. */
static void
checkpoint (VervetWriter *writer)
{
  int in_wal = 0, moved = 0;

  if (writer->wal_bytes < writer->checkpoint_bytes)
    return;
  sqlite3_wal_checkpoint_v2 (writer->store->db, "main", SQLITE_CHECKPOINT_PASSIVE, &in_wal, &moved);
  /* With a reader in its way the WAL goes on growing: the next try comes after as much again. */
  writer->checkpoint_bytes = (in_wal == moved ? 0 : writer->wal_bytes) + CHECKPOINT_BYTES;
  if (in_wal == moved)
    writer->wal_bytes = 0;
}

static int
wal_grew (void *data, sqlite3 *db, const char *name, int pages)
{
  VervetWriter *writer = data;

  (void)db;
  (void)name;
  writer->wal_bytes = (gint64)pages * 16384;
  return SQLITE_OK;
}

/* ---- The thread ---- */
static gboolean
work_is_due (VervetWriter *writer)
{
  VervetQueue *queue = &writer->queue;
  guint64 waiting = queue->pushed - queue->done;

  return waiting >= BATCH_ROWS || queue->bytes - queue->bytes_done >= BATCH_BYTES || writer->stopping
         || (writer->flush_to > queue->done && waiting);
}

/* With the mutex held: until a batch is due, the lease wants its beat, or the end. */
static void
wait_for_work (VervetWriter *writer)
{
  VervetQueue *queue = &writer->queue;
  gint64 idle_until = g_get_monotonic_time () + VERVET_LEASE_BEAT_MS * 1000;

  while (!work_is_due (writer)) {
    gint64 until = queue->first_us ? queue->first_us + BATCH_US : idle_until;
    queue->sleeping = !queue->first_us;
    queue->wake_rows = queue->done + BATCH_ROWS;
    if (writer->mine.head || !g_cond_wait_until (&queue->cond, &queue->mutex, until))
      break;
  }
  queue->sleeping = FALSE;
}

static void
publish (VervetWriter *writer, const Batch *batch)
{
  g_mutex_lock (&writer->queue.mutex);
  writer->queue.done += batch->rows;
  writer->queue.bytes_done += batch->bytes;
  g_clear_error (&writer->failure);
  g_cond_broadcast (&writer->flushed);
  g_mutex_unlock (&writer->queue.mutex);
  if (batch->rows && writer->events.committed)
    writer->events.committed (writer->events.user_data, batch->last_sample_id, batch->samples, batch->verdicts);
}

/* Waits before the next try; FALSE: there will be none, the writer was told to stop and the disk stays unusable. */
static gboolean
stall (VervetWriter *writer, GError *failure, guint *stop_tries)
{
  gint64 until = g_get_monotonic_time () + writer->retry_us;
  gboolean stopping;

  if (writer->events.stalled)
    writer->events.stalled (writer->events.user_data, failure);
  g_mutex_lock (&writer->queue.mutex);
  g_clear_error (&writer->failure);
  writer->failure = failure;
  g_cond_broadcast (&writer->flushed);
  if (writer->stopping)
    until = g_get_monotonic_time () + MIN (STOP_RETRY_US, writer->retry_us);
  while (g_get_monotonic_time () < until && (!writer->stopping || *stop_tries))
    if (!g_cond_wait_until (&writer->queue.cond, &writer->queue.mutex, until))
      break;
  stopping = writer->stopping;
  g_mutex_unlock (&writer->queue.mutex);
  return !stopping || ++*stop_tries <= STOP_TRIES;
}

static gpointer
writer_thread (gpointer data)
{
  VervetWriter *writer = data;
  guint stop_tries = 0;

  for (;;) {
    g_autoptr (GError) failure = NULL;
    Batch batch;
    gboolean end;

    g_mutex_lock (&writer->queue.mutex);
    wait_for_work (writer);
    vervet_queue_take (&writer->queue, &writer->mine);
    end = writer->stopping && !writer->mine.head;
    g_mutex_unlock (&writer->queue.mutex);
    if (end)
      return NULL;
    if (write_batch (writer, &batch, &failure)) {
      stop_tries = 0;
      writer->last_sample_id = batch.last_sample_id;
      release_rows (writer, &batch);
      publish (writer, &batch);
      checkpoint (writer);
    } else if (!stall (writer, g_steal_pointer (&failure), &stop_tries)) {
      return NULL;
    }
  }
}

/* ---- Life ---- */
static gboolean
read_next_ids (VervetWriter *writer, sqlite3 *db, GError **error)
{
  return vervet_sql_number (db, "SELECT max (id) FROM sample", 0, &writer->next_sample, error)
         && vervet_sql_number (db, "SELECT max (job_id) FROM job", 0, &writer->next_job, error);
}

static void
writer_free (VervetWriter *writer)
{
  while (writer->mine.head) {
    VervetChunk *chunk = writer->mine.head;
    writer->mine.head = chunk->next;
    g_free (chunk);
  }
  vervet_apply_free (writer->apply);
  vervet_queue_clear (&writer->queue);
  g_cond_clear (&writer->flushed);
  g_clear_error (&writer->failure);
  g_clear_error (&writer->rejection);
  g_free (writer);
}

VervetWriter *
vervet_writer_start (VervetStore *store, const VervetWriterEvents *events, GError **error)
{
  sqlite3 *db = vervet_store_setup_db (store, error);
  VervetWriter *writer;
  VervetApply *apply;

  if (!db || !(apply = vervet_apply_new (db, store->texts, TRUE, error)))
    return NULL;
  writer = g_new0 (VervetWriter, 1);
  writer->store = store;
  writer->apply = apply;
  writer->retry_us = RETRY_US;
  writer->checkpoint_bytes = CHECKPOINT_BYTES;
  if (events)
    writer->events = *events;
  vervet_queue_init (&writer->queue);
  g_cond_init (&writer->flushed);
  if (!read_next_ids (writer, db, error)) {
    writer_free (writer);
    return NULL;
  }
  writer->last_sample_id = writer->next_sample;
  sqlite3_wal_hook (db, wal_grew, writer);
  store->writer = writer;
  writer->thread = g_thread_new ("vervet-writer", writer_thread, writer);
  return writer;
}

static gboolean
report_end (VervetWriter *writer, GError **error)
{
  if (writer->queue.done != writer->queue.pushed && writer->failure) {
    g_propagate_prefixed_error (error, g_steal_pointer (&writer->failure),
                                "%" G_GUINT64_FORMAT " rows were not stored and will be drawn again: ",
                                writer->queue.pushed - writer->queue.done);
    return FALSE;
  }
  if (!writer->rejected)
    return TRUE;
  g_propagate_prefixed_error (error, g_steal_pointer (&writer->rejection),
                              "%" G_GUINT64_FORMAT " rows could not be stored; the first: ", writer->rejected);
  return FALSE;
}

gboolean
vervet_writer_stop (VervetWriter *writer, GError **error)
{
  gboolean ok;

  g_mutex_lock (&writer->queue.mutex);
  writer->stopping = TRUE;
  g_cond_signal (&writer->queue.cond);
  g_mutex_unlock (&writer->queue.mutex);
  g_thread_join (writer->thread);
  sqlite3_wal_hook (writer->store->db, NULL, NULL);
  writer->store->writer = NULL;
  ok = report_end (writer, error);
  writer_free (writer);
  return ok;
}

gboolean
vervet_writer_flush (VervetWriter *writer, GError **error)
{
  gboolean ok;
  guint64 target;

  g_mutex_lock (&writer->queue.mutex);
  target = writer->queue.pushed;
  writer->flush_to = MAX (writer->flush_to, target);
  g_cond_signal (&writer->queue.cond);
  while (writer->queue.done < target && !writer->failure)
    g_cond_wait (&writer->flushed, &writer->queue.mutex);
  ok = writer->queue.done >= target;
  if (!ok)
    g_propagate_error (error, g_error_copy (writer->failure));
  g_mutex_unlock (&writer->queue.mutex);
  return ok;
}

double
vervet_writer_fill (VervetWriter *writer)
{
  double rows, bytes;

  g_mutex_lock (&writer->queue.mutex);
  rows = (double)(writer->queue.pushed - writer->queue.done) / FULL_ROWS;
  bytes = (double)(writer->queue.bytes - writer->queue.bytes_done) / FULL_BYTES;
  g_mutex_unlock (&writer->queue.mutex);
  return MIN (1, MAX (rows, bytes));
}
