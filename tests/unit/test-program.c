/* test-program.c - the driver of programs against a fake model: outcomes in any order, a crash after every outcome,
 * caps, cancelling, and programs that misbehave. */
#include <math.h>
#include <string.h>

#include "fake-model.h"

/* ---- What the scripted programs share
 * -------------------------------------------------------------------------------- */
typedef struct {
  const vv_task *task;
  GArray *told;  /* vv_outcome: they stand until end() */
  guint n_asked; /* choices */
  guint stage;
  guint64 first[8]; /* ids, by stage */
} Run;

static guint n_living; /* runs between begin and end */

static vv_status
begin (void *self, const vv_task *task, void **run, vv_error *err)
{
  Run *r = g_new0 (Run, 1);

  (void)self;
  (void)err;
  r->task = task;
  r->told = g_array_new (FALSE, FALSE, sizeof (vv_outcome));
  *run = r;
  n_living++;
  return VV_OK;
}

static vv_status
tell (void *run, const vv_outcome *o, vv_error *err)
{
  Run *r = run;

  (void)err;
  for (guint i = 0; i < r->told->len; i++) /* each choice once */
    g_assert_cmpuint (g_array_index (r->told, vv_outcome, i).id, !=, o->id);
  g_assert_nonnull (o->choice);
  g_array_append_val (r->told, *o);
  return VV_OK;
}

static void
end (void *run)
{
  Run *r = run;

  g_array_unref (r->told);
  g_free (r);
  n_living--;
}

enum { GEN = 1 << 30 }; /* no id is so high */

static guint64
ask_text (Run *r, const vv_moves *m, const char *prompt, guint n, guint64 parent, guint flags, guint tokens)
{
  const vv_message message = { .role = "user", .text = vv_s (prompt) };
  const vv_request req = {
    .struct_size = sizeof req, .op = VV_OP_GENERATE, .n = n, .max_tokens = tokens, .messages = &message, .n_messages = 1
  };
  const vv_step step = {
    .struct_size = sizeof step, .flags = flags, .parent = parent, .tag = GEN, .role = "model", .request = &req
  };
  guint64 id = m->step (m->ctx, &step);

  r->n_asked += id ? n : 0;
  return id;
}

/* The mark's tag is the id of what it marks. */
static guint64
ask_mark (Run *r, const vv_moves *m, vv_str text, guint64 of)
{
  const vv_request req = { .struct_size = sizeof req, .op = VV_OP_SCORE, .texts = &text, .n_texts = 1 };
  const vv_step step = { .struct_size = sizeof step, .parent = of, .tag = of, .role = "reward", .request = &req };
  guint64 id = m->step (m->ctx, &step);

  r->n_asked += id != 0;
  return id;
}

static int
by_id (gconstpointer a, gconstpointer b)
{
  const vv_outcome *x = a, *y = b;

  return x->id < y->id ? -1 : x->id > y->id;
}

static gboolean
is_text (const vv_outcome *o)
{
  return o->tag == GEN;
}

static const vv_outcome *
mark_of (const Run *r, guint64 id)
{
  for (guint i = 0; i < r->told->len; i++)
    if (g_array_index (r->told, vv_outcome, i).tag == id)
      return &g_array_index (r->told, vv_outcome, i);
  return NULL;
}

static guint
give (const vv_moves *m, guint64 node, double score)
{
  const vv_candidate c = { .struct_size = sizeof c, .node = node, .score = score, .weight = score };

  return m->candidate (m->ctx, &c);
}

/* ---- Best of n: every text is scored as soon as it is in
 * ---------------------------------------------------------------- */
static vv_status
best_ask (void *run, const vv_moves *m, vv_error *err)
{
  Run *r = run;
  const vv_outcome *last = r->told->len ? &g_array_index (r->told, vv_outcome, r->told->len - 1) : NULL;
  double best = -1;

  (void)err;
  if (!last)
    return ask_text (r, m, "best", 5, 0, 0, 0) ? VV_OK : VV_E_FAILED;
  if (is_text (last))
    return ask_mark (r, m, last->choice->text, last->id) ? VV_OK : VV_E_FAILED;
  if (r->told->len < 10)
    return VV_OK;
  g_array_sort (r->told, by_id);
  for (guint i = 0; i < r->told->len; i++) {
    const vv_outcome *o = &g_array_index (r->told, vv_outcome, i);
    double score = is_text (o) ? mark_of (r, o->id)->choice->verdicts[0].score : 0;

    if (is_text (o)) {
      guint c = give (m, o->id, score);

      if (score > best) {
        best = score;
        m->answer (m->ctx, c);
      }
    }
  }
  m->note (m->ctx, "best \"score\"", best);
  return VV_FINISHED;
}

