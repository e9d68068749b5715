/* Opening a run: the file, its members, roles and checks. All of it on the caller's thread, before the conductor
 * starts, so that whatever is wrong is said at once and by the call that asked. */
#include <math.h>
#include <string.h>
#include <sys/utsname.h>

#include "run/engine.h"
#include "run/experiment.h"
#include "util/hash.h"

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

    if (!is_new && !self->options.verify_only && !vervet_member_load_trials (self, member, error))
      return FALSE;
    if (!is_new && has_jobs && !vervet_member_load_jobs (self, member, error))
      return FALSE;
    self->progress.resumed += (gint64)(member->n_done - member->n_final);
    self->progress.planned += (gint64)(self->options.verify_only ? 0 : member->n_trials);
    g_ptr_array_add (self->by_id, member);
  }
  g_ptr_array_sort (self->by_id, vervet_member_compare_id);
  self->progress.problems = self->members->len;
  self->progress.done = self->progress.resumed;
  self->progress.is_search = !self->plan->one_call;
  return TRUE;
}

static gboolean
use_last_epoch (VervetEngine *self)
{
  g_autoptr (GArray) epochs = vervet_store_epochs (self->reader, self->run.run_id, NULL);

  for (guint i = 0; epochs && i < epochs->len; i++)
    self->epoch_id = MAX (self->epoch_id, g_array_index (epochs, VervetEpochRow, i).epoch_id);
  return self->epoch_id > 0;
}

gboolean
vervet_engine_open (VervetEngine *self, GError **error)
{
  static const VervetWriterEvents no_user = { on_committed, on_stalled, NULL };
  VervetWriterEvents events = no_user;
  g_autofree char *facts = NULL;
  gboolean is_new = FALSE;

  self->members = g_ptr_array_new_with_free_func (vervet_member_free);
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
  if (self->options.verify_only ? !vervet_members_load (self, error) : !vervet_members_read (self, error))
    return FALSE;
  if (!load_state (self, is_new, error) || !open_ledger (self, error) || !open_checks (self, error)
      || !set_scans (self, error))
    return FALSE;
  if (self->options.verify_only && use_last_epoch (self))
    facts = NULL; /* judging draws nothing: it is no epoch of its own */
  else
    facts = epoch_facts (self);
  if ((facts && !vervet_store_add_epoch (self->store, self->run.run_id, facts, &self->epoch_id, error))
      || (!self->options.verify_only
          && !vervet_store_set_run_state (self->store, self->run.run_id, VERVET_RUN_RUNNING, error)))
    return FALSE;
  if (!is_new && !self->options.verify_only
      && !vervet_store_set_run_spec (self->store, self->run.run_id, self->plan->spec, error))
    return FALSE;
  events.user_data = self;
  self->writer = vervet_writer_start (self->store, &events, error);
  /* From now on the checks belong to the run, whether or not there is something to judge. */
  for (guint i = 0; self->writer && i < self->gradings->len; i++)
    vervet_writer_progress (self->writer, ((const Grading *)g_ptr_array_index (self->gradings, i))->check_id,
                            self->run.run_id, 0);
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
