/* command-import.c - vervet import: other tools' files into a run file. */
#include "command-facts.h"

static int
run (const CommandArgs *args, GError **error)
{
  const char *const *words = command_words (args, NULL);
  const char *to = command_value (args, "to");
  VervetExchangeStats stats = { 0 };

  if (!to) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
                 "say where to import to: --to FILE.vervet (see 'vervet import --help')");
    return 1;
  }
  if (!vervet_import (words[0], words + 1, to, &stats, error))
    return 1;
  command_note_counts (to, &stats, "added");
  return 0;
}

static const CommandOption options[] = {
  { "to", 0, COMMAND_VALUE, "RUN", "The run file to add to; it is made when it does not exist.", "@run" },
  { NULL },
};

const Command command_import = {
  .name = "import",
  .synopsis = "FORMAT FILE... --to RUN",
  .summary = "Add runs from other tools' files to a run file",
  .description =
      "Reads FILEs in FORMAT ('vervet formats' lists them) and adds each run in them to the run file. A file with a "
      "broken record is refused as a whole, with its line, and nothing is added. Importing the same files again "
      "adds nothing.",
  .example = "vervet import counts math_pythia_counts.csv --to monkeys.vervet\nvervet report monkeys.vervet",
  .options = options,
  .min_words = 2,
  .max_words = G_MAXUINT,
  .words = "@format @file",
  .run = run,
};
