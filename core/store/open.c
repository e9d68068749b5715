#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lock.h"
#include "migrations.h"
#include "util/paths.h"
#include "vervet-config.h"

#define HEADER_SIZE 100 /* of an SQLite file */
#define BUSY_MS 5000
#define CACHE_KB \
  "24576" /* of the writing connection: enough for the tails of all tables, below the promise of 100 MB */

/* What the first bytes of the file say, before SQLite gets to see it. */
typedef struct {
  gboolean missing, empty;
  gint64 size, promised; /* bytes there, bytes that the header promises; promised 0: it does not say */
  gboolean has_wal;      /* a -wal with something in it: then the header may be ahead of the file */
} FileLook;

static guint32
be32 (const guint8 *p)
{
  return (guint32)p[0] << 24 | (guint32)p[1] << 16 | (guint32)p[2] << 8 | p[3];
}

static void
not_ours (const char *path, const char *what, GError **error)
{
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
               "%s: is %s, not a Vervet run file; name another file (`vervet import` reads other formats)", path, what);
}

static gboolean
wal_has_rows (const char *path)
{
  g_autofree char *wal = g_strconcat (path, "-wal", NULL);
  struct stat st;

  return stat (wal, &st) == 0 && st.st_size > 0;
}

static gboolean
read_header (const char *path, guint8 header[HEADER_SIZE], gsize *n, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  gssize got;

  if (fd < 0) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT, "%s: cannot be read (%s); check its permissions", path,
                 g_strerror (errno));
    return FALSE;
  }
  got = pread (fd, header, HEADER_SIZE, 0);
  close (fd);
  *n = got > 0 ? (gsize)got : 0;
  return TRUE;
}

static gboolean
look_at_header (const char *path, FileLook *look, GError **error)
{
  guint8 header[HEADER_SIZE];
  gint64 page_size;
  gsize n;

  if (!read_header (path, header, &n, error))
    return FALSE;
  if (n < 16 || memcmp (header, "SQLite format 3", 16) != 0) {
    not_ours (path, "no SQLite database", error);
    return FALSE;
  }
  if (n < HEADER_SIZE) {
    look->promised = HEADER_SIZE;
    return TRUE;
  }
  if (be32 (header + 68) != VERVET_STORE_APPLICATION_ID) {
    not_ours (path, "a database of another program", error);
    return FALSE;
  }
  page_size = header[16] << 8 | header[17];
  if (page_size == 1)
    page_size = 65536;
  if (be32 (header + 24) == be32 (header + 92))
    look->promised = page_size * be32 (header + 28);
  return TRUE;
}

static gboolean
look_at_file (const char *path, FileLook *look, GError **error)
{
  struct stat st;

  memset (look, 0, sizeof *look);
  if (stat (path, &st) < 0) {
    look->missing = errno == ENOENT;
    if (look->missing)
      return TRUE;
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT, "%s: cannot be read (%s)", path, g_strerror (errno));
    return FALSE;
  }
  if (!S_ISREG (st.st_mode)) {
    not_ours (path, S_ISDIR (st.st_mode) ? "a folder" : "no ordinary file", error);
    return FALSE;
  }
  look->size = st.st_size;
  look->empty = st.st_size == 0;
  look->has_wal = wal_has_rows (path);
  return look->empty || look_at_header (path, look, error);
}

static gboolean
check_length (const char *path, const FileLook *look, GError **error)
{
  if (look->has_wal || look->size >= look->promised)
    return TRUE;
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
               "%s: is cut off: %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
               " bytes are there; copy it again from where it came from",
               path, look->size, look->promised);
  return FALSE;
}

/* ---- What both kinds of connection need ---- */
static gboolean
check_version (sqlite3 *db, const char *path, const char *minimum, GError **error)
{
  g_autofree char *sql = g_strdup_printf ("SELECT value FROM meta WHERE key = '%s'", minimum);
  g_autoptr (VervetStmt) writer = NULL;
  gint64 version, needed;

  if (!vervet_sql_number (db, "PRAGMA user_version", 0, &version, error))
    return FALSE;
  if (version <= VERVET_STORE_VERSION)
    return TRUE;
  if (!vervet_sql_number (db, sql, version, &needed, error))
    return FALSE;
  if (needed <= VERVET_STORE_VERSION)
    return TRUE;
  writer = vervet_sql_prepare (db, "SELECT value FROM meta WHERE key = 'writer'", error);
  if (!writer || vervet_sql_step (writer, error) < 0)
    return FALSE;
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
               "%s: was written by a newer Vervet (%s, schema %d; this one knows up to %d); update Vervet to open it",
               path,
               sqlite3_column_text (writer, 0) ? (const char *)sqlite3_column_text (writer, 0) : "unknown version",
               (int)version, VERVET_STORE_VERSION);
  return FALSE;
}

