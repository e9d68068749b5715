/* bignum.h - non-negative whole numbers of bounded size, for reducing fractions exactly. No allocation: an operation
 * whose result has no room returns 0 and leaves its target undefined. */
#ifndef VERVET_PLUGIN_BIGNUM_H
#define VERVET_PLUGIN_BIGNUM_H

#include "plugin-util.h"

#define BIG_BASE 1000000000u
#define BIG_LIMBS 800 /* 7 200 decimal digits */

typedef struct {
  uint32_t n; /* limbs in use; the highest is not 0. 0: the number zero */
  uint32_t d[BIG_LIMBS];
} Big;

/* Decimal digits, anything else among them is passed over. */
int big_from_digits (Big *out, const char *digits, size_t n);
int big_is_zero (const Big *a);
int big_is_one (const Big *a);
int big_compare (const Big *a, const Big *b); /* < 0, 0, > 0 */
int big_add (Big *out, const Big *a, const Big *b);
int big_mul (Big *out, const Big *a, const Big *b);           /* out: neither a nor b */
int big_mul_small (Big *a, uint32_t factor);                  /* in place */
uint32_t big_div_small (Big *a, uint32_t divisor);            /* in place; the remainder */
void big_divide (const Big *a, const Big *b, Big *q, Big *r); /* b > 0; q, r: neither a nor b */
void big_gcd (Big *a, Big *b);                                /* the result is in a, b is used up */
void big_write (const Big *a, Buffer *out);                   /* decimal */

#endif
