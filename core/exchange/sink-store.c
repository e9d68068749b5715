/* sink-store.c - between the two readings and after them: runs and problems into the store, and what was new in it. */
#include <string.h>

#include "exchange/sink-private.h"
#include "util/hash.h"
#include "util/text.h"

/* What the file holds of a run: samples, and verdicts of every kind. */
static gboolean
run_totals (VervetStore *store, gint64 run_id, gint64 *samples, gint64 *verdicts, GError **error)
{
  g_autoptr (GArray) members = vervet_store_members (store, run_id, error);
  g_autoptr (GArray) checks = members ? vervet_store_checks (store, run_id, error) : NULL;
  if (!checks)
    return FALSE;
  *samples = *verdicts = 0;
  for (guint i = 0; i < members->len; i++)
    *samples += g_array_index (members, VervetMemberRow, i).samples;
  for (guint c = 0; c < checks->len; c++) {
    g_autoptr (GArray) tallies =
        vervet_store_tallies (store, run_id, g_array_index (checks, VervetCheckRow, c).check_id, error);
    if (!tallies)
      return FALSE;
    for (guint i = 0; i < tallies->len; i++) {
      const VervetTallyRow *t = &g_array_index (tallies, VervetTallyRow, i);
      *verdicts += t->pass + t->fail + t->scored + t->undecided + t->no_answer + t->bad_reference + t->errors;
    }
  }
  return TRUE;
}

/* The same content may be there under another name (a copied file): that run it is. */
static gboolean
sink_match_run (VervetSink *sink, VervetSinkRun *run, const GArray *known, GError **error)
{
  run->added = TRUE;
  for (guint i = 0; i < known->len; i++) {
    const VervetRunRow *row = &g_array_index (known, VervetRunRow, i);
    if (!memcmp (row->uuid, run->row.uuid, sizeof row->uuid)) {
      run->added = FALSE;
      g_free (run->row.name);
      run->row.name = g_strdup (row->name);
      return TRUE;
    }
  }
  for (guint i = 0; i < known->len; i++)
    if (!strcmp (g_array_index (known, VervetRunRow, i).name, run->row.name)) {
      g_autofree char *quoted = vervet_text_quote (run->row.name, strlen (run->row.name));
      return vervet_sink_fault (error, "%s: %s holds another run of the name %s; import into a new file",
                                (const char *)g_ptr_array_index (sink->files, run->file),
                                vervet_store_path (sink->store), quoted);
    }
  return TRUE;
}

static gboolean
sink_add_problems (VervetSink *sink, VervetSinkRun *run, GError **error)
{
  guint n = run->problems->len;
  g_autofree VervetProblemRow *rows = g_new0 (VervetProblemRow, n + 1);
  for (guint i = 0; i < n; i++) {
    const VervetSinkProblem *problem = g_ptr_array_index (run->problems, i);
    rows[i] = (VervetProblemRow){ .benchmark = problem->benchmark,
                                  .key = problem->key,
                                  .group = problem->group,
                                  .fields = problem->fields,
                                  .reference = problem->reference,
                                  .prompt = problem->prompt,
                                  .reference_len = problem->reference_len,
                                  .ord = i,
                                  .planned = problem->planned };
    memcpy (rows[i].hash, problem->hash, sizeof problem->hash);
    if (problem->prompt) {
      VervetHasher *hasher = vervet_hasher_new ("prompt");
      vervet_hasher_add_string (hasher, problem->prompt);
      vervet_hasher_finish (hasher, rows[i].prompt_hash);
    }
  }
  if (!vervet_store_add_problems (sink->store, run->row.run_id, rows, n, error))
    return FALSE;
  for (guint i = 0; i < n; i++) {
    VervetSinkProblem *problem = g_ptr_array_index (run->problems, i);
    problem->member_id = rows[i].member_id;
    problem->next_trial = 0;
    g_clear_pointer (&problem->odd, g_hash_table_unref);
  }
  return TRUE;
}

