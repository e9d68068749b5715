/* What was said to be durable is: after kill -9 at random moments, on a disk that is full for a while, beside readers.
 */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vervet-plugin.h>

#include "lib/store-fixture.h"
#include "store/writer.h"

#define MEMBERS 8

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
push_pair (StoreFixture *f, VervetWriter *writer, guint i)
{
  g_autofree char *text =
      g_strdup_printf ("attempt %u says that the answer is, after some thinking about it, %u or so", i, i % 17);
  g_autofree char *answer = g_strdup_printf ("%u", i % 17);
  VervetSampleRow row = store_fixture_sample (f, i % MEMBERS, i / MEMBERS, i % 5 ? text : "the same for many of them");
  VervetVerdictRow verdict;

  if (i % 11 == 0) {
    row.status = VV_E_TIMEOUT;
    row.text = NULL;
  }
  verdict =
      store_fixture_verdict (f, i % MEMBERS, vervet_writer_sample (writer, &row), i % 3 ? VV_FAIL : VV_PASS, answer);
  if (row.status >= 0)
    vervet_writer_verdict (writer, &verdict);
}

/* ---- kill -9 ---- */
typedef struct {
  gint64 acknowledged; /* the highest sample id */
} Shared;

static void
acknowledge (gpointer data, gint64 last_id, guint samples, guint verdicts)
{
  Shared *shared = data;

  (void)samples;
  (void)verdicts;
  __atomic_store_n (&shared->acknowledged, last_id, __ATOMIC_SEQ_CST);
}

static void G_GNUC_NORETURN
write_for_ever (Shared *shared)
{
  StoreFixture f;
  VervetWriterEvents events = { .committed = acknowledge, .user_data = shared };

  store_fixture_open (&f, path, MEMBERS, 0);
  guint begin = (guint)store_fixture_number (f.store, "SELECT count(*) FROM sample");
  VervetWriter *writer = vervet_writer_start (f.store, &events, NULL);
  for (guint i = begin;; i++) {
    push_pair (&f, writer, i);
    if (i % 16 == 0)
      g_usleep (vervet_writer_fill (writer) > 0.1 ? 20000 : 500);
  }
}

static void
test_kill (void)
{
  Shared *shared = mmap (NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

  set_up ();
  for (guint round = 0; round < 8; round++) {
    g_autoptr (GError) error = NULL;
    pid_t pid = fork ();
    if (pid == 0)
      write_for_ever (shared);
    g_usleep ((gulong)g_test_rand_int_range (20000, 300000));
    kill (pid, SIGKILL);
    g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
    if (!g_file_test (path, G_FILE_TEST_EXISTS))
      continue;
    VervetStore *store = vervet_store_open_write (path, &error);
    g_assert_no_error (error);
    g_assert_cmpint (store_fixture_number (store, "SELECT ifnull (max (id), 0) FROM sample"), >=, shared->acknowledged);
    /* Pushed in order, so there is no hole below the last one; and a verdict came with each sample of its batch. */
    g_assert_cmpint (store_fixture_number (store, "SELECT count(*) = ifnull (max (id), 0) FROM sample"), ==, 1);
    g_assert_cmpint (store_fixture_number (store, "SELECT count(*) FROM sample WHERE status >= 0")
                         - store_fixture_number (store, "SELECT count(*) FROM verdict"),
                     <=, 1);
    store_fixture_check (store);
    vervet_store_close (store);
  }
  g_assert_cmpint (shared->acknowledged, >, 0);
  munmap (shared, sizeof *shared);
  tear_down ();
}

/* ---- A full disk ---- */
typedef struct {
  VervetStore *store;
  guint stalls, give_way_after;
} Disk;

static void
on_stall (gpointer data, const GError *error)
{
  Disk *disk = data;

  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT);
  g_assert_nonnull (strstr (error->message, "disk is full"));
  /* This is the writer's thread, so it may touch its connection. */
  if (++disk->stalls == disk->give_way_after)
    store_fixture_number (disk->store, "PRAGMA max_page_count = 1000000");
}

static VervetWriter *
start_on_full_disk (StoreFixture *f, Disk *disk, guint give_way_after)
{
  VervetWriterEvents events = { .stalled = on_stall, .user_data = disk };
  VervetWriter *writer;
  g_autofree char *limit = NULL;

  store_fixture_open (f, path, MEMBERS, 0);
  *disk = (Disk){ .store = f->store, .give_way_after = give_way_after };
  limit = g_strdup_printf ("PRAGMA max_page_count = %d", (int)store_fixture_number (f->store, "PRAGMA page_count") + 3);
  store_fixture_number (f->store, limit);
  writer = vervet_writer_start (f->store, &events, NULL);
  writer->retry_us = 20 * 1000;
  return writer;
}

