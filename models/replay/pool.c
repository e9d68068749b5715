#include "pool.h"

#include <stdlib.h>
#include <string.h>

#include "vervet-json-scan.h"

/* So many bytes of a key are hashed to find where in a prompt it may stand. */
#define MAX_HEAD 32
#define MAX_NAMED 8

typedef struct {
  char *id, *prompt;
} Task;

struct Pool {
  Records *records;
  PoolEntry *entries;
  size_t n, cap;
  uint32_t *by_key;  /* entry + 1 by the hash of its key, open addressing; 0: free */
  uint32_t *by_head; /* first of a chain by the hash of its first `head` bytes */
  size_t table;      /* size of both, a power of two */
  size_t head;
  uint64_t n_samples;
  vv_str series;
  Task *tasks; /* sorted by id */
  size_t n_tasks;
  Buffer named; /* series that were met, for the message when none fits */
  int n_named;
};

/* What one record says. */
typedef struct {
  vv_str question, prompt, task; /* raw, without quotes */
  int has_question, has_prompt, has_task;
  uint32_t tokens;
  PoolSample *samples;
  size_t n, cap;
} Found;

#define HASH_BASE 0x9e3779b97f4a7c15u

/* A polynomial: what rolls over a prompt. */
static uint64_t
hash_bytes (const char *bytes, size_t n)
{
  uint64_t h = 0;

  for (size_t i = 0; i < n; i++)
    h = h * HASH_BASE + (unsigned char)bytes[i] + 1;
  return h;
}

static size_t
slot_of (const Pool *pool, uint64_t hash)
{
  return (size_t)((hash ^ (hash >> 29)) * HASH_BASE >> 20) & (pool->table - 1);
}

/* ---- Reading a record -------------------------------------------------------------------------------------------- */

static int
is_one_of (vv_str name, const char *const *list)
{
  for (size_t i = 0; list[i]; i++)
    if (str_equal_z (name, list[i]))
      return 1;
  return 0;
}

static int
add_sample (Found *found, uint64_t base, const char *line, const vv_json_scan *scan)
{
  if (found->n == found->cap) {
    size_t cap = found->cap ? 2 * found->cap : 16;
    PoolSample *samples = realloc (found->samples, cap * sizeof *samples);

    if (!samples)
      return 0;
    found->samples = samples;
    found->cap = cap;
  }
  found->samples[found->n++] = (PoolSample){ base + (uint64_t)(scan->raw - line), (uint32_t)scan->raw_len, 0 };
  return 1;
}

/* A list of texts: every string directly in it. */
static int
read_list (Found *found, uint64_t base, const char *line, vv_json_scan *scan)
{
  uint32_t depth = scan->depth;
  int token;

  while ((token = vv_json_next (scan)) > 0 && scan->depth >= depth) {
    if (token == VV_JSON_STRING && scan->depth == depth && !add_sample (found, base, line, scan))
      return 0;
  }
  return 1;
}

static void
remember_series (Pool *pool, vv_str name)
{
  const char *seen = pool->named.ptr;

  for (int i = 0; i < pool->n_named; i++, seen += strlen (seen) + 1)
    if (str_equal_z (name, seen))
      return;
  if (pool->n_named == MAX_NAMED)
    return;
  buffer_add (&pool->named, name.ptr, name.len);
  buffer_add_char (&pool->named, 0);
  pool->n_named++;
}

/* {"solution": "...", "is_correct": ...}: one text of the model @name. */
static int
read_series (Pool *pool, Found *found, uint64_t base, const char *line, vv_str name, vv_json_scan *scan)
{
  int wanted = pool->series.len == 0 || str_equal (name, pool->series), is_solution = 0, token;
  uint32_t depth = scan->depth;

  while ((token = vv_json_next (scan)) > 0 && scan->depth >= depth) {
    if (token == VV_JSON_KEY && scan->depth == depth) {
      is_solution = str_equal_z ((vv_str){ scan->raw, scan->raw_len }, "solution");
      continue;
    }
    if (is_solution && token == VV_JSON_STRING) {
      remember_series (pool, name);
      if (wanted && !add_sample (found, base, line, scan))
        return 0;
    }
    is_solution = 0;
  }
  return 1;
}

