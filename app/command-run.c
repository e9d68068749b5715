/* command-run.c - vervet run: an experiment into a run file. */
#include "command-run.h"

#include <malloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command-json.h"
#include "command-stop.h"
#include "progress.h"

/* ---- The experiment as it was typed ---- */
static gboolean
set_from_flags (VervetExperiment *experiment, const CommandArgs *args, GError **error)
{
  static const struct {
    const char *flag, *path;
  } plain[] = {
    { "benchmark", "benchmark" },         { "sampler", "sampler" },
    { "model", "models.model" },          { "name", "name" },
    { "problems", "benchmark.problems" }, { "samples", "sampler.samples" },
  };
  const char *const *verifiers = command_values (args, "verifier");

  for (gsize i = 0; i < G_N_ELEMENTS (plain); i++) {
    const char *value = command_value (args, plain[i].flag);
    const VervetJson *json = vervet_experiment_json (experiment);

    if (!value)
      continue;
    /* --samples without a sampler means the usual one. */
    if (strcmp (plain[i].flag, "samples") == 0 && !vervet_json_get (json, "sampler")
        && !vervet_experiment_set (experiment, "sampler", "repeated", error))
      return FALSE;
    if (!vervet_experiment_set (experiment, plain[i].path, value, error))
      return FALSE;
  }
  if (verifiers[0]) {
    g_autoptr (GString) list = g_string_new ("[");

    for (guint i = 0; verifiers[i]; i++)
      g_string_append_printf (list, "%s\"%s\"", i ? ", " : "", verifiers[i]);
    g_string_append_c (list, ']');
    return vervet_experiment_set (experiment, "verifiers", list->str, error);
  }
  return TRUE;
}

gboolean
command_apply_sets (VervetExperiment *experiment, const char *const *sets, GError **error)
{
  for (guint i = 0; sets[i]; i++) {
    const char *equals = strchr (sets[i], '=');
    g_autofree char *path = equals ? g_strndup (sets[i], (gsize)(equals - sets[i])) : NULL;

    if (!equals) {
      g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
                   "--set needs PATH=VALUE, as --set sampler.temperature=0.8; \"%s\" has no \"=\"", sets[i]);
      return FALSE;
    }
    if (!vervet_experiment_set (experiment, path, equals + 1, error))
      return FALSE;
  }
  return TRUE;
}

static VervetExperiment *
read_experiment (const CommandArgs *args, GError **error)
{
  guint n;
  const char *const *words = command_words (args, &n);
  g_autoptr (VervetExperiment) experiment = n > 0 ? vervet_experiment_load (words[0], error) : vervet_experiment_new ();

  if (!experiment || !set_from_flags (experiment, args, error)
      || !command_apply_sets (experiment, command_values (args, "set"), error))
    return NULL;
  return g_steal_pointer (&experiment);
}

static gboolean
read_shard (const CommandArgs *args, VervetEngineOptions *options, GError **error)
{
  const char *text = command_value (args, "shard");
  char rest;

  if (!text)
    return TRUE;
  if (sscanf (text, "%u/%u%c", &options->shard, &options->n_shards, &rest) == 2 && options->shard < options->n_shards)
    return TRUE;
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "--shard takes I/N with I from 0 to N-1, as 0/8; it got \"%s\"",
               text);
  return FALSE;
}

/* NAME.vervet; a shard's file says which one it is. */
static char *
output_path (const CommandArgs *args, const char *name, const VervetEngineOptions *options)
{
  const char *given = command_value (args, "output");
  g_autofree char *file = g_strdelimit (g_strdup (name), "/ ", '-');

  if (given)
    return g_strdup (given);
  if (options->n_shards > 0)
    return g_strdup_printf ("%s.shard-%u-of-%u.vervet", file, options->shard, options->n_shards);
  return g_strconcat (file, ".vervet", NULL);
}

