/* vervet report of a run of 1.28 million samples (128 problems x 10,000), beside the start of the program alone.
 * Usage: bench-report VERVET [SAMPLES A PROBLEM] */
#include <vervet-plugin.h>
#include <vervet-store.h>
#include <glib/gstdio.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROBLEMS 128

static void
check (gboolean good, const GError *error)
{
  if (!good)
    g_error ("%s", error ? error->message : "failed");
}

/* Right with a chance that goes from hard to easy; wrong answers spread over a plausible few. */
static void
push (VervetWriter *writer, GRand *rand, gint64 check_id, gint64 epoch_id, gint64 member_id, guint problem, guint trial)
{
  gboolean right = g_rand_double (rand) < pow ((problem + 0.5) / PROBLEMS, 3);
  char text[64], answer[16];
  VervetSampleRow sample = { .member_id = member_id,
                             .epoch_id = epoch_id,
                             .node = -1,
                             .trial = trial,
                             .flags = VERVET_SAMPLE_ANSWER,
                             .finish = VV_FIN_EOS,
                             .text = text,
                             .in_tok = 100,
                             .out_tok = 200,
                             .seq_tok = 200,
                             .call_n = 1,
                             .tries = 1,
                             .logprob = NAN,
                             .score = NAN,
                             .weight = NAN,
                             .seed = -1 };
  VervetVerdictRow verdict = { .check_id = check_id,
                               .member_id = member_id,
                               .counts = TRUE,
                               .status = right ? VV_PASS : VV_FAIL,
                               .score = right,
                               .answer = answer,
                               .reason = "string" };

  g_snprintf (answer, sizeof answer, "%d", right ? 0 : 1 + (int)(40 * pow (g_rand_double (rand), 3)));
  sample.text_len = (gsize)g_snprintf (text, sizeof text, "sample %u says %s", trial, answer);
  verdict.answer_len = strlen (answer);
  while (vervet_writer_fill (writer) > 0.5)
    g_usleep (1000);
  verdict.sample_id = vervet_writer_sample (writer, &sample);
  vervet_writer_verdict (writer, &verdict);
}

static void
make_run (const char *path, guint samples)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetStore) store = vervet_store_open_write (path, &error);
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  VervetRunRow run = { .name = "bench", .spec = "{}", .one_call = TRUE };
  VervetCheckRow numeric = { .component = "numeric", .name = "numeric", .options = "{}" };
  VervetProblemRow problems[PROBLEMS] = { 0 };
  VervetWriter *writer;
  gint64 epoch_id;

  check (store != NULL, error);
  check (vervet_store_add_run (store, &run, &error) && vervet_store_add_check (store, &numeric, &error)
             && vervet_store_add_epoch (store, run.run_id, "{}", &epoch_id, &error),
         error);
  for (guint i = 0; i < PROBLEMS; i++) {
    problems[i] = (VervetProblemRow){ .benchmark = "bench", .key = "p", .ord = i, .planned = samples };
    memset (problems[i].hash, (int)i + 1, sizeof problems[i].hash);
  }
  check (vervet_store_add_problems (store, run.run_id, problems, PROBLEMS, &error), error);
  check ((writer = vervet_writer_start (store, NULL, &error)) != NULL, error);
  for (guint i = 0; i < PROBLEMS; i++)
    for (guint t = 0; t < samples; t++)
      push (writer, rand, numeric.check_id, epoch_id, problems[i].member_id, i, t);
  check (vervet_writer_stop (writer, &error), error);
}

/* The median of five runs, output thrown away. */
static double
run_ms (const char *const *argv)
{
  double ms[5];

  for (guint i = 0; i < 5; i++) {
    gint64 start = g_get_monotonic_time ();
    guint at = i;
    int status;

    check (g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, NULL, &status, NULL)
               && status == 0,
           NULL);
    ms[i] = (g_get_monotonic_time () - start) / 1000.0;
    for (; at > 0 && ms[at - 1] > ms[at]; at--) {
      double t = ms[at];

      ms[at] = ms[at - 1];
      ms[at - 1] = t;
    }
  }
  return ms[2];
}

int
main (int argc, char **argv)
{
  guint samples = argc > 2 ? (guint)atoi (argv[2]) : 10000;
  g_autofree char *folder = g_dir_make_tmp ("vervet-bench-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "run.vervet", NULL), *lock = g_strconcat (path, ".lock", NULL);
  const char *report[] = { argv[1], "report", path, NULL }, *json[] = { argv[1], "report", path, "--json", NULL };
  const char *version[] = { argv[1], "--version", NULL };
  double base;

  make_run (path, samples);
  base = run_ms (version);
  printf ("vervet report, %u samples: %.0f ms, as JSON %.0f ms; the program's start alone %.1f ms\n",
          PROBLEMS * samples, run_ms (report), run_ms (json), base);
  g_remove (path);
  g_remove (lock);
  g_rmdir (folder);
  return 0;
}
