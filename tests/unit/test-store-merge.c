/* Merging: order and repetition do not matter, overlap is found by content, conflicts are counted and the first stays.
 */
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <vervet-plugin.h>

#include "lib/store-fixture.h"
#include "store/store.h"

#define MEMBERS 6

static char *folder;

static char *
in_folder (const char *name)
{
  return g_build_filename (folder, name, NULL);
}

static void
sql (VervetStore *store, const char *statement)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (vervet_sql_exec (store->db, statement, &error));
  g_assert_no_error (error);
}

static gint
by_text (gconstpointer a, gconstpointer b)
{
  return g_strcmp0 (*(const char *const *)a, *(const char *const *)b);
}

/* What a file holds, by content alone: a line a row, sorted. */
static char *
contents (const char *path)
{
  static const char *const queries[] = {
    "SELECT 'sample', p.key, s.trial, s.ord, s.status, s.finish, s.in_tok, s.nano_money, e.facts, t.hash FROM sample s "
    "JOIN "
    "member USING (member_id) JOIN problem p USING (problem_id) LEFT JOIN epoch e USING (epoch_id) LEFT JOIN text t "
    "USING "
    "(text_id)",
    "SELECT 'verdict', c.name, p.key, s.trial, s.ord, v.status, v.score, a.s, r.s, v.took_us, hex (v.steps), t.hash "
    "FROM verdict "
    "v JOIN sample s ON s.id = v.sample_id JOIN member USING (member_id) JOIN problem p USING (problem_id) JOIN "
    "\"check\" c USING "
    "(check_id) LEFT JOIN answer a USING (answer_id) LEFT JOIN string r ON r.string_id = v.reason LEFT JOIN text t ON "
    "t.text_id "
    "= v.detail_id",
    "SELECT 'metric', p.key, s.trial, n.s, m.value FROM metric m JOIN sample s ON s.id = m.sample_id JOIN member USING "
    "(member_id) JOIN problem p USING (problem_id) JOIN string n ON n.string_id = m.name",
    "SELECT 'vote', p.key, s.trial, v.vote, v.node, v.score, j.trial, j.ord FROM vote v JOIN sample s ON s.id = "
    "v.sample_id JOIN "
    "member USING (member_id) JOIN problem p USING (problem_id) JOIN job j USING (job_id)",
    "SELECT 'node', p.key, j.trial, n.node, n.told, t.hash, q.hash FROM node n JOIN job j USING (job_id) JOIN member "
    "USING "
    "(member_id) JOIN problem p USING (problem_id) LEFT JOIN text t ON t.text_id = n.text_id LEFT JOIN text q ON "
    "q.text_id = "
    "n.request_id",
    "SELECT 'job', j.check_id > 0, p.key, j.trial, j.ord, j.state, j.out_tok, j.notes FROM job j JOIN member USING "
    "(member_id) "
    "JOIN problem p USING (problem_id)",
    "SELECT 'member', p.key, m.ord, m.planned, m.done, m.failed, m.samples, m.distinct_texts, m.calls, m.in_tok, "
    "m.nano_money "
    "FROM member m JOIN problem p USING (problem_id)",
    "SELECT 'tally', p.key, t.pass, t.fail, t.errors, round (t.sum, 6), t.out_tok FROM tally t JOIN member USING "
    "(member_id) JOIN "
    "problem p USING (problem_id)",
    "SELECT 'answer', p.key, a.s, a.status, a.n, (SELECT min (b.s) FROM answer b WHERE b.check_id = a.check_id AND "
    "b.member_id = "
    "a.member_id AND b.class = a.class) FROM answer a JOIN member USING (member_id) JOIN problem p USING (problem_id) "
    "WHERE a.n > "
    "0",
    "SELECT 'ledger', unit, spent, lost FROM ledger",
    "SELECT 'incident', p.key, i.trial, i.at_ms, i.status, s.s FROM incident i JOIN member USING (member_id) JOIN "
    "problem p USING "
    "(problem_id) LEFT JOIN string s ON s.string_id = i.message",
    "SELECT 'label', who, trial, at_ms, status, remark FROM label",
    "SELECT 'run', name, state, hex (uuid) FROM run",
  };
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetStore) store = vervet_store_open (path, &error);
  g_autoptr (GPtrArray) lines = g_ptr_array_new_with_free_func (g_free);

  g_assert_no_error (error);
  store_fixture_check (store);
  for (guint i = 0; i < G_N_ELEMENTS (queries); i++) {
    g_autoptr (VervetStmt) stmt = vervet_sql_prepare (store->db, queries[i], &error);
    g_assert_no_error (error);
    while (vervet_sql_step (stmt, &error) > 0) {
      GString *line = g_string_new (NULL);
      for (int c = 0; c < sqlite3_column_count (stmt); c++)
        g_string_append_printf (line, "%s|", (const char *)sqlite3_column_text (stmt, c));
      g_ptr_array_add (lines, g_string_free (line, FALSE));
    }
    g_assert_no_error (error);
  }
  g_ptr_array_sort (lines, by_text);
  g_ptr_array_add (lines, NULL);
  return g_strjoinv ("\n", (char **)lines->pdata);
}

