#include "info.h"

typedef struct {
  VervetPluginInfo pub;
  GStringChunk *texts;
  GPtrArray *blocks;
} Info;

static void
component_free (gpointer data)
{
  VervetComponentInfo *component = data;

  g_free (component->options);
  g_free (component->roles);
  g_free (component);
}

VervetPluginInfo *
vervet_plugin_info_new (const char *file)
{
  Info *info = g_new0 (Info, 1);

  info->texts = g_string_chunk_new (1024);
  info->blocks = g_ptr_array_new_with_free_func (g_free);
  info->pub.components = g_ptr_array_new_with_free_func (component_free);
  info->pub.file = vervet_plugin_info_text (&info->pub, file);
  return &info->pub;
}

void
vervet_plugin_info_free (VervetPluginInfo *pub)
{
  Info *info = (Info *)pub;

  if (!info)
    return;
  g_ptr_array_unref (info->pub.components);
  g_ptr_array_unref (info->blocks);
  g_string_chunk_free (info->texts);
  g_free (info);
}

char *
vervet_plugin_info_text (VervetPluginInfo *info, const char *text)
{
  return text ? g_string_chunk_insert (((Info *)info)->texts, text) : NULL;
}

gpointer
vervet_plugin_info_own (VervetPluginInfo *info, gpointer block)
{
  g_ptr_array_add (((Info *)info)->blocks, block);
  return block;
}

VervetComponentInfo *
vervet_plugin_info_add (VervetPluginInfo *info, guint n_options, guint n_roles)
{
  VervetComponentInfo *component = g_new0 (VervetComponentInfo, 1);

  component->plugin = info;
  component->n_options = n_options;
  component->n_roles = n_roles;
  component->options = g_new0 (vv_option, n_options);
  component->roles = g_new0 (vv_role, n_roles);
  g_ptr_array_add (info->components, component);
  return component;
}

void
vervet_plugin_info_set_state (VervetPluginInfo *info, VervetPluginState state, const char *reason)
{
  info->state = state;
  info->reason = vervet_plugin_info_text (info, reason);
}

void
vervet_plugin_info_settle (VervetPluginInfo *info)
{
  const VervetComponentInfo *first = info->components->len ? g_ptr_array_index (info->components, 0) : NULL;

  for (guint i = 0; i < info->components->len; i++)
    if (!((VervetComponentInfo *)g_ptr_array_index (info->components, i))->unavailable)
      first = NULL;
  vervet_plugin_info_set_state (info, first ? VERVET_PLUGIN_UNAVAILABLE : VERVET_PLUGIN_OK,
                                first ? first->reason : NULL);
}
