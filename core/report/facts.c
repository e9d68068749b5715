/* facts.c - the parts of a run as its spec names them. */
#include "vervet-report.h"

/* A part of an experiment is an id, or an object with the id in "use". */
static const char *
part_name (const VervetJson *part)
{
  if (part && part->type == VERVET_JSON_STRING)
    return part->s;
  return vervet_json_get_string (part, "use", NULL);
}

/* What a back end serves (a server's model, a series of a recorded pool) says more than which one it is. */
static const char *
model_name (const VervetJson *spec)
{
  static const char *const keys[] = { "model", "series" };
  const VervetJson *part = vervet_json_find (spec, "models.model"), *options = vervet_json_get (part, "options");

  if (!part)
    part = vervet_json_find (spec, "imported.model");
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
    const char *served = vervet_json_get_string (options ? options : part, keys[i], NULL);

    if (served && *served)
      return served;
  }
  return part_name (part);
}

void
vervet_run_facts_init (VervetRunFacts *facts, const VervetJson *spec)
{
  facts->benchmark = g_strdup (part_name (vervet_json_get (spec, "benchmark")));
  facts->model = g_strdup (model_name (spec));
  facts->sampler = g_strdup (part_name (vervet_json_get (spec, "sampler")));
}

void
vervet_run_facts_clear (VervetRunFacts *facts)
{
  g_clear_pointer (&facts->benchmark, g_free);
  g_clear_pointer (&facts->model, g_free);
  g_clear_pointer (&facts->sampler, g_free);
}
