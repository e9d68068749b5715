/* ks.c - lists of k. */
#include "vervet-stats.h"
#include "vervet-error.h"
#include <errno.h>

#define MAX_KS 100000 /* one a sample of the largest pools; more is a slip of the keyboard */

GArray *
vervet_log_spaced_ks (guint64 max)
{
  static const guint64 steps[] = { 1, 2, 3, 5 };
  GArray *ks = g_array_new (FALSE, FALSE, sizeof (guint64));

  if (max == 0)
    return ks;
  for (guint64 decade = 1;; decade *= 10) {
    for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
      guint64 k = decade * steps[i];

      if (k >= max || k / steps[i] != decade)
        goto out;
      g_array_append_val (ks, k);
    }
    if (decade > G_MAXUINT64 / 10)
      break;
  }
out:
  g_array_append_val (ks, max);
  return ks;
}

static gboolean
parse_k (const char **text, guint64 *k)
{
  char *end;

  if (!g_ascii_isdigit (**text))
    return FALSE;
  errno = 0;
  *k = g_ascii_strtoull (*text, &end, 10);
  if (errno || *k == 0)
    return FALSE;
  *text = end;
  return TRUE;
}

/* "5" or "5-9" */
static gboolean
parse_range (const char **text, guint64 *from, guint64 *to)
{
  if (!parse_k (text, from))
    return FALSE;
  *to = *from;
  if (**text != '-')
    return TRUE;
  (*text)++;
  return parse_k (text, to) && *to >= *from;
}

static int
compare_ks (gconstpointer a, gconstpointer b)
{
  guint64 x = *(const guint64 *)a, y = *(const guint64 *)b;

  return x < y ? -1 : x > y;
}

GArray *
vervet_parse_ks (const char *text, GError **error)
{
  g_autoptr (GArray) ks = g_array_new (FALSE, FALSE, sizeof (guint64));
  const char *rest = text;
  guint64 from, to;
  guint kept = 0;

  do {
    const char *start = rest;

    if (!parse_range (&rest, &from, &to) || (*rest && *rest != ',')) {
      g_set_error (
          error, VERVET_ERROR, VERVET_ERROR_INPUT,
          "list of k \"%s\": bad entry at character %d; write whole numbers from 1 and ranges, as 1,10,100-105", text,
          (int)(start - text) + 1);
      return NULL;
    }
    if (to - from >= MAX_KS - ks->len) {
      g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "list of k \"%s\": more than %d values; ask for fewer",
                   text, MAX_KS);
      return NULL;
    }
    for (guint64 i = 0; i <= to - from; i++) {
      guint64 k = from + i;

      g_array_append_val (ks, k);
    }
  } while (*rest++);

  g_array_sort (ks, compare_ks);
  for (guint i = 0; i < ks->len; i++)
    if (i == 0 || g_array_index (ks, guint64, i) != g_array_index (ks, guint64, kept - 1))
      g_array_index (ks, guint64, kept++) = g_array_index (ks, guint64, i);
  g_array_set_size (ks, kept);
  return g_steal_pointer (&ks);
}
