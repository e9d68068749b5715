/* philox.c - the public face of the counter-based generator. */
#include "vervet-stats.h"
#include "philox.h"

void
vervet_philox (guint64 seed, guint64 stream, guint64 index, guint32 out[4])
{
  philox_block (seed, stream, index, out);
}
