#include "registry-private.h"

#include "cache.h"
#include "descriptor.h"
#include "scan.h"
#include "search.h"

#include "util/text.h"

#include <vervet-error.h>

#include <string.h>

struct _VervetRegistry {
  gatomicrefcount refs;
  GPtrArray *plugins;  /* VervetPluginInfo * */
  GHashTable *index;   /* "kind/id" -> VervetComponentInfo *, of plugins that are not quarantined */
  GMutex lock;         /* guards modules */
  GHashTable *modules; /* VervetPluginInfo * -> VervetModule *, in use */
};

/* ---- Building ---- */

static char *
index_key (guint kind, const char *id)
{
  return g_strdup_printf ("%u/%s", kind, id);
}

/* Whether an earlier plugin has the id of this one, or of one of its components. */
static char *
clash (const VervetRegistry *registry, GHashTable *ids, const VervetPluginInfo *info)
{
  const VervetPluginInfo *owner = g_hash_table_lookup (ids, info->id);

  if (owner)
    return g_strdup_printf ("id '%s' is taken by %s", info->id, owner->file);
  for (guint i = 0; i < info->components->len; i++) {
    const VervetComponentInfo *component = g_ptr_array_index (info->components, i), *other;
    g_autofree char *key = index_key (component->kind, component->id);

    other = g_hash_table_lookup (registry->index, key);
    if (other)
      return g_strdup_printf ("%s '%s' is taken by %s", vervet_kind_name (component->kind), component->id,
                              other->plugin->file);
  }
  return NULL;
}

/* In order of precedence: the first one of an id has it. */
static void
add_to_index (VervetRegistry *registry)
{
  g_autoptr (GHashTable) ids = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < registry->plugins->len; i++) {
    VervetPluginInfo *info = g_ptr_array_index (registry->plugins, i);
    g_autofree char *reason = NULL;

    if (info->state == VERVET_PLUGIN_QUARANTINED)
      continue;
    reason = clash (registry, ids, info);
    if (reason) {
      vervet_plugin_info_set_state (info, VERVET_PLUGIN_QUARANTINED, reason);
      continue;
    }
    g_hash_table_insert (ids, info->id, info);
    for (guint j = 0; j < info->components->len; j++) {
      VervetComponentInfo *component = g_ptr_array_index (info->components, j);

      g_hash_table_insert (registry->index, index_key (component->kind, component->id), component);
    }
  }
}

static int
compare_infos (gconstpointer a, gconstpointer b)
{
  const VervetPluginInfo *x = *(VervetPluginInfo *const *)a, *y = *(VervetPluginInfo *const *)b;
  int order;

  if ((x->state == VERVET_PLUGIN_OK) != (y->state == VERVET_PLUGIN_OK))
    return x->state == VERVET_PLUGIN_OK ? -1 : 1;
  order = g_strcmp0 (x->id, y->id);
  return order ? order : strcmp (x->file, y->file);
}

static VervetPluginInfo *
missing_info (const VervetPluginFile *file)
{
  VervetPluginInfo *info = vervet_plugin_info_new (file->path);

  vervet_plugin_info_set_state (info, VERVET_PLUGIN_QUARANTINED, "there is no such file");
  return info;
}

/* Fills the holes of registry->plugins, which stand for files the cache does not know. */
static gboolean
scan_unknown (VervetRegistry *registry, const GPtrArray *files, VervetScanCache *cache, GError **error)
{
  g_autoptr (GPtrArray) paths = g_ptr_array_new ();
  g_autoptr (GPtrArray) results = NULL;
  guint next = 0;

  for (guint i = 0; i < files->len; i++)
    if (!registry->plugins->pdata[i])
      g_ptr_array_add (paths, ((VervetPluginFile *)files->pdata[i])->path);
  if (paths->len == 0)
    return TRUE;
  results = vervet_scan_files (paths, error);
  if (!results)
    return FALSE;
  for (guint i = 0; i < files->len; i++)
    if (!registry->plugins->pdata[i])
      registry->plugins->pdata[i] =
          vervet_scan_cache_store (cache, files->pdata[i], g_steal_pointer (&results->pdata[next++]));
  vervet_scan_cache_save (cache);
  return TRUE;
}

