#include "run/program.h"

#include <math.h>
#include <string.h>

enum { CALLS, INPUT, OUTPUT, SEQUENTIAL, MONEY, FLOPS, SECONDS, N_UNITS };
enum { GAP = 65536 }; /* between stored node numbers and new ones that have no place below: they never meet */

typedef struct {
  guint64 number;
  VervetStep *step;
  guint index;
  VervetOutcome *outcome;
  gint64 told;      /* order of tells; hits not told before a crash sort last */
  double seq, seconds; /* of the chain up to and with this node */
  gboolean is_free; /* remembered from an equal pure step: nothing was called */
} Node;

/* Where the numbers of a stored step begin. How many there are is known when it is asked for again. */
typedef struct {
  guint64 first;
  gboolean is_claimed;
} StoredStep;

typedef struct {
  guint64 key[2];
  guint32 occ, idx;
} Address;

struct _VervetProgram {
  VervetProgramSpec spec;
  VervetProgramState state;
  VervetProgramResult result;
  void *run;              /* the plugin's */
  guint64 low_end, gap_end, next_node; /* end of the numbers given out below the gap; where those beyond begin, and go on */
  GArray *firsts;         /* StoredStep, ascending; nullable */
  guint first_unclaimed;  /* place in firsts */
  gint64 next_told;
  guint owed;
  gboolean is_last, was_refused, is_cut /* ended from outside */;
  double reserved[N_UNITS], seq_all, seconds_all;
  vv_budget left;
  GPtrArray *steps;       /* VervetStep, all of them: programs keep pointers until end() */
  guint n_dispatched;     /* of steps: those before it have been looked at */
  GPtrArray *nodes;       /* Node, told ones and hits */
  GHashTable *by_number;  /* node number -> Node, made when there are many */
  GSequence *hits;        /* Node, by (told, number) */
  GHashTable *stored;     /* Address -> VervetNodeRow */
  GHashTable *occurrences; /* key -> count; made with the second step */
  GHashTable *memo;       /* key -> Node of a pure step that is done */
  GPtrArray *classes;     /* distinct answers of this trial, in order of tells: answer_class is the place + 1 */
  VervetArena arena;
};

static guint
address_hash (gconstpointer p)
{
  const Address *a = p;

  return (guint) (a->key[0] ^ (a->key[1] >> 7) ^ (a->occ * 31u + a->idx));
}

static gboolean
address_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (Address)) == 0;
}

static guint
key_hash (gconstpointer p)
{
  return (guint) *(const guint64 *) p;
}

static gboolean
key_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, 2 * sizeof (guint64)) == 0;
}

static int
compare_hits (gconstpointer a, gconstpointer b, gpointer unused)
{
  const Node *x = a, *y = b;

  (void) unused;
  if (x->told != y->told)
    return x->told < y->told ? -1 : 1;
  return x->number < y->number ? -1 : x->number > y->number;
}

static void
node_free (gpointer p)
{
  Node *node = p;

  vervet_outcome_free (node->outcome);
  g_free (node);
}

static void
step_free (gpointer p)
{
  VervetStep *step = p;

  vervet_request_free (step->request);
  g_free (step->role);
  g_free (step->label);
  g_free (step->told);
  g_free (step);
}

static Node *
find_node (VervetProgram *self, guint64 number)
{
  enum { FEW = 16 };

  if (number == 0)
    return NULL;
  if (self->nodes->len > FEW && !self->by_number) {
    self->by_number = g_hash_table_new (g_int64_hash, g_int64_equal);
    for (guint i = 0; i < self->nodes->len; i++) {
      Node *node = g_ptr_array_index (self->nodes, i);

      g_hash_table_insert (self->by_number, &node->number, node);
    }
  }
  if (self->by_number)
    return g_hash_table_lookup (self->by_number, &number);
  for (guint i = 0; i < self->nodes->len; i++) {
    Node *node = g_ptr_array_index (self->nodes, i);

    if (node->number == number)
      return node;
  }
  return NULL;
}

static Node *
add_node (VervetProgram *self, VervetStep *step, guint index, VervetOutcome *outcome)
{
  Node *node = g_new0 (Node, 1);

  node->number = step->first + index;
  node->step = step;
  node->index = index;
  node->outcome = outcome;
  node->told = -1;
  g_ptr_array_add (self->nodes, node);
  if (self->by_number)
    g_hash_table_insert (self->by_number, &node->number, node);
  return node;
}

