/* command-man.c - manual pages from the table. */
#include "command-internal.h"

#include <string.h>

/* Roff takes a line that begins with a dot or a quote as a request, and a backslash as its own. */
static void
append_roff (GString *out, const char *text)
{
  gboolean line_start = TRUE;
  for (const char *p = text; *p; p++) {
    if (line_start && (*p == '.' || *p == '\''))
      g_string_append (out, "\\&");
    line_start = *p == '\n';
    switch (*p) {
    case '\\':
      g_string_append (out, "\\e");
      break;
    case '-':
      g_string_append (out, "\\-");
      break;
    case '\'':
      g_string_append (out, "\\(aq");
      break;
    case '"':
      g_string_append (out, "\\(dq");
      break;
    case '~':
      g_string_append (out, "\\(ti");
      break;
    case '^':
      g_string_append (out, "\\(ha");
      break;
    case '`':
      g_string_append (out, "\\(ga");
      break;
    default:
      g_string_append_c (out, *p);
    }
  }
}

/* Paragraphs are parted by an empty line; single line ends are kept by roff as blanks. */
static void
append_paragraphs (GString *out, const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "\n\n", -1);
  for (guint i = 0; parts[i]; i++) {
    if (i > 0)
      g_string_append (out, ".PP\n");
    append_roff (out, parts[i]);
    g_string_append_c (out, '\n');
  }
}

static void
append_title (GString *out, const char *name)
{
  g_autofree char *upper = g_ascii_strup (name, -1);
  g_string_append (out, ".TH ");
  append_roff (out, upper);
  g_string_append_printf (out, " 1 \"\" \"vervet %s\" \"Vervet manual\"\n", vervet_version ());
}

static void
append_item (GString *out, const char *tag, const char *text)
{
  g_string_append (out, ".TP\n.B ");
  append_roff (out, tag);
  g_string_append_c (out, '\n');
  append_paragraphs (out, text);
}

static void
append_example (GString *out, const char *example)
{
  g_string_append (out, ".SH EXAMPLES\n.EX\n");
  append_roff (out, example);
  g_string_append (out, "\n.EE\n");
}

static void
append_exit_status (GString *out)
{
  g_string_append (out, ".SH EXIT STATUS\n");
  append_item (out, "0", "Done.");
  append_item (out, "1", "Usage or bad input.");
  append_item (out, "2", "The environment: network, disk, a missing part, a file in use.");
  append_item (out, "3", "Done, but some attempts have no sample or no verdict.");
  append_item (out, "130", "Interrupted; the same command continues.");
}

void
command_write_man (const Command *command, GString *out)
{
  g_autofree char *page = g_strdup_printf ("vervet-%s", command->name);
  append_title (out, page);
  g_string_append (out, ".SH NAME\n");
  append_roff (out, page);
  g_string_append (out, " \\- ");
  append_roff (out, command->summary);
  g_string_append (out, "\n.SH SYNOPSIS\n.B vervet ");
  append_roff (out, command->name);
  g_string_append_c (out, '\n');
  append_roff (out, command->synopsis);
  g_string_append (out, "\n.SH DESCRIPTION\n");
  append_paragraphs (out, command->description ? command->description : command->summary);
  g_string_append (out, ".SH OPTIONS\n");
  for (guint i = 0; command->options && command->options[i].name; i++) {
    g_autofree char *usage = command_option_usage (&command->options[i]);
    append_item (out, g_strstrip (usage), command->options[i].help);
  }
  append_item (out, "-h, --help", "Show a summary of this page.");
  append_exit_status (out);
  append_example (out, command->example);
  g_string_append (out, ".SH SEE ALSO\n.BR vervet (1),\n.BR vervet\\-experiment (5)\n");
}

static void
append_environment (GString *out)
{
  static const struct {
    const char *name, *help;
  } variables[] = {
    { "NO_COLOR", "When set and not empty, no colours. Colours are used on a terminal only." },
    { "VERVET_PLUGIN_PATH",
      "Folders or plugin files, parted by colons, searched before the user's folder and the system's." },
    { "VERVET_WORKER", "The vervet-worker program to start, instead of the installed one." },
    { "XDG_DATA_HOME", "The user's plugins lie in its folder vervet/plugins. Default: ~/.local/share." },
    { "XDG_CACHE_HOME", "What plugins hold is remembered in its folder vervet. Default: ~/.cache." },
  };
  g_string_append (out, ".SH ENVIRONMENT\n");
  for (guint i = 0; i < G_N_ELEMENTS (variables); i++)
    append_item (out, variables[i].name, variables[i].help);
}

void
command_write_man_overview (const Command *const *table, GString *out)
{
  append_title (out, "vervet");
  g_string_append (out, ".SH NAME\nvervet \\- a workbench for inference\\-time compute\n"
                        ".SH SYNOPSIS\n.B vervet\n.I COMMAND\n[\\fIARGUMENTS\\fR]\n.br\n.B vervet help\n"
                        "[\\fICOMMAND\\fR]\n.br\n.B vervet \\-\\-version\n.SH DESCRIPTION\n");
  append_paragraphs (out, "Vervet draws many samples from a language model for each problem of a benchmark, verifies "
                          "them, keeps every one in a "
                          "file, and shows how coverage, cost and accuracy grow with the number of samples.\n\n"
                          "A run file (.vervet) is an SQLite database that holds one run or many. Data goes to "
                          "standard output; messages and "
                          "progress go to standard error. Where a command takes --json it prints one JSON object.");
  g_string_append (out, ".SH COMMANDS\n");
  for (guint i = 0; table[i]; i++) {
    g_autofree char *tag = g_strdup_printf ("vervet %s", table[i]->name);
    append_item (out, tag, table[i]->summary);
  }
  append_environment (out);
  append_exit_status (out);
  g_string_append (out, ".SH SEE ALSO\n");
  for (guint i = 0; table[i]; i++) {
    g_string_append (out, ".BR vervet\\-");
    append_roff (out, table[i]->name);
    g_string_append (out, " (1),\n");
  }
  g_string_append (out, ".BR vervet\\-experiment (5)\n");
}
