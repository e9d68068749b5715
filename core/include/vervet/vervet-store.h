/* vervet-store.h - the run file: one SQLite database, one run or many (core/store/schema.sql is its reference).
 *
 * One process writes a file at a time (a lock on FILE.lock and a lease row that names it), any number read. Within the
 * writing process one thread, the writer's, owns the connection: rows are pushed into its queue from any thread and are
 * durable within 100 ms. Set-up calls (vervet_store_add_*) run on the caller's thread and only before
 * vervet_writer_start(). Readers open a connection of their own with vervet_store_open().
 *
 * Times are milliseconds since 1970 UTC unless the name says otherwise; tokens are counts; money is in nano-units of
 * the price table's currency; -1 stands for "not known" in integers and NaN in doubles (NULL in the file). Errors:
 * INPUT (not ours, cut off, wrong version), ENVIRONMENT (disk, lock, network file system). */
#ifndef VERVET_STORE_H
#define VERVET_STORE_H

#include <gio/gio.h>
#include "vervet-error.h"

G_BEGIN_DECLS

#define VERVET_HASH_SIZE 16 /* bytes of every content hash and uuid in the file */

typedef enum {
  VERVET_RUN_NEW,
  VERVET_RUN_RUNNING,
  VERVET_RUN_PAUSED,
  VERVET_RUN_DONE,
  VERVET_RUN_IMPORTED
} VervetRunState;
enum {
  VERVET_SAMPLE_ANSWER = 1 << 0,   /* the answer of its trial: only these enter tallies and pass@k */
  VERVET_SAMPLE_ESTIMATED = 1 << 1 /* token counts are estimates */
};

/* ---- What the file holds ----------------------------------------------------------------------------------------- */
typedef struct {
  gint64 run_id;
  guint8 uuid[VERVET_HASH_SIZE], fingerprint[VERVET_HASH_SIZE], sweep[VERVET_HASH_SIZE];
  gboolean has_sweep;
  char *name, *arm, *spec; /* arm: JSON object of the swept values or NULL; spec: the experiment, JSON */
  guint64 seed;
  gboolean one_call, stopping, oracle;
  gboolean counts_only; /* imported counts: there are no sample rows, the counters are the data */
  VervetRunState state;
  gint64 created_ms;
} VervetRunRow;

typedef struct { /* a problem in a run with its counters */
  gint64 member_id, run_id, problem_id;
  guint ord; /* place in the run, from 0 */
  char *benchmark, *key, *group;
  guint8 problem_hash[VERVET_HASH_SIZE], prompt_hash[VERVET_HASH_SIZE];
  gint64 planned, done, failed, samples, distinct_texts, truncated, calls, in_tok, cached_tok, out_tok, seq_tok,
      nano_money, busy_ms;
} VervetMemberRow;

typedef struct {
  gint64 check_id;
  guint8 fingerprint[VERVET_HASH_SIZE];
  char *component, *name, *options; /* options: JSON */
  guint behaviour;
  gboolean visible; /* the sampler could see it (a weak verifier), so it grades nothing */
} VervetCheckRow;

typedef struct { /* verdicts of one check on the answers of one problem's trials */
  gint64 member_id, pass, fail, scored, undecided, no_answer, bad_reference, errors;
  double sum, sum2; /* of the scores that are numbers */
} VervetTallyRow;

typedef struct { /* equal answers of one problem under one check, counted */
  gint64 member_id, class_id, n;
  int status; /* VV_PASS ... */
} VervetAnswerClass;

typedef struct {
  gint64 id; /* 0: assigned; else the failed row that this one replaces */
  gint64 member_id, epoch_id, node /* -1 */, text_id /* reading only; -1: none */;
  guint trial, ord, flags; /* VERVET_SAMPLE_* */
  int status;              /* vv_status; < 0: the trial failed for good */
  int finish;              /* VV_FIN_* or 0 */
  const char *text;        /* writing only; NULL with a failed trial */
  gsize text_len;
  gint64 in_tok, cached_tok, out_tok, think_tok, seq_tok, nano_money; /* in_tok, cached_tok: of the whole call */
  gint64 start_ms, took_ms;
  int call_n, tries; /* call_n: in_tok and cached_tok are shared by so many samples */
  double logprob, score, weight;
  gint64 seed;  /* -1: the derived one */
  gint64 calls; /* writing only: calls made for the trial; member.calls grows by it together with the row */
} VervetSampleRow;

