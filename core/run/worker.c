#include "run/worker.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "run/wire.h"
#include "vervet-registry.h"

typedef struct {
  int fd;
  VervetRegistry *registry;
  GPtrArray *slots;     /* VervetInstance, by slot */
  GHashTable *problems; /* uid -> Problem */
  GByteArray *out;      /* answers not written yet */
  gint64 last_write_us;
} Worker;

typedef struct {
  vv_problem problem;
  VervetArena arena;
} Problem;

static void
problem_free (gpointer p)
{
  Problem *problem = p;

  vervet_arena_clear (&problem->arena);
  g_free (problem);
}

gsize
vervet_frame_begin (GByteArray *out, guint32 type, guint64 id)
{
  gsize at = out->len;

  vervet_wire_u32 (out, 0);
  vervet_wire_u32 (out, type);
  vervet_wire_u64 (out, id);
  return at;
}

void
vervet_frame_end (GByteArray *out, gsize at)
{
  guint32 len = GUINT32_TO_LE ((guint32)(out->len - at - 4));

  memcpy (out->data + at, &len, sizeof len);
}

static gboolean
read_all (int fd, void *data, gsize n)
{
  char *at = data;

  while (n > 0) {
    gssize got = read (fd, at, n);

    if (got < 0 && errno == EINTR)
      continue;
    if (got <= 0)
      return FALSE;
    at += got;
    n -= (gsize)got;
  }
  return TRUE;
}

static gboolean
flush (Worker *self)
{
  const guint8 *at = self->out->data;
  gsize left = self->out->len;

  while (left > 0) {
    gssize done = write (self->fd, at, left);

    if (done < 0 && errno == EINTR)
      continue;
    if (done <= 0)
      return FALSE;
    at += done;
    left -= (gsize)done;
  }
  g_byte_array_set_size (self->out, 0);
  self->last_write_us = g_get_monotonic_time ();
  return TRUE;
}

static void
answer_ready (Worker *self, guint64 slot, vv_status status, const char *message)
{
  gsize at = vervet_frame_begin (self->out, VERVET_FRAME_READY, slot);

  vervet_wire_u32 (self->out, (guint32)status);
  vervet_wire_text (self->out, message);
  vervet_frame_end (self->out, at);
}

static void
open_slot (Worker *self, guint64 slot, VervetWireReader *r)
{
  VervetArena arena = { NULL };
  g_autoptr (GError) error = NULL;
  const char *id = vervet_wire_get_text (r, &arena), *values = vervet_wire_get_text (r, &arena);
  const VervetComponentInfo *info;
  g_autoptr (VervetJson) json = NULL;
  g_autoptr (VervetOptions) options = NULL;
  VervetInstance *instance = NULL;

  if (!self->registry)
    self->registry = vervet_registry_new (VERVET_REGISTRY_DEFAULT, &error);
  if (self->registry && id && values && (info = vervet_registry_find (self->registry, VV_KIND_VERIFIER, id, &error))
      && (json = vervet_json_parse (values, -1, id, VERVET_JSON_NAN, &error))
      && (options = vervet_options_new (info, json, NULL, NULL, id, &error)))
    instance = vervet_instance_new (self->registry, info, options, &error);
  if (instance && slot < 1024) {
    if (self->slots->len <= slot)
      g_ptr_array_set_size (self->slots, (int)slot + 1);
    g_ptr_array_index (self->slots, slot) = instance;
  }
  answer_ready (self, slot, instance ? VV_OK : VV_E_FAILED, error ? error->message : NULL);
  vervet_arena_clear (&arena);
}

static void
keep_problem (Worker *self, VervetWireReader *r)
{
  Problem *problem = g_new0 (Problem, 1);

  vervet_wire_get_problem (r, &problem->arena, &problem->problem);
  g_hash_table_replace (self->problems, &problem->problem.uid, problem);
}

