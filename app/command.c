/* command.c - parsing by the table, and the little that every command needs of the terminal. */
#include "command-internal.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct _CommandArgs {
  const Command *command;
  GPtrArray **values; /* beside command->options: the texts given, NULL-terminated; NULL: not given */
  guint n_options;
  GPtrArray *words; /* NULL-terminated */
};

/* ---- Parsing ---- */
static guint
count_options (const Command *command)
{
  guint n = 0;
  while (command->options && command->options[n].name)
    n++;
  return n;
}

void
command_args_free (CommandArgs *args)
{
  if (!args)
    return;
  for (guint i = 0; i < args->n_options; i++)
    if (args->values[i])
      g_ptr_array_unref (args->values[i]);
  g_free (args->values);
  g_ptr_array_unref (args->words);
  g_free (args);
}

static void
set_usage_error (GError **error, const Command *command, const char *what)
{
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s (see 'vervet %s --help')", what, command->name);
}

static void
set_unknown_option (GError **error, const Command *command, const char *name)
{
  guint n = count_options (command);
  g_autofree const char **names = g_new0 (const char *, n + 2);
  for (guint i = 0; i < n; i++)
    names[i] = command->options[i].name;
  names[n] = "help";
  const char *near = vervet_text_nearest (name, names);
  g_autofree char *hint = near ? g_strdup_printf ("; did you mean \"--%s\"?", near) : g_strdup ("");
  g_autofree char *what = g_strdup_printf ("unknown option \"--%s\"%s", name, hint);
  set_usage_error (error, command, what);
}

static int
find_option (const Command *command, const char *name, gsize len)
{
  for (guint i = 0; i < count_options (command); i++)
    if (strlen (command->options[i].name) == len && !strncmp (command->options[i].name, name, len))
      return (int)i;
  return -1;
}

static int
find_letter (const Command *command, char letter)
{
  for (guint i = 0; i < count_options (command); i++)
    if (command->options[i].letter && command->options[i].letter == letter)
      return (int)i;
  return -1;
}

static void
add_value (CommandArgs *args, int option, const char *value)
{
  GPtrArray **slot = &args->values[option];
  gboolean many = args->command->options[option].kind == COMMAND_MANY;
  if (*slot && !many)
    g_clear_pointer (slot, g_ptr_array_unref); /* the last one wins */
  if (!*slot) {
    *slot = g_ptr_array_new_with_free_func (g_free);
    g_ptr_array_add (*slot, NULL);
  }
  g_ptr_array_insert (*slot, (int)(*slot)->len - 1, g_strdup (value));
}

/* Takes the option @i whose own text holds @attached (NULL: nothing) and may use the next argument. */
static gboolean
take_option (CommandArgs *args, int i, const char *shown, const char *attached, const char *next, gboolean *used_next,
             GError **error)
{
  const CommandOption *option = &args->command->options[i];
  *used_next = FALSE;
  if (option->kind == COMMAND_FLAG) {
    if (!attached) {
      add_value (args, i, "");
      return TRUE;
    }
    g_autofree char *what = g_strdup_printf ("option \"%s\" takes no value", shown);
    set_usage_error (error, args->command, what);
    return FALSE;
  }
  if (!attached && !next) {
    g_autofree char *what = g_strdup_printf ("option \"%s\" needs a value: %s %s", shown, shown, option->argument);
    set_usage_error (error, args->command, what);
    return FALSE;
  }
  *used_next = !attached;
  add_value (args, i, attached ? attached : next);
  return TRUE;
}

static gboolean
parse_long (CommandArgs *args, const char *arg, const char *next, gboolean *used_next, GError **error)
{
  const char *equals = strchr (arg, '=');
  gsize len = equals ? (gsize)(equals - arg) : strlen (arg);
  g_autofree char *shown = g_strndup (arg, len);
  int i = find_option (args->command, shown + 2, len - 2);
  if (i < 0) {
    set_unknown_option (error, args->command, shown + 2);
    return FALSE;
  }
  return take_option (args, i, shown, equals ? equals + 1 : NULL, next, used_next, error);
}

static gboolean
parse_short (CommandArgs *args, const char *arg, const char *next, gboolean *used_next, GError **error)
{
  char shown[3] = { '-', arg[1], 0 };
  int i = find_letter (args->command, arg[1]);
  if (i < 0) {
    g_autofree char *what = g_strdup_printf ("unknown option \"%s\"", arg);
    set_usage_error (error, args->command, what);
    return FALSE;
  }
  return take_option (args, i, shown, arg[2] ? arg + 2 : NULL, next, used_next, error);
}

static gboolean
check_words (const CommandArgs *args, GError **error)
{
  const Command *command = args->command;
  guint n = args->words->len - 1;
  if (n >= command->min_words && n <= command->max_words)
    return TRUE;
  g_autofree char *what = n < command->min_words
                              ? g_strdup_printf ("too few arguments: vervet %s %s", command->name, command->synopsis)
                              : g_strdup_printf ("unexpected argument \"%s\": vervet %s %s",
                                                 (const char *)g_ptr_array_index (args->words, command->max_words),
                                                 command->name, command->synopsis);
  set_usage_error (error, command, what);
  return FALSE;
}

static gboolean
wants_help (const char *arg)
{
  return !strcmp (arg, "--help") || !strcmp (arg, "-h");
}

static CommandArgs *
args_new (const Command *command)
{
  CommandArgs *args = g_new0 (CommandArgs, 1);
  args->command = command;
  args->n_options = count_options (command);
  args->values = g_new0 (GPtrArray *, args->n_options + 1);
  args->words = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (args->words, NULL);
  return args;
}

