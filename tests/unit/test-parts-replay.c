/* The model "replay" and the benchmark "gsm8k": the published solutions served to the published questions. */
#include <glib/gstdio.h>
#include <string.h>
#include <zlib.h>

#include "plugin-harness.h"
#include "vervet-json-scan.h"

static char *
temp_file (const char *name, const char *content)
{
  g_autofree char *folder = g_dir_make_tmp ("vervet-replay-XXXXXX", NULL);
  char *path = g_build_filename (folder, name, NULL);

  g_assert_true (g_file_set_contents (path, content, -1, NULL));
  return path;
}

static void
remove_file (char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);

  g_unlink (path);
  g_rmdir (folder);
  g_free (path);
}

static HarnessCall *
ask (Harness *model, const char *prompt, guint64 draw, guint n)
{
  const vv_message message = { .role = "user", .text = vv_s (prompt) };
  const vv_request request = {
    .struct_size = sizeof request, .op = VV_OP_GENERATE, .n = n, .messages = &message, .n_messages = 1, .draw = draw
  };

  return harness_call_new (model, &request);
}

static void
assert_text (Harness *model, const char *prompt, guint64 draw, const char *expected)
{
  g_autoptr (HarnessCall) call = ask (model, prompt, draw, 1);

  g_assert_cmpstr (call->message, ==, NULL);
  g_assert_cmpstr (harness_call_choice (call, 0)->text, ==, expected);
}

static void
assert_fails (Harness *model, const char *prompt, guint64 draw, const char *sentence)
{
  g_autoptr (HarnessCall) call = ask (model, prompt, draw, 1);

  g_assert_cmpint (call->status, ==, VV_E_INVALID);
  g_assert_cmpint (call->retry_after_ms, <, 0);
  g_assert_nonnull (strstr (call->message, sentence));
}

static const char pool_text[] = "{\"question\": \"What is 1 + 1?\", \"samples\": [\"two\", \"\\u00e4h: 3\"]}\n"
                                "\n"
                                "{\"prompt\": \"What is 2 + 2?\", \"text\": \"four\", \"output_tokens\": 7}\n"
                                "{\"prompt\": \"What is 2 + 2?\", \"text\": \"five\"}\n"
                                "{\"question\": \"And so: What is 2 + 2?\", \"completion\": \"4 of course\"}\n";

static void
test_match (void)
{
  char *path = temp_file ("pool.jsonl", pool_text);
  g_autoptr (Harness) model = harness_new (PLUGIN_MODEL_REPLAY, VV_KIND_MODEL, "replay", "file", path, NULL);
  g_autoptr (HarnessCall) both = NULL, beyond = NULL;

  g_assert_cmpstr (model->error.message, ==, "");
  assert_text (model, "What is 1 + 1?", 0, "two");
  assert_text (model, "What is 1 + 1?", 1, "\xc3\xa4h: 3");
  assert_text (model, "Question: What is 1 + 1?\nAnswer: 2\n\nQuestion: What is 2 + 2?\nAnswer:", 0, "four");
  assert_text (model, "Question: What is 2 + 2?\nAnswer: 4\n\nQuestion: What is 1 + 1?\nAnswer:", 0, "two");
  assert_text (model, "What is 2 + 2?", 1, "five");
  assert_text (model, "And so: What is 2 + 2?", 0, "4 of course"); /* of two that end alike, the longer */
  assert_fails (model, "What is 1 + 1?", 2, "holds 2 samples of this problem; sample 3 was asked for");
  assert_fails (model, "What is 3 + 3?", 0, "ends \"What is 3 + 3?\"");
  assert_fails (model, "", 0, "holds no problem");
  both = ask (model, "What is 1 + 1?", 0, 2);
  g_assert_cmpint (both->status, ==, VV_OK);
  g_assert_cmpuint (both->choices->len, ==, 2);
  g_assert_cmpstr (harness_call_choice (both, 1)->text, ==, "\xc3\xa4h: 3");
  beyond = ask (model, "What is 1 + 1?", 1, 2); /* the first is there, the second is not */
  g_assert_cmpint (beyond->status, ==, VV_E_INVALID);
  g_assert_cmpuint (beyond->choices->len, ==, 1);
  remove_file (path);
}

