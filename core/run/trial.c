/* Programs of the engine: a sampler's trials and judges at work, and the rows that come of them. */
#include <math.h>
#include <string.h>

#include "run/engine.h"

/* ---- The driver's host ---- */
static void
deliver_error (Trial *trial, VervetStep *step, guint index, vv_status status, const char *message)
{
  Target *target = g_new0 (Target, 1);
  Msg *msg = g_new0 (Msg, 1);

  target->trial = trial;
  target->step = step;
  target->index = index;
  msg->kind = MSG_CHOICE;
  msg->from = target;
  msg->outcome = vervet_outcome_new_error (status, message);
  g_queue_push_tail (&trial->engine->late, msg);
}

static void
host_dispatch (gpointer user, VervetProgram *program, VervetStep *step, guint index, guint n)
{
  Trial *trial = user;
  Endpoint *endpoint = vervet_engine_endpoint (trial->engine, step->role);

  (void)program;
  vervet_spending_reserve (trial->engine, step->need, n);
  if (endpoint) {
    vervet_endpoint_push (endpoint, trial, step, index, n);
    return;
  }
  for (guint i = 0; i < n; i++) {
    g_autofree char *message = g_strdup_printf ("the experiment binds no role \"%s\"", step->role);

    deliver_error (trial, step, index + i, VV_E_UNSUPPORTED, message);
  }
}

static void
host_cancel (gpointer user, VervetProgram *program, VervetStep *step, guint index)
{
  Trial *trial = user;
  Endpoint *endpoint = vervet_engine_endpoint (trial->engine, step->role);

  (void)program;
  if (endpoint)
    vervet_endpoint_cancel (endpoint, trial, step, index);
}

static void
host_record (gpointer user, VervetProgram *program, const VervetNodeRow *row)
{
  Trial *trial = user;
  VervetNodeRow copy = *row;

  (void)program;
  if (trial->job_id == 0)
    return;
  copy.job_id = trial->job_id;
  vervet_writer_node (trial->engine->writer, &copy);
}

static gboolean
host_estimate (gpointer user, const VervetStep *step, double need[N_UNITS])
{
  Trial *trial = user;
  VervetEngine *self = trial->engine;
  double all[N_UNITS];

  vervet_spending_estimate (self, vervet_engine_endpoint (self, step->role), &step->request->req, need);
  for (int u = 0; u < N_UNITS; u++)
    all[u] = step->n * need[u];
  if (vervet_spending_has_room (self, all))
    return TRUE;
  self->is_budget_spent = TRUE;
  return FALSE;
}

const VervetProgramHost vervet_trial_host = { host_dispatch, host_cancel, host_record, host_estimate };

/* A one-call trial leaves its candidate and nothing else: encoding nodes for it would be thrown away. */
static const VervetProgramHost one_call_host = { host_dispatch, host_cancel, NULL, host_estimate };

/* ---- Starting ---- */
static void
trial_free (Trial *trial)
{
  vervet_program_free (trial->program);
  g_clear_pointer (&trial->stored, g_array_unref);
  g_free (trial->text);
  g_free (trial);
}

static void finish_if_done (Trial *trial);

static gint64
open_job (Trial *trial, gint64 check_id, int ord)
{
  VervetJobRow row = { .check_id = check_id,
                       .member_id = trial->member->member_id,
                       .epoch_id = trial->engine->epoch_id,
                       .trial = trial->trial,
                       .ord = ord,
                       .answer_ord = -1,
                       .start_ms = trial->start_ms };
  g_autofree gint64 *key = vervet_job_key (check_id, trial->trial, ord);
  const gint64 *old = trial->member->jobs ? g_hash_table_lookup (trial->member->jobs, key) : NULL;

  if (old) {
    trial->stored = vervet_store_nodes (trial->engine->reader, *old, NULL);
    return *old;
  }
  return vervet_writer_job (trial->engine->writer, &row);
}