/* A run file may come from anywhere: nothing in its schema may run. */
static void
harden (sqlite3 *db)
{
  sqlite3_busy_timeout (db, BUSY_MS);
  sqlite3_wal_autocheckpoint (db, 0);
  sqlite3_db_config (db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  sqlite3_db_config (db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
  sqlite3_db_config (db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
}

static gboolean
read_uuid (sqlite3 *db, guint8 uuid[VERVET_HASH_SIZE], GError **error)
{
  g_autoptr (VervetStmt) stmt = vervet_sql_prepare (db, "SELECT value FROM meta WHERE key = 'uuid'", error);
  int rc;

  if (!stmt || (rc = vervet_sql_step (stmt, error)) < 0)
    return FALSE;
  if (rc > 0)
    vervet_sql_hash (stmt, 0, uuid);
  return TRUE;
}

/* ---- Reading ---- */
/* In a folder that cannot be written SQLite cannot make the files beside a WAL database; without a WAL none are needed.
 */
static gboolean
may_be_immutable (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *wal = g_strconcat (path, "-wal", NULL);

  return access (folder, W_OK) < 0 && access (wal, F_OK) < 0;
}

static sqlite3 *
open_reading (const char *path, GError **error)
{
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  g_autofree char *escaped = g_uri_escape_string (absolute, "/", FALSE);
  g_autoptr (GError) failure = NULL;

  for (int immutable = 0; immutable < 2; immutable++) {
    g_autofree char *uri = g_strdup_printf ("file:%s%s", escaped, immutable ? "?immutable=1" : "");
    sqlite3 *db = NULL;
    gint64 tables;

    g_clear_error (&failure);
    if (sqlite3_open_v2 (uri, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, NULL) == SQLITE_OK) {
      harden (db);
      sqlite3_db_config (db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
      if (vervet_sql_number (db, "SELECT count(*) FROM sqlite_schema", 0, &tables, &failure))
        return db;
    } else {
      vervet_sql_fail (db, &failure);
    }
    sqlite3_close (db);
    if (!may_be_immutable (path))
      break;
  }
  g_propagate_error (error, g_steal_pointer (&failure));
  return NULL;
}

VervetStore *
vervet_store_open (const char *path, GError **error)
{
  g_autoptr (VervetStore) store = NULL;
  FileLook look;

  if (!look_at_file (path, &look, error))
    return NULL;
  if (look.missing || look.empty) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s: %s; `vervet run` makes a run file", path,
                 look.missing ? "no such file" : "the file is empty");
    return NULL;
  }
  if (!check_length (path, &look, error))
    return NULL;
  store = g_new0 (VervetStore, 1);
  store->path = g_strdup (path);
  store->lock_fd = -1;
  store->db = open_reading (path, error);
  if (!store->db || !check_version (store->db, path, "min_reader", error) || !read_uuid (store->db, store->uuid, error))
    return NULL;
  store->texts = vervet_text_reader_new (store->db);
  return g_steal_pointer (&store);
}

/* ---- Writing ---- */
static gboolean
create_schema (sqlite3 *db, GError **error)
{
  g_autoptr (VervetStmt) stmt = NULL;
  guint8 uuid[VERVET_HASH_SIZE];

  if (getrandom (uuid, sizeof uuid, 0) != (gssize)sizeof uuid) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT, "the system gives no random bytes (%s)",
                 g_strerror (errno));
    return FALSE;
  }
  /* One transaction before WAL is switched on: a crash leaves an empty file or a whole one. */
  if (!vervet_sql_exec (db, "PRAGMA page_size = 16384; BEGIN IMMEDIATE", error)
      || !vervet_sql_exec (db, vervet_store_schema, error))
    return FALSE;
  stmt = vervet_sql_prepare (
      db, "INSERT INTO meta VALUES ('uuid', ?), ('writer', ?), ('min_reader', 1), ('min_writer', 1)", error);
  if (!stmt)
    return FALSE;
  vervet_sql_bind_bytes (stmt, 1, uuid, sizeof uuid);
  vervet_sql_bind_text (stmt, 2, VERVET_VERSION);
  return vervet_sql_run (stmt, error) && vervet_sql_exec (db, "COMMIT", error);
}

