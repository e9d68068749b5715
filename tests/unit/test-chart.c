/* Charts in a terminal: they hold their size whatever they are given, and show what they should. */
#include <vervet-chart.h>
#include "plot/axis.h"
#include <math.h>
#include <string.h>

static guint
columns_of (const char *line)
{
  guint n = 0;

  for (const char *p = line; *p; p = g_utf8_next_char (p))
    n += g_unichar_iszerowidth (g_utf8_get_char (p)) ? 0 : g_unichar_iswide (g_utf8_get_char (p)) ? 2 : 1;
  return n;
}

/* Draws and checks what holds for every chart. */
static char *
draw (const VervetChartSeries *series, guint n, VervetChartOptions options)
{
  GString *out = g_string_new (NULL);
  g_autofree char *plain = NULL;
  g_auto (GStrv) lines = NULL;
  guint width = options.width ? MAX (options.width, 20) : 80;

  vervet_chart_text (out, series, n, &options);
  g_assert_true (g_utf8_validate (out->str, (gssize)out->len, NULL));
  g_assert_true (g_str_has_suffix (out->str, "\n"));
  if (options.color) {
    g_autoptr (GRegex) escapes = g_regex_new ("\033\\[[0-9;]*m", 0, 0, NULL);

    plain = g_regex_replace_literal (escapes, out->str, -1, 0, "", 0, NULL);
  } else {
    plain = g_strdup (out->str);
  }
  for (const char *p = plain; *p; p = g_utf8_next_char (p)) {
    g_assert_true (*p == '\n' || g_unichar_isprint (g_utf8_get_char (p)));
    g_assert_true (!options.ascii || (guchar)*p < 127);
  }
  lines = g_strsplit (plain, "\n", -1);
  for (guint i = 0; lines[i]; i++)
    g_assert_cmpuint (columns_of (lines[i]), <=, width);
  g_assert_cmpuint (g_strv_length (lines) - 1, <=, MAX (options.height ? options.height : 20, 8 + n));
  return g_string_free (out, FALSE);
}

static void
test_golden (void)
{
  double x[] = { 1, 10, 100 }, y[] = { 0, 0.5, 1 };
  VervetChartSeries series = { "s", x, y, NULL, NULL, 3 };
  VervetChartOptions options = { .width = 24, .height = 10, .log_x = TRUE, .title = "t", .x_label = "k", .y_max = 1 };
  g_autofree char *braille = draw (&series, 1, options), *ascii = NULL;

  g_assert_cmpstr (braille, ==,
                   "t\n"
                   "1.0 ┤               ⢀⡠⠔⠊\n"
                   "    │           ⢀⡠⠔⠊⠁\n"
                   "0.5 ┤        ⣀⠴⠊⠁\n"
                   "    │    ⣀⠤⠒⠉\n"
                   "0.0 ┤⣀⠤⠒⠉\n"
                   "    └┬────────┬────────┬\n"
                   "     1       10      100\n"
                   "              k\n"
                   "⠒ s\n");
  options.ascii = TRUE;
  ascii = draw (&series, 1, options);
  g_assert_nonnull (strstr (ascii, "**\n    |"));
  g_assert_nonnull (strstr (ascii, "* s\n"));
}

/* Any numbers at any size. */
static void
test_any (void)
{
  static const double odd[] = { 0,     -1,     1,      NAN,     INFINITY, -INFINITY,   1e-300,
                                1e300, -1e300, 5e-324, 1.7e308, 0.5,      0.5000000001 };
  static const char *const labels[] = {
    NULL,
    "",
    "plain",
    "\xff\xfe broken",
    "日本語のラベル",
    "e\u0301\u0301",
    "\033[31mred\a\n",
    "a very long label that is wider than any of the charts that it is drawn into, by far"
  };

  for (guint round = 0; round < 3000; round++) {
    double data[4][30];
    VervetChartSeries series[4];
    guint n = (guint)g_test_rand_int_range (0, 5);
    VervetChartOptions options = { .width = (guint)g_test_rand_int_range (0, 100),
                                   .height = (guint)g_test_rand_int_range (0, 30),
                                   .log_x = g_test_rand_int_range (0, 2),
                                   .color = g_test_rand_int_range (0, 2),
                                   .ascii = g_test_rand_int_range (0, 2),
                                   .title = labels[g_test_rand_int_range (0, G_N_ELEMENTS (labels))],
                                   .x_label = labels[g_test_rand_int_range (0, G_N_ELEMENTS (labels))],
                                   .y_label = labels[g_test_rand_int_range (0, G_N_ELEMENTS (labels))] };

    if (g_test_rand_int_range (0, 3) == 0) {
      options.y_min = odd[g_test_rand_int_range (0, G_N_ELEMENTS (odd))];
      options.y_max = odd[g_test_rand_int_range (0, G_N_ELEMENTS (odd))];
    }
    for (guint i = 0; i < 4; i++)
      for (guint j = 0; j < 30; j++)
        data[i][j] = round % 2 ? odd[g_test_rand_int_range (0, G_N_ELEMENTS (odd))] : g_test_rand_double_range (-2, 30);
    for (guint i = 0; i < n; i++)
      series[i] = (VervetChartSeries){ labels[g_test_rand_int_range (0, G_N_ELEMENTS (labels))],
                                       data[i % 4],
                                       data[(i + 1) % 4],
                                       i % 2 ? data[2] : NULL,
                                       i % 2 ? data[3] : NULL,
                                       (guint)g_test_rand_int_range (0, 31) };
    g_free (draw (series, n, options));
  }
}

