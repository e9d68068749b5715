/* messages.h - the messages of a prompt as templates. */
#ifndef VERVET_JSONL_MESSAGES_H
#define VERVET_JSONL_MESSAGES_H

#include "template.h"

typedef struct {
  const char *role; /* constant */
  Template content;
} MessageTemplate;

typedef struct {
  MessageTemplate *items;
  uint32_t n;
  const char *option; /* where they come from: "prompt" or "messages" */
} MessageList;

/* [{"role": "system", "content": "..."}, {"role": "user", "content": "{question}"}] */
vv_status message_list_parse (MessageList *list, vv_str json, vv_error *err);
/* One user's message. */
vv_status message_list_single (MessageList *list, vv_str content, vv_error *err);
void message_list_clear (MessageList *list);

#endif
