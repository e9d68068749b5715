#include "fake-model.h"

#include <math.h>
#include <string.h>

typedef struct {
  VervetStep *step;
  guint index;
  gboolean is_cancelled;
} Open;

typedef struct {
  VervetNodeRow row;
  GByteArray *extra;
} Stored;

static void
stored_free (gpointer p)
{
  Stored *stored = p;

  g_free ((char *)stored->row.role);
  g_free ((char *)stored->row.label);
  g_free ((char *)stored->row.text);
  g_free ((char *)stored->row.request);
  g_byte_array_unref (stored->extra);
  g_free (stored);
}

static gboolean
is_same_address (const VervetNodeRow *a, const VervetNodeRow *b)
{
  return memcmp (a->req_key, b->req_key, sizeof a->req_key) == 0 && a->occ == b->occ && a->idx == b->idx;
}

/* ---- The host's callbacks ------------------------------------------------------------------------------------------
 */
static void
on_dispatch (gpointer user, VervetProgram *program, VervetStep *step, guint index, guint n)
{
  FakeModel *self = user;

  g_assert_true (n > 0 && index + n <= step->n);
  (void)program;
  for (guint i = index; i < index + n; i++) {
    VervetNodeRow asked = { .occ = step->occ, .idx = i };
    Open *open = g_new0 (Open, 1);

    memcpy (asked.req_key, step->request->key, sizeof asked.req_key);
    for (guint j = 0; j < self->rows->len; j++) /* what is stored is never asked again */
      g_assert_false (is_same_address (&asked, &((Stored *)g_ptr_array_index (self->rows, j))->row));
    open->step = step;
    open->index = i;
    g_ptr_array_add (self->open, open);
    self->n_dispatched++;
  }
}

static void
on_cancel (gpointer user, VervetProgram *program, VervetStep *step, guint index)
{
  FakeModel *self = user;

  (void)program;
  for (guint i = 0; i < self->open->len; i++) {
    Open *open = g_ptr_array_index (self->open, i);

    if (open->step == step && open->index == index) {
      open->is_cancelled = TRUE;
      self->n_cancelled++;
    }
  }
}

static void
on_record (gpointer user, VervetProgram *program, const VervetNodeRow *row)
{
  FakeModel *self = user;
  Stored *stored = g_new0 (Stored, 1);

  (void)program;
  stored->row = *row;
  stored->row.role = g_strdup (row->role);
  stored->row.label = g_strdup (row->label);
  stored->row.text = g_strndup (row->text, row->text_len);
  stored->row.request = g_strndup (row->request, row->request_len);
  stored->extra = g_byte_array_new ();
  if (row->extra_len > 0)
    g_byte_array_append (stored->extra, row->extra, row->extra_len);
  stored->row.extra = stored->extra->data;
  g_hash_table_add (self->recorded, GINT_TO_POINTER (row->node));
  for (guint i = 0; i < self->rows->len; i++) {
    Stored *old = g_ptr_array_index (self->rows, i);

    if (old->row.node != row->node)
      continue;
    g_assert_true (is_same_address (&old->row, row)); /* a number belongs to one outcome */
    g_ptr_array_index (self->rows, i) = stored;
    stored_free (old);
    return;
  }
  g_ptr_array_add (self->rows, stored);
}

static gboolean
on_estimate (gpointer user, const VervetStep *step, double need[7])
{
  FakeModel *self = user;

  need[2] = step->request->req.max_tokens;
  return step->n <= self->run_room;
}

const VervetProgramHost fake_model_host = { on_dispatch, on_cancel, on_record, on_estimate };

/* ---- The model ------------------------------------------------------------------------------------------------------
 */
static guint64
draw (const Open *open)
{
  return vv_mix (open->step->request->key[0] ^ open->step->request->key[1], open->step->occ * 1000u + open->index);
}

static VervetOutcome *
answer (FakeModel *self, const Open *open)
{
  const vv_request *req = &open->step->request->req;
  guint64 h = draw (open);
  g_autofree char *text = g_strdup_printf ("text %04x", (guint)(h & 0xffff));
  char class_[2] = { (char)('A' + h % 3), 0 };
  vv_verdict verdict = { .status = VV_PASS, .score = (double)(h % 1000) / 1000, .answer = vv_s (class_) };
  vv_choice choice = { .struct_size = sizeof choice,
                       .index = open->index,
                       .logprob_sum = NAN,
                       .usage = {
                           .input = 10, .output = req->max_tokens ? req->max_tokens : 1 + h % 20, .money = NAN } };
  VervetOutcome *outcome;

  if (open->is_cancelled)
    return vervet_outcome_new_error (VV_E_CANCELLED, "cancelled");
  if (self->fail_every && h % self->fail_every == 0)
    return vervet_outcome_new_error (VV_E_UNAVAILABLE, "the server is gone");
  if (req->op == VV_OP_GENERATE) {
    choice.text = vv_s (text);
    choice.finish = VV_FIN_EOS;
  } else {
    choice.verdicts = &verdict;
    choice.n_verdicts = 1;
  }
  outcome = vervet_outcome_new (VV_OK, &choice, NULL);
  outcome->took_ms = (gint64)(h % 100);
  outcome->out.n_tries = 1;
  return outcome;
}

