/* paths.c - see paths.h. */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "util/paths.h"
#include "vervet-config.h"

/* How far a program may lie below the build folder: BUILD/tests/unit/test-x. */
#define LEVELS 4

/* ---- The running program ----------------------------------------------------------------------------------------- */
/* Its folder, or NULL where /proc is not there. */
static char *
program_folder (void)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  return program ? g_path_get_dirname (program) : NULL;
}

/* The meson build folder in which the running program lies, or NULL. */
static char *
build_folder (void)
{
  g_autofree char *folder = program_folder ();
  for (guint i = 0; folder && i < LEVELS; i++) {
    g_autofree char *mark = g_build_filename (folder, "vervet-build", NULL);
    char *up;
    if (g_file_test (mark, G_FILE_TEST_IS_REGULAR))
      return g_steal_pointer (&folder);
    up = g_path_get_dirname (folder);
    g_free (folder);
    folder = up;
  }
  return NULL;
}

/* @configured where it exists. Else the tree has been moved: the same place below the prefix of the running program,
 * which is what meson's prefix and @configured have apart. Without either, @configured, so that messages name it. */
static char *
installed_place (const char *configured)
{
  g_autofree char *folder = program_folder ();
  g_autofree char *prefix = folder ? g_path_get_dirname (folder) : NULL;
  if (g_file_test (configured, G_FILE_TEST_EXISTS) || !prefix)
    return g_strdup (configured);
  /* The tail of a path below an unknown prefix: the longest one that exists below ours and names Vervet's own folder
   * inside another one (never PREFIX/plugins, which may be anyone's). */
  for (const char *tail = strchr (configured + 1, '/'); tail && !g_str_has_prefix (tail, "/vervet");
       tail = strchr (tail + 1, '/')) {
    g_autofree char *moved = g_build_filename (prefix, tail, NULL);
    if (g_file_test (moved, G_FILE_TEST_EXISTS))
      return g_steal_pointer (&moved);
  }
  return g_strdup (configured);
}

/* ---- Folders of the user ----------------------------------------------------------------------------------------- */
static char *
xdg_folder (const char *variable, const char *fallback)
{
  const char *set = g_getenv (variable);
  return g_strdup (set && g_path_is_absolute (set) ? set : fallback); /* the standard: a relative one is ignored */
}

char *
vervet_path_cache (const char *name)
{
  g_autofree char *base = xdg_folder ("XDG_CACHE_HOME", g_get_user_cache_dir ());
  g_autofree char *folder = g_build_filename (base, "vervet", NULL);
  g_mkdir_with_parents (folder, 0700);
  return g_build_filename (folder, name, NULL);
}

char *
vervet_path_user_plugins (void)
{
  g_autofree char *base = xdg_folder ("XDG_DATA_HOME", g_get_user_data_dir ());
  return g_build_filename (base, "vervet", "plugins", NULL);
}

/* ---- Parts of Vervet --------------------------------------------------------------------------------------------- */
char **
vervet_path_in_tree_plugins (void)
{
  g_autofree char *build = build_folder (), *mark = NULL, *line = NULL;
  GPtrArray *folders = g_ptr_array_new ();
  if (build) {
    mark = g_build_filename (build, "vervet-build", NULL);
    if (!g_file_get_contents (mark, &line, NULL, NULL))
      line = g_strdup ("");
    g_auto (GStrv) words = g_strsplit_set (line, " \t\r\n", -1);
    for (guint i = 0; words[i]; i++)
      if (*words[i])
        g_ptr_array_add (folders, g_build_filename (build, words[i], NULL));
  } else {
    g_ptr_array_add (folders, installed_place (VERVET_PLUGINDIR));
  }
  g_ptr_array_add (folders, NULL);
  return (char **)g_ptr_array_free (folders, FALSE);
}

char *
vervet_path_worker (void)
{
  const char *set = g_getenv ("VERVET_WORKER");
  if (set && *set)
    return g_strdup (set);
  g_autofree char *build = build_folder ();
  if (build)
    return g_build_filename (build, "app", "vervet-worker", NULL);
  g_autofree char *folder = installed_place (VERVET_LIBEXECDIR);
  return g_build_filename (folder, "vervet-worker", NULL);
}

