#include "run/request.h"

#include <string.h>
#include <vervet-json.h>

#include "plugin/names.h"
#include "util/hash.h"

static void
copy_messages (VervetArena *a, vv_request *req)
{
  vv_message *messages = vervet_arena_alloc (a, req->n_messages * sizeof *messages);

  for (guint i = 0; i < req->n_messages; i++) {
    const vv_message *from = &req->messages[i];
    vv_part *parts = vervet_arena_alloc (a, from->n_parts * sizeof *parts);

    messages[i].role = from->role ? vervet_arena_copy (a, from->role, strlen (from->role)) : NULL;
    messages[i].text = vervet_arena_str (a, from->text);
    messages[i].n_parts = from->n_parts;
    messages[i].parts = parts;
    for (gsize j = 0; j < from->n_parts; j++) {
      parts[j] = from->parts[j];
      parts[j].mime =
          from->parts[j].mime ? vervet_arena_copy (a, from->parts[j].mime, strlen (from->parts[j].mime)) : NULL;
      parts[j].name = vervet_arena_str (a, from->parts[j].name);
      parts[j].data = vervet_arena_str (a, from->parts[j].data);
    }
  }
  req->messages = messages;
}

static const vv_str *
copy_strs (VervetArena *a, const vv_str *from, guint n)
{
  vv_str *to = vervet_arena_alloc (a, n * sizeof *to);

  for (guint i = 0; i < n; i++)
    to[i] = vervet_arena_str (a, from[i]);
  return to;
}

static void
copy_params (VervetArena *a, vv_request *req)
{
  vv_field *params = vervet_arena_alloc (a, req->n_params * sizeof *params);

  for (guint i = 0; i < req->n_params; i++) {
    params[i].name = vervet_arena_copy (a, req->params[i].name, strlen (req->params[i].name));
    params[i].text = vervet_arena_str (a, req->params[i].text);
  }
  req->params = params;
}

static void
make_key (VervetRequest *self, const char *role, const guint64 *env_key)
{
  g_autoptr (GByteArray) bytes = g_byte_array_sized_new (512);
  const vv_request *q = &self->req;

  vervet_wire_text (bytes, role);
  vervet_wire_u32 (bytes, q->op);
  vervet_wire_u32 (bytes, q->flags);
  vervet_wire_u32 (bytes, q->max_tokens);
  vervet_wire_u32 (bytes, q->top_logprobs);
  vervet_wire_u32 (bytes, q->top_k);
  vervet_wire_f64 (bytes, q->temperature);
  vervet_wire_f64 (bytes, q->top_p);
  vervet_wire_f64 (bytes, q->min_p);
  vervet_wire_messages (bytes, q->messages, q->n_messages);
  vervet_wire_u64 (bytes, q->n_texts);
  for (guint i = 0; i < q->n_texts; i++)
    vervet_wire_str (bytes, q->texts[i]);
  vervet_wire_u64 (bytes, q->n_stop);
  for (guint i = 0; i < q->n_stop; i++)
    vervet_wire_str (bytes, q->stop[i]);
  vervet_wire_u64 (bytes, q->n_params);
  for (guint i = 0; i < q->n_params; i++) {
    vervet_wire_text (bytes, q->params[i].name);
    vervet_wire_str (bytes, q->params[i].text);
  }
  vervet_wire_str (bytes, q->tools);
  vervet_wire_str (bytes, q->reference);
  if (env_key) {
    vervet_wire_u64 (bytes, env_key[0]);
    vervet_wire_u64 (bytes, env_key[1]);
  }
  vervet_hash128 (bytes->data, bytes->len, 0, self->key);
}

