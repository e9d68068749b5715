/* canvas.h - character cells that hold 2 x 4 braille dots each, or one ASCII character. Private to core/plot. */
#ifndef VERVET_PLOT_CANVAS_H
#define VERVET_PLOT_CANVAS_H

#include <glib.h>

typedef struct {
  guint8 dots;     /* as in Unicode: U+2800 + dots */
  char mark;       /* ascii: 0 is empty */
  guint8 ink;      /* 1 + series; 0: empty */
  gboolean shaded; /* a band, which a curve pushes out */
} Cell;

typedef struct {
  guint columns, rows;
  gboolean ascii;
  Cell *cells;
} Canvas;

Canvas *canvas_new (guint columns, guint rows, gboolean ascii);
void canvas_free (Canvas *canvas);

/* Places are shares of the width and of the height, 0 .. 1, y upwards; what lies outside is not drawn. */
void canvas_line (Canvas *canvas, double x0, double y0, double x1, double y1, guint ink, char mark);
/* A column of shading at dot column @dot_x. */
void canvas_shade (Canvas *canvas, guint dot_x, double low, double high, guint ink);
guint canvas_dot_columns (const Canvas *canvas);
/* Character row of a place, clamped, from the top. */
guint canvas_row (const Canvas *canvas, double y);
guint canvas_column (const Canvas *canvas, double x);
/* @whole: with the empty cells at the right end. */
void canvas_write_row (const Canvas *canvas, guint row, gboolean color, gboolean whole, GString *out);

/* ANSI sequence of an ink, faint or not. */
void canvas_begin_color (GString *out, guint ink, gboolean faint);
void canvas_end_color (GString *out);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Canvas, canvas_free)

#endif