static gboolean
sink_add_run (VervetSink *sink, VervetSinkRun *run, GError **error)
{
  if (!vervet_store_add_run (sink->store, &run->row, error) || !sink_add_problems (sink, run, error)
      || !run_totals (sink->store, run->row.run_id, &run->samples, &run->verdicts, error))
    return FALSE;
  g_autoptr (GArray) epochs = vervet_store_epochs (sink->store, run->row.run_id, error);
  if (!epochs)
    return FALSE;
  if (epochs->len == 0)
    return vervet_store_add_epoch (sink->store, run->row.run_id, run->row.spec, &run->epoch_id, error);
  run->epoch_id = g_array_index (epochs, VervetEpochRow, epochs->len - 1).epoch_id;
  return TRUE;
}

static void
on_stalled (gpointer user_data, const GError *fault)
{
  VervetSink *sink = user_data;
  g_mutex_lock (&sink->lock);
  if (!sink->stalled)
    sink->stalled = g_error_copy (fault);
  g_mutex_unlock (&sink->lock);
}

gboolean
vervet_sink_open (VervetSink *sink, const char *to, GError **error)
{
  if (sink->runs->len == 0)
    return vervet_sink_fault (error, "%s: there is nothing to import in it",
                              (const char *)g_ptr_array_index (sink->files, 0));
  sink->store = vervet_store_open_write (to, error);
  g_autoptr (GArray) known = sink->store ? vervet_store_runs (sink->store, error) : NULL;
  if (!known)
    return FALSE;
  for (guint i = 0; i < sink->runs->len; i++) {
    VervetSinkRun *run = g_ptr_array_index (sink->runs, i);
    vervet_hasher_finish (g_steal_pointer (&run->identity), run->row.uuid);
    memcpy (run->row.fingerprint, run->row.uuid, sizeof run->row.uuid);
    if (!sink_match_run (sink, run, known, error))
      return FALSE;
  }
  for (guint i = 0; i < sink->checks->len; i++)
    if (!vervet_store_add_check (sink->store, &((VervetSinkCheck *)g_ptr_array_index (sink->checks, i))->row, error))
      return FALSE;
  for (guint i = 0; i < sink->runs->len; i++)
    if (!sink_add_run (sink, g_ptr_array_index (sink->runs, i), error))
      return FALSE;
  for (guint i = 0; i < sink->runs->len; i++)
    if (!((VervetSinkRun *)g_ptr_array_index (sink->runs, i))->row.counts_only) {
      const VervetWriterEvents events = { .stalled = on_stalled, .user_data = sink };
      sink->writer = vervet_writer_start (sink->store, &events, error);
      return sink->writer != NULL;
    }
  return TRUE;
}

static gboolean
sink_finish_run (VervetSink *sink, VervetSinkRun *run, VervetExchangeStats *stats, GError **error)
{
  gint64 samples, verdicts;
  if (!vervet_store_set_run_state (sink->store, run->row.run_id, VERVET_RUN_IMPORTED, error)
      || !run_totals (sink->store, run->row.run_id, &samples, &verdicts, error))
    return FALSE;
  stats->runs += run->added;
  stats->problems += run->added ? run->problems->len : 0;
  stats->samples += samples - run->samples;
  stats->verdicts += verdicts - run->verdicts;
  return TRUE;
}

gboolean
vervet_sink_close (VervetSink *sink, VervetExchangeStats *stats, GError **error)
{
  VervetExchangeStats none = { 0 };
  for (guint i = 0; sink->writer && i < sink->runs->len; i++)
    vervet_writer_epoch_end (sink->writer, ((VervetSinkRun *)g_ptr_array_index (sink->runs, i))->epoch_id);
  if (sink->writer && !vervet_writer_stop (g_steal_pointer (&sink->writer), error))
    return FALSE;
  if (!stats)
    stats = &none;
  *stats = none;
  for (guint i = 0; i < sink->runs->len; i++)
    if (!sink_finish_run (sink, g_ptr_array_index (sink->runs, i), stats, error))
      return FALSE;
  return TRUE;
}
