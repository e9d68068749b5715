/* numeric.c - verifier "numeric": one number against the reference, exactly.
 *
 * Finds the answer by the rules of extract.h, reads it as a number (number.h) and compares canonical texts, so that 18,
 * 18.00, $18 and 1.8e1 are one class and no floating point takes part unless a tolerance is asked for. */
#include <math.h>
#include <stdlib.h>

#include "extract.h"
#include "number.h"
#include "plugin-util.h"
#include "vervet-plugin.h"

enum { OPT_EXTRACT, OPT_STRICT, OPT_THINK, OPT_TOLERANCE, OPT_PERCENT, OPT_DECIMAL, N_OPTIONS };

static const char *const extract_choices[] = { "auto",   "whole",     "final",       "boxed", "hash",
                                               "answer", "last-line", "last-number", NULL };
static const ExtractRule extract_rules[] = { EXTRACT_NONE, EXTRACT_WHOLE,  EXTRACT_FINAL,     EXTRACT_BOXED,
                                             EXTRACT_HASH, EXTRACT_ANSWER, EXTRACT_LAST_LINE, EXTRACT_LAST };
enum { PERCENT_VALUE, PERCENT_IGNORE };
enum { DECIMAL_POINT, DECIMAL_COMMA };
static const char *const percent_choices[] = { "value", "ignore", NULL };
static const char *const decimal_choices[] = { "point", "comma", NULL };

static const vv_option options[] = {
  [OPT_EXTRACT] = { .type = VV_T_ENUM,
                    .name = "extract",
                    .label = "Extraction",
                    .def = "auto",
                    .choices = extract_choices,
                    .help = "Where the answer stands. auto tries in this order: \"final answer is X. I hope\", "
                            "\\boxed{X}, #### X, \"answer is X\" or \"A: X\", a short whole text, the last number." },
  [OPT_STRICT] = { .type = VV_T_BOOL,
                   .name = "strict",
                   .label = "Strict",
                   .def = "false",
                   .help = "auto does not fall back on the last number of the text." },
  [OPT_THINK] = { .type = VV_T_BOOL,
                  .name = "drop-thoughts",
                  .label = "Drop thoughts",
                  .def = "true",
                  .help = "What stands in <think>...</think> is not looked at." },
  [OPT_TOLERANCE] = { .type = VV_T_FLOAT,
                      .name = "tolerance",
                      .label = "Tolerance",
                      .def = "0",
                      .help = "Relative: 0.01 accepts 1 % off the reference. 0: exactly equal. Answers within a "
                              "tolerance of the reference are still different classes in a vote.",
                      .min = 0,
                      .max = 1,
                      .ui_min = 0,
                      .ui_max = 0.1,
                      .ui_step = 0.001 },
  [OPT_PERCENT] = { .type = VV_T_ENUM,
                    .name = "percent",
                    .label = "Percent",
                    .def = "value",
                    .choices = percent_choices,
                    .help = "value: 50 % is 0.5. ignore: 50 % is 50, as GSM8K's own grader reads it." },
  [OPT_DECIMAL] = { .type = VV_T_ENUM,
                    .name = "decimal",
                    .label = "Decimal sign",
                    .def = "point",
                    .choices = decimal_choices,
                    .help = "comma reads 1.234,5 for 1234.5." },
};

typedef struct {
  ExtractRule rule; /* EXTRACT_NONE: auto */
  int strict, drop_thoughts;
  double tolerance;
  NumberRules numbers;
  Buffer answer, reference, detail;
} Verifier;

typedef struct {
  NumberResult result;
  ExtractRule rule;
} Found;

/* So many places of a rule are tried, the last one first. */
enum { MOST_PLACES = 16 };

static Found
find_by_rule (const Verifier *me, ExtractRule rule, vv_str text, Buffer *out)
{
  Found found = { NUMBER_NONE, EXTRACT_NONE };
  size_t before = SIZE_MAX;
  vv_str region;

  if (rule == EXTRACT_LAST) {
    found.result = number_last (text, me->numbers, out, NULL);
    found.rule = found.result == NUMBER_NONE ? EXTRACT_NONE : rule;
    return found;
  }
  for (int i = 0; i < MOST_PLACES && extract_find (rule, text, before, &region, &before); i++) {
    if (rule == EXTRACT_HASH && !number_leads (region, me->numbers))
      continue;
    found.rule = rule;
    found.result = number_parse (region, me->numbers, rule == EXTRACT_BOXED || rule == EXTRACT_WHOLE, out, NULL);
    if (found.result != NUMBER_NONE)
      break;
  }
  return found;
}

/* Signs and commands only, no words: what is not a number here is a formula. */
static int
has_words (vv_str s)
{
  int command = 0;

  for (size_t i = 0; i + 1 < s.len; i++) {
    if (!is_letter ((unsigned char)s.ptr[i]))
      command = s.ptr[i] == '\\';
    else if (!command && is_letter ((unsigned char)s.ptr[i + 1]))
      return 1;
  }
  return 0;
}

/* Short texts may be nothing but the answer. */
static Found
find_in_whole (const Verifier *me, vv_str text, Buffer *out)
{
  enum { SHORT = 64 };
  Found found = { NUMBER_NONE, EXTRACT_NONE };

  if (text.len > SHORT)
    return found;
  found = find_by_rule (me, EXTRACT_WHOLE, text, out);
  if ((found.result == NUMBER_EXPRESSION || found.result == NUMBER_SYMBOLIC) && has_words (text))
    found.result = NUMBER_NONE;
  return found;
}

