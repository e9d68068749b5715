/* Drives the built plugin with nothing but the header: test-contains ./contains.so */
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "vervet-plugin.h"

static const struct {
  int64_t ignore_case, where; /* the options, in the order of the table */
  const char *reference, *text;
  int32_t status;
} cases[] = {
  { 1, 0, "Paris", "It is paris, I think.", VV_PASS },
  { 0, 0, "Paris", "It is paris, I think.", VV_FAIL },
  { 1, 0, "art", "a part of it", VV_FAIL },
  { 1, 0, "art", "Art", VV_PASS },
  { 1, 0, "art", "part, art", VV_PASS },
  { 1, 0, "C++", "I like C++.", VV_PASS },
  { 1, 0, "4", "40 or 14", VV_FAIL },
  { 1, 0, "caf", "caf\303\251", VV_FAIL },
  { 1, 0, "longer than the text", "short", VV_FAIL },
  { 1, 1, "Paris", "Paris?\nNo: Rome.\n\n", VV_FAIL },
  { 1, 1, "Rome", "Paris?\nNo: Rome.\n\n", VV_PASS },
  { 1, 1, "Rome", " \n\n", VV_NO_ANSWER },
  { 1, 0, "Rome", "", VV_NO_ANSWER },
  { 1, 0, "", "Rome", VV_UNDECIDED },
};

static const vv_component *
open_component (const char *file)
{
  void *handle = dlopen (file, RTLD_NOW | RTLD_LOCAL), *symbol = handle ? dlsym (handle, "vervet_plugin_v1") : NULL;
  const vv_plugin *(*entry) (void);

  if (!symbol) {
    fprintf (stderr, "%s\n", dlerror ());
    return NULL;
  }
  memcpy (&entry, &symbol, sizeof entry);
  return entry ()->components[0];
}

static int
judge (const vv_component *component, size_t i)
{
  const vv_verifier_iface *iface = component->iface;
  vv_value values[] = { { .type = VV_T_BOOL, .is_set = 1, .v = { .i = cases[i].ignore_case } },
                        { .type = VV_T_ENUM, .is_set = 1, .v = { .i = cases[i].where } } };
  vv_problem problem = { .struct_size = sizeof problem, .id = "p", .reference = vv_s (cases[i].reference) };
  vv_error err = { .struct_size = sizeof err };
  vv_verdict verdict = { 0 };
  void *self = NULL;
  vv_status status = component->create (NULL, values, 2, &self, &err);

  if (status == VV_OK)
    status = iface->verify (self, &problem, vv_s (cases[i].text), &verdict, &err);
  component->destroy (self);
  return status == VV_OK && verdict.status == cases[i].status;
}

int
main (int argc, char **argv)
{
  const size_t n = sizeof cases / sizeof cases[0];
  const vv_component *component = argc == 2 ? open_component (argv[1]) : NULL;
  int bad = 0;

  if (!component)
    return 1;
  printf ("1..%zu\n", n);
  for (size_t i = 0; i < n; i++) {
    int good = judge (component, i);

    bad += !good;
    printf ("%s %zu - \"%s\" in \"%.9s\"\n", good ? "ok" : "not ok", i + 1, cases[i].reference,
            strchr (cases[i].text, '\n') ? "lines" : cases[i].text);
  }
  return bad != 0;
}
