/* The model "simulated" and its benchmark, and the sampler "repeated" driven by a host of a few lines. */
#include <math.h>
#include <string.h>

#include "plugin-harness.h"

#define simulated(...) harness_new (PLUGIN_MODEL_SIMULATED, VV_KIND_MODEL, "simulated", ##__VA_ARGS__, NULL)

static HarnessCall *
ask (Harness *model, const char *prompt, guint64 seed, guint n)
{
  const vv_message message = { .role = "user", .text = vv_s (prompt) };
  const vv_request request = {
    .struct_size = sizeof request, .op = VV_OP_GENERATE, .n = n, .messages = &message, .n_messages = 1, .seed = seed
  };

  return harness_call_new (model, &request);
}

static guint
answer_of (const HarnessChoice *choice)
{
  const char *at = g_strrstr (choice->text, "The answer is ");

  return at ? (guint)g_ascii_strtoull (at + strlen ("The answer is "), NULL, 10) : 0;
}

/* Reference of problem @i, the prompt in *prompt. */
static guint
problem_at (Harness *benchmark, gint64 i, char **prompt)
{
  g_autofree char *reference = NULL;
  vv_problem problem;

  g_assert_cmpint (harness_problem (benchmark, i, &problem), ==, VV_OK);
  *prompt = g_strndup (problem.messages[0].text.ptr, problem.messages[0].text.len);
  reference = g_strndup (problem.reference.ptr, problem.reference.len);
  return (guint)g_ascii_strtoull (reference, NULL, 10);
}

static Harness *
problems (const char *seed)
{
  return harness_new (PLUGIN_BENCHMARK_SIMULATED, VV_KIND_BENCHMARK, "simulated", "seed", seed, NULL);
}

/* ---- What it says ------------------------------------------------------------------------------------------------ */

static void
test_pure (void)
{
  g_autoptr (Harness) model = simulated (), other = simulated ();
  g_autoptr (HarnessCall) four = ask (model, "a prompt", 100, 4), third = ask (other, "a prompt", 102, 1);
  g_autoptr (HarnessCall) elsewhere = ask (model, "another prompt", 100, 1);

  g_assert_cmpuint (four->choices->len, ==, 4);
  g_assert_cmpstr (harness_call_choice (four, 2)->text, ==, harness_call_choice (third, 0)->text);
  g_assert_cmpstr (harness_call_choice (four, 0)->text, !=, harness_call_choice (four, 1)->text);
  g_assert_cmpstr (harness_call_choice (four, 0)->text, !=, harness_call_choice (elsewhere, 0)->text);
}

/* The benchmark's reference is what the model holds for true, and the two never talk. */
static void
test_success (void)
{
  g_autoptr (Harness) always = simulated ("success", "1"), never = simulated ("success", "0");
  g_autoptr (Harness) benchmark = problems ("7");

  for (gint64 i = 0; i < 200; i++) {
    g_autofree char *prompt = NULL;
    guint truth = problem_at (benchmark, i, &prompt);
    g_autoptr (HarnessCall) right = ask (always, prompt, (guint64)i, 3), wrong = ask (never, prompt, (guint64)i, 3);

    for (guint k = 0; k < 3; k++) {
      g_assert_cmpuint (answer_of (harness_call_choice (right, k)), ==, truth);
      g_assert_cmpuint (answer_of (harness_call_choice (wrong, k)), !=, truth);
      g_assert_cmpuint (answer_of (harness_call_choice (wrong, k)), >=, 1000);
    }
  }
}

/* 2 000 problems, 20 draws each, against the moments of Beta (1, 3): mean 1/4, variance 3/80, and the chance that two
 * draws of a problem are both right, E p^2 = 1/10. */
static void
test_beta_law (void)
{
  enum { PROBLEMS = 2000, DRAWS = 20 };
  g_autoptr (Harness) model = simulated ("alpha", "1", "beta", "3"), benchmark = problems ("1");
  double mean = 0, pairs = 0;

  for (gint64 i = 0; i < PROBLEMS; i++) {
    g_autofree char *prompt = NULL;
    guint truth = problem_at (benchmark, i, &prompt);
    g_autoptr (HarnessCall) call = ask (model, prompt, (guint64)i * 1000, DRAWS);
    guint right = 0;

    for (guint k = 0; k < DRAWS; k++)
      right += answer_of (harness_call_choice (call, k)) == truth;
    mean += (double)right / DRAWS / PROBLEMS;
    pairs += (double)right * (right - 1.0) / (DRAWS * (DRAWS - 1.0)) / PROBLEMS;
  }
  /* Standard errors are about .0047 and .0032. */
  g_assert_cmpfloat (fabs (mean - 0.25), <, 0.019);
  g_assert_cmpfloat (fabs (pairs - 0.1), <, 0.013);
}

