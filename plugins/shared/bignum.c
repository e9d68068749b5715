#include "bignum.h"

#include <stdio.h>
#include <string.h>

static void
trim (Big *a)
{
  while (a->n > 0 && a->d[a->n - 1] == 0)
    a->n--;
}

int
big_from_digits (Big *out, const char *digits, size_t n)
{
  uint32_t limb = 0, scale = 1;

  out->n = 0;
  while (n-- > 0) {
    if (!is_digit ((unsigned char)digits[n]))
      continue;
    limb += (uint32_t)(digits[n] - '0') * scale;
    scale *= 10;
    if (scale == BIG_BASE) {
      if (out->n == BIG_LIMBS)
        return 0;
      out->d[out->n++] = limb;
      limb = 0;
      scale = 1;
    }
  }
  if (limb > 0) {
    if (out->n == BIG_LIMBS)
      return 0;
    out->d[out->n++] = limb;
  }
  trim (out);
  return 1;
}

int
big_is_zero (const Big *a)
{
  return a->n == 0;
}

int
big_is_one (const Big *a)
{
  return a->n == 1 && a->d[0] == 1;
}

int
big_compare (const Big *a, const Big *b)
{
  if (a->n != b->n)
    return a->n < b->n ? -1 : 1;
  for (uint32_t i = a->n; i-- > 0;)
    if (a->d[i] != b->d[i])
      return a->d[i] < b->d[i] ? -1 : 1;
  return 0;
}

int
big_add (Big *out, const Big *a, const Big *b)
{
  uint32_t n = a->n > b->n ? a->n : b->n, carry = 0, sum;

  for (uint32_t i = 0; i < n; i++) {
    sum = (i < a->n ? a->d[i] : 0) + (i < b->n ? b->d[i] : 0) + carry;
    carry = sum >= BIG_BASE;
    out->d[i] = carry ? sum - BIG_BASE : sum;
  }
  if (carry && n == BIG_LIMBS)
    return 0;
  if (carry)
    out->d[n++] = 1;
  out->n = n;
  return 1;
}

int
big_mul (Big *out, const Big *a, const Big *b)
{
  uint64_t carry, cell;

  out->n = 0;
  if (a->n == 0 || b->n == 0)
    return 1;
  if (a->n + b->n > BIG_LIMBS)
    return 0;
  memset (out->d, 0, (a->n + b->n) * sizeof out->d[0]);
  for (uint32_t i = 0; i < a->n; i++) {
    carry = 0;
    for (uint32_t j = 0; j < b->n; j++) {
      cell = out->d[i + j] + (uint64_t)a->d[i] * b->d[j] + carry;
      out->d[i + j] = (uint32_t)(cell % BIG_BASE);
      carry = cell / BIG_BASE;
    }
    out->d[i + b->n] = (uint32_t)carry;
  }
  out->n = a->n + b->n;
  trim (out);
  return 1;
}

int
big_mul_small (Big *a, uint32_t factor)
{
  uint64_t carry = 0;

  for (uint32_t i = 0; i < a->n; i++) {
    carry += (uint64_t)a->d[i] * factor;
    a->d[i] = (uint32_t)(carry % BIG_BASE);
    carry /= BIG_BASE;
  }
  for (; carry > 0; carry /= BIG_BASE) {
    if (a->n == BIG_LIMBS)
      return 0;
    a->d[a->n++] = (uint32_t)(carry % BIG_BASE);
  }
  trim (a);
  return 1;
}

uint32_t
big_div_small (Big *a, uint32_t divisor)
{
  uint64_t rest = 0;

  for (uint32_t i = a->n; i-- > 0;) {
    rest = rest * BIG_BASE + a->d[i];
    a->d[i] = (uint32_t)(rest / divisor);
    rest %= divisor;
  }
  trim (a);
  return (uint32_t)rest;
}

/* The digit of a quotient: how often v goes into the n + 1 limbs of u at j; takes it away. Knuth, TAOCP 4.3.1, D3-D6.
 */
static uint32_t
divide_digit (uint32_t *u, const uint32_t *v, uint32_t n, uint32_t j)
{
  uint64_t top = (uint64_t)u[j + n] * BIG_BASE + u[j + n - 1], guess = top / v[n - 1], rest = top % v[n - 1];
  uint64_t product, owed = 0;
  int64_t cell, borrow = 0;
  uint32_t carry = 0;

  while (guess >= BIG_BASE || guess * v[n - 2] > rest * BIG_BASE + u[j + n - 2]) {
    guess--;
    rest += v[n - 1];
    if (rest >= BIG_BASE)
      break;
  }
  for (uint32_t i = 0; i < n; i++) {
    product = guess * v[i] + owed;
    owed = product / BIG_BASE;
    cell = (int64_t)u[i + j] - (int64_t)(product % BIG_BASE) - borrow;
    borrow = cell < 0;
    u[i + j] = (uint32_t)(cell < 0 ? cell + BIG_BASE : cell);
  }
  cell = (int64_t)u[j + n] - (int64_t)owed - borrow;
  if (cell >= 0) {
    u[j + n] = (uint32_t)cell;
    return (uint32_t)guess;
  }
  for (uint32_t i = 0; i < n; i++) { /* one too many: give it back */
    u[i + j] += v[i] + carry;
    carry = u[i + j] >= BIG_BASE;
    if (carry)
      u[i + j] -= BIG_BASE;
  }
  u[j + n] = (uint32_t)(cell + carry);
  return (uint32_t)guess - 1;
}

/* out[0 .. a->n]: a times factor, one limb more than a has. */
static void
scale_up (uint32_t *out, const Big *a, uint32_t factor)
{
  uint64_t carry = 0;

  for (uint32_t i = 0; i < a->n; i++) {
    carry += (uint64_t)a->d[i] * factor;
    out[i] = (uint32_t)(carry % BIG_BASE);
    carry /= BIG_BASE;
  }
  out[a->n] = (uint32_t)carry;
}

void
big_divide (const Big *a, const Big *b, Big *q, Big *r)
{
  uint32_t u[BIG_LIMBS + 1], v[BIG_LIMBS + 1], norm, n = b->n;

  *q = (Big){ 0 };
  *r = *a;
  if (big_compare (a, b) < 0)
    return;
  if (n == 1) {
    *q = *a;
    r->d[0] = big_div_small (q, b->d[0]);
    r->n = r->d[0] > 0;
    return;
  }
  norm = BIG_BASE / (b->d[n - 1] + 1);
  scale_up (u, a, norm);
  scale_up (v, b, norm);
  q->n = a->n - n + 1;
  for (uint32_t j = q->n; j-- > 0;)
    q->d[j] = divide_digit (u, v, n, j);
  trim (q);
  r->n = n;
  memcpy (r->d, u, n * sizeof u[0]);
  trim (r);
  big_div_small (r, norm);
}

void
big_gcd (Big *a, Big *b)
{
  Big q, r;

  while (b->n > 0) {
    big_divide (a, b, &q, &r);
    *a = *b;
    *b = r;
  }
}

void
big_write (const Big *a, Buffer *out)
{
  if (a->n == 0) {
    buffer_add_char (out, '0');
    return;
  }
  buffer_printf (out, "%u", a->d[a->n - 1]);
  for (uint32_t i = a->n - 1; i-- > 0;)
    buffer_printf (out, "%09u", a->d[i]);
}
