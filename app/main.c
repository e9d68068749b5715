/* main.c - vervet: the table of commands, and what happens before and after one runs. */
#include "command-internal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const Command *const commands[] = {
  &command_run,
  &command_report,
  &command_show,
  &command_ls,
  &command_verify,
  &command_reverify,
  &command_plugins,
  &command_inspect,
  &command_import,
  &command_export,
  &command_formats,
  &command_merge,
  &command_store,
  &command_doctor,
  NULL,
};
/* clang-format on */

static int
show_overview (void)
{
  g_autoptr (GString) out = g_string_new (NULL);
  command_write_overview (commands, command_width (), command_color (), out);
  command_print (out->str);
  return 0;
}

static int
show_help (const Command *command)
{
  g_autoptr (GString) out = g_string_new (NULL);
  command_write_help (command, command_width (), command_color (), out);
  command_print (out->str);
  return 0;
}

static int
help_command (int argc, const char *const *argv, GError **error)
{
  if (argc == 0 || !strcmp (argv[0], "--help"))
    return show_overview ();
  const Command *command = command_find (commands, argv[0], error);
  return command ? show_help (command) : 1;
}

/* ---- What build and shells ask (not shown in the help) ---- */
static int
man_command (int argc, const char *const *argv, GError **error)
{
  g_autoptr (GString) out = g_string_new (NULL);
  if (argc == 0) {
    command_write_man_overview (commands, out);
  } else {
    const Command *command = command_find (commands, argv[0], error);
    if (!command)
      return 1;
    command_write_man (command, out);
  }
  command_print (out->str);
  return 0;
}

static int
complete_command (int argc, const char *const *argv, GError **error)
{
  g_autoptr (GString) out = g_string_new (NULL);
  if (argc != 1 || !command_write_completion (commands, argv[0], out)) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "__complete takes one of bash, zsh, fish");
    return 1;
  }
  command_print (out->str);
  return 0;
}

static gboolean
print_components (GError **error)
{
  g_autoptr (VervetRegistry) registry = vervet_registry_new (VERVET_REGISTRY_DEFAULT, error);
  if (!registry)
    return FALSE;
  const GPtrArray *plugins = vervet_registry_plugins (registry);
  for (guint i = 0; i < plugins->len; i++) {
    const VervetPluginInfo *plugin = g_ptr_array_index (plugins, i);
    for (guint c = 0; plugin->components && c < plugin->components->len; c++)
      command_printf ("%s\n", ((const VervetComponentInfo *)g_ptr_array_index (plugin->components, c))->id);
  }
  return TRUE;
}

static int
words_command (int argc, const char *const *argv, GError **error)
{
  const char *kind = argc == 1 ? argv[0] : "";
  if (!strcmp (kind, "command")) {
    for (guint i = 0; commands[i]; i++)
      command_printf ("%s\n", commands[i]->name);
  } else if (!strcmp (kind, "format")) {
    guint n;
    const VervetFormat *formats = vervet_formats (&n);
    for (guint i = 0; i < n; i++)
      command_printf ("%s\n", formats[i].id);
  } else if (!strcmp (kind, "component")) {
    return print_components (error) ? 0 : 1;
  } else {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "__words takes one of command, format, component");
    return 1;
  }
  return 0;
}

/* ---- Dispatch ---- */
static int
run_command (const Command *command, int argc, const char *const *argv, GError **error)
{
  gboolean help;
  g_autoptr (CommandArgs) args = command_parse (command, argc, argv, &help, error);
  if (!args)
    return 1;
  return help ? show_help (command) : command->run (args, error);
}

static int
dispatch (int argc, const char *const *argv, GError **error)
{
  static const struct {
    const char *name;
    int (*run) (int argc, const char *const *argv, GError **error);
  } own[] = {
    { "help", help_command },
    { "__man", man_command },
    { "__complete", complete_command },
    { "__words", words_command },
  };
  if (argc == 0) {
    show_overview ();
    return 1; /* nothing was asked for: a script with an empty variable must not go on */
  }
  if (!strcmp (argv[0], "--help") || !strcmp (argv[0], "-h"))
    return show_overview ();
  for (guint i = 0; i < G_N_ELEMENTS (own); i++)
    if (!strcmp (argv[0], own[i].name))
      return own[i].run (argc - 1, argv + 1, error);
  if (argv[0][0] == '-') {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
                 "unknown option \"%s\" before the command (see 'vervet help')", argv[0]);
    return 1;
  }
  const Command *command = command_find (commands, argv[0], error);
  return command ? run_command (command, argc - 1, argv + 1, error) : 1;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  int status = 0;

  signal (SIGPIPE, SIG_IGN);
  if (argc > 1 && !strcmp (argv[1], "--version")) {
    printf ("vervet %s\n", vervet_version ());
  } else {
    g_set_prgname ("vervet");
    status = dispatch (argc - 1, (const char *const *)argv + 1, &error);
  }
  if (!error && !command_flush (&error))
    status = 2;
  if (!error)
    return status;
  g_autofree char *message = command_clean (error->message, -1);
  fflush (stdout);
  fprintf (stderr, "vervet: %s\n", message);
  return vervet_error_exit_status (error);
}
