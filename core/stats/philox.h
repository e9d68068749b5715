/* philox.h - Philox4x32-10 (Salmon, Moraes, Dror, Shaw 2011) inline, and words drawn from it one by one. */
#ifndef VERVET_STATS_PHILOX_H
#define VERVET_STATS_PHILOX_H

#include <glib.h>

/* The top byte of a stream says what it is drawn for, so that two uses under one seed share no number. */
#define PHILOX_BOOTSTRAP (G_GUINT64_CONSTANT (1) << 56)
#define PHILOX_MAJORITY (G_GUINT64_CONSTANT (2) << 56)

static inline void
philox_block (guint64 seed, guint64 stream, guint64 index, guint32 out[4])
{
  guint32 k0 = (guint32)seed, k1 = (guint32)(seed >> 32);
  guint32 c0 = (guint32)index, c1 = (guint32)(index >> 32), c2 = (guint32)stream, c3 = (guint32)(stream >> 32);

  for (int round = 0; round < 10; round++) {
    guint64 a = (guint64)0xD2511F53u * c0, b = (guint64)0xCD9E8D57u * c2;

    c0 = (guint32)(b >> 32) ^ c1 ^ k0;
    c1 = (guint32)b;
    c2 = (guint32)(a >> 32) ^ c3 ^ k1;
    c3 = (guint32)a;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

typedef struct {
  guint64 seed, stream, index;
  guint32 words[4];
  guint used;
} PhiloxStream;

static inline PhiloxStream
philox_stream (guint64 seed, guint64 stream)
{
  return (PhiloxStream){ .seed = seed, .stream = stream, .used = 4 };
}

static inline guint32
philox_next (PhiloxStream *s)
{
  if (s->used == 4) {
    philox_block (s->seed, s->stream, s->index++, s->words);
    s->used = 0;
  }
  return s->words[s->used++];
}

/* In [0, 1), 53 bits. */
static inline double
philox_uniform (PhiloxStream *s)
{
  guint64 high = philox_next (s) >> 5, low = philox_next (s) >> 6;

  return (double)(high << 26 | low) * 0x1p-53;
}

/* In [0, n); each value's chance is off by less than 2^-32. */
static inline guint32
philox_below (PhiloxStream *s, guint32 n)
{
  return (guint32)(((guint64)philox_next (s) * n) >> 32);
}

#endif