gboolean
fake_model_deliver (FakeModel *self)
{
  g_autofree Open *open = NULL;

  if (self->open->len == 0)
    return FALSE;
  open = g_ptr_array_remove_index_fast (self->open, (guint)g_rand_int_range (self->rand, 0, (gint32)self->open->len));
  self->n_delivered++;
  vervet_program_outcome (self->program, open->step, open->index, answer (self, open));
  return TRUE;
}

void
fake_model_run (FakeModel *self)
{
  while (fake_model_deliver (self))
    ;
  g_assert_cmpint (vervet_program_state (self->program), ==, VERVET_PROGRAM_DONE);
}

/* ---- Life -----------------------------------------------------------------------------------------------------------
 */
void
fake_model_init (FakeModel *self, guint32 seed)
{
  memset (self, 0, sizeof *self);
  self->rand = g_rand_new_with_seed (seed);
  self->open = g_ptr_array_new ();
  self->rows = g_ptr_array_new_with_free_func (stored_free);
  self->recorded = g_hash_table_new (NULL, NULL);
  self->run_room = INFINITY;
}

void
fake_model_crash (FakeModel *self)
{
  g_clear_pointer (&self->program, vervet_program_free);
  for (guint i = 0; i < self->open->len; i++)
    g_free (g_ptr_array_index (self->open, i));
  g_ptr_array_set_size (self->open, 0);
  g_hash_table_remove_all (self->recorded);
}

void
fake_model_clear (FakeModel *self)
{
  fake_model_crash (self);
  g_rand_free (self->rand);
  g_ptr_array_unref (self->open);
  g_ptr_array_unref (self->rows);
  g_hash_table_unref (self->recorded);
}

void
fake_model_start (FakeModel *self, const vv_program_iface *iface, gpointer plugin_self, const vv_task *task,
                  const double *caps)
{
  g_autoptr (GArray) stored = g_array_new (FALSE, FALSE, sizeof (VervetNodeRow));
  VervetProgramSpec spec = {
    .iface = iface, .self = plugin_self, .host = &fake_model_host, .user = self, .task = *task
  };

  for (guint i = 0; i < self->rows->len; i++)
    g_array_append_val (stored, ((Stored *)g_ptr_array_index (self->rows, i))->row);
  for (int u = 0; u < 7; u++)
    spec.caps[u] = caps ? caps[u] : INFINITY;
  spec.stored = stored;
  self->program = vervet_program_new (&spec);
  vervet_program_start (self->program);
}

guint
fake_model_untold (FakeModel *self)
{
  guint n = 0;

  for (guint i = 0; i < self->rows->len; i++)
    n += !g_hash_table_contains (self->recorded,
                                 GINT_TO_POINTER (((Stored *)g_ptr_array_index (self->rows, i))->row.node));
  return n;
}

char *
fake_model_result (FakeModel *self)
{
  const VervetProgramResult *r = vervet_program_result (self->program);
  GString *out = g_string_new (NULL);

  g_string_append_printf (out, "status %d answer %d notes %s\n", r->status, (int)r->answer, r->notes->str);
  g_string_append_printf (out, "spent %g %g %g %g %g\n", r->spent[0], r->spent[1], r->spent[2], r->spent[3],
                          r->spent[6]);
  for (guint i = 0; i < r->candidates->len; i++) {
    const VervetCandidate *c = &g_array_index (r->candidates, VervetCandidate, i);

    g_string_append_printf (out, "candidate %s %g %g %d\n", c->text.ptr, c->score, c->weight, (int)c->seq_tok);
  }
  for (guint i = 0; i < r->votes->len; i++) {
    const VervetVote *v = &g_array_index (r->votes, VervetVote, i);

    g_string_append_printf (out, "vote %u %g %s\n", v->text, v->verdict.score, v->verdict.answer.ptr);
  }
  for (guint i = 0; i < vervet_program_task (self->program)->n_texts; i++)
    g_string_append_printf (out, "verdict %d %g %s\n", r->verdicts[i].status, r->verdicts[i].score,
                            r->verdicts[i].answer.ptr);
  return g_string_free (out, FALSE);
}
