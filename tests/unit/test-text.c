/* Small text helpers. */
#include <math.h>
#include <string.h>

#include <glib.h>

#include "util/text.h"

static void
test_nearest (void)
{
  static const char *const options[] = { "temperature", "top-p", "top-k", "samples", "max-tokens", "k", NULL };
  static const struct {
    const char *word, *nearest;
  } cases[] = {
    { "temprature", "temperature" },
    { "temperatrue", "temperature" },
    { "Temperature", "temperature" },
    { "sampels", "samples" },
    { "sample", "samples" },
    { "topp", "top-p" },
    { "top-q", "top-p" },
    { "maxtokens", "max-tokens" },
    { "zzz", NULL },
    { "", NULL },
    { "verifier", NULL },
    { "j", NULL },
    { "kk", "k" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_test_message ("%s", cases[i].word);
    g_assert_cmpstr (vervet_text_nearest (cases[i].word, options), ==, cases[i].nearest);
  }
}

/* The distance by the plain recursion over prefixes, against which the choice is checked. */
static guint
slow_distance (const char *a, gsize n, const char *b, gsize m)
{
  if (n == 0 || m == 0)
    return (guint)(n + m);
  guint best = slow_distance (a, n - 1, b, m - 1) + (a[n - 1] != b[m - 1]);
  best = MIN (best, slow_distance (a, n - 1, b, m) + 1);
  best = MIN (best, slow_distance (a, n, b, m - 1) + 1);
  if (n > 1 && m > 1 && a[n - 1] == b[m - 2] && a[n - 2] == b[m - 1])
    best = MIN (best, slow_distance (a, n - 2, b, m - 2) + 1);
  return best;
}

static void
test_nearest_by_brute_force (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);
  for (guint round = 0; round < 300; round++) {
    char words[4][8];
    for (guint i = 0; i < 4; i++) {
      guint len = g_rand_int_range (rand, 1, 6);
      for (guint k = 0; k < len; k++)
        words[i][k] = (char)('a' + g_rand_int_range (rand, 0, 3));
      words[i][len] = '\0';
    }
    const char *candidates[] = { words[1], words[2], words[3], NULL }, *expected = NULL;
    guint least = G_MAXUINT;
    for (guint i = 1; i < 4; i++) {
      gsize longer = MAX (strlen (words[0]), strlen (words[i]));
      guint d = slow_distance (words[0], strlen (words[0]), words[i], strlen (words[i]));
      if (d <= MAX (longer / 3, 1) && d < longer && d < least) {
        least = d;
        expected = words[i];
      }
    }
    g_assert_cmpstr (vervet_text_nearest (words[0], candidates), ==, expected);
  }
}

static void
test_did_you_mean (void)
{
  static const char *const options[] = { "math", NULL };
  g_autofree char *near = vervet_text_did_you_mean ("maht", options),
                  *far = vervet_text_did_you_mean ("numeric", options);
  g_autofree char *huge = g_strnfill (100000, 'm'), *none = vervet_text_did_you_mean (huge, options);
  g_assert_cmpstr (near, ==, "; did you mean \"math\"?");
  g_assert_cmpstr (far, ==, "");
  g_assert_cmpstr (none, ==, "");
}

