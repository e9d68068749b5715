/* replay.c - model "replay": serves a recorded pool of samples as if it were a model.
 *
 * Draw d of a problem is sample d of the file, so a run over the pool has each recorded sample once and is the same
 * every time. Nothing is generated: what the pool does not hold is an error, not a text. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "plugin-util.h"
#include "pool.h"
#include "vervet-plugin.h"

enum { OPT_FILE, OPT_SERIES, OPT_PROBLEMS, OPT_LATENCY, N_OPTIONS };

static const vv_option options[] = {
  [OPT_FILE] = { .type = VV_T_PATH,
                 .name = "file",
                 .label = "Pool",
                 .flags = VV_OPT_REQUIRED,
                 .help =
                     "JSON Lines, plain or gzip: records with \"question\" or \"prompt\" and a list \"samples\", one "
                     "\"text\" a line, or the published GSM8K solutions of several models." },
  [OPT_SERIES] = { .type = VV_T_STRING,
                   .name = "series",
                   .label = "Model in the file",
                   .help = "Which of several models in the file, as 175b_verification. Unset: all of them, one after "
                           "the other, as samples of one model." },
  [OPT_PROBLEMS] = { .type = VV_T_PATH,
                     .name = "problems",
                     .label = "Problems",
                     .help = "For samples that name only a \"task_id\": the file that gives its \"prompt\", as "
                             "HumanEval.jsonl.gz." },
  [OPT_LATENCY] = { .type = VV_T_INT,
                    .name = "latency-ms",
                    .label = "Latency",
                    .unit = "ms",
                    .def = "0",
                    .flags = VV_OPT_NEUTRAL,
                    .help = "Waits so long before each answer, for demonstrations.",
                    .min = 0,
                    .max = 60000,
                    .ui_min = 0,
                    .ui_max = 1000,
                    .ui_step = 10 },
};

typedef struct {
  Pool *pool;
  int64_t latency_ms;
  char name[128];
} Model;

/* The text of all messages in their order; *buffer is used only where there is more than one piece. */
static vv_str
prompt_text (const vv_request *request, Buffer *buffer)
{
  const vv_message *m = request->messages;

  if (request->n_messages == 1 && m->n_parts == 0)
    return m->text;
  for (uint32_t i = 0; i < request->n_messages; i++, m++) {
    if (i > 0)
      buffer_add_string (buffer, "\n\n");
    if (m->n_parts == 0)
      buffer_add (buffer, m->text.ptr, m->text.len);
    for (size_t k = 0; k < m->n_parts; k++)
      if (m->parts[k].kind == VV_PART_TEXT)
        buffer_add (buffer, m->parts[k].data.ptr, m->parts[k].data.len);
  }
  return buffer_str (buffer);
}

static void
wait_ms (int64_t ms, const vv_reply *reply)
{
  const struct timespec slice = { 0, 20000000 };

  for (; ms > 0; ms -= 20) {
    const struct timespec rest = { 0, ms * 1000000 };

    if (VV_HAS (vv_reply, reply, stopped) && reply->stopped (reply->ctx, UINT32_MAX))
      return;
    nanosleep (ms < 20 ? &rest : &slice, NULL);
  }
}

static vv_status
send_sample (const Model *model, const PoolEntry *entry, const vv_request *request, size_t prompt_len, uint32_t index,
             const vv_reply *reply, Buffer *text, vv_error *err)
{
  uint64_t draw = request->draw + index;
  const PoolSample *sample;
  vv_status status;
  vv_choice choice = { .struct_size = sizeof choice, .index = index, .finish = VV_FIN_EOS_OR_STOP, .logprob_sum = NAN };

  if (draw >= entry->n)
    return plugin_fail (err, VV_E_INVALID,
                        "the pool holds %u sample%s of this problem; sample %" PRIu64 " was asked for", entry->n,
                        entry->n == 1 ? "" : "s", draw + 1);
  sample = &entry->samples[draw];
  status = pool_read (model->pool, sample, text, err);
  if (status < 0)
    return status;
  choice.text = buffer_str (text);
  choice.usage = (vv_usage){ .input = prompt_len / 4 + 1,
                             .output = sample->tokens ? sample->tokens : text->len / 4 + 1,
                             .money = NAN,
                             .flags = VV_USE_ESTIMATED | (request->n > 1 ? VV_USE_INPUT_SHARED : 0) };
  reply->choice (reply->ctx, &choice);
  return VV_OK;
}

