/* sink-rows.c - samples, verdicts and counts: looked at in the first reading, pushed in the second. */
#include <math.h>
#include <string.h>

#include "exchange/sink-private.h"
#include "util/hash.h"
#include "util/text.h"

void
vervet_sink_blank_sample (VervetSampleRow *row)
{
  *row = (VervetSampleRow){ .flags = VERVET_SAMPLE_ANSWER,
                            .node = -1,
                            .text_id = -1,
                            .in_tok = -1,
                            .cached_tok = -1,
                            .out_tok = -1,
                            .think_tok = -1,
                            .seq_tok = -1,
                            .nano_money = -1,
                            .start_ms = -1,
                            .took_ms = -1,
                            .call_n = 1,
                            .tries = 1,
                            .logprob = NAN,
                            .score = NAN,
                            .weight = NAN,
                            .seed = -1 };
}

/* Is (trial, ord) met for the first time? Samples in order cost no memory. */
static gboolean
problem_first_meeting (VervetSinkProblem *problem, guint trial, guint ord)
{
  guint64 key = (guint64)trial << 32 | ord;
  if (problem->odd && g_hash_table_contains (problem->odd, &key))
    return FALSE;
  if (ord == 0 && trial < problem->dense)
    return FALSE;
  if (ord == 0 && trial == problem->dense) {
    problem->dense++;
    return TRUE;
  }
  if (!problem->odd)
    problem->odd = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  g_hash_table_add (problem->odd, g_memdup2 (&key, sizeof key));
  return TRUE;
}

static gboolean
sink_look_at_sample (VervetSinkProblem *problem, const VervetSampleRow *row, GError **error)
{
  VervetHasher *identity = problem->run->identity;
  if (!problem_first_meeting (problem, row->trial, row->ord)) {
    g_autofree char *quoted = vervet_text_quote (problem->key, strlen (problem->key));
    return vervet_sink_fault (error, "trial %u, candidate %u of problem %s appears a second time", row->trial, row->ord,
                              quoted);
  }
  problem->planned = MAX (problem->planned, (gint64)row->trial + 1);
  vervet_hasher_add (identity, problem->hash, sizeof problem->hash);
  vervet_hasher_add_int (identity, (guint64)row->trial << 32 | row->ord);
  vervet_hasher_add_int (identity, (guint64)(gint64)row->status);
  if (row->text)
    vervet_hasher_add (identity, row->text, row->text_len);
  return TRUE;
}

/* Waits while the writer's queue is full; a disk that is full ends the import. */
static gboolean
sink_obey_writer (VervetSink *sink, GError **error)
{
  if (sink->pushed++ % 64 != 0)
    return TRUE;
  for (;;) {
    g_mutex_lock (&sink->lock);
    if (sink->stalled)
      g_propagate_error (error, g_error_copy (sink->stalled));
    gboolean stalled = sink->stalled != NULL;
    g_mutex_unlock (&sink->lock);
    if (stalled)
      return FALSE;
    if (vervet_writer_fill (sink->writer) < 0.75)
      return TRUE;
    g_usleep (1000);
  }
}

gboolean
vervet_sink_sample (VervetSink *sink, VervetSinkProblem *problem, VervetSampleRow *row, GError **error)
{
  if (!sink->store)
    return sink_look_at_sample (problem, row, error);
  if (!sink_obey_writer (sink, error))
    return FALSE;
  row->member_id = problem->member_id;
  row->epoch_id = problem->run->epoch_id;
  sink->member_id = problem->member_id;
  sink->answer = (row->flags & VERVET_SAMPLE_ANSWER) != 0;
  sink->sample_id = vervet_writer_sample (sink->writer, row);
  return TRUE;
}

gboolean
vervet_sink_verdict (VervetSink *sink, VervetSinkCheck *check, const VervetVerdictRow *row, GError **error)
{
  if (!sink->store)
    return TRUE;
  if (!sink_obey_writer (sink, error))
    return FALSE;
  VervetVerdictRow full = *row;
  full.check_id = check->row.check_id;
  full.sample_id = sink->sample_id;
  full.member_id = sink->member_id;
  full.counts = sink->answer;
  vervet_writer_verdict (sink->writer, &full);
  return TRUE;
}

gboolean
vervet_sink_counts (VervetSink *sink, VervetSinkProblem *problem, VervetSinkCheck *check, gint64 samples,
                    gint64 correct, GError **error)
{
  if (sink->store)
    return vervet_store_set_counts (sink->store, problem->member_id, check->row.check_id, samples, correct, error);
  problem->planned = samples;
  vervet_hasher_add_int (problem->run->identity, (guint64)samples);
  vervet_hasher_add_int (problem->run->identity, (guint64)correct);
  return TRUE;
}