/* ---- Shards ---- */
typedef struct {
  guint first, step;   /* members first, first + step ... */
  guint from, to;      /* trials */
  gboolean failing;    /* every fifth trial failed here */
  gboolean other_text; /* trial 7 of each has another text here */
} ShardKind;

static void
push_trial (StoreFixture *f, VervetWriter *writer, const ShardKind *kind, guint member, guint trial)
{
  static const double steps[] = { 0.5 };
  static const struct {
    const char *name;
    double value;
  } metrics[] = { { "rss", 3 } };
  g_autofree char *text =
      g_strdup_printf ("%s %u, which goes on for more than sixty-four bytes, so that it will be packed",
                       kind->other_text && trial == 7 ? "other" : "draw", trial % 9);
  g_autofree char *answer = g_strdup_printf ("%u", trial % 4);
  VervetSampleRow row = store_fixture_sample (f, member, trial, text);
  VervetVerdictRow verdict;

  row.nano_money = 1000 + trial;
  row.call_n = 2;
  row.in_tok = 101;
  if (kind->failing && trial % 5 == 0) {
    row.status = VV_E_TIMEOUT;
    row.text = NULL;
  }
  gint64 id = vervet_writer_sample (writer, &row);
  vervet_writer_calls (writer, row.member_id, 1);
  if (row.status < 0)
    return;
  verdict = store_fixture_verdict (f, member, id, trial % 4 ? VV_FAIL : VV_PASS, answer);
  verdict.detail = "detail";
  verdict.detail_len = 6;
  verdict.steps = steps;
  verdict.n_steps = 1;
  verdict.metrics = (gconstpointer)metrics;
  verdict.n_metrics = 1;
  vervet_writer_verdict (writer, &verdict);
  if (trial == 2) {
    VervetJobRow job = { .check_id = f->check_id,
                         .member_id = row.member_id,
                         .epoch_id = f->epoch_id,
                         .trial = trial,
                         .state = 1,
                         .answer_ord = -1,
                         .out_tok = 11,
                         .nano_money = 3,
                         .notes = "{}" };
    VervetVoteRow vote = {
      .check_id = f->check_id, .sample_id = id, .node = 1, .vote = 0, .status = VV_PASS, .score = 0.5, .weight = NAN
    };
    VervetNodeRow node = { .node = 1,
                           .req_key = { 9 },
                           .role = "judge",
                           .label = "vote",
                           .told = 0,
                           .text = "yes",
                           .text_len = 3,
                           .request = "{}",
                           .request_len = 2,
                           .logprob = NAN,
                           .score = NAN,
                           .reward = NAN };
    vote.job_id = node.job_id = vervet_writer_job (writer, &job);
    vervet_writer_node (writer, &node);
    vervet_writer_vote (writer, &vote);
  }
}

