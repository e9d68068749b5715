/* store-fixture.h - a run file in a folder of its own, and rows with nothing unknown but what a test sets. Failures end
 * the test. */
#ifndef VERVET_TESTS_STORE_FIXTURE_H
#define VERVET_TESTS_STORE_FIXTURE_H

#include <vervet-store.h>

#define STORE_FIXTURE_MOST 64 /* problems */

typedef struct {
  VervetStore *store;
  gint64 run_id, check_id, epoch_id;
  gint64 members[STORE_FIXTURE_MOST];
} StoreFixture;

char *store_fixture_folder (void);              /* a new one; (transfer full) */
void store_fixture_remove (const char *folder); /* with everything in it */

/* Opens @path for writing with run "run", @n problems "p0" ... and the check "numeric". @salt: of run and problems;
 * equal salts are equal runs. */
void store_fixture_open (StoreFixture *fixture, const char *path, guint n, guint salt);
VervetSampleRow store_fixture_sample (const StoreFixture *fixture, guint member, guint trial, const char *text);
VervetVerdictRow store_fixture_verdict (const StoreFixture *fixture, guint member, gint64 sample_id, int status,
                                        const char *answer);
/* Every counter is what the rows say. */
void store_fixture_check (VervetStore *store);
gint64 store_fixture_number (VervetStore *store, const char *sql); /* of its connection, while there is no writer */

#endif
