/* majority-exact.c - maj@k by summing over all draws.
 *
 * The number of ways to draw x from class j is C(n_j, x); over all classes they multiply, and the total drawn is k. For
 * the right class with t votes the others are gone through one by one, keeping for every (number drawn s, classes r
 * that have exactly t) the number of ways with none above t; the class then wins a share 1 / (r + 1). Ways are weighted
 * with theta^x and scaled to sum 1 in each class, which makes them binomial chances: nothing overflows, nothing
 * cancels. */
#include "majority.h"
#include <math.h>
#include <string.h>

/* w[x], x = 0 .. k: C(n, x) theta^x over its sum. */
static void
class_weights (guint32 n, double theta, guint32 k, double *w)
{
  guint32 top = MIN (n, k), mode = (guint32)MIN ((double)top, floor ((n + 1.0) * theta / (1 + theta)));
  double sum;

  memset (w, 0, (k + 1) * sizeof *w);
  w[mode] = sum = 1;
  for (guint32 x = mode; x < top; x++)
    sum += w[x + 1] = w[x] * theta * (n - x) / (x + 1);
  for (guint32 x = mode; x > 0; x--)
    sum += w[x - 1] = w[x] * x / (theta * (n - x + 1));
  for (guint32 x = 0; x <= top; x++)
    w[x] /= sum;
}

/* Sum over the first @terms of @w of w[x] f[s - x]. */
static double
convolve_at (const double *w, const double *f, guint32 terms, guint32 s)
{
  double sum = 0;

  for (guint32 x = 0; x < terms && x <= s; x++)
    sum += w[x] * f[s - x];
  return sum;
}

/* ways[r][s] gains a class of @n trials that may have up to @t; width: k - t + 1 values of s, the most that are left.
 */
static void
add_class (double *ways, guint32 width, guint32 rows, const double *w, guint32 n, guint32 t)
{
  for (guint32 s = width; s-- > 0;)
    for (guint32 r = rows; r-- > 0;) {
      double sum = convolve_at (w, ways + (gsize)r * width, MIN (t, n + 1), s);

      if (n >= t && r > 0 && s >= t)
        sum += w[t] * ways[(gsize)(r - 1) * width + s - t];
      ways[(gsize)r * width + s] = sum;
    }
}

typedef struct {
  const MajorityPool *pool;
  guint32 k;
  double *weights; /* [class, then blank][k + 1] */
  double *ways;
} Sum;

static const double *
sum_weights (const Sum *sum, guint class)
{
  return sum->weights + (gsize) class * (sum->k + 1);
}

/* Chance, still unnormalised, that class @winner has @t votes and is on top. */
static double
wins_with (const Sum *sum, guint winner, guint32 t)
{
  const MajorityPool *pool = sum->pool;
  guint32 width = sum->k - t + 1, rows = (sum->k - t) / t + 1;
  double share = 0;

  memset (sum->ways, 0, (gsize)rows * width * sizeof *sum->ways);
  memcpy (sum->ways, sum_weights (sum, pool->n_classes), width * sizeof *sum->ways);
  for (guint i = 0; i < pool->n_classes; i++)
    if (i != winner)
      add_class (sum->ways, width, rows, sum_weights (sum, i), pool->count[i], t);
  for (guint32 r = 0; r < rows; r++)
    share += sum->ways[(gsize)r * width + width - 1] / (r + 1);
  return share * sum_weights (sum, winner)[t];
}

/* All ways to draw k. */
static double
all_ways (const Sum *sum)
{
  const MajorityPool *pool = sum->pool;
  guint32 width = sum->k + 1;

  memcpy (sum->ways, sum_weights (sum, pool->n_classes), width * sizeof *sum->ways);
  for (guint i = 0; i < pool->n_classes; i++)
    for (guint32 s = width; s-- > 0;)
      sum->ways[s] = convolve_at (sum_weights (sum, i), sum->ways, MIN (sum->k, pool->count[i]) + 1, s);
  return sum->ways[sum->k];
}

double
majority_exact_cost (const MajorityPool *pool, guint32 k)
{
  double cost = 0, terms = 0;
  guint right = 0, at_least = pool->n_classes;

  if ((double)k * k > 1e6)
    return INFINITY;
  for (guint i = 0; i < pool->n_classes; i++)
    right += pool->right[i] != 0;
  for (guint32 t = 1; t <= MIN (k, pool->count[0]); t++) { /* terms: sum over classes of min (t, count + 1) */
    while (at_least > 0 && pool->count[at_least - 1] + 1 < t)
      at_least--;
    terms += at_least;
    cost += terms * (k - t + 1) * ((k - t) / t + 1);
  }
  return cost * right;
}

double
majority_exact (const MajorityPool *pool, guint32 k)
{
  gsize rows = (gsize)pool->n_classes + 1, width = (gsize)k + 1;
  g_autofree double *weights = g_new (double, rows *width);
  g_autofree double *ways = g_new (double, (gsize)k *k + width);
  Sum sum = { pool, k, weights, ways };
  double theta = (double)k / (pool->n - k), wins = 0;

  for (guint i = 0; i < pool->n_classes; i++)
    class_weights (pool->count[i], theta, k, weights + i * width);
  class_weights (pool->blank, theta, k, weights + pool->n_classes * width);
  for (guint i = 0; i < pool->n_classes; i++)
    if (pool->right[i])
      for (guint32 t = 1; t <= MIN (k, pool->count[i]); t++)
        wins += wins_with (&sum, i, t);
  return wins / all_ways (&sum);
}
