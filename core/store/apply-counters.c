#include "apply-private.h"

#include <math.h>
#include <string.h>

#include "vervet-plugin.h"

/* Bounds on what is kept between transactions; all of it can be read again from the file. */
#define SETS_MAX (24u << 20)
#define MEMBERS_MAX 20000
#define TALLIES_MAX 40000

static guint
tally_hash (gconstpointer key)
{
  const ApplyTally *tally = key;

  return (guint)((guint64)tally->check_id * 0x9e3779b9u ^ (guint64)tally->member_id * 0x85ebca6bu);
}

static gboolean
tally_equal (gconstpointer a, gconstpointer b)
{
  const ApplyTally *x = a, *y = b;

  return x->check_id == y->check_id && x->member_id == y->member_id;
}

static void
member_free (gpointer data)
{
  ApplyMember *member = data;

  vervet_text_set_clear (&member->set);
  g_free (member);
}

void
vervet_apply_counters_init (VervetApply *apply)
{
  apply->members = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, member_free);
  apply->dirty_members = g_ptr_array_new ();
  apply->tallies = g_hash_table_new_full (tally_hash, tally_equal, NULL, g_free);
  apply->dirty_tallies = g_ptr_array_new ();
  apply->answer_counts = g_hash_table_new (g_direct_hash, g_direct_equal);
  g_queue_init (&apply->recent);
  apply->sets_max = SETS_MAX;
  apply->members_max = MEMBERS_MAX;
}

void
vervet_apply_counters_clear (VervetApply *apply)
{
  g_ptr_array_set_size (apply->dirty_members, 0);
  g_ptr_array_set_size (apply->dirty_tallies, 0);
  g_hash_table_remove_all (apply->members);
  g_hash_table_remove_all (apply->tallies);
  g_hash_table_remove_all (apply->answer_counts);
  g_queue_init (&apply->recent);
  apply->set_bytes = 0;
}

void
vervet_apply_counters_free (VervetApply *apply)
{
  g_ptr_array_unref (apply->dirty_members);
  g_ptr_array_unref (apply->dirty_tallies);
  g_hash_table_unref (apply->members);
  g_hash_table_unref (apply->tallies);
  g_hash_table_unref (apply->answer_counts);
}

/* ---- Members ---- */
ApplyMember *
vervet_apply_member (VervetApply *apply, gint64 member_id)
{
  ApplyMember *member = g_hash_table_lookup (apply->members, &member_id);

  if (!member) {
    member = g_new0 (ApplyMember, 1);
    member->id = member_id;
    member->link.data = member;
    g_hash_table_insert (apply->members, &member->id, member);
  } else {
    g_queue_unlink (&apply->recent, &member->link);
  }
  g_queue_push_tail_link (&apply->recent, &member->link);
  return member;
}

void
vervet_apply_count (VervetApply *apply, ApplyMember *member, int which, gint64 n)
{
  if (n == 0)
    return;
  member->add[which] += n;
  if (!member->dirty)
    g_ptr_array_add (apply->dirty_members, member);
  member->dirty = TRUE;
}

static void
drop_set (VervetApply *apply, ApplyMember *member)
{
  apply->set_bytes -= vervet_text_set_bytes (&member->set);
  vervet_text_set_clear (&member->set);
  member->set_ready = FALSE;
}

/* Frees sets of members that were not used for the longest time, never that of @keep. */
static void
limit_sets (VervetApply *apply, const ApplyMember *keep)
{
  for (GList *l = apply->recent.head; l && apply->set_bytes > apply->sets_max; l = l->next)
    if (l->data != keep && ((ApplyMember *)l->data)->set_ready)
      drop_set (apply, l->data);
}

void
vervet_apply_counters_trim (VervetApply *apply)
{
  while (g_hash_table_size (apply->members) > apply->members_max) {
    GList *oldest = g_queue_pop_head_link (&apply->recent);
    drop_set (apply, oldest->data);
    g_hash_table_remove (apply->members, &((ApplyMember *)oldest->data)->id);
  }
  if (g_hash_table_size (apply->tallies) > TALLIES_MAX)
    g_hash_table_remove_all (apply->tallies);
}

static void
set_add (VervetApply *apply, ApplyMember *member, guint64 hash, gint64 text_id)
{
  gsize before = vervet_text_set_bytes (&member->set);

  vervet_text_set_add (&member->set, hash, text_id);
  apply->set_bytes += vervet_text_set_bytes (&member->set) - before;
}

static gboolean
set_has (const ApplyMember *member, guint64 hash, gint64 text_id)
{
  gint64 cursor = -1, id;

  while (vervet_text_set_next (&member->set, hash, &cursor, &id))
    if (id == text_id)
      return TRUE;
  return FALSE;
}

/* The member's texts as the file has them. */
static gboolean
load_set (VervetApply *apply, ApplyMember *member, GError **error)
{
  sqlite3_stmt *stmt = vervet_apply_stmt (apply, STMT_MEMBER_TEXTS, error);
  int rc;

  if (!stmt)
    return FALSE;
  sqlite3_bind_int64 (stmt, 1, member->id);
  while ((rc = vervet_sql_step (stmt, error)) > 0) {
    gint64 text_id = sqlite3_column_int64 (stmt, 0);
    guint64 hash = (guint64)sqlite3_column_int64 (stmt, 1);
    if (text_id > 0 && !set_has (member, hash, text_id))
      set_add (apply, member, hash, text_id);
  }
  if (rc < 0)
    drop_set (apply, member);
  member->set_ready = rc == 0;
  return member->set_ready;
}

