#include <string.h>

#include "writer.h"
static gsize
room (const void *data, gsize len)
{
  return data ? vervet_queue_room (len) : 0;
}

static gsize
length (const char *s)
{
  return s ? strlen (s) : 0;
}

gint64
vervet_writer_sample (VervetWriter *writer, const VervetSampleRow *row)
{
  VervetSampleRow *copy =
      vervet_queue_begin (&writer->queue, ROW_SAMPLE, sizeof *row + room (row->text, row->text_len));
  char *at = (char *)(copy + 1);
  gint64 id;

  *copy = *row;
  if (!row->id)
    copy->id = ++writer->next_sample;
  id = copy->id;
  copy->text = vervet_queue_put (&at, row->text, row->text_len);
  vervet_queue_end (&writer->queue);
  return id;
}

static gsize
metrics_room (const VervetVerdictRow *row)
{
  gsize size;

  if (!row->metrics || !row->n_metrics)
    return 0;
  size = vervet_queue_room (row->n_metrics * sizeof *row->metrics);
  for (guint i = 0; i < row->n_metrics; i++)
    size += room (row->metrics[i].name, length (row->metrics[i].name));
  return size;
}

void
vervet_writer_verdict (VervetWriter *writer, const VervetVerdictRow *row)
{
  gsize steps = row->n_steps * sizeof *row->steps, reason = length (row->reason);
  VervetVerdictRow *copy =
      vervet_queue_begin (&writer->queue, ROW_VERDICT,
                          sizeof *row + room (row->answer, row->answer_len) + room (row->detail, row->detail_len)
                              + room (row->reason, reason) + room (row->steps, steps) + metrics_room (row));
  char *at = (char *)(copy + 1);

  *copy = *row;
  copy->answer = vervet_queue_put (&at, row->answer, row->answer_len);
  copy->detail = vervet_queue_put (&at, row->detail, row->detail_len);
  copy->reason = vervet_queue_put (&at, row->reason, reason);
  copy->steps = vervet_queue_put (&at, row->steps, steps);
  copy->n_metrics = row->metrics ? row->n_metrics : 0;
  if (copy->n_metrics) {
    struct {
      const char *name;
      double value;
    } *metrics = vervet_queue_put (&at, row->metrics, row->n_metrics * sizeof *row->metrics);
    for (guint i = 0; i < row->n_metrics; i++)
      metrics[i].name = vervet_queue_put (&at, metrics[i].name, length (metrics[i].name));
    copy->metrics = (gconstpointer)metrics;
  }
  vervet_queue_end (&writer->queue);
}

gint64
vervet_writer_job (VervetWriter *writer, const VervetJobRow *row)
{
  gsize notes = length (row->notes);
  VervetJobRow *copy = vervet_queue_begin (&writer->queue, ROW_JOB, sizeof *row + room (row->notes, notes));
  char *at = (char *)(copy + 1);
  gint64 id;

  *copy = *row;
  if (!row->job_id)
    copy->job_id = ++writer->next_job;
  id = copy->job_id;
  copy->notes = vervet_queue_put (&at, row->notes, notes);
  vervet_queue_end (&writer->queue);
  return id;
}

void
vervet_writer_node (VervetWriter *writer, const VervetNodeRow *row)
{
  gsize role = length (row->role), label = length (row->label);
  VervetNodeRow *copy = vervet_queue_begin (
      &writer->queue, ROW_NODE,
      sizeof *row + room (row->role, role) + room (row->label, label) + room (row->text, row->text_len)
          + room (row->request, row->request_len) + room (row->extra, row->extra_len));
  char *at = (char *)(copy + 1);

  *copy = *row;
  copy->role = vervet_queue_put (&at, row->role, role);
  copy->label = vervet_queue_put (&at, row->label, label);
  copy->text = vervet_queue_put (&at, row->text, row->text_len);
  copy->request = vervet_queue_put (&at, row->request, row->request_len);
  copy->extra = vervet_queue_put (&at, row->extra, row->extra_len);
  vervet_queue_end (&writer->queue);
}

void
vervet_writer_vote (VervetWriter *writer, const VervetVoteRow *row)
{
  VervetVoteRow *copy = vervet_queue_begin (&writer->queue, ROW_VOTE, sizeof *row);

  *copy = *row;
  vervet_queue_end (&writer->queue);
}

void
vervet_writer_incident (VervetWriter *writer, const VervetIncidentRow *row)
{
  gsize message = length (row->message);
  IncidentRecord *copy = vervet_queue_begin (&writer->queue, ROW_INCIDENT, sizeof *copy + room (row->message, message));
  char *at = (char *)(copy + 1);

  copy->row = *row;
  copy->at_ms = g_get_real_time () / 1000;
  copy->row.message = vervet_queue_put (&at, row->message, message);
  vervet_queue_end (&writer->queue);
}

void
vervet_writer_ledger (VervetWriter *writer, gint64 run_id, const VervetLedgerRow *rows, guint n)
{
  for (guint i = 0; i < n; i++) {
    gsize unit = length (rows[i].unit);
    LedgerRecord *copy = vervet_queue_begin (&writer->queue, ROW_LEDGER, sizeof *copy + room (rows[i].unit, unit));
    char *at = (char *)(copy + 1);

    copy->run_id = run_id;
    copy->row = rows[i];
    copy->row.unit = vervet_queue_put (&at, rows[i].unit, unit);
    vervet_queue_end (&writer->queue);
  }
}

static void
push_numbers (VervetWriter *writer, RowKind kind, gint64 a, gint64 b, gint64 c)
{
  NumbersRecord *copy = vervet_queue_begin (&writer->queue, kind, sizeof *copy);

  *copy = (NumbersRecord){ a, b, c };
  vervet_queue_end (&writer->queue);
}

void
vervet_writer_progress (VervetWriter *writer, gint64 check_id, gint64 run_id, gint64 upto)
{
  push_numbers (writer, ROW_PROGRESS, check_id, run_id, upto);
}

void
vervet_writer_calls (VervetWriter *writer, gint64 member_id, gint64 calls)
{
  push_numbers (writer, ROW_CALLS, member_id, calls, 0);
}

void
vervet_writer_epoch_end (VervetWriter *writer, gint64 epoch_id)
{
  push_numbers (writer, ROW_EPOCH_END, epoch_id, g_get_real_time () / 1000, 0);
}
