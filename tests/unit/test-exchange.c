/* Other tools' files in and out: small ones made here, and the published ones where they are. */
#include <string.h>

#include <glib/gstdio.h>
#include <vervet-error.h>
#include <vervet-exchange.h>
#include <vervet-plugin.h>

#include "util/csv.h"
#include "util/hash.h"

/* ---- A folder for each test -------------------------------------------------------------------------------------- */
typedef struct {
  char *folder, *store;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  fixture->folder = g_dir_make_tmp ("vervet-test-XXXXXX", NULL);
  fixture->store = g_build_filename (fixture->folder, "run.vervet", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GDir) dir = g_dir_open (fixture->folder, 0, NULL);
  const char *name;
  while ((name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (fixture->folder, name, NULL);
    g_remove (path);
  }
  g_rmdir (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->store);
}

static char *
put_file (Fixture *fixture, const char *name, const char *text)
{
  char *path = g_build_filename (fixture->folder, name, NULL);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return path;
}

static VervetExchangeStats
import (Fixture *fixture, const char *format, const char *file)
{
  const char *const files[] = { file, NULL };
  VervetExchangeStats stats = { 0 };
  g_autoptr (GError) error = NULL;
  vervet_import (format, files, fixture->store, &stats, &error);
  g_assert_no_error (error);
  return stats;
}

static void
assert_stats (VervetExchangeStats stats, gint64 runs, gint64 problems, gint64 samples, gint64 verdicts)
{
  g_assert_cmpint (stats.runs, ==, runs);
  g_assert_cmpint (stats.problems, ==, problems);
  g_assert_cmpint (stats.samples, ==, samples);
  g_assert_cmpint (stats.verdicts, ==, verdicts);
}

/* @expected: what follows the file's path; nothing may have been imported. */
static void
assert_refused (Fixture *fixture, const char *format, const char *text, const char *expected)
{
  g_autofree char *file = put_file (fixture, "bad", text), *message = g_strconcat (file, expected, NULL);
  const char *const files[] = { file, NULL };
  g_autoptr (GError) error = NULL;
  g_assert_false (vervet_import (format, files, fixture->store, NULL, &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
  g_assert_cmpstr (error->message, ==, message);
  g_assert_false (g_file_test (fixture->store, G_FILE_TEST_EXISTS));
}

static char *export(Fixture *fixture, const char *format, const char *run)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetStore) store = vervet_store_open (fixture->store, &error);
  g_assert_no_error (error);
  g_autoptr (GOutputStream) out = g_memory_output_stream_new_resizable ();
  vervet_export (format, store, run, out, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_output_stream_write_all (out, "", 1, NULL, NULL, NULL));
  g_assert_true (g_output_stream_close (out, NULL, NULL));
  return g_memory_output_stream_steal_data (G_MEMORY_OUTPUT_STREAM (out));
}

/* "KEY:samples/pass/fail" a problem, under the first check. */
static char *
counts_of_run (Fixture *fixture, const char *name)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetStore) store = vervet_store_open (fixture->store, &error);
  g_auto (VervetRunRow) run = { 0 };
  g_assert_true (vervet_store_find_run (store, name, &run, &error));
  g_assert_cmpint (run.state, ==, VERVET_RUN_IMPORTED);
  g_autoptr (GArray) members = vervet_store_members (store, run.run_id, &error);
  g_autoptr (GArray) checks = vervet_store_checks (store, run.run_id, &error);
  g_autoptr (GArray) tallies = NULL;
  if (checks->len > 0)
    tallies = vervet_store_tallies (store, run.run_id, g_array_index (checks, VervetCheckRow, 0).check_id, &error);
  g_assert_no_error (error);
  GString *out = g_string_new (NULL);
  for (guint i = 0; i < members->len; i++) {
    const VervetMemberRow *member = &g_array_index (members, VervetMemberRow, i);
    gint64 pass = 0, fail = 0;
    for (guint k = 0; tallies && k < tallies->len; k++)
      if (g_array_index (tallies, VervetTallyRow, k).member_id == member->member_id) {
        pass = g_array_index (tallies, VervetTallyRow, k).pass;
        fail = g_array_index (tallies, VervetTallyRow, k).fail;
      }
    g_string_append_printf (out, "%s%s:%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT "/%" G_GINT64_FORMAT, i ? " " : "",
                            member->key, member->samples, pass, fail);
  }
  return g_string_free (out, FALSE);
}