typedef struct {
  gint64 check_id, sample_id, member_id;
  gboolean counts; /* the sample has VERVET_SAMPLE_ANSWER: enters tally and answer classes */
  int status;      /* VV_PASS ...; < 0: an error, to be retried */
  double score;
  const char *answer, *detail; /* nullable */
  gsize answer_len, detail_len;
  const char *reason; /* nullable short code */
  gint64 class_id;    /* 0: equal answer texts are one class */
  gint64 took_us;
  const double *steps; /* nullable */
  guint n_steps, n_metrics;
  const struct {
    const char *name;
    double value;
  } * metrics; /* same layout as vv_metric */
} VervetVerdictRow;

typedef struct {
  gint64 job_id;                        /* 0: assigned */
  gint64 check_id, member_id, epoch_id; /* check_id 0: the sampler */
  guint trial;
  int ord;        /* -1: a whole set */
  int state;      /* 0 open, 1 finished, < 0 a vv_status: failed */
  int answer_ord; /* -1: none */
  gint64 calls, in_tok, cached_tok, out_tok, seq_tok, nano_money, start_ms, took_ms;
  const char *notes; /* JSON, nullable */
} VervetJobRow;

typedef struct { /* one choice of one step */
  gint64 job_id, node, parent;
  guint8 req_key[VERVET_HASH_SIZE];
  guint occ, idx, op, flags;
  const char *role, *label; /* label nullable */
  gint64 told;              /* order of tells, -1: not told */
  int status, finish;
  const char *text, *request; /* nullable; request: the whole request, stored once for siblings */
  gsize text_len, request_len;
  gint64 in_tok, cached_tok, out_tok, seq_tok, start_ms, took_ms;
  int tries;
  double logprob, score, reward;
  const guint8 *extra; /* nullable: the rest of the choice, encoded by core/run */
  gsize extra_len;
} VervetNodeRow;

typedef struct {
  gint64 check_id, sample_id, job_id, node;
  guint vote;
  int status;
  double score, weight;
} VervetVoteRow;

typedef struct { /* a failed try, and nothing else */
  gint64 run_id, member_id /* -1 */, job_id /* -1 */, node /* -1 */, check_id /* -1 */;
  gint64 trial /* -1 */;
  int try_, status, http;
  const char *message;
} VervetIncidentRow;

typedef struct {
  const char *unit;                  /* "calls", "input", "output", "sequential", "money", "flops", "seconds" */
  double spent, reserved, lost, cap; /* cap NaN: none */
} VervetLedgerRow;

void vervet_run_row_clear (VervetRunRow *row);
void vervet_member_row_clear (VervetMemberRow *row);
void vervet_check_row_clear (VervetCheckRow *row);

/* ---- Opening ---- */
typedef struct _VervetStore VervetStore;

VervetStore *vervet_store_open (const char *path, GError **error); /* for reading; the file must exist */
/* For writing: makes the file if need be, takes lock and lease, migrates an older schema. Refuses a second writer
 * (naming the first), a read-only folder, a file that is not ours, cut off or newer, and a network file system. */
VervetStore *vervet_store_open_write (const char *path, GError **error);
void vervet_store_close (VervetStore *store); /* checkpoints and gives the lease back; NULL-safe */
const char *vervet_store_path (const VervetStore *store);
const guint8 *vervet_store_uuid (const VervetStore *store);
/* SQLite's data_version: changes when another connection has committed. */
gint64 vervet_store_data_version (VervetStore *store);

/* ---- Set-up (writing store, before the writer starts; each is one transaction) ---- */
/* Fills run_id, and uuid when it is all zero: then it follows from name, fingerprint and seed, so that shards of one
 * plan merge into one run. A run of that name and fingerprint that is there is found again; INPUT when the name is
 * taken by another fingerprint. */
gboolean vervet_store_add_run (VervetStore *store, VervetRunRow *run, GError **error);
gboolean vervet_store_set_run_state (VervetStore *store, gint64 run_id, VervetRunState state, GError **error);
/* What may change between two starts: samples, problems, checks. Its "verifiers" (objects with "name") say in which
 * order vervet_store_checks() lists them. */
