/* Times of core/stats, each beside a plain loop that does the least arithmetic of the same job in the same run. */
#include <vervet-stats.h>
#include <math.h>
#include <stdio.h>

#define PROBLEMS 128
#define SAMPLES 10000

static volatile double sink;

static double
median_ms (void (*work) (void))
{
  double best[5];

  for (guint i = 0; i < 5; i++) {
    gint64 start = g_get_monotonic_time ();
    guint at = i;

    work ();
    best[i] = (g_get_monotonic_time () - start) / 1000.0;
    for (; at > 0 && best[at - 1] > best[at]; at--) {
      double t = best[at];

      best[at] = best[at - 1];
      best[at - 1] = t;
    }
  }
  return best[2];
}

static guint64
passes (guint problem)
{
  return (guint64)(SAMPLES * pow ((problem + 0.5) / PROBLEMS, 4));
}

static void
pass_all_ks (void)
{
  static guint64 ks[SAMPLES];
  static double out[SAMPLES];

  for (guint k = 0; k < SAMPLES; k++)
    ks[k] = k + 1;
  for (guint i = 0; i < PROBLEMS; i++) {
    vervet_pass_at_ks (SAMPLES, passes (i), ks, SAMPLES, out);
    sink = out[SAMPLES / 2];
  }
}

/* One division and one product a value, without a thought for rounding. */
static void
pass_plain (void)
{
  for (guint i = 0; i < PROBLEMS; i++) {
    double miss = 1, c = passes (i);

    for (guint k = 0; k < SAMPLES; k++) {
      miss *= 1 - c / (SAMPLES - k);
      sink = 1 - miss;
    }
  }
}

#define ROWS 1000
#define COLS 60
#define REPS 2000
static double table[ROWS * COLS];

static void
band (void)
{
  VervetEstimate out[COLS];

  vervet_bootstrap_columns (table, ROWS, COLS, REPS, 0.95, 1, out);
  sink = out[0].low;
}

/* The multiplications and additions alone, in registers: replicates x rows x columns, two at a time. */
static void
band_plain (void)
{
  typedef double Pair __attribute__ ((vector_size (16)));
  Pair sum[8] = { 0 }, weight = { 1, 2 }, cell = { 0.5, sink };

  for (guint i = 0; i < (guint)((gint64)REPS * ROWS * COLS / 16); i++) {
    for (guint j = 0; j < 8; j++)
      sum[j] += weight * cell;
    __asm__ volatile("" : "+x"(weight), "+x"(cell));
  }
  for (guint j = 0; j < 8; j++)
    sink = sum[j][0];
}

#define CLASSES 60
static guint64 classes[PROBLEMS][CLASSES];
static guint8 correct[CLASSES];
static guint64 log_ks[32];
static guint n_log_ks;
static double worst_se;

static void
majority (void)
{
  double se2[32] = { 0 };

  for (guint i = 0; i < PROBLEMS; i++) {
    double out[32], se[32];

    vervet_maj_at_ks (classes[i], correct, CLASSES, 0, log_ks, n_log_ks, 128, i, out, se);
    for (guint j = 0; j < n_log_ks; j++)
      se2[j] += se[j] * se[j] / PROBLEMS / PROBLEMS;
  }
  worst_se = 0;
  for (guint j = 0; j < n_log_ks; j++)
    worst_se = MAX (worst_se, sqrt (se2[j]));
}

/* 128 shuffles of each pool counted up to k = 1,000: the usual way, at a tenth of the largest k. */
static void
majority_plain (void)
{
  static guint16 trials[SAMPLES];
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);

  for (guint i = 0; i < PROBLEMS; i++) {
    guint n = 0;

    for (guint c = 0; c < CLASSES; c++)
      for (guint64 j = 0; j < classes[i][c]; j++)
        trials[n++] = (guint16)c;
    for (guint r = 0; r < 128; r++) {
      guint votes[CLASSES] = { 0 };

      for (guint k = 0; k < SAMPLES / 10; k++) {
        guint other = k + (guint)((guint64)g_rand_int (rand) * (n - k) >> 32);
        guint16 t = trials[k];

        trials[k] = trials[other];
        trials[other] = t;
        votes[trials[k]]++;
      }
      sink = votes[0];
    }
  }
}

/* Right answers of all difficulties, wrong ones spread over a plausible few with a long tail. */
static void
fill (void)
{
  g_autoptr (GArray) ks = vervet_log_spaced_ks (SAMPLES);

  for (guint i = 0; i < ROWS * COLS; i++)
    table[i] = (double)(i * 2654435761u) / G_MAXUINT32;
  n_log_ks = ks->len;
  for (guint j = 0; j < n_log_ks; j++)
    log_ks[j] = g_array_index (ks, guint64, j);
  correct[0] = 1;
  for (guint i = 0; i < PROBLEMS; i++) {
    double left = SAMPLES - (double)passes (i), total = 0;
    guint64 given = passes (i);

    for (guint c = 1; c < CLASSES; c++)
      total += pow (c, -1 - (i % 7) / 7.0);
    classes[i][0] = given;
    for (guint c = CLASSES - 1; c > 1; c--)
      given += classes[i][c] = (guint64)(left * pow (c, -1 - (i % 7) / 7.0) / total);
    classes[i][1] = SAMPLES - given;
  }
}

static void
compare (const char *what, void (*work) (void), const char *against, void (*plain) (void))
{
  double ms = median_ms (work), plain_ms = median_ms (plain);

  printf ("%-52s %8.2f ms   %5.2f x %s (%.2f ms)\n", what, ms, ms / plain_ms, against, plain_ms);
}

int
main (void)
{
  fill ();
  compare ("pass@k, 128 problems, n 10,000, every k", pass_all_ks, "uncompensated loop", pass_plain);
  compare ("band, 2,000 replicates x 1,000 problems x 60 k", band, "its multiply-adds in registers", band_plain);
  compare ("maj@k, 128 x 10,000, k to 10,000, 128 replicates", majority, "128 shuffles to k 1,000", majority_plain);
  printf ("standard error of mean maj@k over problems: at most %.4f\n", worst_se);
  return 0;
}
