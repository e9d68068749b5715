#include "extract.h"

#include <string.h>

const char *
extract_name (ExtractRule rule)
{
  static const char *const names[] = { "none", "whole", "final", "boxed", "hash", "answer", "last-line", "last" };

  return names[rule];
}

static int
at (vv_str s, size_t i)
{
  return i < s.len ? (unsigned char)s.ptr[i] : -1;
}

static size_t
line_end (vv_str text, size_t i)
{
  const char *end = i < text.len ? memchr (text.ptr + i, '\n', text.len - i) : NULL;

  return end ? (size_t)(end - text.ptr) : text.len;
}

static vv_str
between (vv_str text, size_t start, size_t end)
{
  return (vv_str){ text.ptr + start, end > start ? end - start : 0 };
}

/* Last place before @before at which @word stands, letters of either case. SIZE_MAX: none. */
static size_t
find_back (vv_str text, const char *word, size_t before)
{
  size_t len = strlen (word);

  if (text.len < len)
    return SIZE_MAX;
  for (size_t i = before < text.len - len + 1 ? before : text.len - len + 1; i-- > 0;)
    if (to_lower ((unsigned char)text.ptr[i]) == word[0] && str_starts_fold (str_from (text, i), word))
      return i;
  return SIZE_MAX;
}

static size_t
find_forward (vv_str text, const char *word, size_t from)
{
  const char *hit = from < text.len ? memmem (text.ptr + from, text.len - from, word, strlen (word)) : NULL;

  return hit ? (size_t)(hit - text.ptr) : SIZE_MAX;
}

static int
is_mark (int c)
{
  return c == '*' || c == '_' || c == '`';
}

vv_str
extract_strip_marks (vv_str s)
{
  while (s.len > 0 && (is_blank ((unsigned char)s.ptr[0]) || is_mark ((unsigned char)s.ptr[0]))) {
    s.ptr++;
    s.len--;
  }
  while (s.len > 0 && (is_blank ((unsigned char)s.ptr[s.len - 1]) || is_mark ((unsigned char)s.ptr[s.len - 1])))
    s.len--;
  return s;
}

vv_str
extract_drop_thoughts (vv_str text)
{
  size_t close = find_back (text, "</think>", SIZE_MAX), open;
  vv_str rest = close == SIZE_MAX ? text : str_from (text, close + strlen ("</think>"));

  open = find_forward (rest, "<think>", 0);
  if (open != SIZE_MAX)
    rest.len = open;
  if (close == SIZE_MAX || str_trim (rest).len > 0)
    return rest;
  open = find_forward (text, "<think>", 0);
  return open < close ? between (text, 0, open) : rest;
}

/* After the brace at @start: the place of the one that closes it, or the end of the text. */
static size_t
closing_brace (vv_str text, size_t start)
{
  size_t depth = 1, i = start;

  for (; i < text.len; i++) {
    if (text.ptr[i] == '\\')
      i++;
    else if (text.ptr[i] == '{')
      depth++;
    else if (text.ptr[i] == '}' && --depth == 0)
      break;
  }
  return i < text.len ? i : text.len;
}

static int
find_boxed (vv_str text, size_t before, vv_str *region, size_t *place)
{
  size_t i = before < text.len ? before : text.len, start, end;

  while (i-- > 0) {
    vv_str rest = str_from (text, i);

    if (text.ptr[i] != '\\')
      continue;
    if (str_starts_fold (rest, "\\boxed"))
      start = i + strlen ("\\boxed");
    else if (str_starts_fold (rest, "\\fbox"))
      start = i + strlen ("\\fbox");
    else
      continue;
    if (is_letter (at (text, start)))
      continue;
    while (at (text, start) == ' ')
      start++;
    if (at (text, start) == '{') {
      end = closing_brace (text, ++start);
    } else {
      for (end = start; end < text.len && !is_blank (at (text, end)) && at (text, end) != '$'; end++)
        ;
    }
    *region = str_trim (between (text, start, end));
    *place = i;
    return 1;
  }
  return 0;
}

/* Behind the marks and blanks at @i. */
static size_t
skip_marks (vv_str text, size_t i)
{
  while (is_mark (at (text, i)) || at (text, i) == ' ' || at (text, i) == '\t')
    i++;
  return i;
}

