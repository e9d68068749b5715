/* Reports of stores made by hand, against enumeration. */
#include <vervet-json.h>
#include <vervet-plugin.h>
#include <vervet-report.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

/* One trial in a letter: what the verdict is, and which answer. '.' is a trial that was not drawn.
 *   A, B   right, answer "A" or "B"        a..z   wrong, that answer
 *   0      no answer     ?  undecided      !  bad reference    #  only a score
 *   e      (as E) error of the verifier    -  a sample without a verdict         X  the trial failed for good */
typedef struct {
  const char *key, *trials, *fields;
} Problem;

typedef struct {
  char *folder, *path;
  VervetStore *store;
  VervetRunRow run;
  VervetCheckRow check;
  gint64 epoch;
} Fixture;

static void
fixture_open (Fixture *f)
{
  GError *error = NULL;

  memset (f, 0, sizeof *f);
  f->folder = g_dir_make_tmp ("vervet-report-XXXXXX", &error);
  g_assert_no_error (error);
  f->path = g_build_filename (f->folder, "run.vervet", NULL);
  f->store = vervet_store_open_write (f->path, &error);
  g_assert_no_error (error);
}

static void
fixture_add_run (Fixture *f, const char *name, const char *spec)
{
  GError *error = NULL;

  memset (f->run.uuid, 0, sizeof f->run.uuid);
  memset (f->run.fingerprint, name[0], sizeof f->run.fingerprint);
  f->run.name = (char *)name;
  f->run.spec = (char *)spec;
  f->run.run_id = 0;
  g_assert_true (vervet_store_add_run (f->store, &f->run, &error));
  g_assert_no_error (error);
  f->check = (VervetCheckRow){ .component = "numeric", .name = "numbers", .options = "{}", .behaviour = 1 };
  memset (f->check.fingerprint, 7, sizeof f->check.fingerprint);
  g_assert_true (vervet_store_add_check (f->store, &f->check, &error));
  g_assert_true (vervet_store_add_epoch (f->store, f->run.run_id, "{}", &f->epoch, &error));
  g_assert_no_error (error);
}

static int
status_of (char trial)
{
  switch (trial) {
  case '0':
    return VV_NO_ANSWER;
  case '?':
    return VV_UNDECIDED;
  case '!':
    return VV_BAD_REFERENCE;
  case '#':
    return VV_SCORED;
  case 'E':
    return VV_E_UNAVAILABLE;
  default:
    return g_ascii_isupper (trial) ? VV_PASS : VV_FAIL;
  }
}

static void
push_trial (Fixture *f, VervetWriter *writer, gint64 member_id, guint trial, char what)
{
  char text[40];
  VervetSampleRow sample = { .member_id = member_id,
                             .epoch_id = f->epoch,
                             .node = -1,
                             .trial = trial,
                             .flags = VERVET_SAMPLE_ANSWER,
                             .finish = what == 'z' ? VV_FIN_LENGTH : VV_FIN_EOS,
                             .in_tok = 10,
                             .out_tok = 7,
                             .seq_tok = 7,
                             .nano_money = 250000000,
                             .call_n = 1,
                             .tries = 1,
                             .logprob = NAN,
                             .score = NAN,
                             .weight = NAN,
                             .seed = -1 };
  VervetVerdictRow verdict = {
    .check_id = f->check.check_id, .member_id = member_id, .counts = TRUE, .score = NAN, .reason = "string"
  };

  g_snprintf (text, sizeof text, "text %c %u", what, g_ascii_islower (what) ? trial : 0);
  if (what == 'X') {
    sample.status = VV_E_UNAVAILABLE;
    sample.flags = 0;
  } else {
    sample.text = text;
    sample.text_len = strlen (text);
  }
  verdict.sample_id = vervet_writer_sample (writer, &sample);
  if (what == 'X' || what == '-')
    return;
  verdict.status = status_of (what);
  if (verdict.status == VV_PASS || verdict.status == VV_FAIL) {
    verdict.answer = &what;
    verdict.answer_len = 1;
  }
  vervet_writer_verdict (writer, &verdict);
}