static void
test_usage (void)
{
  char *path = temp_file ("pool.jsonl", pool_text);
  g_autoptr (Harness) model = harness_new (PLUGIN_MODEL_REPLAY, VV_KIND_MODEL, "replay", "file", path, NULL);
  g_autoptr (HarnessCall) call = ask (model, "What is 2 + 2?", 0, 1);
  const HarnessChoice *choice = harness_call_choice (call, 0);

  g_assert_cmpuint (choice->usage.output, ==, 7);
  g_assert_cmpuint (choice->usage.input, ==, 4);
  g_assert_true (choice->usage.flags & VV_USE_ESTIMATED);
  remove_file (path);
}

static void
test_gzip (void)
{
  char *path = temp_file ("pool.jsonl.gz", "");
  gzFile file = gzopen (path, "wb");
  g_autofree char *whole = NULL;
  gsize len;

  gzputs (file, pool_text);
  gzclose (file);
  {
    g_autoptr (Harness) model = harness_new (PLUGIN_MODEL_REPLAY, VV_KIND_MODEL, "replay", "file", path, NULL);

    assert_text (model, "What is 2 + 2?", 1, "five");
  }
  g_assert_true (g_file_get_contents (path, &whole, &len, NULL));
  g_assert_true (g_file_set_contents (path, whole, (gssize)len - 12, NULL));
  {
    g_autoptr (Harness) model = harness_new (PLUGIN_MODEL_REPLAY, VV_KIND_MODEL, "replay", "file", path, NULL);

    g_assert_cmpint (model->status, ==, VV_E_INVALID);
    g_assert_nonnull (strstr (model->error.message, "pool.jsonl.gz:"));
  }
  remove_file (path);
}

static void
assert_refused (const char *content, const char *series, const char *sentence)
{
  char *path = temp_file ("bad.jsonl", content);
  g_autoptr (Harness) model =
      harness_new (PLUGIN_MODEL_REPLAY, VV_KIND_MODEL, "replay", "file", path, series ? "series" : NULL, series, NULL);

  g_assert_cmpint (model->status, <, 0);
  if (!strstr (model->error.message, sentence))
    g_error ("\"%s\" does not say \"%s\"", model->error.message, sentence);
  remove_file (path);
}

static void
test_bad_files (void)
{
  g_autoptr (Harness) none =
      harness_new (PLUGIN_MODEL_REPLAY, VV_KIND_MODEL, "replay", "file", "/nonexistent/pool.jsonl", NULL);

  g_assert_cmpint (none->status, ==, VV_E_INVALID);
  g_assert_nonnull (strstr (none->error.message, "/nonexistent/pool.jsonl: No such file"));
  assert_refused ("", NULL, "bad.jsonl: the file holds no record");
  assert_refused ("{\"question\": \"a\", \"text\": \"b\"}\n{\"question\": \"a\"\n", NULL, "bad.jsonl:2:");
  assert_refused ("[1]\n", NULL, "bad.jsonl:1: a record must be a JSON object");
  assert_refused ("{\"q\": \"a\", \"text\": \"b\"}\n", NULL, "bad.jsonl:1: the record has neither");
  assert_refused ("{\"question\": \"a\"}\n", NULL, "bad.jsonl:1: the record has no text");
  assert_refused ("{\"task_id\": \"t/0\", \"completion\": \"b\"}\n", NULL, "name the file of the problems");
  assert_refused ("{\"question\": \"a\", \"m\": {\"solution\": \"b\"}, \"n\": {\"solution\": \"b\"}}\n", "o",
                  "no samples of a model 'o'; it has m, n");
}

static void
test_tasks (void)
{
  char *problems = temp_file ("problems.jsonl", "{\"task_id\": \"t/1\", \"prompt\": \"def g():\\n\"}\n"
                                                "{\"task_id\": \"t/0\", \"prompt\": \"def f():\\n\"}\n");
  char *path = temp_file ("samples.jsonl", "{\"task_id\": \"t/0\", \"completion\": \"  return 1\"}\n"
                                           "{\"task_id\": \"t/1\", \"completion\": \"  return 2\"}\n"
                                           "{\"task_id\": \"t/0\", \"completion\": \"  return 3\"}\n");
  g_autoptr (Harness) model =
      harness_new (PLUGIN_MODEL_REPLAY, VV_KIND_MODEL, "replay", "file", path, "problems", problems, NULL);

  g_assert_cmpstr (model->error.message, ==, "");
  assert_text (model, "def f():\n", 1, "  return 3");
  assert_text (model, "def g():\n", 0, "  return 2");
  remove_file (path);
  remove_file (problems);
}

