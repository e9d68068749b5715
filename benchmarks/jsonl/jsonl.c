/* jsonl.c - benchmark "jsonl": the records of any JSON Lines or CSV file as problems.
 *
 * Options say which field is what and how a prompt is made of a record. Every record is checked at the start, so that a
 * broken one is named with its line before a run begins. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "problem.h"

enum {
  OPT_FILE,
  OPT_FORMAT,
  OPT_PROMPT,
  OPT_MESSAGES,
  OPT_REFERENCE,
  OPT_REFERENCE_AFTER,
  OPT_ID,
  OPT_GROUP,
  OPT_FIELDS,
  OPT_EXAMPLES,
  OPT_EXAMPLE,
  OPT_SHOTS,
  OPT_SHOT_SEED,
  OPT_NAME,
  OPT_VERIFIER,
  OPT_VERIFIER_OPTIONS,
  N_OPTIONS
};

static const char *const format_choices[] = { "auto", "jsonl", "csv", "tsv", NULL };
static const RecordsFormat formats[] = { RECORDS_AUTO, RECORDS_JSONL, RECORDS_CSV, RECORDS_TSV };

static const vv_option options[] = {
  [OPT_FILE] = { .type = VV_T_PATH,
                 .name = "file",
                 .label = "File",
                 .flags = VV_OPT_REQUIRED,
                 .help = "The records: one JSON object a line, or CSV with a header; plain or gzip." },
  [OPT_FORMAT] = { .type = VV_T_ENUM,
                   .name = "format",
                   .label = "Format",
                   .def = "auto",
                   .choices = format_choices,
                   .help = "auto goes by the name: .csv and .tsv, else JSON Lines." },
  [OPT_PROMPT] = { .type = VV_T_STRING,
                   .name = "prompt",
                   .label = "Prompt",
                   .def = "{question}",
                   .help = "The user's message: text in which {name} stands for a field of the record, {a.b} for one "
                           "inside another, {{ and }} for braces." },
  [OPT_MESSAGES] = { .type = VV_T_JSON,
                     .name = "messages",
                     .label = "Messages",
                     .help =
                         "Several messages instead of a prompt: [{\"role\": \"system\", \"content\": \"...\"}, ...], "
                         "each content a text with {name} in it." },
  [OPT_REFERENCE] = { .type = VV_T_STRING,
                      .name = "reference-field",
                      .label = "Reference",
                      .def = "answer",
                      .help = "The field with the right answer; empty: there is none. It is kept from samplers." },
  [OPT_REFERENCE_AFTER] = { .type = VV_T_STRING,
                            .name = "reference-after",
                            .label = "Reference after",
                            .help = "Only what follows the last occurrence of this text in the field, as ####." },
  [OPT_ID] = { .type = VV_T_STRING,
               .name = "id-field",
               .label = "Key",
               .help = "The field that names a problem. Unset: its number, from 0." },
  [OPT_GROUP] = { .type = VV_T_STRING,
                  .name = "group-field",
                  .label = "Group",
                  .help = "The field that problems of one passage or source share." },
  [OPT_FIELDS] = { .type = VV_T_JSON,
                   .name = "fields",
                   .label = "Published fields",
                   .help = "List of the fields that samplers may see and reports can group by. Unset: all but the "
                           "reference." },
  [OPT_EXAMPLES] = { .type = VV_T_PATH,
                     .name = "examples-file",
                     .label = "Examples",
                     .group = "Solved examples",
                     .help = "Records from which solved examples are drawn; they stand ahead of the prompt." },
  [OPT_EXAMPLE] = { .type = VV_T_STRING,
                    .name = "example",
                    .label = "Example",
                    .group = "Solved examples",
                    .def = "Question: {question}\nAnswer: {answer}\n\n",
                    .help = "Text of one example." },
  [OPT_SHOTS] = { .type = VV_T_INT,
                  .name = "shots",
                  .label = "How many",
                  .group = "Solved examples",
                  .def = "2",
                  .help = "Examples for each problem, where there is an examples-file.",
                  .min = 0,
                  .max = MAX_SHOTS,
                  .ui_min = 0,
                  .ui_max = 8,
                  .ui_step = 1 },
  [OPT_SHOT_SEED] = { .type = VV_T_INT,
                      .name = "shot-seed",
                      .label = "Seed",
                      .group = "Solved examples",
                      .def = "0",
                      .help = "Each problem draws its own examples from this number and its index.",
                      .min = 0,
                      .max = 9e15,
                      .ui_min = 0,
                      .ui_max = 1000,
                      .ui_step = 1 },
  [OPT_NAME] = { .type = VV_T_STRING,
                 .name = "title",
                 .label = "Title",
                 .flags = VV_OPT_NEUTRAL,
                 .help = "Name for reports. Unset: the file's." },
  [OPT_VERIFIER] = { .type = VV_T_STRING,
                     .name = "verifier",
                     .label = "Verifier",
                     .def = "exact",
                     .flags = VV_OPT_NEUTRAL,
                     .help = "The check that grades it unless the experiment names others." },
  [OPT_VERIFIER_OPTIONS] = { .type = VV_T_JSON,
                             .name = "verifier-options",
                             .label = "Verifier's options",
                             .def = "{}",
                             .flags = VV_OPT_NEUTRAL,
                             .help = "Options of that check, as an object." },
};

static vv_status
describe (void *self, vv_benchmark_info *out, vv_error *err)
{
  const Benchmark *me = self;

  (void)err;
  out->name = me->title;
  out->source = records_path (me->records);
  out->verifier = me->verifier;
  out->verifier_options = me->verifier_options;
  return VV_OK;
}

static int64_t
count (void *self)
{
  const Benchmark *me = self;

  return (int64_t)records_count (me->records);
}

static vv_status
problem (void *self, int64_t i, vv_problem *out, vv_error *err)
{
  Benchmark *me = self;
  vv_status status;

  if (i < 0 || i >= count (me))
    return plugin_fail (err, VV_E_INVALID,
                        "%s has the problems 0 to %" PRId64 ", but problem %" PRId64 " was asked for",
                        records_path (me->records), count (me) - 1, i);
  status = problem_read (me, (size_t)i, err);
  if (status < 0)
    return status;
  out->id = me->id.ptr;
  out->group = me->group_field ? me->group.ptr : NULL;
  out->messages = me->out_messages;
  out->n_messages = me->messages.n;
  out->fields = me->out_fields;
  out->n_fields = (uint32_t)me->n_fields;
  out->reference = buffer_str (&me->reference);
  return VV_OK;
}

typedef struct {
  uint64_t hash;
  uint32_t line;
} Key;

static int
compare_keys (const void *a, const void *b)
{
  const Key *x = a, *y = b;

  return x->hash != y->hash ? (x->hash < y->hash ? -1 : 1) : x->line < y->line ? -1 : x->line > y->line;
}

static uint64_t
hash_id (vv_str id)
{
  uint64_t h = id.len;

  for (size_t i = 0; i < id.len; i++)
    h = vv_mix (h, (unsigned char)id.ptr[i]);
  return h;
}

/* Reads every problem once: what is wrong with a record is said before a run begins. */
static vv_status
check_all (Benchmark *me, vv_error *err)
{
  size_t n = records_count (me->records);
  Key *keys = calloc (n, sizeof *keys);
  vv_status status = keys ? VV_OK : plugin_fail (err, VV_E_NOMEM, "out of memory");

  for (size_t i = 0; i < n && status == VV_OK; i++) {
    status = problem_read (me, i, err);
    if (status == VV_OK)
      keys[i] = (Key){ hash_id (buffer_str (&me->id)), records_line (me->records, i) };
  }
  if (status == VV_OK && me->id_field)
    qsort (keys, n, sizeof *keys, compare_keys);
  for (size_t i = 1; i < n && status == VV_OK && me->id_field; i++)
    if (keys[i].hash == keys[i - 1].hash)
      status = plugin_fail (err, VV_E_INVALID, "%s:%u: the key in \"%s\" was used before, on line %u",
                            records_path (me->records), keys[i].line, me->id_field, keys[i - 1].line);
  free (keys);
  return status;
}

