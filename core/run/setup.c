/* Opening a run: the file, its members, roles and checks. All of it on the caller's thread, before the conductor
 * starts, so that whatever is wrong is said at once and by the call that asked. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "run/engine.h"
#include "run/experiment.h"
#include "util/hash.h"

/* ---- Members ---- */
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

static void
member_free (gpointer p)
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

static int
compare_id (gconstpointer a, gconstpointer b)
{
  gint64 x = (*(Member *const *)a)->member_id, y = (*(Member *const *)b)->member_id;

  return x < y ? -1 : x > y;
}

typedef struct {
  Member *member;
  VervetProblemRow row;
  char *fields, *prompt;
} NewProblem;

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
    g_free (new_->fields);
    g_free (new_->prompt);
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

static gboolean
read_problems (VervetEngine *self, GError **error)
{
  enum { PAGE = 500 };
  const vv_benchmark_iface *iface = vervet_instance_iface (self->benchmark);
  void *me = vervet_instance_self (self->benchmark);
  gint64 count = iface->count (me);
  g_autoptr (GArray) wanted = NULL;
  g_autoptr (GArray) page = g_array_new (FALSE, TRUE, sizeof (NewProblem));
  g_autoptr (GHashTable) keys = g_hash_table_new (g_str_hash, g_str_equal);

  wanted = vervet_parse_problems (self->plan->problems ? self->plan->problems
                                  : count < 0          ? "0-99"
                                                       : "0-",
                                  count, error);
  if (!wanted)
    return FALSE;
  for (guint i = 0; i < wanted->len; i++) {
    gint64 index = g_array_index (wanted, gint64, i);
    vv_problem problem = { .struct_size = sizeof problem };
    vv_error err = { .struct_size = sizeof err };
    NewProblem new_ = { NULL };
    vv_status status;

    if (self->options.n_shards > 0 && (guint64)index % self->options.n_shards != self->options.shard)
      continue;
    status = iface->problem (me, index, &problem, &err);
    if (status < 0 || !problem.id) {
      err.message[sizeof err.message - 1] = '\0';
      if (status >= 0)
        g_strlcpy (err.message, "the benchmark gave a problem without an id", sizeof err.message);
      vervet_status_to_error (error, self->plan->benchmark->info->id, status < 0 ? status : VV_E_INVALID, &err);
      return FALSE;
    }
    new_.member = member_new (&problem, (guint)index);
    describe_problem (self, &problem, new_.member, &new_);
    g_ptr_array_add (self->members, new_.member);
    g_array_append_val (page, new_);
    if (!g_hash_table_add (keys, (gpointer)new_.member->problem.id)) {
      g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s: two problems have the id \"%s\"; ids must differ",
                   self->plan->benchmark->info->id, new_.member->problem.id);
      return FALSE;
    }
    if (page->len == PAGE && !add_problems (self, page, error))
      return FALSE;
  }
  return page->len == 0 || add_problems (self, page, error);
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

