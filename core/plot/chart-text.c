/* chart-text.c - the layout of a chart in character cells: title, y axis, canvas, x axis, legend. */
#include "vervet-chart.h"
#include "axis.h"
#include "canvas.h"
#include <math.h>
#include <string.h>

#define MIN_WIDTH 20
#define MIN_HEIGHT 6
#define MAX_BANDS 2 /* more of them would cover each other */

typedef struct {
  const VervetChartSeries *series;
  guint n;
  const VervetChartOptions *options;
  guint width, height, label_width, n_points;
  double x_min, x_max, y_min, y_max;
  Axis x, y;
  Canvas *canvas;
  GString *out;
} Chart;

/* ---- Text that comes from outside ---- */

static guint
char_width (gunichar c)
{
  return g_unichar_iszerowidth (c) ? 0 : g_unichar_iswide (c) ? 2 : 1;
}

/* Appends at most @columns of @text to @out (nullable: only measured); bad bytes, control and (in ASCII) foreign
 * characters become "?". Returns the columns used. */
static guint
fit_text (const Chart *chart, const char *text, guint columns, GString *out)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  guint used = 0;

  for (const char *p = valid; *p; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    if (!g_unichar_isprint (c) || (chart->options->ascii && c > 126))
      c = '?';
    if (used + char_width (c) > columns)
      break;
    used += char_width (c);
    if (out)
      g_string_append_unichar (out, c);
  }
  return used;
}

static void
put_blanks (Chart *chart, guint n)
{
  while (n--)
    g_string_append_c (chart->out, ' ');
}

static void
put_line (Chart *chart, const char *text, guint indent)
{
  if (!text || !*text)
    return;
  put_blanks (chart, indent);
  fit_text (chart, text, chart->width - indent, chart->out);
  g_string_append_c (chart->out, '\n');
}

/* ---- Data ---- */

static gboolean
usable (const Chart *chart, const VervetChartSeries *series, guint i)
{
  return isfinite (series->x[i]) && isfinite (series->y[i]) && (!chart->options->log_x || series->x[i] > 0);
}

static gboolean
has_band (const VervetChartSeries *series)
{
  return series->low && series->high;
}

static void
widen (double *min, double *max, double value)
{
  if (isfinite (value)) {
    *min = MIN (*min, value);
    *max = MAX (*max, value);
  }
}

static void
chart_measure (Chart *chart)
{
  chart->x_min = chart->y_min = INFINITY;
  chart->x_max = chart->y_max = -INFINITY;
  for (guint s = 0; s < chart->n; s++) {
    const VervetChartSeries *series = &chart->series[s];

    for (guint i = 0; i < series->n; i++) {
      if (!usable (chart, series, i))
        continue;
      chart->n_points++;
      widen (&chart->x_min, &chart->x_max, series->x[i]);
      widen (&chart->y_min, &chart->y_max, series->y[i]);
      if (has_band (series) && chart->n <= MAX_BANDS) {
        widen (&chart->y_min, &chart->y_max, series->low[i]);
        widen (&chart->y_min, &chart->y_max, series->high[i]);
      }
    }
  }
}

/* ---- Layout ---- */

static guint
legend_entry_width (const Chart *chart, const VervetChartSeries *series)
{
  return 4 + fit_text (chart, series->label ? series->label : "", chart->width - 4, NULL);
}

static gboolean
has_legend (const Chart *chart)
{
  for (guint s = 0; s < chart->n; s++)
    if (chart->series[s].label && *chart->series[s].label)
      return TRUE;
  return FALSE;
}

static guint
legend_lines (const Chart *chart)
{
  guint lines = 1, at = 0;

  if (!has_legend (chart))
    return 0;
  for (guint s = 0; s < chart->n; s++) {
    guint width = legend_entry_width (chart, &chart->series[s]);

    if (at && at + width > chart->width) {
      lines++;
      at = 0;
    }
    at += width;
  }
  return lines;
}

