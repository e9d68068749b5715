/* The reader, the tree and the writer of JSON. */
#include <float.h>
#include <locale.h>
#include <math.h>
#include <string.h>

#include <vervet-error.h>
#include <vervet-json-scan.h>
#include <vervet-json.h>

#include "lib/slow-stream.h"
#include "util/text.h"

/* ---- Helpers ----------------------------------------------------------------------------------------------------- */
/* One line a token, the fault last: what any way of reading the same bytes must give. */
static char *
trace (VervetJsonReader *reader)
{
  GString *out = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  VervetJsonToken token;
  while ((token = vervet_json_reader_next (reader, &error)) > VERVET_JSON_END) {
    gsize len;
    const char *text = vervet_json_reader_string (reader, &len);
    g_autofree char *quoted = vervet_text_quote (text, len);
    g_string_append_printf (out, "%d %u:%u %" G_GSIZE_FORMAT " %s %" G_GINT64_FORMAT " %a\n", token,
                            vervet_json_reader_line (reader), vervet_json_reader_column (reader), len, quoted,
                            vervet_json_reader_int (reader), vervet_json_reader_double (reader));
  }
  g_string_append (out, error ? error->message : "end");
  return g_string_free (out, FALSE);
}

static char *
trace_memory (const char *data, gsize len, VervetJsonFlags flags)
{
  g_autofree char *copy = g_memdup2 (data, len); /* of the exact size: a byte too far is seen by ASan */
  g_autoptr (VervetJsonReader) reader = vervet_json_reader_new (copy, len, "t", flags);
  return trace (reader);
}

static char *
trace_stream (const char *data, gsize len, VervetJsonFlags flags, gsize step, GRand *rand)
{
  g_autoptr (GInputStream) stream = slow_stream_new (data, len, step, rand);
  g_autoptr (VervetJsonReader) reader = vervet_json_reader_new_stream (stream, "t", flags);
  return trace (reader);
}

static void
assert_fault (const char *text, VervetJsonFlags flags, const char *message)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetJson) json = vervet_json_parse (text, -1, "t", flags, &error);
  g_assert_null (json);
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
  if (!g_str_has_prefix (error->message, message))
    g_error ("for %s: expected \"%s\", got \"%s\"", text, message, error->message);
}

static VervetJson *
parse (const char *text, VervetJsonFlags flags)
{
  g_autoptr (GError) error = NULL;
  VervetJson *json = vervet_json_parse (text, -1, "t", flags, &error);
  g_assert_no_error (error);
  return json;
}

/* ---- Numbers ----------------------------------------------------------------------------------------------------- */
static void
test_numbers (void)
{
  static const struct {
    const char *text;
    VervetJsonToken type;
    gint64 i;
    double f;
  } cases[] = {
    { "0", VERVET_JSON_INT, 0, 0 },
    { "-1", VERVET_JSON_INT, -1, -1 },
    { "9007199254740993", VERVET_JSON_INT, 9007199254740993, 9007199254740992.0 },
    { "9223372036854775807", VERVET_JSON_INT, G_MAXINT64, 0x1p63 },
    { "-9223372036854775808", VERVET_JSON_INT, G_MININT64, -0x1p63 },
    { "9223372036854775808", VERVET_JSON_FLOAT, 0, 0x1p63 },
    { "-9223372036854775809", VERVET_JSON_FLOAT, 0, -0x1p63 },
    { "18446744073709551616", VERVET_JSON_FLOAT, 0, 0x1p64 },
    { "12345678901234567890123", VERVET_JSON_FLOAT, 0, 12345678901234567890123.0 },
    { "0.10", VERVET_JSON_FLOAT, 0, 0.1 },
    { "-0.0", VERVET_JSON_FLOAT, 0, -0.0 },
    { "-0", VERVET_JSON_FLOAT, 0, -0.0 },
    { "1E2", VERVET_JSON_FLOAT, 0, 100 },
    { "1e-2", VERVET_JSON_FLOAT, 0, 0.01 },
    { "0e999999999999999999999", VERVET_JSON_FLOAT, 0, 0 },
    { "1.7976931348623157e308", VERVET_JSON_FLOAT, 0, DBL_MAX },
    { "1.7976931348623159e308", VERVET_JSON_FLOAT, 0, INFINITY },
    { "-1e99999999999999999999", VERVET_JSON_FLOAT, 0, -INFINITY },
    { "5e-324", VERVET_JSON_FLOAT, 0, 0x1p-1074 },
    { "2.4703282292062327208e-324", VERVET_JSON_FLOAT, 0, 0 },
    { "2.4703282292062328e-324", VERVET_JSON_FLOAT, 0, 0x1p-1074 },
    { "2.2250738585072011e-308", VERVET_JSON_FLOAT, 0, 0x0.fffffffffffffp-1022 },
    { "9007199254740993.0", VERVET_JSON_FLOAT, 0, 9007199254740992.0 },
    { "0.000000000000000000000000000000000000001e39", VERVET_JSON_FLOAT, 0, 1 },
  };
  for (guint k = 0; k < G_N_ELEMENTS (cases); k++) {
    g_autoptr (VervetJson) json = parse (cases[k].text, VERVET_JSON_STRICT);
    g_test_message ("%s", cases[k].text);
    g_assert_cmpint (json->type, ==, cases[k].type);
    g_assert_cmpint (json->i, ==, cases[k].i);
    g_assert_cmpstr (json->s, ==, cases[k].text);
    g_assert_cmpmem (&json->f, sizeof json->f, &cases[k].f, sizeof cases[k].f);
  }
}

