/* The problems of a run: read from the benchmark or from the file, and what an earlier start has left of each. */
#include <string.h>

#include "run/engine.h"
#include "util/hash.h"

gboolean
vervet_member_is_done (const Member *member, guint64 trial)
{
  return trial < member->n_trials && (member->is_done[trial / 8] >> (trial % 8) & 1);
}

void
vervet_member_set_done (Member *member, guint64 trial)
{
  if (trial >= member->n_trials || vervet_member_is_done (member, trial))
    return;
  member->is_done[trial / 8] |= (guint8)(1u << (trial % 8));
  member->n_done++;
}

static void
clear_done (Member *member, guint64 trial)
{
  if (!vervet_member_is_done (member, trial))
    return;
  member->is_done[trial / 8] &= (guint8) ~(1u << (trial % 8));
  member->n_done--;
}

gint64 *
vervet_job_key (gint64 check_id, guint trial, int ord)
{
  gint64 *key = g_new (gint64, 1);

  /* Trials have 24 bits; a set of candidates in one trial is far below 2^16 or not judged one by one. */
  *key = check_id << 40 ^ (gint64)trial << 16 ^ (gint64)(ord + 1);
  return key;
}

const VervetKeptProblem *
vervet_member_kept (Member *member, vv_str reference)
{
  guint64 hash = vervet_hash64 (reference.ptr, reference.len, 0);
  VervetKeptProblem *kept;
  vv_problem problem = member->problem;

  if (!member->kept)
    member->kept =
        g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, (GDestroyNotify)vervet_kept_problem_free);
  kept = g_hash_table_lookup (member->kept, &hash);
  if (!kept) {
    problem.reference = reference;
    /* Another reference is another problem to a verifier that keeps a parsed gold by uid. */
    problem.uid = vv_mix (problem.uid, hash);
    kept = vervet_kept_problem_new (&problem, TRUE);
    g_hash_table_insert (member->kept, g_memdup2 (&hash, sizeof hash), kept);
  }
  return kept;
}

void
vervet_member_free (gpointer p)
{
  Member *member = p;

  vervet_arena_clear (&member->arena);
  g_free (member->is_done);
  g_clear_pointer (&member->failed, g_hash_table_unref);
  g_clear_pointer (&member->jobs, g_hash_table_unref);
  g_clear_pointer (&member->kept, g_hash_table_unref);
  g_free (member);
}

static char *
fields_to_json (const vv_problem *problem)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (VervetJsonWriter) w = vervet_json_writer_new (out, 0);

  vervet_json_writer_begin_object (w);
  for (guint i = 0; i < problem->n_fields; i++) {
    vervet_json_writer_key (w, problem->fields[i].name);
    vervet_json_writer_bytes (w, problem->fields[i].text.ptr, problem->fields[i].text.len);
  }
  vervet_json_writer_end_object (w);
  return g_strdup (out->str);
}

static char *
messages_to_json (const vv_problem *problem)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (VervetJsonWriter) w = vervet_json_writer_new (out, 0);

  vervet_json_writer_begin_array (w);
  for (guint i = 0; i < problem->n_messages; i++) {
    vervet_json_writer_begin_object (w);
    vervet_json_writer_key (w, "role");
    vervet_json_writer_string (w, problem->messages[i].role);
    vervet_json_writer_key (w, "content");
    vervet_json_writer_bytes (w, problem->messages[i].text.ptr, problem->messages[i].text.len);
    vervet_json_writer_end_object (w);
  }
  vervet_json_writer_end_array (w);
  return g_strdup (out->str);
}

/* A deep copy through the wire form; the reference is kept beside, not in, the problem that samplers see. */
static Member *
member_new (const vv_problem *problem, guint ord)
{
  Member *member = g_new0 (Member, 1);
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  VervetWireReader reader;

  vervet_wire_problem (bytes, problem, FALSE);
  reader = vervet_wire_reader (bytes->data, bytes->len);
  vervet_wire_get_problem (&reader, &member->arena, &member->problem);
  member->reference = vervet_arena_str (&member->arena, problem->reference);
  member->ord = ord;
  return member;
}

