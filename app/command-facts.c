/* command-facts.c - see command-facts.h. */
#include "command-facts.h"

/* A part of a spec is an id, or an object with the id in "use". */
static char *
part_name (const VervetJson *part)
{
  if (!part)
    return g_strdup ("");
  if (part->type == VERVET_JSON_STRING)
    return g_strdup (part->s);
  return g_strdup (vervet_json_get_string (part, "use", ""));
}

/* What a back end serves says more than which one it is. */
static char *
model_name (const VervetJson *model)
{
  const char *served = vervet_json_get_string (model, "model", NULL);
  return served ? g_strdup (served) : part_name (model);
}

void
command_facts_init (CommandFacts *facts, const VervetRunRow *run)
{
  g_autoptr (VervetJson) spec =
      run->spec ? vervet_json_parse (run->spec, -1, run->name, VERVET_JSON_STRICT, NULL) : NULL;
  facts->benchmark = part_name (vervet_json_get (spec, "benchmark"));
  facts->model = model_name (vervet_json_find (spec, "models.model"));
  facts->sampler = part_name (vervet_json_get (spec, "sampler"));
}

void
command_facts_clear (CommandFacts *facts)
{
  g_clear_pointer (&facts->benchmark, g_free);
  g_clear_pointer (&facts->model, g_free);
  g_clear_pointer (&facts->sampler, g_free);
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
