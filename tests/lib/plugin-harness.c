#include "plugin-harness.h"

#include <dlfcn.h>
#include <math.h>
#include <string.h>

static const vv_component *
find_component (const vv_plugin *plugin, guint kind, const char *id)
{
  for (guint i = 0; plugin->components[i]; i++)
    if (plugin->components[i]->kind == kind && strcmp (plugin->components[i]->id, id) == 0)
      return plugin->components[i];
  g_error ("plugin %s has no such component: %s", plugin->id, id);
}

static guint
find_choice (const vv_option *option, const char *text)
{
  for (guint i = 0; option->choices[i]; i++)
    if (strcmp (option->choices[i], text) == 0)
      return i;
  g_error ("option %s has no choice %s", option->name, text);
}

static void
set_value (const vv_option *option, const char *text, vv_value *value)
{
  value->is_set = 1;
  switch (option->type) {
  case VV_T_BOOL:
    value->v.i = strcmp (text, "true") == 0;
    break;
  case VV_T_INT:
    value->v.i = g_ascii_strtoll (text, NULL, 10);
    break;
  case VV_T_FLOAT:
    value->v.f = g_ascii_strtod (text, NULL);
    break;
  case VV_T_ENUM:
    value->v.i = find_choice (option, text);
    break;
  default:
    value->v.s = vv_s (text);
  }
}

static const vv_option *
option_at (const vv_component *component, guint i)
{
  return (const vv_option *)(gconstpointer)((const char *)component->options + i * component->option_stride);
}

static void
set_option (const vv_component *component, vv_value *values, const char *name, const char *text)
{
  for (guint i = 0; i < component->n_options; i++)
    if (strcmp (option_at (component, i)->name, name) == 0) {
      set_value (option_at (component, i), text, &values[i]);
      return;
    }
  g_error ("component %s has no option %s", component->id, name);
}

Harness *
harness_new (const char *file, guint kind, const char *id, ...)
{
  Harness *harness = g_new0 (Harness, 1);
  const vv_plugin *(*entry) (void);
  g_autofree vv_value *values = NULL;
  const vv_component *c;
  const char *name;
  va_list args;

  harness->module = dlopen (file, RTLD_NOW | RTLD_LOCAL);
  if (!harness->module)
    g_error ("%s", dlerror ());
  *(void **)&entry = dlsym (harness->module, "vervet_plugin_v1");
  g_assert_nonnull (entry);
  harness->component = c = find_component (entry (), kind, id);
  values = g_new0 (vv_value, c->n_options + 1);
  for (guint i = 0; i < c->n_options; i++) {
    values[i].type = option_at (c, i)->type;
    if (option_at (c, i)->def)
      set_value (option_at (c, i), option_at (c, i)->def, &values[i]);
  }
  va_start (args, id);
  while ((name = va_arg (args, const char *)))
    set_option (c, values, name, va_arg (args, const char *));
  va_end (args);
  harness->error.struct_size = sizeof harness->error;
  harness->status = c->create (NULL, values, c->n_options, &harness->self, &harness->error);
  if (harness->status < 0)
    harness->self = NULL;
  return harness;
}

void
harness_free (Harness *harness)
{
  harness->component->destroy (harness->self);
  /* The module stays: leak checkers want its symbols, and hosts never close one either. */
  g_free (harness);
}

vv_verdict
harness_verify (Harness *harness, const char *text, gssize len, const char *reference)
{
  const vv_verifier_iface *iface = harness->component->iface;
  const vv_problem problem = { .struct_size = sizeof problem, .id = "test", .reference = vv_s (reference) };
  vv_verdict verdict = { 0 };
  vv_status status;

  status = iface->verify (harness->self, &problem, (vv_str){ text, len < 0 ? strlen (text) : (gsize)len }, &verdict,
                          &harness->error);
  g_assert_cmpint (status, ==, VV_OK);
  g_assert_cmpint (verdict.status, >=, VV_PASS);
  return verdict;
}

