/* sink.c - what a file holds, on its way into a run file. See exchange-private.h for the two readings. */
#include <math.h>
#include <string.h>
#include <vervet-plugin.h>

#include "exchange/exchange-private.h"
#include "util/hash.h"
#include "util/text.h"

struct _VervetSinkProblem {
  VervetSinkRun *run;
  char *benchmark, *key, *group, *fields, *prompt, *reference;
  gsize reference_len;
  guint8 hash[VERVET_HASH_SIZE];
  gint64 planned, member_id;
  guint64 dense;   /* trials 0 ... dense-1 were met, each with candidate 0 */
  GHashTable *odd; /* (trial, ord) of samples out of that order; NULL: none */
  guint next_trial;
};

struct _VervetSinkRun {
  VervetRunRow row;
  char *name; /* in the file; row.name is the one in the store */
  guint file;
  VervetHasher *identity;
  GPtrArray *problems; /* VervetSinkProblem *, in order */
  GHashTable *by_key;  /* the same, by benchmark and key */
  GHashTable *by_hash; /* and by content */
  gboolean added;      /* was not in the store before */
  gint64 epoch_id;
  gint64 samples, verdicts; /* in the store before */
};

struct _VervetSinkCheck {
  VervetCheckRow row;
};

struct _VervetSink {
  char *format;
  gboolean named;
  GPtrArray *files; /* char * */
  guint file;       /* the one being read */
  GPtrArray *runs;  /* VervetSinkRun *, in order */
  GHashTable *by_name;
  GPtrArray *checks; /* VervetSinkCheck *, in order: the first one grades */
  VervetSinkCheck *published;
  VervetStore *store; /* NULL: the first reading */
  VervetWriter *writer;
  GMutex lock;
  GError *stalled; /* set by the writer's thread */
  guint pushed;
  gint64 sample_id, member_id; /* of the sample pushed last */
  gboolean answer;
};

/* ---- Making and freeing ------------------------------------------------------------------------------------------ */
static guint
problem_hash (gconstpointer data)
{
  const VervetSinkProblem *problem = data;
  return g_str_hash (problem->key) ^ g_str_hash (problem->benchmark);
}

static gboolean
problem_equal (gconstpointer a, gconstpointer b)
{
  const VervetSinkProblem *one = a, *two = b;
  return !strcmp (one->key, two->key) && !strcmp (one->benchmark, two->benchmark);
}

static guint
content_hash (gconstpointer data)
{
  guint hash;
  memcpy (&hash, ((const VervetSinkProblem *)data)->hash, sizeof hash);
  return hash;
}

static gboolean
content_equal (gconstpointer a, gconstpointer b)
{
  return !memcmp (((const VervetSinkProblem *)a)->hash, ((const VervetSinkProblem *)b)->hash, VERVET_HASH_SIZE);
}

static void
problem_free (gpointer data)
{
  VervetSinkProblem *problem = data;
  g_clear_pointer (&problem->odd, g_hash_table_unref);
  g_free (problem->benchmark);
  g_free (problem->key);
  g_free (problem->group);
  g_free (problem->fields);
  g_free (problem->prompt);
  g_free (problem->reference);
  g_free (problem);
}

static void
run_free (gpointer data)
{
  VervetSinkRun *run = data;
  guint8 unused[VERVET_HASH_SIZE];
  if (run->identity)
    vervet_hasher_finish (run->identity, unused);
  g_hash_table_unref (run->by_key);
  g_hash_table_unref (run->by_hash);
  g_ptr_array_unref (run->problems);
  vervet_run_row_clear (&run->row);
  g_free (run->name);
  g_free (run);
}

static void
check_free (gpointer data)
{
  VervetSinkCheck *check = data;
  vervet_check_row_clear (&check->row);
  g_free (check);
}

VervetSink *
vervet_sink_new (const char *format, gboolean named)
{
  VervetSink *sink = g_new0 (VervetSink, 1);
  sink->format = g_strdup (format);
  sink->named = named;
  sink->files = g_ptr_array_new_with_free_func (g_free);
  sink->runs = g_ptr_array_new_with_free_func (run_free);
  sink->by_name = g_hash_table_new (g_str_hash, g_str_equal);
  sink->checks = g_ptr_array_new_with_free_func (check_free);
  g_mutex_init (&sink->lock);
  return sink;
}

void
vervet_sink_free (VervetSink *sink)
{
  if (!sink)
    return;
  if (sink->writer)
    vervet_writer_stop (sink->writer, NULL); /* an error is on its way already */
  vervet_store_close (sink->store);
  g_clear_error (&sink->stalled);
  g_mutex_clear (&sink->lock);
  g_hash_table_unref (sink->by_name);
  g_ptr_array_unref (sink->checks);
  g_ptr_array_unref (sink->runs);
  g_ptr_array_unref (sink->files);
  g_free (sink->format);
  g_free (sink);
}

