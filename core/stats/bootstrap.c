/* bootstrap.c - percentile intervals of column means by drawing rows with replacement.
 *
 * A replicate is a vector of weights, how often each row was drawn, so all replicates of all columns are one product of
 * matrices. It is done in tiles of 4 replicates x 4 columns that stay in registers; every sum runs over the rows in
 * order whatever the tiles are, so the numbers do not depend on the machine. Columns with holes (NaN) divide by the
 * weight of their filled rows, which is the product with a column of ones and zeros; neighbouring columns mostly share
 * their holes, and then share that column too. */
#include "vervet-stats.h"
#include "philox.h"
#include <math.h>
#include <string.h>

#define TILE 4
#define MAX_MEANS (4 << 20) /* replicate means kept at a time: 32 MB */

typedef double Pair __attribute__ ((vector_size (16)));

/* Columns [first, first + n) of the caller's table, holes filled with 0, then their masks; as tiles of TILE columns. */
typedef struct {
  guint first, n, n_masks, n_tiles;
  guint *mask;   /* of each column: index of its mask, G_MAXUINT: no holes */
  double *tiles; /* [tile][row][TILE] */
} Chunk;

static void
chunk_clear (Chunk *chunk)
{
  g_free (chunk->mask);
  g_free (chunk->tiles);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Chunk, chunk_clear)

static double *
chunk_cell (Chunk *chunk, guint rows, guint row, guint column)
{
  return chunk->tiles + ((gsize)(column / TILE) * rows + row) * TILE + column % TILE;
}

static gboolean
same_holes (const double *table, guint rows, guint cols, guint a, guint b)
{
  for (guint row = 0; row < rows; row++)
    if (isnan (table[(gsize)row * cols + a]) != isnan (table[(gsize)row * cols + b]))
      return FALSE;
  return TRUE;
}

static gboolean
has_holes (const double *table, guint rows, guint cols, guint column)
{
  for (guint row = 0; row < rows; row++)
    if (isnan (table[(gsize)row * cols + column]))
      return TRUE;
  return FALSE;
}

static void
chunk_fill (Chunk *chunk, const double *table, guint rows, guint cols)
{
  g_autofree guint *owner = g_new (guint, chunk->n); /* the column that each mask is made from */

  chunk->mask = g_new (guint, chunk->n);
  for (guint i = 0; i < chunk->n; i++) {
    guint column = chunk->first + i;

    if (!has_holes (table, rows, cols, column)) {
      chunk->mask[i] = G_MAXUINT;
    } else if (chunk->n_masks && same_holes (table, rows, cols, column, owner[chunk->n_masks - 1])) {
      chunk->mask[i] = chunk->n_masks - 1;
    } else {
      owner[chunk->n_masks] = column;
      chunk->mask[i] = chunk->n_masks++;
    }
  }
  chunk->n_tiles = (chunk->n + chunk->n_masks + TILE - 1) / TILE;
  chunk->tiles = g_new0 (double, (gsize)chunk->n_tiles *rows *TILE);
  for (guint row = 0; row < rows; row++) {
    const double *cells = table + (gsize)row * cols;

    for (guint i = 0; i < chunk->n; i++)
      *chunk_cell (chunk, rows, row, i) = isnan (cells[chunk->first + i]) ? 0 : cells[chunk->first + i];
    for (guint i = 0; i < chunk->n_masks; i++)
      *chunk_cell (chunk, rows, row, chunk->n + i) = !isnan (cells[owner[i]]);
  }
}

/* weights: [row][TILE], TILE replicates. */
static void
draw_weights (double *weights, guint rows, guint first, guint64 seed)
{
  memset (weights, 0, (gsize)rows * TILE * sizeof (double));
  for (guint r = 0; r < TILE; r++) {
    PhiloxStream stream = philox_stream (seed, PHILOX_BOOTSTRAP | (first + r));

    for (guint i = 0; i < rows; i++)
      weights[(gsize)philox_below (&stream, rows) * TILE + r] += 1;
  }
}

/* sums[replicate][column] of one tile. */
static void
multiply_tile (const double *weights, const double *tile, guint rows, double sums[TILE][TILE])
{
  Pair sum[TILE][2] = { 0 };

  for (guint row = 0; row < rows; row++, weights += TILE, tile += TILE) {
    Pair left = { tile[0], tile[1] }, right = { tile[2], tile[3] };

    for (guint r = 0; r < TILE; r++) {
      Pair weight = { weights[r], weights[r] };

      sum[r][0] += weight * left;
      sum[r][1] += weight * right;
    }
  }
  memcpy (sums, sum, sizeof sum);
}

