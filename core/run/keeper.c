#include "run/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run/worker.h"
#include "util/paths.h"
#include "vervet-error.h"

enum { IN_FLIGHT = 2 * VERVET_FRAME_TEXTS, KNOWN_PROBLEMS = 2048, START_MS = 20000, BYTES_IN_FLIGHT = 4 << 20 };

typedef struct {
  guint64 tag, id;
  const VervetKeptProblem *problem;
  guint slot, tries;
  gboolean is_suspect; /* its worker died with others in flight: asked again alone */
  gsize len;
  char text[];
} Item;

typedef struct {
  int fd; /* -1: not running */
  pid_t pid;
  guint ready;      /* slots opened so far */
  gint64 since_us;  /* last sign of life while something is in flight */
  GQueue in_flight; /* Item, in the order sent */
  gsize bytes;
  GByteArray *out, *in;
  gsize out_done;
  GHashTable *known; /* uids of problems it was told of */
} Worker;

struct _VervetKeeper {
  VervetJudgedFunc judged;
  gpointer user;
  gint64 timeout_us;
  guint n_workers;
  Worker *workers;
  GPtrArray *ids, *options, *files; /* by slot: component id, its options as JSON, its plugin's file */
  GQueue queue;                     /* Item, of the thread */
  guint64 next_id;
  guint deaths;       /* in a row, without an answer between them */
  guint start_deaths; /* in a row, before every slot was open */
  GThread *thread;
  int wake_fd;
  GMutex lock; /* guards what follows */
  GQueue incoming;
  gboolean is_stopping;
  gint pending; /* atomic */
};

VervetKeptProblem *
vervet_kept_problem_new (const vv_problem *problem, gboolean with_reference)
{
  VervetKeptProblem *self = g_new0 (VervetKeptProblem, 1);

  self->uid = problem->uid;
  self->bytes = g_byte_array_new ();
  vervet_wire_problem (self->bytes, problem, with_reference);
  return self;
}

void
vervet_kept_problem_free (VervetKeptProblem *problem)
{
  if (!problem)
    return;
  g_byte_array_unref (problem->bytes);
  g_free (problem);
}

void
vervet_judged_free (VervetJudged *judged)
{
  vervet_arena_clear (&judged->arena);
  g_free (judged);
}

/* ---- Starting and ending workers ---- */
/* Workers run plugins on hostile text: they get no keys, and the very plugin files that were chosen here come first. */
static char **
worker_environment (VervetKeeper *self)
{
  static const char *const secret[] = { "API_KEY", "TOKEN", "SECRET", "PASSWORD", "CREDENTIAL" };
  char **env = g_get_environ ();
  g_autoptr (GPtrArray) kept = g_ptr_array_new ();
  g_autoptr (GString) path = g_string_new (NULL);
  const char *old = g_environ_getenv (env, "VERVET_PLUGIN_PATH");

  for (guint i = 0; i < self->files->len; i++)
    g_string_append_printf (path, "%s%s", path->len > 0 ? ":" : "", (char *)g_ptr_array_index (self->files, i));
  if (old && *old)
    g_string_append_printf (path, ":%s", old);
  for (char **at = env; *at; at++) {
    gboolean is_secret = FALSE;

    for (gsize i = 0; i < G_N_ELEMENTS (secret); i++) {
      const char *hit = strstr (*at, secret[i]);

      is_secret = is_secret || (hit && hit < strchr (*at, '='));
    }
    if (is_secret || g_str_has_prefix (*at, "VERVET_PLUGIN_PATH="))
      g_free (*at);
    else
      g_ptr_array_add (kept, *at);
  }
  g_free (env);
  g_ptr_array_add (kept, g_strconcat ("VERVET_PLUGIN_PATH=", path->str, NULL));
  g_ptr_array_add (kept, NULL);
  return (char **)g_ptr_array_free (g_steal_pointer (&kept), FALSE);
}