static void
fixture_fill (Fixture *f, const Problem *problems, guint n)
{
  GError *error = NULL;
  g_autofree VervetProblemRow *rows = g_new0 (VervetProblemRow, n);
  VervetWriter *writer;

  for (guint i = 0; i < n; i++) {
    rows[i] = (VervetProblemRow){ .benchmark = "sums",
                                  .key = problems[i].key,
                                  .fields = problems[i].fields,
                                  .ord = i,
                                  .planned = (gint64)strlen (problems[i].trials) };
    memset (rows[i].hash, (int)i + 1, sizeof rows[i].hash);
  }
  g_assert_true (vervet_store_add_problems (f->store, f->run.run_id, rows, n, &error));
  g_assert_no_error (error);
  writer = vervet_writer_start (f->store, NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < n; i++)
    for (guint t = 0; problems[i].trials[t]; t++)
      if (problems[i].trials[t] != '.')
        push_trial (f, writer, rows[i].member_id, t, problems[i].trials[t]);
  vervet_writer_progress (writer, f->check.check_id, f->run.run_id, 0);
  g_assert_true (vervet_writer_stop (writer, &error));
  g_assert_no_error (error);
}

static VervetReport *
fixture_report (Fixture *f, VervetReportOptions options)
{
  g_autoptr (GError) error = NULL;
  VervetReport *report = vervet_report_new (f->store, &options, &error);

  g_assert_no_error (error);
  return report;
}

static const VervetRunReport *
only_run (const VervetReport *report)
{
  g_assert_cmpuint (report->runs->len, ==, 1);
  return g_ptr_array_index (report->runs, 0);
}

static void
fixture_close (Fixture *f)
{
  g_autoptr (GDir) dir = NULL;

  vervet_store_close (f->store);
  dir = g_dir_open (f->folder, 0, NULL);
  for (const char *name; (name = g_dir_read_name (dir));) {
    g_autofree char *path = g_build_filename (f->folder, name, NULL);

    g_remove (path);
  }
  g_rmdir (f->folder);
  g_free (f->folder);
  g_free (f->path);
}

/* ---- The same by going through all subsets ---- */

static double
majority_of_subset (const char *trials, guint subset)
{
  guint votes[128] = { 0 }, top = 0, tied = 0, right = 0;

  for (guint i = 0; trials[i]; i++)
    if (subset >> i & 1 && g_ascii_isalpha (trials[i])) {
      votes[(int)trials[i]]++;
      top = MAX (top, votes[(int)trials[i]]);
    }
  for (guint i = 0; i < 128 && top; i++)
    if (votes[i] == top) {
      tied++;
      right += g_ascii_isupper ((char)i);
    }
  return tied ? (double)right / tied : 0;
}

/* @trials without those that do not count. NaN when there are fewer than k. */
static double
by_subsets (const char *trials, guint k, gboolean majority)
{
  guint n = (guint)strlen (trials), count = 0;
  double sum = 0;

  for (guint subset = 0; subset < 1u << n; subset++) {
    gboolean any = FALSE;

    if (__builtin_popcount (subset) != (int)k)
      continue;
    for (guint i = 0; i < n; i++)
      any |= subset >> i & 1 && g_ascii_isupper (trials[i]);
    sum += majority ? majority_of_subset (trials, subset) : any;
    count++;
  }
  return count ? sum / count : NAN;
}

/* What is left of the trials: those that count, and with @missing_as the missing ones as that letter. */
static char *
counting (const char *trials, char missing_as)
{
  GString *left = g_string_new (NULL);

  for (const char *t = trials; *t; t++)
    if (g_ascii_isalpha (*t) && *t != 'E' && *t != 'X')
      g_string_append_c (left, *t);
    else if (*t == '0')
      g_string_append_c (left, '0');
    else if (missing_as && strchr (".X-E?", *t))
      g_string_append_c (left, missing_as);
  return g_string_free (left, FALSE);
}

static double
mean_by_subsets (const Problem *problems, guint n, guint k, gboolean majority, char missing_as, guint *rows)
{
  double sum = 0;

  *rows = 0;
  for (guint i = 0; i < n; i++) {
    g_autofree char *left = counting (problems[i].trials, missing_as);
    double value = by_subsets (left, k, majority);

    if (!isnan (value)) {
      sum += value;
      (*rows)++;
    }
  }
  return sum / *rows;
}

static const Problem mixed[] = {
  { "p0", "AAbcAbd0", "{\"level\": 2, \"topic\": \"x\"}" },  { "p1", "aabA.BBB", "{\"level\": 10, \"topic\": \"y\"}" },
  { "p2", "aabb-?XE", "{\"level\": 2, \"topic\": \"x\"}" },  { "p3", "!!!!!!!!", "{\"level\": 1, \"topic\": \"x\"}" },
  { "p4", "00000000", "{\"level\": 10, \"topic\": \"x\"}" }, { "p5", "AAAAAAAz", "{\"level\": 10, \"topic\": \"z\"}" },
};

