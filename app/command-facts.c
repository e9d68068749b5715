/* command-facts.c - see command-facts.h. */
#include "command-facts.h"

void
command_facts (VervetRunFacts *facts, const VervetRunRow *run)
{
  g_autoptr (VervetJson) spec = run->spec ? vervet_json_parse (run->spec, -1, run->name, VERVET_JSON_NAN, NULL) : NULL;
  vervet_run_facts_init (facts, spec);
}

const char *
command_state_name (VervetRunState state)
{
  switch (state) {
  case VERVET_RUN_NEW:
    return "new";
  case VERVET_RUN_RUNNING:
    return "running";
  case VERVET_RUN_PAUSED:
    return "paused";
  case VERVET_RUN_DONE:
    return "done";
  case VERVET_RUN_IMPORTED:
    return "imported";
  }
  return "unknown";
}

void
command_note_counts (const char *file, const VervetExchangeStats *stats, const char *what_happened)
{
  g_autofree char *runs = vervet_text_count (stats->runs), *problems = vervet_text_count (stats->problems);
  g_autofree char *samples = vervet_text_count (stats->samples), *verdicts = vervet_text_count (stats->verdicts);
  command_note ("%s: %s runs, %s problems, %s samples, %s verdicts %s", file, runs, problems, samples, verdicts,
                what_happened);
}
