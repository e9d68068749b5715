/* maj@k against all subsets, against sums over the counts of three classes, and against shuffled pools. */
#include <vervet-stats.h>
#include "stats/hypergeometric.h"
#include <math.h>

#define MAX_CLASSES 64

typedef struct {
  guint64 classes[MAX_CLASSES], blank, n;
  guint8 correct[MAX_CLASSES];
  guint n_classes;
} Pool;

static double
score (const Pool *pool, const guint64 *votes)
{
  guint64 top = 0;
  guint tied = 0, right = 0;

  for (guint i = 0; i < pool->n_classes; i++)
    top = MAX (top, votes[i]);
  for (guint i = 0; i < pool->n_classes && top; i++)
    if (votes[i] == top) {
      tied++;
      right += pool->correct[i];
    }
  return tied ? (double)right / tied : 0;
}

/* The class of each trial; n_classes: blank. */
static void
spread (const Pool *pool, guint *class)
{
  guint64 at = 0;

  for (guint i = 0; i < pool->n_classes; i++)
    for (guint64 j = 0; j < pool->classes[i]; j++)
      class[at++] = i;
  while (at < pool->n)
    class[at++] = pool->n_classes;
}

static void
random_pool (Pool *pool, guint max_n)
{
  *pool = (Pool){ .n = 0 };
  pool->n_classes = (guint)g_test_rand_int_range (0, 6);
  for (guint i = 0; i < pool->n_classes; i++) {
    pool->classes[i] = (guint64)g_test_rand_int_range (0, 1 + MIN (5, (gint32)(max_n - pool->n)));
    pool->correct[i] = g_test_rand_int_range (0, 3) == 0;
    pool->n += pool->classes[i];
  }
  pool->blank = (guint64)g_test_rand_int_range (0, 1 + MIN (3, (gint32)(max_n - pool->n)));
  pool->n += pool->blank;
}

static void
test_all_subsets (void)
{
  for (guint round = 0; round < 150; round++) {
    Pool pool;
    guint class[12], total[13] = { 0 };
    double sum[13] = { 0 }, out[13], se[13];
    guint64 ks[13];

    random_pool (&pool, 12);
    spread (&pool, class);
    for (guint subset = 0; subset < 1u << pool.n; subset++) {
      guint64 votes[7] = { 0 };
      guint k = (guint)__builtin_popcount (subset);

      for (guint i = 0; i < pool.n; i++)
        if (subset >> i & 1)
          votes[class[i]]++;
      total[k]++;
      sum[k] += score (&pool, votes);
    }
    for (guint k = 0; k <= 12; k++)
      ks[k] = k;
    vervet_maj_at_ks (pool.classes, pool.correct, pool.n_classes, pool.blank, ks, 13, 10, 1, out, se);
    for (guint k = 1; k <= pool.n; k++) {
      g_assert_cmpfloat_with_epsilon (out[k], sum[k] / total[k], 1e-13);
      g_assert_cmpfloat (se[k], ==, 0);
    }
    for (guint k = (guint)pool.n + 1; k <= 12; k++)
      g_assert_true (isnan (out[k]) && isnan (se[k]));
    g_assert_true (isnan (out[0]));
  }
}

static double
log_choose (double n, double k)
{
  return k < 0 || k > n ? -INFINITY : lgamma (n + 1) - lgamma (k + 1) - lgamma (n - k + 1);
}

/* Three classes with blanks for the rest: the sum over all their counts. */
static double
three_classes (const Pool *pool, guint64 k)
{
  double sum = 0;

  for (guint64 x = 0; x <= MIN (k, pool->classes[0]); x++)
    for (guint64 y = 0; y <= MIN (k - x, pool->classes[1]); y++)
      for (guint64 z = 0; z <= MIN (k - x - y, pool->classes[2]); z++) {
        guint64 votes[3] = { x, y, z };
        double chance = log_choose (pool->classes[0], x) + log_choose (pool->classes[1], y)
                        + log_choose (pool->classes[2], z) + log_choose (pool->blank, (double)(k - x - y - z));

        if (chance > -INFINITY)
          sum += exp (chance - log_choose (pool->n, k)) * score (pool, votes);
      }
  return sum;
}

