/* What the registry makes of plugins that misbehave, and of its own cache when it is stale, cut or foreign. */
#include "plugin/describe.h"

#include <vervet.h>

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

typedef struct {
  char *folder, *cache; /* fresh for each test */
} Fixture;

static char *
built (const char *name)
{
  g_autofree char *file = g_strconcat (name, ".so", NULL);

  return g_test_build_filename (g_str_equal (name, "not-elf") ? G_TEST_DIST : G_TEST_BUILT, "fixtures", file, NULL);
}

static void
set_up (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  f->folder = g_dir_make_tmp ("vervet-XXXXXX", NULL);
  f->cache = g_build_filename (f->folder, "vervet", "plugins.json", NULL);
  g_setenv ("XDG_CACHE_HOME", f->folder, TRUE);
  g_setenv ("XDG_DATA_HOME", f->folder, TRUE);
  g_unsetenv ("VERVET_WORKER");
  g_unsetenv ("VERVET_PLUGIN_PATH");
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree char *child = g_build_filename (path, name, NULL);

    remove_tree (child);
  }
  g_remove (path);
}

static void
tear_down (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  remove_tree (f->folder);
  g_free (f->folder);
  g_free (f->cache);
}

/* A copy of a fixture in the test's folder, so that it may be changed. */
static char *
copy_fixture (const Fixture *f, const char *name, const char *as)
{
  g_autofree char *from = built (name), *text = NULL;
  char *to = g_build_filename (f->folder, as, NULL);
  gsize len;

  g_assert_true (g_file_get_contents (from, &text, &len, NULL));
  g_assert_true (g_file_set_contents (to, text, (gssize)len, NULL));
  return to;
}

/* Names of fixtures, or paths, joined into VERVET_PLUGIN_PATH. */
static void
set_path (const char *first, ...)
{
  g_autoptr (GString) path = g_string_new (NULL);
  va_list list;

  va_start (list, first);
  for (const char *name = first; name; name = va_arg (list, const char *)) {
    g_autofree char *file = strchr (name, '/') ? g_strdup (name) : built (name);

    g_string_append_printf (path, "%s%s", path->len ? ":" : "", file);
  }
  va_end (list);
  g_setenv ("VERVET_PLUGIN_PATH", path->str, TRUE);
}

static VervetRegistry *
open_registry (VervetRegistryFlags flags)
{
  g_autoptr (GError) error = NULL;
  VervetRegistry *registry = vervet_registry_new (flags, &error);

  g_assert_no_error (error);
  return registry;
}

static const VervetPluginInfo *
by_file (const VervetRegistry *registry, const char *name)
{
  const GPtrArray *plugins = vervet_registry_plugins (registry);

  for (guint i = 0; i < plugins->len; i++) {
    const VervetPluginInfo *info = g_ptr_array_index (plugins, i);
    g_autofree char *base = g_path_get_basename (info->file), *want = g_strconcat (name, ".so", NULL);

    if (g_str_equal (base, want) && !info->in_tree)
      return info;
  }
  g_error ("%s is not in the registry", name);
}

/* Nothing is scanned from here on: what is known must be known from the cache. */
static void
forbid_scanning (void)
{
  g_setenv ("VERVET_WORKER", "/nonexistent/vervet-worker", TRUE);
}

/* ---- Every kind of misbehaviour ---- */

