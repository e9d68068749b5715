/* cache.h - answers of scanning children, kept in $XDG_CACHE_HOME/vervet/plugins.json by path, size and time of change.
 * A cache that cannot be read or written is as good as an empty one. One thread. */
#ifndef VERVET_PLUGIN_CACHE_H
#define VERVET_PLUGIN_CACHE_H

#include "info.h"
#include "scan.h"
#include "search.h"

G_BEGIN_DECLS

typedef struct _VervetScanCache VervetScanCache;

VervetScanCache *vervet_scan_cache_load (void);
/* NULL: not known, changed since, or no longer worth believing. */
VervetPluginInfo *vervet_scan_cache_lookup (const VervetScanCache *cache, const VervetPluginFile *file);
/* Takes the result and says what it means. */
VervetPluginInfo *vervet_scan_cache_store (VervetScanCache *cache, const VervetPluginFile *file,
                                           VervetScanResult *result);
/* Writes it, if anything was stored, without the files that have gone. Atomic. */
void vervet_scan_cache_save (VervetScanCache *cache);
void vervet_scan_cache_free (VervetScanCache *cache);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VervetScanCache, vervet_scan_cache_free)

G_END_DECLS

#endif
