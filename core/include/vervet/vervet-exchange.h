/* vervet-exchange.h - other tools' files in and out.
 * Every file is read twice, first to be checked: after an INPUT error "FILE:LINE: ..." nothing has been imported. An
 * import that is cut off later (a full disk, a kill) is completed by the same import again. */
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
typedef struct {
  gint64 runs, problems, samples, verdicts;
} VervetExchangeStats;
/* Adds the runs of @files (NULL-terminated) to @to (made if need be). The same content again adds nothing, under
 * whatever file name. @stats: what is new in @to. */
gboolean vervet_import (const char *format, const char *const *files, const char *to, VervetExchangeStats *stats,
                        GError **error);
/* @run: NULL for all runs. @stats: what was written. */
gboolean vervet_export (const char *format, VervetStore *store, const char *run, GOutputStream *out,
                        VervetExchangeStats *stats, GError **error);

G_END_DECLS

#endif
