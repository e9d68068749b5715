/* registry-private.h - what live components need of their registry. */
#ifndef VERVET_PLUGIN_REGISTRY_PRIVATE_H
#define VERVET_PLUGIN_REGISTRY_PRIVATE_H

#include "module.h"

G_BEGIN_DECLS

/* The plugin's code, open, checked against the scan and load()ed; it stays in use until the registry ends. Any thread.
 */
VervetModule *vervet_registry_module (VervetRegistry *registry, const VervetPluginInfo *info, GError **error);

G_END_DECLS

#endif