static void
destroy (void *self)
{
  Benchmark *me = self;

  if (!me)
    return;
  records_free (me->records);
  records_free (me->examples);
  message_list_clear (&me->messages);
  template_clear (&me->example);
  string_list_clear (&me->published);
  free (me->reference_field);
  free (me->reference_after);
  free (me->id_field);
  free (me->group_field);
  free (me->title);
  free (me->verifier);
  free (me->verifier_options);
  buffer_clear (&me->record);
  buffer_clear (&me->scratch);
  buffer_clear (&me->prompts);
  buffer_clear (&me->reference);
  buffer_clear (&me->id);
  buffer_clear (&me->group);
  buffer_clear (&me->names);
  buffer_clear (&me->texts);
  free (me->out_messages);
  free (me->out_fields);
  free (me);
}

/* A copy of a text option; NULL stays NULL when it is not set or empty and @keep_empty is 0. */
static int
copy_option (const vv_value *value, int keep_empty, char **out)
{
  if (!value->is_set || (value->v.s.len == 0 && !keep_empty))
    return 1;
  *out = strndup (value->v.s.ptr, value->v.s.len);
  return *out != NULL;
}

static vv_status
copy_options (Benchmark *me, const vv_value *values, vv_error *err)
{
  const char *path = values[OPT_FILE].v.s.ptr, *slash = strrchr (path, '/');

  me->shots = (uint32_t)values[OPT_SHOTS].v.i;
  me->shot_seed = (uint64_t)values[OPT_SHOT_SEED].v.i;
  me->publish_all = !values[OPT_FIELDS].is_set;
  if (!copy_option (&values[OPT_REFERENCE], 1, &me->reference_field)
      || !copy_option (&values[OPT_REFERENCE_AFTER], 0, &me->reference_after)
      || !copy_option (&values[OPT_ID], 0, &me->id_field) || !copy_option (&values[OPT_GROUP], 0, &me->group_field)
      || !copy_option (&values[OPT_NAME], 0, &me->title) || !copy_option (&values[OPT_VERIFIER], 0, &me->verifier)
      || !copy_option (&values[OPT_VERIFIER_OPTIONS], 0, &me->verifier_options))
    return plugin_fail (err, VV_E_NOMEM, "out of memory");
  if (!me->title)
    me->title = strdup (slash ? slash + 1 : path);
  return me->title && me->reference_field ? VV_OK : plugin_fail (err, VV_E_NOMEM, "out of memory");
}