static gboolean
spawn (VervetKeeper *self, Worker *worker, GError **error)
{
  g_autofree char *program = vervet_path_worker ();
  g_auto (GStrv) env = worker_environment (self);
  char *argv[] = { program, (char *)"--serve", (char *)"3", NULL };
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  int pair[2], status;

  if (!program) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT,
                 "vervet-worker is not installed; set VERVET_WORKER to its path");
    return FALSE;
  }
  if (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT, "no socket for a worker: %s", g_strerror (errno));
    return FALSE;
  }
  if (pair[1] == 3) { /* dup2 onto itself would keep close-on-exec */
    int moved = fcntl (pair[1], F_DUPFD_CLOEXEC, 4);

    close (pair[1]);
    pair[1] = moved;
  }
  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_adddup2 (&actions, pair[1], 3);
  posix_spawn_file_actions_addopen (&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen (&actions, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen (&actions, 2, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_init (&attributes);
  posix_spawnattr_setflags (&attributes, POSIX_SPAWN_SETPGROUP); /* a terminal's ^C does not reach them */
  posix_spawnattr_setpgroup (&attributes, 0);
  status = posix_spawn (&worker->pid, program, &actions, &attributes, argv, env);
  posix_spawnattr_destroy (&attributes);
  posix_spawn_file_actions_destroy (&actions);
  close (pair[1]);
  if (status != 0) {
    close (pair[0]);
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT, "'%s' does not start: %s", program,
                 g_strerror (status));
    return FALSE;
  }
  fcntl (pair[0], F_SETFL, O_NONBLOCK);
  worker->fd = pair[0];
  worker->ready = 0;
  worker->out_done = 0;
  g_byte_array_set_size (worker->out, 0);
  g_byte_array_set_size (worker->in, 0);
  g_hash_table_remove_all (worker->known);
  for (guint i = 0; i < self->ids->len; i++) {
    gsize at = vervet_frame_begin (worker->out, VERVET_FRAME_OPEN, i);

    vervet_wire_text (worker->out, g_ptr_array_index (self->ids, i));
    vervet_wire_text (worker->out, g_ptr_array_index (self->options, i));
    vervet_frame_end (worker->out, at);
  }
  worker->since_us = g_get_monotonic_time ();
  return TRUE;
}

static void
answer_error (VervetKeeper *self, Item *item, const char *reason, const char *message)
{
  VervetJudged *judged = g_new0 (VervetJudged, 1);

  judged->tag = item->tag;
  judged->status = strcmp (reason, "timeout") == 0 ? VV_E_TIMEOUT : VV_E_FAILED;
  judged->reason = reason;
  judged->verdict.score = NAN;
  g_strlcpy (judged->message, message, sizeof judged->message);
  g_free (item);
  g_atomic_int_dec_and_test (&self->pending);
  self->judged (self->user, judged);
}

/* Ends a worker. What it had in flight is asked again alone; what was alone and failed twice is answered. */
static void
bury (VervetKeeper *self, Worker *worker, const char *reason)
{
  gboolean was_alone = g_queue_get_length (&worker->in_flight) == 1;
  char message[200];
  int status = 0;
  Item *item;

  close (worker->fd);
  worker->fd = -1;
  kill (worker->pid, SIGKILL);
  while (waitpid (worker->pid, &status, 0) < 0 && errno == EINTR)
    ;
  if (strcmp (reason, "timeout") == 0)
    g_snprintf (message, sizeof message, "no verdict within %.0f s", (double)self->timeout_us / 1e6);
  else if (WIFSIGNALED (status))
    g_snprintf (message, sizeof message, "the verifier's process ended by signal %d (%s)", WTERMSIG (status),
                g_strsignal (WTERMSIG (status)));
  else
    g_snprintf (message, sizeof message, "the verifier's process ended with status %d", WEXITSTATUS (status));
  self->deaths++;
  if (worker->ready < self->ids->len)
    self->start_deaths++;
  while ((item = g_queue_pop_tail (&worker->in_flight))) {
    item->is_suspect = TRUE;
    if (was_alone && ++item->tries >= 2)
      answer_error (self, item, reason, message);
    else
      g_queue_push_head (&self->queue, item);
  }
  worker->bytes = 0;
}

/* ---- Sending ---- */
static void
tell_problem (Worker *worker, const VervetKeptProblem *problem)
{
  gsize at;

  if (g_hash_table_contains (worker->known, &problem->uid))
    return;
  if (g_hash_table_size (worker->known) >= KNOWN_PROBLEMS) {
    vervet_frame_end (worker->out, vervet_frame_begin (worker->out, VERVET_FRAME_FORGET, 0));
    g_hash_table_remove_all (worker->known);
  }
  at = vervet_frame_begin (worker->out, VERVET_FRAME_PROBLEM, 0);
  g_byte_array_append (worker->out, problem->bytes->data, problem->bytes->len);
  vervet_frame_end (worker->out, at);
  g_hash_table_add (worker->known, g_memdup2 (&problem->uid, sizeof problem->uid));
}

static gboolean
may_send (VervetKeeper *self, Worker *worker)
{
  Item *next = g_queue_peek_head (&self->queue), *last = g_queue_peek_head (&worker->in_flight);

  if (!next || worker->ready < self->ids->len || g_queue_get_length (&worker->in_flight) >= IN_FLIGHT
      || worker->bytes > BYTES_IN_FLIGHT)
    return FALSE;
  return !last || !(next->is_suspect || last->is_suspect);
}

static void
send_items (VervetKeeper *self, Worker *worker)
{
  while (may_send (self, worker)) {
    Item *first = g_queue_peek_head (&self->queue), *item = first;
    guint32 n = 0, count;
    gsize at, count_at;

    if (g_queue_is_empty (&worker->in_flight))
      worker->since_us = g_get_monotonic_time ();
    tell_problem (worker, first->problem);
    at = vervet_frame_begin (worker->out, VERVET_FRAME_JUDGE, self->next_id);
    vervet_wire_u32 (worker->out, first->slot);
    vervet_wire_u64 (worker->out, first->problem->uid);
    count_at = worker->out->len;
    vervet_wire_u32 (worker->out, 0);
    do {
      g_queue_pop_head (&self->queue);
      item->id = self->next_id++;
      vervet_wire_bytes (worker->out, item->text, item->len);
      g_queue_push_tail (&worker->in_flight, item);
      worker->bytes += item->len;
      n++;
      item = g_queue_peek_head (&self->queue);
    } while (n < VERVET_FRAME_TEXTS && may_send (self, worker) && item->slot == first->slot
             && item->problem == first->problem);
    count = GUINT32_TO_LE (n);
    memcpy (worker->out->data + count_at, &count, sizeof count);
    vervet_frame_end (worker->out, at);
  }
}

static gboolean
write_out (Worker *worker)
{
  while (worker->out_done < worker->out->len) {
    gssize n =
        send (worker->fd, worker->out->data + worker->out_done, worker->out->len - worker->out_done, MSG_NOSIGNAL);

    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno == EAGAIN)
      return TRUE;
    if (n < 0)
      return FALSE;
    worker->out_done += (gsize)n;
  }
  worker->out_done = 0;
  g_byte_array_set_size (worker->out, 0);
  return TRUE;
}