static guint
canvas_rows (const Chart *chart)
{
  const VervetChartOptions *options = chart->options;
  guint around = 2 + (options->title && *options->title) + (options->y_label && *options->y_label)
                 + (options->x_label && *options->x_label) + legend_lines (chart);

  return chart->height > around + 3 ? chart->height - around : 3;
}

static void
chart_lay_out (Chart *chart)
{
  const VervetChartOptions *options = chart->options;
  gboolean fixed = options->y_min < options->y_max;
  guint rows = canvas_rows (chart), margin = chart->n > 1 ? 2 : 0, columns;

  axis_init (&chart->y, fixed ? options->y_min : chart->y_min, fixed ? options->y_max : chart->y_max, FALSE,
             (rows + 1) / 2, !fixed);
  for (guint i = 0; i < chart->y.n_ticks; i++) {
    g_autofree char *label = axis_label (&chart->y, chart->y.ticks[i]);

    chart->label_width = MAX (chart->label_width, (guint)strlen (label));
  }
  chart->label_width = MIN (chart->label_width, chart->width / 2);
  columns = chart->width - chart->label_width - 2 - margin;
  axis_init (&chart->x, chart->x_min, chart->x_max, options->log_x, columns / 8 + 1, FALSE);
  chart->canvas = canvas_new (columns, rows, options->ascii);
}

/* ---- Drawing ---- */

static char
series_mark (const Chart *chart, guint s)
{
  return chart->n > 1 ? (char)('a' + s % 26) : '*';
}

static void
draw_curve (Chart *chart, guint s)
{
  const VervetChartSeries *series = &chart->series[s];
  double from_x = 0, from_y = 0;
  gboolean started = FALSE;

  for (guint i = 0; i < series->n; i++) {
    double x, y;

    if (!usable (chart, series, i))
      continue;
    x = axis_place (&chart->x, series->x[i]);
    y = axis_place (&chart->y, series->y[i]);
    canvas_line (chart->canvas, started ? from_x : x, started ? from_y : y, x, y, s + 1, series_mark (chart, s));
    from_x = x;
    from_y = y;
    started = TRUE;
  }
}

static gboolean
band_at (const Chart *chart, const VervetChartSeries *series, guint i)
{
  return usable (chart, series, i) && isfinite (series->low[i]) && isfinite (series->high[i]);
}

/* Between two neighbours the edges of the band are straight. */
static void
shade_between (Chart *chart, guint s, guint i, guint j)
{
  const VervetChartSeries *series = &chart->series[s];
  double x0 = axis_place (&chart->x, series->x[i]), x1 = axis_place (&chart->x, series->x[j]);
  double last = canvas_dot_columns (chart->canvas) - 1;

  for (double column = ceil (MAX (x0, 0) * last - 1e-9); column <= MIN (x1, 1) * last + 1e-9; column++) {
    double share = x1 > x0 ? (column / last - x0) / (x1 - x0) : 0;
    double low = series->low[i] + share * (series->low[j] - series->low[i]);
    double high = series->high[i] + share * (series->high[j] - series->high[i]);

    canvas_shade (chart->canvas, (guint)column, axis_place (&chart->y, low), axis_place (&chart->y, high), s + 1);
  }
}

static void
draw_band (Chart *chart, guint s)
{
  const VervetChartSeries *series = &chart->series[s];
  guint before = G_MAXUINT;

  for (guint i = 0; i < series->n; i++) {
    if (!band_at (chart, series, i))
      continue;
    shade_between (chart, s, before == G_MAXUINT ? i : before, i);
    before = i;
  }
}

static void
draw_series (Chart *chart)
{
  for (guint s = 0; s < chart->n && chart->n <= MAX_BANDS; s++)
    if (has_band (&chart->series[s]))
      draw_band (chart, s);
  for (guint s = 0; s < chart->n; s++)
    draw_curve (chart, s);
}

