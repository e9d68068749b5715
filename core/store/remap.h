/* remap.h - ids that were promised at the push but are not the row's: its trial had a row already. Kept as ranges, so
 * that pushing a whole file again costs a few entries. */
#ifndef VERVET_STORE_REMAP_H
#define VERVET_STORE_REMAP_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  gint64 from, to; /* to 0: nowhere */
  gint64 n;
} VervetRemapRange;

typedef struct {
  GArray *ranges; /* VervetRemapRange, ascending */
} VervetRemap;

void vervet_remap_init (VervetRemap *remap);
void vervet_remap_clear (VervetRemap *remap);
void vervet_remap_add (VervetRemap *remap, gint64 from, gint64 to); /* again after a roll-back: no change */
gint64 vervet_remap_get (const VervetRemap *remap, gint64 id);

G_END_DECLS

#endif
