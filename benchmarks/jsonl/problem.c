#include "problem.h"

#include <stdlib.h>
#include <string.h>

#include "shots.h"
#include "vervet-json-scan.h"

static vv_status
no_field (const Records *records, size_t i, vv_str name, const char *option, vv_error *err)
{
  return plugin_fail (err, VV_E_INVALID, "%s:%u: the record has no field \"%.*s\", which the option '%s' names",
                      records_path (records), records_line (records, i), (int)name.len, name.ptr, option);
}

static vv_status
add_examples (Benchmark *me, size_t i, vv_error *err)
{
  size_t chosen[MAX_SHOTS];
  Buffer record = { 0 };
  vv_status status = VV_OK;
  vv_str missing;

  shots_choose (me->shot_seed, i, records_count (me->examples), me->is_same ? i : SIZE_MAX, me->shots, chosen);
  for (uint32_t k = 0; k < me->shots && status == VV_OK; k++) {
    status = records_get (me->examples, chosen[k], &record, err);
    if (status == VV_OK && !template_fill (&me->example, buffer_str (&record), &me->scratch, &me->prompts, &missing))
      status = no_field (me->examples, chosen[k], missing, "example", err);
  }
  buffer_clear (&record);
  return status;
}

/* All contents one behind the other in me->prompts; the messages are pointed into it once it no longer grows. */
static vv_status
write_messages (Benchmark *me, size_t i, vv_error *err)
{
  vv_str missing;
  vv_status status;
  size_t done = 0;

  buffer_reset (&me->prompts);
  for (uint32_t k = 0; k < me->messages.n; k++) {
    size_t start = me->prompts.len;

    if (me->examples) {
      status = add_examples (me, i, err);
      if (status < 0)
        return status;
    }
    if (!template_fill (&me->messages.items[k].content, buffer_str (&me->record), &me->scratch, &me->prompts, &missing))
      return no_field (me->records, i, missing, me->messages.option, err);
    me->out_messages[k] = (vv_message){ .role = me->messages.items[k].role, .text.len = me->prompts.len - start };
  }
  for (uint32_t k = 0; k < me->messages.n; k++) {
    me->out_messages[k].text.ptr = me->prompts.ptr + done;
    done += me->out_messages[k].text.len;
  }
  return me->prompts.failed ? plugin_fail (err, VV_E_NOMEM, "out of memory") : VV_OK;
}

static vv_status
take_reference (Benchmark *me, size_t i, vv_error *err)
{
  const char *hit = NULL, *next;
  size_t len;

  buffer_reset (&me->reference);
  if (!me->reference_field[0])
    return VV_OK;
  if (!record_text (buffer_str (&me->record), me->reference_field, &me->reference))
    return no_field (me->records, i, vv_s (me->reference_field), "reference-field", err);
  len = me->reference_after ? strlen (me->reference_after) : 0;
  if (len == 0)
    return VV_OK;
  for (next = me->reference.ptr;
       (next = memmem (next, me->reference.len - (size_t)(next - me->reference.ptr), me->reference_after, len));
       next += len)
    hit = next;
  if (!hit)
    return plugin_fail (
        err, VV_E_INVALID, "%s:%u: \"%s\" does not stand in the field \"%s\" (option 'reference-after')",
        records_path (me->records), records_line (me->records, i), me->reference_after, me->reference_field);
  len = me->reference.len - (size_t)(hit + len - me->reference.ptr);
  memmove (me->reference.ptr, me->reference.ptr + me->reference.len - len, len);
  me->reference.len = len;
  return VV_OK;
}

static int
add_field (Benchmark *me, const char *name, vv_str text)
{
  if (me->n_fields == me->cap_fields) {
    size_t cap = me->cap_fields ? 2 * me->cap_fields : 16;
    vv_field *fields = realloc (me->out_fields, cap * sizeof *fields);

    if (!fields)
      return 0;
    me->out_fields = fields;
    me->cap_fields = cap;
  }
  /* Lengths now, places when the buffers no longer move. */
  me->out_fields[me->n_fields++].text = (vv_str){ NULL, text.len };
  buffer_add (&me->names, name, strlen (name) + 1);
  buffer_add (&me->texts, text.ptr, text.len);
  return 1;
}

