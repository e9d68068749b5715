#include "progress.h"

#include <math.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { PLAIN_EVERY_S = 5, BAR = 12 };

struct _Progress {
  char *name;
  gboolean is_quiet, is_terminal, is_shown;
  gint64 last_us;
};

char *
progress_count (gint64 n)
{
  char digits[32];
  GString *out = g_string_new (NULL);
  int len = g_snprintf (digits, sizeof digits, "%" G_GINT64_FORMAT, n < 0 ? -n : n);

  if (n < 0)
    g_string_append_c (out, '-');
  for (int i = 0; i < len; i++) {
    g_string_append_c (out, digits[i]);
    if ((len - i) % 3 == 1 && i + 1 < len)
      g_string_append_c (out, ',');
  }
  return g_string_free (out, FALSE);
}

char *
progress_time (double seconds)
{
  gint64 s = isfinite (seconds) && seconds < 1e9 ? (gint64)(seconds + 0.5) : 0;

  if (!isfinite (seconds) || seconds >= 1e9)
    return g_strdup ("?");
  if (s < 3600)
    return g_strdup_printf ("%d:%02d", (int)(s / 60), (int)(s % 60));
  if (s < 86400)
    return g_strdup_printf ("%d:%02d:%02d", (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
  return g_strdup_printf ("%dd %dh", (int)(s / 86400), (int)(s / 3600 % 24));
}

static void
append_short (GString *out, double n)
{
  if (n < 1000)
    g_string_append_printf (out, "%.0f", n);
  else if (n < 999500)
    g_string_append_printf (out, "%.*fk", n < 99950 ? 1 : 0, n / 1e3);
  else if (n < 999.5e6)
    g_string_append_printf (out, "%.1fM", n / 1e6);
  else
    g_string_append_printf (out, "%.1fG", n / 1e9);
}

static void
append_bar (GString *out, double share)
{
  /* Eighths of a block: a long run still moves. */
  static const char *const eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
  int n = (int)(share * BAR * 8), full = n / 8;

  g_string_append (out, "▕");
  for (int i = 0; i < full; i++)
    g_string_append (out, "█");
  if (full < BAR) {
    g_string_append (out, eighths[n % 8]);
    for (int i = full + (n % 8 > 0); i < BAR; i++)
      g_string_append_c (out, ' ');
  }
  g_string_append (out, "▏");
}

static void
append_state (GString *out, const VervetProgress *p)
{
  gint64 troubles = p->failed + p->judge_errors;

  if (p->in_tok + p->out_tok > 0) {
    g_string_append (out, "  ");
    append_short (out, (double)(p->in_tok + p->out_tok));
    g_string_append (out, " tokens");
  }
  if (p->money > 0)
    g_string_append_printf (out, "  $%.2f", p->money);
  if (p->retries > 0)
    g_string_append_printf (out, "  %" G_GINT64_FORMAT " retries", p->retries);
  if (troubles > 0)
    g_string_append_printf (out, "  %" G_GINT64_FORMAT " errors", troubles);
  if (p->message[0])
    g_string_append_printf (out, "  [%s]", p->message);
  if (p->stopping == VERVET_STOP_FINISH)
    g_string_append_printf (out, "  stopping: %" G_GINT64_FORMAT " calls in flight", p->in_flight);
  else if (p->stopping == VERVET_STOP_CANCEL)
    g_string_append (out, "  cancelling");
}

char *
progress_line (const char *name, const VervetProgress *p, guint width)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autofree char *done = progress_count (p->planned > 0 ? p->done : p->judged);
  g_autofree char *planned = progress_count (p->planned > 0 ? p->planned : p->to_judge);
  double whole = (double)(p->planned > 0 ? p->planned : p->to_judge),
         part = (double)(p->planned > 0 ? p->done : p->judged);
  double share = whole > 0 ? CLAMP (part / whole, 0, 1) : 1;
  glong len;

  g_string_append_printf (out, "%s ", name);
  append_bar (out, share);
  g_string_append_printf (out, " %s/%s %s (%d%%)", done, planned,
                          p->planned <= 0 ? "verdicts"
                          : p->is_search  ? "trials"
                                          : "samples",
                          (int)(share * 100));
  if (p->planned > 0)
    g_string_append_printf (out, "  %" G_GINT64_FORMAT "/%" G_GINT64_FORMAT " problems", p->problems_done, p->problems);
  if (p->rate > 0) {
    g_string_append (out, "  ");
    append_short (out, p->rate);
    g_string_append (out, "/s");
  }
  append_state (out, p);
  if (isfinite (p->left_s) && p->left_s > 0 && !p->stopping) {
    g_autofree char *left = progress_time (p->left_s);

    g_string_append_printf (out, "  %s left", left);
  }
  len = g_utf8_strlen (out->str, -1);
  if (len >= (glong)width && width > 1)
    g_string_truncate (out, (gsize)(g_utf8_offset_to_pointer (out->str, (glong)width - 1) - out->str));
  return g_strdup (out->str);
}

Progress *
progress_new (const char *name, gboolean is_quiet)
{
  Progress *self = g_new0 (Progress, 1);

  self->name = g_strdup (name);
  self->is_quiet = is_quiet;
  self->is_terminal = isatty (STDERR_FILENO);
  self->last_us = g_get_monotonic_time ();
  return self;
}

static guint
terminal_width (void)
{
  struct winsize size;

  return ioctl (STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

void
progress_show (Progress *self, const VervetProgress *now)
{
  gint64 us = g_get_monotonic_time ();
  g_autofree char *line = NULL;

  if (self->is_quiet || (!self->is_terminal && us - self->last_us < PLAIN_EVERY_S * G_USEC_PER_SEC))
    return;
  self->last_us = us;
  self->is_shown = TRUE;
  line = progress_line (self->name, now, self->is_terminal ? terminal_width () : 200);
  fprintf (stderr, self->is_terminal ? "\r%s\033[K" : "%s\n", line);
  fflush (stderr);
}

void
progress_free (Progress *self)
{
  if (self->is_shown && self->is_terminal)
    fputs ("\r\033[K", stderr);
  g_free (self->name);
  g_free (self);
}
