/* fake-model.h - a host for core/run/program.h without engine, store or model: keeps what was dispatched, answers it in
 * a seeded random order, and stores node rows as a run file would, through crashes of the program. Its answers follow
 * from (request key, occurrence, index) alone, as those of a model that honours seeds. */
#ifndef VERVET_TESTS_FAKE_MODEL_H
#define VERVET_TESTS_FAKE_MODEL_H

#include "run/program.h"

typedef struct {
  VervetProgram *program;
  GRand *rand;
  GPtrArray *open;      /* choices that are owed */
  GPtrArray *rows;      /* what is stored, by node */
  GHashTable *recorded; /* node numbers recorded since the last start */
  guint n_dispatched, n_cancelled, n_delivered;
  guint fail_every; /* every so many answers are failures; 0: none */
  double run_room;  /* estimate() says no when a step has more choices than this */
} FakeModel;

extern const VervetProgramHost fake_model_host;

void fake_model_init (FakeModel *fake, guint32 seed);
void fake_model_clear (FakeModel *fake);
/* Makes a program of @iface with what is stored, and starts it. @caps: of 7, NULL: none. */
void fake_model_start (FakeModel *fake, const vv_program_iface *iface, gpointer self, const vv_task *task,
                       const double *caps);
gboolean fake_model_deliver (FakeModel *fake); /* one outcome; FALSE: nothing is open */
void fake_model_run (FakeModel *fake);         /* all of them, until the program is done */
void fake_model_crash (FakeModel *fake);       /* the program and what is in flight are gone; the rows stay */
/* A line for each thing that a user could see of the result: equal strings are equal results. (transfer full) */
char *fake_model_result (FakeModel *fake);
guint fake_model_untold (FakeModel *fake); /* stored rows that this life has not told */

#endif
