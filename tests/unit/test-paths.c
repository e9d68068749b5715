/* Where things lie, and which file systems are networks. This program runs from BUILD/tests/unit. */
#include <string.h>

#include <glib/gstdio.h>
#include <vervet-error.h>

#include "util/paths.h"
#include "vervet-config.h"

static char *
build_folder (void)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  return g_canonicalize_filename ("../../..", program);
}

static void
test_build_tree (void)
{
  g_autofree char *build = build_folder (), *first = g_build_filename (build, "plugins", NULL);
  g_autofree char *worker = vervet_path_worker (), *expected = g_build_filename (build, "app", "vervet-worker", NULL);
  g_autofree char *data = vervet_path_data ("x.json");
  g_auto (GStrv) folders = vervet_path_in_tree_plugins ();
  g_assert_cmpuint (g_strv_length (folders), ==, 3);
  g_assert_cmpstr (folders[0], ==, first);
  g_assert_true (g_str_has_suffix (folders[1], "/models"));
  g_assert_true (g_str_has_suffix (folders[2], "/benchmarks"));
  g_assert_cmpstr (worker, ==, expected);
  g_assert_cmpstr (data, ==, VERVET_SOURCE_DATADIR "/x.json");
}

static void
test_environment_wins (void)
{
  g_setenv ("VERVET_WORKER", "/elsewhere/worker", TRUE);
  g_setenv ("VERVET_DATA_DIR", "/elsewhere/data", TRUE);
  g_autofree char *worker = vervet_path_worker (), *data = vervet_path_data ("x.json");
  g_assert_cmpstr (worker, ==, "/elsewhere/worker");
  g_assert_cmpstr (data, ==, "/elsewhere/data/x.json");
  g_unsetenv ("VERVET_WORKER");
  g_unsetenv ("VERVET_DATA_DIR");
}

static void
test_user_folders (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *home = g_dir_make_tmp ("vervet-test-XXXXXX", &error), *old = g_strdup (g_getenv ("XDG_CACHE_HOME"));
  g_autofree char *expected = g_build_filename (home, "vervet", "scan", NULL), *folder = g_path_get_dirname (expected);
  g_assert_no_error (error);
  g_setenv ("XDG_CACHE_HOME", home, TRUE);
  g_setenv ("XDG_DATA_HOME", "/data", TRUE);
  g_autofree char *cache = vervet_path_cache ("scan"), *plugins = vervet_path_user_plugins ();
  g_assert_cmpstr (cache, ==, expected);
  g_assert_true (g_file_test (folder, G_FILE_TEST_IS_DIR));
  g_assert_cmpstr (plugins, ==, "/data/vervet/plugins");
  g_setenv ("XDG_DATA_HOME", "relative", TRUE); /* the XDG standard: to be ignored */
  g_autofree char *ignored = vervet_path_user_plugins ();
  g_assert_true (g_path_is_absolute (ignored));
  g_rmdir (folder);
  g_rmdir (home);
  if (old)
    g_setenv ("XDG_CACHE_HOME", old, TRUE);
}

/* A copy of this program outside of any build tree, in PREFIX/bin: it prints what it finds. */
static char *
run_copy (const char *prefix, const char *what)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL), *bin = g_build_filename (prefix, "bin", NULL);
  g_autofree char *copy = g_build_filename (bin, "program", NULL), *bytes = NULL, *out = NULL;
  g_autoptr (GError) error = NULL;
  gsize len;
  int status;
  g_mkdir_with_parents (bin, 0755);
  g_assert_true (g_file_get_contents (program, &bytes, &len, &error));
  g_assert_true (g_file_set_contents_full (copy, bytes, (gssize)len, G_FILE_SET_CONTENTS_NONE, 0755, &error));
  char *argv[] = { copy, (char *)"--where", (char *)what, NULL };
  g_auto (GStrv) env = g_get_environ ();
  /* The copy lies elsewhere: it is told where the library of this build is. */
  g_autofree char *build = build_folder (), *core = g_build_filename (build, "core", NULL);
  env = g_environ_setenv (env, "LD_LIBRARY_PATH", core, TRUE);
  g_assert_true (g_spawn_sync (NULL, argv, env, G_SPAWN_DEFAULT, NULL, NULL, &out, NULL, &status, &error));
  g_assert_no_error (error);
  g_assert_true (g_spawn_check_wait_status (status, &error));
  return g_steal_pointer (&out);
}

static void
test_moved_installation (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *prefix = g_dir_make_tmp ("vervet-test-XXXXXX", &error);
  const char *tail = strstr (VERVET_LIBEXECDIR, "/libexec/");
  if (!tail || g_file_test (VERVET_LIBEXECDIR, G_FILE_TEST_EXISTS)) {
    g_test_skip ("needs a prefix with libexec in it, and nothing installed there");
    return;
  }
  g_autofree char *before = run_copy (prefix, "worker"), *libexec = g_build_filename (prefix, tail, NULL);
  g_assert_cmpstr (before, ==, VERVET_LIBEXECDIR "/vervet-worker");
  g_assert_cmpint (g_mkdir_with_parents (libexec, 0755), ==, 0);
  g_autofree char *after = run_copy (prefix, "worker"), *expected = g_build_filename (libexec, "vervet-worker", NULL);
  g_assert_cmpstr (after, ==, expected);
  g_autofree char *plugins = run_copy (prefix, "plugins");
  g_assert_cmpstr (plugins, ==, VERVET_PLUGINDIR);
  g_autofree char *clean = g_strdup_printf ("rm -r '%s'", prefix);
  g_assert_true (g_spawn_command_line_sync (clean, NULL, NULL, NULL, &error));
}

static void
test_network (void)
{
  const char *type = NULL;
  g_assert_false (vervet_path_is_network (g_get_tmp_dir (), &type));
  g_assert_false (vervet_path_is_network ("/tmp/not-there-yet.vervet", &type));
  g_assert_false (vervet_path_is_network ("/not/there/at/all", &type));
  g_assert_null (type);
}

static int
where (const char *what)
{
  g_auto (GStrv) folders = vervet_path_in_tree_plugins ();
  g_autofree char *worker = vervet_path_worker ();
  g_print ("%s", g_str_equal (what, "worker") ? worker : folders[0]);
  return 0;
}

int
main (int argc, char **argv)
{
  if (argc == 3 && g_str_equal (argv[1], "--where"))
    return where (argv[2]);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/paths/build-tree", test_build_tree);
  g_test_add_func ("/paths/environment-wins", test_environment_wins);
  g_test_add_func ("/paths/user-folders", test_user_folders);
  g_test_add_func ("/paths/moved-installation", test_moved_installation);
  g_test_add_func ("/paths/network", test_network);
  return g_test_run ();
}
