/* strings.h - a JSON list of strings, as the options `stop` and the like hold it. */
#ifndef VERVET_PLUGIN_STRINGS_H
#define VERVET_PLUGIN_STRINGS_H

#include "plugin-util.h"

typedef struct {
  vv_str *items;
  uint32_t n;
  char *bytes; /* what the items point into */
} StringList;

/* Reads ["a", "b"], or a single "a". @what begins the message: "option 'stop'". */
vv_status string_list_parse (StringList *list, vv_str json, const char *what, vv_error *err);
void string_list_clear (StringList *list);

#endif
