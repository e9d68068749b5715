#include "store-fixture.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

#include <vervet-plugin.h>

#include "store/store.h"

char *
store_fixture_folder (void)
{
  g_autoptr (GError) error = NULL;
  char *folder = g_dir_make_tmp ("vervet-store-XXXXXX", &error);

  g_assert_no_error (error);
  return folder;
}

void
store_fixture_remove (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);

  for (const char *name; dir && (name = g_dir_read_name (dir));) {
    g_autofree char *path = g_build_filename (folder, name, NULL);
    g_assert_cmpint (g_remove (path), ==, 0);
  }
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
add_problems (StoreFixture *fixture, guint n, guint salt)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpuint (n, <=, STORE_FIXTURE_MOST);
  for (guint i = 0; i < n; i++) {
    g_autofree char *key = g_strdup_printf ("p%u", i);
    VervetProblemRow row = { .benchmark = "test",
                             .key = key,
                             .fields = "{\"question\": \"?\"}",
                             .reference = "18",
                             .reference_len = 2,
                             .prompt = "[]",
                             .ord = i,
                             .planned = 100 };
    row.hash[0] = (guint8)i;
    row.hash[1] = (guint8)salt;
    g_assert_true (vervet_store_add_problems (fixture->store, fixture->run_id, &row, 1, &error));
    g_assert_no_error (error);
    fixture->members[i] = row.member_id;
  }
}

void
store_fixture_open (StoreFixture *fixture, const char *path, guint n, guint salt)
{
  g_autoptr (GError) error = NULL;
  VervetRunRow run = { .name = "run", .spec = "{}", .seed = 7, .one_call = TRUE, .fingerprint = { (guint8)salt } };
  VervetCheckRow check = {
    .component = "numeric", .name = "numeric", .options = "{}", .behaviour = 1, .fingerprint = { 5 }
  };

  memset (fixture, 0, sizeof *fixture);
  fixture->store = vervet_store_open_write (path, &error);
  g_assert_no_error (error);
  g_assert_true (vervet_store_add_run (fixture->store, &run, &error));
  fixture->run_id = run.run_id;
  add_problems (fixture, n, salt);
  g_assert_true (vervet_store_add_check (fixture->store, &check, &error));
  fixture->check_id = check.check_id;
  g_assert_true (
      vervet_store_add_epoch (fixture->store, run.run_id, "{\"host\": \"here\"}", &fixture->epoch_id, &error));
  g_assert_no_error (error);
}

VervetSampleRow
store_fixture_sample (const StoreFixture *fixture, guint member, guint trial, const char *text)
{
  return (VervetSampleRow){ .member_id = fixture->members[member],
                            .epoch_id = fixture->epoch_id,
                            .node = -1,
                            .text_id = -1,
                            .trial = trial,
                            .flags = VERVET_SAMPLE_ANSWER,
                            .status = VV_OK,
                            .finish = VV_FIN_EOS,
                            .text = text,
                            .text_len = text ? strlen (text) : 0,
                            .in_tok = 100,
                            .cached_tok = -1,
                            .out_tok = 20,
                            .think_tok = -1,
                            .seq_tok = 20,
                            .nano_money = -1,
                            .start_ms = 1000000,
                            .took_ms = 250,
                            .call_n = 1,
                            .tries = 1,
                            .logprob = NAN,
                            .score = NAN,
                            .weight = NAN,
                            .seed = -1 };
}

VervetVerdictRow
store_fixture_verdict (const StoreFixture *fixture, guint member, gint64 sample_id, int status, const char *answer)
{
  return (VervetVerdictRow){ .check_id = fixture->check_id,
                             .sample_id = sample_id,
                             .member_id = fixture->members[member],
                             .counts = TRUE,
                             .status = status,
                             .score = status == VV_PASS,
                             .answer = answer,
                             .answer_len = answer ? strlen (answer) : 0,
                             .reason = "last-number",
                             .took_us = 40 };
}

void
store_fixture_check (VervetStore *store)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) differences = NULL;

  g_assert_true (vervet_store_check (store, FALSE, &differences, &error));
  g_assert_no_error (error);
  if (differences->len)
    g_test_message ("%s", (char *)differences->pdata[0]);
  g_assert_cmpuint (differences->len, ==, 0);
}

gint64
store_fixture_number (VervetStore *store, const char *sql)
{
  g_autoptr (GError) error = NULL;
  gint64 n;

  g_assert_true (vervet_sql_number (store->db, sql, -1, &n, &error));
  g_assert_no_error (error);
  return n;
}
