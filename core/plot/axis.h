/* axis.h - the range of an axis, its round ticks and their labels. Private to core/plot. */
#ifndef VERVET_PLOT_AXIS_H
#define VERVET_PLOT_AXIS_H

#include <glib.h>

#define AXIS_MAX_TICKS 64

typedef struct {
  double min, max; /* min < max */
  gboolean log;
  guint n_ticks;
  double ticks[AXIS_MAX_TICKS]; /* ascending */
  int decimals;                 /* that tell linear ticks apart */
} Axis;

/* An axis over [min, max] with at most about @max_ticks ticks: multiples of 1, 2 or 5 times a power of ten, or decades
 * (with 2 and 5 between where there are few) under @log, which needs 0 < min. Equal or infinite ends are spread. With
 * @snap a linear range grows to its outer ticks. */
void axis_init (Axis *axis, double min, double max, gboolean log, guint max_ticks, gboolean snap);
/* Where @value lies between min (0) and max (1), not cut off. */
double axis_place (const Axis *axis, double value);
/* "0.25", "100", "2k", "1M". (transfer full) */
char *axis_label (const Axis *axis, double tick);

#endif
