/* search.h - which plugin files there are. Looks at names, sizes and times, opens nothing. */
#ifndef VERVET_PLUGIN_SEARCH_H
#define VERVET_PLUGIN_SEARCH_H

#include <vervet-registry.h>

G_BEGIN_DECLS

typedef struct {
  char *path;
  gboolean in_tree, missing; /* missing: named in VERVET_PLUGIN_PATH and not there */
  gint64 size, mtime_ns;
} VervetPluginFile;

/* In order of precedence, each file once, however many ways lead to it. Element type: VervetPluginFile *. */
GPtrArray *vervet_search_plugins (VervetRegistryFlags flags);
GPtrArray *vervet_search_one (const char *path); /* that file alone */

G_END_DECLS

#endif
