/* descriptor.h - checks what vervet_plugin_v1() returned and copies it.
 *
 * Counts, sizes, numbers and texts are checked; pointers must be what they are. So call it in a child first: a
 * descriptor that lies about its pointers crashes the reader. */
#ifndef VERVET_PLUGIN_DESCRIPTOR_H
#define VERVET_PLUGIN_DESCRIPTOR_H

#include "info.h"

G_BEGIN_DECLS

/* Fails with INPUT and "field 'license' is empty", "component 'x': option 'y': ...". @plugin may be NULL. */
VervetPluginInfo *vervet_descriptor_read (const vv_plugin *plugin, const char *file, GError **error);
/* The @i-th component as this host knows it: fields that an older plugin lacks are zero. */
void vervet_descriptor_component (const vv_plugin *plugin, guint i, vv_component *out);
/* The same of the plugin itself. */
void vervet_descriptor_plugin (const vv_plugin *plugin, vv_plugin *out);

G_END_DECLS

#endif
