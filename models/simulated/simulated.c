/* simulated.c - model "simulated": a language model made of laws, for tests, demonstrations and planning.
 *
 * What it says is a function of (options, prompt, seed); law.c holds that. This file is the component around it: with
 * no latency a request is answered inside submit(); otherwise one timer thread delivers each choice when it is due,
 * with any number of requests in flight. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "answer.h"
#include "job.h"

#define MAX_N 65536u

enum {
  OPT_ALPHA,
  OPT_BETA,
  OPT_SUCCESS,
  OPT_SKILL_SEED,
  OPT_WRONG_ANSWERS,
  OPT_WRONG_RATIO,
  OPT_OUTPUT_TOKENS,
  OPT_OUTPUT_SIGMA,
  OPT_TEXT_BYTES,
  OPT_LATENCY,
  OPT_LATENCY_TOKEN,
  OPT_JITTER,
  OPT_FAIL_RATE,
  OPT_FAIL_WITH,
  OPT_RETRY_AFTER,
  OPT_SCORE_NOISE,
  OPT_MAX_PARALLEL,
  N_OPTIONS
};

static const char *const fail_names[] = { "rate-limit", "timeout", "unavailable", "failed",
                                          "auth",       "context", "invalid",     NULL };
static const vv_status fail_codes[] = { VV_E_RATE_LIMIT, VV_E_TIMEOUT, VV_E_UNAVAILABLE, VV_E_FAILED,
                                        VV_E_AUTH,       VV_E_CONTEXT, VV_E_INVALID };

static const vv_option options[] = {
  [OPT_ALPHA] = { .type = VV_T_FLOAT,
                  .name = "alpha",
                  .label = "Alpha",
                  .group = "Success",
                  .def = "0.5",
                  .help = "The success probability of a problem is drawn from Beta(alpha, beta). Coverage then follows "
                          "a power law of exponent alpha.",
                  .min = 0.001,
                  .max = 1e6,
                  .ui_min = 0.05,
                  .ui_max = 5,
                  .ui_step = 0.05 },
  [OPT_BETA] = { .type = VV_T_FLOAT,
                 .name = "beta",
                 .label = "Beta",
                 .group = "Success",
                 .def = "1.5",
                 .help = "Second parameter of that law; its mean is alpha / (alpha + beta).",
                 .min = 0.001,
                 .max = 1e6,
                 .ui_min = 0.05,
                 .ui_max = 20,
                 .ui_step = 0.05 },
  [OPT_SUCCESS] = { .type = VV_T_FLOAT,
                    .name = "success",
                    .label = "Fixed success",
                    .group = "Success",
                    .help = "The same success probability for every problem, instead of the Beta law.",
                    .min = 0,
                    .max = 1,
                    .ui_min = 0,
                    .ui_max = 1,
                    .ui_step = 0.01 },
  [OPT_SKILL_SEED] = { .type = VV_T_INT,
                       .name = "skill-seed",
                       .label = "Skill seed",
                       .group = "Success",
                       .def = "0",
                       .help = "Another number is another model: other problems are hard for it.",
                       .min = 0,
                       .max = 9e15,
                       .ui_min = 0,
                       .ui_max = 100,
                       .ui_step = 1 },
  [OPT_WRONG_ANSWERS] = { .type = VV_T_INT,
                          .name = "wrong-answers",
                          .label = "Wrong answers",
                          .group = "Success",
                          .def = "8",
                          .help = "How many plausible wrong answers a problem has.",
                          .min = 1,
                          .max = 8999,
                          .ui_min = 1,
                          .ui_max = 100,
                          .ui_step = 1 },
  [OPT_WRONG_RATIO] = { .type = VV_T_FLOAT,
                        .name = "wrong-ratio",
                        .label = "Ratio of wrong answers",
                        .group = "Success",
                        .def = "0.6",
                        .help = "Each wrong answer is so many times as likely as the one before it; 1: all alike.",
                        .min = 0,
                        .max = 1,
                        .ui_min = 0,
                        .ui_max = 1,
                        .ui_step = 0.05 },
  [OPT_OUTPUT_TOKENS] = { .type = VV_T_FLOAT,
                          .name = "output-tokens",
                          .label = "Mean length",
                          .unit = "tokens",
                          .group = "Length",
                          .def = "75",
                          .help = "Mean of the lognormal law of a completion's length.",
                          .min = 1,
                          .max = 1e7,
                          .ui_min = 1,
                          .ui_max = 10000,
                          .ui_step = 1 },
  [OPT_OUTPUT_SIGMA] = { .type = VV_T_FLOAT,
                         .name = "output-sigma",
                         .label = "Spread of length",
                         .group = "Length",
                         .def = "0.4",
                         .help = "Standard deviation of the logarithm of the length; 0: all alike.",
                         .min = 0,
                         .max = 4,
                         .ui_min = 0,
                         .ui_max = 2,
                         .ui_step = 0.05 },
  [OPT_TEXT_BYTES] = { .type = VV_T_FLOAT,
                       .name = "text-bytes",
                       .label = "Mean size of a text",
                       .unit = "bytes",
                       .group = "Length",
                       .def = "300",
                       .help = "Texts are filled up to this size on average; the answer's sentence is always there.",
                       .min = 0,
                       .max = 1e6,
                       .ui_min = 0,
                       .ui_max = 10000,
                       .ui_step = 50 },
  [OPT_LATENCY] = { .type = VV_T_FLOAT,
                    .name = "latency-ms",
                    .label = "Latency",
                    .unit = "ms",
                    .group = "Time",
                    .def = "0",
                    .flags = VV_OPT_NEUTRAL,
                    .help = "Time before the first token. With both latencies 0 "
                            "a request is answered at once, on the caller's thread.",
                    .min = 0,
                    .max = 1e7,
                    .ui_min = 0,
                    .ui_max = 10000,
                    .ui_step = 10 },
  [OPT_LATENCY_TOKEN] = { .type = VV_T_FLOAT,
                          .name = "token-latency-ms",
                          .label = "Latency of a token",
                          .unit = "ms",
                          .group = "Time",
                          .def = "0",
                          .flags = VV_OPT_NEUTRAL,
                          .help = "Time of each token.",
                          .min = 0,
                          .max = 1e6,
                          .ui_min = 0,
                          .ui_max = 100,
                          .ui_step = 1 },
  [OPT_JITTER] = { .type = VV_T_FLOAT,
                   .name = "jitter",
                   .label = "Jitter",
                   .group = "Time",
                   .def = "0.2",
                   .flags = VV_OPT_NEUTRAL,
                   .help = "Latencies vary evenly by up to this fraction, up and down.",
                   .min = 0,
                   .max = 1,
                   .ui_min = 0,
                   .ui_max = 1,
                   .ui_step = 0.05 },
  [OPT_FAIL_RATE] = { .type = VV_T_FLOAT,
                      .name = "fail-rate",
                      .label = "Failing calls",
                      .group = "Failures",
                      .def = "0",
                      .flags = VV_OPT_NEUTRAL,
                      .help = "Fraction of calls that fail. Which ones depends on the number of the call, not on the "
                              "prompt: a call asked again may succeed.",
                      .min = 0,
                      .max = 1,
                      .ui_min = 0,
                      .ui_max = 1,
                      .ui_step = 0.01 },
  [OPT_FAIL_WITH] = { .type = VV_T_ENUM,
                      .name = "fail-with",
                      .label = "Failure",
                      .group = "Failures",
                      .def = "rate-limit",
                      .flags = VV_OPT_NEUTRAL,
                      .choices = fail_names,
                      .help = "What a failing call says." },
  [OPT_RETRY_AFTER] = { .type = VV_T_INT,
                        .name = "retry-after-ms",
                        .label = "Retry after",
                        .unit = "ms",
                        .group = "Failures",
                        .def = "0",
                        .flags = VV_OPT_NEUTRAL,
                        .help = "What a failing call asks its caller to wait; 0: says nothing.",
                        .min = 0,
                        .max = 1e7,
                        .ui_min = 0,
                        .ui_max = 10000,
                        .ui_step = 100 },
  [OPT_SCORE_NOISE] = { .type = VV_T_FLOAT,
                        .name = "score-noise",
                        .label = "Noise of scores",
                        .group = "Scores",
                        .def = "0.7",
                        .help = "As a reward model it gives 1 to a right and 0 to a wrong text, plus normal noise of "
                                "this deviation s: its AUROC is Phi(1 / (s sqrt 2)), 0.84 at 0.7.",
                        .min = 0,
                        .max = 1000,
                        .ui_min = 0,
                        .ui_max = 5,
                        .ui_step = 0.1 },
  [OPT_MAX_PARALLEL] = { .type = VV_T_INT,
                         .name = "max-parallel",
                         .label = "Parallel requests",
                         .def = "4096",
                         .flags = VV_OPT_NEUTRAL | VV_OPT_ADVANCED,
                         .help = "What it tells the host it can serve.",
                         .min = 1,
                         .max = 1e6,
                         .ui_min = 1,
                         .ui_max = 10000,
                         .ui_step = 1 },
};

static char answered; /* what a request that is over at once has for a job */

