/* test-wire.c - values as bytes and back: every struct whole, cut off at every byte, and out of random bytes. */
#include <math.h>
#include <string.h>

#include "run/outcome.h"
#include "run/request.h"
#include "run/wire.h"

typedef struct {
  const char *name;
  void (*write) (GByteArray *out);
  /* Reads one and writes it again. */
  void (*copy) (VervetWireReader *r, GByteArray *out);
} Kind;

static const char with_nul[] = "a\0b\xff";
static const vv_part parts[] = { { VV_PART_TEXT, 0, NULL, { NULL, 0 }, { "text", 4 } },
                                 { VV_PART_IMAGE, 7, "image/png", { "n", 1 }, { with_nul, 4 } } };
static const vv_message messages[] = { { "user", NULL, 0, { "hello", 5 } },
                                       { "assistant", parts, 2, { NULL, 0 } },
                                       { NULL, NULL, 0, { "", 0 } } };
static const double steps[] = { 0.5, -INFINITY, NAN };
static const vv_metric metrics[] = { { "weight", 2.5 }, { "odd", NAN } };
static const vv_verdict verdicts[] = {
  { VV_FAIL, 0, 0.25, "interval", { "1/2", 3 }, { with_nul, 4 }, steps, 3, metrics, 2 },
  { .status = VV_NO_ANSWER, .score = NAN }
};
static const vv_field fields[] = { { "question", { "why?", 4 } }, { "empty", { NULL, 0 } } };
static const vv_problem problem = { .struct_size = sizeof problem,
                                    .n_messages = 3,
                                    .n_fields = 2,
                                    .flags = 5,
                                    .uid = G_MAXUINT64 - 1,
                                    .id = "test/17",
                                    .group = NULL,
                                    .messages = messages,
                                    .fields = fields,
                                    .reference = { "gold", 4 } };
static const vv_token top[] = { { { "x", 1 }, -0.1, 4, 0, NULL }, { { "y", 1 }, -2, -1, 0, NULL } };
static const vv_token tokens[] = { { { "x", 1 }, -0.1, 4, 2, top }, { { "", 0 }, NAN, G_MININT32, 0, NULL } };
static const float vector[] = { 1.5f, -0.0f, 3e38f };
static const vv_hit hits[] = { { { "doc", 3 }, { with_nul, 4 }, 0.5 } };
static const vv_choice choice = { .struct_size = sizeof choice,
                                  .reasoning = { "think", 5 },
                                  .tool_calls = { "[]", 2 },
                                  .tokens = tokens,
                                  .n_tokens = 2,
                                  .vector = vector,
                                  .n_vector = 3,
                                  .hits = hits,
                                  .n_hits = 1,
                                  .verdicts = verdicts,
                                  .n_verdicts = 2,
                                  .observation = messages,
                                  .n_observation = 3,
                                  .reward = -1.5,
                                  .done = 1,
                                  .tools = { "[{}]", 4 } };

static void
write_messages (GByteArray *out)
{
  vervet_wire_messages (out, messages, 3);
}

static void
copy_messages (VervetWireReader *r, GByteArray *out)
{
  VervetArena arena = { NULL };
  gsize n;
  const vv_message *m = vervet_wire_get_messages (r, &arena, &n);

  vervet_wire_messages (out, m, n);
  vervet_arena_clear (&arena);
}

static void
write_verdict (GByteArray *out)
{
  vervet_wire_verdict (out, &verdicts[0]);
}

static void
copy_verdict (VervetWireReader *r, GByteArray *out)
{
  VervetArena arena = { NULL };
  vv_verdict v;

  vervet_wire_get_verdict (r, &arena, &v);
  vervet_wire_verdict (out, &v);
  vervet_arena_clear (&arena);
}

static void
write_problem (GByteArray *out)
{
  vervet_wire_problem (out, &problem, TRUE);
}

static void
copy_problem (VervetWireReader *r, GByteArray *out)
{
  VervetArena arena = { NULL };
  vv_problem p;

  vervet_wire_get_problem (r, &arena, &p);
  vervet_wire_problem (out, &p, TRUE);
  vervet_arena_clear (&arena);
}

static void
write_choice (GByteArray *out)
{
  vervet_wire_choice (out, &choice);
}

static void
copy_choice (VervetWireReader *r, GByteArray *out)
{
  VervetArena arena = { NULL };
  vv_choice c = { .struct_size = sizeof c };

  vervet_wire_get_choice (r, &arena, &c);
  vervet_wire_choice (out, &c);
  vervet_arena_clear (&arena);
}

