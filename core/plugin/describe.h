/* describe.h - what the scanning child says of a file. Runs the plugin's code: in `vervet-worker`, nowhere else. */
#ifndef VERVET_PLUGIN_DESCRIBE_H
#define VERVET_PLUGIN_DESCRIBE_H

#include <vervet-registry.h>

G_BEGIN_DECLS

/* How far the child has come. It writes one line end as each stage begins, in front of its JSON (where JSON allows
 * them); so whoever reads a child that has died knows where. None at all: the worker itself did not start. */
typedef enum {
  VERVET_STAGE_START,
  VERVET_STAGE_OPEN,
  VERVET_STAGE_DESCRIPTOR,
  VERVET_STAGE_LOAD,
  VERVET_STAGE_PROBE,
  VERVET_STAGE_CREATE,
  VERVET_STAGE_UNLOAD,
  VERVET_STAGE_ANSWER,
  VERVET_N_STAGES
} VervetStage;

/* "while it was being opened", "in load()" ... */
const char *vervet_stage_name (VervetStage stage);

typedef void (*VervetStageFunc) (gpointer data);

/* One JSON object: vervet_plugin_info_to_json() of the plugin, or { "error": sentence, "passing": bool }; passing: it
 * lies in the machine's state rather than in the file, so asking again soon makes sense. With @check_create each
 * component that needs no option is created and destroyed as well, and says under "create" how that went. (transfer
 * full) */
VervetJson *vervet_describe_file (const char *file, gboolean check_create, VervetStageFunc next_stage, gpointer data);

G_END_DECLS

#endif