gboolean vervet_store_set_run_spec (VervetStore *store, gint64 run_id, const char *spec, GError **error);
typedef struct {
  const char *benchmark, *key, *group /* nullable */, *fields /* JSON, nullable */, *reference /* nullable */,
      *prompt /* JSON of the messages, nullable */;
  gsize reference_len;
  guint8 hash[VERVET_HASH_SIZE], prompt_hash[VERVET_HASH_SIZE];
  guint ord;
  gint64 planned;   /* kept at the larger of the old and the new value */
  gint64 member_id; /* out */
} VervetProblemRow;
gboolean vervet_store_add_problems (VervetStore *store, gint64 run_id, VervetProblemRow *problems, guint n,
                                    GError **error);
gboolean vervet_store_add_check (VervetStore *store, VervetCheckRow *check,
                                 GError **error); /* by fingerprint; fills check_id */
gboolean vervet_store_add_epoch (VervetStore *store, gint64 run_id, const char *facts, gint64 *epoch_id,
                                 GError **error);
/* Left-over reservations of a crash are moved to lost. */
gboolean vervet_store_open_ledger (VervetStore *store, gint64 run_id, const VervetLedgerRow *caps, guint n,
                                   GError **error);
/* Imported counts for a run with counts_only: planned, done, samples and the tally of @check_id are set. On the disk at
 * the next other set-up call, or when the store is closed. */
gboolean vervet_store_set_counts (VervetStore *store, gint64 member_id, gint64 check_id, gint64 samples, gint64 correct,
                                  GError **error);

/* ---- Writer ---- */
typedef struct _VervetWriter VervetWriter;
typedef struct { /* called on the writer's thread with no lock held; each nullable */
  void (*committed) (gpointer user_data, gint64 last_sample_id, guint n_samples, guint n_verdicts);
  void (*stalled) (gpointer user_data, const GError *error); /* disk full ...: rows are kept, retried each 5 s */
  gpointer user_data;
} VervetWriterEvents;

VervetWriter *vervet_writer_start (VervetStore *store, const VervetWriterEvents *events, GError **error);
/* Commits what is queued and joins the thread. FALSE with the rows lost only when the disk stayed unusable. */
gboolean vervet_writer_stop (VervetWriter *writer, GError **error);
/* Everything pushed so far is durable on return. */
gboolean vervet_writer_flush (VervetWriter *writer, GError **error);
double vervet_writer_fill (VervetWriter *writer); /* 0 empty .. 1 full; pushes never block, the caller obeys */

/* Pushes copy everything. Rows are written in the order of the pushes, so a verdict may follow its sample at once.
 * A success may replace a failed trial or an error verdict; nothing replaces a success. */
gint64 vervet_writer_sample (VervetWriter *writer, const VervetSampleRow *row); /* its id */
void vervet_writer_verdict (VervetWriter *writer, const VervetVerdictRow *row);
gint64 vervet_writer_job (VervetWriter *writer, const VervetJobRow *row); /* its id; a row with job_id updates */
void vervet_writer_node (VervetWriter *writer, const VervetNodeRow *row);
void vervet_writer_vote (VervetWriter *writer, const VervetVoteRow *row);
void vervet_writer_incident (VervetWriter *writer, const VervetIncidentRow *row);
void vervet_writer_ledger (VervetWriter *writer, gint64 run_id, const VervetLedgerRow *rows,
                           guint n); /* the newest counts */
void vervet_writer_progress (VervetWriter *writer, gint64 check_id, gint64 run_id, gint64 upto);
void vervet_writer_calls (VervetWriter *writer, gint64 member_id, gint64 calls); /* adds to member.calls */
void vervet_writer_epoch_end (VervetWriter *writer, gint64 epoch_id);

/* ---- Reading (any connection; the caller's thread. Of a store whose writer is at work: what is committed, through a
 * connection of its own; one thread at a time) -------------------------------------------------------------------- */
GArray *vervet_store_runs (VervetStore *store, GError **error); /* VervetRunRow, by run_id */
gboolean vervet_store_find_run (VervetStore *store, const char *name /* NULL: the only or the newest one */,
                                VervetRunRow *out, GError **error);
