#include "template.h"

#include <stdlib.h>
#include <string.h>

#include "records.h"

enum { MAX_PATH = 256 };

/* The end of the field whose brace is at @i: the place of its closing brace, or 0. */
static size_t
field_end (vv_str text, size_t i)
{
  const char *end = memchr (text.ptr + i, '}', text.len - i);
  size_t len = end ? (size_t)(end - text.ptr) - i - 1 : 0;

  return len > 0 && len < MAX_PATH && !memchr (text.ptr + i + 1, '{', len) ? i + 1 + len : 0;
}

static int
is_doubled (vv_str text, size_t i)
{
  return i + 1 < text.len && text.ptr[i + 1] == text.ptr[i];
}

vv_status
template_init (Template *template, vv_str text, const char *what, vv_error *err)
{
  char *copy;

  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] != '{' && text.ptr[i] != '}')
      continue;
    if (is_doubled (text, i)) {
      i++;
      continue;
    }
    if (text.ptr[i] == '}' || !field_end (text, i))
      return plugin_fail (err, VV_E_INVALID,
                          "%s: the '%c' at character %zu belongs to no {field}; write {{ and }} for braces of the text",
                          what, text.ptr[i], i + 1);
    i = field_end (text, i);
  }
  copy = malloc (text.len + 1);
  if (!copy)
    return plugin_fail (err, VV_E_NOMEM, "out of memory");
  memcpy (copy, text.ptr, text.len);
  copy[text.len] = 0;
  template->text = (vv_str){ copy, text.len };
  return VV_OK;
}

void
template_clear (Template *template)
{
  free ((char *)template->text.ptr);
  *template = (Template){ 0 };
}

vv_str
template_next (const Template *template, size_t *at)
{
  vv_str text = template->text;

  for (size_t i = *at; i < text.len; i++) {
    if (text.ptr[i] == '{' && !is_doubled (text, i)) {
      *at = field_end (text, i) + 1;
      return (vv_str){ text.ptr + i + 1, *at - i - 2 };
    }
    i += text.ptr[i] == '{' || text.ptr[i] == '}';
  }
  *at = text.len;
  return (vv_str){ NULL, 0 };
}

int
template_fill (const Template *template, vv_str record, Buffer *scratch, Buffer *out, vv_str *missing)
{
  vv_str text = template->text;
  char path[MAX_PATH];
  size_t end;

  for (size_t i = 0; i < text.len; i++) {
    if (text.ptr[i] != '{' && text.ptr[i] != '}') {
      buffer_add_char (out, text.ptr[i]);
    } else if (is_doubled (text, i)) {
      buffer_add_char (out, text.ptr[i++]);
    } else {
      end = field_end (text, i);
      memcpy (path, text.ptr + i + 1, end - i - 1);
      path[end - i - 1] = 0;
      if (!record_text (record, path, scratch)) {
        *missing = (vv_str){ text.ptr + i + 1, end - i - 1 };
        return 0;
      }
      buffer_add (out, scratch->ptr, scratch->len);
      i = end;
    }
  }
  return 1;
}
