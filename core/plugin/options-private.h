/* options-private.h - shared by options.c and options-json.c. */
#ifndef VERVET_PLUGIN_OPTIONS_PRIVATE_H
#define VERVET_PLUGIN_OPTIONS_PRIVATE_H

#include "option-value.h"

struct _VervetOptions {
  const VervetComponentInfo *info;
  VervetOptionValue *entries; /* in table order */
  vv_value *values;           /* the same for create() */
};

#endif