static void
test_number_faults (void)
{
  static const char *const bad[] = { "01",       "-01",       "1.",    ".5",        "+1",   "1e",        "1e+",
                                     "1.e1",     "--1",       "-",     "-a",        "0x10", "1a",        "1_000",
                                     "1..2",     "1.2.3",     "1e5.5", "1-2",       "00",   "-Infinity", "NaN",
                                     "Infinity", "1\xc3\xa9", "nul",   "truefalse", "True" };
  for (guint k = 0; k < G_N_ELEMENTS (bad); k++) {
    g_autofree char *list = g_strdup_printf ("[1, %s]", bad[k]);
    assert_fault (bad[k], VERVET_JSON_STRICT, "t:1:");
    assert_fault (list, VERVET_JSON_STRICT, "t:1:");
  }
  assert_fault ("NaNa", VERVET_JSON_NAN, "t:1:1: unknown word");
  assert_fault ("-Inf", VERVET_JSON_NAN, "t:1:1: unknown word");
}

/* The same double as strtod() gives for random texts, long ones and ones half way between two doubles among them. */
static void
test_double_against_strtod (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (11);
  for (guint round = 0; round < 20000; round++) {
    g_autoptr (GString) text = g_string_new (g_rand_boolean (rand) ? "-" : "");
    guint whole = g_rand_int_range (rand, 1, round % 50 == 0 ? 900 : 25);
    guint part = g_rand_int_range (rand, 0, round % 50 == 1 ? 900 : 25);
    for (guint i = 0; i < whole; i++)
      g_string_append_c (text, (char)('0' + g_rand_int_range (rand, i == 0 ? 1 : 0, 10)));
    if (part > 0)
      g_string_append_c (text, '.');
    for (guint i = 0; i < part; i++)
      g_string_append_c (text, (char)('0' + g_rand_int_range (rand, 0, 10)));
    if (g_rand_boolean (rand))
      g_string_append_printf (text, "e%d", g_rand_int_range (rand, -340, 320));
    double ours = vv_json_double (text->str, text->len), theirs = g_ascii_strtod (text->str, NULL);
    if (memcmp (&ours, &theirs, sizeof ours) != 0)
      g_error ("%s: %a and not %a", text->str, ours, theirs);
  }
  /* Exactly half way, and a hair above it that shows only after 800 digits. */
  g_autoptr (GString) half = g_string_new ("9007199254740993.");
  for (guint i = 0; i < 1000; i++)
    g_string_append_c (half, '0');
  g_assert_cmpfloat (vv_json_double (half->str, half->len), ==, 9007199254740992.0);
  g_string_append_c (half, '1');
  g_assert_cmpfloat (vv_json_double (half->str, half->len), ==, 9007199254740994.0);
}

