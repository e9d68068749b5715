/* The budget of a run: reserved before a request, settled after it, kept in the ledger. */
#include <math.h>

#include "run/engine.h"

enum { KNOWN = 20 /* finished outputs before their mean is believed */, SAVE_EVERY = 256 };

static const double chars_per_token = 3.6; /* of English under common tokenisers; replaced by what the role shows */

gboolean
vervet_spending_has_room (VervetEngine *self, const double need[N_UNITS])
{
  for (int u = 0; u < N_UNITS; u++)
    if (u != UNIT_SEQUENTIAL && self->spent[u] + self->reserved[u] + need[u] > self->plan->caps[u])
      return FALSE;
  return TRUE;
}

static double
input_estimate (const Endpoint *endpoint, const vv_request *req)
{
  double chars = 0;
  double ratio = endpoint && endpoint->tokens > 1000 ? endpoint->chars / endpoint->tokens : chars_per_token;

  for (guint i = 0; i < req->n_messages; i++) {
    chars += (double)req->messages[i].text.len;
    for (gsize j = 0; j < req->messages[i].n_parts; j++)
      chars += (double)req->messages[i].parts[j].data.len;
  }
  for (guint i = 0; i < req->n_texts; i++)
    chars += (double)req->texts[i].len;
  return ceil (chars / ratio);
}

static double
output_estimate (const Endpoint *endpoint, const vv_request *req, gboolean is_hard)
{
  guint limit = req->max_tokens ? req->max_tokens : endpoint ? (guint)endpoint->binding->max_tokens : 0;

  if (req->op != VV_OP_GENERATE)
    return 0;
  if (!is_hard && endpoint && endpoint->n_output >= KNOWN) {
    double bound = endpoint->mean_output + 2 * sqrt (endpoint->m2_output / (double)endpoint->n_output);

    return limit ? MIN (bound, limit) : bound;
  }
  return limit ? limit : endpoint && endpoint->n_output >= KNOWN ? 4 * endpoint->mean_output : 1024;
}

static double
price (double tokens, double price_per_million)
{
  return isnan (price_per_million) ? 0 : tokens * price_per_million / 1e6;
}

void
vervet_spending_estimate (VervetEngine *self, const Endpoint *endpoint, const vv_request *req, double need[N_UNITS])
{
  double input = input_estimate (endpoint, req), output = output_estimate (endpoint, req, FALSE);
  double params =
      endpoint ? (endpoint->info.active_params > 0 ? endpoint->info.active_params : endpoint->info.params) : 0;

  (void)self;
  need[UNIT_CALLS] = 1;
  need[UNIT_INPUT] = input;
  need[UNIT_OUTPUT] = output;
  need[UNIT_SEQUENTIAL] = output;
  need[UNIT_FLOPS] = 2 * params * (input + output);
  need[UNIT_SECONDS] = 0;
  /* Money is never overspent: the longest answer that is allowed counts. */
  need[UNIT_MONEY] = endpoint ? price (input, endpoint->binding->price_input)
                                    + price (output_estimate (endpoint, req, TRUE), endpoint->binding->price_output)
                              : 0;
}

void
vervet_spending_reserve (VervetEngine *self, const double need[N_UNITS], guint n)
{
  for (int u = 0; u < N_UNITS; u++)
    self->reserved[u] += n * need[u];
}

double
vervet_spending_money (const Endpoint *endpoint, const vv_usage *usage)
{
  const VervetBinding *b = endpoint ? endpoint->binding : NULL;

  if (!isnan (usage->money))
    return usage->money;
  if (!b || isnan (b->price_input) || isnan (b->price_output))
    return NAN;
  return price ((double)(usage->input - MIN (usage->cached, usage->input)), b->price_input)
         + price ((double)usage->cached, isnan (b->price_cached) ? b->price_input : b->price_cached)
         + price ((double)usage->output, b->price_output);
}

void
vervet_spending_settle (VervetEngine *self, const Endpoint *endpoint, const double need[N_UNITS],
                        const VervetOutcome *outcome)
{
  const vv_usage *usage = &outcome->choice.usage;
  double money = vervet_spending_money (endpoint, usage);

  for (int u = 0; u < N_UNITS; u++)
    self->reserved[u] = MAX (self->reserved[u] - need[u], 0);
  self->spent[UNIT_CALLS] += outcome->out.status != VV_E_CANCELLED || usage->input + usage->output > 0;
  self->spent[UNIT_INPUT] += (double)usage->input;
  self->spent[UNIT_OUTPUT] += (double)usage->output;
  self->spent[UNIT_FLOPS] += need[UNIT_FLOPS];
  self->spent[UNIT_SECONDS] += (double)outcome->took_ms / 1000;
  if (!isnan (money))
    self->spent[UNIT_MONEY] += money;
  self->unsaved_spending++;
}

void
vervet_spending_save (VervetEngine *self, gboolean is_due)
{
  static const char *const units[N_UNITS] = { "calls", "input", "output", "sequential", "money", "flops", "seconds" };
  VervetLedgerRow rows[N_UNITS];
  gint64 now = g_get_monotonic_time ();
  guint n = 0;

  if (self->unsaved_spending == 0 || (!is_due && self->unsaved_spending < SAVE_EVERY && now - self->ledger_us < 100000))
    return;
  for (int u = 0; u < N_UNITS; u++) {
    gboolean is_counted = u == UNIT_CALLS || u == UNIT_INPUT || u == UNIT_OUTPUT || u == UNIT_SECONDS;

    /* Money without a price and FLOPs without a model's size are not zero but unknown: there is no row for them. */
    if (is_counted || self->spent[u] > 0 || isfinite (self->plan->caps[u]))
      rows[n++] = (VervetLedgerRow){ units[u], self->spent[u], self->reserved[u], 0,
                                     isfinite (self->plan->caps[u]) ? self->plan->caps[u] : NAN };
  }
  vervet_writer_ledger (self->writer, self->run.run_id, rows, n);
  self->unsaved_spending = 0;
  self->ledger_us = now;
}
