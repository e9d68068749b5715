/* plugin-util.h - what several in-tree plugins need: failing with a sentence, growing buffers. libc only. */
#ifndef VERVET_PLUGIN_UTIL_H
#define VERVET_PLUGIN_UTIL_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "vervet-plugin.h"

/* Writes the sentence into @err (nullable) as one that a retry does not cure, and returns @status. A message that does
 * not fit is cut between two characters, not inside one. */
__attribute__ ((format (printf, 3, 4))) vv_status plugin_fail (vv_error *err, vv_status status, const char *format,
                                                               ...);

/* Bytes that grow. After a failed allocation `failed` is set, `len` stops moving and every later call is a no-op, so
 * one check at the end is enough. */
typedef struct {
  char *ptr;
  size_t len, cap;
  int failed;
} Buffer;

int buffer_reserve (Buffer *buffer, size_t more); /* room for so many bytes and a NUL; 0: none */
void buffer_add (Buffer *buffer, const void *bytes, size_t n);
void buffer_add_char (Buffer *buffer, char c);
void buffer_add_string (Buffer *buffer, const char *z);
__attribute__ ((format (printf, 2, 3))) void buffer_printf (Buffer *buffer, const char *format, ...);
void buffer_reset (Buffer *buffer); /* empty, memory kept */
void buffer_clear (Buffer *buffer); /* empty, memory freed */
vv_str buffer_str (const Buffer *buffer);

/* ASCII classes: the C library's depend on the locale, which belongs to the host. */
static inline int
is_digit (int c)
{
  return c >= '0' && c <= '9';
}

static inline int
is_letter (int c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline int
is_blank (int c)
{
  return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline int
to_lower (int c)
{
  return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* An empty string may come as a NULL pointer, with which no place can be computed. */
static inline vv_str
str_safe (vv_str s)
{
  return s.ptr ? s : (vv_str){ "", 0 };
}

vv_str str_trim (vv_str s);
int str_equal (vv_str a, vv_str b);
int str_equal_z (vv_str a, const char *z);
/* Does @s begin with @z, ASCII letters of either case? */
int str_starts_fold (vv_str s, const char *z);
vv_str str_from (vv_str s, size_t start); /* the rest from @start on; empty when @start is past the end */

#endif
