/* number-value.c - what a number is worth: its canonical text, by exact arithmetic. */
#include <math.h>
#include <stdlib.h>

#include "bignum.h"
#include "number-token.h"

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

NumberResult
token_finish (Token *token, NumberRules rules, Buffer *out)
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