static gboolean sink_fault (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
sink_fault (GError **error, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  GError *fault = g_error_new_valist (VERVET_ERROR, VERVET_ERROR_INPUT, format, args);
  va_end (args);
  g_propagate_error (error, fault);
  return FALSE;
}

/* What the first reading did not see. */
static gboolean
sink_changed (GError **error)
{
  return sink_fault (error, "the file has changed while it was read; try again");
}

void
vervet_sink_begin_file (VervetSink *sink, const char *file)
{
  if (!sink->store) {
    g_ptr_array_add (sink->files, g_strdup (file));
    sink->file = sink->files->len - 1;
    return;
  }
  for (sink->file = 0; strcmp (g_ptr_array_index (sink->files, sink->file), file) != 0;)
    sink->file++;
}

/* ---- Runs, problems, checks -------------------------------------------------------------------------------------- */
static char *
spec_of_import (const VervetSink *sink)
{
  GString *spec = g_string_new (NULL);
  g_autofree char *base = g_path_get_basename (g_ptr_array_index (sink->files, sink->file));
  g_autoptr (VervetJsonWriter) writer = vervet_json_writer_new (spec, 0);
  vervet_json_writer_begin_object (writer);
  vervet_json_writer_key (writer, "imported");
  vervet_json_writer_begin_object (writer);
  vervet_json_writer_key (writer, "format");
  vervet_json_writer_string (writer, sink->format);
  vervet_json_writer_key (writer, "file");
  vervet_json_writer_string (writer, base);
  vervet_json_writer_end_object (writer);
  vervet_json_writer_end_object (writer);
  return g_string_free (spec, FALSE);
}

VervetSinkRun *
vervet_sink_run (VervetSink *sink, const VervetRunRow *row, GError **error)
{
  VervetSinkRun *run = g_hash_table_lookup (sink->by_name, row->name);
  if (run && run->file != sink->file) {
    g_autofree char *quoted = vervet_text_quote (row->name, strlen (row->name));
    sink_fault (error, "the run %s is in %s, too; a run comes from one file", quoted,
                (const char *)g_ptr_array_index (sink->files, run->file));
    return NULL;
  }
  if (run || sink->store) {
    if (!run)
      sink_changed (error);
    return run;
  }
  run = g_new0 (VervetSinkRun, 1);
  run->row = *row;
  run->name = g_strdup (row->name);
  run->row.name = g_strdup (row->name);
  run->row.arm = g_strdup (row->arm);
  run->row.spec = row->spec ? g_strdup (row->spec) : spec_of_import (sink);
  run->row.state = VERVET_RUN_RUNNING; /* until everything is in */
  run->row.created_ms = g_get_real_time () / 1000;
  run->file = sink->file;
  run->problems = g_ptr_array_new_with_free_func (problem_free);
  run->by_key = g_hash_table_new (problem_hash, problem_equal);
  run->by_hash = g_hash_table_new (content_hash, content_equal);
  run->identity = vervet_hasher_new ("import");
  vervet_hasher_add_string (run->identity, sink->format);
  vervet_hasher_add_string (run->identity, sink->named ? row->name : NULL);
  g_ptr_array_add (sink->runs, run);
  g_hash_table_insert (sink->by_name, run->name, run);
  return run;
}

VervetSinkProblem *
vervet_sink_find_problem (VervetSinkRun *run, const char *benchmark, const char *key)
{
  const VervetSinkProblem wanted = { .benchmark = (char *)benchmark, .key = (char *)key };
  return g_hash_table_lookup (run->by_key, &wanted);
}

/* What stands for an item of which the file knows the key alone. */
static char *
fields_of_key (const char *benchmark, const char *key)
{
  GString *fields = g_string_new (NULL);
  g_autoptr (VervetJsonWriter) writer = vervet_json_writer_new (fields, 0);
  vervet_json_writer_begin_object (writer);
  vervet_json_writer_key (writer, "benchmark");
  vervet_json_writer_string (writer, benchmark);
  vervet_json_writer_key (writer, "key");
  vervet_json_writer_string (writer, key);
  vervet_json_writer_end_object (writer);
  return g_string_free (fields, FALSE);
}

static VervetSinkProblem *
problem_new (VervetSinkRun *run, const VervetProblemRow *row)
{
  VervetSinkProblem *problem = g_new0 (VervetSinkProblem, 1);
  problem->run = run;
  problem->benchmark = g_strdup (row->benchmark);
  problem->key = g_strdup (row->key);
  problem->group = g_strdup (row->group);
  problem->fields = row->fields ? g_strdup (row->fields) : fields_of_key (row->benchmark, row->key);
  problem->prompt = g_strdup (row->prompt);
  problem->reference = row->reference ? g_memdup2 (row->reference, row->reference_len + 1) : NULL;
  problem->reference_len = row->reference_len;
  problem->planned = row->planned;
  vervet_problem_hash (problem->fields, problem->reference, problem->reference_len, problem->hash);
  return problem;
}

VervetSinkProblem *
vervet_sink_problem (VervetSink *sink, VervetSinkRun *run, const VervetProblemRow *row, GError **error)
{
  VervetSinkProblem *problem = vervet_sink_find_problem (run, row->benchmark, row->key);
  if (sink->store) {
    if (!problem)
      sink_changed (error);
    return problem;
  }
  if (problem) {
    g_autofree char *quoted = vervet_text_quote (row->key, strlen (row->key));
    sink_fault (error, "the problem %s is described a second time in this run", quoted);
    return NULL;
  }
  problem = problem_new (run, row);
  const VervetSinkProblem *twin = g_hash_table_lookup (run->by_hash, problem);
  g_ptr_array_add (run->problems, problem);
  if (twin) { /* the store knows an item by its content: the samples of both would be one's */
    g_autofree char *one = vervet_text_quote (twin->key, strlen (twin->key));
    g_autofree char *two = vervet_text_quote (row->key, strlen (row->key));
    sink_fault (error, "the problems %s and %s have the same content; a run holds an item once", one, two);
    return NULL;
  }
  g_hash_table_add (run->by_key, problem);
  g_hash_table_add (run->by_hash, problem);
  vervet_hasher_add (run->identity, problem->hash, sizeof problem->hash);
  return problem;
}

guint
vervet_sink_next_trial (VervetSinkProblem *problem)
{
  return problem->next_trial++;
}

/* The one that @row brings along, else one made from what it says. */
static void
check_fingerprint (const VervetCheckRow *row, guint8 out[VERVET_HASH_SIZE])
{
  static const guint8 none[VERVET_HASH_SIZE];
  if (memcmp (row->fingerprint, none, sizeof none) != 0) {
    memcpy (out, row->fingerprint, VERVET_HASH_SIZE);
    return;
  }
  VervetHasher *hasher = vervet_hasher_new ("imported check");
  vervet_hasher_add_string (hasher, row->component);
  vervet_hasher_add_int (hasher, row->behaviour);
  vervet_hasher_add_string (hasher, row->name);
  vervet_hasher_add_string (hasher, row->options);
  vervet_hasher_add_int (hasher, row->visible);
  vervet_hasher_finish (hasher, out);
}

VervetSinkCheck *
vervet_sink_check (VervetSink *sink, const VervetCheckRow *row, GError **error)
{
  guint8 fingerprint[VERVET_HASH_SIZE];
  check_fingerprint (row, fingerprint);
  VervetSinkCheck *check = NULL;
  for (guint i = 0; !check && i < sink->checks->len; i++) {
    VervetSinkCheck *known = g_ptr_array_index (sink->checks, i);
    check = memcmp (known->row.fingerprint, fingerprint, sizeof fingerprint) ? NULL : known;
  }
  if (check || sink->store) {
    if (!check)
      sink_changed (error);
    return check;
  }
  check = g_new0 (VervetSinkCheck, 1);
  check->row.component = g_strdup (row->component);
  check->row.name = g_strdup (row->name);
  check->row.options = g_strdup (row->options);
  check->row.behaviour = row->behaviour;
  check->row.visible = row->visible;
  memcpy (check->row.fingerprint, fingerprint, sizeof fingerprint);
  g_ptr_array_add (sink->checks, check);
  return check;
}

VervetSinkCheck *
vervet_sink_published (VervetSink *sink, GError **error)
{
  g_autofree char *options = g_strdup_printf ("{\"format\":\"%s\"}", sink->format);
  const VervetCheckRow row = {
    .component = (char *)"import.label", .name = (char *)"published", .options = options, .behaviour = 1
  };
  if (!sink->published)
    sink->published = vervet_sink_check (sink, &row, error);
  return sink->published;
}

/* ---- Samples ----------------------------------------------------------------------------------------------------- */
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
    return sink_fault (error, "trial %u, candidate %u of problem %s appears a second time", row->trial, row->ord,
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

static void
on_stalled (gpointer user_data, const GError *fault)
{
  VervetSink *sink = user_data;
  g_mutex_lock (&sink->lock);
  if (!sink->stalled)
    sink->stalled = g_error_copy (fault);
  g_mutex_unlock (&sink->lock);
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

/* ---- The store --------------------------------------------------------------------------------------------------- */
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
      run->name = g_strdup (row->name);
      run->row.name = g_strdup (row->name);
      return TRUE;
    }
  }
  for (guint i = 0; i < known->len; i++)
    if (!strcmp (g_array_index (known, VervetRunRow, i).name, run->row.name)) {
      g_autofree char *quoted = vervet_text_quote (run->row.name, strlen (run->row.name));
      return sink_fault (error, "%s: %s holds another run of the name %s; import into a new file",
                         (const char *)g_ptr_array_index (sink->files, run->file), vervet_store_path (sink->store),
                         quoted);
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

gboolean
vervet_sink_open (VervetSink *sink, const char *to, GError **error)
{
  if (sink->runs->len == 0)
    return sink_fault (error, "%s: there is nothing to import in it", (const char *)g_ptr_array_index (sink->files, 0));
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
