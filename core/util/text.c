/* text.c - see text.h. */
#include <math.h>
#include <string.h>

#include "util/text.h"

/* A word longer than this is no slip of the finger; it also bounds the work on hostile input. */
#define LONGEST_WORD 256

/* Damerau-Levenshtein distance in its restricted form (a swapped pair counts once and is not edited again), over bytes.
 */
static guint
text_distance (const char *a, gsize a_len, const char *b, gsize b_len)
{
  guint rows[3][LONGEST_WORD + 1];
  for (gsize j = 0; j <= b_len; j++)
    rows[0][j] = (guint)j;
  for (gsize i = 1; i <= a_len; i++) {
    guint *now = rows[i % 3], *up = rows[(i + 2) % 3], *up2 = rows[(i + 1) % 3];
    now[0] = (guint)i;
    for (gsize j = 1; j <= b_len; j++) {
      guint best = up[j - 1] + (a[i - 1] != b[j - 1]);
      best = MIN (best, MIN (up[j], now[j - 1]) + 1);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        best = MIN (best, up2[j - 2] + 1);
      now[j] = best;
    }
  }
  return rows[a_len % 3][b_len];
}

const char *
vervet_text_nearest (const char *word, const char *const *candidates)
{
  const char *nearest = NULL;
  guint least = G_MAXUINT;
  gsize len = strlen (word);
  if (len > LONGEST_WORD)
    return NULL;
  for (; *candidates; candidates++) {
    gsize other = strlen (*candidates);
    guint limit = (guint)MAX (MAX (len, other) / 3, 1);
    if (other > LONGEST_WORD || MAX (len, other) - MIN (len, other) > limit)
      continue;
    guint distance = text_distance (word, len, *candidates, other);
    if (distance <= limit && distance < MAX (len, other) && distance < least) {
      least = distance;
      nearest = *candidates;
    }
  }
  return nearest;
}

char *
vervet_text_did_you_mean (const char *word, const char *const *candidates)
{
  const char *nearest = vervet_text_nearest (word, candidates);
  return nearest ? g_strdup_printf ("; did you mean \"%s\"?", nearest) : g_strdup ("");
}

char *
vervet_text_count (gint64 n)
{
  g_autofree char *digits = g_strdup_printf ("%" G_GUINT64_FORMAT, n < 0 ? -(guint64)n : (guint64)n);
  gsize len = strlen (digits);
  GString *out = g_string_new (n < 0 ? "-" : "");
  for (gsize i = 0; i < len; i++) {
    if (i > 0 && (len - i) % 3 == 0)
      g_string_append_c (out, ',');
    g_string_append_c (out, digits[i]);
  }
  return g_string_free (out, FALSE);
}

char *
vervet_text_duration (double seconds)
{
  if (!(seconds >= 0))
    return g_strdup ("?"); /* not known, or a clock that went back */
  if (seconds >= 1e15)
    return g_strdup ("for ever");
  gint64 s = (gint64)(seconds + 0.5);
  if (s >= 86400)
    return g_strdup_printf ("%" G_GINT64_FORMAT "d %dh", s / 86400, (int)(s % 86400 / 3600));
  if (s >= 3600)
    return g_strdup_printf ("%d:%02d:%02d", (int)(s / 3600), (int)(s % 3600 / 60), (int)(s % 60));
  return g_strdup_printf ("%d:%02d", (int)(s / 60), (int)(s % 60));
}

char *
vervet_text_utf8 (const char *s, gsize len)
{
  GString *out = g_string_sized_new (len + 8);
  while (len > 0) {
    const char *end;
    gsize good;
    /* g_utf8_validate_len() stops at a NUL, which is sound UTF-8 inside a sample. */
    g_utf8_validate_len (s, len, &end);
    good = (gsize)(end - s);
    g_string_append_len (out, s, (gssize)good);
    if (good < len && *end == '\0')
      g_string_append_c (out, '\0');
    else if (good < len)
      g_string_append (out, "\xef\xbf\xbd");
    good += good < len;
    s += good;
    len -= good;
  }
  return g_string_free (out, FALSE);
}

char *
vervet_text_quote (const char *s, gsize len)
{
  GString *out = g_string_new ("\"");
  const char *p = s, *end = s + len;
  for (guint n = 0; p < end; n++) {
    gunichar c = g_utf8_get_char_validated (p, end - p);
    if (n == 60) {
      g_string_append (out, "...");
      break;
    }
    if ((gint32)c < 0 || g_unichar_iscntrl (c) || c == 0x202e) {
      g_string_append_printf (out, (gint32)c > 0xff ? "\\u%04x" : "\\x%02x", (gint32)c < 0 ? (guchar)*p : c);
      p++;
      while ((gint32)c > 0 && p < end && ((guchar)*p & 0xc0) == 0x80)
        p++;
      continue;
    }
    g_string_append_unichar (out, c);
    p = g_utf8_next_char (p);
  }
  g_string_append_c (out, '"');
  return g_string_free (out, FALSE);
}

/* "1e-05" and "1e+22" as "1e-5" and "1e22". */
static void
text_trim_exponent (char *text)
{
  char *from = strchr (text, 'e'), *to;
  if (!from)
    return;
  to = ++from;
  if (*from == '-')
    to = ++from;
  else if (*from == '+')
    from++;
  while (*from == '0')
    from++;
  memmove (to, from, strlen (from) + 1);
}

char *
vervet_text_double (double value)
{
  char buf[G_ASCII_DTOSTR_BUF_SIZE], format[] = "%.00g";
  if (isnan (value))
    return g_strdup ("nan");
  if (isinf (value))
    return g_strdup (value < 0 ? "-inf" : "inf");
  /* 15 digits name every normal double that has so short a name; subnormal ones carry fewer. */
  for (int digits = fabs (value) < G_MINDOUBLE ? 1 : 15; digits <= 17; digits++) {
    format[2] = (char)('0' + digits / 10);
    format[3] = (char)('0' + digits % 10);
    g_ascii_formatd (buf, sizeof buf, format, value);
    if (digits == 17 || g_ascii_strtod (buf, NULL) == value)
      break;
  }
  text_trim_exponent (buf);
  return g_strdup (buf);
}