static void
fill_shard (const char *path, const ShardKind *kind)
{
  StoreFixture f;
  VervetLedgerRow ledger = { .unit = "calls", .cap = NAN };

  store_fixture_open (&f, path, MEMBERS, 0);
  sql (f.store, "UPDATE epoch SET started_ms = 5");
  VervetWriter *writer = vervet_writer_start (f.store, NULL, NULL);
  for (guint m = kind->first; m < MEMBERS; m += kind->step)
    for (guint t = kind->from; t < kind->to; t++, ledger.spent++)
      push_trial (&f, writer, kind, m, t);
  vervet_writer_ledger (writer, f.run_id, &ledger, 1);
  g_assert_true (vervet_writer_stop (writer, NULL));
  vervet_store_close (f.store);
}

static VervetMergeStats
merge (const char *out, ...)
{
  g_autoptr (GPtrArray) shards = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  VervetMergeStats stats;
  va_list args;

  va_start (args, out);
  for (const char *shard; (shard = va_arg (args, const char *));)
    g_ptr_array_add (shards, (char *)shard);
  va_end (args);
  g_assert_true (vervet_store_merge (out, (const char *const *)shards->pdata, shards->len, &stats, &error));
  g_assert_no_error (error);
  return stats;
}

static void
assert_same (const char *a, const char *b)
{
  g_autofree char *x = contents (a), *y = contents (b);

  g_assert_cmpstr (x, ==, y);
}

static void
set_up (void)
{
  folder = store_fixture_folder ();
}

static void
tear_down (void)
{
  store_fixture_remove (folder);
  g_clear_pointer (&folder, g_free);
}

/* ---- Tests ---- */
/* Two shards of a run give the file that one process would have written. */
static void
test_shards (void)
{
  set_up ();
  g_autofree char *a = in_folder ("a"), *b = in_folder ("b"), *whole = in_folder ("whole"), *ab = in_folder ("ab"),
                  *ba = in_folder ("ba");
  fill_shard (a, &(ShardKind){ .first = 0, .step = 2, .to = 30 });
  fill_shard (b, &(ShardKind){ .first = 1, .step = 2, .to = 30 });
  fill_shard (whole, &(ShardKind){ .first = 0, .step = 1, .to = 30 });
  VervetMergeStats stats = merge (ab, a, b, NULL);
  g_assert_cmpint (stats.new_samples, ==, MEMBERS * 30);
  g_assert_cmpint (stats.verdicts, ==, MEMBERS * 30);
  g_assert_cmpint (stats.jobs, ==, MEMBERS);
  g_assert_cmpint (stats.conflicts + stats.same + stats.replaced, ==, 0);
  merge (ba, b, a, NULL);
  assert_same (ab, ba);
  VervetStore *store = vervet_store_open_write (whole, NULL);
  sql (store, "UPDATE run SET state = 2");
  vervet_store_close (store);
  assert_same (ab, whole);
  tear_down ();
}

/* Overlapping trials, failures on one side: both orders and every repetition give the same. */
static void
test_overlap (void)
{
  set_up ();
  g_autofree char *a = in_folder ("a"), *b = in_folder ("b"), *ab = in_folder ("ab"), *ba = in_folder ("ba"),
                  *steps = in_folder ("steps");
  fill_shard (a, &(ShardKind){ .first = 0, .step = 1, .to = 20, .failing = TRUE });
  fill_shard (b, &(ShardKind){ .first = 0, .step = 1, .from = 10, .to = 40 });
  merge (ab, a, b, NULL);
  merge (ba, b, a, NULL);
  assert_same (ab, ba);
  g_autofree char *once = contents (ab);
  VervetMergeStats again = merge (ab, b, a, b, NULL);
  g_assert_cmpint (again.new_samples + again.replaced + again.conflicts + again.verdicts + again.jobs, ==, 0);
  g_autofree char *twice = contents (ab);
  g_assert_cmpstr (once, ==, twice);
  /* One after the other, against the order of ids; the failures of the one are replaced by the other. */
  VervetMergeStats first = merge (steps, a, NULL), second = merge (steps, b, NULL);
  g_assert_cmpint (first.new_samples, ==, MEMBERS * 20);
  g_assert_cmpint (second.new_samples, ==, MEMBERS * 20);
  g_assert_cmpint (second.replaced, ==, MEMBERS * 2);
  g_assert_cmpint (second.same, ==, MEMBERS * 8);
  assert_same (steps, ab);
  tear_down ();
}

