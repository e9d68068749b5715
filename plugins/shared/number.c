#include "number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bignum.h"

/* A number found in a text: its parts still as written, separators and all. */
typedef struct {
  size_t start, end;
  int negative, percent, overflow;
  vv_str whole; /* of a mixed number; else empty */
  vv_str numerator;
  vv_str denominator; /* empty: 1 */
  int64_t exponent;   /* power of ten */
} Token;

typedef struct {
  const char *text;
  const char *numerator, *denominator;
} Vulgar;

static const Vulgar vulgars[] = {
  { "\xc2\xbd", "1", "2" },     { "\xc2\xbc", "1", "4" },     { "\xc2\xbe", "3", "4" },
  { "\xe2\x85\x93", "1", "3" }, { "\xe2\x85\x94", "2", "3" }, { "\xe2\x85\x95", "1", "5" },
  { "\xe2\x85\x96", "2", "5" }, { "\xe2\x85\x97", "3", "5" }, { "\xe2\x85\x98", "4", "5" },
  { "\xe2\x85\x99", "1", "6" }, { "\xe2\x85\x9a", "5", "6" }, { "\xe2\x85\x9b", "1", "8" },
  { "\xe2\x85\x9c", "3", "8" }, { "\xe2\x85\x9d", "5", "8" }, { "\xe2\x85\x9e", "7", "8" },
};
#define N_VULGARS (sizeof vulgars / sizeof vulgars[0])

static int
at (vv_str s, size_t i)
{
  return i < s.len ? (unsigned char)s.ptr[i] : -1;
}

/* Length of @z when @s has it at @i, letters as they are; else 0. */
static size_t
has (vv_str s, size_t i, const char *z)
{
  size_t n = strlen (z);

  return i < s.len && s.len - i >= n && memcmp (s.ptr + i, z, n) == 0 ? n : 0;
}

static size_t
has_any (vv_str s, size_t i, const char *const *list)
{
  size_t n = 0;

  for (size_t k = 0; list[k] && n == 0; k++)
    n = has (s, i, list[k]);
  return n;
}

static size_t
skip_blanks (vv_str s, size_t i)
{
  while (is_blank (at (s, i)))
    i++;
  return i;
}

static size_t
skip_digits (vv_str s, size_t i)
{
  while (is_digit (at (s, i)))
    i++;
  return i;
}

static vv_str
part (vv_str s, size_t start, size_t end)
{
  return (vv_str){ s.ptr + start, end - start };
}

static size_t
minus_sign (vv_str s, size_t i)
{
  static const char *const signs[] = { "-", "\xe2\x88\x92", "\xe2\x80\x90", "\xef\xbc\x8d", NULL };

  return has_any (s, i, signs);
}

static size_t
currency_sign (vv_str s, size_t i)
{
  static const char *const signs[] = { "\\$",          "$",   "\xe2\x82\xac", "\xc2\xa3", "\xc2\xa5",
                                       "\xe2\x82\xb9", "US$", "\\textdollar", NULL };

  return has_any (s, i, signs);
}

/* A canonical text is read again as a reference, so it is written as it would be read. */
static char
point_sign (NumberRules rules)
{
  return rules.decimal_comma ? ',' : '.';
}

/* A separator of thousands with the three digits behind it; 0: none. */
static size_t
group_of_three (vv_str s, size_t i, NumberRules rules)
{
  static const char *const english[] = { ",\\!",         "{,}",          "\\,",      "\\!", ",",
                                         "\xe2\x80\x89", "\xe2\x80\xaf", "\xc2\xa0", NULL };
  static const char *const continental[] = { "{.}", ".", "'", "\\,", "\xe2\x80\x89", "\xe2\x80\xaf", "\xc2\xa0", NULL };
  size_t n = has_any (s, i, rules.decimal_comma ? continental : english);

  if (n == 0 || skip_digits (s, i + n) != i + n + 3)
    return 0;
  return n + 3;
}

/* Digits with separators and a decimal part. 0: no number at @i. */
static size_t
plain_end (vv_str s, size_t i, NumberRules rules)
{
  size_t start = i, n;

  i = skip_digits (s, i);
  if (i > start && i - start <= 3)
    while ((n = group_of_three (s, i, rules)) > 0)
      i += n;
  if (at (s, i) == point_sign (rules) && is_digit (at (s, i + 1)))
    i = skip_digits (s, i + 1);
  return i > start ? i : 0;
}

