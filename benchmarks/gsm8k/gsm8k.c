/* gsm8k.c - benchmark "gsm8k": grade-school word problems in the published format of openai/grade-school-math.
 *
 * A record is {"question": ..., "answer": "... #### 18"}. The reference is what follows ####, without commas. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plugin-util.h"
#include "records.h"
#include "shots.h"
#include "vervet-plugin.h"

enum { OPT_FILE, OPT_PROMPT, OPT_TRAIN_FILE, OPT_SHOTS, OPT_SHOT_SEED, N_OPTIONS };
enum { PROMPT_ZERO_SHOT, PROMPT_MONKEYS };

#define MAX_SHOTS 64

static const char *const prompt_choices[] = { "zero-shot", "monkeys", NULL };

static const vv_option options[] = {
  [OPT_FILE] = { .type = VV_T_PATH,
                 .name = "file",
                 .label = "Problems",
                 .flags = VV_OPT_REQUIRED,
                 .help = "The published test.jsonl (or train.jsonl), plain or gzip." },
  [OPT_PROMPT] = { .type = VV_T_ENUM,
                   .name = "prompt",
                   .label = "Prompt",
                   .def = "zero-shot",
                   .choices = prompt_choices,
                   .help =
                       "zero-shot asks a chat model to end with \\boxed{}. monkeys is the completion prompt of Large "
                       "Language Monkeys: solved examples, then Question: and Answer:." },
  [OPT_TRAIN_FILE] = { .type = VV_T_PATH,
                       .name = "train-file",
                       .label = "Examples",
                       .help =
                           "The published train.jsonl, from which the solved examples of a monkeys prompt are drawn." },
  [OPT_SHOTS] = { .type = VV_T_INT,
                  .name = "shots",
                  .label = "Solved examples",
                  .def = "2",
                  .help = "How many solved examples stand ahead of the question in a monkeys prompt.",
                  .min = 0,
                  .max = MAX_SHOTS,
                  .ui_min = 0,
                  .ui_max = 8,
                  .ui_step = 1 },
  [OPT_SHOT_SEED] = { .type = VV_T_INT,
                      .name = "shot-seed",
                      .label = "Seed of the examples",
                      .def = "0",
                      .help = "Each problem draws its own examples from this number and its index.",
                      .min = 0,
                      .max = 9e15,
                      .ui_min = 0,
                      .ui_max = 1000,
                      .ui_step = 1 },
};

typedef struct {
  Records *tests, *train; /* train: NULL without examples */
  int style, is_same;     /* is_same: the examples come from the file of the problems; never the problem itself */
  uint32_t shots;
  uint64_t shot_seed;
  Buffer record, question, answer, prompt, reference;
  char id[32];
  vv_message message;
  vv_field field;
} Benchmark;

static vv_status
describe (void *self, vv_benchmark_info *out, vv_error *err)
{
  (void)self, (void)err;
  out->name = "GSM8K";
  out->version = "1";
  out->license = "MIT";
  out->source = "https://github.com/openai/grade-school-math";
  out->verifier = "numeric";
  out->verifier_options = "{\"percent\": \"ignore\"}"; /* its answers never carry the sign */
  return VV_OK;
}

static int64_t
count (void *self)
{
  const Benchmark *me = self;

  return (int64_t)records_count (me->tests);
}

/* Question and answer of a record into me->question and me->answer. */
static vv_status
read_item (Benchmark *me, const Records *records, size_t i, vv_error *err)
{
  static const char *const names[] = { "question", "answer" };
  Buffer *const targets[] = { &me->question, &me->answer };
  vv_status status = records_get (records, i, &me->record, err);

  for (int k = 0; k < 2 && status == VV_OK; k++)
    if (!record_text (buffer_str (&me->record), names[k], targets[k]))
      status = plugin_fail (err, VV_E_INVALID,
                            "%s:%u: the record has no \"%s\"; GSM8K records are {\"question\": ..., \"answer\": ...}",
                            records_path (records), records_line (records, i), names[k]);
  return status;
}

static vv_status
take_reference (Benchmark *me, size_t i, vv_error *err)
{
  const char *hash = me->answer.len > 0 ? strstr (me->answer.ptr, "####") : NULL;
  vv_str rest;

  for (const char *next = hash; next; next = strstr (next + 4, "####"))
    hash = next;
  buffer_reset (&me->reference);
  rest = hash ? str_trim (vv_s (hash + 4)) : (vv_str){ NULL, 0 };
  for (size_t k = 0; k < rest.len; k++)
    if (rest.ptr[k] != ',')
      buffer_add_char (&me->reference, rest.ptr[k]);
  if (me->reference.len > 0)
    return VV_OK;
  return plugin_fail (err, VV_E_INVALID, "%s:%u: the answer does not end with \"#### NUMBER\"",
                      records_path (me->tests), records_line (me->tests, i));
}

static vv_status
write_prompt (Benchmark *me, int64_t i, vv_error *err)
{
  size_t chosen[MAX_SHOTS];
  vv_status status;

  buffer_reset (&me->prompt);
  if (me->train) {
    shots_choose (me->shot_seed, (uint64_t)i, records_count (me->train), me->is_same ? (size_t)i : SIZE_MAX, me->shots,
                  chosen);
    for (uint32_t j = 0; j < me->shots; j++) {
      status = read_item (me, me->train, chosen[j], err);
      if (status < 0)
        return status;
      buffer_add_string (&me->prompt, "Question: ");
      buffer_add (&me->prompt, me->question.ptr, me->question.len);
      buffer_add_string (&me->prompt, "\nAnswer: ");
      buffer_add (&me->prompt, me->answer.ptr, me->answer.len);
      buffer_add_string (&me->prompt, "\n\n");
    }
  }
  status = read_item (me, me->tests, (size_t)i, err);
  if (status < 0)
    return status;
  buffer_add_string (&me->prompt, me->style == PROMPT_MONKEYS ? "Question: " : "");
  buffer_add (&me->prompt, me->question.ptr, me->question.len);
  buffer_add_string (&me->prompt,
                     me->style == PROMPT_MONKEYS
                         ? "\nAnswer:"
                         : "\n\nThink step by step, then give the final answer as one number inside \\boxed{}.");
  return me->prompt.failed ? plugin_fail (err, VV_E_NOMEM, "out of memory") : VV_OK;
}

