/* engine.h - inside of the engine. One conductor thread owns all of it except the inbox and the progress snapshot.
 *
 * engine.c runs the conductor: waves, back-pressure, stopping. setup.c opens the file and makes roles and checks,
 * members.c the problems. trial.c runs programs and turns what they made into rows. caller.c brings requests to models
 * and outcomes back, with retries. grading.c has samples judged. spending.c keeps the budget. */
#ifndef VERVET_RUN_ENGINE_H
#define VERVET_RUN_ENGINE_H

#include <vervet.h>

#include "run/keeper.h"
#include "run/program.h"

enum { UNIT_CALLS, UNIT_INPUT, UNIT_OUTPUT, UNIT_SEQUENTIAL, UNIT_MONEY, UNIT_FLOPS, UNIT_SECONDS, N_UNITS };

typedef struct _Endpoint Endpoint;
typedef struct _Grading Grading;
typedef struct _Trial Trial;
typedef struct _Call Call;

typedef struct {
  vv_problem problem; /* without the reference: what samplers and their helpers see */
  vv_str reference;
  VervetArena arena;
  guint8 hash[VERVET_HASH_SIZE]; /* of the item; known when the benchmark was read */
  gint64 member_id;
  guint ord;
  guint64 base;     /* seeds of one-call trials are base + trial */
  guint64 mix;      /* seeds of programs derive from it */
  guint8 *is_done;  /* a bit a trial: has its sample, or failed in a way that a repeat does not mend */
  guint64 n_trials; /* bits */
  guint64 n_done;
  guint64 n_final;    /* of those: failed for good at an earlier start */
  guint64 n_failed;   /* in this start */
  GHashTable *failed; /* trial -> sample id of a failed row that a success may replace; nullable */
  GHashTable *jobs;   /* vervet_job_key() -> gint64 id of an open job; nullable */
  GHashTable *kept;   /* reference text's hash -> VervetKeptProblem: the problem as workers know it */
} Member;

/* A role bound to something that can do operations. */
struct _Endpoint {
  VervetEngine *engine;
  const VervetBinding *binding;
  VervetInstance *instance; /* NULL for a verifier: its instances live in the workers */
  guint slot;               /* of the keeper, for a verifier */
  vv_model_info info;
  GQueue targets;              /* Target, waiting */
  guint limit, in_flight;      /* calls */
  guint window_done;           /* since the limit was last raised */
  guint learnt_n;              /* choices that one call may have */
  GThreadPool *threads;        /* for a model that has run() only */
  guint recent, recent_failed; /* of the last 200 tries: the circuit breaker */
  gint64 closed_until_us, last_success_us;
  guint abandoned;               /* calls that ignored their deadline */
  double mean_output, m2_output; /* of finished choices: Welford */
  guint64 n_output;
  double chars, tokens; /* observed, for the input estimate */
};

/* One choice that is owed to a program. */
typedef struct {
  Trial *trial;
  VervetStep *step;
  guint index, tries;
  guint64 seed, draw;
  gint64 not_before_us, first_us;
  gboolean is_cancelled;
} Target;

struct _Call {
  gint refs;
  Endpoint *endpoint;
  VervetEngine *engine;
  VervetRequest *request; /* the first target's: req leads into it, also when that trial is over */
  vv_request req;         /* with what the host fills in */
  vv_reply reply;
  GPtrArray *targets; /* Target, by choice index; NULL once delivered */
  void *job;          /* of submit() */
  gint64 start_us, start_ms;
  gint is_cancelled; /* atomic: all of it */
  gint is_abandoned; /* atomic: what it still says is ignored */
};

struct _Trial {
  VervetEngine *engine;
  Member *member;
  guint trial;
  VervetProgram *program;
  GArray *stored; /* nodes of an earlier attempt */
  gint64 job_id;  /* 0: leaves no tree */
  gint64 start_ms;
  Grading *grading; /* a judge at work; NULL for a sampler's trial */
  gint64 sample_id;
  gboolean counts;
  char *text; /* what is judged */
  vv_str text_str;
  vv_problem problem; /* the judge's: with the reference */
};