static int64_t
read_exponent (vv_str s, size_t from, size_t to)
{
  int64_t value = 0;

  for (; from < to; from++)
    if (is_digit ((unsigned char)s.ptr[from]) && value <= NUMBER_MAX_EXPONENT)
      value = value * 10 + (s.ptr[from] - '0');
  return value;
}

/* "10^3", "10^{-3}", "10**3" at @i: sets the power and returns the end; 0: none. */
static size_t
power_of_ten (vv_str s, size_t i, int64_t *power)
{
  size_t n = has (s, i, "10^") ? 3 : has (s, i, "10**") ? 4 : 0, sign, end;
  int brace;

  if (n == 0)
    return 0;
  i += n;
  brace = at (s, i) == '{';
  i += (size_t)brace;
  sign = minus_sign (s, i);
  end = skip_digits (s, i + sign);
  if (end == i + sign || (brace && at (s, end) != '}'))
    return 0;
  *power = read_exponent (s, i + sign, end);
  if (sign)
    *power = -*power;
  return end + (size_t)brace;
}

/* After the digits of a number: e5, E-5, \times 10^{5}. Returns where it ends. */
static size_t
scientific (vv_str s, size_t i, Token *token)
{
  static const char *const times[] = { "\\times", "\\cdot", "\xc3\x97", "x", "*", NULL };
  size_t j = i + 1, n, end;

  if (at (s, i) == 'e' || at (s, i) == 'E') {
    n = minus_sign (s, j);
    j += n ? n : at (s, j) == '+';
    end = skip_digits (s, j);
    if (end > j && !is_letter (at (s, end))) {
      token->exponent = n ? -read_exponent (s, j, end) : read_exponent (s, j, end);
      return end;
    }
    return i;
  }
  j = skip_blanks (s, i);
  n = has_any (s, j, times);
  end = n ? power_of_ten (s, skip_blanks (s, j + n), &token->exponent) : 0;
  return end ? end : i;
}

/* The argument of \frac at @i: {12} or one digit. 0: it is no plain number. */
static size_t
fraction_argument (vv_str s, size_t i, NumberRules rules, vv_str *out)
{
  size_t start, end;

  i = skip_blanks (s, i);
  if (is_digit (at (s, i))) {
    *out = part (s, i, i + 1);
    return i + 1;
  }
  if (at (s, i) != '{')
    return 0;
  start = skip_blanks (s, i + 1);
  end = plain_end (s, start, rules);
  if (end == 0 || at (s, skip_blanks (s, end)) != '}')
    return 0;
  *out = part (s, start, end);
  return skip_blanks (s, end) + 1;
}

/* \frac{3}{4} or a character like the half sign at @i. 0: none. */
static size_t
fraction_sign (vv_str s, size_t i, NumberRules rules, Token *token)
{
  static const char *const names[] = { "\\frac", "\\dfrac", "\\tfrac", "\\cfrac", NULL };
  int c = at (s, i);
  size_t n, end;
  vv_str num, den;

  if (c != '\\' && c != 0xc2 && c != 0xe2)
    return 0;
  n = has_any (s, i, names);
  if (n > 0) {
    end = fraction_argument (s, i + n, rules, &num);
    end = end ? fraction_argument (s, end, rules, &den) : 0;
    if (end) {
      token->numerator = num;
      token->denominator = den;
    }
    return end;
  }
  for (size_t k = 0; k < N_VULGARS; k++)
    if ((n = has (s, i, vulgars[k].text)) > 0) {
      token->numerator = vv_s (vulgars[k].numerator);
      token->denominator = vv_s (vulgars[k].denominator);
      return i + n;
    }
  return 0;
}

/* "3/4" at @i, no part of "3/4/2020". 0: none. */
static size_t
slash_fraction (vv_str s, size_t i, NumberRules rules, Token *token)
{
  size_t middle = plain_end (s, i, rules), end;

  if (middle == 0 || at (s, middle) != '/' || (i > 0 && at (s, i - 1) == '/'))
    return 0;
  end = plain_end (s, middle + 1, rules);
  if (end == 0 || at (s, end) == '/')
    return 0;
  token->numerator = part (s, i, middle);
  token->denominator = part (s, middle + 1, end);
  return end;
}

