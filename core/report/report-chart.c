/* report-chart.c - the curves of a report as charts in a terminal. */
#include "report-private.h"
#include "vervet-chart.h"
#include <math.h>

#define MAX_CHART_WIDTH 100
#define CHART_HEIGHT 20

typedef struct {
  VervetChartSeries series[REPORT_MAX_CURVES];
  GPtrArray *buffers; /* double * */
  guint n, longest;
  double top;
} Curves;

static void
curves_add (Curves *curves, const char *label, const GArray *points, gboolean band)
{
  guint n = points->len;
  double *x = g_new (double, 4 * (gsize)n + 1);

  g_ptr_array_add (curves->buffers, x);
  curves->longest = MAX (curves->longest, n);
  for (guint i = 0; i < n; i++) {
    const VervetCurvePoint *point = &g_array_index (points, VervetCurvePoint, i);

    x[i] = (double)point->k;
    x[n + i] = point->estimate.mean;
    x[2 * n + i] = point->estimate.low;
    x[3 * n + i] = point->estimate.high;
    for (guint part = 1; part < 4; part++)
      if (isfinite (x[part * n + i]))
        curves->top = MAX (curves->top, x[part * n + i]);
  }
  curves->series[curves->n++] =
      (VervetChartSeries){ label, x, x + n, band ? x + 2 * n : NULL, band ? x + 3 * n : NULL, n };
}

/* Nothing where there is but one k: a table says it better. From 0 to 1 where the curves come up to half of it, else as
 * far as they go. */
static void
curves_write (Curves *curves, const char *title, guint width, gboolean color, gboolean ascii, GString *out)
{
  VervetChartOptions options = { .width = MIN (width, MAX_CHART_WIDTH),
                                 .height = CHART_HEIGHT,
                                 .log_x = TRUE,
                                 .color = color,
                                 .ascii = ascii,
                                 .title = title,
                                 .x_label = "k" };

  if (curves->longest < 2)
    return;
  if (curves->top > 0.5 || curves->top <= 0)
    options.y_max = 1;
  vervet_chart_text (out, curves->series, curves->n, &options);
  g_string_append_c (out, '\n');
}

void
report_chart_run (const VervetRunReport *run, double level, guint width, gboolean color, gboolean ascii, GString *out)
{
  g_autoptr (GPtrArray) buffers = g_ptr_array_new_with_free_func (g_free);
  Curves curves = { .buffers = buffers };
  g_autofree char *title = g_strdup_printf ("coverage (pass@k)%s; dotted: %.3g %% interval of coverage",
                                            run->majority ? " and majority (maj@k)" : "", 100 * level);

  curves_add (&curves, run->majority ? "coverage" : NULL, run->coverage, TRUE);
  if (run->majority)
    curves_add (&curves, "majority", run->majority, FALSE); /* two wide bands would cover each other */
  curves_write (&curves, title, width, color, ascii, out);
}

void
report_chart_runs (const VervetReport *report, guint width, gboolean color, gboolean ascii, GString *out)
{
  g_autoptr (GPtrArray) buffers = g_ptr_array_new_with_free_func (g_free);
  Curves curves = { .buffers = buffers };
  guint left_out = 0;

  for (guint i = 0; i < report->runs->len; i++) {
    const VervetRunReport *run = g_ptr_array_index (report->runs, i);

    if (run->coverage->len == 0)
      continue;
    if (curves.n == REPORT_MAX_CURVES)
      left_out++;
    else
      curves_add (&curves, run->name, run->coverage, report->runs->len == 1);
  }
  curves_write (&curves, "coverage (pass@k)", width, color, ascii, out);
  if (left_out) {
    g_autofree char *text = g_strdup_printf ("%u more run%s not drawn: --run NAME draws one alone", left_out,
                                             left_out == 1 ? " is" : "s are");

    report_wrap (out, "", text, width, ascii);
    g_string_append_c (out, '\n');
  }
}
