/* Option tables: every type, ranges, defaults, names, paths, secrets, the identity of a run, the schema. */
#include "plugin/info.h"

#include "util/hash.h"

#include <vervet-error.h>

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

static const char *const colours[] = { "red", "green", NULL };
static const vv_option table[] = {
  { .type = VV_T_BOOL, .name = "strict", .def = "true" },
  { .type = VV_T_INT, .name = "samples", .help = "Trials.", .def = "16", .min = 1, .max = 100 },
  { .type = VV_T_FLOAT, .name = "temperature", .def = "0.8", .min = 0, .max = INFINITY },
  { .type = VV_T_STRING, .name = "prefix", .def = "" },
  { .type = VV_T_ENUM, .name = "colour", .def = "red", .choices = colours },
  { .type = VV_T_PATH, .name = "file" },
  { .type = VV_T_SECRET, .name = "api-key", .def = "${VERVET_TEST_KEY}" },
  { .type = VV_T_JSON, .name = "extra" },
  { .type = VV_T_INT, .name = "cache", .def = "64", .flags = VV_OPT_NEUTRAL },
  { .type = VV_T_INT, .name = "old", .flags = VV_OPT_DEPRECATED },
};

typedef struct {
  VervetPluginInfo *plugin;
  VervetComponentInfo *info;
} Fixture;

static void
fixture_init (Fixture *f, const vv_option *options, guint n)
{
  f->plugin = vervet_plugin_info_new ("/x.so");
  f->info = vervet_plugin_info_add (f->plugin, n, 0);
  f->info->id = vervet_plugin_info_text (f->plugin, "repeated");
  f->info->title = vervet_plugin_info_text (f->plugin, "Repeated");
  f->info->kind = VV_KIND_SAMPLER;
  memcpy (f->info->options, options, n * sizeof *options);
}

static void
set_up (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  fixture_init (f, table, G_N_ELEMENTS (table));
  g_unsetenv ("VERVET_TEST_KEY");
}

static void
tear_down (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  vervet_plugin_info_free (f->plugin);
}

/* Options from JSON text; the error's message in @message where it fails. */
static VervetOptions *
parse (const Fixture *f, const char *text, const char *base_dir, char **message)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetJson) json = vervet_json_parse (text, -1, "x.json", VERVET_JSON_STRICT, &error);
  static const char *const ignore[] = { "use", NULL };
  VervetOptions *options;

  g_assert_no_error (error);
  options = vervet_options_new (f->info, json, ignore, base_dir, "x.json", &error);
  g_assert_true ((options == NULL) == (error != NULL));
  if (message)
    *message = error ? g_strdup (error->message) : NULL;
  else
    g_assert_no_error (error);
  return options;
}

static void
test_defaults (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (VervetOptions) options = vervet_options_new (f->info, NULL, NULL, NULL, "x", NULL);
  const vv_value *values;
  guint n = 0;

  g_assert_nonnull (options);
  values = vervet_options_values (options, &n);
  g_assert_cmpuint (n, ==, G_N_ELEMENTS (table));
  for (guint i = 0; i < n; i++)
    g_assert_cmpuint (values[i].type, ==, table[i].type);
  g_assert_cmpint (values[0].v.i, ==, 1);
  g_assert_cmpint (values[1].v.i, ==, 16);
  g_assert_cmpfloat (values[2].v.f, ==, 0.8);
  g_assert_cmpuint (values[3].is_set, ==, 1);
  g_assert_cmpstr (values[3].v.s.ptr, ==, "");
  g_assert_cmpint (values[4].v.i, ==, 0);
  for (guint i = 5; i <= 7; i++) {
    g_assert_cmpuint (values[i].is_set, ==, 0);
    g_assert_cmpuint (values[i].v.s.len, ==, 0);
  }
  g_assert_null (vervet_options_get (options, "nothing"));
  g_assert_true (vervet_options_get (options, "samples") == &values[1]);
}