/* ---- Receiving ---- */
static gboolean
take_verdict (VervetKeeper *self, Worker *worker, guint64 id, VervetWireReader *r)
{
  Item *item = g_queue_peek_head (&worker->in_flight);
  VervetJudged *judged;

  if (!item || item->id != id)
    return FALSE;
  judged = g_new0 (VervetJudged, 1);
  judged->tag = item->tag;
  judged->status = (vv_status)vervet_wire_get_u32 (r);
  judged->took_us = (gint64)vervet_wire_get_u64 (r);
  if (judged->status < 0) {
    const char *message = vervet_wire_get_text (r, &judged->arena);

    judged->reason = "error";
    judged->verdict.score = NAN;
    g_strlcpy (judged->message, message && *message ? message : "the verifier failed and said nothing",
               sizeof judged->message);
  } else {
    vervet_wire_get_verdict (r, &judged->arena, &judged->verdict);
  }
  if (r->bad) {
    vervet_judged_free (judged);
    return FALSE;
  }
  g_queue_pop_head (&worker->in_flight);
  worker->bytes -= item->len;
  g_free (item);
  self->deaths = self->start_deaths = 0;
  g_atomic_int_dec_and_test (&self->pending);
  self->judged (self->user, judged);
  return TRUE;
}

static gboolean
take_ready (Worker *worker, VervetWireReader *r, GError **error)
{
  VervetArena arena = { NULL };
  vv_status status = (vv_status)vervet_wire_get_u32 (r);
  const char *message = vervet_wire_get_text (r, &arena);

  worker->ready++;
  if (status < 0)
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT, "%s", message ? message : "a verifier does not start");
  vervet_arena_clear (&arena);
  return status >= 0;
}

