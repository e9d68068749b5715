/* What makes two runs the same run, and two checks the same check. */
#include <string.h>

#include "run/experiment.h"
#include "util/hash.h"

static VervetJson *
describe_binding (const VervetBinding *binding, gboolean is_identity)
{
  VervetJson *object = vervet_json_new (VERVET_JSON_OBJECT);

  vervet_json_set (object, "use", vervet_json_new_string (binding->info->id));
  if (is_identity)
    vervet_json_set (object, "behaviour", vervet_json_new_int (binding->info->behaviour));
  vervet_json_set (object, "options", vervet_options_to_json (binding->options, is_identity));
  if (binding->temperature > 0)
    vervet_json_set (object, "temperature", vervet_json_new_double (binding->temperature));
  if (binding->top_p > 0)
    vervet_json_set (object, "top-p", vervet_json_new_double (binding->top_p));
  if (binding->min_p > 0)
    vervet_json_set (object, "min-p", vervet_json_new_double (binding->min_p));
  if (binding->top_k > 0)
    vervet_json_set (object, "top-k", vervet_json_new_int (binding->top_k));
  if (binding->max_tokens > 0)
    vervet_json_set (object, "max-tokens", vervet_json_new_int (binding->max_tokens));
  if (binding->gold)
    vervet_json_set (object, "reference", vervet_json_new_string ("gold"));
  if (binding->reference_field)
    vervet_json_set (object, "reference", vervet_json_new_string (binding->reference_field));
  return object;
}

/* What decides a sample: benchmark, sampler, roles and seed. Trial count, problems, budget, concurrency, time-outs,
 * prices and grading checks stay outside: they may change between two starts of a run. */
static VervetJson *
describe_identity (const VervetPlan *plan, gboolean is_identity)
{
  VervetJson *object = vervet_json_new (VERVET_JSON_OBJECT), *roles = vervet_json_new (VERVET_JSON_OBJECT);
  VervetJson *sampler = describe_binding (plan->sampler, is_identity), *options = vervet_json_get (sampler, "options");

  if (options)
    vervet_json_remove (options, "samples"); /* the number of trials: a run may be extended */
  vervet_json_set (object, "benchmark", describe_binding (plan->benchmark, is_identity));
  vervet_json_set (object, "sampler", sampler);
  for (guint i = 0; i < plan->roles->len; i++) {
    const VervetBinding *binding = g_ptr_array_index (plan->roles, i);

    vervet_json_set (roles, binding->role, describe_binding (binding, is_identity));
  }
  vervet_json_set (object, "models", roles);
  vervet_json_set (object, "seed", vervet_json_new_int ((gint64)plan->seed));
  return object;
}

void
vervet_plan_identify (VervetPlan *plan)
{
  g_autoptr (VervetJson) identity = describe_identity (plan, TRUE);
  g_autoptr (VervetJson) spec = describe_identity (plan, FALSE);
  VervetJson *checks = vervet_json_new (VERVET_JSON_ARRAY);
  g_autofree char *text = vervet_json_to_canonical (identity);
  VervetHasher *hasher = vervet_hasher_new ("fingerprint");

  vervet_hasher_add_string (hasher, text);
  vervet_hasher_finish (hasher, plan->fingerprint);
  for (guint i = 0; i < plan->checks->len; i++) {
    const VervetBinding *check = g_ptr_array_index (plan->checks, i);
    VervetJson *json = describe_binding (check, FALSE);

    vervet_json_set (json, "name", vervet_json_new_string (check->role));
    vervet_json_append (checks, json);
  }
  vervet_json_set (spec, "verifiers", checks);
  vervet_json_set (spec, "identity", g_steal_pointer (&identity));
  vervet_json_set (spec, "samples", vervet_json_new_int ((gint64)plan->samples));
  plan->spec = vervet_json_to_string (spec, 0);
}

void
vervet_check_fingerprint (const VervetPlan *plan, const VervetBinding *check, guint8 out[VERVET_HASH_SIZE])
{
  g_autoptr (VervetJson) object = describe_binding (check, TRUE);
  g_autofree char *text = NULL;
  VervetHasher *hasher = vervet_hasher_new ("check");

  for (guint i = 0; i < check->info->n_roles; i++)
    for (guint j = 0; j < plan->roles->len; j++) {
      const VervetBinding *role = g_ptr_array_index (plan->roles, j);

      if (strcmp (role->role, check->info->roles[i].name) == 0)
        vervet_json_set (object, role->role, describe_binding (role, TRUE));
    }
  text = vervet_json_to_canonical (object);
  vervet_hasher_add_string (hasher, text);
  vervet_hasher_finish (hasher, out);
}

/* Also what only one of the two has. */
static void
add_differences (const VervetJson *a, const VervetJson *b, const char *prefix, GPtrArray *out)
{
  for (guint i = 0; i < vervet_json_length (a); i++) {
    const char *key = g_ptr_array_index (a->keys, i);
    const VervetJson *x = g_ptr_array_index (a->items, i), *y = vervet_json_get (b, key);
    g_autofree char *path = *prefix ? g_strconcat (prefix, ".", key, NULL) : g_strdup (key);

    if (y && x->type == VERVET_JSON_OBJECT && y->type == VERVET_JSON_OBJECT)
      add_differences (x, y, path, out);
    else if (!y || !vervet_json_equal (x, y))
      g_ptr_array_add (out, g_steal_pointer (&path));
  }
  for (guint i = 0; i < vervet_json_length (b); i++) {
    const char *key = g_ptr_array_index (b->keys, i);

    if (!vervet_json_get (a, key))
      g_ptr_array_add (out, *prefix ? g_strconcat (prefix, ".", key, NULL) : g_strdup (key));
  }
}

char **
vervet_plan_differences (const VervetPlan *plan, const char *other_spec)
{
  g_autoptr (VervetJson) other = vervet_json_parse (other_spec, -1, "stored run", VERVET_JSON_NAN, NULL);
  g_autoptr (VervetJson) mine = describe_identity (plan, TRUE);
  GPtrArray *out = g_ptr_array_new ();

  if (other)
    add_differences (mine, vervet_json_get (other, "identity"), "", out);
  g_ptr_array_add (out, NULL);
  return (char **)g_ptr_array_free (out, FALSE);
}
