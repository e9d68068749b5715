/* What Vervet itself is made of: worker, plugins, libraries. */
#include "command-doctor.h"

#include <dlfcn.h>
#include <string.h>
#include <unistd.h>

static void
probe_version (const DoctorContext *context G_GNUC_UNUSED, DoctorResult *result)
{
  doctor_set (
      result, DOCTOR_OK,
      g_strdup_printf ("%s, plugin ABI %u.%u draft %u", vervet_version (), VV_ABI_MAJOR, VV_ABI_MINOR, VV_ABI_DRAFT),
      NULL);
}

static void
probe_worker (const DoctorContext *context G_GNUC_UNUSED, DoctorResult *result)
{
  g_autofree char *worker = vervet_path_worker ();

  if (access (worker, X_OK) == 0)
    doctor_set (result, DOCTOR_OK, g_steal_pointer (&worker), NULL);
  else
    doctor_set (result, DOCTOR_FAIL, g_strdup_printf ("%s is not there", worker),
                "install Vervet again, or name the program in VERVET_WORKER");
}

/* Where plugins are looked for; a place that is named and missing is most likely mistyped. */
static void
probe_places (const DoctorContext *context G_GNUC_UNUSED, DoctorResult *result)
{
  const char *variable = g_getenv ("VERVET_PLUGIN_PATH");
  g_auto (GStrv) named = g_strsplit (variable ? variable : "", ":", -1), in_tree = vervet_path_in_tree_plugins ();
  g_autofree char *user = vervet_path_user_plugins ();
  g_autoptr (GString) places = g_string_new (NULL);
  gboolean is_missing = FALSE;

  for (guint i = 0; named[i]; i++)
    if (*named[i]) {
      gboolean is_there = g_file_test (named[i], G_FILE_TEST_EXISTS);
      g_string_append_printf (places, "%s%s, ", named[i], is_there ? "" : " (is not there)");
      is_missing = is_missing || !is_there;
    }
  g_string_append (places, user);
  for (guint i = 0; in_tree[i]; i++)
    g_string_append_printf (places, ", %s", in_tree[i]);
  doctor_set (result, is_missing ? DOCTOR_NOTE : DOCTOR_OK, g_string_free (g_steal_pointer (&places), FALSE),
              is_missing ? "correct VERVET_PLUGIN_PATH" : NULL);
}

static void
probe_plugins (const DoctorContext *context, DoctorResult *result)
{
  guint counts[3] = { 0 };

  if (!context->registry) {
    doctor_set (result, DOCTOR_FAIL, g_strdup (context->fault), "mend that first; without it no plugin can be used");
    return;
  }
  const GPtrArray *plugins = vervet_registry_plugins (context->registry);
  for (guint i = 0; i < plugins->len; i++)
    counts[((const VervetPluginInfo *)g_ptr_array_index (plugins, i))->state]++;
  doctor_set (result, counts[VERVET_PLUGIN_QUARANTINED] + counts[VERVET_PLUGIN_UNAVAILABLE] ? DOCTOR_NOTE : DOCTOR_OK,
              g_strdup_printf ("%u ok, %u unavailable, %u in quarantine", counts[VERVET_PLUGIN_OK],
                               counts[VERVET_PLUGIN_UNAVAILABLE], counts[VERVET_PLUGIN_QUARANTINED]),
              counts[VERVET_PLUGIN_QUARANTINED] + counts[VERVET_PLUGIN_UNAVAILABLE]
                  ? "'vervet plugins' gives the reasons"
                  : NULL);
}

/* Whether a component of the kind can be used. */
static gboolean
has_kind (const VervetRegistry *registry, guint kind)
{
  const GPtrArray *plugins = vervet_registry_plugins (registry);

  for (guint i = 0; i < plugins->len; i++) {
    const VervetPluginInfo *plugin = g_ptr_array_index (plugins, i);
    for (guint c = 0; c < plugin->components->len && plugin->state == VERVET_PLUGIN_OK; c++) {
      const VervetComponentInfo *component = g_ptr_array_index (plugin->components, c);
      if (component->kind == kind && !component->unavailable)
        return TRUE;
    }
  }
  return FALSE;
}

/* A run is made of one of each. */
static void
probe_main_job (const DoctorContext *context, DoctorResult *result)
{
  static const guint kinds[] = { VV_KIND_MODEL, VV_KIND_SAMPLER, VV_KIND_VERIFIER, VV_KIND_BENCHMARK };
  g_autoptr (GString) missing = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (!context->registry || !has_kind (context->registry, kinds[i]))
      g_string_append_printf (missing, "%s%s", missing->len ? ", " : "", vervet_kind_name (kinds[i]));
  if (missing->len == 0)
    doctor_set (result, DOCTOR_OK, g_strdup ("a model, a sampler, a verifier and a benchmark can be used"), NULL);
  else
    doctor_set (result, DOCTOR_FAIL, g_strdup_printf ("no usable %s", missing->str),
                "'vervet plugins' says what is there; install the missing plugins");
}

/* The libraries are the library's own business (store is the only user of sqlite3.h): so they are asked by name. */
static void
probe_library (DoctorResult *result, const char *symbol)
{
  const char *(*version) (void) = NULL;
  void *address = dlsym (RTLD_DEFAULT, symbol);

  memcpy (&version, &address, sizeof version);
  doctor_set (result, DOCTOR_OK, g_strdup (version ? version () : "built in"), NULL);
}

static void
probe_sqlite (const DoctorContext *context G_GNUC_UNUSED, DoctorResult *result)
{
  probe_library (result, "sqlite3_libversion");
}

static void
probe_zstd (const DoctorContext *context G_GNUC_UNUSED, DoctorResult *result)
{
  probe_library (result, "ZSTD_versionString");
}

static void
probe_glib (const DoctorContext *context G_GNUC_UNUSED, DoctorResult *result)
{
  doctor_set (result, DOCTOR_OK,
              g_strdup_printf ("%u.%u.%u", glib_major_version, glib_minor_version, glib_micro_version), NULL);
}

static const DoctorProbe probes[] = {
  { "version", probe_version }, { "worker", probe_worker },     { "plugin folders", probe_places },
  { "plugins", probe_plugins }, { "main job", probe_main_job }, { "SQLite", probe_sqlite },
  { "zstd", probe_zstd },       { "GLib", probe_glib },         { NULL },
};
const DoctorSection doctor_parts = { "Vervet", probes };
