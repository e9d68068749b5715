/* hypergeometric.c - by inversion from the mode outwards: the likeliest values are tried first, so the expected number
 * of steps is of the order of the standard deviation, and each step costs one ratio of neighbouring chances. */
#include "hypergeometric.h"
#include <math.h>

/* log (n!): a table, then Stirling's series, off by less than 1e-11. */
static double
log_factorial (double n)
{
  static const double table[] = { 0,
                                  0,
                                  0.69314718055994531,
                                  1.7917594692280550,
                                  3.1780538303479458,
                                  4.7874917427820458,
                                  6.5792512120101012,
                                  8.5251613610654147,
                                  10.604602902745251,
                                  12.801827480081469,
                                  15.104412573075516,
                                  17.502307845873887,
                                  19.987214495661885,
                                  22.552163853123425,
                                  25.191221182738680,
                                  27.899271383840890 };
  double inverse, square;

  if (n < G_N_ELEMENTS (table))
    return table[(int)n];
  inverse = 1 / n;
  square = inverse * inverse;
  return (n + 0.5) * log (n) - n + 0.91893853320467274 + inverse * (1. / 12 - square * (1. / 360 - square / 1260));
}

static double
log_choose (double n, double k)
{
  return log_factorial (n) - log_factorial (k) - log_factorial (n - k);
}

guint32
hypergeometric_draw (PhiloxStream *stream, guint32 good, guint32 bad, guint32 draws)
{
  double g = good, b = bad, d = draws, low = MAX (0, d - b), high = MIN (g, d), mode, left, u, up, down, at_up, at_down;

  if (low == high)
    return (guint32)low;
  mode = CLAMP (floor ((d + 1) * (g + 1) / (g + b + 2)), low, high);
  left = up = down = exp (log_choose (g, mode) + log_choose (b, d - mode) - log_choose (g + b, d));
  u = philox_uniform (stream) - left;
  at_up = at_down = mode;
  while (u >= 0 && (at_up < high || at_down > low)) {
    if (at_up < high) {
      up *= (g - at_up) * (d - at_up) / ((at_up + 1) * (b - d + at_up + 1));
      at_up++;
      u -= up;
      if (u < 0)
        return (guint32)at_up;
    }
    if (at_down > low) {
      down *= at_down * (b - d + at_down) / ((g - at_down + 1) * (d - at_down + 1));
      at_down--;
      u -= down;
      if (u < 0)
        return (guint32)at_down;
    }
    if (up + down < left * 1e-17)
      break; /* what is left of u is rounding */
  }
  return (guint32)mode;
}
