/* program.h - drives one program: a sampler's trial, or a judge at work on one set of texts.
 *
 * The driver asks and tells, numbers nodes, finds stored outcomes again on resume (by request key, occurrence, index),
 * keeps pure outcomes in mind, counts what was spent against the trial's caps, and collects candidates, votes and
 * verdicts. It starts no thread and does no I/O: its host dispatches choices and hands the outcomes in. One thread at a
 * time; the host must not hand an outcome in from inside one of its callbacks. */
#ifndef VERVET_RUN_PROGRAM_H
#define VERVET_RUN_PROGRAM_H

#include "run/outcome.h"
#include "run/request.h"

typedef struct _VervetProgram VervetProgram;

typedef struct {
  VervetProgram *program;
  VervetRequest *request;
  char *role, *label;         /* label nullable */
  guint64 first, parent, tag; /* choice i is node first + i */
  guint flags, n, occ, owed;
  double need[7]; /* reserved of the trial's budget for each open choice */
  guint8 *told;   /* per index */
} VervetStep;

typedef struct {
  void (*dispatch) (gpointer user, VervetProgram *program, VervetStep *step, guint index, guint n);
  void (*cancel) (gpointer user, VervetProgram *program, VervetStep *step, guint index);
  void (*record) (gpointer user, VervetProgram *program, const VervetNodeRow *row); /* nullable: nothing is stored */
  /* What one choice of the step may cost, in the order of vv_budget; nullable: calls only. FALSE: the run's budget has
   * no room for the step, which is refused. */
  gboolean (*estimate) (gpointer user, const VervetStep *step, double need[7]);
} VervetProgramHost;

typedef struct {
  const vv_program_iface *iface;
  gpointer self;
  const VervetProgramHost *host;
  gpointer user;
  vv_task task;         /* what it points to outlives the program */
  double caps[7];       /* of the trial, INFINITY: none; in the order of vv_budget */
  const GArray *stored; /* VervetNodeRow of an earlier attempt, nullable; outlives the program */
} VervetProgramSpec;

typedef enum {
  VERVET_PROGRAM_RUNNING,
  VERVET_PROGRAM_DRAINING /* over, but cancelled choices are still owed */,
  VERVET_PROGRAM_DONE
} VervetProgramState;
typedef struct {
  guint64 node;
  vv_str text;
  double score, weight;
  const VervetOutcome *outcome /* of node, nullable */;
  gint64 seq_tok;
} VervetCandidate;
typedef struct {
  guint text;
  guint64 node;
  vv_verdict verdict;
} VervetVote;

typedef struct {
  vv_status status; /* VV_OK, or why it failed */
  char message[512];
  GArray *candidates;   /* VervetCandidate, in the order given */
  gint64 answer;        /* the sampler's pick, -1: none */
  vv_verdict *verdicts; /* judge: one a text; status 0: none given */
  GArray *votes;        /* VervetVote */
  GString *notes;       /* JSON members "key": value, or empty */
  double spent[7];      /* sequential: the longest chain; seconds: the critical path */
  gint64 cached;
} VervetProgramResult;

VervetProgram *vervet_program_new (const VervetProgramSpec *spec);
void vervet_program_free (VervetProgram *program); /* end() */
/* begin(), the first ask, and as many stored outcomes as lead on without a new one. */
void vervet_program_start (VervetProgram *program);
/* Takes @outcome. Ignored when that choice has been told already. */
void vervet_program_outcome (VervetProgram *program, VervetStep *step, guint index, VervetOutcome *outcome);
/* Ends it as failed; what is open is cancelled. */
void vervet_program_abort (VervetProgram *program, vv_status status, const char *message);
/* No further step is taken: the next ask has `last` set. */
void vervet_program_last (VervetProgram *program);
VervetProgramState vervet_program_state (const VervetProgram *program);
VervetProgramResult *vervet_program_result (VervetProgram *program);
const vv_task *vervet_program_task (const VervetProgram *program);
gpointer vervet_program_user (const VervetProgram *program);

#endif
