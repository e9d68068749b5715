/* progress.h - what a person sees while a run goes on: one line that is rewritten on a terminal, a plain line now and
 * then elsewhere. Standard error, so that data on standard output stays clean. */
#ifndef VERVET_APP_PROGRESS_H
#define VERVET_APP_PROGRESS_H

#include <vervet.h>

typedef struct _Progress Progress;

Progress *progress_new (const char *name, gboolean is_quiet);
void progress_show (Progress *progress, const VervetProgress *now);
void progress_free (Progress *progress); /* clears the line */

/* Exactly what a line says, for tests: no line end. (transfer full) */
char *progress_line (const char *name, const VervetProgress *now, guint width);
char *progress_count (gint64 n);      /* 1,234,567 */
char *progress_time (double seconds); /* 1:23, 2:03:04 */

#endif