static const struct {
  const char *name;
  VervetPluginState state;
  const char *says;
} cases[] = {
  { "sound", VERVET_PLUGIN_OK, NULL },
  { "crash-constructor", VERVET_PLUGIN_QUARANTINED, "it crashed while it was being opened (SIGABRT)" },
  { "crash-descriptor", VERVET_PLUGIN_QUARANTINED, "it crashed in vervet_plugin_v1() or its descriptor (SIGSEGV)" },
  { "crash-load", VERVET_PLUGIN_QUARANTINED, "it crashed in load() (SIGFPE)" },
  { "crash-probe", VERVET_PLUGIN_QUARANTINED, "it crashed in probe() (SIGBUS)" },
  { "crash-create", VERVET_PLUGIN_OK, NULL },
  { "hang", VERVET_PLUGIN_QUARANTINED, "it hung in load(): no answer within 5 seconds" },
  { "exits", VERVET_PLUGIN_QUARANTINED, "it ended the process in load() (exit status 3)" },
  { "prints", VERVET_PLUGIN_OK, NULL },
  { "leaves-child", VERVET_PLUGIN_OK, NULL },
  { "no-symbol", VERVET_PLUGIN_QUARANTINED, "it is not a Vervet plugin: it exports no function vervet_plugin_v1" },
  { "not-elf", VERVET_PLUGIN_QUARANTINED, "it cannot be opened: invalid ELF header" },
  { "missing-library", VERVET_PLUGIN_QUARANTINED,
    "it cannot be opened: undefined symbol: function_of_a_library_that_is_not_here" },
  { "empty-licence", VERVET_PLUGIN_QUARANTINED, "field 'license' is empty" },
  { "same-id", VERVET_PLUGIN_QUARANTINED, "id 'test.sound' is taken by " },
  { "same-component", VERVET_PLUGIN_QUARANTINED, "verifier 'sound' is taken by " },
  { "lying-count", VERVET_PLUGIN_QUARANTINED, "it crashed in vervet_plugin_v1() or its descriptor (SIGSEGV)" },
  { "unavailable", VERVET_PLUGIN_UNAVAILABLE, "libquantum.so.1 not found; install it" },
  { "load-fails", VERVET_PLUGIN_UNAVAILABLE, "it gave no reason (out-of-memory)" },
  { "bad-default", VERVET_PLUGIN_QUARANTINED,
    "component 'bad-default': option 'tolerance': default: expected a number from 0 to 1, found 2" },
  { "old-draft", VERVET_PLUGIN_QUARANTINED,
    "it is built against draft 7 of the plugin ABI and this Vervet has draft 1" },
};

static void
check_cases (const VervetRegistry *registry)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    const VervetPluginInfo *info = by_file (registry, cases[i].name);

    if (info->state != cases[i].state || (cases[i].says == NULL) != (info->reason == NULL)
        || (cases[i].says && !g_str_has_prefix (info->reason, cases[i].says)))
      g_error ("%s is %s: %s\nexpected %s: %s", cases[i].name, vervet_plugin_state_name (info->state), info->reason,
               vervet_plugin_state_name (cases[i].state), cases[i].says);
  }
}

static void
set_path_of_all (void)
{
  g_autoptr (GString) path = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *file = built (cases[i].name);

    g_string_append_printf (path, "%s:", file);
  }
  g_setenv ("VERVET_PLUGIN_PATH", path->str, TRUE);
}

static void
test_all (Fixture *f G_GNUC_UNUSED, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (VervetRegistry) registry = NULL, again = NULL;
  g_autoptr (GError) error = NULL;
  const GPtrArray *plugins;

  set_path_of_all ();
  registry = open_registry (VERVET_REGISTRY_DEFAULT);
  check_cases (registry);
  plugins = vervet_registry_plugins (registry);
  for (guint i = 1; i < plugins->len; i++) { /* those that work come first */
    const VervetPluginInfo *before = plugins->pdata[i - 1], *info = plugins->pdata[i];

    g_assert_true (before->state == VERVET_PLUGIN_OK || info->state != VERVET_PLUGIN_OK);
  }
  g_assert_nonnull (vervet_registry_find (registry, VV_KIND_VERIFIER, "sound", &error));
  g_assert_no_error (error);
  forbid_scanning ();
  again = open_registry (VERVET_REGISTRY_DEFAULT); /* the sick ones are remembered as well */
  check_cases (again);
}

