/* exact.c - verifier "exact": the answer's text equals the reference, after the normalisations that were asked for.
 *
 * The defaults change as little as possible (blanks at the ends). Letters of either case are told apart for ASCII only:
 * other scripts need tables that this component does not carry. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "extract.h"
#include "plugin-util.h"
#include "vervet-plugin.h"

enum { OPT_EXTRACT, OPT_THINK, OPT_CASE, OPT_BLANKS, OPT_PUNCTUATION, OPT_ARTICLES, N_OPTIONS };
enum { BLANKS_TRIM, BLANKS_COLLAPSE, BLANKS_REMOVE, BLANKS_KEEP };
enum { PUNCTUATION_KEEP, PUNCTUATION_TRAILING, PUNCTUATION_REMOVE };

static const char *const extract_choices[] = { "whole", "auto", "final", "boxed", "hash", "answer", "last-line", NULL };
static const ExtractRule extract_rules[] = { EXTRACT_WHOLE, EXTRACT_NONE,   EXTRACT_FINAL,    EXTRACT_BOXED,
                                             EXTRACT_HASH,  EXTRACT_ANSWER, EXTRACT_LAST_LINE };
static const char *const blank_choices[] = { "trim", "collapse", "remove", "keep", NULL };
static const char *const punctuation_choices[] = { "keep", "trailing", "remove", NULL };

static const vv_option options[] = {
  [OPT_EXTRACT] = { .type = VV_T_ENUM,
                    .name = "extract",
                    .label = "Extraction",
                    .def = "whole",
                    .choices = extract_choices,
                    .help = "Where the answer stands. auto tries in this order: \"final answer is X. I hope\", "
                            "\\boxed{X}, #### X, \"answer is X\" or \"A: X\", the whole text." },
  [OPT_THINK] = { .type = VV_T_BOOL,
                  .name = "drop-thoughts",
                  .label = "Drop thoughts",
                  .def = "true",
                  .help = "What stands in <think>...</think> is not looked at." },
  [OPT_CASE] = { .type = VV_T_BOOL,
                 .name = "ignore-case",
                 .label = "Ignore case",
                 .def = "false",
                 .help = "A and a are the same letter (ASCII letters only)." },
  [OPT_BLANKS] = { .type = VV_T_ENUM,
                   .name = "blanks",
                   .label = "Blanks",
                   .def = "trim",
                   .choices = blank_choices,
                   .help = "trim takes them from both ends, collapse also makes each run of them one space." },
  [OPT_PUNCTUATION] = { .type = VV_T_ENUM,
                        .name = "punctuation",
                        .label = "Punctuation",
                        .def = "keep",
                        .choices = punctuation_choices,
                        .help =
                            "trailing drops it from the end, remove drops all of it, as SQuAD's exact match does." },
  [OPT_ARTICLES] = { .type = VV_T_BOOL,
                     .name = "drop-articles",
                     .label = "Drop articles",
                     .def = "false",
                     .help = "The words a, an and the do not count, as in SQuAD's exact match." },
};

typedef struct {
  ExtractRule rule; /* EXTRACT_NONE: auto */
  int drop_thoughts, ignore_case, drop_articles, blanks, punctuation;
  Buffer answer, reference, scratch, detail;
} Verifier;