/* A shard that grew since it was merged adds what is new, calls and budget too. */
static void
test_growing (void)
{
  set_up ();
  g_autofree char *a = in_folder ("a"), *out = in_folder ("out"), *fresh = in_folder ("fresh");
  StoreFixture f;
  VervetLedgerRow ledger = { .unit = "calls", .spent = 500, .reserved = 1, .cap = NAN };
  fill_shard (a, &(ShardKind){ .first = 0, .step = 1, .to = 10 });
  merge (out, a, NULL);
  store_fixture_open (&f, a, MEMBERS, 0);
  sql (f.store, "DELETE FROM epoch WHERE epoch_id > 1");
  f.epoch_id = 1;
  VervetWriter *writer = vervet_writer_start (f.store, NULL, NULL);
  for (guint m = 0; m < MEMBERS; m++)
    for (guint t = 10; t < 15; t++)
      push_trial (&f, writer, &(ShardKind){ 0 }, m, t);
  vervet_writer_ledger (writer, f.run_id, &ledger, 1);
  g_assert_true (vervet_writer_stop (writer, NULL));
  vervet_store_close (f.store);
  VervetMergeStats stats = merge (out, a, NULL);
  g_assert_cmpint (stats.new_samples, ==, MEMBERS * 5);
  merge (fresh, a, NULL);
  assert_same (out, fresh);
  /* A merge of merges counts every file once. */
  g_autofree char *nested = in_folder ("nested");
  merge (nested, out, a, fresh, NULL);
  assert_same (nested, out);
  VervetStore *store = vervet_store_open (nested, NULL);
  g_assert_cmpint (store_fixture_number (store, "SELECT sum (calls) FROM member"), ==, MEMBERS * 15);
  g_assert_cmpint (store_fixture_number (store, "SELECT spent FROM ledger"), ==, 500);
  vervet_store_close (store);
  tear_down ();
}

/* Different texts for one trial: counted, the first file (by id) wins whatever the order of the arguments, and no
 * verdict lands on a text that it is not about. */
static void
test_conflicts (void)
{
  set_up ();
  g_autofree char *a = in_folder ("a"), *b = in_folder ("b"), *ab = in_folder ("ab"), *ba = in_folder ("ba");
  fill_shard (a, &(ShardKind){ .first = 0, .step = 1, .to = 10 });
  fill_shard (b, &(ShardKind){ .first = 0, .step = 1, .to = 10, .other_text = TRUE });
  VervetStore *store = vervet_store_open_write (b, NULL);
  sql (store, "DELETE FROM verdict WHERE sample_id IN (SELECT id FROM sample WHERE trial != 7);"
              "UPDATE verdict SET status = 1");
  g_assert_true (vervet_store_check (store, TRUE, NULL, NULL));
  vervet_store_close (store);
  VervetMergeStats one = merge (ab, a, b, NULL), other = merge (ba, b, a, NULL);
  g_assert_cmpint (one.conflicts, ==, MEMBERS);
  g_assert_cmpint (other.conflicts, ==, MEMBERS);
  assert_same (ab, ba);
  store = vervet_store_open (ab, NULL);
  /* Trial 7 was a fail in a and a pass in b, which has the longer text: the verdict is that of the text which stayed.
   */
  gint64 wrong =
      store_fixture_number (store, "SELECT count(*) FROM verdict v JOIN sample s ON s.id = v.sample_id JOIN text t "
                                   "USING (text_id) WHERE s.trial = 7 AND (v.status = 1) != (t.raw_len = (SELECT max "
                                   "(raw_len) FROM text))");
  g_assert_cmpint (wrong, ==, 0);
  vervet_store_close (store);
  tear_down ();
}

