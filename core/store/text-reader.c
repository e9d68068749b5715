#include "text-reader.h"

#include <string.h>
#include <zstd.h>

#include "vervet-error.h"

struct _VervetTextReader {
  sqlite3 *db;
  sqlite3_stmt *select, *select_dict;
  ZSTD_DCtx *dctx;
  GHashTable *dicts; /* dict_id -> ZSTD_DDict */
  guint8 *scratch;
  gsize scratch_size;
};

static void
free_ddict (gpointer dict)
{
  ZSTD_freeDDict (dict);
}

VervetTextReader *
vervet_text_reader_new (sqlite3 *db)
{
  VervetTextReader *reader = g_new0 (VervetTextReader, 1);

  reader->db = db;
  reader->dctx = ZSTD_createDCtx ();
  reader->dicts = g_hash_table_new_full (g_direct_hash, g_direct_equal, NULL, free_ddict);
  return reader;
}

void
vervet_text_reader_free (VervetTextReader *reader)
{
  if (!reader)
    return;
  sqlite3_finalize (reader->select);
  sqlite3_finalize (reader->select_dict);
  ZSTD_freeDCtx (reader->dctx);
  g_hash_table_unref (reader->dicts);
  g_free (reader->scratch);
  g_free (reader);
}

static void
damaged (VervetTextReader *reader, gint64 text_id, const char *what, GError **error)
{
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
               "%s: text %" G_GINT64_FORMAT " is damaged (%s); run `vervet store check` to see what else is",
               sqlite3_db_filename (reader->db, "main"), text_id, what);
}

/* NULL without an error when the file has no such dictionary. */
static ZSTD_DDict *
dictionary (VervetTextReader *reader, gint64 dict_id, GError **error)
{
  ZSTD_DDict *dict = g_hash_table_lookup (reader->dicts, GSIZE_TO_POINTER (dict_id));

  if (dict)
    return dict;
  if (!reader->select_dict
      && !(reader->select_dict = vervet_sql_prepare (reader->db, "SELECT data FROM dict WHERE dict_id = ?", error)))
    return NULL;
  sqlite3_bind_int64 (reader->select_dict, 1, dict_id);
  if (vervet_sql_step (reader->select_dict, error) == 1) {
    dict = ZSTD_createDDict (sqlite3_column_blob (reader->select_dict, 0),
                             (size_t)sqlite3_column_bytes (reader->select_dict, 0));
    if (dict)
      g_hash_table_insert (reader->dicts, GSIZE_TO_POINTER (dict_id), dict);
    sqlite3_reset (reader->select_dict);
  }
  return dict;
}

static guint8 *
scratch (VervetTextReader *reader, gsize size)
{
  if (reader->scratch_size < size || (reader->scratch_size > (1u << 20) && size < (1u << 16))) {
    g_free (reader->scratch);
    reader->scratch_size = MAX (size, 4096);
    reader->scratch = g_malloc (reader->scratch_size);
  }
  return reader->scratch;
}

/* The current row of select is (hash, raw_len, dict_id, data). */
static const guint8 *
unpack (VervetTextReader *reader, gint64 text_id, gsize *len, GError **error)
{
  gint64 raw_len = sqlite3_column_int64 (reader->select, 1), dict_id = vervet_sql_count (reader->select, 2);
  const void *data = sqlite3_column_blob (reader->select, 3);
  gsize n = (gsize)sqlite3_column_bytes (reader->select, 3), got;
  ZSTD_DDict *dict = NULL;
  g_autoptr (GError) failure = NULL;
  guint8 *out;

  if (dict_id < 0) {
    out = scratch (reader, n + 1);
    if (n)
      memcpy (out, data, n);
    *len = n;
    return out;
  }
  if (raw_len < 0 || raw_len > VERVET_TEXT_MAX || ZSTD_getFrameContentSize (data, n) != (guint64)raw_len) {
    damaged (reader, text_id, "its length does not agree", error);
    return NULL;
  }
  if (dict_id > 0 && !(dict = dictionary (reader, dict_id, &failure))) {
    if (failure)
      g_propagate_error (error, g_steal_pointer (&failure));
    else
      damaged (reader, text_id, "its dictionary is missing", error);
    return NULL;
  }
  out = scratch (reader, (gsize)raw_len + 1);
  got = dict ? ZSTD_decompress_usingDDict (reader->dctx, out, (gsize)raw_len, data, n, dict)
             : ZSTD_decompressDCtx (reader->dctx, out, (gsize)raw_len, data, n);
  if (ZSTD_isError (got) || got != (gsize)raw_len) {
    damaged (reader, text_id, "it does not unpack", error);
    return NULL;
  }
  *len = (gsize)raw_len;
  return out;
}

static gboolean
seek (VervetTextReader *reader, gint64 text_id, GError **error)
{
  int rc;

  if (!reader->select
      && !(reader->select = vervet_sql_prepare (
               reader->db, "SELECT hash, raw_len, dict_id, data FROM text WHERE text_id = ?", error)))
    return FALSE;
  sqlite3_bind_int64 (reader->select, 1, text_id);
  if ((rc = vervet_sql_step (reader->select, error)) == 0)
    damaged (reader, text_id, "it is missing", error);
  return rc == 1;
}

const guint8 *
vervet_text_reader_get (VervetTextReader *reader, gint64 text_id, gsize *len, guint64 *hash, GError **error)
{
  const guint8 *out;

  if (!seek (reader, text_id, error))
    return NULL;
  if (hash)
    *hash = (guint64)sqlite3_column_int64 (reader->select, 0);
  out = unpack (reader, text_id, len, error);
  sqlite3_reset (reader->select);
  return out;
}

gboolean
vervet_text_reader_equals (VervetTextReader *reader, gint64 text_id, guint64 hash, const void *data, gsize len,
                           gboolean *equal, GError **error)
{
  const guint8 *stored;
  gsize stored_len;

  *equal = FALSE;
  if (!seek (reader, text_id, error))
    return FALSE;
  if ((guint64)sqlite3_column_int64 (reader->select, 0) != hash
      || sqlite3_column_int64 (reader->select, 1) != (gint64)len) {
    sqlite3_reset (reader->select);
    return TRUE;
  }
  stored = unpack (reader, text_id, &stored_len, error);
  sqlite3_reset (reader->select);
  if (!stored)
    return FALSE;
  *equal = stored_len == len && memcmp (stored, data, len) == 0;
  return TRUE;
}