/* The first rule that finds a number, or finds that what stands there is none. */
static Found
find_answer (const Verifier *me, vv_str text, Buffer *out)
{
  static const ExtractRule order[] = { EXTRACT_FINAL, EXTRACT_BOXED, EXTRACT_HASH, EXTRACT_ANSWER };
  Found found;

  if (me->rule != EXTRACT_NONE)
    return find_by_rule (me, me->rule, text, out);
  for (size_t i = 0; i < sizeof order / sizeof order[0]; i++) {
    found = find_by_rule (me, order[i], text, out);
    /* A box without a number says that the answer is none; it is not passed over for some number elsewhere. */
    if (found.result != NUMBER_NONE || found.rule == EXTRACT_BOXED || found.rule == EXTRACT_FINAL)
      return found;
  }
  found = find_in_whole (me, str_trim (text), out);
  if (found.result != NUMBER_NONE)
    return found;
  return me->strict ? (Found){ NUMBER_NONE, EXTRACT_NONE } : find_by_rule (me, EXTRACT_LAST, text, out);
}

/* A reference is a number, or a solution that ends with one as the data sets write it. */
static int
read_reference (Verifier *me, vv_str reference)
{
  static const ExtractRule order[] = { EXTRACT_WHOLE, EXTRACT_FINAL, EXTRACT_BOXED, EXTRACT_HASH, EXTRACT_ANSWER };

  for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
    if (find_by_rule (me, order[i], reference, &me->reference).result == NUMBER_OK)
      return 1;
  return 0;
}

static void
judge (Verifier *me, NumberResult result, vv_str reference, vv_verdict *out)
{
  vv_str got = buffer_str (&me->answer), want;
  int equal;

  if (result == NUMBER_SYMBOLIC && got.len > 0 && str_equal (got, reference)) { /* another text's answer */
    out->status = VV_PASS;
    out->score = 1;
    out->reason = "string";
    return;
  }
  if (!read_reference (me, reference)) {
    out->status = VV_BAD_REFERENCE;
    out->reason = "reference";
    return;
  }
  if (result == NUMBER_SYMBOLIC) { /* whatever stands for the unknown, it is not the number that was asked for */
    out->status = VV_FAIL;
    out->score = 0;
    return;
  }
  want = buffer_str (&me->reference);
  equal = me->tolerance > 0 ? number_is_near (got, want, me->tolerance) : str_equal (got, want);
  out->status = equal ? VV_PASS : VV_FAIL;
  out->score = equal;
  out->reason = equal && !str_equal (got, want) ? "tolerance" : number_kind (equal ? want : got);
}

static vv_status
verify (void *self, const vv_problem *problem, vv_str text, vv_verdict *out, vv_error *err)
{
  Verifier *me = self;
  Found found;

  out->score = NAN;
  found = find_answer (me, me->drop_thoughts ? extract_drop_thoughts (str_safe (text)) : str_safe (text), &me->answer);
  buffer_reset (&me->detail);
  buffer_printf (&me->detail, "rule: %s", found.rule == EXTRACT_LAST ? "last-number" : extract_name (found.rule));
  out->detail = buffer_str (&me->detail);
  if (me->answer.failed || me->detail.failed)
    return plugin_fail (err, VV_E_NOMEM, "out of memory");
  if (found.result == NUMBER_NONE) {
    out->status = VV_NO_ANSWER;
    out->reason = "no-number";
    return VV_OK;
  }
  out->status = VV_UNDECIDED;
  out->reason = found.result == NUMBER_OK ? "extracted" : found.result == NUMBER_TOO_LONG ? "too-long" : "expression";
  if (found.result == NUMBER_OK || found.result == NUMBER_SYMBOLIC)
    out->answer = buffer_str (&me->answer);
  if ((found.result == NUMBER_OK || found.result == NUMBER_SYMBOLIC) && problem->reference.len > 0)
    judge (me, found.result, problem->reference, out);
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
  me->strict = values[OPT_STRICT].v.i != 0;
  me->drop_thoughts = values[OPT_THINK].v.i != 0;
  me->tolerance = values[OPT_TOLERANCE].v.f;
  me->numbers.ignore_percent = values[OPT_PERCENT].v.i == PERCENT_IGNORE;
  me->numbers.decimal_comma = values[OPT_DECIMAL].v.i == DECIMAL_COMMA;
  *self = me;
  return VV_OK;
}

static const vv_verifier_iface iface = { .struct_size = sizeof iface, .verify = verify };
static const vv_component numeric = {
  .struct_size = sizeof numeric,
  .kind = VV_KIND_VERIFIER,
  .caps = VV_CAP_DETERMINISTIC | VV_CAP_EQUALITY,
  .id = "numeric",
  .title = "Number",
  .summary = "The answer's number equals the reference, by exact arithmetic.",
  .behaviour = 1,
  .options = options,
  .n_options = N_OPTIONS,
  .option_stride = sizeof options[0],
  .iface = &iface,
  .create = create,
  .destroy = destroy,
};
VV_PLUGIN_ONE (numeric, "vervet.numeric", PLUGIN_VERSION, "MIT", PLUGIN_URL)