static void
test_numbers (void)
{
  Fixture f;
  g_autoptr (VervetReport) report = NULL;
  const VervetRunReport *run;
  guint rows;

  fixture_open (&f);
  fixture_add_run (&f, "mixed",
                   "{\"benchmark\":\"jsonl\",\"sampler\":{\"use\":\"repeated\",\"temperature\":0},"
                   "\"models\":{\"model\":{\"use\":\"openai\",\"model\":\"m-1\"}}}");
  fixture_fill (&f, mixed, G_N_ELEMENTS (mixed));
  report = fixture_report (&f, (VervetReportOptions){ .ks = "1-9" });
  run = only_run (report);
  g_assert_cmpstr (run->benchmark, ==, "sums");
  g_assert_cmpstr (run->model, ==, "m-1");
  g_assert_cmpstr (run->sampler, ==, "repeated");
  g_assert_cmpstr (run->verifier, ==, "numbers");
  g_assert_cmpint (run->problems, ==, 6);
  g_assert_cmpint (run->planned, ==, 48);
  g_assert_cmpint (run->trials, ==, 46);
  g_assert_cmpint (run->missing, ==, 2);
  g_assert_cmpint (run->unscored, ==, 2); /* one without a verdict, one with an error */
  g_assert_cmpint (run->prompt_tokens, ==, 460);
  g_assert_cmpint (run->output_tokens, ==, 46 * 7);
  g_assert_cmpfloat_with_epsilon (run->usd, 46 * 0.25, 1e-9);

  g_assert_cmpuint (run->coverage->len, ==, 9);
  g_assert_nonnull (run->majority);
  for (guint i = 0; i < 9; i++) {
    const VervetCurvePoint *point = &g_array_index (run->coverage, VervetCurvePoint, i);
    const VervetCurvePoint *majority = &g_array_index (run->majority, VervetCurvePoint, i);

    g_assert_cmpuint (point->k, ==, i + 1);
    if (i == 8) {
      g_assert_true (isnan (point->estimate.mean) && point->estimate.n_rows == 0);
      continue;
    }
    g_assert_cmpfloat_with_epsilon (point->estimate.mean, mean_by_subsets (mixed, 6, i + 1, FALSE, 0, &rows), 1e-14);
    g_assert_cmpuint (point->estimate.n_rows, ==, rows);
    g_assert_cmpfloat (point->estimate.low, <=, point->estimate.mean);
    g_assert_cmpfloat (point->estimate.high, >=, point->estimate.mean);
    g_assert_cmpfloat_with_epsilon (point->missing_wrong, mean_by_subsets (mixed, 6, i + 1, FALSE, 'q', &rows), 1e-14);
    g_assert_cmpfloat_with_epsilon (point->missing_right, mean_by_subsets (mixed, 6, i + 1, FALSE, 'Q', &rows), 1e-14);
    g_assert_cmpfloat_with_epsilon (majority->estimate.mean, mean_by_subsets (mixed, 6, i + 1, TRUE, 0, &rows), 1e-13);
    g_assert_cmpuint (majority->estimate.n_rows, ==, rows);
  }
  fixture_close (&f);
}

/* ---- Warnings ---- */

static const char *
warning (const VervetRunReport *run, const char *code)
{
  for (guint i = 0; i < run->warnings->len; i++) {
    const VervetWarning *w = g_ptr_array_index (run->warnings, i);

    g_assert_true (g_str_has_suffix (w->message, "."));
    if (!strcmp (w->code, code))
      return w->message;
  }
  return NULL;
}

static void
test_warnings (void)
{
  static const char *const expected[] = { "missing",   "unscored",     "undecided", "bad-reference",
                                          "n-below-k", "few-problems", "truncated" };
  static const char *const absent[] = {
    "oracle", "stopping", "duplicates", "retries", "epochs", "scored", "unverified"
  };
  Fixture f;
  g_autoptr (VervetReport) report = NULL;

  fixture_open (&f);
  fixture_add_run (&f, "mixed", "{}");
  fixture_fill (&f, mixed, G_N_ELEMENTS (mixed));
  report = fixture_report (&f, (VervetReportOptions){ 0 });
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    if (!warning (only_run (report), expected[i]))
      g_error ("no warning \"%s\"", expected[i]);
  for (guint i = 0; i < G_N_ELEMENTS (absent); i++)
    if (warning (only_run (report), absent[i]))
      g_error ("warning \"%s\"", absent[i]);
  g_assert_nonnull (strstr (warning (only_run (report), "missing"), "1 failed for good, 1 were not drawn"));
  fixture_close (&f);
}