static gboolean
load_problems (VervetEngine *self, GError **error)
{
  g_autoptr (GArray) rows = vervet_store_members (self->reader, self->run.run_id, error);

  if (!rows)
    return FALSE;
  g_array_set_clear_func (rows, (GDestroyNotify)vervet_member_row_clear);
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
static gboolean
load_trials (VervetEngine *self, Member *member, GError **error)
{
  g_autoptr (GArray) trials = vervet_store_trials (self->reader, member->member_id, error);

  if (!trials)
    return FALSE;
  for (guint i = 0; i < trials->len; i++) {
    const VervetTrialState *t = &g_array_index (trials, VervetTrialState, i);
    gboolean is_final = t->status == VV_E_CONTEXT || t->status == VV_E_INVALID || t->status == VV_E_UNSUPPORTED;

    if (t->status >= 0 || is_final) {
      vervet_member_set_done (member, t->trial);
      member->n_failed += t->status < 0 && t->trial < member->n_trials;
    } else {
      if (!member->failed)
        member->failed = g_hash_table_new (NULL, NULL);
      g_hash_table_insert (member->failed, GUINT_TO_POINTER (t->trial), (gpointer)(gsize)t->sample_id);
    }
  }
  return TRUE;
}

static gboolean
load_jobs (VervetEngine *self, Member *member, GError **error)
{
  g_autoptr (GArray) jobs = vervet_store_jobs (self->reader, member->member_id, error);

  if (!jobs)
    return FALSE;
  for (guint i = 0; i < jobs->len; i++) {
    const VervetJobRow *job = &g_array_index (jobs, VervetJobRow, i);

    if (!member->jobs)
      member->jobs = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
    g_hash_table_insert (member->jobs, vervet_job_key (job->check_id, job->trial, job->ord),
                         g_memdup2 (&job->job_id, sizeof job->job_id));
  }
  return TRUE;
}

/* ---- The run ---- */
static gboolean
refuse_other (VervetEngine *self, const VervetRunRow *old, GError **error)
{
  g_auto (GStrv) keys = vervet_plan_differences (self->plan, old->spec);
  g_autofree char *list = keys ? g_strjoinv (", ", keys) : NULL;

  g_set_error (
      error, VERVET_ERROR, VERVET_ERROR_INPUT,
      "%s holds a run \"%s\" of another experiment (they differ in: %s); give this one another \"name\" or file (-o)",
      self->options.path, old->name, list && *list ? list : "a component's version");
  return FALSE;
}

static gboolean
open_run (VervetEngine *self, gboolean *is_new, GError **error)
{
  const VervetPlan *plan = self->plan;
  g_autoptr (GArray) runs = vervet_store_runs (self->reader, error);
  VervetRunRow *found = NULL;

  if (!runs)
    return FALSE;
  g_array_set_clear_func (runs, (GDestroyNotify)vervet_run_row_clear);
  for (guint i = 0; i < runs->len; i++)
    if (strcmp (g_array_index (runs, VervetRunRow, i).name, plan->name) == 0)
      found = &g_array_index (runs, VervetRunRow, i);
  *is_new = !found;
  if (self->options.verify_only) {
    if (!found) {
      g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s holds no run \"%s\"", self->options.path, plan->name);
      return FALSE;
    }
    if (found->counts_only) {
      g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
                   "\"%s\" holds imported counts and no samples: there is nothing to judge", plan->name);
      return FALSE;
    }
  } else if (found && memcmp (found->fingerprint, plan->fingerprint, VERVET_HASH_SIZE) != 0) {
    return refuse_other (self, found, error);
  }
  if (found) {
    self->run = *found;
    found->name = found->arm = found->spec = NULL;
    return TRUE;
  }
  self->run = (VervetRunRow){ .name = g_strdup (plan->name),
                              .arm = g_strdup (plan->arm),
                              .spec = g_strdup (plan->spec),
                              .seed = plan->seed,
                              .one_call = plan->one_call,
                              .stopping = plan->stopping,
                              .oracle = plan->oracle,
                              .state = VERVET_RUN_RUNNING,
                              .created_ms = g_get_real_time () / 1000 };
  memcpy (self->run.fingerprint, plan->fingerprint, VERVET_HASH_SIZE);
  for (guint i = 0; i < VERVET_HASH_SIZE; i++)
    self->run.has_sweep = self->run.has_sweep || plan->sweep[i];
  memcpy (self->run.sweep, plan->sweep, VERVET_HASH_SIZE);
  {
    /* The same experiment in another file, a shard say, is the same run: merging knows it by this. */
    VervetHasher *hasher = vervet_hasher_new ("run");

    vervet_hasher_add (hasher, plan->fingerprint, VERVET_HASH_SIZE);
    vervet_hasher_add_string (hasher, plan->name);
    vervet_hasher_finish (hasher, self->run.uuid);
  }
  return vervet_store_add_run (self->store, &self->run, error);
}

