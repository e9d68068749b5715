#include "law.h"

#include <math.h>
#include <string.h>

#include "simulated-world.h"

/* Streams of random numbers of one (prompt, seed): a new use gets a new number, so that old draws stay what they were.
 */
enum { STREAM_SKILL = 11, STREAM_ANSWER, STREAM_LENGTH, STREAM_LATENCY, STREAM_TEXT, STREAM_SCORE };

/* The tail of the length law must not take all memory. */
#define MAX_TEXT_BYTES 16e6

typedef struct {
  uint64_t key, i;
} Rng;

static Rng
rng_new (uint64_t a, uint64_t b, uint64_t stream)
{
  return (Rng){ vv_mix (vv_mix (a, b), stream), 0 };
}

static uint64_t
rng_next (Rng *rng)
{
  return vv_mix (rng->key, rng->i++);
}

/* In (0, 1): never an end, so that a logarithm of it is finite. */
static double
rng_unit (Rng *rng)
{
  return ((double)(rng_next (rng) >> 12) + 0.5) * 0x1p-52;
}

static double
rng_normal (Rng *rng)
{
  double radius = sqrt (-2 * log (rng_unit (rng)));

  return radius * cos (6.283185307179586 * rng_unit (rng));
}

/* The logarithm of a Gamma (shape, 1) variate after Marsaglia and Tsang (2000); shapes below 1 by their power trick. In
 * logarithms since tiny shapes give variates that no double holds. */
static double
rng_log_gamma (Rng *rng, double shape)
{
  double boost = shape < 1 ? log (rng_unit (rng)) / shape : 0;
  double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3;
  double c = 1 / sqrt (9 * d), x, v;

  for (;;) {
    x = rng_normal (rng);
    v = 1 + c * x;
    if (v <= 0)
      continue;
    v = v * v * v;
    if (log (rng_unit (rng)) < 0.5 * x * x + d - d * v + d * log (v))
      return boost + log (d * v);
  }
}

static double
rng_beta (Rng *rng, double alpha, double beta)
{
  double a = rng_log_gamma (rng, alpha), b = rng_log_gamma (rng, beta);

  return 1 / (1 + exp (b - a));
}

static size_t
message_bytes (const vv_message *message)
{
  size_t n = message->n_parts ? 0 : message->text.len;

  for (size_t i = 0; i < message->n_parts; i++)
    n += message->parts[i].data.len;
  return n;
}

static uint64_t
message_hash (const vv_message *message)
{
  uint64_t h;

  if (message->n_parts == 0)
    return world_hash (message->text.ptr, message->text.len);
  if (message->n_parts == 1)
    return world_hash (message->parts[0].data.ptr, message->parts[0].data.len);
  h = message->n_parts;
  for (size_t i = 0; i < message->n_parts; i++)
    h = vv_mix (h, world_hash (message->parts[i].data.ptr, message->parts[i].data.len));
  return h;
}

Prompt
law_prompt (const Law *law, const vv_request *request)
{
  const vv_message *question = NULL;
  Prompt prompt = { 0 };
  size_t bytes = 0;

  for (uint32_t i = 0; i < request->n_messages; i++) {
    bytes += message_bytes (&request->messages[i]);
    if (!request->messages[i].role || strcmp (request->messages[i].role, "user") == 0)
      question = &request->messages[i];
  }
  if (!question && request->n_messages > 0)
    question = &request->messages[request->n_messages - 1];
  prompt.hash = question ? message_hash (question) : 0;
  prompt.tokens = (uint32_t)(bytes / 4 + 1);
  prompt.success = law->success;
  if (!(prompt.success >= 0)) {
    Rng rng = rng_new (prompt.hash, law->skill, STREAM_SKILL);

    prompt.success = rng_beta (&rng, law->alpha, law->beta);
  }
  return prompt;
}

/* Rank 0, 1, ... with probabilities in geometric progression. */
static uint32_t
draw_wrong_rank (const Law *law, double u)
{
  double r = law->wrong_ratio, rank;

  if (r >= 1)
    rank = u * law->n_wrong;
  else if (r <= 0)
    rank = 0;
  else
    rank = log1p (-u * (1 - pow (r, law->n_wrong))) / log (r);
  return rank >= law->n_wrong ? law->n_wrong - 1 : (uint32_t)rank;
}

/* A greedy draw gives the likeliest answer, whatever the seed. */
static uint32_t
draw_answer (const Law *law, const Prompt *prompt, const vv_request *request, uint64_t seed)
{
  double r = law->wrong_ratio, first;

  if (request->flags & VV_GREEDY) {
    first = r >= 1 ? 1.0 / law->n_wrong : (1 - r) / (1 - pow (r, law->n_wrong));
    return prompt->success >= (1 - prompt->success) * first ? world_truth (prompt->hash)
                                                            : world_wrong (prompt->hash, 0);
  }
  Rng rng = rng_new (prompt->hash, seed, STREAM_ANSWER);

  if (rng_unit (&rng) < prompt->success)
    return world_truth (prompt->hash);
  return world_wrong (prompt->hash, draw_wrong_rank (law, rng_unit (&rng)));
}

/* Length as a multiple of the mean: lognormal with mean 1. */
static double
draw_length (const Law *law, const Prompt *prompt, uint64_t seed)
{
  Rng rng = rng_new (prompt->hash, seed, STREAM_LENGTH);
  double s = law->tokens_sigma;

  return s > 0 ? exp (s * rng_normal (&rng) - s * s / 2) : 1;
}