static void
member_identify (VervetEngine *self, Member *member, const guint8 hash[VERVET_HASH_SIZE],
                 const guint8 prompt_hash[VERVET_HASH_SIZE])
{
  guint8 all[2 * VERVET_HASH_SIZE];
  guint64 mixed;

  memcpy (all, hash, VERVET_HASH_SIZE);
  memcpy (all + VERVET_HASH_SIZE, prompt_hash, VERVET_HASH_SIZE);
  mixed = vervet_hash64 (all, sizeof all, self->run.seed);
  member->mix = mixed;
  member->base = mixed & ((1u << 30) - 1); /* base + trial stays below 2^31: safe in JSON and in 32-bit servers */
  memcpy (&member->problem.uid, hash, sizeof member->problem.uid);
  member->n_trials = self->plan->samples;
  member->is_done = g_malloc0 (member->n_trials / 8 + 1);
}

int
vervet_member_compare_id (gconstpointer a, gconstpointer b)
{
  gint64 x = (*(Member *const *)a)->member_id, y = (*(Member *const *)b)->member_id;

  return x < y ? -1 : x > y;
}

typedef struct {
  Member *member;
  VervetProblemRow row;
  char *fields, *prompt;
} NewProblem;

static void
new_problem_clear (gpointer p)
{
  NewProblem *new_ = p;

  g_free (new_->fields);
  g_free (new_->prompt);
}

static guint
hash_of_hash (gconstpointer p)
{
  guint first;

  memcpy (&first, p, sizeof first);
  return first;
}

static gboolean
equal_hashes (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, VERVET_HASH_SIZE) == 0;
}

static gboolean
add_problems (VervetEngine *self, GArray *page, GError **error)
{
  g_autofree VervetProblemRow *rows = g_new0 (VervetProblemRow, page->len);
  gboolean is_ok;

  for (guint i = 0; i < page->len; i++)
    rows[i] = g_array_index (page, NewProblem, i).row;
  is_ok = vervet_store_add_problems (self->store, self->run.run_id, rows, page->len, error);
  for (guint i = 0; i < page->len; i++) {
    NewProblem *new_ = &g_array_index (page, NewProblem, i);

    new_->member->member_id = rows[i].member_id;
    member_identify (self, new_->member, rows[i].hash, rows[i].prompt_hash);
  }
  g_array_set_size (page, 0);
  return is_ok;
}

static void
describe_problem (VervetEngine *self, const vv_problem *problem, Member *member, NewProblem *out)
{
  VervetHasher *hasher = vervet_hasher_new ("prompt");

  out->member = member;
  out->fields = fields_to_json (problem);
  out->prompt = messages_to_json (problem);
  out->row = (VervetProblemRow){ .benchmark = self->plan->benchmark->info->id,
                                 .key = problem->id,
                                 .group = problem->group,
                                 .fields = out->fields,
                                 .reference = problem->reference.len ? problem->reference.ptr : NULL,
                                 .reference_len = problem->reference.len,
                                 .prompt = out->prompt,
                                 .ord = member->ord,
                                 .planned = (gint64)self->plan->samples };
  vervet_problem_hash (out->fields, out->row.reference, out->row.reference_len, out->row.hash);
  vervet_hasher_add_string (hasher, out->prompt);
  vervet_hasher_finish (hasher, out->row.prompt_hash);
  /* The text in the member lives on; the benchmark's own is gone with its next call. */
  out->row.key = member->problem.id;
  out->row.group = member->problem.group;
  out->row.reference = problem->reference.len ? member->reference.ptr : NULL;
}