GArray *vervet_store_members (VervetStore *store, gint64 run_id, GError **error); /* VervetMemberRow, by ord */
/* VervetCheckRow: those with progress or verdicts in the run; the first one grades, visible ones come last. */
GArray *vervet_store_checks (VervetStore *store, gint64 run_id, GError **error);
/* VervetTallyRow, one for each member and in their order; all zero (but its member_id) where nothing is judged yet. */
GArray *vervet_store_tallies (VervetStore *store, gint64 run_id, gint64 check_id, GError **error);
/* VervetAnswerClass, by ord, the greatest class first. */
GArray *vervet_store_answers (VervetStore *store, gint64 run_id, gint64 check_id, GError **error);
/* Problem's own data of a member. (transfer full), each nullable */
gboolean vervet_store_problem (VervetStore *store, gint64 member_id, char **fields, GBytes **reference, char **prompt,
                               GError **error);
/* Trials that have a row: {guint32 trial; gint32 status; gint64 sample_id}, ascending. */
typedef struct {
  guint32 trial;
  gint32 status;
  gint64 sample_id;
} VervetTrialState;
GArray *vervet_store_trials (VervetStore *store, gint64 member_id, GError **error);
GBytes *vervet_store_text (VervetStore *store, gint64 text_id, GError **error);

typedef struct {
  VervetSampleRow sample; /* text_id set, text NULL */
  gint64 nth_distinct;    /* reserved for views; -1 */
  int verdict_status;     /* 0: no verdict yet */
  double verdict_score;
  char *answer, *reason, *detail;
  gint64 took_us;
} VervetSampleView;
/* Samples of a member in order of (trial, ord), from @first, with their verdict under @check_id. */
GArray *vervet_store_samples (VervetStore *store, gint64 member_id, gint64 check_id, gint64 first, gint64 limit,
                              GError **error);
void vervet_sample_view_clear (VervetSampleView *view);

/* Samples with status >= 0 and id > @after that have no verdict (or an error) under @check_id, at most @limit, by id:
 * VervetSampleRow with text_id set. */
GArray *vervet_store_unjudged (VervetStore *store, gint64 run_id, gint64 check_id, gint64 after, guint limit,
                               GError **error);
gint64 vervet_store_last_sample (VervetStore *store); /* the newest sample's id in the file, 0: none */
gint64 vervet_store_count_unjudged (VervetStore *store, gint64 run_id, gint64 check_id, GError **error);

/* Open and finished jobs of a member, and the nodes of one, told ones first in their order: what resume replays.
 * Strings belong to the array (free function set). */
GArray *vervet_store_jobs (VervetStore *store, gint64 member_id, GError **error); /* VervetJobRow */
GArray *vervet_store_nodes (VervetStore *store, gint64 job_id, GError **error);   /* VervetNodeRow */
GArray *vervet_store_ledger (VervetStore *store, gint64 run_id, GError **error);  /* VervetLedgerRow */
typedef struct {
  int status, http;
  char *message;
  gint64 n;
} VervetIncidentCount;
GArray *vervet_store_incidents (VervetStore *store, gint64 run_id,
                                GError **error); /* VervetIncidentCount, most first */
typedef struct {
  gint64 epoch_id, started_ms, ended_ms /* -1 */;
  char *facts;
} VervetEpochRow;
GArray *vervet_store_epochs (VervetStore *store, gint64 run_id, GError **error);

/* ---- Upkeep ---- */
/* Looks for damage, for rows that point nowhere and for texts that do not unpack, and recomputes every counter from the
 * rows; @repair sets the counters. @differences: sentences, one a finding (transfer full). */
gboolean vervet_store_check (VervetStore *store, gboolean repair, GPtrArray **differences, GError **error);
typedef struct {
  gint64 new_samples, replaced, same, conflicts, verdicts, jobs;
} VervetMergeStats;
/* Joins @shards into @out (made if need be). Idempotent; order of the arguments does not matter. A trial that has
 * different texts keeps the first (files by their uuid) and is counted in conflicts. */
gboolean vervet_store_merge (const char *out, const char *const *shards, guint n, VervetMergeStats *stats,
                             GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VervetStore, vervet_store_close)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (VervetRunRow, vervet_run_row_clear)

G_END_DECLS

#endif
