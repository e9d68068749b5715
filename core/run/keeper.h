/* keeper.h - worker processes that judge texts, kept alive by one thread.
 *
 * Every text gets exactly one answer, whatever the verifier does: a text that crashes its worker or overruns the limit
 * is tried once more alone in a fresh worker and is then answered with an error status, never with a verdict. Texts of
 * one keeper go to any free worker; answers come in any order. */
#ifndef VERVET_RUN_KEEPER_H
#define VERVET_RUN_KEEPER_H

#include "run/wire.h"
#include "vervet-registry.h"

typedef struct _VervetKeeper VervetKeeper;

/* A problem as workers are told of it: encoded once. Lives longer than every text submitted with it. */
typedef struct {
  guint64 uid; /* the same number: the same problem and reference */
  GByteArray *bytes;
} VervetKeptProblem;

VervetKeptProblem *vervet_kept_problem_new (const vv_problem *problem, gboolean with_reference);
void vervet_kept_problem_free (VervetKeptProblem *problem);

typedef struct {
  guint64 tag;
  vv_status status; /* < 0: no verdict; message says why, reason is "crash", "timeout" or "error" */
  const char *reason;
  char message[512];
  vv_verdict verdict; /* leads into the arena */
  gint64 took_us;
  VervetArena arena;
} VervetJudged;

void vervet_judged_free (VervetJudged *judged);
/* On the keeper's thread; takes @judged. */
typedef void (*VervetJudgedFunc) (gpointer user, VervetJudged *judged);

VervetKeeper *vervet_keeper_new (guint n_workers, guint64 timeout_ms, VervetJudgedFunc judged, gpointer user);
/* Before the start: a verifier and its options; returns its slot. */
guint vervet_keeper_add (VervetKeeper *keeper, const VervetComponentInfo *info, const VervetOptions *options);
/* Starts a first worker and waits until it has opened every slot. ENVIRONMENT with what it said otherwise. */
gboolean vervet_keeper_start (VervetKeeper *keeper, GError **error);
void vervet_keeper_submit (VervetKeeper *keeper, guint slot, const VervetKeptProblem *problem, vv_str text,
                           guint64 tag);
guint vervet_keeper_pending (VervetKeeper *keeper); /* submitted and not answered */
/* Stops the thread and ends the workers; texts not answered are dropped. NULL-safe. */
void vervet_keeper_free (VervetKeeper *keeper);

#endif
