#include "messages.h"

#include <stdio.h>
#include <stdlib.h>

#include "records.h"

enum { MAX_MESSAGES = 256 };

static const char *
known_role (vv_str role)
{
  static const char *const roles[] = { "system", "user", "assistant", "tool" };

  for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++)
    if (str_equal_z (role, roles[i]))
      return roles[i];
  return NULL;
}

static vv_status
add_message (MessageList *list, const char *role, vv_str content, const char *what, vv_error *err)
{
  MessageTemplate *items = realloc (list->items, (list->n + 1u) * sizeof *items);
  vv_status status;

  if (!items)
    return plugin_fail (err, VV_E_NOMEM, "out of memory");
  list->items = items;
  list->items[list->n] = (MessageTemplate){ .role = role };
  status = template_init (&list->items[list->n].content, content, what, err);
  list->n += status == VV_OK;
  return status;
}

/* Message @i of the list. VV_FINISHED: there is none. */
static vv_status
parse_one (MessageList *list, vv_str json, uint32_t i, Buffer *role, Buffer *content, vv_error *err)
{
  char path[32], what[64];

  snprintf (path, sizeof path, "%u", i);
  if (!record_text (json, path, content))
    return VV_FINISHED;
  snprintf (what, sizeof what, "option 'messages', message %u", i + 1);
  snprintf (path, sizeof path, "%u.role", i);
  if (!record_text (json, path, role) || !known_role (buffer_str (role)))
    return plugin_fail (err, VV_E_INVALID, "%s: \"role\" must be system, user, assistant or tool", what);
  snprintf (path, sizeof path, "%u.content", i);
  if (!record_text (json, path, content))
    return plugin_fail (err, VV_E_INVALID, "%s: \"content\" is missing", what);
  return add_message (list, known_role (buffer_str (role)), buffer_str (content), what, err);
}

vv_status
message_list_parse (MessageList *list, vv_str json, vv_error *err)
{
  Buffer role = { 0 }, content = { 0 };
  vv_status status = VV_OK;

  *list = (MessageList){ .option = "messages" };
  for (uint32_t i = 0; i < MAX_MESSAGES && status == VV_OK; i++)
    status = parse_one (list, json, i, &role, &content, err);
  buffer_clear (&role);
  buffer_clear (&content);
  if (status >= 0 && (list->n == 0 || list->n == MAX_MESSAGES))
    status = plugin_fail (err, VV_E_INVALID,
                          "option 'messages' must be a list of 1 to %d messages, as [{\"role\": \"user\", \"content\": "
                          "\"{question}\"}]",
                          MAX_MESSAGES - 1);
  return status < 0 ? status : VV_OK;
}

vv_status
message_list_single (MessageList *list, vv_str content, vv_error *err)
{
  *list = (MessageList){ .option = "prompt" };
  return add_message (list, "user", content, "option 'prompt'", err);
}

void
message_list_clear (MessageList *list)
{
  for (uint32_t i = 0; i < list->n; i++)
    template_clear (&list->items[i].content);
  free (list->items);
  *list = (MessageList){ 0 };
}
