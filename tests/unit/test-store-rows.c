/* What goes into the file comes out of it: every kind of row, texts, answers, and what setting up again finds. */
#include <math.h>
#include <string.h>
#include <vervet-plugin.h>

#include "lib/store-fixture.h"
#include "store/apply-private.h"
#include "store/writer.h"

static char *folder, *path;

static void
set_up (void)
{
  folder = store_fixture_folder ();
  path = g_build_filename (folder, "a.vervet", NULL);
}

static void
tear_down (void)
{
  store_fixture_remove (folder);
  g_clear_pointer (&folder, g_free);
  g_clear_pointer (&path, g_free);
}

static VervetWriter *
start (StoreFixture *f)
{
  g_autoptr (GError) error = NULL;
  VervetWriter *writer = vervet_writer_start (f->store, NULL, &error);

  g_assert_no_error (error);
  return writer;
}

static void
stop (VervetWriter *writer)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (vervet_writer_stop (writer, &error));
  g_assert_no_error (error);
}

static void
assert_text (VervetStore *store, gint64 text_id, const char *text, gsize len)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = vervet_store_text (store, text_id, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), text, len);
}

/* ---- Samples and verdicts ---- */
static void
push_full_sample (StoreFixture *f, VervetWriter *writer)
{
  static const double steps[] = { 0.5, 0.25 };
  static const struct {
    const char *name;
    double value;
  } metrics[] = { { "rss", 12.5 }, { "legal", NAN }, { NULL, 1 } };
  VervetSampleRow row = store_fixture_sample (f, 1, 3, "x");
  VervetVerdictRow verdict;

  row.text =
      "a\0b\xff and more than sixty-four bytes of text, so that it is packed by the writer, and not left as it is";
  row.text_len = 100;
  row.ord = 0;
  row.finish = VV_FIN_LENGTH;
  row.flags = VERVET_SAMPLE_ANSWER | VERVET_SAMPLE_ESTIMATED;
  row.cached_tok = 7;
  row.think_tok = 11;
  row.nano_money = 123456789;
  row.call_n = 4;
  row.logprob = -12.5;
  row.score = 0.75;
  row.weight = 2;
  row.seed = G_GINT64_CONSTANT (1) << 40;
  row.node = 17;
  verdict = store_fixture_verdict (f, 1, vervet_writer_sample (writer, &row), VV_SCORED,
                                   "4\xff"
                                   "2");
  verdict.score = 0.125;
  verdict.detail = "because";
  verdict.detail_len = 7;
  verdict.steps = steps;
  verdict.n_steps = 2;
  verdict.metrics = (gconstpointer)metrics;
  verdict.n_metrics = 3;
  vervet_writer_verdict (writer, &verdict);
}