static void
assert_counts (Fixture *fixture, const char *run, const char *expected)
{
  g_autofree char *counts = counts_of_run (fixture, run);
  g_assert_cmpstr (counts, ==, expected);
}

static char *
shared_data (const char *name)
{
  const char *folder = g_getenv ("VERVET_SHARED_DATA");
  g_autofree char *path = folder ? g_build_filename (folder, name, NULL) : NULL;
  if (path && g_file_test (path, G_FILE_TEST_EXISTS))
    return g_steal_pointer (&path);
  g_test_skip ("the published data is not here (VERVET_SHARED_DATA)");
  return NULL;
}

/* ---- Formats ----------------------------------------------------------------------------------------------------- */
static void
test_formats (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  guint n;
  const VervetFormat *formats = vervet_formats (&n);
  const char *const files[] = { "x", NULL };
  g_autoptr (GError) error = NULL;
  g_assert_cmpuint (n, ==, 4);
  g_assert_cmpstr (formats[0].id, ==, "counts");
  g_assert_false (formats[1].can_export);
  g_assert_false (vervet_import ("cuonts", files, fixture->store, NULL, &error));
  g_assert_nonnull (strstr (error->message, "no format has the name \"cuonts\"; did you mean \"counts\"?"));
  g_clear_error (&error);
  g_assert_false (vervet_export ("gsm8k-solutions", NULL, NULL, NULL, NULL, &error));
  g_assert_cmpstr (error->message, ==, "the format \"gsm8k-solutions\" can only be imported");
  g_clear_error (&error);
  g_assert_false (vervet_import ("counts", files, fixture->store, NULL, &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
}

/* ---- counts ------------------------------------------------------------------------------------------------------ */
static void
test_counts (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *file = put_file (fixture, "a.csv",
                                    "correct,problem,note,samples,model,benchmark\r\n"
                                    "3,p1,x,10,\"big, new\",MATH\r\n"
                                    "0,p1,x,10,small,MATH\r\n"
                                    "10,\"p \"\"2\"\"\",,10,\"big, new\",MATH\r\n"
                                    "0,p3,,0,\"big, new\",MATH\r\n");
  assert_stats (import (fixture, "counts", file), 2, 4, 30, 30);
  assert_counts (fixture, "big, new on MATH", "p1:10/3/7 p \"2\":10/10/0 p3:0/0/0");
  assert_counts (fixture, "small on MATH", "p1:10/0/10");
  assert_stats (import (fixture, "counts", file), 0, 0, 0, 0);
  g_autofree char *text = export(fixture, "counts", NULL), *one = export(fixture, "counts", "small on MATH");
  g_assert_cmpstr (
      text, ==,
      "model,benchmark,problem,samples,correct\n\"big, new\",MATH,p1,10,3\n\"big, new\",MATH,\"p \"\"2\"\"\",10,10\n"
      "\"big, new\",MATH,p3,0,0\nsmall,MATH,p1,10,0\n");
  g_assert_cmpstr (one, ==, "model,benchmark,problem,samples,correct\nsmall,MATH,p1,10,0\n");
  g_autofree char *again = put_file (fixture, "b.csv", text); /* other order of columns, other name: the same content */
  assert_stats (import (fixture, "counts", again), 0, 0, 0, 0);
}

static void
test_counts_pair_problems (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *file =
      put_file (fixture, "a.csv", "model,benchmark,problem,samples,correct\nA,M,1,5,2\nB,M,1,5,3\nA,N,1,5,3\n");
  g_autoptr (GError) error = NULL;
  import (fixture, "counts", file);
  g_autoptr (VervetStore) store = vervet_store_open (fixture->store, &error);
  gint64 problems[3];
  for (guint i = 0; i < 3; i++) {
    g_autoptr (GArray) members = vervet_store_members (store, i + 1, &error);
    problems[i] = g_array_index (members, VervetMemberRow, 0).problem_id;
  }
  g_assert_cmpint (problems[0], ==, problems[1]); /* one item under two models */
  g_assert_cmpint (problems[0], !=, problems[2]); /* the same key in another benchmark is another item */
}

static void
test_counts_faults (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
#define HEAD "model,benchmark,problem,samples,correct\n"
  static const struct {
    const char *text, *message;
  } cases[] = {
    { "model,benchmark,problem,sample,correct\n",
      ":1: no column has the name \"samples\"; is it the one named \"sample\"?" },
    { HEAD "A,M,1,5,2\nA,M,2,5,x\n", ":3: correct is \"x\"; a whole number from 0 to 2,147,483,647 is wanted" },
    { HEAD "A,M,1,-5,2\n", ":2: samples is \"-5\"; a whole number from 0 to 2,147,483,647 is wanted" },
    { HEAD "A,M,1,5.0,2\n", ":2: samples is \"5.0\"; a whole number from 0 to 2,147,483,647 is wanted" },
    { HEAD "A,M,1,99999999999999999999,2\n",
      ":2: samples is \"99999999999999999999\"; a whole number from 0 to 2,147,483,647 is wanted" },
    { HEAD "A,M,1,5,6\n", ":2: 6 correct ones of 5 samples" },
    { HEAD "A,M,1,5,2\nA,M,1,5,2\n", ":3: the problem \"1\" is described a second time in this run" },
    { HEAD "A,,1,5,2\n", ":2: the benchmark is empty" },
    { HEAD "A,M,1,5\n", ":2: 4 fields where the first row names 5 columns" },
    { HEAD, ": there is nothing to import in it" },
    { "", ":1: the file is empty; its first row names the columns" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_refused (fixture, "counts", cases[i].text, cases[i].message);
}

/* A fault in the second of two files: the first one is not imported either. */
static void
test_all_or_nothing (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *good = put_file (fixture, "good.csv", HEAD "A,M,1,5,2\n");
  g_autofree char *bad = put_file (fixture, "bad.csv", HEAD "B,M,1,5,2\nB,M,2,1,2\n");
  g_autofree char *same = put_file (fixture, "same.csv", HEAD "A,M,2,5,2\n");
  const char *const files[] = { good, bad, NULL }, *const twice[] = { good, same, NULL };
  g_autoptr (GError) error = NULL;
  g_assert_false (vervet_import ("counts", files, fixture->store, NULL, &error));
  g_assert_true (g_str_has_suffix (error->message, "bad.csv:3: 2 correct ones of 1 samples"));
  g_clear_error (&error);
  g_assert_false (vervet_import ("counts", twice, fixture->store, NULL, &error));
  g_assert_nonnull (strstr (error->message, "same.csv:2: the run \"A on M\" is in "));
  g_assert_false (g_file_test (fixture->store, G_FILE_TEST_EXISTS));
}

static void
test_name_taken (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *one = put_file (fixture, "one.csv", HEAD "A,M,1,5,2\n");
  g_autofree char *two = put_file (fixture, "two.csv", HEAD "C,M,1,5,2\nA,M,1,5,3\n");
  const char *const files[] = { two, NULL };
  g_autoptr (GError) error = NULL;
  import (fixture, "counts", one);
  g_assert_false (vervet_import ("counts", files, fixture->store, NULL, &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
  g_assert_nonnull (strstr (error->message, "holds another run of the name \"A on M\"; import into a new file"));
  g_autofree char *text = export(fixture, "counts", NULL);
  g_assert_cmpstr (text, ==, HEAD "A,M,1,5,2\n");
}

static void
test_counts_published (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *file = shared_data ("monkeys/math_pythia_counts.csv");
  if (!file)
    return;
  assert_stats (import (fixture, "counts", file), 7, 896, 8960000, 8960000);
  assert_stats (import (fixture, "counts", file), 0, 0, 0, 0);
  g_autofree char *text = export(fixture, "counts", NULL), *published = NULL;
  g_assert_true (g_file_get_contents (file, &published, NULL, NULL));
  g_auto (GStrv) ours = g_strsplit (g_strchomp (text), "\n", -1),
                 theirs = g_strsplit_set (g_strchomp (published), "\r\n", -1);
  g_autoptr (GHashTable) rows = g_hash_table_new (g_str_hash, g_str_equal);
  for (guint i = 0; theirs[i]; i++)
    g_hash_table_add (rows, theirs[i]);
  g_assert_cmpuint (g_strv_length (ours), ==, 897);
  for (guint i = 0; ours[i]; i++)
    g_assert_true (g_hash_table_contains (rows, ours[i]));
}

/* ---- gsm8k-solutions --------------------------------------------------------------------------------------------- */
static void
test_gsm8k (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *file = put_file (
      fixture, "gsm.jsonl",
      "{\"question\": \"1+1?\", \"ground_truth\": \"A: no\\nA: 1,002\", \"a\": {\"is_correct\": true, \"solution\": "
      "\"A: 2\"}, \"b\": "
      "{\"is_correct\": false, \"solution\": \"\"}}\n"
      "{\"question\": \"1+2?\", \"ground_truth\": \"A: 3 \", \"b\": {\"solution\": \"A: 3\", \"is_correct\": null}}\n");
  g_autoptr (GError) error = NULL;
  guint8 expected[16];
  assert_stats (import (fixture, "gsm8k-solutions", file), 2, 3, 3, 2);
  assert_stats (import (fixture, "gsm8k-solutions", file), 0, 0, 0, 0);
  assert_counts (fixture, "a", "0:1/1/0");
  assert_counts (fixture, "b", "0:1/0/1 1:1/0/0");
  g_autoptr (VervetStore) store = vervet_store_open (fixture->store, &error);
  g_autoptr (GArray) members = vervet_store_members (store, 1, &error);
  const VervetMemberRow *member = &g_array_index (members, VervetMemberRow, 0);
  vervet_problem_hash ("{ \"question\" : \"1+1?\" }", "1002", 4, expected);
  g_assert_cmpmem (member->problem_hash, 16, expected, 16);
  g_autoptr (GBytes) reference = NULL;
  g_assert_true (vervet_store_problem (store, member->member_id, NULL, &reference, NULL, &error));
  g_assert_cmpmem (g_bytes_get_data (reference, NULL), g_bytes_get_size (reference), "1002", 4);
}

static void
test_gsm8k_faults (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
#define GOOD "{\"question\": \"q\", \"ground_truth\": \"A: 1\", \"m\": {\"is_correct\": true, \"solution\": \"s\"}}\n"
  static const struct {
    const char *text, *message;
  } cases[] = {
    { GOOD "{\"question\": \"q2\"}\n", ":2: the record has no \"ground_truth\"" },
    { GOOD "{\"qestion\": \"q2\"}\n", ":2: the record has no \"question\"; is it the one named \"qestion\"?" },
    { "\n\n[1]\n", ":3: an object was expected: {...}" },
    { GOOD "{\"question\": 5}\n", ":2: \"question\" is no string" },
    { GOOD "{\"question\": \"r\", \"ground_truth\": \"five\"}\n",
      ":2: \"ground_truth\" does not end with a line \"A: NUMBER\"" },
    { GOOD "{\"question\": \"r\", \"ground_truth\": \"A: 1\", \"m\": 1}\n",
      ":2: \"m\" is no object with \"solution\" and \"is_correct\"" },
    { GOOD "{\"question\": \"r\", \"ground_truth\": \"A: 1\", \"m\": {\"is_correct\": 1, \"solution\": \"s\"}}\n",
      ":2: \"is_correct\" is neither true nor false" },
    { GOOD "{\"question\": \"r\", \"ground_truth\": \"A: 1\", \"m\": {\"is_correct\": true}}\n",
      ":2: the record has no \"solution\"" },
    { GOOD GOOD, ":2: the problems \"0\" and \"1\" have the same content; a run holds an item once" },
    { GOOD "{\"question\": \"r\",\n \"ground_truth\": x}\n",
      ":3:18: a value was expected; a value is true, false, null, a number, a string in double quotes, [ or {" },
    { GOOD "{\"question\": \"r\"", ":2:17: the input ends inside an object: } is missing" },
    { "", ": there is nothing to import in it" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_refused (fixture, "gsm8k-solutions", cases[i].text, cases[i].message);
}

static void
test_gsm8k_published (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  static const struct {
    const char *run;
    guint correct; /* counted in the file by another program */
  } models[] = {
    { "6b_finetuning", 286 }, { "6b_verification", 515 }, { "175b_finetuning", 458 }, { "175b_verification", 742 }
  };
  g_autofree char *file = shared_data ("gsm8k/example_model_solutions.jsonl");
  g_autoptr (GError) error = NULL;
  if (!file)
    return;
  assert_stats (import (fixture, "gsm8k-solutions", file), 4, 5276, 5276, 5276);
  g_autoptr (VervetStore) store = vervet_store_open (fixture->store, &error);
  for (guint i = 0; i < G_N_ELEMENTS (models); i++) {
    g_auto (VervetRunRow) run = { 0 };
    gint64 pass = 0;
    g_assert_true (vervet_store_find_run (store, models[i].run, &run, &error));
    g_autoptr (GArray) tallies = vervet_store_tallies (store, run.run_id, 1, &error);
    for (guint k = 0; k < tallies->len; k++)
      pass += g_array_index (tallies, VervetTallyRow, k).pass;
    g_assert_cmpint (pass, ==, models[i].correct);
  }
}

/* ---- human-eval -------------------------------------------------------------------------------------------------- */
#define SAMPLES                                                        \
  "{\"task_id\":\"HumanEval/0\",\"completion\":\"    return 1\\n\"}\n" \
  "{\"task_id\":\"HumanEval/0\",\"completion\":\"\"}\n"                \
  "{\"task_id\":\"HumanEval/1\",\"completion\":\"\\tpass # \xc3\xa9\"}\n"
#define RESULTS                                                                                              \
  "{\"task_id\":\"HumanEval/0\",\"completion\":\"    return 1\\n\",\"result\":\"passed\",\"passed\":true}\n" \
  "{\"task_id\":\"HumanEval/0\",\"completion\":\"\",\"result\":\"timed out\",\"passed\":false}\n"            \
  "{\"task_id\":\"HumanEval/1\",\"completion\":\"\\tpass # \xc3\xa9\",\"result\":\"failed: name "            \
  "'x'\",\"passed\":false}\n"

static void
test_human_eval (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *file = put_file (fixture, "pythia.jsonl", SAMPLES);
  g_autofree char *results = put_file (fixture, "pythia.jsonl_results.jsonl", RESULTS);
  assert_stats (import (fixture, "human-eval", file), 1, 2, 3, 0);
  assert_stats (import (fixture, "human-eval", file), 0, 0, 0, 0);
  assert_counts (fixture, "pythia", "HumanEval/0:2/0/0 HumanEval/1:1/0/0");
  g_autofree char *text = export(fixture, "human-eval", NULL);
  g_assert_cmpstr (text, ==, SAMPLES);
  /* The results are the same samples: they add their verdicts to the run that is there. */
  assert_stats (import (fixture, "human-eval", results), 0, 0, 0, 3);
  assert_stats (import (fixture, "human-eval", results), 0, 0, 0, 0);
  assert_counts (fixture, "pythia", "HumanEval/0:2/1/1 HumanEval/1:1/0/1");
  g_autofree char *judged = export(fixture, "human-eval", "pythia");
  g_assert_cmpstr (judged, ==, RESULTS);
}

static void
test_human_eval_gzip (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *file = g_build_filename (fixture->folder, "zipped.jsonl.gz", NULL);
  g_autoptr (GFile) place = g_file_new_for_path (file);
  g_autoptr (GOutputStream) out = G_OUTPUT_STREAM (g_file_replace (place, NULL, FALSE, G_FILE_CREATE_NONE, NULL, NULL));
  g_autoptr (GConverter) packer = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, 6));
  g_autoptr (GOutputStream) packed = g_converter_output_stream_new (out, packer);
  g_assert_true (g_output_stream_write_all (packed, RESULTS, strlen (RESULTS), NULL, NULL, NULL));
  g_assert_true (g_output_stream_close (packed, NULL, NULL));
  assert_stats (import (fixture, "human-eval", file), 1, 2, 3, 3);
  assert_counts (fixture, "zipped", "HumanEval/0:2/1/1 HumanEval/1:1/0/1");
  g_autofree char *copy = put_file (fixture, "other-name.jsonl", SAMPLES); /* the same samples: the same run */
  assert_stats (import (fixture, "human-eval", copy), 0, 0, 0, 0);
}

static void
test_human_eval_faults (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  static const struct {
    const char *text, *message;
  } cases[] = {
    { SAMPLES "{\"task_id\": \"a\"}\n", ":4: the record has no \"completion\"" },
    { SAMPLES "{\"task\": \"a\", \"completion\": \"\"}\n", ":4: the record has no \"task_id\"" },
    { SAMPLES "{\"task_id\": \"\", \"completion\": \"\"}\n", ":4: \"task_id\" is empty" },
    { SAMPLES "{\"task_id\": \"a\", \"completion\": null}\n", ":4: \"completion\" is no string" },
    { SAMPLES "{\"task_id\": \"a\", \"completion\": \"\", \"passed\": \"yes\"}\n",
      ":4: \"passed\" is neither true nor false" },
    { SAMPLES "{\"task_id\": \"a\", \"completion\": \"\", \"result\": 5}\n", ":4: \"result\" is no string" },
    { SAMPLES "{\"task_id\": \"a\", \"completion\": \"\xff\"}\n", ":4:33: the bytes are not UTF-8" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_refused (fixture, "human-eval", cases[i].text, cases[i].message);
}

static void
test_human_eval_one_run (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *file = put_file (fixture, "a.csv", HEAD "A,M,1,5,2\nB,M,1,5,2\n");
  g_autoptr (GError) error = NULL;
  import (fixture, "counts", file);
  g_autoptr (VervetStore) store = vervet_store_open (fixture->store, &error);
  g_autoptr (GOutputStream) out = g_memory_output_stream_new_resizable ();
  g_assert_false (vervet_export ("human-eval", store, NULL, out, NULL, &error));
  g_assert_nonnull (strstr (error->message, "holds 2 runs and a file of this format one: name it"));
  g_clear_error (&error);
  g_assert_false (vervet_export ("human-eval", store, "A on M", out, NULL, &error));
  g_assert_cmpstr (error->message, ==, "the run A on M holds counts and no texts; export it as counts");
}

static void
test_human_eval_published (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *file = shared_data ("humaneval/example_samples.jsonl");
  if (!file)
    return;
  assert_stats (import (fixture, "human-eval", file), 1, 1, 6, 0);
  assert_counts (fixture, "example_samples", "test/0:6/0/0");
  g_autofree char *text = export(fixture, "human-eval", NULL), *published = NULL;
  g_assert_true (g_file_get_contents (file, &published, NULL, NULL));
  g_auto (GStrv) ours = g_strsplit (g_strchomp (text), "\n", -1),
                 theirs = g_strsplit (g_strchomp (published), "\n", -1);
  g_assert_cmpuint (g_strv_length (ours), ==, g_strv_length (theirs));
  for (guint i = 0; ours[i]; i++) {
    g_autoptr (VervetJson) a = vervet_json_parse (ours[i], -1, "ours", 0, NULL);
    g_autoptr (VervetJson) b = vervet_json_parse (theirs[i], -1, "theirs", 0, NULL);
    g_assert_true (vervet_json_equal (a, b));
  }
}

/* ---- samples ----------------------------------------------------------------------------------------------------- */
/* Everything the format can say, as export writes it. */
static const char everything[] =
    "{\"run\":\"r1\",\"benchmark\":\"b\",\"problem\":\"p\",\"about\":{\"seed\":\"18446744073709551615\",\"one_call\":"
    "false,"
    "\"stopping\":true,\"oracle\":true,\"arm\":{\"width\":4},\"spec\":{\"x\":[1,0.10]},\"checks\":{\"numeric\":{"
    "\"name\":\"numeric\","
    "\"component\":\"numeric\",\"behaviour\":3,\"options\":{\"percent\":\"ignore\"},\"visible\":false,\"fingerprint\":"
    "\"000102030405060708090a0b0c0d0e0f\"},\"numeric#2\":{\"name\":\"numeric\",\"component\":\"numeric\",\"behaviour\":"
    "4,"
    "\"options\":{},\"visible\":false,\"fingerprint\":\"ff0102030405060708090a0b0c0d0e0f\"}}},\"item\":{\"planned\":5,"
    "\"calls\":9,\"nano_money\":77,"
    "\"group\":"
    "\"level "
    "1\",\"fields\":{\"question\":\"q\xc3\xa9\"},\"prompt\":[{\"role\":\"user\",\"text\":\"q\"}],\"reference\":\"18\"},"
    "\"trial\":0,\"ord\":0,\"answer\":true,\"status\":\"ok\",\"finish\":\"stop\",\"tokens\":{\"input\":7,\"cached\":2,"
    "\"output\":11,"
    "\"thinking\":3,\"sequential\":11},\"estimated\":true,\"shared_by\":4,\"tries\":2,\"start_ms\":1700000000000,"
    "\"took_"
    "ms\":1500,"
    "\"logprob\":-12.25,\"score\":0.5,\"weight\":0.125,\"seed\":2147483647,\"text\":\"A: 18\\n\\u0000\","
    "\"verdicts\":{\"numeric\":{\"status\":\"pass\",\"score\":1,\"answer\":\"18\",\"reason\":\"last-number\","
    "\"detail\":\"{}\","
    "\"took_us\":12},\"numeric#2\":{\"status\":\"scored\",\"score\":0.25}}}\n"
    "{\"run\":\"r1\",\"benchmark\":\"b\",\"problem\":\"p\",\"trial\":0,\"ord\":1,\"answer\":false,\"status\":\"ok\","
    "\"tokens\":{},"
    "\"shared_by\":1,\"tries\":1,\"text_base64\":\"/wBh\",\"verdicts\":{}}\n"
    "{\"run\":\"r1\",\"benchmark\":\"b\",\"problem\":\"p\",\"trial\":3,\"ord\":0,\"answer\":true,\"status\":\"rate-"
    "limit\","
    "\"tokens\":{},\"shared_by\":1,\"tries\":6,\"verdicts\":{}}\n"
    "{\"run\":\"r1\",\"benchmark\":\"b\",\"problem\":\"p\",\"trial\":4,\"ord\":0,\"answer\":true,\"status\":\"ok\","
    "\"finish\":"
    "\"length\",\"tokens\":{},\"shared_by\":1,\"tries\":1,\"text\":\"\",\"verdicts\":{\"numeric\":{\"status\":\"no-"
    "answer\"}}}\n"
    "{\"run\":\"r1\",\"benchmark\":\"b\",\"problem\":\"none "
    "yet\",\"item\":{\"planned\":5,\"calls\":0,\"nano_money\":0,\"fields\":{\"question\":\"other\"}}}\n"
    "{\"run\":\"r2\",\"benchmark\":\"b\",\"problem\":\"p\",\"about\":{\"seed\":\"0\",\"one_call\":true,\"stopping\":"
    "false,\"oracle\":"
    "false,\"spec\":{\"y\":1},\"checks\":{}},\"item\":{\"planned\":1,\"calls\":0,\"nano_money\":0,\"group\":\"level "
    "1\",\"fields\":{\"question\":\"q\xc3\xa9\"},"
    "\"reference\":\"18\"},"
    "\"trial\":0,\"ord\":0,\"answer\":true,\"status\":\"ok\",\"tokens\":{},\"shared_by\":1,\"tries\":1,\"text\":\"x\","
    "\"verdicts\":{}}\n";

static void
test_samples_round_trip (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *file = put_file (fixture, "all.jsonl", everything);
  g_autoptr (GError) error = NULL;
  import (fixture, "samples", file);
  assert_stats (import (fixture, "samples", file), 0, 0, 0, 0);
  g_autofree char *text = export(fixture, "samples", NULL);
  g_auto (GStrv) ours = g_strsplit (text, "\n", -1), theirs = g_strsplit (everything, "\n", -1);
  for (guint i = 0; ours[i] && theirs[i]; i++)
    g_assert_cmpstr (ours[i], ==, theirs[i]);
  g_assert_cmpuint (g_strv_length (ours), ==, g_strv_length (theirs));
  g_autoptr (VervetStore) store = vervet_store_open (fixture->store, &error);
  g_auto (VervetRunRow) run = { 0 };
  g_assert_true (vervet_store_find_run (store, "r1", &run, &error));
  g_assert_cmpuint (run.seed, ==, G_MAXUINT64);
  g_assert_true (run.stopping && run.oracle && !run.one_call);
  g_autoptr (GArray) checks = vervet_store_checks (store, run.run_id, &error);
  g_assert_cmpuint (checks->len, ==, 2);
  g_assert_cmpuint (g_array_index (checks, VervetCheckRow, 0).behaviour, ==, 3); /* the first one grades */
  g_autoptr (GArray) members = vervet_store_members (store, run.run_id, &error);
  g_assert_cmpint (g_array_index (members, VervetMemberRow, 0).failed, ==, 1);
  g_assert_cmpint (g_array_index (members, VervetMemberRow, 0).truncated, ==, 1);
  g_assert_cmpint (g_array_index (members, VervetMemberRow, 1).planned, ==, 5);
}

/* The least that a hand-made file must say. */
static void
test_samples_by_hand (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *file =
      put_file (fixture, "hand.jsonl",
                "{\"run\":\"r\",\"benchmark\":\"b\",\"problem\":\"p\",\"trial\":1,\"text\":\"x\",\"verdicts\":{\"v\":{"
                "\"status\":\"fail\"}}}\n"
                "{\"run\":\"r\",\"benchmark\":\"b\",\"problem\":\"p\",\"trial\":0,\"text\":\"y\",\"verdicts\":{\"v\":{"
                "\"status\":\"pass\"}}}\n"
                "{\"run\":\"r\",\"benchmark\":\"b\",\"problem\":\"q\",\"trial\":0,\"text\":\"y\"}\n");
  assert_stats (import (fixture, "samples", file), 1, 2, 3, 2);
  assert_counts (fixture, "r", "p:2/1/1 q:1/0/0");
  assert_stats (import (fixture, "samples", file), 0, 0, 0, 0);
}

static void
test_samples_faults (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
#define LINE(rest) "{\"run\":\"r\",\"benchmark\":\"b\",\"problem\":\"p\"," rest "}\n"
  static const struct {
    const char *text, *message;
  } cases[] = {
    { LINE ("\"trial\":0,\"text\":\"x\"") LINE ("\"trial\":0,\"text\":\"y\""),
      ":2: trial 0, candidate 0 of problem \"p\" appears a second time" },
    { LINE ("\"trial\":2,\"text\":\"x\"") LINE ("\"trial\":0,\"text\":\"x\"") LINE ("\"trial\":1,\"text\":\"x\"")
          LINE ("\"trial\":2,\"text\":\"y\""),
      ":4: trial 2, candidate 0 of problem \"p\" appears a second time" },
    { LINE ("\"trial\":0,\"ord\":5,\"text\":\"x\"") LINE ("\"trial\":0,\"ord\":5,\"text\":\"x\""),
      ":2: trial 0, candidate 5 of problem \"p\" appears a second time" },
    { LINE ("\"trial\":-1,\"text\":\"x\""), ":1: \"trial\" is no whole number from 0 to 16777215" },
    { LINE ("\"trial\":0"), ":1: \"text\" is no string, which a sample that did not fail must have" },
    { LINE ("\"trial\":0,\"text\":5"), ":1: \"text\" is no string" },
    { LINE ("\"text\":\"x\""), ":1: the record has no \"trial\"" },
    { LINE ("\"trial\":0,\"text\":\"x\",\"status\":\"fine\""), ":1: \"status\" is no word that is known here" },
    { LINE ("\"trial\":0,\"text\":\"x\",\"verdicts\":[]"), ":1: \"verdicts\" is no object" },
    { LINE ("\"trial\":0,\"text\":\"x\",\"verdicts\":{\"v\":{}}"), ":1: \"status\" is no verdict" },
    { LINE ("\"trial\":0,\"text\":\"x\",\"verdicts\":{\"v\":{\"status\":99}}"), ":1: \"status\" is no verdict" },
    { LINE ("\"trial\":0,\"text\":\"x\",\"tokens\":{\"input\":1.5}"),
      ":1: \"input\" is no whole number from 0 to 9223372036854775807" },
    { LINE ("\"about\":{\"seed\":\"x\"},\"trial\":0,\"text\":\"x\""),
      ":1: \"seed\" is no whole number of at most 64 bits" },
    { LINE ("\"about\":{\"checks\":{\"v\":{\"fingerprint\":\"12\"}}},\"trial\":0,\"text\":\"x\""),
      ":1: \"fingerprint\" is no 32 hexadecimal digits" },
    { "{\"run\":\"r\",\"benchmark\":\"b\",\"trial\":0,\"text\":\"x\"}\n", ":1: the record has no \"problem\"" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_refused (fixture, "samples", cases[i].text, cases[i].message);
}

static void
test_samples_published (Fixture *fixture, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *file = shared_data ("gsm8k/example_model_solutions.jsonl");
  if (!file)
    return;
  import (fixture, "gsm8k-solutions", file);
  g_autofree char *text = export(fixture, "samples", NULL), *pool = put_file (fixture, "pool.jsonl", text);
  g_remove (fixture->store);
  assert_stats (import (fixture, "samples", pool), 4, 5276, 5276, 5276);
  g_autofree char *again = export(fixture, "samples", NULL);
  g_assert_true (strcmp (text, again) == 0);
}

int
main (int argc, char **argv)
{
  static const struct {
    const char *path;
    void (*run) (Fixture *, gconstpointer);
  } tests[] = {
    { "/exchange/formats", test_formats },
    { "/exchange/counts", test_counts },
    { "/exchange/counts-pair-problems", test_counts_pair_problems },
    { "/exchange/counts-faults", test_counts_faults },
    { "/exchange/all-or-nothing", test_all_or_nothing },
    { "/exchange/name-taken", test_name_taken },
    { "/exchange/counts-published", test_counts_published },
    { "/exchange/gsm8k", test_gsm8k },
    { "/exchange/gsm8k-faults", test_gsm8k_faults },
    { "/exchange/gsm8k-published", test_gsm8k_published },
    { "/exchange/human-eval", test_human_eval },
    { "/exchange/human-eval-gzip", test_human_eval_gzip },
    { "/exchange/human-eval-faults", test_human_eval_faults },
    { "/exchange/human-eval-one-run", test_human_eval_one_run },
    { "/exchange/human-eval-published", test_human_eval_published },
    { "/exchange/samples-round-trip", test_samples_round_trip },
    { "/exchange/samples-by-hand", test_samples_by_hand },
    { "/exchange/samples-faults", test_samples_faults },
    { "/exchange/samples-published", test_samples_published },
  };
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    g_test_add (tests[i].path, Fixture, NULL, set_up, tests[i].run, tear_down);
  return g_test_run ();
}
