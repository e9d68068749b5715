/* command-reverify.c - vervet reverify: adds verdicts to a stored pool. */
#include "command-run.h"

#include <string.h>

#include "command-stop.h"
#include "progress.h"

/* {"verifiers": [{"use": ID, options...}]} */
static VervetExperiment *
make_checks (VervetRegistry *registry, const CommandArgs *args, GError **error)
{
  guint n;
  const char *const *words = command_words (args, &n), *const *pairs = command_values (args, "option");
  g_autoptr (VervetExperiment) experiment = vervet_experiment_new ();
  g_autoptr (VervetJson) list = vervet_json_new (VERVET_JSON_ARRAY);
  g_autofree char *text = NULL;

  for (guint i = 1; i < n; i++) {
    const VervetComponentInfo *info = vervet_registry_lookup (registry, VV_KIND_VERIFIER, words[i]);
    VervetJson *check;

    if (!info)
      info = vervet_registry_lookup (registry, VV_KIND_JUDGE, words[i]);
    if (!info) {
      vervet_registry_find (registry, VV_KIND_VERIFIER, words[i], error);
      return NULL;
    }
    check = vervet_options_from_strings (info, pairs, error);
    if (!check)
      return NULL;
    vervet_json_set (check, "use", vervet_json_new_string (words[i]));
    if (command_value (args, "as"))
      vervet_json_set (check, "name", vervet_json_new_string (command_value (args, "as")));
    vervet_json_append (list, check);
  }
  text = vervet_json_to_string (list, 0);
  if (!vervet_experiment_set (experiment, "verifiers", text, error)
      || !command_apply_sets (experiment, command_values (args, "set"), error))
    return NULL;
  return g_steal_pointer (&experiment);
}

static GPtrArray *
run_names (const char *path, const char *wanted, GError **error)
{
  g_autoptr (VervetStore) store = vervet_store_open (path, error);
  g_autoptr (GArray) runs = store ? vervet_store_runs (store, error) : NULL;
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  if (!runs)
    return NULL;
  for (guint i = 0; i < runs->len; i++) {
    const VervetRunRow *run = &g_array_index (runs, VervetRunRow, i);

    if (wanted ? strcmp (run->name, wanted) == 0 : !run->counts_only)
      g_ptr_array_add (names, g_strdup (run->name));
  }
  if (names->len == 0) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
                 wanted ? "%s holds no run \"%s\"" : "%s holds no samples to judge%s", path, wanted ? wanted : "");
    return NULL;
  }
  return g_steal_pointer (&names);
}

static gboolean
judge_run (VervetRegistry *registry, const VervetExperiment *experiment, const char *path, const char *name,
           const CommandArgs *args, GError **error)
{
  g_autoptr (VervetPlan) plan = vervet_plan_new_reverify (registry, experiment, name, error);
  const VervetEngineOptions options = { .path = path, .verify_only = TRUE };
  VervetEngine *engine = plan ? vervet_engine_start (registry, plan, &options, error) : NULL;
  g_autofree char *judged = NULL, *time = NULL;
  CommandRunOutcome run = { 0 };
  gboolean is_ok;

  if (!engine)
    return FALSE;
  is_ok = command_drive_engine (engine, name, command_flag (args, "quiet"), &run, error);
  judged = progress_count (run.progress.judged);
  time = progress_time (run.progress.elapsed_s);
  if (!command_flag (args, "quiet"))
    command_note ("%s: %s verdicts added, %" G_GINT64_FORMAT " errors, %s -> %s", name, judged,
                  run.progress.judge_errors, time, path);
  vervet_run_result_clear (&run.result);
  return is_ok;
}

static int
run (const CommandArgs *args, GError **error)
{
  const char *const *words = command_words (args, NULL);
  g_autoptr (VervetRegistry) registry =
      vervet_registry_new (command_flag (args, "safe") ? VERVET_REGISTRY_SAFE : VERVET_REGISTRY_DEFAULT, error);
  g_autoptr (VervetExperiment) experiment = registry ? make_checks (registry, args, error) : NULL;
  g_autoptr (GPtrArray) names = experiment ? run_names (words[0], command_value (args, "run"), error) : NULL;

  command_stop_install ();
  for (guint i = 0; names && i < names->len; i++)
    if (!judge_run (registry, experiment, words[0], g_ptr_array_index (names, i), args, error))
      return 1;
  return 0;
}

static const CommandOption options[] = {
  { "run", 0, COMMAND_VALUE, "NAME", "Only this run of the file; all of them when not given.", NULL },
  { "option", 'o', COMMAND_MANY, "KEY=VALUE", "An option of the verifier; another value is another check.", NULL },
  { "as", 0, COMMAND_VALUE, "NAME", "The check's name in reports; the verifier's id when not given.", NULL },
  { "set", 's', COMMAND_MANY, "PATH=VALUE", "Sets a key, as models.judge=ID for a judge, or check-timeout=30.", NULL },
  { "safe", 0, COMMAND_FLAG, NULL, "In-tree plugins only.", NULL },
  { "quiet", 'q', COMMAND_FLAG, NULL, "No progress and no closing line.", NULL },
  { NULL },
};

const Command command_reverify = {
  .name = "reverify",
  .synopsis = "RUN VERIFIER... [--run NAME] [-o KEY=VALUE]...",
  .summary = "Judge stored samples with another verifier",
  .description = "Adds verdicts to the samples that a run file holds. No model is asked, unless the verifier is a "
                 "judge. Verdicts that are there stay; the same "
                 "verifier with the same options judges only what it has not judged yet, and tries errors again. ^C "
                 "stops it, and the same command goes on.",
  .example = "vervet reverify gsm8k.vervet exact\nvervet report gsm8k.vervet --verifier exact",
  .options = options,
  .min_words = 2,
  .max_words = G_MAXUINT,
  .words = "@run @component",
  .run = run,
};
