#include "apply-private.h"

#include <string.h>

#include "util/hash.h"

#define ANSWER_MAX 4096  /* bytes of an answer that are kept; schema.sql says what stands for the rest */
#define HASH_TAIL 37     /* "... #" and 32 digits */
#define STRING_MAX 1000  /* of a reason, label or message */
#define STRINGS_MAX 4096 /* kept in memory */

/* ---- Strings ---- */
/* What goes into a TEXT column: valid UTF-8 without NULs. (transfer full) */
static char *
clean (const char *s, gsize len)
{
  return g_utf8_make_valid (s, (gssize)len);
}

/* Cuts before the character that would go beyond @max bytes. */
static void
cut (char *s, gsize max)
{
  while (max > 0 && ((guint8)s[max] & 0xc0) == 0x80)
    max--;
  s[max] = '\0';
}

static gboolean
look_up_string (VervetApply *apply, const char *s, gint64 *id, GError **error)
{
  sqlite3_stmt *find = vervet_apply_stmt (apply, STMT_FIND_STRING, error);
  sqlite3_stmt *add = vervet_apply_stmt (apply, STMT_NEW_STRING, error);
  int rc;

  if (!find || !add)
    return FALSE;
  vervet_sql_bind_text (find, 1, s);
  rc = vervet_sql_step (find, error);
  if (rc < 0)
    return FALSE;
  if (rc > 0) {
    *id = sqlite3_column_int64 (find, 0);
    sqlite3_reset (find);
    return TRUE;
  }
  vervet_sql_bind_text (add, 1, s);
  if (!vervet_sql_run (add, error))
    return FALSE;
  *id = sqlite3_last_insert_rowid (apply->db);
  return TRUE;
}

gboolean
vervet_apply_string (VervetApply *apply, const char *s, gint64 *id, GError **error)
{
  g_autofree char *valid = NULL;
  gpointer known;

  *id = 0;
  if (!s)
    return TRUE;
  known = g_hash_table_lookup (apply->strings, s);
  if (known) {
    *id = (gint64)GPOINTER_TO_SIZE (known);
    return TRUE;
  }
  valid = clean (s, strlen (s));
  if (strlen (valid) > STRING_MAX)
    cut (valid, STRING_MAX);
  if (!look_up_string (apply, valid, id, error))
    return FALSE;
  if (g_hash_table_size (apply->strings) >= STRINGS_MAX)
    g_hash_table_remove_all (apply->strings);
  g_hash_table_insert (apply->strings, g_strdup (s), GSIZE_TO_POINTER (*id));
  return TRUE;
}

/* ---- Loose texts ---- */
gboolean
vervet_apply_loose_text (VervetApply *apply, const void *data, gsize len, gint64 *id, GError **error)
{
  guint64 hash[2];
  ApplySeen *seen;

  *id = 0;
  if (!data)
    return TRUE;
  vervet_hash128 (data, len, apply->key, hash);
  seen = &apply->seen_texts[hash[0] % SEEN_TEXTS];
  if (!seen->id || memcmp (seen->hash, hash, sizeof hash) != 0) {
    gint64 text_id;
    if (!vervet_text_writer_put (apply->text_writer, data, len, vervet_hash64 (data, len, 0), &text_id, error))
      return FALSE;
    memcpy (seen->hash, hash, sizeof hash);
    seen->id = text_id;
  }
  *id = seen->id;
  return TRUE;
}

/* ---- Answers ---- */
/* A cut answer is no longer than one that is kept whole, so that it stays as it is when it is stored again. */
static char *
answer_text (const char *s, gsize len)
{
  g_autofree char *valid = clean (s, len);
  guint64 hash[2];

  if (strlen (valid) <= ANSWER_MAX)
    return g_steal_pointer (&valid);
  vervet_hash128 (s, len, 0, hash);
  cut (valid, ANSWER_MAX - HASH_TAIL);
  return g_strdup_printf ("%s... #%016" G_GINT64_MODIFIER "x%016" G_GINT64_MODIFIER "x", valid, hash[0], hash[1]);
}