/* Wrong answers: as many as asked for, the first the likeliest, in the ratio of the option. */
static void
test_wrong_answers (void)
{
  enum { DRAWS = 40000 };
  g_autoptr (Harness) model = simulated ("success", "0", "wrong-answers", "3", "wrong-ratio", "0.5");
  g_autoptr (HarnessCall) call = ask (model, "which?", 5, DRAWS);
  g_autoptr (GHashTable) counts = g_hash_table_new (NULL, NULL);
  g_autoptr (GList) values = NULL;
  guint sorted[3] = { 0 };

  for (guint i = 0; i < DRAWS; i++) {
    const HarnessChoice *choice = g_ptr_array_index (call->choices, i);
    gpointer key = GUINT_TO_POINTER (answer_of (choice));

    g_hash_table_insert (counts, key, GUINT_TO_POINTER (GPOINTER_TO_UINT (g_hash_table_lookup (counts, key)) + 1));
  }
  g_assert_cmpuint (g_hash_table_size (counts), ==, 3);
  values = g_hash_table_get_values (counts);
  for (GList *l = values; l; l = l->next) {
    guint n = GPOINTER_TO_UINT (l->data);

    for (guint i = 0; i < 3; i++)
      if (n > sorted[i]) {
        guint t = sorted[i];

        sorted[i] = n;
        n = t;
      }
  }
  /* 4/7, 2/7, 1/7; five standard errors are about 500. */
  g_assert_cmpfloat (fabs (sorted[0] - DRAWS * 4 / 7.0), <, 500);
  g_assert_cmpfloat (fabs (sorted[1] - DRAWS * 2 / 7.0), <, 500);
  g_assert_cmpfloat (fabs (sorted[2] - DRAWS / 7.0), <, 500);
}

static void
test_lengths (void)
{
  enum { DRAWS = 20000 };
  g_autoptr (Harness) model = simulated ("output-tokens", "100", "output-sigma", "0.5", "text-bytes", "400");
  g_autoptr (HarnessCall) call = ask (model, "how long?", 1, DRAWS);
  double tokens = 0, bytes = 0, logs = 0, squares = 0;

  for (guint i = 0; i < DRAWS; i++) {
    const HarnessChoice *choice = g_ptr_array_index (call->choices, i);
    double l = log ((double)choice->usage.output);

    tokens += (double)choice->usage.output / DRAWS;
    bytes += (double)choice->text_len / DRAWS;
    logs += l / DRAWS;
    squares += l * l / DRAWS;
  }
  g_assert_cmpfloat (fabs (tokens - 100), <, 2);
  g_assert_cmpfloat (fabs (sqrt (squares - logs * logs) - 0.5), <, 0.02);
  g_assert_cmpfloat (fabs (bytes - 400), <, 20);
}

static void
test_limits (void)
{
  static const vv_str stops[] = { { "answer", 6 }, { "", 0 } };
  const vv_message message = { .role = "user", .text = { "a prompt", 8 } };
  g_autoptr (Harness) model = simulated ("output-tokens", "100", "output-sigma", "0", "success", "0.4");
  vv_request request = { .struct_size = sizeof request, .op = VV_OP_GENERATE, .messages = &message, .n_messages = 1 };
  g_autoptr (HarnessCall) cut = NULL, stopped = NULL, kept = NULL, greedy = NULL, again = NULL;

  request.max_tokens = 50;
  cut = harness_call_new (model, &request);
  g_assert_cmpint (harness_call_choice (cut, 0)->finish, ==, VV_FIN_LENGTH);
  g_assert_cmpuint (harness_call_choice (cut, 0)->usage.output, ==, 50);
  g_assert_cmpuint (answer_of (harness_call_choice (cut, 0)), ==, 0);
  request.max_tokens = 0;
  request.stop = stops;
  request.n_stop = 2;
  stopped = harness_call_new (model, &request);
  g_assert_cmpint (harness_call_choice (stopped, 0)->finish, ==, VV_FIN_STOP);
  g_assert_true (g_str_has_suffix (harness_call_choice (stopped, 0)->text, "The "));
  request.flags = VV_KEEP_STOP;
  kept = harness_call_new (model, &request);
  g_assert_true (g_str_has_suffix (harness_call_choice (kept, 0)->text, "The answer"));
  request.n_stop = 0;
  request.flags = VV_GREEDY;
  greedy = harness_call_new (model, &request);
  request.seed = 12345;
  again = harness_call_new (model, &request);
  g_assert_cmpstr (harness_call_choice (greedy, 0)->text, ==, harness_call_choice (again, 0)->text);
}

