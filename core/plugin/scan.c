#include "scan.h"

#include "describe.h"

#include "util/paths.h"

#include <vervet-error.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
  LIMIT_S = 5,
  MAX_CHILDREN = 8,
  MAX_ANSWER = 4 << 20,
  REAP_MS = 5,   /* how often a child is looked after whose pipe has ended */
  LOOK_MS = 100, /* and one whose pipe is open: something it started may hold the other end */
  SOON_S = 60,   /* something missing on the machine may have come */
  HANG_S = 3600, /* a hang may have been the machine's load, but each look costs five seconds */
};

typedef struct {
  guint index; /* of the file */
  pid_t pid;
  int fd; /* -1: at its end */
  GString *text;
  gint64 deadline;
  gboolean is_late, is_long;
} Child;

extern char **environ;

void
vervet_scan_result_free (VervetScanResult *result)
{
  if (!result)
    return;
  vervet_json_free (result->json);
  g_free (result->reason);
  g_free (result);
}

/* ---- Starting and ending children ---- */

/* A group of its own, so that what a plugin starts can be ended with it; default signals, quiet but for the answer. */
static int
spawn_worker (const char *worker, const char *file, int out, pid_t *pid)
{
  char *argv[] = { (char *)worker, (char *)"--scan", (char *)file, NULL };
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attr;
  sigset_t all, none;
  int rc;

  sigfillset (&all);
  sigemptyset (&none);
  posix_spawnattr_init (&attr);
  posix_spawnattr_setflags (&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setpgroup (&attr, 0);
  posix_spawnattr_setsigdefault (&attr, &all);
  posix_spawnattr_setsigmask (&attr, &none);
  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_addopen (&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2 (&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_addopen (&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  rc = posix_spawn (pid, worker, &actions, &attr, argv, environ);
  posix_spawn_file_actions_destroy (&actions);
  posix_spawnattr_destroy (&attr);
  return rc;
}

static gboolean
child_start (Child *child, const char *worker, const char *file, guint index, GError **error)
{
  int fds[2], rc;

  if (pipe2 (fds, O_CLOEXEC) != 0 || fcntl (fds[0], F_SETFL, O_NONBLOCK) != 0) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT, "plugins cannot be scanned: %s", g_strerror (errno));
    return FALSE;
  }
  rc = spawn_worker (worker, file, fds[1], &child->pid);
  close (fds[1]);
  if (rc != 0) {
    close (fds[0]);
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT,
                 "%s cannot be started: %s; install Vervet again, or name the program in VERVET_WORKER", worker,
                 g_strerror (rc));
    return FALSE;
  }
  child->index = index;
  child->fd = fds[0];
  child->text = g_string_new (NULL);
  child->deadline = g_get_monotonic_time () + LIMIT_S * G_TIME_SPAN_SECOND;
  return TRUE;
}

static void
child_kill (Child *child)
{
  kill (-child->pid, SIGKILL);
  kill (child->pid, SIGKILL);
}

static void
child_close (Child *child)
{
  if (child->fd >= 0)
    close (child->fd);
  child->fd = -1;
}

/* Reads what is there. */
static void
child_read (Child *child)
{
  char buffer[16384];
  gssize n;

  while (child->fd >= 0) {
    n = read (child->fd, buffer, sizeof buffer);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
      return;
    if (n <= 0) {
      child_close (child);
    } else if (child->text->len + (gsize)n > MAX_ANSWER) {
      child->is_long = TRUE;
      child_kill (child);
      child_close (child);
    } else {
      g_string_append_len (child->text, buffer, n);
    }
  }
}

/* ---- What came of it ---- */

static const char *
stage_of (const Child *child)
{
  return vervet_stage_name ((VervetStage)strspn (child->text->str, "\n"));
}

static VervetScanResult *
failure (char *reason, gint64 lasts_s)
{
  VervetScanResult *result = g_new0 (VervetScanResult, 1);

  result->reason = reason;
  result->lasts_s = lasts_s;
  return result;
}

/* There is no answer: why? */
static VervetScanResult *
result_of_silence (const Child *child, int status, const GError *fault)
{
  if (child->is_late)
    return failure (g_strdup_printf ("it hung %s: no answer within %d seconds", stage_of (child), LIMIT_S), HANG_S);
  if (child->is_long)
    return failure (g_strdup ("it describes itself in more than 4 MiB"), 0);
  if (WIFSIGNALED (status)) {
    const char *name = sigabbrev_np (WTERMSIG (status));
    gboolean from_outside = WTERMSIG (status) == SIGKILL || WTERMSIG (status) == SIGTERM;

    return failure (g_strdup_printf ("it crashed %s (SIG%s)", stage_of (child), name ? name : "?"),
                    from_outside ? SOON_S : 0);
  }
  if (strspn (child->text->str, "\n") == child->text->len)
    return failure (
        g_strdup_printf ("it ended the process %s (exit status %d)", stage_of (child), WEXITSTATUS (status)), 0);
  return failure (g_strdup_printf ("its description cannot be read: %s", fault->message), 0);
}

static gboolean
any_unavailable (const VervetJson *json)
{
  const VervetJson *components = vervet_json_get (json, "components");

  for (guint i = 0; i < vervet_json_length (components); i++) {
    const VervetJson *available = vervet_json_get (vervet_json_at (components, i), "available");

    if (available && available->type == VERVET_JSON_FALSE)
      return TRUE;
  }
  return FALSE;
}

static VervetScanResult *
result_of (const Child *child, int status)
{
  g_autoptr (GError) fault = NULL;
  g_autoptr (VervetJson) json =
      vervet_json_parse (child->text->str, (gssize)child->text->len, "answer", VERVET_JSON_STRICT, &fault);
  const VervetJson *passing = vervet_json_get (json, "passing");
  VervetScanResult *result;

  if (!json)
    return result_of_silence (child, status, fault);
  if (vervet_json_get_string (json, "error", NULL))
    return failure (g_strdup (vervet_json_get_string (json, "error", NULL)),
                    passing && passing->type == VERVET_JSON_TRUE ? SOON_S : 0);
  result = g_new0 (VervetScanResult, 1);
  result->lasts_s = any_unavailable (json) ? SOON_S : 0;
  result->json = g_steal_pointer (&json);
  return result;
}

/* Nothing at all was written: the worker never reached its first line. */
static gboolean
worker_is_broken (const Child *child)
{
  return child->text->len == 0 && !child->is_late;
}

/* ---- The loop ---- */

typedef struct {
  const char *worker;
  const GPtrArray *files;
  GPtrArray *results;
  Child children[MAX_CHILDREN];
  guint n_children, next, max_children;
} Scan;

static void
scan_end_child (Scan *scan, guint i, int status)
{
  Child *child = &scan->children[i];

  child_close (child);
  scan->results->pdata[child->index] = result_of (child, status);
  g_string_free (child->text, TRUE);
  scan->children[i] = scan->children[--scan->n_children];
}

/* Kills what is over time; collects what has ended. FALSE when the worker is of no use. */
static gboolean
scan_reap (Scan *scan, GError **error)
{
  gint64 now = g_get_monotonic_time ();

  for (guint i = scan->n_children; i-- > 0;) {
    Child *child = &scan->children[i];
    int status = 0;
    pid_t ended;

    if (now >= child->deadline && !child->is_late) {
      child->is_late = TRUE;
      child_kill (child);
      child_close (child);
    }
    ended = waitpid (child->pid, &status, WNOHANG);
    if (ended == 0)
      continue;
    child_read (child);
    kill (-child->pid, SIGKILL); /* what it may have left running */
    if (worker_is_broken (child)) {
      g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT,
                   "%s does not run; start it by hand to see why, and install Vervet again", scan->worker);
      scan_end_child (scan, i, status);
      return FALSE;
    }
    scan_end_child (scan, i, status);
  }
  return TRUE;
}