static void
test_clean_run (void)
{
  Problem problems[40];
  char keys[40][8];
  Fixture f;
  g_autoptr (VervetReport) report = NULL;

  for (guint i = 0; i < 40; i++) {
    g_snprintf (keys[i], sizeof keys[i], "p%u", i);
    problems[i] = (Problem){ keys[i], i % 3 ? "AbcA" : "abcd", NULL };
  }
  fixture_open (&f);
  fixture_add_run (&f, "clean", "{}");
  fixture_fill (&f, problems, 40);
  report = fixture_report (&f, (VervetReportOptions){ 0 });
  g_assert_cmpuint (only_run (report)->warnings->len, ==, 0);
  g_assert_true (isnan (g_array_index (only_run (report)->coverage, VervetCurvePoint, 0).missing_wrong));
  g_assert_true (only_run (report)->has_fit);
  fixture_close (&f);
}

/* Same texts over and over: a fault of the set-up, unless the temperature is 0. */
static void
test_duplicates (void)
{
  static const Problem same[] = { { "p", "AAAAAAAAAAAAAAAAAAAA", NULL } };
  static const char *const specs[] = {
    "{\"sampler\":{\"use\":\"repeated\",\"options\":{\"temperature\":0.8,\"greedy\":false}}}",
    "{\"models\":{\"model\":{\"use\":\"x\",\"temperature\":0}},\"sampler\":\"repeated\"}"
  };

  for (guint i = 0; i < G_N_ELEMENTS (specs); i++) {
    Fixture f;
    g_autoptr (VervetReport) report = NULL;

    fixture_open (&f);
    fixture_add_run (&f, "same", specs[i]);
    fixture_fill (&f, same, 1);
    report = fixture_report (&f, (VervetReportOptions){ 0 });
    g_assert_cmpint (only_run (report)->duplicates, ==, 19);
    g_assert_cmpint (warning (only_run (report), "duplicates") != NULL, ==, i == 0);
    fixture_close (&f);
  }
}

static void
test_stopping (void)
{
  Fixture f;
  g_autoptr (VervetReport) report = NULL;
  g_autoptr (GString) text = g_string_new (NULL);

  fixture_open (&f);
  f.run.stopping = f.run.oracle = TRUE;
  fixture_add_run (&f, "stops", "{}");
  fixture_fill (&f, mixed, 2);
  report = fixture_report (&f, (VervetReportOptions){ 0 });
  g_assert_cmpuint (only_run (report)->coverage->len, ==, 0);
  g_assert_null (only_run (report)->majority);
  g_assert_false (only_run (report)->has_fit);
  g_assert_nonnull (strstr (warning (only_run (report), "stopping"), "Realised: 7.5 trials a problem, 46.7 %"));
  g_assert_nonnull (warning (only_run (report), "oracle"));
  vervet_report_write_text (report, text, 80, FALSE, FALSE);
  g_assert_nonnull (strstr (text->str, "stopping"));
  fixture_close (&f);
}

/* ---- Groups, choices, errors ---- */

static void
test_groups (void)
{
  static const char *const values[] = { "1", "2", "10" };
  static const gint64 problems[] = { 1, 2, 3 };
  Fixture f;
  g_autoptr (VervetReport) report = NULL;
  const VervetRunReport *run;

  fixture_open (&f);
  fixture_add_run (&f, "mixed", "{}");
  fixture_fill (&f, mixed, G_N_ELEMENTS (mixed));
  report = fixture_report (&f, (VervetReportOptions){ .by = "level", .ks = "1" });
  run = only_run (report);
  g_assert_cmpuint (run->groups->len, ==, 3);
  for (guint i = 0; i < 3; i++) {
    const VervetGroupReport *group = g_ptr_array_index (run->groups, i);

    g_assert_cmpstr (group->value, ==, values[i]);
    g_assert_cmpint (group->problems, ==, problems[i]);
    if (i == 1)
      g_assert_cmpfloat_with_epsilon (g_array_index (group->coverage, VervetCurvePoint, 0).estimate.mean, 3 / 16.,
                                      1e-15);
  }
  fixture_close (&f);
}