static void
test_samples (void)
{
  StoreFixture f;
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) views = NULL;
  const VervetSampleView *view;

  set_up ();
  store_fixture_open (&f, path, 2, 0);
  VervetWriter *writer = start (&f);
  push_full_sample (&f, writer);
  VervetSampleRow failed = store_fixture_sample (&f, 1, 1, NULL);
  failed.status = VV_E_TIMEOUT;
  failed.out_tok = -1;
  vervet_writer_sample (writer, &failed);
  stop (writer);

  views = vervet_store_samples (f.store, f.members[1], f.check_id, 0, 10, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (views->len, ==, 2);
  view = &g_array_index (views, VervetSampleView, 0);
  g_assert_cmpuint (view->sample.trial, ==, 1);
  g_assert_cmpint (view->sample.status, ==, VV_E_TIMEOUT);
  g_assert_cmpint (view->sample.text_id, ==, -1);
  g_assert_cmpint (view->sample.out_tok, ==, -1);
  g_assert_true (isnan (view->sample.score));
  g_assert_cmpint (view->verdict_status, ==, 0);
  g_assert_null (view->answer);
  view = &g_array_index (views, VervetSampleView, 1);
  g_assert_cmpint (view->sample.member_id, ==, f.members[1]);
  g_assert_cmpint (view->sample.epoch_id, ==, f.epoch_id);
  g_assert_cmpuint (view->sample.trial, ==, 3);
  g_assert_cmpint (view->sample.finish, ==, VV_FIN_LENGTH);
  g_assert_cmpuint (view->sample.flags, ==, VERVET_SAMPLE_ANSWER | VERVET_SAMPLE_ESTIMATED);
  g_assert_cmpint (view->sample.in_tok, ==, 100);
  g_assert_cmpint (view->sample.cached_tok, ==, 7);
  g_assert_cmpint (view->sample.out_tok, ==, 20);
  g_assert_cmpint (view->sample.think_tok, ==, 11);
  g_assert_cmpint (view->sample.seq_tok, ==, 20);
  g_assert_cmpint (view->sample.nano_money, ==, 123456789);
  g_assert_cmpint (view->sample.start_ms, ==, 1000000);
  g_assert_cmpint (view->sample.took_ms, ==, 250);
  g_assert_cmpint (view->sample.call_n, ==, 4);
  g_assert_cmpint (view->sample.tries, ==, 1);
  g_assert_cmpfloat (view->sample.logprob, ==, -12.5);
  g_assert_cmpfloat (view->sample.score, ==, 0.75);
  g_assert_cmpfloat (view->sample.weight, ==, 2);
  g_assert_cmpint (view->sample.seed, ==, G_GINT64_CONSTANT (1) << 40);
  g_assert_cmpint (view->sample.node, ==, 17);
  assert_text (
      f.store, view->sample.text_id,
      "a\0b\xff and more than sixty-four bytes of text, so that it is packed by the writer, and not left as it is",
      100);
  g_assert_cmpint (view->verdict_status, ==, VV_SCORED);
  g_assert_cmpfloat (view->verdict_score, ==, 0.125);
  g_assert_cmpstr (view->answer, ==,
                   "4\xef\xbf\xbd"
                   "2");
  g_assert_cmpstr (view->reason, ==, "last-number");
  g_assert_cmpstr (view->detail, ==, "because");
  g_assert_cmpint (view->took_us, ==, 40);
  g_assert_cmpint (store_fixture_number (f.store, "SELECT length (steps) FROM verdict"), ==, 8);
  g_assert_cmpint (store_fixture_number (f.store, "SELECT count(*) FROM metric"), ==, 1);
  g_assert_cmpint (store_fixture_number (f.store, "SELECT value * 2 FROM metric"), ==, 25);
  store_fixture_check (f.store);
  vervet_store_close (f.store);
  tear_down ();
}

/* ---- Programs ---- */
static VervetNodeRow
node_row (gint64 job_id, gint64 node, gint64 told, const char *text)
{
  return (VervetNodeRow){ .job_id = job_id,
                          .node = node,
                          .parent = node - 1,
                          .req_key = { 1, 2, 3 },
                          .occ = 4,
                          .idx = 5,
                          .op = 1,
                          .flags = 2,
                          .role = "model",
                          .label = node == 2 ? "draft" : NULL,
                          .told = told,
                          .finish = VV_FIN_STOP,
                          .text = text,
                          .text_len = strlen (text),
                          .request = "{\"the\": \"request\"}",
                          .request_len = 18,
                          .in_tok = 6,
                          .cached_tok = -1,
                          .out_tok = 8,
                          .seq_tok = 9,
                          .start_ms = 10,
                          .took_ms = 11,
                          .tries = 2,
                          .logprob = -1.5,
                          .score = NAN,
                          .reward = 3,
                          .extra = (const guint8 *)"\0\1",
                          .extra_len = 2 };
}

static void
assert_node (const VervetNodeRow *node, gint64 number, gint64 told, const char *text)
{
  g_assert_cmpint (node->node, ==, number);
  g_assert_cmpint (node->parent, ==, number - 1);
  g_assert_cmpint (node->told, ==, told);
  g_assert_cmpuint (node->req_key[2], ==, 3);
  g_assert_cmpuint (node->occ, ==, 4);
  g_assert_cmpuint (node->idx, ==, 5);
  g_assert_cmpuint (node->op, ==, 1);
  g_assert_cmpuint (node->flags, ==, 2);
  g_assert_cmpstr (node->role, ==, "model");
  g_assert_cmpstr (node->label, ==, number == 2 ? "draft" : NULL);
  g_assert_cmpstr (node->text, ==, text);
  g_assert_cmpstr (node->request, ==, "{\"the\": \"request\"}");
  g_assert_cmpint (node->finish, ==, VV_FIN_STOP);
  g_assert_cmpint (node->in_tok, ==, 6);
  g_assert_cmpint (node->cached_tok, ==, -1);
  g_assert_cmpint (node->tries, ==, 2);
  g_assert_cmpfloat (node->logprob, ==, -1.5);
  g_assert_true (isnan (node->score));
  g_assert_cmpfloat (node->reward, ==, 3);
  g_assert_cmpmem (node->extra, node->extra_len, "\0\1", 2);
}