static int
read_member (Pool *pool, Found *found, uint64_t base, const char *line, vv_str name, vv_json_scan *scan)
{
  static const char *const lists[] = { "samples", "completions", "generations", NULL };
  static const char *const texts[] = { "text", "completion", "solution", "response", NULL };
  static const char *const counts[] = { "output_tokens", "completion_tokens", NULL };
  vv_str raw = { scan->raw, scan->raw_len };

  switch (scan->token) {
  case VV_JSON_STRING:
    if (str_equal_z (name, "question")) {
      found->question = raw;
      found->has_question = 1;
    } else if (str_equal_z (name, "prompt")) {
      found->prompt = raw;
      found->has_prompt = 1;
    } else if (str_equal_z (name, "task_id")) {
      found->task = raw;
      found->has_task = 1;
    } else if (is_one_of (name, texts)) {
      return add_sample (found, base, line, scan);
    }
    return 1;
  case VV_JSON_INT:
    if (is_one_of (name, counts) && scan->i > 0 && scan->i < UINT32_MAX)
      found->tokens = (uint32_t)scan->i;
    return 1;
  case VV_JSON_ARRAY:
    if (is_one_of (name, lists))
      return read_list (found, base, line, scan);
    break;
  case VV_JSON_OBJECT:
    return read_series (pool, found, base, line, name, scan);
  default:
    break;
  }
  vv_json_skip (scan);
  return 1;
}

/* 0: no memory. The record is sound JSON: opening has checked it. */
static int
read_record (Pool *pool, Found *found, uint64_t base, vv_str line)
{
  vv_json_scan scan;
  vv_str name;

  vv_json_init (&scan, line.ptr, line.len, VV_JSON_NAN);
  vv_json_next (&scan);
  while (vv_json_next (&scan) == VV_JSON_KEY) {
    name = (vv_str){ scan.raw, scan.raw_len };
    vv_json_next (&scan);
    if (!read_member (pool, found, base, line.ptr, name, &scan))
      return 0;
  }
  if (found->n == 1)
    found->samples[0].tokens = found->tokens;
  return 1;
}

/* ---- Entries ----------------------------------------------------------------------------------------------------- */

static int
resize_table (Pool *pool, size_t size)
{
  uint32_t *table = calloc (size, sizeof *table);
  size_t slot;

  if (!table)
    return 0;
  free (pool->by_key);
  pool->by_key = table;
  pool->table = size;
  for (size_t i = 0; i < pool->n; i++) {
    for (slot = slot_of (pool, pool->entries[i].hash); table[slot]; slot = (slot + 1) & (size - 1))
      ;
    table[slot] = (uint32_t)i + 1;
  }
  return 1;
}

static PoolEntry *
append_entry (Pool *pool, vv_str key, uint64_t hash)
{
  char *copy;

  if (pool->n == pool->cap) {
    size_t cap = pool->cap ? 2 * pool->cap : 128;
    PoolEntry *entries = realloc (pool->entries, cap * sizeof *entries);

    if (!entries)
      return NULL;
    pool->entries = entries;
    pool->cap = cap;
    if (!resize_table (pool, 4 * cap))
      return NULL;
  }
  copy = malloc (key.len + 1);
  if (!copy)
    return NULL;
  memcpy (copy, key.ptr, key.len);
  pool->entries[pool->n] = (PoolEntry){ .key = { copy, key.len }, .hash = hash };
  return &pool->entries[pool->n++];
}

/* The entry with this key, made if need be. NULL: no memory. */
static PoolEntry *
entry_for (Pool *pool, vv_str key)
{
  uint64_t hash = hash_bytes (key.ptr, key.len);
  PoolEntry *entry;
  size_t slot;

  if (pool->table > 0)
    for (slot = slot_of (pool, hash); pool->by_key[slot]; slot = (slot + 1) & (pool->table - 1)) {
      entry = &pool->entries[pool->by_key[slot] - 1];
      if (entry->hash == hash && str_equal (entry->key, key))
        return entry;
    }
  entry = append_entry (pool, key, hash);
  if (!entry)
    return NULL;
  for (slot = slot_of (pool, hash); pool->by_key[slot]; slot = (slot + 1) & (pool->table - 1))
    ;
  pool->by_key[slot] = (uint32_t)pool->n;
  return entry;
}

static int
entry_append (PoolEntry *entry, const Found *found)
{
  if (entry->n + found->n > entry->cap) {
    size_t cap = entry->cap ? 2u * entry->cap : 4;
    PoolSample *samples;

    while (cap < entry->n + found->n)
      cap *= 2;
    samples = realloc (entry->samples, cap * sizeof *samples);
    if (!samples || cap > UINT32_MAX)
      return 0;
    entry->samples = samples;
    entry->cap = (uint32_t)cap;
  }
  memcpy (entry->samples + entry->n, found->samples, found->n * sizeof *found->samples);
  entry->n += (uint32_t)found->n;
  return 1;
}

static int
compare_task (const void *a, const void *b)
{
  return strcmp (((const Task *)a)->id, ((const Task *)b)->id);
}

