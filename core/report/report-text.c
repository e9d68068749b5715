/* report-text.c - the report that a person reads. */
#include "report-private.h"
#include "util/text.h"
#include <math.h>
#include <string.h>

#define MAX_ROWS 24   /* of a table of k; above, log-spaced ones are shown */
#define MAX_WIDE_KS 6 /* columns of k in a table of runs or groups */
#define MIN_WIDTH 40

typedef struct {
  const VervetReport *report;
  GString *out;
  guint width;
  gboolean color, ascii;
} Page;

static const VervetCurvePoint *
point_at (const GArray *curve, guint i)
{
  return &g_array_index (curve, VervetCurvePoint, i);
}

static const VervetCurvePoint *
find_point (const GArray *curve, guint64 k)
{
  for (guint i = 0; curve && i < curve->len; i++)
    if (point_at (curve, i)->k == k)
      return point_at (curve, i);
  return NULL;
}

static char *
share (double value)
{
  return isnan (value) ? g_strdup ("-") : g_strdup_printf ("%.4f", value);
}

static char *
interval (const VervetEstimate *estimate)
{
  return isnan (estimate->low) ? g_strdup ("-") : g_strdup_printf ("[%.4f, %.4f]", estimate->low, estimate->high);
}

static const char *
dot (const Page *page)
{
  return page->ascii ? " | " : " · ";
}

static void
put_bold (const Page *page, const char *text)
{
  g_autofree char *clean = report_clean (text, page->ascii);

  while (report_columns (clean) > page->width)
    *g_utf8_find_prev_char (clean, clean + strlen (clean)) = 0;
  g_string_append_printf (page->out, "%s%s%s", page->color ? "\033[1m" : "", clean, page->color ? "\033[0m" : "");
}

/* ---- Which k are shown ---- */

/* Of a long curve the first points at or above the log-spaced ks. (transfer full) guint64 */
static GArray *
shown_ks (const GArray *curve, guint most)
{
  GArray *ks = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autoptr (GArray) spaced = NULL;
  guint j = 0;

  spaced = vervet_log_spaced_ks (curve->len > most ? point_at (curve, curve->len - 1)->k : 0);
  for (guint i = 0; i < curve->len; i++) {
    guint64 k = point_at (curve, i)->k;

    if (curve->len > most && (j == spaced->len || k < g_array_index (spaced, guint64, j)))
      continue;
    g_array_append_val (ks, k);
    while (j < spaced->len && g_array_index (spaced, guint64, j) <= k)
      j++;
  }
  return ks;
}

static gboolean
is_decade (guint64 k)
{
  while (k % 10 == 0 && k)
    k /= 10;
  return k == 1;
}

/* All of a few; else the decades and the last. (transfer full) guint64 */
static GArray *
wide_ks (const GArray *curve)
{
  GArray *ks = g_array_new (FALSE, FALSE, sizeof (guint64));

  for (guint i = 0; i < curve->len; i++) {
    guint64 k = point_at (curve, i)->k;

    if (curve->len <= MAX_WIDE_KS || i == curve->len - 1 || (is_decade (k) && ks->len < MAX_WIDE_KS - 1))
      g_array_append_val (ks, k);
  }
  return ks;
}

/* ---- Parts of one run ---- */

static void
put_part (const Page *page, GString *line, const char *what, const char *value)
{
  if (value && *value)
    g_string_append_printf (line, "%s%s%s", line->len ? dot (page) : "", what, value);
}

static void
put_heading (const Page *page, const VervetRunReport *run)
{
  g_autoptr (GString) line = g_string_new (NULL);
  g_autofree char *problems = vervet_text_count (run->problems), *trials = vervet_text_count (run->trials);
  g_autofree char *planned = vervet_text_count (run->planned), *samples = vervet_text_count (run->samples);

  put_bold (page, run->name);
  g_string_append_c (page->out, '\n');
  put_part (page, line, "", run->benchmark);
  put_part (page, line, "model ", run->model);
  put_part (page, line, "sampler ", run->sampler);
  put_part (page, line, "verifier ", run->verifier);
  put_part (page, line, "arm ", run->arm);
  report_wrap (page->out, "", line->str, page->width, page->ascii);
  g_string_truncate (line, 0);
  g_string_append_printf (line, "%s problem%s%s%s of %s trials%s%s sample%s", problems, run->problems == 1 ? "" : "s",
                          dot (page), trials, planned, dot (page), samples, run->samples == 1 ? "" : "s");
  if (run->counts_only)
    g_string_append (line, " (counts only)");
  report_wrap (page->out, "", line->str, page->width, page->ascii);
}

