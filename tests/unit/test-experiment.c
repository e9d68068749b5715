/* test-experiment.c - experiment files, axes, --set, plans and what their fingerprint covers. */
#include <math.h>
#include <string.h>

#include <glib/gstdio.h>

#include <vervet-experiment.h>
#include <vervet-error.h>

static VervetRegistry *registry;

#define BASE "\"benchmark\": \"simulated\", \"models\": { \"model\": \"simulated\" }"

static VervetExperiment *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  VervetExperiment *experiment = vervet_experiment_from_json (text, "e.json", &error);

  g_assert_no_error (error);
  return experiment;
}

static VervetPlan *
plan (const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetExperiment) experiment = parse (text);
  VervetPlan *made = vervet_plan_new (registry, experiment, &error);

  g_assert_no_error (error);
  return made;
}

/* The plan of BASE and @more, changed by one --set. */
static VervetPlan *
plan_set (const char *path, const char *value)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetExperiment) experiment = parse ("{" BASE ", \"sampler\": \"repeated\" }");
  VervetPlan *made;

  g_assert_true (vervet_experiment_set (experiment, path, value, &error));
  g_assert_no_error (error);
  made = vervet_plan_new (registry, experiment, &error);
  g_assert_no_error (error);
  return made;
}

static void
assert_refused (const char *text, const char *message)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetExperiment) experiment = vervet_experiment_from_json (text, "e.json", &error);
  g_autoptr (VervetPlan) made = experiment ? vervet_plan_new (registry, experiment, &error) : NULL;

  if (made)
    g_error ("%s\nis accepted", text);
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
  if (!strstr (error->message, message))
    g_error ("%s\nsays:  %s\nlacks: %s", text, error->message, message);
}

/* ---- Every key
 * ----------------------------------------------------------------------------------------------------------- */
static const char every_key[] =
    "// a comment\n{\n"
    "  \"name\": \"all\", \"description\": \"every key\", /* and another */\n"
    "  \"benchmark\": { \"use\": \"simulated\", \"count\": 40, \"seed\": 3, \"problems\": \"0-9,12\" },\n"
    "  \"sampler\": { \"use\": \"fx-best\", \"n\": 3, \"samples\": 16 },\n"
    "  \"verifiers\": [\"numeric\", { \"use\": \"exact\", \"name\": \"strict\" }],\n"
    "  \"models\": {\n"
    "    \"model\": { \"use\": \"fx-blocking\", \"temperature\": 0.7, \"top-p\": 0.9, \"min-p\": 0.1, \"top-k\": 40, "
    "\"max-tokens\": 512,\n"
    "                 \"timeout\": 2.5, \"price-input\": 1, \"price-cached\": 0.5, \"price-output\": 4, \"key\": "
    "\"${VERVET_TEST_KEY}\" },\n"
    "    \"reward\": { \"use\": \"numeric\", \"reference\": \"field:question\" }\n  },\n"
    "  \"budget\": { \"calls\": 1e3, \"input-tokens\": 1, \"output-tokens\": 2, \"usd\": 0.5, \"flops\": 1e18, "
    "\"seconds\": 60, \"sequential-tokens\": 9 },\n"
    "  \"trial-budget\": { \"calls\": 7 }, \"seed\": 11, \"concurrency\": 5, \"workers\": 2, \"check-timeout\": "
    "1.5\n}\n";