static void
test_given (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (VervetOptions) options = parse (
      f,
      "{ \"use\": \"repeated\", \"strict\": false, \"samples\": 1e2, \"temperature\": 2, \"prefix\": \"a\\u00e9\","
      " \"colour\": \"green\", \"file\": \"sub/../a.txt\", \"extra\": { \"b\": [1, 2.5], \"a\": null },"
      " \"cache\": null, \"old\": 3 }",
      "/base", NULL);

  g_assert_cmpint (vervet_options_get (options, "strict")->v.i, ==, 0);
  g_assert_cmpint (vervet_options_get (options, "samples")->v.i, ==, 100);
  g_assert_cmpfloat (vervet_options_get (options, "temperature")->v.f, ==, 2);
  g_assert_cmpstr (vervet_options_get (options, "prefix")->v.s.ptr, ==, "a\303\251");
  g_assert_cmpuint (vervet_options_get (options, "prefix")->v.s.len, ==, 3);
  g_assert_cmpint (vervet_options_get (options, "colour")->v.i, ==, 1);
  g_assert_cmpstr (vervet_options_get (options, "file")->v.s.ptr, ==, "/base/a.txt");
  g_assert_cmpint (vervet_options_get (options, "cache")->v.i, ==, 64); /* null: left out */
  {
    const vv_value *extra = vervet_options_get (options, "extra");
    g_autoptr (VervetJson) json = vervet_json_parse (extra->v.s.ptr, -1, "extra", VERVET_JSON_STRICT, NULL);

    g_assert_cmpuint (extra->v.s.len, ==, strlen (extra->v.s.ptr));
    g_assert_cmpstr (json->keys->pdata[0], ==, "b"); /* the order stays: a grammar may hang on it */
    g_assert_null (strchr (extra->v.s.ptr, '\n'));
  }
}