/* After the whole part that is in the numerator: " 1/2", "\frac12", a half sign. */
static size_t
mixed (vv_str s, size_t i, NumberRules rules, Token *token)
{
  vv_str whole = token->numerator;
  size_t j = skip_blanks (s, i), end = fraction_sign (s, j, rules, token);

  if (end == 0 && j > i)
    end = slash_fraction (s, j, rules, token);
  if (end == 0)
    return i;
  token->whole = whole;
  return end;
}

/* Percent signs and the words of large numbers behind a number. */
static size_t
suffix (vv_str s, size_t i, Token *token)
{
  static const struct {
    const char *word;
    int exponent;
  } scales[] = { { "thousand", 3 }, { "million", 6 }, { "billion", 9 }, { "trillion", 12 } };
  size_t j = skip_blanks (s, i);

  if (has (s, j, "%") || has (s, j, "\\%")) {
    token->percent = 1;
    return j + (at (s, j) == '%' ? 1 : 2);
  }
  if (str_starts_fold (str_from (s, j), "percent") || str_starts_fold (str_from (s, j), "per cent")) {
    token->percent = 1;
    return j + (at (s, j + 3) == ' ' ? 8 : 7);
  }
  for (size_t k = 0; k < sizeof scales / sizeof scales[0]; k++)
    if (str_starts_fold (str_from (s, j), scales[k].word) && !is_letter (at (s, j + strlen (scales[k].word)))
        && at (s, j + strlen (scales[k].word)) != '-') {
      token->exponent += scales[k].exponent;
      return j + strlen (scales[k].word);
    }
  return i;
}

/* The digits, at @i: everything of a number but its sign. 0: none. */
static size_t
magnitude (vv_str s, size_t i, NumberRules rules, Token *token)
{
  size_t end = fraction_sign (s, i, rules, token);

  if (end > 0)
    return end;
  end = power_of_ten (s, i, &token->exponent);
  if (end > 0) {
    token->numerator = vv_s ("1");
    return end;
  }
  end = slash_fraction (s, i, rules, token);
  if (end > 0)
    return end;
  end = plain_end (s, i, rules);
  if (end == 0)
    return 0;
  token->numerator = part (s, i, end);
  i = scientific (s, end, token);
  return i > end ? i : mixed (s, end, rules, token);
}

/* A number with sign and currency at @i. @apart: blanks may stand behind the sign. 0: none. */
static size_t
token_at (vv_str s, size_t i, NumberRules rules, int apart, Token *token)
{
  size_t n, j = i, end;

  *token = (Token){ .start = i };
  for (int k = 0; k < 2; k++) { /* -$5 and $-5 */
    if ((n = minus_sign (s, j)) > 0 && !token->negative) {
      token->negative = 1;
      j += n;
    } else if (at (s, j) == '+') {
      j++;
    }
    if (apart)
      j = skip_blanks (s, j);
    if ((n = currency_sign (s, j)) > 0)
      j = skip_blanks (s, j + n);
  }
  end = magnitude (s, j, rules, token);
  if (end == 0)
    return 0;
  token->end = suffix (s, end, token);
  return token->end;
}

/* ---- From a token to canonical text ------------------------------------------------------------------------------ */

typedef struct {
  size_t n;         /* digits, without zeros at either end */
  int64_t exponent; /* of the last digit */
} Digits;

/* Appends the digits of @s to @out and says what they are worth. */
static Digits
collect_digits (vv_str s, NumberRules rules, Buffer *out)
{
  int point = point_sign (rules), c, seen = 0;
  size_t start = out->len;
  Digits d = { 0 };

  for (size_t i = 0; i < s.len; i++) {
    c = (unsigned char)s.ptr[i];
    seen |= c == point;
    if (!is_digit (c))
      continue; /* a separator of thousands */
    if (out->len > start || c != '0')
      buffer_add_char (out, (char)c);
    d.exponent -= seen;
  }
  while (out->len > start && out->ptr[out->len - 1] == '0') {
    out->len--;
    d.exponent++;
  }
  d.n = out->failed ? 0 : out->len - start;
  return d;
}

