/* vervet-paths.h - where things lie. An environment variable wins over the place of the running program (build tree),
 * which wins over the installed place. */
#ifndef VERVET_PATHS_H
#define VERVET_PATHS_H

#include <glib.h>

G_BEGIN_DECLS

char *vervet_path_cache (const char *name); /* $XDG_CACHE_HOME/vervet/NAME; the folder is made */
char *vervet_path_user_plugins (void);      /* $XDG_DATA_HOME/vervet/plugins */
/* Folders of in-tree plugins: the build tree's when the running program lies in one (its meson build folder has a file
 * `vervet-build` beside app/), else the installed one. NULL-terminated. (transfer full) */
char **vervet_path_in_tree_plugins (void);
char *vervet_path_worker (void);           /* vervet-worker: VERVET_WORKER, build tree, libexec */
char *vervet_path_data (const char *name); /* price tables, experiments: VERVET_DATA_DIR, source tree, share */
/* TRUE when the file system of @path (or of its folder) is a network one on which WAL is unsafe; *type names it. */
gboolean vervet_path_is_network (const char *path, const char **type);

G_END_DECLS

#endif
