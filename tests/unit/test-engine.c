/* test-engine.c - whole runs with the simulated model: continued, extended, stopped, short of money, failing. */
#include <math.h>
#include <string.h>

#include <glib/gstdio.h>
#include <vervet.h>

static VervetRegistry *registry;

typedef struct {
  char *folder, *path;
} File;

static File
file_new (void)
{
  File f = { .folder = g_dir_make_tmp ("vervet-XXXXXX", NULL) };

  f.path = g_build_filename (f.folder, "run.vervet", NULL);
  return f;
}

static void
file_clear (File *f)
{
  g_autoptr (GDir) dir = g_dir_open (f->folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (f->folder, name, NULL);

    g_unlink (path);
  }
  g_rmdir (f->folder);
  g_free (f->folder);
  g_free (f->path);
}

/* ---- Running
 * ----------------------------------------------------------------------------------------------------------- */
typedef struct {
  VervetProgress progress;
  VervetRunResult result;
  GError *error;
} Ran;

static void
ran_clear (Ran *ran)
{
  vervet_run_result_clear (&ran->result);
  g_clear_error (&ran->error);
}

/* @stop_at: samples after which the run is asked to stop at @level; 0: never. */
static Ran
run_until (const File *f, const char *text, gint64 stop_at, VervetStopLevel level, gboolean verify_only)
{
  Ran ran = { .error = NULL };
  g_autoptr (VervetExperiment) experiment = vervet_experiment_from_json (text, "e.json", &ran.error);
  g_autoptr (VervetPlan) plan = NULL;
  VervetEngineOptions options = { .path = f->path, .verify_only = verify_only };
  VervetEngine *engine;

  g_assert_no_error (ran.error);
  plan = verify_only ? vervet_plan_new_reverify (registry, experiment, "r", &ran.error)
                     : vervet_plan_new (registry, experiment, &ran.error);
  g_assert_no_error (ran.error);
  engine = vervet_engine_start (registry, plan, &options, &ran.error);
  if (!engine)
    return ran;
  while (!vervet_engine_wait (engine, 2)) {
    vervet_engine_progress (engine, &ran.progress);
    if (stop_at > 0 && ran.progress.done >= stop_at)
      vervet_engine_stop (engine, level);
  }
  vervet_engine_progress (engine, &ran.progress);
  vervet_engine_finish (engine, &ran.result, &ran.error);
  return ran;
}

static Ran
run (const File *f, const char *text)
{
  return run_until (f, text, 0, 0, FALSE);
}

static void
run_ok (const File *f, const char *text)
{
  Ran ran = run (f, text);

  g_assert_no_error (ran.error);
  g_assert_cmpint (ran.result.missing, ==, 0);
  g_assert_cmpint (ran.result.unjudged, ==, 0);
  ran_clear (&ran);
}

/* The problem and sampler parts vary; everything else of an experiment is the same. */
static char *
experiment (guint problems, guint samples, const char *model, const char *more)
{
  return g_strdup_printf ("{ \"name\": \"r\", \"benchmark\": { \"use\": \"simulated\", \"count\": 100, \"problems\": "
                          "%u }, \"sampler\": { \"use\": \"repeated\", "
                          "\"samples\": %u }, \"verifiers\": [\"numeric\"], \"workers\": 2, \"models\": { \"model\": { "
                          "\"use\": \"simulated\"%s } }%s }",
                          problems, samples, model, more);
}

/* ---- What the file holds
 * ---------------------------------------------------------------------------------------------------- */
typedef struct {
  GString *rows; /* (problem, trial, ord, status, text, verdict), in order */
  guint n_samples, n_failed, n_errors, n_unjudged;
  gint64 calls, out_tok;
} Content;