static VervetRegistry *
registry_from_files (const GPtrArray *files, gboolean use_cache, GError **error)
{
  VervetRegistry *registry = g_new0 (VervetRegistry, 1);
  g_autoptr (VervetScanCache) cache = vervet_scan_cache_load ();

  g_atomic_ref_count_init (&registry->refs);
  g_mutex_init (&registry->lock);
  registry->plugins = g_ptr_array_new_full (files->len, (GDestroyNotify)vervet_plugin_info_free);
  registry->index = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  registry->modules = g_hash_table_new (NULL, NULL);
  for (guint i = 0; i < files->len; i++) {
    const VervetPluginFile *file = g_ptr_array_index (files, i);

    g_ptr_array_add (registry->plugins, file->missing ? missing_info (file)
                                        : use_cache   ? vervet_scan_cache_lookup (cache, file)
                                                      : NULL);
  }
  if (!scan_unknown (registry, files, cache, error)) {
    vervet_registry_unref (registry);
    return NULL;
  }
  add_to_index (registry);
  g_ptr_array_sort (registry->plugins, compare_infos);
  return registry;
}

VervetRegistry *
vervet_registry_new (VervetRegistryFlags flags, GError **error)
{
  g_autoptr (GPtrArray) files = vervet_search_plugins (flags);

  return registry_from_files (files, !(flags & VERVET_REGISTRY_NO_CACHE), error);
}

VervetRegistry *
vervet_registry_new_for_file (const char *file, GError **error)
{
  g_autoptr (GPtrArray) files = vervet_search_one (file);

  return registry_from_files (files, FALSE, error);
}

VervetRegistry *
vervet_registry_ref (VervetRegistry *registry)
{
  g_atomic_ref_count_inc (&registry->refs);
  return registry;
}

static void
release_modules (VervetRegistry *registry)
{
  GHashTableIter iter;
  gpointer module;

  g_hash_table_iter_init (&iter, registry->modules);
  while (g_hash_table_iter_next (&iter, NULL, &module)) {
    vervet_module_lock (module);
    vervet_module_unuse (module);
    vervet_module_unlock (module);
  }
}

void
vervet_registry_unref (VervetRegistry *registry)
{
  if (!registry || !g_atomic_ref_count_dec (&registry->refs))
    return;
  release_modules (registry);
  g_hash_table_unref (registry->modules);
  g_hash_table_unref (registry->index);
  /* A registry that could not be built may have holes. */
  for (guint i = 0; i < registry->plugins->len; i++)
    vervet_plugin_info_free (g_steal_pointer (&registry->plugins->pdata[i]));
  g_ptr_array_set_free_func (registry->plugins, NULL);
  g_ptr_array_unref (registry->plugins);
  g_mutex_clear (&registry->lock);
  g_free (registry);
}

/* ---- Asking ---- */

const GPtrArray *
vervet_registry_plugins (const VervetRegistry *registry)
{
  return registry->plugins;
}

const VervetComponentInfo *
vervet_registry_lookup (const VervetRegistry *registry, guint kind, const char *id)
{
  for (guint k = kind ? kind : VV_KIND_MODEL; k <= (kind ? kind : (guint)VV_KIND_ACCELERATOR); k++) {
    g_autofree char *key = index_key (k, id);
    const VervetComponentInfo *found = g_hash_table_lookup (registry->index, key);

    if (found)
      return found;
  }
  return NULL;
}

