/* vervet-accel.h - kind ACCELERATOR, iface 0: not frozen, in-tree users only. Every entry may return VV_E_UNSUPPORTED:
 * the host then runs its plain C twin. All random numbers are Philox4x32-10 of (seed, replicate, problem, draw):
 * the twin and the kernel draw the same numbers, so counts agree exactly and means to 1e-12. */
#ifndef VERVET_ACCEL_H
#define VERVET_ACCEL_H
#include "vervet-plugin.h"
typedef struct vv_pool { uint32_t struct_size, n_problems;
  const uint64_t *begin;      /* n_problems + 1: samples of problem p are [begin[p], begin[p + 1]) */
  const int32_t *cls;         /* answer class in the problem, -1: no answer */
  const uint8_t *correct;     /* 0, 1, 2 = not judged */
  const float *score; } vv_pool;
typedef struct vv_accel_iface { uint32_t struct_size, reserved;
  /* out[r * cols + j]: mean of table over problems drawn with replacement (NaN cells skipped, counted apart) */
  vv_status (*bootstrap) (void *self, const double *table, uint32_t rows, uint32_t cols, uint32_t reps, uint64_t seed,
                          double *out, vv_error *err);
  /* rule 0 majority, 1 score sum, 2 best score; one random permutation per (problem, replicate) serves every k */
  vv_status (*votes) (void *self, const vv_pool *pool, uint32_t rule, const uint32_t *ks, uint32_t n_ks, uint32_t reps,
                      uint64_t seed, double *mean /* [problem][k] */, double *var, vv_error *err);
  /* cosine of rows: MBR, diversity, clusters */
  vv_status (*gram) (void *self, const float *x, uint32_t rows, uint32_t dim, float *out, vv_error *err); } vv_accel_iface;
#endif