static void
test_full_for_a_while (void)
{
  StoreFixture f;
  Disk disk;
  g_autoptr (GError) error = NULL;

  set_up ();
  VervetWriter *writer = start_on_full_disk (&f, &disk, 3);
  for (guint i = 0; i < 10000; i++)
    push_pair (&f, writer, i);
  g_assert_false (vervet_writer_flush (writer, &error)); /* says why it cannot promise */
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT);
  g_clear_error (&error);
  while (!vervet_writer_flush (writer, NULL))
    g_usleep (10000);
  g_assert_true (vervet_writer_stop (writer, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (disk.stalls, >=, 3);
  g_assert_cmpint (store_fixture_number (f.store, "SELECT count(*) FROM sample"), ==, 10000);
  g_assert_cmpint (store_fixture_number (f.store, "SELECT count(*) FROM verdict"), ==, 10000 - 910);
  store_fixture_check (f.store);
  vervet_store_close (f.store);
  tear_down ();
}

static void
test_full_for_ever (void)
{
  StoreFixture f;
  Disk disk;
  g_autoptr (GError) error = NULL;

  set_up ();
  VervetWriter *writer = start_on_full_disk (&f, &disk, 0);
  for (guint i = 0; i < 10000; i++)
    push_pair (&f, writer, i);
  g_assert_false (vervet_writer_stop (writer, &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT);
  g_assert_nonnull (strstr (error->message, "drawn again"));
  store_fixture_check (f.store); /* what is there is whole */
  vervet_store_close (f.store);
  tear_down ();
}

/* A row that no disk could take is named at the end, and takes nothing else with it. */
static void
test_impossible_row (void)
{
  StoreFixture f;
  g_autoptr (GError) error = NULL;

  set_up ();
  store_fixture_open (&f, path, MEMBERS, 0);
  VervetWriter *writer = vervet_writer_start (f.store, NULL, NULL);
  push_pair (&f, writer, 1);
  VervetSampleRow row = store_fixture_sample (&f, 3, 77, "text");
  row.id = 1; /* which is another trial's */
  vervet_writer_sample (writer, &row);
  push_pair (&f, writer, 2);
  g_assert_false (vervet_writer_stop (writer, &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INTERNAL);
  g_assert_nonnull (strstr (error->message, "1 rows could not be stored"));
  g_assert_cmpint (store_fixture_number (f.store, "SELECT count(*) FROM sample"), ==, 2);
  store_fixture_check (f.store);
  vervet_store_close (f.store);
  tear_down ();
}

/* ---- Readers beside the writer ---- */
static void
test_reader_beside (void)
{
  StoreFixture f;
  g_autoptr (GError) error = NULL;
  gint64 before, seen = 0;

  set_up ();
  store_fixture_open (&f, path, MEMBERS, 0);
  VervetWriter *writer = vervet_writer_start (f.store, NULL, NULL);
  VervetStore *reader = vervet_store_open (path, &error);
  g_assert_no_error (error);
  before = vervet_store_data_version (reader);
  for (guint i = 0; i < 4000; i++) {
    push_pair (&f, writer, i);
    if (i % 400 != 399)
      continue;
    g_autoptr (GArray) members = NULL;
    gint64 samples = 0;
    g_assert_true (vervet_writer_flush (writer, &error));
    members = vervet_store_members (reader, f.run_id, &error);
    g_assert_no_error (error);
    for (guint m = 0; m < members->len; m++)
      samples += g_array_index (members, VervetMemberRow, m).done + g_array_index (members, VervetMemberRow, m).failed;
    g_assert_cmpint (samples, ==, i + 1);
    g_assert_cmpint (samples, >, seen);
    seen = samples;
    store_fixture_check (reader);
  }
  g_assert_cmpint (vervet_store_data_version (reader), !=, before);
  g_assert_true (vervet_writer_stop (writer, &error));
  vervet_store_close (f.store); /* while the reader is open */
  store_fixture_check (reader);
  vervet_store_close (reader);
  tear_down ();
}

/* Many threads push; ids are given out once each. */
typedef struct {
  StoreFixture *f;
  VervetWriter *writer;
  guint first;
} Pusher;

static gpointer
push_some (gpointer data)
{
  Pusher *pusher = data;

  for (guint i = 0; i < 2000; i++)
    push_pair (pusher->f, pusher->writer, pusher->first + i);
  return NULL;
}

static void
test_many_threads (void)
{
  StoreFixture f;
  g_autoptr (GError) error = NULL;
  Pusher pushers[4];
  GThread *threads[4];

  set_up ();
  store_fixture_open (&f, path, MEMBERS, 0);
  VervetWriter *writer = vervet_writer_start (f.store, NULL, NULL);
  for (guint i = 0; i < 4; i++) {
    pushers[i] = (Pusher){ &f, writer, i * 2000 };
    threads[i] = g_thread_new ("push", push_some, &pushers[i]);
  }
  for (guint i = 0; i < 4; i++)
    g_thread_join (threads[i]);
  g_assert_true (vervet_writer_stop (writer, &error));
  g_assert_no_error (error);
  g_assert_cmpint (store_fixture_number (f.store, "SELECT count(*) FROM sample"), ==, 8000);
  g_assert_cmpint (store_fixture_number (f.store, "SELECT max (id) FROM sample"), ==, 8000);
  store_fixture_check (f.store);
  vervet_store_close (f.store);
  tear_down ();
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/store/crash/kill", test_kill);
  g_test_add_func ("/store/crash/full-for-a-while", test_full_for_a_while);
  g_test_add_func ("/store/crash/full-for-ever", test_full_for_ever);
  g_test_add_func ("/store/crash/impossible-row", test_impossible_row);
  g_test_add_func ("/store/crash/reader-beside", test_reader_beside);
  g_test_add_func ("/store/crash/many-threads", test_many_threads);
  return g_test_run ();
}
