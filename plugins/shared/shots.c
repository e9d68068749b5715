#include "shots.h"

#include "vervet-plugin.h"

int
shots_choose (uint64_t seed, uint64_t item, size_t total, size_t except, uint32_t n, size_t *out)
{
  uint64_t key = vv_mix (seed, item);
  size_t others = total - (except < total), limit, t;

  if (n > others)
    return 0;
  /* Floyd: the j-th choice is uniform among those not chosen yet. */
  for (uint32_t j = 0; j < n; j++) {
    limit = others - n + j;
    out[j] = (size_t)(vv_mix (key, j) % (limit + 1));
    for (uint32_t k = 0; k < j; k++)
      if (out[k] == out[j]) {
        out[j] = limit;
        break;
      }
  }
  /* Floyd's order is not random: large numbers come late. */
  for (uint32_t j = n; j > 1; j--) {
    size_t k = (size_t)(vv_mix (key, ~(uint64_t)j) % j);

    t = out[k];
    out[k] = out[j - 1];
    out[j - 1] = t;
  }
  for (uint32_t j = 0; j < n; j++)
    out[j] += out[j] >= except;
  return 1;
}