/* ---- Running ---- */
gboolean
command_drive_engine (VervetEngine *engine, const char *name, gboolean is_quiet, CommandRunOutcome *out, GError **error)
{
  Progress *progress = progress_new (name, is_quiet);
  gint64 term_us = 0;
  gboolean is_ok;

  while (!vervet_engine_wait (engine, 100)) {
    int stops = command_stop_count ();

    if (stops >= 3)
      _exit (130); /* the file is whole: whatever was acknowledged is in it */
    if (command_stop_by_term () && term_us == 0)
      term_us = g_get_monotonic_time ();
    /* A scheduler kills soon after its first signal: what runs gets 30 s to finish. */
    if (stops == 2 || (term_us && g_get_monotonic_time () - term_us > 30 * G_USEC_PER_SEC))
      vervet_engine_stop (engine, VERVET_STOP_CANCEL);
    else if (stops == 1)
      vervet_engine_stop (engine, VERVET_STOP_FINISH);
    vervet_engine_progress (engine, &out->progress);
    progress_show (progress, &out->progress);
  }
  vervet_engine_progress (engine, &out->progress);
  progress_free (progress);
  is_ok = vervet_engine_finish (engine, &out->result, error);
  return is_ok;
}

static void
say_result (const char *path, const char *name, const CommandRunOutcome *run)
{
  const VervetProgress *p = &run->progress;
  g_autofree char *samples = progress_count (p->done), *planned = progress_count (p->planned),
                  *problems = progress_count (p->problems);
  g_autofree char *time = progress_time (p->elapsed_s), *judged = progress_count (p->judged);
  double rate = p->elapsed_s > 0 ? (double)(p->done - p->resumed) / p->elapsed_s : 0;

  const char *noun = p->is_search ? "trials" : "samples";
  g_autofree char *speed = rate > 0 ? g_strdup_printf (" (%.*f %s/s)", rate < 10 ? 1 : 0, rate, noun) : g_strdup ("");

  command_note ("%s: %s of %s %s of %s problems, %s verdicts, %s%s -> %s", name, samples, planned, noun, problems,
                judged, time, speed, path);
  if (p->resumed > 0)
    command_note ("  %" G_GINT64_FORMAT " of them were there already", p->resumed);
  if (p->retries > 0 || p->failed > 0)
    command_note ("  %" G_GINT64_FORMAT " tries failed; %" G_GINT64_FORMAT " trials were given up", p->retries,
                  p->failed);
}

static void
write_result (VervetJsonWriter *w, const char *name, const CommandRunOutcome *run)
{
  const VervetProgress *p = &run->progress;
  const struct {
    const char *key;
    gint64 value;
  } members[] = {
    { "problems", p->problems },
    { "planned", p->planned },
    { "done", p->done },
    { "resumed", p->resumed },
    { "failed", p->failed },
    { "missing", run->result.missing },
    { "judged", p->judged },
    { "unjudged", run->result.unjudged },
    { "retries", p->retries },
    { "calls", p->calls },
    { "prompt_tokens", p->in_tok },
    { "output_tokens", p->out_tok },
  };

  vervet_json_writer_begin_object (w);
  command_json_text (w, "name", name);
  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    command_json_int (w, members[i].key, members[i].value);
  command_json_double (w, "elapsed_s", p->elapsed_s);
  command_json_bool (w, "interrupted", run->result.interrupted);
  command_json_text (w, "paused", run->result.paused);
  vervet_json_writer_end_object (w);
}

static void
say_forecast (VervetJsonWriter *w, const char *name, const VervetForecast *f)
{
  const struct {
    const char *key, *label;
    double value;
  } members[] = {
    { "problems", "problems", (double)f->problems },
    { "trials", "trials to draw", (double)f->trials },
    { "calls", "calls at most", (double)f->calls },
    { "prompt_tokens", "prompt tokens", f->in_tok },
    { "output_tokens", "output tokens", f->out_tok },
    { "usd", "cost in USD", f->money },
    { "seconds", "seconds", f->seconds },
  };

  if (!w) {
    command_printf ("%s (%s)\n", name,
                    f->from_pilot ? "from the samples that are there"
                                  : "from the prompts and max-tokens; draw a few samples for a better one");
    for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
      if (isnan (members[i].value))
        command_printf ("  %-16s not known\n", members[i].label);
      else
        command_printf ("  %-16s %.*f\n", members[i].label, strcmp (members[i].key, "usd") == 0 ? 2 : 0,
                        members[i].value);
    return;
  }
  vervet_json_writer_begin_object (w);
  command_json_text (w, "name", name);
  command_json_bool (w, "from_pilot", f->from_pilot);
  for (gsize i = 0; i < G_N_ELEMENTS (members); i++)
    command_json_double (w, members[i].key, members[i].value);
  vervet_json_writer_end_object (w);
}