/* As a reward model with noise 0.5: AUROC is Phi (sqrt 2) = .9214. */
static void
test_scores (void)
{
  enum { PROBLEMS = 400, EACH = 8 };
  g_autoptr (Harness) model = simulated ("success", "0.5", "score-noise", "0.5"), benchmark = problems ("3");
  g_autoptr (GArray) right = g_array_new (FALSE, FALSE, sizeof (double)),
                     wrong = g_array_new (FALSE, FALSE, sizeof (double));
  double wins = 0;

  for (gint64 i = 0; i < PROBLEMS; i++) {
    g_autofree char *prompt = NULL;
    guint truth = problem_at (benchmark, i, &prompt);
    g_autoptr (HarnessCall) call = ask (model, prompt, 0, EACH), scored = NULL;
    const vv_message message = { .role = "user", .text = vv_s (prompt) };
    vv_request request = {
      .struct_size = sizeof request, .op = VV_OP_SCORE, .messages = &message, .n_messages = 1, .n_texts = EACH
    };
    vv_str texts[EACH];

    for (guint k = 0; k < EACH; k++)
      texts[k] = vv_s (harness_call_choice (call, k)->text);
    request.texts = texts;
    scored = harness_call_new (model, &request);
    g_assert_cmpuint (harness_call_choice (scored, 0)->scores->len, ==, EACH);
    for (guint k = 0; k < EACH; k++)
      g_array_append_val (answer_of (harness_call_choice (call, k)) == truth ? right : wrong,
                          g_array_index (harness_call_choice (scored, 0)->scores, double, k));
  }
  for (guint i = 0; i < right->len; i++)
    for (guint k = 0; k < wrong->len; k++)
      wins += g_array_index (right, double, i) > g_array_index (wrong, double, k);
  g_assert_cmpfloat (fabs (wins / right->len / wrong->len - 0.9214), <, 0.02);
}

static void
test_failures (void)
{
  g_autoptr (Harness) model = simulated ("fail-rate", "0.3", "fail-with", "timeout", "retry-after-ms", "250");
  guint failed = 0;

  for (guint i = 0; i < 2000; i++) {
    g_autoptr (HarnessCall) call = ask (model, "a prompt", 1, 1); /* the very same request: some pass */

    failed += call->status < 0;
    if (call->status < 0) {
      g_assert_cmpint (call->status, ==, VV_E_TIMEOUT);
      g_assert_cmpint (call->retry_after_ms, ==, 250);
      g_assert_cmpuint (call->choices->len, ==, 0);
    }
  }
  g_assert_cmpuint (failed, >, 500);
  g_assert_cmpuint (failed, <, 700);
}

/* ---- In flight --------------------------------------------------------------------------------------------------- */

/* With latency the texts are the same ones, and thousands wait at a time. */
static void
test_latency (void)
{
  enum { CALLS = 1000 };
  g_autoptr (Harness) slow = simulated ("latency-ms", "20", "token-latency-ms", "0.1", "jitter", "0.5"),
                      fast = simulated ();
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func ((GDestroyNotify)harness_call_free);
  const vv_message message = { .role = "user", .text = { "a prompt", 8 } };
  vv_request *requests = g_new0 (vv_request, CALLS);

  for (guint i = 0; i < CALLS; i++) {
    requests[i] = (vv_request){
      .struct_size = sizeof requests[i], .op = VV_OP_GENERATE, .n = 3, .messages = &message, .n_messages = 1, .seed = i
    };
    g_ptr_array_add (calls, harness_call_new (slow, &requests[i]));
  }
  for (guint i = 0; i < CALLS; i++) {
    HarnessCall *call = g_ptr_array_index (calls, i);
    g_autoptr (HarnessCall) same = harness_call_new (fast, &requests[i]);

    harness_call_wait (slow, call);
    g_assert_cmpint (call->status, ==, VV_OK);
    for (guint k = 0; k < 3; k++)
      g_assert_cmpstr (harness_call_choice (call, k)->text, ==, harness_call_choice (same, k)->text);
  }
  g_free (requests);
}