static void
answer_at_once (Model *model, const vv_request *request, const vv_reply *reply)
{
  uint32_t n = answer_count (request);
  vv_status status = answer_fails (model);
  Prompt prompt;
  Buffer text = { 0 };

  if (status == VV_OK)
    prompt = law_prompt (&model->law, request);
  for (uint32_t i = 0; i < n && status == VV_OK; i++)
    status = answer_send (model, request, &prompt, reply, i, answer_is_stopped (reply, i) ? 0 : 1, &text);
  buffer_clear (&text);
  if (status == VV_OK)
    reply->done (reply->ctx, VV_OK, NULL);
  else
    answer_fail (model, status, reply);
}

static vv_status
submit (void *self, const vv_request *request, const vv_reply *reply, void **job, vv_error *err)
{
  Model *model = self;

  if (request->op != VV_OP_GENERATE && request->op != VV_OP_SCORE)
    return plugin_fail (err, VV_E_UNSUPPORTED, "the simulated model can only generate and score");
  if (request->n > MAX_N)
    return plugin_fail (err, VV_E_INVALID, "n = %u is more than the %u choices a call can have", request->n, MAX_N);
  if (model->timer)
    return job_submit (model, request, reply, job, err);
  *job = &answered;
  answer_at_once (model, request, reply);
  return VV_OK;
}

