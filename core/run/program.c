#include "run/program-private.h"

#include <math.h>
#include <string.h>

static int
compare_hits (gconstpointer a, gconstpointer b, gpointer unused)
{
  const Node *x = a, *y = b;

  (void)unused;
  if (x->told != y->told)
    return x->told < y->told ? -1 : 1;
  return x->number < y->number ? -1 : x->number > y->number;
}

/* ---- Budget of the trial ---- */
static void
settle (VervetProgram *self, Node *node)
{
  const VervetStep *step = node->step;
  const vv_usage *usage = &node->outcome->choice.usage;
  Node *parent = vervet_program_find_node (self, step->parent);
  double *spent = self->result.spent;
  gboolean is_join = step->flags & VV_JOIN;

  for (int u = 0; u < N_UNITS; u++)
    self->reserved[u] -= step->need[u];
  /* What was cancelled before it was sent was no call; nor was what is remembered. */
  if (!node->is_free) {
    spent[CALLS] += node->outcome->out.status != VV_E_CANCELLED || usage->input + usage->output > 0;
    spent[FLOPS] += step->need[FLOPS];
  }
  spent[INPUT] += (double)usage->input;
  spent[OUTPUT] += (double)usage->output;
  if (!isnan (usage->money))
    spent[MONEY] += usage->money;
  self->result.cached += (gint64)usage->cached;
  node->seq = (double)usage->output + (is_join ? self->seq_all : parent ? parent->seq : 0);
  node->seconds = (double)node->outcome->took_ms / 1000 + (is_join ? self->seconds_all : parent ? parent->seconds : 0);
  /* A lookahead or a vote counts only through what depends on it: its chain is then part of that node's. */
  if (!(step->flags & VV_ASIDE)) {
    spent[SEQUENTIAL] = MAX (spent[SEQUENTIAL], node->seq);
    spent[SECONDS] = MAX (spent[SECONDS], node->seconds);
  }
  self->seq_all = MAX (self->seq_all, node->seq);
  self->seconds_all = MAX (self->seconds_all, node->seconds);
}

/* ---- Turns ---- */
static void
end_with (VervetProgram *self, vv_status status, const char *message)
{
  if (self->state != VERVET_PROGRAM_RUNNING)
    return;
  self->result.status = status;
  g_strlcpy (self->result.message, message ? message : "", sizeof self->result.message);
  self->state = VERVET_PROGRAM_DRAINING;
  for (guint i = 0; i < self->steps->len; i++) {
    VervetStep *step = g_ptr_array_index (self->steps, i);

    if (i >= self->n_dispatched) { /* never started: nothing is owed for it */
      self->owed -= step->owed;
      step->owed = 0;
      continue;
    }
    for (guint j = 0; j < step->n && step->owed > 0; j++)
      vervet_program_cancel_choice (self, step, j);
  }
  /* Stored outcomes that wait to be told are not owed by anybody. */
  self->owed -= (guint)g_sequence_get_length (self->hits);
  if (self->owed == 0)
    self->state = VERVET_PROGRAM_DONE;
}

static void
add_hit (VervetProgram *self, VervetStep *step, guint index, VervetOutcome *outcome, gint64 told, gboolean is_free)
{
  Node *node = vervet_program_add_node (self, step, index, outcome);

  node->is_free = is_free;
  node->told = told >= 0 ? told : G_MAXINT64;
  g_sequence_insert_sorted (self->hits, node, compare_hits, NULL);
}

static void
dispatch_step (VervetProgram *self, VervetStep *step)
{
  Node *known = self->memo && vervet_op_is_pure (step->request->req.op)
                    ? g_hash_table_lookup (self->memo, step->request->key)
                    : NULL;
  guint run_begin = 0;

  for (guint i = 0; i <= step->n; i++) {
    const VervetNodeRow *row = i < step->n ? vervet_program_find_stored (self, step, i) : NULL;

    if (i < step->n && !row && !known)
      continue;
    if (i > run_begin) /* the choices in [run_begin, i) are new */
      self->spec.host->dispatch (self->spec.user, self, step, run_begin, i - run_begin);
    run_begin = i + 1;
    if (row) {
      add_hit (self, step, i, vervet_outcome_from_row (row), row->told, known != NULL);
    } else if (i < step->n) {
      VervetOutcome *copy = vervet_outcome_copy (known->outcome);

      memset (&copy->choice.usage, 0, sizeof copy->choice.usage);
      copy->choice.usage.money = NAN;
      copy->took_ms = 0;
      add_hit (self, step, i, copy, -1, TRUE);
    }
  }
}

