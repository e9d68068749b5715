/* The writer against a bare loop of prepared statements over the same schema, batch size and rows, in one run; bytes a
 * sample; how soon a push is durable; memory. Usage: bench-writer [SAMPLES] */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vervet-plugin.h>

#include "lib/store-fixture.h"
#include "store/migrations.h"
#include "store/sql.h"

#define PROBLEMS 1000
#define WAVE 32
#define BATCH_ROWS 4000
#define TEXT_BYTES 300
#define RATIO_LEAST 0.5

typedef struct {
  const char *name;
  guint distinct; /* texts a problem; 0: all */
} Pool;

static const Pool pools[] = { { "distinct texts of 300 bytes", 0 }, { "100 distinct texts a problem", 100 } };

/* ---- Rows ---- */
static guint64
next (guint64 *state)
{
  return *state = vv_mix (*state, 1);
}

/* The text of a draw: words and numbers as a model writes them, the same for the same (problem, which). */
static gsize
make_text (char *out, guint problem, guint which)
{
  static const char *const words[] = { "the ",    "of ",     "is ",        "then ",   "total ", "cost ",
                                       "so ",     "we ",     "need ",      "half ",   "and ",   "add ",
                                       "more ",   "each ",   "day ",       "gives ",  "a ",     "sum ",
                                       "which ",  "equals ", "dollars ",   "apples ", "trees ", "minutes ",
                                       "after ",  "twice ",  "remains ",   "for ",    "her ",   "his ",
                                       "first, ", "second ", "therefore ", "\n",      "= ",     "* " };
  guint64 state = vv_mix (problem, which);
  gsize n = 0;

  while (n < TEXT_BYTES) {
    guint64 r = next (&state);
    if (r % 4 == 0) {
      n += (gsize)snprintf (out + n, 16, "%u ", (guint)(r >> 8) % 1000);
    } else {
      const char *word = words[(r >> 8) % G_N_ELEMENTS (words)];
      n += (gsize)g_strlcpy (out + n, word, 16);
    }
  }
  return TEXT_BYTES;
}

/* Sample i of the run: waves of 32 over all problems. */
static void
place_of (guint i, guint *problem, guint *trial)
{
  guint wave = i / (PROBLEMS * WAVE), in = i % (PROBLEMS * WAVE);

  *problem = in / WAVE;
  *trial = wave * WAVE + in % WAVE;
}

static guint
which_text (const Pool *pool, guint trial)
{
  return pool->distinct ? (guint)(vv_mix (trial, 7) % pool->distinct) : trial;
}

static VervetSampleRow
make_sample (guint i, const Pool *pool, char *text, guint *problem)
{
  guint trial;

  place_of (i, problem, &trial);
  return (VervetSampleRow){ .member_id = *problem + 1,
                            .epoch_id = 1,
                            .node = -1,
                            .trial = trial,
                            .flags = VERVET_SAMPLE_ANSWER,
                            .finish = VV_FIN_EOS,
                            .text = text,
                            .text_len = make_text (text, *problem, which_text (pool, trial)),
                            .in_tok = 120,
                            .cached_tok = -1,
                            .out_tok = 80,
                            .think_tok = -1,
                            .seq_tok = 80,
                            .nano_money = -1,
                            .start_ms = G_GINT64_CONSTANT (1764000000000) + i / 20,
                            .took_ms = 900 + i % 100,
                            .call_n = 1,
                            .tries = 1,
                            .logprob = NAN,
                            .score = NAN,
                            .weight = NAN,
                            .seed = -1 };
}

/* ---- The writer ---- */
typedef struct {
  guint n, committed;
  gint64 *pushed_us; /* by sample id; NULL: not measured */
  gint64 last_us;
  gint64 last_id;
  GArray *gaps, *delays; /* ms */
} Clock;

static void
committed (gpointer data, gint64 last_id, guint samples, guint verdicts)
{
  Clock *clock = data;
  gint64 now = g_get_monotonic_time ();
  double gap = (double)(now - clock->last_us) / 1000;

  (void)verdicts;
  g_array_append_val (clock->gaps, gap);
  clock->last_us = now;
  clock->committed += samples;
  for (gint64 id = clock->last_id + 1; clock->pushed_us && id <= last_id; id++) {
    double delay = (double)(now - clock->pushed_us[id]) / 1000;
    g_array_append_val (clock->delays, delay);
  }
  clock->last_id = last_id;
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return (x > y) - (x < y);
}

static double
quantile (GArray *values, double q)
{
  g_array_sort (values, compare);
  return values->len ? g_array_index (values, double, (guint)(q * (values->len - 1))) : NAN;
}

