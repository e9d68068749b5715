/* Requests on their way to models and back: merging, limits, retries, deadlines. */
#include <math.h>
#include <string.h>

#include "plugin/names.h"
#include "run/engine.h"

enum {
  TRIES = 6,
  RECENT = 200,            /* calls that the circuit breaker looks back on */
  PROBE_US = 30 * 1000000, /* between probes while it is open */
  FIRST_LIMIT = 8,
  MOST_LIMIT = 65536,
  ABANDONED = 3,
};
static const double default_timeout_s = 600;
static const gint64 rate_limit_us = (gint64)1800 * 1000000; /* nothing but rate limits for so long: the run pauses */

/* ---- Calls ---- */
static Call *
call_ref (Call *call)
{
  g_atomic_int_inc (&call->refs);
  return call;
}

static void
call_unref (Call *call)
{
  if (!g_atomic_int_dec_and_test (&call->refs))
    return;
  vervet_request_unref (call->request);
  g_ptr_array_unref (call->targets);
  g_free (call);
}

/* On any thread. */
static void
reply_choice (void *ctx, const vv_choice *c)
{
  Call *call = ctx;
  VervetOutcome *outcome;
  Msg msg = { .kind = MSG_CHOICE, .index = c->index };

  if (g_atomic_int_get (&call->is_abandoned) || c->index >= call->targets->len)
    return;
  outcome = vervet_outcome_new (c->finish == VV_FIN_CANCELLED ? VV_E_CANCELLED : VV_OK, c, NULL);
  outcome->start_ms = call->start_ms;
  outcome->took_ms = (g_get_monotonic_time () - call->start_us) / 1000;
  msg.from = call_ref (call);
  msg.outcome = outcome;
  vervet_engine_post (call->engine, &msg);
}

static int32_t
reply_progress (void *ctx, uint32_t index, vv_str delta, uint32_t n_tokens)
{
  const Call *call = ctx;

  (void)index, (void)delta, (void)n_tokens;
  return g_atomic_int_get (&call->is_cancelled) || g_atomic_int_get (&call->is_abandoned);
}

static int32_t
reply_stopped (void *ctx, uint32_t index)
{
  const Call *call = ctx;

  (void)index;
  return g_atomic_int_get (&call->is_cancelled) || g_atomic_int_get (&call->is_abandoned);
}

static void
post_done (Call *call, vv_status status, const vv_error *err)
{
  Msg msg = { .kind = MSG_DONE, .status = status };

  if (status < 0)
    msg.outcome = vervet_outcome_new (status, NULL, err);
  msg.from = call_ref (call);
  vervet_engine_post (call->engine, &msg);
}

static void
reply_done (void *ctx, vv_status status, const vv_error *err)
{
  post_done (ctx, status, err);
}

static void
run_blocking (gpointer data, gpointer endpoint_data)
{
  Call *call = data;
  Endpoint *endpoint = endpoint_data;
  const vv_model_iface *iface = vervet_instance_iface (endpoint->instance);
  vv_error err = { .struct_size = sizeof err };
  vv_status status = iface->run (vervet_instance_self (endpoint->instance), &call->req, &call->reply, &err);

  err.message[sizeof err.message - 1] = '\0';
  if (!g_atomic_int_get (&call->is_abandoned))
    post_done (call, status, &err);
  call_unref (call);
}

/* ---- Endpoints ---- */
static guint
started_limit (const Endpoint *endpoint)
{
  guint limit = endpoint->info.max_parallel ? endpoint->info.max_parallel : FIRST_LIMIT;

  return endpoint->engine->plan->concurrency ? MIN (limit, endpoint->engine->plan->concurrency) : limit;
}