static gboolean
open_ledger (VervetEngine *self, GError **error)
{
  static const char *const units[N_UNITS] = { "calls", "input", "output", "sequential", "money", "flops", "seconds" };
  g_autoptr (GArray) rows = NULL;
  VervetLedgerRow caps[N_UNITS];
  guint n = 0;

  for (guint u = 0; u < N_UNITS; u++)
    if (isfinite (self->plan->caps[u]))
      caps[n++] = (VervetLedgerRow){ .unit = units[u], .cap = self->plan->caps[u] };
  if (!vervet_store_open_ledger (self->store, self->run.run_id, caps, n, error))
    return FALSE;
  rows = vervet_store_ledger (self->reader, self->run.run_id, error);
  for (guint i = 0; rows && i < rows->len; i++) {
    const VervetLedgerRow *row = &g_array_index (rows, VervetLedgerRow, i);

    for (guint u = 0; u < N_UNITS; u++)
      if (strcmp (row->unit, units[u]) == 0)
        /* What was reserved at a crash may have been spent. */
        self->spent[u] = row->spent + row->lost;
  }
  return rows != NULL;
}

static void
write_facts_of (VervetJsonWriter *w, const char *key, const VervetComponentInfo *info)
{
  vervet_json_writer_key (w, key);
  vervet_json_writer_begin_object (w);
  vervet_json_writer_key (w, "component");
  vervet_json_writer_string (w, info->id);
  vervet_json_writer_key (w, "behaviour");
  vervet_json_writer_int (w, info->behaviour);
  vervet_json_writer_key (w, "plugin");
  vervet_json_writer_string (w, info->plugin->id);
  vervet_json_writer_key (w, "version");
  vervet_json_writer_string (w, info->plugin->version);
  vervet_json_writer_end_object (w);
}

static char *
epoch_facts (VervetEngine *self)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (VervetJsonWriter) w = vervet_json_writer_new (out, 0);
  struct utsname host;

  uname (&host);
  vervet_json_writer_begin_object (w);
  vervet_json_writer_key (w, "vervet");
  vervet_json_writer_string (w, self->version);
  vervet_json_writer_key (w, "host");
  vervet_json_writer_string (w, host.nodename);
  vervet_json_writer_key (w, "system");
  vervet_json_writer_string (w, host.release);
  vervet_json_writer_key (w, "cores");
  vervet_json_writer_int (w, g_get_num_processors ());
  if (self->plan->benchmark)
    write_facts_of (w, "benchmark", self->plan->benchmark->info);
  if (self->plan->sampler)
    write_facts_of (w, "sampler", self->plan->sampler->info);
  for (guint i = 0; i < self->endpoints->len; i++) {
    const Endpoint *endpoint = g_ptr_array_index (self->endpoints, i);
    g_autofree char *key = g_strconcat ("models.", endpoint->binding->role, NULL);

    write_facts_of (w, key, endpoint->binding->info);
    if (endpoint->info.name[0]) {
      g_autofree char *name_key = g_strconcat (key, ".name", NULL),
                      *print_key = g_strconcat (key, ".fingerprint", NULL);

      vervet_json_writer_key (w, name_key);
      vervet_json_writer_string (w, endpoint->info.name);
      vervet_json_writer_key (w, print_key);
      vervet_json_writer_string (w, endpoint->info.fingerprint);
    }
  }
  vervet_json_writer_end_object (w);
  return g_strdup (out->str);
}

/* ---- Roles and checks ---- */
static gboolean
open_endpoints (VervetEngine *self, GError **error)
{
  for (guint i = 0; i < self->plan->roles->len; i++) {
    Endpoint *endpoint = g_new0 (Endpoint, 1);

    endpoint->engine = self;
    endpoint->binding = g_ptr_array_index (self->plan->roles, i);
    g_ptr_array_add (self->endpoints, endpoint);
    if (!vervet_endpoint_open (endpoint, error))
      return FALSE;
  }
  return TRUE;
}

