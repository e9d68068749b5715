/* command-show.h - the three pages of `vervet show`. Each prints as text, or as JSON with @json. */
#ifndef VERVET_APP_COMMAND_SHOW_H
#define VERVET_APP_COMMAND_SHOW_H

#include "command.h"

typedef struct {
  VervetStore *store;
  VervetRunRow run;
  GArray *members;             /* VervetMemberRow, by place */
  GArray *checks;              /* VervetCheckRow */
  const VervetCheckRow *check; /* the one whose verdicts are shown; NULL: the run has none */
  gboolean json;
  gint64 limit; /* lists are cut after so many rows; 0: never */
} ShowContext;

gboolean show_run (const ShowContext *context, GError **error);
gboolean show_problem (const ShowContext *context, const VervetMemberRow *member, GError **error);
gboolean show_attempt (const ShowContext *context, const VervetMemberRow *member, guint trial, GError **error);

gint64 show_check_id (const ShowContext *context); /* 0: none */
/* "pass" ..., or "-" for a sample that no one has judged. */
const char *show_verdict_name (int status);
const char *show_finish_name (int finish); /* "end", "length" ...; "-": not known */
/* The problem's prompt and reference, as key-value pairs or as text under headings. */
gboolean show_write_problem (const ShowContext *context, const VervetMemberRow *member, VervetJsonWriter *writer,
                             GError **error);
gboolean show_print_problem (const ShowContext *context, const VervetMemberRow *member, GError **error);
void show_heading (const char *text);
/* Samples of one trial, by candidate, with their verdicts under @check_id. */
GArray *show_trial_samples (const ShowContext *context, gint64 member_id, gint64 check_id, guint trial, GError **error);

#endif
