/* command-export.c - vervet export: runs as other tools' files. */
#include <gio/gunixoutputstream.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "command-facts.h"

static gboolean
export_to_stdout (const char *format, VervetStore *store, const char *run, VervetExchangeStats *stats, GError **error)
{
  g_autoptr (GOutputStream) stream = g_unix_output_stream_new (STDOUT_FILENO, FALSE);
  g_autoptr (GOutputStream) buffered = g_buffered_output_stream_new_sized (stream, 1 << 16);
  return vervet_export (format, store, run, buffered, stats, error) && g_output_stream_close (buffered, NULL, error);
}

/* The file appears under its name when it is whole: a failed export leaves what was there. */
static gboolean
export_to_file (const char *format, VervetStore *store, const char *run, const char *path, VervetExchangeStats *stats,
                GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (path);
  g_autoptr (GFileOutputStream) stream = g_file_replace (file, NULL, FALSE, G_FILE_CREATE_NONE, NULL, error);
  if (!stream)
    return FALSE;
  if (vervet_export (format, store, run, G_OUTPUT_STREAM (stream), stats, error))
    return g_output_stream_close (G_OUTPUT_STREAM (stream), NULL, error);
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();
  g_cancellable_cancel (cancelled);
  g_output_stream_close (G_OUTPUT_STREAM (stream), cancelled, NULL);
  return FALSE;
}

static int
run (const CommandArgs *args, GError **error)
{
  const char *const *words = command_words (args, NULL);
  const char *out = command_value (args, "output"), *name = command_value (args, "run");
  VervetExchangeStats stats = { 0 };
  gboolean to_stdout = !out || !strcmp (out, "-");

  g_autoptr (VervetStore) store = vervet_store_open (words[1], error);
  if (!store)
    return 1;
  gboolean ok;

  signal (SIGPIPE, SIG_DFL); /* a reader that has enough ends the program quietly */
  ok = to_stdout ? export_to_stdout (words[0], store, name, &stats, error)
                 : export_to_file (words[0], store, name, out, &stats, error);
  if (!ok) {
    if (!to_stdout)
      g_prefix_error (error, "%s: ", out);
    return 1;
  }
  command_note_counts (to_stdout ? "standard output" : out, &stats, "written");
  return 0;
}

static const CommandOption options[] = {
  { "output", 'o', COMMAND_VALUE, "FILE", "Write to FILE; without it, or with -, to standard output.", "@file" },
  { "run", 0, COMMAND_VALUE, "NAME", "Only the run of this name; without it, every run of the file.", "" },
  { NULL },
};

const Command command_export = {
  .name = "export",
  .synopsis = "FORMAT RUN [-o FILE] [--run NAME]",
  .summary = "Write runs as another tool's file",
  .description = "Writes the runs of the run file RUN in FORMAT ('vervet formats' lists them).",
  .example = "vervet export counts gsm8k.vervet -o counts.csv",
  .options = options,
  .min_words = 2,
  .max_words = 2,
  .words = "@format @run",
  .run = run,
};