static void
assert_refused (Fixture *f, VervetReportOptions options, const char *words)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (vervet_report_new (f->store, &options, &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
  if (!strstr (error->message, words))
    g_error ("\"%s\" lacks \"%s\"", error->message, words);
}

static void
test_refuses (void)
{
  Fixture f;

  fixture_open (&f);
  fixture_add_run (&f, "mixed", "{}");
  fixture_fill (&f, mixed, G_N_ELEMENTS (mixed));
  assert_refused (&f, (VervetReportOptions){ .by = "levl" }, "did you mean \"level\"?; fields: level, topic");
  assert_refused (&f, (VervetReportOptions){ .verifier = "numbres" }, "did you mean \"numbers\"?");
  assert_refused (&f, (VervetReportOptions){ .run = "other" }, "other");
  assert_refused (&f, (VervetReportOptions){ .ks = "1,x" }, "character 3");
  vervet_report_free (fixture_report (&f, (VervetReportOptions){ .verifier = "numeric", .run = "mixed" }));
  fixture_close (&f);
}

static void
test_empty (void)
{
  Fixture f;
  g_autoptr (VervetReport) none = NULL, unjudged = NULL;
  g_autoptr (GString) text = g_string_new (NULL);

  fixture_open (&f);
  none = fixture_report (&f, (VervetReportOptions){ 0 });
  g_assert_cmpuint (none->runs->len, ==, 0);
  vervet_report_write_text (none, text, 80, FALSE, FALSE);
  g_assert_true (g_str_has_suffix (text->str, "\n"));
  fixture_add_run (&f, "new", "{}");
  unjudged = fixture_report (&f, (VervetReportOptions){ 0 });
  vervet_report_write_text (unjudged, text, 80, TRUE, TRUE);
  g_assert_cmpint (only_run (unjudged)->problems, ==, 0);
  fixture_close (&f);
}

/* ---- Counts, JSON, text ---- */

static void
fixture_add_counts (Fixture *f, const char *name, gint64 samples, const gint64 *correct, guint n)
{
  GError *error = NULL;
  g_autofree VervetProblemRow *rows = g_new0 (VervetProblemRow, n);

  f->run.counts_only = TRUE;
  fixture_add_run (f, name, "{\"imported\":{\"format\":\"counts\",\"model\":\"Monkey\",\"benchmark\":\"MATH\"}}");
  for (guint i = 0; i < n; i++) {
    rows[i] = (VervetProblemRow){ .benchmark = "MATH", .key = "p", .ord = i, .planned = samples };
    memset (rows[i].hash, (int)i + 1, sizeof rows[i].hash);
  }
  g_assert_true (vervet_store_add_problems (f->store, f->run.run_id, rows, n, &error));
  for (guint i = 0; i < n; i++)
    g_assert_true (
        vervet_store_set_counts (f->store, rows[i].member_id, f->check.check_id, samples, correct[i], &error));
  g_assert_no_error (error);
}

static const gint64 correct[] = { 0, 1, 122, 5000, 10000, 3 };

static VervetJson *
json_of (const VervetReport *report)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (VervetJsonWriter) writer = vervet_json_writer_new (text, 0);
  g_autoptr (GError) error = NULL;
  VervetJson *json;

  vervet_report_write_json (report, writer);
  json = vervet_json_parse (text->str, (gssize)text->len, "report", VERVET_JSON_STRICT, &error);
  g_assert_no_error (error);
  return json;
}

static void
assert_keys (const VervetJson *json, const char *keys)
{
  g_auto (GStrv) names = g_strsplit (keys, " ", -1);

  g_assert_nonnull (json);
  for (guint i = 0; names[i]; i++)
    if (!vervet_json_get (json, names[i]))
      g_error ("no key \"%s\"", names[i]);
}

static void
test_json_keys (void)
{
  Fixture f;
  g_autoptr (VervetReport) report = NULL;
  g_autoptr (VervetJson) json = NULL;
  const VervetJson *run;

  fixture_open (&f);
  fixture_add_run (&f, "mixed", "{}");
  fixture_fill (&f, mixed, G_N_ELEMENTS (mixed));
  report = fixture_report (&f, (VervetReportOptions){ .by = "topic" });
  json = json_of (report);
  run = vervet_json_find (json, "runs.0");
  assert_keys (
      run, "name benchmark model sampler oracle stopping problems trials samples planned missing unscored duplicates "
           "verifier coverage selectors fit cost warnings groups");
  assert_keys (vervet_json_find (run, "coverage.0"), "k mean low high problems missing_wrong missing_right");
  assert_keys (vervet_json_find (run, "selectors.majority.0"), "k mean low high");
  g_assert_cmpuint (vervet_json_length (vervet_json_get (run, "selectors")), ==, 1);
  assert_keys (vervet_json_get (run, "fit"), "model a b mean_abs_error max_abs_error");
  assert_keys (vervet_json_get (run, "cost"),
               "calls prompt_tokens output_tokens sequential_tokens usd flops wall_s verifier_calls "
               "verifier_tokens");
  assert_keys (vervet_json_find (run, "warnings.0"), "code message");
  fixture_close (&f);
}

