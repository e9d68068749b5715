/* The benchmark "jsonl" on its own files and on published ones. */
#include <glib/gstdio.h>
#include <string.h>

#include "plugin-harness.h"
#include "shots.h"

#define jsonl(...) harness_new (PLUGIN_BENCHMARK_JSONL, VV_KIND_BENCHMARK, "jsonl", ##__VA_ARGS__, NULL)

static char *folder;

/* A file in the test's folder; its path. */
static const char *
put (const char *name, const char *content)
{
  static char *path;

  g_free (path);
  path = g_build_filename (folder, name, NULL);
  g_assert_true (g_file_set_contents (path, content, -1, NULL));
  return path;
}

static void
assert_str (vv_str s, const char *expected)
{
  g_autofree char *copy = g_strndup (s.ptr ? s.ptr : "", s.len);

  g_assert_cmpstr (copy, ==, expected);
}

static void
assert_problem (Harness *benchmark, gint64 i, const char *id, const char *prompt, const char *reference,
                vv_problem *out)
{
  g_assert_cmpstr (benchmark->error.message, ==, "");
  g_assert_cmpint (harness_problem (benchmark, i, out), ==, VV_OK);
  g_assert_cmpstr (out->id, ==, id);
  assert_str (out->messages[out->n_messages - 1].text, prompt);
  assert_str (out->reference, reference);
}

static gint64
count (Harness *benchmark)
{
  return ((const vv_benchmark_iface *)benchmark->component->iface)->count (benchmark->self);
}

static void
test_defaults (void)
{
  const char *path =
      put ("a.jsonl", "{\"question\": \"1 + 1?\", \"answer\": \"2\", \"level\": 3, \"tags\": [\"x\"]}\n\n"
                      "{\"question\": \"\\u00fc\\n?\", \"answer\": 7.50}");
  g_autoptr (Harness) benchmark = jsonl ("file", path);
  vv_problem problem;

  g_assert_cmpint (count (benchmark), ==, 2);
  assert_problem (benchmark, 1, "1", "\xc3\xbc\n?", "7.50", &problem);
  g_assert_cmpuint (problem.n_fields, ==, 1);
  assert_problem (benchmark, 0, "0", "1 + 1?", "2", &problem); /* in any order, and again */
  g_assert_cmpuint (problem.n_fields, ==, 3);
  g_assert_cmpstr (problem.fields[1].name, ==, "level");
  assert_str (problem.fields[1].text, "3");
  assert_str (problem.fields[2].text, "[\"x\"]");
  g_assert_null (problem.group);
  g_assert_cmpint (harness_problem (benchmark, 2, &problem), ==, VV_E_INVALID);
}

static void
test_mapping (void)
{
  const char *path =
      put ("b.jsonl", "{\"k\": \"p1\", \"in\": {\"q\": \"a\"}, \"out\": {\"gold\": \"x #### 5\"}, \"src\": \"s\"}\n");
  g_autoptr (Harness) benchmark =
      jsonl ("file", path, "prompt", "Q: {in.q} {{x}}", "reference-field", "out.gold", "reference-after", "####",
             "id-field", "k", "group-field", "src", "fields", "[\"src\", \"in.q\"]");
  g_autoptr (Harness) chat =
      jsonl ("file", path, "messages",
             "[{\"role\": \"system\", \"content\": \"Be {src}.\"}, {\"role\": \"user\", \"content\": \"{in.q}\"}]",
             "reference-field", "");
  g_autoptr (Harness) all = jsonl ("file", path, "prompt", "{in.q}", "reference-field", "out.gold");
  vv_problem problem;

  assert_problem (benchmark, 0, "p1", "Q: a {x}", " 5", &problem);
  g_assert_cmpstr (problem.group, ==, "s");
  g_assert_cmpuint (problem.n_fields, ==, 2);
  g_assert_cmpstr (problem.fields[1].name, ==, "in.q");
  assert_str (problem.fields[1].text, "a");
  assert_problem (chat, 0, "0", "a", "", &problem);
  g_assert_cmpuint (problem.n_messages, ==, 2);
  g_assert_cmpstr (problem.messages[0].role, ==, "system");
  assert_str (problem.messages[0].text, "Be s.");
  assert_problem (all, 0, "0", "a", "x #### 5", &problem);
  for (guint i = 0; i < problem.n_fields; i++) /* nothing of "out": the reference is in it */
    g_assert_cmpstr (problem.fields[i].name, !=, "out");
}

