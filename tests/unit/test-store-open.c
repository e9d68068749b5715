/* Opening: what is refused and in which words, one writer at a time, versions. */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vervet-plugin.h>

#include "lib/store-fixture.h"
#include "store/migrations.h"
#include "store/store.h"

static char *folder, *path;

static void
set_up (void)
{
  folder = store_fixture_folder ();
  path = g_build_filename (folder, "a.vervet", NULL);
}

static void
tear_down (void)
{
  store_fixture_remove (folder);
  g_clear_pointer (&folder, g_free);
  g_clear_pointer (&path, g_free);
}

static void
make_file (void)
{
  StoreFixture f;

  store_fixture_open (&f, path, 2, 0);
  VervetWriter *writer = vervet_writer_start (f.store, NULL, NULL);
  for (guint i = 0; i < 200; i++) {
    VervetSampleRow row =
        store_fixture_sample (&f, i % 2, i / 2, "the same text for each and every one of the many samples here");
    vervet_writer_sample (writer, &row);
  }
  g_assert_true (vervet_writer_stop (writer, NULL));
  vervet_store_close (f.store);
}

/* Both ways of opening fail with @code and with @words in the sentence, which begins with the path. */
static void
assert_refused (VervetErrorCode code, const char *words)
{
  for (guint write = 0; write < 2; write++) {
    g_autoptr (GError) error = NULL;
    VervetStore *store = write ? vervet_store_open_write (path, &error) : vervet_store_open (path, &error);
    g_assert_null (store);
    g_assert_error (error, VERVET_ERROR, (int)code);
    g_assert_true (g_str_has_prefix (error->message, path));
    if (!strstr (error->message, words))
      g_test_message ("\"%s\" lacks \"%s\"", error->message, words);
    g_assert_nonnull (strstr (error->message, words));
  }
}

static void
patch (long offset, const void *data, gsize len)
{
  int fd = open (path, O_WRONLY);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (pwrite (fd, data, len, offset), ==, (gssize)len);
  close (fd);
}

static void
sql (const char *statement)
{
  sqlite3 *db;

  g_assert_cmpint (sqlite3_open (path, &db), ==, SQLITE_OK);
  g_assert_cmpint (sqlite3_exec (db, statement, NULL, NULL, NULL), ==, SQLITE_OK);
  sqlite3_close (db);
}

/* ---- Files that are none ---- */
static void
test_not_ours (void)
{
  set_up ();
  g_assert_true (g_file_set_contents (path, "{\"not\": \"a database\"}", -1, NULL));
  assert_refused (VERVET_ERROR_INPUT, "no SQLite database");
  g_assert_true (g_file_set_contents (path, "x", 1, NULL));
  assert_refused (VERVET_ERROR_INPUT, "no SQLite database");
  g_unlink (path);
  sql ("CREATE TABLE bookmarks (url TEXT)");
  assert_refused (VERVET_ERROR_INPUT, "a database of another program");
  g_unlink (path);
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  assert_refused (VERVET_ERROR_INPUT, "a folder");
  g_rmdir (path);
  tear_down ();
}