/* ---- A tree of three levels: at each, all texts are awaited, sorted by id, scored; the better half grows on
 * --------------- */
typedef struct {
  guint64 id;
  double score;
} Leaf;

static int
by_score (gconstpointer a, gconstpointer b)
{
  const Leaf *x = a, *y = b;

  return x->score != y->score ? (x->score > y->score ? -1 : 1) : x->id < y->id ? -1 : x->id > y->id;
}

/* Coarse, so that there are ties and the order of ids matters. */
static double
coarse (const vv_outcome *mark)
{
  return floor (mark->choice->verdicts[0].score * 2);
}

static vv_status
tree_grow (Run *r, const vv_moves *m, GArray *leaves)
{
  guint level = r->stage / 2;

  if (level == 3) {
    for (guint i = 0; i < leaves->len; i++)
      give (m, g_array_index (leaves, Leaf, i).id, g_array_index (leaves, Leaf, i).score);
    return VV_FINISHED;
  }
  g_array_sort (leaves, by_score);
  r->first[level] = 0;
  for (guint i = 0; i < 2; i++) {
    guint64 parent = g_array_index (leaves, Leaf, i).id;
    g_autofree char *prompt = NULL;

    for (guint j = 0; j < r->told->len; j++)
      if (g_array_index (r->told, vv_outcome, j).id == parent)
        prompt = g_strconcat ("tree: ", g_array_index (r->told, vv_outcome, j).choice->text.ptr, NULL);
    ask_text (r, m, prompt, 2, parent, 0, 0);
  }
  r->stage++;
  return VV_OK;
}

static vv_status
tree_ask (void *run, const vv_moves *m, vv_error *err)
{
  Run *r = run;
  guint level = r->stage / 2;
  guint begin_at = level == 0 ? 0 : level == 1 ? 8 : 16;
  g_autoptr (GArray) leaves = NULL;

  (void)err;
  if (r->n_asked == 0)
    return ask_text (r, m, "tree", 4, 0, 0, 0) ? VV_OK : VV_E_FAILED;
  if (r->told->len < r->n_asked)
    return VV_OK;
  g_array_sort (r->told, by_id);
  if (r->stage % 2 == 0) {
    r->stage++;
    for (guint i = 0; i < r->told->len; i++) {
      const vv_outcome *o = &g_array_index (r->told, vv_outcome, i);

      if (is_text (o) && !mark_of (r, o->id))
        ask_mark (r, m, o->choice->text, o->id);
    }
    return VV_OK;
  }
  leaves = g_array_new (FALSE, FALSE, sizeof (Leaf));
  for (guint i = begin_at; i < r->told->len; i++) {
    const vv_outcome *o = &g_array_index (r->told, vv_outcome, i);

    if (is_text (o)) {
      Leaf leaf = { o->id, coarse (mark_of (r, o->id)) };

      g_array_append_val (leaves, leaf);
    }
  }
  r->stage += level == 2 ? 1 : 0;
  return tree_grow (r, m, leaves);
}

/* ---- First finish: a race, over with the first text that came
 * ------------------------------------------------------------- */
static vv_status
race_ask (void *run, const vv_moves *m, vv_error *err)
{
  Run *r = run;

  (void)err;
  if (r->told->len == 0)
    return ask_text (r, m, "race", 4, 0, VV_TOGETHER, 0) ? VV_OK : VV_E_FAILED;
  give (m, g_array_index (r->told, vv_outcome, 0).id, NAN);
  return VV_FINISHED;
}

/* ---- Adaptive: one more text, until two answers agree
 * ------------------------------------------------------------------- */
