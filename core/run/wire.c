#include "run/wire.h"

#include <math.h>
#include <string.h>

enum { CHUNK = 4096 };

struct _VervetArenaChunk {
  VervetArenaChunk *next;
  gsize used, size;
  _Alignas(16) char data[];
};

void *
vervet_arena_alloc (VervetArena *arena, gsize size)
{
  VervetArenaChunk *chunk = arena->chunks;
  void *at;

  size = (size + 15) & ~(gsize)15;
  if (!chunk || chunk->size - chunk->used < size) {
    gsize room = MAX (size, CHUNK - sizeof *chunk);

    chunk = g_malloc (sizeof *chunk + room);
    chunk->used = 0;
    chunk->size = room;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
  }
  at = chunk->data + chunk->used;
  chunk->used += size;
  return memset (at, 0, size);
}

char *
vervet_arena_copy (VervetArena *arena, const void *data, gsize len)
{
  char *copy = vervet_arena_alloc (arena, len + 1);

  if (len > 0)
    memcpy (copy, data, len);
  return copy;
}

vv_str
vervet_arena_str (VervetArena *arena, vv_str s)
{
  return (vv_str){ vervet_arena_copy (arena, s.ptr, s.len), s.len };
}

void
vervet_arena_clear (VervetArena *arena)
{
  while (arena->chunks) {
    VervetArenaChunk *next = arena->chunks->next;

    g_free (arena->chunks);
    arena->chunks = next;
  }
}

void
vervet_wire_u32 (GByteArray *out, guint32 v)
{
  v = GUINT32_TO_LE (v);
  g_byte_array_append (out, (const guint8 *)&v, sizeof v);
}

void
vervet_wire_u64 (GByteArray *out, guint64 v)
{
  v = GUINT64_TO_LE (v);
  g_byte_array_append (out, (const guint8 *)&v, sizeof v);
}

void
vervet_wire_f64 (GByteArray *out, double v)
{
  guint64 bits;

  memcpy (&bits, &v, sizeof bits);
  vervet_wire_u64 (out, bits);
}

void
vervet_wire_bytes (GByteArray *out, const void *data, gsize len)
{
  vervet_wire_u64 (out, len);
  if (len > 0)
    g_byte_array_append (out, data, len);
}

void
vervet_wire_str (GByteArray *out, vv_str s)
{
  vervet_wire_bytes (out, s.ptr, s.len);
}

void
vervet_wire_text (GByteArray *out, const char *s)
{
  vervet_wire_u64 (out, s ? strlen (s) : G_MAXUINT64);
  if (s)
    g_byte_array_append (out, (const guint8 *)s, strlen (s));
}

VervetWireReader
vervet_wire_reader (const void *data, gsize len)
{
  return (VervetWireReader){ data, (const guint8 *)data + len, FALSE };
}

static gboolean
take (VervetWireReader *r, void *out, gsize n)
{
  if (r->bad || (gsize)(r->end - r->at) < n) {
    r->bad = TRUE;
    memset (out, 0, n);
    return FALSE;
  }
  memcpy (out, r->at, n);
  r->at += n;
  return TRUE;
}

guint32
vervet_wire_get_u32 (VervetWireReader *r)
{
  guint32 v;

  take (r, &v, sizeof v);
  return GUINT32_FROM_LE (v);
}

guint64
vervet_wire_get_u64 (VervetWireReader *r)
{
  guint64 v;

  take (r, &v, sizeof v);
  return GUINT64_FROM_LE (v);
}

double
vervet_wire_get_f64 (VervetWireReader *r)
{
  guint64 bits = vervet_wire_get_u64 (r);
  double v;

  memcpy (&v, &bits, sizeof v);
  return v;
}

vv_str
vervet_wire_get_str (VervetWireReader *r)
{
  guint64 len = vervet_wire_get_u64 (r);
  vv_str s = { "", 0 };

  if (r->bad || len > (guint64)(r->end - r->at)) {
    r->bad = TRUE;
    return s;
  }
  if (len > 0)
    s = (vv_str){ (const char *)r->at, len };
  r->at += len;
  return s;
}

const char *
vervet_wire_get_text (VervetWireReader *r, VervetArena *a)
{
  VervetWireReader peek = *r;

  if (vervet_wire_get_u64 (&peek) == G_MAXUINT64 && !peek.bad) {
    *r = peek;
    return NULL;
  }
  return vervet_arena_str (a, vervet_wire_get_str (r)).ptr;
}

/* A count read from outside is believed only if that many items of at least @least bytes can still follow. */
static gsize
get_count (VervetWireReader *r, gsize least)
{
  guint64 n = vervet_wire_get_u64 (r);

  if (r->bad || n > (guint64)(r->end - r->at) / least) {
    r->bad = r->bad || n > 0;
    return 0;
  }
  return n;
}

