/* command-facts.h - what several commands say of a run: its parts as its spec names them, and its state. */
#ifndef VERVET_APP_COMMAND_FACTS_H
#define VERVET_APP_COMMAND_FACTS_H

#include "command.h"

typedef struct { char *benchmark, *model, *sampler; /* "" where the spec names none */ } CommandFacts;

void command_facts_init (CommandFacts *facts, const VervetRunRow *run);
void command_facts_clear (CommandFacts *facts);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CommandFacts, command_facts_clear)

const char *command_state_name (VervetRunState state); /* "new", "running", "paused", "done", "imported" */
/* "FILE: 2 runs, 256 problems, 12,800 samples, 12,800 verdicts added", on standard error. */
void command_note_counts (const char *file, const VervetExchangeStats *stats, const char *what_happened);

#endif
