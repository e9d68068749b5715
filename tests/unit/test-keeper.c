/* test-keeper.c - every text gets exactly one answer, whatever the verifier's processes do. */
#include <string.h>

#include "run/keeper.h"
#include "vervet-error.h"

enum { N_TEXTS = 2000, TIMEOUT_MS = 300 };

static VervetRegistry *registry;

typedef struct {
  GMutex lock;
  GCond cond;
  VervetJudged *answers[N_TEXTS];
  guint n, n_twice;
} Answers;

static void
on_judged (gpointer user, VervetJudged *judged)
{
  Answers *a = user;

  g_mutex_lock (&a->lock);
  if (a->answers[judged->tag]) {
    a->n_twice++;
    vervet_judged_free (judged);
  } else {
    a->answers[judged->tag] = judged;
    a->n++;
  }
  g_cond_signal (&a->cond);
  g_mutex_unlock (&a->lock);
}

static void
wait_for (Answers *a, guint n)
{
  gint64 until = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;

  g_mutex_lock (&a->lock);
  while (a->n < n)
    if (!g_cond_wait_until (&a->cond, &a->lock, until))
      g_error ("%u of %u texts are answered", a->n, n);
  g_mutex_unlock (&a->lock);
}

static void
answers_clear (Answers *a)
{
  for (guint i = 0; i < N_TEXTS; i++)
    g_clear_pointer (&a->answers[i], vervet_judged_free);
}

static VervetKeeper *
new_keeper (Answers *a, guint n_workers, guint64 timeout_ms, const char *options)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetJson) json = vervet_json_parse (options, -1, "options", 0, &error);
  const VervetComponentInfo *info = vervet_registry_find (registry, VV_KIND_VERIFIER, "fx-odd", &error);
  g_autoptr (VervetOptions) values = NULL;
  VervetKeeper *keeper = vervet_keeper_new (n_workers, timeout_ms, on_judged, a);

  g_assert_no_error (error);
  values = vervet_options_new (info, json, NULL, NULL, "test", &error);
  g_assert_no_error (error);
  g_assert_cmpuint (vervet_keeper_add (keeper, info, values), ==, 0);
  return keeper;
}

static VervetKeptProblem *
new_problem (guint64 uid)
{
  const vv_problem problem = { .struct_size = sizeof problem, .uid = uid, .id = "p", .reference = { "gold", 4 } };

  return vervet_kept_problem_new (&problem, TRUE);
}

/* Where misbehaving texts are among the others, and what is answered. */
static const struct {
  guint at;
  const char *text, *reason, *message;
} culprits[] = {
  { 0, "SEGV", "crash", "signal 11" },       { 63, "ABRT", "crash", "signal 6" },
  { 64, "EXIT", "crash", "status 3" },       { 700, "HANG", "timeout", "within" },
  { 701, "SEGV", "crash", "signal 11" },     { 900, "ERROR", "error", "cannot judge this" },
  { 901, "STRANGE", "error", "verdict 99" }, { N_TEXTS - 1, "SEGV", "crash", "signal 11" },
};

static void
assert_culprit (const VervetJudged *judged, gsize i)
{
  g_assert_cmpint (judged->status, <, 0);
  g_assert_cmpstr (judged->reason, ==, culprits[i].reason);
  if (!strstr (judged->message, culprits[i].message))
    g_error ("\"%s\" lacks \"%s\"", judged->message, culprits[i].message);
  g_assert_cmpint (judged->verdict.status, ==, 0);
}

static void
test_culprits (gconstpointer n_workers)
{
  Answers a = { .n = 0 };
  g_autoptr (GError) error = NULL;
  VervetKeptProblem *problems[2] = { new_problem (1), new_problem (2) };
  VervetKeeper *keeper = new_keeper (&a, GPOINTER_TO_UINT (n_workers), TIMEOUT_MS, "{}");

  g_assert_true (vervet_keeper_start (keeper, &error));
  g_assert_no_error (error);
  for (guint i = 0, c = 0; i < N_TEXTS; i++) {
    g_autofree char *text = g_strdup_printf ("text %u", i);
    gboolean is_culprit = c < G_N_ELEMENTS (culprits) && culprits[c].at == i;

    vervet_keeper_submit (keeper, 0, problems[i / 100 % 2], vv_s (is_culprit ? culprits[c].text : text), i);
    c += is_culprit;
  }
  wait_for (&a, N_TEXTS);
  g_assert_cmpuint (vervet_keeper_pending (keeper), ==, 0);
  vervet_keeper_free (keeper);
  g_assert_cmpuint (a.n_twice, ==, 0);
  for (guint i = 0, c = 0; i < N_TEXTS; i++) {
    g_autofree char *text = g_strdup_printf ("text %u", i);

    if (c < G_N_ELEMENTS (culprits) && culprits[c].at == i) {
      assert_culprit (a.answers[i], c++);
      continue;
    }
    if (a.answers[i]->status < 0)
      g_error ("text %u: %s", i, a.answers[i]->message);
    g_assert_cmpint (a.answers[i]->verdict.status, ==, VV_PASS);
    g_assert_cmpstr (a.answers[i]->verdict.answer.ptr, ==, text);
  }
  answers_clear (&a);
  vervet_kept_problem_free (problems[0]);
  vervet_kept_problem_free (problems[1]);
}

