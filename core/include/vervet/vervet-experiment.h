/* vervet-experiment.h - what to run: an experiment file, its axes, and the plan made from it.
 *
 * An experiment is JSON with comments (the manual page vervet-experiment(5) lists every key). A list where a single
 * value is expected is an axis: vervet_experiment_arms() makes one experiment for each combination. A plan is an
 * experiment against a registry: every component found, every option validated, every default filled in.
 * Errors: INPUT with "FILE:LINE:COLUMN: ..." and a "did you mean". Threads: one at a time. */
#ifndef VERVET_EXPERIMENT_H
#define VERVET_EXPERIMENT_H

#include "vervet-json.h"
#include "vervet-registry.h"

G_BEGIN_DECLS

typedef struct _VervetExperiment VervetExperiment;

VervetExperiment *vervet_experiment_load (const char *path, GError **error);
VervetExperiment *vervet_experiment_new (void); /* empty: to be filled by set */
VervetExperiment *vervet_experiment_from_json (const char *text, const char *name, GError **error);
void vervet_experiment_free (VervetExperiment *experiment);
/* "--set sampler.samples=64": @value is read as JSON when it is JSON, else as a string. "benchmark", "sampler",
 * "models.ROLE" and "verifiers" may be plain ids and turn into objects where @path goes inside them. */
gboolean vervet_experiment_set (VervetExperiment *experiment, const char *path, const char *value, GError **error);
const VervetJson *vervet_experiment_json (const VervetExperiment *experiment);
const char *vervet_experiment_name (const VervetExperiment *experiment);
/* One experiment for each combination of the axes (itself alone when there is none), in the order written. A list is an
 * axis unless it is "verifiers" or the value of an option of type JSON, which @registry knows.
 * Element type: VervetExperiment *. (transfer full) */
GPtrArray *vervet_experiment_arms (const VervetExperiment *experiment, VervetRegistry *registry, GError **error);
/* The swept values as JSON, NULL when the experiment is no arm. */
const char *vervet_experiment_arm (const VervetExperiment *experiment);
/* What all arms of one experiment share, all zero when it is none. */
const guint8 *vervet_experiment_sweep (const VervetExperiment *experiment);

typedef struct {
  char *role; /* "model", "judge" ... ; NULL for benchmark and sampler; a check's name */
  const VervetComponentInfo *info;
  VervetOptions *options;
  double temperature, top_p, min_p;               /* sampling defaults of a role; 0: not set */
  gint64 max_tokens, top_k;                       /* 0: not set */
  double timeout_s;                               /* of one request; 0: 600 s */
  double price_input, price_cached, price_output; /* money for 10^6 tokens; NaN: not known */
  gboolean gold;                                  /* "reference": "gold": this role sees the reference answer */
  char *reference_field;                          /* "reference": "field:NAME" */
} VervetBinding;

typedef struct _VervetPlan VervetPlan;
struct _VervetPlan {
  char *name, *spec, *arm; /* spec: canonical JSON of the whole experiment without secrets */
  guint8 fingerprint[16];  /* of everything that can change a sample */
  guint8 sweep[16];        /* all zero: no arm of a sweep */
  VervetBinding *benchmark, *sampler;
  GPtrArray *checks; /* VervetBinding *: the grading checks, the first one counts */
  GPtrArray *roles;  /* VervetBinding * */
  guint64 samples;   /* trials wanted for each problem, >= 1 */
  char *problems;    /* "0-127,200": NULL: all */
  guint64 seed;
  gboolean oracle, stopping, one_call;
  double caps[7]; /* run budget in the order of vv_budget, INFINITY: none */
  double trial_caps[7];
  guint concurrency, workers; /* 0: chosen by the engine */
  guint64 check_timeout_ms;   /* for one text */
};

VervetPlan *vervet_plan_new (VervetRegistry *registry, const VervetExperiment *experiment, GError **error);
/* Only checks ("verifiers", "models" for judges, "workers", "check-timeout"): to judge what the run @run holds. */
VervetPlan *vervet_plan_new_reverify (VervetRegistry *registry, const VervetExperiment *experiment, const char *run,
                                      GError **error);
void vervet_plan_free (VervetPlan *plan);
/* Names of the spec's members in which two experiments' fingerprints differ, for "refused: ... differ". (transfer full)
 */
char **vervet_plan_differences (const VervetPlan *plan, const char *other_spec);
/* "0-127,130,200-" against @count problems (count < 0: unlimited, an open end is an error): ascending, distinct. */
GArray *vervet_parse_problems (const char *spec, gint64 count, GError **error); /* gint64 */
extern const char *const vervet_budget_units[7]; /* "calls", "input-tokens", "output-tokens", ... as in vv_budget */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VervetExperiment, vervet_experiment_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VervetPlan, vervet_plan_free)

G_END_DECLS

#endif