void
vervet_wire_messages (GByteArray *out, const vv_message *messages, gsize n)
{
  vervet_wire_u64 (out, n);
  for (gsize i = 0; i < n; i++) {
    const vv_message *m = &messages[i];

    vervet_wire_text (out, m->role);
    vervet_wire_str (out, m->text);
    vervet_wire_u64 (out, m->n_parts);
    for (gsize j = 0; j < m->n_parts; j++) {
      vervet_wire_u32 (out, m->parts[j].kind);
      vervet_wire_u32 (out, m->parts[j].flags);
      vervet_wire_text (out, m->parts[j].mime);
      vervet_wire_str (out, m->parts[j].name);
      vervet_wire_str (out, m->parts[j].data);
    }
  }
}

const vv_message *
vervet_wire_get_messages (VervetWireReader *r, VervetArena *a, gsize *n)
{
  vv_message *messages;

  *n = get_count (r, 24);
  messages = vervet_arena_alloc (a, *n * sizeof *messages);
  for (gsize i = 0; i < *n; i++) {
    vv_part *parts;

    messages[i].role = vervet_wire_get_text (r, a);
    messages[i].text = vervet_arena_str (a, vervet_wire_get_str (r));
    messages[i].n_parts = get_count (r, 32);
    messages[i].parts = parts = vervet_arena_alloc (a, messages[i].n_parts * sizeof *parts);
    for (gsize j = 0; j < messages[i].n_parts; j++) {
      parts[j].kind = vervet_wire_get_u32 (r);
      parts[j].flags = vervet_wire_get_u32 (r);
      parts[j].mime = vervet_wire_get_text (r, a);
      parts[j].name = vervet_arena_str (a, vervet_wire_get_str (r));
      parts[j].data = vervet_arena_str (a, vervet_wire_get_str (r));
    }
  }
  return messages;
}

void
vervet_wire_verdict (GByteArray *out, const vv_verdict *v)
{
  vervet_wire_u32 (out, (guint32)v->status);
  vervet_wire_f64 (out, v->score);
  vervet_wire_text (out, v->reason);
  vervet_wire_str (out, v->answer);
  vervet_wire_str (out, v->detail);
  vervet_wire_u64 (out, v->n_steps);
  for (gsize i = 0; i < v->n_steps; i++)
    vervet_wire_f64 (out, v->step_scores[i]);
  vervet_wire_u64 (out, v->n_metrics);
  for (gsize i = 0; i < v->n_metrics; i++) {
    vervet_wire_text (out, v->metrics[i].name);
    vervet_wire_f64 (out, v->metrics[i].value);
  }
}

void
vervet_wire_get_verdict (VervetWireReader *r, VervetArena *a, vv_verdict *out)
{
  double *steps;
  vv_metric *metrics;

  memset (out, 0, sizeof *out);
  out->status = (gint32)vervet_wire_get_u32 (r);
  out->score = vervet_wire_get_f64 (r);
  out->reason = vervet_wire_get_text (r, a);
  out->answer = vervet_arena_str (a, vervet_wire_get_str (r));
  out->detail = vervet_arena_str (a, vervet_wire_get_str (r));
  out->n_steps = get_count (r, 8);
  out->step_scores = steps = vervet_arena_alloc (a, out->n_steps * sizeof *steps);
  for (gsize i = 0; i < out->n_steps; i++)
    steps[i] = vervet_wire_get_f64 (r);
  out->n_metrics = get_count (r, 16);
  out->metrics = metrics = vervet_arena_alloc (a, out->n_metrics * sizeof *metrics);
  for (gsize i = 0; i < out->n_metrics; i++) {
    metrics[i].name = vervet_wire_get_text (r, a);
    metrics[i].value = vervet_wire_get_f64 (r);
  }
}

void
vervet_wire_problem (GByteArray *out, const vv_problem *p, gboolean with_reference)
{
  vervet_wire_u64 (out, p->uid);
  vervet_wire_u32 (out, p->flags);
  vervet_wire_text (out, p->id);
  vervet_wire_text (out, p->group);
  vervet_wire_messages (out, p->messages, p->n_messages);
  vervet_wire_u64 (out, p->n_fields);
  for (guint i = 0; i < p->n_fields; i++) {
    vervet_wire_text (out, p->fields[i].name);
    vervet_wire_str (out, p->fields[i].text);
  }
  vervet_wire_str (out, with_reference ? p->reference : (vv_str){ "", 0 });
}

