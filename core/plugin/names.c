#include "names.h"

static const char *const kinds[] = {
  NULL, "model", "sampler", "verifier", "benchmark", "judge", "codec", "accelerator"
};
static const char *const types[] = { NULL, "boolean", "integer", "number", "text", "choice", "path", "secret", "json" };
static const char *const ops[] = { NULL, "generate", "score", "logprob", "embed", "retrieve", "environment" };
static const char *const states[] = { "ok", "unavailable", "quarantined" };
static const char *const caps[] = { "concurrent", "deterministic", "gpu",      "network",
                                    "heavy",      "one-call",      "equality", "set-wise" };
static const char *const errors[] = { "ok",   "failed",     "cancelled", "invalid",       "unsupported", "unavailable",
                                      "auth", "rate-limit", "timeout",   "out-of-memory", "budget",      "context" };

static guint
find (const char *const *table, guint n, const char *name)
{
  for (guint i = 1; name && i < n; i++)
    if (g_str_equal (table[i], name))
      return i;
  return 0;
}

const char *
vervet_kind_name (guint kind)
{
  return kind > 0 && kind < G_N_ELEMENTS (kinds) ? kinds[kind] : "component";
}

guint
vervet_kind_from_name (const char *name)
{
  return find (kinds, G_N_ELEMENTS (kinds), name);
}

const char *
vervet_plugin_state_name (VervetPluginState state)
{
  return states[state];
}

const char *
vervet_option_type_name (guint type)
{
  return type > 0 && type < G_N_ELEMENTS (types) ? types[type] : "unknown";
}

guint
vervet_option_type_from_name (const char *name)
{
  return find (types, G_N_ELEMENTS (types), name);
}

const char *
vervet_op_name (guint op)
{
  return op > 0 && op < G_N_ELEMENTS (ops) ? ops[op] : NULL;
}

guint
vervet_op_from_name (const char *name)
{
  return find (ops, G_N_ELEMENTS (ops), name);
}

char **
vervet_caps_names (guint64 bits)
{
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (caps); i++)
    if (bits & ((guint64)1 << i))
      g_ptr_array_add (names, g_strdup (caps[i]));
  g_ptr_array_add (names, NULL);
  return (char **)g_ptr_array_free (names, FALSE);
}

guint64
vervet_cap_from_name (const char *name)
{
  for (guint i = 0; name && i < G_N_ELEMENTS (caps); i++)
    if (g_str_equal (caps[i], name))
      return (guint64)1 << i;
  return 0;
}

const char *
vervet_status_name (vv_status status)
{
  if (status >= 0)
    return status == VV_FINISHED ? "finished" : status == VV_PARTIAL ? "partial" : "ok";
  return status > -(vv_status)G_N_ELEMENTS (errors) ? errors[-status] : "failed";
}

gboolean
vervet_is_kebab (const char *name, gboolean dots)
{
  char before = '.';

  if (!name || !g_ascii_islower (name[0]))
    return FALSE;
  for (; *name; before = *name++) {
    gboolean starts = before == '.' || before == '-';

    if (!(g_ascii_islower (*name) || g_ascii_isdigit (*name) || (*name == '-' && !starts)
          || (*name == '.' && dots && !starts)))
      return FALSE;
  }
  return before != '-' && before != '.';
}