static vv_status
adaptive_ask (void *run, const vv_moves *m, vv_error *err)
{
  Run *r = run;
  guint seen[8] = { 0 };

  (void)err;
  if (r->told->len < r->n_asked)
    return VV_OK;
  if (r->n_asked == 0)
    return ask_text (r, m, "adaptive", 2, 0, 0, 0) ? VV_OK : VV_E_FAILED;
  g_array_sort (r->told, by_id);
  for (guint i = 0; i < r->told->len; i++) {
    const vv_outcome *o = &g_array_index (r->told, vv_outcome, i), *mark = is_text (o) ? mark_of (r, o->id) : NULL;

    if (is_text (o) && !mark)
      ask_mark (r, m, o->choice->text, o->id);
    if (!mark)
      continue;
    g_assert_cmpint (mark->choice->verdicts[0].answer_class, >, 0);
    g_assert_cmpint (mark->choice->verdicts[0].answer_class, <=, 3);
    if (++seen[mark->choice->verdicts[0].answer_class] == 2) {
      give (m, o->id, NAN);
      m->note (m->ctx, "texts", r->n_asked / 2);
      return VV_FINISHED;
    }
  }
  if (r->told->len == r->n_asked)
    ask_text (r, m, "adaptive", 1, 0, 0, 0);
  return VV_OK;
}

/* ---- A judge that asks four times and means
 * ---------------------------------------------------------------------------- */
static vv_status
judge_ask (void *run, const vv_moves *m, vv_error *err)
{
  Run *r = run;

  (void)err;
  if (r->n_asked == 0) {
    for (guint i = 0; i < r->task->n_texts; i++)
      r->first[i] = ask_text (r, m, r->task->texts[i].ptr, 4, 0, VV_ASIDE, 0);
    return VV_OK;
  }
  if (r->told->len < r->n_asked)
    return VV_OK;
  g_array_sort (r->told, by_id);
  for (guint i = 0; i < r->task->n_texts; i++) {
    vv_verdict sum = { .status = VV_SCORED, .answer = vv_s ("mean") };

    for (guint j = 0; j < r->told->len; j++) {
      const vv_outcome *o = &g_array_index (r->told, vv_outcome, j);
      vv_verdict v = { .status = VV_SCORED, .score = o->choice->text.ptr[8] % 10, .answer = o->choice->text };

      if (o->id < r->first[i] || o->id >= r->first[i] + 4)
        continue;
      m->vote (m->ctx, i, o->id, &v);
      sum.score += v.score / 4;
    }
    m->verdict (m->ctx, i, &sum);
  }
  return VV_FINISHED;
}

#define IFACE(name)                                                                         \
  static const vv_program_iface name = {                                                    \
    .struct_size = sizeof name, .begin = begin, .ask = name##_ask, .tell = tell, .end = end \
  }
IFACE (best);
IFACE (tree);
IFACE (race);
IFACE (adaptive);
IFACE (judge);

static const vv_problem problem = { .struct_size = sizeof problem, .id = "p" };
static const vv_str texts[3] = { { "one", 3 }, { "two", 3 }, { "three", 5 } };
static const vv_task sampler_task = { .struct_size = sizeof sampler_task, .problem = &problem, .seed = 7 };
static const vv_task judge_task = { .struct_size = sizeof judge_task,
                                    .problem = &problem,
                                    .seed = 7,
                                    .texts = texts,
                                    .n_texts = 3 };

typedef struct {
  const char *name;
  const vv_program_iface *iface;
  const vv_task *task;
} Case;
static const Case cases[] = { { "best", &best, &sampler_task },
                              { "tree", &tree, &sampler_task },
                              { "adaptive", &adaptive, &sampler_task },
                              { "judge", &judge, &judge_task } };

static char *
undisturbed (const Case *c, guint32 seed, guint *n_outcomes)
{
  FakeModel fake;
  char *result;

  fake_model_init (&fake, seed);
  fake_model_start (&fake, c->iface, NULL, c->task, NULL);
  fake_model_run (&fake);
  g_assert_cmpint (vervet_program_result (fake.program)->status, ==, VV_OK);
  g_assert_cmpuint (fake.n_dispatched, ==, fake.rows->len);
  g_assert_cmpfloat (vervet_program_result (fake.program)->spent[0], ==, fake.n_dispatched);
  result = fake_model_result (&fake);
  *n_outcomes = fake.n_delivered;
  fake_model_clear (&fake);
  g_assert_cmpuint (n_living, ==, 0);
  return result;
}

static void
test_any_order (gconstpointer data)
{
  const Case *c = data;
  guint n, m;
  g_autofree char *first = undisturbed (c, 0, &n);

  g_test_message ("%u outcomes\n%s", n, first);
  for (guint32 seed = 1; seed < 50; seed++) {
    g_autofree char *other = undisturbed (c, seed, &m);

    g_assert_cmpstr (first, ==, other);
    g_assert_cmpuint (n, ==, m);
  }
}

