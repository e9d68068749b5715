/* The places that are written to: the current folder, where runs go, and the cache. */
#include "command-doctor.h"

#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define LEAST_FREE ((guint64)1 << 30)

static char *
free_space (const char *folder, gboolean *is_low)
{
  struct statvfs fs;

  *is_low = FALSE;
  if (statvfs (folder, &fs) != 0)
    return g_strdup ("unknown");
  *is_low = (guint64)fs.f_bavail * fs.f_frsize < LEAST_FREE;
  return g_format_size ((guint64)fs.f_bavail * fs.f_frsize);
}

/* SQLite's write-ahead log needs memory shared between processes, which a network file system does not give. */
static void
probe_run_folder (const DoctorContext *context G_GNUC_UNUSED, DoctorResult *result)
{
  g_autofree char *folder = g_get_current_dir (), *space = NULL;
  const char *type = NULL;
  gboolean is_low;

  space = free_space (folder, &is_low);
  if (access (folder, W_OK | X_OK) != 0)
    doctor_set (result, DOCTOR_NOTE, g_strdup_printf ("%s cannot be written to", folder),
                "start runs in a folder of yours, or name one with -o");
  else if (vervet_path_is_network (folder, &type))
    doctor_set (result, DOCTOR_NOTE,
                g_strdup_printf ("%s is on a network file system (%s), %s free", folder, type, space),
                "write runs to a local disk with -o and copy them afterwards");
  else if (is_low)
    doctor_set (result, DOCTOR_NOTE, g_strdup_printf ("%s has %s free", folder, space),
                "make room, or name another disk with -o");
  else
    doctor_set (result, DOCTOR_OK, g_strdup_printf ("%s, a local disk, %s free", folder, space), NULL);
}

static void
probe_cache (const DoctorContext *context G_GNUC_UNUSED, DoctorResult *result)
{
  g_autofree char *file = vervet_path_cache ("plugins.json"), *folder = g_path_get_dirname (file);
  const char *type = NULL;

  if (access (folder, W_OK | X_OK) != 0)
    doctor_set (result, DOCTOR_NOTE,
                g_strdup_printf ("%s cannot be written to, so plugins are scanned each time", folder),
                "set XDG_CACHE_HOME to a folder of yours");
  else if (vervet_path_is_network (folder, &type))
    doctor_set (result, DOCTOR_OK, g_strdup_printf ("%s, on %s", folder, type), NULL);
  else
    doctor_set (result, DOCTOR_OK, g_strdup (folder), NULL);
}

static const DoctorProbe probes[] = { { "runs", probe_run_folder }, { "cache", probe_cache }, { NULL } };
const DoctorSection doctor_files = { "Files", probes };