/* If an answer begins after the word that ends at @i ("is", ":" or "="), where; else 0. */
static size_t
answer_start (vv_str text, size_t i)
{
  size_t start = 0;

  i = skip_marks (text, i);
  if (str_starts_fold (str_from (text, i), "is") && !is_letter (at (text, i + 2)) && !is_digit (at (text, i + 2)))
    start = skip_marks (text, i += 2);
  if (at (text, i = skip_marks (text, i)) == ':' || at (text, i) == '=')
    start = i + 1;
  return start;
}

/* Ends a region at the first sentence end: a full stop, a blank, a capital letter. */
static vv_str
first_sentence (vv_str s)
{
  for (size_t i = 1; i + 2 < s.len; i++)
    if (s.ptr[i] == '.' && is_blank ((unsigned char)s.ptr[i + 1]) && s.ptr[i + 2] >= 'A' && s.ptr[i + 2] <= 'Z')
      return between (s, 0, i);
  return s;
}

/* The rest of the line from @start on, or the next line that is not blank. */
static vv_str
answer_region (vv_str text, size_t start)
{
  size_t end = line_end (text, start);
  vv_str region = extract_strip_marks (between (text, start, end));

  while (region.len == 0 && end < text.len) {
    start = end + 1;
    end = line_end (text, start);
    region = extract_strip_marks (between (text, start, end));
  }
  return first_sentence (region);
}

static int
find_answer (vv_str text, size_t before, vv_str *region, size_t *place)
{
  size_t i = before < text.len ? before : text.len, start;

  while (i-- > 0) {
    if (to_lower ((unsigned char)text.ptr[i]) != 'a')
      continue;
    start = 0;
    if (str_starts_fold (str_from (text, i), "answer"))
      start = answer_start (text, i + strlen ("answer"));
    else if (text.ptr[i] == 'A' && at (text, i + 1) == ':' && (i == 0 || text.ptr[i - 1] == '\n'))
      start = i + 2;
    if (start == 0)
      continue;
    *region = answer_region (text, start);
    *place = i;
    return 1;
  }
  return 0;
}

static int
find_final (vv_str text, size_t before, vv_str *region, size_t *place)
{
  static const char head[] = "final answer is";
  size_t i = before, start, end, hope;

  /* So many tries and no more: each one reads a line that may be the whole text. */
  for (int tries = 0; tries < 16 && (i = find_back (text, head, i)) != SIZE_MAX; tries++) {
    start = i + strlen (head);
    end = line_end (text, start);
    hope = find_forward (between (text, 0, end), "I hope", start);
    if (hope == SIZE_MAX)
      continue;
    *region = extract_strip_marks (between (text, start, hope));
    if (region->len > 0 && region->ptr[0] == ':')
      *region = extract_strip_marks (str_from (*region, 1));
    if (region->len > 0 && region->ptr[region->len - 1] == '.')
      region->len--;
    *place = i;
    return 1;
  }
  return 0;
}

static int
find_hash (vv_str text, size_t before, vv_str *region, size_t *place)
{
  size_t i = find_back (text, "####", before);

  if (i == SIZE_MAX)
    return 0;
  *region = extract_strip_marks (between (text, i + 4, line_end (text, i)));
  for (*place = i; *place > 0 && text.ptr[*place - 1] == '#';)
    (*place)--;
  return 1;
}

static int
find_last_line (vv_str text, size_t before, vv_str *region, size_t *place)
{
  size_t end = before < text.len ? before : text.len, start;

  while (end > 0 && is_blank ((unsigned char)text.ptr[end - 1]))
    end--;
  for (start = end; start > 0 && text.ptr[start - 1] != '\n'; start--)
    ;
  *region = extract_strip_marks (between (text, start, end));
  *place = start;
  return end > 0;
}

int
extract_find (ExtractRule rule, vv_str text, size_t before, vv_str *region, size_t *place)
{
  switch (rule) {
  case EXTRACT_WHOLE:
  case EXTRACT_LAST:
    *region = str_trim (text);
    *place = 0;
    return before > 0;
  case EXTRACT_FINAL:
    return find_final (text, before, region, place);
  case EXTRACT_BOXED:
    return find_boxed (text, before, region, place);
  case EXTRACT_HASH:
    return find_hash (text, before, region, place);
  case EXTRACT_ANSWER:
    return find_answer (text, before, region, place);
  case EXTRACT_LAST_LINE:
    return find_last_line (text, before, region, place);
  default:
    return 0;
  }
}