/* Doubles come through JSON as they are; counts have no selectors. */
static void
test_json_counts (void)
{
  Fixture f;
  g_autoptr (VervetReport) report = NULL;
  g_autoptr (VervetJson) json = NULL;
  const VervetJson *coverage;

  fixture_open (&f);
  fixture_add_counts (&f, "monkey", 10000, correct, G_N_ELEMENTS (correct));
  report = fixture_report (&f, (VervetReportOptions){ 0 });
  json = json_of (report);
  g_assert_cmpstr (vervet_json_get_string (vervet_json_find (json, "runs.0"), "model", NULL), ==, "Monkey");
  g_assert_cmpuint (vervet_json_length (vervet_json_find (json, "runs.0.selectors")), ==, 0);
  coverage = vervet_json_find (json, "runs.0.coverage");
  g_assert_cmpuint (vervet_json_length (coverage), ==, 17);
  for (guint i = 0; i < 17; i++) {
    const VervetJson *point = vervet_json_at (coverage, i);
    guint64 k = (guint64)vervet_json_get_int (point, "k", 0);
    _Float128 sum = 0;

    for (guint j = 0; j < G_N_ELEMENTS (correct); j++) {
      _Float128 miss = 1;

      for (guint64 t = 0; t < k; t++)
        miss *= (guint64)correct[j] + t >= 10000
                    ? 0
                    : (_Float128)(10000 - (guint64)correct[j] - t) / (_Float128)(10000 - t);
      sum += 1 - miss;
    }
    g_assert_cmpfloat_with_epsilon (vervet_json_get_double (point, "mean", NAN), (double)(sum / G_N_ELEMENTS (correct)),
                                    1e-15);
    g_assert_cmpfloat (vervet_json_get_double (point, "mean", NAN), ==,
                       g_array_index (only_run (report)->coverage, VervetCurvePoint, i).estimate.mean);
  }
  fixture_close (&f);
}

/* More runs than a chart holds, any width: no line is too long, no control character comes through. */
static void
test_text (void)
{
  Fixture f;
  g_autoptr (VervetReport) report = NULL;

  fixture_open (&f);
  for (char name[] = "a run \033[31m with a long name"; name[0] < 'k'; name[0]++)
    fixture_add_counts (&f, name, 10000, correct, G_N_ELEMENTS (correct));
  report = fixture_report (&f, (VervetReportOptions){ 0 });
  for (guint width = 40; width < 130; width += 7) {
    g_autoptr (GString) text = g_string_new (NULL);
    g_auto (GStrv) lines = NULL;

    vervet_report_write_text (report, text, width, FALSE, width % 2);
    lines = g_strsplit (text->str, "\n", -1);
    for (guint i = 0; lines[i]; i++)
      g_assert_cmpint (g_utf8_strlen (lines[i], -1), <=, width);
    g_assert_null (strchr (text->str, '\033'));
    g_assert_nonnull (strstr (text->str, "10 runs"));
    g_assert_nonnull (strstr (text->str, "2 more runs are not drawn"));
    for (const char *p = text->str; width % 2 && *p; p++)
      g_assert_cmpint ((guchar)*p, <, 127);
  }
  fixture_close (&f);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/report/numbers", test_numbers);
  g_test_add_func ("/report/warnings", test_warnings);
  g_test_add_func ("/report/clean-run", test_clean_run);
  g_test_add_func ("/report/duplicates", test_duplicates);
  g_test_add_func ("/report/stopping", test_stopping);
  g_test_add_func ("/report/groups", test_groups);
  g_test_add_func ("/report/refuses", test_refuses);
  g_test_add_func ("/report/empty", test_empty);
  g_test_add_func ("/report/json-keys", test_json_keys);
  g_test_add_func ("/report/json-counts", test_json_counts);
  g_test_add_func ("/report/text", test_text);
  return g_test_run ();
}