struct _Grading {
  VervetEngine *engine;
  const VervetBinding *binding;
  gint64 check_id;
  guint slot;
  VervetInstance *judge;      /* NULL: a verifier, judged by workers */
  GHashTable *recent, *older; /* verdicts of texts seen lately: equal texts are judged once */
  gint64 scanned;             /* stored samples up to this id have been looked at */
  gint64 scan_until;
  gint64 upto;         /* every sample up to this id is judged, says the file */
  gint64 last_sample;  /* newest sample handed in */
  gboolean has_errors; /* some text got no verdict: it is asked again at the next start, so upto stays */
  GQueue order;        /* Pending, by sample id: finds upto */
  guint open;
};

typedef struct {
  Grading *grading;
  Member *member;
  gint64 sample_id;
  gboolean counts, is_done;
  guint64 hash[2];
} Pending;

typedef enum { MSG_CHOICE, MSG_DONE, MSG_JUDGED, MSG_STALLED, MSG_WAKE } MsgKind;
typedef struct {
  MsgKind kind;
  guint index;
  vv_status status;
  gpointer from; /* Call (a reference) or VervetJudged */
  VervetOutcome *outcome;
} Msg;

struct _VervetEngine {
  VervetRegistry *registry;
  const VervetPlan *plan;
  VervetEngineOptions options;
  const char *version; /* of Vervet, for the facts of an epoch */
  VervetStore *store, *reader;
  VervetWriter *writer;
  VervetKeeper *keeper; /* NULL: nothing for workers to do */
  VervetRunRow run;
  gint64 epoch_id;
  VervetInstance *benchmark, *sampler;
  GPtrArray *members, *endpoints, *gradings;
  GPtrArray *by_id; /* the members by member_id */
  guint64 hash_key; /* of this process: hostile text cannot aim at it */

  /* The conductor's. */
  GThread *thread;
  guint open_trials, max_open;
  guint64 wave_end; /* trials below it are started in this wave */
  guint64 wave_begin;
  guint at_member;
  guint64 at_trial;
  gboolean is_sampling_over, is_budget_spent, is_writer_full, is_cancelling, is_dropping, has_caps;
  guint max_tokens; /* the sampler's limit of one answer, 0: not known */
  GArray *spare;    /* an empty inbox to swap in */
  gint64 counted_us, checked_us, done_problems, failed, missing, unjudged;
  GPtrArray *open;  /* Trial */
  GPtrArray *calls; /* Call, in flight */
  gint64 n_retries;
  gint64 cancel_us; /* when everything open was cancelled, 0: it was not */
  GQueue late;      /* Msg of the conductor to itself: outcomes that must not come from inside a callback */
  double spent[N_UNITS], reserved[N_UNITS];
  guint unsaved_spending;
  gint64 ledger_us;
  char *paused;
  gint64 judge_spent_calls, judge_spent_tokens;

  GMutex lock; /* guards what follows */
  GCond cond;
  GArray *inbox; /* Msg */
  gint level;    /* atomic: VervetStopLevel */
  gboolean is_finished;
  char stalled[200]; /* why the writer cannot write, or "" */
  gint64 stalled_us; /* since when, 0: it can */
  VervetProgress progress;
  gint64 rate_us[8], rate_done[8]; /* ring of the last seconds */
  guint rate_at;
  gint64 start_us;
};

/* engine.c */
void vervet_engine_post (VervetEngine *self, const Msg *msg);
void vervet_engine_pause (VervetEngine *self, const char *format, ...) G_GNUC_PRINTF (2, 3);
#define vervet_engine_level(self) ((VervetStopLevel)g_atomic_int_get (&(self)->level))

/* setup.c */
gboolean vervet_engine_open (VervetEngine *self, GError **error);
void vervet_engine_close (VervetEngine *self);