/* Plain notation for what a person would write plainly, else 12e400. One way only for each number. */
static void
write_decimal (Buffer *out, char sign, int negative, const char *digits, size_t n, int64_t exponent)
{
  enum { MOST_ZEROS = 30 };
  int64_t point = (int64_t)n + exponent; /* digits ahead of the point */

  if (n == 0) {
    buffer_add_char (out, '0');
    return;
  }
  if (negative)
    buffer_add_char (out, '-');
  if (exponent > MOST_ZEROS || point < -MOST_ZEROS) {
    buffer_add (out, digits, n);
    buffer_printf (out, "e%lld", (long long)exponent);
  } else if (exponent >= 0) {
    buffer_add (out, digits, n);
    for (int64_t i = 0; i < exponent; i++)
      buffer_add_char (out, '0');
  } else if (point > 0) {
    buffer_add (out, digits, (size_t)point);
    buffer_add_char (out, sign);
    buffer_add (out, digits + point, n - (size_t)point);
  } else {
    buffer_add_char (out, '0');
    buffer_add_char (out, sign);
    for (int64_t i = point; i < 0; i++)
      buffer_add_char (out, '0');
    buffer_add (out, digits, n);
  }
}

static NumberResult
finish_decimal (const Token *token, NumberRules rules, Buffer *scratch, Buffer *out)
{
  Digits d = collect_digits (token->numerator, rules, scratch);

  if (d.n > NUMBER_MAX_DIGITS || token->exponent > NUMBER_MAX_EXPONENT || token->exponent < -NUMBER_MAX_EXPONENT)
    return NUMBER_TOO_LONG;
  write_decimal (out, point_sign (rules), token->negative, scratch->ptr, d.n, d.exponent + token->exponent);
  return NUMBER_OK;
}

/* out = digits of @s as a whole number; *exponent is the power of ten it has to be multiplied by. */
static int
collect_big (vv_str s, NumberRules rules, Buffer *scratch, Big *out, int64_t *exponent)
{
  Digits d;

  buffer_reset (scratch);
  d = collect_digits (s, rules, scratch);
  *exponent = d.n > 0 ? d.exponent : 0;
  return d.n <= NUMBER_MAX_FRACTION && big_from_digits (out, scratch->ptr, d.n);
}

static int
times_power_of_ten (Big *a, int64_t power)
{
  if (power > NUMBER_MAX_FRACTION)
    return 0;
  for (; power >= 9; power -= 9)
    if (!big_mul_small (a, BIG_BASE))
      return 0;
  for (; power > 0; power--)
    if (!big_mul_small (a, 10))
      return 0;
  return 1;
}

/* How often @prime divides @a, which loses those factors. */
static int
take_out (Big *a, uint32_t prime)
{
  int times = 0;
  Big trial = *a;

  while (big_div_small (&trial, prime) == 0) {
    *a = trial;
    times++;
  }
  return times;
}

/* A reduced fraction: a decimal when it ends, else p/q. */
static NumberResult
write_fraction (char sign, int negative, Big *num, const Big *den, Buffer *scratch, Buffer *out)
{
  Big rest = *den;
  int twos = take_out (&rest, 2), fives = take_out (&rest, 5), places = twos > fives ? twos : fives;
  size_t n;

  if (!big_is_one (&rest)) {
    if (negative)
      buffer_add_char (out, '-');
    big_write (num, out);
    buffer_add_char (out, '/');
    big_write (den, out);
    return NUMBER_OK;
  }
  for (int i = twos; i < places; i++)
    if (!big_mul_small (num, 2))
      return NUMBER_TOO_LONG;
  for (int i = fives; i < places; i++)
    if (!big_mul_small (num, 5))
      return NUMBER_TOO_LONG;
  buffer_reset (scratch);
  big_write (num, scratch);
  for (n = scratch->len; n > 0 && scratch->ptr[n - 1] == '0'; n--)
    places--;
  write_decimal (out, sign, negative, scratch->ptr, n, -places);
  return NUMBER_OK;
}

