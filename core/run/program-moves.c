#include "run/program-private.h"

#include <math.h>
#include <string.h>

void
vervet_program_update_left (VervetProgram *self)
{
  double left[N_UNITS];

  for (int u = 0; u < N_UNITS; u++)
    left[u] = self->spec.caps[u] - self->result.spent[u] - self->reserved[u];
  self->left =
      (vv_budget){ left[CALLS], left[INPUT], left[OUTPUT], left[SEQUENTIAL], left[MONEY], left[FLOPS], left[SECONDS] };
}

static gboolean
reserve (VervetProgram *self, VervetStep *step)
{
  step->need[CALLS] = 1;
  if (self->spec.host->estimate && !self->spec.host->estimate (self->spec.user, step, step->need))
    return FALSE;
  for (int u = 0; u < N_UNITS; u++)
    if (self->result.spent[u] + self->reserved[u] + step->n * step->need[u] > self->spec.caps[u])
      return FALSE;
  for (int u = 0; u < N_UNITS; u++)
    self->reserved[u] += step->n * step->need[u];
  return TRUE;
}

static const guint64 *
env_ancestor (VervetProgram *self, guint64 parent)
{
  for (Node *node = vervet_program_find_node (self, parent); node;
       node = vervet_program_find_node (self, node->step->parent))
    if (node->step->request->req.op == VV_OP_ENV)
      return node->step->request->key;
  return NULL;
}

static guint
count_occurrence (VervetProgram *self, VervetStep *step)
{
  gpointer seen;

  if (!self->occurrences) {
    if (self->steps->len == 0)
      return 0;
    self->occurrences = g_hash_table_new (vervet_program_key_hash, vervet_program_key_equal);
    for (guint i = 0; i < self->steps->len; i++) {
      VervetStep *old = g_ptr_array_index (self->steps, i);

      g_hash_table_insert (self->occurrences, old->request->key, GUINT_TO_POINTER (old->occ + 1));
    }
  }
  seen = g_hash_table_lookup (self->occurrences, step->request->key);
  return GPOINTER_TO_UINT (seen);
}

static guint64
moves_step (void *ctx, const vv_step *s)
{
  VervetProgram *self = ctx;
  VervetStep *step;

  if (self->is_last || !s->request || !s->role || s->request->op < VV_OP_GENERATE || s->request->op > VV_OP_ENV) {
    self->was_refused = TRUE;
    return 0;
  }
  step = g_new0 (VervetStep, 1);
  step->program = self;
  step->request = vervet_request_new (s->role, s->request, env_ancestor (self, s->parent));
  step->role = g_strdup (s->role);
  step->label = g_strdup (s->label);
  step->parent = s->parent;
  step->tag = s->tag;
  step->flags = s->flags;
  step->n = step->owed = step->request->req.n;
  if (step->request->req.op == VV_OP_RETRIEVE) /* there n is the number of hits of one outcome */
    step->n = step->owed = 1;
  if (!reserve (self, step)) {
    vervet_program_step_free (step);
    self->was_refused = TRUE;
    return 0;
  }
  step->occ = count_occurrence (self, step);
  step->told = g_new0 (guint8, step->n);
  vervet_program_number_step (self, step);
  g_ptr_array_add (self->steps, step);
  if (self->occurrences)
    g_hash_table_insert (self->occurrences, step->request->key, GUINT_TO_POINTER (step->occ + 1));
  self->owed += step->n;
  vervet_program_update_left (self);
  return step->first;
}

void
vervet_program_cancel_choice (VervetProgram *self, VervetStep *step, guint index)
{
  if (!step->told[index] && !vervet_program_find_node (self, step->first + index))
    self->spec.host->cancel (self->spec.user, self, step, index);
}

static void
moves_cancel (void *ctx, uint64_t id)
{
  VervetProgram *self = ctx;

  /* Steps that this ask has just made are not dispatched yet: they cannot be cancelled before they run. */
  for (guint i = 0; i < self->n_dispatched; i++) {
    VervetStep *step = g_ptr_array_index (self->steps, i);

    if (id >= step->first && id - step->first < step->n)
      vervet_program_cancel_choice (self, step, (guint)(id - step->first));
  }
}

static guint32
moves_candidate (void *ctx, const vv_candidate *c)
{
  VervetProgram *self = ctx;
  Node *node = vervet_program_find_node (self, c->node);
  VervetCandidate candidate = { .node = c->node, .score = NAN, .weight = NAN };

  /* 0 is a score: VV_HAS would take it for none. */
  if (c->struct_size >= offsetof (vv_candidate, score) + sizeof c->score)
    candidate.score = c->score;
  if (VV_HAS (vv_candidate, c, weight))
    candidate.weight = c->weight;
  if (c->text.len > 0)
    candidate.text = vervet_arena_str (&self->arena, c->text);
  else if (node)
    candidate.text = node->outcome->choice.text;
  candidate.outcome = node ? node->outcome : NULL;
  candidate.seq_tok = node ? (gint64)node->seq : -1;
  g_array_append_val (self->result.candidates, candidate);
  return self->result.candidates->len - 1;
}

static void
moves_answer (void *ctx, uint32_t candidate)
{
  VervetProgram *self = ctx;

  if (candidate < self->result.candidates->len)
    self->result.answer = candidate;
}

/* Verdicts of a judge are copied whole: its strings live only until the call returns. */
static vv_verdict
copy_verdict (VervetProgram *self, const vv_verdict *v)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  VervetWireReader reader;
  vv_verdict copy;

  vervet_wire_verdict (bytes, v);
  reader = vervet_wire_reader (bytes->data, bytes->len);
  vervet_wire_get_verdict (&reader, &self->arena, &copy);
  return copy;
}

static void
moves_vote (void *ctx, uint32_t i, uint64_t node, const vv_verdict *v)
{
  VervetProgram *self = ctx;
  VervetVote vote = { .text = i, .node = node };

  if (i >= self->spec.task.n_texts)
    return;
  vote.verdict = copy_verdict (self, v);
  g_array_append_val (self->result.votes, vote);
}

static void
moves_verdict (void *ctx, uint32_t i, const vv_verdict *v)
{
  VervetProgram *self = ctx;

  if (i < self->spec.task.n_texts)
    self->result.verdicts[i] = copy_verdict (self, v);
}

static void
moves_note (void *ctx, const char *key, double value)
{
  VervetProgram *self = ctx;
  g_autofree char *escaped = g_strescape (key, NULL);
  char number[G_ASCII_DTOSTR_BUF_SIZE];

  if (!isfinite (value))
    return;
  g_string_append_printf (self->result.notes, "%s\"%s\": %s", self->result.notes->len > 0 ? ", " : "", escaped,
                          g_ascii_dtostr (number, sizeof number, value));
}

vv_moves
vervet_program_moves (VervetProgram *self)
{
  return (vv_moves){
    .struct_size = sizeof (vv_moves),
    .last = self->is_last,
    .ctx = self,
    .left = &self->left,
    .step = moves_step,
    .cancel = moves_cancel,
    .candidate = moves_candidate,
    .answer = moves_answer,
    .vote = moves_vote,
    .verdict = moves_verdict,
    .note = moves_note,
  };
}
