/* Files that may be gzip. */
#include <string.h>

#include <glib/gstdio.h>
#include <vervet-error.h>

#include "lib/slow-stream.h"
#include "util/input.h"

static GByteArray *
gzip (const char *text, gsize len)
{
  g_autoptr (GConverter) packer = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, 6));
  g_autoptr (GInputStream) plain = g_memory_input_stream_new_from_data (text, (gssize)len, NULL);
  g_autoptr (GInputStream) packed = g_converter_input_stream_new (plain, packer);
  GByteArray *out = g_byte_array_new ();
  guint8 buf[512];
  gssize n;
  while ((n = g_input_stream_read (packed, buf, sizeof buf, NULL, NULL)) > 0)
    g_byte_array_append (out, buf, (guint)n);
  return out;
}

/* Everything the input gives, read in pieces of @piece. NULL with @error on a fault. */
static GString *
read_all (const void *data, gsize len, gsize step, gsize piece, VervetInputMode mode, GError **error)
{
  g_autoptr (GInputStream) stream = slow_stream_new (data, len, step, NULL);
  g_autoptr (VervetInput) input = vervet_input_new (stream, "f.gz", mode);
  g_autofree char *buf = g_malloc (piece);
  GString *out = g_string_new (NULL);
  gssize n;
  while ((n = vervet_input_read (input, buf, piece, error)) > 0)
    g_string_append_len (out, buf, n);
  if (n == 0) {
    g_assert_cmpint (vervet_input_read (input, buf, piece, error), ==, 0);
    return out;
  }
  g_string_free (out, TRUE);
  return NULL;
}

static void
assert_reads (const void *data, gsize len, const char *text, gsize text_len, VervetInputMode mode)
{
  static const gsize steps[] = { 1, 3, 1000, 1 << 20 };
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++)
    for (guint k = 0; k < G_N_ELEMENTS (steps); k++) {
      g_autoptr (GError) error = NULL;
      g_autoptr (GString) all = read_all (data, len, steps[i], steps[k], mode, &error);
      g_assert_no_error (error);
      g_assert_cmpmem (all->str, all->len, text, text_len);
    }
}

static void
test_plain (void)
{
  assert_reads ("", 0, "", 0, VERVET_INPUT_UNPACK);
  assert_reads ("x", 1, "x", 1, VERVET_INPUT_UNPACK);
  assert_reads ("\x1f", 1, "\x1f", 1, VERVET_INPUT_UNPACK);
  assert_reads ("\x1fx and more", 11, "\x1fx and more", 11, VERVET_INPUT_UNPACK);
}

/* One member, two, and zeros behind them: what gunzip gives. */
static void
test_members (void)
{
  g_autofree char *text = g_malloc (200000);
  for (guint i = 0; i < 200000; i++)
    text[i] = (char)(i * 7 + i / 100);
  g_autoptr (GByteArray) packed = gzip (text, 150000), second = gzip (text + 150000, 50000), none = gzip ("", 0);
  assert_reads (none->data, none->len, "", 0, VERVET_INPUT_UNPACK);
  assert_reads (packed->data, packed->len, text, 150000, VERVET_INPUT_UNPACK);
  assert_reads (packed->data, packed->len, (char *)packed->data, packed->len, VERVET_INPUT_RAW);
  g_byte_array_append (packed, none->data, none->len);
  g_byte_array_append (packed, second->data, second->len);
  assert_reads (packed->data, packed->len, text, 200000, VERVET_INPUT_UNPACK);
  g_byte_array_append (packed, (const guint8 *)"\0\0\0\0", 4);
  assert_reads (packed->data, packed->len, text, 200000, VERVET_INPUT_UNPACK);
}

static void
test_damage (void)
{
  g_autofree char *text = g_strnfill (5000, 'x');
  g_autoptr (GByteArray) packed = gzip (text, 5000);
  guint len = packed->len;
  for (guint cut = 2; cut < len; cut++) {
    g_autoptr (GError) error = NULL;
    g_assert_null (read_all (packed->data, cut, 1 << 20, 1 << 16, VERVET_INPUT_UNPACK, &error));
    g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
    g_assert_nonnull (strstr (error->message, "f.gz is damaged or cut off"));
  }
  g_byte_array_append (packed, (const guint8 *)"rest", 4);
  g_autoptr (GError) error = NULL;
  g_assert_null (read_all (packed->data, packed->len, 1 << 20, 1 << 16, VERVET_INPUT_UNPACK, &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
  g_clear_error (&error);
  packed->data[len - 6] ^= 1; /* the check sum */
  g_assert_null (read_all (packed->data, len, 1 << 20, 1 << 16, VERVET_INPUT_UNPACK, &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
}

static void
test_open (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetInput) none = vervet_input_open ("/not/there", VERVET_INPUT_RAW, &error);
  g_assert_null (none);
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
  g_clear_error (&error);
  g_autoptr (VervetInput) folder = vervet_input_open ("/", VERVET_INPUT_RAW, &error);
  g_assert_null (folder);
  g_assert_cmpstr (error->message, ==, "/ is a folder; a file is wanted");
}

static void
test_exit_status (void)
{
  static const int codes[][2] = { { VERVET_ERROR_INPUT, 1 },
                                  { VERVET_ERROR_ENVIRONMENT, 2 },
                                  { VERVET_ERROR_INCOMPLETE, 3 },
                                  { VERVET_ERROR_INTERRUPTED, 130 },
                                  { VERVET_ERROR_INTERNAL, 2 } };
  g_assert_cmpint (vervet_error_exit_status (NULL), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (codes); i++) {
    g_autoptr (GError) error = g_error_new (VERVET_ERROR, codes[i][0], "x");
    g_assert_cmpint (vervet_error_exit_status (error), ==, codes[i][1]);
  }
  g_autoptr (GError) missing = g_error_new (G_FILE_ERROR, G_FILE_ERROR_NOENT, "x");
  g_autoptr (GError) full = g_error_new (G_FILE_ERROR, G_FILE_ERROR_NOSPC, "x");
  g_autoptr (GError) option = g_error_new (G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "x");
  g_assert_cmpint (vervet_error_exit_status (missing), ==, 1);
  g_assert_cmpint (vervet_error_exit_status (full), ==, 2);
  g_assert_cmpint (vervet_error_exit_status (option), ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/input/plain", test_plain);
  g_test_add_func ("/input/members", test_members);
  g_test_add_func ("/input/damage", test_damage);
  g_test_add_func ("/input/open", test_open);
  g_test_add_func ("/input/exit-status", test_exit_status);
  return g_test_run ();
}
