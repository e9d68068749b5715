/* fit.c - the power law of coverage, by MINPACK's Levenberg-Marquardt (cminpack). */
#include "vervet-stats.h"
#include <cminpack.h>
#include <math.h>

typedef struct {
  guint n;
  double *k, *c, *log_k;
} Points;

/* Residuals (@flag 1) or their derivatives (@flag 2) of c = exp (a k^b). */
static int
power_residuals (void *data, int m, int n G_GNUC_UNUSED, const double *x, double *residuals, double *jacobian,
                 int stride, int flag)
{
  const Points *points = data;

  for (int i = 0; i < m; i++) {
    double power = pow (points->k[i], x[1]), model = exp (x[0] * power);

    if (flag == 1) {
      residuals[i] = model - points->c[i];
    } else {
      jacobian[i] = model * power;
      jacobian[i + stride] = model * x[0] * power * points->log_k[i];
    }
  }
  return 0;
}

/* Straight line through (log k, log (-log c)): where the search starts. */
static gboolean
power_start (const Points *points, double x[2])
{
  double sx = 0, sy = 0, sxx = 0, sxy = 0, n = points->n, spread;

  for (guint i = 0; i < points->n; i++) {
    double y = log (-log (points->c[i]));

    sx += points->log_k[i];
    sy += y;
    sxx += points->log_k[i] * points->log_k[i];
    sxy += points->log_k[i] * y;
  }
  spread = n * sxx - sx * sx;
  if (spread <= 1e-12 * n * sxx)
    return FALSE; /* all at one k */
  x[1] = (n * sxy - sx * sy) / spread;
  x[0] = -exp ((sy - x[1] * sx) / n);
  return TRUE;
}

static void
power_errors (const Points *points, VervetPowerFit *out)
{
  double sum = 0;

  out->max_abs_error = 0;
  for (guint i = 0; i < points->n; i++) {
    double error = fabs (exp (out->a * pow (points->k[i], out->b)) - points->c[i]);

    sum += error;
    out->max_abs_error = MAX (out->max_abs_error, error);
  }
  out->mean_abs_error = sum / points->n;
}

gboolean
vervet_fit_power (const double *ks, const double *means, guint n, VervetPowerFit *out)
{
  g_autofree double *buffer = g_new (double, (gsize)n * 6 + 1);
  g_autofree double *work = g_new (double, (gsize)n + 5 * 2);
  Points points = { 0, buffer, buffer + n, buffer + 2 * (gsize)n };
  double *residuals = buffer + 3 * (gsize)n, *jacobian = buffer + 4 * (gsize)n;
  double x[2];
  int pivots[2], info;

  for (guint i = 0; i < n; i++)
    if (ks[i] > 0 && means[i] > 0 && means[i] < 1) {
      points.k[points.n] = ks[i];
      points.c[points.n] = means[i];
      points.log_k[points.n++] = log (ks[i]);
    }
  if (points.n < 3 || !power_start (&points, x))
    return FALSE;

  info = lmder1 (power_residuals, &points, (int)points.n, 2, x, residuals, jacobian, (int)points.n, 1e-14, pivots, work,
                 (int)points.n + 5 * 2);
  if (info <= 0 || !isfinite (x[0]) || !isfinite (x[1]))
    return FALSE;
  *out = (VervetPowerFit){ .a = x[0], .b = x[1], .n = points.n };
  power_errors (&points, out);
  return TRUE;
}
