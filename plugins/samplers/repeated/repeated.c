/* repeated.c - sampler "repeated": a trial is one independent completion of the problem's prompt.
 *
 * The host runs as many trials as the option `samples` says, each with a seed of its own; this program only words the
 * one request of a trial. Values that are not set are inherited from the binding of the role `model`. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vervet-plugin.h"

#include "plugin-util.h"
#include "strings.h"

enum {
  OPT_SAMPLES,
  OPT_TEMPERATURE,
  OPT_TOP_P,
  OPT_TOP_K,
  OPT_MIN_P,
  OPT_MAX_TOKENS,
  OPT_STOP,
  OPT_KEEP_STOP,
  OPT_GREEDY,
  OPT_RAW,
  N_OPTIONS
};

static const vv_option options[] = {
  [OPT_SAMPLES] = { .type = VV_T_INT,
                    .name = "samples",
                    .label = "Samples",
                    .unit = "trials a problem",
                    .help = "How many independent completions of each problem the run draws.",
                    .def = "1",
                    .min = 1,
                    .max = 1e9,
                    .ui_min = 1,
                    .ui_max = 10000,
                    .ui_step = 1,
                    .flags = VV_OPT_NEUTRAL },
  [OPT_TEMPERATURE] = { .type = VV_T_FLOAT,
                        .name = "temperature",
                        .label = "Temperature",
                        .group = "Sampling",
                        .help = "0 draws greedily. Unset: as the model's binding says.",
                        .min = 0,
                        .max = 100,
                        .ui_min = 0,
                        .ui_max = 2,
                        .ui_step = 0.05 },
  [OPT_TOP_P] = { .type = VV_T_FLOAT,
                  .name = "top-p",
                  .label = "Top p",
                  .group = "Sampling",
                  .help = "Draw from the likeliest tokens that together have this probability. Unset: inherited.",
                  .min = 0,
                  .max = 1,
                  .ui_min = 0,
                  .ui_max = 1,
                  .ui_step = 0.01 },
  [OPT_TOP_K] = { .type = VV_T_INT,
                  .name = "top-k",
                  .label = "Top k",
                  .group = "Sampling",
                  .help = "Draw from so many of the likeliest tokens. Unset or 0: inherited.",
                  .min = 0,
                  .max = 1e6,
                  .ui_min = 0,
                  .ui_max = 200,
                  .ui_step = 1 },
  [OPT_MIN_P] = { .type = VV_T_FLOAT,
                  .name = "min-p",
                  .label = "Min p",
                  .group = "Sampling",
                  .help = "Drop tokens below this fraction of the likeliest one's probability. Unset: inherited.",
                  .min = 0,
                  .max = 1,
                  .ui_min = 0,
                  .ui_max = 1,
                  .ui_step = 0.01 },
  [OPT_MAX_TOKENS] = { .type = VV_T_INT,
                       .name = "max-tokens",
                       .label = "Most tokens",
                       .unit = "tokens",
                       .help = "Longest completion. Unset or 0: inherited.",
                       .min = 0,
                       .max = 1e8,
                       .ui_min = 0,
                       .ui_max = 32768,
                       .ui_step = 64 },
  [OPT_STOP] = { .type = VV_T_JSON,
                 .name = "stop",
                 .label = "Stop strings",
                 .help = "JSON list of strings that end a completion, as [\"Q:\", \"Question:\"]." },
  [OPT_KEEP_STOP] = { .type = VV_T_BOOL,
                      .name = "keep-stop",
                      .label = "Keep the stop string",
                      .def = "false",
                      .help = "The stop string that was met stays in the text (wanted for code and proofs)." },
  [OPT_GREEDY] = { .type = VV_T_BOOL,
                   .name = "greedy",
                   .label = "Greedy",
                   .def = "false",
                   .help = "Always the likeliest token; the same as temperature 0." },
  [OPT_RAW] = { .type = VV_T_BOOL,
                .name = "raw",
                .label = "Raw prompt",
                .def = "false",
                .help = "The problem's one message is the whole prompt: no chat template is put around it." },
};

static const vv_role roles[] = {
  { .name = "model", .help = "draws the completions", .ops = 1u << VV_OP_GENERATE },
};

typedef struct {
  vv_request request; /* all but the messages */
  StringList stop;
} Sampler;

typedef enum { RUN_NEW, RUN_ASKED, RUN_TOLD } RunState;

typedef struct {
  const Sampler *sampler;
  const vv_task *task;
  RunState state;
  uint64_t node;
} Run;

static vv_status
begin (void *self, const vv_task *task, void **run, vv_error *err)
{
  const Sampler *sampler = self;
  Run *r;

  if ((sampler->request.flags & VV_RAW) && task->problem->n_messages != 1)
    return plugin_fail (err, VV_E_INVALID,
                        "option 'raw' needs a prompt of one message, but problem '%s' has %u; leave 'raw' out",
                        task->problem->id ? task->problem->id : "?", task->problem->n_messages);
  r = calloc (1, sizeof *r);
  if (!r)
    return VV_E_NOMEM;
  r->sampler = sampler;
  r->task = task;
  *run = r;
  return VV_OK;
}

