/* command-complete.c - completions for three shells from the table. Names of components and formats are asked of the
 * program itself (`vervet __words`), since plugins come and go. */
#include "command-internal.h"

#include <string.h>

static void
append_names (GString *out, const Command *const *table)
{
  for (guint i = 0; table[i]; i++)
    g_string_append_printf (out, "%s ", table[i]->name);
  g_string_append (out, "help");
}

static const char *
or_file (const char *choices)
{
  return choices ? choices : "@file";
}

/* ---- bash ---- */
static const char bash_head[] =
    "# Completion of vervet for bash; made from the program's own command table.\n"
    "_vervet_values ()\n"
    "{\n"
    "  local kind\n"
    "  for kind in $1; do\n"
    "    case $kind in\n"
    "      @file) COMPREPLY+=($(compgen -f -- \"$2\")) ;;\n"
    "      @run) COMPREPLY+=($(compgen -f -X '!*.vervet' -- \"$2\") $(compgen -d -- \"$2\")) ;;\n"
    "      @*) COMPREPLY+=($(compgen -W \"$(vervet __words \"${kind#@}\" 2>/dev/null)\" -- \"$2\")) ;;\n"
    "      *) COMPREPLY+=($(compgen -W \"$kind\" -- \"$2\")) ;;\n"
    "    esac\n"
    "  done\n"
    "}\n"
    "_vervet ()\n"
    "{\n"
    "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} options=\"\" value=\"\" words=\"\"\n"
    "  COMPREPLY=()\n";
static const char bash_tail[] = "  esac\n"
                                "  if [[ -n $value ]]; then _vervet_values \"$value\" \"$cur\"\n"
                                "  elif [[ $cur == -* ]]; then _vervet_values \"$options --help\" \"$cur\"\n"
                                "  elif [[ -n $words ]]; then _vervet_values \"$words\" \"$cur\"; fi\n"
                                "}\n"
                                "complete -o filenames -F _vervet vervet\n";

static void
append_bash_command (GString *out, const Command *command)
{
  g_string_append_printf (out, "    %s)\n      words=\"%s\"\n      options=\"", command->name,
                          command->words ? command->words : "");
  for (guint i = 0; command->options && command->options[i].name; i++)
    g_string_append_printf (out, "%s--%s", i ? " " : "", command->options[i].name);
  g_string_append (out, "\"\n      case $prev in\n");
  for (guint i = 0; command->options && command->options[i].name; i++) {
    const CommandOption *option = &command->options[i];
    if (option->kind == COMMAND_FLAG)
      continue;
    g_string_append (out, "        ");
    if (option->letter)
      g_string_append_printf (out, "-%c|", option->letter);
    g_string_append_printf (out, "--%s) value=\"%s\" ;;\n", option->name, or_file (option->choices));
  }
  g_string_append (out, "      esac ;;\n");
}

static void
append_bash (const Command *const *table, GString *out)
{
  g_string_append (out, bash_head);
  g_string_append (out, "  if [[ $COMP_CWORD -eq 1 ]]; then _vervet_values \"");
  append_names (out, table);
  g_string_append (
      out, " --help --version\" \"$cur\"; return; fi\n  case ${COMP_WORDS[1]} in\n    help) words=\"@command\" ;;\n");
  for (guint i = 0; table[i]; i++)
    append_bash_command (out, table[i]);
  g_string_append (out, bash_tail);
}

/* ---- zsh ---- */
/* Inside '[...]' of a single-quoted _arguments specification. */
static char *
zsh_text (const char *text)
{
  GString *out = g_string_new (NULL);
  for (const char *p = text; *p; p++) {
    if (*p == '\'') {
      g_string_append (out, "'\\''");
    } else {
      if (strchr ("[]:\\", *p))
        g_string_append_c (out, '\\');
      g_string_append_c (out, *p == '\n' ? ' ' : *p);
    }
  }
  return g_string_free (out, FALSE);
}

/* Of one or more kinds: in zsh the first that has a match is offered. */
static char *
zsh_action (const char *choices)
{
  g_auto (GStrv) kinds = g_strsplit (choices, " ", -1);
  GString *out = g_string_new ("{_alternative");
  if (choices[0] != '@') {
    g_string_printf (out, "(%s)", choices);
    return g_string_free (out, FALSE);
  }
  for (guint i = 0; kinds[i]; i++) {
    if (!strcmp (kinds[i], "@file"))
      g_string_append (out, " files:file:_files");
    else if (!strcmp (kinds[i], "@run"))
      g_string_append (out, " \"files:run file:_files -g \\\"*.vervet(-.)\\\"\"");
    else
      g_string_append_printf (out, " \"words:word:($(vervet __words %s 2>/dev/null))\"", kinds[i] + 1);
  }
  g_string_append_c (out, '}');
  return g_string_free (out, FALSE);
}

static void
append_zsh_option (GString *out, const CommandOption *option)
{
  g_autofree char *help = zsh_text (option->help);
  const char *star = option->kind == COMMAND_MANY ? "*" : "";
  g_autofree char *action = zsh_action (or_file (option->choices));
  g_autofree char *value =
      option->kind == COMMAND_FLAG ? g_strdup ("") : g_strdup_printf (":%s:%s", option->argument, action);
  if (option->letter)
    g_string_append_printf (out, " \\\n        '%s-%c[%s]%s'", star, option->letter, help, value);
  g_string_append_printf (out, " \\\n        '%s--%s[%s]%s'", star, option->name, help, value);
}

