/* csv.c - see csv.h. */
#include <string.h>

#include "util/csv.h"
#include "util/input.h"
#include "util/text.h"
#include "vervet-error.h"

#define WINDOW ((gsize)1 << 16)
/* A forgotten closing quote turns the rest of a file into one field: told before it fills the memory. */
#define LONGEST_ROW ((gsize)64 << 20)

typedef enum { AT_START, PLAIN, QUOTED, QUOTE_IN_QUOTED, CR } State;

struct _VervetCsv {
  VervetInput *input;
  char *name, *window;
  gsize at, have;
  gboolean ended, failed;
  guint64 line;     /* of the next byte */
  guint64 row_line; /* where the row begins */
  guint64 quote_line;
  State state;
  GString *row;   /* the fields, a NUL behind each */
  GArray *starts; /* gsize: where each begins in row */
  GPtrArray *columns;
};

static int
csv_fail (VervetCsv *csv, GError **error, guint64 line, const char *fault)
{
  csv->failed = TRUE;
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s:%" G_GUINT64_FORMAT ": %s", csv->name, line, fault);
  return -1;
}

static int
csv_fill (VervetCsv *csv, GError **error)
{
  gssize n = vervet_input_read (csv->input, csv->window, WINDOW, error);
  csv->at = 0;
  csv->have = (gsize)MAX (n, 0);
  csv->ended = n == 0;
  csv->failed = n < 0;
  return n < 0 ? -1 : 1;
}

static void
csv_end_field (VervetCsv *csv)
{
  g_string_append_c (csv->row, '\0');
  csv->state = AT_START;
}

static void
csv_begin_field (VervetCsv *csv)
{
  gsize start = csv->row->len;
  g_array_append_val (csv->starts, start);
}

/* ---- One byte at a time ------------------------------------------------------------------------------------------ */
/* Bytes that no rule looks at are taken in one go. */
static void
csv_take_run (VervetCsv *csv)
{
  const char *from = csv->window + csv->at;
  gsize left = csv->have - csv->at, n = 0;
  if (csv->state == QUOTED) {
    while (n < left && from[n] != '"' && from[n] != '\n' && from[n] != '\0')
      n++;
  } else if (csv->state == PLAIN) {
    while (n < left && from[n] != ',' && from[n] != '\n' && from[n] != '\r' && from[n] != '\0')
      n++;
  }
  g_string_append_len (csv->row, from, (gssize)n);
  csv->at += n;
}

/* Outside of quotes: 1 when @c ends the row, 0 when it does not, -1 on a fault. */
static int
csv_outside (VervetCsv *csv, char c, GError **error)
{
  if (c == ',') {
    csv_end_field (csv);
    csv_begin_field (csv);
    return 0;
  }
  if (c == '\n')
    return 1;
  if (csv->state == CR)
    return csv_fail (csv, error, csv->line, "a carriage return stands alone; lines end with LF or CR LF");
  if (c == '\r') {
    csv->state = CR;
    return 0;
  }
  if (csv->state == QUOTE_IN_QUOTED)
    return csv_fail (csv, error, csv->line,
                     "a character stands behind a closing quote; a quote inside a field is doubled");
  if (csv->state == AT_START && c == '"') {
    csv->state = QUOTED;
    csv->quote_line = csv->line;
    return 0;
  }
  csv->state = PLAIN;
  g_string_append_c (csv->row, c);
  return 0;
}

static int
csv_byte (VervetCsv *csv, char c, GError **error)
{
  if (c == '\0')
    return csv_fail (csv, error, csv->line, "a NUL byte: this is no text file");
  if (csv->state == QUOTED) {
    if (c == '"')
      csv->state = QUOTE_IN_QUOTED;
    else
      g_string_append_c (csv->row, c);
    return 0;
  }
  if (csv->state == QUOTE_IN_QUOTED && c == '"') {
    g_string_append_c (csv->row, c);
    csv->state = QUOTED;
    return 0;
  }
  return csv_outside (csv, c, error);
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */
static void
csv_begin_row (VervetCsv *csv)
{
  g_string_truncate (csv->row, 0);
  g_array_set_size (csv->starts, 0);
  csv->state = AT_START;
  csv->row_line = csv->line;
  csv_begin_field (csv);
}

static gboolean
csv_row_is_blank (const VervetCsv *csv)
{
  return csv->starts->len == 1 && csv->row->len == 0 && (csv->state == AT_START || csv->state == CR);
}

/* The end of the input inside a row: the row counts unless it is blank. */
static int
csv_at_end (VervetCsv *csv, GError **error)
{
  if (csv->state == QUOTED)
    return csv_fail (csv, error, csv->quote_line, "a quote opens here and never closes");
  if (csv_row_is_blank (csv))
    return 0;
  csv_end_field (csv);
  return 1;
}

/* The bytes of a row, unchecked: 1, 0 at the end, -1. */
static int
csv_read_row (VervetCsv *csv, GError **error)
{
  csv_begin_row (csv);
  for (;;) {
    if (csv->at == csv->have) {
      if (!csv->ended && csv_fill (csv, error) < 0)
        return -1;
      if (csv->ended)
        return csv_at_end (csv, error);
    }
    char c = csv->window[csv->at++];
    int got = csv_byte (csv, c, error);
    csv->line += c == '\n';
    if (got < 0)
      return -1;
    if (got == 1 && csv_row_is_blank (csv)) {
      csv_begin_row (csv);
      continue;
    }
    if (got == 1) {
      csv_end_field (csv);
      return 1;
    }
    csv_take_run (csv);
    if (csv->row->len > LONGEST_ROW)
      return csv_fail (csv, error, csv->row_line, "a row is longer than 64 MB: is a closing quote missing?");
  }
}

static int
csv_check_row (VervetCsv *csv, GError **error)
{
  g_autofree char *fault = NULL;
  for (guint i = 0; i < csv->starts->len; i++)
    if (!g_utf8_validate (vervet_csv_field (csv, i), -1, NULL))
      return csv_fail (csv, error, csv->row_line, "the bytes are not UTF-8");
  if (!csv->columns || csv->starts->len == csv->columns->len)
    return 1;
  fault = g_strdup_printf ("%u field%s where the first row names %u column%s", csv->starts->len,
                           csv->starts->len == 1 ? "" : "s", csv->columns->len, csv->columns->len == 1 ? "" : "s");
  return csv_fail (csv, error, csv->row_line, fault);
}

int
vervet_csv_next (VervetCsv *csv, GError **error)
{
  if (csv->failed) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s: reading has failed before", csv->name);
    return -1;
  }
  int got = csv_read_row (csv, error);
  return got == 1 ? csv_check_row (csv, error) : got;
}