/* One crash after @at outcomes, and then another order. */
static void
crash_once (const Case *c, guint32 seed, guint at, guint n, const char *expected)
{
  FakeModel fake;
  g_autofree char *result = NULL;

  fake_model_init (&fake, seed);
  fake_model_start (&fake, c->iface, NULL, c->task, NULL);
  for (guint i = 0; i < at; i++)
    g_assert_true (fake_model_deliver (&fake));
  fake_model_crash (&fake);
  fake.n_dispatched = 0;
  fake_model_start (&fake, c->iface, NULL, c->task, NULL);
  fake_model_run (&fake);
  result = fake_model_result (&fake);
  g_assert_cmpstr (result, ==, expected);
  g_assert_cmpuint (fake.n_dispatched, ==, n - at);
  g_assert_cmpuint (fake_model_untold (&fake), ==, 0);
  fake_model_clear (&fake);
}

static void
test_crash_once (gconstpointer data)
{
  const Case *c = data;
  guint n;
  g_autofree char *expected = undisturbed (c, 0, &n);

  for (guint at = 0; at <= n; at++)
    for (guint32 seed = 0; seed < 20; seed++)
      crash_once (c, seed, at, n, expected);
}

static void
test_crash_always (gconstpointer data)
{
  const Case *c = data;
  guint n;
  g_autofree char *expected = undisturbed (c, 0, &n);

  for (guint32 seed = 0; seed < 20; seed++) {
    FakeModel fake;
    g_autofree char *result = NULL;

    fake_model_init (&fake, seed);
    for (guint i = 0; i < n; i++) {
      fake_model_start (&fake, c->iface, NULL, c->task, NULL);
      g_assert_true (fake_model_deliver (&fake));
      g_assert_cmpuint (fake.rows->len, ==, i + 1);
      fake_model_crash (&fake);
    }
    fake_model_start (&fake, c->iface, NULL, c->task, NULL);
    g_assert_cmpint (vervet_program_state (fake.program), ==, VERVET_PROGRAM_DONE); /* all of it was stored */
    result = fake_model_result (&fake);
    g_assert_cmpstr (result, ==, expected);
    fake_model_clear (&fake);
  }
  g_assert_cmpuint (n_living, ==, 0);
}

/* ---- The race
 * -------------------------------------------------------------------------------------------------------- */
static void
test_race (void)
{
  for (guint32 seed = 0; seed < 20; seed++) {
    FakeModel fake;
    g_autofree char *before = NULL, *after = NULL;

    fake_model_init (&fake, seed);
    fake_model_start (&fake, &race, NULL, &sampler_task, NULL);
    g_assert_cmpuint (fake.n_dispatched, ==, 4);
    fake_model_deliver (&fake);
    g_assert_cmpint (vervet_program_state (fake.program), ==, VERVET_PROGRAM_DRAINING);
    g_assert_cmpuint (fake.n_cancelled, ==, 3);
    if (seed % 2)
      fake_model_run (&fake);
    else
      fake_model_crash (&fake);
    if (seed % 2)
      before = fake_model_result (&fake);
    fake_model_crash (&fake);
    fake_model_start (&fake, &race, NULL, &sampler_task, NULL);
    g_assert_cmpuint (vervet_program_result (fake.program)->candidates->len, ==, 1);
    fake_model_run (&fake);
    after = fake_model_result (&fake);
    if (before) { /* the losers were stored as cancelled: nothing is asked again, and it ends as it did */
      g_assert_cmpuint (fake.n_dispatched, ==, 4);
      g_assert_cmpstr (strstr (before, "candidate"), ==, strstr (after, "candidate"));
    }
    fake_model_clear (&fake);
  }
}

/* ---- Sequential tokens, by hand
 * ---------------------------------------------------------------------------------------- */
static const gboolean with_join = TRUE, without_join = FALSE;
static gboolean chain_joins;

static vv_status
chain_begin (void *self, const vv_task *task, void **run, vv_error *err)
{
  chain_joins = *(const gboolean *)self;
  return begin (self, task, run, err);
}