static void
cancel (void *self, void *job, uint32_t index)
{
  (void)self;
  if (job != &answered)
    job_cancel (job, index);
}

static void
release (void *self, void *job)
{
  (void)self;
  if (job && job != &answered)
    job_unref (job, 0);
}

static vv_status
describe (void *self, vv_model_info *out, vv_error *err)
{
  const Model *model = self;
  const Law *law = &model->law;

  (void)err;
  out->ops = 1u << VV_OP_GENERATE | 1u << VV_OP_SCORE;
  out->can = VV_CAN_N | VV_CAN_SEED | VV_CAN_KEEP_STOP | VV_CAN_TELL_STOP | VV_CAN_RAW | VV_CAN_CANCEL;
  out->max_parallel = model->max_parallel;
  out->max_n = MAX_N;
  snprintf (out->name, sizeof out->name, "simulated");
  if (law->success >= 0)
    snprintf (out->fingerprint, sizeof out->fingerprint, "law 1, success %g, skill %llu", law->success,
              (unsigned long long)law->skill);
  else
    snprintf (out->fingerprint, sizeof out->fingerprint, "law 1, beta(%g, %g), skill %llu", law->alpha, law->beta,
              (unsigned long long)law->skill);
  return VV_OK;
}

static void
destroy (void *self)
{
  Model *model = self;

  if (!model)
    return;
  timer_free (model->timer);
  free (model);
}

static void
take_law (Law *law, const vv_value *values)
{
  law->alpha = values[OPT_ALPHA].v.f;
  law->beta = values[OPT_BETA].v.f;
  law->success = values[OPT_SUCCESS].is_set ? values[OPT_SUCCESS].v.f : NAN;
  law->skill = (uint64_t)values[OPT_SKILL_SEED].v.i;
  law->n_wrong = (uint32_t)values[OPT_WRONG_ANSWERS].v.i;
  law->wrong_ratio = values[OPT_WRONG_RATIO].v.f;
  law->tokens_mean = values[OPT_OUTPUT_TOKENS].v.f;
  law->tokens_sigma = values[OPT_OUTPUT_SIGMA].v.f;
  law->text_bytes = values[OPT_TEXT_BYTES].v.f;
  law->base_ms = values[OPT_LATENCY].v.f;
  law->token_ms = values[OPT_LATENCY_TOKEN].v.f;
  law->jitter = values[OPT_JITTER].v.f;
  law->score_noise = values[OPT_SCORE_NOISE].v.f;
}

static vv_status
create (void *plugin, const vv_value *values, uint32_t n, void **self, vv_error *err)
{
  Model *model;

  (void)plugin;
  if (n < N_OPTIONS)
    return plugin_fail (err, VV_E_INVALID, "the host gave %u of %d option values", n, N_OPTIONS);
  model = calloc (1, sizeof *model);
  if (!model)
    return VV_E_NOMEM;
  take_law (&model->law, values);
  model->fail_rate = values[OPT_FAIL_RATE].v.f;
  model->retry_after_ms = (int32_t)values[OPT_RETRY_AFTER].v.i;
  model->max_parallel = (uint32_t)values[OPT_MAX_PARALLEL].v.i;
  model->fail_with = fail_codes[values[OPT_FAIL_WITH].v.i];
  if (model->law.base_ms > 0 || model->law.token_ms > 0) {
    model->timer = timer_new (job_fire, job_unref);
    if (!model->timer) {
      free (model);
      return plugin_fail (err, VV_E_NOMEM, "the simulated model could not start its timer thread");
    }
  }
  *self = model;
  return VV_OK;
}

static const vv_model_iface iface = { .struct_size = sizeof iface,
                                      .describe = describe,
                                      .submit = submit,
                                      .cancel = cancel,
                                      .release = release };
static const vv_component simulated = {
  .struct_size = sizeof simulated,
  .kind = VV_KIND_MODEL,
  .caps = VV_CAP_CONCURRENT | VV_CAP_DETERMINISTIC,
  .id = "simulated",
  .title = "Simulated model",
  .summary = "Answers by laws of success, length and latency; no network, no weights.",
  .behaviour = 1,
  .options = options,
  .n_options = N_OPTIONS,
  .option_stride = sizeof options[0],
  .iface = &iface,
  .create = create,
  .destroy = destroy,
};
VV_PLUGIN_ONE (simulated, "vervet.simulated", PLUGIN_VERSION, "MIT", PLUGIN_URL)