/* The element that would stand at @rank if @v were sorted; those before it are no larger, those behind no smaller. */
static double
select_rank (double *v, guint n, guint rank)
{
  guint low = 0, high = n - 1;

  while (low < high) {
    double pivot = v[low + (high - low) / 2];
    guint i = low, j = high;

    for (;;) {
      while (v[i] < pivot)
        i++;
      while (v[j] > pivot)
        j--;
      if (i >= j)
        break;
      double t = v[i];

      v[i++] = v[j];
      v[j--] = t;
    }
    if (rank <= j)
      high = j;
    else
      low = j + 1;
  }
  return v[rank];
}

/* Linear between order statistics: the quantile of type 7 of Hyndman and Fan. */
static double
quantile (double *v, guint n, double q)
{
  double at = q * (n - 1), below, above = INFINITY;
  guint rank = MIN ((guint)at, n - 1);

  below = select_rank (v, n, rank);
  if (at <= rank)
    return below;
  for (guint i = rank + 1; i < n; i++)
    above = MIN (above, v[i]);
  return below + (at - rank) * (above - below);
}

static void
set_interval (VervetEstimate *out, double *means, guint reps, double level)
{
  guint n = 0;

  for (guint r = 0; r < reps; r++)
    if (!isnan (means[r]))
      means[n++] = means[r];
  if (n == 0)
    return;
  out->low = quantile (means, n, (1 - level) / 2);
  out->high = quantile (means, n, (1 + level) / 2);
}

static void
bootstrap_chunk (Chunk *chunk, guint rows, guint reps, double level, guint64 seed, VervetEstimate *out)
{
  guint columns = chunk->n_tiles * TILE, padded = (reps + TILE - 1) / TILE * TILE;
  g_autofree double *weights = g_new (double, (gsize)rows *TILE);
  g_autofree double *sums = g_new (double, (gsize)columns *padded); /* [column][replicate] */
  double tile_sums[TILE][TILE];

  for (guint first = 0; first < padded; first += TILE) {
    draw_weights (weights, rows, first, seed);
    for (guint tile = 0; tile < chunk->n_tiles; tile++) {
      multiply_tile (weights, chunk->tiles + (gsize)tile * rows * TILE, rows, tile_sums);
      for (guint r = 0; r < TILE; r++)
        for (guint i = 0; i < TILE; i++)
          sums[(gsize)(tile * TILE + i) * padded + first + r] = tile_sums[r][i];
    }
  }
  for (guint i = 0; i < chunk->n; i++) {
    double *column = sums + (gsize)i * padded;
    const double *filled = chunk->mask[i] == G_MAXUINT ? NULL : sums + (gsize)(chunk->n + chunk->mask[i]) * padded;

    for (guint r = 0; r < reps; r++)
      column[r] /= filled ? filled[r] : rows; /* 0 / 0: no filled row was drawn, the replicate is left out */
    if (out[chunk->first + i].n_rows >= 2)
      set_interval (&out[chunk->first + i], column, reps, level);
  }
}

/* Neumaier's compensated sum. */
static void
set_mean (VervetEstimate *out, const double *table, guint rows, guint cols, guint column)
{
  double sum = 0, rest = 0;

  *out = (VervetEstimate){ NAN, NAN, NAN, 0 };
  for (guint row = 0; row < rows; row++) {
    double x = table[(gsize)row * cols + column], next = sum + x;

    if (isnan (x))
      continue;
    rest += fabs (sum) >= fabs (x) ? (sum - next) + x : (x - next) + sum;
    sum = next;
    out->n_rows++;
  }
  if (out->n_rows)
    out->mean = (sum + rest) / out->n_rows;
}

void
vervet_bootstrap_columns (const double *table, guint rows, guint cols, guint reps, double level, guint64 seed,
                          VervetEstimate *out)
{
  guint step = reps ? MAX (MAX_MEANS / reps, TILE) : 0;

  for (guint column = 0; column < cols; column++)
    set_mean (&out[column], table, rows, cols, column);
  if (rows < 2 || reps == 0)
    return;
  for (guint first = 0; first < cols; first += step) {
    g_auto (Chunk) chunk = { .first = first, .n = MIN (step, cols - first) };

    chunk_fill (&chunk, table, rows, cols);
    bootstrap_chunk (&chunk, rows, reps, level, seed, out);
  }
}
