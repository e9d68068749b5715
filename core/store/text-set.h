/* text-set.h - which texts a member has already: 8 bytes a text, 24 bits of its hash and 40 of its text_id. A candidate
 * is no proof: the caller compares bytes. The place of an entry follows from the same 24 bits, so that the set can grow
 * without the hashes; with n texts a search meets about n / 2^24 strangers. */
#ifndef VERVET_STORE_TEXT_SET_H
#define VERVET_STORE_TEXT_SET_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  guint64 *slots; /* 0: free */
  guint32 size, used;
} VervetTextSet;

void vervet_text_set_clear (VervetTextSet *set);
gsize vervet_text_set_bytes (const VervetTextSet *set);
void vervet_text_set_add (VervetTextSet *set, guint64 hash, gint64 text_id);
/* The candidates for @hash one after the other; *cursor starts at -1. FALSE: no more. */
gboolean vervet_text_set_next (const VervetTextSet *set, guint64 hash, gint64 *cursor, gint64 *text_id);

G_END_DECLS

#endif