/* The worst of several exit statuses: an interruption ends the sweep, a lack in one arm does not. */
static gboolean
run_arm (VervetRegistry *registry, const VervetPlan *plan, const VervetEngineOptions *options, const CommandArgs *args,
         VervetJsonWriter *w, GError **error)
{
  VervetEngine *engine = vervet_engine_start (registry, plan, options, error);
  CommandRunOutcome run = { 0 };
  gboolean is_ok;

  if (!engine)
    return FALSE;
  is_ok = command_drive_engine (engine, plan->name, command_flag (args, "quiet"), &run, error);
  if (w)
    write_result (w, plan->name, &run);
  if (!command_flag (args, "quiet"))
    say_result (options->path, plan->name, &run);
  vervet_run_result_clear (&run.result);
  return is_ok;
}

static gboolean
one_arm (VervetRegistry *registry, VervetExperiment *arm, const CommandArgs *args, VervetEngineOptions *options,
         VervetJsonWriter *w, GError **error)
{
  g_autoptr (VervetPlan) plan = vervet_plan_new (registry, arm, error);
  VervetForecast forecast;

  if (!plan)
    return FALSE;
  if (!command_flag (args, "dry-run"))
    return run_arm (registry, plan, options, args, w, error);
  if (!vervet_engine_forecast (registry, plan, options, &forecast, error))
    return FALSE;
  say_forecast (w, plan->name, &forecast);
  return TRUE;
}

static char *
sweep_name (const VervetExperiment *experiment, VervetRegistry *registry, GError **error)
{
  g_autoptr (GPtrArray) arms = NULL;
  g_autoptr (VervetPlan) plan = NULL;

  if (vervet_experiment_name (experiment))
    return g_strdup (vervet_experiment_name (experiment));
  arms = vervet_experiment_arms (experiment, registry, error);
  plan = arms ? vervet_plan_new (registry, g_ptr_array_index (arms, 0), error) : NULL;
  return plan ? g_strdup (plan->name) : NULL;
}

static int
run (const CommandArgs *args, GError **error)
{
  g_autoptr (VervetExperiment) experiment = read_experiment (args, error);
  g_autoptr (VervetRegistry) registry = NULL;
  g_autoptr (GPtrArray) arms = NULL;
  g_autoptr (GString) json = g_string_new (NULL);
  g_autoptr (VervetJsonWriter) w = command_flag (args, "json") ? vervet_json_writer_new (json, 2) : NULL;
  g_autofree char *name = NULL, *path = NULL;
  VervetEngineOptions options = { 0 };
  GError *first = NULL;

  if (!experiment || !read_shard (args, &options, error))
    return 1;
  registry = vervet_registry_new (command_flag (args, "safe") ? VERVET_REGISTRY_SAFE : VERVET_REGISTRY_DEFAULT, error);
  if (!registry || !(arms = vervet_experiment_arms (experiment, registry, error))
      || !(name = sweep_name (experiment, registry, error)))
    return 1;
  options.path = path = output_path (args, name, &options);
  /* Rows pass between threads all the time; many heaps would each keep their share of them. */
  mallopt (M_ARENA_MAX, 2);
  command_stop_install ();
  if (w) {
    vervet_json_writer_begin_object (w);
    command_json_text (w, "file", path);
    vervet_json_writer_key (w, "runs");
    vervet_json_writer_begin_array (w);
  }
  for (guint i = 0; i < arms->len; i++) {
    g_autoptr (GError) why = NULL;

    if (command_stop_count () > 0) { /* the stop is for the whole sweep */
      g_clear_error (&first);
      g_set_error (&first, VERVET_ERROR, VERVET_ERROR_INTERRUPTED,
                   "interrupted before %u of %u runs; the same command continues", arms->len - i, arms->len);
      break;
    }
    if (one_arm (registry, g_ptr_array_index (arms, i), args, &options, w, &why))
      continue;
    if (why && !g_error_matches (why, VERVET_ERROR, VERVET_ERROR_INCOMPLETE)) {
      g_clear_error (&first);
      first = g_steal_pointer (&why);
      break;
    }
    if (!first)
      first = g_steal_pointer (&why);
  }
  if (w) {
    vervet_json_writer_end_array (w);
    vervet_json_writer_end_object (w);
    g_string_append_c (json, '\n');
    command_print (json->str);
  }
  if (first)
    g_propagate_error (error, first);
  return 0;
}