static double
whole_tokens (const Law *law, double length)
{
  double tokens = floor (law->tokens_mean * length + 0.5);

  return tokens < 1 ? 1 : tokens > 1e9 ? 1e9 : tokens;
}

/* Without digits, so that a text cut before its end holds no number that a verifier could take for the answer. */
static const char *const phrases[32] = {
  "First we look at what is given. ", "Let us call the unknown x. ",
  "Then the total follows at once. ", "So we add the two parts. ",
  "Next, subtract what was used. ",   "The rest is shared equally. ",
  "This doubles the amount. ",        "We keep the remainder in mind. ",
  "Now multiply by the price. ",      "That is the cost of one. ",
  "Each of them takes the same. ",    "Half of it is gone by noon. ",
  "Check: the units agree. ",         "We can simplify this. ",
  "Hence the sum is known. ",         "After that, nothing is left. ",
  "Wait, look at it once more. ",     "The first part is done. ",
  "The second part is alike. ",       "Put both into one equation. ",
  "Divide both sides by the count. ", "It follows that x is whole. ",
  "The order does not matter. ",      "We count the days of a week. ",
  "Take the difference of both. ",    "A third of them remain. ",
  "Round nothing, it is exact. ",     "Therefore the claim holds. ",
  "The price falls by a tenth. ",     "We need the larger one. ",
  "Only the last step is missing. ",  "Altogether this gives the result. ",
};

static void
write_text (const Prompt *prompt, uint64_t seed, uint32_t answer, double bytes, Buffer *text)
{
  Rng rng = rng_new (prompt->hash, seed, STREAM_TEXT);
  char end[] = "The answer is 0000.";
  uint64_t bits = 0;

  for (unsigned i = 0; (double)text->len + sizeof end - 1 < bytes && !text->failed; i++) {
    if (i % 12 == 0)
      bits = rng_next (&rng);
    buffer_add_string (text, phrases[bits & 31]);
    bits >>= 5;
  }
  for (int i = 0; i < 4; i++, answer /= 10)
    end[17 - i] = (char)('0' + answer % 10);
  buffer_add (text, end, sizeof end - 1);
}

/* Cuts at the first stop string; whether one was met. */
static int
apply_stops (const vv_request *request, Buffer *text)
{
  size_t best = SIZE_MAX, best_len = 0;

  for (uint32_t i = 0; i < request->n_stop; i++) {
    const char *hit =
        request->stop[i].len ? memmem (text->ptr, text->len, request->stop[i].ptr, request->stop[i].len) : NULL;

    if (hit && (size_t)(hit - text->ptr) < best) {
      best = (size_t)(hit - text->ptr);
      best_len = request->stop[i].len;
    }
  }
  if (best == SIZE_MAX)
    return 0;
  text->len = best + (request->flags & VV_KEEP_STOP ? best_len : 0);
  return 1;
}

Draw
law_draw (const Law *law, const Prompt *prompt, const vv_request *request, uint64_t seed, double share, Buffer *text)
{
  uint64_t text_seed = request->flags & VV_GREEDY ? 0 : seed;
  double length = draw_length (law, prompt, text_seed), tokens = whole_tokens (law, length), kept = tokens;
  Draw draw = { .finish = VV_FIN_EOS };
  size_t whole;

  buffer_reset (text);
  write_text (prompt, text_seed, draw_answer (law, prompt, request, seed),
              fmin (law->text_bytes * length, MAX_TEXT_BYTES), text);
  whole = text->len;
  if (request->max_tokens > 0 && tokens > request->max_tokens) {
    kept = request->max_tokens;
    text->len = (size_t)((double)whole * kept / tokens);
    draw.finish = VV_FIN_LENGTH;
  }
  if (request->n_stop > 0 && apply_stops (request, text)) {
    kept = ceil (tokens * (double)text->len / (double)whole);
    draw.finish = VV_FIN_STOP;
  }
  if (share < 1) {
    text->len = (size_t)((double)text->len * share);
    kept = floor (kept * share);
    draw.finish = VV_FIN_CANCELLED;
  }
  draw.tokens = (uint32_t)kept;
  return draw;
}

double
law_latency_ms (const Law *law, const Prompt *prompt, const vv_request *request, uint64_t seed)
{
  double tokens = whole_tokens (law, draw_length (law, prompt, request->flags & VV_GREEDY ? 0 : seed)), ms;

  if (request->max_tokens > 0 && tokens > request->max_tokens)
    tokens = request->max_tokens;
  ms = law->base_ms + law->token_ms * tokens;
  if (ms > 0 && law->jitter > 0) {
    Rng rng = rng_new (prompt->hash, seed, STREAM_LATENCY);

    ms *= 1 + law->jitter * (2 * rng_unit (&rng) - 1);
  }
  return ms;
}

double
law_score (const Law *law, const Prompt *prompt, vv_str text)
{
  static const char mark[] = "The answer is ";
  Rng rng = rng_new (prompt->hash ^ law->skill, world_hash (text.ptr, text.len), STREAM_SCORE);
  uint32_t found = 0;

  for (size_t i = text.len; i >= sizeof mark - 1 + 4; i--)
    if (memcmp (text.ptr + i - 4 - (sizeof mark - 1), mark, sizeof mark - 1) == 0) {
      for (size_t j = i - 4; j < i && is_digit ((unsigned char)text.ptr[j]); j++)
        found = found * 10 + (uint32_t)(text.ptr[j] - '0');
      break;
    }
  return (found == world_truth (prompt->hash)) + law->score_noise * rng_normal (&rng);
}