gboolean
vervet_endpoint_open (Endpoint *self, GError **error)
{
  const VervetComponentInfo *info = self->binding->info;
  const vv_model_iface *iface;
  vv_error err = { .struct_size = sizeof err };
  vv_status status;

  self->info.struct_size = sizeof self->info;
  self->learnt_n = 1;
  self->limit = 1;
  self->last_success_us = g_get_monotonic_time ();
  if (info->kind == VV_KIND_VERIFIER) /* judged by workers, see push */
    return TRUE;
  if (info->kind != VV_KIND_MODEL) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT,
                 "models.%s: '%s' is a %s; this version drives models and verifiers in roles", self->binding->role,
                 info->id, vervet_kind_name (info->kind));
    return FALSE;
  }
  self->instance = vervet_instance_new (self->engine->registry, info, self->binding->options, error);
  if (!self->instance)
    return FALSE;
  iface = vervet_instance_iface (self->instance);
  if (VV_HAS (vv_model_iface, iface, describe)) {
    status = iface->describe (vervet_instance_self (self->instance), &self->info, &err);
    if (status < 0) {
      vervet_status_to_error (error, info->id, status, &err);
      return FALSE;
    }
  }
  self->info.name[sizeof self->info.name - 1] = '\0';
  self->info.fingerprint[sizeof self->info.fingerprint - 1] = '\0';
  /* What does not promise more is called from one thread at a time. */
  if (!VV_HAS (vv_model_iface, iface, submit) && !(info->caps & VV_CAP_CONCURRENT))
    self->info.max_parallel = 1;
  self->limit = started_limit (self);
  if (self->info.can & VV_CAN_N)
    self->learnt_n = self->info.max_n ? self->info.max_n : 128;
  if (!VV_HAS (vv_model_iface, iface, submit))
    self->threads = g_thread_pool_new (run_blocking, self, (int)MIN (self->limit, 1024), FALSE, NULL);
  return TRUE;
}

void
vervet_endpoint_free (Endpoint *self)
{
  if (!self)
    return;
  /* A thread that was abandoned in a plugin may never come back: its instance stays with it. */
  if (self->threads)
    g_thread_pool_free (self->threads, TRUE, self->abandoned == 0);
  if (self->abandoned == 0)
    vervet_instance_free (self->instance);
  g_queue_clear_full (&self->targets, g_free);
  if (self->abandoned == 0)
    g_free (self);
}

Endpoint *
vervet_engine_endpoint (VervetEngine *self, const char *role)
{
  for (guint i = 0; i < self->endpoints->len; i++) {
    Endpoint *endpoint = g_ptr_array_index (self->endpoints, i);

    if (strcmp (endpoint->binding->role, role) == 0)
      return endpoint;
  }
  return NULL;
}

/* ---- Queueing ---- */
static guint64
step_seed (const Trial *trial, const VervetStep *step)
{
  guint64 mixed;

  if (trial->job_id == 0 && !trial->grading)
    return trial->member->base + trial->trial;
  mixed = vv_mix (vv_mix (trial->member->mix, trial->trial),
                  step->request->key[0] ^ vv_mix (step->request->key[1], step->occ));
  return mixed & ((1u << 30) - 1);
}

/* An outcome that is known already must not come from inside the program's own call: it goes through the conductor. */
static void
deliver_later (Trial *trial, VervetStep *step, guint index, VervetOutcome *outcome)
{
  Target *target = g_new0 (Target, 1);
  Msg *msg = g_new0 (Msg, 1);

  target->trial = trial;
  target->step = step;
  target->index = index;
  msg->kind = MSG_CHOICE;
  msg->from = target;
  msg->outcome = outcome;
  g_queue_push_tail (&trial->engine->late, msg);
}

void
vervet_endpoint_push (Endpoint *self, Trial *trial, VervetStep *step, guint index, guint n)
{
  const vv_request *req = &step->request->req;
  gboolean is_verifier = self->binding->info->kind == VV_KIND_VERIFIER;

  if (is_verifier && req->op == VV_OP_SCORE && req->n_texts > 0) {
    vervet_endpoint_score (self, trial, step);
    return;
  }
  if (is_verifier || (self->info.ops && !(self->info.ops & (1u << req->op)))
      || ((step->flags & VV_TOGETHER) && n > self->limit && n > self->learnt_n)) {
    char message[256];

    if (is_verifier || !(step->flags & VV_TOGETHER))
      g_snprintf (message, sizeof message, "role \"%s\": '%s' cannot do \"%s\"", step->role, self->binding->info->id,
                  vervet_op_name (req->op));
    else
      g_snprintf (message, sizeof message, "%u choices are to start together, and '%s' takes %u at a time", n,
                  self->binding->info->id, self->limit);
    for (guint i = 0; i < n; i++)
      deliver_later (trial, step, index + i, vervet_outcome_new_error (VV_E_UNSUPPORTED, message));
    return;
  }
  for (guint i = 0; i < n; i++) {
    Target *target = g_new0 (Target, 1);

    target->trial = trial;
    target->step = step;
    target->index = index + i;
    target->seed = step_seed (trial, step) + target->index;
    target->draw = ((guint64)trial->trial + step->occ) * step->n + target->index;
    g_queue_push_tail (&self->targets, target);
  }
}

