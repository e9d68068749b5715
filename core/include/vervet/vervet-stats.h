/* vervet-stats.h - estimators and intervals: pure functions over arrays, no input or output, any thread.
 *
 * n is the number of trials of a problem, c how many of them pass, k the number drawn. A problem with n < k has no
 * estimate (NaN) and is left out of means, which say how many problems they rest on. */
#ifndef VERVET_STATS_H
#define VERVET_STATS_H

#include <glib.h>

G_BEGIN_DECLS

/* Unbiased pass@k of one problem: 1 - C(n-c, k) / C(n, k) (Chen et al. 2021, eq. 1), right to 1e-15 of its value for
 * n up to 2^53. NaN when n < k or k = 0. O(min (c, k)), and never more than about 27 sqrt (n) steps. */
double vervet_pass_at_k (guint64 n, guint64 c, guint64 k);
/* The same for ascending @ks. */
void vervet_pass_at_ks (guint64 n, guint64 c, const guint64 *ks, guint n_ks, double *out);
/* pass^k: all k pass, C(c, k) / C(n, k); 0 below 1e-290. */
double vervet_pass_hat_k (guint64 n, guint64 c, guint64 k);

/* 1, 2, 3, 5, 10, 20, 30, 50, 100 ... up to and including @max: what tables and curves use by default. */
GArray *vervet_log_spaced_ks (guint64 max); /* guint64 */
/* "1,10,100-105": INPUT error on anything else. */
GArray *vervet_parse_ks (const char *text, GError **error);

/* @table: rows (problems) x cols, row-major; NaN cells are skipped. For each column: mean, and the percentile
 * interval of @reps bootstrap replicates that draw rows with replacement (methods 3.8), seeded: the same numbers
 * every time. With fewer than two rows low and high are NaN. @n_rows: rows with a number. */
typedef struct {
  double mean, low, high;
  guint n_rows;
} VervetEstimate;
void vervet_bootstrap_columns (const double *table, guint rows, guint cols, guint reps, double level, guint64 seed,
                               VervetEstimate *out);

/* maj@k of one problem: the chance that the largest class among k trials drawn without replacement is a correct one,
 * ties shared. @ks ascending. classes[i] trials gave answer i; correct[i] says whether it is right; n_blank trials
 * gave no answer: they take up draws but have no vote; when nothing votes the draw is wrong. A sum over all draws
 * where there are few; certain, to 1e-7, where only right or only wrong classes can be on top; else the mean of @reps
 * random subsets that grow from k to k (counter-based, seeded). *se (nullable) is its standard error, 0 where nothing
 * is drawn. NaN for a k that is 0 or above the number of trials, and for 2^32 trials or more. */
void vervet_maj_at_ks (const guint64 *classes, const guint8 *correct, guint n_classes, guint64 n_blank,
                       const guint64 *ks, guint n_ks, guint reps, guint64 seed, double *out, double *se);

/* c(k) = exp (a k^b) through the points (k, mean), least squares in c (Large Language Monkeys, section 3.1).
 * FALSE when fewer than three points lie strictly between 0 and 1. */
typedef struct {
  double a, b, mean_abs_error, max_abs_error;
  guint n;
} VervetPowerFit;
gboolean vervet_fit_power (const double *ks, const double *means, guint n, VervetPowerFit *out);

/* Philox4x32-10 of (seed, stream, index): four 32-bit words that depend on nothing else. */
void vervet_philox (guint64 seed, guint64 stream, guint64 index, guint32 out[4]);

G_END_DECLS

#endif
