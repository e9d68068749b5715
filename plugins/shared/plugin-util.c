#include "plugin-util.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

vv_status
plugin_fail (vv_error *err, vv_status status, const char *format, ...)
{
  va_list args;
  size_t len;
  int n;

  if (!err)
    return status;
  err->retry_after_ms = -1;
  va_start (args, format);
  n = vsnprintf (err->message, sizeof err->message, format, args);
  va_end (args);
  if (n >= (int)sizeof err->message) {
    len = sizeof err->message - 1;
    while (len > 0 && ((unsigned char)err->message[len - 1] & 0xc0) == 0x80)
      len--;
    if (len > 0 && (unsigned char)err->message[len - 1] >= 0xc0)
      len--;
    err->message[len] = 0;
  }
  return status;
}

int
buffer_reserve (Buffer *buffer, size_t more)
{
  size_t cap = buffer->cap ? buffer->cap : 64;
  char *ptr;

  if (buffer->failed || more > SIZE_MAX / 4 - buffer->len) {
    buffer->failed = 1;
    return 0;
  }
  if (buffer->len + more < buffer->cap)
    return 1;
  while (cap <= buffer->len + more)
    cap *= 2;
  ptr = realloc (buffer->ptr, cap);
  if (!ptr) {
    buffer->failed = 1;
    return 0;
  }
  buffer->ptr = ptr;
  buffer->cap = cap;
  return 1;
}

void
buffer_add (Buffer *buffer, const void *bytes, size_t n)
{
  if (!buffer_reserve (buffer, n))
    return;
  if (n > 0)
    memcpy (buffer->ptr + buffer->len, bytes, n);
  buffer->len += n;
  buffer->ptr[buffer->len] = 0;
}

void
buffer_add_char (Buffer *buffer, char c)
{
  buffer_add (buffer, &c, 1);
}

void
buffer_add_string (Buffer *buffer, const char *z)
{
  buffer_add (buffer, z, strlen (z));
}

void
buffer_printf (Buffer *buffer, const char *format, ...)
{
  va_list args;
  int n;

  va_start (args, format);
  n = vsnprintf (NULL, 0, format, args);
  va_end (args);
  if (n < 0 || !buffer_reserve (buffer, (size_t)n))
    return;
  va_start (args, format);
  vsnprintf (buffer->ptr + buffer->len, (size_t)n + 1, format, args);
  va_end (args);
  buffer->len += (size_t)n;
}

void
buffer_reset (Buffer *buffer)
{
  buffer->len = 0;
  buffer->failed = 0;
}

void
buffer_clear (Buffer *buffer)
{
  free (buffer->ptr);
  *buffer = (Buffer){ 0 };
}

vv_str
buffer_str (const Buffer *buffer)
{
  return (vv_str){ buffer->ptr, buffer->len };
}

vv_str
str_trim (vv_str s)
{
  while (s.len > 0 && is_blank (s.ptr[0])) {
    s.ptr++;
    s.len--;
  }
  while (s.len > 0 && is_blank (s.ptr[s.len - 1]))
    s.len--;
  return s;
}

int
str_equal (vv_str a, vv_str b)
{
  return a.len == b.len && (a.len == 0 || memcmp (a.ptr, b.ptr, a.len) == 0);
}

int
str_equal_z (vv_str a, const char *z)
{
  return str_equal (a, (vv_str){ z, strlen (z) });
}

int
str_starts_fold (vv_str s, const char *z)
{
  size_t i;

  for (i = 0; z[i]; i++)
    if (i >= s.len || to_lower ((unsigned char)s.ptr[i]) != to_lower ((unsigned char)z[i]))
      return 0;
  return 1;
}

vv_str
str_from (vv_str s, size_t start)
{
  return start >= s.len ? (vv_str){ s.ptr ? s.ptr + s.len : NULL, 0 } : (vv_str){ s.ptr + start, s.len - start };
}