static void
test_three_classes (void)
{
  static const Pool pools[] = {
    { { 4000, 3500, 2000 }, 500, 10000, { 0, 1, 0 }, 3 },
    { { 900, 800, 850 }, 7450, 10000, { 1, 0, 0 }, 3 },
    { { 30, 30, 30 }, 110, 200, { 0, 0, 1 }, 3 },
    { { 2, 4000, 3900 }, 0, 7902, { 1, 1, 0 }, 3 },
  };
  static const guint64 ks[] = { 1, 2, 3, 5, 10, 30, 60, 90, 100 };
  double out[G_N_ELEMENTS (ks)], se[G_N_ELEMENTS (ks)];

  for (guint i = 0; i < G_N_ELEMENTS (pools); i++) {
    vervet_maj_at_ks (pools[i].classes, pools[i].correct, 3, pools[i].blank, ks, G_N_ELEMENTS (ks), 20000, 7, out, se);
    for (guint j = 0; j < G_N_ELEMENTS (ks); j++) {
      double expected = three_classes (&pools[i], ks[j]);

      if (se[j] == 0)
        g_assert_cmpfloat_with_epsilon (out[j], expected, 1e-9);
      else
        g_assert_cmpfloat_with_epsilon (out[j], expected, 4.5 * se[j]);
    }
    g_assert_cmpfloat (se[4], ==, 0);
  }
}

/* Mean and standard error of maj@k over shuffles of the pool: the straightforward way. */
static void
by_shuffling (const Pool *pool, const guint64 *ks, guint n_ks, guint reps, double *mean, double *se)
{
  g_autofree guint *class = g_new (guint, pool->n);
  g_autoptr (GRand) rand = g_rand_new_with_seed (5);

  spread (pool, class);
  for (guint j = 0; j < n_ks; j++)
    mean[j] = 0;
  for (guint r = 0; r < reps; r++) {
    guint64 votes[MAX_CLASSES + 1] = { 0 }, drawn = 0;

    for (guint j = 0; j < n_ks; j++) {
      for (; drawn < ks[j]; drawn++) {
        guint64 other = drawn + (guint64)g_rand_int_range (rand, 0, (gint32)(pool->n - drawn));
        guint t = class[drawn];

        class[drawn] = class[other];
        class[other] = t;
        votes[class[drawn]]++;
      }
      mean[j] += score (pool, votes) / reps;
    }
  }
  for (guint j = 0; j < n_ks; j++)
    se[j] = sqrt ((mean[j] * (1 - mean[j]) + 1.0 / reps) / reps);
}

/* Many classes, so that all of the ways are taken: sum, single trials, leaps, and no rival left. */
static void
test_shuffles (void)
{
  static const guint64 ks[] = { 3, 20, 50, 100, 200, 500, 1000, 2000, 4000, 5900 };
  double out[G_N_ELEMENTS (ks)], se[G_N_ELEMENTS (ks)], mean[G_N_ELEMENTS (ks)], mean_se[G_N_ELEMENTS (ks)];

  for (guint kind = 0; kind < 4; kind++) {
    Pool pool = { .n_classes = MAX_CLASSES, .blank = kind * 100 };

    pool.n = pool.blank;
    for (guint i = 0; i < MAX_CLASSES; i++) {
      pool.classes[i] = kind == 0   ? 100 + i % 5
                        : kind == 1 ? 1 + 2600 / (i + 1)
                                    : 1 + (guint64)(3600 / pow (i + 1, 1.5));
      pool.correct[i] = kind == 2 ? i == 0 || i == 7 : i == 1 || (kind == 0 && i % 2);
      pool.n += pool.classes[i];
    }
    g_assert_cmpuint (pool.n, >, 5900);
    vervet_maj_at_ks (pool.classes, pool.correct, pool.n_classes, pool.blank, ks, G_N_ELEMENTS (ks), 3000, 11, out, se);
    by_shuffling (&pool, ks, G_N_ELEMENTS (ks), 3000, mean, mean_se);
    for (guint j = 0; j < G_N_ELEMENTS (ks); j++)
      g_assert_cmpfloat_with_epsilon (out[j], mean[j], 4.5 * hypot (se[j], mean_se[j]) + 1e-7);
  }
}