VervetRequest *
vervet_request_new (const char *role, const vv_request *req, const guint64 *env_key)
{
  VervetRequest *self = g_new0 (VervetRequest, 1);
  VervetArena *a = &self->arena;

  self->refs = 1;
  memcpy (&self->req, req, MIN (req->struct_size, sizeof self->req));
  self->req.struct_size = sizeof self->req;
  self->req.n = MAX (self->req.n, 1);
  copy_messages (a, &self->req);
  self->req.texts = copy_strs (a, self->req.texts, self->req.n_texts);
  self->req.stop = copy_strs (a, self->req.stop, self->req.n_stop);
  copy_params (a, &self->req);
  self->req.tools = vervet_arena_str (a, self->req.tools);
  self->req.reference = vervet_arena_str (a, self->req.reference);
  make_key (self, role, env_key);
  return self;
}

VervetRequest *
vervet_request_ref (VervetRequest *request)
{
  g_atomic_int_inc (&request->refs);
  return request;
}

void
vervet_request_unref (VervetRequest *request)
{
  if (!request || !g_atomic_int_dec_and_test (&request->refs))
    return;
  vervet_arena_clear (&request->arena);
  g_free (request);
}

static void
write_messages (VervetJsonWriter *w, const vv_request *q)
{
  vervet_json_writer_key (w, "messages");
  vervet_json_writer_begin_array (w);
  for (guint i = 0; i < q->n_messages; i++) {
    const vv_message *m = &q->messages[i];

    vervet_json_writer_begin_object (w);
    vervet_json_writer_key (w, "role");
    vervet_json_writer_string (w, m->role);
    vervet_json_writer_key (w, "content");
    if (m->n_parts == 0) {
      vervet_json_writer_bytes (w, m->text.ptr, m->text.len);
    } else {
      vervet_json_writer_begin_array (w);
      for (gsize j = 0; j < m->n_parts; j++)
        vervet_json_writer_bytes (w, m->parts[j].mime ? m->parts[j].mime : m->parts[j].data.ptr,
                                  m->parts[j].mime ? strlen (m->parts[j].mime) : m->parts[j].data.len);
      vervet_json_writer_end_array (w);
    }
    vervet_json_writer_end_object (w);
  }
  vervet_json_writer_end_array (w);
}

static void
write_number (VervetJsonWriter *w, const char *key, double value)
{
  if (value == 0)
    return;
  vervet_json_writer_key (w, key);
  vervet_json_writer_double (w, value);
}

static void
write_strs (VervetJsonWriter *w, const char *key, const vv_str *strs, guint n)
{
  if (n == 0)
    return;
  vervet_json_writer_key (w, key);
  vervet_json_writer_begin_array (w);
  for (guint i = 0; i < n; i++)
    vervet_json_writer_bytes (w, strs[i].ptr, strs[i].len);
  vervet_json_writer_end_array (w);
}

char *
vervet_request_to_json (const VervetRequest *request, const char *role)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (VervetJsonWriter) w = vervet_json_writer_new (out, 0);
  const vv_request *q = &request->req;

  vervet_json_writer_begin_object (w);
  vervet_json_writer_key (w, "op");
  vervet_json_writer_string (w, vervet_op_name (q->op));
  vervet_json_writer_key (w, "role");
  vervet_json_writer_string (w, role);
  vervet_json_writer_key (w, "n");
  vervet_json_writer_int (w, q->n);
  write_number (w, "flags", q->flags);
  write_number (w, "max_tokens", q->max_tokens);
  write_number (w, "temperature", q->temperature);
  write_number (w, "top_p", q->top_p);
  write_number (w, "min_p", q->min_p);
  write_number (w, "top_k", q->top_k);
  write_messages (w, q);
  write_strs (w, "texts", q->texts, q->n_texts);
  write_strs (w, "stop", q->stop, q->n_stop);
  vervet_json_writer_end_object (w);
  return g_strdup (out->str);
}

gboolean
vervet_op_is_pure (guint op)
{
  return op == VV_OP_SCORE || op == VV_OP_LOGPROB || op == VV_OP_EMBED || op == VV_OP_RETRIEVE;
}
