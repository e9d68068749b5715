/* fuzz-csv.c - any bytes as a table. The first byte is the size of the reads; the rest is the file. Reads of any size
 * must give the same rows, and what is read survives writing and reading. */
#include <string.h>

#include "lib/slow-stream.h"
#include "util/csv.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

/* The rows written again, the fault behind them. */
static char *
rewrite (const void *data, gsize len, gsize step)
{
  g_autoptr (GInputStream) stream = slow_stream_new (data, len, step, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetCsv) csv = vervet_csv_new (stream, "fuzz", &error);
  GString *out = g_string_new (NULL);
  g_autoptr (GPtrArray) fields = g_ptr_array_new ();
  for (guint i = 0; csv && i < vervet_csv_columns (csv); i++)
    g_string_append_printf (out, "%sc%u", i ? "," : "", i);
  g_string_append_c (out, '\n');
  while (csv && vervet_csv_next (csv, &error) == 1) {
    g_ptr_array_set_size (fields, 0);
    for (guint i = 0; i < vervet_csv_columns (csv); i++)
      g_ptr_array_add (fields, (gpointer)vervet_csv_field (csv, i));
    vervet_csv_append (out, (const char *const *)fields->pdata, fields->len);
  }
  if (error) {
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
    g_string_append_printf (out, "\x01%s", error->message);
  }
  return g_string_free (out, FALSE);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  if (size < 1)
    return 0;
  g_autofree char *whole = rewrite (data + 1, size - 1, 1 << 20),
                  *pieces = rewrite (data + 1, size - 1, 1 + data[0] % 61);
  g_assert_cmpstr (whole, ==, pieces);
  if (strchr (whole, '\x01'))
    return 0;
  g_autofree char *again = rewrite (whole, strlen (whole), 4096);
  g_assert_cmpstr (whole, ==, again);
  return 0;
}