/* The key of a record, decoded into @out. 0: it has none. */
static int
key_of (const Pool *pool, const Found *found, Buffer *out)
{
  vv_str raw = found->has_question ? found->question : found->has_prompt ? found->prompt : found->task;
  const Task *task;
  Task wanted;

  if (!found->has_question && !found->has_prompt && !found->has_task)
    return 0;
  buffer_reset (out);
  if (!buffer_reserve (out, raw.len))
    return 0;
  out->len = vv_json_decode (raw.ptr, raw.len, out->ptr);
  out->ptr[out->len] = 0;
  if (found->has_question || found->has_prompt)
    return str_trim (buffer_str (out)).len > 0;
  wanted.id = out->ptr;
  task = pool->n_tasks ? bsearch (&wanted, pool->tasks, pool->n_tasks, sizeof wanted, compare_task) : NULL;
  buffer_reset (out);
  if (task)
    buffer_add_string (out, task->prompt);
  return task != NULL;
}

static vv_status
no_key (const Pool *pool, const Found *found, size_t i, vv_error *err)
{
  const char *path = records_path (pool->records);
  uint32_t line = records_line (pool->records, i);

  if (found->has_task)
    return plugin_fail (err, VV_E_INVALID,
                        "%s:%u: no prompt is known for the task \"%.*s\"; name the file of the "
                        "problems in the option 'problems'",
                        path, line, (int)(found->task.len < 80 ? found->task.len : 80), found->task.ptr);
  return plugin_fail (err, VV_E_INVALID, "%s:%u: the record has neither \"question\" nor \"prompt\" nor \"task_id\"",
                      path, line);
}

static vv_status
take_record (Pool *pool, size_t i, Found *found, Buffer *line, Buffer *key, vv_error *err)
{
  vv_status status = records_get (pool->records, i, line, err);
  PoolEntry *entry;

  if (status < 0)
    return status;
  found->has_question = found->has_prompt = found->has_task = 0;
  found->tokens = 0;
  found->n = 0;
  if (!read_record (pool, found, records_offset (pool->records, i), buffer_str (line)))
    return plugin_fail (err, VV_E_NOMEM, "out of memory");
  if (!key_of (pool, found, key))
    return no_key (pool, found, i, err);
  if (found->n == 0 && pool->series.len == 0)
    return plugin_fail (
        err, VV_E_INVALID,
        "%s:%u: the record has no text: a list \"samples\", or \"text\", \"completion\", \"solution\" or "
        "\"response\", or models with a \"solution\" each",
        records_path (pool->records), records_line (pool->records, i));
  entry = found->n > 0 ? entry_for (pool, str_trim (buffer_str (key))) : NULL;
  if (found->n > 0 && (!entry || !entry_append (entry, found)))
    return plugin_fail (err, VV_E_NOMEM, "out of memory");
  pool->n_samples += found->n;
  return VV_OK;
}

/* Chains the entries by the first bytes of their keys: as many as the shortest key has, at most MAX_HEAD. */
static int
index_heads (Pool *pool)
{
  uint32_t *slot;

  pool->head = MAX_HEAD;
  for (size_t i = 0; i < pool->n; i++)
    if (pool->entries[i].key.len < pool->head)
      pool->head = pool->entries[i].key.len;
  pool->by_head = calloc (pool->table, sizeof *pool->by_head);
  if (!pool->by_head)
    return 0;
  for (size_t i = 0; i < pool->n; i++) {
    slot = &pool->by_head[slot_of (pool, hash_bytes (pool->entries[i].key.ptr, pool->head))];
    pool->entries[i].next = *slot;
    *slot = (uint32_t)i + 1;
  }
  return 1;
}

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

static vv_status
read_tasks (Pool *pool, const char *path, vv_error *err)
{
  vv_status status = VV_OK;
  Records *records = records_open (path, RECORDS_AUTO, &status, err);
  Buffer line = { 0 }, id = { 0 }, prompt = { 0 };

  if (!records)
    return status;
  pool->tasks = calloc (records_count (records), sizeof *pool->tasks);
  if (!pool->tasks)
    status = plugin_fail (err, VV_E_NOMEM, "out of memory");
  for (size_t i = 0; i < records_count (records) && status == VV_OK; i++) {
    status = records_get (records, i, &line, err);
    if (status < 0)
      break;
    if (!record_text (buffer_str (&line), "task_id", &id) || !record_text (buffer_str (&line), "prompt", &prompt))
      status = plugin_fail (err, VV_E_INVALID, "%s:%u: the record needs \"task_id\" and \"prompt\"", path,
                            records_line (records, i));
    else
      pool->tasks[pool->n_tasks++] = (Task){ strdup (id.ptr), strdup (prompt.ptr) };
    if (pool->n_tasks > i && (!pool->tasks[i].id || !pool->tasks[i].prompt))
      status = plugin_fail (err, VV_E_NOMEM, "out of memory");
  }
  if (status == VV_OK)
    qsort (pool->tasks, pool->n_tasks, sizeof *pool->tasks, compare_task);
  buffer_clear (&line);
  buffer_clear (&id);
  buffer_clear (&prompt);
  records_free (records);
  return status;
}

