/* names.h - numbers of the plugin interface as words, both ways. Tables, no state, any thread. */
#ifndef VERVET_PLUGIN_NAMES_H
#define VERVET_PLUGIN_NAMES_H

#include <vervet-registry.h>

G_BEGIN_DECLS

guint vervet_option_type_from_name (const char *name); /* 0: none */
guint vervet_op_from_name (const char *name);          /* VV_OP_*; 0: none */
guint64 vervet_cap_from_name (const char *name);       /* one bit; 0: none */

/* Lower-case letters, digits and single dashes, a letter first; with @dots several such parts with dots between, of
 * which the later ones may begin with a digit. */
gboolean vervet_is_kebab (const char *name, gboolean dots);

G_END_DECLS

#endif