static void
test_empty (void)
{
  double x[] = { 0, NAN }, y[] = { 1, 1 };
  VervetChartSeries series = { "s", x, y, NULL, NULL, 2 };
  g_autofree char *none = draw (NULL, 0, (VervetChartOptions){ .width = 30 });
  g_autofree char *unusable = draw (&series, 1, (VervetChartOptions){ .width = 20, .log_x = TRUE, .ascii = TRUE });

  g_assert_nonnull (strstr (none, "no data"));
  g_assert_nonnull (strstr (unusable, "no data"));
}

static void
test_one_point (void)
{
  double x[] = { 7 }, y[] = { 0.3 };
  VervetChartSeries series = { NULL, x, y, NULL, NULL, 1 };
  g_autofree char *text = draw (&series, 1, (VervetChartOptions){ .width = 40, .ascii = TRUE });

  g_assert_nonnull (strchr (text, '*'));
  g_assert_nonnull (strstr (text, "0.3"));
}

static void
test_band_and_letters (void)
{
  double x[] = { 1, 2, 3 }, y[] = { 1, 1, 1 }, low[] = { 0, 0, 0 }, high[] = { 2, 2, 2 }, z[] = { 1, 1.5, 1.7 };
  VervetChartSeries series[] = { { "first", x, y, low, high, 3 }, { "second", x, z, NULL, NULL, 3 } };
  g_autofree char *text = draw (series, 2, (VervetChartOptions){ .width = 50, .ascii = TRUE });
  g_autofree char *color = draw (series, 2, (VervetChartOptions){ .width = 50, .color = TRUE });

  g_assert_nonnull (strstr (text, "..."));
  g_assert_nonnull (strstr (text, "aaa a\n"));
  g_assert_nonnull (strstr (text, " b\n"));
  g_assert_nonnull (strstr (text, "a first  b second\n"));
  g_assert_nonnull (strstr (color, "\033[36m"));
  g_assert_nonnull (strstr (color, "\033[2;36m"));
}

static void
test_ticks (void)
{
  for (guint round = 0; round < 3000; round++) {
    double a = pow (10, g_test_rand_double_range (-8, 8)), b = a * (1 + pow (10, g_test_rand_double_range (-6, 6)));
    guint most = (guint)g_test_rand_int_range (3, 20);
    Axis axis;

    axis_init (&axis, round % 3 ? a : -a, b, FALSE, most, TRUE);
    g_assert_cmpuint (axis.n_ticks, >=, 2);
    g_assert_cmpuint (axis.n_ticks, <=, most + 2);
    for (guint i = 0; i < axis.n_ticks; i++) {
      g_assert_cmpfloat (axis_place (&axis, axis.ticks[i]), >=, -1e-6);
      g_assert_cmpfloat (axis_place (&axis, axis.ticks[i]), <=, 1 + 1e-6);
      if (i >= 2)
        g_assert_cmpfloat_with_epsilon ((axis.ticks[i] - axis.ticks[i - 1]) / (axis.ticks[1] - axis.ticks[0]), 1, 1e-4);
    }
    axis_init (&axis, a, b, TRUE, most, FALSE);
    g_assert_cmpuint (axis.n_ticks, <=, most + 3);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/chart/golden", test_golden);
  g_test_add_func ("/chart/any", test_any);
  g_test_add_func ("/chart/empty", test_empty);
  g_test_add_func ("/chart/one-point", test_one_point);
  g_test_add_func ("/chart/band-and-letters", test_band_and_letters);
  g_test_add_func ("/chart/ticks", test_ticks);
  return g_test_run ();
}
