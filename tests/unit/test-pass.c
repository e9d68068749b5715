/* pass@k, pass^k and lists of k against enumeration and 113-bit products. */
#include <vervet-error.h>
#include <vervet-stats.h>
#include <math.h>

typedef _Float128 Quad;

static Quad
quad_miss (guint64 n, guint64 c, guint64 k)
{
  Quad miss = 1;

  if (k > n - c)
    return 0;
  for (guint64 i = 0; i < k; i++)
    miss *= (Quad)(n - c - i) / (Quad)(n - i);
  return miss;
}

static void
assert_close (double got, double expected, double relative, const char *what, guint64 n, guint64 c, guint64 k)
{
  if (!(fabs (got - expected) <= relative * fabs (expected)))
    g_error ("%s n=%" G_GUINT64_FORMAT " c=%" G_GUINT64_FORMAT " k=%" G_GUINT64_FORMAT ": %.17g, expected %.17g", what,
             n, c, k, got, expected);
}

/* Every subset of up to 12 trials of which the first c pass. */
static void
test_all_subsets (void)
{
  for (guint n = 1; n <= 12; n++)
    for (guint c = 0; c <= n; c++) {
      guint any[13] = { 0 }, all[13] = { 0 }, total[13] = { 0 }, right = (1u << c) - 1;

      for (guint subset = 0; subset < 1u << n; subset++) {
        guint k = (guint)__builtin_popcount (subset);

        total[k]++;
        any[k] += (subset & right) != 0;
        all[k] += (subset & right) == subset;
      }
      for (guint k = 1; k <= n; k++) {
        assert_close (vervet_pass_at_k (n, c, k), (double)any[k] / total[k], 4e-16, "pass@k", n, c, k);
        assert_close (vervet_pass_hat_k (n, c, k), (double)all[k] / total[k], 4e-16, "pass^k", n, c, k);
      }
    }
}

static void
test_large (void)
{
  static const guint64 ns[] = { 100, 9999, 10000, 1000000 };
  static const guint64 parts[] = { 1,    2,    3,    7,     31,     100,    333,    1000,
                                   3456, 5000, 9998, 10000, 123456, 500000, 999999, 1000000 };

  for (guint a = 0; a < G_N_ELEMENTS (ns); a++)
    for (guint b = 0; b < G_N_ELEMENTS (parts) && parts[b] <= ns[a]; b++)
      for (guint d = 0; d < G_N_ELEMENTS (parts) && parts[d] <= ns[a]; d++) {
        guint64 n = ns[a], c = parts[b], k = parts[d];
        Quad miss = quad_miss (n, c, k);
        double got = vervet_pass_at_k (n, c, k);

        assert_close (got, (double)(1 - miss), 1e-15, "pass@k", n, c, k);
        if (miss > 1e-3) /* below that a double near 1 cannot show it */
          assert_close (1 - got, (double)miss, 1e-13, "1 - pass@k", n, c, k);
        miss = quad_miss (n, n - c, k);
        if (miss > 1e-280)
          assert_close (vervet_pass_hat_k (n, c, k), (double)miss, 1e-15, "pass^k", n, c, k);
      }
}

/* All k of one row at once, where the two ways of going on change over. */
static void
test_ascending (void)
{
  static const guint64 cs[] = { 0, 1, 5, 20, 400, 1990, 2000 };
  guint64 ks[2002];
  double out[2002];

  for (guint i = 0; i < G_N_ELEMENTS (cs); i++) {
    guint n_ks = 0;

    for (guint64 k = 0; k <= 2001; k += k < 30 ? 1 : 1 + k % 13)
      ks[n_ks++] = k;
    vervet_pass_at_ks (2000, cs[i], ks, n_ks, out);
    for (guint j = 0; j < n_ks; j++)
      if (ks[j] == 0 || ks[j] > 2000)
        g_assert_true (isnan (out[j]));
      else
        assert_close (out[j], (double)(1 - quad_miss (2000, cs[i], ks[j])), 1e-15, "pass@ks", 2000, cs[i], ks[j]);
  }
}

