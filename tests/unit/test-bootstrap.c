/* Philox, the bootstrap and the fit. */
#include <vervet-stats.h>
#include <math.h>
#include <stdlib.h>

/* The published vectors of Random123 (kat_vectors, philox4x32 10). */
static void
test_philox (void)
{
  static const struct {
    guint64 seed, stream, index;
    guint32 words[4];
  } known[] = {
    { 0, 0, 0, { 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8 } },
    { G_MAXUINT64, G_MAXUINT64, G_MAXUINT64, { 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd } },
    { 0x299f31d0a4093822, 0x0370734413198a2e, 0x85a308d3243f6a88, { 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1 } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++) {
    guint32 out[4];

    vervet_philox (known[i].seed, known[i].stream, known[i].index, out);
    g_assert_cmpmem (out, sizeof out, known[i].words, sizeof out);
  }
}

static int
compare_doubles (const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;

  return x < y ? -1 : x > y;
}

static double
sorted_quantile (const double *sorted, guint n, double q)
{
  double at = q * (n - 1);
  guint below = (guint)at;

  return below + 1 < n ? sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]) : sorted[n - 1];
}

/* One column the plain way, with the rows that the definition says: word i of stream (1 << 56 | replicate). */
static void
naive_column (const double *table, guint rows, guint cols, guint column, guint reps, guint64 seed, double *low,
              double *high)
{
  g_autofree double *means = g_new (double, reps);
  guint kept = 0;

  for (guint r = 0; r < reps; r++) {
    double sum = 0, n = 0;
    guint32 words[4];

    for (guint i = 0; i < rows; i++) {
      double x;

      if (i % 4 == 0)
        vervet_philox (seed, (G_GUINT64_CONSTANT (1) << 56) | r, i / 4, words);
      x = table[(gsize)((guint64)words[i % 4] * rows >> 32) * cols + column];
      if (!isnan (x)) {
        sum += x;
        n++;
      }
    }
    if (n > 0)
      means[kept++] = sum / n;
  }
  qsort (means, kept, sizeof *means, compare_doubles);
  *low = sorted_quantile (means, kept, 0.025);
  *high = sorted_quantile (means, kept, 0.975);
}

static void
check_table (guint rows, guint cols, guint reps, double holes)
{
  g_autofree double *table = g_new (double, (gsize)rows *cols);
  g_autofree VervetEstimate *out = g_new (VervetEstimate, cols);

  for (gsize i = 0; i < (gsize)rows * cols; i++)
    table[i] = g_test_rand_double () < holes ? NAN : g_test_rand_double ();
  for (guint row = 0; row < rows; row++)
    table[(gsize)row * cols] = 0.25; /* a column of equal values */
  vervet_bootstrap_columns (table, rows, cols, reps, 0.95, 42, out);
  for (guint column = 0; column < cols; column++) {
    double low, high, sum = 0;
    guint n = 0;

    for (guint row = 0; row < rows; row++)
      if (!isnan (table[(gsize)row * cols + column])) {
        sum += table[(gsize)row * cols + column];
        n++;
      }
    g_assert_cmpuint (out[column].n_rows, ==, n);
    if (n < 2) {
      g_assert_true (isnan (out[column].low) && isnan (out[column].high));
      continue;
    }
    naive_column (table, rows, cols, column, reps, 42, &low, &high);
    g_assert_cmpfloat_with_epsilon (out[column].mean, sum / n, 1e-14);
    g_assert_cmpfloat_with_epsilon (out[column].low, low, 1e-13);
    g_assert_cmpfloat_with_epsilon (out[column].high, high, 1e-13);
  }
  g_assert_cmpfloat (out[0].low, ==, 0.25);
  g_assert_cmpfloat (out[0].high, ==, 0.25);
}

static void
test_against_naive (void)
{
  check_table (2, 1, 10, 0);
  check_table (3, 5, 101, 0.3);
  check_table (40, 9, 250, 0);
  check_table (97, 13, 1000, 0.5);
  check_table (6, 3, 2, 0.9);
}

/* More columns than are held at a time give what they give one by one. */
static void
test_many_columns (void)
{
  const guint rows = 3, cols = 5000, reps = 2000;
  g_autofree double *table = g_new (double, rows *cols);
  g_autofree VervetEstimate *out = g_new (VervetEstimate, cols);

  for (guint i = 0; i < rows * cols; i++)
    table[i] = i % 7 ? (i * 37 % 101) / 101.0 : NAN;
  vervet_bootstrap_columns (table, rows, cols, reps, 0.9, 1, out);
  for (guint column = 0; column < cols; column += 491) {
    double one[3] = { table[column], table[cols + column], table[2 * cols + column] };
    VervetEstimate alone;

    vervet_bootstrap_columns (one, rows, 1, reps, 0.9, 1, &alone);
    g_assert_cmpfloat (alone.mean, ==, out[column].mean);
    g_assert_cmpfloat (alone.low, ==, out[column].low);
    g_assert_cmpfloat (alone.high, ==, out[column].high);
  }
}