static void
ask_once (VervetProgram *self)
{
  vv_error err = { .struct_size = sizeof err };
  vv_status status;
  const vv_moves moves = vervet_program_moves (self);

  self->was_refused = FALSE;
  vervet_program_update_left (self);
  status = self->spec.iface->ask (self->run, &moves, &err);
  err.message[sizeof err.message - 1] = '\0';
  if (status < 0) {
    end_with (self, status, err.message[0] ? err.message : "ask failed and said nothing");
    return;
  }
  if (status == VV_FINISHED) {
    end_with (self, VV_OK, NULL);
    return;
  }
  while (self->n_dispatched < self->steps->len)
    dispatch_step (self, g_ptr_array_index (self->steps, self->n_dispatched++));
}

static void
ask (VervetProgram *self)
{
  ask_once (self);
  if (self->state != VERVET_PROGRAM_RUNNING)
    return;
  if (self->was_refused && !self->is_last) {
    self->is_last = TRUE;
    if (self->owed == 0)
      ask_once (self);
  }
  if (self->state == VERVET_PROGRAM_RUNNING && self->owed == 0)
    end_with (self, VV_E_FAILED,
              self->is_last ? "the budget is spent and the program did not finish when told so"
                            : "the program asked for nothing and did not finish");
}

/* Equal answers of the scores told in one trial share a number, counted in order of tells. */
static void
number_answers (VervetProgram *self, vv_choice *choice)
{
  for (gsize i = 0; i < choice->n_verdicts; i++) {
    vv_verdict *v = (vv_verdict *)&choice->verdicts[i];
    guint class_ = 0;

    v->answer_class = -1;
    if (v->answer.len == 0)
      continue;
    if (!self->classes)
      self->classes = g_ptr_array_new_with_free_func (g_free);
    while (class_ < self->classes->len && strcmp (g_ptr_array_index (self->classes, class_), v->answer.ptr) != 0)
      class_++;
    if (class_ == self->classes->len)
      g_ptr_array_add (self->classes, g_strndup (v->answer.ptr, v->answer.len));
    v->answer_class = (gint32)class_ + 1;
  }
}

/* What a stop has cut off is asked again when the trial goes on: stored, it would be told as if the program had wanted
 * it so. */
static gboolean
is_cut_off (const VervetProgram *self, const Node *node)
{
  return self->is_cut
         && (node->outcome->out.status == VV_E_CANCELLED || node->outcome->choice.finish == VV_FIN_CANCELLED);
}

static void
record (VervetProgram *self, Node *node)
{
  g_autoptr (GByteArray) extra = NULL;
  g_autofree char *request = NULL;
  const VervetStep *step = node->step;
  VervetNodeRow row = { .node = (gint64)node->number,
                        .parent = (gint64)step->parent,
                        .occ = step->occ,
                        .idx = node->index,
                        .op = step->request->req.op,
                        .flags = step->flags,
                        .role = step->role,
                        .label = step->label,
                        .told = node->told,
                        .seq_tok = (gint64)node->seq };

  if (!self->spec.host->record)
    return;
  extra = g_byte_array_new ();
  memcpy (row.req_key, step->request->key, sizeof row.req_key);
  vervet_outcome_to_row (node->outcome, &row, extra);
  if (node->index == 0) {
    request = vervet_request_to_json (step->request, step->role);
    row.request = request;
    row.request_len = strlen (request);
  }
  self->spec.host->record (self->spec.user, self, &row);
}

/* Books and records a node; tells it unless the program is over. */
static void
settle_and_tell (VervetProgram *self, Node *node, gboolean is_new)
{
  VervetStep *step = node->step;
  vv_error err = { .struct_size = sizeof err };
  vv_outcome *out = &node->outcome->out;
  vv_status status;

  step->told[node->index] = TRUE;
  step->owed--;
  self->owed--;
  settle (self, node);
  node->told = self->state == VERVET_PROGRAM_RUNNING ? self->next_told++ : -1;
  if ((is_new || node->told >= 0) && !is_cut_off (self, node))
    record (self, node);
  if (self->state != VERVET_PROGRAM_RUNNING) {
    if (self->owed == 0)
      self->state = VERVET_PROGRAM_DONE;
    return;
  }
  if (vervet_op_is_pure (step->request->req.op) && out->status >= 0) {
    if (!self->memo)
      self->memo = g_hash_table_new (vervet_program_key_hash, vervet_program_key_equal);
    g_hash_table_insert (self->memo, step->request->key, node);
  }
  out->id = node->number;
  out->tag = step->tag;
  out->index = node->index;
  node->outcome->choice.index = node->index;
  number_answers (self, &node->outcome->choice);
  status = self->spec.iface->tell (self->run, out, &err);
  err.message[sizeof err.message - 1] = '\0';
  if (status < 0)
    end_with (self, status,
              err.message[0]    ? err.message
              : out->status < 0 ? node->outcome->error.message
                                : "tell failed and said nothing");
  else
    ask (self);
}