/* Ids name problems to people, content names them in the file: neither may stand for two. */
static gboolean
check_distinct (VervetEngine *self, GHashTable *ids, GHashTable *hashes, Member *member, GError **error)
{
  const char *benchmark = self->plan->benchmark->info->id;
  const Member *same = g_hash_table_lookup (hashes, member->hash);

  if (!g_hash_table_add (ids, (gpointer)member->problem.id)) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s: two problems have the id \"%s\"; ids must differ",
                 benchmark, member->problem.id);
    return FALSE;
  }
  if (same) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
                 "%s: the problems \"%s\" and \"%s\" are the same, fields and reference; leave one out (\"problems\"), "
                 "or publish a field in which they differ",
                 benchmark, same->problem.id, member->problem.id);
    return FALSE;
  }
  g_hash_table_insert (hashes, member->hash, member);
  return TRUE;
}

static gboolean
read_problem (VervetEngine *self, gint64 index, NewProblem *out, GError **error)
{
  const vv_benchmark_iface *iface = vervet_instance_iface (self->benchmark);
  vv_problem problem = { .struct_size = sizeof problem };
  vv_error err = { .struct_size = sizeof err };
  vv_status status = iface->problem (vervet_instance_self (self->benchmark), index, &problem, &err);

  if (status < 0 || !problem.id) {
    err.message[sizeof err.message - 1] = '\0';
    if (status >= 0)
      g_strlcpy (err.message, "the benchmark gave a problem without an id", sizeof err.message);
    vervet_status_to_error (error, self->plan->benchmark->info->id, status < 0 ? status : VV_E_INVALID, &err);
    return FALSE;
  }
  out->member = member_new (&problem, (guint)index);
  g_ptr_array_add (self->members, out->member);
  describe_problem (self, &problem, out->member, out);
  memcpy (out->member->hash, out->row.hash, sizeof out->member->hash);
  return TRUE;
}

gboolean
vervet_members_read (VervetEngine *self, GError **error)
{
  enum { PAGE = 500 };
  const vv_benchmark_iface *iface = vervet_instance_iface (self->benchmark);
  gint64 count = iface->count (vervet_instance_self (self->benchmark));
  const char *all = count < 0 ? "0-99" : "0-";
  g_autoptr (GArray) wanted = vervet_parse_problems (self->plan->problems ? self->plan->problems : all, count, error);
  g_autoptr (GArray) page = g_array_new (FALSE, TRUE, sizeof (NewProblem));
  g_autoptr (GHashTable) ids = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GHashTable) hashes = g_hash_table_new (hash_of_hash, equal_hashes);

  g_array_set_clear_func (page, new_problem_clear);
  for (guint i = 0; wanted && i < wanted->len; i++) {
    gint64 index = g_array_index (wanted, gint64, i);
    NewProblem new_ = { NULL };

    if (self->options.n_shards > 0 && (guint64)index % self->options.n_shards != self->options.shard)
      continue;
    if (!read_problem (self, index, &new_, error))
      return FALSE;
    g_array_append_val (page, new_);
    if (!check_distinct (self, ids, hashes, new_.member, error)
        || (page->len == PAGE && !add_problems (self, page, error)))
      return FALSE;
  }
  return wanted && (page->len == 0 || add_problems (self, page, error));
}