void
vervet_wire_get_problem (VervetWireReader *r, VervetArena *a, vv_problem *out)
{
  vv_field *fields;
  gsize n;

  memset (out, 0, sizeof *out);
  out->struct_size = sizeof *out;
  out->uid = vervet_wire_get_u64 (r);
  out->flags = vervet_wire_get_u32 (r);
  out->id = vervet_wire_get_text (r, a);
  out->group = vervet_wire_get_text (r, a);
  out->messages = vervet_wire_get_messages (r, a, &n);
  out->n_messages = (guint32)n;
  n = get_count (r, 16);
  out->fields = fields = vervet_arena_alloc (a, n * sizeof *fields);
  out->n_fields = (guint32)n;
  for (gsize i = 0; i < n; i++) {
    fields[i].name = vervet_wire_get_text (r, a);
    fields[i].text = vervet_arena_str (a, vervet_wire_get_str (r));
  }
  out->reference = vervet_arena_str (a, vervet_wire_get_str (r));
}

static void
wire_tokens (GByteArray *out, const vv_token *tokens, gsize n, gboolean with_top)
{
  vervet_wire_u64 (out, n);
  for (gsize i = 0; i < n; i++) {
    vervet_wire_str (out, tokens[i].text);
    vervet_wire_f64 (out, tokens[i].logprob);
    vervet_wire_u32 (out, (guint32)tokens[i].id);
    if (with_top)
      wire_tokens (out, tokens[i].top, tokens[i].n_top, FALSE);
  }
}

static const vv_token *
get_tokens (VervetWireReader *r, VervetArena *a, gsize *n, gboolean with_top)
{
  vv_token *tokens;

  *n = get_count (r, 20);
  tokens = vervet_arena_alloc (a, *n * sizeof *tokens);
  for (gsize i = 0; i < *n; i++) {
    gsize n_top = 0;

    tokens[i].text = vervet_arena_str (a, vervet_wire_get_str (r));
    tokens[i].logprob = vervet_wire_get_f64 (r);
    tokens[i].id = (gint32)vervet_wire_get_u32 (r);
    if (with_top)
      tokens[i].top = get_tokens (r, a, &n_top, FALSE);
    tokens[i].n_top = (guint32)n_top;
  }
  return tokens;
}

void
vervet_wire_choice (GByteArray *out, const vv_choice *c)
{
  if (!c->reasoning.len && !c->tool_calls.len && !c->n_tokens && !c->n_vector && !c->n_hits && !c->n_verdicts
      && !c->n_observation && !c->done && !c->tools.len && c->reward == 0)
    return;
  vervet_wire_str (out, c->reasoning);
  vervet_wire_str (out, c->tool_calls);
  wire_tokens (out, c->tokens, c->n_tokens, TRUE);
  vervet_wire_bytes (out, c->vector, c->n_vector * sizeof *c->vector);
  vervet_wire_u64 (out, c->n_hits);
  for (gsize i = 0; i < c->n_hits; i++) {
    vervet_wire_str (out, c->hits[i].id);
    vervet_wire_str (out, c->hits[i].text);
    vervet_wire_f64 (out, c->hits[i].score);
  }
  vervet_wire_u64 (out, c->n_verdicts);
  for (gsize i = 0; i < c->n_verdicts; i++)
    vervet_wire_verdict (out, &c->verdicts[i]);
  vervet_wire_messages (out, c->observation, c->n_observation);
  vervet_wire_f64 (out, c->reward);
  vervet_wire_u64 (out, (guint64)c->done);
  vervet_wire_str (out, c->tools);
}

void
vervet_wire_get_choice (VervetWireReader *r, VervetArena *a, vv_choice *c)
{
  gsize n;
  vv_str raw;
  vv_hit *hits;
  vv_verdict *verdicts;

  if (r->at == r->end)
    return;
  c->reasoning = vervet_arena_str (a, vervet_wire_get_str (r));
  c->tool_calls = vervet_arena_str (a, vervet_wire_get_str (r));
  c->tokens = get_tokens (r, a, &n, TRUE);
  c->n_tokens = (guint32)n;
  raw = vervet_wire_get_str (r);
  c->n_vector = raw.len / sizeof *c->vector;
  c->vector = (const float *)(const void *)vervet_arena_copy (a, raw.ptr, raw.len);
  c->n_hits = get_count (r, 24);
  c->hits = hits = vervet_arena_alloc (a, c->n_hits * sizeof *hits);
  for (gsize i = 0; i < c->n_hits; i++) {
    hits[i].id = vervet_arena_str (a, vervet_wire_get_str (r));
    hits[i].text = vervet_arena_str (a, vervet_wire_get_str (r));
    hits[i].score = vervet_wire_get_f64 (r);
  }
  c->n_verdicts = get_count (r, 52);
  c->verdicts = verdicts = vervet_arena_alloc (a, c->n_verdicts * sizeof *verdicts);
  for (gsize i = 0; i < c->n_verdicts; i++)
    vervet_wire_get_verdict (r, a, &verdicts[i]);
  c->observation = vervet_wire_get_messages (r, a, &c->n_observation);
  c->reward = vervet_wire_get_f64 (r);
  c->done = (gint64)vervet_wire_get_u64 (r);
  c->tools = vervet_arena_str (a, vervet_wire_get_str (r));
}
