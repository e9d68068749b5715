/* report-curves.c - coverage, majority and fit from the counters of the problems. */
#include "report-private.h"
#include "vervet-plugin.h"
#include <math.h>
#include <string.h>

#define BOOTSTRAP_SEED 0   /* runs over the same problems draw the same problems */
#define FIT_POINTS 40      /* as in Large Language Monkeys */
#define FIRST_REPS 64      /* subsets a problem, to learn how much they scatter */
#define MAX_REPS 65536     /* enough for one problem alone */
#define MAJORITY_SE 0.0018 /* standard error of the mean over problems that is aimed at: below 0.002 */

static guint64
k_at (const GArray *ks, guint i)
{
  return g_array_index (ks, guint64, i);
}

/* ---- Tables to curves ---- */

static GArray *
curve_new (const ReportRun *run, const GArray *ks, const double *table, guint rows)
{
  guint reps = run->options->reps ? run->options->reps : 2000;
  double level = run->options->level > 0 ? run->options->level : 0.95;
  GArray *curve = g_array_sized_new (FALSE, FALSE, sizeof (VervetCurvePoint), ks->len);
  g_autofree VervetEstimate *estimates = g_new (VervetEstimate, ks->len + 1);

  vervet_bootstrap_columns (table, rows, ks->len, reps, level, BOOTSTRAP_SEED, estimates);
  for (guint i = 0; i < ks->len; i++) {
    VervetCurvePoint point = { k_at (ks, i), estimates[i], NAN, NAN };

    g_array_append_val (curve, point);
  }
  return curve;
}

/* Mean over the problems of pass@k with @missing_pass of each problem's missing trials taken to pass. */
static void
add_missing (GArray *curve, const GArray *ks, const ReportProblem *problems, guint n, gboolean pass)
{
  g_autofree double *row = g_new (double, ks->len + 1), *sum = g_new0 (double, ks->len + 1);
  g_autofree guint *count = g_new0 (guint, ks->len + 1);

  for (guint i = 0; i < n; i++) {
    const ReportProblem *problem = &problems[i];

    vervet_pass_at_ks ((guint64)(problem->n + problem->missing),
                       (guint64)(problem->pass + (pass ? problem->missing : 0)), (const guint64 *)(gpointer)ks->data,
                       ks->len, row);
    for (guint j = 0; j < ks->len; j++)
      if (!isnan (row[j])) {
        sum[j] += row[j];
        count[j]++;
      }
  }
  for (guint j = 0; j < ks->len; j++) {
    VervetCurvePoint *point = &g_array_index (curve, VervetCurvePoint, j);

    *(pass ? &point->missing_right : &point->missing_wrong) = count[j] ? sum[j] / count[j] : NAN;
  }
}

GArray *
report_coverage (const ReportRun *run, const ReportProblem *problems, guint n)
{
  g_autofree double *table = g_new (double, (gsize)n * run->ks->len + 1);
  gint64 missing = 0;
  GArray *curve;

  for (guint i = 0; i < n; i++) {
    vervet_pass_at_ks ((guint64)problems[i].n, (guint64)problems[i].pass, (const guint64 *)(gpointer)run->ks->data,
                       run->ks->len, table + (gsize)i * run->ks->len);
    missing += problems[i].missing;
  }
  curve = curve_new (run, run->ks, table, n);
  if (missing > 0) {
    add_missing (curve, run->ks, problems, n, FALSE);
    add_missing (curve, run->ks, problems, n, TRUE);
  }
  return curve;
}

/* ---- Majority ---- */

/* The ks at which selectors are given. */
static GArray *
selector_ks (const ReportRun *run)
{
  GArray *ks = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GArray) spaced = NULL;
  guint64 last = run->ks->len ? k_at (run->ks, run->ks->len - 1) : 0;

  if (run->ks->len <= REPORT_MAX_SELECTOR_KS) {
    g_array_append_vals (ks, run->ks->data, run->ks->len);
    return ks;
  }
  spaced = vervet_log_spaced_ks (last);
  for (guint i = 0, j = 0; i < run->ks->len && j < spaced->len; i++) {
    guint64 k = k_at (run->ks, i);

    if (k < k_at (spaced, j))
      continue;
    g_array_append_val (ks, k);
    while (j < spaced->len && k_at (spaced, j) <= k)
      j++;
  }
  return ks;
}

typedef struct {
  guint64 *count;
  guint8 *right;
  guint n;
  guint64 blank, seed;
} Votes;

static int
compare_classes (gconstpointer a, gconstpointer b)
{
  const VervetAnswerClass *x = a, *y = b;

  return x->class_id < y->class_id ? -1 : x->class_id > y->class_id;
}