/* ---- Writing ---- */

typedef struct {
  double end; /* where the curve ends, 0 at the bottom */
  guint series;
  gint row;
} Letter;

static int
compare_ends (gconstpointer a, gconstpointer b)
{
  const Letter *x = a, *y = b;

  return x->end != y->end ? (x->end > y->end ? -1 : 1) : (int)x->series - (int)y->series;
}

/* marks[row]: 1 + the series whose letter stands at the right end of that row. Letters stand in the order in which the
 * curves end, each as near to its curve as those above it allow. With more curves than rows the lowest have none. */
static void
place_letters (Chart *chart, guint *marks)
{
  gint rows = (gint)chart->canvas->rows, last = rows;
  g_autoptr (GArray) letters = g_array_new (FALSE, FALSE, sizeof (Letter));

  for (guint s = 0; s < chart->n; s++) {
    const VervetChartSeries *series = &chart->series[s];
    guint i = series->n;

    while (i > 0 && !usable (chart, series, i - 1))
      i--;
    if (i > 0) {
      Letter letter = { axis_place (&chart->y, series->y[i - 1]), s, 0 };

      g_array_append_val (letters, letter);
    }
  }
  g_array_sort (letters, compare_ends);
  g_array_set_size (letters, MIN (letters->len, (guint)rows));
  for (guint i = 0; i < letters->len; i++) {
    Letter *letter = &g_array_index (letters, Letter, i);

    letter->row = MAX ((gint)canvas_row (chart->canvas, letter->end), i ? letter[-1].row + 1 : 0);
  }
  for (guint i = letters->len; i-- > 0;) {
    Letter *letter = &g_array_index (letters, Letter, i);

    last = letter->row = MIN (letter->row, last - 1);
    marks[letter->row] = letter->series + 1;
  }
}

static void
put_letter (Chart *chart, guint s)
{
  if (chart->options->color)
    canvas_begin_color (chart->out, s + 1, FALSE);
  if (chart->n == 1 && !chart->options->ascii)
    g_string_append (chart->out, "⠒");
  else
    g_string_append_c (chart->out, series_mark (chart, s));
  if (chart->options->color)
    canvas_end_color (chart->out);
}

static void
put_y_label (Chart *chart, guint row)
{
  for (guint i = 0; i < chart->y.n_ticks; i++)
    if (canvas_row (chart->canvas, axis_place (&chart->y, chart->y.ticks[i])) == row) {
      g_autofree char *label = axis_label (&chart->y, chart->y.ticks[i]);

      g_string_append_printf (chart->out, "%*.*s%s", (int)chart->label_width, (int)chart->label_width, label,
                              chart->options->ascii ? " +" : " ┤");
      return;
    }
  put_blanks (chart, chart->label_width);
  g_string_append (chart->out, chart->options->ascii ? " |" : " │");
}

static void
put_canvas (Chart *chart)
{
  g_autofree guint *letters = g_new0 (guint, chart->canvas->rows);

  if (chart->n > 1)
    place_letters (chart, letters);
  for (guint row = 0; row < chart->canvas->rows; row++) {
    put_y_label (chart, row);
    canvas_write_row (chart->canvas, row, chart->options->color, letters[row] != 0, chart->out);
    if (letters[row]) {
      g_string_append_c (chart->out, ' ');
      put_letter (chart, letters[row] - 1);
    }
    g_string_append_c (chart->out, '\n');
  }
}

