/* program-private.h - inside of the driver: program.c turns the wheel, program-moves.c is what a program may do in
 * ask(), program-nodes.c finds nodes, hits and occurrences. */
#ifndef VERVET_RUN_PROGRAM_PRIVATE_H
#define VERVET_RUN_PROGRAM_PRIVATE_H

#include "run/program.h"

enum { CALLS, INPUT, OUTPUT, SEQUENTIAL, MONEY, FLOPS, SECONDS, N_UNITS };
enum { GAP = 65536 }; /* between stored node numbers and new ones that have no place below: they never meet */

typedef struct {
  guint64 number;
  VervetStep *step;
  guint index;
  VervetOutcome *outcome;
  gint64 told;         /* order of tells; hits not told before a crash sort last */
  double seq, seconds; /* of the chain up to and with this node */
  gboolean is_free;    /* remembered from an equal pure step: nothing was called */
} Node;

/* Where the numbers of a stored step begin. How many there are is known when it is asked for again. */
typedef struct {
  guint64 first;
  gboolean is_claimed;
} StoredStep;

struct _VervetProgram {
  VervetProgramSpec spec;
  VervetProgramState state;
  VervetProgramResult result;
  void *run;             /* the plugin's */
  guint64 low_end;       /* of the numbers given out below the gap */
  guint64 gap_end;       /* where those beyond it begin */
  guint64 next_node;     /* and go on */
  GArray *firsts;        /* StoredStep, ascending; nullable */
  guint first_unclaimed; /* place in firsts */
  gint64 next_told;
  guint owed;
  gboolean is_last, was_refused;
  gboolean is_cut; /* ended from outside */
  double reserved[N_UNITS], seq_all, seconds_all;
  vv_budget left;
  GPtrArray *steps;        /* VervetStep, all of them: programs keep pointers until end() */
  guint n_dispatched;      /* of steps: those before it have been looked at */
  GPtrArray *nodes;        /* Node, told ones and hits */
  GHashTable *by_number;   /* node number -> Node, made when there are many */
  GSequence *hits;         /* Node, by (told, number) */
  GHashTable *stored;      /* Address -> VervetNodeRow */
  GHashTable *occurrences; /* key -> count; made with the second step */
  GHashTable *memo;        /* key -> Node of a pure step that is done */
  GPtrArray *classes;      /* distinct answers of this trial, in order of tells: answer_class is the place + 1 */
  VervetArena arena;
};

/* program-nodes.c */
guint vervet_program_key_hash (gconstpointer p); /* of a request key: two 64-bit numbers */
gboolean vervet_program_key_equal (gconstpointer a, gconstpointer b);
GHashTable *vervet_program_index_stored (const GArray *stored);
GArray *vervet_program_find_firsts (const GArray *stored);
/* Gives a step its numbers: those it had when some of it is stored, else new ones. */
void vervet_program_number_step (VervetProgram *self, VervetStep *step);
const VervetNodeRow *vervet_program_find_stored (const VervetProgram *self, const VervetStep *step, guint index);
Node *vervet_program_find_node (VervetProgram *self, guint64 number);
Node *vervet_program_add_node (VervetProgram *self, VervetStep *step, guint index, VervetOutcome *outcome);
void vervet_program_node_free (gpointer node);
void vervet_program_step_free (gpointer step);

/* program-moves.c */
vv_moves vervet_program_moves (VervetProgram *self);
void vervet_program_update_left (VervetProgram *self);
void vervet_program_cancel_choice (VervetProgram *self, VervetStep *step, guint index);

#endif
