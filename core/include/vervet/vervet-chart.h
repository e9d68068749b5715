/* vervet-chart.h - curves in a terminal, drawn with braille dots. Pure: numbers in, text out. */
#ifndef VERVET_CHART_H
#define VERVET_CHART_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
  const char *label;
  const double *x, *y, *low, *high;
  guint n; /* low and high nullable: no band */
} VervetChartSeries;
typedef struct {
  guint width, height;          /* character cells of the whole, 0: 80 x 20 */
  gboolean log_x, color, ascii; /* ascii: no characters beyond ASCII */
  const char *title, *x_label, *y_label;
  double y_min, y_max; /* y_min < y_max: fixed range, else from the data */
} VervetChartOptions;

/* Points that are not finite (or not positive under log_x) are left out; with nothing left the frame says so. */
void vervet_chart_text (GString *out, const VervetChartSeries *series, guint n, const VervetChartOptions *options);

G_END_DECLS

#endif
