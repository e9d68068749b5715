/* vervet-registry.h - which plugins there are, what is in them, and live instances of their components.
 *
 * A registry is made by looking at .so files without running them here: each file is read by a `vervet-worker --scan`
 * child, which prints the descriptor as JSON; answers are cached by path, size and time of change. A file whose child
 * crashes, hangs (5 s) or lies is quarantined with the reason and everything else goes on. Nothing is loaded into this
 * process until vervet_component_load().
 *
 * Threads: making a registry and loading are for one thread; reading the infos is safe from any thread afterwards. */
#ifndef VERVET_REGISTRY_H
#define VERVET_REGISTRY_H

#include "vervet-json.h"
#include "vervet-plugin.h"

G_BEGIN_DECLS

typedef enum { VERVET_PLUGIN_OK, VERVET_PLUGIN_UNAVAILABLE, VERVET_PLUGIN_QUARANTINED } VervetPluginState;
typedef enum {
  VERVET_REGISTRY_DEFAULT = 0,
  VERVET_REGISTRY_SAFE = 1 << 0,     /* in-tree plugins only: neither VERVET_PLUGIN_PATH nor the user's folder */
  VERVET_REGISTRY_NO_CACHE = 1 << 1, /* scan every file again */
} VervetRegistryFlags;

typedef struct _VervetRegistry VervetRegistry;
typedef struct _VervetPluginInfo VervetPluginInfo;
typedef struct _VervetComponentInfo VervetComponentInfo;

/* Owned copies of what the descriptor says; vv_option.def, .help ... point into the info. */
struct _VervetComponentInfo {
  const VervetPluginInfo *plugin;
  char *id, *title, *summary;
  guint kind; /* VV_KIND_* */
  guint64 caps;
  guint behaviour;
  guint n_options, n_roles;
  vv_option *options;
  vv_role *roles;
  gboolean unavailable; /* probe() said no; reason says why */
  char *reason;
};
struct _VervetPluginInfo {
  char *file, *id, *version, *title, *summary, *license, *url;
  gboolean in_tree;        /* from the installed or built plugin folder */
  VervetPluginState state; /* UNAVAILABLE: every component is */
  char *reason;            /* NULL when OK */
  GPtrArray *components;   /* VervetComponentInfo * */
};

/* Search path: VERVET_PLUGIN_PATH (colon-separated folders or files), the user's folder
 * $XDG_DATA_HOME/vervet/plugins, then the installed or built folders. The first plugin of an id wins; a later one is
 * quarantined with the reason "id 'x' is taken by FILE". Folders are searched two levels deep for *.so. */
VervetRegistry *vervet_registry_new (VervetRegistryFlags flags, GError **error);
/* A registry of this one file, scanned anew: what `vervet inspect FILE.so` and a plugin's author look at. */
VervetRegistry *vervet_registry_new_for_file (const char *file, GError **error);
VervetRegistry *vervet_registry_ref (VervetRegistry *registry);
void vervet_registry_unref (VervetRegistry *registry);
/* Every file found, OK ones first, then by id. Element type: const VervetPluginInfo *. (transfer none) */
const GPtrArray *vervet_registry_plugins (const VervetRegistry *registry);
/* The component @id of @kind (a VV_KIND_* or 0 for any). Fails with INPUT ("no verifier 'maths'; did you mean 'math'?")
 * or, for a quarantined or unavailable one, with ENVIRONMENT and the reason. */
const VervetComponentInfo *vervet_registry_find (const VervetRegistry *registry, guint kind, const char *id,
                                                 GError **error);
/* Without the error: NULL when absent. Also finds unavailable ones. */
const VervetComponentInfo *vervet_registry_lookup (const VervetRegistry *registry, guint kind, const char *id);