static void
test_missing (void)
{
  g_autoptr (GError) error = NULL;

  set_up ();
  g_assert_null (vervet_store_open (path, &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
  g_assert_nonnull (strstr (error->message, "no such file"));
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  g_assert_null (vervet_store_open (path, &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
  make_file (); /* an empty file is a fine place for a new one */
  tear_down ();
}

static void
test_cut_off (void)
{
  struct stat st;

  set_up ();
  make_file ();
  g_assert_cmpint (stat (path, &st), ==, 0);
  g_assert_cmpint (truncate (path, st.st_size - 1), ==, 0);
  assert_refused (VERVET_ERROR_INPUT, "cut off");
  g_assert_cmpint (truncate (path, 40), ==, 0);
  assert_refused (VERVET_ERROR_INPUT, "cut off");
  tear_down ();
}

/* Every page overwritten in turn: no crash, and noticed wherever something lay (an empty page may hide it). */
static void
test_damaged (void)
{
  guint found = 0, pages = 0;
  char junk[16384];
  struct stat st;

  set_up ();
  make_file ();
  g_assert_cmpint (stat (path, &st), ==, 0);
  memset (junk, 0xa5, sizeof junk);
  for (long at = 100; at < st.st_size; at += 16384, pages++) {
    g_autoptr (GError) error = NULL;
    VervetStore *store;
    g_autofree char *saved = NULL;
    gsize len;
    g_assert_true (g_file_get_contents (path, &saved, &len, NULL));
    patch (at, junk, MIN (sizeof junk, (gsize)(st.st_size - at)));
    store = vervet_store_open (path, &error);
    if (!store) {
      found++;
    } else {
      g_autoptr (GPtrArray) differences = NULL;
      found += !vervet_store_check (store, FALSE, &differences, &error) || differences->len > 0;
      vervet_store_close (store);
    }
    g_assert_true (g_file_set_contents (path, saved, (gssize)len, NULL));
  }
  g_assert_cmpuint (found, >=, pages - 2);
  tear_down ();
}

/* ---- Versions ---- */
static void
test_newer (void)
{
  g_autoptr (GError) error = NULL;
  VervetStore *store;

  set_up ();
  make_file ();
  sql ("PRAGMA user_version = 3; UPDATE meta SET value = 2 WHERE key LIKE 'min_%'; UPDATE meta SET value = '9.1' WHERE "
       "key = "
       "'writer'");
  assert_refused (VERVET_ERROR_INPUT, "newer Vervet (9.1, schema 3; this one knows up to 1)");
  sql ("UPDATE meta SET value = 1 WHERE key = 'min_reader'");
  store = vervet_store_open (path, &error); /* what it can read, it reads */
  g_assert_no_error (error);
  vervet_store_close (store);
  g_assert_null (vervet_store_open_write (path, &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
  tear_down ();
}

static void
test_migrations (void)
{
  static const VervetMigration good[] = { { 2, 1, 2, "ALTER TABLE run ADD COLUMN mood TEXT" },
                                          { 3, 1, 2,
                                            "CREATE TABLE extra (a INTEGER) STRICT; INSERT INTO extra VALUES (7)" },
                                          { 0, 0, 0, NULL } };
  static const VervetMigration bad[] = { { 2, 1, 2, "ALTER TABLE run ADD COLUMN mood TEXT" },
                                         { 3, 1, 2, "CREATE TABLE run (a INTEGER)" },
                                         { 0, 0, 0, NULL } };
  static const VervetMigration hole[] = { { 3, 1, 2, "SELECT 1" }, { 0, 0, 0, NULL } };
  g_autoptr (GError) error = NULL;
  StoreFixture f;

  set_up ();
  store_fixture_open (&f, path, 1, 0);
  g_assert_false (vervet_store_migrate (f.store->db, bad, &error)); /* all or nothing */
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_cmpint (store_fixture_number (f.store, "PRAGMA user_version"), ==, 1);
  g_assert_cmpint (store_fixture_number (f.store, "SELECT count(*) FROM pragma_table_info ('run') WHERE name = 'mood'"),
                   ==, 0);
  g_assert_false (vervet_store_migrate (f.store->db, hole, &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INTERNAL);
  g_clear_error (&error);
  g_assert_true (vervet_store_migrate (f.store->db, good, &error));
  g_assert_no_error (error);
  g_assert_cmpint (store_fixture_number (f.store, "PRAGMA user_version"), ==, 3);
  g_assert_cmpint (store_fixture_number (f.store, "SELECT a FROM extra"), ==, 7);
  g_assert_cmpint (store_fixture_number (f.store, "SELECT value FROM meta WHERE key = 'min_writer'"), ==, 2);
  g_assert_true (vervet_store_migrate (f.store->db, good, &error)); /* nothing left to do */
  vervet_store_close (f.store);
  tear_down ();
}

/* ---- One writer ---- */
/* In a process of its own: opens for writing, says so, and waits to be killed. */
static pid_t
hold_file (void)
{
  int ends[2];
  char c;
  pid_t pid;

  g_assert_cmpint (pipe (ends), ==, 0);
  pid = fork ();
  if (pid == 0) {
    VervetStore *store = vervet_store_open_write (path, NULL);
    if (!store || write (ends[1], "x", 1) != 1)
      _exit (1);
    for (;;)
      pause ();
  }
  close (ends[1]);
  g_assert_cmpint (read (ends[0], &c, 1), ==, 1);
  close (ends[0]);
  return pid;
}

static void
test_second_writer (void)
{
  g_autoptr (GError) error = NULL;
  VervetStore *reader, *writer;
  pid_t pid;

  set_up ();
  make_file ();
  pid = hold_file ();
  g_assert_null (vervet_store_open_write (path, &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT);
  g_autofree char *holder = g_strdup_printf ("process %d on %s", (int)pid, g_get_host_name ());
  g_assert_nonnull (strstr (error->message, holder));
  g_clear_error (&error);
  reader = vervet_store_open (path, &error); /* reading goes on */
  g_assert_no_error (error);
  vervet_store_close (reader);
  /* Its end, however sudden, gives the file free. */
  kill (pid, SIGKILL);
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
  writer = vervet_store_open_write (path, &error);
  g_assert_no_error (error);
  g_assert_null (vervet_store_open_write (path, &error)); /* nor twice in one process */
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT);
  vervet_store_close (writer);
  tear_down ();
}

/* The lock file was deleted under a living writer: the lease row still keeps the second one out. */
static void
test_lease (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *lock = NULL;
  VervetStore *writer;
  pid_t pid;

  set_up ();
  lock = g_strconcat (path, ".lock", NULL);
  make_file ();
  pid = hold_file ();
  g_assert_cmpint (g_unlink (lock), ==, 0);
  g_assert_null (vervet_store_open_write (path, &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT);
  g_assert_nonnull (strstr (error->message, "being written by process"));
  g_clear_error (&error);
  kill (pid, SIGKILL);
  g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
  writer = vervet_store_open_write (path, &error); /* a process of this boot that is gone holds nothing */
  g_assert_no_error (error);
  vervet_store_close (writer);
  /* Another host's lease holds while it beats, and not when it has stopped beating. */
  g_autofree char *fresh = g_strdup_printf (
      "INSERT INTO lease VALUES (1, 'elsewhere', 'b', 4711, %" G_GINT64_FORMAT ")", g_get_real_time () / 1000);
  sql (fresh);
  g_assert_null (vervet_store_open_write (path, &error));
  g_assert_nonnull (strstr (error->message, "process 4711 on elsewhere"));
  g_clear_error (&error);
  sql ("UPDATE lease SET beat_ms = beat_ms - 60000");
  writer = vervet_store_open_write (path, &error);
  g_assert_no_error (error);
  vervet_store_close (writer);
  tear_down ();
}

/* ---- Places ---- */
/* Runs @body as a user who may write nothing here; root may write everywhere, so it becomes nobody. */
static void
as_nobody (void (*body) (void))
{
  pid_t pid = fork ();
  int status;

  if (pid == 0) {
    if (geteuid () == 0 && (setgid (65534) != 0 || setuid (65534) != 0))
      _exit (77);
    body ();
    _exit (0);
  }
  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  g_assert_cmpint (status, ==, 0);
}

static void
refuse_read_only (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *new = g_build_filename (folder, "new.vervet", NULL);

  if (vervet_store_open_write (path, &error) || !g_error_matches (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT)
      || !strstr (error->message, "cannot be written"))
    _exit (2);
  g_clear_error (&error);
  if (vervet_store_open_write (new, &error) || !g_error_matches (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT))
    _exit (3);
}

static void
read_read_only (void)
{
  g_autoptr (GError) error = NULL;
  VervetStore *store = vervet_store_open (path, &error);
  g_autoptr (GArray) runs = NULL;

  if (!store)
    _exit (4);
  runs = vervet_store_runs (store, &error);
  if (!runs || runs->len != 1)
    _exit (5);
  vervet_store_close (store);
}

static void
test_read_only_folder (void)
{
  set_up ();
  make_file ();
  g_assert_cmpint (chmod (folder, 0555), ==, 0);
  g_assert_cmpint (chmod (path, 0444), ==, 0);
  as_nobody (refuse_read_only);
  as_nobody (read_read_only);
  /* The same for a file that is still in WAL mode, though nothing waits in its WAL. */
  g_assert_cmpint (chmod (folder, 0755), ==, 0);
  g_assert_cmpint (chmod (path, 0644), ==, 0);
  sql ("PRAGMA journal_mode = WAL; UPDATE run SET state = 3");
  g_assert_cmpint (chmod (folder, 0555), ==, 0);
  as_nobody (read_read_only);
  g_assert_cmpint (chmod (folder, 0755), ==, 0);
  tear_down ();
}

/* A clean end leaves one file, and reading it leaves it one. */
static void
test_one_file (void)
{
  g_autoptr (GDir) dir = NULL;
  guint n = 0;

  set_up ();
  make_file ();
  read_read_only ();
  dir = g_dir_open (folder, 0, NULL);
  while (g_dir_read_name (dir))
    n++;
  g_assert_cmpuint (n, ==, 1);
  tear_down ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store/open/not-ours", test_not_ours);
  g_test_add_func ("/store/open/missing", test_missing);
  g_test_add_func ("/store/open/cut-off", test_cut_off);
  g_test_add_func ("/store/open/damaged", test_damaged);
  g_test_add_func ("/store/open/newer", test_newer);
  g_test_add_func ("/store/open/migrations", test_migrations);
  g_test_add_func ("/store/open/second-writer", test_second_writer);
  g_test_add_func ("/store/open/lease", test_lease);
  g_test_add_func ("/store/open/read-only-folder", test_read_only_folder);
  g_test_add_func ("/store/open/one-file", test_one_file);
  return g_test_run ();
}
