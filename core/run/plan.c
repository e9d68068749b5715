#include <math.h>
#include <string.h>

#include "run/experiment.h"
#include "util/hash.h"
#include "util/text.h"

const char *const vervet_budget_units[7] = { "calls", "input-tokens", "output-tokens", "sequential-tokens",
                                             "usd",   "flops",        "seconds" };

static const char *const top_keys[] = { "name",      "description", "benchmark", "sampler",
                                        "verifiers", "models",      "budget",    "trial-budget",
                                        "seed",      "concurrency", "workers",   "check-timeout",
                                        NULL };
/* What an experiment may say of a role beside the component's own options. */
static const char *const role_keys[] = { "use",         "reference",    "temperature",  "top-p",
                                         "min-p",       "top-k",        "max-tokens",   "timeout",
                                         "price-input", "price-cached", "price-output", NULL };

typedef struct {
  VervetRegistry *registry;
  const VervetExperiment *experiment;
  VervetPlan *plan;
} Maker;

static void
binding_free (gpointer p)
{
  VervetBinding *binding = p;

  if (!binding)
    return;
  g_free (binding->role);
  vervet_options_free (binding->options);
  g_free (binding->reference_field);
  g_free (binding);
}

void
vervet_plan_free (VervetPlan *self)
{
  if (!self)
    return;
  g_free (self->name);
  g_free (self->spec);
  g_free (self->arm);
  binding_free (self->benchmark);
  binding_free (self->sampler);
  g_clear_pointer (&self->checks, g_ptr_array_unref);
  g_clear_pointer (&self->roles, g_ptr_array_unref);
  g_free (self->problems);
  g_free (self);
}

G_GNUC_PRINTF (4, 5)
static gboolean
fail (const Maker *m, const VervetJson *at, GError **error, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list args;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  if (at && at->line > 0)
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s:%u:%u: %s", m->experiment->file, at->line, at->column,
                 message);
  else
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s: %s", m->experiment->file, message);
  return FALSE;
}

static gboolean
check_keys (const Maker *m, const VervetJson *object, const char *const *known, const char *what, GError **error)
{
  if (object->type != VERVET_JSON_OBJECT)
    return fail (m, object, error, "%s is an object: { ... }", what);
  for (guint i = 0; i < vervet_json_length (object); i++) {
    const char *key = g_ptr_array_index (object->keys, i);
    g_autofree char *hint = NULL;

    if (g_strv_contains (known, key))
      continue;
    hint = vervet_text_did_you_mean (key, known);
    return fail (m, g_ptr_array_index (object->items, i), error, "unknown key \"%s\" in %s%s", key, what, hint);
  }
  return TRUE;
}

/* A number in [min, max]; *out keeps its value when the key is absent. */
static gboolean
get_number (const Maker *m, const VervetJson *object, const char *key, double min, double max, double *out,
            GError **error)
{
  const VervetJson *node = vervet_json_get (object, key);

  if (!node)
    return TRUE;
  if (node->type != VERVET_JSON_INT && node->type != VERVET_JSON_FLOAT)
    return fail (m, node, error, "\"%s\" is a number", key);
  if (!(node->f >= min && node->f <= max)) {
    g_autofree char *low = vervet_text_double (min), *high = vervet_text_double (max);

    return fail (m, node, error, "\"%s\" lies between %s and %s", key, low, high);
  }
  *out = node->f;
  return TRUE;
}

