/* The scanner as a plugin's author meets it: one header, records in memory, windows over a document. */
#include <vervet-json-scan.h>

#include <glib.h>

static const char record[] =
    "{\"task\": \"a/1\", \"n\": -7, \"x\": 2.50, \"l\": [10, {\"\\u0063\": \"caf\\u00e9\\n\"}, []], "
    "\"o\": {\"a\": null, \"\": true}, \"n\": 8, \"deep\": {\"l\": {\"z\": [1,2]}}}";

static void
test_find (void)
{
  static const struct {
    const char *path;
    int kind;
    const char *raw, *text;
  } cases[] = {
    { "task", VV_JSON_STRING, "\"a/1\"", "a/1" },
    { "n", VV_JSON_INT, "-7", "-7" },
    { "x", VV_JSON_FLOAT, "2.50", "2.50" },
    { "l.0", VV_JSON_INT, "10", "10" },
    { "l.1.c", VV_JSON_STRING, "\"caf\\u00e9\\n\"", "caf\xc3\xa9\n" },
    { "l.1", VV_JSON_OBJECT, "{\"\\u0063\": \"caf\\u00e9\\n\"}", "{\"\\u0063\": \"caf\\u00e9\\n\"}" },
    { "l.2", VV_JSON_ARRAY, "[]", "[]" },
    { "o.a", VV_JSON_NULL, "null", "null" },
    { "o..", VV_JSON_TRUE, "true", "true" },
    { "deep.l.z.1", VV_JSON_INT, "2", "2" },
    { "l.3", VV_JSON_END, NULL, NULL },
    { "l.x", VV_JSON_END, NULL, NULL },
    { "l.99999999999999999999", VV_JSON_END, NULL, NULL },
    { "task.0", VV_JSON_END, NULL, NULL },
    { "none", VV_JSON_END, NULL, NULL },
    { "tas", VV_JSON_END, NULL, NULL },
    { "l.1.cc", VV_JSON_END, NULL, NULL },
  };
  for (guint k = 0; k < G_N_ELEMENTS (cases); k++) {
    vv_json_value v;
    char buf[64];
    g_test_message ("%s", cases[k].path);
    g_assert_cmpint (vv_json_find (record, strlen (record), cases[k].path, &v), ==, cases[k].kind);
    if (cases[k].kind == VV_JSON_END)
      continue;
    g_assert_cmpmem (v.raw, v.raw_len, cases[k].raw, strlen (cases[k].raw));
    g_assert_cmpuint (vv_json_text (&v, buf, sizeof buf), ==, strlen (cases[k].text));
    g_assert_cmpstr (buf, ==, cases[k].text);
  }
}

static void
test_find_whole_and_faults (void)
{
  vv_json_value v;
  g_assert_cmpint (vv_json_find (record, strlen (record), "", &v), ==, VV_JSON_OBJECT);
  g_assert_cmpuint (v.raw_len, ==, strlen (record));
  g_assert_cmpint (vv_json_find ("{\"a\": [1, x], \"b\": 1}", 21, "b", &v), ==, VV_JSON_ERROR);
  g_assert_cmpint (vv_json_find ("{\"a\": [1, 2", 11, "a", &v), ==, VV_JSON_ERROR);
  g_assert_cmpint (vv_json_find ("", 0, "a", &v), ==, VV_JSON_ERROR);
  g_assert_cmpint (vv_json_find (NULL, 0, "a", &v), ==, VV_JSON_ERROR);
  g_assert_cmpint (vv_json_find ("{\"a\": NaN}", 10, "a", &v), ==, VV_JSON_FLOAT);
  g_assert_true (isnan (vv_json_value_double (&v)));
  g_assert_cmpint (vv_json_find ("{\"a\": -0.25}", 12, "a", &v), ==, VV_JSON_FLOAT);
  g_assert_cmpfloat (vv_json_value_double (&v), ==, -0.25);
}