static int
is_punctuation (int c)
{
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

static int
is_article (vv_str word)
{
  static const char *const articles[] = { "a", "an", "the" };

  for (size_t i = 0; i < sizeof articles / sizeof articles[0]; i++)
    if (word.len == strlen (articles[i]) && str_starts_fold (word, articles[i]))
      return 1;
  return 0;
}

/* @s without its articles and their blanks, into @out. */
static void
without_articles (vv_str s, Buffer *out)
{
  size_t i = 0, start;

  while (i < s.len) {
    for (start = i; i < s.len && is_blank ((unsigned char)s.ptr[i]); i++)
      ;
    buffer_add (out, s.ptr + start, i - start);
    for (start = i; i < s.len && !is_blank ((unsigned char)s.ptr[i]); i++)
      ;
    if (!is_article ((vv_str){ s.ptr + start, i - start }))
      buffer_add (out, s.ptr + start, i - start);
  }
}

static void
add_normal (const Verifier *me, vv_str s, Buffer *out)
{
  for (size_t i = 0; i < s.len; i++) {
    int c = (unsigned char)s.ptr[i];

    if (me->punctuation == PUNCTUATION_REMOVE && is_punctuation (c))
      continue;
    if (is_blank (c) && me->blanks == BLANKS_REMOVE)
      continue;
    if (is_blank (c) && me->blanks == BLANKS_COLLAPSE) {
      if (out->len > 0 && out->ptr[out->len - 1] == ' ')
        continue;
      c = ' ';
    }
    buffer_add_char (out, (char)(me->ignore_case ? to_lower (c) : c));
  }
}

static void
normalise (Verifier *me, vv_str s, Buffer *out)
{
  vv_str rest;
  size_t lead;

  buffer_reset (out);
  if (me->drop_articles) {
    buffer_reset (&me->scratch);
    add_normal (me, s, &me->scratch);
    without_articles (buffer_str (&me->scratch), out);
    buffer_reset (&me->scratch);
    add_normal (me, buffer_str (out), &me->scratch); /* the blanks around an article are neighbours now */
    buffer_reset (out);
    buffer_add (out, me->scratch.ptr, me->scratch.len);
  } else {
    add_normal (me, s, out);
  }
  if (me->blanks == BLANKS_KEEP && me->punctuation != PUNCTUATION_TRAILING)
    return;
  while (out->len > 0
         && ((me->blanks != BLANKS_KEEP && is_blank ((unsigned char)out->ptr[out->len - 1]))
             || (me->punctuation == PUNCTUATION_TRAILING && is_punctuation ((unsigned char)out->ptr[out->len - 1]))))
    out->len--;
  rest = me->blanks == BLANKS_KEEP ? buffer_str (out) : str_trim (buffer_str (out));
  lead = out->len - rest.len;
  if (lead > 0)
    memmove (out->ptr, out->ptr + lead, rest.len);
  out->len = rest.len;
}

/* The region of the first rule that finds one; the rule. */
static ExtractRule
find_answer (const Verifier *me, vv_str text, vv_str *region)
{
  static const ExtractRule order[] = { EXTRACT_FINAL, EXTRACT_BOXED, EXTRACT_HASH, EXTRACT_ANSWER, EXTRACT_WHOLE };
  size_t at;

  if (me->rule == EXTRACT_WHOLE) { /* untrimmed: the options say what blanks are worth */
    *region = text;
    return EXTRACT_WHOLE;
  }
  if (me->rule != EXTRACT_NONE)
    return extract_find (me->rule, text, SIZE_MAX, region, &at) ? me->rule : EXTRACT_NONE;
  for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
    if (extract_find (order[i], text, SIZE_MAX, region, &at))
      return order[i];
  return EXTRACT_NONE;
}

static vv_status
verify (void *self, const vv_problem *problem, vv_str text, vv_verdict *out, vv_error *err)
{
  Verifier *me = self;
  vv_str region = { NULL, 0 };
  ExtractRule rule;

  out->score = NAN;
  rule = find_answer (me, me->drop_thoughts ? extract_drop_thoughts (str_safe (text)) : str_safe (text), &region);
  normalise (me, region, &me->answer);
  normalise (me, str_safe (problem->reference), &me->reference);
  buffer_reset (&me->detail);
  buffer_printf (&me->detail, "rule: %s", extract_name (rule));
  if (me->answer.failed || me->reference.failed || me->scratch.failed || me->detail.failed)
    return plugin_fail (err, VV_E_NOMEM, "out of memory");
  out->detail = buffer_str (&me->detail);
  out->reason = "string";
  if (me->answer.len == 0) {
    out->status = VV_NO_ANSWER;
    out->reason = "empty";
    return VV_OK;
  }
  out->answer = buffer_str (&me->answer);
  if (problem->reference.len == 0) {
    out->status = VV_UNDECIDED;
    out->reason = "extracted";
  } else if (me->reference.len == 0) {
    out->status = VV_BAD_REFERENCE;
    out->reason = "reference";
  } else {
    out->score = str_equal (buffer_str (&me->answer), buffer_str (&me->reference));
    out->status = out->score > 0 ? VV_PASS : VV_FAIL;
  }
  return VV_OK;
}

static void
destroy (void *self)
{
  Verifier *me = self;

  if (!me)
    return;
  buffer_clear (&me->answer);
  buffer_clear (&me->reference);
  buffer_clear (&me->scratch);
  buffer_clear (&me->detail);
  free (me);
}

static vv_status
create (void *plugin, const vv_value *values, uint32_t n, void **self, vv_error *err)
{
  Verifier *me;

  (void)plugin;
  if (n < N_OPTIONS)
    return plugin_fail (err, VV_E_INVALID, "the host gave %u of %d option values", n, N_OPTIONS);
  me = calloc (1, sizeof *me);
  if (!me)
    return VV_E_NOMEM;
  me->rule = extract_rules[values[OPT_EXTRACT].v.i];
  me->drop_thoughts = values[OPT_THINK].v.i != 0;
  me->ignore_case = values[OPT_CASE].v.i != 0;
  me->blanks = (int)values[OPT_BLANKS].v.i;
  me->punctuation = (int)values[OPT_PUNCTUATION].v.i;
  me->drop_articles = values[OPT_ARTICLES].v.i != 0;
  *self = me;
  return VV_OK;
}

static const vv_verifier_iface iface = { .struct_size = sizeof iface, .verify = verify };
static const vv_component exact = {
  .struct_size = sizeof exact,
  .kind = VV_KIND_VERIFIER,
  .caps = VV_CAP_DETERMINISTIC | VV_CAP_EQUALITY,
  .id = "exact",
  .title = "Equal text",
  .summary = "The answer's text equals the reference.",
  .behaviour = 1,
  .options = options,
  .n_options = N_OPTIONS,
  .option_stride = sizeof options[0],
  .iface = &iface,
  .create = create,
  .destroy = destroy,
};
VV_PLUGIN_ONE (exact, "vervet.exact", PLUGIN_VERSION, "MIT", PLUGIN_URL)