static vv_status
problem (void *self, int64_t i, vv_problem *out, vv_error *err)
{
  Benchmark *me = self;
  vv_status status;

  if (i < 0 || i >= count (me))
    return plugin_fail (err, VV_E_INVALID,
                        "%s has the problems 0 to %" PRId64 ", but problem %" PRId64 " was asked for",
                        records_path (me->tests), count (me) - 1, i);
  status = write_prompt (me, i, err);
  if (status == VV_OK)
    status = take_reference (me, (size_t)i, err);
  if (status < 0)
    return status;
  snprintf (me->id, sizeof me->id, "%" PRId64, i);
  me->message = (vv_message){ .role = "user", .text = buffer_str (&me->prompt) };
  me->field = (vv_field){ .name = "question", .text = buffer_str (&me->question) };
  out->id = me->id;
  out->messages = &me->message;
  out->n_messages = 1;
  out->fields = &me->field;
  out->n_fields = 1;
  out->reference = buffer_str (&me->reference);
  return VV_OK;
}

static void
destroy (void *self)
{
  Benchmark *me = self;

  if (!me)
    return;
  records_free (me->tests);
  records_free (me->train);
  buffer_clear (&me->record);
  buffer_clear (&me->question);
  buffer_clear (&me->answer);
  buffer_clear (&me->prompt);
  buffer_clear (&me->reference);
  free (me);
}

static vv_status
open_train (Benchmark *me, const vv_value *values, vv_error *err)
{
  vv_status status = VV_OK;

  if (me->style != PROMPT_MONKEYS || me->shots == 0)
    return VV_OK;
  if (!values[OPT_TRAIN_FILE].is_set)
    return plugin_fail (
        err, VV_E_INVALID,
        "a monkeys prompt with %u solved examples needs 'train-file', the published train.jsonl; or set "
        "'shots' to 0",
        me->shots);
  me->train = records_open (values[OPT_TRAIN_FILE].v.s.ptr, RECORDS_JSONL, &status, err);
  if (!me->train)
    return status;
  me->is_same = strcmp (records_path (me->train), records_path (me->tests)) == 0;
  if (records_count (me->train) - (size_t)me->is_same < me->shots)
    return plugin_fail (err, VV_E_INVALID, "%s holds %zu examples, fewer than the %u of 'shots'",
                        records_path (me->train), records_count (me->train) - (size_t)me->is_same, me->shots);
  return VV_OK;
}

/* A file that is broken somewhere is refused at the start, not in the middle of a run. */
static vv_status
check_items (Benchmark *me, vv_error *err)
{
  vv_status status = VV_OK;

  for (size_t i = 0; i < records_count (me->tests) && status == VV_OK; i++) {
    status = read_item (me, me->tests, i, err);
    if (status == VV_OK)
      status = take_reference (me, i, err);
  }
  for (size_t i = 0; me->train && i < records_count (me->train) && status == VV_OK; i++)
    status = read_item (me, me->train, i, err);
  return status;
}

static vv_status
create (void *plugin, const vv_value *values, uint32_t n, void **self, vv_error *err)
{
  vv_status status = VV_OK;
  Benchmark *me;

  (void)plugin;
  if (n < N_OPTIONS)
    return plugin_fail (err, VV_E_INVALID, "the host gave %u of %d option values", n, N_OPTIONS);
  if (!values[OPT_FILE].is_set)
    return plugin_fail (err, VV_E_INVALID, "option 'file' is missing: the published test.jsonl of GSM8K");
  me = calloc (1, sizeof *me);
  if (!me)
    return VV_E_NOMEM;
  me->style = (int)values[OPT_PROMPT].v.i;
  me->shots = (uint32_t)values[OPT_SHOTS].v.i;
  me->shot_seed = (uint64_t)values[OPT_SHOT_SEED].v.i;
  me->tests = records_open (values[OPT_FILE].v.s.ptr, RECORDS_JSONL, &status, err);
  if (status == VV_OK)
    status = open_train (me, values, err);
  if (status == VV_OK)
    status = check_items (me, err);
  if (status < 0) {
    destroy (me);
    return status;
  }
  *self = me;
  return VV_OK;
}

static const vv_benchmark_iface iface = { .struct_size = sizeof iface,
                                          .describe = describe,
                                          .count = count,
                                          .problem = problem };
static const vv_component gsm8k = {
  .struct_size = sizeof gsm8k,
  .kind = VV_KIND_BENCHMARK,
  .caps = VV_CAP_DETERMINISTIC,
  .id = "gsm8k",
  .title = "GSM8K",
  .summary = "Grade-school word problems whose answer is one number.",
  .behaviour = 1,
  .options = options,
  .n_options = N_OPTIONS,
  .option_stride = sizeof options[0],
  .iface = &iface,
  .create = create,
  .destroy = destroy,
};
VV_PLUGIN_ONE (gsm8k, "vervet.gsm8k", PLUGIN_VERSION, "MIT", PLUGIN_URL)
