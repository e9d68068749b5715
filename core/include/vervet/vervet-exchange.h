/* vervet-exchange.h - other tools' files in and out.
 * Errors: INPUT with "FILE:LINE: ..." for a bad record; nothing is imported then (one transaction a run). */
#ifndef VERVET_EXCHANGE_H
#define VERVET_EXCHANGE_H

#include "vervet-json.h"
#include "vervet-store.h"

G_BEGIN_DECLS

typedef struct {
  const char *id, *title, *summary; /* "counts", "gsm8k-solutions", "human-eval" ... */
  gboolean can_import, can_export;
} VervetFormat;

const VervetFormat *vervet_formats (guint *n);
typedef struct { gint64 runs, problems, samples, verdicts; } VervetExchangeStats;
/* Adds the runs of @files to @to (made if need be). The same files again add nothing. */
gboolean vervet_import (const char *format, const char *const *files, const char *to, VervetExchangeStats *stats, GError **error);
/* @out: a path, or NULL for standard output's stream @stream. @run: NULL for all runs. */
gboolean vervet_export (const char *format, VervetStore *store, const char *run, GOutputStream *out, VervetExchangeStats *stats,
                        GError **error);

G_END_DECLS

#endif