static void
test_every_key (void)
{
  g_autoptr (VervetPlan) p = plan (every_key);
  const VervetBinding *model = g_ptr_array_index (p->roles, 0), *reward = g_ptr_array_index (p->roles, 1);
  static const double caps[] = { 1000, 1, 2, 9, 0.5, 1e18, 60 };

  g_assert_cmpstr (p->name, ==, "all");
  g_assert_cmpstr (p->problems, ==, "0-9,12");
  g_assert_cmpuint (p->samples, ==, 16);
  g_assert_cmpuint (p->seed, ==, 11);
  g_assert_cmpuint (p->concurrency, ==, 5);
  g_assert_cmpuint (p->workers, ==, 2);
  g_assert_cmpuint (p->check_timeout_ms, ==, 1500);
  g_assert_cmpint (vervet_options_get (p->benchmark->options, "count")->v.i, ==, 40);
  g_assert_cmpint (vervet_options_get (p->sampler->options, "n")->v.i, ==, 3);
  g_assert_cmpuint (p->checks->len, ==, 2);
  g_assert_cmpstr (((VervetBinding *)g_ptr_array_index (p->checks, 0))->role, ==, "numeric");
  g_assert_cmpstr (((VervetBinding *)g_ptr_array_index (p->checks, 1))->role, ==, "strict");
  g_assert_cmpstr (model->role, ==, "model");
  g_assert_true (model->temperature == 0.7 && model->top_p == 0.9 && model->min_p == 0.1 && model->timeout_s == 2.5);
  g_assert_true (model->top_k == 40 && model->max_tokens == 512);
  g_assert_true (model->price_input == 1 && model->price_cached == 0.5 && model->price_output == 4);
  g_assert_cmpstr (vervet_options_get (model->options, "key")->v.s.ptr, ==, "s3cret-value");
  g_assert_cmpstr (reward->reference_field, ==, "question");
  g_assert_false (reward->gold);
  for (guint i = 0; i < 7; i++)
    g_assert_cmpfloat (p->caps[i], ==, caps[i]);
  g_assert_cmpfloat (p->trial_caps[0], ==, 7);
  g_assert_true (isinf (p->trial_caps[1]));
  g_assert_false (p->oracle);
  g_assert_false (p->one_call);
  g_assert_null (strstr (p->spec, "s3cret"));
  g_assert_null (strstr (p->spec, "VERVET_TEST_KEY"));
}

static void
test_defaults (void)
{
  g_autoptr (VervetPlan) p = plan ("{" BASE "}");
  const VervetBinding *model = g_ptr_array_index (p->roles, 0);

  g_assert_cmpstr (p->name, ==, "simulated-simulated");
  g_assert_cmpstr (p->sampler->info->id, ==, "repeated");
  g_assert_true (p->samples == 1 && p->seed == 1 && p->concurrency == 0 && p->workers == 0
                 && p->check_timeout_ms == 10000);
  g_assert_true (p->one_call && !p->oracle && !p->stopping && !p->problems && !p->arm);
  g_assert_true (isnan (model->price_input) && model->temperature == 0 && model->max_tokens == 0);
  for (guint i = 0; i < 7; i++)
    g_assert_true (isinf (p->caps[i]) && isinf (p->trial_caps[i]));
}

static void
test_oracle (void)
{
  g_autoptr (VervetPlan) p = plan (
      "{ \"benchmark\": \"simulated\", \"sampler\": \"fx-spy\", \"models\": { \"reward\": { \"use\": \"numeric\", "
      "\"reference\": \"gold\" } } }");

  g_assert_true (p->oracle);
}

/* ---- What is refused
 * ------------------------------------------------------------------------------------------------------- */