/* One class may have passed and failed (a judge that wavers): it is right when it mostly passed. */
static void
votes_fill (Votes *votes, const ReportProblem *problem)
{
  g_autofree VervetAnswerClass *classes = g_memdup2 (problem->classes, problem->n_classes * sizeof *classes);
  gint64 passed = 0;

  votes->count = g_new (guint64, problem->n_classes + 1);
  votes->right = g_new (guint8, problem->n_classes + 1);
  votes->blank = (guint64)MAX (problem->n - problem->voting, 0);
  memcpy (&votes->seed, problem->member->problem_hash, sizeof votes->seed);
  votes->seed = GUINT64_FROM_LE (votes->seed);
  if (problem->n_classes)
    qsort (classes, problem->n_classes, sizeof *classes, compare_classes);
  for (guint i = 0; i < problem->n_classes; i++) {
    if (!report_class_votes (&classes[i]))
      continue;
    if (votes->n == 0 || i == 0 || classes[i].class_id != classes[i - 1].class_id) {
      votes->count[votes->n++] = 0;
      passed = 0;
    }
    votes->count[votes->n - 1] += (guint64)classes[i].n;
    passed += classes[i].status == VV_PASS ? classes[i].n : 0;
    votes->right[votes->n - 1] = (guint64)passed * 2 > votes->count[votes->n - 1];
  }
}

static void
votes_clear (Votes *votes)
{
  g_free (votes->count);
  g_free (votes->right);
}

/* Fills @table with @reps random subsets a problem and returns the largest standard error of a column's mean. */
static double
majority_table (const Votes *votes, guint rows, const GArray *ks, guint reps, double *table)
{
  g_autofree double *se = g_new (double, ks->len + 1), *variance = g_new0 (double, ks->len + 1);
  g_autofree guint *count = g_new0 (guint, ks->len + 1);
  double worst = 0;

  for (guint i = 0; i < rows; i++) {
    double *out = table + (gsize)i * ks->len;

    vervet_maj_at_ks (votes[i].count, votes[i].right, votes[i].n, votes[i].blank, (const guint64 *)(gpointer)ks->data,
                      ks->len, reps, votes[i].seed, out, se);
    for (guint j = 0; j < ks->len; j++)
      if (!isnan (out[j])) {
        variance[j] += se[j] * se[j];
        count[j]++;
      }
  }
  for (guint j = 0; j < ks->len; j++)
    if (count[j])
      worst = MAX (worst, sqrt (variance[j]) / count[j]);
  return worst;
}

/* A first pass shows the scatter; where it is too large, a second one takes as many subsets as bring it down. */
static GArray *
majority_curve (const ReportRun *run, const Votes *votes, guint rows)
{
  g_autoptr (GArray) ks = selector_ks (run);
  g_autofree double *table = g_new (double, (gsize)rows * ks->len + 1);
  double se = majority_table (votes, rows, ks, FIRST_REPS, table), factor = se / MAJORITY_SE;

  if (factor > 1)
    majority_table (votes, rows, ks, (guint)MIN (ceil (FIRST_REPS * factor * factor), MAX_REPS), table);
  return curve_new (run, ks, table, rows);
}

GArray *
report_majority (const ReportRun *run)
{
  g_autofree Votes *votes = g_new0 (Votes, run->n_problems + 1);
  GArray *curve = NULL;
  guint rows = 0;

  for (guint i = 0; i < run->n_problems; i++)
    if (run->problems[i].has_answers)
      votes_fill (&votes[rows++], &run->problems[i]);
  if (rows)
    curve = majority_curve (run, votes, rows);
  for (guint i = 0; i < rows; i++)
    votes_clear (&votes[i]);
  return curve;
}

/* ---- Fit ---- */

/* Up to FIT_POINTS different whole numbers, evenly spaced in their logarithm, from 1 to @max. */
static GArray *
fit_ks (guint64 max)
{
  GArray *ks = g_array_new (FALSE, FALSE, sizeof (guint64));

  for (guint i = 0; i < FIT_POINTS; i++) {
    guint64 k = (guint64)llround (pow (max, (double)i / (FIT_POINTS - 1)));

    if (ks->len == 0 || k > k_at (ks, ks->len - 1))
      g_array_append_val (ks, k);
  }
  return ks;
}

/* Up to the k that every problem with a verdict allows, so that all points rest on the same problems. */
gboolean
report_fit (const ReportRun *run, VervetPowerFit *out)
{
  g_autoptr (GArray) ks = NULL;
  g_autofree double *row = NULL, *x = NULL, *mean = NULL;
  gint64 max = G_MAXINT64;
  guint n = 0;

  for (guint i = 0; i < run->n_problems; i++)
    if (run->problems[i].n > 0)
      max = MIN (max, run->problems[i].n);
  if (max == G_MAXINT64)
    return FALSE;
  ks = fit_ks ((guint64)max);
  row = g_new (double, ks->len);
  x = g_new (double, ks->len);
  mean = g_new0 (double, ks->len);
  for (guint i = 0; i < run->n_problems; i++) {
    if (run->problems[i].n == 0)
      continue;
    vervet_pass_at_ks ((guint64)run->problems[i].n, (guint64)run->problems[i].pass, (const guint64 *)(gpointer)ks->data,
                       ks->len, row);
    n++;
    for (guint j = 0; j < ks->len; j++)
      mean[j] += (row[j] - mean[j]) / n;
  }
  for (guint j = 0; j < ks->len; j++)
    x[j] = k_at (ks, j);
  return vervet_fit_power (x, mean, ks->len, out);
}
