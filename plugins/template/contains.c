/* contains.c - verifier "contains": the text holds the reference as a whole word. A plugin to start from: copy the
 * folder, rename what is called contains, and write your own verify(). vervet-plugin.h says what each field means.
 *
 *   cc -std=c11 -fPIC -shared -fvisibility=hidden -Wl,-z,defs contains.c -o contains.so \
 *      $(pkg-config --cflags vervet-plugin-1)
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vervet-plugin.h"

/* ---- Options: the table is all there is to do for command line, checks, help, schema and form ---- */

enum { OPT_IGNORE_CASE, OPT_WHERE };

static const char *const places[] = { "anywhere", "last-line", NULL };
static const vv_option options[] = {
  [OPT_IGNORE_CASE] = { .type = VV_T_BOOL,
                        .name = "ignore-case",
                        .label = "Ignore case",
                        .def = "true",
                        .help = "Letters A to Z match in either case." },
  [OPT_WHERE] = { .type = VV_T_ENUM,
                  .name = "where",
                  .label = "Where",
                  .def = "anywhere",
                  .choices = places,
                  .help = "Look at the whole text, or at its last line that is not empty." },
};

typedef struct {
  int ignore_case, last_line;
} Contains;

/* ---- The work ---- */

/* Bytes above 127 belong to letters of other alphabets. */
static int
is_word (char c)
{
  unsigned char u = (unsigned char)c;

  return u >= 128 || u == '_' || (u >= '0' && u <= '9') || ((u | 32u) >= 'a' && (u | 32u) <= 'z');
}

static char
fold (const Contains *self, char c)
{
  return self->ignore_case && c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static vv_str
last_line (vv_str text)
{
  size_t start;

  while (text.len > 0 && strchr (" \t\r\n", text.ptr[text.len - 1]))
    text.len--;
  for (start = text.len; start > 0 && text.ptr[start - 1] != '\n'; start--)
    ;
  return (vv_str){ text.ptr + start, text.len - start };
}

/* Is word at place `at` of text, with no letter or digit of either going on past its ends? */
static int
is_here (const Contains *self, vv_str text, size_t at, vv_str word)
{
  for (size_t i = 0; i < word.len; i++)
    if (fold (self, text.ptr[at + i]) != fold (self, word.ptr[i]))
      return 0;
  if (at > 0 && is_word (text.ptr[at - 1]) && is_word (word.ptr[0]))
    return 0;
  at += word.len;
  return at == text.len || !is_word (text.ptr[at]) || !is_word (word.ptr[word.len - 1]);
}

static vv_status
verify (void *self, const vv_problem *problem, vv_str text, vv_verdict *out, vv_error *err)
{
  const Contains *me = self;
  vv_str word = problem->reference;

  (void)err; /* nothing here can fail; what can returns a negative status with a sentence in err->message */
  if (me->last_line)
    text = last_line (text);
  out->score = NAN;
  if (text.len == 0) {
    out->status = VV_NO_ANSWER;
    return VV_OK;
  }
  out->answer = text; /* strings point into what was given, or into memory of the instance */
  if (word.len == 0) {
    out->status = VV_UNDECIDED; /* a sampler may ask without a reference; a wrong guess would be a lie */
    return VV_OK;
  }
  out->status = VV_FAIL;
  out->score = 0;
  out->reason = "word";
  for (size_t at = 0; at + word.len <= text.len && out->status == VV_FAIL; at++)
    if (is_here (me, text, at, word)) {
      out->status = VV_PASS;
      out->score = 1;
    }
  return VV_OK;
}

/* ---- Life and description ---- */

static vv_status
create (void *plugin, const vv_value *values, uint32_t n, void **self, vv_error *err)
{
  Contains *me = malloc (sizeof *me);

  (void)plugin, (void)n, (void)err;
  if (!me)
    return VV_E_NOMEM;
  me->ignore_case = values[OPT_IGNORE_CASE].v.i != 0;
  me->last_line = values[OPT_WHERE].v.i == 1;
  *self = me;
  return VV_OK;
}

static const vv_verifier_iface iface = { .struct_size = sizeof iface, .verify = verify };
static const vv_component contains = {
  .struct_size = sizeof contains,
  .kind = VV_KIND_VERIFIER,
  .caps = VV_CAP_CONCURRENT | VV_CAP_DETERMINISTIC,
  .id = "contains",
  .title = "Contains a word",
  .summary = "The text holds the reference as a whole word.",
  .behaviour = 1,
  .options = options,
  .n_options = sizeof options / sizeof options[0],
  .option_stride = sizeof options[0],
  .iface = &iface,
  .create = create,
  .destroy = free,
};
VV_PLUGIN_ONE (contains, "example.contains", "1.0", "MIT", "https://example.org/contains")