static void
test_locale (void)
{
  g_autofree char *old = g_strdup (setlocale (LC_NUMERIC, NULL));
  static const char *const comma[] = { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE", "fr_FR" };
  gboolean set = FALSE;
  for (guint i = 0; !set && i < G_N_ELEMENTS (comma); i++)
    set = setlocale (LC_NUMERIC, comma[i]) != NULL;
  if (!set) {
    g_test_skip ("no locale with a decimal comma is installed");
    return;
  }
  g_autoptr (VervetJson) json = parse ("[0.1, 1234567890.1234567890123]", VERVET_JSON_STRICT);
  g_autofree char *text = vervet_text_double (0.1);
  g_assert_cmpfloat (vervet_json_at (json, 0)->f, ==, 1.0 / 10);
  g_assert_cmpfloat (vervet_json_at (json, 1)->f, >, 1234567890.1);
  g_assert_cmpstr (text, ==, "0.1");
  setlocale (LC_NUMERIC, old);
}

/* ---- Strings ----------------------------------------------------------------------------------------------------- */
static void
test_strings (void)
{
  static const struct {
    const char *json, *text;
    gsize len;
  } cases[] = {
    { "\"\"", "", 0 },
    { "\"plain and long enough for eight at a time\"", "plain and long enough for eight at a time", 41 },
    { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8 },
    { "\"\\u0041\\u00e9\\u20AC\\ud83d\\ude00\"", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 10 },
    { "\"a\\u0000b\"", "a\0b", 3 },
    { "\"\x7f\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\"",
      "\x7f\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf", 14 },
    { "\"1234567\\n\"", "1234567\n", 8 },
    { "\"12345678\\n\"", "12345678\n", 9 },
  };
  for (guint k = 0; k < G_N_ELEMENTS (cases); k++) {
    g_autoptr (VervetJson) json = parse (cases[k].json, VERVET_JSON_STRICT);
    g_assert_cmpint (json->type, ==, VERVET_JSON_STRING);
    g_assert_cmpmem (json->s, json->len, cases[k].text, cases[k].len);
    g_assert_cmpint (json->s[json->len], ==, 0);
  }
}

static void
test_string_faults (void)
{
  static const char *const bad[] = { "\"\\x\"",
                                     "\"\\u12g4\"",
                                     "\"\\u123\"",
                                     "\"\\ud800\"",
                                     "\"\\ud800x\"",
                                     "\"\\ud800\\n\"",
                                     "\"\\ud800\\u0041\"",
                                     "\"\\udc00\"",
                                     "\"\\ud83d\\ud83d\"",
                                     "\"a\tb\"",
                                     "\"a\nb\"",
                                     "\"\x01\"",
                                     "\"\x80\"",
                                     "\"\xc0\xaf\"",
                                     "\"\xc3\"",
                                     "\"\xe0\x80\x80\"",
                                     "\"\xed\xa0\x80\"",
                                     "\"\xf0\x80\x80\x80\"",
                                     "\"\xf4\x90\x80\x80\"",
                                     "\"\xf5\x80\x80\x80\"",
                                     "\"\xff\"",
                                     "\"abc",
                                     "\"abc\\",
                                     "\"abc\\u12",
                                     "\"\xe2\x82",
                                     "'a'",
                                     "\"12345678\x1f\"",
                                     "\"1234567\x80\"" };
  for (guint k = 0; k < G_N_ELEMENTS (bad); k++)
    assert_fault (bad[k], VERVET_JSON_STRICT, "t:1:");
  assert_fault ("{\"a\": \"x\ny\"}", 0, "t:1:9: a string has no end on its line");
  assert_fault ("[\n  \"abc", 0, "t:2:3: a string has no end");
  assert_fault ("[\"ab\xff\"]", 0, "t:1:5: the bytes are not UTF-8");
  assert_fault ("'a'", 0, "t:1:1: strings stand in double quotes");
}

/* ---- Structure --------------------------------------------------------------------------------------------------- */
static void
test_structure_faults (void)
{
  assert_fault ("", 0, "t:1:1: the input is empty");
  assert_fault (" \n\n ", 0, "t:3:2: the input is empty");
  assert_fault ("{\n  \"a\": 1\n  \"b\": 2\n}", 0, "t:3:3: a comma or } was expected");
  assert_fault ("[1 2]", 0, "t:1:4: a comma or ] was expected");
  assert_fault ("[1}", 0, "t:1:3: a comma or ] was expected");
  assert_fault ("{\"a\" 1}", 0, "t:1:6: a colon was expected");
  assert_fault ("{a: 1}", 0, "t:1:2: a name in double quotes");
  assert_fault ("{\"a\":}", 0, "t:1:6: a value was expected");
  assert_fault ("{,}", 0, "t:1:2: a name in double quotes");
  assert_fault ("[,1]", 0, "t:1:2: a value was expected");
  assert_fault ("[1,,2]", VERVET_JSON_COMMENTS, "t:1:4: a value was expected");
  assert_fault ("[1,]", 0, "t:1:4: a comma stands before");
  assert_fault ("{\"a\":1,}", 0, "t:1:8: a comma stands before");
  assert_fault ("[1", 0, "t:1:3: the input ends inside an array");
  assert_fault ("{\"a\":", 0, "t:1:6: the input ends inside an object");
  assert_fault ("]", 0, "t:1:1: a value was expected");
  assert_fault ("1 2", 0, "t:1:3: something follows the end");
  assert_fault ("[1] x", 0, "t:1:5: something follows the end");
  assert_fault ("1 2", VERVET_JSON_MANY, "t:1:3: a second value");
  assert_fault ("// x\n1", 0, "t:1:1: comments are not allowed");
  assert_fault ("1 /* x", VERVET_JSON_COMMENTS, "t:1:7: a comment has no end");
  assert_fault ("/", VERVET_JSON_COMMENTS, "t:1:1: comments are not allowed");
}

static void
test_depth (void)
{
  for (guint object = 0; object < 2; object++)
    for (guint depth = 511; depth <= 513; depth++) {
      g_autoptr (GString) text = g_string_new (NULL);
      g_autoptr (GError) error = NULL;
      for (guint i = 0; i < depth; i++)
        g_string_append (text, object ? "{\"a\":" : "[");
      g_string_append (text, object ? "1" : "");
      for (guint i = 0; i < depth; i++)
        g_string_append_c (text, object ? '}' : ']');
      g_autoptr (VervetJson) json = vervet_json_parse (text->str, -1, "t", 0, &error);
      if (depth <= 512)
        g_assert_no_error (error);
      else
        g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
      g_assert_true ((json != NULL) == (depth <= 512));
    }
}

static void
test_comments (void)
{
  g_autoptr (VervetJson) json = parse (
      "// first\n{ /* a\n * b **/ \"a\": [1, 2, /**/ ], // x\n \"http\": \"a//b/*c*/\", }// end", VERVET_JSON_COMMENTS);
  g_autofree char *text = vervet_json_to_string (json, 0);
  g_assert_cmpstr (text, ==, "{\"a\":[1,2],\"http\":\"a//b/*c*/\"}");
  g_assert_cmpuint (vervet_json_get (json, "a")->line, ==, 3);
  g_assert_cmpuint (vervet_json_get (json, "http")->line, ==, 4);
  g_assert_cmpuint (vervet_json_get (json, "http")->column, ==, 10);
}

static void
test_nan (void)
{
  g_autoptr (VervetJson) json = parse ("[NaN, Infinity, -Infinity, -1]", VERVET_JSON_NAN);
  g_autofree char *text = vervet_json_to_string (json, 0);
  g_assert_true (isnan (vervet_json_at (json, 0)->f));
  g_assert_cmpfloat (vervet_json_at (json, 1)->f, ==, INFINITY);
  g_assert_cmpfloat (vervet_json_at (json, 2)->f, ==, -INFINITY);
  g_assert_cmpstr (vervet_json_at (json, 2)->s, ==, "-Infinity");
  g_assert_cmpstr (text, ==, "[null,null,null,-1]");
}

static void
test_many (void)
{
  static const char text[] = "{\"a\": 1}\n\n{\"a\": 2}{\"a\":3}\r\n[]\"x\" 7\n";
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetJsonReader) reader = vervet_json_reader_new (text, strlen (text), "t", VERVET_JSON_MANY);
  guint n = 0, lines[] = { 1, 3, 3, 4, 4, 4 };
  VervetJsonToken token;
  for (; (token = vervet_json_reader_next (reader, &error)) > VERVET_JSON_END; n++) {
    g_autoptr (VervetJson) json = vervet_json_read_value (reader, &error);
    g_assert_no_error (error);
    g_assert_cmpuint (json->line, ==, lines[n]);
    if (n < 3)
      g_assert_cmpint (vervet_json_get_int (json, "a", -1), ==, n + 1);
  }
  g_assert_cmpuint (n, ==, 6);
  g_assert_cmpint (token, ==, VERVET_JSON_END);
  g_assert_cmpint (vervet_json_reader_next (reader, &error), ==, VERVET_JSON_END);
  g_assert_cmpuint (vervet_json_reader_offset (reader), ==, strlen (text));
  g_autofree char *none = trace_memory (" \n", 2, VERVET_JSON_MANY);
  g_assert_cmpstr (none, ==, "end");
}

