/* law.h - what the simulated model says: pure functions of (law, prompt, seed). No state, no clock, no allocation
 * except in the text's buffer. */
#ifndef VERVET_SIMULATED_LAW_H
#define VERVET_SIMULATED_LAW_H

#include "plugin-util.h"
#include "vervet-plugin.h"

typedef struct {
  double alpha, beta;               /* success of a problem ~ Beta (alpha, beta) ... */
  double success;                   /* ... unless this is in [0, 1]: the same for all */
  uint32_t n_wrong;                 /* plausible wrong answers of a problem */
  double wrong_ratio;               /* each is so many times as likely as the one before */
  double tokens_mean, tokens_sigma; /* lognormal */
  double text_bytes;                /* mean length of a text */
  double base_ms, token_ms, jitter; /* latency = (base + token_ms * tokens) * (1 +- jitter) */
  double score_noise;               /* standard deviation of a score around 0 (wrong) or 1 (right) */
  uint64_t skill;                   /* another number: another model, with other strong and weak problems */
} Law;

typedef struct {
  uint64_t hash;   /* of the last user message */
  double success;  /* probability that a draw is right */
  uint32_t tokens; /* length of the whole prompt, estimated at four bytes a token */
} Prompt;

typedef struct {
  uint32_t tokens; /* written */
  int32_t finish;  /* VV_FIN_* */
} Draw;

Prompt law_prompt (const Law *law, const vv_request *request);
/* Replaces the content of @text with the completion that @seed draws. Of a draw that is stopped after @share (0..1) of
 * its time, only so much is there. */
Draw law_draw (const Law *law, const Prompt *prompt, const vv_request *request, uint64_t seed, double share,
               Buffer *text);
/* How long that draw takes. A stop string does not shorten it: where one is met is only known once the text is there.
 */
double law_latency_ms (const Law *law, const Prompt *prompt, const vv_request *request, uint64_t seed);
/* Higher is better: 1 for a right text and 0 for a wrong one, plus noise that depends on (prompt, text). */
double law_score (const Law *law, const Prompt *prompt, vv_str text);

#endif
