/* Hashes of content: against published values, and that lists of parts cannot be confused. */
#include <string.h>

#include <glib/gstdio.h>
#include <vervet-error.h>

#include "util/hash.h"

static void
test_file (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (g_get_tmp_dir (), "vervet-test-hash", NULL), *hex = NULL;
  guint8 out[16];
  g_assert_true (g_file_set_contents (path, "abc", 3, &error));
  g_assert_true (vervet_hash_file (path, out, &error));
  hex = vervet_hex (out, 16);
  g_assert_cmpstr (hex, ==, "ba7816bf8f01cfea414140de5dae2223"); /* FIPS 180-2, B.1 */
  g_remove (path);
  g_assert_false (vervet_hash_file (path, out, &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
}

/* The layout that files depend on: tag, length, bytes; computed here by hand over SHA-256. */
static void
test_layout (void)
{
  static const guint8 bytes[] = "b\1\0\0\0\0\0\0\0d"
                                "b\2\0\0\0\0\0\0\0xy"
                                "n\0\0\0\0\0\0\0\0"
                                "i\2\1\0\0\0\0\0\0";
  g_autofree char *expected = g_compute_checksum_for_data (G_CHECKSUM_SHA256, bytes, sizeof bytes - 1), *hex = NULL;
  VervetHasher *hasher = vervet_hasher_new ("d");
  guint8 out[16];
  vervet_hasher_add (hasher, "xy", 2);
  vervet_hasher_add_string (hasher, NULL);
  vervet_hasher_add_int (hasher, 258);
  vervet_hasher_finish (hasher, out);
  hex = vervet_hex (out, 16);
  expected[32] = '\0';
  g_assert_cmpstr (hex, ==, expected);
}

static void
hash_parts (const char *domain, const char *const *parts, guint8 out[16])
{
  VervetHasher *hasher = vervet_hasher_new (domain);
  for (; *parts; parts++)
    vervet_hasher_add_string (hasher, *parts);
  vervet_hasher_finish (hasher, out);
}

static void
test_parts_do_not_collide (void)
{
  const char *const lists[][4] = { { "ab", "c" }, { "a", "bc" }, { "abc" }, { "abc", "" }, { "", "abc" }, { NULL } };
  guint8 hashes[2 * G_N_ELEMENTS (lists)][16];
  for (guint i = 0; i < G_N_ELEMENTS (lists); i++) {
    hash_parts ("one", lists[i], hashes[2 * i]);
    hash_parts ("two", lists[i], hashes[2 * i + 1]);
  }
  for (guint i = 0; i < G_N_ELEMENTS (hashes); i++)
    for (guint k = 0; k < i; k++)
      g_assert_cmpint (memcmp (hashes[i], hashes[k], 16), !=, 0);
}

static gboolean
same_problem (const char *a, const char *a_reference, const char *b, const char *b_reference)
{
  guint8 one[16], two[16];
  vervet_problem_hash (a, a_reference, a_reference ? strlen (a_reference) : 0, one);
  vervet_problem_hash (b, b_reference, b_reference ? strlen (b_reference) : 0, two);
  return memcmp (one, two, 16) == 0;
}

static void
test_problem (void)
{
  g_assert_true (same_problem ("{\"q\": \"x\", \"n\": 1.0}", "18", "{\"n\":1,\"q\":\"\\u0078\"}", "18"));
  g_assert_false (same_problem ("{\"q\": \"x\"}", "18", "{\"q\": \"x\"}", "19"));
  g_assert_false (same_problem ("{\"q\": \"x\"}", "18", "{\"q\": \"y\"}", "18"));
  g_assert_false (same_problem ("{\"q\": \"x\"}", NULL, "{\"q\": \"x\"}", ""));
  g_assert_false (same_problem (NULL, "1", "null", "1"));
  g_assert_true (same_problem ("not json", NULL, "not json", NULL));
  g_assert_false (same_problem ("not json", NULL, "not  json", NULL));
}

static void
test_fast (void)
{
  guint64 out[2];
  g_assert_cmpuint (vervet_hash64 ("", 0, 0), ==, G_GUINT64_CONSTANT (0x2d06800538d394c2)); /* XXH3's own test vector */
  g_assert_cmpuint (vervet_hash64 ("a", 1, 1), !=, vervet_hash64 ("a", 1, 2));
  vervet_hash128 ("", 0, 0, out);
  g_assert_cmpuint (out[1], ==, G_GUINT64_CONSTANT (0x99aa06d3014798d8));
  g_assert_cmpuint (out[0], ==, G_GUINT64_CONSTANT (0x6001c324468d497f));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/hash/file", test_file);
  g_test_add_func ("/hash/layout", test_layout);
  g_test_add_func ("/hash/parts-do-not-collide", test_parts_do_not_collide);
  g_test_add_func ("/hash/problem", test_problem);
  g_test_add_func ("/hash/fast", test_fast);
  return g_test_run ();
}