static vv_status
chain_ask (void *run, const vv_moves *m, vv_error *err)
{
  Run *r = run;
  guint64 last = r->told->len ? g_array_index (r->told, vv_outcome, r->told->len - 1).id : 0;

  (void)err;
  switch (r->told->len) {
  case 0:
    return ask_text (r, m, "a", 1, 0, 0, 5) ? VV_OK : VV_E_FAILED; /* 5 */
  case 1:
    return ask_text (r, m, "b", 1, last, 0, 7) ? VV_OK : VV_E_FAILED; /* 5 + 7 = 12 */
  case 2:
    return ask_text (r, m, "c", 1, 0, VV_ASIDE, 100) ? VV_OK : VV_E_FAILED; /* 100 aside */
  case 3:
    if (chain_joins)
      return ask_text (r, m, "d", 1, 0, VV_JOIN, 3) ? VV_OK : VV_E_FAILED; /* 100 + 3: it waited for the aside */
    break;
  case 4:
    return ask_text (r, m, "e", 1, last, 0, 4) ? VV_OK : VV_E_FAILED; /* 103 + 4 */
  }
  for (guint i = 0; i < r->told->len; i++)
    give (m, g_array_index (r->told, vv_outcome, i).id, 0);
  return VV_FINISHED;
}
static const vv_program_iface chain = { .struct_size = sizeof chain,
                                        .begin = chain_begin,
                                        .ask = chain_ask,
                                        .tell = tell,
                                        .end = end };

static void
test_sequential (void)
{
  static const gint64 expected[] = { 5, 12, 100, 103, 107 };
  FakeModel fake;
  VervetProgramResult *result;

  fake_model_init (&fake, 1);
  fake_model_start (&fake, &chain, (gpointer)&without_join, &sampler_task, NULL);
  fake_model_run (&fake);
  result = vervet_program_result (fake.program);
  g_assert_cmpfloat (result->spent[3], ==, 12); /* nothing depends on the aside */
  g_assert_cmpfloat (result->spent[2], ==, 112);
  fake_model_clear (&fake);

  fake_model_init (&fake, 1);
  fake_model_start (&fake, &chain, (gpointer)&with_join, &sampler_task, NULL);
  fake_model_run (&fake);
  result = vervet_program_result (fake.program);
  g_assert_cmpfloat (result->spent[3], ==, 107);
  for (guint i = 0; i < 5; i++) {
    const VervetCandidate *c = &g_array_index (result->candidates, VervetCandidate, i);

    g_assert_cmpint (c->seq_tok, ==, expected[i]);
    g_assert_cmpfloat (c->score, ==, 0); /* 0 is a score, not its absence */
    g_assert_true (isnan (c->weight));   /* and a weight of 0 says nothing */
  }
  fake_model_clear (&fake);
}

/* ---- Programs that misbehave
 * ------------------------------------------------------------------------------------------ */
static vv_status
bad_begin (void *self, const vv_task *task, void **run, vv_error *err)
{
  (void)self;
  (void)task;
  (void)run;
  strcpy (err->message, "no room");
  return VV_E_NOMEM;
}

static vv_status
bad_ask (void *run, const vv_moves *m, vv_error *err)
{
  (void)run;
  (void)m;
  (void)err;
  return VV_E_INVALID;
}

static vv_status
bad_tell (void *run, const vv_outcome *o, vv_error *err)
{
  (void)run;
  (void)o;
  memset (err->message, 'x', sizeof err->message); /* without an end */
  return -1234;
}

static vv_status
idle_ask (void *run, const vv_moves *m, vv_error *err)
{
  (void)run;
  (void)m;
  (void)err;
  return VV_OK;
}

static vv_status
done_ask (void *run, const vv_moves *m, vv_error *err)
{
  (void)run;
  (void)m;
  (void)err;
  return VV_FINISHED;
}

/* Asks for four texts, and gives up when the first is there: the rest is cancelled. */
static vv_status
quit_ask (void *run, const vv_moves *m, vv_error *err)
{
  Run *r = run;

  (void)err;
  if (r->told->len > 0)
    return VV_E_FAILED;
  return ask_text (r, m, "quit", 4, 0, 0, 0) ? VV_OK : VV_E_FAILED;
}

