#include "remap.h"

void
vervet_remap_init (VervetRemap *remap)
{
  remap->ranges = g_array_new (FALSE, FALSE, sizeof (VervetRemapRange));
}

void
vervet_remap_clear (VervetRemap *remap)
{
  g_array_unref (remap->ranges);
}

/* The last range that begins at or before @id, -1: none. */
static gint
find (const VervetRemap *remap, gint64 id)
{
  gint low = 0, high = (gint)remap->ranges->len;

  while (low < high) {
    gint middle = low + (high - low) / 2;
    if (g_array_index (remap->ranges, VervetRemapRange, middle).from <= id)
      low = middle + 1;
    else
      high = middle;
  }
  return low - 1;
}

static gboolean
holds (const VervetRemapRange *range, gint64 id)
{
  return id >= range->from && id < range->from + range->n;
}

gint64
vervet_remap_get (const VervetRemap *remap, gint64 id)
{
  gint i = remap->ranges->len ? find (remap, id) : -1;
  const VervetRemapRange *range;

  if (i < 0)
    return id;
  range = &g_array_index (remap->ranges, VervetRemapRange, i);
  if (!holds (range, id))
    return id;
  return range->to ? range->to + (id - range->from) : 0;
}

void
vervet_remap_add (VervetRemap *remap, gint64 from, gint64 to)
{
  gint i = find (remap, from);
  VervetRemapRange *range = i < 0 ? NULL : &g_array_index (remap->ranges, VervetRemapRange, i);
  VervetRemapRange one = { from, to, 1 };

  if (range && holds (range, from))
    return;
  if (range && range->from + range->n == from && (range->to ? to == range->to + range->n : to == 0))
    range->n++;
  else
    g_array_insert_val (remap->ranges, (guint)(i + 1), one);
}
