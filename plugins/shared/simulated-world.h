/* simulated-world.h - the world in which the simulated benchmark and the simulated model agree on what is true.
 *
 * The true answer of a prompt is a function of the prompt's text alone. The benchmark writes it into its references;
 * the model computes it from the prompt it was asked, so it never needs to see a reference. libc only. */
#ifndef VERVET_SIMULATED_WORLD_H
#define VERVET_SIMULATED_WORLD_H

#include <stddef.h>
#include <stdint.h>

#include "vervet-plugin.h"

/* Bump the component's behaviour number when this function changes: old prompts would get new truths. */
static inline uint64_t
world_hash (const char *bytes, size_t len)
{
  uint64_t h = 0x51ed270b0a1f39c5u ^ len;
  size_t i;

  for (i = 0; i + 8 <= len; i += 8) {
    uint64_t word = 0;

    for (size_t j = 0; j < 8; j++)
      word |= (uint64_t)(unsigned char)bytes[i + j] << (8 * j);
    h = (h ^ word) * 0x9e3779b97f4a7c15u;
    h ^= h >> 32;
  }
  for (; i < len; i++)
    h = (h ^ (unsigned char)bytes[i]) * 0x100000001b3u;
  return vv_mix (h, len);
}

/* The right answer to the prompt with this hash: a whole number of four digits. */
static inline uint32_t
world_truth (uint64_t prompt_hash)
{
  return 1000u + (uint32_t)(vv_mix (prompt_hash, 1) % 9000u);
}

/* The @rank-th plausible wrong answer to it: four digits, never the truth, and no two ranks below 8999 share one. */
static inline uint32_t
world_wrong (uint64_t prompt_hash, uint32_t rank)
{
  /* Multiplying by a number prime to the 8 999 wrong answers walks over all of them before it repeats one. */
  uint64_t step = 1 + vv_mix (prompt_hash, 2) % 8998;
  uint64_t offset = 1 + (vv_mix (prompt_hash, 3) % 8999 + (uint64_t)rank % 8999 * step) % 8999;

  return 1000u + (uint32_t)((world_truth (prompt_hash) - 1000u + offset) % 9000u);
}

#endif
