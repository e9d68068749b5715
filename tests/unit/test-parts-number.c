/* Exact numbers of the verifiers against independent ways to the same result: machine integers where they are enough,
 * identities where they are not. */
#include <string.h>

#include "bignum.h"
#include "number.h"

#include <glib.h>

static const NumberRules rules;

static void
assert_canonical (const char *text, const char *expected)
{
  Buffer out = { 0 };

  g_assert_cmpint (number_parse (vv_s (text), rules, 1, &out, NULL), ==, NUMBER_OK);
  g_assert_cmpstr (out.ptr, ==, expected);
  buffer_clear (&out);
}

static guint64
gcd (guint64 a, guint64 b)
{
  while (b) {
    guint64 t = a % b;

    a = b;
    b = t;
  }
  return a;
}

/* p/q of machine integers, by schoolbook division: digits until the rest is 0, or the reduced fraction. */
static char *
expected_fraction (guint64 p, guint64 q)
{
  guint64 g = gcd (p, q), rest;
  g_autoptr (GString) decimal = NULL;

  p /= g;
  q /= g;
  decimal = g_string_new (NULL);
  g_string_printf (decimal, "%" G_GUINT64_FORMAT, p / q);
  rest = p % q;
  if (rest > 0)
    g_string_append_c (decimal, '.');
  for (guint i = 0; rest > 0; i++) {
    if (i == 64)
      return g_strdup_printf ("%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, p, q);
    g_string_append_c (decimal, (char)('0' + rest * 10 / q));
    rest = rest * 10 % q;
  }
  return g_strdup (decimal->str);
}

static void
test_fractions (void)
{
  for (guint i = 0; i < 20000; i++) {
    guint64 p = (guint64)g_test_rand_int_range (0, 1 << 30) >> g_test_rand_int_range (0, 30);
    guint64 q = ((guint64)g_test_rand_int_range (1, 1 << 30) >> g_test_rand_int_range (0, 29)) | 1;
    g_autofree char *text = NULL, *mixed = NULL, *expected = NULL;

    if (i % 2) /* so that many of them end */
      q = (guint64[]){ 1, 2, 4, 5, 8, 10, 16, 25, 32, 50, 64, 125, 1024, 3125, 15625, 1000000 }[i / 2 % 16];
    text = g_strdup_printf ("%" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, p, q);
    expected = expected_fraction (p, q);
    assert_canonical (text, expected);
    mixed = g_strdup_printf ("%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "/%" G_GUINT64_FORMAT, p / q, p % q, q);
    assert_canonical (mixed, expected);
  }
}

/* The same value written in many ways: a point moved, zeros added, an exponent. */
static void
test_decimals (void)
{
  for (guint i = 0; i < 5000; i++) {
    gint64 value = g_test_rand_int_range (1, G_MAXINT32);
    int shift = g_test_rand_int_range (0, 12), zeros = g_test_rand_int_range (0, 5);
    g_autofree char *plain = g_strdup_printf ("%" G_GINT64_FORMAT, value);
    g_autofree char *pad = g_strnfill ((gsize)zeros, '0');
    g_autofree char *text = g_strdup_printf ("-00%" G_GINT64_FORMAT ".%s%se-%d", value, zeros ? pad : "0", "", shift);
    g_autofree char *other = g_strdup_printf ("-%" G_GINT64_FORMAT "%se%d", value, pad, -shift - zeros);
    Buffer a = { 0 }, b = { 0 };
    double x;

    g_assert_cmpint (number_parse (vv_s (text), rules, 1, &a, NULL), ==, NUMBER_OK);
    g_assert_cmpint (number_parse (vv_s (other), rules, 1, &b, NULL), ==, NUMBER_OK);
    g_assert_cmpstr (a.ptr, ==, b.ptr);
    x = g_ascii_strtod (a.ptr, NULL) / g_ascii_strtod (text, NULL);
    g_assert_cmpfloat (x, >, 1 - 1e-14);
    g_assert_cmpfloat (x, <, 1 + 1e-14);
    buffer_clear (&a);
    buffer_clear (&b);
  }
}

static void
random_big (Big *out, guint limbs)
{
  out->n = 0;
  for (guint i = 0; i < limbs; i++) {
    guint kind = (guint)g_test_rand_int_range (0, 6);

    /* Edges are where long division goes wrong. */
    out->d[out->n++] = kind == 0   ? 0
                       : kind == 1 ? BIG_BASE - 1
                       : kind == 2 ? 1
                                   : (guint)g_test_rand_int_range (0, BIG_BASE);
  }
  while (out->n > 0 && out->d[out->n - 1] == 0)
    out->n--;
}

/* a = q b + r with r < b, which has one solution. */
static void
test_division (void)
{
  for (guint i = 0; i < 20000; i++) {
    Big a, b, q, r, product, sum;

    random_big (&a, (guint)g_test_rand_int_range (0, 40));
    random_big (&b, (guint)g_test_rand_int_range (1, 20));
    if (big_is_zero (&b))
      continue;
    big_divide (&a, &b, &q, &r);
    g_assert_cmpint (big_compare (&r, &b), <, 0);
    g_assert_true (big_mul (&product, &q, &b));
    g_assert_true (big_add (&sum, &product, &r));
    g_assert_cmpint (big_compare (&sum, &a), ==, 0);
  }
}

/* (a c) / (b c) = a / b for coprime a, b: only the reduced fraction is left. */
static void
test_reduction (void)
{
  for (guint i = 0; i < 300; i++) {
    Big a, b, c, ac, bc, g;
    Buffer text = { 0 }, out = { 0 }, expected = { 0 };

    random_big (&a, 12);
    random_big (&b, 10);
    random_big (&c, 15);
    if (big_is_zero (&a) || big_is_zero (&b) || big_is_zero (&c))
      continue;
    ac = a;
    bc = b;
    big_gcd (&ac, &bc);
    g = ac;
    if (!big_is_one (&g) || b.d[0] % 2 == 0 || b.d[0] % 5 == 0 || big_is_one (&b))
      continue;
    g_assert_true (big_mul (&ac, &a, &c));
    g_assert_true (big_mul (&bc, &b, &c));
    big_write (&ac, &text);
    buffer_add_char (&text, '/');
    big_write (&bc, &text);
    big_write (&a, &expected);
    buffer_add_char (&expected, '/');
    big_write (&b, &expected);
    g_assert_cmpint (number_parse (buffer_str (&text), rules, 1, &out, NULL), ==, NUMBER_OK);
    g_assert_cmpstr (out.ptr, ==, expected.ptr);
    buffer_clear (&text);
    buffer_clear (&out);
    buffer_clear (&expected);
  }
}

/* The largest fractions that are compared: a part more is said to be too long, and none takes long. */
static void
test_bounds (void)
{
  g_autofree char *nines = g_strnfill (NUMBER_MAX_FRACTION, '9');
  g_autofree char *sum = g_strconcat (nines, " ", nines, "/", nines, "8", NULL);
  g_autofree char *half = g_strconcat (nines, "/2e-900", NULL), *same = g_strconcat (nines, "/", nines, NULL);
  g_autofree char *tiny = g_strconcat ("1/0.", "1", nines, NULL);
  Buffer out = { 0 };

  assert_canonical (same, "1");
  g_assert_cmpint (number_parse (vv_s (sum), rules, 1, &out, NULL), ==, NUMBER_TOO_LONG);
  g_assert_cmpint (number_parse (vv_s (tiny), rules, 1, &out, NULL), ==, NUMBER_TOO_LONG);
  g_assert_cmpint (number_parse (vv_s (half), rules, 0, &out, NULL), !=, NUMBER_NONE);
  buffer_clear (&out);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/parts/number/fractions", test_fractions);
  g_test_add_func ("/parts/number/decimals", test_decimals);
  g_test_add_func ("/parts/number/division", test_division);
  g_test_add_func ("/parts/number/reduction", test_reduction);
  g_test_add_func ("/parts/number/bounds", test_bounds);
  return g_test_run ();
}
