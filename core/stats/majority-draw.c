/* majority-draw.c - maj@k by random subsets.
 *
 * A replicate grows trial by trial: a uniform number names one of the pool's trials and thereby its class; that the
 * trial was drawn before has the chance (drawn of the class) / (size of the class), so trials of a class are taken to
 * be drawn in order and the number is rejected when it falls among those. The largest count and who shares it are kept
 * along. Where the step to the next k is long, the classes that can still be on top (majority_rivals) get their counts
 * at once instead, each from its conditional hypergeometric law; the others are no longer told apart from there on. */
#include "majority.h"
#include "hypergeometric.h"
#include <math.h>
#include <string.h>

#define NEGLIGIBLE 1e-7
#define COUNT_COST 25.0 /* one hypergeometric draw costs as much as so many single trials */
#define GUIDE_BITS 14

typedef struct {
  const MajorityPool *pool;
  guint32 *end;   /* class i has the trials end[i-1] .. end[i] - 1, then come the blanks */
  guint32 *guide; /* class of the first trial of each block of 2^shift */
  guint shift;
  guint32 *drawn; /* of each class, blanks last */
  guint32 n_drawn, top, tied, tied_right;
} Replicate;

/* P(X_j >= X_0) <= (1 - (sqrt p_0 - sqrt p_j)^2)^k: Chernoff's bound with the best exponent, which holds for draws
 * without replacement as well (Hoeffding 1963, theorem 4). */
guint
majority_rivals (const MajorityPool *pool, guint32 k)
{
  double root = sqrt ((double)pool->count[0] / pool->n), sum = 0;
  guint i = pool->n_classes;

  for (; i > 1; i--) {
    double gap = root - sqrt ((double)pool->count[i - 1] / pool->n);

    sum += exp (k * log1p (-gap * gap));
    if (sum > NEGLIGIBLE)
      break;
  }
  return i;
}

static void
replicate_init (Replicate *replicate, const MajorityPool *pool)
{
  guint32 end = 0, n_blocks, class = 0;

  replicate->pool = pool;
  replicate->end = g_new (guint32, (gsize)pool->n_classes + 1);
  replicate->drawn = g_new (guint32, (gsize)pool->n_classes + 1);
  for (guint i = 0; i < pool->n_classes; i++)
    replicate->end[i] = end += pool->count[i];
  replicate->end[pool->n_classes] = pool->n;
  while ((pool->n - 1) >> replicate->shift >> GUIDE_BITS)
    replicate->shift++;
  n_blocks = ((pool->n - 1) >> replicate->shift) + 1;
  replicate->guide = g_new (guint32, n_blocks);
  for (guint32 block = 0; block < n_blocks; block++) {
    while (replicate->end[class] <= block << replicate->shift)
      class ++;
    replicate->guide[block] = class;
  }
}

static void
replicate_clear (Replicate *replicate)
{
  g_free (replicate->end);
  g_free (replicate->guide);
  g_free (replicate->drawn);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Replicate, replicate_clear)

static void
replicate_restart (Replicate *replicate)
{
  memset (replicate->drawn, 0, ((gsize)replicate->pool->n_classes + 1) * sizeof *replicate->drawn);
  replicate->n_drawn = replicate->top = replicate->tied = replicate->tied_right = 0;
}

static inline void
replicate_rank (Replicate *replicate, guint class, guint32 votes)
{
  if (votes > replicate->top) {
    replicate->top = votes;
    replicate->tied = replicate->tied_right = 0;
  }
  if (votes == replicate->top) {
    replicate->tied++;
    replicate->tied_right += replicate->pool->right[class];
  }
}

/* Single trials until @k are drawn. */
static void
replicate_grow (Replicate *replicate, PhiloxStream *stream, guint32 k)
{
  const MajorityPool *pool = replicate->pool;

  while (replicate->n_drawn < k) {
    guint32 trial = philox_below (stream, pool->n), class = replicate->guide[trial >> replicate->shift];

    while (trial >= replicate->end[class])
      class ++;
    if (trial - (class ? replicate->end[class - 1] : 0) < replicate->drawn[class])
      continue;
    replicate->drawn[class]++;
    replicate->n_drawn++;
    if (class < pool->n_classes)
      replicate_rank (replicate, class, replicate->drawn[class]);
  }
}

/* The counts of the first @rivals classes when @k are drawn. */
static void
replicate_leap (Replicate *replicate, PhiloxStream *stream, guint rivals, guint32 k)
{
  const MajorityPool *pool = replicate->pool;
  guint32 left = pool->n - replicate->n_drawn, draws = k - replicate->n_drawn;

  replicate->top = replicate->tied = replicate->tied_right = 0;
  for (guint i = 0; i < rivals; i++) {
    guint32 rest = pool->count[i] - replicate->drawn[i], x = hypergeometric_draw (stream, rest, left - rest, draws);

    replicate->drawn[i] += x;
    left -= rest;
    draws -= x;
    if (replicate->drawn[i])
      replicate_rank (replicate, i, replicate->drawn[i]);
  }
  replicate->n_drawn = k;
}

/* The first place in @ks from which on leaps are cheaper than single trials. */
static guint
first_leap (const MajorityPool *pool, const guint32 *ks, const guint *rivals, guint n_ks)
{
  guint i;
  guint32 at = 0;

  for (i = 0; i < n_ks; at = ks[i++]) {
    double tries = (ks[i] - at) * ((double)pool->n / (pool->n - ks[i] + 1.0));

    if (rivals[i] * COUNT_COST < tries)
      break;
  }
  return i;
}

void
majority_draw (const MajorityPool *pool, const guint32 *ks, const guint *rivals, guint n_ks, guint reps, guint64 seed,
               double *out)
{
  g_auto (Replicate) replicate = { 0 };
  guint leap = first_leap (pool, ks, rivals, n_ks);

  replicate_init (&replicate, pool);
  for (guint i = 0; i < n_ks; i++)
    out[i] = 0;
  for (guint r = 0; r < reps; r++) {
    PhiloxStream stream = philox_stream (seed, PHILOX_MAJORITY | r);

    replicate_restart (&replicate);
    for (guint i = 0; i < n_ks; i++) {
      if (i < leap)
        replicate_grow (&replicate, &stream, ks[i]);
      else
        replicate_leap (&replicate, &stream, rivals[i], ks[i]);
      if (replicate.tied)
        out[i] += (double)replicate.tied_right / replicate.tied;
    }
  }
  for (guint i = 0; i < n_ks; i++)
    out[i] /= reps;
}
