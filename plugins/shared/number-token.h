/* number-token.h - private to number*.c: a number as it stands in a text, and what it is worth. */
#ifndef VERVET_PLUGIN_NUMBER_TOKEN_H
#define VERVET_PLUGIN_NUMBER_TOKEN_H

#include <string.h>

#include "number.h"

/* A number found in a text: its parts still as written, separators and all. */
typedef struct {
  size_t start, end;
  int negative, percent;
  vv_str whole; /* of a mixed number; else empty */
  vv_str numerator;
  vv_str denominator; /* empty: 1 */
  int64_t exponent;   /* power of ten */
} Token;

/* A number with sign and currency at @i: its end, or 0. @apart: blanks may stand behind the sign. */
size_t token_at (vv_str s, size_t i, NumberRules rules, int apart, Token *token);
/* Puts the canonical text of @token into @out. */
NumberResult token_finish (Token *token, NumberRules rules, Buffer *out);

static inline int
at (vv_str s, size_t i)
{
  return i < s.len ? (unsigned char)s.ptr[i] : -1;
}

/* Length of @z when @s has it at @i, letters as they are; else 0. */
static inline size_t
has (vv_str s, size_t i, const char *z)
{
  size_t n = strlen (z);

  return i < s.len && s.len - i >= n && memcmp (s.ptr + i, z, n) == 0 ? n : 0;
}

static inline size_t
has_any (vv_str s, size_t i, const char *const *list)
{
  size_t n = 0;

  for (size_t k = 0; list[k] && n == 0; k++)
    n = has (s, i, list[k]);
  return n;
}

static inline size_t
skip_blanks (vv_str s, size_t i)
{
  while (is_blank (at (s, i)))
    i++;
  return i;
}

static inline size_t
skip_digits (vv_str s, size_t i)
{
  while (is_digit (at (s, i)))
    i++;
  return i;
}

static inline vv_str
part (vv_str s, size_t start, size_t end)
{
  return (vv_str){ s.ptr + start, end - start };
}

/* A canonical text is read again as a reference, so it is written as it would be read. */
static inline char
point_sign (NumberRules rules)
{
  return rules.decimal_comma ? ',' : '.';
}

/* The number in the digits of [from, to), or something above NUMBER_MAX_EXPONENT. */
static inline int64_t
read_exponent (vv_str s, size_t from, size_t to)
{
  int64_t value = 0;

  for (; from < to; from++)
    if (is_digit ((unsigned char)s.ptr[from]) && value <= NUMBER_MAX_EXPONENT)
      value = value * 10 + (s.ptr[from] - '0');
  return value;
}

#endif