static void
test_monotone (void)
{
  for (guint round = 0; round < 2000; round++) {
    guint64 n = (guint64)g_test_rand_int_range (2, 20000), c = (guint64)g_test_rand_int_range (0, (gint32)n);
    guint64 k = (guint64)g_test_rand_int_range (1, (gint32)n);
    double p = vervet_pass_at_k (n, c, k), hat = vervet_pass_hat_k (n, c, k);

    g_assert_cmpfloat (p, >=, 0);
    g_assert_cmpfloat (p, <=, 1);
    g_assert_cmpfloat (vervet_pass_at_k (n, c, k + 1), >=, p);
    g_assert_cmpfloat (vervet_pass_at_k (n, c + 1, k), >=, p);
    g_assert_cmpfloat (vervet_pass_hat_k (n, c, k + 1), <=, hat);
    g_assert_cmpfloat (hat, <=, p * (1 + 1e-13)); /* equal at k = 1, where both are rounded */
    g_assert_cmpfloat_with_epsilon (vervet_pass_at_k (n, c, 1), (double)c / n, 1e-15);
  }
}

static void
test_no_estimate (void)
{
  g_assert_true (isnan (vervet_pass_at_k (5, 2, 6)));
  g_assert_true (isnan (vervet_pass_at_k (5, 2, 0)));
  g_assert_true (isnan (vervet_pass_at_k (0, 0, 1)));
  g_assert_true (isnan (vervet_pass_at_k (5, 6, 1)));
  g_assert_true (isnan (vervet_pass_hat_k (5, 2, 6)));
  g_assert_cmpfloat (vervet_pass_at_k (G_MAXUINT32, G_MAXUINT32 / 2, G_MAXUINT32 / 2), ==, 1);
}

static void
assert_ks (GArray *ks, const char *expected)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < ks->len; i++)
    g_string_append_printf (text, "%s%" G_GUINT64_FORMAT, i ? "," : "", g_array_index (ks, guint64, i));
  g_assert_cmpstr (text->str, ==, expected);
  g_array_unref (ks);
}

static void
test_ks (void)
{
  static const char *const bad[] = { "",         ",",
                                     "1,",       "0",
                                     "-3",       "1-",
                                     "5-3",      "a",
                                     "1 ,2",     "1.5",
                                     "1-3-5",    "99999999999999999999",
                                     "1-100001", "1-60000,1-60000",
                                     NULL };

  assert_ks (vervet_log_spaced_ks (0), "");
  assert_ks (vervet_log_spaced_ks (1), "1");
  assert_ks (vervet_log_spaced_ks (2), "1,2");
  assert_ks (vervet_log_spaced_ks (64), "1,2,3,5,10,20,30,50,64");
  assert_ks (vervet_log_spaced_ks (10000), "1,2,3,5,10,20,30,50,100,200,300,500,1000,2000,3000,5000,10000");
  g_assert_cmpuint (vervet_log_spaced_ks (G_MAXUINT64)->len, >, 76);
  assert_ks (vervet_parse_ks ("100-103,1,10,10,102", NULL), "1,10,100,101,102,103");
  assert_ks (vervet_parse_ks ("18446744073709551614-18446744073709551615", NULL),
             "18446744073709551614,18446744073709551615");
  for (guint i = 0; bad[i]; i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (vervet_parse_ks (bad[i], &error));
    g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pass/all-subsets", test_all_subsets);
  g_test_add_func ("/pass/large", test_large);
  g_test_add_func ("/pass/ascending", test_ascending);
  g_test_add_func ("/pass/monotone", test_monotone);
  g_test_add_func ("/pass/no-estimate", test_no_estimate);
  g_test_add_func ("/pass/ks", test_ks);
  return g_test_run ();
}