static const Kind kinds[] = { { "messages", write_messages, copy_messages },
                              { "verdict", write_verdict, copy_verdict },
                              { "problem", write_problem, copy_problem },
                              { "choice", write_choice, copy_choice } };

/* ---- Numbers and texts
 * ----------------------------------------------------------------------------------------------- */
static void
test_scalars (void)
{
  static const guint8 expected[] = { 0x78, 0x56, 0x34, 0x12, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f };
  g_autoptr (GByteArray) out = g_byte_array_new ();
  VervetArena arena = { NULL };
  VervetWireReader r;

  vervet_wire_u32 (out, 0x12345678);
  vervet_wire_u64 (out, 0x0102030405060708);
  vervet_wire_f64 (out, 1);
  g_assert_cmpmem (out->data, out->len, expected, sizeof expected); /* little-endian, IEEE 754 */
  vervet_wire_text (out, NULL);
  vervet_wire_text (out, "");
  vervet_wire_str (out, (vv_str){ with_nul, 4 });
  r = vervet_wire_reader (out->data, out->len);
  g_assert_cmpuint (vervet_wire_get_u32 (&r), ==, 0x12345678);
  g_assert_cmpuint (vervet_wire_get_u64 (&r), ==, 0x0102030405060708);
  g_assert_cmpfloat (vervet_wire_get_f64 (&r), ==, 1);
  g_assert_null (vervet_wire_get_text (&r, &arena));
  g_assert_cmpstr (vervet_wire_get_text (&r, &arena), ==, "");
  g_assert_cmpmem (vervet_wire_get_str (&r).ptr, 4, with_nul, 4);
  g_assert_true (!r.bad && r.at == r.end);
  g_assert_cmpuint (vervet_wire_get_u32 (&r), ==, 0);
  g_assert_true (r.bad);
  g_assert_cmpuint (vervet_wire_get_str (&r).len, ==, 0);
  g_assert_nonnull (vervet_wire_get_text (&r, &arena));
  vervet_arena_clear (&arena);
}

static void
test_arena (void)
{
  VervetArena arena = { NULL };

  for (gsize size = 0; size < 10000; size += 37) {
    guint8 *at = vervet_arena_alloc (&arena, size);

    g_assert_cmpuint ((gsize)at % 16, ==, 0);
    for (gsize i = 0; i < size; i++)
      g_assert_cmpuint (at[i], ==, 0);
    if (size > 0)
      memset (at, 0xff, size);
  }
  vervet_arena_clear (&arena);
  g_assert_null (arena.chunks);
}

/* ---- Whole, cut off, random
 * ------------------------------------------------------------------------------------------ */
static void
test_round_trip (gconstpointer data)
{
  const Kind *kind = data;
  g_autoptr (GByteArray) first = g_byte_array_new (), second = g_byte_array_new ();
  VervetWireReader r;

  kind->write (first);
  r = vervet_wire_reader (first->data, first->len);
  kind->copy (&r, second);
  g_assert_true (!r.bad && r.at == r.end);
  g_assert_cmpmem (first->data, first->len, second->data, second->len);
}

static void
test_cut_off (gconstpointer data)
{
  const Kind *kind = data;
  g_autoptr (GByteArray) whole = g_byte_array_new ();

  kind->write (whole);
  for (guint len = 0; len < whole->len; len++) {
    g_autofree guint8 *part = g_memdup2 (whole->data, len); /* of the exact size, for a sanitizer */
    g_autoptr (GByteArray) out = g_byte_array_new ();
    VervetWireReader r = vervet_wire_reader (part, len);

    kind->copy (&r, out);
    /* Of a choice nothing at all is a choice that is only text. */
    g_assert_true (r.bad || (len == 0 && kind->copy == copy_choice));
  }
}

/* What was read from any bytes at all writes and reads like everything else. */
static void
assert_stable (const Kind *kind, const guint8 *data, gsize len)
{
  g_autoptr (GByteArray) once = g_byte_array_new (), twice = g_byte_array_new ();
  VervetWireReader r = vervet_wire_reader (data, len), again;

  kind->copy (&r, once);
  g_assert_true (r.at >= data && r.at <= data + len);
  again = vervet_wire_reader (once->data, once->len);
  kind->copy (&again, twice);
  g_assert_true (!again.bad && again.at == again.end);
  g_assert_cmpmem (once->data, once->len, twice->data, twice->len);
}