static void
test_refusals (void)
{
  static const struct {
    const char *text, *message;
  } cases[] = {
    { "[]", "e.json:1:1: " },
    { "{ \"benchmark\": \"simulated\", ", "e.json:1:" },
    { "{ \"models\": {} }", "there is no \"benchmark\"" },
    { "{\n  \"benchmark\": \"simulated\",\n  \"smapler\": \"repeated\" }",
      "e.json:3:14: unknown key \"smapler\" in the experiment; did you mean \"sampler\"?" },
    { "{" BASE ", \"budget\": { \"call\": 1 } }", "did you mean \"calls\"?" },
    { "{" BASE ", \"budget\": 7 }", "budget is an object" },
    { "{" BASE ", \"budget\": { \"calls\": \"many\" } }", "\"calls\" is a number" },
    { "{" BASE ", \"budget\": { \"calls\": -1 } }", "\"calls\" lies between 0" },
    { "{" BASE ", \"seed\": 1.5 }", "\"seed\" is a whole number" },
    { "{" BASE ", \"seed\": -1 }", "\"seed\" lies between 0" },
    { "{" BASE ", \"concurrency\": 0 }", "\"concurrency\" lies between 1" },
    { "{" BASE ", \"workers\": 5000 }", "\"workers\" lies between 1" },
    { "{" BASE ", \"check-timeout\": 0 }", "\"check-timeout\" lies between" },
    { "{" BASE ", \"name\": 3 }", "\"name\" is a line of text" },
    { "{" BASE ", \"name\": \"\" }", "\"name\" is a line of text" },
    { "{" BASE ", \"name\": \"a\\nb\" }", "\"name\" is a line of text" },
    { "{" BASE ", \"description\": 3 }", "\"description\"" },
    { "{" BASE ", \"sampler\": { \"use\": \"repeated\", \"samples\": 0 } }", "samples" },
    { "{" BASE ", \"sampler\": { \"use\": \"repeated\", \"samples\": 16777216 } }", "samples" },
    { "{ \"benchmark\": \"simulated\", \"models\": { \"model\": \"simulated\", \"reward\": \"numeric\" }, \"sampler\": "
      "{ \"use\": \"fx-best\", \"samples\": 0 } }",
      "\"samples\" lies between 1 and 16777215" },
    { "{" BASE ", \"sampler\": 4 }", "\"sampler\" is an id or an object" },
    { "{" BASE ", \"sampler\": \"repaeted\" }", "did you mean \"repeated\"?" },
    { "{" BASE ", \"sampler\": \"numeric\" }", "numeric" },
    { "{" BASE ", \"verifiers\": [\"numeric\", \"numeric\"] }", "two verifiers are called \"numeric\"" },
    { "{" BASE ", \"verifiers\": [7] }", "an entry of \"verifiers\" is an id" },
    { "{" BASE ", \"verifiers\": { \"use\": \"numeric\", \"name\": 5 } }", "\"name\"" },
    { "{" BASE ", \"verifiers\": \"repeated\" }", "repeated" },
    { "{ \"benchmark\": \"simulated\", \"models\": { \"model\": { \"use\": \"simulated\", \"alhpa\": 1 } } }",
      "alpha" },
    { "{ \"benchmark\": \"simulated\", \"models\": { \"model\": { \"use\": \"simulated\", \"alpha\": -1 } } }",
      "alpha" },
    { "{ \"benchmark\": \"simulated\", \"models\": { \"model\": { \"use\": \"simulated\", \"temperature\": 101 } } }",
      "\"temperature\" lies between" },
    { "{ \"benchmark\": \"simulated\", \"models\": { \"model\": { \"use\": \"simulated\", \"max-tokens\": 0 } } }",
      "\"max-tokens\" lies between" },
    { "{ \"benchmark\": \"simulated\", \"models\": { \"model\": { \"use\": \"simulated\", \"reference\": \"silver\" } "
      "} }",
      "\"reference\" is \"gold\"" },
    { "{ \"benchmark\": \"simulated\", \"models\": { \"model\": { \"use\": \"fx-blocking\", \"key\": "
      "\"${VERVET_TEST_UNSET}\" } } }",
      "VERVET_TEST_UNSET" },
    { "{ \"benchmark\": \"simulated\", \"models\": { \"model\": \"numeric\" } }", "wants a model there" },
    { "{ \"benchmark\": \"simulated\", \"models\": [] }", "\"models\" is an object of roles" },
    { "{ \"benchmark\": \"simulated\" }", "needs the role \"model\"" },

    { "{ \"benchmark\": { \"use\": \"simulated\", \"problems\": \"5-2\" }, \"models\": { \"model\": \"simulated\" } }",
      "\"problems\" is a number of problems or a list" },
    { "{ \"benchmark\": { \"use\": \"simulated\", \"problems\": 0 }, \"models\": { \"model\": \"simulated\" } }",
      "\"problems\" is a number of problems or a list" },
    { "{" BASE ", \"budget\": { \"usd\": 1 } }", "needs prices: give models.model \"price-input\"" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    assert_refused (cases[i].text, cases[i].message);
}

static void
test_load (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("vervet-XXXXXX", &error), *path = g_build_filename (folder, "e.json", NULL);
  g_autoptr (VervetExperiment) experiment = NULL;

  g_assert_null (vervet_experiment_load ("/nonexistent/e.json", &error));
  g_assert_nonnull (strstr (error->message, "/nonexistent/e.json"));
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (path, "{ \"name\": \"n\" }", -1, NULL));
  experiment = vervet_experiment_load (path, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (vervet_experiment_name (experiment), ==, "n");
  g_unlink (path);
  g_rmdir (folder);
}

/* ---- --set
 * ------------------------------------------------------------------------------------------------------------------ */
static void
test_set (void)
{
  g_autoptr (VervetExperiment) e = vervet_experiment_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  g_assert_true (vervet_experiment_set (e, "benchmark", "simulated", &error));
  g_assert_true (vervet_experiment_set (e, "benchmark.count", "5", &error));
  g_assert_true (vervet_experiment_set (e, "models.model", "simulated", &error));
  g_assert_true (vervet_experiment_set (e, "models.model.alpha", "0.25", &error));
  g_assert_true (vervet_experiment_set (e, "sampler", "repeated", &error));
  g_assert_true (vervet_experiment_set (e, "sampler.samples", "64", &error));
  g_assert_true (vervet_experiment_set (e, "name", "12", &error));
  g_assert_true (vervet_experiment_set (e, "name", "a b", &error));
  g_assert_true (vervet_experiment_set (e, "verifiers", "[\"numeric\"]", &error));
  g_assert_no_error (error);
  text = vervet_json_to_canonical ((VervetJson *)vervet_experiment_json (e));
  g_assert_cmpstr (text, ==,
                   "{\"benchmark\":{\"count\":5,\"use\":\"simulated\"},\"models\":{\"model\":{\"alpha\":0.25,\"use\":"
                   "\"simulated\"}},"
                   "\"name\":\"a b\",\"sampler\":{\"samples\":64,\"use\":\"repeated\"},\"verifiers\":[\"numeric\"]}");
  g_assert_false (vervet_experiment_set (e, "", "1", &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
}

static void
test_set_inside_verifiers (void)
{
  g_autoptr (VervetExperiment) e = parse ("{" BASE ", \"verifiers\": \"numeric\" }");
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetPlan) p = NULL;

  g_assert_true (vervet_experiment_set (e, "verifiers.name", "n", &error));
  p = vervet_plan_new (registry, e, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (((VervetBinding *)g_ptr_array_index (p->checks, 0))->role, ==, "n");
}

/* ---- Axes
 * --------------------------------------------------------------------------------------------------------------------
 */
static void
test_no_axis (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetExperiment) e = parse ("{" BASE ", \"verifiers\": [\"numeric\", \"exact\"] }");
  g_autoptr (GPtrArray) arms = vervet_experiment_arms (e, registry, &error);
  static const guint8 zero[16];

  g_assert_no_error (error);
  g_assert_cmpuint (arms->len, ==, 1);
  g_assert_null (vervet_experiment_arm (arms->pdata[0]));
  g_assert_null (vervet_experiment_name (arms->pdata[0]));
  g_assert_cmpmem (vervet_experiment_sweep (arms->pdata[0]), 16, zero, 16);
}

static void
test_axes (void)
{
  static const char *const names[] = { "s alpha=0.5 samples=4", "s alpha=0.5 samples=8", "s alpha=0.5 samples=16",
                                       "s alpha=1.5 samples=4", "s alpha=1.5 samples=8", "s alpha=1.5 samples=16" };
  static const guint8 zero[16];
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetExperiment) e =
      parse ("{ \"name\": \"s\", \"benchmark\": \"simulated\", \"models\": { \"model\": { \"use\": \"simulated\", "
             "\"alpha\": [0.5, 1.5] } }, \"sampler\": { \"use\": \"repeated\", \"samples\": [4, 8, 16] } }");
  g_autoptr (GPtrArray) arms = vervet_experiment_arms (e, registry, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (arms->len, ==, 6);
  for (guint i = 0; i < 6; i++) {
    g_autoptr (VervetPlan) p = vervet_plan_new (registry, arms->pdata[i], &error);
    g_autofree char *arm =
        g_strdup_printf ("{\"models.model.alpha\":%s,\"sampler.samples\":%d}", i < 3 ? "0.5" : "1.5", 4 << i % 3);

    g_assert_no_error (error);
    g_assert_cmpstr (p->name, ==, names[i]);
    g_assert_cmpuint (p->samples, ==, 4u << i % 3);
    g_assert_cmpstr (p->arm, ==, arm);
    g_assert_cmpmem (p->sweep, 16, vervet_experiment_sweep (arms->pdata[0]), 16);
    g_assert_true (memcmp (p->sweep, zero, 16) != 0);
    g_assert_cmpfloat (vervet_options_get (((VervetBinding *)p->roles->pdata[0])->options, "alpha")->v.f, ==,
                       i < 3 ? 0.5 : 1.5);
  }
}

static void
test_axis_of_components (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetExperiment) e =
      parse ("{ \"benchmark\": \"simulated\", \"models\": { \"model\": [\"simulated\", { \"use\": \"fx-blocking\", "
             "\"flavour\": \"x\" }] } }");
  g_autoptr (GPtrArray) arms = vervet_experiment_arms (e, registry, &error);

  g_assert_cmpuint (arms->len, ==, 2);
  g_assert_cmpstr (vervet_experiment_name (arms->pdata[0]), ==, "model=simulated");
  g_assert_cmpstr (vervet_experiment_name (arms->pdata[1]), ==, "model=fx-blocking");
}

static void
test_bad_axes (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetExperiment) none = parse ("{\n \"seed\": [] }");
  g_autoptr (GString) many = g_string_new ("{ \"seed\": [1");

  g_assert_null (vervet_experiment_arms (none, registry, &error));
  g_assert_nonnull (strstr (error->message, "e.json:2:10: seed: an empty list"));
  g_clear_error (&error);
  for (guint i = 2; i <= 10001; i++)
    g_string_append_printf (many, ",%u", i);
  g_string_append (many, "] }");
  {
    g_autoptr (VervetExperiment) e = parse (many->str);

    g_assert_null (vervet_experiment_arms (e, registry, &error));
    g_assert_nonnull (strstr (error->message, "10,000"));
  }
}

/* ---- Fingerprint
 * ---------------------------------------------------------------------------------------------------------------- */
static void
test_fingerprint (void)
{
  static const struct {
    const char *path, *value, *difference; /* NULL: outside */
  } cases[] = {
    { "sampler.samples", "9", NULL },
    { "benchmark.problems", "3", NULL },
    { "budget", "{ \"calls\": 3 }", NULL },
    { "trial-budget", "{ \"calls\": 30 }", NULL },
    { "concurrency", "3", NULL },
    { "workers", "3", NULL },
    { "check-timeout", "3", NULL },
    { "name", "other", NULL },
    { "description", "other", NULL },
    { "verifiers", "exact", NULL },
    { "models.model.price-input", "3", NULL },
    { "models.model.price-cached", "3", NULL },
    { "models.model.price-output", "3", NULL },
    { "models.model.timeout", "3", NULL },
    { "models.model.latency-ms", "3", NULL },
    { "models.model.alpha", "0.25", "models.model.options.alpha" },
    { "models.model.temperature", "0.25", "models.model.temperature" },
    { "models.model.top-p", "0.25", "models.model.top-p" },
    { "models.model.min-p", "0.25", "models.model.min-p" },
    { "models.model.top-k", "5", "models.model.top-k" },
    { "models.model.max-tokens", "5", "models.model.max-tokens" },
    { "models.model.reference", "field:question", "models.model.reference" },
    { "benchmark.seed", "17", "benchmark.options.seed" },
    { "seed", "17", "seed" },
  };
  g_autoptr (VervetPlan) base = plan ("{" BASE ", \"sampler\": { \"use\": \"repeated\" } }");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (VervetPlan) other = plan_set (cases[i].path, cases[i].value);
    g_auto (GStrv) differences = vervet_plan_differences (other, base->spec);
    gboolean is_same = memcmp (base->fingerprint, other->fingerprint, 16) == 0;
    g_autofree char *joined = g_strjoinv (",", differences);

    if (is_same != !cases[i].difference)
      g_error ("%s is %s the fingerprint", cases[i].path, is_same ? "outside" : "inside");
    g_assert_cmpstr (joined, ==, cases[i].difference ? cases[i].difference : "");
  }
}

