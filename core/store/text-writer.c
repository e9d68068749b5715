#include "text-writer.h"

#include <string.h>
#include <zdict.h>
#include <zstd.h>

#include "vervet-error.h"

#include "text-reader.h"

#define LEVEL 3
#define RAW_BELOW 64 /* bytes: shorter texts are kept as they are */
#define DICT_SIZE (64u << 10)
#define TRAIN_TEXTS 1000
#define TRAIN_BYTES (4u << 20) /* of all texts for training together */
#define TRAIN_ONE (16u << 10)  /* of one text for training */

typedef struct {
  GByteArray *texts;
  GArray *sizes; /* size_t */
} Training;

struct _VervetTextWriter {
  sqlite3 *db;
  sqlite3_stmt *insert;
  ZSTD_CCtx *cctx;
  ZSTD_CDict *cdict;
  gint64 dict_id;       /* 0: cdict has no row yet, or there is none */
  gboolean dict_is_new; /* its row is of this transaction */
  GBytes *dict;         /* what to insert for it */
  Training *training;   /* collecting */
  GThread *trainer;     /* returns a GBytes or NULL */
  gint trained;         /* atomic: trainer is about to return */
  guint8 *scratch;
  gsize scratch_size;
};

static void
training_free (Training *training)
{
  if (!training)
    return;
  g_byte_array_unref (training->texts);
  g_array_unref (training->sizes);
  g_free (training);
}

static Training *
training_new (void)
{
  Training *training = g_new0 (Training, 1);

  training->texts = g_byte_array_new ();
  training->sizes = g_array_new (FALSE, FALSE, sizeof (size_t));
  return training;
}

/* A file whose texts were compressed goes on with its dictionary. */
static gboolean
load_dictionary (VervetTextWriter *writer, GError **error)
{
  g_autoptr (VervetStmt) stmt =
      vervet_sql_prepare (writer->db, "SELECT dict_id, data FROM dict ORDER BY dict_id DESC LIMIT 1", error);
  int rc;

  if (!stmt || (rc = vervet_sql_step (stmt, error)) < 0)
    return FALSE;
  if (rc > 0) {
    writer->dict_id = sqlite3_column_int64 (stmt, 0);
    writer->cdict = ZSTD_createCDict (sqlite3_column_blob (stmt, 1), (size_t)sqlite3_column_bytes (stmt, 1), LEVEL);
  }
  return TRUE;
}

VervetTextWriter *
vervet_text_writer_new (sqlite3 *db, gboolean train, GError **error)
{
  VervetTextWriter *writer = g_new0 (VervetTextWriter, 1);

  writer->db = db;
  writer->cctx = ZSTD_createCCtx ();
  writer->insert =
      vervet_sql_prepare (db, "INSERT INTO text (hash, raw_len, dict_id, data) VALUES (?, ?, ?, ?)", error);
  if (!writer->insert || !load_dictionary (writer, error)) {
    vervet_text_writer_free (writer);
    return NULL;
  }
  if (train && !writer->cdict)
    writer->training = training_new ();
  return writer;
}

void
vervet_text_writer_free (VervetTextWriter *writer)
{
  if (!writer)
    return;
  if (writer->trainer) {
    GBytes *dict = g_thread_join (writer->trainer);
    g_clear_pointer (&dict, g_bytes_unref);
  }
  training_free (writer->training);
  sqlite3_finalize (writer->insert);
  ZSTD_freeCCtx (writer->cctx);
  ZSTD_freeCDict (writer->cdict);
  g_clear_pointer (&writer->dict, g_bytes_unref);
  g_free (writer->scratch);
  g_free (writer);
}

/* ---- Dictionary ---- */
typedef struct {
  Training *training;
  gint *done;
} TrainTask;

static gpointer
train_thread (gpointer data)
{
  TrainTask *task = data;
  guint8 *dict = g_malloc (DICT_SIZE);
  size_t n = ZDICT_trainFromBuffer (dict, DICT_SIZE, task->training->texts->data,
                                    (const size_t *)(gpointer)task->training->sizes->data, task->training->sizes->len);
  GBytes *out = ZDICT_isError (n) ? NULL : g_bytes_new (dict, n);

  g_free (dict);
  training_free (task->training);
  g_atomic_int_set (task->done, 1);
  g_free (task);
  return out;
}