static void
start_program (Trial *trial, const VervetInstance *instance, const vv_task *task)
{
  VervetEngine *self = trial->engine;
  VervetProgramSpec spec = { .iface = vervet_instance_iface (instance),
                             .self = vervet_instance_self (instance),
                             .host = trial->job_id ? &vervet_trial_host : &one_call_host,
                             .user = trial,
                             .task = *task,
                             .stored = trial->stored };

  for (int u = 0; u < N_UNITS; u++)
    spec.caps[u] = trial->grading ? INFINITY : self->plan->trial_caps[u];
  trial->program = vervet_program_new (&spec);
  self->open_trials++;
  g_ptr_array_add (self->open, trial);
  vervet_program_start (trial->program);
  finish_if_done (trial);
}

void
vervet_trial_start (VervetEngine *self, Member *member, guint number)
{
  Trial *trial = g_new0 (Trial, 1);
  vv_task task = {
    .struct_size = sizeof task, .problem = &member->problem, .seed = vv_mix (member->mix, number), .trial = number
  };

  trial->engine = self;
  trial->member = member;
  trial->trial = number;
  trial->start_ms = g_get_real_time () / 1000;
  if (!self->plan->one_call)
    trial->job_id = open_job (trial, 0, -1);
  start_program (trial, self->sampler, &task);
}

void
vervet_judge_start (Grading *grading, Member *member, gint64 sample_id, gboolean counts, guint number, guint ord,
                    vv_str text)
{
  Trial *trial = g_new0 (Trial, 1);
  vv_task task;

  trial->engine = grading->engine;
  trial->member = member;
  trial->trial = number;
  trial->grading = grading;
  trial->sample_id = sample_id;
  trial->counts = counts;
  trial->start_ms = g_get_real_time () / 1000;
  trial->text = g_malloc (text.len + 1);
  memcpy (trial->text, text.ptr, text.len);
  trial->text[text.len] = '\0';
  trial->text_str = (vv_str){ trial->text, text.len };
  trial->problem = member->problem;
  trial->problem.reference = member->reference;
  trial->job_id = open_job (trial, grading->check_id, (int)ord);
  grading->open++;
  task = (vv_task){ .struct_size = sizeof task,
                    .problem = &trial->problem,
                    .texts = &trial->text_str,
                    .n_texts = 1,
                    .seed = vv_mix (member->mix ^ (guint64)grading->check_id, number),
                    .trial = number };
  start_program (trial, grading->judge, &task);
}

/* ---- What came of it ---- */
/* The sampler's own pick; else the only candidate, else the first of those with the highest score. */
static gint64
choose_answer (const VervetProgramResult *result)
{
  gint64 best = -1;
  double high = -INFINITY;

  if (result->answer >= 0)
    return result->answer;
  for (guint i = 0; i < result->candidates->len; i++) {
    const VervetCandidate *c = &g_array_index (result->candidates, VervetCandidate, i);

    if (best < 0 || c->score > high) {
      best = i;
      high = isnan (c->score) ? -INFINITY : c->score;
    }
  }
  return best;
}

static gint64
push_candidate (Trial *trial, const VervetCandidate *c, guint ord, gboolean is_answer, gint64 calls)
{
  VervetEngine *self = trial->engine;
  const VervetOutcome *outcome = c->outcome;
  const vv_choice *choice = outcome ? &outcome->choice : NULL;
  gpointer replaced = trial->member->failed && ord == 0
                          ? g_hash_table_lookup (trial->member->failed, GUINT_TO_POINTER (trial->trial))
                          : NULL;
  VervetSampleRow row = { .id = (gint64)(gsize)replaced,
                          .member_id = trial->member->member_id,
                          .trial = trial->trial,
                          .ord = ord,
                          .epoch_id = self->epoch_id,
                          .status = VV_OK,
                          .text = c->text.ptr ? c->text.ptr : "",
                          .text_len = c->text.len,
                          .in_tok = -1,
                          .cached_tok = -1,
                          .out_tok = -1,
                          .think_tok = -1,
                          .seq_tok = c->seq_tok,
                          .start_ms = trial->start_ms,
                          .took_ms = -1,
                          .call_n = 1,
                          .tries = 1,
                          .logprob = NAN,
                          .score = c->score,
                          .weight = c->weight,
                          .seed = -1,

                          .calls = ord == 0 ? calls : 0,
                          .node = trial->job_id ? (gint64)c->node : -1,
                          .flags = is_answer ? VERVET_SAMPLE_ANSWER : 0 };

  if (choice) {
    double money = vervet_spending_money (vervet_engine_endpoint (self, "model"), &choice->usage);

    row.finish = choice->finish;
    row.in_tok = (gint64)choice->usage.input;
    row.cached_tok = (gint64)choice->usage.cached;
    row.out_tok = (gint64)choice->usage.output;
    row.think_tok = choice->usage.reasoning ? (gint64)choice->usage.reasoning : -1;
    row.start_ms = outcome->start_ms;
    row.took_ms = outcome->took_ms;
    row.tries = (int)outcome->out.n_tries;
    row.logprob = choice->logprob_sum;
    row.nano_money = isnan (money) ? 0 : llround (money * 1e9);
    if (choice->usage.flags & VV_USE_ESTIMATED)
      row.flags |= VERVET_SAMPLE_ESTIMATED;
  }
  return vervet_writer_sample (self->writer, &row);
}