void
vervet_endpoint_cancel (Endpoint *self, Trial *trial, VervetStep *step, guint index)
{
  for (GList *link = self->targets.head; link; link = link->next) {
    Target *target = link->data;

    if (target->trial == trial && target->step == step && target->index == index) {
      g_queue_delete_link (&self->targets, link);
      deliver_later (trial, step, index, vervet_outcome_new_error (VV_E_CANCELLED, "cancelled before it was sent"));
      g_free (target);
      return;
    }
  }
  for (guint i = 0; self->engine->calls && i < self->engine->calls->len; i++) {
    Call *call = g_ptr_array_index (self->engine->calls, i);
    const vv_model_iface *iface = call->endpoint == self ? vervet_instance_iface (self->instance) : NULL;
    guint n_cancelled = 0;

    for (guint j = 0; iface && j < call->targets->len; j++) {
      Target *target = g_ptr_array_index (call->targets, j);

      if (target && target->trial == trial && target->step == step && target->index == index) {
        target->is_cancelled = TRUE;
        if (call->job && VV_HAS (vv_model_iface, iface, cancel))
          iface->cancel (vervet_instance_self (self->instance), call->job, j);
      }
      n_cancelled += !target || target->is_cancelled;
    }
    if (iface && n_cancelled == call->targets->len)
      g_atomic_int_set (&call->is_cancelled, 1);
  }
}

/* ---- Sending ---- */
static gboolean
goes_with (const Target *first, const Target *next, guint n)
{
  return next->seed == first->seed + n && next->draw == first->draw + n && next->tries == first->tries
         && next->trial->member == first->trial->member && next->not_before_us == first->not_before_us
         && memcmp (next->step->request->key, first->step->request->key, sizeof first->step->request->key) == 0;
}

static void
fill_request (const Endpoint *self, Call *call)
{
  const Target *first = g_ptr_array_index (call->targets, 0);
  const VervetBinding *b = self->binding;
  vv_request *req = &call->req;

  call->request = vervet_request_ref (first->step->request);
  *req = call->request->req;
  req->n = first->step->request->req.op == VV_OP_RETRIEVE ? req->n : call->targets->len;
  req->seed = first->seed;
  req->draw = first->draw;
  req->uid = (guint64)(gsize)call;
  if (req->temperature == 0 && !(req->flags & VV_GREEDY))
    req->temperature = b->temperature;
  if (req->top_p == 0)
    req->top_p = b->top_p;
  if (req->min_p == 0)
    req->min_p = b->min_p;
  if (req->top_k == 0)
    req->top_k = (guint32)b->top_k;
  if (req->max_tokens == 0)
    req->max_tokens = (guint32)b->max_tokens;
  if (req->timeout_ms == 0)
    req->timeout_ms = (guint32)((b->timeout_s > 0 ? b->timeout_s : default_timeout_s) * 1000);
}