/* ---- Budget of the trial ------------------------------------------------------------------------------------------- */
static void
update_left (VervetProgram *self)
{
  double left[N_UNITS];

  for (int u = 0; u < N_UNITS; u++)
    left[u] = self->spec.caps[u] - self->result.spent[u] - self->reserved[u];
  self->left = (vv_budget) { left[CALLS], left[INPUT], left[OUTPUT], left[SEQUENTIAL], left[MONEY], left[FLOPS], left[SECONDS] };
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

static void
settle (VervetProgram *self, Node *node)
{
  const VervetStep *step = node->step;
  const vv_usage *usage = &node->outcome->choice.usage;
  Node *parent = find_node (self, step->parent);
  double *spent = self->result.spent;
  gboolean is_join = step->flags & VV_JOIN;

  for (int u = 0; u < N_UNITS; u++)
    self->reserved[u] -= step->need[u];
  /* What was cancelled before it was sent was no call; nor was what is remembered. */
  if (!node->is_free) {
    spent[CALLS] += node->outcome->out.status != VV_E_CANCELLED || usage->input + usage->output > 0;
    spent[FLOPS] += step->need[FLOPS];
  }
  spent[INPUT] += (double) usage->input;
  spent[OUTPUT] += (double) usage->output;
  if (!isnan (usage->money))
    spent[MONEY] += usage->money;
  self->result.cached += (gint64) usage->cached;
  node->seq = (double) usage->output + (is_join ? self->seq_all : parent ? parent->seq : 0);
  node->seconds = (double) node->outcome->took_ms / 1000 + (is_join ? self->seconds_all : parent ? parent->seconds : 0);
  /* A lookahead or a vote counts only through what depends on it: its chain is then part of that node's. */
  if (!(step->flags & VV_ASIDE)) {
    spent[SEQUENTIAL] = MAX (spent[SEQUENTIAL], node->seq);
    spent[SECONDS] = MAX (spent[SECONDS], node->seconds);
  }
  self->seq_all = MAX (self->seq_all, node->seq);
  self->seconds_all = MAX (self->seconds_all, node->seconds);
}

/* ---- What the program may do inside ask() ---------------------------------------------------------------------------- */
static const guint64 *
env_ancestor (VervetProgram *self, guint64 parent)
{
  for (Node *node = find_node (self, parent); node; node = find_node (self, node->step->parent))
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
    self->occurrences = g_hash_table_new (key_hash, key_equal);
    for (guint i = 0; i < self->steps->len; i++) {
      VervetStep *old = g_ptr_array_index (self->steps, i);

      g_hash_table_insert (self->occurrences, old->request->key, GUINT_TO_POINTER (old->occ + 1));
    }
  }
  seen = g_hash_table_lookup (self->occurrences, step->request->key);
  return GPOINTER_TO_UINT (seen);
}

static const VervetNodeRow *
find_stored (VervetProgram *self, const VervetStep *step, guint index)
{
  Address address = { { step->request->key[0], step->request->key[1] }, step->occ, index };

  return self->stored ? g_hash_table_lookup (self->stored, &address) : NULL;
}

static int
compare_firsts (gconstpointer a, gconstpointer b)
{
  guint64 x = ((const StoredStep *) a)->first, y = ((const StoredStep *) b)->first;

  return x < y ? -1 : x > y;
}

static void
claim_stored (VervetProgram *self, guint64 first)
{
  StoredStep wanted = { .first = first };
  guint place;

  if (g_array_binary_search (self->firsts, &wanted, compare_firsts, &place))
    g_array_index (self->firsts, StoredStep, place).is_claimed = TRUE;
  while (self->first_unclaimed < self->firsts->len && g_array_index (self->firsts, StoredStep, self->first_unclaimed).is_claimed)
    self->first_unclaimed++;
}

/* A program that decides at barriers asks in the same order after a crash, so a step of which nothing was stored gets the
 * number it had before: its place among those stored. Only if a stored step begins lower and is not asked for yet, and
 * may therefore reach there, the number lies beyond the gap. */
static gboolean
has_place_below (const VervetProgram *self, guint n)
{
  if (self->firsts && self->first_unclaimed < self->firsts->len)
    return g_array_index (self->firsts, StoredStep, self->first_unclaimed).first >= self->low_end + n;
  return self->low_end + n <= self->gap_end;
}

static void
number_step (VervetProgram *self, VervetStep *step)
{
  for (guint i = 0; i < step->n; i++) {
    const VervetNodeRow *row = find_stored (self, step, i);

    if (row) {
      step->first = (guint64) row->node - i;
      claim_stored (self, step->first);
      self->low_end = MAX (self->low_end, step->first + step->n);
      return;
    }
  }
  if (has_place_below (self, step->n)) {
    step->first = self->low_end;
    self->low_end += step->n;
  } else {
    step->first = self->next_node;
    self->next_node += step->n;
  }
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
    step_free (step);
    self->was_refused = TRUE;
    return 0;
  }
  step->occ = count_occurrence (self, step);
  step->told = g_new0 (guint8, step->n);
  number_step (self, step);
  g_ptr_array_add (self->steps, step);
  if (self->occurrences)
    g_hash_table_insert (self->occurrences, step->request->key, GUINT_TO_POINTER (step->occ + 1));
  self->owed += step->n;
  update_left (self);
  return step->first;
}

static void
cancel_choice (VervetProgram *self, VervetStep *step, guint index)
{
  if (!step->told[index] && !find_node (self, step->first + index))
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
      cancel_choice (self, step, (guint) (id - step->first));
  }
}

