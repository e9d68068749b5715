/* command-internal.h - what main.c and the tests need of the framework, and the commands do not: parsing, and the texts
 * made from a command's table entry. Everything here is a function of its arguments. */
#ifndef VERVET_APP_COMMAND_INTERNAL_H
#define VERVET_APP_COMMAND_INTERNAL_H

#include "command.h"

/* @argv: what follows the command's name. INPUT errors name the mistake and the help page. With --help among the
 * options, *help is set and nothing else is checked. */
CommandArgs *command_parse (const Command *command, int argc, const char *const *argv, gboolean *help, GError **error);
void command_args_free (CommandArgs *args);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CommandArgs, command_args_free)

/* NULL with an INPUT error ("no command \"rnu\"; did you mean \"run\"?"). @table ends with NULL. */
const Command *command_find (const Command *const *table, const char *name, GError **error);

/* "-o, --output FILE" */
char *command_option_usage (const CommandOption *option);
void command_write_help (const Command *command, guint width, gboolean color, GString *out);
void command_write_overview (const Command *const *table, guint width, gboolean color, GString *out);

/* Manual pages (man(7) roff): of one command, and of the program. */
void command_write_man (const Command *command, GString *out);
void command_write_man_overview (const Command *const *table, GString *out);
/* Completions for "bash", "zsh" or "fish"; FALSE for another shell. */
gboolean command_write_completion (const Command *const *table, const char *shell, GString *out);

/* Ends the output: FALSE when standard output could not be written; a closed pipe does not return. */
gboolean command_flush (GError **error);

#endif