/* The line of the x axis, then its labels, each under its tick where the one before leaves room. */
static void
put_x_axis (Chart *chart)
{
  guint columns = chart->canvas->columns, at = 0, left = chart->label_width + 2;
  g_autofree gboolean *tick = g_new0 (gboolean, columns);

  for (guint i = 0; i < chart->x.n_ticks; i++)
    tick[canvas_column (chart->canvas, axis_place (&chart->x, chart->x.ticks[i]))] = TRUE;
  put_blanks (chart, left - 1);
  g_string_append (chart->out, chart->options->ascii ? "+" : "└");
  for (guint i = 0; i < columns; i++)
    g_string_append (chart->out, chart->options->ascii ? (tick[i] ? "+" : "-") : tick[i] ? "┬" : "─");
  g_string_append_c (chart->out, '\n');

  for (guint i = 0; i < chart->x.n_ticks; i++) {
    g_autofree char *label = axis_label (&chart->x, chart->x.ticks[i]);
    guint length = (guint)strlen (label), center, start;

    center = left + canvas_column (chart->canvas, axis_place (&chart->x, chart->x.ticks[i]));
    start = center > length / 2 ? center - length / 2 : 0;
    start = MIN (start, chart->width > length ? chart->width - length : 0);
    if (at && start < at + 1)
      continue;
    put_blanks (chart, start - at);
    g_string_append (chart->out, label);
    at = start + length;
  }
  g_string_append_c (chart->out, '\n');
}

static void
put_legend (Chart *chart)
{
  guint at = 0;

  if (!has_legend (chart))
    return;
  for (guint s = 0; s < chart->n; s++) {
    const char *label = chart->series[s].label ? chart->series[s].label : "";
    guint width = legend_entry_width (chart, &chart->series[s]);

    if (at && at + width > chart->width) {
      g_string_append_c (chart->out, '\n');
      at = 0;
    }
    put_blanks (chart, at ? 2 : 0);
    put_letter (chart, s);
    g_string_append_c (chart->out, ' ');
    at += (at ? 4 : 2) + fit_text (chart, label, chart->width - 4, chart->out);
  }
  g_string_append_c (chart->out, '\n');
}

static void
put_centered (Chart *chart, const char *text)
{
  guint left = chart->label_width + 2, length;

  if (!text || !*text)
    return;
  length = fit_text (chart, text, chart->width, NULL);
  put_line (chart, text,
            MIN (left + (chart->canvas->columns > length ? (chart->canvas->columns - length) / 2 : 0),
                 chart->width - length));
}

/* An empty frame with a word in its middle. */
static void
put_empty (Chart *chart)
{
  chart->x_min = chart->y_min = 0;
  chart->x_max = chart->y_max = 1;
  chart->canvas = canvas_new (chart->width - 2, canvas_rows (chart), chart->options->ascii);
  for (guint row = 0; row < chart->canvas->rows; row++) {
    g_string_append (chart->out, chart->options->ascii ? " |" : " │");
    if (row == chart->canvas->rows / 2) {
      put_blanks (chart, (chart->canvas->columns - 7) / 2);
      g_string_append (chart->out, "no data");
    }
    g_string_append_c (chart->out, '\n');
  }
  g_string_append (chart->out, chart->options->ascii ? " +" : " └");
  for (guint i = 0; i < chart->canvas->columns; i++)
    g_string_append (chart->out, chart->options->ascii ? "-" : "─");
  g_string_append_c (chart->out, '\n');
}

void
vervet_chart_text (GString *out, const VervetChartSeries *series, guint n, const VervetChartOptions *options)
{
  Chart chart = { .series = series, .n = n, .options = options, .out = out };

  chart.width = MAX (options->width ? options->width : 80, MIN_WIDTH);
  chart.height = MAX (options->height ? options->height : 20, MIN_HEIGHT);
  chart_measure (&chart);
  put_line (&chart, options->title, 0);
  put_line (&chart, options->y_label, 0);
  if (chart.n_points == 0) {
    put_empty (&chart);
  } else {
    chart_lay_out (&chart);
    draw_series (&chart);
    put_canvas (&chart);
    put_x_axis (&chart);
    put_centered (&chart, options->x_label);
    put_legend (&chart);
  }
  canvas_free (chart.canvas);
}
