/* hash.h - hashes of content. Those that go into files (16 bytes) are SHA-256 cut to 128 bits over length-prefixed
 * parts, so that no two lists of parts collide; the fast one (XXH3, keyed per process when it meets hostile text) never
 * leaves memory. */
#ifndef VERVET_UTIL_HASH_H
#define VERVET_UTIL_HASH_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct _VervetHasher VervetHasher;
VervetHasher *vervet_hasher_new (const char *domain); /* "problem", "fingerprint" ... separates uses */
void vervet_hasher_add (VervetHasher *hasher, const void *data, gsize len); /* one part */
void vervet_hasher_add_string (VervetHasher *hasher, const char *s);        /* NULL is a part of its own */
void vervet_hasher_add_int (VervetHasher *hasher, guint64 n);
void vervet_hasher_finish (VervetHasher *hasher, guint8 out[16]); /* frees @hasher */

/* What makes two problems the same one: their fields (as canonical JSON, so neither order nor blanks matter; bytes as
 * given when they are no JSON) and the reference answer, NULL being unlike "". Neither benchmark nor prompt counts. */
void vervet_problem_hash (const char *fields_json, const char *reference, gsize reference_len, guint8 out[16]);

guint64 vervet_hash64 (const void *data, gsize len, guint64 seed);
void vervet_hash128 (const void *data, gsize len, guint64 seed, guint64 out[2]);
/* The content of a file: the first half of what sha256sum prints. */
gboolean vervet_hash_file (const char *path, guint8 out[16], GError **error);
char *vervet_hex (const guint8 *bytes, gsize n); /* (transfer full) */

G_END_DECLS

#endif
