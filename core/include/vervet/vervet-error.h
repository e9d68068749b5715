/* vervet-error.h - the one error domain of libvervet.
 *
 * Every failing call of the library fills a GError of this domain (or of GLib's own file and option domains). The
 * message is one sentence for a person: what is wrong, where (file, line, column, key, row), and what to do about it.
 * The code decides the exit status of a program; it follows the four classes a script must tell apart. */
#ifndef VERVET_ERROR_H
#define VERVET_ERROR_H

#include <glib.h>

G_BEGIN_DECLS

#define VERVET_ERROR (vervet_error_quark ())

typedef enum {
  VERVET_ERROR_INPUT,       /* usage or bad input: exit status 1 */
  VERVET_ERROR_ENVIRONMENT, /* network, disk, a missing part, another process has the file: exit status 2 */
  VERVET_ERROR_INCOMPLETE,  /* done, but some attempts have no sample or no verdict: exit status 3 */
  VERVET_ERROR_INTERRUPTED, /* stopped by the user, resumable: exit status 130 */
  VERVET_ERROR_INTERNAL,    /* a broken promise inside the library or a plugin: exit status 2 */
} VervetErrorCode;

GQuark vervet_error_quark (void);

/* The exit status that design and manual promise for @error: 0 when it is NULL. Errors of other domains (files,
 * decoding) count as environment, except a file that is not there (G_FILE_ERROR_NOENT, G_IO_ERROR_NOT_FOUND) and
 * G_OPTION_ERROR, which are the user's: 1. */
int vervet_error_exit_status (const GError *error);

G_END_DECLS

#endif
