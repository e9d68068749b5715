/* number.h - numbers as people and models write them, compared exactly.
 *
 * Read are integers, decimals, thousands separators, currency signs, scientific notation, percent, fractions (3/4,
 * \frac{3}{4}), mixed numbers (1 1/2) and the words thousand to trillion. A number is turned into canonical text: two
 * numbers are equal exactly when their canonical texts are. It never goes through a floating-point type. */
#ifndef VERVET_PLUGIN_NUMBER_H
#define VERVET_PLUGIN_NUMBER_H

#include "plugin-util.h"

typedef enum {
  NUMBER_NONE, /* there is none */
  NUMBER_OK,
  NUMBER_EXPRESSION, /* there are digits, but as part of something that is not a plain number: 2 + 3, 2^5, 5-6 */
  NUMBER_SYMBOLIC,   /* an expression with something unknown in it, which equals no number: 2x, 10+John's age */
  NUMBER_TOO_LONG,   /* more digits than are compared: NUMBER_MAX_DIGITS, in fractions NUMBER_MAX_FRACTION */
} NumberResult;

#define NUMBER_MAX_DIGITS 65536
#define NUMBER_MAX_FRACTION 1000
#define NUMBER_MAX_EXPONENT 1000000000

typedef struct {
  int decimal_comma;  /* 1.234,5 instead of 1,234.5 */
  int ignore_percent; /* 50 % is 50 and not 0.5 */
} NumberRules;

/* The number that @text is about: what follows the last "=", then the first number there. @tight: nothing but the
 * number, its unit and words may stand there (a box, a whole answer), so that "2, 3" is no number. *where (nullable):
 * the part of
 * @text that was read. The canonical text is put into @out; of a SYMBOLIC
 * one what is written there, unless it is long. */
NumberResult number_parse (vv_str text, NumberRules rules, int tight, Buffer *out, vv_str *where);
/* The last number anywhere in @text. */
NumberResult number_last (vv_str text, NumberRules rules, Buffer *out, vv_str *where);
/* Does @text begin with a number that is not a heading ("4. Total")? */
int number_leads (vv_str text, NumberRules rules);

/* Of a canonical text: "integer", "decimal" (also 1e400) or "rational" (2/3). */
const char *number_kind (vv_str canonical);
/* |a - reference| <= tolerance * |reference|, in floating point. */
int number_is_near (vv_str a, vv_str reference, double tolerance);

#endif