static void
test_byte_order_mark (void)
{
  g_autoptr (VervetJson) json = parse ("\xef\xbb\xbf[1]", 0);
  g_assert_cmpuint (vervet_json_length (json), ==, 1);
  assert_fault ("\xef\xbb[1]", 0, "t:1:1: a value was expected");
  assert_fault ("[\xef\xbb\xbf]", 0, "t:1:2: a value was expected");
}

static void
test_repeated_names (void)
{
  assert_fault ("{\"a\": 1,\n \"b\": 2, \"a\": 3}", 0, "t:2:10: the name \"a\" appears twice");
  assert_fault ("{\"a\\u0000b\": 1}", 0, "t:1:2: the name \"a\\x00b\" holds");
  g_autoptr (GString) text = g_string_new ("{");
  for (guint i = 0; i < 1000; i++)
    g_string_append_printf (text, "\"k%u\": %u,\n", i, i);
  g_autofree char *sound = g_strconcat (text->str, "\"x\":0}", NULL),
                  *twice = g_strconcat (text->str, "\"k999\":0}", NULL);
  g_autoptr (VervetJson) json = parse (sound, 0);
  g_assert_cmpuint (vervet_json_length (json), ==, 1001);
  g_assert_cmpint (vervet_json_get_int (json, "k999", -1), ==, 999);
  assert_fault (twice, 0, "t:1001:1: the name \"k999\" appears twice");
}