static gboolean
has_missing (const GArray *curve)
{
  for (guint i = 0; i < curve->len; i++)
    if (!isnan (point_at (curve, i)->missing_wrong))
      return TRUE;
  return FALSE;
}

static gboolean
leaves_out (const VervetRunReport *run)
{
  for (guint i = 0; i < run->coverage->len; i++)
    if (point_at (run->coverage, i)->estimate.n_rows != run->problems)
      return TRUE;
  return FALSE;
}

static void
put_curve_head (const Page *page, const VervetRunReport *run, ReportTable *table)
{
  g_autofree char *level = g_strdup_printf ("%.3g %% interval", 100 * page->report->level);

  report_table_cell (table, g_strdup ("k"));
  report_table_cell (table, g_strdup ("coverage"));
  report_table_cell (table, g_strdup (level));
  if (run->majority) {
    report_table_cell (table, g_strdup ("majority"));
    report_table_cell (table, g_strdup (level));
  }
  if (leaves_out (run))
    report_table_cell (table, g_strdup ("problems"));
  if (has_missing (run->coverage)) {
    report_table_cell (table, g_strdup ("if wrong"));
    report_table_cell (table, g_strdup ("if right"));
  }
}

static void
put_curve_row (const VervetRunReport *run, const VervetCurvePoint *point, ReportTable *table)
{
  const VervetCurvePoint *majority = find_point (run->majority, point->k);

  report_table_row (table);
  report_table_cell (table, vervet_text_count ((gint64)point->k));
  report_table_cell (table, share (point->estimate.mean));
  report_table_cell (table, interval (&point->estimate));
  if (run->majority) {
    report_table_cell (table, majority ? share (majority->estimate.mean) : g_strdup (""));
    report_table_cell (table, majority ? interval (&majority->estimate) : g_strdup (""));
  }
  if (leaves_out (run))
    report_table_cell (table, vervet_text_count (point->estimate.n_rows));
  if (has_missing (run->coverage)) {
    report_table_cell (table, share (point->missing_wrong));
    report_table_cell (table, share (point->missing_right));
  }
}

static void
put_curves (const Page *page, const VervetRunReport *run)
{
  guint columns = 3 + (run->majority ? 2 : 0) + (leaves_out (run) ? 1 : 0) + (has_missing (run->coverage) ? 2 : 0);
  g_autofree char *align = g_strnfill (columns, 'R');
  g_autoptr (ReportTable) table = report_table_new (align);
  g_autoptr (GArray) ks = shown_ks (run->coverage, MAX_ROWS);

  g_string_append_c (page->out, '\n');
  if (run->coverage->len == 0)
    return;
  put_curve_head (page, run, table);
  for (guint i = 0; i < ks->len; i++)
    put_curve_row (run, find_point (run->coverage, g_array_index (ks, guint64, i)), table);
  report_table_write (table, page->width, page->ascii, page->out);
  g_string_append_c (page->out, '\n');
}

/* A row of coverage at a few k. */
static void
put_wide_row (ReportTable *table, const GArray *curve, const GArray *ks)
{
  for (guint i = 0; i < ks->len; i++) {
    const VervetCurvePoint *point = find_point (curve, g_array_index (ks, guint64, i));

    report_table_cell (table, point ? share (point->estimate.mean) : g_strdup (""));
  }
}

static void
put_wide_head (ReportTable *table, const char *first, const GArray *ks)
{
  report_table_cell (table, g_strdup (first));
  report_table_cell (table, g_strdup ("problems"));
  for (guint i = 0; i < ks->len; i++)
    report_table_cell (table, g_strdup_printf ("pass@%" G_GUINT64_FORMAT, g_array_index (ks, guint64, i)));
}

static ReportTable *
wide_table (const GArray *ks)
{
  g_autofree char *align = g_strnfill (2 + ks->len, 'R');

  align[0] = 'L';
  return report_table_new (align);
}

static void
put_groups (const Page *page, const VervetRunReport *run)
{
  g_autoptr (GArray) ks = wide_ks (run->coverage);
  g_autoptr (ReportTable) table = wide_table (ks);

  put_wide_head (table, "group", ks);
  for (guint i = 0; i < run->groups->len; i++) {
    const VervetGroupReport *group = g_ptr_array_index (run->groups, i);

    report_table_row (table);
    report_table_cell (table, g_strdup (group->value));
    report_table_cell (table, vervet_text_count (group->problems));
    put_wide_row (table, group->coverage, ks);
  }
  report_table_write (table, page->width, page->ascii, page->out);
  g_string_append_c (page->out, '\n');
}