/* ---- The published data ------------------------------------------------------------------------------------------ */

static char *
shared_file (const char *folder, const char *name)
{
  const char *root = g_getenv ("VERVET_SHARED_DATA");
  g_autofree char *path = g_build_filename (root ? root : "", folder, name, NULL);

  if (g_file_test (path, G_FILE_TEST_EXISTS))
    return g_steal_pointer (&path);
  g_test_skip ("the published data is not there: set VERVET_SHARED_DATA");
  return NULL;
}

/* Every question gets its four solutions, in the order of the file; numeric agrees with the labels on the way. */
static void
test_published (void)
{
  g_autofree char *tests = shared_file ("gsm8k", "test.jsonl");
  g_autofree char *pool = shared_file ("gsm8k", "example_model_solutions.jsonl");
  g_autoptr (Harness) benchmark = NULL, model = NULL, numeric = NULL;
  guint correct[4] = { 0 };
  vv_problem problem;
  gint64 n;

  if (!tests || !pool)
    return;
  benchmark = harness_new (PLUGIN_BENCHMARK_GSM8K, VV_KIND_BENCHMARK, "gsm8k", "file", tests, NULL);
  model = harness_new (PLUGIN_MODEL_REPLAY, VV_KIND_MODEL, "replay", "file", pool, NULL);
  numeric = harness_new (PLUGIN_VERIFIER_NUMERIC, VV_KIND_VERIFIER, "numeric", NULL);
  n = ((const vv_benchmark_iface *)benchmark->component->iface)->count (benchmark->self);
  g_assert_cmpint (n, ==, 1319);
  for (gint64 i = 0; i < n; i++) {
    g_autoptr (HarnessCall) call = NULL;
    g_autofree char *reference = NULL;
    vv_request request = { .struct_size = sizeof request, .op = VV_OP_GENERATE, .n = 4 };

    g_assert_cmpint (harness_problem (benchmark, i, &problem), ==, VV_OK);
    reference = g_strndup (problem.reference.ptr, problem.reference.len);
    request.messages = problem.messages;
    request.n_messages = problem.n_messages;
    call = harness_call_new (model, &request);
    g_assert_cmpstr (call->message, ==, NULL);
    for (guint k = 0; k < 4; k++)
      correct[k] += harness_verify (numeric, harness_call_choice (call, k)->text, -1, reference).status == VV_PASS;
  }
  /* Counts of "is_correct": true in the file, by grep. */
  g_assert_cmpuint (correct[0], ==, 286);
  g_assert_cmpuint (correct[1], ==, 515);
  g_assert_cmpuint (correct[2], ==, 458);
  g_assert_cmpuint (correct[3], ==, 742);
}

static void
test_series (void)
{
  g_autofree char *pool = shared_file ("gsm8k", "example_model_solutions.jsonl");
  g_autofree char *tests = shared_file ("gsm8k", "test.jsonl");
  g_autoptr (Harness) model = NULL, benchmark = NULL;
  g_autoptr (HarnessCall) call = NULL;
  vv_request request = { .struct_size = sizeof request, .op = VV_OP_GENERATE };
  vv_problem problem;

  if (!pool || !tests)
    return;
  benchmark = harness_new (PLUGIN_BENCHMARK_GSM8K, VV_KIND_BENCHMARK, "gsm8k", "file", tests, "prompt", "monkeys",
                           "shots", "3", "train-file", tests, NULL);
  model = harness_new (PLUGIN_MODEL_REPLAY, VV_KIND_MODEL, "replay", "file", pool, "series", "175b_verification", NULL);
  /* Its few-shot examples are questions of the same file: the last one counts. */
  for (gint64 i = 0; i < 1319; i++) {
    g_autoptr (HarnessCall) one = NULL;

    g_assert_cmpint (harness_problem (benchmark, i, &problem), ==, VV_OK);
    request.messages = problem.messages;
    request.n_messages = problem.n_messages;
    one = harness_call_new (model, &request);
    g_assert_cmpstr (one->message, ==, NULL);
    if (i == 0)
      g_assert_nonnull (strstr (harness_call_choice (one, 0)->text, "Janet eats 3 duck eggs for breakfast"));
  }
  request.draw = 1;
  call = harness_call_new (model, &request);
  g_assert_nonnull (strstr (call->message, "holds 1 sample of this problem; sample 2"));
}

