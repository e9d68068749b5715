#include "answer.h"

#include <math.h>
#include <stdlib.h>

uint32_t
answer_count (const vv_request *request)
{
  return request->op == VV_OP_GENERATE && request->n > 1 ? request->n : 1;
}

static void
send_choice (const vv_reply *reply, const vv_request *request, const Prompt *prompt, uint32_t index, const Draw *draw,
             vv_str text)
{
  const vv_choice choice = {
    .struct_size = sizeof choice,
    .index = index,
    .finish = draw->finish,
    .text = text,
    .logprob_sum = NAN,
    .usage = { .input = prompt->tokens,
               .output = draw->tokens,
               .money = NAN,
               .flags = request->n > 1 ? VV_USE_INPUT_SHARED : 0 },
  };

  reply->choice (reply->ctx, &choice);
}

static vv_status
send_scores (const Model *model, const vv_request *request, const Prompt *prompt, const vv_reply *reply)
{
  uint32_t n_texts = request->n_texts, steps = request->flags & VV_STEPS ? n_texts : 0;
  double *scores = calloc (n_texts + 1, sizeof *scores);
  vv_verdict *verdicts = calloc (n_texts + 1, sizeof *verdicts);
  vv_choice choice = { .struct_size = sizeof choice, .finish = VV_FIN_EOS, .logprob_sum = NAN };

  if (scores && verdicts) {
    choice.usage = (vv_usage){ .input = prompt->tokens, .money = NAN };
    for (uint32_t i = 0; i < n_texts; i++) {
      scores[i] = law_score (&model->law, prompt, request->texts[i]);
      verdicts[i] = (vv_verdict){ .status = VV_SCORED, .score = scores[i], .reason = "simulated" };
      choice.usage.input += request->texts[i].len / 4;
    }
    if (steps > 0) {
      verdicts[0].score = scores[steps - 1];
      verdicts[0].step_scores = scores;
      verdicts[0].n_steps = steps;
    }
    choice.verdicts = verdicts;
    choice.n_verdicts = steps > 0 ? 1 : n_texts;
    reply->choice (reply->ctx, &choice);
  }
  free (verdicts);
  free (scores);
  return scores && verdicts ? VV_OK : VV_E_NOMEM;
}

vv_status
answer_send (const Model *model, const vv_request *request, const Prompt *prompt, const vv_reply *reply, uint32_t index,
             double share, Buffer *text)
{
  Draw draw;

  if (request->op == VV_OP_SCORE)
    return send_scores (model, request, prompt, reply);
  draw = law_draw (&model->law, prompt, request, request->seed + index, share, text);
  if (text->failed)
    return VV_E_NOMEM;
  send_choice (reply, request, prompt, index, &draw, buffer_str (text));
  return VV_OK;
}

int
answer_is_stopped (const vv_reply *reply, uint32_t index)
{
  return VV_HAS (vv_reply, reply, stopped) && (reply->stopped (reply->ctx, index) != 0);
}

void
answer_fail (const Model *model, vv_status status, const vv_reply *reply)
{
  vv_error err = { .struct_size = sizeof err };

  plugin_fail (&err, status, status == VV_E_NOMEM ? "out of memory" : "simulated failure (option 'fail-rate')");
  err.retry_after_ms = model->retry_after_ms;
  reply->done (reply->ctx, status, &err);
}

vv_status
answer_fails (Model *model)
{
  uint64_t call = atomic_fetch_add_explicit (&model->calls, 1, memory_order_relaxed);

  if (model->fail_rate > 0 && (double)(vv_mix (0x6661696c, call) >> 11) * 0x1p-53 < model->fail_rate)
    return model->fail_with;
  return VV_OK;
}
