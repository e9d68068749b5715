/* vervet-json-scan.h - a JSON scanner in one header, for plugins and for libvervet itself. C11 and C++17, libc only:
 * nothing to link. Optional: a plugin may read its data with any library it likes.
 *
 * One record, whole in memory (a line of a JSON Lines file):
 *
 *     vv_json_value v;
 *     if (vv_json_find (line, line_len, "problem.tests.0.input", &v) == VV_JSON_STRING) {
 *       size_t need = vv_json_text (&v, buf, sizeof buf);  // as snprintf: need >= sizeof buf means cut off
 *     }
 *
 * Token by token, over a document of any size in a window of any size:
 *
 *     vv_json_scan s;
 *     vv_json_init (&s, data, len, VV_JSON_STRICT);       // or vv_json_init_stream() and vv_json_feed()
 *     int token;
 *     while ((token = vv_json_next (&s)) > 0) { ... s.raw, s.raw_len, s.i ... }
 *     if (token == VV_JSON_ERROR) ... s.line, s.column, s.error ...
 *
 * Everything is checked as it passes: grammar, nesting of at most VV_JSON_DEPTH, UTF-8, pairs of surrogates, control
 * characters in strings, numbers. After a token has been returned its text is sound, so decoding cannot fail.
 *
 * Threads: one scan, one thread at a time; there is no other state. */
