/* The verifier "numeric": extraction rule, canonical answer and verdict of texts in the forms people and models write,
 * the published labels of GSM8K solutions, and hostile texts. */
#include <stdio.h>
#include <string.h>

#include "plugin-harness.h"
#include "vervet-json-scan.h"

typedef struct {
  const char *text, *reference, *answer, *rule;
  int status;
} Case;

/* An empty answer: the text has none that can be compared. */
static const Case cases[] = {
  /* forms of one number */
  { "18", "18", "18", "whole", VV_PASS },
  { "18.00", "18", "18", "whole", VV_PASS },
  { "$18", "18", "18", "whole", VV_PASS },
  { "\\$18.0", "18", "18", "whole", VV_PASS },
  { "1.8e1", "18", "18", "whole", VV_PASS },
  { "+18", "18", "18", "whole", VV_PASS },
  { "018", "18", "18", "whole", VV_PASS },
  { "36/2", "18", "18", "whole", VV_PASS },
  { "18 dollars.", "18", "18", "whole", VV_PASS },
  { "180 \\times 10^{-1}", "18", "18", "whole", VV_PASS },
  { "1,234", "1234", "1234", "whole", VV_PASS },
  { "12{,}345", "12345", "12345", "whole", VV_PASS },
  { "12\\,345.50", "12345.5", "12345.5", "whole", VV_PASS },
  { "1,234,567", "1234567.0", "1234567", "whole", VV_PASS },
  { "-$5", "-5", "-5", "whole", VV_PASS },
  { "$-5", "-5", "-5", "whole", VV_PASS },
  { "\xe2\x88\x92"
    "5",
    "-5", "-5", "whole", VV_PASS },
  { "- 5", "-5", "-5", "whole", VV_PASS },
  { "-0", "0", "0", "whole", VV_PASS },
  { ".5", "0.5", "0.5", "whole", VV_PASS },
  { "1/2", "0.5", "0.5", "whole", VV_PASS },
  { "\\frac12", "0.5", "0.5", "whole", VV_PASS },
  { "\\dfrac{3}{4}", "0.75", "0.75", "whole", VV_PASS },
  { "1\\frac{1}{2}", "3/2", "1.5", "whole", VV_PASS },
  { "1 1/2", "3/2", "1.5", "whole", VV_PASS },
  { "3\xc2\xbd", "3.5", "3.5", "whole", VV_PASS },
  { "2/6", "1/3", "1/3", "whole", VV_PASS },
  { "-10/4", "-2.5", "-2.5", "whole", VV_PASS },
  { "0.5/0.25", "2", "2", "whole", VV_PASS },
  { "50%", "0.5", "0.5", "whole", VV_PASS },
  { "50\\%", "1/2", "0.5", "whole", VV_PASS },
  { "50 percent", "0.5", "0.5", "whole", VV_PASS },
  { "$2.5 million", "2500000", "2500000", "whole", VV_PASS },
  { "10^3", "1000", "1000", "whole", VV_PASS },
  { "1e400", "1e400", "1e400", "whole", VV_PASS },
  { "1e400", "10e399", "1e400", "whole", VV_PASS },
  { "1e-7", "2e-7", "0.0000001", "whole", VV_FAIL },
  /* no floating point on the way */
  { "0.1", "0.10000000000000001", "0.1", "whole", VV_FAIL },
  { "9007199254740993", "9007199254740992", "9007199254740993", "whole", VV_FAIL },
  { "1/3", "0.333333", "1/3", "whole", VV_FAIL },
  { "7.0000001", "7", "7.0000001", "whole", VV_FAIL },
  { "50%", "50", "0.5", "whole", VV_FAIL },
  /* where the answer stands */
  { "A: 18", "18", "18", "answer", VV_PASS },
  { "so 5\nA: 18\n", "18", "18", "answer", VV_PASS },
  { "The answer is 18.", "18", "18", "answer", VV_PASS },
  { "So the final answer is: **$18**.", "18", "18", "answer", VV_PASS },
  { "**Answer:** 18 eggs", "18", "18", "answer", VV_PASS },
  { "Answer:\n\n18", "18", "18", "answer", VV_PASS },
  { "The answer is 16 - 3 - 4 = 9 eggs. Since 2 * 9 = 17, no.", "9", "9", "answer", VV_PASS },
  { "Answer: 3. Wait, no.\nAnswer: 4", "4", "4", "answer", VV_PASS },
  { "He answered 5 questions, and 7 are left over there, believe me, that is all there is to it.", "7", "7",
    "last-number", VV_PASS },
  { "He sold <<16-3=13>>13 of them\n#### 13", "13", "13", "hash", VV_PASS },
  { "#### 4. Total cost\nIt is surely and without any doubt 12 in all, as computed above", "12", "12", "last-number",
    VV_PASS },
  { "#### 1,000", "1000", "1000", "hash", VV_PASS },
  { "thus \\boxed{18}. The answer is 20.", "18", "18", "boxed", VV_PASS },
  { "\\boxed{17} no, \\boxed{\\text{about } \\$18 \\text{ a day}}", "18", "18", "boxed", VV_PASS },
  { "so $\\boxed{x = \\frac{36}{2}}$", "18", "18", "boxed", VV_PASS },
  { "so we get \\boxed 18 in the end", "18", "18", "boxed", VV_PASS },
  { "and so on: \\boxed{18", "18", "18", "boxed", VV_PASS },
  { "Final Answer: The final answer is $18$. I hope it is correct.", "18", "18", "final", VV_PASS },
  { "<think>maybe 3? \\boxed{3}</think>It is 18 in the end.", "18", "18", "whole", VV_PASS },
  { "<think>maybe 3? \\boxed{3}", "3", "", "none", VV_NO_ANSWER },
  { "x^2 and H2O cost less than everybody thinks; at 12:30 he had 5-6 of them, and then 16-3", "3", "3", "last-number",
    VV_PASS },
  { "5 - 3", "3", "", "whole", VV_UNDECIDED },
  /* no plain number: said, not guessed */
  { "The answer is 2 + 3", "5", "", "answer", VV_UNDECIDED },
  { "\\boxed{3\\sqrt{2}}", "3", "", "boxed", VV_UNDECIDED },
  { "\\boxed{2^5}", "32", "", "boxed", VV_UNDECIDED },
  { "\\boxed{2\\pi}", "2", "", "boxed", VV_UNDECIDED },
  { "\\boxed{(3, 4)}", "3", "", "boxed", VV_UNDECIDED },
  { "\\boxed{5 \\text{ or } 7}", "5", "", "boxed", VV_UNDECIDED },
  { "\\boxed{\\text{none}} though 5 was near", "5", "", "boxed", VV_NO_ANSWER },
  { "A: 10+John's age", "10", "10+John's age", "answer", VV_FAIL },
  { "A: 10+John's age", "10+John's age", "10+John's age", "answer", VV_PASS },
  { "\\boxed{2x}", "2", "", "boxed", VV_FAIL },
  { "The answer is 5/x", "5", "", "answer", VV_FAIL },
  { "The answer is $15/hour", "15", "15", "answer", VV_PASS },
  { "Answer: 5-6 hours", "5", "", "answer", VV_UNDECIDED },
  { "I do not know.", "5", "", "none", VV_NO_ANSWER },
  { "", "5", "", "none", VV_NO_ANSWER },
  /* references */
  { "18", "so 9 * 2 = 18\n#### 18", "18", "whole", VV_PASS },
  { "18", "so 9 * 2 = 18\nA: 18", "18", "whole", VV_PASS },
  { "18", "eighteen", "18", "whole", VV_BAD_REFERENCE },
  { "18", "", "18", "whole", VV_UNDECIDED },
  { "5", "5/0", "5", "whole", VV_BAD_REFERENCE },
};

