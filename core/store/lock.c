#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vervet-error.h"

/* A lease without a beat for so long is stale even where its process cannot be asked. */
#define LEASE_STALE_MS (3 * VERVET_LEASE_BEAT_MS)

static char *
boot_id (void)
{
  char *id = NULL;

  if (!g_file_get_contents ("/proc/sys/kernel/random/boot_id", &id, NULL, NULL))
    return g_strdup ("unknown");
  return g_strchomp (id);
}

static void
refuse (const char *path, const char *holder, GError **error)
{
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT,
               "%s: is being written by %s; wait for it to end or stop it, or write to another file", path, holder);
}

/* "process 12 on host a" from the lease row; a file being written can always be read. */
static char *
holder_name (const char *path)
{
  sqlite3 *db = NULL;
  char *name = NULL;

  if (sqlite3_open_v2 (path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK) {
    g_autoptr (VervetStmt) stmt = NULL;
    sqlite3_busy_timeout (db, 1000);
    sqlite3_db_config (db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    stmt = vervet_sql_prepare (db, "SELECT pid, host FROM lease", NULL);
    if (stmt && vervet_sql_step (stmt, NULL) == 1)
      name = g_strdup_printf ("process %" G_GINT64_FORMAT " on %s", (gint64)sqlite3_column_int64 (stmt, 0),
                              (const char *)sqlite3_column_text (stmt, 1));
  }
  sqlite3_close_v2 (db);
  return name ? name : g_strdup ("another process");
}

int
vervet_lock_take (const char *path, GError **error)
{
  g_autofree char *name = g_strconcat (path, ".lock", NULL);
  struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

  for (;;) {
    struct stat of_fd, of_name;
    int fd = open (name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0) {
      g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT,
                   "%s: cannot be opened (%s); a run file needs a folder that can be written", name,
                   g_strerror (errno));
      return -1;
    }
    if (fcntl (fd, F_OFD_SETLK, &lock) < 0) {
      g_autofree char *holder = errno == EAGAIN || errno == EACCES ? holder_name (path) : NULL;
      if (holder)
        refuse (path, holder, error);
      else
        g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT,
                     "%s: cannot be locked (%s); put the run file on a local disk", name, g_strerror (errno));
      close (fd);
      return -1;
    }
    /* The last holder removes the file while it has the lock: what we locked must still be what others will find. */
    if (fstat (fd, &of_fd) == 0 && stat (name, &of_name) == 0 && of_fd.st_ino == of_name.st_ino
        && of_fd.st_dev == of_name.st_dev)
      return fd;
    close (fd);
  }
}

void
vervet_lock_release (const char *path, int fd)
{
  g_autofree char *name = g_strconcat (path, ".lock", NULL);

  if (fd < 0)
    return;
  unlink (name);
  close (fd);
}

/* Whether the row's process may still be writing, though it no longer holds the lock. */
static gboolean
lease_is_alive (const char *host, const char *boot, gint64 pid, gint64 beat_ms)
{
  g_autofree char *our_boot = boot_id ();
  gint64 age = g_get_real_time () / 1000 - beat_ms;

  if (pid == getpid () && g_str_equal (boot, our_boot))
    return FALSE;
  if (age > LEASE_STALE_MS || age < -LEASE_STALE_MS)
    return FALSE;
  if (!g_str_equal (host, g_get_host_name ()))
    return TRUE;
  return g_str_equal (boot, our_boot) && (kill ((pid_t)pid, 0) == 0 || errno == EPERM);
}

static gboolean
lease_check (sqlite3 *db, const char *path, GError **error)
{
  g_autoptr (VervetStmt) stmt = vervet_sql_prepare (db, "SELECT host, boot, pid, beat_ms FROM lease", error);
  int rc;

  if (!stmt || (rc = vervet_sql_step (stmt, error)) < 0)
    return FALSE;
  if (rc > 0
      && lease_is_alive ((const char *)sqlite3_column_text (stmt, 0), (const char *)sqlite3_column_text (stmt, 1),
                         sqlite3_column_int64 (stmt, 2), sqlite3_column_int64 (stmt, 3))) {
    g_autofree char *holder =
        g_strdup_printf ("process %" G_GINT64_FORMAT " on %s", (gint64)sqlite3_column_int64 (stmt, 2),
                         (const char *)sqlite3_column_text (stmt, 0));
    refuse (path, holder, error);
    return FALSE;
  }
  return TRUE;
}

gboolean
vervet_lease_take (sqlite3 *db, const char *path, GError **error)
{
  g_autofree char *boot = boot_id ();
  g_autoptr (VervetStmt) stmt = NULL;

  if (!lease_check (db, path, error))
    return FALSE;
  stmt = vervet_sql_prepare (db, "INSERT OR REPLACE INTO lease VALUES (1, ?, ?, ?, ?)", error);
  if (!stmt)
    return FALSE;
  vervet_sql_bind_text (stmt, 1, g_get_host_name ());
  vervet_sql_bind_text (stmt, 2, boot);
  sqlite3_bind_int64 (stmt, 3, getpid ());
  sqlite3_bind_int64 (stmt, 4, g_get_real_time () / 1000);
  return vervet_sql_run (stmt, error);
}

gboolean
vervet_lease_beat (sqlite3 *db, gint64 now_ms, GError **error)
{
  g_autoptr (VervetStmt) stmt = vervet_sql_prepare (db, "UPDATE lease SET beat_ms = ?", error);

  if (!stmt)
    return FALSE;
  sqlite3_bind_int64 (stmt, 1, now_ms);
  return vervet_sql_run (stmt, error);
}

gboolean
vervet_lease_drop (sqlite3 *db, GError **error)
{
  return vervet_sql_exec (db, "DELETE FROM lease", error);
}
