/* plugin-harness.h - drives one component of a built plugin file without libvervet: dlopen, options, create, calls.
 *
 * Every failure of the harness itself (a file that does not load, an option that does not exist) ends the test. */
#ifndef VERVET_TEST_PLUGIN_HARNESS_H
#define VERVET_TEST_PLUGIN_HARNESS_H

#include <glib.h>
#include <pthread.h>

#include "vervet-plugin.h"

typedef struct {
  gpointer module;
  const vv_component *component;
  gpointer self; /* NULL when create() failed: see status and error */
  vv_status status;
  vv_error error;
} Harness;

/* The component @id of @kind in @file, with its options set from "name", "value", ..., NULL and the defaults. */
Harness *harness_new (const char *file, guint kind, const char *id, ...) G_GNUC_NULL_TERMINATED;
void harness_free (Harness *harness);

/* ---- Verifiers --------------------------------------------------------------------------------------------------- */
/* The verdict on @text (@len < 0: ends in NUL). Strings are valid until the next call. */
vv_verdict harness_verify (Harness *harness, const char *text, gssize len, const char *reference);
const char *harness_answer (const vv_verdict *verdict); /* as a C string; valid until the next call of this function */

/* ---- Models ------------------------------------------------------------------------------------------------------ */
/* A copied choice. */
typedef struct {
  guint index;
  int finish;
  char *text;
  gsize text_len;
  vv_usage usage;
  GArray *scores; /* double: of its verdicts */
} HarnessChoice;

typedef struct {
  pthread_mutex_t lock; /* not GMutex: the thread sanitizer does not know that one */
  pthread_cond_t changed;
  GPtrArray *choices; /* HarnessChoice *, in order of arrival */
  gboolean done;
  vv_status status;
  char *message;
  int retry_after_ms;
  vv_reply reply;
  gpointer job;
} HarnessCall;

/* Sends @request by run or submit. For submit, harness_call_wait() waits for done and releases the job. */
HarnessCall *harness_call_new (Harness *harness, const vv_request *request);
void harness_call_wait (Harness *harness, HarnessCall *call);
void harness_call_free (HarnessCall *call);
const HarnessChoice *harness_call_choice (const HarnessCall *call, guint index); /* NULL: it never came */

/* ---- Benchmarks -------------------------------------------------------------------------------------------------- */
vv_status harness_problem (Harness *harness, gint64 i, vv_problem *out); /* error in harness->error */

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Harness, harness_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HarnessCall, harness_call_free)

#endif