static gboolean
get_integer (const Maker *m, const VervetJson *object, const char *key, gint64 min, gint64 max, gint64 *out,
             GError **error)
{
  const VervetJson *node = vervet_json_get (object, key);

  if (!node)
    return TRUE;
  if (node->type == VERVET_JSON_FLOAT && node->f == floor (node->f) && fabs (node->f) < 9e15)
    *out = (gint64)node->f; /* 2e6 is a whole number to a person */
  else if (node->type == VERVET_JSON_INT)
    *out = node->i;
  else
    return fail (m, node, error, "\"%s\" is a whole number", key);
  if (*out < min || *out > max)
    return fail (m, node, error, "\"%s\" lies between %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT, key, min, max);
  return TRUE;
}

/* A line of text, @fallback (nullable) when the key is absent. */
static gboolean
read_text (const Maker *m, const VervetJson *object, const char *key, const char *fallback, char **out, GError **error)
{
  const VervetJson *node = vervet_json_get (object, key);

  if (node && (node->type != VERVET_JSON_STRING || !*node->s || strchr (node->s, '\n')))
    return fail (m, node, error, "\"%s\" is a line of text", key);
  *out = g_strdup (node ? node->s : fallback);
  return TRUE;
}

/* ---- Components ---- */
static const vv_option *
find_option (const VervetComponentInfo *info, const char *name)
{
  for (guint i = 0; i < info->n_options; i++)
    if (strcmp (info->options[i].name, name) == 0)
      return &info->options[i];
  return NULL;
}

/* ${NAME} in a secret is the environment's; a relative path that was typed on the command line leads from the current
 * folder, not from the experiment's. */
static gboolean
resolve_values (const Maker *m, const VervetComponentInfo *info, VervetJson *object, GError **error)
{
  for (guint i = 0; i < vervet_json_length (object); i++) {
    const char *key = g_ptr_array_index (object->keys, i);
    VervetJson *value = g_ptr_array_index (object->items, i);
    const vv_option *option = find_option (info, key);

    if (!option || value->type != VERVET_JSON_STRING)
      continue;
    if (option->type == VV_T_SECRET && g_str_has_prefix (value->s, "${") && g_str_has_suffix (value->s, "}")) {
      g_autofree char *name = g_strndup (value->s + 2, strlen (value->s) - 3);
      const char *secret = g_getenv (name);

      if (!secret)
        return fail (m, value, error, "the environment has no %s, which \"%s\" names", name, key);
      vervet_json_set (object, key, vervet_json_new_string (secret));
    } else if (option->type == VV_T_PATH && value->line == 0 && *value->s) {
      g_autofree char *path = g_canonicalize_filename (value->s, NULL);

      vervet_json_set (object, key, vervet_json_new_string (path));
    }
  }
  return TRUE;
}

/* @node: an id or { "use": id, options... }. @extra: keys that are no options (NULL-terminated). */
static VervetBinding *
bind_component (const Maker *m, const VervetJson *node, const guint *kinds, const char *const *extra, const char *what,
                GError **error)
{
  g_autoptr (VervetJson) object = NULL;
  g_autofree char *where = NULL;
  g_autoptr (GPtrArray) ignore = g_ptr_array_new ();
  const VervetComponentInfo *info = NULL;
  const char *id;
  VervetOptions *options;
  VervetBinding *binding;

  if (node->type == VERVET_JSON_STRING) {
    id = node->s;
  } else if (node->type == VERVET_JSON_OBJECT) {
    id = vervet_json_get_string (node, "use", NULL);
  } else {
    fail (m, node, error, "%s is an id or an object { \"use\": id, ... }", what);
    return NULL;
  }
  if (!id) {
    fail (m, node, error, "%s needs \"use\": the id of a component (see `vervet plugins`)", what);
    return NULL;
  }
  for (guint i = 0; kinds[i] && !info; i++)
    info = vervet_registry_lookup (m->registry, kinds[i], id);
  info = vervet_registry_find (m->registry, info ? info->kind : kinds[1] ? 0 : kinds[0], id, error);
  if (info) {
    gboolean is_kind = FALSE;

    for (guint i = 0; kinds[i]; i++)
      is_kind = is_kind || info->kind == kinds[i];
    if (!is_kind) {
      fail (m, node, error, "%s: '%s' is a %s", what, id, vervet_kind_name (info->kind));
      info = NULL;
    }
  } else if (node->line > 0) {
    g_prefix_error (error, "%s:%u:%u: ", m->experiment->file, node->line, node->column);
  }
  if (!info)
    return NULL;
  object = node->type == VERVET_JSON_OBJECT ? vervet_json_copy (node) : vervet_json_new (VERVET_JSON_OBJECT);
  if (!resolve_values (m, info, object, error))
    return NULL;
  for (guint i = 0; extra[i]; i++)
    if (!find_option (info, extra[i]))
      g_ptr_array_add (ignore, (gpointer)extra[i]);
  g_ptr_array_add (ignore, NULL);
  where = g_strdup (m->experiment->file);
  options =
      vervet_options_new (info, object, (const char *const *)ignore->pdata, m->experiment->base_dir, where, error);
  if (!options)
    return NULL;
  binding = g_new0 (VervetBinding, 1);
  binding->info = info;
  binding->options = options;
  binding->price_input = binding->price_cached = binding->price_output = NAN;
  return binding;
}

static gboolean
read_role_keys (const Maker *m, const VervetJson *node, VervetBinding *binding, GError **error)
{
  const VervetJson *reference = vervet_json_get (node, "reference");

  if (reference) {
    if (reference->type == VERVET_JSON_STRING && strcmp (reference->s, "gold") == 0)
      binding->gold = m->plan->oracle = TRUE;
    else if (reference->type == VERVET_JSON_STRING && g_str_has_prefix (reference->s, "field:"))
      binding->reference_field = g_strdup (reference->s + 6);
    else
      return fail (m, reference, error, "\"reference\" is \"gold\" (an oracle run) or \"field:NAME\"");
  }
  return get_number (m, node, "temperature", 0, 100, &binding->temperature, error)
         && get_number (m, node, "top-p", 0, 1, &binding->top_p, error)
         && get_number (m, node, "min-p", 0, 1, &binding->min_p, error)
         && get_integer (m, node, "top-k", 0, G_MAXINT32, &binding->top_k, error)
         && get_integer (m, node, "max-tokens", 1, G_MAXINT32, &binding->max_tokens, error)
         && get_number (m, node, "timeout", 0.001, 1e6, &binding->timeout_s, error)
         && get_number (m, node, "price-input", 0, 1e9, &binding->price_input, error)
         && get_number (m, node, "price-cached", 0, 1e9, &binding->price_cached, error)
         && get_number (m, node, "price-output", 0, 1e9, &binding->price_output, error);
}

static gboolean
make_roles (Maker *m, GError **error)
{
  static const guint kinds[] = { VV_KIND_MODEL, VV_KIND_CODEC, VV_KIND_VERIFIER, VV_KIND_JUDGE, 0 };
  const VervetJson *models = vervet_json_get (m->experiment->json, "models");

  if (!models)
    return TRUE;
  if (models->type != VERVET_JSON_OBJECT)
    return fail (m, models, error, "\"models\" is an object of roles: { \"model\": ... }");
  for (guint i = 0; i < vervet_json_length (models); i++) {
    const VervetJson *node = g_ptr_array_index (models->items, i);
    const char *role = g_ptr_array_index (models->keys, i);
    g_autofree char *what = g_strconcat ("models.", role, NULL);
    VervetBinding *binding = bind_component (m, node, kinds, role_keys, what, error);

    if (!binding)
      return FALSE;
    binding->role = g_strdup (role);
    g_ptr_array_add (m->plan->roles, binding);
    if (!read_role_keys (m, node, binding, error))
      return FALSE;
  }
  return TRUE;
}

/* Every role that a component needs is bound to something that can do what it asks for. */
static gboolean
check_roles (const Maker *m, const VervetComponentInfo *info, GError **error)
{
  for (guint i = 0; i < info->n_roles; i++) {
    const vv_role *role = &info->roles[i];
    gboolean is_bound = role->flags & VV_ROLE_OPTIONAL;

    for (guint j = 0; j < m->plan->roles->len; j++) {
      const VervetBinding *binding = g_ptr_array_index (m->plan->roles, j);
      g_autofree char *many = g_strconcat (role->name, ".", NULL);

      if (strcmp (binding->role, role->name) == 0
          || ((role->flags & VV_ROLE_MANY) && g_str_has_prefix (binding->role, many))) {
        is_bound = TRUE;
        if (binding->info->kind == VV_KIND_VERIFIER && !(role->ops & (1u << VV_OP_SCORE)))
          return fail (m, NULL, error, "models.%s: '%s' wants a model there (%s), and '%s' is a verifier", role->name,
                       info->id, role->help, binding->info->id);
      }
    }
    if (!is_bound)
      return fail (m, NULL, error,
                   "'%s' needs the role \"%s\" (%s): add \"models\": { \"%s\": ... } or --set models.%s=ID", info->id,
                   role->name, role->help, role->name, role->name);
  }
  return TRUE;
}

static gboolean
make_checks (Maker *m, GError **error)
{
  static const guint kinds[] = { VV_KIND_VERIFIER, VV_KIND_JUDGE, 0 };
  static const char *const extra[] = { "use", "name", NULL };
  VervetJson *list = vervet_json_get (m->experiment->json, "verifiers");
  g_autoptr (VervetJson) single = NULL;

  if (list && list->type != VERVET_JSON_ARRAY) {
    single = vervet_json_new (VERVET_JSON_ARRAY);
    vervet_json_append (single, vervet_json_copy (list));
    list = single;
  }
  for (guint i = 0; i < vervet_json_length (list); i++) {
    const VervetJson *node = vervet_json_at (list, i);
    VervetBinding *binding = bind_component (m, node, kinds, extra, "an entry of \"verifiers\"", error);

    if (!binding)
      return FALSE;
    binding->gold = TRUE;
    if (!read_text (m, node, "name", binding->info->id, &binding->role, error)) {
      binding_free (binding);
      return FALSE;
    }
    for (guint j = 0; j < m->plan->checks->len; j++)
      if (strcmp (((VervetBinding *)g_ptr_array_index (m->plan->checks, j))->role, binding->role) == 0) {
        fail (m, node, error, "two verifiers are called \"%s\"; give one a \"name\"", binding->role);
        binding_free (binding);
        return FALSE;
      }
    g_ptr_array_add (m->plan->checks, binding);
    if (!check_roles (m, binding->info, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
read_caps (const Maker *m, const char *key, double caps[7], GError **error)
{
  static const char *const known[] = { "calls", "input-tokens", "output-tokens", "sequential-tokens",
                                       "usd",   "flops",        "seconds",       NULL };
  const VervetJson *object = vervet_json_get (m->experiment->json, key);

  for (guint u = 0; u < G_N_ELEMENTS (vervet_budget_units); u++)
    caps[u] = INFINITY;
  if (!object)
    return TRUE;
  if (!check_keys (m, object, known, key, error))
    return FALSE;
  for (guint u = 0; u < G_N_ELEMENTS (vervet_budget_units); u++)
    if (!get_number (m, object, vervet_budget_units[u], 0, G_MAXDOUBLE, &caps[u], error))
      return FALSE;
  return TRUE;
}

/* ---- The whole ---- */
static char *
default_name (const VervetPlan *plan)
{
  const VervetBinding *model = NULL;

  for (guint i = 0; i < plan->roles->len && !model; i++) {
    const VervetBinding *binding = g_ptr_array_index (plan->roles, i);

    if (strcmp (binding->role, "model") == 0)
      model = binding;
  }
  return g_strconcat (plan->benchmark->info->id, model ? "-" : NULL, model ? model->info->id : NULL, NULL);
}

static gboolean
read_scalars (Maker *m, GError **error)
{
  VervetPlan *plan = m->plan;
  const VervetJson *json = m->experiment->json, *description = vervet_json_get (json, "description");
  const VervetJson *sampler = vervet_json_get (json, "sampler"), *problems;
  const VervetJson *benchmark = vervet_json_get (json, "benchmark");
  gint64 seed = 1, samples = 1, concurrency = 0, workers = 0;
  double check_timeout = 10;

  if (description && description->type != VERVET_JSON_STRING)
    return fail (m, description, error, "\"description\" is a text");
  if (!read_text (m, json, "name", NULL, &plan->name, error))
    return FALSE;
  if (!plan->name && plan->benchmark)
    plan->name = default_name (plan);
  problems = vervet_json_get (benchmark, "problems");
  if (problems) {
    plan->problems = problems->type == VERVET_JSON_INT && problems->i > 0
                         ? g_strdup_printf ("0-%" G_GINT64_FORMAT, problems->i - 1)
                     : problems->type == VERVET_JSON_STRING ? g_strdup (problems->s)
                                                            : NULL;
    if (!plan->problems || !vervet_problems_is_list (plan->problems))
      return fail (m, problems, error, "\"problems\" is a number of problems or a list such as \"0-127,130\"");
  }
  if (!get_integer (m, json, "seed", 0, G_MAXINT64, &seed, error)
      || !get_integer (m, sampler, "samples", 1, (1 << 24) - 1, &samples, error)
      || !get_integer (m, json, "concurrency", 1, 1000000, &concurrency, error)
      || !get_integer (m, json, "workers", 1, 4096, &workers, error)
      || !get_number (m, json, "check-timeout", 0.01, 86400, &check_timeout, error))
    return FALSE;
  plan->seed = (guint64)seed;
  plan->samples = (guint64)samples;
  plan->concurrency = (guint)concurrency;
  plan->workers = (guint)workers;
  plan->check_timeout_ms = (guint64)(check_timeout * 1000);
  return read_caps (m, "budget", plan->caps, error) && read_caps (m, "trial-budget", plan->trial_caps, error);
}

static gboolean
check_money (const Maker *m, GError **error)
{
  const VervetPlan *plan = m->plan;

  if (!isfinite (plan->caps[4]) && !isfinite (plan->trial_caps[4]))
    return TRUE;
  for (guint i = 0; i < plan->roles->len; i++) {
    const VervetBinding *binding = g_ptr_array_index (plan->roles, i);

    if ((binding->info->kind == VV_KIND_MODEL || binding->info->kind == VV_KIND_CODEC)
        && (isnan (binding->price_input) || isnan (binding->price_output)))
      return fail (
          m, NULL, error,
          "a budget in usd needs prices: give models.%s \"price-input\" and \"price-output\" (for 10^6 tokens)",
          binding->role);
  }
  return TRUE;
}

VervetPlan *
vervet_plan_new (VervetRegistry *registry, const VervetExperiment *experiment, GError **error)
{
  static const guint benchmark_kind[] = { VV_KIND_BENCHMARK, 0 }, sampler_kind[] = { VV_KIND_SAMPLER, 0 };
  static const char *const benchmark_extra[] = { "use", "problems", NULL }, *const sampler_extra[] = { "use", "samples",
                                                                                                       NULL };
  g_autoptr (VervetPlan) plan = g_new0 (VervetPlan, 1);
  g_autoptr (VervetJson) repeated = vervet_json_new_string ("repeated"), usual = NULL;
  Maker m = { registry, experiment, plan };
  const VervetJson *json = experiment->json, *benchmark = vervet_json_get (json, "benchmark"),
                   *sampler = vervet_json_get (json, "sampler");

  plan->checks = g_ptr_array_new_with_free_func (binding_free);
  plan->roles = g_ptr_array_new_with_free_func (binding_free);
  if (!check_keys (&m, json, top_keys, "the experiment", error))
    return NULL;
  if (!benchmark) {
    fail (&m, NULL, error, "there is no \"benchmark\": name one, as --benchmark gsm8k (see `vervet plugins`)");
    return NULL;
  }
  plan->benchmark = bind_component (&m, benchmark, benchmark_kind, benchmark_extra, "\"benchmark\"", error);
  if (!plan->benchmark)
    return NULL;
  /* { "samples": 64 } says how often, not how: repeated sampling. */
  if (sampler && sampler->type == VERVET_JSON_OBJECT && !vervet_json_get (sampler, "use")) {
    usual = vervet_json_copy (sampler);
    vervet_json_set (usual, "use", vervet_json_new_string ("repeated"));
    sampler = usual;
  }
  plan->sampler = bind_component (&m, sampler ? sampler : repeated, sampler_kind, sampler_extra, "\"sampler\"", error);
  if (!plan->sampler || !make_roles (&m, error) || !check_roles (&m, plan->sampler->info, error)
      || !make_checks (&m, error) || !read_scalars (&m, error) || !check_money (&m, error))
    return NULL;
  plan->one_call = (plan->sampler->info->caps & VV_CAP_ONE_CALL) != 0;
  plan->arm = g_strdup (vervet_experiment_arm (experiment));
  memcpy (plan->sweep, vervet_experiment_sweep (experiment), sizeof plan->sweep);
  vervet_plan_identify (plan);
  return g_steal_pointer (&plan);
}

VervetPlan *
vervet_plan_new_reverify (VervetRegistry *registry, const VervetExperiment *experiment, const char *run, GError **error)
{
  static const char *const known[] = { "verifiers", "models", "workers", "check-timeout", "concurrency", NULL };
  g_autoptr (VervetPlan) plan = g_new0 (VervetPlan, 1);
  Maker m = { registry, experiment, plan };

  plan->checks = g_ptr_array_new_with_free_func (binding_free);
  plan->roles = g_ptr_array_new_with_free_func (binding_free);
  if (!check_keys (&m, experiment->json, known, "the verifiers", error) || !make_roles (&m, error)
      || !make_checks (&m, error) || !read_scalars (&m, error))
    return NULL;
  if (plan->checks->len == 0) {
    fail (&m, NULL, error, "name at least one verifier");
    return NULL;
  }
  g_free (plan->name);
  plan->name = g_strdup (run);
  plan->one_call = TRUE;
  return g_steal_pointer (&plan);
}
