/* vervet-accel.h - kind ACCELERATOR: number crunching that statistics may hand over. Not frozen, for in-tree plugins.
 *
 * The rules of vervet-plugin.h hold. Every entry may be NULL or return VV_E_UNSUPPORTED: the host then runs its plain C
 * twin. All random numbers are Philox4x32-10 of (seed, replicate, problem, draw), so the twin and the kernel draw the
 * same ones: counts agree exactly and means to 1e-12. Every entry blocks until `out` is written; arrays are yours. */
/* clang-format off */
#ifndef VERVET_ACCEL_H
#define VERVET_ACCEL_H

#include "vervet-plugin.h"

/* The stored candidates of a run, problem after problem. */
typedef struct vv_pool {
  uint32_t struct_size;
  uint32_t n_problems;
  const uint64_t *begin;   /* n_problems + 1: samples of problem p are [begin[p], begin[p + 1]) */
  const int32_t *cls;      /* a sample's answer class in its problem; -1: no answer */
  const uint8_t *correct;  /* 0, 1; 2: not judged */
  const float *score;      /* higher is better; NaN: none */
} vv_pool;

typedef struct vv_accel_iface {
  uint32_t struct_size;
  uint32_t reserved;
  /* table: rows (problems) x cols. out[r * cols + j], r < reps: mean of column j over `rows` problems drawn with
   * replacement; cells that are NaN are skipped. */
  vv_status (*bootstrap) (void *self, const double *table, uint32_t rows, uint32_t cols, uint32_t reps, uint64_t seed,
                          double *out, vv_error *err);
  /* How often the vote of the first k samples of a random order is correct. rule: 0 majority, 1 sum of scores, 2 best
   * score; one permutation for each (problem, replicate) serves every k. mean, var: n_problems x n_ks. */
  vv_status (*votes) (void *self, const vv_pool *pool, uint32_t rule, const uint32_t *ks, uint32_t n_ks, uint32_t reps,
                      uint64_t seed, double *mean, double *var, vv_error *err);
  /* out: rows x rows, the cosine of each pair of the rows of x (rows x dim). A row of zeros has cosine 0 with all. */
  vv_status (*gram) (void *self, const float *x, uint32_t rows, uint32_t dim, float *out, vv_error *err);
} vv_accel_iface;

#endif