/* A key that only the stored run has is a difference too. */
static void
test_differences_both_ways (void)
{
  g_autoptr (VervetPlan) plain = plan ("{" BASE "}");
  g_autoptr (VervetPlan) hot = plan_set ("models.model.temperature", "0.5");
  g_auto (GStrv) there = vervet_plan_differences (hot, plain->spec), back = vervet_plan_differences (plain, hot->spec);

  g_assert_cmpuint (g_strv_length (there), ==, 1);
  g_assert_cmpuint (g_strv_length (back), ==, 1);
  g_assert_cmpstr (back[0], ==, "models.model.temperature");
}

static void
test_fingerprint_of_sampler (void)
{
  static const char *const with = "{ \"benchmark\": \"simulated\", \"models\": { \"model\": { \"use\": "
                                  "\"fx-blocking\", \"key\": \"%s\", \"sleep-ms\": %d }, "
                                  "\"reward\": \"numeric\" }, \"sampler\": { \"use\": \"fx-best\", \"n\": %d } }";
  g_autofree char *a = g_strdup_printf (with, "one", 1, 3), *b = g_strdup_printf (with, "two", 2, 3),
                  *c = g_strdup_printf (with, "one", 1, 4);
  g_autoptr (VervetPlan) p = plan (a), q = plan (b), r = plan (c);
  g_auto (GStrv) differences = vervet_plan_differences (r, p->spec);

  g_assert_cmpmem (p->fingerprint, 16, q->fingerprint, 16); /* neither secrets nor what cannot change results */
  g_assert_cmpstr (differences[0], ==, "sampler.options.n");
  g_assert_null (strstr (p->spec, "\"one\""));
}