static vv_status
no_series (const Pool *pool, vv_error *err)
{
  Buffer list = { 0 };
  const char *name = pool->named.ptr;
  vv_status status;

  for (int i = 0; i < pool->n_named; i++, name += strlen (name) + 1)
    buffer_printf (&list, "%s%s", i > 0 ? ", " : "", name);
  status = plugin_fail (err, VV_E_INVALID, "%s holds no samples of a model '%.*s'; %s%s", records_path (pool->records),
                        (int)pool->series.len, pool->series.ptr, pool->n_named ? "it has " : "it names no models",
                        pool->n_named && !list.failed ? list.ptr : "");
  buffer_clear (&list);
  return status;
}

static vv_status
build (Pool *pool, vv_error *err)
{
  Buffer line = { 0 }, key = { 0 };
  Found found = { 0 };
  vv_status status = VV_OK;

  for (size_t i = 0; i < records_count (pool->records) && status == VV_OK; i++)
    status = take_record (pool, i, &found, &line, &key, err);
  free (found.samples);
  buffer_clear (&line);
  buffer_clear (&key);
  if (status == VV_OK && pool->n == 0)
    status = no_series (pool, err);
  if (status == VV_OK && !index_heads (pool))
    status = plugin_fail (err, VV_E_NOMEM, "out of memory");
  return status;
}

Pool *
pool_open (const char *path, vv_str series, const char *problems, vv_status *status, vv_error *err)
{
  Pool *pool = calloc (1, sizeof *pool);

  *status = pool ? VV_OK : plugin_fail (err, VV_E_NOMEM, "out of memory");
  if (!pool)
    return NULL;
  pool->series = series;
  if (problems && problems[0])
    *status = read_tasks (pool, problems, err);
  if (*status == VV_OK)
    pool->records = records_open (path, RECORDS_JSONL, status, err);
  if (*status == VV_OK)
    *status = build (pool, err);
  pool->series = (vv_str){ NULL, 0 };
  if (*status == VV_OK)
    return pool;
  pool_free (pool);
  return NULL;
}

void
pool_free (Pool *pool)
{
  if (!pool)
    return;
  for (size_t i = 0; i < pool->n; i++) {
    free ((char *)pool->entries[i].key.ptr);
    free (pool->entries[i].samples);
  }
  for (size_t i = 0; i < pool->n_tasks; i++) {
    free (pool->tasks[i].id);
    free (pool->tasks[i].prompt);
  }
  free (pool->tasks);
  free (pool->entries);
  free (pool->by_key);
  free (pool->by_head);
  buffer_clear (&pool->named);
  records_free (pool->records);
  free (pool);
}

const char *
pool_path (const Pool *pool)
{
  return records_path (pool->records);
}

size_t
pool_n_entries (const Pool *pool)
{
  return pool->n;
}

uint64_t
pool_n_samples (const Pool *pool)
{
  return pool->n_samples;
}

const PoolEntry *
pool_find (const Pool *pool, vv_str prompt)
{
  const PoolEntry *best = NULL;
  uint64_t hash, first = 1;
  size_t best_end = 0;

  if (prompt.len < pool->head)
    return NULL;
  for (size_t i = 1; i < pool->head; i++)
    first *= HASH_BASE;
  hash = hash_bytes (prompt.ptr, pool->head);
  for (size_t at = 0;; at++) {
    for (uint32_t e = pool->by_head[slot_of (pool, hash)]; e > 0; e = pool->entries[e - 1].next) {
      const PoolEntry *entry = &pool->entries[e - 1];

      if (at + entry->key.len > best_end && entry->key.len <= prompt.len - at
          && memcmp (prompt.ptr + at, entry->key.ptr, entry->key.len) == 0) {
        best = entry;
        best_end = at + entry->key.len;
      }
    }
    if (at + pool->head >= prompt.len)
      return best;
    hash = (hash - first * ((unsigned char)prompt.ptr[at] + 1u)) * HASH_BASE
           + (unsigned char)prompt.ptr[at + pool->head] + 1;
  }
}

vv_status
pool_read (const Pool *pool, const PoolSample *sample, Buffer *out, vv_error *err)
{
  vv_status status = records_read (pool->records, sample->offset, sample->len, out, err);

  if (status == VV_OK)
    out->len = vv_json_decode (out->ptr, sample->len, out->ptr);
  return status;
}