/* ---- Opening ----------------------------------------------------------------------------------------------------- */
static gboolean
csv_read_columns (VervetCsv *csv, GError **error)
{
  int got = vervet_csv_next (csv, error);
  if (got == 0)
    csv_fail (csv, error, 1, "the file is empty; its first row names the columns");
  if (got != 1)
    return FALSE;
  GPtrArray *columns = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < csv->starts->len; i++) {
    const char *name = vervet_csv_field (csv, i);
    if (i == 0 && g_str_has_prefix (name, "\xef\xbb\xbf"))
      name += 3; /* a byte order mark */
    char *stripped = g_strstrip (g_strdup (name));
    gboolean twice = g_ptr_array_find_with_equal_func (columns, stripped, g_str_equal, NULL);
    g_ptr_array_add (columns, stripped);
    if (*stripped && !twice)
      continue;
    g_autofree char *fault = *stripped ? g_strdup_printf ("two columns have the name \"%s\"", stripped)
                                       : g_strdup_printf ("column %u has no name", i + 1);
    csv_fail (csv, error, csv->row_line, fault);
    g_ptr_array_unref (columns);
    return FALSE;
  }
  csv->columns = columns;
  return TRUE;
}

static VervetCsv *
csv_new (VervetInput *input, const char *name, GError **error)
{
  VervetCsv *csv = g_new0 (VervetCsv, 1);
  csv->input = input;
  csv->name = g_strdup (name);
  csv->window = g_malloc (WINDOW);
  csv->row = g_string_new (NULL);
  csv->starts = g_array_new (FALSE, FALSE, sizeof (gsize));
  csv->line = 1;
  if (csv_read_columns (csv, error))
    return csv;
  vervet_csv_free (csv);
  return NULL;
}

VervetCsv *
vervet_csv_open (const char *path, GError **error)
{
  VervetInput *input = vervet_input_open (path, VERVET_INPUT_UNPACK, error);
  return input ? csv_new (input, path, error) : NULL;
}

VervetCsv *
vervet_csv_new (GInputStream *stream, const char *name, GError **error)
{
  return csv_new (vervet_input_new (stream, name, VERVET_INPUT_RAW), name, error);
}

void
vervet_csv_free (VervetCsv *csv)
{
  if (!csv)
    return;
  vervet_input_free (csv->input);
  g_string_free (csv->row, TRUE);
  g_array_unref (csv->starts);
  g_clear_pointer (&csv->columns, g_ptr_array_unref);
  g_free (csv->window);
  g_free (csv->name);
  g_free (csv);
}

/* ---- Asking ------------------------------------------------------------------------------------------------------ */
guint
vervet_csv_columns (const VervetCsv *csv)
{
  return csv->columns->len;
}

gboolean
vervet_csv_column (const VervetCsv *csv, const char *column, guint *index, GError **error)
{
  if (g_ptr_array_find_with_equal_func (csv->columns, column, g_str_equal, index))
    return TRUE;
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  for (guint i = 0; i < csv->columns->len; i++)
    g_ptr_array_add (names, g_ptr_array_index (csv->columns, i));
  g_ptr_array_add (names, NULL);
  const char *near = vervet_text_nearest (column, (const char *const *)names->pdata);
  g_autofree char *hint = near ? g_strdup_printf ("; is it the one named \"%s\"?", near) : g_strdup ("");
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s:1: no column has the name \"%s\"%s", csv->name, column,
               hint);
  return FALSE;
}

const char *
vervet_csv_field (const VervetCsv *csv, guint index)
{
  return csv->row->str + g_array_index (csv->starts, gsize, index);
}

guint64
vervet_csv_line (const VervetCsv *csv)
{
  return csv->row_line;
}

/* ---- Writing ----------------------------------------------------------------------------------------------------- */
void
vervet_csv_append (GString *out, const char *const *fields, guint n)
{
  for (guint i = 0; i < n; i++) {
    /* A row of one empty field is quoted: bare, it would be a blank line. */
    gboolean quote = strpbrk (fields[i], "\",\r\n") || (n == 1 && !*fields[i]);
    if (i > 0)
      g_string_append_c (out, ',');
    if (quote)
      g_string_append_c (out, '"');
    for (const char *p = fields[i]; *p; p++) {
      if (*p == '"')
        g_string_append_c (out, '"');
      g_string_append_c (out, *p);
    }
    if (quote)
      g_string_append_c (out, '"');
  }
  g_string_append_c (out, '\n');
}