/* The first part of the path of the reference: "a" of "a.b". Nothing inside it is published. */
static int
holds_reference (const Benchmark *me, const char *name)
{
  size_t len = strcspn (me->reference_field, ".");

  return len > 0 && strlen (name) == len && memcmp (name, me->reference_field, len) == 0;
}

/* 0: out of memory. */
static int
add_all_fields (Benchmark *me)
{
  vv_str record = buffer_str (&me->record);
  Buffer name = { 0 };
  vv_json_scan scan;
  int done = 1;

  vv_json_init (&scan, record.ptr, record.len, VV_JSON_NAN);
  vv_json_next (&scan);
  while (done && vv_json_next (&scan) == VV_JSON_KEY) {
    buffer_reset (&name);
    if (!buffer_reserve (&name, scan.raw_len))
      break;
    name.len = vv_json_decode (scan.raw, scan.raw_len, name.ptr);
    name.ptr[name.len] = 0;
    if (!holds_reference (me, name.ptr) && record_text (record, name.ptr, &me->scratch))
      done = add_field (me, name.ptr, buffer_str (&me->scratch));
    vv_json_skip (&scan);
  }
  done = done && !name.failed;
  buffer_clear (&name);
  return done;
}

static vv_status
take_fields (Benchmark *me, size_t i, vv_error *err)
{
  const char *name, *text;
  int done = 1;

  me->n_fields = 0;
  buffer_reset (&me->names);
  buffer_reset (&me->texts);
  if (me->publish_all)
    done = add_all_fields (me);
  for (uint32_t k = 0; k < me->published.n && done; k++) {
    buffer_reset (&me->id);
    buffer_add (&me->id, me->published.items[k].ptr, me->published.items[k].len);
    if (me->id.failed)
      break;
    if (!record_text (buffer_str (&me->record), me->id.ptr, &me->scratch))
      return no_field (me->records, i, me->published.items[k], "fields", err);
    done = add_field (me, me->id.ptr, buffer_str (&me->scratch));
  }
  if (!done || me->names.failed || me->texts.failed)
    return plugin_fail (err, VV_E_NOMEM, "out of memory");
  name = me->names.ptr;
  text = me->texts.ptr;
  for (size_t k = 0; k < me->n_fields; k++) {
    me->out_fields[k].name = name;
    me->out_fields[k].text.ptr = text;
    name += strlen (name) + 1;
    text += me->out_fields[k].text.len;
  }
  return VV_OK;
}

static vv_status
take_names (Benchmark *me, size_t i, vv_error *err)
{
  buffer_reset (&me->id);
  if (!me->id_field)
    buffer_printf (&me->id, "%zu", i);
  else if (!record_text (buffer_str (&me->record), me->id_field, &me->id) || me->id.len == 0)
    return no_field (me->records, i, vv_s (me->id_field), "id-field", err);
  if (me->group_field && !record_text (buffer_str (&me->record), me->group_field, &me->group))
    return no_field (me->records, i, vv_s (me->group_field), "group-field", err);
  return me->id.failed || me->group.failed ? plugin_fail (err, VV_E_NOMEM, "out of memory") : VV_OK;
}

vv_status
problem_read (Benchmark *me, size_t i, vv_error *err)
{
  vv_status status = records_get (me->records, i, &me->record, err);

  if (status == VV_OK)
    status = write_messages (me, i, err);
  if (status == VV_OK)
    status = take_reference (me, i, err);
  if (status == VV_OK)
    status = take_fields (me, i, err);
  if (status == VV_OK)
    status = take_names (me, i, err);
  return status;
}