static void
read_member (VervetStore *store, const VervetMemberRow *member, gint64 check_id, Content *out)
{
  g_autoptr (GArray) views = vervet_store_samples (store, member->member_id, check_id, 0, 1 << 20, NULL);

  out->calls += member->calls;
  out->out_tok += member->out_tok;
  for (guint i = 0; i < views->len; i++) {
    VervetSampleView *view = &g_array_index (views, VervetSampleView, i);
    g_autoptr (GBytes) text = view->sample.text_id >= 0 ? vervet_store_text (store, view->sample.text_id, NULL) : NULL;

    out->n_samples += view->sample.status >= 0;
    out->n_failed += view->sample.status < 0;
    out->n_errors += view->verdict_status < 0;
    out->n_unjudged += view->sample.status >= 0 && view->verdict_status == 0;
    g_string_append_printf (out->rows, "%s %u %u %d %d %g %s |%.*s|\n", member->key, view->sample.trial,
                            view->sample.ord, view->sample.status, view->verdict_status, view->verdict_score,
                            view->answer ? view->answer : "-", text ? (int)g_bytes_get_size (text) : 0,
                            text ? (const char *)g_bytes_get_data (text, NULL) : "");
  }
}

static Content
read_content (const File *f, const char *check)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetStore) store = vervet_store_open (f->path, &error);
  g_auto (VervetRunRow) found = { 0 };
  g_autoptr (GArray) members = NULL, checks = NULL;
  Content out = { .rows = g_string_new (NULL) };
  gint64 check_id = 0;

  g_assert_no_error (error);
  g_assert_true (vervet_store_find_run (store, "r", &found, &error));
  members = vervet_store_members (store, found.run_id, &error);
  checks = vervet_store_checks (store, found.run_id, &error);
  for (guint i = 0; i < checks->len; i++)
    if (strcmp (g_array_index (checks, VervetCheckRow, i).name, check) == 0)
      check_id = g_array_index (checks, VervetCheckRow, i).check_id;
  g_assert_cmpint (check_id, >, 0);
  for (guint i = 0; i < members->len; i++)
    read_member (store, &g_array_index (members, VervetMemberRow, i), check_id, &out);
  return out;
}

static void
content_clear (Content *c)
{
  g_string_free (c->rows, TRUE);
}

static void
assert_same_rows (const File *a, const File *b)
{
  Content x = read_content (a, "numeric"), y = read_content (b, "numeric");

  g_assert_cmpuint (x.n_samples, >, 0);
  g_assert_cmpstr (x.rows->str, ==, y.rows->str);
  g_assert_cmpint (x.out_tok, ==, y.out_tok);
  content_clear (&x);
  content_clear (&y);
}

/* ---- Continued and extended
 * -------------------------------------------------------------------------------------------------- */
static void
test_again_draws_nothing (void)
{
  File f = file_new ();
  g_autofree char *e = experiment (5, 12, "", "");
  Ran again;
  Content c;

  run_ok (&f, e);
  again = run (&f, e);
  g_assert_no_error (again.error);
  g_assert_cmpint (again.progress.resumed, ==, 60);
  c = read_content (&f, "numeric");
  g_assert_cmpuint (c.n_samples, ==, 60);
  g_assert_cmpint (c.calls, ==, 60);
  g_assert_cmpuint (c.n_unjudged + c.n_errors, ==, 0);
  content_clear (&c);
  ran_clear (&again);
  file_clear (&f);
}

static void
test_extension (void)
{
  File grown = file_new (), whole = file_new ();
  g_autofree char *small = experiment (3, 5, "", ""), *longer = experiment (3, 20, "", ""),
                  *full = experiment (7, 20, "", "");

  run_ok (&grown, small);
  run_ok (&grown, longer);
  run_ok (&grown, full);
  run_ok (&whole, full);
  assert_same_rows (&grown, &whole);
  file_clear (&grown);
  file_clear (&whole);
}

static void
test_other_fingerprint (void)
{
  File f = file_new ();
  g_autofree char *e = experiment (2, 2, "", ""),
                  *other = experiment (2, 2, ", \"alpha\": 0.9, \"temperature\": 0.5", "");
  Ran ran;

  run_ok (&f, e);
  ran = run (&f, other);
  g_assert_error (ran.error, VERVET_ERROR, VERVET_ERROR_INPUT);
  g_assert_nonnull (strstr (ran.error->message, "models.model.options.alpha"));
  g_assert_nonnull (strstr (ran.error->message, "models.model.temperature"));
  ran_clear (&ran);
  file_clear (&f);
}