static void
test_random (gconstpointer data)
{
  const Kind *kind = data;
  g_autoptr (GByteArray) whole = g_byte_array_new ();

  kind->write (whole);
  for (guint i = 0; i < 20000; i++) {
    gsize len = (gsize)g_test_rand_int_range (0, (gint32)whole->len + 1);
    g_autofree guint8 *bytes = g_memdup2 (whole->data, len);

    for (gint32 n = g_test_rand_int_range (0, 8); len > 0 && n > 0; n--) {
      guint8 odd = (guint8)(g_test_rand_bit () ? g_test_rand_int_range (0, 256) : g_test_rand_bit () ? 0xff : 1);

      bytes[g_test_rand_int_range (0, (gint32)len)] = odd;
    }
    assert_stable (kind, bytes, len);
  }
}

/* A length of nearly 2^64 and counts of items that cannot follow: neither believed nor allocated. */
static void
test_lies (void)
{
  static const guint64 lies[] = { G_MAXUINT64, G_MAXUINT64 - 1, G_MAXINT64, 1ull << 32, 1ull << 61, 1000 };

  for (gsize i = 0; i < G_N_ELEMENTS (lies); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (kinds); k++)
      for (guint before = 0; before < 12; before++) {
        g_autoptr (GByteArray) bytes = g_byte_array_new (), out = g_byte_array_new ();
        VervetWireReader r;

        for (guint j = 0; j < before; j++)
          vervet_wire_u32 (bytes, 0);
        for (guint j = 0; j < 6; j++)
          vervet_wire_u64 (bytes, lies[i]);
        r = vervet_wire_reader (bytes->data, bytes->len);
        kinds[k].copy (&r, out);
        g_assert_true (r.at <= r.end);
      }
}

/* ---- Outcomes and requests, which are made of them
 * ---------------------------------------------------------------------- */
static void
test_outcome (void)
{
  vv_choice full = choice;
  g_autoptr (VervetOutcome) outcome = NULL, copy = NULL, back = NULL;
  g_autoptr (GByteArray) a = g_byte_array_new (), b = g_byte_array_new (), extra = g_byte_array_new ();
  VervetNodeRow row = { .idx = 3 };

  full.index = 3;
  full.finish = VV_FIN_LENGTH;
  full.text = (vv_str){ with_nul, 4 };
  full.logprob_sum = -3.5;
  full.usage = (vv_usage){ .input = 11, .cached = 5, .output = 7, .reasoning = 2, .money = 0.25 };
  outcome = vervet_outcome_new (VV_OK, &full, NULL);
  outcome->took_ms = 42;
  outcome->start_ms = 99;
  outcome->out.n_tries = 2;
  copy = vervet_outcome_copy (outcome);
  vervet_outcome_to_row (copy, &row, extra);
  back = vervet_outcome_from_row (&row);
  vervet_wire_choice (a, &full);
  vervet_wire_choice (b, &back->choice);
  g_assert_cmpmem (a->data, a->len, b->data, b->len);
  g_assert_cmpmem (back->choice.text.ptr, back->choice.text.len, with_nul, 4);
  g_assert_cmpint (back->choice.finish, ==, VV_FIN_LENGTH);
  g_assert_cmpuint (back->choice.index, ==, 3);
  g_assert_cmpfloat (back->choice.logprob_sum, ==, -3.5);
  g_assert_cmpuint (back->choice.usage.input, ==, 11);
  g_assert_cmpuint (back->choice.usage.cached, ==, 5);
  g_assert_cmpuint (back->choice.usage.output, ==, 7);
  g_assert_cmpint (back->took_ms, ==, 42);
  g_assert_cmpint (back->start_ms, ==, 99);
  g_assert_cmpuint (back->out.n_tries, ==, 2);
  g_assert_true (back->out.choice == &back->choice && !back->out.error);
}

static void
test_outcome_error (void)
{
  g_autoptr (VervetOutcome) outcome = vervet_outcome_new_error (VV_E_CONTEXT, "too long");
  g_autoptr (VervetOutcome) back = NULL;
  g_autoptr (GByteArray) extra = g_byte_array_new ();
  VervetNodeRow row = { 0 };

  g_assert_cmpstr (outcome->out.error->message, ==, "too long");
  vervet_outcome_to_row (outcome, &row, extra);
  back = vervet_outcome_from_row (&row);
  g_assert_cmpint (back->out.status, ==, VV_E_CONTEXT);
  g_assert_nonnull (back->out.error);
  g_assert_cmpuint (back->choice.text.len, ==, 0);
}