static void
judge_one (Worker *self, guint64 id, guint index, VervetInstance *instance, const vv_problem *problem, vv_str text)
{
  vv_verdict verdict = { .score = NAN };
  vv_error err = { .struct_size = sizeof err };
  vv_status status = VV_E_INVALID;
  gint64 begin = g_get_monotonic_time ();
  gsize at;

  if (instance && problem) {
    const vv_verifier_iface *iface = vervet_instance_iface (instance);

    status = iface->verify (vervet_instance_self (instance), problem, text, &verdict, &err);
    err.message[sizeof err.message - 1] = '\0';
  } else {
    g_strlcpy (err.message, "the worker was not told of this problem or verifier", sizeof err.message);
  }
  if (status >= 0 && (verdict.status < VV_PASS || verdict.status > VV_BAD_REFERENCE)) {
    g_snprintf (err.message, sizeof err.message, "the verifier gave the verdict %d, which does not exist",
                verdict.status);
    status = VV_E_FAILED;
  }
  at = vervet_frame_begin (self->out, VERVET_FRAME_VERDICT, id + index);
  vervet_wire_u32 (self->out, (guint32)status);
  vervet_wire_u64 (self->out, (guint64)(g_get_monotonic_time () - begin));
  if (status < 0)
    vervet_wire_text (self->out, err.message);
  else
    vervet_wire_verdict (self->out, &verdict);
  vervet_frame_end (self->out, at);
}

static gboolean
judge (Worker *self, guint64 id, VervetWireReader *r)
{
  guint32 slot = vervet_wire_get_u32 (r), n;
  guint64 uid = vervet_wire_get_u64 (r);
  Problem *problem = g_hash_table_lookup (self->problems, &uid);
  VervetInstance *instance = slot < self->slots->len ? g_ptr_array_index (self->slots, slot) : NULL;

  n = vervet_wire_get_u32 (r);
  for (guint i = 0; i < n && !r->bad; i++) {
    vv_str text = vervet_wire_get_str (r);

    judge_one (self, id, i, instance, problem ? &problem->problem : NULL, text);
    if (g_get_monotonic_time () - self->last_write_us > 1000 && !flush (self))
      return FALSE;
  }
  return !r->bad;
}

static gboolean
serve_frame (Worker *self, guint32 type, guint64 id, VervetWireReader *r)
{
  switch (type) {
  case VERVET_FRAME_OPEN:
    open_slot (self, id, r);
    return flush (self);
  case VERVET_FRAME_PROBLEM:
    keep_problem (self, r);
    return !r->bad;
  case VERVET_FRAME_FORGET:
    g_hash_table_remove_all (self->problems);
    return TRUE;
  case VERVET_FRAME_JUDGE:
    return judge (self, id, r);
  default:
    return FALSE;
  }
}

int
vervet_worker_serve (int fd)
{
  Worker self = { .fd = fd };
  GByteArray *body = g_byte_array_new ();
  struct rlimit no_core = { 0, 0 };
  guint8 header[VERVET_FRAME_HEADER];

  prctl (PR_SET_PDEATHSIG, SIGKILL);
  /* ^C and a scheduler's signal are for the program, which ends its workers when it has no more to ask. */
  signal (SIGINT, SIG_IGN);
  signal (SIGTERM, SIG_IGN);
  setrlimit (RLIMIT_CORE, &no_core);
  self.slots = g_ptr_array_new ();
  self.problems = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, problem_free);
  self.out = g_byte_array_new ();
  for (;;) {
    struct pollfd p = { .fd = fd, .events = POLLIN };
    VervetWireReader head, r;
    guint32 len, type;
    guint64 id;

    /* Answers wait for company only while there is more to do. */
    if (self.out->len > 0 && poll (&p, 1, 0) == 0 && !flush (&self))
      break;
    if (!read_all (fd, header, sizeof header))
      break;
    head = vervet_wire_reader (header, sizeof header);
    len = vervet_wire_get_u32 (&head);
    type = vervet_wire_get_u32 (&head);
    id = vervet_wire_get_u64 (&head);
    if (len < 12 || len > VERVET_FRAME_MAX)
      return 1;
    g_byte_array_set_size (body, len - 12);
    if (!read_all (fd, body->data, body->len))
      break;
    r = vervet_wire_reader (body->data, body->len);
    if (!serve_frame (&self, type, id, &r))
      return 1;
  }
  return 0;
}
