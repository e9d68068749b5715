/* choice.c - verifier "choice": the letter of a multiple-choice answer.
 *
 * Recognised are B, (B), B), B., **B**, \text{(B)} and the like in a box, after "answer is", alone on a line, and,
 * unless strict, the last letter that stands by itself. The article "A" and the pronoun "I" are not taken for letters.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "extract.h"
#include "plugin-util.h"
#include "vervet-plugin.h"

enum { OPT_LETTERS, OPT_EXTRACT, OPT_STRICT, OPT_THINK, N_OPTIONS };
enum { MOST_LETTERS = 26, MOST_PLACES = 16 };

static const char *const extract_choices[] = { "auto", "whole", "boxed", "answer", "line", "last", NULL };
/* "line" is EXTRACT_LAST_LINE here: the last line that is a letter alone. */
static const ExtractRule extract_rules[] = { EXTRACT_NONE,   EXTRACT_WHOLE,     EXTRACT_BOXED,
                                             EXTRACT_ANSWER, EXTRACT_LAST_LINE, EXTRACT_LAST };

static const vv_option options[] = {
  [OPT_LETTERS] = { .type = VV_T_STRING,
                    .name = "letters",
                    .label = "Letters",
                    .def = "ABCDEFGHIJ",
                    .help = "The letters an answer can be, as ABCD." },
  [OPT_EXTRACT] = { .type = VV_T_ENUM,
                    .name = "extract",
                    .label = "Extraction",
                    .def = "auto",
                    .choices = extract_choices,
                    .help =
                        "Where the letter stands. auto tries in this order: \\boxed{X}, \"answer is X\" or \"Answer: "
                        "X\", a short whole text, a line that is X alone, the last letter that stands by itself." },
  [OPT_STRICT] = { .type = VV_T_BOOL,
                   .name = "strict",
                   .label = "Strict",
                   .def = "false",
                   .help = "auto does not fall back on the last letter of the text." },
  [OPT_THINK] = { .type = VV_T_BOOL,
                  .name = "drop-thoughts",
                  .label = "Drop thoughts",
                  .def = "true",
                  .help = "What stands in <think>...</think> is not looked at." },
};

typedef struct {
  char letters[MOST_LETTERS + 1]; /* upper case */
  ExtractRule rule;               /* EXTRACT_NONE: auto */
  int strict, drop_thoughts;
  char answer[1];
  Buffer detail;
} Verifier;

enum { SEVERAL = 1 }; /* instead of a letter: more than one was named */

static int
at (vv_str s, size_t i)
{
  return i < s.len ? (unsigned char)s.ptr[i] : -1;
}

static int
to_upper (int c)
{
  return c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c;
}

static int
is_word (int c)
{
  return is_letter (c) || is_digit (c) || c == '_' || c == '\'' || c >= 0x80;
}

/* The upper-case letter at @i when it is one of ours and stands by itself; else 0. */
static int
letter_at (const Verifier *me, vv_str s, size_t i)
{
  int c = at (s, i);

  if (!is_letter (c) || !strchr (me->letters, to_upper (c)) || is_word (at (s, i + 1)))
    return 0;
  return i > 0 && is_word (at (s, i - 1)) ? 0 : to_upper (c);
}

/* "A dog", "I think": a capital letter that goes on with a word in small letters. */
static int
is_article (vv_str s, size_t i)
{
  int c = at (s, i), next = at (s, i + 2);

  return (c == 'A' || c == 'I') && at (s, i + 1) == ' ' && next >= 'a' && next <= 'z';
}

/* Past what dresses a letter: blanks, brackets, Markdown, dollar signs, \text{. */
static size_t
skip_dress (vv_str s, size_t i)
{
  size_t j;

  for (;;) {
    int c = at (s, i);

    if (is_blank (c) || c == '(' || c == '[' || c == '{' || c == '*' || c == '_' || c == '`' || c == '$' || c == '"') {
      i++;
    } else if (c == '\\') {
      for (j = i + 1; is_letter (at (s, j)); j++)
        ;
      if (at (s, j) != '{' && at (s, j) != '(' && at (s, j) != '[')
        return i;
      i = j + 1;
    } else {
      return i;
    }
  }
}

