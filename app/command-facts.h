/* command-facts.h - what several commands say of runs. */
#ifndef VERVET_APP_COMMAND_FACTS_H
#define VERVET_APP_COMMAND_FACTS_H

#include "command.h"

void command_facts (VervetRunFacts *facts, const VervetRunRow *run);
const char *command_state_name (VervetRunState state); /* "new", "running", "paused", "done", "imported" */
/* "FILE: 2 runs, 256 problems, 12,800 samples, 12,800 verdicts added", on standard error. */
void command_note_counts (const char *file, const VervetExchangeStats *stats, const char *what_happened);

#endif
