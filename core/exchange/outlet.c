/* outlet.c - reading a run for export and writing what comes of it. */
#include <string.h>

#include "exchange/exchange-private.h"

#define DRAIN_AT ((gsize)1 << 16)
#define PAGE 512

gboolean
vervet_outlet_drain (VervetOutlet *outlet, gboolean all, GError **error)
{
  if (outlet->text->len == 0 || (!all && outlet->text->len < DRAIN_AT))
    return TRUE;
  if (!g_output_stream_write_all (outlet->stream, outlet->text->str, outlet->text->len, NULL, NULL, error))
    return FALSE;
  g_string_truncate (outlet->text, 0);
  return TRUE;
}

/* One page under each check: the same samples, each time with another verdict. */
static gboolean
read_page (VervetStore *store, gint64 member_id, const gint64 *checks, guint n_checks, gint64 first, GPtrArray *pages,
           GError **error)
{
  g_ptr_array_set_size (pages, 0);
  for (guint c = 0; c < MAX (n_checks, 1); c++) {
    GArray *page = vervet_store_samples (store, member_id, n_checks ? checks[c] : 0, first, PAGE, error);
    if (!page)
      return FALSE;
    g_ptr_array_add (pages, page);
    if (page->len != ((GArray *)g_ptr_array_index (pages, 0))->len) {
      g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT,
                   "%s grows while it is exported; export it once the run pauses", vervet_store_path (store));
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
each_of_page (VervetStore *store, const GPtrArray *pages, VervetSampleFunc each, gpointer user_data, GError **error)
{
  g_autofree VervetSampleView *views = g_new (VervetSampleView, pages->len);
  guint n = ((GArray *)g_ptr_array_index (pages, 0))->len;
  for (guint i = 0; i < n; i++) {
    for (guint c = 0; c < pages->len; c++)
      views[c] = g_array_index ((GArray *)g_ptr_array_index (pages, c), VervetSampleView, i);
    g_autoptr (GBytes) text = NULL;
    gsize len = 0;
    const char *data = NULL;
    if (views[0].sample.text_id > 0) {
      text = vervet_store_text (store, views[0].sample.text_id, error);
      if (!text)
        return FALSE;
      data = g_bytes_get_data (text, &len);
      data = data ? data : "";
    }
    if (!each (views, data, len, user_data, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
vervet_each_sample (VervetStore *store, gint64 member_id, const gint64 *checks, guint n_checks, VervetSampleFunc each,
                    gpointer user_data, GError **error)
{
  g_autoptr (GPtrArray) pages = g_ptr_array_new_with_free_func ((GDestroyNotify)g_array_unref);
  guint n = PAGE;
  for (gint64 first = 0; n == PAGE; first += n) {
    if (!read_page (store, member_id, checks, n_checks, first, pages, error)
        || !each_of_page (store, pages, each, user_data, error))
      return FALSE;
    n = ((GArray *)g_ptr_array_index (pages, 0))->len;
  }
  return TRUE;
}