static void
test_fault_is_for_ever (void)
{
  g_autoptr (VervetJsonReader) reader = vervet_json_reader_new ("[1 x", 4, "t", 0);
  g_assert_cmpint (vervet_json_reader_next (reader, NULL), ==, VERVET_JSON_ARRAY);
  g_assert_cmpint (vervet_json_reader_next (reader, NULL), ==, VERVET_JSON_INT);
  for (guint i = 0; i < 3; i++) {
    g_autoptr (GError) error = NULL;
    g_assert_cmpint (vervet_json_reader_next (reader, &error), ==, VERVET_JSON_ERROR);
    g_assert_cmpstr (error->message, ==, "t:1:4: a comma or ] was expected");
  }
}

static void
test_skip (void)
{
  static const char text[] = "[{\"a\": [1, {\"b\": []}], \"c\": 2}, 3, {\"d\": {}}]";
  g_autoptr (GError) error = NULL;
  for (guint step = 0; step < 2; step++) {
    g_autoptr (GInputStream) stream = slow_stream_new (text, strlen (text), 1, NULL);
    g_autoptr (VervetJsonReader) reader =
        step ? vervet_json_reader_new_stream (stream, "t", 0) : vervet_json_reader_new (text, strlen (text), "t", 0);
    g_assert_cmpint (vervet_json_reader_next (reader, &error), ==, VERVET_JSON_ARRAY);
    g_assert_cmpint (vervet_json_reader_next (reader, &error), ==, VERVET_JSON_OBJECT);
    g_assert_true (vervet_json_reader_skip (reader, &error));
    g_assert_cmpint (vervet_json_reader_next (reader, &error), ==, VERVET_JSON_INT);
    g_assert_true (vervet_json_reader_skip (reader, &error));
    g_assert_cmpint (vervet_json_reader_next (reader, &error), ==, VERVET_JSON_OBJECT);
    g_assert_cmpint (vervet_json_reader_next (reader, &error), ==, VERVET_JSON_KEY);
    g_assert_true (vervet_json_reader_skip (reader, &error)); /* the member's value */
    g_assert_cmpint (vervet_json_reader_next (reader, &error), ==, VERVET_JSON_OBJECT_END);
    g_assert_cmpint (vervet_json_reader_next (reader, &error), ==, VERVET_JSON_ARRAY_END);
    g_assert_cmpint (vervet_json_reader_next (reader, &error), ==, VERVET_JSON_END);
  }
}