static vv_status
ask_draw (Run *r, const vv_moves *moves, vv_error *err)
{
  vv_request request = r->sampler->request;
  const vv_step step = { .struct_size = sizeof step, .role = "model", .label = "draw", .request = &request };

  request.messages = r->task->problem->messages;
  request.n_messages = r->task->problem->n_messages;
  if (moves->last || moves->step (moves->ctx, &step) == 0)
    return plugin_fail (err, VV_E_BUDGET, "the budget left no room for the completion of this trial");
  r->state = RUN_ASKED;
  return VV_OK;
}

static vv_status
ask (void *run, const vv_moves *moves, vv_error *err)
{
  Run *r = run;
  vv_candidate candidate = { .struct_size = sizeof candidate, .score = NAN };

  if (r->state == RUN_NEW)
    return ask_draw (r, moves, err);
  if (r->state == RUN_ASKED)
    return VV_OK;
  candidate.node = r->node;
  moves->answer (moves->ctx, moves->candidate (moves->ctx, &candidate));
  return VV_FINISHED;
}

static vv_status
tell (void *run, const vv_outcome *outcome, vv_error *err)
{
  Run *r = run;

  if (outcome->status < 0) {
    const char *why = outcome->error && outcome->error->message[0] ? outcome->error->message : NULL;

    plugin_fail (err, outcome->status, "%s", why ? why : "the model gave no completion");
    if (why && err)
      err->retry_after_ms = outcome->error->retry_after_ms;
    return outcome->status;
  }
  if (outcome->status == VV_PARTIAL)
    return VV_OK;
  r->state = RUN_TOLD;
  r->node = outcome->id;
  return VV_OK;
}

static void
destroy (void *self)
{
  Sampler *me = self;

  if (!me)
    return;
  string_list_clear (&me->stop);
  free (me);
}

/* Zero in a request means "inherit", so an option that is not set, and one that is set to 0, leave the field alone. */
static void
take_sampling (vv_request *request, const vv_value *values)
{
  if (values[OPT_TEMPERATURE].is_set) {
    request->temperature = values[OPT_TEMPERATURE].v.f;
    if (request->temperature == 0)
      request->flags |= VV_GREEDY;
  }
  if (values[OPT_TOP_P].is_set)
    request->top_p = values[OPT_TOP_P].v.f;
  if (values[OPT_TOP_K].is_set)
    request->top_k = (uint32_t)values[OPT_TOP_K].v.i;
  if (values[OPT_MIN_P].is_set)
    request->min_p = values[OPT_MIN_P].v.f;
  if (values[OPT_MAX_TOKENS].is_set)
    request->max_tokens = (uint32_t)values[OPT_MAX_TOKENS].v.i;
  if (values[OPT_KEEP_STOP].v.i)
    request->flags |= VV_KEEP_STOP;
  if (values[OPT_GREEDY].v.i)
    request->flags |= VV_GREEDY;
  if (values[OPT_RAW].v.i)
    request->flags |= VV_RAW;
}

static vv_status
create (void *plugin, const vv_value *values, uint32_t n, void **self, vv_error *err)
{
  Sampler *me;
  vv_status status;

  (void)plugin;
  if (n < N_OPTIONS)
    return plugin_fail (err, VV_E_INVALID, "the host gave %u of %d option values", n, N_OPTIONS);
  me = calloc (1, sizeof *me);
  if (!me)
    return VV_E_NOMEM;
  me->request = (vv_request){ .struct_size = sizeof me->request, .op = VV_OP_GENERATE, .n = 1 };
  take_sampling (&me->request, values);
  if (values[OPT_STOP].is_set) {
    status = string_list_parse (&me->stop, values[OPT_STOP].v.s, "option 'stop'", err);
    if (status < 0) {
      destroy (me);
      return status;
    }
    me->request.stop = me->stop.items;
    me->request.n_stop = me->stop.n;
  }
  *self = me;
  return VV_OK;
}

static const vv_program_iface iface = { .struct_size = sizeof iface,
                                        .begin = begin,
                                        .ask = ask,
                                        .tell = tell,
                                        .end = free };
static const vv_component repeated = {
  .struct_size = sizeof repeated,
  .kind = VV_KIND_SAMPLER,
  .caps = VV_CAP_CONCURRENT | VV_CAP_DETERMINISTIC | VV_CAP_ONE_CALL,
  .id = "repeated",
  .title = "Repeated sampling",
  .summary = "Independent completions of one prompt.",
  .behaviour = 1,
  .options = options,
  .n_options = N_OPTIONS,
  .option_stride = sizeof options[0],
  .roles = roles,
  .n_roles = 1,
  .role_stride = sizeof roles[0],
  .iface = &iface,
  .create = create,
  .destroy = destroy,
};
VV_PLUGIN_ONE (repeated, "vervet.repeated", PLUGIN_VERSION, "MIT", PLUGIN_URL)
