/* What a run would cost, without asking a model: from its own samples where it has some, else from the prompts. */
#include <math.h>
#include <string.h>

#include "run/engine.h"

static const double chars_per_token = 3.6;

typedef struct {
  gint64 samples, in_tok, out_tok, done;
  double wall_s;
} Pilot;

static void
add_epochs (VervetStore *store, gint64 run_id, Pilot *pilot)
{
  g_autoptr (GArray) epochs = vervet_store_epochs (store, run_id, NULL);

  for (guint i = 0; epochs && i < epochs->len; i++) {
    const VervetEpochRow *row = &g_array_index (epochs, VervetEpochRow, i);

    if (row->ended_ms > row->started_ms)
      pilot->wall_s += (double)(row->ended_ms - row->started_ms) / 1000;
  }
}

static void
read_pilot (const VervetPlan *plan, const char *path, Pilot *pilot)
{
  g_autoptr (VervetStore) store = g_file_test (path, G_FILE_TEST_EXISTS) ? vervet_store_open (path, NULL) : NULL;
  g_auto (VervetRunRow) run = { 0 };
  g_autoptr (GArray) members = NULL;

  if (!store || !vervet_store_find_run (store, plan->name, &run, NULL)
      || !(members = vervet_store_members (store, run.run_id, NULL)))
    return;
  for (guint i = 0; i < members->len; i++) {
    const VervetMemberRow *row = &g_array_index (members, VervetMemberRow, i);

    pilot->samples += row->samples;
    pilot->in_tok += row->in_tok;
    pilot->out_tok += row->out_tok;
    pilot->done += row->done;
  }
  add_epochs (store, run.run_id, pilot);
}

static gint64
max_tokens_of (const VervetPlan *plan, const VervetBinding *model)
{
  const vv_value *value = vervet_options_get (plan->sampler->options, "max-tokens");

  if (value && value->is_set && value->type == VV_T_INT && value->v.i > 0)
    return value->v.i;
  return model ? model->max_tokens : 0;
}

static double
prompt_tokens (const vv_problem *problem)
{
  double chars = 0;

  for (guint i = 0; i < problem->n_messages; i++)
    chars += (double)problem->messages[i].text.len;
  return ceil (chars / chars_per_token);
}

static gboolean
read_prompts (VervetRegistry *registry, const VervetPlan *plan, const VervetEngineOptions *options, VervetForecast *out,
              GError **error)
{
  g_autoptr (VervetInstance) benchmark =
      vervet_instance_new (registry, plan->benchmark->info, plan->benchmark->options, error);
  const vv_benchmark_iface *iface;
  g_autoptr (GArray) wanted = NULL;
  gint64 count;

  if (!benchmark)
    return FALSE;
  iface = vervet_instance_iface (benchmark);
  count = iface->count (vervet_instance_self (benchmark));
  wanted = vervet_parse_problems (plan->problems ? plan->problems : count < 0 ? "0-99" : "0-", count, error);
  if (!wanted)
    return FALSE;
  for (guint i = 0; i < wanted->len; i++) {
    gint64 index = g_array_index (wanted, gint64, i);
    vv_problem problem = { .struct_size = sizeof problem };
    vv_error err = { .struct_size = sizeof err };
    vv_status status;

    if (options->n_shards > 0 && (guint64)index % options->n_shards != options->shard)
      continue;
    status = iface->problem (vervet_instance_self (benchmark), index, &problem, &err);
    if (status < 0) {
      vervet_status_to_error (error, plan->benchmark->info->id, status, &err);
      return FALSE;
    }
    out->problems++;
    out->in_tok += prompt_tokens (&problem);
  }
  return TRUE;
}

gboolean
vervet_engine_forecast (VervetRegistry *registry, const VervetPlan *plan, const VervetEngineOptions *options,
                        VervetForecast *out, GError **error)
{
  Pilot pilot = { 0 };
  const VervetBinding *model = NULL;
  gint64 limit;

  memset (out, 0, sizeof *out);
  out->money = out->seconds = NAN;
  if (!read_prompts (registry, plan, options, out, error))
    return FALSE;
  for (guint i = 0; i < plan->roles->len && !model; i++) {
    const VervetBinding *binding = g_ptr_array_index (plan->roles, i);

    model = strcmp (binding->role, "model") == 0 ? binding : NULL;
  }
  read_pilot (plan, options->path, &pilot);
  out->trials = MAX (out->problems * (gint64)plan->samples - pilot.done, 0);
  out->calls = out->trials;
  out->from_pilot = pilot.samples > 0;
  limit = max_tokens_of (plan, model);
  if (out->from_pilot) {
    out->in_tok = (double)pilot.in_tok / (double)pilot.samples * (double)out->trials;
    out->out_tok = (double)pilot.out_tok / (double)pilot.samples * (double)out->trials;
    if (pilot.wall_s > 0)
      out->seconds = pilot.wall_s / (double)pilot.samples * (double)out->trials;
  } else {
    out->in_tok = out->problems > 0 ? out->in_tok / (double)out->problems * (double)out->trials : 0;
    out->out_tok = limit > 0 ? (double)limit * (double)out->trials : NAN;
  }
  if (model && !isnan (model->price_input) && !isnan (model->price_output) && !isnan (out->out_tok))
    out->money = (out->in_tok * model->price_input + out->out_tok * model->price_output) / 1e6;
  return TRUE;
}
