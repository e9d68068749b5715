/* The golden cases of lighteval for pass@k, maj@k and avg@k (shared data, MIT; skipped where it is absent).
 *
 * Two of its conventions differ from ours, and the cases that show it are checked for both: a tie in maj@k goes to the
 * answer seen first there and is shared here; avg@k there is the share of right ones among the first k samples, with
 * the first gold answer alone, where here every subset of k counts, so that it is pass@1 at any k. */
#include <vervet-json.h>
#include <vervet-stats.h>
#include <math.h>

static VervetJson *
load (const char *name)
{
  const char *folder = g_getenv ("VERVET_SHARED_DATA");
  g_autofree char *path = folder ? g_build_filename (folder, "lighteval-metrics", name, NULL) : NULL;
  g_autoptr (GError) error = NULL;
  VervetJson *json;

  if (!path || !g_file_test (path, G_FILE_TEST_EXISTS)) {
    g_test_skip ("shared data (lighteval-metrics) is not here");
    return NULL;
  }
  json = vervet_json_load (path, VERVET_JSON_STRICT, &error);
  g_assert_no_error (error);
  return json;
}

/* The first gold answer: the text of a choice, or (letters) the letter of its index. */
static char *
gold_of (const VervetJson *test, gboolean letters)
{
  const VervetJson *index = vervet_json_find (test, "doc.gold_index");
  gint64 i = index->type == VERVET_JSON_ARRAY ? vervet_json_at (index, 0)->i : index->i;

  if (letters)
    return g_strdup_printf ("%c", (char)('A' + i));
  return g_strdup (vervet_json_at (vervet_json_find (test, "doc.choices"), (guint)i)->s);
}

static guint
count_right (const VervetJson *texts, guint first, const char *gold)
{
  guint right = 0;

  for (guint i = 0; i < first; i++)
    right += g_str_equal (vervet_json_at (texts, i)->s, gold);
  return right;
}

static double
expected_of (const VervetJson *test)
{
  return ((VervetJson *)g_ptr_array_index (vervet_json_get (test, "expected_output")->items, 0))->f;
}

static void
assert_expected (const VervetJson *test, double got)
{
  double tolerance = vervet_json_get_double (test, "tolerance", 0.01);

  g_test_message ("%s: %g, expected %g", vervet_json_get_string (test, "name", ""), got, expected_of (test));
  g_assert_cmpfloat (fabs (got - expected_of (test)), <=, tolerance);
}

static void
check_pass (const char *file, gboolean letters)
{
  g_autoptr (VervetJson) json = load (file);
  const VervetJson *tests = vervet_json_get (json, "test_cases");

  for (guint i = 0; i < vervet_json_length (tests); i++) {
    const VervetJson *test = vervet_json_at (tests, i), *texts = vervet_json_find (test, "model_response.text");
    g_autofree char *gold = gold_of (test, letters);
    guint n = (guint)vervet_json_find (test, "metric_params.n")->i,
          k = (guint)vervet_json_find (test, "metric_params.k")->i;

    g_assert_cmpuint (vervet_json_length (texts), >=, n);
    assert_expected (test, vervet_pass_at_k (n, count_right (texts, n, gold), k));
  }
  g_assert_true (!json || vervet_json_length (tests) >= 3);
}

static void
test_pass (void)
{
  check_pass ("pass_at_k.json", FALSE);
}

static void
test_pass_math (void)
{
  check_pass ("pass_at_k_math.json", FALSE);
}

static void
test_pass_letters (void)
{
  check_pass ("pass_at_k_letters.json", TRUE);
}

static double
majority (const VervetJson *texts, guint64 k, const char *gold)
{
  guint64 classes[16] = { 0 };
  guint8 correct[16] = { 0 };
  const char *names[16];
  guint n = 0;
  double out;

  for (guint i = 0; i < vervet_json_length (texts); i++) {
    const char *text = vervet_json_at (texts, i)->s;
    guint class = 0;

    while (class < n && !g_str_equal (names[class], text))
      class ++;
    names[class] = text;
    correct[class] = g_str_equal (text, gold);
    classes[class]++;
    n = MAX (n, class + 1);
  }
  vervet_maj_at_ks (classes, correct, n, 0, &k, 1, 100, 1, &out, NULL);
  return out;
}

static void
test_majority (void)
{
  g_autoptr (VervetJson) json = load ("maj_at_k.json");
  const VervetJson *tests = vervet_json_get (json, "test_cases");
  guint ties = 0;

  for (guint i = 0; i < vervet_json_length (tests); i++) {
    const VervetJson *test = vervet_json_at (tests, i), *texts = vervet_json_find (test, "model_response.text");
    g_autofree char *gold = gold_of (test, FALSE);
    double got = majority (texts, (guint64)vervet_json_find (test, "metric_params.k")->i, gold);

    if (got > 0 && got < 1) { /* three answers, one each: the first seen there, a third here */
      g_assert_cmpfloat_with_epsilon (got, 1 / 3., 1e-15);
      g_assert_cmpfloat (expected_of (test), ==, g_str_equal (vervet_json_at (texts, 0)->s, gold));
      ties++;
    } else {
      assert_expected (test, got);
    }
  }
  g_assert_true (!json || (ties == 1 && vervet_json_length (tests) == 4));
}

static void
test_average (void)
{
  g_autoptr (VervetJson) json = load ("avg_at_k.json");
  const VervetJson *tests = vervet_json_get (json, "test_cases");

  for (guint i = 0; i < vervet_json_length (tests); i++) {
    const VervetJson *test = vervet_json_at (tests, i), *texts = vervet_json_find (test, "model_response.text");
    g_autofree char *gold = gold_of (test, FALSE);
    guint k = (guint)vervet_json_find (test, "metric_params.k")->i;

    assert_expected (test, vervet_pass_at_k (k, count_right (texts, k, gold), 1));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/lighteval/pass", test_pass);
  g_test_add_func ("/lighteval/pass-math", test_pass_math);
  g_test_add_func ("/lighteval/pass-letters", test_pass_letters);
  g_test_add_func ("/lighteval/majority", test_majority);
  g_test_add_func ("/lighteval/average", test_average);
  return g_test_run ();
}