/* ---- Streams ----------------------------------------------------------------------------------------------------- */
static void
test_streams_equal_memory (void)
{
  static const char *const texts[] = {
    "{\"a\": [1, -2.5e3, \"x\\u00e9\\ud83d\\ude00y\\\\\", null, true, false], \"b\": {}}",
    "\xef\xbb\xbf /* a * / ** */ [1, // b\n 2,]\n/**/",
    "[NaN, -Infinity, Infinity, 12345678901234567890]",
    "{\"a\": 1}\n{\"a\": \"\xe2\x82\xac\xf0\x9f\x98\x80\"}\n",
    "[tru",
    "[1e",
    "[\"\\ud83d\\u",
    "\"\\ud83d",
    "[1,\n2,\n 3 4]",
    "{\"a\" : tr\xc3\xa9}",
    "[\"\xe2\x82\"]",
    "-",
    "/* x *",
    "\xef\xbb",
    "[\"0123456789\\u0041\xc3\xa9 0123456789\", \"0123456789abcdef0123456789abcdef\"]",
    "",
    "/",
    "[1.5.5]",
    "nullnull",
  };
  g_autoptr (GRand) rand = g_rand_new_with_seed (3);
  VervetJsonFlags all = VERVET_JSON_COMMENTS | VERVET_JSON_NAN | VERVET_JSON_MANY;
  for (guint k = 0; k < G_N_ELEMENTS (texts); k++)
    for (guint flags = 0; flags <= (guint)all; flags++) {
      gsize len = strlen (texts[k]);
      g_autofree char *memory = trace_memory (texts[k], len, flags);
      for (gsize step = 1; step <= 4; step++) {
        g_autofree char *stream = trace_stream (texts[k], len, flags, step, step == 4 ? rand : NULL);
        g_assert_cmpstr (memory, ==, stream);
      }
    }
}

/* Tokens longer than the window of 64 kB, met by reads of odd sizes. */
static void
test_long_tokens (void)
{
  g_autoptr (GString) text = g_string_new ("[");
  g_autoptr (GRand) rand = g_rand_new_with_seed (4);
  for (guint k = 0; k < 4; k++) {
    g_string_append_printf (text, "%s\"", k ? ",\n" : "");
    for (guint i = 0; i < 50000 * k; i++)
      g_string_append (text, i % 97 == 0 ? "\\ud83d\\ude00" : i % 31 == 0 ? "\xe2\x82\xac" : "ab");
    g_string_append (text, "\", 1");
    for (guint i = 0; i < 40000 * k; i++)
      g_string_append_c (text, '7');
  }
  g_string_append_c (text, ']');
  g_autofree char *memory = trace_memory (text->str, text->len, 0);
  g_autofree char *stream = trace_stream (text->str, text->len, 0, 70001, rand);
  g_assert_true (g_str_has_suffix (memory, "end"));
  g_assert_cmpstr (memory, ==, stream);
}

static void
test_stream_fault (void)
{
  g_autoptr (GInputStream) stream = slow_stream_new ("[1, 2", 5, 2, NULL);
  slow_stream_fail_at_end (stream);
  g_autoptr (VervetJsonReader) reader = vervet_json_reader_new_stream (stream, "disk", 0);
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GError) error = NULL;
    while (vervet_json_reader_next (reader, &error) > 0)
      ;
    g_assert_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT);
    g_assert_cmpstr (error->message, ==, "cannot read disk: the cable was pulled");
  }
}

