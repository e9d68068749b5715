/* problem.h - one record as a problem. */
#ifndef VERVET_JSONL_PROBLEM_H
#define VERVET_JSONL_PROBLEM_H

#include "messages.h"
#include "records.h"
#include "strings.h"

#define MAX_SHOTS 64

typedef struct {
  Records *records, *examples; /* examples: NULL without */
  int is_same;                 /* both are one file: a problem is no example of its own */
  MessageList messages;
  Template example;
  StringList published; /* n 0: all but the reference */
  int publish_all;
  char *reference_field, *reference_after, *id_field, *group_field;
  uint32_t shots;
  uint64_t shot_seed;
  char *title, *verifier, *verifier_options;
  /* What the last problem points to. */
  Buffer record, scratch, prompts, reference, id, group, names, texts;
  vv_message *out_messages;
  vv_field *out_fields;
  size_t n_fields, cap_fields;
} Benchmark;

/* Makes the parts of problem @i in the buffers of @me. */
vv_status problem_read (Benchmark *me, size_t i, vv_error *err);

#endif
