#include "search.h"

#include "util/paths.h"

#include <string.h>
#include <sys/stat.h>

enum { MAX_DEPTH = 2 }; /* folders below the one searched */

typedef struct {
  GPtrArray *files;
  GHashTable *seen; /* "device:inode" */
  gboolean in_tree;
} Search;

static void
file_free (gpointer data)
{
  VervetPluginFile *file = data;

  g_free (file->path);
  g_free (file);
}

static void
add_file (Search *search, const char *path, const struct stat *st)
{
  g_autofree char *key =
      g_strdup_printf ("%" G_GUINT64_FORMAT ":%" G_GUINT64_FORMAT, (guint64)st->st_dev, (guint64)st->st_ino);
  VervetPluginFile *file;

  if (!g_hash_table_add (search->seen, g_steal_pointer (&key)))
    return;
  file = g_new0 (VervetPluginFile, 1);
  file->path = g_canonicalize_filename (path, NULL);
  file->in_tree = search->in_tree;
  file->size = st->st_size;
  file->mtime_ns = st->st_mtim.tv_sec * G_GINT64_CONSTANT (1000000000) + st->st_mtim.tv_nsec;
  g_ptr_array_add (search->files, file);
}

static void
add_missing (Search *search, const char *path)
{
  VervetPluginFile *file = g_new0 (VervetPluginFile, 1);

  file->path = g_canonicalize_filename (path, NULL);
  file->missing = TRUE;
  g_ptr_array_add (search->files, file);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* Names in order, so that it does not hang on the file system which of two equal ids wins. */
static GPtrArray *
folder_names (const char *folder)
{
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  GDir *dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir)))
    if (name[0] != '.' && !g_str_has_suffix (name, ".p")) /* meson's folders of object files */
      g_ptr_array_add (names, g_strdup (name));
  if (dir)
    g_dir_close (dir);
  g_ptr_array_sort (names, compare_names);
  return names;
}

static void
search_folder (Search *search, const char *folder, guint depth)
{
  g_autoptr (GPtrArray) names = folder_names (folder);

  for (guint i = 0; i < names->len; i++) {
    const char *name = g_ptr_array_index (names, i);
    gboolean is_object = g_str_has_suffix (name, ".so");
    g_autofree char *path = NULL;
    struct stat st;

    if (!is_object && depth == MAX_DEPTH)
      continue;
    path = g_build_filename (folder, name, NULL);
    if (stat (path, &st) != 0)
      continue;
    if (S_ISDIR (st.st_mode) && depth < MAX_DEPTH)
      search_folder (search, path, depth + 1);
    else if (S_ISREG (st.st_mode) && is_object)
      add_file (search, path, &st);
  }
}

/* A folder or a file; a folder that is not there is as good as an empty one. */
static void
search_path (Search *search, const char *path)
{
  struct stat st;

  if (stat (path, &st) != 0) {
    if (g_str_has_suffix (path, ".so"))
      add_missing (search, path);
  } else if (S_ISDIR (st.st_mode)) {
    search_folder (search, path, 0);
  } else if (S_ISREG (st.st_mode)) {
    add_file (search, path, &st);
  }
}

static Search
search_new (void)
{
  return (Search){ .files = g_ptr_array_new_with_free_func (file_free),
                   .seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL) };
}

GPtrArray *
vervet_search_plugins (VervetRegistryFlags flags)
{
  Search search = search_new ();
  g_auto (GStrv) in_tree = vervet_path_in_tree_plugins ();
  const char *variable = g_getenv ("VERVET_PLUGIN_PATH");
  g_auto (GStrv) named = g_strsplit (variable ? variable : "", ":", -1);
  g_autofree char *user = vervet_path_user_plugins ();

  if (!(flags & VERVET_REGISTRY_SAFE)) {
    for (guint i = 0; named[i]; i++)
      if (*named[i])
        search_path (&search, named[i]);
    search_path (&search, user);
  }
  search.in_tree = TRUE;
  for (guint i = 0; in_tree[i]; i++)
    search_path (&search, in_tree[i]);
  g_hash_table_unref (search.seen);
  return search.files;
}

GPtrArray *
vervet_search_one (const char *path)
{
  Search search = search_new ();
  struct stat st;

  if (stat (path, &st) == 0 && S_ISREG (st.st_mode))
    add_file (&search, path, &st);
  else
    add_missing (&search, path);
  g_hash_table_unref (search.seen);
  return search.files;
}