static void
test_find (Fixture *f G_GNUC_UNUSED, gconstpointer data G_GNUC_UNUSED)
{
  static const struct {
    const char *id;
    int code;
    const char *says;
  } finds[] = {
    { "sount", VERVET_ERROR_INPUT, "no verifier 'sount'; did you mean \"sound\"?" },
    { "qqqqqqqqqqqq", VERVET_ERROR_INPUT, "no verifier 'qqqqqqqqqqqq'; `vervet plugins` lists what there is" },
    { "unavailable", VERVET_ERROR_ENVIRONMENT,
      "verifier 'unavailable' is not available here: libquantum.so.1 not found" },
    { "exits", VERVET_ERROR_ENVIRONMENT, "it ended the process in load() (exit status 3)" },
    { "same-id", VERVET_ERROR_ENVIRONMENT, "id 'test.sound' is taken by" },
  };
  g_autoptr (VervetRegistry) registry = NULL;

  set_path ("sound", "unavailable", "exits", "same-id", NULL);
  registry = open_registry (VERVET_REGISTRY_DEFAULT);
  for (guint i = 0; i < G_N_ELEMENTS (finds); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (vervet_registry_find (registry, VV_KIND_VERIFIER, finds[i].id, &error));
    g_assert_error (error, VERVET_ERROR, finds[i].code);
    if (!strstr (error->message, finds[i].says))
      g_error ("%s says: %s\nexpected: %s", finds[i].id, error->message, finds[i].says);
  }
  g_assert_null (vervet_registry_lookup (registry, VV_KIND_MODEL, "sound"));
  g_assert_nonnull (vervet_registry_lookup (registry, 0, "sound"));
  g_assert_nonnull (vervet_registry_lookup (registry, VV_KIND_VERIFIER, "unavailable"));
}

/* The first one on the path has the id, whatever the files are called. */
static void
test_precedence (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *first = copy_fixture (f, "same-id", "zzz.so"), *sound = built ("sound");
  g_autoptr (VervetRegistry) registry = NULL;

  set_path (first, sound, first, NULL); /* named twice: there once */
  registry = open_registry (VERVET_REGISTRY_DEFAULT);
  g_assert_cmpint (by_file (registry, "zzz")->state, ==, VERVET_PLUGIN_OK);
  g_assert_cmpint (by_file (registry, "sound")->state, ==, VERVET_PLUGIN_QUARANTINED);
  g_assert_nonnull (strstr (by_file (registry, "sound")->reason, first));
}

static void
test_places (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *deep = g_build_filename (f->folder, "a", "b", NULL), *deeper = g_build_filename (deep, "c", NULL);
  g_autofree char *user = g_build_filename (f->folder, "vervet", "plugins", NULL);
  g_autofree char *one = NULL, *two = NULL, *three = NULL, *missing = g_build_filename (f->folder, "gone.so", NULL);
  g_autoptr (VervetRegistry) registry = NULL, safe = NULL;
  const GPtrArray *plugins;

  g_assert_cmpint (g_mkdir_with_parents (deeper, 0700) + g_mkdir_with_parents (user, 0700), ==, 0);
  one = copy_fixture (f, "sound", "a/b/sound.so");
  two = copy_fixture (f, "counts", "a/b/c/counts.so"); /* three folders down: not looked for */
  three = copy_fixture (f, "prints", "vervet/plugins/prints.so");
  set_path (f->folder, missing, "/nonexistent/folder", NULL);
  registry = open_registry (VERVET_REGISTRY_DEFAULT);
  g_assert_cmpint (by_file (registry, "sound")->state, ==, VERVET_PLUGIN_OK);
  g_assert_cmpint (by_file (registry, "prints")->state, ==, VERVET_PLUGIN_OK);
  g_assert_cmpstr (by_file (registry, "gone")->reason, ==, "there is no such file");
  g_assert_null (vervet_registry_lookup (registry, 0, "counts"));
  safe = open_registry (VERVET_REGISTRY_SAFE);
  plugins = vervet_registry_plugins (safe);
  for (guint i = 0; i < plugins->len; i++)
    g_assert_true (((const VervetPluginInfo *)plugins->pdata[i])->in_tree);
}

