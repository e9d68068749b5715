/* outcome.h - one choice as the engine keeps it: copied from a back end, or read back from a node row. */
#ifndef VERVET_RUN_OUTCOME_H
#define VERVET_RUN_OUTCOME_H

#include <vervet-store.h>

#include "run/wire.h"

typedef struct {
  vv_outcome out; /* choice and error point into this; id, tag, index are filled when it is told */
  vv_choice choice;
  vv_error error;
  gint64 start_ms, took_ms;
  VervetArena arena;
} VervetOutcome;

/* A copy of what a back end delivered; @choice nullable for an outcome that has only an error. */
VervetOutcome *vervet_outcome_new (vv_status status, const vv_choice *choice, const vv_error *error);
VervetOutcome *vervet_outcome_new_error (vv_status status, const char *message);
/* From a stored node (text and extra set). */
VervetOutcome *vervet_outcome_from_row (const VervetNodeRow *row);
VervetOutcome *vervet_outcome_copy (const VervetOutcome *outcome);
void vervet_outcome_free (VervetOutcome *outcome);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VervetOutcome, vervet_outcome_free)
/* Fills the row's columns of the outcome; row->extra is in @extra, which must outlive the row's use. */
void vervet_outcome_to_row (const VervetOutcome *outcome, VervetNodeRow *row, GByteArray *extra);

#endif
