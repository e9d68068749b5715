/* "0-127,130,200-": which problems of a benchmark. */
#include "run/experiment.h"

static gboolean
parse_range (const char *part, gint64 count, gint64 *first, gint64 *last)
{
  char *end;

  if (!g_ascii_isdigit (*part))
    return FALSE;
  *first = g_ascii_strtoll (part, &end, 10);
  *last = *first;
  if (*end == '-') {
    part = end + 1;
    if (*part == '\0')
      *last = count - 1;
    else if (g_ascii_isdigit (*part))
      *last = g_ascii_strtoll (part, &end, 10);
    else
      return FALSE;
    if (*part && *end)
      return FALSE;
  } else if (*end) {
    return FALSE;
  }
  return TRUE;
}

gboolean
vervet_problems_is_list (const char *spec)
{
  g_auto (GStrv) parts = g_strsplit (spec, ",", -1);
  gint64 first, last;

  for (char **part = parts; *part; part++)
    if (!parse_range (g_strstrip (*part), G_MAXINT64, &first, &last) || last < first)
      return FALSE;
  return parts[0] != NULL;
}

static int
compare_int64 (gconstpointer a, gconstpointer b)
{
  gint64 x = *(const gint64 *)a, y = *(const gint64 *)b;

  return x < y ? -1 : x > y;
}

GArray *
vervet_parse_problems (const char *spec, gint64 count, GError **error)
{
  enum { MOST = 10000000 };
  g_autoptr (GArray) all = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_auto (GStrv) parts = g_strsplit (spec, ",", -1);
  guint kept = 0;

  if (!parts[0]) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "an empty list of problems; write \"0-127\" or \"3,5,10-\"");
    return NULL;
  }
  for (char **part = parts; *part; part++) {
    gint64 first, last;

    if (!parse_range (g_strstrip (*part), count, &first, &last)) {
      g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
                   "\"%s\" is no list of problems; write \"0-127\" or \"3,5,10-\"", spec);
      return NULL;
    }
    if (last < first || (count >= 0 && last >= count)) {
      if (count < 0)
        g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
                     "problems \"%s\": this benchmark has no last problem; give both ends", spec);
      else
        g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
                     "problems \"%s\" go beyond the benchmark's %" G_GINT64_FORMAT " (they count from 0)", spec, count);
      return NULL;
    }
    if (last - first >= MOST || all->len > MOST) {
      g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "problems \"%s\" are more than %d; split them with --shard",
                   spec, MOST);
      return NULL;
    }
    for (gint64 i = first; i <= last; i++)
      g_array_append_val (all, i);
  }
  g_array_sort (all, compare_int64);
  for (guint i = 0; i < all->len; i++)
    if (i == 0 || g_array_index (all, gint64, i) != g_array_index (all, gint64, kept - 1))
      g_array_index (all, gint64, kept++) = g_array_index (all, gint64, i);
  g_array_set_size (all, kept);
  return g_steal_pointer (&all);
}
