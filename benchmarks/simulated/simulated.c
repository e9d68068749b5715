/* simulated.c - benchmark "simulated": any number of problems whose answers the simulated model knows.
 *
 * Problem i is a function of (seed, i); its reference is world_truth() of its prompt, which is also what the model
 * takes for the truth. Made for tests, benchmarks of the engine, and planning. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "plugin-util.h"
#include "vervet-plugin.h"
#include "simulated-world.h"

enum { OPT_SEED, OPT_COUNT, N_OPTIONS };

static const vv_option options[] = {
  [OPT_SEED] = { .type = VV_T_INT,
                 .name = "seed",
                 .label = "Seed",
                 .def = "1",
                 .help = "Another number gives other problems.",
                 .min = 0,
                 .max = 9e15,
                 .ui_min = 0,
                 .ui_max = 1000,
                 .ui_step = 1 },
  [OPT_COUNT] = { .type = VV_T_INT,
                  .name = "count",
                  .label = "Problems",
                  .def = "0",
                  .flags = VV_OPT_NEUTRAL,
                  .help = "How many problems there are; 0: no end, the experiment says which ones it wants.",
                  .min = 0,
                  .max = 1e12,
                  .ui_min = 0,
                  .ui_max = 100000,
                  .ui_step = 1 },
};

typedef struct {
  int64_t seed, count;
  char text[160], id[32], reference[16];
  vv_message message;
  vv_field field;
} Benchmark;

static vv_status
describe (void *self, vv_benchmark_info *out, vv_error *err)
{
  (void)self, (void)err;
  out->name = "Simulated problems";
  out->version = "1";
  out->license = "MIT";
  out->source = "generated";
  out->verifier = "numeric";
  out->verifier_options = "{}";
  return VV_OK;
}

static int64_t
count (void *self)
{
  const Benchmark *me = self;

  return me->count > 0 ? me->count : -1;
}

static vv_status
problem (void *self, int64_t i, vv_problem *out, vv_error *err)
{
  Benchmark *me = self;
  uint64_t hash;
  int n;

  if (i < 0 || (me->count > 0 && i >= me->count))
    return plugin_fail (err, VV_E_INVALID, "there is no problem %" PRId64 "; the option 'count' says %" PRId64, i,
                        me->count);
  n = snprintf (me->text, sizeof me->text,
                "Problem %" PRId64 " of world %" PRId64 ": which number of four digits is meant?", i, me->seed);
  hash = world_hash (me->text, (size_t)n);
  snprintf (me->id, sizeof me->id, "%" PRId64, i);
  snprintf (me->reference, sizeof me->reference, "%u", (unsigned)world_truth (hash));
  me->message = (vv_message){ .role = "user", .text = { me->text, (size_t)n } };
  me->field = (vv_field){ .name = "question", .text = me->message.text };
  out->id = me->id;
  out->messages = &me->message;
  out->n_messages = 1;
  out->fields = &me->field;
  out->n_fields = 1;
  out->reference = vv_s (me->reference);
  return VV_OK;
}

static vv_status
create (void *plugin, const vv_value *values, uint32_t n, void **self, vv_error *err)
{
  Benchmark *me;

  (void)plugin;
  if (n < N_OPTIONS)
    return plugin_fail (err, VV_E_INVALID, "the host gave %u of %d option values", n, N_OPTIONS);
  me = calloc (1, sizeof *me);
  if (!me)
    return VV_E_NOMEM;
  me->seed = values[OPT_SEED].v.i;
  me->count = values[OPT_COUNT].v.i;
  *self = me;
  return VV_OK;
}

static const vv_benchmark_iface iface = { .struct_size = sizeof iface,
                                          .describe = describe,
                                          .count = count,
                                          .problem = problem };
static const vv_component simulated = {
  .struct_size = sizeof simulated,
  .kind = VV_KIND_BENCHMARK,
  .caps = VV_CAP_DETERMINISTIC,
  .id = "simulated",
  .title = "Simulated problems",
  .summary = "Problems without end, for the simulated model.",
  .behaviour = 1,
  .options = options,
  .n_options = N_OPTIONS,
  .option_stride = sizeof options[0],
  .iface = &iface,
  .create = create,
  .destroy = free,
};
VV_PLUGIN_ONE (simulated, "vervet.benchmark.simulated", PLUGIN_VERSION, "MIT", PLUGIN_URL)