static vv_status
not_in_pool (const Model *model, vv_str prompt, vv_error *err)
{
  vv_str end = str_trim (prompt);
  size_t start = end.len > 60 ? end.len - 60 : 0;

  while (start > 0 && start < end.len && ((unsigned char)end.ptr[start] & 0xc0) == 0x80)
    start++;
  return plugin_fail (err, VV_E_INVALID, "%s holds no problem whose question stands in the prompt that ends \"%s%.*s\"",
                      pool_path (model->pool), start > 0 ? "..." : "", (int)(end.len - start), end.ptr + start);
}

static vv_status
run (void *self, const vv_request *request, const vv_reply *reply, vv_error *err)
{
  const Model *model = self;
  uint32_t n = request->n > 1 ? request->n : 1;
  Buffer joined = { 0 }, text = { 0 };
  const PoolEntry *entry;
  vv_status status = VV_OK;
  vv_str prompt;

  if (request->op != VV_OP_GENERATE)
    return plugin_fail (err, VV_E_UNSUPPORTED, "a recorded pool can only answer prompts, not score or embed");
  prompt = prompt_text (request, &joined);
  wait_ms (model->latency_ms, reply);
  entry = joined.failed ? NULL : pool_find (model->pool, prompt);
  if (!entry)
    status = joined.failed ? plugin_fail (err, VV_E_NOMEM, "out of memory") : not_in_pool (model, prompt, err);
  for (uint32_t i = 0; i < n && status == VV_OK; i++)
    status = send_sample (model, entry, request, prompt.len, i, reply, &text, err);
  buffer_clear (&joined);
  buffer_clear (&text);
  return status;
}

static vv_status
describe (void *self, vv_model_info *out, vv_error *err)
{
  const Model *model = self;

  (void)err;
  out->ops = 1u << VV_OP_GENERATE;
  out->can = VV_CAN_N | VV_CAN_RAW;
  out->max_parallel = 8;
  out->max_n = 65536;
  snprintf (out->name, sizeof out->name, "%s", model->name);
  snprintf (out->fingerprint, sizeof out->fingerprint, "%" PRIu64 " samples of %zu problems",
            pool_n_samples (model->pool), pool_n_entries (model->pool));
  return VV_OK;
}

static void
destroy (void *self)
{
  Model *model = self;

  if (!model)
    return;
  pool_free (model->pool);
  free (model);
}

/* The series, else the file's name without its folder. */
static void
name_model (Model *model, const vv_value *values)
{
  const char *path = values[OPT_FILE].v.s.ptr, *slash = strrchr (path, '/');
  vv_str series = values[OPT_SERIES].v.s;

  if (series.len > 0)
    snprintf (model->name, sizeof model->name, "%.*s", (int)(series.len < 100 ? series.len : 100), series.ptr);
  else
    snprintf (model->name, sizeof model->name, "%.100s", slash ? slash + 1 : path);
}

static vv_status
create (void *plugin, const vv_value *values, uint32_t n, void **self, vv_error *err)
{
  vv_status status;
  Model *model;

  (void)plugin;
  if (n < N_OPTIONS)
    return plugin_fail (err, VV_E_INVALID, "the host gave %u of %d option values", n, N_OPTIONS);
  if (!values[OPT_FILE].is_set)
    return plugin_fail (err, VV_E_INVALID, "option 'file' is missing: the recorded samples");
  model = calloc (1, sizeof *model);
  if (!model)
    return VV_E_NOMEM;
  model->latency_ms = values[OPT_LATENCY].v.i;
  name_model (model, values);
  model->pool = pool_open (values[OPT_FILE].v.s.ptr, values[OPT_SERIES].v.s,
                           values[OPT_PROBLEMS].is_set ? values[OPT_PROBLEMS].v.s.ptr : NULL, &status, err);
  if (!model->pool) {
    free (model);
    return status;
  }
  *self = model;
  return VV_OK;
}

static const vv_model_iface iface = { .struct_size = sizeof iface, .describe = describe, .run = run };
static const vv_component replay = {
  .struct_size = sizeof replay,
  .kind = VV_KIND_MODEL,
  .caps = VV_CAP_CONCURRENT | VV_CAP_DETERMINISTIC,
  .id = "replay",
  .title = "Recorded pool",
  .summary = "Answers with the samples of a file, each of them once.",
  .behaviour = 1,
  .options = options,
  .n_options = N_OPTIONS,
  .option_stride = sizeof options[0],
  .iface = &iface,
  .create = create,
  .destroy = destroy,
};
VV_PLUGIN_ONE (replay, "vervet.replay", PLUGIN_VERSION, "MIT", PLUGIN_URL)
