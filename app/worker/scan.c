/* --scan FILE and --check-load FILE: what a plugin says of itself, as one JSON object. */
#include "worker.h"

#include "plugin/describe.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <signal.h>
#include <unistd.h>

static void
write_all (int fd, const char *text, gsize len)
{
  while (len > 0) {
    gssize n = write (fd, text, len);

    if (n < 0 && errno != EINTR)
      return; /* the reader has gone, and so has the reason to be here */
    if (n > 0) {
      text += n;
      len -= (gsize)n;
    }
  }
}

static void
next_stage (gpointer data)
{
  write_all (GPOINTER_TO_INT (data), "\n", 1);
}

/* A crash is expected here: no core file for it. No orphan when the program that asked has ended, and the first choice
 * of the kernel where the plugin takes all memory. */
static void
prepare (void)
{
  const struct rlimit none = { 0, 0 };
  int oom;

  setrlimit (RLIMIT_CORE, &none);
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  oom = open ("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (oom >= 0) {
    write_all (oom, "1000", 4);
    close (oom);
  }
}

/* Ends without running the destructors and exit handlers that the plugin may have left. */
static G_NORETURN void
describe (const char *file, gboolean check_create, int answer)
{
  g_autofree char *path = g_canonicalize_filename (file, NULL);
  VervetJson *json;
  char *text;

  prepare ();
  json = vervet_describe_file (path, check_create, next_stage, GINT_TO_POINTER (answer));
  text = vervet_json_to_string (json, 0);
  write_all (answer, text, strlen (text));
  write_all (answer, "\n", 1);
  _exit (vervet_json_get (json, "error") ? 1 : 0);
}

int
worker_scan (const char *file, int answer)
{
  describe (file, FALSE, answer);
}

int
worker_check_load (const char *file, int answer)
{
  describe (file, TRUE, answer);
}
