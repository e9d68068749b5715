/* number.c - where in a text the number that it is about stands, and whether it is one. */
#include "number-token.h"

static const char *const math_commands[] = {
  "\\sqrt",       "\\pi",     "\\frac",       "\\dfrac",  "\\tfrac", "\\cfrac", "\\binom", "\\log",      "\\ln",
  "\\sin",        "\\cos",    "\\tan",        "\\pm",     "\\mp",    "\\cdot",  "\\times", "\\div",      "\\infty",
  "\\sum",        "\\prod",   "\\int",        "\\exp",    "\\bmod",  "\\pmod",  "\\gcd",   "\\max",      "\\min",
  "\\cup",        "\\cap",    "\\le",         "\\ge",     "\\lt",    "\\gt",    "\\ne",    "\\overline", "\\begin",
  "\xe2\x88\x9a", "\xcf\x80", "\xe2\x88\x9e", "\xc2\xb1", NULL
};

/* \left and \left( start like \le; they only dress. */
static size_t
math_command (vv_str s, size_t i)
{
  return has (s, i, "\\left") ? 0 : has_any (s, i, math_commands);
}

/* Does something stand ahead of the number at @end that makes it a part of something larger? */
static int
prefix_is_math (vv_str s, size_t end)
{
  int before = end > 0 ? at (s, end - 1) : -1;

  if (before == '/')
    return 1;
  for (size_t i = 0; i < end; i++)
    if (s.ptr[i] == '^' || math_command (s, i))
      return 1;
  return 0;
}

static int
is_single_variable (vv_str s, size_t i)
{
  int c = to_lower (at (s, i));

  return (c == 'x' || c == 'y' || c == 'z' || c == 'n') && !is_letter (at (s, i + 1));
}

/* Is there another digit from @i on that is not an exponent, as in "18 m^2"? */
static int
has_more_digits (vv_str s, size_t i)
{
  for (; i < s.len; i++)
    if (is_digit (at (s, i)) && at (s, i - 1) != '^' && !(at (s, i - 1) == '{' && at (s, i - 2) == '^'))
      return 1;
  return 0;
}

/* Is what follows the number at @i something unknown that it is put together with? "$15/hour" is a unit. */
static int
suffix_is_symbolic (vv_str s, size_t i)
{
  int c = at (s, i);

  return is_single_variable (s, i) || (c == '/' && is_single_variable (s, i + 1))
         || ((c == '+' || c == '*') && is_letter (at (s, i + 1)));
}

/* Does what follows the number at @i go on with it: an operator, a range, another number? */
static int
suffix_is_math (vv_str s, size_t i, int tight)
{
  static const char *const operators[] = {
    "+", "-", "*", "/", "<", ">", "\xc3\x97", "\xc3\xb7", "\xe2\x88\x92", "\xe2\x80\x93", "or ", "to ", ":", NULL
  };
  size_t j = skip_blanks (s, i), n;
  int c = at (s, i), next;

  if (c == '^' && has (s, i, "^\\circ") == 0 && has (s, i, "^{\\circ}") == 0)
    return 1;
  if (((c == '+' || c == '/' || c == '*') && at (s, i + 1) == '(') || math_command (s, j))
    return 1;
  if ((c == ',' || c == '.') && is_digit (at (s, i + 1)))
    return 1;
  if (tight && (c == '!' || has_more_digits (s, i)))
    return 1;
  n = has_any (s, j, operators);
  if (n == 0)
    return 0;
  next = at (s, skip_blanks (s, j + n));
  return is_digit (next) || next == '$' || next == '(' || next == '\\';
}

/* Where a number may begin: a digit, a sign, a currency sign, a point, a backslash, a byte of a longer character. */
static int
may_begin (int c)
{
  return is_digit (c) || c == '-' || c == '+' || c == '$' || c == '.' || c == ',' || c == '\\' || c == 'U' || c >= 0x80;
}

/* Letters and the like ahead of a digit make it part of a name: H2O, x_1, 3.5.2. */
static int
is_inside_word (vv_str s, size_t i)
{
  int before = i > 0 ? at (s, i - 1) : -1, far = i > 1 ? at (s, i - 2) : -1;
  int c = at (s, i);

  if (c == '$' || c == '\\')
    return 0;
  if (c == '.' && before == '.')
    return 1;
  if ((c == '-' || c == '+') && (is_letter (before) || is_digit (before) || before == ')' || before == ']'))
    return 1;
  return is_letter (before) || is_digit (before) || before == '^'
         || ((before == '.' || before == ',' || before == ':') && is_digit (far))
         || (before == '_' && (is_letter (far) || is_digit (far) || far == '}'))
         || (before == '{' && (far == '^' || far == '_'));
}

/* The first number in @s from @i on; where it ends, or 0. @apart: if it comes first, blanks may stand behind its sign.
 */
static size_t
first_token (vv_str s, size_t i, NumberRules rules, int apart, Token *token)
{
  size_t first = apart ? skip_blanks (s, i) : SIZE_MAX;

  for (; i < s.len; i++)
    if (may_begin (at (s, i)) && !is_inside_word (s, i) && token_at (s, i, rules, i == first, token))
      return token->end;
  return 0;
}

NumberResult
number_parse (vv_str text, NumberRules rules, int tight, Buffer *out, vv_str *where)
{
  enum { LONGEST_SYMBOLIC = 256 };
  const char *equals = text.len > 0 ? memrchr (text.ptr, '=', text.len) : NULL;
  vv_str s = equals ? str_from (text, (size_t)(equals - text.ptr) + 1) : text;
  Token token;

  buffer_reset (out);
  if (!first_token (s, 0, rules, 1, &token))
    return NUMBER_NONE;
  if (where)
    *where = part (s, token.start, token.end);
  if (prefix_is_math (s, token.start) || suffix_is_math (s, token.end, tight))
    return NUMBER_EXPRESSION;
  if (!suffix_is_symbolic (s, token.end))
    return token_finish (&token, rules, out);
  s = str_trim (s);
  if (s.len <= LONGEST_SYMBOLIC)
    buffer_add (out, s.ptr, s.len);
  return NUMBER_SYMBOLIC;
}

NumberResult
number_last (vv_str text, NumberRules rules, Buffer *out, vv_str *where)
{
  Token token, last = { 0 };
  size_t i = 0, end;

  buffer_reset (out);
  while ((end = first_token (text, i, rules, 0, &token)) > 0) {
    if (at (text, end) != ':' || !is_digit (at (text, end + 1))) /* 12:30 is a time */
      last = token;
    i = end;
  }
  if (last.end == 0)
    return NUMBER_NONE;
  if (where)
    *where = part (text, last.start, last.end);
  if (at (text, last.end) == '^' || math_command (text, last.end))
    return NUMBER_EXPRESSION;
  return token_finish (&last, rules, out);
}

int
number_leads (vv_str text, NumberRules rules)
{
  Token token;
  size_t end = token_at (text, 0, rules, 1, &token), next;

  if (end == 0)
    return 0;
  next = at (text, end) == '.' || at (text, end) == ')' || at (text, end) == ':' ? end + 1 : end;
  return next == end || skip_blanks (text, next) == text.len;
}