static void
test_stop (gconstpointer level)
{
  File f = file_new (), whole = file_new ();
  g_autofree char *slow = experiment (8, 40, ", \"latency-ms\": 100", ", \"concurrency\": 2"),
                  *quick = experiment (8, 40, "", "");
  Ran ran = run_until (&f, slow, 40, (VervetStopLevel)GPOINTER_TO_INT (level), FALSE);

  g_assert_true (ran.result.interrupted);
  g_assert_error (ran.error, VERVET_ERROR, VERVET_ERROR_INTERRUPTED);
  g_assert_cmpint (ran.result.missing, >, 0);
  g_assert_cmpint (ran.result.missing, <=, 320 - 40);
  ran_clear (&ran);
  run_ok (&f, quick);
  run_ok (&whole, quick);
  assert_same_rows (&f, &whole);
  file_clear (&f);
  file_clear (&whole);
}

/* ---- Budget
 * --------------------------------------------------------------------------------------------------------------------
 */
static void
test_budget (gconstpointer unit)
{
  static const double step[] = { 50, 4000, 0.004 };
  const char *const names[] = { "calls", "output-tokens", "usd" };
  guint u = GPOINTER_TO_UINT (unit);
  File f = file_new (), whole = file_new ();
  const char *model = ", \"max-tokens\": 400, \"price-input\": 0, \"price-output\": 1";
  g_autofree char *full = experiment (10, 20, model, "");
  gint64 before = 0;

  for (guint times = 1; times <= 2; times++) {
    g_autofree char *budget = g_strdup_printf (", \"budget\": { \"%s\": %g }", names[u], step[u] * times),
                    *e = experiment (10, 20, model, budget);
    Ran ran = run (&f, e);
    Content c = read_content (&f, "numeric");
    const double spent[] = { (double)c.calls, (double)c.out_tok, (double)c.out_tok * 1e-6 };

    g_assert_error (ran.error, VERVET_ERROR, VERVET_ERROR_INCOMPLETE);
    g_assert_true (ran.result.budget_spent);
    g_assert_cmpfloat (spent[u], <=, step[u] * times * (1 + 1e-12));
    g_assert_cmpint (c.n_samples, >, before);
    g_assert_cmpuint (c.n_failed, ==, 0);
    before = c.n_samples;
    content_clear (&c);
    ran_clear (&ran);
  }
  run_ok (&f, full);
  run_ok (&whole, full);
  assert_same_rows (&f, &whole);
  file_clear (&f);
  file_clear (&whole);
}

/* ---- Failures
 * -------------------------------------------------------------------------------------------------------------------
 */
static void
test_failures_pass (void)
{
  File f = file_new (), whole = file_new ();
  g_autofree char *e = experiment (5, 10, ", \"fail-rate\": 0.3, \"fail-with\": \"rate-limit\", \"retry-after-ms\": 1",
                                   ""),
                  *healthy = experiment (5, 10, "", "");
  Ran ran = run (&f, e);
  g_autoptr (VervetStore) store = NULL;
  g_autoptr (GArray) incidents = NULL;

  g_assert_no_error (ran.error);
  g_assert_cmpint (ran.progress.retries, >, 0);
  run_ok (&whole, healthy);
  assert_same_rows (&f, &whole);
  store = vervet_store_open (f.path, NULL);
  incidents = vervet_store_incidents (store, 1, NULL);
  g_assert_cmpuint (incidents->len, >, 0);
  ran_clear (&ran);
  file_clear (&f);
  file_clear (&whole);
}

static void
test_failures_stay (void)
{
  File f = file_new ();
  g_autofree char *e = experiment (5, 10, ", \"fail-rate\": 0.3, \"fail-with\": \"context\"", "");
  Ran ran = run (&f, e);
  Content c = read_content (&f, "numeric");

  g_assert_error (ran.error, VERVET_ERROR, VERVET_ERROR_INCOMPLETE);
  g_assert_cmpint (ran.result.missing, ==, c.n_failed);
  g_assert_cmpuint (c.n_failed, >, 0);
  g_assert_cmpuint (c.n_failed + c.n_samples, ==, 50);
  content_clear (&c);
  ran_clear (&ran);
  file_clear (&f);
}

/* ---- Checks
 * -----------------------------------------------------------------------------------------------------------------------
 */
