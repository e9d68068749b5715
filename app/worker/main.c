/* vervet-worker: one mode a start, each with one argument. */
#include "worker.h"

#include "run/worker.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The socket is inherited by number; plugins have nothing to say on the standard streams, which lead nowhere. */
static int
serve (const char *argument, int answer)
{
  const int fd = atoi (argument);

  (void)answer;
  /* What a verifier starts must not hold the socket on which verdicts go out. */
  fcntl (fd, F_SETFD, FD_CLOEXEC);
  return vervet_worker_serve (fd);
}

static const struct {
  const char *name, *argument;
  int (*run) (const char *argument, int answer);
} modes[] = {
  { "--scan", "FILE", worker_scan },
  { "--check-load", "FILE", worker_check_load },
  { "--serve", "FD", serve },
};

static int
usage (void)
{
  fputs ("vervet-worker is started by vervet. Its modes:\n", stderr);
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    fprintf (stderr, "  vervet-worker %s %s\n", modes[i].name, modes[i].argument);
  return 1;
}

/* Plugin code may print: it writes to nowhere, and the answer to a descriptor it does not know. */
static int
keep_output_aside (void)
{
  int answer = fcntl (STDOUT_FILENO, F_DUPFD_CLOEXEC, 64), nowhere = open ("/dev/null", O_RDWR | O_CLOEXEC);

  if (answer < 0 || nowhere < 0 || dup2 (nowhere, STDIN_FILENO) < 0 || dup2 (nowhere, STDOUT_FILENO) < 0) {
    perror ("vervet-worker: standard output");
    exit (2);
  }
  close (nowhere);
  return answer;
}

int
main (int argc, char **argv)
{
  for (guint i = 0; argc == 3 && i < G_N_ELEMENTS (modes); i++)
    if (g_str_equal (argv[1], modes[i].name))
      return modes[i].run (argv[2], keep_output_aside ());
  return usage ();
}