static NumberResult
finish_fraction (const Token *token, NumberRules rules, Buffer *scratch, Buffer *out)
{
  Big num, den, whole = { 0 }, a, b;
  int64_t num_power, den_power, whole_power = 0, power;

  if (!collect_big (token->numerator, rules, scratch, &num, &num_power)
      || !collect_big (token->denominator, rules, scratch, &den, &den_power)
      || !collect_big (token->whole, rules, scratch, &whole, &whole_power))
    return NUMBER_TOO_LONG;
  if (big_is_zero (&den))
    return NUMBER_EXPRESSION; /* division by zero */
  if (token->whole.len > 0) {
    if (num_power < 0 || den_power < 0 || whole_power < 0)
      return NUMBER_EXPRESSION; /* 1.5 1/2 */
    if (!times_power_of_ten (&num, num_power) || !times_power_of_ten (&den, den_power)
        || !times_power_of_ten (&whole, whole_power) || !big_mul (&a, &whole, &den) || !big_add (&b, &a, &num))
      return NUMBER_TOO_LONG;
    num = b;
    num_power = den_power = 0;
  }
  power = num_power - den_power + token->exponent;
  if (power < -NUMBER_MAX_FRACTION || !times_power_of_ten (power > 0 ? &num : &den, power > 0 ? power : -power))
    return NUMBER_TOO_LONG;
  if (big_is_zero (&num)) {
    buffer_add_char (out, '0');
    return NUMBER_OK;
  }
  a = num;
  b = den;
  big_gcd (&a, &b);
  big_divide (&num, &a, &b, &whole);
  num = b;
  big_divide (&den, &a, &b, &whole);
  return write_fraction (point_sign (rules), token->negative, &num, &b, scratch, out);
}

static NumberResult
finish (Token *token, NumberRules rules, Buffer *out)
{
  Buffer scratch = { 0 };
  NumberResult result;

  if (token->percent && !rules.ignore_percent)
    token->exponent -= 2;
  buffer_reset (out);
  buffer_add (&scratch, "", 0); /* so that its pointer is never NULL */
  result = token->denominator.len > 0 ? finish_fraction (token, rules, &scratch, out)
                                      : finish_decimal (token, rules, &scratch, out);
  if (scratch.failed || out->failed)
    result = NUMBER_TOO_LONG;
  buffer_clear (&scratch);
  return result;
}

/* ---- Where in a region the number stands ------------------------------------------------------------------------- */

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
    return finish (&token, rules, out);
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
  return finish (&last, rules, out);
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

const char *
number_kind (vv_str canonical)
{
  if (memchr (canonical.ptr, '/', canonical.len))
    return "rational";
  for (size_t i = 0; i < canonical.len; i++)
    if (canonical.ptr[i] == '.' || canonical.ptr[i] == ',' || canonical.ptr[i] == 'e')
      return "decimal";
  return "integer";
}

/* A canonical decimal as mantissa * 10^*exponent: a quotient of two must not overflow where its value does not. */
static double
approximate (vv_str s, double *exponent)
{
  double mantissa = 0, after = 0;
  size_t i = at (s, 0) == '-', kept = 0;
  int point = 0;

  *exponent = 0;
  for (; i < s.len && s.ptr[i] != 'e'; i++) {
    if (s.ptr[i] == '.' || s.ptr[i] == ',') {
      point = 1;
      continue;
    }
    if (kept < 18) {
      mantissa = mantissa * 10 + (s.ptr[i] - '0');
      kept += mantissa > 0;
      after += point;
    } else {
      after -= !point;
    }
  }
  if (i + 1 < s.len)
    *exponent = (at (s, i + 1) == '-' ? -1.0 : 1.0) * (double)read_exponent (s, i + 1, s.len);
  *exponent -= after;
  return at (s, 0) == '-' ? -mantissa : mantissa;
}

static double
to_double (vv_str canonical)
{
  const char *slash = memchr (canonical.ptr, '/', canonical.len);
  vv_str num = canonical, den = { "1", 1 };
  double num_exponent, den_exponent, value;

  if (slash) {
    num.len = (size_t)(slash - canonical.ptr);
    den = str_from (canonical, num.len + 1);
  }
  value = approximate (num, &num_exponent) / approximate (den, &den_exponent);
  return value * pow (10, num_exponent - den_exponent);
}

int
number_is_near (vv_str a, vv_str reference, double tolerance)
{
  double x = to_double (a), y = to_double (reference);

  return str_equal (a, reference) || (isfinite (y) && y != 0 && fabs (x - y) <= tolerance * fabs (y));
}
