/* fuzz-exchange.c - any bytes as a file of another tool. The first byte chooses the format; the rest is the file. A
 * file is refused with a place in it and leaves no run file, or it is imported: then the counters agree with the rows,
 * the same file again adds nothing, and the export of what came in goes in again unchanged. */
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>
#include <vervet-error.h>
#include <vervet-exchange.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static char *folder;

static const char *
scratch (void)
{
  /* In memory where there is such a place: the store waits for its disk. */
  if (!folder)
    folder =
        g_strdup_printf ("%s/vervet-fuzz-%d",
                         g_file_test ("/dev/shm", G_FILE_TEST_IS_DIR) ? "/dev/shm" : g_get_tmp_dir (), (int)getpid ());
  g_mkdir_with_parents (folder, 0700);
  return folder;
}

static void
clean (void)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;
  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    g_remove (path);
  }
  g_rmdir (folder);
}

static gboolean
import (const char *format, const char *file, const char *to, VervetExchangeStats *stats, GError **error)
{
  const char *const files[] = { file, NULL };
  return vervet_import (format, files, to, stats, error);
}

static char *export(const char *format, const char *from)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetStore) store = vervet_store_open (from, &error);
  g_autoptr (GOutputStream) out = g_memory_output_stream_new_resizable ();
  g_autoptr (GPtrArray) differences = NULL;
  g_assert_no_error (error);
  g_assert_true (vervet_store_check (store, FALSE, &differences, &error));
  if (differences && differences->len > 0)
    g_error ("%s", (const char *)g_ptr_array_index (differences, 0));
  vervet_export (format, store, NULL, out, NULL, &error);
  g_assert_no_error (error);
  g_output_stream_write_all (out, "", 1, NULL, NULL, NULL);
  g_output_stream_close (out, NULL, NULL);
  return g_memory_output_stream_steal_data (G_MEMORY_OUTPUT_STREAM (out));
}

static void
check_imported (const char *format, const char *file, const char *store)
{
  const char *back = strcmp (format, "counts") ? "samples" : "counts";
  g_autofree char *other = g_strconcat (store, "2.vervet", NULL), *path = g_strconcat (file, "2", NULL);
  g_autoptr (GError) error = NULL;
  VervetExchangeStats stats;
  import (format, file, store, &stats, &error);
  g_assert_no_error (error);
  g_assert_cmpint (stats.runs + stats.problems + stats.samples + stats.verdicts, ==, 0);
  g_autofree char *text = export(back, store);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  import (back, path, other, &stats, &error);
  g_assert_no_error (error);
  g_autofree char *again = export(back, other);
  g_assert_cmpstr (text, ==, again);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static const char *const formats[] = { "counts", "gsm8k-solutions", "human-eval", "samples" };
  if (size < 1)
    return 0;
  const char *format = formats[data[0] % G_N_ELEMENTS (formats)];
  g_autofree char *file = g_build_filename (scratch (), "file.jsonl", NULL),
                  *store = g_build_filename (folder, "run.vervet", NULL);
  g_autoptr (GError) error = NULL;
  g_assert_true (g_file_set_contents (file, (const char *)data + 1, (gssize)size - 1, NULL));
  if (import (format, file, store, NULL, &error)) {
    check_imported (format, file, store);
  } else {
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
    g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
    g_assert_true (g_str_has_prefix (error->message, file));
    g_assert_false (g_file_test (store, G_FILE_TEST_EXISTS));
  }
  clean ();
  return 0;
}
