/* report-table.c - columns of text. */
#include "report-private.h"
#include <string.h>

#define GAP 2
#define MIN_FIRST 8 /* columns that are left of the first column before others go */

struct _ReportTable {
  char *align;
  guint n_columns;
  GPtrArray *cells; /* char *, row by row */
};

ReportTable *
report_table_new (const char *align)
{
  ReportTable *table = g_new0 (ReportTable, 1);

  table->align = g_strdup (align);
  table->n_columns = (guint)strlen (align);
  table->cells = g_ptr_array_new_with_free_func (g_free);
  return table;
}

void
report_table_free (ReportTable *table)
{
  g_free (table->align);
  g_ptr_array_unref (table->cells);
  g_free (table);
}

void
report_table_row (ReportTable *table)
{
  while (table->cells->len % table->n_columns)
    g_ptr_array_add (table->cells, g_strdup (""));
}

void
report_table_cell (ReportTable *table, char *text)
{
  g_ptr_array_add (table->cells, text);
}

/* Widths of the columns so that they fit; returns how many columns do. */
static guint
fit_columns (const ReportTable *table, guint width, guint *widths)
{
  guint total = 0, n = table->n_columns;

  for (guint i = 0; i < table->cells->len; i++) {
    guint columns = report_columns (g_ptr_array_index (table->cells, i));

    widths[i % n] = MAX (widths[i % n], columns);
  }
  for (guint i = 0; i < n; i++)
    total += widths[i] + (i ? GAP : 0);
  if (total > width && widths[0] > MIN_FIRST) {
    guint cut = MIN (total - width, widths[0] - MIN_FIRST);

    widths[0] -= cut;
    total -= cut;
  }
  while (total > width && n > 1)
    total -= widths[--n] + GAP;
  return n;
}

/* At most @columns of @text, the last one a mark that it goes on. */
static char *
cut (const char *text, guint columns, gboolean ascii)
{
  const char *end = text;
  guint used = 0;

  if (report_columns (text) <= columns)
    return g_strdup (text);
  while (*end) {
    g_autofree char *head = g_strndup (text, (gsize)(g_utf8_next_char (end) - text));

    if ((used = report_columns (head)) > columns - 1)
      break;
    end = g_utf8_next_char (end);
  }
  return g_strdup_printf ("%.*s%s", (int)(end - text), text, ascii ? "~" : "…");
}

static void
write_cell (const ReportTable *table, guint column, guint width, const char *text, gboolean last, gboolean ascii,
            GString *out)
{
  g_autofree char *shown = cut (text, MAX (width, 1), ascii);
  int pad = (int)width - (int)report_columns (shown);

  if (table->align[column] == 'R')
    g_string_append_printf (out, "%*s%s", MAX (pad, 0), "", shown);
  else
    g_string_append_printf (out, "%s%*s", shown, last ? 0 : MAX (pad, 0), "");
}

void
report_table_write (const ReportTable *table, guint width, gboolean ascii, GString *out)
{
  g_autofree guint *widths = g_new0 (guint, table->n_columns);
  guint n = fit_columns (table, width, widths);

  for (guint row = 0; row < table->cells->len; row += table->n_columns) {
    for (guint i = 0; i < n && row + i < table->cells->len; i++) {
      g_autofree char *clean = report_clean (g_ptr_array_index (table->cells, row + i), ascii);

      if (i)
        g_string_append_printf (out, "%*s", GAP, "");
      write_cell (table, i, widths[i], clean, i == n - 1, ascii, out);
    }
    while (out->len && out->str[out->len - 1] == ' ')
      g_string_truncate (out, out->len - 1);
    g_string_append_c (out, '\n');
  }
}
