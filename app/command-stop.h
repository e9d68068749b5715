/* command-stop.h - ^C and SIGTERM, counted. */
#ifndef VERVET_APP_COMMAND_STOP_H
#define VERVET_APP_COMMAND_STOP_H

#include <glib.h>

void command_stop_install (void);
int command_stop_count (void);        /* signals so far */
gboolean command_stop_by_term (void); /* one of them was SIGTERM */

#endif