static vv_status
strange_ask (void *run, const vv_moves *m, vv_error *err)
{
  Run *r = run;
  const vv_request req = { .struct_size = sizeof req, .op = 77 };
  const vv_step no_op = { .struct_size = sizeof no_op, .role = "model", .request = &req };
  const vv_step no_role = { .struct_size = sizeof no_role, .request = &req },
                no_request = { .struct_size = sizeof no_request, .role = "model" };
  const vv_verdict v = { .status = VV_PASS };
  const vv_candidate c = { .struct_size = sizeof c, .node = 999, .text = vv_s ("out of nothing"), .score = NAN };

  (void)err;
  if (m->last)
    return VV_FINISHED;
  g_assert_cmpuint (m->step (m->ctx, &no_op), ==, 0);
  g_assert_cmpuint (m->step (m->ctx, &no_role), ==, 0);
  g_assert_cmpuint (m->step (m->ctx, &no_request), ==, 0);
  m->answer (m->ctx, 0); /* there is none yet */
  m->answer (m->ctx, 4000000000u);
  g_assert_cmpuint (m->candidate (m->ctx, &c), ==, 0);
  m->answer (m->ctx, 1);
  m->vote (m->ctx, 5, 1, &v);
  m->verdict (m->ctx, 5, &v);
  m->cancel (m->ctx, 12345);
  m->note (m->ctx, "odd", NAN);
  (void)r;
  return VV_OK;
}

static void
run_bad (const vv_program_iface *iface, vv_status status, const char *message)
{
  FakeModel fake;
  VervetProgramResult *result;

  fake_model_init (&fake, 3);
  fake_model_start (&fake, iface, NULL, &sampler_task, NULL);
  fake_model_run (&fake);
  result = vervet_program_result (fake.program);
  g_assert_cmpint (result->status, ==, status);
  if (message)
    g_assert_nonnull (strstr (result->message, message));
  g_assert_cmpint (result->answer, ==, -1);
  fake_model_clear (&fake);
  g_assert_cmpuint (n_living, ==, 0);
}

static void
test_misbehaving (void)
{
  static const vv_program_iface no_begin = { .begin = bad_begin, .ask = idle_ask, .tell = tell, .end = end };
  static const vv_program_iface no_ask = { .begin = begin, .ask = bad_ask, .tell = tell, .end = end };
  static const vv_program_iface no_tell = { .begin = begin, .ask = quit_ask, .tell = bad_tell, .end = end };
  static const vv_program_iface idle = { .begin = begin, .ask = idle_ask, .tell = tell, .end = end };
  static const vv_program_iface done = { .begin = begin, .ask = done_ask, .tell = tell, .end = end };
  static const vv_program_iface quit = { .begin = begin, .ask = quit_ask, .tell = tell, .end = end };
  static const vv_program_iface strange = { .begin = begin, .ask = strange_ask, .tell = tell, .end = end };

  run_bad (&no_begin, VV_E_NOMEM, "no room");
  run_bad (&no_ask, VV_E_INVALID, "ask failed and said nothing");
  run_bad (&no_tell, -1234, "xxx");
  run_bad (&idle, VV_E_FAILED, "asked for nothing");
  run_bad (&done, VV_OK, NULL); /* no candidate: the engine's business */
  run_bad (&quit, VV_E_FAILED, NULL);
  run_bad (&strange, VV_OK, NULL);
}

/* ---- Caps, memory, cancelling ---------------------------------------------------------------------------------------
 */
static gboolean was_last;

static vv_status
greedy_ask (void *run, const vv_moves *m, vv_error *err)
{
  Run *r = run;
  guint64 id = 0;

  (void)err;
  if (m->last) {
    was_last = TRUE;
    g_assert_cmpuint (ask_text (r, m, "no", 1, 0, 0, 0), ==, 0);
    for (guint i = 0; i < r->told->len; i++)
      give (m, g_array_index (r->told, vv_outcome, i).id, 0);
    return VV_FINISHED;
  }
  id = ask_text (r, m, "greedy", 2, 0, 0, 10);
  g_assert_true (id || m->left->calls < 2 || m->left->output < 20 || isinf (m->left->calls + m->left->output));
  return VV_OK;
}

static vv_status
deaf_ask (void *run, const vv_moves *m, vv_error *err)
{
  (void)err;
  ask_text (run, m, "deaf", 1, 0, 0, 0);
  return VV_OK;
}

