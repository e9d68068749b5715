/* info.h - owned copies of what a descriptor says, and the same as JSON (the answer of a scanning child, the cache,
 * `vervet inspect --json`). Texts live in the plugin info's own store. Not for several threads while being built. */
#ifndef VERVET_PLUGIN_INFO_H
#define VERVET_PLUGIN_INFO_H

#include <vervet-registry.h>

G_BEGIN_DECLS

VervetPluginInfo *vervet_plugin_info_new (const char *file);
void vervet_plugin_info_free (VervetPluginInfo *info);
/* A copy of @text that lives as long as @info; NULL stays NULL. */
char *vervet_plugin_info_text (VervetPluginInfo *info, const char *text);
/* Takes @block, which lives as long as @info. */
gpointer vervet_plugin_info_own (VervetPluginInfo *info, gpointer block);
/* Appends an empty component with room for that many options and roles. */
VervetComponentInfo *vervet_plugin_info_add (VervetPluginInfo *info, guint n_options, guint n_roles);
/* Sets the state with its reason; the components stay. */
void vervet_plugin_info_set_state (VervetPluginInfo *info, VervetPluginState state, const char *reason);
/* UNAVAILABLE when every component is, with the first one's reason; else OK. */
void vervet_plugin_info_settle (VervetPluginInfo *info);

/* Adds to @info what @json, made by vervet_plugin_info_to_json(), says. Believes nothing: FALSE with INPUT at the first
 * thing that cannot be. */
gboolean vervet_plugin_info_read_json (VervetPluginInfo *info, const VervetJson *json, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VervetPluginInfo, vervet_plugin_info_free)

G_END_DECLS

#endif
