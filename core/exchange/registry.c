/* registry.c - the formats by name; import and export. */
#include <string.h>

#include "exchange/exchange-private.h"
#include "util/text.h"

static const VervetFormatCode *const formats[] = {
  &vervet_format_counts,
  &vervet_format_gsm8k_solutions,
  &vervet_format_human_eval,
  &vervet_format_samples,
};
#define N_FORMATS G_N_ELEMENTS (formats)

const VervetFormat *
vervet_formats (guint *n)
{
  static VervetFormat list[N_FORMATS];
  static gsize ready;
  if (g_once_init_enter (&ready)) {
    for (guint i = 0; i < N_FORMATS; i++)
      list[i] = formats[i]->format;
    g_once_init_leave (&ready, 1);
  }
  *n = N_FORMATS;
  return list;
}

static const VervetFormatCode *
find_format (const char *id, gboolean import, GError **error)
{
  const char *ids[N_FORMATS + 1] = { NULL };
  for (guint i = 0; i < N_FORMATS; i++) {
    const VervetFormat *format = &formats[i]->format;
    ids[i] = format->id;
    if (strcmp (format->id, id))
      continue;
    if (import ? format->can_import : format->can_export)
      return formats[i];
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "the format \"%s\" can only be %s", id,
                 import ? "exported" : "imported");
    return NULL;
  }
  g_autofree char *quoted = vervet_text_quote (id, strlen (id)), *hint = vervet_text_did_you_mean (id, ids);
  g_autofree char *list = g_strjoinv (", ", (char **)ids);
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "no format has the name %s%s (there are %s)", quoted, hint,
               list);
  return NULL;
}

static gboolean
read_files (const VervetFormatCode *code, const char *const *files, VervetSink *sink, GError **error)
{
  for (guint i = 0; files[i]; i++) {
    vervet_sink_begin_file (sink, files[i]);
    if (!code->read (files[i], sink, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
vervet_import (const char *format, const char *const *files, const char *to, VervetExchangeStats *stats, GError **error)
{
  const VervetFormatCode *code = find_format (format, TRUE, error);
  if (!code)
    return FALSE;
  g_autoptr (VervetSink) sink = vervet_sink_new (code->format.id, code->named);
  return read_files (code, files, sink, error) && vervet_sink_open (sink, to, error)
         && read_files (code, files, sink, error) && vervet_sink_close (sink, stats, error);
}

/* The runs to export: VervetRunRow. */
static GArray *
find_runs (VervetStore *store, const char *run, GError **error)
{
  VervetRunRow one = { 0 };
  if (!run)
    return vervet_store_runs (store, error);
  if (!vervet_store_find_run (store, run, &one, error))
    return NULL;
  GArray *runs = g_array_new (FALSE, TRUE, sizeof one);
  g_array_set_clear_func (runs, (GDestroyNotify)vervet_run_row_clear);
  g_array_append_val (runs, one);
  return runs;
}

gboolean
vervet_export (const char *format, VervetStore *store, const char *run, GOutputStream *out, VervetExchangeStats *stats,
               GError **error)
{
  const VervetFormatCode *code = find_format (format, FALSE, error);
  if (!code)
    return FALSE;
  g_autoptr (GArray) runs = find_runs (store, run, error);
  if (!runs)
    return FALSE;
  if (runs->len == 0 || (runs->len > 1 && code->one_run)) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
                 runs->len ? "%s holds %u runs and a file of this format one: name it"
                           : "%s holds no run to export (%u)",
                 vervet_store_path (store), runs->len);
    return FALSE;
  }
  VervetExchangeStats none = { 0 };
  VervetOutlet outlet = { .stream = out, .text = g_string_new (NULL), .stats = stats ? stats : &none };
  gboolean ok = TRUE;
  *outlet.stats = none;
  for (guint i = 0; ok && i < runs->len; i++) {
    ok = code->write (store, &g_array_index (runs, VervetRunRow, i), &outlet, error);
    outlet.stats->runs++;
  }
  ok = ok && vervet_outlet_drain (&outlet, TRUE, error);
  g_string_free (outlet.text, TRUE);
  return ok;
}
