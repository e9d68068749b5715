#include "strings.h"

#include <stdlib.h>

#include "vervet-json-scan.h"

static vv_status
not_a_list (const char *what, vv_error *err)
{
  return plugin_fail (err, VV_E_INVALID, "%s must be a JSON list of strings, as [\"Q:\", \"Question:\"]", what);
}

/* One pass over the tokens: counts (list->items is NULL) or fills. */
static int
walk (StringList *list, vv_str json)
{
  char *to = list->bytes;
  vv_json_scan scan;
  int token;

  list->n = 0;
  vv_json_init (&scan, json.ptr, json.len, VV_JSON_STRICT);
  while ((token = vv_json_next (&scan)) > 0) {
    if (token == VV_JSON_STRING && list->items) {
      list->items[list->n] = (vv_str){ to, vv_json_decode (scan.raw, scan.raw_len, to) };
      to += list->items[list->n++].len;
    } else if (token == VV_JSON_STRING) {
      list->n++;
    } else if ((token != VV_JSON_ARRAY && token != VV_JSON_ARRAY_END) || scan.depth > 1) {
      return 0;
    }
  }
  return token == VV_JSON_END;
}

vv_status
string_list_parse (StringList *list, vv_str json, const char *what, vv_error *err)
{
  *list = (StringList){ 0 };
  if (!walk (list, json))
    return not_a_list (what, err);
  list->items = calloc (list->n + 1u, sizeof *list->items);
  list->bytes = malloc (json.len + 1);
  if (!list->items || !list->bytes) {
    string_list_clear (list);
    return plugin_fail (err, VV_E_NOMEM, "out of memory");
  }
  walk (list, json);
  return VV_OK;
}

void
string_list_clear (StringList *list)
{
  free (list->items);
  free (list->bytes);
  *list = (StringList){ 0 };
}