static void
test_count (void)
{
  static const struct {
    gint64 n;
    const char *text;
  } cases[] = {
    { 0, "0" },          { 999, "999" },
    { 1000, "1,000" },   { 1234567, "1,234,567" },
    { -1000, "-1,000" }, { G_MININT64, "-9,223,372,036,854,775,808" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text = vervet_text_count (cases[i].n);
    g_assert_cmpstr (text, ==, cases[i].text);
  }
}

static void
test_duration (void)
{
  static const struct {
    double seconds;
    const char *text;
  } cases[] = {
    { 0, "0:00" },       { 0.4, "0:00" },      { 42, "0:42" },           { 59.6, "1:00" },
    { 3599.4, "59:59" }, { 11110, "3:05:10" }, { 86399.4, "23:59:59" },  { 86400 * 2 + 3600 * 4, "2d 4h" },
    { -1, "?" },         { NAN, "?" },         { INFINITY, "for ever" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text = vervet_text_duration (cases[i].seconds);
    g_assert_cmpstr (text, ==, cases[i].text);
  }
}

static void
test_utf8 (void)
{
  g_autofree char *good = vervet_text_utf8 ("a\xc3\xa9", 3), *bad = vervet_text_utf8 ("a\xff\xc3z\xe2\x82", 6);
  g_autofree char *nul = vervet_text_utf8 ("a\0b", 3), *none = vervet_text_utf8 ("", 0);
  g_assert_cmpstr (good, ==, "a\xc3\xa9");
  g_assert_cmpstr (bad, ==, "a\xef\xbf\xbd\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd");
  g_assert_cmpmem (nul, 4, "a\0b", 4);
  g_assert_cmpstr (none, ==, "");
}

static void
test_quote (void)
{
  g_autofree char *plain = vervet_text_quote ("caf\xc3\xa9", 5),
                  *odd = vervet_text_quote ("a\x1b[31m\n\xff\xc2\x9b", 10);
  g_autofree char *longer = g_strnfill (100, 'x'), *cut = vervet_text_quote (longer, 100);
  g_autofree char *sixty = vervet_text_quote (longer, 60);
  g_assert_cmpstr (plain, ==, "\"caf\xc3\xa9\"");
  g_assert_cmpstr (odd, ==, "\"a\\x1b[31m\\x0a\\xff\\x9b\"");
  g_assert_cmpuint (strlen (cut), ==, 65);
  g_assert_true (g_str_has_suffix (cut, "x...\""));
  g_assert_cmpuint (strlen (sixty), ==, 62);
}

static void
test_double (void)
{
  static const struct {
    double value;
    const char *text;
  } cases[] = {
    { 0.1, "0.1" },
    { 1, "1" },
    { -0.0, "-0" },
    { 1e22, "1e22" },
    { 1e-7, "1e-7" },
    { 5e-324, "5e-324" },
    { 1.0 / 3, "0.3333333333333333" },
    { 0.1 + 0.2, "0.30000000000000004" },
    { 1.7976931348623157e308, "1.7976931348623157e308" },
    { 2.2250738585072014e-308, "2.2250738585072014e-308" },
    { 123456789012345680.0, "1.2345678901234568e17" },
    { NAN, "nan" },
    { INFINITY, "inf" },
    { -INFINITY, "-inf" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text = vervet_text_double (cases[i].value);
    g_assert_cmpstr (text, ==, cases[i].text);
  }
}

/* Any bit pattern: the text reads back the same, and no text with one digit less does. */
static void
test_double_is_shortest (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (6);
  for (guint round = 0; round < 20000; round++) {
    guint64 bits = (guint64)g_rand_int (rand) << 32 | g_rand_int (rand);
    double value;
    if (round % 4 == 0)
      bits &= G_GUINT64_CONSTANT (0x800fffffffffffff) >> g_rand_int_range (rand, 0, 40); /* subnormal */
    memcpy (&value, &bits, sizeof value);
    if (round % 4 == 1)
      value = g_rand_int_range (rand, -100000, 100000) / 1000.0;
    if (!isfinite (value))
      continue;
    g_autofree char *text = vervet_text_double (value);
    double again = g_ascii_strtod (text, NULL);
    g_assert_cmpmem (&again, sizeof again, &value, sizeof value);
    int digits = 0;
    gboolean leading = TRUE;
    for (const char *p = text; *p && *p != 'e'; p++)
      if (g_ascii_isdigit (*p) && !(leading && *p == '0')) {
        leading = FALSE;
        digits++;
      }
    if (digits > 1 && !g_str_has_suffix (text, "0")) {
      char shorter[64];
      g_autofree char *format = g_strdup_printf ("%%.%dg", digits - 1);
      g_assert_cmpfloat (g_ascii_strtod (g_ascii_formatd (shorter, sizeof shorter, format, value), NULL), !=, value);
    }
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/text/nearest", test_nearest);
  g_test_add_func ("/text/nearest-by-brute-force", test_nearest_by_brute_force);
  g_test_add_func ("/text/did-you-mean", test_did_you_mean);
  g_test_add_func ("/text/count", test_count);
  g_test_add_func ("/text/duration", test_duration);
  g_test_add_func ("/text/utf8", test_utf8);
  g_test_add_func ("/text/quote", test_quote);
  g_test_add_func ("/text/double", test_double);
  g_test_add_func ("/text/double-is-shortest", test_double_is_shortest);
  return g_test_run ();
}