static void
check_case (Harness *numeric, const Case *c)
{
  vv_verdict verdict = harness_verify (numeric, c->text, -1, c->reference);
  g_autofree char *detail = g_strndup (verdict.detail.ptr, verdict.detail.len);
  g_autofree char *rule = g_strconcat ("rule: ", c->rule, NULL);

  if (verdict.status != c->status || strcmp (rule, detail) != 0
      || (c->answer[0] && strcmp (harness_answer (&verdict), c->answer) != 0)) {
    g_test_message ("\"%s\" against \"%s\": status %d, answer \"%s\", %s", c->text, c->reference, verdict.status,
                    harness_answer (&verdict), detail);
    g_test_fail ();
  }
  if (verdict.status == VV_PASS || verdict.status == VV_FAIL)
    g_assert_cmpfloat (verdict.score, ==, verdict.status == VV_PASS);
  else
    g_assert_true (verdict.score != verdict.score);
}

static void
test_cases (void)
{
  g_autoptr (Harness) numeric = harness_new (PLUGIN_VERIFIER_NUMERIC, VV_KIND_VERIFIER, "numeric", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    check_case (numeric, &cases[i]);
}

static void
test_options (void)
{
  g_autoptr (Harness) percent =
      harness_new (PLUGIN_VERIFIER_NUMERIC, VV_KIND_VERIFIER, "numeric", "percent", "ignore", NULL);
  g_autoptr (Harness) comma =
      harness_new (PLUGIN_VERIFIER_NUMERIC, VV_KIND_VERIFIER, "numeric", "decimal", "comma", NULL);
  g_autoptr (Harness) near =
      harness_new (PLUGIN_VERIFIER_NUMERIC, VV_KIND_VERIFIER, "numeric", "tolerance", "0.01", NULL);
  g_autoptr (Harness) strict =
      harness_new (PLUGIN_VERIFIER_NUMERIC, VV_KIND_VERIFIER, "numeric", "strict", "true", NULL);
  g_autoptr (Harness) line =
      harness_new (PLUGIN_VERIFIER_NUMERIC, VV_KIND_VERIFIER, "numeric", "extract", "last-line", NULL);
  vv_verdict v;

  g_assert_cmpint (harness_verify (percent, "50%", -1, "50").status, ==, VV_PASS);
  v = harness_verify (comma, "1.234,5", -1, "1234,50");
  g_assert_cmpint (v.status, ==, VV_PASS);
  g_assert_cmpstr (harness_answer (&v), ==, "1234,5"); /* as it would be read again */
  v = harness_verify (near, "0.333", -1, "1/3");
  g_assert_cmpint (v.status, ==, VV_PASS);
  g_assert_cmpstr (v.reason, ==, "tolerance");
  g_assert_cmpint (harness_verify (near, "0.32", -1, "1/3").status, ==, VV_FAIL);
  g_assert_cmpint (harness_verify (near, "1e400", -1, "1.001e400").status, ==, VV_FAIL);
  g_assert_cmpint (harness_verify (near, "1e-400", -1, "0").status, ==, VV_FAIL);
  v = harness_verify (strict, "There were five or so of them, and all in all they ate 12 apples in the evening", -1,
                      "12");
  g_assert_cmpint (v.status, ==, VV_NO_ANSWER);
  g_assert_cmpint (harness_verify (line, "The answer is 3\n 4 \n\n", -1, "4").status, ==, VV_PASS);
}

/* An answer can be a reference: the classes of a vote depend on it. */
static void
test_equality (void)
{
  static const char *const same[] = { "18", "18.00", "$18", "1.8e1", "36/2", "1800%", "\\boxed{18}", "A: 18" };
  g_autoptr (Harness) numeric = harness_new (PLUGIN_VERIFIER_NUMERIC, VV_KIND_VERIFIER, "numeric", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (same); i++)
    for (guint j = 0; j < G_N_ELEMENTS (same); j++)
      g_assert_cmpint (harness_verify (numeric, same[i], -1, same[j]).status, ==, VV_PASS);
}

/* Published labels: openai/grade-school-math, four models, 5 276 solutions. */
static guint
check_line (Harness *numeric, const char *line, gsize len, const char *gold, guint *wrong)
{
  static const char *const series[] = { "6b_finetuning", "6b_verification", "175b_finetuning", "175b_verification" };
  vv_json_value v;
  guint n = 0;

  for (guint i = 0; i < G_N_ELEMENTS (series); i++, n++) {
    g_autofree char *path = g_strconcat (series[i], ".solution", NULL);
    g_autofree char *label = g_strconcat (series[i], ".is_correct", NULL);
    g_autofree char *text = NULL;
    vv_verdict verdict;

    g_assert_cmpint (vv_json_find (line, len, path, &v), ==, VV_JSON_STRING);
    text = g_malloc (v.raw_len + 1);
    vv_json_text (&v, text, v.raw_len + 1);
    verdict = harness_verify (numeric, text, -1, gold);
    vv_json_find (line, len, label, &v);
    /* Every one is decided: a verdict of another kind would not be equal to a label. */
    if (verdict.status != (v.kind == VV_JSON_TRUE ? VV_PASS : VV_FAIL)) {
      g_test_message ("label %d, status %d, answer %s, gold %s:\n%s", v.kind == VV_JSON_TRUE, verdict.status,
                      harness_answer (&verdict), gold, text);
      (*wrong)++;
    }
  }
  return n;
}

static char *
json_field (const char *line, gsize len, const char *path)
{
  vv_json_value v;
  char *text;

  g_assert_cmpint (vv_json_find (line, len, path, &v), ==, VV_JSON_STRING);
  text = g_malloc (v.raw_len + 1);
  vv_json_text (&v, text, v.raw_len + 1);
  return text;
}

static void
test_gsm8k (void)
{
  const char *folder = g_getenv ("VERVET_SHARED_DATA");
  g_autofree char *file = g_build_filename (folder ? folder : "", "gsm8k", "example_model_solutions.jsonl", NULL);
  g_autofree char *tests = g_build_filename (folder ? folder : "", "gsm8k", "test.jsonl", NULL);
  g_autofree char *content = NULL, *golds = NULL;
  g_autoptr (Harness) numeric = harness_new (PLUGIN_VERIFIER_NUMERIC, VV_KIND_VERIFIER, "numeric", NULL);
  g_autoptr (Harness) ignore =
      harness_new (PLUGIN_VERIFIER_NUMERIC, VV_KIND_VERIFIER, "numeric", "percent", "ignore", NULL);
  g_auto (GStrv) lines = NULL, gold_lines = NULL;
  guint n = 0, wrong = 0;

  if (!g_file_get_contents (file, &content, NULL, NULL) || !g_file_get_contents (tests, &golds, NULL, NULL)) {
    g_test_skip ("the published GSM8K solutions are not there: set VERVET_SHARED_DATA");
    return;
  }
  lines = g_strsplit (content, "\n", -1);
  gold_lines = g_strsplit (golds, "\n", -1);
  for (guint i = 0; lines[i] && lines[i][0]; i++) {
    g_autofree char *truth = json_field (lines[i], strlen (lines[i]), "ground_truth");
    g_autofree char *gold = json_field (gold_lines[i], strlen (gold_lines[i]), "answer");
    const char *number = g_strrstr (truth, "A:") + 2, *hash = g_strrstr (gold, "####") + 4;

    n += check_line (numeric, lines[i], strlen (lines[i]), number, &wrong);
    check_line (numeric, lines[i], strlen (lines[i]), hash, &wrong);
    check_line (numeric, lines[i], strlen (lines[i]), truth, &wrong);
    check_line (ignore, lines[i], strlen (lines[i]), gold, &wrong);
  }
  g_assert_cmpuint (n, ==, 5276);
  g_assert_cmpuint (wrong, ==, 0);
}

/* Much of what could make a scanner slow or wild. A quadratic step would take minutes here. */
static void
test_hostile (void)
{
  static const char *const pieces[] = { "9",           "1,000", "\\boxed{", "####",     "answer is", "final answer is",
                                        "-",           "$ ",    "1/",       "\\frac{1", "(",         "e9",
                                        "1e999999999", ".",     "A:\n",     "\xff\xfe", "<think>",   "1:" };
  g_autoptr (Harness) numeric = harness_new (PLUGIN_VERIFIER_NUMERIC, VV_KIND_VERIFIER, "numeric", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++) {
    g_autoptr (GString) text = g_string_new (NULL);
    vv_verdict verdict;

    while (text->len < 400000)
      g_string_append (text, pieces[i]);
    verdict = harness_verify (numeric, text->str, (gssize)text->len, "18");
    g_assert_cmpint (verdict.status, !=, VV_PASS);
    text->str[text->len / 2] = 0;
    harness_verify (numeric, text->str, (gssize)text->len, "18");
    harness_verify (numeric, "18", -1, text->str);
  }
}

static void
test_long_numbers (void)
{
  g_autoptr (Harness) numeric = harness_new (PLUGIN_VERIFIER_NUMERIC, VV_KIND_VERIFIER, "numeric", NULL);
  g_autofree char *nines = g_strnfill (60000, '9'), *more = g_strnfill (70000, '9'), *zeros = g_strnfill (70000, '0');
  g_autofree char *padded = g_strconcat ("18.", zeros, NULL), *fraction = g_strconcat ("1/", nines, NULL);
  vv_verdict verdict;

  g_assert_cmpint (harness_verify (numeric, nines, -1, nines).status, ==, VV_PASS);
  g_assert_cmpint (harness_verify (numeric, nines, -1, "18").status, ==, VV_FAIL);
  verdict = harness_verify (numeric, more, -1, "18");
  g_assert_cmpint (verdict.status, ==, VV_UNDECIDED);
  g_assert_cmpstr (verdict.reason, ==, "too-long");
  g_assert_cmpint (harness_verify (numeric, padded, -1, "18").status, ==, VV_PASS);
  g_assert_cmpint (harness_verify (numeric, fraction, -1, "18").status, ==, VV_UNDECIDED);
  g_assert_cmpint (harness_verify (numeric, "1e2000000000", -1, "18").status, ==, VV_UNDECIDED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/parts/numeric/cases", test_cases);
  g_test_add_func ("/parts/numeric/options", test_options);
  g_test_add_func ("/parts/numeric/equality", test_equality);
  g_test_add_func ("/parts/numeric/gsm8k-labels", test_gsm8k);
  g_test_add_func ("/parts/numeric/hostile", test_hostile);
  g_test_add_func ("/parts/numeric/long-numbers", test_long_numbers);
  return g_test_run ();
}
