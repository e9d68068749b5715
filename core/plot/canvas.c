/* canvas.c - dots to characters. In ASCII a cell is one dot wide and one high. */
#include "canvas.h"
#include <math.h>

Canvas *
canvas_new (guint columns, guint rows, gboolean ascii)
{
  Canvas *canvas = g_new0 (Canvas, 1);

  canvas->columns = columns;
  canvas->rows = rows;
  canvas->ascii = ascii;
  canvas->cells = g_new0 (Cell, (gsize)columns * rows);
  return canvas;
}

void
canvas_free (Canvas *canvas)
{
  g_free (canvas->cells);
  g_free (canvas);
}

guint
canvas_dot_columns (const Canvas *canvas)
{
  return canvas->columns * (canvas->ascii ? 1 : 2);
}

static guint
canvas_dot_rows (const Canvas *canvas)
{
  return canvas->rows * (canvas->ascii ? 1 : 4);
}

static double
dot_x (const Canvas *canvas, double x)
{
  return x * (canvas_dot_columns (canvas) - 1);
}

static double
dot_y (const Canvas *canvas, double y)
{
  return (1 - y) * (canvas_dot_rows (canvas) - 1);
}

static Cell *
canvas_cell (Canvas *canvas, gint64 x, gint64 y, guint8 *bit)
{
  static const guint8 bits[4][2] = { { 0x01, 0x08 }, { 0x02, 0x10 }, { 0x04, 0x20 }, { 0x40, 0x80 } };

  if (x < 0 || y < 0 || x >= canvas_dot_columns (canvas) || y >= canvas_dot_rows (canvas))
    return NULL;
  if (canvas->ascii)
    return &canvas->cells[y * canvas->columns + x];
  *bit = bits[y % 4][x % 2];
  return &canvas->cells[y / 4 * canvas->columns + x / 2];
}

static void
canvas_dot (Canvas *canvas, gint64 x, gint64 y, guint ink, char mark)
{
  guint8 bit = 0;
  Cell *cell = canvas_cell (canvas, x, y, &bit);

  if (!cell)
    return;
  if (cell->shaded)
    *cell = (Cell){ 0 };
  if (!cell->ink) {
    cell->ink = (guint8)ink;
    cell->mark = mark;
  }
  cell->dots |= bit;
}

void
canvas_line (Canvas *canvas, double x0, double y0, double x1, double y1, guint ink, char mark)
{
  double ax = dot_x (canvas, x0), ay = dot_y (canvas, y0), bx = dot_x (canvas, x1), by = dot_y (canvas, y1);
  double steps = ceil (MAX (fabs (bx - ax), fabs (by - ay)));

  if (!(steps < 1e5))
    return; /* a line far out of the picture */
  for (double i = 0; i <= steps; i++) {
    double share = steps > 0 ? i / steps : 0;

    canvas_dot (canvas, llround (ax + share * (bx - ax)), llround (ay + share * (by - ay)), ink, mark);
  }
}

void
canvas_shade (Canvas *canvas, guint x, double low, double high, guint ink)
{
  gint64 from, to;

  if (!canvas->ascii && x % 2)
    return;
  low = CLAMP (low, 0, 1);
  high = CLAMP (high, 0, 1);
  from = llround (dot_y (canvas, high));
  to = llround (dot_y (canvas, low));
  for (gint64 y = from; y <= to; y++) {
    guint8 bit = 0;
    Cell *cell = canvas_cell (canvas, x, y, &bit);

    if (!cell || (cell->ink && !cell->shaded) || (!canvas->ascii && y % 2))
      continue;
    cell->ink = (guint8)ink;
    cell->shaded = TRUE;
    cell->mark = '.';
    cell->dots |= bit;
  }
}

guint
canvas_row (const Canvas *canvas, double y)
{
  double row = round (dot_y (canvas, CLAMP (y, 0, 1)));

  return (guint)row / (canvas->ascii ? 1 : 4);
}

guint
canvas_column (const Canvas *canvas, double x)
{
  double column = round (dot_x (canvas, CLAMP (x, 0, 1)));

  return (guint)column / (canvas->ascii ? 1 : 2);
}

void
canvas_begin_color (GString *out, guint ink, gboolean faint)
{
  static const guint8 colors[] = { 36, 35, 32, 33, 31, 34, 96, 95 }; /* cyan first: seen on black and on white */

  g_string_append_printf (out, "\033[%s%um", faint ? "2;" : "",
                          colors[(ink + G_N_ELEMENTS (colors) - 1) % G_N_ELEMENTS (colors)]);
}

void
canvas_end_color (GString *out)
{
  g_string_append (out, "\033[0m");
}

void
canvas_write_row (const Canvas *canvas, guint row, gboolean color, gboolean whole, GString *out)
{
  const Cell *cells = canvas->cells + (gsize)row * canvas->columns;
  guint ink = 0, columns = canvas->columns;
  gboolean shaded = FALSE;

  while (!whole && columns > 0 && !cells[columns - 1].ink)
    columns--;
  for (guint i = 0; i < columns; i++) {
    if (color && (cells[i].ink != ink || cells[i].shaded != shaded)) {
      if (ink)
        canvas_end_color (out);
      ink = cells[i].ink;
      shaded = cells[i].shaded;
      if (ink)
        canvas_begin_color (out, ink, shaded);
    }
    if (canvas->ascii)
      g_string_append_c (out, cells[i].mark ? cells[i].mark : ' ');
    else if (cells[i].dots)
      g_string_append_unichar (out, 0x2800 + cells[i].dots);
    else
      g_string_append_c (out, ' ');
  }
  if (ink)
    canvas_end_color (out);
}