static void
run_capped (const vv_program_iface *iface, int unit, double cap, guint n_calls, vv_status status)
{
  double caps[7] = { INFINITY, INFINITY, INFINITY, INFINITY, INFINITY, INFINITY, INFINITY };
  FakeModel fake;

  caps[unit] = cap;
  was_last = FALSE;
  fake_model_init (&fake, 5);
  fake_model_start (&fake, iface, NULL, &sampler_task, caps);
  fake_model_run (&fake);
  g_assert_cmpuint (fake.n_dispatched, ==, n_calls);
  g_assert_cmpint (vervet_program_result (fake.program)->status, ==, status);
  g_assert_cmpfloat (vervet_program_result (fake.program)->spent[unit], <=, cap);
  fake_model_clear (&fake);
}

static void
test_caps (void)
{
  static const vv_program_iface greedy = { .begin = begin, .ask = greedy_ask, .tell = tell, .end = end };
  static const vv_program_iface deaf = { .begin = begin, .ask = deaf_ask, .tell = tell, .end = end };

  for (guint cap = 0; cap < 9; cap++) {
    run_capped (&greedy, 0, cap, cap / 2 * 2, VV_OK); /* two calls at a time */
    g_assert_true (was_last);
    run_capped (&greedy, 2, cap * 10, cap / 2 * 2, VV_OK); /* ten tokens a call */
    g_assert_true (was_last);
    run_capped (&deaf, 0, cap, cap, VV_E_FAILED); /* it does not answer when told to: an error, not a hang */
  }
}

static void
test_run_budget (void)
{
  static const vv_program_iface greedy = { .begin = begin, .ask = greedy_ask, .tell = tell, .end = end };
  FakeModel fake;

  was_last = FALSE;
  fake_model_init (&fake, 5);
  fake.run_room = 1;
  fake_model_start (&fake, &greedy, NULL, &sampler_task, NULL);
  g_assert_true (was_last);
  g_assert_cmpint (vervet_program_state (fake.program), ==, VERVET_PROGRAM_DONE);
  fake_model_clear (&fake);

  was_last = FALSE;
  fake_model_init (&fake, 5);
  fake_model_start (&fake, &greedy, NULL, &sampler_task, NULL);
  vervet_program_last (fake.program);
  fake_model_run (&fake);
  g_assert_true (was_last);
  g_assert_cmpuint (fake.n_dispatched, ==, 2);
  fake_model_clear (&fake);
}

static vv_status
twice_ask (void *run, const vv_moves *m, vv_error *err)
{
  Run *r = run;

  (void)err;
  if (r->told->len < 3)
    return ask_mark (r, m, vv_s ("same"), 0) ? VV_OK : VV_E_FAILED;
  for (guint i = 1; i < 3; i++)
    g_assert_cmpfloat (g_array_index (r->told, vv_outcome, i).choice->verdicts[0].score, ==,
                       g_array_index (r->told, vv_outcome, 0).choice->verdicts[0].score);
  return VV_FINISHED;
}

static void
test_pure (void)
{
  static const vv_program_iface twice = { .begin = begin, .ask = twice_ask, .tell = tell, .end = end };
  FakeModel fake;

  fake_model_init (&fake, 5);
  fake_model_start (&fake, &twice, NULL, &sampler_task, NULL);
  fake_model_run (&fake);
  g_assert_cmpuint (fake.n_dispatched, ==, 1);
  g_assert_cmpfloat (vervet_program_result (fake.program)->spent[0], ==, 1); /* what is remembered costs nothing */
  fake_model_crash (&fake);
  fake_model_start (&fake, &twice, NULL, &sampler_task, NULL);
  g_assert_cmpint (vervet_program_state (fake.program), ==, VERVET_PROGRAM_DONE);
  g_assert_cmpuint (fake.n_dispatched, ==, 1);
  g_assert_cmpfloat (vervet_program_result (fake.program)->spent[0], ==, 1);
  fake_model_clear (&fake);
}

static vv_status
cancel_ask (void *run, const vv_moves *m, vv_error *err)
{
  Run *r = run;
  guint64 id;

  (void)err;
  if (r->told->len == 0) {
    r->first[0] = ask_text (r, m, "cancel", 3, 0, 0, 0);
    m->cancel (m->ctx, r->first[0] + 1); /* not sent yet: it still comes, one way or the other */
    return VV_OK;
  }
  if (r->told->len == 1) {
    id = g_array_index (r->told, vv_outcome, 0).id;
    m->cancel (m->ctx, id); /* told: nothing happens */
    m->cancel (m->ctx, id == r->first[0] ? id + 1 : r->first[0]);
    m->cancel (m->ctx, id == r->first[0] ? id + 1 : r->first[0]);
    return VV_OK;
  }
  return r->told->len == 3 ? VV_FINISHED : VV_OK;
}

