/* command-help.c - what --help and `vervet help` show, from the table. */
#include "command-internal.h"

#include <string.h>

#define OPTION_COLUMN 26

char *
command_option_usage (const CommandOption *option)
{
  g_autofree char *letter = option->letter ? g_strdup_printf ("-%c, ", option->letter) : g_strdup ("    ");
  if (!option->argument)
    return g_strdup_printf ("%s--%s", letter, option->name);
  return g_strdup_printf ("%s--%s %s", letter, option->name, option->argument);
}

/* Appends @text broken at blanks so that no line passes @width; following lines begin at @indent. Its own line ends
 * stay. The cursor stands at @column. */
static void
append_wrapped (GString *out, const char *text, guint column, guint indent, guint width)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (guint l = 0; lines[l]; l++) {
    g_auto (GStrv) words = g_strsplit (lines[l], " ", -1);
    if (l > 0) {
      g_string_append_printf (out, "\n%*s", *lines[l] ? (int)indent : 0, "");
      column = indent;
    }
    for (guint i = 0; words[i]; i++) {
      guint len = (guint)g_utf8_strlen (words[i], -1);
      if (i > 0 && column + 1 + len > width) {
        g_string_append_printf (out, "\n%*s", (int)indent, "");
        column = indent;
      } else if (i > 0) {
        g_string_append_c (out, ' ');
        column++;
      }
      g_string_append (out, words[i]);
      column += len;
    }
  }
  g_string_append_c (out, '\n');
}

static void
append_heading (GString *out, const char *text, gboolean color)
{
  g_string_append_printf (out, color ? "\n\033[1m%s\033[0m\n" : "\n%s\n", text);
}

static void
append_option (GString *out, const char *usage, const char *help, guint width)
{
  guint column = 2 + (guint)strlen (usage);
  g_string_append_printf (out, "  %s", usage);
  if (column + 2 > OPTION_COLUMN) {
    g_string_append_printf (out, "\n%*s", OPTION_COLUMN, "");
  } else {
    g_string_append_printf (out, "%*s", OPTION_COLUMN - (int)column, "");
  }
  append_wrapped (out, help, OPTION_COLUMN, OPTION_COLUMN, width);
}

static void
append_example (GString *out, const char *example)
{
  g_auto (GStrv) lines = g_strsplit (example, "\n", -1);
  for (guint i = 0; lines[i]; i++)
    if (*lines[i])
      g_string_append_printf (out, "  $ %s\n", lines[i]);
}

void
command_write_help (const Command *command, guint width, gboolean color, GString *out)
{
  guint limit = MIN (width, 100);
  g_autofree char *usage = g_strdup_printf ("Usage: vervet %s %s", command->name, command->synopsis);
  append_wrapped (out, usage, 0, 8, limit);
  g_string_append_c (out, '\n');
  append_wrapped (out, command->summary, 0, 0, limit);
  if (command->description) {
    g_string_append_c (out, '\n');
    append_wrapped (out, command->description, 0, 0, limit);
  }
  append_heading (out, "Options:", color);
  for (guint i = 0; command->options && command->options[i].name; i++) {
    g_autofree char *text = command_option_usage (&command->options[i]);
    append_option (out, text, command->options[i].help, limit);
  }
  append_option (out, "-h, --help", "Show this page.", limit);
  append_heading (out, strchr (command->example, '\n') ? "Examples:" : "Example:", color);
  append_example (out, command->example);
}

void
command_write_overview (const Command *const *table, guint width, gboolean color, GString *out)
{
  guint limit = MIN (width, 100);
  g_string_append (out, "Usage: vervet COMMAND [ARGUMENTS]\n\n");
  append_wrapped (out,
                  "Sample language models many times, verify every sample, keep it, and see what more compute buys.", 0,
                  0, limit);
  append_heading (out, "Commands:", color);
  for (guint i = 0; table[i]; i++) {
    g_string_append_printf (out, "  %-12s", table[i]->name);
    append_wrapped (out, table[i]->summary, 14, 14, limit);
  }
  append_heading (out, "Options:", color);
  append_option (out, "-h, --help", "Show this page; 'vervet COMMAND --help' shows that of a command.", limit);
  append_option (out, "    --version", "Show the version.", limit);
  append_heading (out, "Example:", color);
  append_example (
      out, "vervet run --benchmark simulated --problems 0-127 --model simulated --verifier numeric --samples 100 "
           "-o try.vervet\nvervet report try.vervet");
}