static void
test_refused (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  static const struct {
    const char *text, *says;
  } cases[] = {
    { "[]", "x.json:1:1: expected an object with the options of sampler 'repeated'" },
    { "{\n  \"temprature\": 1 }",
      "x.json:2:17: sampler 'repeated' has no option \"temprature\"; did you mean \"temperature\"?" },
    { "{ \"zzz\": 1 }", "has no option \"zzz\"; `vervet inspect repeated` lists them" },
    { "{ \"samples\": \"ten\" }",
      "x.json:1:14: option \"samples\" of sampler 'repeated': expected an integer from 1 to 100, found \"ten\"" },
    { "{ \"samples\": 0 }", "expected an integer from 1 to 100, found 0" },
    { "{ \"samples\": 101 }", "expected an integer from 1 to 100, found 101" },
    { "{ \"samples\": 1.5 }", "expected an integer from 1 to 100, found 1.5" },
    { "{ \"samples\": 123456789012345678901 }", "found 123456789012345678901" },
    { "{ \"samples\": true }", "found true" },
    { "{ \"samples\": [1] }", "found [1]" },
    { "{ \"temperature\": -0.1 }", "expected a number of at least 0, found -0.1" },
    { "{ \"temperature\": 1e999 }", "expected a number of at least 0" },
    { "{ \"strict\": 1 }", "expected true or false, found 1" },
    { "{ \"prefix\": 7 }", "expected a text, found 7" },
    { "{ \"prefix\": \"a\\u0000b\" }", "expected a text, found one with a NUL character in it" },
    { "{ \"colour\": \"blue\" }", "expected one of \"red\", \"green\", found \"blue\"" },
    { "{ \"file\": {} }", "expected a path, found {}" },
    { "{ \"api-key\": 7 }", "expected a text, found something else" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *message = NULL;
    g_autoptr (VervetOptions) options = parse (f, cases[i].text, NULL, &message);

    if (options || !strstr (message, cases[i].says))
      g_error ("%s\nsays: %s\nexpected: %s", cases[i].text, message, cases[i].says);
  }
}

static void
test_required (void)
{
  static const vv_option required[] = {
    { .type = VV_T_STRING, .name = "model", .help = "Name of the model.", .flags = VV_OPT_REQUIRED },
    { .type = VV_T_INT, .name = "n", .def = "16", .flags = VV_OPT_REQUIRED },
  };
  g_autofree char *message = NULL;
  VervetOptions *options;
  Fixture f;

  fixture_init (&f, required, G_N_ELEMENTS (required));
  g_assert_null (parse (&f, "{}", NULL, &message));
  g_assert_cmpstr (message, ==, "x.json: sampler 'repeated' needs option \"model\" (Name of the model.)");
  options = parse (&f, "{ \"model\": \"m\" }", NULL, NULL);
  g_assert_cmpint (vervet_options_get (options, "n")->v.i, ==, 16);
  vervet_options_free (options);
  tear_down (&f, NULL);
}

static void
test_secret (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *message = NULL, *shown = NULL, *identity = NULL;
  g_autoptr (VervetJson) json = NULL, identity_json = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (VervetOptions) options = NULL;
  g_autoptr (VervetJson) object =
      vervet_json_parse ("{ \"api-key\": \"Bearer ${VERVET_TEST_KEY}!\" }", -1, "x", VERVET_JSON_STRICT, NULL);

  g_assert_null (vervet_options_new (f->info, object, NULL, NULL, "x", &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT);
  g_assert_nonnull (strstr (error->message, "environment variable VERVET_TEST_KEY is not set"));

  g_setenv ("VERVET_TEST_KEY", "hunter2", TRUE);
  options = vervet_options_new (f->info, object, NULL, NULL, "x", NULL);
  g_assert_cmpstr (vervet_options_get (options, "api-key")->v.s.ptr, ==, "Bearer hunter2!");
  json = vervet_options_to_json (options, FALSE);
  identity_json = vervet_options_to_json (options, TRUE);
  shown = vervet_json_to_string (json, 0);
  identity = vervet_json_to_string (identity_json, 0);
  g_assert_null (strstr (shown, "hunter2"));
  g_assert_null (strstr (shown, "api-key"));
  g_assert_null (strstr (identity, "hunter2"));
  g_assert_null (strstr (identity, "api-key"));
  vervet_options_free (options);
  options = parse (f, "{}", NULL, NULL); /* the default reads the variable */
  g_assert_cmpstr (vervet_options_get (options, "api-key")->v.s.ptr, ==, "hunter2");
  vervet_options_free (options);
  g_setenv ("VERVET_TEST_KEY", "", TRUE);
  options = parse (f, "{}", NULL, NULL); /* an empty variable is none */
  g_assert_cmpuint (vervet_options_get (options, "api-key")->is_set, ==, 0);
  {
    const char *const mistyped[] = { "api-kye=hunter2", NULL };

    g_clear_error (&error);
    g_assert_null (vervet_options_from_strings (f->info, mistyped, &error));
    g_assert_null (strstr (error->message, "hunter2")); /* it may be a secret */
  }
}

static char *
identity_of (const Fixture *f, const char *text, const char *base_dir)
{
  g_autoptr (VervetOptions) options = parse (f, text, base_dir, NULL);
  g_autoptr (VervetJson) json = vervet_options_to_json (options, TRUE);

  return vervet_json_to_canonical (json);
}

static void
test_identity (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *folder = g_dir_make_tmp ("vervet-XXXXXX", NULL), *other = g_build_filename (folder, "other", NULL);
  g_autofree char *a = g_build_filename (folder, "a.txt", NULL), *b = g_build_filename (other, "a.txt", NULL);
  g_autofree char *one = NULL, *two = NULL, *three = NULL, *four = NULL, *five = NULL, *hash = NULL;
  guint8 bytes[16];

  g_assert_cmpint (g_mkdir (other, 0700), ==, 0);
  g_assert_true (g_file_set_contents (a, "gold", -1, NULL));
  g_assert_true (g_file_set_contents (b, "gold", -1, NULL));
  one = identity_of (f, "{ \"file\": \"a.txt\", \"cache\": 1 }", folder);
  two = identity_of (f, "{ \"file\": \"a.txt\", \"cache\": 2 }", other);
  g_assert_cmpstr (one, ==, two); /* moved, and a neutral option changed: the same run */
  g_assert_true (vervet_hash_file (a, bytes, NULL));
  hash = vervet_hex (bytes, sizeof bytes);
  g_assert_nonnull (strstr (one, hash));
  g_assert_null (strstr (one, "cache"));
  g_assert_true (g_file_set_contents (b, "lead", -1, NULL));
  three = identity_of (f, "{ \"file\": \"a.txt\" }", other);
  g_assert_cmpstr (one, !=, three);
  four = identity_of (f, "{ \"file\": \"a.txt\", \"samples\": 17 }", folder);
  g_assert_cmpstr (one, !=, four);
  five = identity_of (f, "{ \"file\": \"missing\" }", folder);
  g_assert_nonnull (strstr (five, "null"));
  g_assert_true (g_unlink (a) == 0 && g_unlink (b) == 0 && g_rmdir (other) == 0 && g_rmdir (folder) == 0);
}

/* What is shown gives the same options when it is read again. */
static void
test_round_trip (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (VervetOptions) options = parse (
      f, "{ \"samples\": 3, \"temperature\": 0.1, \"file\": \"x\", \"extra\": [true, \"\\n\"], \"prefix\": \"p\" }",
      "/b", NULL);
  g_autoptr (VervetJson) json = vervet_options_to_json (options, FALSE), again_json = NULL;
  g_autofree char *text = vervet_json_to_string (json, 0);
  g_autoptr (VervetOptions) again = parse (f, text, NULL, NULL);

  again_json = vervet_options_to_json (again, FALSE);
  g_assert_true (vervet_json_equal (json, again_json));
  g_assert_cmpfloat (vervet_options_get (again, "temperature")->v.f, ==, 0.1);
}

static void
test_strings (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  static const char *const pairs[] = { "samples=7",    "strict=no", "prefix=a=b", "extra=[1]",
                                       "colour=green", "samples=8", NULL };
  static const struct {
    const char *pair, *says;
  } cases[] = {
    { "samples", "\"samples\": write options as NAME=VALUE" },
    { "sample=7", "has no option \"sample\"; did you mean \"samples\"?" },
    { "samples=7x", "option \"samples\" of sampler 'repeated': expected an integer from 1 to 100, found \"7x\"" },
    { "samples=", "expected an integer from 1 to 100, found \"\"" },
    { "temperature=nan", "expected a number of at least 0, found \"nan\"" },
    { "temperature=0x10", "expected a number of at least 0, found \"0x10\"" },
    { "strict=maybe", "expected true or false, found \"maybe\"" },
    { "extra={", "option \"extra\" of sampler 'repeated': extra:1:2: " },
  };
  g_autoptr (VervetJson) json = vervet_options_from_strings (f->info, pairs, NULL);
  g_autoptr (VervetOptions) options = vervet_options_new (f->info, json, NULL, NULL, "-o", NULL);

  g_assert_cmpint (vervet_options_get (options, "samples")->v.i, ==, 8);
  g_assert_cmpint (vervet_options_get (options, "strict")->v.i, ==, 0);
  g_assert_cmpstr (vervet_options_get (options, "prefix")->v.s.ptr, ==, "a=b");
  g_assert_cmpstr (vervet_options_get (options, "extra")->v.s.ptr, ==, "[1]");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    const char *const one[] = { cases[i].pair, NULL };
    g_autoptr (GError) error = NULL;

    g_assert_null (vervet_options_from_strings (f->info, one, &error));
    g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
    if (!strstr (error->message, cases[i].says))
      g_error ("%s says: %s\nexpected: %s", cases[i].pair, error->message, cases[i].says);
  }
}

static void
test_schema (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (VervetJson) schema = vervet_component_schema (f->info);

  g_assert_cmpstr (vervet_json_get_string (schema, "$schema", NULL), ==,
                   "https://json-schema.org/draft/2020-12/schema");
  g_assert_cmpint (vervet_json_get (schema, "additionalProperties")->type, ==, VERVET_JSON_FALSE);
  g_assert_cmpuint (vervet_json_length (vervet_json_get (schema, "properties")), ==, G_N_ELEMENTS (table));
  g_assert_cmpuint (vervet_json_length (vervet_json_get (schema, "required")), ==, 0);
  g_assert_cmpstr (vervet_json_find (schema, "properties.samples.type")->s, ==, "integer");
  g_assert_cmpint (vervet_json_find (schema, "properties.samples.default")->i, ==, 16);
  g_assert_cmpint (vervet_json_find (schema, "properties.samples.minimum")->i, ==, 1);
  g_assert_cmpint (vervet_json_find (schema, "properties.samples.maximum")->i, ==, 100);
  g_assert_cmpfloat (vervet_json_find (schema, "properties.temperature.minimum")->f, ==, 0);
  g_assert_null (vervet_json_find (schema, "properties.temperature.maximum"));
  g_assert_cmpstr (vervet_json_find (schema, "properties.colour.enum.1")->s, ==, "green");
  g_assert_null (vervet_json_find (schema, "properties.extra.type"));
  g_assert_cmpint (vervet_json_find (schema, "properties.api-key.writeOnly")->type, ==, VERVET_JSON_TRUE);
  g_assert_null (vervet_json_find (schema, "properties.api-key.default"));
  g_assert_cmpint (vervet_json_find (schema, "properties.old.deprecated")->type, ==, VERVET_JSON_TRUE);
}

/* Whatever stands in the object, the answer is options or a sentence, never both or neither. */
static void
test_anything (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  static const char *const values[] = {
    "null",  "true",    "-1", "1e308", "1e999",  "9223372036854775807", "0.5", "\"\"", "\"${\"",
    "\"~\"", "\"${}\"", "[]", "{}",    "[[[]]]", "\"\\ud83d\\ude00\""
  };

  for (guint i = 0; i < G_N_ELEMENTS (table); i++)
    for (guint j = 0; j < G_N_ELEMENTS (values); j++) {
      g_autofree char *text = g_strdup_printf ("{ \"%s\": %s }", table[i].name, values[j]), *message = NULL;
      g_autoptr (VervetOptions) options = parse (f, text, NULL, &message);

      g_assert_true (options || (strstr (message, "x.json:1:") == message && strstr (message, table[i].name)));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add ("/options/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("defaults", test_defaults);
  ADD ("given", test_given);
  ADD ("refused", test_refused);
  g_test_add_func ("/options/required", test_required);
  ADD ("secret", test_secret);
  ADD ("identity", test_identity);
  ADD ("round-trip", test_round_trip);
  ADD ("strings", test_strings);
  ADD ("schema", test_schema);
  ADD ("anything", test_anything);
  return g_test_run ();
}