static void
test_crashing_verifier (void)
{
  File f = file_new ();
  const char *e = "{ \"name\": \"r\", \"benchmark\": { \"use\": \"simulated\", \"count\": 4 }, \"sampler\": { \"use\": "
                  "\"repeated\", \"samples\": 25 }, "
                  "\"models\": { \"model\": \"simulated\" }, \"workers\": 2, \"verifiers\": { \"use\": \"fx-odd\", "
                  "\"crash-every\": 20 } }";
  Ran ran = run (&f, e);
  Content c = read_content (&f, "fx-odd");

  g_assert_error (ran.error, VERVET_ERROR, VERVET_ERROR_INCOMPLETE);
  g_assert_cmpuint (c.n_samples, ==, 100);
  g_assert_cmpuint (c.n_errors, >, 0);
  g_assert_cmpuint (c.n_errors, <, 30);
  g_assert_cmpuint (c.n_unjudged, ==, 0);
  content_clear (&c);
  ran_clear (&ran);
  g_setenv ("VERVET_FIXTURE_HEALTHY", "1", TRUE);
  run_ok (&f, e);
  g_unsetenv ("VERVET_FIXTURE_HEALTHY");
  c = read_content (&f, "fx-odd");
  g_assert_cmpuint (c.n_errors + c.n_unjudged, ==, 0);
  content_clear (&c);
  file_clear (&f);
}

static void
test_reverify (void)
{
  File f = file_new ();
  g_autofree char *e = experiment (3, 10, "", "");
  Ran ran;
  Content c;

  run_ok (&f, e);
  ran = run_until (&f, "{ \"verifiers\": [\"exact\"] }", 0, 0, TRUE);
  g_assert_no_error (ran.error);
  c = read_content (&f, "exact");
  g_assert_cmpuint (c.n_unjudged + c.n_errors, ==, 0);
  g_assert_cmpuint (c.n_samples, ==, 30);
  content_clear (&c);
  ran_clear (&ran);
  file_clear (&f);
}

/* ---- Gold
 * ----------------------------------------------------------------------------------------------------------------------------
 */
static void
run_spy (const char *reference, gboolean sees_gold)
{
  File f = file_new ();
  g_autofree char *e = g_strdup_printf (
      "{ \"name\": \"r\", \"benchmark\": { \"use\": \"simulated\", \"count\": 2 }, \"sampler\": \"fx-spy\", "
      "\"verifiers\": [\"numeric\"], \"models\": { \"reward\": { \"use\": \"fx-odd\"%s } } }",
      reference);
  g_autoptr (VervetStore) store = NULL;
  g_auto (VervetRunRow) found = { 0 };
  Content c;

  run_ok (&f, e);
  c = read_content (&f, "numeric");
  g_assert_cmpuint (c.n_samples, ==, 2);
  g_assert_nonnull (strstr (c.rows->str, "|own [] reward ["));
  g_assert_true ((strstr (c.rows->str, "reward []|") == NULL) == sees_gold);
  store = vervet_store_open (f.path, NULL);
  g_assert_true (vervet_store_find_run (store, "r", &found, NULL));
  g_assert_true (found.oracle == sees_gold);
  content_clear (&c);
  file_clear (&f);
}

static void
test_gold (void)
{
  run_spy ("", FALSE);
  run_spy (", \"reference\": \"gold\"", TRUE);
}

/* ---- Other kinds of model, programs, judges
 * ----------------------------------------------------------------------------------------- */
static char *
program (guint samples, guint sleep_ms, const char *more)
{
  return g_strdup_printf ("{ \"name\": \"r\", \"benchmark\": { \"use\": \"simulated\", \"count\": 4 }, \"sampler\": { "
                          "\"use\": \"fx-best\", \"n\": 3, \"samples\": %u }, "
                          "\"verifiers\": [\"numeric\"], \"workers\": 1, \"models\": { \"model\": { \"use\": "
                          "\"fx-blocking\", \"sleep-ms\": %u%s }, "
                          "\"reward\": { \"use\": \"numeric\", \"reference\": \"field:question\" } } }",
                          samples, sleep_ms, more);
}

static void
test_program (void)
{
  File f = file_new (), whole = file_new ();
  g_autofree char *slow = program (6, 20, ""), *quick = program (6, 0, "");
  Ran ran = run_until (&f, slow, 2, VERVET_STOP_CANCEL, FALSE);
  g_autoptr (VervetStore) store = NULL;
  g_autoptr (GArray) jobs = NULL, nodes = NULL;

  g_assert_error (ran.error, VERVET_ERROR, VERVET_ERROR_INTERRUPTED);
  ran_clear (&ran);
  run_ok (&f, quick);
  run_ok (&whole, quick);
  assert_same_rows (&f, &whole);
  store = vervet_store_open (whole.path, NULL);
  jobs = vervet_store_jobs (store, 1, NULL);
  g_assert_cmpuint (jobs->len, ==, 6);
  nodes = vervet_store_nodes (store, g_array_index (jobs, VervetJobRow, 0).job_id, NULL);
  g_assert_cmpuint (nodes->len, ==, 6); /* three texts, three scores */
  file_clear (&f);
  file_clear (&whole);
}

