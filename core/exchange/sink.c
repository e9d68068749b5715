/* sink.c - what a file holds: runs, problems and checks, found or made. */
#include <string.h>

#include "exchange/sink-private.h"
#include "util/hash.h"
#include "util/text.h"

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

gboolean
vervet_sink_fault (GError **error, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  GError *fault = g_error_new_valist (VERVET_ERROR, VERVET_ERROR_INPUT, format, args);
  va_end (args);
  g_propagate_error (error, fault);
  return FALSE;
}

gboolean
vervet_sink_changed (GError **error)
{
  return vervet_sink_fault (error, "the file has changed while it was read; try again");
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
    vervet_sink_fault (error, "the run %s is in %s, too; a run comes from one file", quoted,
                       (const char *)g_ptr_array_index (sink->files, run->file));
    return NULL;
  }
  if (run || sink->store) {
    if (!run)
      vervet_sink_changed (error);
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
      vervet_sink_changed (error);
    return problem;
  }
  if (problem) {
    g_autofree char *quoted = vervet_text_quote (row->key, strlen (row->key));
    vervet_sink_fault (error, "the problem %s is described a second time in this run", quoted);
    return NULL;
  }
  problem = problem_new (run, row);
  const VervetSinkProblem *twin = g_hash_table_lookup (run->by_hash, problem);
  g_ptr_array_add (run->problems, problem);
  if (twin) { /* the store knows an item by its content: the samples of both would be one's */
    g_autofree char *one = vervet_text_quote (twin->key, strlen (twin->key));
    g_autofree char *two = vervet_text_quote (row->key, strlen (row->key));
    vervet_sink_fault (error, "the problems %s and %s have the same content; a run holds an item once", one, two);
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
      vervet_sink_changed (error);
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
