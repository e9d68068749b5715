#include "job.h"

#include <stdlib.h>

enum { CHOICE_PENDING, CHOICE_CANCELLED, CHOICE_DELIVERED };

/* One request in flight. References: the host's until release(), one for each entry in the timer. */
struct Job {
  const Model *model;
  const vv_request *request;
  const vv_reply *reply;
  Prompt prompt;
  int64_t start_ns;
  uint32_t n, n_left; /* n_left: the timer's thread alone */
  vv_status fail_with;
  atomic_uint refs;
  atomic_uchar state[];
};

void
job_unref (void *item, uint32_t index)
{
  Job *job = item;

  (void)index;
  if (atomic_fetch_sub (&job->refs, 1) == 1)
    free (job);
}

/* The part of its time that a choice had until now. */
static double
share_so_far (const Job *job, uint32_t index)
{
  double ms = law_latency_ms (&job->model->law, &job->prompt, job->request, job->request->seed + index);
  double share = ms > 0 ? (double)(timer_now_ns () - job->start_ns) / 1e6 / ms : 0;

  return share < 0 ? 0 : share > 0.999 ? 0.999 : share;
}

/* On the timer's thread: a choice is due, or was cancelled; the entry of the other kind comes later and finds nothing.
 */
void
job_fire (void *item, uint32_t index)
{
  Job *job = item;
  unsigned char before = atomic_exchange (&job->state[index], CHOICE_DELIVERED);
  vv_status status = job->fail_with;
  Buffer text = { 0 };

  if (before != CHOICE_DELIVERED && job->n_left > 0) {
    int cancelled = before == CHOICE_CANCELLED || answer_is_stopped (job->reply, index);

    if (status == VV_OK)
      status = answer_send (job->model, job->request, &job->prompt, job->reply, index,
                            cancelled ? share_so_far (job, index) : 1, &text);
    buffer_clear (&text);
    job->n_left = status == VV_OK ? job->n_left - 1 : 0;
    if (status != VV_OK)
      answer_fail (job->model, status, job->reply);
    else if (job->n_left == 0)
      job->reply->done (job->reply->ctx, VV_OK, NULL);
  }
  job_unref (job, index);
}

static Job *
job_new (Model *model, const vv_request *request, const vv_reply *reply)
{
  uint32_t n = answer_count (request);
  Job *job = calloc (1, sizeof *job + n * sizeof job->state[0]);

  if (!job)
    return NULL;
  job->model = model;
  job->request = request;
  job->reply = reply;
  job->n = job->n_left = n;
  job->prompt = law_prompt (&model->law, request);
  job->start_ns = timer_now_ns ();
  job->fail_with = answer_fails (model);
  atomic_init (&job->refs, n + 1);
  return job;
}

vv_status
job_submit (Model *model, const vv_request *request, const vv_reply *reply, void **out, vv_error *err)
{
  Job *job = job_new (model, request, reply);
  int64_t *due = job ? malloc (job->n * sizeof *due) : NULL;
  double ms = model->law.base_ms;
  int done = due != NULL;

  *out = job;
  for (uint32_t i = 0; done && i < job->n; i++) {
    if (job->fail_with == VV_OK)
      ms = law_latency_ms (&model->law, &job->prompt, request, request->seed + i);
    due[i] = job->start_ns + (int64_t)(ms * 1e6);
  }
  done = done && timer_add (model->timer, due, job->n, job, 0);
  free (due);
  if (done)
    return VV_OK;
  free (job);
  *out = NULL;
  return plugin_fail (err, VV_E_NOMEM, "out of memory");
}

static void
cancel_one (Job *job, uint32_t index)
{
  unsigned char pending = CHOICE_PENDING;
  int64_t at_once = 0;

  if (index >= job->n || !atomic_compare_exchange_strong (&job->state[index], &pending, CHOICE_CANCELLED))
    return;
  atomic_fetch_add (&job->refs, 1);
  if (!timer_add (job->model->timer, &at_once, 1, job, index))
    job_unref (job, index); /* it is delivered when it is due, as cancelled */
}

void
job_cancel (Job *job, uint32_t index)
{
  if (index != UINT32_MAX)
    cancel_one (job, index);
  else
    for (uint32_t i = 0; i < job->n; i++)
      cancel_one (job, i);
}
