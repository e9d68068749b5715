/* report-words.c - text for a terminal. */
#include "report-private.h"
#include <string.h>

char *
report_clean (const char *text, gboolean ascii)
{
  g_autofree char *valid = g_utf8_make_valid (text ? text : "", -1);
  GString *out = g_string_new (NULL);

  for (const char *p = valid; *p; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    if (c == '\n' || c == '\t')
      c = ' ';
    else if (!g_unichar_isprint (c) || (ascii && c > 126))
      c = '?';
    g_string_append_unichar (out, c);
  }
  return g_string_free (out, FALSE);
}

guint
report_columns (const char *clean)
{
  guint n = 0;

  for (const char *p = clean; *p; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    n += g_unichar_iszerowidth (c) ? 0 : g_unichar_iswide (c) ? 2 : 1;
  }
  return n;
}

void
report_wrap (GString *out, const char *lead, const char *text, guint width, gboolean ascii)
{
  g_autofree char *clean = report_clean (text, ascii);
  g_auto (GStrv) words = g_strsplit (clean, " ", -1);
  guint indent = report_columns (lead), at = indent;

  g_string_append (out, lead);
  for (guint i = 0; words[i]; i++) {
    guint columns = report_columns (words[i]);

    if (at > indent && at + 1 + columns > width) {
      g_string_append_printf (out, "\n%*s", (int)indent, "");
      at = indent;
    }
    if (at > indent)
      g_string_append_c (out, ' ');
    at += columns + (at > indent);
    g_string_append (out, words[i]);
  }
  g_string_append_c (out, '\n');
}
