#include "module.h"

#include "descriptor.h"

#include "util/text.h"

#include <vervet-error.h>

#include <dlfcn.h>
#include <string.h>
#include <time.h>

struct _VervetModule {
  char *file;
  const vv_plugin *(*entry) (void);
  GMutex lock;
  guint users;
  gpointer plugin;
};

/* file name -> VervetModule *; for the life of the process. */
static GMutex modules_lock;
static GHashTable *modules;

/* ---- Host services ---- */

static void
host_log (void *ctx G_GNUC_UNUSED, uint32_t level, const char *msg)
{
  static const char *const names[] = { "debug", "info", "warning", "error" };
  g_autofree char *text = vervet_text_utf8 (msg ? msg : "", msg ? strlen (msg) : 0);

  g_debug ("plugin: %s: %s", names[MIN (level, 3u)], text);
}

static int64_t
host_now_ns (void *ctx G_GNUC_UNUSED)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

static vv_status
host_secret (void *ctx G_GNUC_UNUSED, const char *name, char *buf, size_t cap)
{
  const char *value = name ? g_getenv (name) : NULL;

  if (!value)
    return VV_E_UNAVAILABLE;
  if (!buf || strlen (value) >= cap)
    return VV_E_INVALID;
  memcpy (buf, value, strlen (value) + 1);
  return VV_OK;
}

static const void *
host_extension (void *ctx G_GNUC_UNUSED, const char *name G_GNUC_UNUSED)
{
  return NULL;
}

const vv_host *
vervet_host_table (void)
{
  static const vv_host host = { .struct_size = sizeof host,
                                .abi = VV_ABI,
                                .log = host_log,
                                .now_ns = host_now_ns,
                                .secret = host_secret,
                                .extension = host_extension };

  return &host;
}

/* ---- Opening ---- */

/* dlerror() begins with the path, which the caller says anyway. */
static void
set_open_error (GError **error, const char *file, const char *text)
{
  if (text && g_str_has_prefix (text, file) && g_str_has_prefix (text + strlen (file), ": "))
    text += strlen (file) + 2;
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT, "it cannot be opened: %s",
               text ? text : "unknown reason");
}

static VervetModule *
open_new (const char *file, GError **error)
{
  VervetModule *module;
  void *handle = dlopen (file, RTLD_NOW | RTLD_LOCAL), *symbol;

  if (!handle) {
    set_open_error (error, file, dlerror ());
    return NULL;
  }
  symbol = dlsym (handle, "vervet_plugin_v1");
  if (!symbol) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
                 "it is not a Vervet plugin: it exports no function vervet_plugin_v1");
    return NULL;
  }
  module = g_new0 (VervetModule, 1);
  module->file = g_strdup (file);
  memcpy (&module->entry, &symbol, sizeof symbol);
  g_mutex_init (&module->lock);
  g_hash_table_insert (modules, module->file, module);
  return module;
}

VervetModule *
vervet_module_open (const char *file, GError **error)
{
  VervetModule *module;

  g_mutex_lock (&modules_lock);
  if (!modules)
    modules = g_hash_table_new (g_str_hash, g_str_equal);
  module = g_hash_table_lookup (modules, file);
  if (!module)
    module = open_new (file, error);
  g_mutex_unlock (&modules_lock);
  return module;
}

const vv_plugin *
vervet_module_descriptor (VervetModule *module)
{
  return module->entry ();
}

void
vervet_module_lock (VervetModule *module)
{
  g_mutex_lock (&module->lock);
}

void
vervet_module_unlock (VervetModule *module)
{
  g_mutex_unlock (&module->lock);
}

gboolean
vervet_module_use (VervetModule *module, GError **error)
{
  vv_error fault = { .struct_size = sizeof fault };
  vv_status status = VV_OK;
  vv_plugin plugin;

  vervet_descriptor_plugin (module->entry (), &plugin);
  if (module->users == 0 && plugin.load)
    status = plugin.load (vervet_host_table (), &module->plugin, &fault);
  if (status < 0) {
    module->plugin = NULL;
    vervet_status_to_error (error, NULL, status, &fault);
    return FALSE;
  }
  module->users++;
  return TRUE;
}

void
vervet_module_unuse (VervetModule *module)
{
  vv_plugin plugin;

  if (--module->users > 0)
    return;
  vervet_descriptor_plugin (module->entry (), &plugin);
  if (plugin.unload)
    plugin.unload (module->plugin);
  module->plugin = NULL;
}

gpointer
vervet_module_plugin (const VervetModule *module)
{
  return module->plugin;
}