static void
set_up (StoreFixture *fixture, const char *path)
{
  g_autofree VervetProblemRow *rows = g_new0 (VervetProblemRow, PROBLEMS);

  store_fixture_open (fixture, path, 0, 0);
  for (guint i = 0; i < PROBLEMS; i++)
    rows[i] = (VervetProblemRow){ .benchmark = "b",
                                  .key = g_strdup_printf ("%u", i),
                                  .ord = i,
                                  .planned = 10000,
                                  .hash = { (guint8)i, (guint8)(i >> 8) } };
  g_assert_true (vervet_store_add_problems (fixture->store, fixture->run_id, rows, PROBLEMS, NULL));
  g_assert_cmpint (rows[PROBLEMS - 1].member_id, ==, PROBLEMS);
  for (guint i = 0; i < PROBLEMS; i++)
    g_free ((char *)rows[i].key);
}

static void
push_one (StoreFixture *fixture, VervetWriter *writer, guint i, const Pool *pool, Clock *clock)
{
  char text[TEXT_BYTES + 32], answer[16];
  guint problem;
  VervetSampleRow row = make_sample (i, pool, text, &problem);
  VervetVerdictRow verdict = { .check_id = fixture->check_id,
                               .member_id = row.member_id,
                               .counts = TRUE,
                               .status = i % 3 ? VV_FAIL : VV_PASS,
                               .score = i % 3 == 0,
                               .answer = answer,
                               .answer_len = (gsize)snprintf (answer, sizeof answer, "%u", (guint)(vv_mix (i, 3) % 20)),
                               .reason = "last-number",
                               .took_us = 5 };

  if (clock->pushed_us)
    clock->pushed_us[i + 1] = g_get_monotonic_time ();
  verdict.sample_id = vervet_writer_sample (writer, &row);
  vervet_writer_verdict (writer, &verdict);
}

static double
write_samples (const char *path, guint n, const Pool *pool, guint per_second, Clock *clock)
{
  StoreFixture fixture;
  VervetWriterEvents events = { .committed = committed, .user_data = clock };
  gint64 begin;
  double seconds;

  set_up (&fixture, path);
  clock->gaps = g_array_new (FALSE, FALSE, sizeof (double));
  clock->delays = g_array_new (FALSE, FALSE, sizeof (double));
  clock->pushed_us = per_second ? g_new0 (gint64, n + 2) : NULL;
  clock->last_us = begin = g_get_monotonic_time ();
  VervetWriter *writer = vervet_writer_start (fixture.store, &events, NULL);
  for (guint i = 0; i < n; i++) {
    if (per_second)
      while (g_get_monotonic_time () < begin + (gint64)i * G_USEC_PER_SEC / per_second)
        g_usleep (500);
    else if (i % 64 == 0)
      while (vervet_writer_fill (writer) > 0.75)
        g_usleep (1000);
    push_one (&fixture, writer, i, pool, clock);
  }
  g_assert_true (vervet_writer_stop (writer, NULL));
  seconds = (double)(g_get_monotonic_time () - begin) / G_USEC_PER_SEC;
  vervet_store_close (fixture.store);
  return seconds;
}

/* ---- The bare loop ---- */
static double
write_bare (const char *path, guint n, const Pool *pool)
{
  sqlite3 *db;
  g_autoptr (VervetStmt) text = NULL, sample = NULL, verdict = NULL;
  gint64 begin = g_get_monotonic_time ();

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_true (vervet_sql_exec (db, vervet_store_schema, NULL));
  g_assert_true (vervet_sql_exec (db,
                                  "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -24576;"
                                  "PRAGMA wal_autocheckpoint = 4096; PRAGMA secure_delete = OFF",
                                  NULL));
  text = vervet_sql_prepare (db, "INSERT INTO text (hash, raw_len, data) VALUES (?, ?, ?)", NULL);
  sample = vervet_sql_prepare (
      db,
      "INSERT INTO sample (id, member_id, trial, ord, epoch_id, status, finish, flags, text_id, in_tok, "
      "out_tok, call_n, seq_tok, start_ms, took_ms, tries) VALUES (?, ?, ?, 0, 1, 0, 1, 1, ?, 120, 80, 1, "
      "80, ?, ?, 1)",
      NULL);
  verdict = vervet_sql_prepare (db,
                                "INSERT INTO verdict (check_id, sample_id, status, score, answer_id, reason, took_us) "
                                "VALUES (1, ?, ?, ?, ?, 1, 5)",
                                NULL);
  for (guint i = 0; i < n; i++) {
    char raw[TEXT_BYTES + 32];
    guint problem;
    VervetSampleRow row = make_sample (i, pool, raw, &problem);
    if (i % (BATCH_ROWS / 2) == 0)
      vervet_sql_exec (db, "BEGIN IMMEDIATE", NULL);
    sqlite3_bind_int64 (text, 1, (gint64)vv_mix (i, 9));
    sqlite3_bind_int64 (text, 2, (gint64)row.text_len);
    vervet_sql_bind_bytes (text, 3, raw, row.text_len);
    g_assert_true (vervet_sql_run (text, NULL));
    sqlite3_bind_int64 (sample, 1, i + 1);
    sqlite3_bind_int64 (sample, 2, row.member_id);
    sqlite3_bind_int64 (sample, 3, row.trial);
    sqlite3_bind_int64 (sample, 4, sqlite3_last_insert_rowid (db));
    sqlite3_bind_int64 (sample, 5, row.start_ms);
    sqlite3_bind_int64 (sample, 6, row.took_ms);
    g_assert_true (vervet_sql_run (sample, NULL));
    sqlite3_bind_int64 (verdict, 1, i + 1);
    sqlite3_bind_int (verdict, 2, i % 3 ? VV_FAIL : VV_PASS);
    sqlite3_bind_double (verdict, 3, i % 3 == 0);
    sqlite3_bind_int64 (verdict, 4, problem * 20 + i % 20);
    g_assert_true (vervet_sql_run (verdict, NULL));
    if ((i + 1) % (BATCH_ROWS / 2) == 0 || i + 1 == n)
      g_assert_true (vervet_sql_exec (db, "COMMIT", NULL));
  }
  g_clear_pointer (&text, sqlite3_finalize);
  g_clear_pointer (&sample, sqlite3_finalize);
  g_clear_pointer (&verdict, sqlite3_finalize);
  sqlite3_close (db);
  return (double)(g_get_monotonic_time () - begin) / G_USEC_PER_SEC;
}

