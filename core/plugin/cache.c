#include "cache.h"

#include "util/paths.h"

#include <vervet.h>

enum { FORMAT = 1, LONGEST_S = 3600 };

struct _VervetScanCache {
  char *path, *made_by;
  GHashTable *entries; /* file -> VervetJson * */
  gboolean is_dirty;
};

static void
read_entries (VervetScanCache *cache)
{
  g_autoptr (VervetJson) json = vervet_json_load (cache->path, VERVET_JSON_STRICT, NULL);
  VervetJson *files = vervet_json_get (json, "files");

  if (g_strcmp0 (vervet_json_get_string (json, "made_by", NULL), cache->made_by) != 0 || !files
      || files->type != VERVET_JSON_OBJECT)
    return;
  /* The entries move over instead of being copied: this is on the way of every command. */
  for (guint i = 0; i < files->items->len; i++)
    g_hash_table_insert (cache->entries, g_strdup (g_ptr_array_index (files->keys, i)),
                         g_steal_pointer (&files->items->pdata[i]));
  g_ptr_array_set_size (files->items, 0);
}

VervetScanCache *
vervet_scan_cache_load (void)
{
  VervetScanCache *cache = g_new0 (VervetScanCache, 1);

  cache->path = vervet_path_cache ("plugins.json");
  cache->made_by = g_strdup_printf ("vervet %s, ABI %u.%u draft %u, format %d", vervet_version (), VV_ABI_MAJOR,
                                    VV_ABI_MINOR, VV_ABI_DRAFT, FORMAT);
  cache->entries = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)vervet_json_free);
  read_entries (cache);
  return cache;
}

void
vervet_scan_cache_free (VervetScanCache *cache)
{
  if (!cache)
    return;
  g_hash_table_unref (cache->entries);
  g_free (cache->path);
  g_free (cache->made_by);
  g_free (cache);
}

static VervetPluginInfo *
quarantined (const VervetPluginFile *file, const char *reason)
{
  VervetPluginInfo *info = vervet_plugin_info_new (file->path);

  info->in_tree = file->in_tree;
  vervet_plugin_info_set_state (info, VERVET_PLUGIN_QUARANTINED, reason);
  return info;
}

/* NULL when the entry makes no sense, with the reason. */
static VervetPluginInfo *
info_from_entry (const VervetPluginFile *file, const VervetJson *entry, GError **error)
{
  const char *reason = vervet_json_get_string (entry, "reason", NULL);
  g_autoptr (VervetPluginInfo) info = NULL;

  if (reason)
    return quarantined (file, reason);
  info = vervet_plugin_info_new (file->path);
  info->in_tree = file->in_tree;
  return vervet_plugin_info_read_json (info, vervet_json_get (entry, "plugin"), error) ? g_steal_pointer (&info) : NULL;
}

static gboolean
is_worth_believing (const VervetJson *entry)
{
  gint64 until = vervet_json_get_int (entry, "until", -1), now = g_get_real_time () / G_USEC_PER_SEC;

  /* One that is far ahead was written under a clock that has been set back since. */
  return until == 0 || (until > now && until <= now + LONGEST_S);
}

VervetPluginInfo *
vervet_scan_cache_lookup (const VervetScanCache *cache, const VervetPluginFile *file)
{
  const VervetJson *entry = g_hash_table_lookup (cache->entries, file->path);

  if (vervet_json_get_int (entry, "size", -1) != file->size
      || vervet_json_get_int (entry, "mtime", -1) != file->mtime_ns || !is_worth_believing (entry))
    return NULL;
  return info_from_entry (file, entry, NULL);
}

VervetPluginInfo *
vervet_scan_cache_store (VervetScanCache *cache, const VervetPluginFile *file, VervetScanResult *result)
{
  VervetJson *entry = vervet_json_new (VERVET_JSON_OBJECT);
  gint64 until = result->lasts_s ? g_get_real_time () / G_USEC_PER_SEC + result->lasts_s : 0;
  g_autoptr (GError) error = NULL;
  VervetPluginInfo *info;

  vervet_json_set (entry, "size", vervet_json_new_int (file->size));
  vervet_json_set (entry, "mtime", vervet_json_new_int (file->mtime_ns));
  vervet_json_set (entry, "until", vervet_json_new_int (until));
  if (result->json)
    vervet_json_set (entry, "plugin", g_steal_pointer (&result->json));
  else
    vervet_json_set (entry, "reason", vervet_json_new_string (result->reason));
  vervet_scan_result_free (result);
  info = info_from_entry (file, entry, &error);
  if (!info) {
    info = quarantined (file, error->message);
    vervet_json_remove (entry, "plugin");
    vervet_json_set (entry, "reason", vervet_json_new_string (error->message));
  }
  g_hash_table_insert (cache->entries, g_strdup (file->path), entry);
  cache->is_dirty = TRUE;
  return info;
}

void
vervet_scan_cache_save (VervetScanCache *cache)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (VervetJsonWriter) writer = NULL;
  g_autoptr (GError) error = NULL;
  GHashTableIter iter;
  gpointer file, entry;

  if (!cache->is_dirty)
    return;
  writer = vervet_json_writer_new (text, 0);
  vervet_json_writer_begin_object (writer);
  vervet_json_writer_key (writer, "made_by");
  vervet_json_writer_string (writer, cache->made_by);
  vervet_json_writer_key (writer, "files");
  vervet_json_writer_begin_object (writer);
  g_hash_table_iter_init (&iter, cache->entries);
  while (g_hash_table_iter_next (&iter, &file, &entry))
    if (g_file_test (file, G_FILE_TEST_EXISTS)) {
      vervet_json_writer_key (writer, file);
      vervet_json_writer_tree (writer, entry);
    }
  vervet_json_writer_end_object (writer);
  vervet_json_writer_end_object (writer);
  if (!g_file_set_contents_full (cache->path, text->str, (gssize)text->len, G_FILE_SET_CONTENTS_CONSISTENT, 0600,
                                 &error))
    g_debug ("the plugin cache cannot be written: %s", error->message);
}