static gboolean
has_same_key (const vv_request *a, const vv_request *b, const char *role_a, const char *role_b)
{
  VervetRequest *x = vervet_request_new (role_a, a, NULL), *y = vervet_request_new (role_b, b, NULL);
  gboolean is_same = memcmp (x->key, y->key, sizeof x->key) == 0;

  vervet_request_unref (x);
  vervet_request_unref (y);
  return is_same;
}

/* The key tells every two requests apart that may be answered differently, and no others. */
static void
test_request_key (void)
{
  static const vv_str two[] = { { "ab", 2 }, { "c", 1 } }, shifted[] = { { "a", 1 }, { "bc", 2 } };
  const vv_request base = { .struct_size = sizeof base,
                            .op = VV_OP_GENERATE,
                            .messages = messages,
                            .n_messages = 3,
                            .texts = two,
                            .n_texts = 2,
                            .params = fields,
                            .n_params = 2 };
  vv_request other[15];
  const guint64 env[2] = { 1, 2 };
  VervetRequest *with_env = vervet_request_new ("model", &base, env),
                *without = vervet_request_new ("model", &base, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (other); i++)
    other[i] = base;
  other[0].op = VV_OP_SCORE;
  other[1].flags = VV_RAW;
  other[2].max_tokens = 5;
  other[3].temperature = 0.5;
  other[4].top_p = 0.5;
  other[5].min_p = 0.5;
  other[6].top_k = 5;
  other[7].n_messages = 2;
  other[8].texts = shifted;
  other[9].texts = two, other[9].n_texts = 0, other[9].stop = two, other[9].n_stop = 2;
  other[10].n_params = 1;
  other[11].tools = vv_s ("[]");
  other[12].reference = vv_s ("[]");
  other[13].top_logprobs = 5;
  other[14].messages = messages + 1, other[14].n_messages = 2;
  for (gsize i = 0; i < G_N_ELEMENTS (other); i++) {
    g_assert_false (has_same_key (&base, &other[i], "model", "model"));
    for (gsize j = 0; j < i; j++)
      g_assert_false (has_same_key (&other[j], &other[i], "model", "model"));
  }
  g_assert_false (has_same_key (&base, &base, "model", "draft"));
  g_assert_true (memcmp (with_env->key, without->key, sizeof without->key) != 0);
  other[0] = base;
  other[0].n = 7, other[0].seed = 5, other[0].uid = 9, other[0].draw = 3, other[0].timeout_ms = 10;
  g_assert_true (has_same_key (&base, &other[0], "model", "model"));
  vervet_request_unref (with_env);
  vervet_request_unref (without);
}

/* A plugin of an older header hands over a shorter struct. */
static void
test_short_request (void)
{
  const vv_request new_ = {
    .struct_size = offsetof (vv_request, draw), .op = VV_OP_GENERATE, .messages = messages, .n_messages = 3
  };
  gpointer old = g_memdup2 (&new_, offsetof (vv_request, draw)); /* of the exact size, for a sanitizer */
  VervetRequest *request;
  g_autofree char *json = NULL;

  request = vervet_request_new ("model", old, NULL);
  g_assert_cmpuint (request->req.draw, ==, 0);
  g_assert_cmpuint (request->req.n, ==, 1);
  g_free (old);
  json = vervet_request_to_json (request, "model");
  g_assert_nonnull (strstr (json, "\"hello\""));
  g_assert_true (g_utf8_validate (json, -1, NULL));
  vervet_request_unref (request);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/wire/scalars", test_scalars);
  g_test_add_func ("/wire/arena", test_arena);
  g_test_add_func ("/wire/lies", test_lies);
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    g_autofree char *trip = g_strconcat ("/wire/", kinds[i].name, "/round-trip", NULL);
    g_autofree char *cut = g_strconcat ("/wire/", kinds[i].name, "/cut-off", NULL);
    g_autofree char *random = g_strconcat ("/wire/", kinds[i].name, "/random", NULL);

    g_test_add_data_func (trip, &kinds[i], test_round_trip);
    g_test_add_data_func (cut, &kinds[i], test_cut_off);
    g_test_add_data_func (random, &kinds[i], test_random);
  }
  g_test_add_func ("/wire/outcome", test_outcome);
  g_test_add_func ("/wire/outcome-error", test_outcome_error);
  g_test_add_func ("/wire/request-key", test_request_key);
  g_test_add_func ("/wire/short-request", test_short_request);
  return g_test_run ();
}
