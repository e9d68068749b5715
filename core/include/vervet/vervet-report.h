/* vervet-report.h - what a run says: coverage, selectors, cost, fit, warnings; as JSON and for a terminal.
 *
 * Everything comes from the counters of the file; no sample is read. The trials of a problem that count (its n) are
 * those whose verdict is pass, fail or no answer; no answer is a wrong answer. Trials without a sample, without a
 * verdict, with an error of the verifier, undecided ones, and those with a bad reference or a bare score count
 * neither as right nor as wrong: they are left out, counted, and warned about. Where planned trials are missing in
 * this sense (all of these but the last two), missing_wrong and missing_right are the coverage with all of them taken
 * to fail or to pass.
 *
 * coverage is the mean over problems of the unbiased pass@k, with a percentile bootstrap band that resamples
 * problems; problems with n < k are left out of that k. majority is the mean of maj@k; where it is drawn, the number
 * of subsets is chosen so that its standard error is below 0.002 of the scale from 0 to 1. Of more than 64 values of
 * k it is given at log-spaced ones.
 *
 * Threads: the caller's; opens nothing but @store. */
#ifndef VERVET_REPORT_H
#define VERVET_REPORT_H

#include "vervet-json.h"
#include "vervet-stats.h"
#include "vervet-store.h"

G_BEGIN_DECLS

/* The parts of a run as its spec (parsed; nullable) names them; NULL where it names none. */
typedef struct {
  char *benchmark, *model, *sampler;
} VervetRunFacts;
void vervet_run_facts_init (VervetRunFacts *facts, const VervetJson *spec);
void vervet_run_facts_clear (VervetRunFacts *facts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VervetRunFacts, vervet_run_facts_clear)

typedef struct {
  const char *run;      /* name; NULL: every run of the file */
  const char *verifier; /* name of the check; NULL: the first, which grades */
  const char *ks;       /* "1,10,100"; NULL: log-spaced up to the largest n */
  const char *by;       /* a public field, "level" ...: one more table a value; NULL: none */
  guint reps;           /* bootstrap replicates, 0: 2000 */
  double level;         /* 0: 0.95 */
} VervetReportOptions;

typedef struct {
  guint64 k;
  VervetEstimate estimate;
  double missing_wrong, missing_right;
} VervetCurvePoint;
typedef struct {
  char *code, *message;
} VervetWarning;
typedef struct {
  char *name, *benchmark, *model, *sampler, *verifier, *arm;
  gboolean oracle, stopping, counts_only;
  gint64 problems, trials, samples, planned, missing, unscored, duplicates;
  GArray *coverage; /* VervetCurvePoint; missing_* are NaN when nothing is missing */
  GArray *majority; /* VervetCurvePoint; NULL where the file holds no answers */
  gboolean has_fit;
  VervetPowerFit fit;
  gint64 calls, prompt_tokens, output_tokens, sequential_tokens, verifier_calls, verifier_tokens;
  double usd, flops, wall_s; /* NaN: not known */
  GPtrArray *groups;         /* VervetGroupReport *, with `by` */
  GPtrArray *warnings;       /* VervetWarning * */
} VervetRunReport;
typedef struct {
  char *value;
  gint64 problems;
  GArray *coverage;
} VervetGroupReport;

typedef struct {
  GPtrArray *runs; /* VervetRunReport * */
  double level;    /* of the intervals */
} VervetReport;

VervetReport *vervet_report_new (VervetStore *store, const VervetReportOptions *options, GError **error);
void vervet_report_free (VervetReport *report);
void vervet_report_write_json (const VervetReport *report,
                               VervetJsonWriter *writer); /* the object that vervet-report(1) describes */
/* @width: columns of the terminal (0: 80); @color: ANSI colours; @ascii: no characters beyond ASCII. Always ends with
 * a line end. */
void vervet_report_write_text (const VervetReport *report, GString *out, guint width, gboolean color, gboolean ascii);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VervetReport, vervet_report_free)

G_END_DECLS

#endif
