/* experiment.h - inside of an experiment, for the plan. */
#ifndef VERVET_RUN_EXPERIMENT_H
#define VERVET_RUN_EXPERIMENT_H

#include <vervet-experiment.h>
#include <vervet-store.h>

struct _VervetExperiment {
  VervetJson *json;
  char *file;     /* stands in messages */
  char *base_dir; /* relative paths of the file lead from here; NULL: the current folder */
  char *arm;      /* swept values, JSON */
  guint8 sweep[VERVET_HASH_SIZE];
};

void vervet_experiment_forget_lines (VervetJson *json);
/* Fills fingerprint and spec of a plan that is otherwise whole. */
void vervet_plan_identify (VervetPlan *plan);
/* Whether @spec reads as a list of problems, whatever their number. */
gboolean vervet_problems_is_list (const char *spec);
/* What makes two checks the same: component, behaviour, options and the roles they ask. */
void vervet_check_fingerprint (const VervetPlan *plan, const VervetBinding *check, guint8 out[VERVET_HASH_SIZE]);

#endif