static void
send_call (Endpoint *self, Call *call)
{
  const vv_model_iface *iface = vervet_instance_iface (self->instance);
  VervetEngine *engine = self->engine;
  vv_error err = { .struct_size = sizeof err };
  vv_status status;

  fill_request (self, call);
  call->reply = (vv_reply){ .struct_size = sizeof call->reply,
                            .ctx = call,
                            .choice = reply_choice,
                            .progress = reply_progress,
                            .stopped = reply_stopped,
                            .done = reply_done };
  call->start_us = g_get_monotonic_time ();
  call->start_ms = g_get_real_time () / 1000;
  self->in_flight++;
  g_ptr_array_add (engine->calls, call);
  if (self->threads) {
    g_thread_pool_push (self->threads, call_ref (call), NULL);
    return;
  }
  status = iface->submit (vervet_instance_self (self->instance), &call->req, &call->reply, &call->job, &err);
  err.message[sizeof err.message - 1] = '\0';
  if (status < 0)
    post_done (call, status, &err);
}

void
vervet_endpoint_pump (Endpoint *self)
{
  gint64 now = 0;

  while (self->in_flight < self->limit && !g_queue_is_empty (&self->targets)) {
    Target *first = g_queue_peek_head (&self->targets), *next;
    Call *call;

    if (self->closed_until_us || first->not_before_us) {
      now = g_get_monotonic_time ();
      if (now < self->closed_until_us)
        return;
      if (now < first->not_before_us) {
        /* Waiting ones go to the end so that others are not held up; the queue is as it was when all wait. */
        GList *due = self->targets.head;

        while (due && ((Target *)due->data)->not_before_us > now)
          due = due->next;
        if (!due)
          return;
        g_queue_unlink (&self->targets, due);
        g_queue_push_head_link (&self->targets, due);
        first = due->data;
      }
      if (self->closed_until_us && self->in_flight > 0)
        return; /* open circuit: one probe at a time */
    }
    /* A race starts when all its runners have a place, or it would measure the queue. */
    if ((first->step->flags & VV_TOGETHER) && first->index == 0 && self->learnt_n < first->step->n
        && self->in_flight + first->step->n > self->limit && self->in_flight > 0)
      return;
    call = g_new0 (Call, 1);
    call->refs = 1;
    call->engine = self->engine;
    call->endpoint = self;
    call->targets = g_ptr_array_new_with_free_func (g_free);
    do
      g_ptr_array_add (call->targets, g_queue_pop_head (&self->targets));
    while ((next = g_queue_peek_head (&self->targets)) && call->targets->len < MIN (self->learnt_n, 128u)
           && goes_with (first, next, call->targets->len));
    send_call (self, call);
  }
}

/* ---- Coming back ---- */
static void
note_output (Endpoint *self, const vv_request *req, const VervetOutcome *outcome)
{
  double x = (double)outcome->choice.usage.output, delta = x - self->mean_output;
  double chars = 0;

  self->n_output++;
  self->mean_output += delta / (double)self->n_output;
  self->m2_output += delta * (x - self->mean_output);
  for (guint i = 0; i < req->n_messages; i++)
    chars += (double)req->messages[i].text.len;
  if (outcome->choice.usage.input > 0) {
    self->chars += chars;
    self->tokens += (double)outcome->choice.usage.input;
  }
}

static void
note_try (Endpoint *self, gboolean failed)
{
  if (self->recent >= RECENT) { /* a window that forgets half at a time */
    self->recent /= 2;
    self->recent_failed /= 2;
  }
  self->recent++;
  self->recent_failed += failed;
  if (!failed) {
    self->last_success_us = g_get_monotonic_time ();
    self->closed_until_us = 0;
  } else if (self->recent >= RECENT / 2 && self->recent_failed * 2 > self->recent) {
    self->closed_until_us = g_get_monotonic_time () + PROBE_US;
  }
}

/* Additive increase for each window of successes, multiplicative decrease on a sign of overload. */
static void
adapt_limit (Endpoint *self, vv_status status)
{
  guint ceiling = self->engine->plan->concurrency ? self->engine->plan->concurrency : MOST_LIMIT;

  if (self->info.max_parallel) /* it has told its width */
    return;
  if (status == VV_E_RATE_LIMIT || status == VV_E_TIMEOUT || status == VV_E_UNAVAILABLE) {
    self->limit = MAX (self->limit * 7 / 10, 1);
    self->window_done = 0;
  } else if (status >= 0 && ++self->window_done >= self->limit) {
    self->limit = MIN (self->limit + 1, ceiling);
    self->window_done = 0;
  }
}