static void
test_csv (void)
{
  const char *path = put ("c.csv", "\xef\xbb\xbfquestion,answer,\"a \"\"name\"\"\"\r\n"
                                   "\"1, 2\nand 3?\",6,\"\"\r\n"
                                   "plain,\"say \"\"hi\"\"\",z\r\n");
  g_autoptr (Harness) benchmark = jsonl ("file", path);
  g_autoptr (Harness) tabs = NULL;
  vv_problem problem;

  g_assert_cmpint (count (benchmark), ==, 2);
  assert_problem (benchmark, 0, "0", "1, 2\nand 3?", "6", &problem);
  g_assert_cmpstr (problem.fields[1].name, ==, "a \"name\"");
  assert_problem (benchmark, 1, "1", "plain", "say \"hi\"", &problem);
  tabs = jsonl ("file", put ("c.tsv", "question\tanswer\na,b\tc\n"));
  assert_problem (tabs, 0, "0", "a,b", "c", &problem);
}

static void
test_examples (void)
{
  g_autofree char *examples = g_strdup (put ("e.jsonl", "{\"question\": \"E1\", \"answer\": 1}\n"
                                                        "{\"question\": \"E2\", \"answer\": 2}\n"
                                                        "{\"question\": \"E3\", \"answer\": 3}\n"));
  g_autoptr (Harness) self =
      jsonl ("file", examples, "examples-file", examples, "example", "{question}={answer};", "prompt", "{question}=");
  vv_problem problem;

  /* Two others of three: never itself, both orders. */
  for (gint64 i = 0; i < 3; i++) {
    g_autofree char *text = NULL, *mine = g_strdup_printf ("E%d=", (int)i + 1),
                    *solved = g_strdup_printf ("E%d=%d;", (int)i + 1, (int)i + 1);

    g_assert_cmpint (harness_problem (self, i, &problem), ==, VV_OK);
    text = g_strndup (problem.messages[0].text.ptr, problem.messages[0].text.len);
    g_assert_true (g_str_has_suffix (text, mine));
    g_assert_null (strstr (text, solved));
    g_assert_cmpuint (strlen (text), ==, 13);
  }
}

/* Each pair of 3 out of 6 (one left out) as often as any other: 20 sets, 60 orders, 12 000 draws. */
static void
test_shots (void)
{
  guint counts[7][7][7] = { 0 };
  size_t out[3];

  for (guint item = 0; item < 12000; item++) {
    g_assert_true (shots_choose (9, item, 6, 2, 3, out));
    counts[out[0]][out[1]][out[2]]++;
  }
  for (guint a = 0; a < 7; a++)
    for (guint b = 0; b < 7; b++)
      for (guint c = 0; c < 7; c++) {
        gboolean possible = a != b && b != c && a != c && a < 6 && b < 6 && c < 6 && a != 2 && b != 2 && c != 2;

        g_assert_cmpuint (counts[a][b][c], >=, possible ? 130 : 0); /* 200 +- 5 standard errors */
        g_assert_cmpuint (counts[a][b][c], <=, possible ? 270 : 0);
      }
  g_assert_false (shots_choose (9, 0, 3, 2, 3, out));
}

static void
assert_refused (Harness *benchmark, const char *sentence)
{
  g_assert_cmpint (benchmark->status, <, 0);
  if (!strstr (benchmark->error.message, sentence))
    g_error ("\"%s\" does not say \"%s\"", benchmark->error.message, sentence);
  harness_free (benchmark);
}