static void
train (VervetTextWriter *writer)
{
  TrainTask *task = g_new0 (TrainTask, 1);

  task->training = g_steal_pointer (&writer->training);
  task->done = &writer->trained;
  writer->trainer = g_thread_new ("vervet-dict", train_thread, task);
}

static void
collect (VervetTextWriter *writer, const void *data, gsize len)
{
  size_t n = MIN (len, TRAIN_ONE);

  g_byte_array_append (writer->training->texts, data, (guint)n);
  g_array_append_val (writer->training->sizes, n);
  if (writer->training->sizes->len >= TRAIN_TEXTS || writer->training->texts->len >= TRAIN_BYTES)
    train (writer);
}

/* Takes a dictionary over from the trainer, and gives it its row. Texts that do not resemble each other have none. */
static gboolean
adopt_dictionary (VervetTextWriter *writer, GError **error)
{
  g_autoptr (VervetStmt) stmt = NULL;

  if (writer->trainer && g_atomic_int_get (&writer->trained)) {
    writer->dict = g_thread_join (g_steal_pointer (&writer->trainer));
    if (writer->dict)
      writer->cdict = ZSTD_createCDict (g_bytes_get_data (writer->dict, NULL), g_bytes_get_size (writer->dict), LEVEL);
  }
  if (!writer->cdict || writer->dict_id)
    return TRUE;
  stmt = vervet_sql_prepare (writer->db, "INSERT INTO dict (data) VALUES (?)", error);
  if (!stmt)
    return FALSE;
  vervet_sql_bind_bytes (stmt, 1, g_bytes_get_data (writer->dict, NULL), g_bytes_get_size (writer->dict));
  if (!vervet_sql_run (stmt, error))
    return FALSE;
  writer->dict_id = sqlite3_last_insert_rowid (writer->db);
  writer->dict_is_new = TRUE;
  return TRUE;
}

void
vervet_text_writer_committed (VervetTextWriter *writer)
{
  if (writer->dict_is_new)
    g_clear_pointer (&writer->dict, g_bytes_unref);
  writer->dict_is_new = FALSE;
}

void
vervet_text_writer_rolled_back (VervetTextWriter *writer)
{
  if (writer->dict_is_new)
    writer->dict_id = 0;
  writer->dict_is_new = FALSE;
}

/* ---- Texts ---- */
/* The number of packed bytes in scratch, 0 where packing gains nothing. */
static gsize
pack (VervetTextWriter *writer, const void *data, gsize len)
{
  gsize bound = ZSTD_compressBound (len), n;

  if (writer->scratch_size < bound || (writer->scratch_size > (1u << 20) && bound < (1u << 16))) {
    g_free (writer->scratch);
    writer->scratch_size = MAX (bound, 16384);
    writer->scratch = g_malloc (writer->scratch_size);
  }
  n = writer->cdict
          ? ZSTD_compress_usingCDict (writer->cctx, writer->scratch, writer->scratch_size, data, len, writer->cdict)
          : ZSTD_compressCCtx (writer->cctx, writer->scratch, writer->scratch_size, data, len, LEVEL);
  return ZSTD_isError (n) || n >= len ? 0 : n;
}

gboolean
vervet_text_writer_put (VervetTextWriter *writer, const void *data, gsize len, guint64 hash, gint64 *text_id,
                        GError **error)
{
  gsize packed = 0;

  if (len > VERVET_TEXT_MAX) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INTERNAL,
                 "a text of %" G_GSIZE_FORMAT " bytes is too long to be stored", len);
    return FALSE;
  }
  if (!adopt_dictionary (writer, error))
    return FALSE;
  if (len >= RAW_BELOW) {
    if (writer->training)
      collect (writer, data, len);
    packed = pack (writer, data, len);
  }
  sqlite3_bind_int64 (writer->insert, 1, (gint64)hash);
  sqlite3_bind_int64 (writer->insert, 2, (gint64)len);
  vervet_sql_bind_count (writer->insert, 3, !packed ? -1 : writer->cdict ? writer->dict_id : 0);
  vervet_sql_bind_bytes (writer->insert, 4, packed ? writer->scratch : data, packed ? packed : len);
  if (!vervet_sql_run (writer->insert, error))
    return FALSE;
  *text_id = sqlite3_last_insert_rowid (writer->db);
  return TRUE;
}