static void
test_monkeys_prompt (void)
{
  char *tests = temp_file ("test.jsonl", "{\"question\": \"T?\", \"answer\": \"so\\n#### 1,234\"}\n");
  char *train = temp_file ("train.jsonl", "{\"question\": \"A?\", \"answer\": \"a #### 1\"}\n"
                                          "{\"question\": \"B?\", \"answer\": \"b #### 2\"}\n");
  g_autoptr (Harness) benchmark = harness_new (PLUGIN_BENCHMARK_GSM8K, VV_KIND_BENCHMARK, "gsm8k", "file", tests,
                                               "prompt", "monkeys", "train-file", train, NULL);
  g_autoptr (Harness) no_train =
      harness_new (PLUGIN_BENCHMARK_GSM8K, VV_KIND_BENCHMARK, "gsm8k", "file", tests, "prompt", "monkeys", NULL);
  g_autoptr (Harness) many = harness_new (PLUGIN_BENCHMARK_GSM8K, VV_KIND_BENCHMARK, "gsm8k", "file", tests, "prompt",
                                          "monkeys", "train-file", train, "shots", "3", NULL);
  g_autofree char *prompt = NULL, *reference = NULL;
  vv_problem problem;

  g_assert_cmpint (harness_problem (benchmark, 0, &problem), ==, VV_OK);
  prompt = g_strndup (problem.messages[0].text.ptr, problem.messages[0].text.len);
  reference = g_strndup (problem.reference.ptr, problem.reference.len);
  g_assert_true (
      strcmp (prompt, "Question: A?\nAnswer: a #### 1\n\nQuestion: B?\nAnswer: b #### 2\n\nQuestion: T?\nAnswer:") == 0
      || strcmp (prompt, "Question: B?\nAnswer: b #### 2\n\nQuestion: A?\nAnswer: a #### 1\n\nQuestion: T?\nAnswer:")
             == 0);
  g_assert_cmpstr (reference, ==, "1234");
  g_assert_cmpstr (problem.id, ==, "0");
  g_assert_cmpint (harness_problem (benchmark, 1, &problem), ==, VV_E_INVALID);
  g_assert_nonnull (strstr (no_train->error.message, "needs 'train-file'"));
  g_assert_nonnull (strstr (many->error.message, "holds 2 examples, fewer than the 3"));
  remove_file (tests);
  remove_file (train);
}

static void
test_bad_gsm8k (void)
{
  char *missing =
      temp_file ("test.jsonl", "{\"question\": \"T?\", \"answer\": \"#### 1\"}\n\n{\"question\": \"T?\"}\n");
  char *no_hash = temp_file ("test.jsonl", "{\"question\": \"T?\", \"answer\": \"it is 1\"}\n");
  g_autoptr (Harness) a = harness_new (PLUGIN_BENCHMARK_GSM8K, VV_KIND_BENCHMARK, "gsm8k", "file", missing, NULL);
  g_autoptr (Harness) b = harness_new (PLUGIN_BENCHMARK_GSM8K, VV_KIND_BENCHMARK, "gsm8k", "file", no_hash, NULL);

  g_assert_nonnull (strstr (a->error.message, "test.jsonl:3: the record has no \"answer\""));
  g_assert_nonnull (strstr (b->error.message, "test.jsonl:1: the answer does not end with"));
  remove_file (missing);
  remove_file (no_hash);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/parts/replay/match", test_match);
  g_test_add_func ("/parts/replay/usage", test_usage);
  g_test_add_func ("/parts/replay/gzip", test_gzip);
  g_test_add_func ("/parts/replay/bad-files", test_bad_files);
  g_test_add_func ("/parts/replay/tasks", test_tasks);
  g_test_add_func ("/parts/replay/published", test_published);
  g_test_add_func ("/parts/replay/series", test_series);
  g_test_add_func ("/parts/gsm8k/monkeys-prompt", test_monkeys_prompt);
  g_test_add_func ("/parts/gsm8k/bad-files", test_bad_gsm8k);
  return g_test_run ();
}
