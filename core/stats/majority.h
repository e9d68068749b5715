/* majority.h - the pool of one problem's answers, and the two ways to its maj@k: a sum over all draws where they are
 * few, random draws where they are many. Private to core/stats. */
#ifndef VERVET_STATS_MAJORITY_H
#define VERVET_STATS_MAJORITY_H

#include <glib.h>

typedef struct {
  guint n_classes;
  guint32 *count; /* of each class, largest first; none is 0 */
  guint8 *right;
  guint32 blank, n; /* trials without an answer; all trials */
} MajorityPool;

/* Steps that majority_exact() takes for @k, in multiplications. */
double majority_exact_cost (const MajorityPool *pool, guint32 k);
double majority_exact (const MajorityPool *pool, guint32 k);

/* How many of the first (largest) classes can be on top among @k trials: the chance that any other is, is below 1e-7.
 */
guint majority_rivals (const MajorityPool *pool, guint32 k);
/* @ks ascending, @rivals of each. Every replicate is a growing subset, looked at when it reaches each k. @out: the
 * share of the replicates whose largest class is right, ties counted in proportion. */
void majority_draw (const MajorityPool *pool, const guint32 *ks, const guint *rivals, guint n_ks, guint reps,
                    guint64 seed, double *out);

#endif