/* ---- Each in a process of its own, for its memory ---- */
typedef struct {
  double seconds, gap50, gap99, delay50, delay99, delay_max;
  double cpu, peak_mb; /* of the process */
} Result;

static Result
run_here (const char *path, guint n, const Pool *pool, gboolean bare, guint per_second)
{
  Clock clock = { .n = n };
  Result result = { 0 };

  if (bare) {
    result.seconds = write_bare (path, n, pool);
    return result;
  }
  result.seconds = write_samples (path, n, pool, per_second, &clock);
  result.gap50 = quantile (clock.gaps, 0.5);
  result.gap99 = quantile (clock.gaps, 0.99);
  result.delay50 = quantile (clock.delays, 0.5);
  result.delay99 = quantile (clock.delays, 0.99);
  result.delay_max = quantile (clock.delays, 1);
  return result;
}

static Result
run_apart (const char *path, guint n, const Pool *pool, gboolean bare, guint per_second)
{
  Result result;
  struct rusage usage;
  int ends[2], status;
  pid_t pid;

  g_assert_cmpint (pipe (ends), ==, 0);
  pid = fork ();
  if (pid == 0) {
    result = run_here (path, n, pool, bare, per_second);
    _exit (write (ends[1], &result, sizeof result) == sizeof result ? 0 : 1);
  }
  close (ends[1]);
  g_assert_cmpint (read (ends[0], &result, sizeof result), ==, sizeof result);
  close (ends[0]);
  g_assert_cmpint (wait4 (pid, &status, 0, &usage), ==, pid);
  g_assert_cmpint (status, ==, 0);
  result.peak_mb = (double)usage.ru_maxrss / 1024;
  result.cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
               + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / G_USEC_PER_SEC;
  return result;
}

static gint64
file_size (const char *path)
{
  struct stat st;

  return stat (path, &st) == 0 ? st.st_size : 0;
}

static void
print_result (const char *name, const char *path, guint n, const Result *result)
{
  printf ("  %-9s %8.0f samples/s  %6.1f us of CPU and %6.1f bytes a sample  peak %5.1f MB\n", name,
          n / result->seconds, result->cpu * 1e6 / n, (double)file_size (path) / n, result->peak_mb);
}

static gboolean
measure_pool (const char *folder, const Pool *pool, guint n)
{
  g_autofree char *path = g_build_filename (folder, "writer.vervet", NULL);
  g_autofree char *bare_path = g_build_filename (folder, "bare.vervet", NULL);
  double ratio;
  Result bare = run_apart (bare_path, n, pool, TRUE, 0);
  Result ours = run_apart (path, n, pool, FALSE, 0);

  ratio = bare.seconds / ours.seconds;
  printf ("%s, %u samples with a verdict each\n", pool->name, n);
  print_result ("writer", path, n, &ours);
  print_result ("bare loop", bare_path, n, &bare);
  printf ("  between commits of the writer p50 %.1f p99 %.1f ms\n", ours.gap50, ours.gap99);
  printf ("  ratio %.2f (at least %.2f)\n", ratio, RATIO_LEAST);
  remove (path);
  remove (bare_path);
  return ratio >= RATIO_LEAST;
}

int
main (int argc, char **argv)
{
  guint n = argc > 1 ? (guint)atoi (argv[1]) : 500000;
  g_autofree char *folder = store_fixture_folder ();
  g_autofree char *path = g_build_filename (folder, "paced.vervet", NULL);
  Result paced;
  gboolean ok = TRUE;

  for (guint i = 0; i < G_N_ELEMENTS (pools); i++)
    ok = measure_pool (folder, &pools[i], n) && ok;
  paced = run_apart (path, 10000, &pools[0], FALSE, 2000);
  printf ("2,000 samples/s for 5 s: durable after p50 %.1f p99 %.1f max %.1f ms\n", paced.delay50, paced.delay99,
          paced.delay_max);
  remove (path);
  store_fixture_remove (folder);
  return ok ? 0 : 1;
}