static void
test_programs (void)
{
  StoreFixture f;
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) jobs = NULL, nodes = NULL;

  set_up ();
  store_fixture_open (&f, path, 1, 0);
  VervetWriter *writer = start (&f);
  VervetJobRow job = { .member_id = f.members[0],
                       .epoch_id = f.epoch_id,
                       .trial = 2,
                       .answer_ord = -1,
                       .calls = 3,
                       .in_tok = 4,
                       .cached_tok = -1,
                       .out_tok = 5,
                       .seq_tok = 6,
                       .nano_money = -1,
                       .start_ms = 7,
                       .took_ms = 8 };
  job.job_id = vervet_writer_job (writer, &job);
  VervetNodeRow rows[] = { node_row (job.job_id, 1, -1, "first"), node_row (job.job_id, 2, 1, "second"),
                           node_row (job.job_id, 3, 0, "third") };
  for (guint i = 0; i < 3; i++)
    vervet_writer_node (writer, &rows[i]);
  rows[0].told = 2; /* told later: the same row, and its text stays */
  rows[0].text = NULL;
  rows[0].text_len = 0;
  vervet_writer_node (writer, &rows[0]);
  job.state = 1;
  job.answer_ord = 1;
  job.notes = "{\"accept-rate\": 0.5}";
  vervet_writer_job (writer, &job);
  stop (writer);

  jobs = vervet_store_jobs (f.store, f.members[0], &error);
  g_assert_no_error (error);
  g_assert_cmpuint (jobs->len, ==, 1);
  const VervetJobRow *got = &g_array_index (jobs, VervetJobRow, 0);
  g_assert_cmpint (got->job_id, ==, job.job_id);
  g_assert_cmpint (got->state, ==, 1);
  g_assert_cmpint (got->answer_ord, ==, 1);
  g_assert_cmpint (got->calls, ==, 3);
  g_assert_cmpint (got->cached_tok, ==, -1);
  g_assert_cmpstr (got->notes, ==, "{\"accept-rate\": 0.5}");
  nodes = vervet_store_nodes (f.store, job.job_id, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (nodes->len, ==, 3);
  assert_node (&g_array_index (nodes, VervetNodeRow, 0), 3, 0, "third");
  assert_node (&g_array_index (nodes, VervetNodeRow, 1), 2, 1, "second");
  assert_node (&g_array_index (nodes, VervetNodeRow, 2), 1, 2, "first");
  /* The request is one text for all of them. */
  g_assert_cmpint (store_fixture_number (f.store, "SELECT count (DISTINCT request_id) FROM node"), ==, 1);
  vervet_store_close (f.store);
  tear_down ();
}

/* What a judge's jobs cost is in the tally, and an update replaces what was counted. */
static void
test_judges (void)
{
  StoreFixture f;

  set_up ();
  store_fixture_open (&f, path, 1, 0);
  VervetWriter *writer = start (&f);
  VervetSampleRow sample = store_fixture_sample (&f, 0, 0, "text");
  VervetJobRow job = { .check_id = f.check_id,
                       .member_id = f.members[0],
                       .epoch_id = f.epoch_id,
                       .answer_ord = -1,
                       .out_tok = 5,
                       .nano_money = 100 };
  VervetVoteRow vote = { .check_id = f.check_id,
                         .sample_id = vervet_writer_sample (writer, &sample),
                         .vote = 2,
                         .status = VV_PASS,
                         .score = 0.5,
                         .weight = NAN };
  job.job_id = vervet_writer_job (writer, &job);
  vote.job_id = job.job_id;
  vervet_writer_vote (writer, &vote);
  job.out_tok = 9;
  job.nano_money = 300;
  job.state = 1;
  vervet_writer_job (writer, &job);
  stop (writer);
  g_assert_cmpint (store_fixture_number (f.store, "SELECT out_tok FROM tally"), ==, 9);
  g_assert_cmpint (store_fixture_number (f.store, "SELECT nano_money FROM tally"), ==, 300);
  g_assert_cmpint (store_fixture_number (f.store, "SELECT vote FROM vote WHERE score = 0.5 AND weight IS NULL"), ==, 2);
  store_fixture_check (f.store);
  vervet_store_close (f.store);
  tear_down ();
}