const char *
harness_answer (const vv_verdict *verdict)
{
  static char *answer;

  g_free (answer);
  answer = g_strndup (verdict->answer.ptr ? verdict->answer.ptr : "", verdict->answer.len);
  return answer;
}

static void
on_choice (void *ctx, const vv_choice *choice)
{
  HarnessCall *call = ctx;
  HarnessChoice *copy = g_new0 (HarnessChoice, 1);

  copy->index = choice->index;
  copy->finish = choice->finish;
  copy->text_len = choice->text.len;
  copy->text = g_strndup (choice->text.ptr ? choice->text.ptr : "", choice->text.len);
  copy->usage = choice->usage;
  copy->scores = g_array_new (FALSE, FALSE, sizeof (double));
  for (gsize i = 0; i < choice->n_verdicts; i++)
    g_array_append_val (copy->scores, choice->verdicts[i].score);
  pthread_mutex_lock (&call->lock);
  g_assert_false (call->done);
  g_ptr_array_add (call->choices, copy);
  pthread_mutex_unlock (&call->lock);
}

static void
on_done (void *ctx, vv_status status, const vv_error *err)
{
  HarnessCall *call = ctx;

  pthread_mutex_lock (&call->lock);
  g_assert_false (call->done);
  call->done = TRUE;
  call->status = status;
  call->message = g_strdup (err ? err->message : NULL);
  call->retry_after_ms = err ? err->retry_after_ms : 0;
  pthread_cond_signal (&call->changed);
  pthread_mutex_unlock (&call->lock);
}

static void
choice_free (gpointer data)
{
  HarnessChoice *choice = data;

  g_array_unref (choice->scores);
  g_free (choice->text);
  g_free (choice);
}

HarnessCall *
harness_call_new (Harness *harness, const vv_request *request)
{
  const vv_model_iface *iface = harness->component->iface;
  HarnessCall *call = g_new0 (HarnessCall, 1);
  vv_error err = { .struct_size = sizeof err };
  vv_status status;

  pthread_mutex_init (&call->lock, NULL);
  pthread_cond_init (&call->changed, NULL);
  call->choices = g_ptr_array_new_with_free_func (choice_free);
  call->reply = (vv_reply){ .struct_size = sizeof call->reply, .ctx = call, .choice = on_choice, .done = on_done };
  status = iface->run ? iface->run (harness->self, request, &call->reply, &err)
                      : iface->submit (harness->self, request, &call->reply, &call->job, &err);
  if (iface->run || status < 0)
    on_done (call, status, status < 0 ? &err : NULL);
  return call;
}

void
harness_call_wait (Harness *harness, HarnessCall *call)
{
  const vv_model_iface *iface = harness->component->iface;

  pthread_mutex_lock (&call->lock);
  while (!call->done)
    pthread_cond_wait (&call->changed, &call->lock);
  pthread_mutex_unlock (&call->lock);
  if (call->job)
    iface->release (harness->self, call->job);
  call->job = NULL;
}

void
harness_call_free (HarnessCall *call)
{
  g_ptr_array_unref (call->choices);
  g_free (call->message);
  pthread_mutex_destroy (&call->lock);
  pthread_cond_destroy (&call->changed);
  g_free (call);
}

const HarnessChoice *
harness_call_choice (const HarnessCall *call, guint index)
{
  const HarnessChoice *found = NULL;

  for (guint i = 0; i < call->choices->len; i++) {
    const HarnessChoice *choice = g_ptr_array_index (call->choices, i);

    if (choice->index != index)
      continue;
    g_assert_null (found); /* each index comes once */
    found = choice;
  }
  return found;
}

vv_status
harness_problem (Harness *harness, gint64 i, vv_problem *out)
{
  const vv_benchmark_iface *iface = harness->component->iface;

  *out = (vv_problem){ .struct_size = sizeof *out };
  return iface->problem (harness->self, i, out, &harness->error);
}