gboolean
vervet_apply_find_text (VervetApply *apply, ApplyMember *member, guint64 hash, const void *data, gsize len,
                        gint64 *text_id, GError **error)
{
  gint64 cursor = -1, id;

  *text_id = 0;
  if (!member->set_ready && !load_set (apply, member, error))
    return FALSE;
  while (vervet_text_set_next (&member->set, hash, &cursor, &id)) {
    gboolean equal;
    if (!vervet_text_reader_equals (apply->texts, id, hash, data, len, &equal, error))
      return FALSE;
    if (equal) {
      *text_id = id;
      return TRUE;
    }
  }
  return TRUE;
}

void
vervet_apply_remember_text (VervetApply *apply, ApplyMember *member, guint64 hash, gint64 text_id)
{
  set_add (apply, member, hash, text_id);
  limit_sets (apply, member);
}

/* ---- Tallies ---- */
ApplyTally *
vervet_apply_tally (VervetApply *apply, gint64 check_id, gint64 member_id)
{
  ApplyTally key = { .check_id = check_id, .member_id = member_id };
  ApplyTally *tally = g_hash_table_lookup (apply->tallies, &key);

  if (!tally) {
    tally = g_memdup2 (&key, sizeof key);
    g_hash_table_add (apply->tallies, tally);
  }
  if (!tally->dirty)
    g_ptr_array_add (apply->dirty_tallies, tally);
  tally->dirty = TRUE;
  return tally;
}

void
vervet_apply_tally_verdict (ApplyTally *tally, int status, double score, int sign)
{
  if (status < 0) {
    tally->add[TALLY_ERRORS] += sign;
    return;
  }
  if (status >= VV_PASS && status <= VV_BAD_REFERENCE)
    tally->add[TALLY_PASS + status - VV_PASS] += sign;
  if (isfinite (score)) {
    tally->sum += sign * score;
    tally->sum2 += sign * score * score;
  }
}

/* ---- At the end of a transaction ---- */
static gboolean
flush_members (VervetApply *apply, GError **error)
{
  sqlite3_stmt *stmt = vervet_apply_stmt (apply, STMT_ADD_MEMBER, error);

  if (!stmt)
    return FALSE;
  for (guint i = 0; i < apply->dirty_members->len; i++) {
    ApplyMember *member = apply->dirty_members->pdata[i];
    sqlite3_bind_int64 (stmt, 1, member->id);
    for (int c = 0; c < N_COUNTS; c++)
      sqlite3_bind_int64 (stmt, c + 2, member->add[c]);
    if (!vervet_sql_run (stmt, error))
      return FALSE;
    memset (member->add, 0, sizeof member->add);
    member->dirty = FALSE;
  }
  g_ptr_array_set_size (apply->dirty_members, 0);
  return TRUE;
}

static gboolean
flush_tallies (VervetApply *apply, GError **error)
{
  sqlite3_stmt *stmt = vervet_apply_stmt (apply, STMT_ADD_TALLY, error);

  if (!stmt)
    return FALSE;
  for (guint i = 0; i < apply->dirty_tallies->len; i++) {
    ApplyTally *tally = apply->dirty_tallies->pdata[i];
    sqlite3_bind_int64 (stmt, 1, tally->check_id);
    sqlite3_bind_int64 (stmt, 2, tally->member_id);
    for (int c = 0; c < N_TALLIES; c++)
      sqlite3_bind_int64 (stmt, c + 3, tally->add[c]);
    sqlite3_bind_double (stmt, N_TALLIES + 3, tally->sum);
    sqlite3_bind_double (stmt, N_TALLIES + 4, tally->sum2);
    if (!vervet_sql_run (stmt, error))
      return FALSE;
    memset (tally->add, 0, sizeof tally->add);
    tally->sum = tally->sum2 = 0;
    tally->dirty = FALSE;
  }
  g_ptr_array_set_size (apply->dirty_tallies, 0);
  return TRUE;
}

static gboolean
flush_answers (VervetApply *apply, GError **error)
{
  sqlite3_stmt *stmt = vervet_apply_stmt (apply, STMT_ADD_ANSWER, error);
  GHashTableIter iter;
  gpointer id, n;

  if (!stmt)
    return FALSE;
  g_hash_table_iter_init (&iter, apply->answer_counts);
  while (g_hash_table_iter_next (&iter, &id, &n)) {
    sqlite3_bind_int64 (stmt, 1, (gint64)GPOINTER_TO_SIZE (id));
    sqlite3_bind_int64 (stmt, 2, (gint64)(gssize)n);
    if (!vervet_sql_run (stmt, error))
      return FALSE;
  }
  g_hash_table_remove_all (apply->answer_counts);
  return TRUE;
}

gboolean
vervet_apply_counters_flush (VervetApply *apply, GError **error)
{
  return flush_members (apply, error) && flush_tallies (apply, error) && flush_answers (apply, error);
}
