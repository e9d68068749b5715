/* axis.c - ranges, ticks and labels of an axis. */
#include "axis.h"
#include <math.h>
#include <string.h>

/* The smallest of 1, 2, 5 x 10^i that is no less than @least. */
static double
round_step (double least)
{
  double decade = pow (10, floor (log10 (least))), lead = least / decade;

  return decade * (lead <= 1.000001 ? 1 : lead <= 2.000001 ? 2 : lead <= 5.000001 ? 5 : 10);
}

static void
linear_ticks (Axis *axis, guint max_ticks, gboolean snap)
{
  double step = round_step ((axis->max - axis->min) / MAX (max_ticks - 1, 1)), slack = step * 1e-6;
  double first, last;

  if (snap) {
    axis->min = step * floor ((axis->min + slack) / step);
    axis->max = step * ceil ((axis->max - slack) / step);
  }
  first = ceil ((axis->min - slack) / step);
  last = floor ((axis->max + slack) / step);
  for (double i = first; i <= last && axis->n_ticks < AXIS_MAX_TICKS; i++)
    axis->ticks[axis->n_ticks++] = i == 0 ? 0 : i * step;
  axis->decimals = CLAMP ((int)-floor (log10 (step) + 1e-6), 0, 12);
}

static void
log_ticks (Axis *axis, guint max_ticks)
{
  static const double few[] = { 1, 2, 5 };
  double low = log10 (axis->min), high = log10 (axis->max), every;
  guint a_decade = (high - low) * 3 < max_ticks ? 3 : 1;

  every = MAX (1, ceil ((high - low) / MAX (max_ticks - 1, 1)));
  for (double decade = floor (low / every) * every; decade <= high; decade += every)
    for (guint i = 0; i < a_decade; i++) {
      double tick = few[i] * pow (10, decade);

      if (tick >= axis->min * (1 - 1e-9) && tick <= axis->max * (1 + 1e-9) && axis->n_ticks < AXIS_MAX_TICKS)
        axis->ticks[axis->n_ticks++] = tick;
    }
}

/* One value stands in the middle of its axis. */
static void
spread_range (Axis *axis)
{
  double size = MAX (fabs (axis->min), fabs (axis->max));

  if (axis->log && axis->max / axis->min < 1 + 1e-9) {
    axis->min /= 2;
    axis->max *= 2;
  } else if (!axis->log && axis->max - axis->min <= size * 1e-9) {
    double half = size > 0 ? size / 2 : 1;

    axis->min -= half;
    axis->max += half;
  }
}

void
axis_init (Axis *axis, double min, double max, gboolean log, guint max_ticks, gboolean snap)
{
  const double limit = 1e150; /* leaves room for differences and powers */

  *axis = (Axis){ .min = CLAMP (min, -limit, limit), .max = CLAMP (max, -limit, limit), .log = log };
  if (log)
    axis->min = MAX (axis->min, 1 / limit);
  axis->max = MAX (axis->max, axis->min);
  spread_range (axis);
  if (log)
    log_ticks (axis, MAX (max_ticks, 2));
  else
    linear_ticks (axis, MAX (max_ticks, 2), snap);
}

double
axis_place (const Axis *axis, double value)
{
  if (axis->log)
    return log (value / axis->min) / log (axis->max / axis->min);
  return (value - axis->min) / (axis->max - axis->min);
}

static char *
with_suffix (double value)
{
  static const struct {
    double unit;
    const char *suffix;
  } units[] = { { 1e12, "T" }, { 1e9, "G" }, { 1e6, "M" }, { 1e3, "k" } };

  if (fabs (value) < 1e15)
    for (guint i = 0; i < G_N_ELEMENTS (units); i++)
      if (fabs (value) >= units[i].unit)
        return g_strdup_printf ("%.4g%s", value / units[i].unit, units[i].suffix);
  return g_strdup_printf ("%.4g", value);
}

char *
axis_label (const Axis *axis, double tick)
{
  double size = MAX (fabs (axis->min), fabs (axis->max));

  if (axis->log || size >= 1e4)
    return with_suffix (tick);
  if (size < 1e-4)
    return g_strdup_printf ("%.3g", tick);
  return g_strdup_printf ("%.*f", axis->decimals, tick);
}
