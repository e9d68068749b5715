/* command-merge.c - vervet merge: joins the files of a run that was split into shards. */
#include "command-json.h"

static void
print_json (const char *out_path, const VervetMergeStats *stats)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (VervetJsonWriter) writer = vervet_json_writer_new (out, 2);
  vervet_json_writer_begin_object (writer);
  command_json_text (writer, "file", out_path);
  command_json_int (writer, "new_samples", stats->new_samples);
  command_json_int (writer, "replaced", stats->replaced);
  command_json_int (writer, "same", stats->same);
  command_json_int (writer, "conflicts", stats->conflicts);
  command_json_int (writer, "verdicts", stats->verdicts);
  command_json_int (writer, "jobs", stats->jobs);
  vervet_json_writer_end_object (writer);
  g_string_append_c (out, '\n');
  command_print (out->str);
}

static void
print_text (const char *out_path, const VervetMergeStats *stats)
{
  g_autofree char *new_samples = vervet_text_count (stats->new_samples),
                  *replaced = vervet_text_count (stats->replaced), *same = vervet_text_count (stats->same),
                  *verdicts = vervet_text_count (stats->verdicts);
  command_printf ("%s: %s new samples, %s in place of failed ones, %s that were there; %s new verdicts\n", out_path,
                  new_samples, replaced, same, verdicts);
}

static int
run (const CommandArgs *args, GError **error)
{
  guint n;
  const char *const *words = command_words (args, &n);
  VervetMergeStats stats;
  if (!vervet_store_merge (words[0], words + 1, n - 1, &stats, error))
    return 1;
  if (command_flag (args, "json"))
    print_json (words[0], &stats);
  else
    print_text (words[0], &stats);
  if (!stats.conflicts)
    return 0;
  g_autofree char *conflicts = vervet_text_count (stats.conflicts);
  command_note (
      "%s of the attempts have different texts in different files; of each, the one that was there first stays",
      conflicts);
  return 3;
}

static const CommandOption options[] = {
  { "json", 0, COMMAND_FLAG, NULL, "Print one JSON object.", NULL },
  { NULL },
};

const Command command_merge = {
  .name = "merge",
  .synopsis = "OUT SHARD... [--json]",
  .summary = "Join the files of a run that was split into shards",
  .description =
      "Adds the runs, samples, verdicts and budgets of each SHARD to the file OUT, which is made if need be. The "
      "shards stay as they are. Samples are matched by run, problem and attempt: merging a file again, or in another "
      "order, changes nothing, so it does no harm to merge while shards still grow and once more at the end.\n\n"
      "A success takes the place of a failed attempt. Where two files have different texts for one attempt, the first "
      "stays (files are taken in the order of their ids, not of the command line), the number of such conflicts is "
      "printed, and the exit status is 3.",
  .example = "vervet run experiment.json --shard 0/2 -o a.vervet\n"
             "vervet run experiment.json --shard 1/2 -o b.vervet\n"
             "vervet merge all.vervet a.vervet b.vervet",
  .options = options,
  .min_words = 2,
  .max_words = G_MAXUINT,
  .words = "@run",
  .run = run,
};
