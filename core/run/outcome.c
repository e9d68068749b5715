#include "run/outcome.h"

#include <math.h>
#include <string.h>

#include "vervet-registry.h"

static VervetOutcome *
outcome_alloc (vv_status status)
{
  VervetOutcome *self = g_new0 (VervetOutcome, 1);

  self->out.struct_size = sizeof self->out;
  self->out.status = status;
  self->out.choice = &self->choice;
  self->choice.struct_size = sizeof self->choice;
  self->choice.logprob_sum = NAN;
  self->choice.usage.money = NAN;
  self->error.struct_size = sizeof self->error;
  return self;
}

/* Everything beyond text and usage goes through the wire form: one place knows all members of a choice. */
static void
copy_rest (VervetOutcome *self, const vv_choice *choice)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  VervetWireReader reader;

  vervet_wire_choice (bytes, choice);
  reader = vervet_wire_reader (bytes->data, bytes->len);
  vervet_wire_get_choice (&reader, &self->arena, &self->choice);
}

VervetOutcome *
vervet_outcome_new (vv_status status, const vv_choice *choice, const vv_error *error)
{
  VervetOutcome *self = outcome_alloc (status);

  if (choice) {
    vv_choice known = { .struct_size = sizeof known, .logprob_sum = NAN, .usage = { .money = NAN } };

    memcpy (&known, choice, MIN (choice->struct_size, sizeof known));
    self->choice.index = known.index;
    self->choice.finish = known.finish;
    self->choice.logprob_sum = known.logprob_sum;
    self->choice.usage = known.usage;
    self->choice.text = vervet_arena_str (&self->arena, known.text);
    copy_rest (self, &known);
  }
  if (error) {
    self->error.retry_after_ms = error->retry_after_ms;
    g_strlcpy (self->error.message, error->message, sizeof self->error.message);
  }
  self->out.error = status < 0 ? &self->error : NULL;
  return self;
}

VervetOutcome *
vervet_outcome_new_error (vv_status status, const char *message)
{
  vv_error error = { .struct_size = sizeof error, .retry_after_ms = -1 };

  g_strlcpy (error.message, message, sizeof error.message);
  return vervet_outcome_new (status, NULL, &error);
}

VervetOutcome *
vervet_outcome_copy (const VervetOutcome *outcome)
{
  VervetOutcome *copy = vervet_outcome_new (outcome->out.status, &outcome->choice, &outcome->error);

  copy->start_ms = outcome->start_ms;
  copy->took_ms = outcome->took_ms;
  copy->out.n_tries = outcome->out.n_tries;
  return copy;
}

VervetOutcome *
vervet_outcome_from_row (const VervetNodeRow *row)
{
  VervetOutcome *self = outcome_alloc (row->status);
  VervetWireReader reader = vervet_wire_reader (row->extra, row->extra_len);

  self->choice.index = row->idx;
  self->choice.finish = row->finish;
  self->choice.logprob_sum = row->logprob;
  if (row->text)
    self->choice.text = vervet_arena_str (&self->arena, (vv_str){ row->text, row->text_len });
  self->choice.usage.input = (guint64)MAX (row->in_tok, 0);
  self->choice.usage.cached = (guint64)MAX (row->cached_tok, 0);
  self->choice.usage.output = (guint64)MAX (row->out_tok, 0);
  vervet_wire_get_choice (&reader, &self->arena, &self->choice);
  self->start_ms = row->start_ms;
  self->took_ms = row->took_ms;
  self->out.n_tries = (guint32)MAX (row->tries, 0);
  self->out.error = row->status < 0 ? &self->error : NULL;
  if (row->status < 0) {
    self->error.retry_after_ms = -1;
    g_strlcpy (self->error.message, vervet_status_name (row->status), sizeof self->error.message);
  }
  return self;
}

void
vervet_outcome_free (VervetOutcome *outcome)
{
  if (!outcome)
    return;
  vervet_arena_clear (&outcome->arena);
  g_free (outcome);
}

void
vervet_outcome_to_row (const VervetOutcome *outcome, VervetNodeRow *row, GByteArray *extra)
{
  const vv_choice *c = &outcome->choice;

  vervet_wire_choice (extra, c);
  row->status = outcome->out.status;
  row->finish = c->finish;
  row->text = c->text.ptr;
  row->text_len = c->text.len;
  row->in_tok = (gint64)c->usage.input;
  row->cached_tok = (gint64)c->usage.cached;
  row->out_tok = (gint64)c->usage.output;
  row->start_ms = outcome->start_ms;
  row->took_ms = outcome->took_ms;
  row->tries = (int)outcome->out.n_tries;
  row->logprob = c->logprob_sum;
  row->score = c->n_verdicts > 0 ? c->verdicts[0].score : NAN;
  row->reward = c->reward != 0 ? c->reward : NAN;
  row->extra = extra->len > 0 ? extra->data : NULL;
  row->extra_len = extra->len;
}
