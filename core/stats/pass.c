/* pass.c - pass@k and pass^k.
 *
 * Both rest on C(n-c, k) / C(n, k), which is a product of k ratios (n-c-i) / (n-i) and, c and k being exchangeable, of
 * c ratios (n-k-i) / (n-i) as well. A sum of logarithms loses the digits of a small hit probability and lgamma() those
 * of any; here the product carries its own rounding error along (a compensated product), so that hit and miss are both
 * right to the last bit or two. A product below TINY is 0 for every purpose and ends the loop: with n = 10^6 that is
 * after 27,000 factors at the latest. */
#include "vervet-stats.h"
#include <math.h>

#define TINY 1e-290

typedef struct {
  double value, error; /* the product is value + error */
} Product;

/* Times (top - i) / (bottom - i) for i = from .. to - 1. */
static void
product_extend (Product *product, guint64 top, guint64 bottom, guint64 from, guint64 to)
{
  double p = product->value, e = product->error;

  for (guint64 i = from; i < to && p > TINY; i++) {
    double a = (double)(top - i), b = (double)(bottom - i), inverse = 1 / b;
    double ratio = a * inverse, rest = fma (-ratio, b, a) * inverse; /* a / b = ratio + rest */
    double next = p * ratio;

    e = e * ratio + (fma (p, ratio, -next) + p * rest);
    p = next;
  }
  product->value = p > TINY ? p : 0;
  product->error = p > TINY ? e : 0;
}

/* C(n-c, k) / C(n, k) for k <= n - c. */
static Product
miss_direct (guint64 n, guint64 c, guint64 k)
{
  Product product = { 1, 0 };

  if (c < k)
    product_extend (&product, n - k, n, 0, c);
  else
    product_extend (&product, n - c, n, 0, k);
  return product;
}

double
vervet_pass_at_k (guint64 n, guint64 c, guint64 k)
{
  double out;

  vervet_pass_at_ks (n, c, &k, 1, &out);
  return out;
}

/* From one k to the next either the k's between are multiplied in or, where c is smaller, the product starts anew. */
void
vervet_pass_at_ks (guint64 n, guint64 c, const guint64 *ks, guint n_ks, double *out)
{
  Product miss = { 1, 0 };
  guint64 at = 0;

  for (guint i = 0; i < n_ks; i++) {
    guint64 k = ks[i];

    if (k == 0 || k > n || c > n) {
      out[i] = NAN;
      continue;
    }
    if (k > n - c) {
      out[i] = 1;
      continue;
    }
    if (k < at || k - at > c)
      miss = miss_direct (n, c, k);
    else
      product_extend (&miss, n - c, n, at, k);
    at = k;
    out[i] = (1 - miss.value) - miss.error;
  }
}

double
vervet_pass_hat_k (guint64 n, guint64 c, guint64 k)
{
  Product all;

  if (k == 0 || k > n || c > n)
    return NAN;
  if (k > c)
    return 0;
  all = miss_direct (n, n - c, k);
  return all.value + all.error;
}