static void
test_too_few (void)
{
  double table[] = { 0.5, NAN, 0.25, NAN };
  VervetEstimate out[4];

  vervet_bootstrap_columns (table, 1, 4, 100, 0.95, 1, out);
  g_assert_cmpfloat (out[0].mean, ==, 0.5);
  g_assert_true (isnan (out[0].low) && isnan (out[1].mean));
  g_assert_cmpuint (out[1].n_rows, ==, 0);
  vervet_bootstrap_columns (table, 0, 2, 100, 0.95, 1, out);
  g_assert_true (isnan (out[0].mean));
  vervet_bootstrap_columns (table, 2, 2, 0, 0.95, 1, out);
  g_assert_true (isnan (out[0].low));
  g_assert_cmpfloat (out[0].mean, ==, 0.375);
}

/* 95 % intervals for the mean of 100 problems hold the truth about 95 % of the time. */
static void
test_holds_the_truth (void)
{
  const guint sets = 600, rows = 100;
  g_autoptr (GRand) rand = g_rand_new_with_seed (9);
  double table[100];
  guint held = 0;

  for (guint set = 0; set < sets; set++) {
    VervetEstimate out;

    for (guint row = 0; row < rows; row++)
      table[row] = pow (g_rand_double (rand), 3); /* mean 1/4, skewed */
    vervet_bootstrap_columns (table, rows, 1, 500, 0.95, set, &out);
    held += out.low <= 0.25 && 0.25 <= out.high;
  }
  g_assert_cmpuint (held, >, sets * 90 / 100);
  g_assert_cmpuint (held, <, sets * 98 / 100);
}

static void
test_fit_recovers (void)
{
  static const double truth[][2] = { { -2.5, -0.4 }, { -8, -0.3 }, { -0.4, -0.9 } };
  double ks[40], means[40];

  for (guint t = 0; t < G_N_ELEMENTS (truth); t++) {
    VervetPowerFit fit;

    for (guint i = 0; i < 40; i++) {
      ks[i] = pow (10, i / 10.0);
      means[i] = exp (truth[t][0] * pow (ks[i], truth[t][1]));
    }
    g_assert_true (vervet_fit_power (ks, means, 40, &fit));
    g_assert_cmpfloat_with_epsilon (fit.a, truth[t][0], 1e-8);
    g_assert_cmpfloat_with_epsilon (fit.b, truth[t][1], 1e-8);
    g_assert_cmpfloat (fit.max_abs_error, <, 1e-9);
    g_assert_cmpuint (fit.n, ==, 40);
  }
}

static double
squares (const double *ks, const double *means, guint n, double a, double b)
{
  double sum = 0;

  for (guint i = 0; i < n; i++) {
    double rest = exp (a * pow (ks[i], b)) - means[i];

    sum += rest * rest;
  }
  return sum;
}

/* With noise, and points at 0 and 1 that have no place in it, nothing nearby is better. */
static void
test_fit_is_least (void)
{
  double ks[30], means[30];
  VervetPowerFit fit;

  for (guint i = 0; i < 30; i++) {
    ks[i] = 1 + i * i;
    means[i] = i == 0 ? 0 : i > 27 ? 1 : exp (-3 * pow (ks[i], -0.5)) + 0.02 * sin (i * 12.9898);
  }
  g_assert_true (vervet_fit_power (ks, means, 30, &fit));
  g_assert_cmpuint (fit.n, ==, 27);
  for (guint i = 0; i < 64; i++) {
    double a = fit.a + 1e-3 * cos (i * G_PI / 32), b = fit.b + 1e-3 * sin (i * G_PI / 32);

    g_assert_cmpfloat (squares (ks + 1, means + 1, 27, a, b), >, squares (ks + 1, means + 1, 27, fit.a, fit.b));
  }
}

static void
test_fit_refuses (void)
{
  double ks[] = { 1, 2, 3, 4 }, means[] = { 0, 0.5, 0.6, 1 }, same[] = { 2, 2, 2, 2 },
         inside[] = { 0.1, 0.2, 0.3, NAN };
  VervetPowerFit fit;

  g_assert_false (vervet_fit_power (ks, means, 4, &fit));
  g_assert_false (vervet_fit_power (same, inside, 4, &fit));
  g_assert_false (vervet_fit_power (ks, inside, 0, &fit));
  g_assert_true (vervet_fit_power (ks, inside, 4, &fit));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/philox/known-answers", test_philox);
  g_test_add_func ("/bootstrap/naive", test_against_naive);
  g_test_add_func ("/bootstrap/many-columns", test_many_columns);
  g_test_add_func ("/bootstrap/too-few", test_too_few);
  g_test_add_func ("/bootstrap/holds-the-truth", test_holds_the_truth);
  g_test_add_func ("/fit/recovers", test_fit_recovers);
  g_test_add_func ("/fit/is-least", test_fit_is_least);
  g_test_add_func ("/fit/refuses", test_fit_refuses);
  return g_test_run ();
}