static gboolean
set_up_writing (VervetStore *store, GError **error)
{
  gint64 pages;

  if (sqlite3_open_v2 (store->path, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL)
      != SQLITE_OK) {
    vervet_sql_fail (store->db, error);
    return FALSE;
  }
  harden (store->db);
  if (!vervet_sql_number (store->db, "PRAGMA page_count", 0, &pages, error)
      || (pages == 0 && !create_schema (store->db, error)))
    return FALSE;
  if (!check_version (store->db, store->path, "min_writer", error))
    return FALSE;
  return vervet_sql_exec (
      store->db,
      "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -" CACHE_KB
      "; PRAGMA temp_store = MEMORY; PRAGMA secure_delete = OFF; PRAGMA journal_size_limit = 134217728",
      error);
}

static gboolean
check_place (const char *path, const FileLook *look, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  const char *type = NULL;

  if (vervet_path_is_network (path, &type)) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT,
                 "%s: lies on a network file system (%s), where a run file can be damaged; write it to a local disk "
                 "(for example $TMPDIR) and copy it there at the end",
                 path, type ? type : "unknown type");
    return FALSE;
  }
  if (access (folder, W_OK) < 0 || (!look->missing && access (path, W_OK) < 0)) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT,
                 "%s: cannot be written (%s); change the permissions of the file and its folder, or name another place",
                 path, g_strerror (errno));
    return FALSE;
  }
  return TRUE;
}

VervetStore *
vervet_store_open_write (const char *path, GError **error)
{
  g_autoptr (VervetStore) store = NULL;
  FileLook look;

  if (!look_at_file (path, &look, error) || !check_place (path, &look, error))
    return NULL;
  store = g_new0 (VervetStore, 1);
  store->path = g_strdup (path);
  store->lock_fd = vervet_lock_take (path, error);
  if (store->lock_fd < 0)
    return NULL;
  /* Looked at again: the last holder may have been at work a moment ago. */
  if (!look_at_file (path, &look, error) || !check_length (path, &look, error) || !set_up_writing (store, error))
    return NULL;
  if (!vervet_lease_take (store->db, path, error))
    return NULL;
  store->beat_ms = g_get_real_time () / 1000;
  store->owns_lease = TRUE;
  if (!vervet_store_migrate (store->db, vervet_store_migrations, error) || !read_uuid (store->db, store->uuid, error))
    return NULL;
  store->texts = vervet_text_reader_new (store->db);
  return g_steal_pointer (&store);
}

/* A clean end leaves one plain file without WAL, which can be copied and read from a read-only folder. Readers that
 * have it open keep it a WAL file; that is as good, so failures here are none. */
static void
tidy_up (VervetStore *store)
{
  if (store->owns_lease)
    vervet_lease_drop (store->db, NULL);
  sqlite3_busy_timeout (store->db, 0);
  sqlite3_wal_checkpoint_v2 (store->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
  sqlite3_exec (store->db, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
}

void
vervet_store_close (VervetStore *store)
{
  if (!store)
    return;
  if (store->writer)
    vervet_writer_stop (store->writer, NULL);
  vervet_text_reader_free (store->texts);
  vervet_text_reader_free (store->view_texts);
  sqlite3_close_v2 (store->view);
  if (store->db && store->owns_lease)
    tidy_up (store);
  sqlite3_close_v2 (store->db);
  vervet_lock_release (store->path, store->lock_fd);
  g_free (store->path);
  g_free (store);
}

/* ---- The open store ---- */
sqlite3 *
vervet_store_db (VervetStore *store, VervetTextReader **texts, GError **error)
{
  if (!store->writer) {
    if (texts)
      *texts = store->texts;
    return store->db;
  }
  if (!store->view) {
    store->view = open_reading (store->path, error);
    if (!store->view)
      return NULL;
    store->view_texts = vervet_text_reader_new (store->view);
  }
  if (texts)
    *texts = store->view_texts;
  return store->view;
}

sqlite3 *
vervet_store_setup_db (VervetStore *store, GError **error)
{
  if (store->lock_fd >= 0 && !store->writer)
    return store->db;
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_INTERNAL, "%s: %s", store->path,
               store->writer ? "set-up calls come before the writer starts" : "is open for reading only");
  return NULL;
}

const char *
vervet_store_path (const VervetStore *store)
{
  return store->path;
}

const guint8 *
vervet_store_uuid (const VervetStore *store)
{
  return store->uuid;
}

gint64
vervet_store_data_version (VervetStore *store)
{
  sqlite3 *db = vervet_store_db (store, NULL, NULL);
  gint64 version;

  return db && vervet_sql_number (db, "PRAGMA data_version", -1, &version, NULL) ? version : -1;
}
