/* extract.h - where in a model's text its answer stands.
 *
 * Each rule finds places; the last one in the text counts. The rules are those of verdicts: their names are stored, so
 * a reader can tell a boxed answer from a guess. */
#ifndef VERVET_PLUGIN_EXTRACT_H
#define VERVET_PLUGIN_EXTRACT_H

#include "plugin-util.h"

typedef enum {
  EXTRACT_NONE,
  EXTRACT_WHOLE,     /* the whole text, trimmed */
  EXTRACT_FINAL,     /* "final answer is X. I hope it is correct" */
  EXTRACT_BOXED,     /* \boxed{X}, \fbox{X}, \boxed X; an unclosed last one goes to the end */
  EXTRACT_HASH,      /* #### X, to the end of the line */
  EXTRACT_ANSWER,    /* "answer is X", "Answer: X", and "A: X" at the start of a line */
  EXTRACT_LAST_LINE, /* the last line that is not blank */
  EXTRACT_LAST,      /* the last thing of the wanted kind anywhere; the verifier looks for it */
} ExtractRule;

const char *extract_name (ExtractRule rule);
/* The last place of @rule that begins before the byte @before of @text. 0: there is none. *at: where it begins, the
 * next
 * @before for the place ahead of it. */
int extract_find (ExtractRule rule, vv_str text, size_t before, vv_str *region, size_t *at);
/* What is left of @text without its reasoning: what follows the last </think>, or, if that is blank, what stood ahead
 * of <think>. Reasoning that never ends leaves nothing of itself. */
vv_str extract_drop_thoughts (vv_str text);
/* Without blanks and Markdown's * _ ` around it. */
vv_str extract_strip_marks (vv_str s);

#endif