/* The quarantined plugin that would have had the component: it says so itself, or its file's name does. */
static const VervetPluginInfo *
find_quarantined (const VervetRegistry *registry, guint kind, const char *id)
{
  for (guint i = 0; i < registry->plugins->len; i++) {
    const VervetPluginInfo *info = g_ptr_array_index (registry->plugins, i);
    g_autofree char *name = g_path_get_basename (info->file);

    if (info->state != VERVET_PLUGIN_QUARANTINED)
      continue;
    for (guint j = 0; j < info->components->len; j++) {
      const VervetComponentInfo *component = g_ptr_array_index (info->components, j);

      if ((kind == 0 || component->kind == kind) && g_str_equal (component->id, id))
        return info;
    }
    if (info->components->len == 0 && g_str_has_prefix (name, id) && g_str_equal (name + strlen (id), ".so"))
      return info;
  }
  return NULL;
}

static void
set_not_found (const VervetRegistry *registry, guint kind, const char *id, GError **error)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();
  g_autofree char *hint = NULL;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, registry->index);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    if (kind == 0 || ((VervetComponentInfo *)value)->kind == kind)
      g_ptr_array_add (ids, ((VervetComponentInfo *)value)->id);
  g_ptr_array_add (ids, NULL);
  hint = vervet_text_did_you_mean (id, (const char *const *)ids->pdata);
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "no %s '%s'%s%s", vervet_kind_name (kind), id, hint,
               *hint ? "" : "; `vervet plugins` lists what there is");
}

static gboolean
check_available (const VervetComponentInfo *info, GError **error)
{
  if (!info->unavailable)
    return TRUE;
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT, "%s '%s' is not available here: %s",
               vervet_kind_name (info->kind), info->id, info->reason);
  return FALSE;
}

const VervetComponentInfo *
vervet_registry_find (const VervetRegistry *registry, guint kind, const char *id, GError **error)
{
  const VervetComponentInfo *found = vervet_registry_lookup (registry, kind, id);
  const VervetPluginInfo *quarantined;

  if (found)
    return check_available (found, error) ? found : NULL;
  quarantined = find_quarantined (registry, kind, id);
  if (quarantined)
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT, "%s '%s' is in quarantine: %s: %s",
                 vervet_kind_name (kind), id, quarantined->file, quarantined->reason);
  else
    set_not_found (registry, kind, id, error);
  return NULL;
}

/* ---- Code ---- */

/* The file may have been replaced since it was scanned: then tables and callbacks no longer fit together. */
static gboolean
is_as_scanned (const VervetPluginInfo *scanned, const VervetPluginInfo *now)
{
  g_autoptr (VervetJson) a = vervet_plugin_info_to_json (scanned), b = vervet_plugin_info_to_json (now);
  VervetJson *lists[] = { vervet_json_get (a, "components"), vervet_json_get (b, "components") };

  for (guint i = 0; i < G_N_ELEMENTS (lists); i++)
    for (guint j = 0; j < vervet_json_length (lists[i]); j++) {
      vervet_json_remove (vervet_json_at (lists[i], j), "available");
      vervet_json_remove (vervet_json_at (lists[i], j), "reason");
    }
  return vervet_json_equal (a, b);
}

static VervetModule *
open_checked (const VervetPluginInfo *info, GError **error)
{
  VervetModule *module = vervet_module_open (info->file, error);
  g_autoptr (VervetPluginInfo) now = NULL;
  gboolean is_ready;

  if (!module)
    return NULL;
  vervet_module_lock (module);
  now = vervet_descriptor_read (vervet_module_descriptor (module), info->file, error);
  is_ready = now != NULL;
  if (is_ready && !is_as_scanned (info, now)) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT,
                 "the file has changed since it was scanned; start the program again");
    is_ready = FALSE;
  }
  is_ready = is_ready && vervet_module_use (module, error);
  vervet_module_unlock (module);
  return is_ready ? module : NULL;
}

VervetModule *
vervet_registry_module (VervetRegistry *registry, const VervetPluginInfo *info, GError **error)
{
  VervetModule *module;

  g_mutex_lock (&registry->lock);
  module = g_hash_table_lookup (registry->modules, info);
  if (!module) {
    module = open_checked (info, error);
    if (module)
      g_hash_table_insert (registry->modules, (gpointer)info, module);
    else
      g_prefix_error (error, "%s: ", info->file);
  }
  g_mutex_unlock (&registry->lock);
  return module;
}
