/* Samples and their checks: new ones as they come, stored ones that lack a verdict, equal texts once. */
#include <math.h>
#include <string.h>

#include "run/engine.h"
#include "util/hash.h"

enum {
  CACHED = 8192, /* verdicts in each of the two generations */
  SCAN_PAGE = 512,
  FULL = 4096, /* texts in the keeper's hands: more are not drawn meanwhile */
  OPEN_JUDGES = 256,
};

typedef struct {
  guint64 key[2];
  guint32 member;
} CacheKey;

static guint
cache_hash (gconstpointer p)
{
  const CacheKey *key = p;

  return (guint)key->key[0] ^ key->member;
}

static gboolean
cache_equal (gconstpointer a, gconstpointer b)
{
  const CacheKey *x = a, *y = b;

  return x->key[0] == y->key[0] && x->key[1] == y->key[1] && x->member == y->member;
}

static GHashTable *
cache_new (void)
{
  return g_hash_table_new_full (cache_hash, cache_equal, g_free, (GDestroyNotify)g_byte_array_unref);
}

/* Two generations: what is asked for again moves to the young one, the old one is dropped when that is full. */
static GByteArray *
cache_find (Grading *self, const CacheKey *key)
{
  GByteArray *found;

  if (!self->recent)
    return NULL;
  found = g_hash_table_lookup (self->recent, key);
  if (!found && self->older)
    found = g_hash_table_lookup (self->older, key);
  return found;
}

static void
cache_add (Grading *self, const CacheKey *key, const vv_verdict *v)
{
  GByteArray *bytes;

  if (!self->recent)
    self->recent = cache_new ();
  if (g_hash_table_contains (self->recent, key))
    return;
  if (g_hash_table_size (self->recent) >= CACHED) {
    g_clear_pointer (&self->older, g_hash_table_unref);
    self->older = g_steal_pointer (&self->recent);
    self->recent = cache_new ();
  }
  bytes = g_byte_array_new ();
  vervet_wire_verdict (bytes, v);
  g_hash_table_insert (self->recent, g_memdup2 (key, sizeof *key), bytes);
}

/* ---- Who is judged, and up to where ---- */
static Pending *
pending_new (Grading *self, Member *member, gint64 sample_id, gboolean counts)
{
  Pending *pending = g_new0 (Pending, 1);

  pending->grading = self;
  pending->member = member;
  pending->sample_id = sample_id;
  pending->counts = counts;
  return pending;
}

void
vervet_grading_verdict (Grading *self, Member *member, gint64 sample_id, gboolean counts, vv_status status,
                        const vv_verdict *v, const char *reason, const char *message, gint64 took_us)
{
  VervetEngine *engine = self->engine;
  VervetVerdictRow row = { .check_id = self->check_id,
                           .sample_id = sample_id,
                           .member_id = member->member_id,
                           .counts = counts,
                           .status = status < 0 ? status : v->status,
                           .score = status < 0 ? NAN : v->score,
                           .reason = reason,
                           .took_us = took_us };

  if (status >= 0) {
    row.answer = v->answer.len > 0 ? v->answer.ptr : NULL;
    row.answer_len = v->answer.len;
    row.detail = v->detail.len > 0 ? v->detail.ptr : NULL;
    row.detail_len = v->detail.len;
    row.steps = v->step_scores;
    row.n_steps = (guint)v->n_steps;
    row.metrics = (const void *)v->metrics;
    row.n_metrics = (guint)v->n_metrics;
  } else if (message) {
    row.detail = message;
    row.detail_len = strlen (message);
  }
  vervet_writer_verdict (engine->writer, &row);
  self->has_errors = self->has_errors || status < 0;
  g_mutex_lock (&engine->lock);
  engine->progress.judged++;
  engine->progress.judge_errors += status < 0;
  g_mutex_unlock (&engine->lock);
}

static void
judge_by_worker (Grading *self, Member *member, gint64 sample_id, gboolean counts, vv_str text)
{
  CacheKey key = { .member = member->ord };
  GByteArray *cached;
  Pending *pending;

  vervet_hash128 (text.ptr, text.len, self->engine->hash_key, key.key);
  cached = cache_find (self, &key);
  if (cached) {
    VervetWireReader reader = vervet_wire_reader (cached->data, cached->len);
    VervetArena arena = { NULL };
    vv_verdict v;

    vervet_wire_get_verdict (&reader, &arena, &v);
    vervet_grading_verdict (self, member, sample_id, counts, VV_OK, &v, v.reason, NULL, 0);
    vervet_arena_clear (&arena);
    return;
  }
  pending = pending_new (self, member, sample_id, counts);
  memcpy (pending->hash, key.key, sizeof pending->hash);
  g_queue_push_tail (&self->order, pending);
  self->open++;
  vervet_keeper_submit (self->engine->keeper, self->slot, vervet_member_kept (member, member->reference), text,
                        (guint64)(gsize)pending);
}

static void
judge (Grading *self, Member *member, gint64 sample_id, gboolean counts, guint trial, guint ord, vv_str text)
{
  self->last_sample = MAX (self->last_sample, sample_id);
  /* A run that is being stopped asks no model any more: the sample is judged at the next start. */
  if (self->judge && (self->engine->paused || vervet_engine_level (self->engine) == VERVET_STOP_CANCEL)) {
    self->has_errors = TRUE;
    return;
  }
  if (self->judge)
    vervet_judge_start (self, member, sample_id, counts, trial, ord, text);
  else
    judge_by_worker (self, member, sample_id, counts, text);
}