static void
on_judged (gpointer user, VervetJudged *judged)
{
  const Msg msg = { .kind = MSG_JUDGED, .from = judged };

  vervet_engine_post (user, &msg);
}

static VervetKeeper *
need_keeper (VervetEngine *self)
{
  if (!self->keeper) {
    guint n = self->plan->workers ? self->plan->workers : g_get_num_processors ();

    self->keeper = vervet_keeper_new (n, self->plan->check_timeout_ms, on_judged, self);
  }
  return self->keeper;
}

static gboolean
open_grading (VervetEngine *self, const VervetBinding *binding, GError **error)
{
  Grading *grading = g_new0 (Grading, 1);
  g_autoptr (VervetJson) options = vervet_options_to_json (binding->options, FALSE);
  g_autofree char *text = vervet_json_to_canonical (options);
  VervetCheckRow row = {
    .component = binding->info->id, .name = binding->role, .options = text, .behaviour = binding->info->behaviour
  };

  grading->engine = self;
  grading->binding = binding;
  g_ptr_array_add (self->gradings, grading);
  if (binding->info->caps & VV_CAP_SET_WISE) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT,
                 "'%s' judges whole sets of candidates; this version judges texts one by one", binding->info->id);
    return FALSE;
  }
  vervet_check_fingerprint (self->plan, binding, row.fingerprint);
  if (!vervet_store_add_check (self->store, &row, error))
    return FALSE;
  grading->check_id = row.check_id;
  if (binding->info->kind == VV_KIND_VERIFIER) {
    grading->slot = vervet_keeper_add (need_keeper (self), binding->info, binding->options);
    return TRUE;
  }
  grading->judge = vervet_instance_new (self->registry, binding->info, binding->options, error);
  return grading->judge != NULL;
}

static gboolean
open_checks (VervetEngine *self, GError **error)
{
  for (guint i = 0; i < self->plan->checks->len; i++)
    if (!open_grading (self, g_ptr_array_index (self->plan->checks, i), error))
      return FALSE;
  for (guint i = 0; i < self->endpoints->len; i++) {
    Endpoint *endpoint = g_ptr_array_index (self->endpoints, i);

    if (endpoint->binding->info->kind == VV_KIND_VERIFIER)
      endpoint->slot = vervet_keeper_add (need_keeper (self), endpoint->binding->info, endpoint->binding->options);
  }
  return !self->keeper || vervet_keeper_start (self->keeper, error);
}

static gboolean
set_scans (VervetEngine *self, GError **error)
{
  gint64 last = vervet_store_last_sample (self->reader);

  for (guint i = 0; i < self->gradings->len; i++) {
    Grading *grading = g_ptr_array_index (self->gradings, i);
    gint64 n = vervet_store_count_unjudged (self->reader, self->run.run_id, grading->check_id, error);

    if (n < 0)
      return FALSE;
    self->progress.to_judge += n;
    grading->scan_until = n > 0 ? last : 0;
    grading->last_sample = last;
  }
  return TRUE;
}

