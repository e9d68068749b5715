#include "command-stop.h"

#include <signal.h>
#include <unistd.h>

/* A signal handler can reach nothing else; the counters are the program's, not the library's. */
static volatile sig_atomic_t n_stops, is_term;

static void
on_signal (int number)
{
  static const char again[] = "\nstopping: what is in flight finishes; ^C again cancels it\n",
                    cancel[] = "\ncancelling; ^C again leaves at once\n";

  n_stops++;
  if (number == SIGTERM)
    is_term = 1;
  else if (n_stops == 1 ? write (STDERR_FILENO, again, sizeof again - 1) < 0
                        : n_stops == 2 && write (STDERR_FILENO, cancel, sizeof cancel - 1) < 0)
    is_term = is_term; /* nobody is listening */
  if (n_stops >= 3)
    _exit (130);
}

void
command_stop_install (void)
{
  struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

  sigemptyset (&action.sa_mask);
  sigaction (SIGINT, &action, NULL);
  sigaction (SIGTERM, &action, NULL);
}

int
command_stop_count (void)
{
  return n_stops;
}

gboolean
command_stop_by_term (void)
{
  return is_term != 0;
}