/* members.c */
gboolean vervet_members_read (VervetEngine *self, GError **error); /* from the benchmark, into the file */
gboolean vervet_members_load (VervetEngine *self, GError **error); /* from the file */
gboolean vervet_member_load_trials (VervetEngine *self, Member *member, GError **error);
gboolean vervet_member_load_jobs (VervetEngine *self, Member *member, GError **error);
int vervet_member_compare_id (gconstpointer a, gconstpointer b);
void vervet_member_free (gpointer member);
gboolean vervet_member_is_done (const Member *member, guint64 trial);
void vervet_member_set_done (Member *member, guint64 trial);
/* The problem as workers are told of it when they compare with @reference. */
const VervetKeptProblem *vervet_member_kept (Member *member, vv_str reference);

/* A job within its member: a sampler's trial (check 0, ord -1) or a judge at one sample. (transfer full) */
gint64 *vervet_job_key (gint64 check_id, guint trial, int ord);

/* trial.c */
void vervet_trial_start (VervetEngine *self, Member *member, guint trial);
void vervet_judge_start (Grading *grading, Member *member, gint64 sample_id, gboolean counts, guint trial, guint ord,
                         vv_str text);
/* Cancels what the trial has open; it stays missing. */
void vervet_trial_abort (Trial *trial);
void vervet_trial_deliver (Trial *trial, VervetStep *step, guint index, VervetOutcome *outcome);
extern const VervetProgramHost vervet_trial_host;

/* caller.c */
gboolean vervet_endpoint_open (Endpoint *endpoint, GError **error);
void vervet_endpoint_free (Endpoint *endpoint);
Endpoint *vervet_engine_endpoint (VervetEngine *self, const char *role);
void vervet_endpoint_push (Endpoint *endpoint, Trial *trial, VervetStep *step, guint index, guint n);
void vervet_endpoint_cancel (Endpoint *endpoint, Trial *trial, VervetStep *step, guint index);
void vervet_endpoint_pump (Endpoint *endpoint);
void vervet_endpoint_check_deadlines (Endpoint *endpoint);
void vervet_call_message (VervetEngine *self, Msg *msg);
gint64 vervet_endpoint_next_us (const Endpoint *endpoint); /* when something is due; G_MAXINT64: nothing */

/* scoring.c */
void vervet_endpoint_score (Endpoint *endpoint, Trial *trial, VervetStep *step);
void vervet_scoring_judged (VervetEngine *self, VervetJudged *judged); /* its tag has the lowest bit set */

/* grading.c */
void vervet_grading_sample (VervetEngine *self, Member *member, gint64 sample_id, gboolean counts, guint trial,
                            guint ord, vv_str text);
void vervet_grading_judged (VervetEngine *self, VervetJudged *judged);
void vervet_grading_verdict (Grading *grading, Member *member, gint64 sample_id, gboolean counts, vv_status status,
                             const vv_verdict *v, const char *reason, const char *message, gint64 took_us);
gboolean vervet_grading_scan (VervetEngine *self, GError **error); /* feeds stored samples; TRUE: there may be more */
guint vervet_grading_open (VervetEngine *self);                    /* samples that are being judged */
gboolean vervet_grading_is_idle (VervetEngine *self);
gboolean vervet_grading_is_full (VervetEngine *self);
void vervet_grading_save (VervetEngine *self);

/* spending.c */
gboolean vervet_spending_has_room (VervetEngine *self, const double need[N_UNITS]);
void vervet_spending_estimate (VervetEngine *self, const Endpoint *endpoint, const vv_request *req,
                               double need[N_UNITS]);
void vervet_spending_reserve (VervetEngine *self, const double need[N_UNITS], guint n);
void vervet_spending_settle (VervetEngine *self, const Endpoint *endpoint, const double need[N_UNITS],
                             const VervetOutcome *outcome);
double vervet_spending_money (const Endpoint *endpoint, const vv_usage *usage); /* NaN: no price */
void vervet_spending_save (VervetEngine *self, gboolean is_due);

#endif