static const CommandOption options[] = {
  { "output", 'o', COMMAND_VALUE, "RUN", "The run file; NAME.vervet in the current folder when not given.", "@run" },
  { "samples", 'n', COMMAND_VALUE, "N", "Samples for each problem; more than last time extends the run.", NULL },
  { "problems", 'p', COMMAND_VALUE, "SPEC", "Which problems: a number, or a list such as 0-127,130.", NULL },
  { "set", 's', COMMAND_MANY, "PATH=VALUE", "Sets a key of the experiment, as sampler.temperature=0.8.", NULL },
  { "benchmark", 0, COMMAND_VALUE, "ID", "The benchmark, when no experiment file says so.", "@component" },
  { "model", 0, COMMAND_VALUE, "ID", "The back end of the role \"model\".", "@component" },
  { "sampler", 0, COMMAND_VALUE, "ID", "The sampler; repeated sampling when not given.", "@component" },
  { "verifier", 0, COMMAND_MANY, "ID", "A grading check; the first one counts.", "@component" },
  { "name", 0, COMMAND_VALUE, "NAME", "The run's name in the file.", NULL },
  { "shard", 0, COMMAND_VALUE, "I/N", "Only every N-th problem, from the I-th on (from 0); join with vervet merge.",
    NULL },
  { "dry-run", 0, COMMAND_FLAG, NULL, "Prints the calls, tokens, money and time expected, and asks nothing of a model.",
    NULL },
  { "safe", 0, COMMAND_FLAG, NULL, "In-tree plugins only.", NULL },
  { "quiet", 'q', COMMAND_FLAG, NULL, "No progress and no closing line.", NULL },
  { "json", 0, COMMAND_FLAG, NULL, "Prints what was done as JSON.", NULL },
  { NULL },
};

const Command command_run = {
  .name = "run",
  .synopsis = "[EXPERIMENT] [-o RUN] [--samples N] [--problems SPEC] [--set PATH=VALUE]... [--shard I/N] [--dry-run]",
  .summary = "Draw samples, verify them, and keep every one in a run file",
  .description = "Executes an experiment (vervet-experiment(5)) into a run file. The same command again continues "
                 "where the last one stopped: nothing that is "
                 "in the file is drawn again, trials without a sample and samples without a verdict are tried again, "
                 "and a larger --samples extends the run. "
                 "A list in the experiment where one value is expected is an axis; each combination becomes a run of "
                 "its own in the same file.\n\n"
                 "The first ^C starts no new trial and waits for what is in flight, the second cancels it, the third "
                 "leaves at once; the file is whole in each case.",
  .example = "vervet run data/experiments/simulated.json -o demo.vervet --samples 1000\n"
             "vervet run --benchmark gsm8k --set benchmark.file=test.jsonl --model replay --set "
             "models.model.file=pool.jsonl --verifier numeric",
  .options = options,
  .min_words = 0,
  .max_words = 1,
  .words = "@file",
  .run = run,
};