/* ---- The worker ---- */

static void
test_worker (Fixture *f G_GNUC_UNUSED, gconstpointer data G_GNUC_UNUSED)
{
  static const struct {
    const char *worker, *says;
  } workers[] = {
    { "/nonexistent/vervet-worker", "/nonexistent/vervet-worker cannot be started: No such file or directory" },
    { "/bin/true", "/bin/true does not run; start it by hand to see why" },
  };

  set_path ("sound", "counts", "prints", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (workers); i++) {
    g_autoptr (GError) error = NULL;

    g_setenv ("VERVET_WORKER", workers[i].worker, TRUE);
    g_assert_null (vervet_registry_new (VERVET_REGISTRY_DEFAULT, &error));
    g_assert_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT);
    g_assert_nonnull (strstr (error->message, workers[i].says));
  }
}

/* Runs the worker by hand; its answer without the line ends in front. */
static VervetJson *
ask_worker (const char *mode, const char *fixture, int *exit_status)
{
  g_autofree char *file = built (fixture), *out = NULL;
  g_autofree char *worker = g_test_build_filename (G_TEST_BUILT, "..", "..", "app", "vervet-worker", NULL);
  const char *argv[] = { worker, mode, file, NULL };

  g_assert_true (
      g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &out, NULL, exit_status, NULL));
  return vervet_json_parse (out, -1, "answer", VERVET_JSON_STRICT, NULL);
}

static void
test_answer (Fixture *f G_GNUC_UNUSED, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (VervetJson) noisy = NULL, checked = NULL, crashed = NULL, refused = NULL;
  int status;

  noisy = ask_worker ("--scan", "prints", &status); /* one object, and none of what the plugin printed */
  g_assert_cmpint (status, ==, 0);
  g_assert_cmpstr (vervet_json_get_string (noisy, "plugin", NULL), ==, "test.prints");
  checked = ask_worker ("--check-load", "counts", &status);
  g_assert_cmpstr (vervet_json_find (checked, "components.0.create")->s, ==, "ok");
  crashed = ask_worker ("--check-load", "crash-create", &status);
  g_assert_null (crashed);
  g_assert_false (g_spawn_check_wait_status (status, NULL));
  refused = ask_worker ("--scan", "empty-licence", &status);
  g_assert_false (g_spawn_check_wait_status (status, NULL));
  g_assert_cmpstr (vervet_json_get_string (refused, "error", NULL), ==, "field 'license' is empty");
}

/* ---- The cache ---- */

static void
test_cache (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *file = copy_fixture (f, "sound", "plugin.so");
  g_autoptr (VervetRegistry) first = NULL, second = NULL, third = NULL;
  g_autofree char *changed = NULL;
  struct stat st;

  set_path (file, NULL);
  first = open_registry (VERVET_REGISTRY_DEFAULT);
  g_assert_cmpstr (by_file (first, "plugin")->id, ==, "test.sound");
  g_assert_cmpint (g_stat (f->cache, &st), ==, 0);
  g_assert_cmpuint (st.st_mode & 077, ==, 0);
  changed = copy_fixture (f, "crash-load", "plugin.so"); /* another file under the same name */
  second = open_registry (VERVET_REGISTRY_DEFAULT);
  g_assert_cmpint (by_file (second, "plugin")->state, ==, VERVET_PLUGIN_QUARANTINED);
  g_free (copy_fixture (f, "sound", "plugin.so")); /* mended: tried again */
  third = open_registry (VERVET_REGISTRY_DEFAULT);
  g_assert_cmpint (by_file (third, "plugin")->state, ==, VERVET_PLUGIN_OK);
}

