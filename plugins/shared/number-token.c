/* number-token.c - finding the parts of a number. Nothing is worked out here. */
#include "number-token.h"

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

size_t
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