static vv_status
open_examples (Benchmark *me, const vv_value *values, vv_error *err)
{
  vv_status status = VV_OK;
  size_t n;

  if (!values[OPT_EXAMPLES].is_set || me->shots == 0)
    return VV_OK;
  if (values[OPT_MESSAGES].is_set)
    return plugin_fail (err, VV_E_INVALID,
                        "'examples-file' goes with 'prompt', not with 'messages'; write the examples "
                        "into the messages");
  status = template_init (&me->example, values[OPT_EXAMPLE].v.s, "option 'example'", err);
  if (status < 0)
    return status;
  me->examples = records_open (values[OPT_EXAMPLES].v.s.ptr, RECORDS_AUTO, &status, err);
  if (!me->examples)
    return status;
  me->is_same = strcmp (records_path (me->examples), records_path (me->records)) == 0;
  n = records_count (me->examples) - (size_t)me->is_same;
  if (n >= me->shots)
    return VV_OK;
  return plugin_fail (err, VV_E_INVALID, "%s holds %zu examples, fewer than the %u of 'shots'",
                      records_path (me->examples), n, me->shots);
}

/* Does the field @path show the reference, being it or holding it? */
static int
shows_reference (const Benchmark *me, vv_str path)
{
  const char *reference = me->reference_field;

  return path.len > 0 && strncmp (reference, path.ptr, path.len) == 0
         && (reference[path.len] == 0 || reference[path.len] == '.');
}

/* Samplers must not see the right answer, whatever an experiment says. */
static vv_status
keep_reference (const Benchmark *me, vv_error *err)
{
  const char *option = NULL;

  for (uint32_t k = 0; k < me->messages.n; k++)
    for (size_t at = 0; at < me->messages.items[k].content.text.len;)
      if (shows_reference (me, template_next (&me->messages.items[k].content, &at)))
        option = me->messages.option;
  for (uint32_t k = 0; k < me->published.n; k++)
    if (shows_reference (me, me->published.items[k]))
      option = "fields";
  if (!option)
    return VV_OK;
  return plugin_fail (err, VV_E_INVALID, "the option '%s' would show the right answer, the field \"%s\", to the model",
                      option, me->reference_field);
}

static vv_status
set_up (Benchmark *me, const vv_value *values, vv_error *err)
{
  vv_status status = copy_options (me, values, err);

  if (status == VV_OK && values[OPT_MESSAGES].is_set)
    status = message_list_parse (&me->messages, values[OPT_MESSAGES].v.s, err);
  else if (status == VV_OK)
    status = message_list_single (&me->messages, values[OPT_PROMPT].v.s, err);
  if (status == VV_OK && values[OPT_FIELDS].is_set)
    status = string_list_parse (&me->published, values[OPT_FIELDS].v.s, "option 'fields'", err);
  if (status == VV_OK)
    status = keep_reference (me, err);
  if (status < 0)
    return status;
  me->out_messages = calloc (me->messages.n, sizeof *me->out_messages);
  if (!me->out_messages)
    return plugin_fail (err, VV_E_NOMEM, "out of memory");
  me->records = records_open (values[OPT_FILE].v.s.ptr, formats[values[OPT_FORMAT].v.i], &status, err);
  if (status == VV_OK)
    status = open_examples (me, values, err);
  return status == VV_OK ? check_all (me, err) : status;
}

static vv_status
create (void *plugin, const vv_value *values, uint32_t n, void **self, vv_error *err)
{
  vv_status status;
  Benchmark *me;

  (void)plugin;
  if (n < N_OPTIONS)
    return plugin_fail (err, VV_E_INVALID, "the host gave %u of %d option values", n, N_OPTIONS);
  if (!values[OPT_FILE].is_set)
    return plugin_fail (err, VV_E_INVALID, "option 'file' is missing: the records");
  me = calloc (1, sizeof *me);
  if (!me)
    return VV_E_NOMEM;
  status = set_up (me, values, err);
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
static const vv_component jsonl = {
  .struct_size = sizeof jsonl,
  .kind = VV_KIND_BENCHMARK,
  .caps = VV_CAP_DETERMINISTIC,
  .id = "jsonl",
  .title = "Records of a file",
  .summary = "Any JSON Lines or CSV file, by naming its fields and the prompt.",
  .behaviour = 1,
  .options = options,
  .n_options = N_OPTIONS,
  .option_stride = sizeof options[0],
  .iface = &iface,
  .create = create,
  .destroy = destroy,
};
VV_PLUGIN_ONE (jsonl, "vervet.jsonl", PLUGIN_VERSION, "MIT", PLUGIN_URL)