/* Does another of our letters follow the one at @i, as in "A, C" or "(A) and (B)"? */
static int
another_follows (const Verifier *me, vv_str s, size_t i)
{
  static const char *const joints[] = { ",", "&", "/", "and", "or", NULL };

  for (i++; at (s, i) == ')' || at (s, i) == ']' || at (s, i) == '}' || at (s, i) == '.' || is_blank (at (s, i)); i++)
    ;
  for (size_t k = 0; joints[k]; k++)
    if (str_starts_fold (str_from (s, i), joints[k])) {
      i = skip_dress (s, i + strlen (joints[k]));
      return letter_at (me, s, i) && !is_article (s, i);
    }
  return 0;
}

/* Past words like "option" ahead of a letter, and its dress. */
static size_t
skip_opening (vv_str s, size_t i)
{
  static const char *const words[] = { "option ", "choice ", "letter ", "the ", "answer ", NULL };

  size_t k = 0;

  while (words[k]) {
    if (str_starts_fold (str_from (s, i), words[k])) {
      i = skip_dress (s, i + strlen (words[k]));
      k = 0;
    } else {
      k++;
    }
  }
  return i;
}

/* The letter with which @s begins, dress aside. @tight: small letters count too, as do A and I. */
static int
leading_letter (const Verifier *me, vv_str s, int tight)
{
  size_t i = skip_opening (s, skip_dress (s, 0));
  int letter = letter_at (me, s, i), before = i > 0 ? at (s, i - 1) : -1;
  int in_brackets = before == '(' || before == '[' || before == '{';

  if (!letter || (!tight && !in_brackets && (at (s, i) != letter || is_article (s, i))))
    return 0;
  return another_follows (me, s, i) ? SEVERAL : letter;
}

/* Nothing but a letter and its dress. */
static int
only_letter (const Verifier *me, vv_str s)
{
  size_t i = skip_dress (s, 0);
  int letter = letter_at (me, s, i);

  for (i++; i < s.len; i++)
    if (!strchr (")]}*_`$.\" ", at (s, i)) && !is_blank (at (s, i)))
      return 0;
  return letter;
}

static int
last_lone_line (const Verifier *me, vv_str text)
{
  size_t end = text.len, start;
  int letter;

  while (end > 0) {
    for (start = end; start > 0 && text.ptr[start - 1] != '\n'; start--)
      ;
    letter = end - start < 64 ? only_letter (me, (vv_str){ text.ptr + start, end - start }) : 0;
    if (letter)
      return letter;
    end = start > 0 ? start - 1 : 0;
  }
  return 0;
}

/* The last letter in brackets, else the last capital one by itself. */
static int
last_letter (const Verifier *me, vv_str text)
{
  int letter, plain = 0;

  for (size_t i = text.len; i-- > 0;) {
    letter = letter_at (me, text, i);
    if (!letter)
      continue;
    if (i > 0 && text.ptr[i - 1] == '(' && at (text, i + 1) == ')')
      return letter;
    if (!plain && at (text, i) == letter && !is_article (text, i))
      plain = letter;
  }
  return plain;
}

static int
find_by_rule (const Verifier *me, ExtractRule rule, vv_str text)
{
  size_t before = SIZE_MAX;
  vv_str region;
  int letter = 0;

  if (rule == EXTRACT_LAST)
    return last_letter (me, text);
  if (rule == EXTRACT_LAST_LINE)
    return last_lone_line (me, text);
  for (int i = 0; i < MOST_PLACES && !letter && extract_find (rule, text, before, &region, &before); i++)
    letter = leading_letter (me, region, rule != EXTRACT_ANSWER);
  return letter;
}