const char *
vervet_kind_name (guint kind); /* "model", "sampler", "verifier", "benchmark", "judge", "codec", "accelerator" */
guint vervet_kind_from_name (const char *name);                 /* 0: none */
const char *vervet_plugin_state_name (VervetPluginState state); /* "ok", "unavailable", "quarantined" */
const char *
vervet_option_type_name (guint type); /* "boolean", "integer", "number", "text", "choice", "path", "secret", "json" */
char **vervet_caps_names (guint64 caps); /* (transfer full), NULL-terminated */
const char *vervet_op_name (guint op);   /* "generate", "score" ...; NULL: there is none with this number */
/* "an integer from 1 to 18", "a number", "one of \"a\", \"b\"". (transfer full) */
char *vervet_option_expectation (const vv_option *option);
/* All that the descriptor says, and whether each component is available; not the file and the state. (transfer full) */
VervetJson *vervet_plugin_info_to_json (const VervetPluginInfo *info);
VervetJson *vervet_component_info_to_json (const VervetComponentInfo *info);

/* ---- Options ---- */
typedef struct _VervetOptions VervetOptions; /* validated values of one component */

/* @object: a JSON object whose members are option names (NULL: all defaults). Members named in @ignore
 * (NULL-terminated, nullable) belong to somebody else and are passed over. Paths are made absolute against @base_dir
 * (nullable: the current folder). @where begins each message, as "gsm8k.json": the member's line and column follow when
 * it has them. Fails with INPUT: unknown name with a "did you mean", wrong type, out of range, required but missing;
 * and with ENVIRONMENT: a secret reads an environment variable that is not set. A null counts as left out. @info is
 * borrowed. */
VervetOptions *vervet_options_new (const VervetComponentInfo *info, const VervetJson *object, const char *const *ignore,
                                   const char *base_dir, const char *where, GError **error);
void vervet_options_free (VervetOptions *options);
const vv_value *vervet_options_values (const VervetOptions *options, guint *n);      /* in table order */
const vv_value *vervet_options_get (const VervetOptions *options, const char *name); /* NULL: no such option */
/* Object of every value (defaults included) except secrets; with @identity also without VV_OPT_NEUTRAL ones and with
 * each path as [name of the file, hash of its content], so that a run may be moved; [path, null] where it is no file
 * that can be read: what enters a fingerprint. (transfer full) */
VervetJson *vervet_options_to_json (const VervetOptions *options, gboolean identity);
/* A JSON Schema (draft 2020-12) of the component's options. (transfer full) */
VervetJson *vervet_component_schema (const VervetComponentInfo *info);
/* Turns "key=value" texts of a command line into an object, typed by the option table: INPUT errors as above. */
VervetJson *vervet_options_from_strings (const VervetComponentInfo *info, const char *const *pairs, GError **error);

/* ---- Live components ---- */
typedef struct _VervetInstance VervetInstance;

/* Opens the plugin if it is not open yet (RTLD_NOW | RTLD_LOCAL, never closed), calls load() once, and creates an
 * instance. @options may be freed afterwards. Fails with ENVIRONMENT or what create() said. */
VervetInstance *vervet_instance_new (VervetRegistry *registry, const VervetComponentInfo *info,
                                     const VervetOptions *options, GError **error);
void vervet_instance_free (VervetInstance *instance); /* destroy(); NULL-safe */
gpointer vervet_instance_self (const VervetInstance *instance);
gconstpointer vervet_instance_iface (const VervetInstance *instance); /* read optional members through VV_HAS */
const VervetComponentInfo *vervet_instance_info (const VervetInstance *instance);
/* GError of a status with the plugin's sentence, prefixed by the component's id. */
void vervet_status_to_error (GError **error, const char *component, vv_status status, const vv_error *err);
const char *vervet_status_name (vv_status status); /* "ok", "failed", "rate-limit" ... */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VervetRegistry, vervet_registry_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VervetOptions, vervet_options_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VervetInstance, vervet_instance_free)

G_END_DECLS

#endif
