/* Random operations against a model in plain arrays: what may replace what, and counters that follow exactly. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <vervet-plugin.h>

#include "lib/store-fixture.h"
#include "store/store.h"

#define MEMBERS 5
#define TRIALS 40
#define ORDS 2
#define TEXTS 12

typedef struct {
  gboolean there, judged;
  gint64 id;
  int status, finish, call_n, verdict_status;
  gint64 in_tok, out_tok, money;
  double score;
  guint flags;
  int text, answer; /* -1: none */
} ModelSample;

typedef struct {
  ModelSample samples[MEMBERS][TRIALS][ORDS];
  GRand *rand;
  StoreFixture fixture;
  VervetWriter *writer;
} Model;

static int
pick (Model *m, int n)
{
  return g_rand_int_range (m->rand, 0, n);
}

static const char *
text_of (int which)
{
  static char text[200];

  g_snprintf (text, sizeof text, "text %d%s", which,
              which % 2 ? " that is long enough to be packed by the writer, longer than sixty-four bytes" : "");
  return text;
}

/* ---- Operations ---- */
static void
push_sample (Model *m)
{
  guint member = (guint)pick (m, MEMBERS), trial = (guint)pick (m, TRIALS), ord = pick (m, 4) == 0;
  ModelSample *old = &m->samples[member][trial][ord], new = { .there = TRUE, .text = -1 };
  VervetSampleRow row;

  new.status = pick (m, 3) ? VV_OK : VV_E_TIMEOUT;
  new.finish = pick (m, 4) ? VV_FIN_EOS : VV_FIN_LENGTH;
  new.call_n = 1 + pick (m, 4);
  new.in_tok = pick (m, 3) ? pick (m, 1000) : -1;
  new.out_tok = pick (m, 1000);
  new.money = pick (m, 2) ? pick (m, 1000000) : -1;
  new.flags = ord == 0 ? VERVET_SAMPLE_ANSWER : 0;
  if (new.status >= 0 || pick (m, 2))
    new.text = pick (m, TEXTS);
  row = store_fixture_sample (&m->fixture, member, trial, new.text < 0 ? NULL : text_of (new.text));
  row.ord = ord;
  row.status = new.status;
  row.finish = new.finish;
  row.call_n = new.call_n;
  row.in_tok = new.in_tok;
  row.out_tok = new.out_tok;
  row.nano_money = new.money;
  row.flags = new.flags;
  /* Half of those that replace a failure know its id, as the engine does; the others do not, as an import does not. */
  if (old->there && old->status < 0 && pick (m, 2))
    row.id = old->id;
  new.id = vervet_writer_sample (m->writer, &row);
  if (!old->there) {
    *old = new;
  } else if (old->status < 0 && new.status >= 0) {
    new.id = old->id;
    *old = new;
  }
}

static ModelSample *
random_sample (Model *m, guint *member)
{
  for (guint i = 0; i < 50; i++) {
    *member = (guint)pick (m, MEMBERS);
    ModelSample *s = &m->samples[*member][pick (m, TRIALS)][pick (m, 4) == 0];
    if (s->there)
      return s;
  }
  return NULL;
}

static void
push_verdict (Model *m)
{
  static const int statuses[] = { VV_PASS,      VV_FAIL,          VV_SCORED,   VV_UNDECIDED,
                                  VV_NO_ANSWER, VV_BAD_REFERENCE, VV_E_FAILED, VV_E_TIMEOUT };
  guint member;
  ModelSample *s = random_sample (m, &member);
  int status = statuses[pick (m, G_N_ELEMENTS (statuses))], answer = pick (m, 8) - 1;
  char text[16];

  if (!s)
    return;
  g_snprintf (text, sizeof text, "%d", answer);
  VervetVerdictRow row = store_fixture_verdict (&m->fixture, member, s->id, status, answer < 0 ? NULL : text);
  row.counts = (s->flags & VERVET_SAMPLE_ANSWER) != 0;
  row.score = pick (m, 4) ? g_rand_double (m->rand) : NAN;
  vervet_writer_verdict (m->writer, &row);
  if (s->judged && s->verdict_status >= 0)
    return;
  s->judged = TRUE;
  s->verdict_status = status;
  s->score = row.score;
  s->answer = status < 0 ? -1 : answer;
}

/* ---- The model's counters ---- */
static gint64
share (gint64 tokens, const ModelSample *s, guint trial, guint ord)
{
  return tokens <= 0 ? 0 : tokens / s->call_n + ((gint64)(trial + ord) % s->call_n < tokens % s->call_n);
}

