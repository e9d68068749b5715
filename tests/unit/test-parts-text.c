/* The verifiers "exact" and "choice". */
#include <string.h>

#include "plugin-harness.h"

typedef struct {
  const char *text, *reference, *answer, *rule;
  int status;
} Case;

static void
check (Harness *verifier, const Case *c)
{
  vv_verdict verdict = harness_verify (verifier, c->text, -1, c->reference);
  g_autofree char *detail = g_strndup (verdict.detail.ptr, verdict.detail.len);
  g_autofree char *rule = g_strconcat ("rule: ", c->rule, NULL);

  if (verdict.status != c->status || strcmp (rule, detail) != 0 || strcmp (harness_answer (&verdict), c->answer) != 0) {
    g_test_message ("\"%s\" against \"%s\": status %d, answer \"%s\", %s", c->text, c->reference, verdict.status,
                    harness_answer (&verdict), detail);
    g_test_fail ();
  }
}

#define exact(...) harness_new (PLUGIN_VERIFIER_EXACT, VV_KIND_VERIFIER, "exact", ##__VA_ARGS__, NULL)
#define choice(...) harness_new (PLUGIN_VERIFIER_CHOICE, VV_KIND_VERIFIER, "choice", ##__VA_ARGS__, NULL)

static void
test_exact (void)
{
  static const Case cases[] = {
    { " Paris\n", "Paris", "Paris", "whole", VV_PASS },
    { "paris", "Paris", "paris", "whole", VV_FAIL },
    { "Paris.", "Paris", "Paris.", "whole", VV_FAIL },
    { "a  b", "a b", "a  b", "whole", VV_FAIL },
    { "<think>Rome?</think>Paris", "Paris", "Paris", "whole", VV_PASS },
    { "  \n", "Paris", "", "whole", VV_NO_ANSWER },
    { "Paris", "", "Paris", "whole", VV_UNDECIDED },
    { "Paris", "  ", "Paris", "whole", VV_BAD_REFERENCE },
    { "\xff\xfe", "\xff\xfe", "\xff\xfe", "whole", VV_PASS },
  };
  g_autoptr (Harness) plain = exact ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    check (plain, &cases[i]);
}

static void
test_exact_options (void)
{
  g_autoptr (Harness) squad =
      exact ("ignore-case", "true", "blanks", "collapse", "punctuation", "remove", "drop-articles", "true");
  g_autoptr (Harness) trailing = exact ("punctuation", "trailing"), removed = exact ("blanks", "remove");
  g_autoptr (Harness) kept = exact ("blanks", "keep"), automatic = exact ("extract", "auto");

  check (squad,
         &(Case){ "The  \"Eiffel Tower\", an icon!", "eiffel tower icon", "eiffel tower icon", "whole", VV_PASS });
  check (squad, &(Case){ "theatre", "atre", "theatre", "whole", VV_FAIL });
  check (squad, &(Case){ "the", "x", "", "whole", VV_NO_ANSWER });
  check (trailing, &(Case){ "Paris !.", "Paris", "Paris", "whole", VV_PASS });
  check (removed, &(Case){ "1 000\n000", "1000000", "1000000", "whole", VV_PASS });
  check (kept, &(Case){ "a ", "a", "a ", "whole", VV_FAIL });
  check (automatic, &(Case){ "hm \\boxed{x+1} ok", "x+1", "x+1", "boxed", VV_PASS });
  check (automatic, &(Case){ "The answer is: **yes**", "yes", "yes", "answer", VV_PASS });
  check (automatic, &(Case){ "yes", "yes", "yes", "whole", VV_PASS });
}

static void
test_choice (void)
{
  static const Case cases[] = {
    { "B", "B", "B", "whole", VV_PASS },
    { "(B)", "B", "B", "whole", VV_PASS },
    { "B. Paris", "(B)", "B", "whole", VV_PASS },
    { "b", "B", "B", "line", VV_PASS },
    { "The answer is (B).", "B", "B", "answer", VV_PASS },
    { "The correct answer is option C: because of (A).", "c", "C", "answer", VV_PASS },
    { "Answer: $B$", "B", "B", "answer", VV_PASS },
    { "**Answer:** b, it is so", "B", "", "none", VV_NO_ANSWER },
    { "so \\boxed{B}", "B", "B", "boxed", VV_PASS },
    { "so \\boxed{\\text{(B)}}", "B", "B", "boxed", VV_PASS },
    { "so \\boxed{b}", "B", "B", "boxed", VV_PASS },
    { "I think about it for a while, then I go and look at it, and I say so.\n\n**D**\n", "D", "D", "line", VV_PASS },
    { "First (A) is out, as everybody knows; then (C) is out as well; it leaves (B) and no other thing", "B", "B",
      "last", VV_PASS },
    { "A dog is an animal, and I know that it has four legs, as most animals that live with us", "A", "", "none",
      VV_NO_ANSWER },
    { "The answer is A dog, and \xc3\x84 is no letter, I say, for there is nothing that goes with it at all", "A", "",
      "none", VV_NO_ANSWER },
    { "Answer: A", "A", "A", "answer", VV_PASS },
    { "The answer is (A) or (B)", "A", "", "answer", VV_UNDECIDED },
    { "so \\boxed{A, C}", "A", "", "boxed", VV_UNDECIDED },
    { "", "A", "", "none", VV_NO_ANSWER },
    { "B", "", "B", "whole", VV_UNDECIDED },
    { "B", "Paris", "B", "whole", VV_BAD_REFERENCE },
    { "Answer: Z", "A", "", "none", VV_NO_ANSWER },
  };
  g_autoptr (Harness) plain = choice ();

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    check (plain, &cases[i]);
}

static void
test_choice_options (void)
{
  g_autoptr (Harness) four = choice ("letters", "abcd"), strict = choice ("strict", "true"),
                      bad = choice ("letters", "A1");

  check (four, &(Case){ "The answer is E", "A", "", "none", VV_NO_ANSWER });
  check (four, &(Case){ "The answer is D", "D", "D", "answer", VV_PASS });
  check (strict, &(Case){ "First (A) is out, as everybody knows; then (C) is out as well; it leaves (B) and no other",
                          "B", "", "none", VV_NO_ANSWER });
  g_assert_cmpint (bad->status, ==, VV_E_INVALID);
  g_assert_nonnull (strstr (bad->error.message, "option 'letters'"));
}

static void
test_hostile (void)
{
  static const char *const pieces[] = { "(",   "\\boxed{", "answer is", "option ", "A\n",  "\\text{",
                                        "(A)", "\xff",     "<think>",   "the ",    "A or " };
  g_autoptr (Harness) e = exact ("extract", "auto", "drop-articles", "true"), c = choice ();

  for (guint i = 0; i < G_N_ELEMENTS (pieces); i++) {
    g_autoptr (GString) text = g_string_new (NULL);

    while (text->len < 400000)
      g_string_append (text, pieces[i]);
    harness_verify (e, text->str, (gssize)text->len, "x");
    harness_verify (c, text->str, (gssize)text->len, "B");
    text->str[text->len / 3] = 0;
    harness_verify (c, text->str, (gssize)text->len, text->str);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/parts/exact/cases", test_exact);
  g_test_add_func ("/parts/exact/options", test_exact_options);
  g_test_add_func ("/parts/choice/cases", test_choice);
  g_test_add_func ("/parts/choice/options", test_choice_options);
  g_test_add_func ("/parts/text/hostile", test_hostile);
  return g_test_run ();
}
