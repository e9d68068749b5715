/* answer.h - the model as the parts of its back end share it, and how one choice of a request is answered. */
#ifndef VERVET_SIMULATED_ANSWER_H
#define VERVET_SIMULATED_ANSWER_H

#include <stdatomic.h>

#include "law.h"
#include "timer.h"

typedef struct {
  Law law;
  double fail_rate;
  vv_status fail_with;
  int32_t retry_after_ms;
  uint32_t max_parallel;
  atomic_uint_least64_t calls;
  Timer *timer; /* NULL when there is no latency */
} Model;

/* Choices of a request: GENERATE has n, everything else one. */
uint32_t answer_count (const vv_request *request);
/* Whether the call that begins now is one of those that fail: VV_OK or what it fails with. */
vv_status answer_fails (Model *model);
/* Hands choice @index to @reply; @share < 1: cancelled after this part of its time. @text is room to write in. */
vv_status answer_send (const Model *model, const vv_request *request, const Prompt *prompt, const vv_reply *reply,
                       uint32_t index, double share, Buffer *text);
/* Ends a request that failed. */
void answer_fail (const Model *model, vv_status status, const vv_reply *reply);
int answer_is_stopped (const vv_reply *reply, uint32_t index); /* does the host want it no more? */

#endif