static void
test_cancel (void)
{
  g_autoptr (Harness) model = simulated ("latency-ms", "3600000", "success", "1");
  const vv_model_iface *iface = model->component->iface;
  const vv_message message = { .role = "user", .text = { "a prompt", 8 } };
  const vv_request request = {
    .struct_size = sizeof request, .op = VV_OP_GENERATE, .n = 4, .messages = &message, .n_messages = 1
  };
  g_autoptr (HarnessCall) call = harness_call_new (model, &request), left = harness_call_new (model, &request);

  iface->cancel (model->self, call->job, 2);
  iface->cancel (model->self, call->job, 2);
  iface->cancel (model->self, call->job, 77); /* there is none */
  iface->cancel (model->self, call->job, UINT32_MAX);
  harness_call_wait (model, call);
  g_assert_cmpint (call->status, ==, VV_OK);
  g_assert_cmpuint (call->choices->len, ==, 4);
  for (guint k = 0; k < 4; k++) {
    g_assert_cmpint (harness_call_choice (call, k)->finish, ==, VV_FIN_CANCELLED);
    g_assert_cmpuint (answer_of (harness_call_choice (call, k)), ==, 0);
  }
  iface->release (model->self, left->job); /* freed with an hour to go */
}

typedef struct {
  Harness *model;
  guint seed;
} Racer;

/* Cancels while answers arrive: whichever is first, each choice comes once and done comes last (the harness checks). */
static gpointer
race (gpointer data)
{
  Racer *racer = data;
  const vv_model_iface *iface = racer->model->component->iface;
  const vv_message message = { .role = "user", .text = { "a prompt", 8 } };

  for (guint i = 0; i < 300; i++) {
    const vv_request request = { .struct_size = sizeof request,
                                 .op = VV_OP_GENERATE,
                                 .n = 5,
                                 .messages = &message,
                                 .n_messages = 1,
                                 .seed = racer->seed + i };
    g_autoptr (HarnessCall) call = harness_call_new (racer->model, &request);

    for (guint k = 0; k < 5; k++)
      iface->cancel (racer->model->self, call->job, (k * 7 + i) % 5);
    harness_call_wait (racer->model, call);
    g_assert_cmpuint (call->choices->len, ==, 5);
  }
  return NULL;
}

static void
test_race (void)
{
  g_autoptr (Harness) model = simulated ("latency-ms", "0.05", "jitter", "1");
  Racer racers[3];
  GThread *threads[3];

  for (guint i = 0; i < 3; i++) {
    racers[i] = (Racer){ model, i * 1000 };
    threads[i] = g_thread_new ("race", race, &racers[i]);
  }
  for (guint i = 0; i < 3; i++)
    g_thread_join (threads[i]);
}

/* ---- The sampler ------------------------------------------------------------------------------------------------- */

typedef struct {
  vv_request request;
  guint steps, candidates, refuse;
  guint64 node;
  int answered;
} Host;

static uint64_t
host_step (void *ctx, const vv_step *step)
{
  Host *host = ctx;

  g_assert_cmpstr (step->role, ==, "model");
  host->request = *step->request;
  host->steps++;
  return host->refuse ? 0 : 41;
}

static uint32_t
host_candidate (void *ctx, const vv_candidate *candidate)
{
  Host *host = ctx;

  host->node = candidate->node;
  return host->candidates++;
}

static void
host_answer (void *ctx, uint32_t number)
{
  ((Host *)ctx)->answered = (int)number;
}

static const vv_message question = { .role = "user", .text = { "q", 1 } };
static const vv_problem one_problem = { .struct_size = sizeof one_problem,
                                        .id = "0",
                                        .messages = &question,
                                        .n_messages = 1 };

/* Runs one trial whose model answers with @status; what the program said last. */
static vv_status
run_trial (Harness *sampler, Host *host, vv_status status, const char *message, vv_error *err)
{
  const vv_program_iface *iface = sampler->component->iface;
  const vv_task task = { .struct_size = sizeof task, .problem = &one_problem, .seed = 1 };
  vv_moves moves = {
    .struct_size = sizeof moves, .ctx = host, .step = host_step, .candidate = host_candidate, .answer = host_answer
  };
  const vv_choice choice = { .struct_size = sizeof choice, .text = { "t", 1 } };
  vv_error why = { .struct_size = sizeof why };
  vv_outcome outcome = { .struct_size = sizeof outcome, .status = status, .id = 41, .choice = &choice, .error = &why };
  gpointer run;
  vv_status said;

  host->answered = -1;
  g_strlcpy (why.message, message, sizeof why.message);
  g_assert_cmpint (iface->begin (sampler->self, &task, &run, err), ==, VV_OK);
  said = iface->ask (run, &moves, err);
  if (said == VV_OK)
    said = iface->tell (run, &outcome, err);
  if (said == VV_OK)
    said = iface->ask (run, &moves, err);
  iface->end (run);
  return said;
}

