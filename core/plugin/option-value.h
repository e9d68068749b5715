/* option-value.h - one value against one row of an option table. The one place that knows what the types mean: defaults
 * in descriptors, experiment files and command lines all come through here. Any thread. */
#ifndef VERVET_PLUGIN_OPTION_VALUE_H
#define VERVET_PLUGIN_OPTION_VALUE_H

#include <vervet-registry.h>

G_BEGIN_DECLS

typedef struct {
  vv_value value;
  char *text;       /* what value.v.s points to; NULL with numbers */
  VervetJson *json; /* the value as it is shown and stored; NULL for a secret */
} VervetOptionValue;

void vervet_option_value_clear (VervetOptionValue *value);
/* @text as the JSON value that the type asks for. INPUT: 'expected an integer, found "x"'. (transfer full) */
VervetJson *vervet_option_json_from_text (const vv_option *option, const char *text, GError **error);
/* Fills @out. @base_dir: what relative paths count from (nullable: the current folder). INPUT: wrong type or out of
 * range; ENVIRONMENT: a secret names an environment variable that is not set. The messages carry no place, and never
 * the text of a secret. */
gboolean vervet_option_value_set (VervetOptionValue *out, const vv_option *option, const VervetJson *json,
                                  const char *base_dir, GError **error);
/* The NAME in a secret's default "${NAME}"; NULL when @text is anything else. (transfer full) */
char *vervet_secret_variable (const char *text);

G_END_DECLS

#endif