static guint32
moves_candidate (void *ctx, const vv_candidate *c)
{
  VervetProgram *self = ctx;
  Node *node = find_node (self, c->node);
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
  candidate.seq_tok = node ? (gint64) node->seq : -1;
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

/* ---- Turns ------------------------------------------------------------------------------------------------------------- */
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
      cancel_choice (self, step, j);
  }
  /* Stored outcomes that wait to be told are not owed by anybody. */
  self->owed -= (guint) g_sequence_get_length (self->hits);
  if (self->owed == 0)
    self->state = VERVET_PROGRAM_DONE;
}

static void
add_hit (VervetProgram *self, VervetStep *step, guint index, VervetOutcome *outcome, gint64 told, gboolean is_free)
{
  Node *node = add_node (self, step, index, outcome);

  node->is_free = is_free;
  node->told = told >= 0 ? told : G_MAXINT64;
  g_sequence_insert_sorted (self->hits, node, compare_hits, NULL);
}

static void
dispatch_step (VervetProgram *self, VervetStep *step)
{
  Node *known = self->memo && vervet_op_is_pure (step->request->req.op)
                  ? g_hash_table_lookup (self->memo, step->request->key) : NULL;
  guint run_begin = 0;

  for (guint i = 0; i <= step->n; i++) {
    const VervetNodeRow *row = i < step->n ? find_stored (self, step, i) : NULL;

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
  const vv_moves moves = {
    .struct_size = sizeof moves, .last = self->is_last, .ctx = self, .left = &self->left, .step = moves_step,
    .cancel = moves_cancel, .candidate = moves_candidate, .answer = moves_answer, .vote = moves_vote,
    .verdict = moves_verdict, .note = moves_note,
  };

  self->was_refused = FALSE;
  update_left (self);
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
    end_with (self, VV_E_FAILED, self->is_last ? "the budget is spent and the program did not finish when told so"
                                               : "the program asked for nothing and did not finish");
}

/* Equal answers of the scores told in one trial share a number, counted in order of tells. */
static void
number_answers (VervetProgram *self, vv_choice *choice)
{
  for (gsize i = 0; i < choice->n_verdicts; i++) {
    vv_verdict *v = (vv_verdict *) &choice->verdicts[i];
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
    v->answer_class = (gint32) class_ + 1;
  }
}

/* What a stop has cut off is asked again when the trial goes on: stored, it would be told as if the program had wanted
 * it so. */
static gboolean
is_cut_off (const VervetProgram *self, const Node *node)
{
  return self->is_cut && (node->outcome->out.status == VV_E_CANCELLED || node->outcome->choice.finish == VV_FIN_CANCELLED);
}

static void
record (VervetProgram *self, Node *node)
{
  g_autoptr (GByteArray) extra = NULL;
  g_autofree char *request = NULL;
  const VervetStep *step = node->step;
  VervetNodeRow row = { .node = (gint64) node->number, .parent = (gint64) step->parent, .occ = step->occ, .idx = node->index,
                        .op = step->request->req.op, .flags = step->flags, .role = step->role, .label = step->label,
                        .told = node->told, .seq_tok = (gint64) node->seq };

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
      self->memo = g_hash_table_new (key_hash, key_equal);
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
    end_with (self, status, err.message[0] ? err.message : out->status < 0 ? node->outcome->error.message : "tell failed and said nothing");
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

/* ---- Public -------------------------------------------------------------------------------------------------------------- */
static GArray *
find_firsts (const GArray *stored)
{
  GArray *firsts = g_array_new (FALSE, FALSE, sizeof (StoredStep));
  guint kept = 0;

  for (guint i = 0; i < stored->len; i++) {
    const VervetNodeRow *row = &g_array_index (stored, VervetNodeRow, i);
    StoredStep step = { .first = (guint64) row->node - row->idx };

    g_array_append_val (firsts, step);
  }
  g_array_sort (firsts, compare_firsts);
  for (guint i = 0; i < firsts->len; i++)
    if (i == 0 || g_array_index (firsts, StoredStep, i).first != g_array_index (firsts, StoredStep, kept - 1).first)
      g_array_index (firsts, StoredStep, kept++) = g_array_index (firsts, StoredStep, i);
  g_array_set_size (firsts, kept);
  return firsts;
}

VervetProgram *
vervet_program_new (const VervetProgramSpec *spec)
{
  VervetProgram *self = g_new0 (VervetProgram, 1);

  self->spec = *spec;
  self->steps = g_ptr_array_new_with_free_func (step_free);
  self->nodes = g_ptr_array_new_with_free_func (node_free);
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

    self->stored = g_hash_table_new_full (address_hash, address_equal, g_free, NULL);
    for (guint i = 0; i < spec->stored->len; i++) {
      VervetNodeRow *row = &g_array_index (spec->stored, VervetNodeRow, i);
      Address *address = g_new0 (Address, 1);

      memcpy (address->key, row->req_key, sizeof address->key);
      address->occ = row->occ;
      address->idx = row->idx;
      g_hash_table_insert (self->stored, address, row);
      highest = MAX (highest, row->node);
    }
    self->gap_end = self->next_node = (guint64) highest + GAP;
    self->firsts = find_firsts (spec->stored);
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
  settle_and_tell (self, add_node (self, step, index, outcome), TRUE);
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
