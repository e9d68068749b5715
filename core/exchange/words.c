/* words.c - codes of the plugin interface as words in files. A word once written is never given another meaning. */
#include <string.h>
#include <vervet-plugin.h>

#include "exchange/exchange-private.h"

typedef struct {
  int code;
  const char *word;
} Word;

static const Word sample_words[] = {
  { VV_OK, "ok" },
  { VV_FINISHED, "finished" },
  { VV_PARTIAL, "partial" },
  { VV_E_FAILED, "failed" },
  { VV_E_CANCELLED, "cancelled" },
  { VV_E_INVALID, "invalid" },
  { VV_E_UNSUPPORTED, "unsupported" },
  { VV_E_UNAVAILABLE, "unavailable" },
  { VV_E_AUTH, "auth" },
  { VV_E_RATE_LIMIT, "rate-limit" },
  { VV_E_TIMEOUT, "timeout" },
  { VV_E_NOMEM, "no-memory" },
  { VV_E_BUDGET, "budget" },
  { VV_E_CONTEXT, "context" },
  { 0, NULL },
};
static const Word finish_words[] = {
  { VV_FIN_EOS, "eos" },
  { VV_FIN_STOP, "stop" },
  { VV_FIN_EOS_OR_STOP, "eos-or-stop" },
  { VV_FIN_LENGTH, "length" },
  { VV_FIN_TOOL, "tool" },
  { VV_FIN_FILTER, "filter" },
  { VV_FIN_CANCELLED, "cancelled" },
  { 0, NULL },
};
static const Word verdict_words[] = {
  { VV_PASS, "pass" },
  { VV_FAIL, "fail" },
  { VV_SCORED, "scored" },
  { VV_UNDECIDED, "undecided" },
  { VV_NO_ANSWER, "no-answer" },
  { VV_BAD_REFERENCE, "bad-reference" },
  { VV_E_FAILED, "error" },
  { VV_E_TIMEOUT, "error-timeout" },
  { VV_E_NOMEM, "error-memory" },
  { 0, NULL },
};
static const Word *const tables[] = { sample_words, finish_words, verdict_words };

const char *
vervet_word (VervetWords words, int code)
{
  for (const Word *word = tables[words]; word->word; word++)
    if (word->code == code)
      return word->word;
  return NULL;
}

gboolean
vervet_word_code (VervetWords words, const char *text, int *code)
{
  for (const Word *word = tables[words]; word->word; word++)
    if (!strcmp (word->word, text)) {
      *code = word->code;
      return TRUE;
    }
  return FALSE;
}