static void
test_bad (void)
{
  static const char good[] = "{\"question\": \"a\", \"answer\": \"b\"}\n";

  assert_refused (jsonl ("file", put ("x.jsonl", "{\"question\": \"a\", \"answer\": 1}\n{\"question\": \"b\"}\n")),
                  "x.jsonl:2: the record has no field \"answer\", which the option 'reference-field' names");
  assert_refused (jsonl ("file", put ("x.jsonl", "{\"question\": \"a\", \"answer\": 1}\n{\"question\": \"b}\n")),
                  "x.jsonl:2:");
  assert_refused (jsonl ("file", put ("x.csv", "question,answer\na,b\nc\n")),
                  "x.csv:3: the row has 1 fields, the header has 2");
  assert_refused (jsonl ("file", put ("x.csv", "question,answer\na,\"b\n")), "x.csv:2: a quoted field has no end");
  assert_refused (jsonl ("file", put ("x.csv", "question,answer\n")), "x.csv: the file holds no record");
  assert_refused (jsonl ("file", put ("x.jsonl", good), "prompt", "{nope}"),
                  "x.jsonl:1: the record has no field \"nope\", which the option 'prompt' names");
  assert_refused (jsonl ("file", put ("x.jsonl", good), "prompt", "a {question"), "'{' at character 3 belongs to no");
  assert_refused (jsonl ("file", put ("x.jsonl", good), "prompt", "}"), "'}' at character 1");
  assert_refused (jsonl ("file", put ("x.jsonl", good), "prompt", "{question} {answer}"),
                  "would show the right answer");
  assert_refused (jsonl ("file", put ("x.jsonl", good), "fields", "[\"answer\"]"), "would show the right answer");
  assert_refused (jsonl ("file", put ("x.jsonl", good), "messages", "[]"), "a list of 1 to");
  assert_refused (jsonl ("file", put ("x.jsonl", good), "messages", "[{\"role\": \"boss\", \"content\": \"\"}]"),
                  "message 1: \"role\" must be");
  assert_refused (jsonl ("file",
                         put ("x.jsonl", "{\"id\": 1, \"question\": 1, \"answer\": 1}\n"
                                         "{\"id\": 2, \"question\": 1, \"answer\": 1}\n"
                                         "{\"id\": 1, \"question\": 1, \"answer\": 1}\n"),
                         "id-field", "id"),
                  "x.jsonl:3: the key in \"id\" was used before, on line 1");
  assert_refused (jsonl ("file", put ("x.jsonl", good), "reference-after", "####"),
                  "x.jsonl:1: \"####\" does not stand");
  assert_refused (jsonl ("file", "/nonexistent/x.jsonl"), "/nonexistent/x.jsonl: No such file");
  assert_refused (jsonl ("file", folder), ": Is a directory");
}

/* The published files, as their columns are named there. */
static void
test_published (void)
{
  const char *root = g_getenv ("VERVET_SHARED_DATA");
  g_autofree char *math = g_build_filename (root ? root : "", "math", "math500.jsonl", NULL);
  g_autofree char *humaneval = g_build_filename (root ? root : "", "humaneval", "HumanEval.jsonl.gz", NULL);
  g_autofree char *game24 = g_build_filename (root ? root : "", "game24", "24.csv", NULL);
  g_autofree char *mbpp = g_build_filename (root ? root : "", "mbpp", "mbpp.jsonl", NULL);
  g_autoptr (Harness) a = NULL, b = NULL, c = NULL, d = NULL;
  vv_problem problem;

  if (!g_file_test (math, G_FILE_TEST_EXISTS)) {
    g_test_skip ("the published data sets are not there: set VERVET_SHARED_DATA");
    return;
  }
  a = jsonl ("file", math, "prompt", "{problem}", "reference-field", "solution", "group-field", "subject");
  g_assert_cmpstr (a->error.message, ==, "");
  g_assert_cmpint (count (a), ==, 500);
  b = jsonl ("file", humaneval, "prompt", "{prompt}", "reference-field", "test", "id-field", "task_id");
  g_assert_cmpstr (b->error.message, ==, "");
  g_assert_cmpint (count (b), ==, 164);
  g_assert_cmpint (harness_problem (b, 163, &problem), ==, VV_OK);
  g_assert_cmpstr (problem.id, ==, "HumanEval/163");
  c = jsonl ("file", game24, "prompt", "Use {Puzzles} to make 24.", "reference-field", "", "id-field", "Rank");
  g_assert_cmpint (count (c), ==, 1362);
  assert_problem (c, 1, "2", "Use 1 1 11 11 to make 24.", "", &problem);
  d = jsonl ("file", mbpp, "prompt", "{text}", "reference-field", "test_list", "id-field", "task_id");
  g_assert_cmpint (count (d), ==, 974);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = g_dir_make_tmp ("vervet-jsonl-XXXXXX", NULL);
  g_test_add_func ("/parts/jsonl/defaults", test_defaults);
  g_test_add_func ("/parts/jsonl/mapping", test_mapping);
  g_test_add_func ("/parts/jsonl/csv", test_csv);
  g_test_add_func ("/parts/jsonl/examples", test_examples);
  g_test_add_func ("/parts/jsonl/shots", test_shots);
  g_test_add_func ("/parts/jsonl/bad", test_bad);
  g_test_add_func ("/parts/jsonl/published", test_published);
  status = g_test_run ();
  {
    static const char *const names[] = { "a.jsonl", "b.jsonl", "c.csv", "c.tsv", "e.jsonl", "x.jsonl", "x.csv" };

    for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
      g_autofree char *path = g_build_filename (folder, names[i], NULL);

      g_unlink (path);
    }
    g_rmdir (folder);
  }
  return status;
}
