/* module.h - a plugin's code in this process. Opened once and never closed: a closed plugin would leave dangling
 * threads, destructors and pointers behind. The table of open modules is the one piece of global state, since the
 * loader itself is global; it is guarded, so that registries may come and go on any thread. */
#ifndef VERVET_PLUGIN_MODULE_H
#define VERVET_PLUGIN_MODULE_H

#include <vervet-registry.h>

G_BEGIN_DECLS

typedef struct _VervetModule VervetModule;

/* RTLD_NOW | RTLD_LOCAL. Fails with ENVIRONMENT when the file cannot be opened (a library it needs is missing, it is no
 * shared object) and with INPUT when it has no vervet_plugin_v1. (transfer none) */
VervetModule *vervet_module_open (const char *file, GError **error);
/* What vervet_plugin_v1() returns; unchecked. */
const vv_plugin *vervet_module_descriptor (VervetModule *module);

/* Serialises load, create, destroy and unload of one plugin. Recursion is not allowed. */
void vervet_module_lock (VervetModule *module);
void vervet_module_unlock (VervetModule *module);
/* Under the lock, once the descriptor is checked: counts a user, and calls load() for the first one. */
gboolean vervet_module_use (VervetModule *module, GError **error);
/* Under the lock: takes a user away, and calls unload() after the last one. */
void vervet_module_unuse (VervetModule *module);
gpointer vervet_module_plugin (const VervetModule *module); /* what load() gave */

/* The services that load() gets. */
const vv_host *vervet_host_table (void);

G_END_DECLS

#endif
