/* vervet-text.h - small text helpers that library and programs share. No state, any thread. */
#ifndef VERVET_TEXT_H
#define VERVET_TEXT_H

#include <glib.h>

G_BEGIN_DECLS

/* The candidate nearest to @word by Damerau-Levenshtein distance, NULL when none is near (more than a third of the
 * longer word's length, at least 1). @candidates: NULL-terminated. */
const char *vervet_text_nearest (const char *word, const char *const *candidates);
/* "; did you mean \"X\"?" or "". (transfer full) */
char *vervet_text_did_you_mean (const char *word, const char *const *candidates);
/* 1,234,567 */
char *vervet_text_count (gint64 n);
/* "0:42", "3:05:10", "2d 4h" */
char *vervet_text_duration (double seconds);
/* Bytes as valid UTF-8: each bad byte becomes U+FFFD. (transfer full) */
char *vervet_text_utf8 (const char *s, gsize len);
/* A string from outside for a message: in double quotes, control characters and bad bytes made visible, cut after 60
 * characters. (transfer full) */
char *vervet_text_quote (const char *s, gsize len);
/* The shortest decimal text that reads back as @value; "nan", "inf", "-inf". */
char *vervet_text_double (double value);

G_END_DECLS

#endif