/* ---- The rest of the rows ---- */
static void
test_ledger (void)
{
  StoreFixture f;
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) ledger = NULL;
  VervetLedgerRow caps[] = { { .unit = "calls", .cap = 10 }, { .unit = "money", .cap = NAN } };
  VervetLedgerRow now[] = { { .unit = "calls", .spent = 3, .reserved = 2, .cap = 10 } };

  set_up ();
  store_fixture_open (&f, path, 1, 0);
  g_assert_true (vervet_store_open_ledger (f.store, f.run_id, caps, 2, &error));
  VervetWriter *writer = start (&f);
  vervet_writer_ledger (writer, f.run_id, now, 1);
  stop (writer);
  caps[0].cap = 20;
  g_assert_true (vervet_store_open_ledger (f.store, f.run_id, caps, 2, &error));
  ledger = vervet_store_ledger (f.store, f.run_id, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (ledger->len, ==, 2);
  const VervetLedgerRow *calls = &g_array_index (ledger, VervetLedgerRow, 0);
  g_assert_cmpstr (calls->unit, ==, "calls");
  g_assert_cmpfloat (calls->spent, ==, 3);
  g_assert_cmpfloat (calls->reserved, ==, 0);
  g_assert_cmpfloat (calls->lost, ==, 2);
  g_assert_cmpfloat (calls->cap, ==, 20);
  g_assert_true (isnan (g_array_index (ledger, VervetLedgerRow, 1).cap));
  vervet_store_close (f.store);
  tear_down ();
}

static void
test_incidents_and_epochs (void)
{
  StoreFixture f;
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) incidents = NULL, epochs = NULL;

  set_up ();
  store_fixture_open (&f, path, 1, 0);
  VervetWriter *writer = start (&f);
  VervetIncidentRow row = { .run_id = f.run_id,
                            .member_id = f.members[0],
                            .job_id = -1,
                            .node = -1,
                            .check_id = -1,
                            .trial = 3,
                            .try_ = 1,
                            .status = VV_E_RATE_LIMIT,
                            .http = 429,
                            .message = "slow down" };
  for (guint i = 0; i < 3; i++)
    vervet_writer_incident (writer, &row);
  row.message = NULL;
  row.http = 0;
  row.status = VV_E_TIMEOUT;
  vervet_writer_incident (writer, &row);
  vervet_writer_epoch_end (writer, f.epoch_id);
  vervet_writer_calls (writer, f.members[0], 5);
  vervet_writer_calls (writer, f.members[0], 2);
  vervet_writer_progress (writer, f.check_id, f.run_id, 44);
  stop (writer);
  incidents = vervet_store_incidents (f.store, f.run_id, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (incidents->len, ==, 2);
  const VervetIncidentCount *first = &g_array_index (incidents, VervetIncidentCount, 0);
  g_assert_cmpint (first->n, ==, 3);
  g_assert_cmpint (first->http, ==, 429);
  g_assert_cmpstr (first->message, ==, "slow down");
  g_assert_null (g_array_index (incidents, VervetIncidentCount, 1).message);
  epochs = vervet_store_epochs (f.store, f.run_id, &error);
  g_assert_cmpuint (epochs->len, ==, 1);
  const VervetEpochRow *epoch = &g_array_index (epochs, VervetEpochRow, 0);
  g_assert_cmpstr (epoch->facts, ==, "{\"host\": \"here\"}");
  g_assert_cmpint (epoch->ended_ms, >=, epoch->started_ms);
  g_assert_cmpint (store_fixture_number (f.store, "SELECT calls FROM member"), ==, 7);
  g_assert_cmpint (store_fixture_number (f.store, "SELECT upto FROM progress"), ==, 44);
  vervet_store_close (f.store);
  tear_down ();
}

static void
test_problems (void)
{
  StoreFixture f;
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) members = NULL;
  g_autoptr (GBytes) reference = NULL;
  g_autofree char *fields = NULL, *prompt = NULL;

  set_up ();
  store_fixture_open (&f, path, 3, 0);
  g_assert_true (vervet_store_problem (f.store, f.members[2], &fields, &reference, &prompt, &error));
  g_assert_cmpstr (fields, ==, "{\"question\": \"?\"}");
  g_assert_cmpstr (prompt, ==, "[]");
  g_assert_cmpmem (g_bytes_get_data (reference, NULL), g_bytes_get_size (reference), "18", 2);
  /* Again, with more planned: the same members, and nothing is stored twice. */
  VervetProblemRow again = {
    .benchmark = "test", .key = "p1", .fields = "{}", .ord = 1, .planned = 500, .hash = { 1 }
  };
  g_assert_true (vervet_store_add_problems (f.store, f.run_id, &again, 1, &error));
  g_assert_cmpint (again.member_id, ==, f.members[1]);
  again.planned = 7;
  g_assert_true (vervet_store_add_problems (f.store, f.run_id, &again, 1, &error));
  members = vervet_store_members (f.store, f.run_id, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (members->len, ==, 3);
  g_assert_cmpint (g_array_index (members, VervetMemberRow, 1).planned, ==, 500);
  g_assert_cmpstr (g_array_index (members, VervetMemberRow, 2).key, ==, "p2");
  g_assert_cmpint (store_fixture_number (f.store, "SELECT count(*) FROM text"), ==, 9);
  vervet_store_close (f.store);
  tear_down ();
}