static void
test_repeated (void)
{
  g_autoptr (Harness) plain = harness_new (PLUGIN_SAMPLER_REPEATED, VV_KIND_SAMPLER, "repeated", NULL);
  g_autoptr (Harness) full = harness_new (PLUGIN_SAMPLER_REPEATED, VV_KIND_SAMPLER, "repeated", "temperature", "0.6",
                                          "top-p", "0.95", "top-k", "40", "min-p", "0.1", "max-tokens", "512", "stop",
                                          "[\"Q:\", \"\\u00e4\\n\"]", "keep-stop", "true", NULL);
  g_autoptr (Harness) zero =
      harness_new (PLUGIN_SAMPLER_REPEATED, VV_KIND_SAMPLER, "repeated", "temperature", "0", "raw", "true", NULL);
  Host host = { 0 };
  vv_error err = { .struct_size = sizeof err };

  g_assert_cmpint (run_trial (plain, &host, VV_OK, "", &err), ==, VV_FINISHED);
  g_assert_cmpuint (host.steps, ==, 1);
  g_assert_cmpuint (host.candidates, ==, 1);
  g_assert_cmpuint (host.node, ==, 41);
  g_assert_cmpint (host.answered, ==, 0);
  g_assert_cmpuint (host.request.op, ==, VV_OP_GENERATE);
  g_assert_cmpuint (host.request.flags, ==, 0);
  g_assert_cmpfloat (host.request.temperature, ==, 0); /* inherit */
  g_assert_true (host.request.messages == &question);
  run_trial (full, &host, VV_OK, "", &err);
  g_assert_cmpfloat (host.request.temperature, ==, 0.6);
  g_assert_cmpfloat (host.request.top_p, ==, 0.95);
  g_assert_cmpfloat (host.request.min_p, ==, 0.1);
  g_assert_cmpuint (host.request.top_k, ==, 40);
  g_assert_cmpuint (host.request.max_tokens, ==, 512);
  g_assert_cmpuint (host.request.n_stop, ==, 2);
  g_assert_cmpmem (host.request.stop[1].ptr, host.request.stop[1].len, "\xc3\xa4\n", 3);
  g_assert_cmpuint (host.request.flags, ==, VV_KEEP_STOP);
  run_trial (zero, &host, VV_OK, "", &err);
  g_assert_cmpuint (host.request.flags, ==, VV_GREEDY | VV_RAW);
}

static void
test_repeated_failures (void)
{
  g_autoptr (Harness) plain = harness_new (PLUGIN_SAMPLER_REPEATED, VV_KIND_SAMPLER, "repeated", NULL);
  g_autoptr (Harness) bad =
      harness_new (PLUGIN_SAMPLER_REPEATED, VV_KIND_SAMPLER, "repeated", "stop", "{\"a\": 1}", NULL);
  vv_error err = { .struct_size = sizeof err };
  Host host = { 0 };

  g_assert_cmpint (run_trial (plain, &host, VV_E_CONTEXT, "the prompt is too long", &err), ==, VV_E_CONTEXT);
  g_assert_cmpstr (err.message, ==, "the prompt is too long");
  g_assert_cmpuint (host.candidates, ==, 0);
  host.refuse = 1;
  g_assert_cmpint (run_trial (plain, &host, VV_OK, "", &err), ==, VV_E_BUDGET);
  g_assert_cmpint (bad->status, ==, VV_E_INVALID);
  g_assert_nonnull (strstr (bad->error.message, "option 'stop' must be a JSON list of strings"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/parts/simulated/pure", test_pure);
  g_test_add_func ("/parts/simulated/success", test_success);
  g_test_add_func ("/parts/simulated/beta-law", test_beta_law);
  g_test_add_func ("/parts/simulated/wrong-answers", test_wrong_answers);
  g_test_add_func ("/parts/simulated/lengths", test_lengths);
  g_test_add_func ("/parts/simulated/limits", test_limits);
  g_test_add_func ("/parts/simulated/scores", test_scores);
  g_test_add_func ("/parts/simulated/failures", test_failures);
  g_test_add_func ("/parts/simulated/latency", test_latency);
  g_test_add_func ("/parts/simulated/cancel", test_cancel);
  g_test_add_func ("/parts/simulated/race", test_race);
  g_test_add_func ("/parts/repeated/requests", test_repeated);
  g_test_add_func ("/parts/repeated/failures", test_repeated_failures);
  return g_test_run ();
}