/* FALSE when the worker is to be buried. */
static gboolean
read_in (VervetKeeper *self, Worker *worker, GError **error)
{
  enum { PIECE = 65536 };
  gsize done = 0, old = worker->in->len;
  gssize n;

  g_byte_array_set_size (worker->in, (guint)old + PIECE);
  n = read (worker->fd, worker->in->data + old, PIECE);
  g_byte_array_set_size (worker->in, (guint)(old + (gsize)MAX (n, 0)));
  if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
    return FALSE;
  worker->since_us = g_get_monotonic_time ();
  while (worker->in->len - done >= VERVET_FRAME_HEADER) {
    VervetWireReader head = vervet_wire_reader (worker->in->data + done, VERVET_FRAME_HEADER), body;
    guint32 len = vervet_wire_get_u32 (&head), type = vervet_wire_get_u32 (&head);
    guint64 id = vervet_wire_get_u64 (&head);

    if (len < 12 || len > VERVET_FRAME_MAX)
      return FALSE;
    if (worker->in->len - done < 4 + (gsize)len)
      break;
    body = vervet_wire_reader (worker->in->data + done + VERVET_FRAME_HEADER, len - 12);
    if (type == VERVET_FRAME_READY ? !take_ready (worker, &body, error) : !take_verdict (self, worker, id, &body))
      return FALSE;
    done += 4 + (gsize)len;
  }
  g_byte_array_remove_range (worker->in, 0, (guint)done);
  return TRUE;
}

/* ---- The thread ---- */
static void
give_up (VervetKeeper *self, const char *why)
{
  Item *item;

  while ((item = g_queue_pop_head (&self->queue)))
    answer_error (self, item, "error", why);
}

static gboolean
take_incoming (VervetKeeper *self)
{
  gboolean is_stopping;
  GQueue taken;

  g_mutex_lock (&self->lock);
  taken = self->incoming;
  g_queue_init (&self->incoming);
  is_stopping = self->is_stopping;
  g_mutex_unlock (&self->lock);
  while (!g_queue_is_empty (&taken))
    g_queue_push_tail_link (&self->queue, g_queue_pop_head_link (&taken));
  return !is_stopping;
}

static void
feed (VervetKeeper *self)
{
  for (guint i = 0; i < self->n_workers; i++) {
    Worker *worker = &self->workers[i];
    g_autoptr (GError) error = NULL;

    /* A worker is started when there is more than the running ones take, and again after a death. */
    if (worker->fd < 0 && !g_queue_is_empty (&self->queue)) {
      if (self->start_deaths > 4
          || (self->deaths > 2 * self->n_workers + 8 && !((Item *)g_queue_peek_head (&self->queue))->is_suspect))
        give_up (self, "the verifier's processes keep dying");
      else if (!spawn (self, worker, &error))
        give_up (self, error->message);
    }
    if (worker->fd < 0)
      continue;
    send_items (self, worker);
    if (!write_out (worker))
      bury (self, worker, "crash");
  }
}

static void
check_deadlines (VervetKeeper *self)
{
  gint64 now = g_get_monotonic_time ();

  for (guint i = 0; i < self->n_workers; i++) {
    Worker *worker = &self->workers[i];

    if (worker->fd < 0)
      continue;
    if (!g_queue_is_empty (&worker->in_flight) && now - worker->since_us > self->timeout_us)
      bury (self, worker, "timeout");
    else if (worker->ready < self->ids->len && now - worker->since_us > START_MS * (gint64)1000)
      bury (self, worker, "timeout");
  }
}

static void
wait_for_something (VervetKeeper *self)
{
  g_autofree struct pollfd *fds = g_new0 (struct pollfd, self->n_workers + 1);
  int wait_ms = (int)CLAMP (self->timeout_us / 4000, 10, 250);

  fds[0] = (struct pollfd){ .fd = self->wake_fd, .events = POLLIN };
  for (guint i = 0; i < self->n_workers; i++) {
    const Worker *worker = &self->workers[i];

    fds[i + 1] = (struct pollfd){ .fd = worker->fd,
                                  .events = (short)(POLLIN | (worker->out->len > worker->out_done ? POLLOUT : 0)) };
  }
  poll (fds, self->n_workers + 1, wait_ms);
  if (fds[0].revents) {
    guint64 count;

    if (read (self->wake_fd, &count, sizeof count) < 0)
      return;
  }
  for (guint i = 0; i < self->n_workers; i++) {
    g_autoptr (GError) error = NULL;

    if ((fds[i + 1].revents & (POLLIN | POLLHUP | POLLERR)) && !read_in (self, &self->workers[i], &error)) {
      bury (self, &self->workers[i], "crash");
      if (error)
        give_up (self, error->message);
    }
  }
}

static gpointer
keeper_thread (gpointer data)
{
  VervetKeeper *self = data;

  while (take_incoming (self)) {
    feed (self);
    wait_for_something (self);
    check_deadlines (self);
  }
  return NULL;
}

