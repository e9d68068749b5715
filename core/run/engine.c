/* The conductor: one thread that starts trials in waves, moves messages, and knows when to stop. */
#include "run/engine.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include "util/text.h"

enum {
  WAVE_LEAST = 32, /* trials a problem in one wave once there are so many */
  OPEN_LEAST = 64,
  SLICE = 256, /* trials started between two looks at the inbox */
  IDLE_US = 100000,
  RATE_US = 1000000,
  STALLED_US = 60000000, /* a file that cannot be written for so long pauses the run */
};

/* ---- Inbox ---- */
void
vervet_engine_post (VervetEngine *self, const Msg *msg)
{
  g_mutex_lock (&self->lock);
  g_array_append_val (self->inbox, *msg);
  if (self->inbox->len == 1)
    g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

void
vervet_engine_pause (VervetEngine *self, const char *format, ...)
{
  va_list args;

  if (self->paused)
    return;
  va_start (args, format);
  self->paused = g_strdup_vprintf (format, args);
  va_end (args);
}

static void
handle_late (VervetEngine *self)
{
  Msg *msg;

  while ((msg = g_queue_pop_head (&self->late))) {
    g_autofree Target *target = msg->from;

    vervet_trial_deliver (target->trial, target->step, target->index, msg->outcome);
    g_free (msg);
  }
}

static gboolean
handle_messages (VervetEngine *self)
{
  g_autoptr (GArray) taken = NULL;

  g_mutex_lock (&self->lock);
  if (self->inbox->len > 0) {
    taken = self->inbox;
    self->inbox = self->spare ? g_steal_pointer (&self->spare) : g_array_new (FALSE, FALSE, sizeof (Msg));
  }
  g_mutex_unlock (&self->lock);
  for (guint i = 0; taken && i < taken->len; i++) {
    Msg *msg = &g_array_index (taken, Msg, i);

    if (msg->kind == MSG_JUDGED)
      vervet_grading_judged (self, msg->from);
    else
      vervet_call_message (self, msg);
    handle_late (self);
  }
  handle_late (self);
  if (!taken)
    return FALSE;
  g_array_set_size (taken, 0);
  self->spare = g_steal_pointer (&taken);
  return TRUE;
}

/* ---- Waves ---- */
/* Cumulative ends of the waves: 1, 2, 4, 8, 16, 32, 64, 96 ... trials a problem, and from 512 on a sixteenth more each.
 * Problems then differ by at most that share of their trials while a run goes on, and what the store must know of a
 * problem to keep equal texts once is read back, where memory does not hold it, for many samples at a time. */
static guint64
next_wave_end (guint64 end)
{
  return end < WAVE_LEAST ? MAX (end * 2, 1) : end + MAX (WAVE_LEAST, end / 16);
}

/* The next trial to start, member after member within a wave; FALSE when every trial has been started. */
static gboolean
next_trial (VervetEngine *self, Member **member, guint64 *trial)
{
  while (!self->is_sampling_over) {
    if (self->at_member >= self->members->len) {
      guint64 end = self->wave_end;

      self->at_member = 0;
      self->wave_end = next_wave_end (end);
      self->at_trial = end;
      self->wave_begin = end;
      if (end >= self->plan->samples || self->members->len == 0)
        self->is_sampling_over = TRUE;
      continue;
    }
    *member = g_ptr_array_index (self->members, self->at_member);
    while (self->at_trial < MIN (self->wave_end, (*member)->n_trials)) {
      *trial = self->at_trial++;
      if (!vervet_member_is_done (*member, *trial))
        return TRUE;
    }
    self->at_member++;
    self->at_trial = self->wave_begin;
  }
  return FALSE;
}

static gboolean
may_start (VervetEngine *self)
{
  double need[N_UNITS] = { 0 };
  Endpoint *endpoint;

  if (self->is_sampling_over || self->paused || self->is_budget_spent || self->open_trials >= self->max_open
      || vervet_engine_level (self) > 0 || vervet_grading_is_full (self))
    return FALSE;
  /* Back-pressure with hysteresis: from three quarters full until a quarter. */
  if (self->is_writer_full ? vervet_writer_fill (self->writer) > 0.25 : vervet_writer_fill (self->writer) > 0.75) {
    self->is_writer_full = TRUE;
    return FALSE;
  }
  self->is_writer_full = FALSE;
  endpoint = vervet_engine_endpoint (self, "model");
  if (self->has_caps && endpoint && self->at_member < self->members->len) {
    const Member *member = g_ptr_array_index (self->members, self->at_member);
    const vv_request req = { .struct_size = sizeof req,
                             .op = VV_OP_GENERATE,
                             .max_tokens = self->max_tokens,
                             .messages = member->problem.messages,
                             .n_messages = member->problem.n_messages };

    vervet_spending_estimate (self, endpoint, &req, need);
    if (!vervet_spending_has_room (self, need)) {
      /* What is reserved for open trials is more than they will use: there may be room when they are told. */
      self->is_budget_spent = self->open_trials == 0;
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
start_trials (VervetEngine *self)
{
  guint n = 0;
  Member *member;
  guint64 trial;

  while (n < SLICE && may_start (self) && next_trial (self, &member, &trial)) {
    vervet_trial_start (self, member, (guint)trial);
    n++;
  }
  handle_late (self);
  return n > 0;
}

static void
pump (VervetEngine *self)
{
  for (guint i = 0; i < self->endpoints->len; i++) {
    Endpoint *endpoint = g_ptr_array_index (self->endpoints, i);

    if (!g_queue_is_empty (&endpoint->targets))
      vervet_endpoint_pump (endpoint);
  }
  handle_late (self);
}

/* ---- Stopping ---- */
/* Second ^C, or a pause: what is open is cancelled; its outcomes come back and are stored. */
static void
cancel_open (VervetEngine *self)
{
  g_autoptr (GPtrArray) open = g_ptr_array_copy (self->open, NULL, NULL);

  if (self->is_cancelling)
    return;
  self->is_cancelling = TRUE;
  self->cancel_us = g_get_monotonic_time ();
  for (guint i = 0; i < open->len; i++)
    vervet_trial_abort (g_ptr_array_index (open, i));
  handle_late (self);
}

/* First ^C: one-call trials that only wait for their turn are dropped; what was sent finishes. */
static void
drop_waiting (VervetEngine *self)
{
  g_autoptr (GHashTable) waiting = g_hash_table_new (NULL, NULL);
  GHashTableIter iter;
  gpointer trial_;

  if (self->is_dropping)
    return;
  self->is_dropping = TRUE;
  for (guint i = 0; i < self->endpoints->len; i++) {
    const Endpoint *endpoint = g_ptr_array_index (self->endpoints, i);

    for (const GList *link = endpoint->targets.head; link; link = link->next) {
      Trial *trial = ((const Target *)link->data)->trial;

      if (trial->job_id == 0 && !trial->grading)
        g_hash_table_add (waiting, trial);
    }
  }
  g_hash_table_iter_init (&iter, waiting);
  while (g_hash_table_iter_next (&iter, &trial_, NULL))
    vervet_trial_abort (trial_);
  handle_late (self);
}

static gboolean
is_over (VervetEngine *self)
{
  VervetStopLevel level = vervet_engine_level (self);
  gboolean no_more = self->is_sampling_over || self->is_budget_spent || self->paused || level > 0;

  /* A call is over when its model has said so, even if all its choices are told. */
  if (!no_more || self->open_trials > 0 || self->calls->len > 0)
    return FALSE;
  if (level == VERVET_STOP_CANCEL)
    return TRUE;
  if (level == VERVET_STOP_FINISH
      || self->paused) /* what was handed in is judged; what is stored waits for the next start */
    return vervet_grading_open (self) == 0;
  return vervet_grading_is_idle (self);
}

/* ---- Progress ---- */
static void
update_progress (VervetEngine *self)
{
  gint64 now = g_get_monotonic_time ();
  guint newest, oldest;
  double span;
  gint64 in_flight = 0, done_problems = 0;

  for (guint i = 0; i < self->endpoints->len; i++)
    in_flight += ((Endpoint *)g_ptr_array_index (self->endpoints, i))->in_flight;
  if (now - self->counted_us > 200000) {
    gint64 failed = 0;

    for (guint i = 0; i < self->members->len; i++) {
      const Member *member = g_ptr_array_index (self->members, i);

      done_problems += member->n_done + member->n_failed >= member->n_trials;
      failed += (gint64)(member->n_failed + member->n_final);
    }
    self->counted_us = now;
    self->done_problems = done_problems;
    self->failed = failed;
  }
  g_mutex_lock (&self->lock);
  self->progress.problems_done = self->done_problems;
  self->progress.failed = self->failed;
  self->progress.in_flight = in_flight;
  self->progress.calls = (gint64)self->spent[UNIT_CALLS];
  self->progress.in_tok = (gint64)self->spent[UNIT_INPUT];
  self->progress.out_tok = (gint64)self->spent[UNIT_OUTPUT];
  self->progress.money = self->spent[UNIT_MONEY];
  self->progress.retries = self->n_retries;
  self->progress.elapsed_s = (double)(now - self->start_us) / 1e6;
  self->progress.stopping = vervet_engine_level (self);
  g_strlcpy (self->progress.message,
             self->stalled[0] ? self->stalled
             : self->paused   ? self->paused
                              : "",
             sizeof self->progress.message);
  newest = self->rate_at % G_N_ELEMENTS (self->rate_us);
  if (now - self->rate_us[newest] >= RATE_US) {
    self->rate_at++;
    newest = self->rate_at % G_N_ELEMENTS (self->rate_us);
    self->rate_us[newest] = now;
    self->rate_done[newest] = self->progress.done;
  }
  oldest = self->rate_at + 1 >= G_N_ELEMENTS (self->rate_us) ? (self->rate_at + 1) % G_N_ELEMENTS (self->rate_us) : 0;
  span = (double)(now - self->rate_us[oldest]) / 1e6;
  self->progress.rate = span > 0.05 ? (double)(self->progress.done - self->rate_done[oldest]) / span : 0;
  self->progress.left_s =
      self->progress.rate > 0 ? (double)(self->progress.planned - self->progress.done) / self->progress.rate : NAN;
  g_mutex_unlock (&self->lock);
}

static void
wait_for_messages (VervetEngine *self)
{
  gint64 until = g_get_monotonic_time () + IDLE_US;

  for (guint i = 0; i < self->endpoints->len; i++)
    until = MIN (until, vervet_endpoint_next_us (g_ptr_array_index (self->endpoints, i)));
  g_mutex_lock (&self->lock);
  while (self->inbox->len == 0 && g_cond_wait_until (&self->cond, &self->lock, until))
    ;
  g_mutex_unlock (&self->lock);
}

static void
check_stalled (VervetEngine *self, gint64 now)
{
  g_autofree char *why = NULL;

  g_mutex_lock (&self->lock);
  if (self->stalled_us && now - self->stalled_us > STALLED_US)
    why = g_strdup (self->stalled);
  g_mutex_unlock (&self->lock);
  if (why)
    vervet_engine_pause (self, "%s", why);
}

static void
check_time (VervetEngine *self)
{
  gint64 now = g_get_monotonic_time ();

  if (now - self->checked_us < IDLE_US)
    return;
  self->checked_us = now;
  check_stalled (self, now);
  for (guint i = 0; i < self->endpoints->len; i++) {
    Endpoint *endpoint = g_ptr_array_index (self->endpoints, i);

    if (endpoint->instance)
      vervet_endpoint_check_deadlines (endpoint);
  }
  update_progress (self);
}

/* What could not be written is not done, whatever was counted on the way. */
static void
recount_done (VervetEngine *self)
{
  g_autoptr (GArray) members = vervet_store_members (self->reader, self->run.run_id, NULL);
  gint64 done = 0;

  for (guint i = 0; members && i < members->len; i++)
    done += g_array_index (members, VervetMemberRow, i).done;
  g_mutex_lock (&self->lock);
  self->progress.done = done;
  g_mutex_unlock (&self->lock);
}

static void
finish_run (VervetEngine *self)
{
  g_autoptr (GError) error = NULL;
  gint64 missing = 0;

  for (guint i = 0; i < self->members->len; i++) {
    const Member *member = g_ptr_array_index (self->members, i);

    missing += (gint64)(member->n_trials - member->n_done + member->n_final);
  }
  self->missing = self->options.verify_only ? 0 : missing;
  vervet_spending_save (self, TRUE);
  vervet_grading_save (self);
  if (!self->options.verify_only)
    vervet_writer_epoch_end (self->writer, self->epoch_id);
  if (!vervet_writer_stop (self->writer, &error)) {
    vervet_engine_pause (self, "%s", error->message);
    recount_done (self);
  }
  self->writer = NULL;
  if (!self->options.verify_only
      && !vervet_store_set_run_state (self->store, self->run.run_id, missing == 0 ? VERVET_RUN_DONE : VERVET_RUN_PAUSED,
                                      NULL))
    self->missing = MAX (self->missing, 0);
  for (guint i = 0; i < self->gradings->len; i++) {
    const Grading *grading = g_ptr_array_index (self->gradings, i);

    self->unjudged += MAX (vervet_store_count_unjudged (self->reader, self->run.run_id, grading->check_id, NULL), 0);
  }
  self->counted_us = 0;
  update_progress (self);
}

static gpointer
conductor (gpointer data)
{
  VervetEngine *self = data;
  g_autoptr (GError) error = NULL;

  while (!is_over (self)) {
    gboolean is_busy;

    /* The file's stored samples are fed first: what was paid for is judged before more is drawn. */
    if (!self->paused && vervet_engine_level (self) == 0)
      vervet_grading_scan (self, &error);
    if (error) {
      vervet_engine_pause (self, "%s", error->message);
      g_clear_error (&error);
    }
    is_busy = start_trials (self);
    pump (self);
    is_busy = handle_messages (self) || is_busy;
    pump (self);
    if (vervet_engine_level (self) > 0)
      drop_waiting (self);
    if (vervet_engine_level (self) == VERVET_STOP_CANCEL || self->paused)
      cancel_open (self);
    vervet_spending_save (self, FALSE);
    check_time (self);
    if (!is_busy && !is_over (self))
      wait_for_messages (self);
  }
  finish_run (self);
  g_mutex_lock (&self->lock);
  self->is_finished = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  return NULL;
}

/* ---- Public ---- */
/* What came after the last look: verdicts of a run that was left in a hurry. */
static void
drop_inbox (VervetEngine *self)
{
  for (guint i = 0; self->inbox && i < self->inbox->len; i++) {
    Msg *msg = &g_array_index (self->inbox, Msg, i);

    if (msg->kind == MSG_JUDGED)
      vervet_judged_free (msg->from);
    else
      vervet_outcome_free (msg->outcome);
  }
}

static void
engine_free (VervetEngine *self)
{
  vervet_engine_close (self);
  drop_inbox (self);
  g_clear_pointer (&self->inbox, g_array_unref);
  g_clear_pointer (&self->spare, g_array_unref);
  g_clear_pointer (&self->open, g_ptr_array_unref);
  g_clear_pointer (&self->calls, g_ptr_array_unref);
  g_queue_clear_full (&self->late, g_free);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_clear_pointer (&self->registry, vervet_registry_unref);
  g_free ((char *)self->options.path);
  g_free (self->paused);
  g_free (self);
}

/* A start that failed leaves no empty run file behind. */
static void
remove_file (const char *path)
{
  static const char *const endings[] = { "", "-wal", "-shm", ".lock" };

  for (gsize i = 0; i < G_N_ELEMENTS (endings); i++) {
    g_autofree char *file = g_strconcat (path, endings[i], NULL);

    g_unlink (file);
  }
}

static void
set_width (VervetEngine *self)
{
  const vv_value *value;
  Endpoint *endpoint = vervet_engine_endpoint (self, "model");
  guint calls = self->plan->concurrency ? self->plan->concurrency : endpoint ? endpoint->limit : 1;
  guint merged = endpoint && self->plan->one_call ? MIN (endpoint->learnt_n, WAVE_LEAST) : 1;

  self->max_open = MAX (OPEN_LEAST, MIN (2 * calls * merged, 65536u));
  if (self->plan->sampler && (value = vervet_options_get (self->plan->sampler->options, "max-tokens")) && value->is_set
      && value->type == VV_T_INT && value->v.i > 0)
    self->max_tokens = (guint)value->v.i;
  for (int u = 0; u < N_UNITS; u++)
    self->has_caps = self->has_caps || isfinite (self->plan->caps[u]);
}

VervetEngine *
vervet_engine_start (VervetRegistry *registry, const VervetPlan *plan, const VervetEngineOptions *options,
                     GError **error)
{
  VervetEngine *self = g_new0 (VervetEngine, 1);
  gboolean is_new_file;

  self->registry = vervet_registry_ref (registry);
  self->plan = plan;
  self->options = *options;
  self->options.path = g_strdup (options->path);
  self->version = vervet_version ();
  self->hash_key = (guint64)g_random_int () << 32 | g_random_int ();
  self->inbox = g_array_new (FALSE, FALSE, sizeof (Msg));
  self->open = g_ptr_array_new ();
  self->calls = g_ptr_array_new ();
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->start_us = self->rate_us[0] = g_get_monotonic_time ();
  is_new_file = !g_file_test (options->path, G_FILE_TEST_EXISTS);
  if (!vervet_engine_open (self, error)) {
    if (self->writer)
      vervet_writer_stop (self->writer, NULL);
    is_new_file = is_new_file && self->store;
    engine_free (self);
    if (is_new_file)
      remove_file (options->path);
    return NULL;
  }
  self->rate_done[0] = self->progress.done;
  self->wave_end = 1;
  self->is_sampling_over = options->verify_only;
  set_width (self);
  self->thread = g_thread_new ("conductor", conductor, self);
  return self;
}

gboolean
vervet_engine_wait (VervetEngine *self, guint timeout_ms)
{
  gint64 until = g_get_monotonic_time () + (gint64)timeout_ms * 1000;
  gboolean is_finished;

  g_mutex_lock (&self->lock);
  while (!self->is_finished && g_cond_wait_until (&self->cond, &self->lock, until))
    ;
  is_finished = self->is_finished;
  g_mutex_unlock (&self->lock);
  return is_finished;
}

void
vervet_engine_progress (VervetEngine *self, VervetProgress *out)
{
  g_mutex_lock (&self->lock);
  *out = self->progress;
  g_mutex_unlock (&self->lock);
}

void
vervet_engine_stop (VervetEngine *self, VervetStopLevel level)
{
  if (level > vervet_engine_level (self))
    g_atomic_int_set (&self->level, level);
  g_mutex_lock (&self->lock);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

gboolean
vervet_engine_finish (VervetEngine *self, VervetRunResult *out, GError **error)
{
  VervetRunResult result = { .missing = self->missing,
                             .unjudged = self->unjudged,
                             .budget_spent = self->is_budget_spent };
  gboolean is_ok = FALSE;

  g_thread_join (self->thread);
  result.missing = self->missing;
  result.unjudged = self->unjudged;
  result.interrupted = vervet_engine_level (self) > 0;
  result.paused = g_strdup (self->paused);
  if (self->paused)
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT, "%s; the run is paused: the same command continues it",
                 self->paused);
  else if (result.interrupted && (result.missing > 0 || result.unjudged > 0))
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INTERRUPTED, "interrupted; the same command continues it");
  else if (result.missing > 0 && self->is_budget_spent)
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INCOMPLETE,
                 "the budget is spent with %" G_GINT64_FORMAT " trials not drawn; raise it to go on", result.missing);
  else if (result.missing > 0 || result.unjudged > 0)
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INCOMPLETE,
                 "%" G_GINT64_FORMAT " trials have no sample and %" G_GINT64_FORMAT
                 " samples no verdict; the same command tries them again",
                 result.missing, result.unjudged);
  else
    is_ok = TRUE;
  engine_free (self);
  if (out)
    *out = result;
  else
    vervet_run_result_clear (&result);
  return is_ok;
}

void
vervet_run_result_clear (VervetRunResult *result)
{
  g_clear_pointer (&result->paused, g_free);
}
