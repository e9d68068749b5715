/* command.h - one table says what a command takes: parsing, --help, the man page and the shell completions come from
 * it. */
#ifndef VERVET_APP_COMMAND_H
#define VERVET_APP_COMMAND_H

#include <vervet.h>

typedef enum { COMMAND_FLAG, COMMAND_VALUE, COMMAND_MANY /* a value, may be repeated */ } CommandOptionKind;

typedef struct {
  const char *name; /* without dashes: "json" */
  char letter;      /* 0: none */
  CommandOptionKind kind;
  const char *argument; /* "FILE"; NULL with a flag */
  const char *help;     /* one sentence */
  const char *choices;  /* for completions: blank-separated words, or any of "@file", "@run", "@component", "@format";
                           nullable */
} CommandOption;

typedef struct _CommandArgs CommandArgs;

typedef struct {
  const char *name, *synopsis /* after the name: "RUN [--json]" */, *summary /* half a line */,
      *description /* paragraphs */, *example;          /* whole lines as typed */
  const CommandOption *options;                         /* ends with a name of NULL; --help is added */
  guint min_words, max_words;                           /* positional arguments; max G_MAXUINT: any number */
  const char *words;                                    /* as CommandOption.choices, for the positional arguments */
  int (*run) (const CommandArgs *args, GError **error); /* exit status; with *error set it is taken from that */
} Command;

gboolean command_flag (const CommandArgs *args, const char *name);
const char *command_value (const CommandArgs *args, const char *name); /* NULL: not given */
const char *const *command_values (const CommandArgs *args,
                                   const char *name);                 /* COMMAND_MANY: NULL-terminated, never NULL */
const char *const *command_words (const CommandArgs *args, guint *n); /* positional, NULL-terminated */

/* The terminal on standard output: columns (80 when it is none), and whether to colour (a terminal, no NO_COLOR). */
guint command_width (void);
gboolean command_color (void);
/* Writes @text to standard output; a closed pipe ends the program quietly. */
void command_print (const char *text);
void command_printf (const char *format, ...) G_GNUC_PRINTF (1, 2);
/* One line on standard error, without anything in front. */
void command_note (const char *format, ...) G_GNUC_PRINTF (1, 2);
/* Text from models, plugins or files made fit for a terminal: bad UTF-8 becomes U+FFFD, control characters (all but
 * line end and tab) their visible pictures, and marks that reverse the writing direction are dropped, so that no
 * sample can colour, move or retype what a person sees. @len -1: up to the NUL. (transfer full) */
char *command_clean (const char *text, gssize len);
/* The same on one line: line ends and tabs become blanks, longer than @max characters is cut with an ellipsis. */
char *command_clean_line (const char *text, gssize len, guint max);

/* Each in command-NAME.c. */
extern const Command command_run, command_report, command_show, command_ls, command_verify, command_reverify,
    command_plugins, command_inspect, command_doctor, command_formats, command_import, command_export, command_merge,
    command_store;

#endif
