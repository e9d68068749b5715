#include "text-set.h"

#include <string.h>

#define ID_BITS 40
#define ID_MASK ((G_GUINT64_CONSTANT (1) << ID_BITS) - 1)

static guint64
tag_of (guint64 hash)
{
  return hash >> ID_BITS;
}

static guint32
home_of (const VervetTextSet *set, guint64 tag)
{
  return (guint32)(tag * set->size >> (64 - ID_BITS));
}

void
vervet_text_set_clear (VervetTextSet *set)
{
  g_free (set->slots);
  memset (set, 0, sizeof *set);
}

gsize
vervet_text_set_bytes (const VervetTextSet *set)
{
  return set->size * sizeof *set->slots;
}

static void
insert (VervetTextSet *set, guint64 entry)
{
  guint32 i = home_of (set, entry >> ID_BITS);

  while (set->slots[i])
    i = i + 1 == set->size ? 0 : i + 1;
  set->slots[i] = entry;
  set->used++;
}

static void
grow (VervetTextSet *set)
{
  VervetTextSet old = *set;

  set->size = MAX (16, old.size + old.size / 2);
  set->slots = g_new0 (guint64, set->size);
  set->used = 0;
  for (guint32 i = 0; i < old.size; i++)
    if (old.slots[i])
      insert (set, old.slots[i]);
  g_free (old.slots);
}

void
vervet_text_set_add (VervetTextSet *set, guint64 hash, gint64 text_id)
{
  g_return_if_fail (text_id > 0 && (guint64)text_id <= ID_MASK);

  if (set->used >= set->size - set->size / 6)
    grow (set);
  insert (set, tag_of (hash) << ID_BITS | (guint64)text_id);
}

gboolean
vervet_text_set_next (const VervetTextSet *set, guint64 hash, gint64 *cursor, gint64 *text_id)
{
  guint64 tag = tag_of (hash);
  guint32 i;

  if (!set->size)
    return FALSE;
  i = *cursor < 0 ? home_of (set, tag) : (guint32)*cursor;
  for (; set->slots[i]; i = i + 1 == set->size ? 0 : i + 1) {
    if (set->slots[i] >> ID_BITS != tag)
      continue;
    *text_id = (gint64)(set->slots[i] & ID_MASK);
    *cursor = i + 1 == set->size ? 0 : i + 1;
    return TRUE;
  }
  return FALSE;
}