/* Nothing but texts that kill, for longer than the keeper is patient: all answered, none hangs. */
static void
test_only_culprits (void)
{
  enum { N = 30 };
  Answers a = { .n = 0 };
  VervetKeptProblem *problem = new_problem (1);
  VervetKeeper *keeper = new_keeper (&a, 2, TIMEOUT_MS, "{}");

  g_assert_true (vervet_keeper_start (keeper, NULL));
  for (guint i = 0; i < N; i++)
    vervet_keeper_submit (keeper, 0, problem, vv_s ("SEGV"), i);
  wait_for (&a, N);
  for (guint i = 0; i < N; i++)
    g_assert_cmpint (a.answers[i]->status, <, 0);
  vervet_keeper_free (keeper);
  answers_clear (&a);
  vervet_kept_problem_free (problem);
}

static void
test_huge (void)
{
  Answers a = { .n = 0 };
  VervetKeptProblem *problem = new_problem (1);
  VervetKeeper *keeper = new_keeper (&a, 1, 10000, "{}");

  g_assert_true (vervet_keeper_start (keeper, NULL));
  vervet_keeper_submit (keeper, 0, problem, vv_s ("HUGE"), 0);
  vervet_keeper_submit (keeper, 0, problem, (vv_str){ NULL, 0 }, 1);
  vervet_keeper_submit (keeper, 0, problem, vv_s ("REFERENCE"), 2);
  wait_for (&a, 3);
  vervet_keeper_free (keeper);
  g_assert_cmpuint (a.answers[0]->verdict.answer.len, ==, 8 << 20);
  g_assert_cmpint (a.answers[1]->verdict.status, ==, VV_PASS);
  g_assert_cmpstr (a.answers[2]->verdict.answer.ptr, ==, "gold");
  answers_clear (&a);
  vervet_kept_problem_free (problem);
}

/* A start that takes longer than the limit of one text is no time-out of that text, not even after a crash. */
static void
test_slow_start (void)
{
  Answers a = { .n = 0 };
  VervetKeptProblem *problem = new_problem (1);
  VervetKeeper *keeper = new_keeper (&a, 1, 200, "{ \"start-ms\": 500 }");

  g_assert_true (vervet_keeper_start (keeper, NULL));
  vervet_keeper_submit (keeper, 0, problem, vv_s ("SEGV"), 0);
  vervet_keeper_submit (keeper, 0, problem, vv_s ("fine"), 1);
  wait_for (&a, 2);
  vervet_keeper_free (keeper);
  g_assert_cmpstr (a.answers[0]->reason, ==, "crash");
  g_assert_cmpint (a.answers[1]->verdict.status, ==, VV_PASS);
  answers_clear (&a);
  vervet_kept_problem_free (problem);
}

static void
test_no_start (void)
{
  Answers a = { .n = 0 };
  g_autoptr (GError) error = NULL;
  VervetKeeper *keeper = new_keeper (&a, 1, TIMEOUT_MS, "{ \"no-start\": true }");

  g_assert_false (vervet_keeper_start (keeper, &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT);
  g_assert_nonnull (strstr (error->message, "there is no licence for this verifier"));
  vervet_keeper_free (keeper);
}

static void
test_no_worker (void)
{
  g_autofree char *old = g_strdup (g_getenv ("VERVET_WORKER"));
  Answers a = { .n = 0 };
  g_autoptr (GError) error = NULL;
  VervetKeeper *keeper = new_keeper (&a, 1, TIMEOUT_MS, "{}");

  g_setenv ("VERVET_WORKER", "/nonexistent", TRUE);
  g_assert_false (vervet_keeper_start (keeper, &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT);
  g_assert_nonnull (strstr (error->message, "/nonexistent"));
  vervet_keeper_free (keeper);
  if (old)
    g_setenv ("VERVET_WORKER", old, TRUE);
  else
    g_unsetenv ("VERVET_WORKER");
}

/* Freed with work under way: what is not answered is dropped, and nothing is left running. */
static void
test_free_at_work (void)
{
  Answers a = { .n = 0 };
  VervetKeptProblem *problem = new_problem (1);
  VervetKeeper *keeper = new_keeper (&a, 2, 60000, "{}");

  g_assert_true (vervet_keeper_start (keeper, NULL));
  for (guint i = 0; i < 200; i++)
    vervet_keeper_submit (keeper, 0, problem, vv_s (i % 2 ? "HANG" : "fine"), i);
  vervet_keeper_free (keeper);
  g_assert_cmpuint (a.n_twice, ==, 0);
  answers_clear (&a);
  vervet_kept_problem_free (problem);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  registry = vervet_registry_new (VERVET_REGISTRY_NO_CACHE, &error);
  g_assert_no_error (error);
  g_test_add_data_func ("/keeper/culprits/one-worker", GUINT_TO_POINTER (1), test_culprits);
  g_test_add_data_func ("/keeper/culprits/three-workers", GUINT_TO_POINTER (3), test_culprits);
  g_test_add_func ("/keeper/only-culprits", test_only_culprits);
  g_test_add_func ("/keeper/huge", test_huge);
  g_test_add_func ("/keeper/slow-start", test_slow_start);
  g_test_add_func ("/keeper/no-start", test_no_start);
  g_test_add_func ("/keeper/no-worker", test_no_worker);
  g_test_add_func ("/keeper/free-at-work", test_free_at_work);
  status = g_test_run ();
  vervet_registry_unref (registry);
  return status;
}
