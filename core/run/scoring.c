/* Scores that a program asks of a verifier: its texts go to the workers, one outcome comes back. */
#include <math.h>
#include <string.h>

#include "run/engine.h"

typedef struct {
  Trial *trial;
  VervetStep *step;
  guint n_open;
  VervetArena arena;
  vv_verdict *verdicts;
  vv_status status;
  char message[512];
  gint64 took_us;
} Scoring;

typedef struct {
  Scoring *scoring;
  guint index;
} ScoringText;

static vv_str
scoring_reference (const Endpoint *self, const Trial *trial, const vv_request *req)
{
  const vv_problem *problem = &trial->member->problem;

  if (req->flags & VV_EXTRACT)
    return (vv_str){ "", 0 };
  if (req->reference.len > 0)
    return req->reference;
  if (self->binding->gold)
    return trial->member->reference;
  for (guint i = 0; self->binding->reference_field && i < problem->n_fields; i++)
    if (strcmp (problem->fields[i].name, self->binding->reference_field) == 0)
      return problem->fields[i].text;
  return (vv_str){ "", 0 };
}

/* With VV_STEPS the texts are one answer; a verifier judges it whole. */
void
vervet_endpoint_score (Endpoint *self, Trial *trial, VervetStep *step)
{
  const vv_request *req = &step->request->req;
  const VervetKeptProblem *problem = vervet_member_kept (trial->member, scoring_reference (self, trial, req));
  gboolean is_whole = req->flags & VV_STEPS;
  guint n = is_whole ? 1 : req->n_texts;
  Scoring *scoring = g_new0 (Scoring, 1);
  g_autoptr (GString) joined = NULL;

  scoring->trial = trial;
  scoring->step = step;
  scoring->n_open = n;
  scoring->verdicts = vervet_arena_alloc (&scoring->arena, (n + 1) * sizeof (vv_verdict));
  if (is_whole) {
    joined = g_string_new (NULL);
    for (guint i = 0; i < req->n_texts; i++)
      g_string_append_len (joined, req->texts[i].ptr, (gssize)req->texts[i].len);
  }
  for (guint i = 0; i < n; i++) {
    ScoringText *text = g_new0 (ScoringText, 1);

    text->scoring = scoring;
    text->index = i;
    /* The lowest bit tells a role's text from a grading check's. */
    vervet_keeper_submit (self->engine->keeper, self->slot, problem,
                          is_whole ? (vv_str){ joined->str, joined->len } : req->texts[i], (guint64)(gsize)text | 1);
  }
}

void
vervet_scoring_judged (VervetEngine *self, VervetJudged *judged)
{
  ScoringText *text = (ScoringText *)(gsize)(judged->tag & ~(guint64)1);
  Scoring *scoring = text->scoring;
  VervetOutcome *outcome;
  vv_choice choice = { .struct_size = sizeof choice, .logprob_sum = NAN, .usage = { .money = NAN } };
  vv_error err = { .struct_size = sizeof err, .retry_after_ms = -1 };

  (void)self;
  if (judged->status < 0) {
    scoring->status = judged->status;
    g_strlcpy (scoring->message, judged->message, sizeof scoring->message);
  } else {
    g_autoptr (GByteArray) bytes = g_byte_array_new ();
    VervetWireReader reader;

    vervet_wire_verdict (bytes, &judged->verdict);
    reader = vervet_wire_reader (bytes->data, bytes->len);
    vervet_wire_get_verdict (&reader, &scoring->arena, &scoring->verdicts[text->index]);
  }
  scoring->took_us += judged->took_us;
  g_free (text);
  vervet_judged_free (judged);
  if (--scoring->n_open > 0)
    return;
  choice.verdicts = scoring->verdicts;
  choice.n_verdicts = scoring->step->request->req.flags & VV_STEPS ? 1 : scoring->step->request->req.n_texts;
  choice.usage.verifier_runs = (guint32)choice.n_verdicts;
  g_strlcpy (err.message, scoring->message, sizeof err.message);
  outcome = vervet_outcome_new (scoring->status, scoring->status < 0 ? NULL : &choice, &err);
  outcome->took_ms = scoring->took_us / 1000;
  outcome->start_ms = g_get_real_time () / 1000 - outcome->took_ms;
  outcome->out.n_tries = 1;
  vervet_trial_deliver (scoring->trial, scoring->step, 0, outcome);
  vervet_arena_clear (&scoring->arena);
  g_free (scoring);
}
