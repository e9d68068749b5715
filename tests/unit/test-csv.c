/* Tables. */
#include <string.h>

#include <vervet-error.h>

#include "lib/slow-stream.h"
#include "util/csv.h"

/* "LINE:a|b|c" a row, the columns first, the fault last. */
static char *
trace (const char *text, gsize len, gsize step)
{
  g_autoptr (GInputStream) stream = slow_stream_new (text, len, step, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetCsv) csv = vervet_csv_new (stream, "t", &error);
  GString *out = g_string_new (NULL);
  int got = -1;
  while (csv && (got = vervet_csv_next (csv, &error)) == 1) {
    g_string_append_printf (out, "%" G_GUINT64_FORMAT ":", vervet_csv_line (csv));
    for (guint i = 0; i < vervet_csv_columns (csv); i++)
      g_string_append_printf (out, "%s%s", i ? "|" : "", vervet_csv_field (csv, i));
    g_string_append_c (out, '\n');
  }
  g_assert_true ((got == -1) == (error != NULL));
  g_string_append (out, error ? error->message : "end");
  return g_string_free (out, FALSE);
}

static void
test_rows (void)
{
  static const struct {
    const char *text, *trace;
  } cases[] = {
    { "a,b\n1,2\n3,4\n", "2:1|2\n3:3|4\nend" },
    { "a,b\r\n1,2\r\n3,4", "2:1|2\n3:3|4\nend" },
    { "\xef\xbb\xbf"
      "a , b\n,\n",
      "2:|\nend" },
    { "a,b\n\"x,\"\"y\"\"\",\"1\n2\r\n3\"\n5,6", "2:x,\"y\"|1\n2\r\n3\n5:5|6\nend" },
    { "\n\na,b\n\r\n1,2\n\n", "5:1|2\nend" },
    { "a,b\n5\" disk,x\"\n", "2:5\" disk|x\"\nend" },
    { "a\n\"\"\nx\n", "2:\n3:x\nend" },
    { "a,b\n\"\",\"\"", "2:|\nend" },
    { "a,b\n1,", "2:1|\nend" },
    { "a,b\n1\n", "t:2: 1 field where the first row names 2 columns" },
    { "a,b\n1,2\n\n1,2,3\n", "2:1|2\nt:4: 3 fields where the first row names 2 columns" },
    { "a,b\n\"1\n2,3\n", "t:2: a quote opens here and never closes" },
    { "a,b\n\"1\"x,2\n", "t:2: a character stands behind a closing quote; a quote inside a field is doubled" },
    { "a,b\n1,\"2\n\" ,\n", "t:3: a character stands behind a closing quote; a quote inside a field is doubled" },
    { "a,b\n1\r2,3\n", "t:2: a carriage return stands alone; lines end with LF or CR LF" },
    { "a,b\n\xff,2\n", "t:2: the bytes are not UTF-8" },
    { "", "t:1: the file is empty; its first row names the columns" },
    { "\n\n", "t:1: the file is empty; its first row names the columns" },
    { "a,,c\n", "t:1: column 2 has no name" },
    { "a,b,a\n", "t:1: two columns have the name \"a\"" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (gsize step = 1; step < 20; step += 6) {
      g_autofree char *got = trace (cases[i].text, strlen (cases[i].text), step);
      g_assert_cmpstr (got, ==, cases[i].trace);
    }
  g_autofree char *nul = trace ("a\nx\0y\n", 6, 100);
  g_assert_cmpstr (nul, ==, "t:2: a NUL byte: this is no text file");
}

static void
test_columns (void)
{
  static const char text[] = "model, problem ,sampels\n";
  g_autoptr (GInputStream) stream = slow_stream_new (text, strlen (text), 100, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetCsv) csv = vervet_csv_new (stream, "t", &error);
  guint index = 9;
  g_assert_true (vervet_csv_column (csv, "problem", &index, &error));
  g_assert_cmpuint (index, ==, 1);
  g_assert_false (vervet_csv_column (csv, "samples", &index, &error));
  g_assert_cmpstr (error->message, ==, "t:1: no column has the name \"samples\"; is it the one named \"sampels\"?");
}

/* Any fields come back as they were written. */
static void
test_round_trip (void)
{
  static const char alphabet[] = "a,\"\n\r \xc3\xa9";
  g_autoptr (GRand) rand = g_rand_new_with_seed (8);
  for (guint round = 0; round < 500; round++) {
    guint columns = g_rand_int_range (rand, 1, 5), rows = g_rand_int_range (rand, 0, 5);
    g_autoptr (GPtrArray) fields = g_ptr_array_new_with_free_func (g_free);
    g_autoptr (GString) text = g_string_new (NULL);
    for (guint i = 0; i < columns; i++)
      g_string_append_printf (text, "%sc%u", i ? "," : "", i);
    g_string_append_c (text, '\n');
    for (guint r = 0; r < rows; r++) {
      for (guint i = 0; i < columns; i++) {
        GString *field = g_string_new (NULL);
        for (guint k = g_rand_int_range (rand, 0, 6); k > 0; k--) {
          guint which = g_rand_int_range (rand, 0, 7);
          g_string_append_len (field, alphabet + which, which == 6 ? 2 : 1);
        }
        g_ptr_array_add (fields, g_string_free (field, FALSE));
      }
      vervet_csv_append (text, (const char *const *)fields->pdata + (gsize)r * columns, columns);
    }
    g_autoptr (GInputStream) stream = slow_stream_new (text->str, text->len, 3, rand);
    g_autoptr (GError) error = NULL;
    g_autoptr (VervetCsv) csv = vervet_csv_new (stream, "t", &error);
    for (guint r = 0; r < rows; r++) {
      g_assert_cmpint (vervet_csv_next (csv, &error), ==, 1);
      for (guint i = 0; i < columns; i++)
        g_assert_cmpstr (vervet_csv_field (csv, i), ==, g_ptr_array_index (fields, r * columns + i));
    }
    g_assert_cmpint (vervet_csv_next (csv, &error), ==, 0);
  }
}

static void
test_long_fields (void)
{
  g_autoptr (GString) text = g_string_new ("a,b\n");
  g_autofree char *filler = g_strnfill (200000, 'x');
  g_string_append_printf (text, "%s,\"%s\"\"\"\n1,2\n", filler, filler);
  g_autofree char *got = trace (text->str, text->len, 1 << 20);
  g_assert_cmpuint (strlen (got), ==, 2 + 400001 + 1 + 1 + 6 + 3);
  g_assert_true (g_str_has_suffix (got, "\"\n3:1|2\nend"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/csv/rows", test_rows);
  g_test_add_func ("/csv/columns", test_columns);
  g_test_add_func ("/csv/round-trip", test_round_trip);
  g_test_add_func ("/csv/long-fields", test_long_fields);
  return g_test_run ();
}