/* ---- The whole ---- */
static void
on_stalled (gpointer user, const GError *why)
{
  VervetEngine *self = user;

  g_mutex_lock (&self->lock);
  g_strlcpy (self->stalled, why->message, sizeof self->stalled);
  if (self->stalled_us == 0)
    self->stalled_us = g_get_monotonic_time ();
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static void
on_committed (gpointer user, gint64 last, guint n_samples, guint n_verdicts)
{
  VervetEngine *self = user;

  (void)last, (void)n_samples, (void)n_verdicts;
  g_mutex_lock (&self->lock);
  self->stalled[0] = '\0';
  self->stalled_us = 0;
  g_mutex_unlock (&self->lock);
}

static gboolean
open_components (VervetEngine *self, GError **error)
{
  if (!self->options.verify_only) {
    self->benchmark =
        vervet_instance_new (self->registry, self->plan->benchmark->info, self->plan->benchmark->options, error);
    if (!self->benchmark)
      return FALSE;
    self->sampler =
        vervet_instance_new (self->registry, self->plan->sampler->info, self->plan->sampler->options, error);
    if (!self->sampler)
      return FALSE;
  }
  return open_endpoints (self, error);
}

static gboolean
load_state (VervetEngine *self, gboolean is_new, GError **error)
{
  gboolean has_jobs = !self->plan->one_call;

  for (guint i = 0; i < self->gradings->len; i++)
    has_jobs = has_jobs || ((Grading *)g_ptr_array_index (self->gradings, i))->judge;
  for (guint i = 0; i < self->members->len; i++) {
    Member *member = g_ptr_array_index (self->members, i);

    if (!is_new && !self->options.verify_only && !load_trials (self, member, error))
      return FALSE;
    if (!is_new && has_jobs && !load_jobs (self, member, error))
      return FALSE;
    self->progress.resumed += (gint64)(member->n_done - MIN (member->n_failed, member->n_done));
    self->progress.planned += (gint64)(self->options.verify_only ? 0 : member->n_trials);
    g_ptr_array_add (self->by_id, member);
  }
  g_ptr_array_sort (self->by_id, compare_id);
  self->progress.problems = self->members->len;
  self->progress.done = self->progress.resumed;
  return TRUE;
}

gboolean
vervet_engine_open (VervetEngine *self, GError **error)
{
  static const VervetWriterEvents no_user = { on_committed, on_stalled, NULL };
  VervetWriterEvents events = no_user;
  g_autofree char *facts = NULL;
  gboolean is_new = FALSE;

  self->members = g_ptr_array_new_with_free_func (member_free);
  self->by_id = g_ptr_array_new ();
  self->endpoints = g_ptr_array_new ();
  self->gradings = g_ptr_array_new ();
  /* Components first: what cannot start leaves no file behind. */
  if (!open_components (self, error))
    return FALSE;
  self->store = vervet_store_open_write (self->options.path, error);
  if (!self->store)
    return FALSE;
  self->reader = vervet_store_open (self->options.path, error);
  if (!self->reader || !open_run (self, &is_new, error))
    return FALSE;
  if (self->options.verify_only ? !load_problems (self, error) : !read_problems (self, error))
    return FALSE;
  if (!load_state (self, is_new, error) || !open_ledger (self, error) || !open_checks (self, error)
      || !set_scans (self, error))
    return FALSE;
  facts = epoch_facts (self);
  if (!vervet_store_add_epoch (self->store, self->run.run_id, facts, &self->epoch_id, error)
      || (!self->options.verify_only
          && !vervet_store_set_run_state (self->store, self->run.run_id, VERVET_RUN_RUNNING, error)))
    return FALSE;
  events.user_data = self;
  self->writer = vervet_writer_start (self->store, &events, error);
  return self->writer != NULL;
}

static void
grading_free (Grading *grading)
{
  vervet_instance_free (grading->judge);
  g_clear_pointer (&grading->recent, g_hash_table_unref);
  g_clear_pointer (&grading->older, g_hash_table_unref);
  g_queue_clear_full (&grading->order, g_free);
  g_free (grading);
}

void
vervet_engine_close (VervetEngine *self)
{
  vervet_keeper_free (self->keeper);
  for (guint i = 0; self->gradings && i < self->gradings->len; i++)
    grading_free (g_ptr_array_index (self->gradings, i));
  for (guint i = 0; self->endpoints && i < self->endpoints->len; i++)
    vervet_endpoint_free (g_ptr_array_index (self->endpoints, i));
  g_clear_pointer (&self->gradings, g_ptr_array_unref);
  g_clear_pointer (&self->endpoints, g_ptr_array_unref);
  g_clear_pointer (&self->by_id, g_ptr_array_unref);
  g_clear_pointer (&self->members, g_ptr_array_unref);
  vervet_instance_free (self->sampler);
  vervet_instance_free (self->benchmark);
  vervet_store_close (self->reader);
  vervet_store_close (self->store);
  vervet_run_row_clear (&self->run);
}