static void
assert_member (Model *m, guint member, const VervetMemberRow *row)
{
  VervetMemberRow want = { 0 };
  gboolean seen[TEXTS] = { FALSE };

  for (guint t = 0; t < TRIALS; t++)
    for (guint o = 0; o < ORDS; o++) {
      const ModelSample *s = &m->samples[member][t][o];
      if (!s->there)
        continue;
      want.done += o == 0 && s->status >= 0;
      want.failed += o == 0 && s->status < 0;
      if (s->status < 0)
        continue;
      want.samples++;
      want.truncated += s->finish == VV_FIN_LENGTH;
      want.in_tok += share (s->in_tok, s, t, o);
      want.out_tok += s->out_tok;
      want.nano_money += MAX (0, s->money);
      want.distinct_texts += !seen[s->text];
      seen[s->text] = TRUE;
    }
  g_assert_cmpint (row->done, ==, want.done);
  g_assert_cmpint (row->failed, ==, want.failed);
  g_assert_cmpint (row->samples, ==, want.samples);
  g_assert_cmpint (row->truncated, ==, want.truncated);
  g_assert_cmpint (row->in_tok, ==, want.in_tok);
  g_assert_cmpint (row->out_tok, ==, want.out_tok);
  g_assert_cmpint (row->nano_money, ==, want.nano_money);
  g_assert_cmpint (row->distinct_texts, ==, want.distinct_texts);
  g_assert_cmpint (row->busy_ms, ==, 250 * want.samples);
}

static void
assert_tally (Model *m, guint member, const VervetTallyRow *row)
{
  gint64 n[VV_BAD_REFERENCE + 1] = { 0 }, errors = 0;
  double sum = 0, sum2 = 0;

  for (guint t = 0; t < TRIALS; t++) {
    const ModelSample *s = &m->samples[member][t][0];
    if (!s->there || !s->judged)
      continue;
    if (s->verdict_status < 0) {
      errors++;
      continue;
    }
    n[s->verdict_status]++;
    if (!isnan (s->score)) {
      sum += s->score;
      sum2 += s->score * s->score;
    }
  }
  g_assert_cmpint (row->pass, ==, n[VV_PASS]);
  g_assert_cmpint (row->fail, ==, n[VV_FAIL]);
  g_assert_cmpint (row->scored, ==, n[VV_SCORED]);
  g_assert_cmpint (row->undecided, ==, n[VV_UNDECIDED]);
  g_assert_cmpint (row->no_answer, ==, n[VV_NO_ANSWER]);
  g_assert_cmpint (row->bad_reference, ==, n[VV_BAD_REFERENCE]);
  g_assert_cmpint (row->errors, ==, errors);
  g_assert_cmpfloat_with_epsilon (row->sum, sum, 1e-9);
  g_assert_cmpfloat_with_epsilon (row->sum2, sum2, 1e-9);
}

/* How often the classes of a member were given, largest first; classes are the answers' texts here. */
static void
assert_answers (Model *m, guint member, const GArray *answers)
{
  gint64 want[8] = { 0 }, got[8] = { 0 };
  guint n = 0;

  for (guint t = 0; t < TRIALS; t++) {
    const ModelSample *s = &m->samples[member][t][0];
    if (s->there && s->judged && s->answer >= 0)
      want[s->answer]++;
  }
  for (guint i = 0; i < answers->len; i++) {
    const VervetAnswerClass *class = &g_array_index (answers, VervetAnswerClass, i);
    if (class->member_id != m->fixture.members[member])
      continue;
    g_assert_cmpuint (n, <, 8);
    got[n++] = class->n;
  }
  for (guint i = 0; i < 8; i++) {
    guint best = 0;
    for (guint j = 0; j < 8; j++)
      if (want[j] > want[best])
        best = j;
    g_assert_cmpint (got[i], ==, want[best]);
    want[best] = 0;
  }
}

static void
assert_all (Model *m)
{
  g_autoptr (GError) error = NULL;
  StoreFixture *f = &m->fixture;
  g_autoptr (GArray) members = vervet_store_members (f->store, f->run_id, &error);
  g_autoptr (GArray) tallies = vervet_store_tallies (f->store, f->run_id, f->check_id, &error);
  g_autoptr (GArray) answers = vervet_store_answers (f->store, f->run_id, f->check_id, &error);

  g_assert_no_error (error);
  for (guint i = 0; i < MEMBERS; i++) {
    assert_member (m, i, &g_array_index (members, VervetMemberRow, i));
    assert_tally (m, i, &g_array_index (tallies, VervetTallyRow, i));
    assert_answers (m, i, answers);
  }
  store_fixture_check (f->store);
}

