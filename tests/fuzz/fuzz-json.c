/* fuzz-json.c - any bytes as JSON. The first two bytes choose flags and window size; the rest is the document. What is
 * checked beyond "no crash": windows of any size give the tokens of the whole, every token lies inside its window, and
 * what the tree accepts survives writing and reading. */
#include <string.h>

#include <vervet-json-scan.h>
#include <vervet-json.h>

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
assert_inside (const vv_json_scan *s)
{
  g_assert_true (s->raw >= s->data && s->raw + s->raw_len <= s->data + s->len);
  g_assert_true (s->pos <= s->len && s->depth <= VV_JSON_DEPTH);
  g_assert_true (s->line >= 1 && s->column >= 1);
}

static void
check_windows (const char *text, gsize len, guint flags, gsize step)
{
  vv_json_scan whole, part;
  gsize have = 0, from = 0;
  g_autofree char *out = g_malloc (len + 1);
  vv_json_init (&whole, text, len, flags);
  vv_json_init_stream (&part, flags);
  for (;;) {
    int expected = vv_json_next (&whole), got;
    while ((got = vv_json_next (&part)) == VV_JSON_MORE) {
      g_assert_true (have < len || !part.final);
      from += part.pos;
      have = MIN (have + step, len);
      vv_json_feed (&part, text + from, have - from, have == len);
    }
    g_assert_cmpint (got, ==, expected);
    assert_inside (&whole);
    assert_inside (&part);
    g_assert_true (part.line == whole.line && part.column == whole.column);
    if (got <= 0)
      break;
    g_assert_cmpmem (part.raw, part.raw_len, whole.raw, whole.raw_len);
    if (got == VV_JSON_STRING || got == VV_JSON_KEY)
      g_assert_true (g_utf8_validate_len (out, vv_json_decode (part.raw, part.raw_len, out), NULL)
                     || memchr (out, 0, vv_json_decode (part.raw, part.raw_len, out)));
  }
  g_assert_true (whole.token != VV_JSON_ERROR || (whole.error && strcmp (whole.error, part.error) == 0));
}

static void
check_tree (const char *text, gsize len, guint flags)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetJson) json = vervet_json_parse (text, (gssize)len, "fuzz", flags, &error);
  g_assert_true ((json == NULL) == (error != NULL));
  if (!json) {
    g_assert_true (g_utf8_validate (error->message, -1, NULL));
    return;
  }
  g_autofree char *written = vervet_json_to_string (json, flags % 3), *canonical = vervet_json_to_canonical (json);
  g_autoptr (VervetJson) again = vervet_json_parse (written, -1, "written", 0, &error);
  g_autoptr (VervetJson) sorted = vervet_json_parse (canonical, -1, "canonical", 0, &error);
  g_assert_no_error (error);
  g_autofree char *canonical2 = vervet_json_to_canonical (sorted), *canonical3 = vervet_json_to_canonical (again);
  g_assert_cmpstr (canonical, ==, canonical2);
  g_assert_cmpstr (canonical, ==, canonical3);
  if (!(flags & VERVET_JSON_NAN)) /* NaN is written as null */
    g_assert_true (vervet_json_equal (json, again));
}

static void
check_find (const char *text, gsize len)
{
  static const char *const paths[] = { "", "a", "a.b", "0", "1.a.0", "a.0.b.1", ".", "a..b" };
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++) {
    vv_json_value v;
    char small[8];
    if (vv_json_find (text, len, paths[i], &v) <= 0)
      continue;
    g_assert_true (v.raw >= text && v.raw + v.raw_len <= text + len && v.raw_len > 0);
    g_assert_true (vv_json_text (&v, small, sizeof small) <= v.raw_len);
    g_assert_cmpuint (strlen (small), <, sizeof small);
    (void)vv_json_value_double (&v);
  }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  if (size < 2)
    return 0;
  guint flags = data[0] & 7;
  gsize step = 1 + data[1] % 61;
  check_windows ((const char *)data + 2, size - 2, flags, step);
  check_tree ((const char *)data + 2, size - 2, flags);
  check_find ((const char *)data + 2, size - 2);
  return 0;
}