/* A model that does not listen: what comes whole within the grace after its deadline counts. */
static void
test_late_model (void)
{
  File f = file_new ();
  Content c;

  run_ok (&f, "{ \"name\": \"r\", \"benchmark\": { \"use\": \"simulated\", \"count\": 2 }, \"verifiers\": "
              "[\"numeric\"], \"models\": { \"model\": { "
              "\"use\": \"fx-blocking\", \"sleep-ms\": 600, \"deaf\": true, \"timeout\": 0.05 } } }");
  c = read_content (&f, "numeric");
  g_assert_cmpuint (c.n_samples, ==, 2);
  g_assert_cmpint (c.calls, ==, 2);
  content_clear (&c);
  file_clear (&f);
}

static void
test_serial_model (void)
{
  File f = file_new ();
  Content c;

  run_ok (
      &f,
      "{ \"name\": \"r\", \"benchmark\": { \"use\": \"simulated\", \"count\": 8 }, \"sampler\": { \"samples\": 4 }, "
      "\"verifiers\": [\"numeric\"], \"models\": { \"model\": \"fx-serial\" }, \"concurrency\": 16 }");
  c = read_content (&f, "numeric");
  g_assert_cmpuint (c.n_samples, ==, 32);
  g_assert_cmpint (c.calls, ==, 32);
  content_clear (&c);
  file_clear (&f);
}

static void
test_judge (void)
{
  File f = file_new ();
  const char *e = "{ \"name\": \"r\", \"benchmark\": { \"use\": \"simulated\", \"count\": 3 }, \"sampler\": { \"use\": "
                  "\"repeated\", \"samples\": 4 }, "
                  "\"verifiers\": [{ \"use\": \"fx-votes\", \"n\": 5 }], \"models\": { \"model\": \"fx-blocking\", "
                  "\"reward\": \"numeric\" } }";
  Content c;

  run_ok (&f, e);
  c = read_content (&f, "fx-votes");
  g_assert_cmpuint (c.n_samples, ==, 12);
  g_assert_cmpuint (c.n_unjudged + c.n_errors, ==, 0);
  content_clear (&c);
  file_clear (&f);
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  registry = vervet_registry_new (VERVET_REGISTRY_NO_CACHE, &error);
  g_assert_no_error (error);
  g_test_add_func ("/engine/again-draws-nothing", test_again_draws_nothing);
  g_test_add_func ("/engine/extension", test_extension);
  g_test_add_func ("/engine/other-fingerprint", test_other_fingerprint);
  g_test_add_data_func ("/engine/stop/finish", GINT_TO_POINTER (VERVET_STOP_FINISH), test_stop);
  g_test_add_data_func ("/engine/stop/cancel", GINT_TO_POINTER (VERVET_STOP_CANCEL), test_stop);
  g_test_add_data_func ("/engine/budget/calls", GUINT_TO_POINTER (0), test_budget);
  g_test_add_data_func ("/engine/budget/output-tokens", GUINT_TO_POINTER (1), test_budget);
  g_test_add_data_func ("/engine/budget/usd", GUINT_TO_POINTER (2), test_budget);
  g_test_add_func ("/engine/failures-pass", test_failures_pass);
  g_test_add_func ("/engine/failures-stay", test_failures_stay);
  g_test_add_func ("/engine/crashing-verifier", test_crashing_verifier);
  g_test_add_func ("/engine/reverify", test_reverify);
  g_test_add_func ("/engine/gold", test_gold);
  g_test_add_func ("/engine/program", test_program);
  g_test_add_func ("/engine/late-model", test_late_model);
  g_test_add_func ("/engine/serial-model", test_serial_model);
  g_test_add_func ("/engine/judge", test_judge);
  status = g_test_run ();
  vervet_registry_unref (registry);
  return status;
}
