/* report-private.h - what the files of core/report share: a run as it is read, before it is a VervetRunReport. */
#ifndef VERVET_REPORT_PRIVATE_H
#define VERVET_REPORT_PRIVATE_H

#include "vervet-report.h"

/* More values of k than this are for coverage alone: selectors are then given at log-spaced ones among them. */
#define REPORT_MAX_SELECTOR_KS 64
#define REPORT_MAX_CURVES 8 /* in one chart */

typedef struct {
  const VervetMemberRow *member;
  gint64 n, pass; /* trials whose verdict counts (pass, fail, no answer), and those that pass */
  gint64 decided; /* pass or fail */
  gint64 voting;  /* in a class of answers */
  gint64 missing; /* planned trials of which it is not known: no sample, no verdict, an error, undecided */
  const VervetAnswerClass *classes;
  guint n_classes;
  gboolean has_answers; /* every trial that counts is in a class or gave no answer */
  char *value;          /* of the field of `by` */
} ReportProblem;

typedef struct {
  VervetStore *store;
  const VervetRunRow *row;
  const VervetReportOptions *options;
  VervetCheckRow *check; /* NULL: no verifier has judged this run */
  VervetJson *spec;      /* nullable */
  GArray *members, *checks, *tallies, *answers, *ledger, *incidents, *epochs;
  ReportProblem *problems;
  guint n_problems;
  GArray *ks; /* guint64, ascending */
  gint64 judged, failed, truncated, undecided, no_answer, bad_reference, errors, scored;
  gint64 texts, distinct; /* of the problems with many samples */
} ReportRun;

/* report-read.c */
gboolean report_class_votes (const VervetAnswerClass *class);
ReportRun *report_run_read (VervetStore *store, const VervetRunRow *row, const VervetReportOptions *options,
                            GError **error);
void report_run_free (ReportRun *run);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReportRun, report_run_free)

/* report-curves.c: fill in what their names say. @out: coverage of @problems at the run's ks. */
GArray *report_coverage (const ReportRun *run, const ReportProblem *problems, guint n);
GArray *report_majority (const ReportRun *run); /* NULL: no answers */
gboolean report_fit (const ReportRun *run, VervetPowerFit *out);

/* report-groups.c */
gboolean report_read_field (ReportRun *run, const char *field, GError **error); /* sets ReportProblem.value */
GPtrArray *report_groups (const ReportRun *run);

/* report-warnings.c */
void report_add_warnings (const ReportRun *run, VervetRunReport *report);

/* report-table.c */
typedef struct _ReportTable ReportTable;
/* @align: 'L' or 'R' for each column. Cells are cut, then columns left out, to fit the width when it is written. */
ReportTable *report_table_new (const char *align);
void report_table_row (ReportTable *table);              /* begins one */
void report_table_cell (ReportTable *table, char *text); /* takes @text */
void report_table_write (const ReportTable *table, guint width, gboolean ascii, GString *out);
void report_table_free (ReportTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ReportTable, report_table_free)

/* report-words.c: text from files made harmless for a terminal: no control characters. (transfer full) */
char *report_clean (const char *text, gboolean ascii);
guint report_columns (const char *clean);
/* Appends @text in lines of at most @width columns, the first after @lead, the others as far in. */
void report_wrap (GString *out, const char *lead, const char *text, guint width, gboolean ascii);

/* report-chart.c */
void report_chart_run (const VervetRunReport *run, double level, guint width, gboolean color, gboolean ascii,
                       GString *out);
void report_chart_runs (const VervetReport *report, guint width, gboolean color, gboolean ascii, GString *out);

#endif