void
vervet_grading_sample (VervetEngine *self, Member *member, gint64 sample_id, gboolean counts, guint trial, guint ord,
                       vv_str text)
{
  for (guint i = 0; i < self->gradings->len; i++)
    judge (g_ptr_array_index (self->gradings, i), member, sample_id, counts, trial, ord, text);
}

/* Takes @judged. */
void
vervet_grading_judged (VervetEngine *self, VervetJudged *judged)
{
  Pending *pending;
  Grading *grading;

  if (judged->tag & 1) {
    vervet_scoring_judged (self, judged);
    return;
  }
  pending = (Pending *)(gsize)judged->tag;
  grading = pending->grading;
  vervet_grading_verdict (grading, pending->member, pending->sample_id, pending->counts, judged->status,
                          &judged->verdict, judged->status < 0 ? judged->reason : judged->verdict.reason,
                          judged->message, judged->took_us);
  if (judged->status >= 0) {
    CacheKey key = { { pending->hash[0], pending->hash[1] }, pending->member->ord };

    cache_add (grading, &key, &judged->verdict);
  }
  vervet_judged_free (judged);
  pending->is_done = TRUE;
  grading->open--;
  while (!g_queue_is_empty (&grading->order) && ((Pending *)g_queue_peek_head (&grading->order))->is_done)
    g_free (g_queue_pop_head (&grading->order));
}

/* ---- Stored samples ---- */
static Member *
find_member (VervetEngine *self, gint64 member_id)
{
  guint low = 0, high = self->members->len;

  while (low < high) {
    guint middle = (low + high) / 2;
    Member *member = g_ptr_array_index (self->by_id, middle);

    if (member->member_id == member_id)
      return member;
    if (member->member_id < member_id)
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

static gboolean
scan_page (VervetEngine *self, Grading *grading, GError **error)
{
  g_autoptr (GArray) page =
      vervet_store_unjudged (self->reader, self->run.run_id, grading->check_id, grading->scanned, SCAN_PAGE, error);

  if (!page)
    return FALSE;
  for (guint i = 0; i < page->len; i++) {
    const VervetSampleRow *row = &g_array_index (page, VervetSampleRow, i);
    Member *member = find_member (self, row->member_id);
    g_autoptr (GBytes) text = NULL;
    gsize len = 0;
    const char *data;

    if (row->id > grading->scan_until) {
      grading->scanned = grading->scan_until;
      return TRUE;
    }
    grading->scanned = row->id;
    if (!member) /* of another shard, or a problem that this experiment leaves out */
      continue;
    text = row->text_id >= 0 ? vervet_store_text (self->reader, row->text_id, error) : g_bytes_new (NULL, 0);
    if (!text)
      return FALSE;
    data = g_bytes_get_data (text, &len);
    judge (grading, member, row->id, (row->flags & VERVET_SAMPLE_ANSWER) != 0, row->trial, row->ord,
           (vv_str){ data ? data : "", len });
  }
  if (page->len < SCAN_PAGE)
    grading->scanned = grading->scan_until;
  return TRUE;
}

gboolean
vervet_grading_is_full (VervetEngine *self)
{
  guint judges = 0;

  for (guint i = 0; i < self->gradings->len; i++) {
    const Grading *grading = g_ptr_array_index (self->gradings, i);

    if (grading->judge)
      judges += grading->open;
  }
  return judges > OPEN_JUDGES || (self->keeper && vervet_keeper_pending (self->keeper) > FULL);
}

gboolean
vervet_grading_scan (VervetEngine *self, GError **error)
{
  gboolean is_more = FALSE;

  for (guint i = 0; i < self->gradings->len; i++) {
    Grading *grading = g_ptr_array_index (self->gradings, i);

    if (grading->scanned >= grading->scan_until)
      continue;
    if (!vervet_grading_is_full (self) && vervet_writer_fill (self->writer) < 0.5 && !scan_page (self, grading, error))
      return FALSE;
    is_more = is_more || grading->scanned < grading->scan_until;
  }
  return is_more;
}

guint
vervet_grading_open (VervetEngine *self)
{
  guint open = 0;

  for (guint i = 0; i < self->gradings->len; i++)
    open += ((const Grading *)g_ptr_array_index (self->gradings, i))->open;
  return open;
}

gboolean
vervet_grading_is_idle (VervetEngine *self)
{
  for (guint i = 0; i < self->gradings->len; i++) {
    const Grading *grading = g_ptr_array_index (self->gradings, i);

    if (grading->open > 0 || grading->scanned < grading->scan_until)
      return FALSE;
  }
  return TRUE;
}

/* Called when all is written: everything before the first sample that is still open is judged. */
void
vervet_grading_save (VervetEngine *self)
{
  for (guint i = 0; i < self->gradings->len; i++) {
    const Grading *grading = g_ptr_array_index (self->gradings, i);
    const Pending *first = g_queue_peek_head ((GQueue *)&grading->order);
    gint64 upto = first ? first->sample_id - 1 : grading->last_sample;

    if (grading->scanned < grading->scan_until)
      upto = MIN (upto, grading->scanned);
    if (upto > grading->upto && !grading->judge && !grading->has_errors)
      vervet_writer_progress (self->writer, grading->check_id, self->run.run_id, upto);
  }
}