/* ---- Tree -------------------------------------------------------------------------------------------------------- */
static void
test_tree (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetJson) json =
      parse ("{\"a\": {\"b\": [10, {\"c\": \"x\"}]}, \"i\": 3, \"f\": 2.5, \"g\": 4.0, \"s\": \"t\"}", 0);
  g_assert_cmpstr (vervet_json_find (json, "a.b.1.c")->s, ==, "x");
  g_assert_null (vervet_json_find (json, "a.b.2"));
  g_assert_null (vervet_json_find (json, "a.b.x"));
  g_assert_null (vervet_json_find (json, "a.b.-1"));
  g_assert_null (vervet_json_find (json, "s.x"));
  g_assert_null (vervet_json_get (vervet_json_get (json, "none"), "x"));
  g_assert_cmpint (vervet_json_get_int (json, "i", 9), ==, 3);
  g_assert_cmpint (vervet_json_get_int (json, "g", 9), ==, 4);
  g_assert_cmpint (vervet_json_get_int (json, "f", 9), ==, 9);
  g_assert_cmpint (vervet_json_get_int (json, "s", 9), ==, 9);
  g_assert_cmpfloat (vervet_json_get_double (json, "i", 9), ==, 3);
  g_assert_cmpstr (vervet_json_get_string (json, "s", "u"), ==, "t");
  g_assert_cmpstr (vervet_json_get_string (json, "i", "u"), ==, "u");

  g_assert_true (vervet_json_set_path (json, "n.e.w", vervet_json_new_int (1), &error));
  g_assert_true (vervet_json_set_path (json, "a.b.0", vervet_json_new_string ("zero"), &error));
  g_assert_true (vervet_json_set_path (json, "a.b.2", vervet_json_new_double (0.5), &error));
  g_assert_no_error (error);
  g_assert_false (vervet_json_set_path (json, "a.b.9", vervet_json_new_int (1), &error));
  g_assert_cmpstr (error->message, ==, "a.b.9: \"9\" is no place in a list of 3; use 0 to 3");
  g_clear_error (&error);
  g_assert_false (vervet_json_set_path (json, "i.x.y", vervet_json_new_int (1), &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
  vervet_json_remove (json, "s");
  vervet_json_remove (json, "none");
  vervet_json_set (json, "f", vervet_json_new_string (NULL));
  g_autofree char *text = vervet_json_to_string (json, 0);
  g_assert_cmpstr (text, ==,
                   "{\"a\":{\"b\":[\"zero\",{\"c\":\"x\"},0.5]},\"i\":3,\"f\":null,\"g\":4.0,\"n\":{\"e\":{\"w\":1}}}");
  g_autoptr (VervetJson) copy = vervet_json_copy (json);
  g_assert_true (vervet_json_equal (copy, json));
  vervet_json_set (copy, "i", vervet_json_new_int (4));
  g_assert_false (vervet_json_equal (copy, json));
}

static void
test_canonical (void)
{
  static const struct {
    const char *a, *b;
    gboolean same;
  } pairs[] = {
    { "{\"b\": 1, \"a\": [1.0, 2.50]}", "{\"a\":[1,25e-1],\"b\":1e0}", TRUE },
    { "12345678901234567890123", "12345678901234567890124", FALSE },
    { "9007199254740993", "9007199254740992.0", FALSE },
    { "-0", "0", TRUE },
    { "1", "\"1\"", FALSE },
    { "{}", "[]", FALSE },
    { "{\"a\": 1}", "{\"a\": 1, \"b\": 1}", FALSE },
    { "{\"a\": 1}", "{\"b\": 1}", FALSE },
    { "\"\\u0041\"", "\"A\"", TRUE },
    { "\"a\\u0000\"", "\"a\"", FALSE },
    { "true", "false", FALSE },
    { "[1, 2]", "[2, 1]", FALSE },
  };
  for (guint k = 0; k < G_N_ELEMENTS (pairs); k++) {
    g_autoptr (VervetJson) a = parse (pairs[k].a, 0), b = parse (pairs[k].b, 0);
    g_autofree char *ca = vervet_json_to_canonical (a), *cb = vervet_json_to_canonical (b);
    g_test_message ("%s %s", ca, cb);
    g_assert_cmpint (strcmp (ca, cb) == 0, ==, pairs[k].same);
    g_assert_cmpint (vervet_json_equal (a, b), ==, pairs[k].same);
  }
  g_autoptr (VervetJson) json = parse ("{\"z\":[],\"\xc3\xa9\":{},\"a\":{\"y\":null,\"x\":\"\\n\"}}", 0);
  g_autofree char *text = vervet_json_to_canonical (json);
  g_assert_cmpstr (text, ==, "{\"a\":{\"x\":\"\\n\",\"y\":null},\"z\":[],\"\xc3\xa9\":{}}");
}

/* ---- Writer ------------------------------------------------------------------------------------------------------ */
static void
test_writer (void)
{
  g_autoptr (GString) out = g_string_new ("head ");
  g_autoptr (VervetJsonWriter) writer = vervet_json_writer_new (out, 0);
  vervet_json_writer_begin_object (writer);
  vervet_json_writer_key (writer, "q\"");
  vervet_json_writer_bytes (writer, "a\0\x1f\xff\"\\\n\xc3\xa9", 9);
  vervet_json_writer_key (writer, "l");
  vervet_json_writer_begin_array (writer);
  vervet_json_writer_int (writer, G_MININT64);
  vervet_json_writer_double (writer, 0.1);
  vervet_json_writer_double (writer, NAN);
  vervet_json_writer_bool (writer, TRUE);
  vervet_json_writer_string (writer, NULL);
  vervet_json_writer_end_array (writer);
  vervet_json_writer_end_object (writer);
  vervet_json_writer_int (writer, 2);
  g_assert_cmpstr (
      out->str, ==,
      "head {\"q\\\"\":\"a\\u0000\\u001f\xef\xbf\xbd\\\"\\\\\\n\xc3\xa9\",\"l\":[-9223372036854775808,0.1,null,true,"
      "null]}\n2");
}

static void
test_indent (void)
{
  g_autoptr (VervetJson) json = parse ("{\"a\":[1,{}],\"b\":[]}", 0);
  g_autofree char *text = vervet_json_to_string (json, 2);
  g_assert_cmpstr (text, ==, "{\n  \"a\": [\n    1,\n    {}\n  ],\n  \"b\": []\n}");
}

/* A tree of any shape, with hostile strings and every kind of number. */
static VervetJson *
random_tree (GRand *rand, guint depth)
{
  guint kind = g_rand_int_range (rand, 0, depth > 5 ? 6 : 8);
  if (kind == 0)
    return vervet_json_new (VERVET_JSON_NULL + g_rand_int_range (rand, 0, 3));
  if (kind <= 2)
    return vervet_json_new_int (
        (gint64)(((guint64)g_rand_int (rand) << 32 | g_rand_int (rand)) >> g_rand_int_range (rand, 0, 64)));
  if (kind == 3) {
    guint64 bits = (guint64)g_rand_int (rand) << 32 | g_rand_int (rand);
    double f;
    memcpy (&f, &bits, sizeof f);
    return vervet_json_new_double (isfinite (f) ? f : 0.5);
  }
  if (kind <= 5) {
    g_autoptr (GString) s = g_string_new (NULL);
    for (guint i = g_rand_int_range (rand, 0, 20); i > 0; i--) {
      gunichar c = g_rand_int_range (rand, 1, g_rand_boolean (rand) ? 0x80 : 0x110000);
      g_string_append_unichar (s, c >= 0xd800 && c < 0xe000 ? '"' : c);
    }
    return vervet_json_new_string (s->str);
  }
  VervetJson *json = vervet_json_new (kind == 6 ? VERVET_JSON_ARRAY : VERVET_JSON_OBJECT);
  for (guint i = g_rand_int_range (rand, 0, 24); i > 0; i--) {
    g_autofree char *key = g_strdup_printf ("%u\n\"%c", i, g_rand_int_range (rand, 1, 128));
    if (kind == 6)
      vervet_json_append (json, random_tree (rand, depth + 2));
    else
      vervet_json_set (json, key, random_tree (rand, depth + 2));
  }
  return json;
}

static void
test_round_trip (void)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (7);
  for (guint round = 0; round < 300; round++) {
    g_autoptr (VervetJson) json = random_tree (rand, 0);
    g_autofree char *text = vervet_json_to_string (json, round % 3), *canonical = vervet_json_to_canonical (json);
    g_autoptr (VervetJson) again = parse (text, 0), sorted = parse (canonical, 0);
    g_autofree char *canonical2 = vervet_json_to_canonical (sorted), *text2 = vervet_json_to_string (again, round % 3);
    g_assert_true (vervet_json_equal (json, again));
    g_assert_true (vervet_json_equal (json, sorted));
    g_assert_cmpstr (canonical, ==, canonical2);
    g_assert_cmpstr (text, ==, text2);
    if (json->type == VERVET_JSON_FLOAT)
      g_assert_cmpmem (&json->f, sizeof json->f, &again->f, sizeof again->f);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/numbers", test_numbers);
  g_test_add_func ("/json/number-faults", test_number_faults);
  g_test_add_func ("/json/double-against-strtod", test_double_against_strtod);
  g_test_add_func ("/json/locale", test_locale);
  g_test_add_func ("/json/strings", test_strings);
  g_test_add_func ("/json/string-faults", test_string_faults);
  g_test_add_func ("/json/structure-faults", test_structure_faults);
  g_test_add_func ("/json/depth", test_depth);
  g_test_add_func ("/json/comments", test_comments);
  g_test_add_func ("/json/nan", test_nan);
  g_test_add_func ("/json/many", test_many);
  g_test_add_func ("/json/byte-order-mark", test_byte_order_mark);
  g_test_add_func ("/json/repeated-names", test_repeated_names);
  g_test_add_func ("/json/fault-is-for-ever", test_fault_is_for_ever);
  g_test_add_func ("/json/skip", test_skip);
  g_test_add_func ("/json/streams-equal-memory", test_streams_equal_memory);
  g_test_add_func ("/json/long-tokens", test_long_tokens);
  g_test_add_func ("/json/stream-fault", test_stream_fault);
  g_test_add_func ("/json/tree", test_tree);
  g_test_add_func ("/json/canonical", test_canonical);
  g_test_add_func ("/json/writer", test_writer);
  g_test_add_func ("/json/indent", test_indent);
  g_test_add_func ("/json/round-trip", test_round_trip);
  return g_test_run ();
}
