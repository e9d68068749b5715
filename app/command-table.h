/* command-table.h - rows under heads, aligned by what a terminal shows. Cells are cleaned as command_clean_line does.
 */
#ifndef VERVET_APP_COMMAND_TABLE_H
#define VERVET_APP_COMMAND_TABLE_H

#include "command.h"

typedef struct _CommandTable CommandTable;

/* @align: one letter a column, 'l' or 'r'; a capital may be cut (with an ellipsis) where the whole would pass the
 * terminal's width. Nothing is cut when standard output is no terminal. */
CommandTable *command_table_new (const char *align, ...) G_GNUC_NULL_TERMINATED; /* heads */
void command_table_add (CommandTable *table, ...) G_GNUC_NULL_TERMINATED;        /* as many cells as heads */
guint command_table_rows (const CommandTable *table);
/* @width 0: nothing is cut. */
void command_table_write (const CommandTable *table, guint width, gboolean color, GString *out);
void command_table_print (const CommandTable *table);
void command_table_free (CommandTable *table);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CommandTable, command_table_free)

#endif