static void
push_failure (Trial *trial, vv_status status, gint64 calls)
{
  gpointer replaced =
      trial->member->failed ? g_hash_table_lookup (trial->member->failed, GUINT_TO_POINTER (trial->trial)) : NULL;
  VervetSampleRow row = { .id = (gint64)(gsize)replaced,
                          .member_id = trial->member->member_id,
                          .trial = trial->trial,
                          .epoch_id = trial->engine->epoch_id,
                          .status = status,
                          .in_tok = -1,
                          .cached_tok = -1,
                          .out_tok = -1,
                          .think_tok = -1,
                          .seq_tok = -1,
                          .start_ms = trial->start_ms,
                          .took_ms = -1,
                          .call_n = 1,
                          .tries = 1,
                          .logprob = NAN,
                          .score = NAN,
                          .weight = NAN,
                          .seed = -1,
                          .node = -1,
                          .calls = calls };

  trial->member->n_failed++;
  vervet_writer_sample (trial->engine->writer, &row);
}

static void
push_samples (Trial *trial, const VervetProgramResult *result)
{
  VervetEngine *self = trial->engine;
  gint64 answer = choose_answer (result);

  for (guint i = 0; i < result->candidates->len; i++) {
    const VervetCandidate *c = &g_array_index (result->candidates, VervetCandidate, i);
    gint64 id = push_candidate (trial, c, i, i == answer, (gint64)result->spent[UNIT_CALLS]);

    vervet_grading_sample (self, trial->member, id, i == answer, trial->trial, i, c->text);
  }
  vervet_member_set_done (trial->member, trial->trial);
  g_mutex_lock (&self->lock);
  self->progress.done++;
  g_mutex_unlock (&self->lock);
}

static void
close_job (Trial *trial, const VervetProgramResult *result, int state, gint64 answer)
{
  g_autofree char *notes = result->notes->len > 0 ? g_strconcat ("{", result->notes->str, "}", NULL) : NULL;
  VervetJobRow row = { .job_id = trial->job_id,
                       .check_id = trial->grading ? trial->grading->check_id : 0,
                       .member_id = trial->member->member_id,
                       .epoch_id = trial->engine->epoch_id,
                       .trial = trial->trial,
                       .ord = trial->grading ? 0 : -1,
                       .state = state,
                       .answer_ord = (int)answer,
                       .calls = (gint64)result->spent[UNIT_CALLS],
                       .in_tok = (gint64)result->spent[UNIT_INPUT],
                       .cached_tok = result->cached,
                       .out_tok = (gint64)result->spent[UNIT_OUTPUT],
                       .seq_tok = (gint64)result->spent[UNIT_SEQUENTIAL],
                       .nano_money = llround (result->spent[UNIT_MONEY] * 1e9),
                       .start_ms = trial->start_ms,
                       .took_ms = (gint64)(result->spent[UNIT_SECONDS] * 1000),
                       .notes = notes };

  if (trial->job_id)
    vervet_writer_job (trial->engine->writer, &row);
}