static int
find_answer (const Verifier *me, vv_str text, ExtractRule *rule)
{
  static const ExtractRule order[] = { EXTRACT_BOXED, EXTRACT_ANSWER, EXTRACT_WHOLE, EXTRACT_LAST_LINE, EXTRACT_LAST };
  enum { SHORT = 64 };
  int letter = 0;

  *rule = me->rule;
  if (me->rule != EXTRACT_NONE)
    return find_by_rule (me, me->rule, text);
  for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
    *rule = order[i];
    if (order[i] == EXTRACT_WHOLE)
      letter = text.len <= SHORT ? leading_letter (me, str_trim (text), 0) : 0;
    else if (order[i] != EXTRACT_LAST || !me->strict)
      letter = find_by_rule (me, order[i], text);
    if (letter)
      return letter;
  }
  *rule = EXTRACT_NONE;
  return 0;
}

static vv_status
verify (void *self, const vv_problem *problem, vv_str text, vv_verdict *out, vv_error *err)
{
  Verifier *me = self;
  ExtractRule rule;
  int letter = find_answer (me, me->drop_thoughts ? extract_drop_thoughts (str_safe (text)) : str_safe (text), &rule),
      want;

  out->score = NAN;
  buffer_reset (&me->detail);
  buffer_printf (&me->detail, "rule: %s",
                 rule == EXTRACT_LAST_LINE ? "line" : extract_name (letter ? rule : EXTRACT_NONE));
  if (me->detail.failed)
    return plugin_fail (err, VV_E_NOMEM, "out of memory");
  out->detail = buffer_str (&me->detail);
  if (!letter || letter == SEVERAL) {
    out->status = letter ? VV_UNDECIDED : VV_NO_ANSWER;
    out->reason = letter ? "several" : "no-letter";
    return VV_OK;
  }
  me->answer[0] = (char)letter;
  out->answer = (vv_str){ me->answer, 1 };
  out->reason = "letter";
  if (problem->reference.len == 0) {
    out->status = VV_UNDECIDED;
    out->reason = "extracted";
    return VV_OK;
  }
  want = leading_letter (me, str_trim (problem->reference), 1);
  if (!want || want == SEVERAL) {
    out->status = VV_BAD_REFERENCE;
    out->reason = "reference";
    return VV_OK;
  }
  out->status = letter == want ? VV_PASS : VV_FAIL;
  out->score = letter == want;
  return VV_OK;
}

static void
destroy (void *self)
{
  Verifier *me = self;

  if (!me)
    return;
  buffer_clear (&me->detail);
  free (me);
}

static vv_status
create (void *plugin, const vv_value *values, uint32_t n, void **self, vv_error *err)
{
  vv_str letters;
  Verifier *me;

  (void)plugin;
  if (n < N_OPTIONS)
    return plugin_fail (err, VV_E_INVALID, "the host gave %u of %d option values", n, N_OPTIONS);
  letters = values[OPT_LETTERS].v.s;
  for (size_t i = 0; i < letters.len; i++)
    if (!is_letter ((unsigned char)letters.ptr[i]))
      letters.len = 0;
  if (letters.len < 2 || letters.len > MOST_LETTERS)
    return plugin_fail (err, VV_E_INVALID, "option 'letters' must be 2 to %d letters from A to Z, as ABCD",
                        MOST_LETTERS);
  me = calloc (1, sizeof *me);
  if (!me)
    return VV_E_NOMEM;
  for (size_t i = 0; i < letters.len; i++)
    me->letters[i] = (char)to_upper ((unsigned char)letters.ptr[i]);
  me->rule = extract_rules[values[OPT_EXTRACT].v.i];
  me->strict = values[OPT_STRICT].v.i != 0;
  me->drop_thoughts = values[OPT_THINK].v.i != 0;
  *self = me;
  return VV_OK;
}

static const vv_verifier_iface iface = { .struct_size = sizeof iface, .verify = verify };
static const vv_component choice = {
  .struct_size = sizeof choice,
  .kind = VV_KIND_VERIFIER,
  .caps = VV_CAP_DETERMINISTIC | VV_CAP_EQUALITY,
  .id = "choice",
  .title = "Letter",
  .summary = "The letter of a multiple-choice answer equals the reference.",
  .behaviour = 1,
  .options = options,
  .n_options = N_OPTIONS,
  .option_stride = sizeof options[0],
  .iface = &iface,
  .create = create,
  .destroy = destroy,
};
VV_PLUGIN_ONE (choice, "vervet.choice", PLUGIN_VERSION, "MIT", PLUGIN_URL)