/* Wherever the cache is cut off or a byte of it is wrong, the result is that of a fresh scan. */
static void
test_broken_cache (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (VervetRegistry) first = NULL;
  g_autofree char *text = NULL;
  gsize len;

  set_path ("sound", "empty-licence", NULL);
  first = open_registry (VERVET_REGISTRY_DEFAULT);
  g_assert_true (g_file_get_contents (f->cache, &text, &len, NULL));
  for (guint i = 0; i < 24; i++) {
    g_autofree char *broken = g_memdup2 (text, len);
    gsize at = (gsize)g_test_rand_int_range (0, (int)len);
    g_autoptr (VervetRegistry) again = NULL;

    broken[at] = (char)g_test_rand_int_range (0, 256);
    g_assert_true (g_file_set_contents (f->cache, broken, i % 2 ? (gssize)at : (gssize)len, NULL));
    again = open_registry (VERVET_REGISTRY_DEFAULT);
    if (i % 2) { /* a byte changed inside a text is beyond noticing; a cut is not */
      g_assert_cmpstr (by_file (again, "sound")->id, ==, "test.sound");
      g_assert_cmpstr (by_file (again, "empty-licence")->reason, ==, "field 'license' is empty");
    }
  }
}

/* A cache that cannot be written costs time and nothing else. */
static void
test_no_cache (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *blocked = g_build_filename (f->folder, "blocked", NULL);
  g_autoptr (VervetRegistry) registry = NULL;

  g_assert_true (g_file_set_contents (blocked, "a file where a folder should be", -1, NULL));
  g_setenv ("XDG_CACHE_HOME", blocked, TRUE);
  set_path ("sound", NULL);
  registry = open_registry (VERVET_REGISTRY_DEFAULT);
  g_assert_cmpint (by_file (registry, "sound")->state, ==, VERVET_PLUGIN_OK);
}

/* What another version has written is not believed, nor what is worth nothing any more. */
static void
test_foreign_cache (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (VervetRegistry) first = NULL, second = NULL;
  g_autoptr (VervetJson) json = NULL;
  g_autofree char *text = NULL, *stale = NULL, *file = built ("sound");
  g_autoptr (GError) error = NULL;
  VervetJson *entry;

  set_path ("sound", NULL);
  first = open_registry (VERVET_REGISTRY_DEFAULT);
  json = vervet_json_load (f->cache, VERVET_JSON_STRICT, &error);
  g_assert_no_error (error);
  entry = vervet_json_get (vervet_json_get (json, "files"), file);
  if (!entry) { /* its name there is canonical */
    g_autofree char *canonical = g_canonicalize_filename (file, NULL);
    entry = vervet_json_get (vervet_json_get (json, "files"), canonical);
  }
  g_assert_nonnull (entry);
  vervet_json_set (entry, "reason", vervet_json_new_string ("made up"));
  text = vervet_json_to_string (json, 0);
  g_assert_true (g_file_set_contents (f->cache, text, -1, NULL));
  second = open_registry (VERVET_REGISTRY_DEFAULT);
  g_assert_cmpstr (by_file (second, "sound")->reason, ==, "made up"); /* so this entry is the one that is read */

  vervet_json_set (entry, "until", vervet_json_new_int (1));
  stale = vervet_json_to_string (json, 0);
  g_assert_true (g_file_set_contents (f->cache, stale, -1, NULL));
  vervet_registry_unref (second);
  second = open_registry (VERVET_REGISTRY_DEFAULT);
  g_assert_cmpint (by_file (second, "sound")->state, ==, VERVET_PLUGIN_OK);

  vervet_json_set (entry, "until", vervet_json_new_int (0));
  vervet_json_set (json, "made_by", vervet_json_new_string ("vervet 99"));
  g_free (text);
  text = vervet_json_to_string (json, 0);
  g_assert_true (g_file_set_contents (f->cache, text, -1, NULL));
  vervet_registry_unref (second);
  second = open_registry (VERVET_REGISTRY_DEFAULT);
  g_assert_cmpint (by_file (second, "sound")->state, ==, VERVET_PLUGIN_OK);
}