/* ---- Problem lists
 * ---------------------------------------------------------------------------------------------------------------- */
static void
assert_problems (const char *list, gint64 count, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) all = vervet_parse_problems (list, count, &error);
  g_autoptr (GString) got = g_string_new (NULL);

  for (guint i = 0; all && i < all->len; i++)
    g_string_append_printf (got, "%s%d", i ? " " : "", (int)g_array_index (all, gint64, i));
  if (!all)
    g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
  g_assert_cmpstr (all ? got->str : "refused", ==, expected);
}

static void
test_problem_lists (void)
{
  assert_problems ("0", 5, "0");
  assert_problems ("0-4", 5, "0 1 2 3 4");
  assert_problems ("3-", 5, "3 4");
  assert_problems ("4,0-1, 1 ,4", 5, "0 1 4");
  assert_problems ("0-0", 5, "0");
  assert_problems ("0-5", 5, "refused");
  assert_problems ("5", 5, "refused");
  assert_problems ("2-1", 5, "refused");
  assert_problems ("-1", 5, "refused");
  assert_problems ("", 5, "refused");
  assert_problems ("1,,2", 5, "refused");
  assert_problems ("1-2-3", 5, "refused");
  assert_problems ("1x", 5, "refused");
  assert_problems ("0x2", 5, "refused");
  assert_problems ("99999999999999999999", 5, "refused");
  assert_problems ("7-9", -1, "7 8 9");
  assert_problems ("7-", -1, "refused");
  assert_problems ("0-99999999999", -1, "refused");
  assert_problems ("0-", 0, "refused");
}