static void
run_model (const char *path, guint32 seed)
{
  g_autofree Model *m = g_new0 (Model, 1);
  g_autoptr (GError) error = NULL;

  m->rand = g_rand_new_with_seed (seed);
  for (guint session = 0; session < 3; session++) {
    store_fixture_open (&m->fixture, path, MEMBERS, 0);
    m->writer = vervet_writer_start (m->fixture.store, NULL, &error);
    for (guint i = 0; i < 400; i++) {
      if (pick (m, 2))
        push_sample (m);
      else
        push_verdict (m);
      if (pick (m, 100) == 0)
        g_assert_true (vervet_writer_flush (m->writer, &error));
    }
    g_assert_true (vervet_writer_stop (m->writer, &error));
    g_assert_no_error (error);
    assert_all (m);
    vervet_store_close (m->fixture.store);
  }
  g_rand_free (m->rand);
}

static void
test_random (void)
{
  for (guint i = 0; i < 8; i++) {
    g_autofree char *folder = store_fixture_folder ();
    g_autofree char *path = g_build_filename (folder, "a.vervet", NULL);
    guint32 seed = (guint32)g_test_rand_int ();
    g_test_message ("seed %u", seed);
    run_model (path, seed);
    store_fixture_remove (folder);
  }
}

/* ---- Tokens that a call shares ---- */
static void
test_shares (void)
{
  g_autofree char *folder = store_fixture_folder ();
  g_autofree char *path = g_build_filename (folder, "a.vervet", NULL);
  StoreFixture f;

  store_fixture_open (&f, path, 1, 0);
  VervetWriter *writer = vervet_writer_start (f.store, NULL, NULL);
  for (guint call = 0; call < 5; call++)
    for (guint i = 0; i < 8; i++) {
      VervetSampleRow row = store_fixture_sample (&f, 0, call * 8 + i, "text");
      row.call_n = 8;
      row.in_tok = 100 + call;
      row.cached_tok = 3;
      vervet_writer_sample (writer, &row);
    }
  g_assert_true (vervet_writer_stop (writer, NULL));
  g_assert_cmpint (store_fixture_number (f.store, "SELECT in_tok FROM member"), ==, 100 + 101 + 102 + 103 + 104);
  g_assert_cmpint (store_fixture_number (f.store, "SELECT cached_tok FROM member"), ==, 15);
  vervet_store_close (f.store);
  store_fixture_remove (folder);
}

/* ---- Finding and repairing what is wrong ---- */
static void
test_repair (void)
{
  static const char *const damages[] = {
    "UPDATE member SET done = done + 3, in_tok = 0",
    "UPDATE member SET distinct_texts = 1",
    "UPDATE tally SET pass = pass - 1, sum = 7",
    "DELETE FROM tally",
    "UPDATE answer SET n = n + 1",
  };
  g_autofree char *folder = store_fixture_folder ();
  g_autofree char *path = g_build_filename (folder, "a.vervet", NULL);
  StoreFixture f;

  store_fixture_open (&f, path, 2, 0);
  VervetWriter *writer = vervet_writer_start (f.store, NULL, NULL);
  for (guint i = 0; i < 20; i++) {
    VervetSampleRow row = store_fixture_sample (&f, i % 2, i / 2, text_of ((int)i / 3));
    VervetVerdictRow verdict =
        store_fixture_verdict (&f, i % 2, vervet_writer_sample (writer, &row), i % 3 ? VV_PASS : VV_FAIL, "1");
    vervet_writer_verdict (writer, &verdict);
  }
  g_assert_true (vervet_writer_stop (writer, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (damages); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GPtrArray) found = NULL, repaired = NULL;
    store_fixture_number (f.store, damages[i]);
    g_assert_true (vervet_store_check (f.store, FALSE, &found, &error));
    g_assert_no_error (error);
    g_assert_cmpuint (found->len, >, 0);
    g_assert_true (vervet_store_check (f.store, TRUE, &repaired, &error));
    g_assert_cmpuint (repaired->len, ==, found->len);
    store_fixture_check (f.store);
  }
  g_autoptr (GPtrArray) lost = NULL;
  store_fixture_number (f.store, "DELETE FROM text WHERE text_id = (SELECT max (text_id) FROM text)");
  g_assert_true (vervet_store_check (f.store, FALSE, &lost, NULL));
  g_assert_nonnull (strstr (lost->pdata[0], "samples without their text"));
  vervet_store_close (f.store);
  store_fixture_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store/counters/random", test_random);
  g_test_add_func ("/store/counters/shares", test_shares);
  g_test_add_func ("/store/counters/repair", test_repair);
  return g_test_run ();
}
