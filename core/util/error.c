/* error.c - the error domain and the exit status that follows from an error. */
#include <gio/gio.h>

#include "vervet-error.h"

G_DEFINE_QUARK (vervet - error - quark, vervet_error)

static int
own_status (int code)
{
  switch (code) {
  case VERVET_ERROR_INPUT:
    return 1;
  case VERVET_ERROR_INCOMPLETE:
    return 3;
  case VERVET_ERROR_INTERRUPTED:
    return 130;
  default:
    return 2;
  }
}

int
vervet_error_exit_status (const GError *error)
{
  if (!error)
    return 0;
  if (error->domain == VERVET_ERROR)
    return own_status (error->code);
  if (error->domain == G_OPTION_ERROR || g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    return 1;
  return 2;
}
