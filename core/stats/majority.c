/* majority.c - maj@k of one problem: which of the methods serves each k. */
#include "vervet-stats.h"
#include "majority.h"
#include <math.h>

/* Below this many steps the sum over all draws is taken: about as long as a few hundred random draws of the same k. */
#define EXACT_STEPS 40000

static void
pool_clear (MajorityPool *pool)
{
  g_free (pool->count);
  g_free (pool->right);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (MajorityPool, pool_clear)

typedef struct {
  guint64 count;
  guint8 right;
  guint place;
} Class;

static int
compare_classes (gconstpointer a, gconstpointer b)
{
  const Class *x = a, *y = b;

  if (x->count != y->count)
    return x->count > y->count ? -1 : 1;
  return x->place < y->place ? -1 : x->place > y->place;
}

/* FALSE when there are 2^32 trials or more. */
static gboolean
pool_fill (MajorityPool *pool, const guint64 *classes, const guint8 *correct, guint n_classes, guint64 n_blank)
{
  g_autofree Class *sorted = g_new (Class, n_classes + 1);
  guint64 n = n_blank;
  guint kept = 0;

  for (guint i = 0; i < n_classes; i++) {
    if (classes[i] > G_MAXUINT32 || n > G_MAXUINT32)
      return FALSE;
    n += classes[i];
    if (classes[i])
      sorted[kept++] = (Class){ classes[i], correct[i] != 0, i };
  }
  if (n > G_MAXUINT32)
    return FALSE;
  qsort (sorted, kept, sizeof *sorted, compare_classes);
  pool->n_classes = kept;
  pool->n = (guint32)n;
  pool->blank = (guint32)n_blank;
  pool->count = g_new (guint32, kept + 1);
  pool->right = g_new (guint8, kept + 1);
  for (guint i = 0; i < kept; i++) {
    pool->count[i] = (guint32)sorted[i].count;
    pool->right[i] = sorted[i].right;
  }
  return TRUE;
}

static gboolean
any_right (const MajorityPool *pool)
{
  for (guint i = 0; i < pool->n_classes; i++)
    if (pool->right[i])
      return TRUE;
  return FALSE;
}

/* All trials drawn: the tied largest classes share. */
static double
majority_of_all (const MajorityPool *pool)
{
  guint tied = 0, right = 0;

  while (tied < pool->n_classes && pool->count[tied] == pool->count[0])
    right += pool->right[tied++];
  return tied ? (double)right / tied : 0;
}

/* One trial. */
static double
share_of_right (const MajorityPool *pool)
{
  guint64 right = 0;

  for (guint i = 0; i < pool->n_classes; i++)
    if (pool->right[i])
      right += pool->count[i];
  return (double)right / pool->n;
}

/* TRUE when all classes that can be on top are right, or all wrong. */
static gboolean
rivals_agree (const MajorityPool *pool, guint rivals)
{
  for (guint i = 1; i < rivals; i++)
    if (pool->right[i] != pool->right[0])
      return FALSE;
  return TRUE;
}

/* TRUE when draws of k without any answer are too rare to count. */
static gboolean
always_votes (const MajorityPool *pool, guint64 k)
{
  return pool->blank < k || k * log1p (-(double)pool->count[0] / pool->n) < log (1e-7);
}

/* TRUE with *out set where no random draw is needed. */
static gboolean
majority_certain (const MajorityPool *pool, guint64 k, guint *rivals, double *out)
{
  if (k == 0 || k > pool->n)
    *out = NAN;
  else if (!any_right (pool))
    *out = 0;
  else if (k == pool->n)
    *out = majority_of_all (pool);
  else if (k == 1)
    *out = share_of_right (pool);
  else if (majority_exact_cost (pool, (guint32)k) <= EXACT_STEPS)
    *out = majority_exact (pool, (guint32)k);
  else {
    *rivals = majority_rivals (pool, (guint32)k);
    if (!rivals_agree (pool, *rivals) || !always_votes (pool, k))
      return FALSE;
    *out = pool->right[0];
  }
  return TRUE;
}

void
vervet_maj_at_ks (const guint64 *classes, const guint8 *correct, guint n_classes, guint64 n_blank, const guint64 *ks,
                  guint n_ks, guint reps, guint64 seed, double *out, double *se)
{
  g_auto (MajorityPool) pool = { 0 };
  g_autofree guint32 *open = g_new (guint32, n_ks + 1);
  g_autofree guint *rivals = g_new (guint, n_ks + 1), *place = g_new (guint, n_ks + 1);
  g_autofree double *means = g_new (double, n_ks + 1);
  guint n_open = 0;

  for (guint i = 0; i < n_ks; i++) {
    out[i] = NAN;
    if (se)
      se[i] = NAN;
  }
  if (!pool_fill (&pool, classes, correct, n_classes, n_blank))
    return;
  for (guint i = 0; i < n_ks; i++) {
    if (majority_certain (&pool, ks[i], &rivals[n_open], &out[i])) {
      if (se)
        se[i] = isnan (out[i]) ? NAN : 0;
    } else {
      open[n_open] = (guint32)ks[i];
      place[n_open++] = i;
    }
  }
  if (n_open == 0 || reps == 0)
    return;
  majority_draw (&pool, open, rivals, n_open, reps, seed, means);
  for (guint i = 0; i < n_open; i++) {
    double p = (means[i] * reps + 0.5) / (reps + 1); /* drawn in by half a count: an error bar is never 0 by luck */

    out[place[i]] = means[i];
    if (se)
      se[place[i]] = sqrt (p * (1 - p) / reps);
  }
}