/* ---- Public ---- */
VervetKeeper *
vervet_keeper_new (guint n_workers, guint64 timeout_ms, VervetJudgedFunc judged, gpointer user)
{
  VervetKeeper *self = g_new0 (VervetKeeper, 1);

  self->judged = judged;
  self->user = user;
  self->timeout_us = (gint64)timeout_ms * 1000;
  self->n_workers = MAX (n_workers, 1);
  self->workers = g_new0 (Worker, self->n_workers);
  for (guint i = 0; i < self->n_workers; i++) {
    self->workers[i].fd = -1;
    self->workers[i].out = g_byte_array_new ();
    self->workers[i].in = g_byte_array_new ();
    self->workers[i].known = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  }
  self->ids = g_ptr_array_new_with_free_func (g_free);
  self->options = g_ptr_array_new_with_free_func (g_free);
  self->files = g_ptr_array_new_with_free_func (g_free);
  self->next_id = 1;
  self->wake_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  g_mutex_init (&self->lock);
  return self;
}

guint
vervet_keeper_add (VervetKeeper *self, const VervetComponentInfo *info, const VervetOptions *options)
{
  g_autoptr (VervetJson) values = vervet_options_to_json (options, FALSE);

  g_ptr_array_add (self->ids, g_strdup (info->id));
  g_ptr_array_add (self->options, vervet_json_to_string (values, 0));
  g_ptr_array_add (self->files, g_strdup (info->plugin->file));
  return self->ids->len - 1;
}

gboolean
vervet_keeper_start (VervetKeeper *self, GError **error)
{
  Worker *worker = &self->workers[0];
  gint64 until = g_get_monotonic_time () + START_MS * (gint64)1000;

  if (!spawn (self, worker, error))
    return FALSE;
  while (worker->ready < self->ids->len) {
    struct pollfd p = { .fd = worker->fd, .events = POLLIN };
    g_autoptr (GError) why = NULL;

    if (!write_out (worker) || (poll (&p, 1, 100) > 0 && !read_in (self, worker, &why))
        || g_get_monotonic_time () > until) {
      bury (self, worker, "crash");
      if (why)
        g_propagate_error (error, g_steal_pointer (&why));
      else
        g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT,
                     "verifier '%s' does not start: its process ended or said nothing for %d s",
                     (char *)g_ptr_array_index (self->ids, MIN (worker->ready, self->ids->len - 1)), START_MS / 1000);
      return FALSE;
    }
  }
  self->thread = g_thread_new ("keeper", keeper_thread, self);
  return TRUE;
}

static void
wake (VervetKeeper *self)
{
  guint64 one = 1;

  /* A full counter already wakes the thread. */
  if (write (self->wake_fd, &one, sizeof one) < 0)
    return;
}

void
vervet_keeper_submit (VervetKeeper *self, guint slot, const VervetKeptProblem *problem, vv_str text, guint64 tag)
{
  Item *item = g_malloc (sizeof *item + text.len);
  gboolean was_empty;

  *item = (Item){ .tag = tag, .problem = problem, .slot = slot, .len = text.len };
  if (text.len > 0)
    memcpy (item->text, text.ptr, text.len);
  g_atomic_int_inc (&self->pending);
  g_mutex_lock (&self->lock);
  was_empty = g_queue_is_empty (&self->incoming);
  g_queue_push_tail (&self->incoming, item);
  g_mutex_unlock (&self->lock);
  if (was_empty)
    wake (self);
}

guint
vervet_keeper_pending (VervetKeeper *self)
{
  return (guint)g_atomic_int_get (&self->pending);
}

void
vervet_keeper_free (VervetKeeper *self)
{
  if (!self)
    return;
  g_mutex_lock (&self->lock);
  self->is_stopping = TRUE;
  g_mutex_unlock (&self->lock);
  wake (self);
  if (self->thread)
    g_thread_join (self->thread);
  for (guint i = 0; i < self->n_workers; i++) {
    Worker *worker = &self->workers[i];

    if (worker->fd >= 0) {
      close (worker->fd);
      kill (worker->pid, SIGKILL);
      while (waitpid (worker->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    }
    g_queue_clear_full (&worker->in_flight, g_free);
    g_byte_array_unref (worker->out);
    g_byte_array_unref (worker->in);
    g_hash_table_unref (worker->known);
  }
  g_free (self->workers);
  g_queue_clear_full (&self->queue, g_free);
  g_queue_clear_full (&self->incoming, g_free);
  g_ptr_array_unref (self->ids);
  g_ptr_array_unref (self->options);
  g_ptr_array_unref (self->files);
  close (self->wake_fd);
  g_mutex_clear (&self->lock);
  g_free (self);
}