static gint64
backoff_us (const Target *target, const vv_error *err)
{
  double base = MIN (ldexp (1e6, (int)MIN (target->tries, 6u)), 60e6);
  /* Full jitter: uniform on (0, base], from the seed and the try. */
  double jitter = (double)(vv_mix (target->seed, target->tries) >> 11) / 9007199254740992.0;

  return (gint64)MAX (base * jitter, err->retry_after_ms > 0 ? err->retry_after_ms * 1000.0 : 0.0);
}

static gboolean
is_permanent (vv_status status)
{
  return status == VV_E_CONTEXT || status == VV_E_INVALID || status == VV_E_UNSUPPORTED || status == VV_E_CANCELLED
         || status == VV_E_BUDGET;
}

static void
write_incident (VervetEngine *self, const Target *target, const VervetOutcome *why)
{
  VervetIncidentRow row = { .run_id = self->run.run_id,
                            .member_id = target->trial->member->member_id,
                            .job_id = target->trial->job_id ? target->trial->job_id : -1,
                            .node = (gint64)target->step->first + target->index,
                            .check_id = target->trial->grading ? target->trial->grading->check_id : -1,
                            .trial = target->trial->trial,
                            .try_ = (int)target->tries + 1,
                            .status = why->out.status,
                            .message = why->error.message };

  vervet_writer_incident (self->writer, &row);
  self->n_retries++;
}

/* A try failed: again later, or told to the program as it is. */
static void
retry_or_deliver (Endpoint *self, Target *target, const VervetOutcome *why)
{
  VervetEngine *engine = self->engine;
  gint64 now = g_get_monotonic_time ();
  vv_status status = why->out.status;
  VervetOutcome *outcome;

  if (status != VV_E_CANCELLED)
    write_incident (engine, target, why);
  if (status == VV_E_AUTH)
    vervet_engine_pause (engine, "models.%s: %s", self->binding->role, why->error.message);
  if (status == VV_E_RATE_LIMIT && now - self->last_success_us > rate_limit_us)
    vervet_engine_pause (engine, "models.%s: nothing but rate limits for 30 minutes", self->binding->role);
  if (target->is_cancelled || is_permanent (status) || why->error.retry_after_ms < 0 || engine->paused
      || (status != VV_E_RATE_LIMIT && target->tries + 1 >= TRIES)
      || vervet_engine_level (engine) == VERVET_STOP_CANCEL) {
    outcome = vervet_outcome_copy (why);
    /* A stop or a pause is not the program's affair: its trial ends here, stays missing, and is asked again on resume.
     */
    if (engine->paused || vervet_engine_level (engine) == VERVET_STOP_CANCEL)
      vervet_program_abort (target->trial->program, VV_E_CANCELLED, "the run was stopped");
    if (engine->paused || target->is_cancelled || vervet_engine_level (engine) == VERVET_STOP_CANCEL)
      outcome->out.status = VV_E_CANCELLED;
    outcome->out.n_tries = target->tries + 1;
    vervet_trial_deliver (target->trial, target->step, target->index, outcome);
    g_free (target);
    return;
  }
  target->not_before_us = now + backoff_us (target, &why->error);
  if (status != VV_E_RATE_LIMIT)
    target->tries++;
  g_queue_push_tail (&self->targets, target);
}

static void
call_choice (Call *call, guint index, VervetOutcome *outcome)
{
  Target *target = g_ptr_array_index (call->targets, index);

  if (!target) { /* told already */
    vervet_outcome_free (outcome);
    return;
  }
  call->targets->pdata[index] = NULL;
  /* Nobody has cancelled it: the model gave up by itself, at the time-out that it was told. */
  if (outcome->out.status == VV_E_CANCELLED && !target->is_cancelled) {
    g_autoptr (VervetOutcome) why = outcome;

    why->out.status = VV_E_TIMEOUT;
    why->out.error = &why->error;
    g_strlcpy (why->error.message, "the model stopped before its answer was whole", sizeof why->error.message);
    retry_or_deliver (call->endpoint, target, why);
    return;
  }
  outcome->out.n_tries = target->tries + 1;
  if (outcome->out.status >= 0)
    note_output (call->endpoint, &call->req, outcome);
  vervet_trial_deliver (target->trial, target->step, target->index, outcome);
  g_free (target);
}