static void
test_labels_and_incidents (void)
{
  set_up ();
  g_autofree char *a = in_folder ("a"), *b = in_folder ("b"), *ab = in_folder ("ab"), *ba = in_folder ("ba");
  const char *paths[] = { a, b };
  for (guint i = 0; i < 2; i++) {
    fill_shard (paths[i], &(ShardKind){ .first = i, .step = 2, .to = 3 });
    VervetStore *store = vervet_store_open_write (paths[i], NULL);
    g_autofree char *label = g_strdup_printf (
        "INSERT INTO label SELECT uuid, zeroblob (16), 1, 0, 'ann', %u, %u, 'r%u' FROM run", 10 + i, i + 1, i);
    sql (store, label);
    sql (store,
         "INSERT INTO string (s) VALUES ('slow down'); INSERT INTO incident (run_id, member_id, trial, at_ms, status, "
         "message) SELECT 1, 1, 0, 99, -7, string_id FROM string WHERE s = 'slow down'");
    vervet_store_close (store);
  }
  merge (ab, a, b, NULL);
  merge (ba, b, a, NULL);
  merge (ba, b, a, NULL);
  assert_same (ab, ba);
  VervetStore *store = vervet_store_open (ab, NULL);
  g_assert_cmpint (store_fixture_number (store, "SELECT status FROM label"), ==, 2); /* the later word */
  g_assert_cmpint (store_fixture_number (store, "SELECT count(*) FROM incident"), ==, 1);
  vervet_store_close (store);
  tear_down ();
}

/* Two experiments of one name are two runs; counts are joined problem by problem. */
static void
test_other_runs (void)
{
  set_up ();
  g_autofree char *a = in_folder ("a"), *b = in_folder ("b"), *out = in_folder ("out");
  const char *paths[] = { a, b };
  for (guint i = 0; i < 2; i++) {
    StoreFixture f;
    VervetRunRow run = {
      .name = "counts", .spec = "{}", .counts_only = TRUE, .fingerprint = { 1 }, .state = VERVET_RUN_IMPORTED
    };
    VervetProblemRow problems[] = { { .benchmark = "b", .key = "k", .hash = { 99 } },
                                    { .benchmark = "b", .key = "l", .hash = { 98, (guint8)i } } };
    store_fixture_open (&f, paths[i], 1, i);
    g_assert_true (vervet_store_add_run (f.store, &run, NULL));
    g_assert_true (vervet_store_add_problems (f.store, run.run_id, problems, 2, NULL));
    g_assert_true (vervet_store_set_counts (f.store, problems[0].member_id, f.check_id, 100, 7, NULL));
    g_assert_true (vervet_store_set_counts (f.store, problems[1].member_id, f.check_id, 50, 3 + i, NULL));
    vervet_store_close (f.store);
  }
  VervetMergeStats stats = merge (out, a, b, NULL);
  g_assert_cmpint (stats.conflicts, ==, 0);
  g_assert_cmpint (stats.same, ==, 100);
  VervetStore *store = vervet_store_open (out, NULL);
  g_assert_cmpint (store_fixture_number (store, "SELECT count(*) FROM run"), ==, 3);
  g_assert_cmpint (store_fixture_number (store, "SELECT count (DISTINCT name) FROM run"), ==, 3);
  g_assert_cmpint (store_fixture_number (store, "SELECT sum (samples) FROM member"), ==, 200);
  g_assert_cmpint (store_fixture_number (store, "SELECT sum (pass) FROM tally"), ==, 14);
  vervet_store_close (store);
  tear_down ();
}

static void
test_refused (void)
{
  set_up ();
  g_autofree char *a = in_folder ("a"), *none = in_folder ("none"), *out = in_folder ("out");
  const char *missing[] = { a, none }, *self[] = { a };
  g_autoptr (GError) error = NULL;
  VervetMergeStats stats;
  fill_shard (a, &(ShardKind){ .first = 0, .step = 1, .to = 2 });
  g_assert_false (vervet_store_merge (out, missing, 2, &stats, &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
  g_assert_false (g_file_test (out, G_FILE_TEST_EXISTS));
  g_clear_error (&error);
  g_assert_false (vervet_store_merge (a, self, 1, &stats, &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
  tear_down ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store/merge/shards", test_shards);
  g_test_add_func ("/store/merge/overlap", test_overlap);
  g_test_add_func ("/store/merge/growing", test_growing);
  g_test_add_func ("/store/merge/conflicts", test_conflicts);
  g_test_add_func ("/store/merge/labels-and-incidents", test_labels_and_incidents);
  g_test_add_func ("/store/merge/other-runs", test_other_runs);
  g_test_add_func ("/store/merge/refused", test_refused);
  return g_test_run ();
}