static void
test_runs (void)
{
  StoreFixture f;
  g_autoptr (GError) error = NULL;
  g_auto (VervetRunRow) found = { 0 };

  set_up ();
  store_fixture_open (&f, path, 1, 9);
  VervetRunRow same = { .name = "run", .spec = "{}", .seed = 7, .fingerprint = { 9 } };
  g_assert_true (vervet_store_add_run (f.store, &same, &error));
  g_assert_cmpint (same.run_id, ==, f.run_id);
  VervetRunRow other = { .name = "run", .spec = "{}", .seed = 7, .fingerprint = { 10 } };
  g_assert_false (vervet_store_add_run (f.store, &other, &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
  g_assert_nonnull (strstr (error->message, "\"run\""));
  g_clear_error (&error);
  VervetRunRow second = { .name = "second",
                          .spec = "{\"a\": 1}",
                          .arm = "{\"t\": 0.5}",
                          .seed = G_MAXUINT64,
                          .fingerprint = { 3 },
                          .has_sweep = TRUE,
                          .sweep = { 8 },
                          .oracle = TRUE,
                          .counts_only = TRUE,
                          .state = VERVET_RUN_IMPORTED,
                          .created_ms = G_MAXINT32 * 100000LL };
  g_assert_true (vervet_store_add_run (f.store, &second, &error));
  g_assert_true (vervet_store_find_run (f.store, NULL, &found, &error));
  g_assert_cmpstr (found.name, ==, "second");
  g_assert_cmpstr (found.arm, ==, "{\"t\": 0.5}");
  g_assert_cmpuint (found.seed, ==, G_MAXUINT64);
  g_assert_true (found.has_sweep && found.sweep[0] == 8 && found.oracle && found.counts_only && !found.stopping);
  g_assert_cmpint (found.state, ==, VERVET_RUN_IMPORTED);
  vervet_run_row_clear (&found);
  g_assert_false (vervet_store_find_run (f.store, "third", &found, &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
  g_assert_nonnull (strstr (error->message, "run, second"));
  vervet_store_close (f.store);
  tear_down ();
}

static void
test_counts_only (void)
{
  StoreFixture f;
  g_autoptr (GError) error = NULL;
  VervetRunRow run = { .name = "counts", .spec = "{}", .counts_only = TRUE, .fingerprint = { 77 } };
  VervetProblemRow problem = { .benchmark = "b", .key = "k", .hash = { 99 } };
  g_autoptr (GArray) tallies = NULL;

  set_up ();
  store_fixture_open (&f, path, 1, 0);
  g_assert_true (vervet_store_add_run (f.store, &run, &error));
  g_assert_true (vervet_store_add_problems (f.store, run.run_id, &problem, 1, &error));
  g_assert_true (vervet_store_set_counts (f.store, problem.member_id, f.check_id, 10000, 137, &error));
  g_assert_no_error (error);
  tallies = vervet_store_tallies (f.store, run.run_id, f.check_id, &error);
  g_assert_cmpint (g_array_index (tallies, VervetTallyRow, 0).pass, ==, 137);
  g_assert_cmpint (g_array_index (tallies, VervetTallyRow, 0).fail, ==, 9863);
  g_assert_cmpint (store_fixture_number (f.store, "SELECT samples FROM member WHERE member_id = 2"), ==, 10000);
  store_fixture_check (f.store); /* there are no rows, and none are missed */
  g_assert_false (vervet_store_set_counts (f.store, problem.member_id, f.check_id, 10, 11, &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
  g_clear_error (&error);
  g_assert_false (vervet_store_set_counts (f.store, f.members[0], f.check_id, 10, 1, &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INTERNAL);
  vervet_store_close (f.store);
  tear_down ();
}

/* ---- Texts ---- */
static char *
wordy (GRand *rand, guint n)
{
  static const char *const words[] = { "the",   "cost", "of",   "apples", "is",  "then", "twelve", "dollars",
                                       "so",    "we",   "need", "half",   "and", "add",  "seven",  "more",
                                       "trees", "each", "day",  "gives",  "a",   "sum",  "which",  "equals" };
  GString *text = g_string_new (NULL);

  while (text->len < n)
    g_string_append_printf (text, "%s %d ", words[g_rand_int_range (rand, 0, G_N_ELEMENTS (words))],
                            g_rand_int_range (rand, 0, 50));
  return g_string_free (text, FALSE);
}

/* Equal texts of a problem share a row, across a restart and across problems not; distinct_texts is exact. @tight: with
 * memory for hardly any set, and for one problem between two transactions. */
static void
equal_texts (gboolean tight)
{
  StoreFixture f;
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);

  set_up ();
  for (guint i = 0; i < 40; i++)
    g_ptr_array_add (texts, wordy (rand, 20 + 10 * i));
  for (guint round = 0; round < 3; round++) {
    store_fixture_open (&f, path, 2, 0);
    VervetWriter *writer = start (&f);
    if (tight) {
      writer->apply->sets_max = 100;
      writer->apply->members_max = 1;
    }
    for (guint i = 0; i < 400; i++) {
      guint which = i < 80 ? i / 2 : (guint)g_rand_int_range (rand, 0, 40);
      VervetSampleRow row = store_fixture_sample (&f, i % 2, round * 200 + i / 2, texts->pdata[which]);
      vervet_writer_sample (writer, &row);
    }
    stop (writer);
    g_assert_cmpint (store_fixture_number (f.store, "SELECT max (distinct_texts) FROM member"), ==, 40);
    g_assert_cmpint (store_fixture_number (f.store, "SELECT count(*) FROM text"), ==, 2 * 3 + 80);
    store_fixture_check (f.store);
    vervet_store_close (f.store);
  }
  tear_down ();
}

static void
test_equal_texts (void)
{
  equal_texts (FALSE);
}

static void
test_tight_memory (void)
{
  equal_texts (TRUE);
}

static void
push_until_dictionary (StoreFixture *f, VervetWriter *writer, GPtrArray *texts, GRand *rand)
{
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 4000; i++) {
    char *text = wordy (rand, 300);
    VervetSampleRow row = store_fixture_sample (f, 0, i, text);
    g_ptr_array_add (texts, text);
    vervet_writer_sample (writer, &row);
    if (i == 1500 || i == 2500)
      g_usleep (200
                * 1000); /* time for the trainer; without it the test has fewer packed texts, and is none the worse */
  }
  g_assert_true (vervet_writer_flush (writer, &error));
}

static void
test_dictionary (void)
{
  StoreFixture f;
  g_autoptr (GError) error = NULL;
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GArray) views = NULL;

  set_up ();
  store_fixture_open (&f, path, 1, 0);
  VervetWriter *writer = start (&f);
  push_until_dictionary (&f, writer, texts, rand);
  stop (writer);
  vervet_store_close (f.store);
  /* The dictionary goes on being used after a restart, and there is only one. */
  store_fixture_open (&f, path, 1, 0);
  writer = start (&f);
  VervetSampleRow row =
      store_fixture_sample (&f, 0, 4000, "the cost of apples is then twelve dollars, so we need half and add seven");
  vervet_writer_sample (writer, &row);
  stop (writer);
  g_ptr_array_add (texts, g_strdup (row.text));
  g_assert_cmpint (store_fixture_number (f.store, "SELECT count(*) FROM dict"), ==, 1);
  g_assert_cmpint (store_fixture_number (f.store, "SELECT dict_id FROM text ORDER BY text_id DESC LIMIT 1"), ==, 1);
  g_assert_cmpint (store_fixture_number (f.store, "SELECT count(*) FROM text WHERE dict_id = 0"), >=, 1000);
  g_assert_cmpint (store_fixture_number (f.store, "SELECT sum (raw_len) > sum (length (data)) FROM text"), ==, 1);

  views = vervet_store_samples (f.store, f.members[0], f.check_id, 0, 5000, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (views->len, ==, 4001);
  for (guint i = 0; i < views->len; i++)
    assert_text (f.store, g_array_index (views, VervetSampleView, i).sample.text_id, texts->pdata[i],
                 strlen (texts->pdata[i]));
  vervet_store_close (f.store);
  tear_down ();
}

/* A text whose row lies about it is an error, not a crash and not another text. */
static void
test_damaged_texts (void)
{
  static const char *const lies[] = {
    "UPDATE text SET raw_len = raw_len + 1 WHERE text_id = (SELECT max (text_id) FROM text)",
    "UPDATE text SET raw_len = 1 << 60 WHERE text_id = (SELECT max (text_id) FROM text)",
    "UPDATE text SET dict_id = 99 WHERE text_id = (SELECT max (text_id) FROM text)",
    "UPDATE text SET data = substr (data, 1, length (data) - 5) WHERE text_id = (SELECT max (text_id) FROM text)",
    "UPDATE text SET data = zeroblob (50) WHERE text_id = (SELECT max (text_id) FROM text)",
    "DELETE FROM text WHERE text_id = (SELECT max (text_id) FROM text)",
  };

  for (guint i = 0; i < G_N_ELEMENTS (lies); i++) {
    StoreFixture f;
    g_autoptr (GError) error = NULL;
    set_up ();
    store_fixture_open (&f, path, 1, 0);
    VervetWriter *writer = start (&f);
    VervetSampleRow row =
        store_fixture_sample (&f, 0, 0, "again and again and again and again and again and again and again");
    vervet_writer_sample (writer, &row);
    stop (writer);
    gint64 text_id = store_fixture_number (f.store, "SELECT text_id FROM sample");
    store_fixture_number (f.store, lies[i]);
    g_assert_null (vervet_store_text (f.store, text_id, &error));
    g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
    vervet_store_close (f.store);
    tear_down ();
  }
}

/* ---- Answers ---- */
static void
push_answer (StoreFixture *f, VervetWriter *writer, guint trial, int status, const char *answer, gint64 class_id)
{
  VervetSampleRow row = store_fixture_sample (f, 0, trial, "text");
  VervetVerdictRow verdict = store_fixture_verdict (f, 0, vervet_writer_sample (writer, &row), status, answer);

  verdict.class_id = class_id;
  vervet_writer_verdict (writer, &verdict);
}

static void
test_answers (void)
{
  StoreFixture f;
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) classes = NULL;
  g_autofree char *one = g_strnfill (5000, 'x'), *two = g_strnfill (5000, 'x');
  const int expected[][2] = { { 4, VV_FAIL }, { 3, VV_PASS }, { 2, VV_FAIL }, { 1, VV_FAIL }, { 1, VV_FAIL } };

  set_up ();
  two[4999] = 'y';
  store_fixture_open (&f, path, 1, 0);
  VervetWriter *writer = start (&f);
  for (guint i = 0; i < 3; i++)
    push_answer (&f, writer, i, VV_PASS, "18", 0);
  push_answer (&f, writer, 3, VV_FAIL, "1/2", 1); /* the caller says: one class */
  push_answer (&f, writer, 4, VV_FAIL, "0.5", 1);
  push_answer (&f, writer, 5, VV_PASS, "maybe", 0); /* a judge that wavers: one class, the more frequent word */
  for (guint i = 6; i < 9; i++)
    push_answer (&f, writer, i, VV_FAIL, "maybe", 0);
  push_answer (&f, writer, 9, VV_FAIL, one, 0); /* long ones are cut and still two */
  push_answer (&f, writer, 10, VV_FAIL, two, 0);
  push_answer (&f, writer, 11, VV_NO_ANSWER, NULL, 0);
  push_answer (&f, writer, 12, VV_E_TIMEOUT, "18", 0);
  stop (writer);
  classes = vervet_store_answers (f.store, f.run_id, f.check_id, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (classes->len, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < classes->len; i++) {
    const VervetAnswerClass *class = &g_array_index (classes, VervetAnswerClass, i);
    g_assert_cmpint (class->n, ==, expected[i][0]);
    g_assert_cmpint (class->status, ==, expected[i][1]);
  }
  g_assert_cmpint (store_fixture_number (f.store, "SELECT max (length (s)) FROM answer"), <=, 4096);
  store_fixture_check (f.store);
  vervet_store_close (f.store);
  tear_down ();
}

/* ---- What is to be judged ---- */
static void
test_unjudged (void)
{
  StoreFixture f;
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) rows = NULL, checks = NULL, trials = NULL;
  gint64 ids[6];

  set_up ();
  store_fixture_open (&f, path, 1, 0);
  checks = vervet_store_checks (f.store, f.run_id, &error);
  g_assert_cmpuint (checks->len, ==, 0);
  g_clear_pointer (&checks, g_array_unref);
  VervetWriter *writer = start (&f);
  for (guint i = 0; i < 6; i++) {
    VervetSampleRow row = store_fixture_sample (&f, 0, 5 - i, i == 1 ? NULL : "text");
    row.status = i == 1 ? VV_E_FAILED : VV_OK;
    ids[i] = vervet_writer_sample (writer, &row);
  }
  VervetVerdictRow good = store_fixture_verdict (&f, 0, ids[0], VV_FAIL, "1"), bad = good;
  bad.sample_id = ids[3];
  bad.status = VV_E_TIMEOUT;
  vervet_writer_verdict (writer, &good);
  vervet_writer_verdict (writer, &bad);
  g_assert_true (vervet_writer_flush (writer, &error));
  /* Of a writing store the caller may read too, while the writer is at work. */
  rows = vervet_store_unjudged (f.store, f.run_id, f.check_id, ids[2], 2, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (rows->len, ==, 2);
  g_assert_cmpint (g_array_index (rows, VervetSampleRow, 0).id, ==, ids[3]);
  g_assert_cmpint (g_array_index (rows, VervetSampleRow, 1).id, ==, ids[4]);
  g_assert_cmpint (vervet_store_count_unjudged (f.store, f.run_id, f.check_id, &error), ==, 4);
  stop (writer);
  checks = vervet_store_checks (f.store, f.run_id, &error);
  g_assert_cmpuint (checks->len, ==, 1);
  g_assert_cmpstr (g_array_index (checks, VervetCheckRow, 0).component, ==, "numeric");
  trials = vervet_store_trials (f.store, f.members[0], &error);
  g_assert_cmpuint (trials->len, ==, 6);
  for (guint i = 0; i < 6; i++) {
    g_assert_cmpuint (g_array_index (trials, VervetTrialState, i).trial, ==, i);
    g_assert_cmpint (g_array_index (trials, VervetTrialState, i).sample_id, ==, ids[5 - i]);
  }
  g_assert_cmpint (g_array_index (trials, VervetTrialState, 4).status, ==, VV_E_FAILED);
  vervet_store_close (f.store);
  tear_down ();
}

/* A success in the place of a failure lies behind what its checks have passed already: they are set back. */
static void
test_replaced_is_unjudged (void)
{
  StoreFixture f;
  g_autoptr (GError) error = NULL;
  gint64 ids[3];

  set_up ();
  store_fixture_open (&f, path, 1, 0);
  VervetWriter *writer = start (&f);
  for (guint i = 0; i < 3; i++) {
    VervetSampleRow row = store_fixture_sample (&f, 0, i, i == 1 ? NULL : "text");
    row.status = i == 1 ? VV_E_FAILED : VV_OK;
    ids[i] = vervet_writer_sample (writer, &row);
  }
  vervet_writer_progress (writer, f.check_id, f.run_id, ids[2]);
  g_assert_true (vervet_writer_flush (writer, &error));
  VervetSampleRow again = store_fixture_sample (&f, 0, 1, "at last");
  again.id = ids[1];
  g_assert_cmpint (vervet_writer_sample (writer, &again), ==, ids[1]);
  stop (writer);
  g_assert_cmpint (store_fixture_number (f.store, "SELECT upto FROM progress"), ==, ids[1] - 1);
  g_assert_cmpint (store_fixture_number (f.store, "SELECT count(*) FROM sample"), ==, 3);
  store_fixture_check (f.store);
  vervet_store_close (f.store);
  tear_down ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store/rows/samples", test_samples);
  g_test_add_func ("/store/rows/programs", test_programs);
  g_test_add_func ("/store/rows/judges", test_judges);
  g_test_add_func ("/store/rows/ledger", test_ledger);
  g_test_add_func ("/store/rows/incidents-and-epochs", test_incidents_and_epochs);
  g_test_add_func ("/store/rows/problems", test_problems);
  g_test_add_func ("/store/rows/runs", test_runs);
  g_test_add_func ("/store/rows/counts-only", test_counts_only);
  g_test_add_func ("/store/rows/equal-texts", test_equal_texts);
  g_test_add_func ("/store/rows/tight-memory", test_tight_memory);
  g_test_add_func ("/store/rows/dictionary", test_dictionary);
  g_test_add_func ("/store/rows/damaged-texts", test_damaged_texts);
  g_test_add_func ("/store/rows/answers", test_answers);
  g_test_add_func ("/store/rows/unjudged", test_unjudged);
  g_test_add_func ("/store/rows/replaced-is-unjudged", test_replaced_is_unjudged);
  return g_test_run ();
}