static void
scan_poll (Scan *scan)
{
  struct pollfd fds[MAX_CHILDREN];
  gint64 now = g_get_monotonic_time (), wait_us = LOOK_MS * 1000;

  for (guint i = 0; i < scan->n_children; i++) {
    const Child *child = &scan->children[i];

    fds[i] = (struct pollfd){ .fd = child->fd, .events = POLLIN };
    wait_us = MIN (wait_us, child->fd >= 0 ? MAX (child->deadline - now, 0) : REAP_MS * 1000);
  }
  if (poll (fds, scan->n_children, (int)(wait_us / 1000 + 1)) <= 0)
    return;
  for (guint i = 0; i < scan->n_children; i++)
    if (fds[i].revents)
      child_read (&scan->children[i]);
}

static gboolean
scan_run (Scan *scan, GError **error)
{
  while (scan->next < scan->files->len || scan->n_children > 0) {
    while (scan->next < scan->files->len && scan->n_children < scan->max_children) {
      Child child = { 0 };

      if (!child_start (&child, scan->worker, g_ptr_array_index (scan->files, scan->next), scan->next, error))
        return FALSE;
      scan->next++;
      scan->children[scan->n_children++] = child;
    }
    scan_poll (scan);
    if (!scan_reap (scan, error))
      return FALSE;
  }
  return TRUE;
}

static void
scan_abandon (Scan *scan)
{
  while (scan->n_children > 0) {
    int status = 0;

    child_kill (&scan->children[0]);
    waitpid (scan->children[0].pid, &status, 0);
    scan_end_child (scan, 0, status);
  }
}

GPtrArray *
vervet_scan_files (const GPtrArray *files, GError **error)
{
  g_autofree char *worker = vervet_path_worker ();
  Scan scan = { .worker = worker,
                .files = files,
                .results = g_ptr_array_new_with_free_func ((GDestroyNotify)vervet_scan_result_free),
                .max_children = CLAMP (g_get_num_processors (), 2, MAX_CHILDREN) };

  g_ptr_array_set_size (scan.results, (int)files->len);
  if (scan_run (&scan, error))
    return scan.results;
  scan_abandon (&scan);
  g_ptr_array_unref (scan.results);
  return NULL;
}