char *
vervet_path_data (const char *name)
{
  const char *set = g_getenv ("VERVET_DATA_DIR");
  if (set && *set)
    return g_build_filename (set, name, NULL);
  g_autofree char *build = build_folder ();
  if (build)
    return g_build_filename (VERVET_SOURCE_DATADIR, name, NULL);
  g_autofree char *folder = installed_place (VERVET_DATADIR);
  return g_build_filename (folder, name, NULL);
}

/* ---- File systems ------------------------------------------------------------------------------------------------ */
/* By statfs(2). A shared cluster file system counts: the memory that WAL shares is not shared between hosts. */
static const struct {
  guint32 magic;
  const char *type;
} network_types[] = {
  { 0x00006969, "nfs" },    { 0x0000517b, "smb" },    { 0xff534d42, "cifs" },   { 0xfe534d42, "smb3" },
  { 0x5346414f, "afs" },    { 0x6b414653, "afs" },    { 0x01021997, "9p" },     { 0x0bd00bd0, "lustre" },
  { 0x47504653, "gpfs" },   { 0x00c36400, "ceph" },   { 0x7461636f, "ocfs2" },  { 0x01161970, "gfs2" },
  { 0x19830326, "beegfs" }, { 0x73757245, "coda" },   { 0xaad7aaea, "panfs" },  { 0x20030528, "orangefs" },
  { 0x0000564c, "ncpfs" },  { 0x786f4256, "vboxsf" }, { 0xbacbacbc, "vmhgfs" },
};

/* Of those that FUSE serves, by the type in the table of mounts; the rest of FUSE (ntfs-3g, overlays) is local. */
static const char *const network_fuse[] = {
  "fuse.sshfs",     "fuse.glusterfs",   "fuse.cephfs",
  "fuse.ceph-fuse", "fuse.s3fs",        "fuse.rclone",
  "fuse.davfs",     "fuse.curlftpfs",   "fuse.juicefs",
  "fuse.moosefs",   "fuse.lizardfs",    "fuse.gcsfuse",
  "fuse.goofys",    "fuse.smbnetfs",    "fuse.gvfsd-fuse",
  "fuse.beegfs",    "fuse.vmhgfs-fuse", "fuse.JuiceFS:fs",
  "virtiofs",       "fuse.mount-s3",    NULL,
};

static const char *
network_fuse_type (dev_t device)
{
  g_autofree char *table = NULL;
  g_autofree char *wanted = g_strdup_printf ("%u:%u", major (device), minor (device));
  if (!g_file_get_contents ("/proc/self/mountinfo", &table, NULL, NULL))
    return NULL;
  g_auto (GStrv) lines = g_strsplit (table, "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    /* "36 35 98:0 /root /mount options - type source options" */
    g_auto (GStrv) words = g_strsplit (lines[i], " ", 4);
    const char *type = strstr (lines[i], " - ");
    if (g_strv_length (words) < 4 || strcmp (words[2], wanted) || !type)
      continue;
    type += 3;
    for (guint k = 0; network_fuse[k]; k++)
      if (!strncmp (type, network_fuse[k], strlen (network_fuse[k])) && type[strlen (network_fuse[k])] == ' ')
        return network_fuse[k];
  }
  return NULL;
}

gboolean
vervet_path_is_network (const char *path, const char **type)
{
  struct statfs fs;
  struct stat st;
  g_autofree char *place = g_strdup (path);
  if (statfs (place, &fs) != 0) {
    g_free (place);
    place = g_path_get_dirname (path);
    if (statfs (place, &fs) != 0)
      return FALSE;
  }
  for (guint i = 0; i < G_N_ELEMENTS (network_types); i++)
    if ((guint32)fs.f_type == network_types[i].magic) {
      *type = network_types[i].type;
      return TRUE;
    }
  const char *fuse = stat (place, &st) == 0 ? network_fuse_type (st.st_dev) : NULL;
  if (fuse)
    *type = fuse;
  return fuse != NULL;
}