/* A trial that was cut short is missing, not failed: it is asked again when the run goes on, from its stored nodes. */
static gboolean
is_cut_short (const VervetEngine *self, vv_status status)
{
  return status == VV_E_CANCELLED && (self->paused || vervet_engine_level (self) > 0);
}

static void
finish_sampler (Trial *trial, const VervetProgramResult *result)
{
  VervetEngine *self = trial->engine;

  gint64 calls = (gint64)result->spent[UNIT_CALLS];

  if (is_cut_short (self, result->status)) {
    vervet_writer_calls (self->writer, trial->member->member_id, calls);
    return;
  }
  if (result->status < 0 || result->candidates->len == 0) {
    /* A run that has no money left has not failed its trials. */
    if (!(self->is_budget_spent && result->candidates->len == 0 && calls == 0)) {
      push_failure (trial, result->status < 0 ? result->status : VV_E_FAILED, calls);
      close_job (trial, result, result->status < 0 ? result->status : VV_E_FAILED, -1);
    }
    return;
  }
  push_samples (trial, result);
  close_job (trial, result, 1, choose_answer (result));
}

static void
finish_judge (Trial *trial, const VervetProgramResult *result)
{
  VervetEngine *self = trial->engine;
  const vv_verdict *v = &result->verdicts[0];

  trial->grading->open--;
  self->judge_spent_calls += (gint64)result->spent[UNIT_CALLS];
  self->judge_spent_tokens += (gint64)(result->spent[UNIT_INPUT] + result->spent[UNIT_OUTPUT]);
  for (guint i = 0; i < result->votes->len; i++) {
    const VervetVote *vote = &g_array_index (result->votes, VervetVote, i);
    VervetVoteRow row = { .check_id = trial->grading->check_id,
                          .sample_id = trial->sample_id,
                          .job_id = trial->job_id,
                          .node = (gint64)vote->node,
                          .vote = i,
                          .status = vote->verdict.status,
                          .score = vote->verdict.score,
                          .weight = NAN };

    for (gsize j = 0; j < vote->verdict.n_metrics; j++)
      if (strcmp (vote->verdict.metrics[j].name, "weight") == 0)
        row.weight = vote->verdict.metrics[j].value;
    vervet_writer_vote (self->writer, &row);
  }
  close_job (trial, result, result->status < 0 ? result->status : 1, -1);
  if (is_cut_short (self, result->status))
    return;
  if (result->status < 0 || v->status == 0)
    vervet_grading_verdict (trial->grading, trial->member, trial->sample_id, trial->counts,
                            result->status < 0 ? result->status : VV_E_FAILED, NULL, "judge",
                            result->status < 0 ? result->message : "the judge ended without a verdict", 0);
  else
    vervet_grading_verdict (trial->grading, trial->member, trial->sample_id, trial->counts, VV_OK, v, v->reason, NULL,
                            (gint64)(result->spent[UNIT_SECONDS] * 1e6));
}

static void
finish_if_done (Trial *trial)
{
  VervetEngine *self = trial->engine;
  const VervetProgramResult *result;

  if (vervet_program_state (trial->program) != VERVET_PROGRAM_DONE)
    return;
  result = vervet_program_result (trial->program);
  if (trial->grading)
    finish_judge (trial, result);
  else
    finish_sampler (trial, result);
  self->open_trials--;
  g_ptr_array_remove_fast (self->open, trial);
  trial_free (trial);
}

void
vervet_trial_abort (Trial *trial)
{
  vervet_program_abort (trial->program, VV_E_CANCELLED, "the run was stopped");
  finish_if_done (trial);
}

/* Takes @outcome. */
void
vervet_trial_deliver (Trial *trial, VervetStep *step, guint index, VervetOutcome *outcome)
{
  vervet_spending_settle (trial->engine, vervet_engine_endpoint (trial->engine, step->role), step->need, outcome);
  vervet_program_outcome (trial->program, step, index, outcome);
  finish_if_done (trial);
}