CommandArgs *
command_parse (const Command *command, int argc, const char *const *argv, gboolean *help, GError **error)
{
  g_autoptr (CommandArgs) args = args_new (command);
  gboolean options_end = FALSE;

  *help = FALSE;
  for (int i = 0; i < argc; i++) {
    const char *arg = argv[i], *next = i + 1 < argc ? argv[i + 1] : NULL;
    gboolean used_next = FALSE;
    if (options_end || arg[0] != '-' || !arg[1]) {
      g_ptr_array_insert (args->words, (int)args->words->len - 1, g_strdup (arg));
      continue;
    }
    if (!strcmp (arg, "--")) {
      options_end = TRUE;
      continue;
    }
    if (wants_help (arg)) {
      *help = TRUE;
      return g_steal_pointer (&args);
    }
    gboolean ok = arg[1] == '-' ? parse_long (args, arg, next, &used_next, error)
                                : parse_short (args, arg, next, &used_next, error);
    if (!ok)
      return NULL;
    if (used_next)
      i++;
  }
  if (!check_words (args, error))
    return NULL;
  return g_steal_pointer (&args);
}

static GPtrArray *
values_of (const CommandArgs *args, const char *name)
{
  int i = find_option (args->command, name, strlen (name));
  g_assert (i >= 0); /* a command asks only for options of its own table */
  return args->values[i];
}

gboolean
command_flag (const CommandArgs *args, const char *name)
{
  return values_of (args, name) != NULL;
}

const char *
command_value (const CommandArgs *args, const char *name)
{
  GPtrArray *values = values_of (args, name);
  return values ? g_ptr_array_index (values, 0) : NULL;
}

const char *const *
command_values (const CommandArgs *args, const char *name)
{
  static const char *const none[] = { NULL };
  GPtrArray *values = values_of (args, name);
  return values ? (const char *const *)values->pdata : none;
}

const char *const *
command_words (const CommandArgs *args, guint *n)
{
  if (n)
    *n = args->words->len - 1;
  return (const char *const *)args->words->pdata;
}

const Command *
command_find (const Command *const *table, const char *name, GError **error)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  for (guint i = 0; table[i]; i++) {
    if (!strcmp (table[i]->name, name))
      return table[i];
    g_ptr_array_add (names, (gpointer)table[i]->name);
  }
  g_ptr_array_add (names, NULL);
  g_autofree char *hint = vervet_text_did_you_mean (name, (const char *const *)names->pdata);
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "no command \"%s\"%s (see 'vervet help')", name, hint);
  return NULL;
}

/* ---- Terminal ---- */
guint
command_width (void)
{
  struct winsize size;
  if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
    return size.ws_col;
  return 80;
}

gboolean
command_color (void)
{
  const char *no_color = g_getenv ("NO_COLOR"), *term = g_getenv ("TERM");
  return isatty (STDOUT_FILENO) && !(no_color && *no_color) && g_strcmp0 (term, "dumb") != 0;
}

/* main() ignores SIGPIPE, so that a worker or a server that goes away is an error of one write. Standard output is the
 * exception: who closed it wants no more, so end as any Unix filter does. */
static void
end_if_closed (int saved_errno)
{
  if (saved_errno != EPIPE)
    return;
  signal (SIGPIPE, SIG_DFL);
  raise (SIGPIPE);
}

void
command_print (const char *text)
{
  if (fputs (text, stdout) == EOF)
    end_if_closed (errno);
}

void
command_printf (const char *format, ...)
{
  va_list list;
  va_start (list, format);
  g_autofree char *text = g_strdup_vprintf (format, list);
  va_end (list);
  command_print (text);
}

void
command_note (const char *format, ...)
{
  va_list list;
  va_start (list, format);
  g_autofree char *text = g_strdup_vprintf (format, list);
  va_end (list);
  fprintf (stderr, "%s\n", text);
}

gboolean
command_flush (GError **error)
{
  gboolean failed = ferror (stdout) != 0;
  errno = 0;
  failed |= fflush (stdout) != 0;
  if (!failed)
    return TRUE;
  int saved_errno = errno;
  end_if_closed (saved_errno);
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT, "cannot write to standard output: %s",
               saved_errno ? g_strerror (saved_errno) : "an earlier write failed");
  return FALSE;
}

/* Marks that make a terminal show characters in another order than they stand. */
static gboolean
reorders (gunichar c)
{
  return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

char *
command_clean (const char *text, gssize len)
{
  g_autofree char *valid = vervet_text_utf8 (text, len < 0 ? strlen (text) : (gsize)len);
  GString *out = g_string_sized_new (strlen (valid) + 1);
  for (const char *p = valid; *p; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);
    if (c == '\n' || c == '\t') {
      g_string_append_c (out, (char)c);
    } else if (c < 0x20) {
      g_string_append_unichar (out, 0x2400 + c);
    } else if (c == 0x7f) {
      g_string_append_unichar (out, 0x2421);
    } else if (c >= 0x80 && c < 0xa0) {
      g_string_append_unichar (out, 0xfffd);
    } else if (!reorders (c)) {
      g_string_append_unichar (out, c);
    }
  }
  return g_string_free (out, FALSE);
}

char *
command_clean_line (const char *text, gssize len, guint max)
{
  g_autofree char *clean = command_clean (text, len);
  g_strdelimit (clean, "\n\t", ' ');
  g_strstrip (clean);
  if (g_utf8_strlen (clean, -1) <= (glong)max)
    return g_steal_pointer (&clean);
  g_autofree char *head = g_utf8_substring (clean, 0, max > 0 ? (glong)max - 1 : 0);
  return g_strconcat (head, "…", NULL);
}