static void
append_zsh (const Command *const *table, GString *out)
{
  g_string_append (out, "#compdef vervet\n# Completion of vervet for zsh; made from the program's own command table.\n"
                        "if (( CURRENT == 2 )); then\n  local -a commands=(\n");
  for (guint i = 0; table[i]; i++) {
    g_autofree char *summary = zsh_text (table[i]->summary);
    g_string_append_printf (out, "    '%s:%s'\n", table[i]->name, summary);
  }
  g_string_append (out, "    'help:Show help'\n  )\n  _describe command commands\n  return\nfi\n"
                        "shift words\n(( CURRENT-- ))\ncase $words[1] in\n");
  for (guint i = 0; table[i]; i++) {
    g_autofree char *action = zsh_action (or_file (table[i]->words));
    g_string_append_printf (out, "  %s)\n    _arguments -S", table[i]->name);
    for (guint o = 0; table[i]->options && table[i]->options[o].name; o++)
      append_zsh_option (out, &table[i]->options[o]);
    g_string_append (out, " \\\n        '--help[Show help]'");
    if (table[i]->max_words)
      g_string_append_printf (out, " \\\n        '*:argument:%s'", action);
    g_string_append (out, " ;;\n");
  }
  g_string_append (out, "  help) _values command $(vervet __words command 2>/dev/null) ;;\nesac\n");
}

/* ---- fish ---- */
static char *
fish_text (const char *text)
{
  g_autofree char *flat = g_strdelimit (g_strdup (text), "\n", ' ');
  g_auto (GStrv) back = g_strsplit (flat, "\\", -1);
  g_autofree char *slashes = g_strjoinv ("\\\\", back);
  g_auto (GStrv) quotes = g_strsplit (slashes, "'", -1);
  return g_strjoinv ("\\'", quotes);
}

static char *
fish_values (const char *choices)
{
  gboolean files = strstr (choices, "@file") != NULL, runs = strstr (choices, "@run") != NULL;
  GString *out = g_string_new (files ? "-F" : runs ? "-k -x" : "-x");
  g_auto (GStrv) kinds = g_strsplit (choices, " ", -1);
  GString *words = g_string_new (NULL);
  for (guint i = 0; kinds[i]; i++) {
    if (!strcmp (kinds[i], "@run"))
      g_string_append (words, " (__fish_complete_suffix .vervet)");
    else if (kinds[i][0] == '@' && strcmp (kinds[i], "@file") != 0)
      g_string_append_printf (words, " (vervet __words %s 2>/dev/null)", kinds[i] + 1);
    else if (kinds[i][0] != '@')
      g_string_append_printf (words, " %s", kinds[i]);
  }
  if (!files || words->len > 0)
    g_string_append_printf (out, " -a '%s'", words->len > 0 ? words->str + 1 : "");
  g_string_free (words, TRUE);
  return g_string_free (out, FALSE);
}

static void
append_fish_command (GString *out, const Command *command)
{
  g_autofree char *summary = fish_text (command->summary);
  g_string_append_printf (out, "complete -c vervet -n __fish_use_subcommand -f -a %s -d '%s'\n", command->name,
                          summary);
  if (command->words) {
    g_autofree char *values = fish_values (command->words);
    g_string_append_printf (out, "complete -c vervet -n '__fish_seen_subcommand_from %s' %s\n", command->name, values);
  }
  for (guint i = 0; command->options && command->options[i].name; i++) {
    const CommandOption *option = &command->options[i];
    g_autofree char *help = fish_text (option->help);
    g_autofree char *values = option->kind == COMMAND_FLAG ? g_strdup ("") : fish_values (or_file (option->choices));
    g_string_append_printf (out, "complete -c vervet -n '__fish_seen_subcommand_from %s' -l %s", command->name,
                            option->name);
    if (option->letter)
      g_string_append_printf (out, " -s %c", option->letter);
    g_string_append_printf (out, " %s%s-d '%s'\n", values, *values ? " " : "", help);
  }
}

static void
append_fish (const Command *const *table, GString *out)
{
  g_string_append (out, "# Completion of vervet for fish; made from the program's own command table.\n"
                        "complete -c vervet -n __fish_use_subcommand -f -a help -d 'Show help'\n"
                        "complete -c vervet -n '__fish_seen_subcommand_from help' -x -a '(vervet __words command)'\n"
                        "complete -c vervet -n __fish_use_subcommand -l version -d 'Show the version'\n"
                        "complete -c vervet -l help -s h -d 'Show help'\n");
  for (guint i = 0; table[i]; i++)
    append_fish_command (out, table[i]);
}

gboolean
command_write_completion (const Command *const *table, const char *shell, GString *out)
{
  if (!strcmp (shell, "bash"))
    append_bash (table, out);
  else if (!strcmp (shell, "zsh"))
    append_zsh (table, out);
  else if (!strcmp (shell, "fish"))
    append_fish (table, out);
  else
    return FALSE;
  return TRUE;
}
