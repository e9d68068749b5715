/* Judging cases outside of a run: the keeper's workers behind a queue that keeps the order. */
#include <math.h>
#include <string.h>

#include "run/keeper.h"
#include <vervet-engine.h>

enum { QUEUE = 8192 };

typedef struct {
  VervetKeptProblem *problem;
  VervetCaseResult result;
  gboolean is_done;
} Case;

struct _VervetVerifySession {
  VervetKeeper *keeper;
  guint64 n_problems;
  GMutex lock;
  GCond cond;
  GQueue cases; /* Case, in the order pushed */
};

static void
on_judged (gpointer user, VervetJudged *judged)
{
  VervetVerifySession *self = user;
  Case *case_ = (Case *)(gsize)judged->tag;
  VervetCaseResult *result = &case_->result;
  const vv_verdict *v = &judged->verdict;

  result->status = judged->status < 0 ? judged->status : v->status;
  result->score = judged->status < 0 ? NAN : v->score;
  result->took_us = judged->took_us;
  result->reason = g_strdup (judged->status < 0 ? judged->reason : v->reason);
  if (judged->status < 0)
    result->detail = g_strdup (judged->message);
  else if (v->detail.len > 0)
    result->detail = g_utf8_make_valid (v->detail.ptr, (gssize)v->detail.len);
  if (judged->status >= 0 && v->answer.len > 0)
    result->answer = g_utf8_make_valid (v->answer.ptr, (gssize)v->answer.len);
  vervet_judged_free (judged);
  g_mutex_lock (&self->lock);
  case_->is_done = TRUE;
  if (case_ == g_queue_peek_head (&self->cases))
    g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

VervetVerifySession *
vervet_verify_session_new (VervetRegistry *registry, const VervetComponentInfo *verifier, const VervetOptions *options,
                           guint workers, guint64 timeout_ms, GError **error)
{
  VervetVerifySession *self = g_new0 (VervetVerifySession, 1);

  (void)registry;
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->keeper = vervet_keeper_new (workers ? workers : g_get_num_processors (), timeout_ms, on_judged, self);
  vervet_keeper_add (self->keeper, verifier, options);
  if (!vervet_keeper_start (self->keeper, error)) {
    vervet_verify_session_free (self);
    return NULL;
  }
  return self;
}

static vv_field *
fields_of (const VervetJson *object, GPtrArray *texts)
{
  vv_field *fields = g_new0 (vv_field, vervet_json_length (object) + 1);

  for (guint i = 0; i < vervet_json_length (object); i++) {
    const VervetJson *value = g_ptr_array_index (object->items, i);

    fields[i].name = g_ptr_array_index (object->keys, i);
    if (value->type == VERVET_JSON_STRING) {
      fields[i].text = (vv_str){ value->s, value->len };
    } else {
      char *text = vervet_json_to_string (value, 0);

      g_ptr_array_add (texts, text);
      fields[i].text = vv_s (text);
    }
  }
  return fields;
}

gboolean
vervet_verify_session_push (VervetVerifySession *self, guint64 tag, const char *problem_id, const VervetJson *fields,
                            const char *reference, gsize reference_len, const char *text, gsize text_len,
                            GError **error)
{
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  gboolean is_object = fields && fields->type == VERVET_JSON_OBJECT;
  g_autofree vv_field *list = fields_of (is_object ? fields : NULL, texts);
  vv_problem problem = { .struct_size = sizeof problem,
                         .id = problem_id ? problem_id : "case",
                         .uid = ++self->n_problems,
                         .fields = list,
                         .n_fields = is_object ? vervet_json_length (fields) : 0,
                         .reference = { reference ? reference : "", reference_len } };
  Case *case_ = g_new0 (Case, 1);

  (void)error;
  case_->result.tag = tag;
  case_->problem = vervet_kept_problem_new (&problem, TRUE);
  g_mutex_lock (&self->lock);
  while (g_queue_get_length (&self->cases) >= QUEUE && !((Case *)g_queue_peek_head (&self->cases))->is_done)
    g_cond_wait (&self->cond, &self->lock);
  g_queue_push_tail (&self->cases, case_);
  g_mutex_unlock (&self->lock);
  vervet_keeper_submit (self->keeper, 0, case_->problem, (vv_str){ text, text_len }, (guint64)(gsize)case_);
  return TRUE;
}

static void
case_free (gpointer p)
{
  Case *case_ = p;

  vervet_kept_problem_free (case_->problem);
  vervet_case_result_clear (&case_->result);
  g_free (case_);
}

gboolean
vervet_verify_session_next (VervetVerifySession *self, gboolean wait, VervetCaseResult *out, GError **error)
{
  Case *head;

  (void)error;
  g_mutex_lock (&self->lock);
  while ((head = g_queue_peek_head (&self->cases)) && !head->is_done && wait)
    g_cond_wait (&self->cond, &self->lock);
  if (head && head->is_done)
    g_queue_pop_head (&self->cases);
  g_mutex_unlock (&self->lock);
  if (!head || !head->is_done)
    return FALSE;
  *out = head->result;
  memset (&head->result, 0, sizeof head->result);
  case_free (head);
  return TRUE;
}

void
vervet_case_result_clear (VervetCaseResult *result)
{
  g_clear_pointer (&result->answer, g_free);
  g_clear_pointer (&result->reason, g_free);
  g_clear_pointer (&result->detail, g_free);
}

void
vervet_verify_session_free (VervetVerifySession *self)
{
  if (!self)
    return;
  vervet_keeper_free (self->keeper);
  g_queue_clear_full (&self->cases, case_free);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

const char *
vervet_verdict_name (int status)
{
  static const char *const names[] = {
    "unscored", "pass", "fail", "scored", "undecided", "no-answer", "bad-reference"
  };

  return status < 0 ? "error" : status < (int)G_N_ELEMENTS (names) ? names[status] : "unknown";
}