/* Members of a stored run, when its benchmark is not asked again (reverify). */
static gboolean
load_problem (VervetEngine *self, const VervetMemberRow *row, GError **error)
{
  g_autofree char *fields_text = NULL, *prompt_text = NULL;
  g_autoptr (GBytes) reference = NULL;
  g_autoptr (VervetJson) fields = NULL, prompt = NULL;
  g_autofree vv_field *f = NULL;
  g_autofree vv_message *m = NULL;
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  vv_problem problem = { .struct_size = sizeof problem, .id = row->key, .group = row->group, .reference = { "", 0 } };
  Member *member;

  if (!vervet_store_problem (self->reader, row->member_id, &fields_text, &reference, &prompt_text, error))
    return FALSE;
  fields = fields_text ? vervet_json_parse (fields_text, -1, "stored problem", VERVET_JSON_NAN, NULL) : NULL;
  prompt = prompt_text ? vervet_json_parse (prompt_text, -1, "stored prompt", VERVET_JSON_NAN, NULL) : NULL;
  f = g_new0 (vv_field, vervet_json_length (fields) + 1);
  for (guint i = 0; i < vervet_json_length (fields); i++) {
    const VervetJson *value = g_ptr_array_index (fields->items, i);

    f[i].name = g_ptr_array_index (fields->keys, i);
    if (value->type == VERVET_JSON_STRING) {
      f[i].text = (vv_str){ value->s, value->len };
    } else {
      char *text = vervet_json_to_string (value, 0);

      g_ptr_array_add (texts, text);
      f[i].text = vv_s (text);
    }
  }
  m = g_new0 (vv_message, vervet_json_length (prompt) + 1);
  for (guint i = 0; i < vervet_json_length (prompt); i++) {
    m[i].role = vervet_json_get_string (vervet_json_at (prompt, i), "role", "user");
    m[i].text = vv_s (vervet_json_get_string (vervet_json_at (prompt, i), "content", ""));
  }
  problem.fields = f;
  problem.n_fields = vervet_json_length (fields);
  problem.messages = m;
  problem.n_messages = vervet_json_length (prompt);
  if (reference) {
    gsize len;
    const char *data = g_bytes_get_data (reference, &len);

    problem.reference = (vv_str){ data ? data : "", len };
  }
  member = member_new (&problem, row->ord);
  member->member_id = row->member_id;
  g_ptr_array_add (self->members, member);
  member_identify (self, member, row->problem_hash, row->prompt_hash);
  return TRUE;
}

gboolean
vervet_members_load (VervetEngine *self, GError **error)
{
  g_autoptr (GArray) rows = vervet_store_members (self->reader, self->run.run_id, error);

  if (!rows)
    return FALSE;
  for (guint i = 0; i < rows->len; i++) {
    const VervetMemberRow *row = &g_array_index (rows, VervetMemberRow, i);

    if (self->options.n_shards > 0 && row->ord % self->options.n_shards != self->options.shard)
      continue;
    if (!load_problem (self, row, error))
      return FALSE;
  }
  return TRUE;
}

/* What an earlier start has left: trials that are done, failed rows, open jobs. */
gboolean
vervet_member_load_trials (VervetEngine *self, Member *member, GError **error)
{
  g_autoptr (GArray) trials = vervet_store_trials (self->reader, member->member_id, error);

  if (!trials)
    return FALSE;
  for (guint i = 0; i < trials->len; i++) {
    const VervetTrialState *t = &g_array_index (trials, VervetTrialState, i);
    gboolean is_final = t->status == VV_E_CONTEXT || t->status == VV_E_INVALID || t->status == VV_E_UNSUPPORTED;

    if (t->status >= 0 || is_final) {
      vervet_member_set_done (member, t->trial);
      member->n_final += t->status < 0 && t->trial < member->n_trials;
    } else {
      if (!member->failed)
        member->failed = g_hash_table_new (NULL, NULL);
      g_hash_table_insert (member->failed, GUINT_TO_POINTER (t->trial), (gpointer)(gsize)t->sample_id);
    }
  }
  return TRUE;
}

gboolean
vervet_member_load_jobs (VervetEngine *self, Member *member, GError **error)
{
  g_autoptr (GArray) jobs = vervet_store_jobs (self->reader, member->member_id, error);

  if (!jobs)
    return FALSE;
  for (guint i = 0; i < jobs->len; i++) {
    const VervetJobRow *job = &g_array_index (jobs, VervetJobRow, i);

    /* Cut off among its candidates: it runs again from its nodes, and rows that are there stay as they are. */
    if (job->check_id == 0 && job->state == 0)
      clear_done (member, job->trial);
    if (!member->jobs)
      member->jobs = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
    g_hash_table_insert (member->jobs, vervet_job_key (job->check_id, job->trial, job->ord),
                         g_memdup2 (&job->job_id, sizeof job->job_id));
  }
  return TRUE;
}