#ifndef VERVET_JSON_SCAN_H
#define VERVET_JSON_SCAN_H

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#ifdef __cplusplus
extern "C" {
#endif

enum {
  VV_JSON_STRICT = 0,
  VV_JSON_COMMENTS = 1 << 0, /* line and block comments, and a comma before a closing bracket */
  VV_JSON_NAN = 1 << 1,      /* bare NaN, Infinity, -Infinity (Python writes them); they are FLOAT */
  VV_JSON_MANY = 1 << 2      /* any number of values one after the other: JSON Lines */
};
enum {
  VV_JSON_MORE = -2,  /* the window ends before the next token does: vv_json_feed(), then vv_json_next() again */
  VV_JSON_ERROR = -1, /* for ever after; see error, line and column */
  VV_JSON_END = 0,
  VV_JSON_NULL,
  VV_JSON_FALSE,
  VV_JSON_TRUE,
  VV_JSON_INT,   /* without fraction or exponent, fits 64 bits: in i. "-0" is a FLOAT, so that its sign lives */
  VV_JSON_FLOAT, /* any other number: vv_json_double (raw, raw_len) */
  VV_JSON_STRING,
  VV_JSON_KEY, /* a member's name; its value follows */
  VV_JSON_ARRAY,
  VV_JSON_ARRAY_END,
  VV_JSON_OBJECT,
  VV_JSON_OBJECT_END
};
#define VV_JSON_DEPTH 512u

typedef struct vv_json_scan {
  /* The window: data[0 .. len) is in sight, data[0 .. pos) is done with. base: offset of data[0] in the whole input. */
  const char *data;
  size_t len, pos;
  uint64_t base;
  uint32_t flags, final; /* final: nothing comes after this window */
  /* The last token. raw: strings and keys without the quotes and still escaped, all else as written. It points into
   * the window. After VV_JSON_ERROR, line and column say where the fault is. */
  int token;
  uint32_t escaped; /* raw has a backslash: vv_json_decode() is needed */
  const char *raw;
  size_t raw_len;
  int64_t i;             /* VV_JSON_INT */
  uint64_t line, column; /* from 1; column counts bytes */
  const char *error;     /* constant text */
  uint32_t depth;        /* brackets open after this token */
  /* Private. */
  uint32_t state_, comment_, escaped_;
  size_t checked_; /* bytes of an unfinished string that need no second look */
  uint64_t line_no_, line_at_;
  unsigned char stack_[VV_JSON_DEPTH / 8]; /* bit set: object */
} vv_json_scan;

/* private: what may come next */
enum {
  VV_JSON_S_FIRST_ = 0, /* nothing read yet */
  VV_JSON_S_DONE_,      /* after a value on the top level */
  VV_JSON_S_VALUE_,     /* after a colon */
  VV_JSON_S_ARRAY_,     /* after [ */
  VV_JSON_S_ELEM_,      /* after a comma in an array */
  VV_JSON_S_OBJECT_,    /* after { */
  VV_JSON_S_KEY_,       /* after a comma in an object */
  VV_JSON_S_COLON_,     /* after a name */
  VV_JSON_S_AFTER_,     /* after a value inside brackets */
  VV_JSON_S_FAILED_
};

/* ---- Starting ---------------------------------------------------------------------------------------------------- */
/* For vv_json_feed(): the window is empty and the first vv_json_next() answers VV_JSON_MORE. */
static inline void
vv_json_init_stream (vv_json_scan *s, uint32_t flags)
{
  memset (s, 0, sizeof *s);
  s->data = s->raw = "";
  s->flags = flags;
  s->line_no_ = s->line = s->column = 1;
}

/* The whole input is in memory. */
static inline void
vv_json_init (vv_json_scan *s, const char *data, size_t len, uint32_t flags)
{
  vv_json_init_stream (s, flags);
  s->data = data ? data : "";
  s->len = len;
  s->final = 1;
}

/* The next window. It begins with what the last one had left over: data[0] here is data[pos] there (memmove it to the
 * front of the buffer and read more behind it; make the buffer larger when pos is 0 and it is full). */
static inline void
vv_json_feed (vv_json_scan *s, const char *data, size_t len, int final)
{
  s->base += s->pos;
  s->pos = 0;
  s->data = data;
  s->len = len;
  s->final = final != 0;
}

/* ---- private: faults, blanks, UTF-8, escapes --------------------------------------------------------------------- */
static inline int
vv_json_fail_ (vv_json_scan *s, size_t at, const char *message)
{
  s->state_ = VV_JSON_S_FAILED_;
  s->error = message;
  s->line = s->line_no_;
  s->column = s->base + at - s->line_at_ + 1;
  s->raw = s->data + at;
  s->raw_len = 0;
  return s->token = VV_JSON_ERROR;
}

static inline void
vv_json_newline_ (vv_json_scan *s, size_t after)
{
  s->line_no_++;
  s->line_at_ = s->base + after;
}

/* Inside a comment: 1 at its end, MORE, ERROR. */
static inline int
vv_json_comment_ (vv_json_scan *s)
{
  const char *d = s->data;
  size_t p = s->pos;
  if (s->comment_ == 1) {
    const char *end = (const char *)memchr (d + p, '\n', s->len - p);
    s->pos = end ? (size_t)(end - d) : s->len;
    if (!end && !s->final)
      return VV_JSON_MORE;
    s->comment_ = 0;
    return 1;
  }
  for (; p < s->len; p++) {
    if (d[p] == '\n')
      vv_json_newline_ (s, p + 1);
    else if (d[p] == '*' && p + 1 == s->len)
      break;
    else if (d[p] == '*' && d[p + 1] == '/') {
      s->pos = p + 2;
      s->comment_ = 0;
      return 1;
    }
  }
  s->pos = p;
  return s->final ? vv_json_fail_ (s, p, "a comment has no end: */ is missing") : VV_JSON_MORE;
}

/* Reads over blanks and comments: 1 at a byte, END at the end of the input, MORE, ERROR. */
static inline int
vv_json_blank_ (vv_json_scan *s)
{
  const char *d = s->data;
  for (;;) {
    size_t p = s->pos, n = s->len;
    if (s->comment_) {
      int got = vv_json_comment_ (s);
      if (got != 1)
        return got;
      p = s->pos;
    }
    for (; p < n; p++) {
      if (d[p] == '\n')
        vv_json_newline_ (s, p + 1);
      else if (d[p] != ' ' && d[p] != '\t' && d[p] != '\r')
        break;
    }
    s->pos = p;
    if (p == n)
      return s->final ? VV_JSON_END : VV_JSON_MORE;
    if (d[p] != '/' || !(s->flags & VV_JSON_COMMENTS))
      return 1;
    if (p + 1 == n)
      return s->final ? 1 : VV_JSON_MORE;
    if (d[p + 1] != '/' && d[p + 1] != '*')
      return 1;
    s->comment_ = d[p + 1] == '/' ? 1 : 2;
    s->pos = p + 2;
  }
}

/* Length of the UTF-8 sequence at @d (first byte >= 0x80); 0: sound so far but cut off, -1: not UTF-8. */
static inline int
vv_json_utf8_ (const unsigned char *d, size_t n)
{
  unsigned c = d[0], low = 0x80, high = 0xbf;
  int len = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
  if (c < 0xc2 || c > 0xf4)
    return -1;
  if (c == 0xe0)
    low = 0xa0; /* no overlong form */
  else if (c == 0xed)
    high = 0x9f; /* no surrogate */
  else if (c == 0xf0)
    low = 0x90;
  else if (c == 0xf4)
    high = 0x8f; /* nothing above U+10FFFF */
  for (int i = 1; i < len; i++, low = 0x80, high = 0xbf) {
    if ((size_t)i >= n)
      return 0;
    if (d[i] < low || d[i] > high)
      return -1;
  }
  return len;
}

static inline int
vv_json_hex_ (unsigned char c)
{
  if (c >= '0' && c <= '9')
    return c - '0';
  c |= 32;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits at @d; -1: not digits, -2: cut off. */
static inline int32_t
vv_json_hex4_ (const unsigned char *d, size_t n)
{
  int32_t u = 0;
  for (size_t i = 0; i < 4; i++) {
    if (i >= n)
      return -2;
    int h = vv_json_hex_ (d[i]);
    if (h < 0)
      return -1;
    u = u * 16 + h;
  }
  return u;
}

/* Length of the escape at @d (a backslash): 2, 6 or 12; 0: cut off, -1 with *@error. */
static inline int
vv_json_escape_ (const unsigned char *d, size_t n, const char **error)
{
  if (n < 2)
    return 0;
  if (d[1] != 'u') {
    if (d[1] && strchr ("\"\\/bfnrt", d[1]))
      return 2;
    *error = "unknown escape in a string; write \\\\ for a backslash";
    return -1;
  }
  int32_t u = vv_json_hex4_ (d + 2, n - 2), v;
  if (u == -2)
    return 0;
  *error = "\\u needs four hexadecimal digits";
  if (u < 0)
    return -1;
  if (u < 0xd800 || u > 0xdfff)
    return 6;
  *error = "half a surrogate pair: no character";
  if (u >= 0xdc00)
    return -1;
  if ((n > 6 && d[6] != '\\') || (n > 7 && d[7] != 'u'))
    return -1;
  if (n < 8 || (v = vv_json_hex4_ (d + 8, n - 8)) == -2)
    return 0;
  return v >= 0xdc00 && v <= 0xdfff ? 12 : -1;
}

/* Bytes of @w (eight of a string) that need a look: quote, backslash, control, not ASCII. The lowest marked byte is
 * always right; those above it may be marked in vain. */
static inline uint64_t
vv_json_special_ (uint64_t w)
{
  const uint64_t ones = UINT64_C (0x0101010101010101), tops = ones * 0x80;
  uint64_t quote = w ^ (ones * '"'), slash = w ^ (ones * '\\');
  return (((w - ones * 0x20) & ~w) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash) | w) & tops;
}

/* First byte at or after @p that needs a look, or @n. */
static inline size_t
vv_json_plain_ (const unsigned char *d, size_t p, size_t n)
{
  while (n - p >= 8) {
    uint64_t w, special;
    memcpy (&w, d + p, 8);
    special = vv_json_special_ (w);
    if (!special) {
      p += 8;
      continue;
    }
#if defined(__GNUC__) && defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return p + ((size_t)__builtin_ctzll (special) >> 3);
#else
    break;
#endif
  }
  while (p < n && d[p] >= 0x20 && d[p] < 0x80 && d[p] != '"' && d[p] != '\\')
    p++;
  return p;
}

/* The string or name whose opening quote is at pos: 1, MORE, ERROR. */
static inline int
vv_json_string_ (vv_json_scan *s)
{
  const unsigned char *d = (const unsigned char *)s->data;
  size_t first = s->pos + 1, p = first + s->checked_, n = s->len;
  const char *error = NULL;
  int len = 0;
  while ((p = vv_json_plain_ (d, p, n)) < n && d[p] != '"') {
    if (d[p] < 0x20)
      return vv_json_fail_ (s, p,
                            d[p] == '\n' ? "a string has no end on its line; a line end inside one is written \\n"
                                         : "a control character in a string; write it as \\u00XX");
    if (d[p] == '\\') {
      len = vv_json_escape_ (d + p, n - p, &error);
      s->escaped_ = 1;
    } else {
      len = vv_json_utf8_ (d + p, n - p);
      error = "the bytes are not UTF-8";
    }
    if (len < 0)
      return vv_json_fail_ (s, p, error);
    if (len == 0)
      break;
    p += (size_t)len;
  }
  if (p >= n || d[p] != '"') {
    s->checked_ = p - first;
    return s->final ? vv_json_fail_ (s, s->pos, "a string has no end: the closing quote is missing") : VV_JSON_MORE;
  }
  s->raw = s->data + first;
  s->raw_len = p - first;
  s->escaped = s->escaped_;
  s->escaped_ = 0;
  s->checked_ = 0;
  s->pos = p + 1;
  return 1;
}

#define VV_JSON_VALUES_ "a value is true, false, null, a number, a string in double quotes, [ or {" /* private */

/* ---- private: words and numbers ---------------------------------------------------------------------------------- */
/* Can @c continue a word or a number? Then the token before it is not what it seems. */
static inline int
vv_json_joins_ (unsigned char c)
{
  return c >= 0x80 || (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '.' || c == '+' || c == '-'
         || c == '_';
}

static inline int
vv_json_scalar_ (vv_json_scan *s, size_t end, int token)
{
  s->raw = s->data + s->pos;
  s->raw_len = end - s->pos;
  s->escaped = 0;
  s->pos = end;
  return token;
}

static inline int
vv_json_word_ (vv_json_scan *s, const char *word, int token)
{
  size_t have = s->len - s->pos, len = strlen (word), same = 0;
  while (same < len && same < have && s->data[s->pos + same] == word[same])
    same++;
  if (same == have && !s->final)
    return VV_JSON_MORE;
  if (same < len || (have > len && vv_json_joins_ ((unsigned char)s->data[s->pos + len])))
    return vv_json_fail_ (s, s->pos, "unknown word; " VV_JSON_VALUES_);
  return vv_json_scalar_ (s, s->pos + len, token);
}

/* Reads over digits from @p. */
static inline size_t
vv_json_digits_ (const vv_json_scan *s, size_t p)
{
  while (p < s->len && s->data[p] >= '0' && s->data[p] <= '9')
    p++;
  return p;
}

/* INT with s->i, or FLOAT when the digits [from, to) do not fit. */
static inline int
vv_json_integer_ (vv_json_scan *s, size_t from, size_t to, int negative)
{
  const uint64_t limit = (uint64_t)INT64_MAX + (negative ? 1u : 0u);
  uint64_t n = 0;
  for (size_t p = from; p < to; p++) {
    unsigned digit = (unsigned)(s->data[p] - '0');
    if (n > (limit - digit) / 10)
      return VV_JSON_FLOAT;
    n = n * 10 + digit;
  }
  if (negative && n == 0)
    return VV_JSON_FLOAT;
  s->i = negative ? -(int64_t)(n - 1) - 1 : (int64_t)n;
  return VV_JSON_INT;
}

static inline int
vv_json_number_ (vv_json_scan *s)
{
  const char *d = s->data;
  const char *fault = "a number is not whole: a digit is missing";
  int negative = d[s->pos] == '-', integer = 1, token;
  size_t n = s->len, from = s->pos + (negative ? 1 : 0), p;
  if (negative && from < n && d[from] == 'I' && (s->flags & VV_JSON_NAN))
    return vv_json_word_ (s, "-Infinity", VV_JSON_FLOAT);
  size_t to = p = vv_json_digits_ (s, from);
  if (p > from + 1 && d[from] == '0')
    return vv_json_fail_ (s, s->pos, "a number begins with 0");
  if (p == from)
    goto missing;
  if (p < n && d[p] == '.') {
    size_t q = vv_json_digits_ (s, p + 1);
    integer = 0;
    if (q == p + 1) {
      p = q;
      goto missing;
    }
    p = q;
  }
  if (p < n && (d[p] == 'e' || d[p] == 'E')) {
    size_t first = p + 1 < n && (d[p + 1] == '+' || d[p + 1] == '-') ? p + 2 : p + 1;
    integer = 0;
    p = vv_json_digits_ (s, first);
    if (p == first)
      goto missing;
  }
  if (p == n && !s->final)
    return VV_JSON_MORE;
  if (p < n && vv_json_joins_ ((unsigned char)d[p]))
    return vv_json_fail_ (s, p, "a character that does not belong into a number");
  token = integer ? vv_json_integer_ (s, from, to, negative) : VV_JSON_FLOAT;
  return vv_json_scalar_ (s, p, token);
missing:
  return p >= n && !s->final ? VV_JSON_MORE : vv_json_fail_ (s, p < n ? p : n, fault);
}

/* ---- private: structure ------------------------------------------------------------------------------------------ */
static inline int
vv_json_in_object_ (const vv_json_scan *s)
{
  uint32_t top = s->depth - 1;
  return s->depth && (s->stack_[top >> 3] >> (top & 7) & 1);
}

static inline int
vv_json_open_ (vv_json_scan *s, int object)
{
  unsigned char bit = (unsigned char)(1u << (s->depth & 7));
  if (s->depth == VV_JSON_DEPTH)
    return vv_json_fail_ (s, s->pos, "more than 512 brackets inside each other");
  if (object)
    s->stack_[s->depth >> 3] |= bit;
  else
    s->stack_[s->depth >> 3] &= (unsigned char)~bit;
  s->depth++;
  s->state_ = object ? VV_JSON_S_OBJECT_ : VV_JSON_S_ARRAY_;
  return vv_json_scalar_ (s, s->pos + 1, object ? VV_JSON_OBJECT : VV_JSON_ARRAY);
}

static inline int
vv_json_close_ (vv_json_scan *s)
{
  int object = vv_json_in_object_ (s);
  s->depth--;
  s->state_ = s->depth ? VV_JSON_S_AFTER_ : VV_JSON_S_DONE_;
  return vv_json_scalar_ (s, s->pos + 1, object ? VV_JSON_OBJECT_END : VV_JSON_ARRAY_END);
}

static inline int
vv_json_scalar_or_open_ (vv_json_scan *s)
{
  char c = s->data[s->pos];
  int token;
  if (c == '{' || c == '[')
    return vv_json_open_ (s, c == '{');
  if (c == '"')
    token = (token = vv_json_string_ (s)) == 1 ? VV_JSON_STRING : token;
  else if (c == '-' || (c >= '0' && c <= '9'))
    token = vv_json_number_ (s);
  else if (c == 't')
    token = vv_json_word_ (s, "true", VV_JSON_TRUE);
  else if (c == 'f')
    token = vv_json_word_ (s, "false", VV_JSON_FALSE);
  else if (c == 'n')
    token = vv_json_word_ (s, "null", VV_JSON_NULL);
  else if (c == 'N' && (s->flags & VV_JSON_NAN))
    token = vv_json_word_ (s, "NaN", VV_JSON_FLOAT);
  else if (c == 'I' && (s->flags & VV_JSON_NAN))
    token = vv_json_word_ (s, "Infinity", VV_JSON_FLOAT);
  else
    return vv_json_fail_ (s, s->pos,
                          c == '\''  ? "strings stand in double quotes"
                          : c == '/' ? "comments are not allowed here"
                                     : "a value was expected; " VV_JSON_VALUES_);
  if (token > 0)
    s->state_ = s->depth ? VV_JSON_S_AFTER_ : VV_JSON_S_DONE_;
  return token;
}

static inline int
vv_json_key_ (vv_json_scan *s)
{
  if (s->data[s->pos] != '"')
    return vv_json_fail_ (s, s->pos, "a name in double quotes was expected");
  int got = vv_json_string_ (s);
  if (got != 1)
    return got;
  s->state_ = VV_JSON_S_COLON_;
  return VV_JSON_KEY;
}

/* The end of the input, with blanks read over. */
static inline int
vv_json_end_ (vv_json_scan *s)
{
  if (s->state_ == VV_JSON_S_DONE_ || (s->state_ == VV_JSON_S_FIRST_ && (s->flags & VV_JSON_MANY)))
    return vv_json_scalar_ (s, s->pos, VV_JSON_END);
  return vv_json_fail_ (s, s->pos,
                        s->state_ == VV_JSON_S_FIRST_ ? "the input is empty"
                        : vv_json_in_object_ (s)      ? "the input ends inside an object: } is missing"
                                                      : "the input ends inside an array: ] is missing");
}

/* At a byte that is no blank: a token, MORE, ERROR, or END for "consumed a comma or colon, go on". */
static inline int
vv_json_step_ (vv_json_scan *s)
{
  char c = s->data[s->pos], close = vv_json_in_object_ (s) ? '}' : ']';
  switch (s->state_) {
  case VV_JSON_S_COLON_:
    if (c != ':')
      return vv_json_fail_ (s, s->pos, "a colon was expected after the name");
    s->pos++;
    s->state_ = VV_JSON_S_VALUE_;
    return VV_JSON_END;
  case VV_JSON_S_AFTER_:
    if (c == close)
      return vv_json_close_ (s);
    if (c != ',')
      return vv_json_fail_ (s, s->pos, close == '}' ? "a comma or } was expected" : "a comma or ] was expected");
    s->pos++;
    s->state_ = close == '}' ? VV_JSON_S_KEY_ : VV_JSON_S_ELEM_;
    return VV_JSON_END;
  case VV_JSON_S_DONE_:
    if (!(s->flags & VV_JSON_MANY))
      return vv_json_fail_ (s, s->pos, "something follows the end of the value");
    return vv_json_scalar_or_open_ (s);
  case VV_JSON_S_ELEM_:
  case VV_JSON_S_KEY_:
    if (c == close && !(s->flags & VV_JSON_COMMENTS))
      return vv_json_fail_ (s, s->pos, "a comma stands before the closing bracket");
    /* fall through */
  case VV_JSON_S_ARRAY_:
  case VV_JSON_S_OBJECT_:
    if (c == close)
      return vv_json_close_ (s);
    return close == '}' ? vv_json_key_ (s) : vv_json_scalar_or_open_ (s);
  default:
    return vv_json_scalar_or_open_ (s);
  }
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */
/* The next token, or VV_JSON_END, VV_JSON_ERROR, VV_JSON_MORE. */
static inline int
vv_json_next (vv_json_scan *s)
{
  int got;
  if (s->state_ == VV_JSON_S_FAILED_)
    return VV_JSON_ERROR;
  if (s->state_ == VV_JSON_S_FIRST_ && s->base + s->pos == 0 && s->len && (unsigned char)s->data[0] == 0xef) {
    if (s->len < 3 && !s->final) /* a byte order mark, or part of one */
      return VV_JSON_MORE;
    if (s->len >= 3 && !memcmp (s->data, "\xef\xbb\xbf", 3))
      s->pos = 3;
  }
  for (;;) {
    got = vv_json_blank_ (s);
    if (got == VV_JSON_END)
      return s->token = vv_json_end_ (s);
    if (got != 1)
      return got;
    s->line = s->line_no_;
    s->column = s->base + s->pos - s->line_at_ + 1;
    got = vv_json_step_ (s);
    if (got > 0)
      return s->token = got;
    if (got != VV_JSON_END)
      return got;
  }
}

/* Reads over the rest of the value whose first token was the last one returned, or of the member whose name it was.
 * Returns the token that ends it, or ERROR, MORE. A stream that answers MORE keeps calling vv_json_next() until depth
 * is below what it was after the opening bracket. */
static inline int
vv_json_skip (vv_json_scan *s)
{
  int token = s->token;
  if (token == VV_JSON_KEY && (token = vv_json_next (s)) <= 0)
    return token;
  if (token == VV_JSON_ARRAY || token == VV_JSON_OBJECT) {
    uint32_t inside = s->depth;
    while (token > 0 && s->depth >= inside)
      token = vv_json_next (s);
  }
  return token;
}

/* private: one character of sound raw text at *@raw to at most four bytes of @out; their number. */
static inline size_t
vv_json_char_ (const char **raw, char out[4])
{
  const unsigned char *d = (const unsigned char *)*raw;
  static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
  uint32_t u;
  if (d[0] != '\\') {
    out[0] = (char)d[0];
    *raw += 1;
    return 1;
  }
  if (d[1] != 'u') {
    const char *known = strchr (from, d[1]);
    out[0] = known ? to[known - from] : (char)d[1];
    *raw += 2;
    return 1;
  }
  u = (uint32_t)vv_json_hex4_ (d + 2, 4);
  *raw += 6;
  if (u >= 0xd800 && u < 0xdc00) {
    u = 0x10000 + ((u - 0xd800) << 10) + ((uint32_t)vv_json_hex4_ (d + 8, 4) - 0xdc00);
    *raw += 6;
  }
  if (u < 0x80) {
    out[0] = (char)u;
    return 1;
  }
  size_t len = u < 0x800 ? 2 : u < 0x10000 ? 3 : 4;
  static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
  for (size_t i = len; i-- > 1; u >>= 6)
    out[i] = (char)(0x80 | (u & 0x3f));
  out[0] = (char)(lead[len] | u);
  return len;
}

/* Writes the text of @raw (of a STRING or KEY) to @out, which has room for @len bytes and may be @raw itself; returns
 * its length. No NUL is added. */
static inline size_t
vv_json_decode (const char *raw, size_t len, char *out)
{
  const char *end = raw + len;
  char *to = out;
  while (raw < end) {
    const char *slash = (const char *)memchr (raw, '\\', (size_t)(end - raw));
    size_t plain = (size_t)((slash ? slash : end) - raw);
    char one[4];
    memmove (to, raw, plain);
    to += plain;
    raw += plain;
    if (!slash)
      break;
    size_t n = vv_json_char_ (&raw, one);
    memcpy (to, one, n);
    to += n;
  }
  return (size_t)(to - out);
}

/* private: splits a number into at most 800 digits (a last one stands for all that follow) and a power of ten. */
static inline size_t
vv_json_scientific_ (const char *raw, size_t len, char *digits, int64_t *power)
{
  size_t n = 0, p = 0;
  int64_t exponent = 0;
  int fraction = 0, negative;
  *power = 0;
  for (; p < len && raw[p] != 'e' && raw[p] != 'E'; p++) {
    if (raw[p] == '.') {
      fraction = 1;
      continue;
    }
    if (raw[p] == '-' || (n == 0 && raw[p] == '0')) {
      *power -= fraction && raw[p] != '-';
      continue;
    }
    if (n < 800) {
      digits[n++] = raw[p];
      *power -= fraction;
    } else {
      *power += !fraction;
      if (raw[p] != '0')
        digits[799] = digits[799] == '0' ? '1' : digits[799];
    }
  }
  negative = p + 1 < len && raw[p + 1] == '-';
  for (p++; p < len; p++)
    if (raw[p] >= '0' && raw[p] <= '9' && exponent < 1000000000)
      exponent = exponent * 10 + (raw[p] - '0');
  *power += negative ? -exponent : exponent;
  return n;
}

/* The double nearest to a number as written, whatever the locale. Beyond the largest double: an infinity. */
static inline double
vv_json_double (const char *raw, size_t len)
{
  static const double tens[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
  char digits[832];
  int64_t power;
  int negative = len && raw[0] == '-';
  if (len > (negative ? 1u : 0u) && (raw[negative] == 'N' || raw[negative] == 'I'))
    return raw[negative] == 'N' ? (double)NAN : negative ? -HUGE_VAL : HUGE_VAL;
  size_t n = vv_json_scientific_ (raw, len, digits, &power);
  double value = 0;
  if (n <= 15 && power >= -22 && power <= 22 && FLT_EVAL_METHOD == 0) {
    int64_t whole = 0; /* below 2^53, and the power of ten is exact: one rounding */
    for (size_t i = 0; i < n; i++)
      whole = whole * 10 + (digits[i] - '0');
    value = power < 0 ? (double)whole / tens[-power] : (double)whole * tens[power];
  } else if (n) {
    uint64_t rest = (uint64_t)(power < 0 ? -power : power);
    char reversed[12]; /* without a decimal point, strtod() does not depend on the locale */
    size_t k = 0;
    if (rest > 1000000)
      rest = 1000000;
    for (; rest || !k; rest /= 10)
      reversed[k++] = (char)('0' + rest % 10);
    digits[n++] = 'e';
    digits[n++] = power < 0 ? '-' : '+';
    while (k)
      digits[n++] = reversed[--k];
    digits[n] = 0;
    value = strtod (digits, NULL);
  }
  return negative ? -value : value;
}

/* ---- One value of a record --------------------------------------------------------------------------------------- */
typedef struct vv_json_value {
  int kind;         /* VV_JSON_NULL ... VV_JSON_STRING, VV_JSON_ARRAY, VV_JSON_OBJECT */
  uint32_t escaped; /* STRING: text needs decoding */
  const char *raw;  /* the whole value as written, with its quotes or brackets: JSON itself */
  size_t raw_len;
  const char *text; /* STRING: what is between the quotes; else as raw */
  size_t text_len;
  int64_t i; /* INT */
} vv_json_value;

/* The text of @v: a string decoded, anything else as written. At most @cap - 1 bytes go to @out, and a NUL (not when
 * @cap is 0). Returns the length of the whole text, as snprintf does; raw_len + 1 bytes are always enough. */
static inline size_t
vv_json_text (const vv_json_value *v, char *out, size_t cap)
{
  const char *p = v->text, *end = v->text + v->text_len;
  size_t need = 0, put = 0;
  while (p < end) {
    char one[4] = { *p, 0, 0, 0 };
    size_t n = 1;
    if (v->kind == VV_JSON_STRING && v->escaped)
      n = vv_json_char_ (&p, one);
    else
      p++;
    if (put == need && need + n < cap) {
      memcpy (out + put, one, n);
      put += n;
    }
    need += n;
  }
  if (cap)
    out[put] = 0;
  return need;
}

/* The number of @v as a double; NaN when it is none. */
static inline double
vv_json_value_double (const vv_json_value *v)
{
  return v->kind == VV_JSON_INT || v->kind == VV_JSON_FLOAT ? vv_json_double (v->raw, v->raw_len) : (double)NAN;
}

/* private: is the name in s->raw the same as @part? */
static inline int
vv_json_is_ (const vv_json_scan *s, const char *part, size_t len)
{
  const char *p = s->raw, *end = s->raw + s->raw_len;
  if (!s->escaped)
    return s->raw_len == len && !memcmp (p, part, len);
  while (p < end) {
    char one[4];
    size_t n = vv_json_char_ (&p, one);
    if (n > len || memcmp (one, part, n))
      return 0;
    part += n;
    len -= n;
  }
  return len == 0;
}

/* private: goes to the member or element @part of the value just opened: its first token, END when there is none. */
static inline int
vv_json_enter_ (vv_json_scan *s, const char *part, size_t len)
{
  int token;
  uint64_t index = 0;
  if (s->token == VV_JSON_OBJECT) {
    while ((token = vv_json_next (s)) == VV_JSON_KEY) {
      if (vv_json_is_ (s, part, len))
        return vv_json_next (s);
      if ((token = vv_json_skip (s)) < 0)
        return token;
    }
    return token < 0 ? token : VV_JSON_END;
  }
  if (s->token != VV_JSON_ARRAY || len == 0 || len > 18)
    return VV_JSON_END;
  for (size_t i = 0; i < len; i++) {
    if (part[i] < '0' || part[i] > '9')
      return VV_JSON_END;
    index = index * 10 + (uint64_t)(part[i] - '0');
  }
  for (;; index--) {
    token = vv_json_next (s);
    if (token == VV_JSON_ARRAY_END)
      return VV_JSON_END;
    if (token < 0 || index == 0)
      return token;
    if ((token = vv_json_skip (s)) < 0)
      return token;
  }
}

/* Finds the value at @path in the record @data: names and array indices (from 0) with dots between them, "a.b.0.c"; ""
 * is the record itself. Of a repeated name the first one counts. Returns its kind; VV_JSON_END (0) when there is none;
 * VV_JSON_ERROR when the record is faulty up to there (what lies behind the value is not looked at). NaN is allowed. */
static inline int
vv_json_find (const char *data, size_t len, const char *path, vv_json_value *out)
{
  vv_json_scan s;
  const char *begin;
  int token;
  memset (out, 0, sizeof *out);
  vv_json_init (&s, data, len, VV_JSON_NAN);
  token = vv_json_next (&s);
  while (token > 0 && *path) {
    size_t part = strcspn (path, ".");
    token = vv_json_enter_ (&s, path, part);
    path += part;
    path += *path == '.';
  }
  if (token <= 0)
    return token;
  out->kind = token;
  out->escaped = s.escaped;
  out->i = token == VV_JSON_INT ? s.i : 0;
  out->text = s.raw;
  out->text_len = s.raw_len;
  begin = token == VV_JSON_STRING ? s.raw - 1 : s.raw;
  if ((token == VV_JSON_ARRAY || token == VV_JSON_OBJECT) && vv_json_skip (&s) < 0)
    return out->kind = VV_JSON_ERROR;
  out->raw = begin;
  out->raw_len = (size_t)(s.data + s.pos - begin);
  if (token != VV_JSON_STRING) {
    out->text = out->raw;
    out->text_len = out->raw_len;
  }
  return token;
}

#ifdef __cplusplus
}
#endif
#endif
