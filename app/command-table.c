/* command-table.c - see command-table.h. */
#include "command-table.h"

#include <string.h>
#include <unistd.h>

#define GAP 2
#define LEAST 8          /* a cut column keeps so many characters */
#define LONGEST_CELL 400 /* before any cutting: a hostile text costs no more than this */

struct _CommandTable {
  char *align;
  guint n;
  GPtrArray *cells; /* char *, row by row; the first row holds the heads */
};

static guint
text_width (const char *text)
{
  guint width = 0;
  for (const char *p = text; *p; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);
    if (!g_unichar_iszerowidth (c))
      width += g_unichar_iswide (c) ? 2 : 1;
  }
  return width;
}

static void
add_cells (CommandTable *table, va_list list)
{
  for (guint i = 0; i < table->n; i++) {
    const char *cell = va_arg (list, const char *);
    g_assert (cell);
    g_ptr_array_add (table->cells, command_clean_line (cell, -1, LONGEST_CELL));
  }
  g_assert (!va_arg (list, const char *));
}

CommandTable *
command_table_new (const char *align, ...)
{
  CommandTable *table = g_new0 (CommandTable, 1);
  va_list list;
  table->align = g_strdup (align);
  table->n = (guint)strlen (align);
  table->cells = g_ptr_array_new_with_free_func (g_free);
  va_start (list, align);
  add_cells (table, list);
  va_end (list);
  return table;
}

void
command_table_add (CommandTable *table, ...)
{
  va_list list;
  va_start (list, table);
  add_cells (table, list);
  va_end (list);
}

guint
command_table_rows (const CommandTable *table)
{
  return table->cells->len / table->n - 1;
}

void
command_table_free (CommandTable *table)
{
  if (!table)
    return;
  g_free (table->align);
  g_ptr_array_unref (table->cells);
  g_free (table);
}

/* Takes what is too much from the widest column that may be cut, one character at a time. */
static void
fit_widths (const CommandTable *table, guint *widths, guint limit)
{
  guint total = GAP * (table->n - 1);
  for (guint i = 0; i < table->n; i++)
    total += widths[i];
  while (total > limit) {
    int widest = -1;
    for (guint i = 0; i < table->n; i++)
      if (g_ascii_isupper (table->align[i]) && widths[i] > LEAST && (widest < 0 || widths[i] > widths[widest]))
        widest = (int)i;
    if (widest < 0)
      return;
    widths[widest]--;
    total--;
  }
}

/* Appends what of @text fits @width, and returns how wide that is. */
static guint
append_cut (GString *out, const char *text, guint width)
{
  guint used = 0;
  if (text_width (text) <= width) {
    g_string_append (out, text);
    return text_width (text);
  }
  for (const char *p = text; *p; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);
    guint w = g_unichar_iszerowidth (c) ? 0 : g_unichar_iswide (c) ? 2 : 1;
    if (used + w + 1 > width)
      break;
    g_string_append_unichar (out, c);
    used += w;
  }
  g_string_append (out, "…");
  return used + 1;
}

static void
append_row (const CommandTable *table, guint row, const guint *widths, GString *out)
{
  gsize start = out->len;
  for (guint i = 0; i < table->n; i++) {
    const char *cell = g_ptr_array_index (table->cells, row * table->n + i);
    gboolean right = g_ascii_tolower (table->align[i]) == 'r';
    guint width = MIN (text_width (cell), widths[i]);
    if (i > 0)
      g_string_append_printf (out, "%*s", GAP, "");
    if (right)
      g_string_append_printf (out, "%*s", (int)(widths[i] - width), "");
    width = append_cut (out, cell, widths[i]);
    if (!right)
      g_string_append_printf (out, "%*s", (int)(widths[i] - width), "");
  }
  while (out->len > start && out->str[out->len - 1] == ' ')
    g_string_truncate (out, out->len - 1);
}

void
command_table_write (const CommandTable *table, guint width, gboolean color, GString *out)
{
  g_autofree guint *widths = g_new0 (guint, table->n);
  for (guint i = 0; i < table->cells->len; i++)
    widths[i % table->n] = MAX (widths[i % table->n], text_width (g_ptr_array_index (table->cells, i)));
  if (width > 0)
    fit_widths (table, widths, width);
  for (guint row = 0; row <= command_table_rows (table); row++) {
    if (row == 0 && color)
      g_string_append (out, "\033[1m");
    append_row (table, row, widths, out);
    g_string_append (out, row == 0 && color ? "\033[0m\n" : "\n");
  }
}

void
command_table_print (const CommandTable *table)
{
  g_autoptr (GString) out = g_string_new (NULL);
  command_table_write (table, isatty (STDOUT_FILENO) ? command_width () : 0, command_color (), out);
  command_print (out->str);
}