static void
test_one_file (Fixture *f G_GNUC_UNUSED, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *sound = built ("sound");
  g_autoptr (VervetRegistry) registry = vervet_registry_new_for_file (sound, NULL);
  g_autoptr (VervetRegistry) none = vervet_registry_new_for_file ("/nonexistent.so", NULL);

  g_assert_cmpuint (vervet_registry_plugins (registry)->len, ==, 1);
  g_assert_nonnull (vervet_registry_lookup (registry, VV_KIND_VERIFIER, "sound"));
  g_assert_cmpstr (by_file (none, "nonexistent")->reason, ==, "there is no such file");
}

/* ---- Live components ---- */

static VervetInstance *
make (VervetRegistry *registry, const char *id, const char *json, GError **error)
{
  const VervetComponentInfo *info = vervet_registry_lookup (registry, VV_KIND_VERIFIER, id);
  g_autoptr (VervetJson) object = vervet_json_parse (json, -1, "x", VERVET_JSON_STRICT, NULL);
  g_autoptr (VervetOptions) options = NULL;

  g_assert_nonnull (info);
  options = vervet_options_new (info, object, NULL, NULL, "x", error);
  return options ? vervet_instance_new (registry, info, options, error) : NULL;
}

static const char *
report (const VervetInstance *instance)
{
  static const vv_problem problem = { .struct_size = sizeof problem, .id = "p" };
  const vv_verifier_iface *iface = vervet_instance_iface (instance);
  vv_error fault = { .struct_size = sizeof fault };
  vv_verdict verdict = { 0 };

  g_assert_cmpint (iface->verify (vervet_instance_self (instance), &problem, vv_s ("text"), &verdict, &fault), ==,
                   VV_OK);
  g_assert_cmpint (verdict.status, ==, VV_PASS);
  return verdict.detail.ptr;
}