static void
tell_hits (VervetProgram *self)
{
  while (self->state == VERVET_PROGRAM_RUNNING && g_sequence_get_length (self->hits) > 0) {
    GSequenceIter *first = g_sequence_get_begin_iter (self->hits);
    Node *node = g_sequence_get (first);
    gboolean is_new = node->told == G_MAXINT64;

    g_sequence_remove (first);
    settle_and_tell (self, node, is_new);
  }
}

/* ---- Public ---- */
VervetProgram *
vervet_program_new (const VervetProgramSpec *spec)
{
  VervetProgram *self = g_new0 (VervetProgram, 1);
  self->spec = *spec;
  self->steps = g_ptr_array_new_with_free_func (vervet_program_step_free);
  self->nodes = g_ptr_array_new_with_free_func (vervet_program_node_free);
  self->hits = g_sequence_new (NULL);
  self->result.candidates = g_array_new (FALSE, FALSE, sizeof (VervetCandidate));
  self->result.votes = g_array_new (FALSE, FALSE, sizeof (VervetVote));
  self->result.notes = g_string_new (NULL);
  self->result.answer = -1;
  self->result.verdicts = vervet_arena_alloc (&self->arena, spec->task.n_texts * sizeof (vv_verdict));
  self->low_end = 1;
  self->gap_end = G_MAXUINT64;
  if (spec->stored && spec->stored->len > 0) {
    gint64 highest = 0;

    self->stored = vervet_program_index_stored (spec->stored);
    for (guint i = 0; i < spec->stored->len; i++)
      highest = MAX (highest, g_array_index (spec->stored, VervetNodeRow, i).node);
    self->gap_end = self->next_node = (guint64)highest + GAP;
    self->firsts = vervet_program_find_firsts (spec->stored);
  }
  return self;
}

void
vervet_program_free (VervetProgram *self)
{
  if (!self)
    return;
  if (self->run)
    self->spec.iface->end (self->run);
  g_sequence_free (self->hits);
  g_clear_pointer (&self->by_number, g_hash_table_unref);
  g_clear_pointer (&self->stored, g_hash_table_unref);
  g_clear_pointer (&self->firsts, g_array_unref);
  g_clear_pointer (&self->occurrences, g_hash_table_unref);
  g_clear_pointer (&self->memo, g_hash_table_unref);
  g_clear_pointer (&self->classes, g_ptr_array_unref);
  g_ptr_array_unref (self->nodes);
  g_ptr_array_unref (self->steps);
  g_array_unref (self->result.candidates);
  g_array_unref (self->result.votes);
  g_string_free (self->result.notes, TRUE);
  vervet_arena_clear (&self->arena);
  g_free (self);
}

void
vervet_program_start (VervetProgram *self)
{
  vv_error err = { .struct_size = sizeof err };
  vv_status status = self->spec.iface->begin (self->spec.self, &self->spec.task, &self->run, &err);

  err.message[sizeof err.message - 1] = '\0';
  if (status < 0) {
    self->run = NULL;
    end_with (self, status, err.message[0] ? err.message : "begin failed and said nothing");
    return;
  }
  ask (self);
  tell_hits (self);
}

void
vervet_program_outcome (VervetProgram *self, VervetStep *step, guint index, VervetOutcome *outcome)
{
  if (index >= step->n || step->told[index] || self->state == VERVET_PROGRAM_DONE) {
    vervet_outcome_free (outcome);
    return;
  }
  settle_and_tell (self, vervet_program_add_node (self, step, index, outcome), TRUE);
  tell_hits (self);
}

void
vervet_program_abort (VervetProgram *self, vv_status status, const char *message)
{
  self->is_cut = self->is_cut || self->state == VERVET_PROGRAM_RUNNING;
  end_with (self, status, message);
}

void
vervet_program_last (VervetProgram *self)
{
  self->is_last = TRUE;
}

VervetProgramState
vervet_program_state (const VervetProgram *self)
{
  return self->state;
}

VervetProgramResult *
vervet_program_result (VervetProgram *self)
{
  return &self->result;
}

const vv_task *
vervet_program_task (const VervetProgram *self)
{
  return &self->spec.task;
}

gpointer
vervet_program_user (const VervetProgram *self)
{
  return self->spec.user;
}