static void
call_done (Call *call, vv_status status, VervetOutcome *why)
{
  Endpoint *endpoint = call->endpoint;
  const vv_model_iface *iface = vervet_instance_iface (endpoint->instance);
  g_autoptr (VervetOutcome) owned = why;
  guint n_missing = 0;

  if (!g_ptr_array_remove_fast (call->engine->calls, call)) /* abandoned */
    return;
  endpoint->in_flight--;
  for (guint i = 0; i < call->targets->len; i++)
    n_missing += g_ptr_array_index (call->targets, i) != NULL;
  if (n_missing > 0 && status >= 0) {
    if (!g_atomic_int_get (&call->is_cancelled) && n_missing < call->targets->len)
      endpoint->learnt_n = MAX (call->targets->len - n_missing, 1); /* the server gives fewer than it is asked for */
    owned = vervet_outcome_new_error (g_atomic_int_get (&call->is_cancelled) ? VV_E_CANCELLED : VV_E_FAILED,
                                      "the model sent fewer choices than were asked for");
    owned->error.retry_after_ms = 0;
  }
  note_try (endpoint, status < 0 && !is_permanent (status));
  adapt_limit (endpoint, status);
  for (guint i = 0; i < call->targets->len; i++) {
    Target *target = g_ptr_array_index (call->targets, i);

    call->targets->pdata[i] = NULL;
    if (target)
      retry_or_deliver (endpoint, target, owned);
  }
  if (call->job && VV_HAS (vv_model_iface, iface, release))
    iface->release (vervet_instance_self (endpoint->instance), call->job);
  call_unref (call);
}

void
vervet_call_message (VervetEngine *self, Msg *msg)
{
  Call *call = msg->from;

  (void)self;
  if (msg->kind == MSG_CHOICE && !g_atomic_int_get (&call->is_abandoned))
    call_choice (call, msg->index, msg->outcome);
  else if (msg->kind == MSG_DONE)
    call_done (call, msg->status, msg->outcome);
  else
    vervet_outcome_free (msg->outcome);
  call_unref (call);
}

/* A model that overruns its deadline and has not stopped five seconds after it was told to is left behind. */
void
vervet_endpoint_check_deadlines (Endpoint *self)
{
  enum { GRACE_US = 5000000 };
  gint64 now = g_get_monotonic_time ();

  for (guint i = 0; i < self->engine->calls->len; i++) {
    Call *call = g_ptr_array_index (self->engine->calls, i);
    gint64 over_us = now - call->start_us - (gint64)call->req.timeout_ms * 1000;

    if (self->engine->cancel_us > 0)
      over_us = MAX (over_us, now - self->engine->cancel_us);
    if (call->endpoint != self || over_us < 0)
      continue;
    g_atomic_int_set (&call->is_cancelled, 1);
    if (over_us > GRACE_US) {
      VervetOutcome *why =
          vervet_outcome_new_error (VV_E_TIMEOUT, "no answer within the time-out, and the call does not stop");

      why->error.retry_after_ms = 0;
      g_atomic_int_set (&call->is_abandoned, 1);
      self->abandoned++;
      call_ref (call); /* the plugin may still hold it */
      call_done (call, VV_E_TIMEOUT, why);
      i--;
      if (self->abandoned >= ABANDONED)
        vervet_engine_pause (self->engine, "models.%s: '%s' has ignored %u deadlines", self->binding->role,
                             self->binding->info->id, self->abandoned);
    }
  }
}

gint64
vervet_endpoint_next_us (const Endpoint *self)
{
  gint64 next = G_MAXINT64;

  if (g_queue_is_empty ((GQueue *)&self->targets) || self->in_flight >= self->limit)
    return next;
  for (const GList *link = self->targets.head; link; link = link->next)
    next = MIN (next, ((const Target *)link->data)->not_before_us);
  return MAX (next, self->closed_until_us);
}