static void
put_fit (const Page *page, const VervetRunReport *run)
{
  g_autofree char *text =
      g_strdup_printf ("coverage = exp (%.4g k^%.4g), off by %.4f on average and %.4f at most (%u points)", run->fit.a,
                       run->fit.b, run->fit.mean_abs_error, run->fit.max_abs_error, run->fit.n);

  report_wrap (page->out, "fit    ", text, page->width, page->ascii);
}

static void
add_cost (GString *line, gint64 n, const char *noun)
{
  g_autofree char *count = vervet_text_count (n);

  if (n > 0)
    g_string_append_printf (line, "%s%s %s", line->len ? ", " : "", count, noun);
}

static void
put_cost (const Page *page, const VervetRunReport *run)
{
  g_autoptr (GString) line = g_string_new (NULL);

  add_cost (line, run->calls, "calls");
  add_cost (line, run->prompt_tokens, "prompt tokens");
  add_cost (line, run->output_tokens, "output tokens");
  add_cost (line, run->sequential_tokens, "sequential tokens");
  add_cost (line, run->verifier_calls, "calls of the verifier");
  if (!isnan (run->usd))
    g_string_append_printf (line, "%s$%.*f", line->len ? ", " : "", run->usd < 1 ? 4 : 2, run->usd);
  if (run->flops > 0)
    g_string_append_printf (line, "%s%.3g FLOPs", line->len ? ", " : "", run->flops);
  if (run->wall_s >= 1) {
    g_autofree char *time = vervet_text_duration (run->wall_s);

    g_string_append_printf (line, "%s%s of time", line->len ? ", " : "", time);
  }
  if (line->len)
    report_wrap (page->out, "cost   ", line->str, page->width, page->ascii);
}

static void
put_warnings (const Page *page, const VervetRunReport *run)
{
  for (guint i = 0; i < run->warnings->len; i++) {
    const VervetWarning *warning = g_ptr_array_index (run->warnings, i);
    g_autofree char *text = g_strdup_printf ("%s: %s", warning->code, warning->message);

    if (page->color)
      g_string_append (page->out, "\033[33m");
    report_wrap (page->out, "!      ", text, page->width, page->ascii);
    if (page->color)
      g_string_append (page->out, "\033[0m");
  }
}

static void
put_run (const Page *page, const VervetRunReport *run, gboolean chart)
{
  put_heading (page, run);
  put_curves (page, run);
  if (chart && run->coverage->len)
    report_chart_run (run, page->report->level, page->width, page->color, page->ascii, page->out);
  if (run->groups)
    put_groups (page, run);
  if (run->has_fit)
    put_fit (page, run);
  put_cost (page, run);
  put_warnings (page, run);
}

/* ---- Several runs ---- */

static const GArray *
longest_curve (const VervetReport *report)
{
  const GArray *longest = NULL;

  for (guint i = 0; i < report->runs->len; i++) {
    const VervetRunReport *run = g_ptr_array_index (report->runs, i);

    if (!longest || run->coverage->len > longest->len)
      longest = run->coverage;
  }
  return longest;
}

static void
put_overview (const Page *page)
{
  g_autoptr (GArray) ks = wide_ks (longest_curve (page->report));
  g_autoptr (ReportTable) table = wide_table (ks);

  g_string_append_printf (page->out, "%u runs\n\n", page->report->runs->len);
  report_chart_runs (page->report, page->width, page->color, page->ascii, page->out);
  put_wide_head (table, "run", ks);
  for (guint i = 0; i < page->report->runs->len; i++) {
    const VervetRunReport *run = g_ptr_array_index (page->report->runs, i);

    report_table_row (table);
    report_table_cell (table, g_strdup (run->name));
    report_table_cell (table, vervet_text_count (run->problems));
    put_wide_row (table, run->coverage, ks);
  }
  report_table_write (table, page->width, page->ascii, page->out);
}

void
vervet_report_write_text (const VervetReport *report, GString *out, guint width, gboolean color, gboolean ascii)
{
  Page page = { report, out, MAX (width ? width : 80, MIN_WIDTH), color, ascii };

  if (report->runs->len == 0)
    g_string_append (out, "The file holds no run.\n");
  if (report->runs->len > 1)
    put_overview (&page);
  for (guint i = 0; i < report->runs->len; i++) {
    if (report->runs->len > 1)
      g_string_append_c (out, '\n');
    put_run (&page, g_ptr_array_index (report->runs, i), report->runs->len == 1);
  }
}
