/* exchange-private.h - what the formats share: a sink that takes what a file holds, and an outlet for what is written.
 *
 * A format's reader goes over its file twice. The first time the sink only looks: names, problems, repeated samples,
 * the identity of each run. When every file has passed, the store is opened and the second reading pushes the rows. So
 * a broken line imports nothing, texts are never kept in memory, and a pool of any size can be imported. */
#ifndef VERVET_EXCHANGE_PRIVATE_H
#define VERVET_EXCHANGE_PRIVATE_H

#include "vervet-exchange.h"

G_BEGIN_DECLS

/* ---- Import: the sink -------------------------------------------------------------------------------------------- */
typedef struct _VervetSink VervetSink;
typedef struct _VervetSinkRun VervetSinkRun;
typedef struct _VervetSinkProblem VervetSinkProblem;
typedef struct _VervetSinkCheck VervetSinkCheck;

/* @format: its id. @named: the name of a run is in the file, and so belongs to the run's identity. */
VervetSink *vervet_sink_new (const char *format, gboolean named);
void vervet_sink_free (VervetSink *sink);
void vervet_sink_begin_file (VervetSink *sink, const char *file);
/* Between the two readings: opens @to and adds runs, problems and checks. */
gboolean vervet_sink_open (VervetSink *sink, const char *to, GError **error);
/* After the second: everything is durable, and @stats says what is new. */
gboolean vervet_sink_close (VervetSink *sink, VervetExchangeStats *stats, GError **error);

/* Each finds what it names or, in the first reading, makes it from a copy of @row. Errors have no place in front: the
 * reader knows the line. The facts of the first call count: name, spec (NULL: made from the format), arm, seed,
 * one_call, stopping, oracle, counts_only. */
VervetSinkRun *vervet_sink_run (VervetSink *sink, const VervetRunRow *row, GError **error);
/* @row: benchmark, key, group, fields, reference, prompt, planned. Without fields the key stands for the item. */
VervetSinkProblem *vervet_sink_problem (VervetSink *sink, VervetSinkRun *run, const VervetProblemRow *row,
                                        GError **error);
VervetSinkProblem *vervet_sink_find_problem (VervetSinkRun *run, const char *benchmark, const char *key);
guint vervet_sink_next_trial (VervetSinkProblem *problem); /* 0, 1, ... in each reading */
VervetSinkCheck *vervet_sink_check (VervetSink *sink, const VervetCheckRow *row, GError **error);
/* The check that holds labels which came with the data. */
VervetSinkCheck *vervet_sink_published (VervetSink *sink, GError **error);

void vervet_sink_blank_sample (VervetSampleRow *row); /* every field "not known", trial and ord 0, an answer */
gboolean vervet_sink_sample (VervetSink *sink, VervetSinkProblem *problem, VervetSampleRow *row, GError **error);
/* Of the sample just given. @row: status, score, answer, reason, detail, took_us. */
gboolean vervet_sink_verdict (VervetSink *sink, VervetSinkCheck *check, const VervetVerdictRow *row, GError **error);
gboolean vervet_sink_counts (VervetSink *sink, VervetSinkProblem *problem, VervetSinkCheck *check, gint64 samples,
                             gint64 correct, GError **error);

/* ---- Import: records of JSON Lines ------------------------------------------------------------------------------- */
/* Calls @each for every record, an object. */
typedef gboolean (*VervetRecordFunc) (const VervetJson *record, const char *file, gpointer user_data, GError **error);
gboolean vervet_records_read (const char *file, VervetRecordFunc each, gpointer user_data, GError **error);
/* INPUT "FILE:LINE: ..." with the line of @at. Always FALSE. */
gboolean vervet_record_fault (const VervetJson *at, const char *file, GError **error, const char *format, ...)
    G_GNUC_PRINTF (4, 5);
/* A member that must be there and be a string. */
const VervetJson *vervet_record_string (const VervetJson *record, const char *key, const char *file, GError **error);
/* Puts the line of @at in front of an error of the sink. Always FALSE. */
gboolean vervet_record_prefix (const VervetJson *at, const char *file, GError **error);

/* ---- Export: the outlet ------------------------------------------------------------------------------------------ */
typedef struct {
  GOutputStream *stream;
  GString *text; /* what is not written yet; formats append to it */
  VervetExchangeStats *stats;
} VervetOutlet;

gboolean vervet_outlet_drain (VervetOutlet *outlet, gboolean all, GError **error); /* when it has grown, or all of it */

/* Each sample of a member in order of (trial, ord), with its verdicts under @checks (ids; n_checks may be 0). */
typedef gboolean (*VervetSampleFunc) (const VervetSampleView *views, const char *text, gsize len, gpointer user_data,
                                      GError **error); /* views[i]: under checks[i]; at least one. text NULL: none */
gboolean vervet_each_sample (VervetStore *store, gint64 member_id, const gint64 *checks, guint n_checks,
                             VervetSampleFunc each, gpointer user_data, GError **error);

/* ---- Words ------------------------------------------------------------------------------------------------------- */
typedef enum { VERVET_WORDS_SAMPLE, VERVET_WORDS_FINISH, VERVET_WORDS_VERDICT } VervetWords;
const char *vervet_word (VervetWords words, int code); /* NULL: none */
gboolean vervet_word_code (VervetWords words, const char *word, int *code);

/* ---- The formats ------------------------------------------------------------------------------------------------- */
typedef struct {
  VervetFormat format;
  gboolean named; /* see vervet_sink_new() */
  gboolean (*read) (const char *file, VervetSink *sink, GError **error);
  gboolean (*write) (VervetStore *store, const VervetRunRow *run, VervetOutlet *outlet, GError **error);
  gboolean one_run; /* a file holds one run only */
} VervetFormatCode;

extern const VervetFormatCode vervet_format_counts, vervet_format_gsm8k_solutions, vervet_format_human_eval,
    vervet_format_samples;

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VervetSink, vervet_sink_free)

G_END_DECLS

#endif
