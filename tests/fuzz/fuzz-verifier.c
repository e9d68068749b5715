/* fuzz-verifier.c - any bytes as a model's text and its reference, for one of the built-in verifiers. A NUL parts the
 * two. What is checked beyond "no crash": a verdict has a status, a score that goes with it and strings that can be
 * read; the same call gives the same verdict; an answer that was found equals itself when it is the reference. */
#include <math.h>
#include <string.h>

#include "plugin-harness.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static Harness *
open_verifier (guint which)
{
#if defined FUZZ_NUMERIC
  static const char *const names[] = { "percent", "decimal", "tolerance", "extract" };
  static const char *const values[] = { "ignore", "comma", "0.01", "last-line" };

  return harness_new (PLUGIN_VERIFIER_NUMERIC, VV_KIND_VERIFIER, "numeric", which ? names[which - 1] : NULL,
                      which ? values[which - 1] : NULL, NULL);
#elif defined FUZZ_EXACT
  static const char *const punctuation[] = { "keep", "trailing", "remove", "remove", "trailing" };
  static const char *const blanks[] = { "trim", "collapse", "collapse", "remove", "keep" };

  return harness_new (PLUGIN_VERIFIER_EXACT, VV_KIND_VERIFIER, "exact", "punctuation", punctuation[which], "blanks",
                      blanks[which], "ignore-case", which % 2 ? "true" : "false", "drop-articles",
                      which == 2 ? "true" : "false", "extract", which == 0 ? "whole" : "auto", NULL);
#else
  static const char *const extract[] = { "auto", "boxed", "answer", "line", "last" };

  return harness_new (PLUGIN_VERIFIER_CHOICE, VV_KIND_VERIFIER, "choice", "extract", extract[which], NULL);
#endif
}

static vv_verdict
verify (Harness *harness, vv_str text, vv_str reference)
{
  const vv_verifier_iface *iface = harness->component->iface;
  const vv_problem problem = { .struct_size = sizeof problem, .id = "fuzz", .reference = reference };
  vv_verdict verdict = { 0 };

  g_assert_cmpint (iface->verify (harness->self, &problem, text, &verdict, &harness->error), ==, VV_OK);
  g_assert_cmpint (verdict.status, >=, VV_PASS);
  g_assert_cmpint (verdict.status, <=, VV_BAD_REFERENCE);
  if (verdict.status == VV_PASS || verdict.status == VV_FAIL)
    g_assert_true (verdict.score == (verdict.status == VV_PASS));
  else
    g_assert_true (isnan (verdict.score));
  g_assert_nonnull (verdict.reason);
  g_assert_cmpmem (verdict.detail.ptr, 6, "rule: ", 6);
  if (verdict.status == VV_PASS)
    g_assert_cmpuint (verdict.answer.len, >, 0);
  if (reference.len == 0)
    g_assert_true (verdict.status == VV_UNDECIDED || verdict.status == VV_NO_ANSWER);
  return verdict;
}

static void
check (Harness *harness, vv_str text, vv_str reference)
{
  vv_verdict first = verify (harness, text, reference), again;
  g_autofree char *answer = g_strndup (first.answer.ptr ? first.answer.ptr : "", first.answer.len);
  g_autofree char *copy = g_memdup2 (first.answer.ptr ? first.answer.ptr : "", first.answer.len + 1);
  vv_str own = { copy, first.answer.len };

  again = verify (harness, text, reference);
  g_assert_cmpint (again.status, ==, first.status);
  g_assert_cmpmem (again.answer.ptr, again.answer.len, copy, own.len);
  if (own.len > 0 && verify (harness, text, own).status != VV_PASS)
    g_error ("the answer \"%s\" is not equal to itself", answer);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static Harness *harness[5];
  const guint8 *nul = size > 0 ? memchr (data, 0, size) : NULL;
  gsize len = nul ? (gsize)(nul - data) : size;
  /* Copies of their very length, so that a read behind the end is seen. */
  g_autofree char *text = g_memdup2 (data, len);
  g_autofree char *reference = nul ? g_memdup2 (nul + 1, size - len - 1) : NULL;

  for (guint i = 0; i < G_N_ELEMENTS (harness); i++) {
    if (!harness[i])
      harness[i] = open_verifier (i);
    check (harness[i], (vv_str){ text, len }, (vv_str){ reference, nul ? size - len - 1 : 0 });
  }
  return 0;
}