static void
test_reverify (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetExperiment) e = parse ("{ \"verifiers\": [\"exact\"], \"workers\": 2 }"),
                               bad = parse ("{ \"seed\": 2 }"), none = parse ("{}");
  g_autoptr (VervetPlan) p = vervet_plan_new_reverify (registry, e, "run", &error);

  g_assert_no_error (error);
  g_assert_cmpstr (p->name, ==, "run");
  g_assert_cmpuint (p->checks->len, ==, 1);
  g_assert_null (vervet_plan_new_reverify (registry, bad, "run", &error));
  g_assert_nonnull (strstr (error->message, "unknown key \"seed\""));
  g_clear_error (&error);
  g_assert_null (vervet_plan_new_reverify (registry, none, "run", &error));
  g_assert_nonnull (strstr (error->message, "at least one verifier"));
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  int status;

  g_test_init (&argc, &argv, NULL);
  g_setenv ("VERVET_TEST_KEY", "s3cret-value", TRUE);
  g_unsetenv ("VERVET_TEST_UNSET");
  registry = vervet_registry_new (VERVET_REGISTRY_NO_CACHE, &error);
  g_assert_no_error (error);
  g_test_add_func ("/experiment/every-key", test_every_key);
  g_test_add_func ("/experiment/defaults", test_defaults);
  g_test_add_func ("/experiment/oracle", test_oracle);
  g_test_add_func ("/experiment/refusals", test_refusals);
  g_test_add_func ("/experiment/load", test_load);
  g_test_add_func ("/experiment/set", test_set);
  g_test_add_func ("/experiment/set-inside-verifiers", test_set_inside_verifiers);
  g_test_add_func ("/experiment/no-axis", test_no_axis);
  g_test_add_func ("/experiment/axes", test_axes);
  g_test_add_func ("/experiment/axis-of-components", test_axis_of_components);
  g_test_add_func ("/experiment/bad-axes", test_bad_axes);
  g_test_add_func ("/experiment/fingerprint", test_fingerprint);
  g_test_add_func ("/experiment/differences-both-ways", test_differences_both_ways);
  g_test_add_func ("/experiment/fingerprint-of-sampler", test_fingerprint_of_sampler);
  g_test_add_func ("/experiment/problem-lists", test_problem_lists);
  g_test_add_func ("/experiment/reverify", test_reverify);
  status = g_test_run ();
  vervet_registry_unref (registry);
  return status;
}
