/* vervet-engine.h - executes a plan into a run file; and judging outside of runs.
 *
 * vervet_engine_start() returns at once; threads of its own do the work. The caller polls
 * vervet_engine_wait() and may read progress and ask to stop from any thread. Whatever happens, every sample that was
 * reported as done is in the file, and starting the same plan again continues. */
#ifndef VERVET_ENGINE_H
#define VERVET_ENGINE_H

#include "vervet-experiment.h"
#include "vervet-store.h"

G_BEGIN_DECLS

typedef enum { VERVET_STOP_FINISH = 1 /* no new trials */, VERVET_STOP_CANCEL /* cancel what runs */ } VervetStopLevel;

typedef struct {
  const char *path;      /* the run file */
  guint shard, n_shards; /* this task's problems: ord mod n_shards == shard; n_shards 0: all */
  gboolean verify_only;  /* no sampling: judge what is stored (vervet reverify) */
} VervetEngineOptions;

typedef struct {
  gint64 problems, problems_done, planned, done, failed, resumed; /* trials; resumed: found in the file at the start */
  gint64 judged, to_judge, judge_errors;
  gint64 in_flight, calls, retries, in_tok, out_tok;
  double money, elapsed_s, rate /* trials a second, recent */, left_s /* NaN: not known */;
  gboolean is_search;       /* a trial may have many candidates: then "trials" is the word, not "samples" */
  VervetStopLevel stopping; /* 0: running */
  char message[200];        /* what it is waiting for, or "" */
} VervetProgress;

typedef struct {
  gint64 missing, unjudged; /* trials without sample, samples without verdict */
  gboolean interrupted, budget_spent;
  char *paused; /* why the run paused (no connection, disk full ...) or NULL */
} VervetRunResult;

typedef struct _VervetEngine VervetEngine;

VervetEngine *vervet_engine_start (VervetRegistry *registry, const VervetPlan *plan, const VervetEngineOptions *options,
                                   GError **error);
gboolean vervet_engine_wait (VervetEngine *engine, guint timeout_ms); /* TRUE: finished */
void vervet_engine_progress (VervetEngine *engine, VervetProgress *out);
void vervet_engine_stop (VervetEngine *engine, VervetStopLevel level);
/* After wait() said TRUE: frees @engine. FALSE with INCOMPLETE, INTERRUPTED or ENVIRONMENT; @out is filled in any case.
 */
gboolean vervet_engine_finish (VervetEngine *engine, VervetRunResult *out, GError **error);
void vervet_run_result_clear (VervetRunResult *result);

/* What the plan would cost, without asking a model: from a pilot (samples already in @path) where one exists, else from
 * max_tokens. NaN where nothing is known. */
typedef struct {
  gint64 problems, trials, calls;
  double in_tok, out_tok, money, seconds;
  gboolean from_pilot;
} VervetForecast;
gboolean vervet_engine_forecast (VervetRegistry *registry, const VervetPlan *plan, const VervetEngineOptions *options,
                                 VervetForecast *out, GError **error);

/* ---- Judging cases outside of a run (vervet verify) ---- */
typedef struct _VervetVerifySession VervetVerifySession;
typedef struct {
  guint64 tag;
  int status; /* VV_PASS ...; < 0: vv_status of an error */
  double score;
  char *answer, *reason, *detail;
  gint64 took_us;
} VervetCaseResult;

VervetVerifySession *vervet_verify_session_new (VervetRegistry *registry, const VervetComponentInfo *verifier,
                                                const VervetOptions *options, guint workers /* 0: one a core */,
                                                guint64 timeout_ms, GError **error);
/* @fields: an object whose members become the problem's fields (nullable). Everything is copied. Blocks when the
 * queue is full. */
gboolean vervet_verify_session_push (VervetVerifySession *session, guint64 tag, const char *problem_id,
                                     const VervetJson *fields, const char *reference, gsize reference_len,
                                     const char *text, gsize text_len, GError **error);
/* The next result in order of the pushes. FALSE with no error: none is due. With @wait blocks until there is one. */
gboolean vervet_verify_session_next (VervetVerifySession *session, gboolean wait, VervetCaseResult *out,
                                     GError **error);
void vervet_case_result_clear (VervetCaseResult *result);
void vervet_verify_session_free (VervetVerifySession *session);
const char *
vervet_verdict_name (int status); /* "pass", "fail", "scored", "undecided", "no-answer", "bad-reference", "error" */

G_END_DECLS

#endif