static gboolean
next_answer_id (VervetApply *apply, gint64 *id, GError **error)
{
  if (!apply->next_answer_id) {
    sqlite3_stmt *stmt = vervet_apply_stmt (apply, STMT_MAX_ANSWER, error);
    if (!stmt || vervet_sql_step (stmt, error) < 0)
      return FALSE;
    apply->next_answer_id = sqlite3_column_int64 (stmt, 0) + 1;
    sqlite3_reset (stmt);
  }
  *id = apply->next_answer_id;
  return TRUE;
}

/* *id: the row of this very text and status, else 0; *class_id: the class of the text under any status, else 0. */
static gboolean
find_answer (VervetApply *apply, const VervetVerdictRow *row, const char *s, gint64 *id, gint64 *class_id,
             GError **error)
{
  sqlite3_stmt *stmt = vervet_apply_stmt (apply, STMT_FIND_ANSWER, error);
  int rc;

  *id = *class_id = 0;
  if (!stmt)
    return FALSE;
  sqlite3_bind_int64 (stmt, 1, row->check_id);
  sqlite3_bind_int64 (stmt, 2, row->member_id);
  vervet_sql_bind_text (stmt, 3, s);
  while ((rc = vervet_sql_step (stmt, error)) > 0) {
    *class_id = sqlite3_column_int64 (stmt, 2);
    if (sqlite3_column_int (stmt, 1) == row->status)
      *id = sqlite3_column_int64 (stmt, 0);
  }
  return rc == 0;
}

static gboolean
new_answer (VervetApply *apply, const VervetVerdictRow *row, const char *s, gint64 class_id, gint64 *id, GError **error)
{
  sqlite3_stmt *stmt = vervet_apply_stmt (apply, STMT_NEW_ANSWER, error);

  if (!stmt || !next_answer_id (apply, id, error))
    return FALSE;
  if (!class_id)
    class_id = row->class_id ? row->class_id : -*id;
  sqlite3_bind_int64 (stmt, 1, *id);
  sqlite3_bind_int64 (stmt, 2, row->check_id);
  sqlite3_bind_int64 (stmt, 3, row->member_id);
  sqlite3_bind_int64 (stmt, 4, class_id);
  sqlite3_bind_int (stmt, 5, row->status);
  vervet_sql_bind_text (stmt, 6, s);
  if (!vervet_sql_run (stmt, error))
    return FALSE;
  apply->next_answer_id++;
  return TRUE;
}

gboolean
vervet_apply_answer (VervetApply *apply, const VervetVerdictRow *row, gint64 *answer_id, GError **error)
{
  g_autofree char *s = NULL;
  guint64 hash[2];
  gint64 class_id;
  ApplySeen *seen;

  *answer_id = 0;
  if (!row->answer || row->status < 0)
    return TRUE;
  vervet_hash128 (row->answer, row->answer_len, apply->key + (guint64)row->status, hash);
  seen = &apply->answers[(hash[0] + (guint64)row->member_id * 31 + (guint64)row->check_id) % SEEN_ANSWERS];
  if (seen->id && memcmp (seen->hash, hash, sizeof hash) == 0 && seen->scope[0] == row->check_id
      && seen->scope[1] == row->member_id) {
    *answer_id = seen->id;
    return TRUE;
  }
  s = answer_text (row->answer, row->answer_len);
  if (!find_answer (apply, row, s, answer_id, &class_id, error)
      || (!*answer_id && !new_answer (apply, row, s, class_id, answer_id, error)))
    return FALSE;
  *seen = (ApplySeen){ { hash[0], hash[1] }, { row->check_id, row->member_id }, *answer_id };
  return TRUE;
}

void
vervet_apply_count_answer (VervetApply *apply, gint64 answer_id, gint64 n)
{
  gpointer key = GSIZE_TO_POINTER (answer_id);
  gssize old = (gssize)g_hash_table_lookup (apply->answer_counts, key);

  if (answer_id)
    g_hash_table_insert (apply->answer_counts, key, (gpointer)(old + (gssize)n));
}
