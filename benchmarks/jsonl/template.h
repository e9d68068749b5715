/* template.h - text with {field} in it, filled from a record. {{ and }} are the braces themselves. */
#ifndef VERVET_JSONL_TEMPLATE_H
#define VERVET_JSONL_TEMPLATE_H

#include "plugin-util.h"

typedef struct {
  vv_str text; /* as written; owned */
} Template;

/* @what begins a message: "option 'prompt'". */
vv_status template_init (Template *template, vv_str text, const char *what, vv_error *err);
void template_clear (Template *template);
/* The next field named from *at on, which moves behind it; empty at the end. */
vv_str template_next (const Template *template, size_t *at);
/* Appends the filled template to @out. @missing is set to the field that @record has not, for the message. */
int template_fill (const Template *template, vv_str record, Buffer *scratch, Buffer *out, vv_str *missing);

#endif
