/* hash.c - see hash.h. */
#include <errno.h>
#include <string.h>
#include <xxhash.h>

#include "util/hash.h"
#include "util/input.h"
#include "vervet-json.h"

struct _VervetHasher {
  GChecksum *sum;
};

/* Every part is a tag, eight bytes (its length, or the number itself) in little-endian order, and its bytes. */
static void
hasher_part (VervetHasher *hasher, guchar tag, guint64 n, const void *data, gsize len)
{
  guchar head[9] = { tag };
  guint64 le = GUINT64_TO_LE (n);
  memcpy (head + 1, &le, sizeof le);
  g_checksum_update (hasher->sum, head, sizeof head);
  for (const guchar *p = data; len > 0;) {
    gsize some = MIN (len, (gsize)1 << 30); /* g_checksum_update() takes a signed size */
    g_checksum_update (hasher->sum, p, (gssize)some);
    p += some;
    len -= some;
  }
}

static void
checksum_cut (GChecksum *sum, guint8 out[16])
{
  guint8 digest[32];
  gsize len = sizeof digest;
  g_checksum_get_digest (sum, digest, &len);
  memcpy (out, digest, 16);
  g_checksum_free (sum);
}

VervetHasher *
vervet_hasher_new (const char *domain)
{
  VervetHasher *hasher = g_new (VervetHasher, 1);
  hasher->sum = g_checksum_new (G_CHECKSUM_SHA256);
  vervet_hasher_add_string (hasher, domain);
  return hasher;
}

void
vervet_hasher_add (VervetHasher *hasher, const void *data, gsize len)
{
  hasher_part (hasher, 'b', len, data, len);
}

void
vervet_hasher_add_string (VervetHasher *hasher, const char *s)
{
  if (s)
    vervet_hasher_add (hasher, s, strlen (s));
  else
    hasher_part (hasher, 'n', 0, NULL, 0);
}

void
vervet_hasher_add_int (VervetHasher *hasher, guint64 n)
{
  hasher_part (hasher, 'i', n, NULL, 0);
}

void
vervet_hasher_finish (VervetHasher *hasher, guint8 out[16])
{
  checksum_cut (hasher->sum, out);
  g_free (hasher);
}

void
vervet_problem_hash (const char *fields_json, const char *reference, gsize reference_len, guint8 out[16])
{
  VervetHasher *hasher = vervet_hasher_new ("problem");
  g_autoptr (VervetJson) fields =
      fields_json ? vervet_json_parse (fields_json, -1, "fields", VERVET_JSON_NAN, NULL) : NULL;
  g_autofree char *canonical = fields ? vervet_json_to_canonical (fields) : NULL;
  vervet_hasher_add_string (hasher, canonical ? canonical : fields_json);
  if (reference)
    vervet_hasher_add (hasher, reference, reference_len);
  else
    vervet_hasher_add_string (hasher, NULL);
  vervet_hasher_finish (hasher, out);
}

guint64
vervet_hash64 (const void *data, gsize len, guint64 seed)
{
  return XXH3_64bits_withSeed (data, len, seed);
}

void
vervet_hash128 (const void *data, gsize len, guint64 seed, guint64 out[2])
{
  XXH128_hash_t hash = XXH3_128bits_withSeed (data, len, seed);
  out[0] = hash.low64;
  out[1] = hash.high64;
}

gboolean
vervet_hash_file (const char *path, guint8 out[16], GError **error)
{
  g_autoptr (VervetInput) input = vervet_input_open (path, VERVET_INPUT_RAW, error);
  g_autofree guchar *buf = g_malloc (1 << 16);
  GChecksum *sum;
  gssize n = -1;
  if (!input)
    return FALSE;
  sum = g_checksum_new (G_CHECKSUM_SHA256);
  while ((n = vervet_input_read (input, buf, 1 << 16, error)) > 0)
    g_checksum_update (sum, buf, n);
  checksum_cut (sum, out);
  return n == 0;
}

char *
vervet_hex (const guint8 *bytes, gsize n)
{
  static const char digits[] = "0123456789abcdef";
  char *out = g_malloc (2 * n + 1);
  for (gsize i = 0; i < n; i++) {
    out[2 * i] = digits[bytes[i] >> 4];
    out[2 * i + 1] = digits[bytes[i] & 15];
  }
  out[2 * n] = '\0';
  return out;
}
