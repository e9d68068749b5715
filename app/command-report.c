/* command-report.c - vervet report: what the runs of files say. */
#include "command.h"

static VervetReport *
read_report (const char *path, const VervetReportOptions *options, GError **error)
{
  g_autoptr (VervetStore) store = vervet_store_open (path, error);

  return store ? vervet_report_new (store, options, error) : NULL;
}

/* Several files make one report, as if their runs were in one. */
static void
append_runs (VervetReport *report, VervetReport *more)
{
  for (guint i = 0; i < more->runs->len; i++)
    g_ptr_array_add (report->runs, g_ptr_array_index (more->runs, i));
  g_ptr_array_set_free_func (more->runs, NULL);
  vervet_report_free (more);
}

static VervetReport *
read_all (const CommandArgs *args, const VervetReportOptions *options, GError **error)
{
  guint n;
  const char *const *paths = command_words (args, &n);
  g_autoptr (VervetReport) report = read_report (paths[0], options, error);

  for (guint i = 1; report && i < n; i++) {
    VervetReport *more = read_report (paths[i], options, error);

    if (!more)
      return NULL;
    append_runs (report, more);
  }
  return g_steal_pointer (&report);
}

static void
print_json (const VervetReport *report)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (VervetJsonWriter) writer = vervet_json_writer_new (out, 2);

  vervet_report_write_json (report, writer);
  g_string_append_c (out, '\n');
  command_print (out->str);
}

static int
run (const CommandArgs *args, GError **error)
{
  VervetReportOptions wanted = { .run = command_value (args, "run"),
                                 .verifier = command_value (args, "verifier"),
                                 .ks = command_value (args, "k"),
                                 .by = command_value (args, "by") };
  g_autoptr (VervetReport) report = read_all (args, &wanted, error);

  if (!report)
    return 1;
  if (command_flag (args, "json")) {
    print_json (report);
  } else {
    g_autoptr (GString) out = g_string_new (NULL);

    vervet_report_write_text (report, out, command_width (), command_color (), command_flag (args, "ascii"));
    command_print (out->str);
  }
  return 0;
}

static const CommandOption options[] = {
  { "k", 'k', COMMAND_VALUE, "LIST",
    "Values of k, as 1,10,100-105; without it log-spaced up to the trials of a problem.", NULL },
  { "by", 0, COMMAND_VALUE, "FIELD", "Coverage also by the values of a public field of the problems, as level.", NULL },
  { "run", 0, COMMAND_VALUE, "NAME", "Only the run of this name.", "@run" },
  { "verifier", 0, COMMAND_VALUE, "NAME", "The check whose verdicts count; without it the first, which grades.", NULL },
  { "json", 0, COMMAND_FLAG, NULL, "Print one JSON object.", NULL },
  { "ascii", 0, COMMAND_FLAG, NULL, "Draw without characters beyond ASCII.", NULL },
  { NULL },
};

const Command command_report = {
  .name = "report",
  .synopsis = "RUN... [--k LIST] [--by FIELD] [--run NAME] [--verifier NAME] [--json] [--ascii]",
  .summary = "Show coverage, majority, cost and warnings of runs",
  .description =
      "For every run of the files RUN: coverage, the mean over problems of the unbiased pass@k, with an interval that "
      "resamples problems; majority voting, where answers are kept; a fit of the coverage; what it cost; and what to "
      "know before believing it.\n\n"
      "A trial without a sample or without a verdict counts neither as right nor as wrong: it is left out, and said. "
      "Where planned trials are missing, the coverage with all of them taken to be wrong, and right, stands beside. "
      "Problems with fewer than k judged trials are left out of that k.\n\n"
      "A run that stops on its outcomes has no unbiased pass@k, and none is shown.",
  .example = "vervet report run.vervet --k 1,10,100 --by level",
  .options = options,
  .min_words = 1,
  .max_words = G_MAXUINT,
  .words = "@file",
  .run = run,
};