static void
test_instances (Fixture *f G_GNUC_UNUSED, gconstpointer data G_GNUC_UNUSED)
{
  g_autoptr (GError) error = NULL;
  VervetRegistry *registry;
  VervetInstance *one, *two;

  set_path ("counts", NULL);
  g_unsetenv ("VERVET_TEST_SECRET");
  registry = open_registry (VERVET_REGISTRY_DEFAULT);
  one = make (registry, "counts", "{}", &error);
  g_assert_no_error (error);
  two = make (registry, "counts", "{ \"level\": 7, \"word\": \"hello\" }", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (report (one), ==, "loads 1 unloads 0 creates 2 destroys 0 level 1 word none unset 0 secret -5 ");
  g_setenv ("VERVET_TEST_SECRET", "abc", TRUE);
  g_assert_cmpstr (report (two), ==, "loads 1 unloads 0 creates 2 destroys 0 level 7 word hello unset 0 secret 0 abc");
  g_setenv ("VERVET_TEST_SECRET", "longer than the buffer", TRUE);
  vervet_instance_free (two);
  g_assert_cmpstr (report (one), ==, "loads 1 unloads 0 creates 2 destroys 1 level 1 word none unset 0 secret -3 ");
  g_assert_cmpstr (vervet_instance_info (one)->id, ==, "counts");

  g_assert_null (make (registry, "counts", "{ \"level\": 13 }", &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
  g_assert_cmpstr (error->message, ==, "counts: level 13 brings bad luck; take another one");

  vervet_registry_unref (registry); /* an instance keeps what it needs */
  g_assert_true (g_str_has_prefix (report (one), "loads 1 unloads 0 "));
  vervet_instance_free (one);
  vervet_instance_free (NULL);

  registry = open_registry (VERVET_REGISTRY_DEFAULT); /* unloaded with the last user, loaded again for the next */
  one = make (registry, "counts", "{}", NULL);
  g_assert_true (g_str_has_prefix (report (one), "loads 2 unloads 1 "));
  vervet_instance_free (one);
  vervet_registry_unref (registry);
}

static void
test_no_instance (Fixture *f, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *file = copy_fixture (f, "sound", "plugin.so"), *changed = NULL;
  g_autoptr (VervetRegistry) registry = NULL;
  g_autoptr (GError) error = NULL;

  set_path ("unavailable", file, NULL);
  registry = open_registry (VERVET_REGISTRY_DEFAULT);
  g_assert_null (make (registry, "unavailable", "{}", &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT);
  g_assert_nonnull (strstr (error->message, "libquantum.so.1 not found"));
  g_clear_error (&error);
  changed = copy_fixture (f, "counts", "plugin.so");
  g_assert_null (make (registry, "sound", "{}", &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT);
  g_assert_nonnull (strstr (error->message, "plugin.so: the file has changed since it was scanned"));
}

static gpointer
make_many (gpointer registry)
{
  for (guint i = 0; i < 200; i++)
    vervet_instance_free (make (registry, "counts", "{}", NULL));
  return NULL;
}

/* Instances of one plugin from many threads: create and destroy never overlap, so the plain counters come out right. */
static void
test_threads (Fixture *f G_GNUC_UNUSED, gconstpointer data G_GNUC_UNUSED)
{
  g_autofree char *file = copy_fixture (f, "counts", "threads.so");
  g_autoptr (VervetRegistry) registry = NULL;
  g_autoptr (VervetInstance) last = NULL;
  GThread *threads[4];

  set_path (file, NULL);
  registry = open_registry (VERVET_REGISTRY_DEFAULT);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("maker", make_many, registry);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  last = make (registry, "counts", "{}", NULL);
  g_assert_true (g_str_has_prefix (report (last), "loads 1 unloads 0 creates 801 destroys 800 "));
}

/* ---- Names ---- */

static void
test_names (void)
{
  g_auto (GStrv) caps = vervet_caps_names (VV_CAP_CONCURRENT | VV_CAP_SET_WISE);

  for (guint kind = VV_KIND_MODEL; kind <= VV_KIND_ACCELERATOR; kind++)
    g_assert_cmpuint (vervet_kind_from_name (vervet_kind_name (kind)), ==, kind);
  g_assert_cmpuint (vervet_kind_from_name ("nothing"), ==, 0);
  g_assert_cmpstr (caps[0], ==, "concurrent");
  g_assert_cmpstr (caps[1], ==, "set-wise");
  g_assert_null (caps[2]);
  g_assert_cmpstr (vervet_status_name (VV_OK), ==, "ok");
  g_assert_cmpstr (vervet_status_name (VV_E_RATE_LIMIT), ==, "rate-limit");
  g_assert_cmpstr (vervet_status_name (VV_E_CONTEXT), ==, "context");
  g_assert_cmpstr (vervet_status_name (-999), ==,
                   "failed"); /* an unknown error is a failure, an unknown news is fine */
  g_assert_cmpstr (vervet_status_name (999), ==, "ok");
  g_assert_cmpstr (vervet_option_type_name (VV_T_ENUM), ==, "choice");
}

/* A plugin's sentence may be anything: not ended, not UTF-8, of several lines. */
static void
test_status (void)
{
  g_autoptr (GError) error = NULL;
  vv_error fault = { .struct_size = sizeof fault };

  memset (fault.message, '\xff', sizeof fault.message);
  memcpy (fault.message, "a\nb", 3);
  vervet_status_to_error (&error, "x", VV_E_AUTH, &fault);
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_true (g_str_has_prefix (error->message, "x: a b\357\277\275"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, func) g_test_add ("/registry/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("all", test_all);
  ADD ("find", test_find);
  ADD ("precedence", test_precedence);
  ADD ("places", test_places);
  ADD ("worker", test_worker);
  ADD ("answer", test_answer);
  ADD ("cache", test_cache);
  ADD ("broken-cache", test_broken_cache);
  ADD ("no-cache", test_no_cache);
  ADD ("foreign-cache", test_foreign_cache);
  ADD ("one-file", test_one_file);
  ADD ("instances", test_instances);
  ADD ("no-instance", test_no_instance);
  ADD ("threads", test_threads);
  g_test_add_func ("/registry/names", test_names);
  g_test_add_func ("/registry/status", test_status);
  return g_test_run ();
}