static void
test_cancel (void)
{
  static const vv_program_iface cancels = { .begin = begin, .ask = cancel_ask, .tell = tell, .end = end };

  for (guint32 seed = 0; seed < 10; seed++) {
    FakeModel fake;
    guint n_cancelled = 0;

    fake_model_init (&fake, seed);
    fake_model_start (&fake, &cancels, NULL, &sampler_task, NULL);
    fake_model_run (&fake);
    for (guint i = 0; i < fake.rows->len; i++)
      n_cancelled += ((const VervetNodeRow *)g_ptr_array_index (fake.rows, i))->status == VV_E_CANCELLED;
    g_assert_cmpuint (fake.n_delivered, ==, 3);
    g_assert_cmpuint (n_cancelled, ==, 1);
    g_assert_cmpfloat (vervet_program_result (fake.program)->spent[0], ==, 2);
    fake_model_clear (&fake);
  }
}

/* Failed outcomes are told as such, stored, and told again after a crash. */
static void
test_failures (void)
{
  static const vv_program_iface greedy = { .begin = begin, .ask = greedy_ask, .tell = tell, .end = end };
  double caps[7] = { 12, INFINITY, INFINITY, INFINITY, INFINITY, INFINITY, INFINITY };
  FakeModel fake;
  guint n_failed = 0;

  fake_model_init (&fake, 9);
  fake.fail_every = 2;
  fake_model_start (&fake, &greedy, NULL, &sampler_task, caps);
  fake_model_run (&fake);
  for (guint i = 0; i < fake.rows->len; i++)
    n_failed += ((const VervetNodeRow *)g_ptr_array_index (fake.rows, i))->status < 0;
  g_assert_cmpuint (n_failed, >, 0);
  fake_model_crash (&fake);
  fake_model_start (&fake, &greedy, NULL, &sampler_task, caps);
  g_assert_cmpuint (fake.n_dispatched, ==, 12);
  g_assert_cmpint (vervet_program_state (fake.program), ==, VERVET_PROGRAM_DONE);
  fake_model_clear (&fake);
}

static void
test_abort (void)
{
  FakeModel fake;

  fake_model_init (&fake, 2);
  fake_model_start (&fake, &tree, NULL, &sampler_task, NULL);
  fake_model_deliver (&fake);
  vervet_program_abort (fake.program, VV_E_CANCELLED, "enough");
  g_assert_cmpuint (fake.n_cancelled, ==, 3);
  fake_model_run (&fake);
  g_assert_cmpint (vervet_program_result (fake.program)->status, ==, VV_E_CANCELLED);
  g_assert_cmpstr (vervet_program_result (fake.program)->message, ==, "enough");
  g_assert_cmpuint (fake.rows->len, ==, 1); /* what was cut off is asked again */
  fake_model_crash (&fake);
  fake_model_start (&fake, &tree, NULL, &sampler_task, NULL);
  fake_model_run (&fake);
  g_assert_cmpint (vervet_program_result (fake.program)->status, ==, VV_OK);
  fake_model_clear (&fake);
  g_assert_cmpuint (n_living, ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *order = g_strconcat ("/program/", cases[i].name, "/any-order", NULL);
    g_autofree char *once = g_strconcat ("/program/", cases[i].name, "/crash-once", NULL);
    g_autofree char *always = g_strconcat ("/program/", cases[i].name, "/crash-always", NULL);

    g_test_add_data_func (order, &cases[i], test_any_order);
    g_test_add_data_func (once, &cases[i], test_crash_once);
    g_test_add_data_func (always, &cases[i], test_crash_always);
  }
  g_test_add_func ("/program/race", test_race);
  g_test_add_func ("/program/sequential", test_sequential);
  g_test_add_func ("/program/misbehaving", test_misbehaving);
  g_test_add_func ("/program/caps", test_caps);
  g_test_add_func ("/program/run-budget", test_run_budget);
  g_test_add_func ("/program/pure", test_pure);
  g_test_add_func ("/program/cancel", test_cancel);
  g_test_add_func ("/program/failures", test_failures);
  g_test_add_func ("/program/abort", test_abort);
  return g_test_run ();
}