/* As snprintf: the length of the whole, a NUL always, and no character cut in two. */
static void
test_text_is_cut (void)
{
  static const char json[] = "\"ab\\u20ac\\ud83d\\ude00z\"";
  vv_json_value v;
  g_assert_cmpint (vv_json_find (json, strlen (json), "", &v), ==, VV_JSON_STRING);
  for (gsize cap = 0; cap <= 12; cap++) {
    char buf[16];
    memset (buf, 'X', sizeof buf);
    g_assert_cmpuint (vv_json_text (&v, buf, cap), ==, 10);
    if (cap > 0)
      g_assert_cmpuint (strlen (buf), ==, cap > 10 ? 10 : cap == 10 ? 9 : cap >= 6 ? 5 : cap >= 3 ? 2 : cap - 1);
    g_assert_cmpint (buf[cap], ==, 'X');
  }
}

/* A window of a few bytes that the caller moves on: the tokens and positions of the whole document. */
static void
test_windows (void)
{
  static const char document[] = "{\"key\":\n [1, true, \"a\\nb\xc3\xa9\"] }\n{}";
  gsize len = strlen (document);
  for (gsize step = 1; step < 12; step++) {
    vv_json_scan whole, part;
    gsize have = 0, from = 0;
    vv_json_init (&whole, document, len, VV_JSON_MANY);
    vv_json_init_stream (&part, VV_JSON_MANY);
    for (;;) {
      int expected = vv_json_next (&whole), got;
      while ((got = vv_json_next (&part)) == VV_JSON_MORE) {
        from += part.pos;
        have = MIN (have + step, len);
        vv_json_feed (&part, document + from, have - from, have == len);
      }
      g_assert_cmpint (got, ==, expected);
      if (got <= 0)
        break;
      g_assert_cmpmem (part.raw, part.raw_len, whole.raw, whole.raw_len);
      g_assert_cmpuint (part.line, ==, whole.line);
      g_assert_cmpuint (part.column, ==, whole.column);
      g_assert_cmpuint (part.depth, ==, whole.depth);
    }
    g_assert_cmpint (whole.token, ==, VV_JSON_END);
    g_assert_cmpuint (part.base + part.pos, ==, len);
  }
}

/* "Consumed nothing of that token": asking again without more bytes changes nothing. */
static void
test_more_is_idle (void)
{
  static const char *const cut[] = { "[\"abc\\", "[\"\xe2\x82",      "[12", "[tru", "[-", "[1.",
                                     "[1e+",     "[\"\\ud83d\\ude0", "",    "[ /" };
  for (guint k = 0; k < G_N_ELEMENTS (cut); k++) {
    vv_json_scan s;
    vv_json_init_stream (&s, VV_JSON_COMMENTS);
    vv_json_feed (&s, cut[k], strlen (cut[k]), 0);
    int token = vv_json_next (&s);
    if (token == VV_JSON_ARRAY)
      token = vv_json_next (&s);
    g_assert_cmpint (token, ==, VV_JSON_MORE);
    gsize pos = s.pos;
    for (guint i = 0; i < 3; i++)
      g_assert_cmpint (vv_json_next (&s), ==, VV_JSON_MORE);
    g_assert_cmpuint (s.pos, ==, pos);
  }
}

static void
test_decode_in_place (void)
{
  char text[] = "a\\\"b\\u0041\\ud83d\\ude00\\/";
  gsize n = vv_json_decode (text, strlen (text), text);
  g_assert_cmpmem (text, n, "a\"bA\xf0\x9f\x98\x80/", 9);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json-scan/find", test_find);
  g_test_add_func ("/json-scan/find-whole-and-faults", test_find_whole_and_faults);
  g_test_add_func ("/json-scan/text-is-cut", test_text_is_cut);
  g_test_add_func ("/json-scan/windows", test_windows);
  g_test_add_func ("/json-scan/more-is-idle", test_more_is_idle);
  g_test_add_func ("/json-scan/decode-in-place", test_decode_in_place);
  return g_test_run ();
}