static void
test_edges (void)
{
  guint64 classes[] = { 5, 5, 0 }, ks[] = { 1, 4, 10, 12, 13 }, huge[] = { G_MAXUINT64 / 2, G_MAXUINT64 / 2 };
  guint8 correct[] = { 0, 1, 1 };
  double out[5], again[5], se[5];

  vervet_maj_at_ks (classes, correct, 3, 2, ks, 5, 100, 1, out, NULL);
  g_assert_cmpfloat_with_epsilon (out[0], 5 / 12., 1e-15);
  g_assert_cmpfloat (out[3], ==, 0.5); /* the whole pool: two classes tied */
  g_assert_true (isnan (out[4]));
  vervet_maj_at_ks (classes, correct, 0, 12, ks, 5, 100, 1, out, se);
  g_assert_cmpfloat (out[1], ==, 0); /* nothing but blanks: wrong */
  vervet_maj_at_ks (huge, correct, 2, 0, ks, 5, 100, 1, out, se);
  g_assert_true (isnan (out[0]) && isnan (se[0]));

  classes[0] = 50000;
  classes[1] = 49900;
  ks[4] = 1000;
  vervet_maj_at_ks (classes, correct, 2, 0, ks, 5, 500, 3, out, se);
  vervet_maj_at_ks (classes, correct, 2, 0, ks, 5, 500, 3, again, NULL);
  g_assert_cmpmem (out, sizeof out, again, sizeof again);
  g_assert_cmpfloat (se[4], >, 0);
  vervet_maj_at_ks (classes, correct, 2, 0, ks, 5, 500, 4, again, NULL);
  g_assert_cmpfloat (out[4], !=, again[4]);
}

/* Chi-squared against the law itself. */
static void
test_hypergeometric (void)
{
  static const guint32 cases[][3] = { { 5, 7, 6 }, { 300, 700, 40 }, { 3000, 40, 100 },   { 2000, 8000, 5000 },
                                      { 0, 9, 3 }, { 9, 0, 3 },      { 1, 100000, 50000 } };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    guint32 good = cases[i][0], bad = cases[i][1], draws = cases[i][2], high = MIN (good, draws);
    g_autofree guint *seen = g_new0 (guint, high + 1);
    PhiloxStream stream = philox_stream (3, i);
    double chi = 0, rest = 0, rest_seen = 0, cells = 0;
    const guint rounds = 40000;

    for (guint r = 0; r < rounds; r++) {
      guint32 x = hypergeometric_draw (&stream, good, bad, draws);

      g_assert_cmpuint (x, <=, high);
      g_assert_cmpuint (draws - x, <=, bad);
      seen[x]++;
    }
    for (guint32 x = 0; x <= high; x++) {
      double expected =
          rounds * exp (log_choose (good, x) + log_choose (bad, (double)draws - x) - log_choose (good + bad, draws));

      if (expected < 10) {
        rest += expected;
        rest_seen += seen[x];
      } else {
        chi += (seen[x] - expected) * (seen[x] - expected) / expected;
        cells++;
      }
    }
    chi += (rest_seen - rest) * (rest_seen - rest) / (rest + 1);
    g_assert_cmpfloat (chi, <, cells + 1 + 5 * sqrt (2 * cells + 2));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/majority/all-subsets", test_all_subsets);
  g_test_add_func ("/majority/three-classes", test_three_classes);
  g_test_add_func ("/majority/shuffles", test_shuffles);
  g_test_add_func ("/majority/edges", test_edges);
  g_test_add_func ("/majority/hypergeometric", test_hypergeometric);
  return g_test_run ();
}
