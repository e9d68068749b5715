/* command-run.h - what commands that start the engine share. */
#ifndef VERVET_APP_COMMAND_RUN_H
#define VERVET_APP_COMMAND_RUN_H

#include "command.h"

typedef struct {
  VervetProgress progress; /* the last one */
  VervetRunResult result;
} CommandRunOutcome;

/* Waits for the engine, shows its progress, and passes ^C on: once finishes, twice cancels, three times leaves. */
gboolean command_drive_engine (VervetEngine *engine, const char *name, gboolean is_quiet, CommandRunOutcome *out,
                               GError **error);
/* Each "PATH=VALUE". */
gboolean command_apply_sets (VervetExperiment *experiment, const char *const *sets, GError **error);

#endif
