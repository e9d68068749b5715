/* Descriptors that are older, newer, cut off or wrong: each is refused with the sentence that names the fault, and the
 * sound one is copied whole. */
#include "plugin/descriptor.h"

#include <vervet-error.h>

#include <math.h>
#include <string.h>

/* A sound plugin that each case makes its own copy of. */
typedef struct {
  vv_verifier_iface iface;
  vv_program_iface program;
  vv_model_iface model;
  vv_benchmark_iface benchmark;
  vv_option options[2];
  vv_role roles[2];
  vv_component component, twin;
  const vv_component *components[3];
  vv_plugin plugin;
} Sample;

static vv_status
verify (void *self G_GNUC_UNUSED, const vv_problem *problem G_GNUC_UNUSED, vv_str text G_GNUC_UNUSED,
        vv_verdict *out G_GNUC_UNUSED, vv_error *err G_GNUC_UNUSED)
{
  return VV_OK;
}

static vv_status
create (void *plugin G_GNUC_UNUSED, const vv_value *values G_GNUC_UNUSED, uint32_t n G_GNUC_UNUSED,
        void **self G_GNUC_UNUSED, vv_error *err G_GNUC_UNUSED)
{
  return VV_OK;
}

static void
nothing (void *self G_GNUC_UNUSED)
{
}

static vv_status
begin (void *self G_GNUC_UNUSED, const vv_task *task G_GNUC_UNUSED, void **run G_GNUC_UNUSED,
       vv_error *err G_GNUC_UNUSED)
{
  return VV_OK;
}

static vv_status
ask (void *run G_GNUC_UNUSED, const vv_moves *moves G_GNUC_UNUSED, vv_error *err G_GNUC_UNUSED)
{
  return VV_FINISHED;
}

static vv_status
describe (void *self G_GNUC_UNUSED, vv_model_info *out G_GNUC_UNUSED, vv_error *err G_GNUC_UNUSED)
{
  return VV_OK;
}

static const char *const colours[] = { "red", "green", NULL };

static void
sample_init (Sample *s)
{
  *s = (Sample){ 0 };
  s->iface = (vv_verifier_iface){ .struct_size = sizeof s->iface, .verify = verify };
  s->program = (vv_program_iface){ .struct_size = sizeof s->program, .begin = begin, .ask = ask, .end = nothing };
  s->model = (vv_model_iface){ .struct_size = sizeof s->model, .describe = describe };
  s->benchmark = (vv_benchmark_iface){ .struct_size = sizeof s->benchmark };
  s->options[0] = (vv_option){
    .type = VV_T_INT, .name = "max-digits", .help = "Longer ones are none.", .def = "18", .min = 1, .max = 18
  };
  s->options[1] = (vv_option){ .type = VV_T_ENUM, .name = "colour", .def = "red", .choices = colours };
  s->roles[0] = (vv_role){ .name = "model", .ops = 1u << VV_OP_GENERATE };
  s->roles[1] = (vv_role){ .name = "reward", .ops = 1u << VV_OP_SCORE };
  s->component = (vv_component){ .struct_size = sizeof s->component,
                                 .kind = VV_KIND_VERIFIER,
                                 .caps = VV_CAP_CONCURRENT | VV_CAP_EQUALITY,
                                 .id = "integer",
                                 .title = "Integer",
                                 .summary = "The last integer.",
                                 .behaviour = 3,
                                 .n_options = 2,
                                 .option_stride = sizeof s->options[0],
                                 .options = s->options,
                                 .iface = &s->iface,
                                 .create = create,
                                 .destroy = nothing };
  s->twin = s->component;
  s->components[0] = &s->component;
  s->plugin = (vv_plugin){ .struct_size = sizeof s->plugin,
                           .abi = VV_ABI,
                           .draft = VV_ABI_DRAFT,
                           .id = "example.integer",
                           .version = "1.0",
                           .title = "Integer",
                           .summary = "One check.",
                           .license = "MIT",
                           .url = "https://example.org",
                           .components = s->components };
}

static void
make_sampler (Sample *s)
{
  s->component.kind = VV_KIND_SAMPLER;
  s->component.iface = &s->program;
  s->component.roles = s->roles;
  s->component.n_roles = 2;
  s->component.role_stride = sizeof s->roles[0];
}

/* ---- The sound one ---- */

static void
check_sound (const VervetPluginInfo *info)
{
  const VervetComponentInfo *component;

  g_assert_cmpstr (info->id, ==, "example.integer");
  g_assert_cmpstr (info->license, ==, "MIT");
  g_assert_cmpuint (info->components->len, ==, 1);
  component = g_ptr_array_index (info->components, 0);
  g_assert_cmpuint (component->kind, ==, VV_KIND_VERIFIER);
  g_assert_cmpuint (component->caps, ==, VV_CAP_CONCURRENT | VV_CAP_EQUALITY);
  g_assert_cmpuint (component->behaviour, ==, 3);
  g_assert_cmpuint (component->n_options, ==, 2);
  g_assert_cmpstr (component->options[0].name, ==, "max-digits");
  g_assert_cmpfloat (component->options[0].max, ==, 18);
  g_assert_cmpstr (component->options[1].choices[1], ==, "green");
  g_assert_null (component->options[1].choices[2]);
}

static void
test_sound (void)
{
  g_autoptr (VervetPluginInfo) info = NULL, again = NULL;
  g_autoptr (VervetJson) json = NULL;
  g_autoptr (GError) error = NULL;
  Sample s;

  sample_init (&s);
  info = vervet_descriptor_read (&s.plugin, "/x/integer.so", &error);
  g_assert_no_error (error);
  memset (&s, 0xee, sizeof s); /* the copy owns all it says */
  check_sound (info);
  json = vervet_plugin_info_to_json (info);
  again = vervet_plugin_info_new ("/x/integer.so");
  g_assert_true (vervet_plugin_info_read_json (again, json, &error));
  g_assert_no_error (error);
  check_sound (again);
  g_assert_cmpint (again->state, ==, VERVET_PLUGIN_OK);
}

/* Ranges with an open end survive JSON, which has no infinity. */
static void
test_open_range (void)
{
  g_autoptr (VervetPluginInfo) info = NULL, again = vervet_plugin_info_new ("/x");
  g_autoptr (VervetJson) json = NULL;
  g_autofree char *text = NULL;
  const VervetComponentInfo *component;
  Sample s;

  sample_init (&s);
  s.options[0].max = INFINITY;
  info = vervet_descriptor_read (&s.plugin, "/x", NULL);
  text = vervet_json_to_string ((json = vervet_plugin_info_to_json (info)), 0);
  vervet_json_free (json);
  json = vervet_json_parse (text, -1, "text", VERVET_JSON_STRICT, NULL);
  g_assert_true (vervet_plugin_info_read_json (again, json, NULL));
  component = g_ptr_array_index (again->components, 0);
  g_assert_cmpfloat (component->options[0].min, ==, 1);
  g_assert_true (isinf (component->options[0].max) && component->options[0].max > 0);
}

/* A plugin of a later version: longer structures, longer rows, flags and capabilities unknown here. */
static void
test_longer (void)
{
  struct {
    vv_plugin plugin;
    guint64 news;
  } plugin;
  struct {
    vv_component component;
    gpointer news[3];
  } component;
  struct {
    vv_option option;
    const char *news;
  } options[2];
  g_autoptr (VervetPluginInfo) info = NULL;
  g_autoptr (GError) error = NULL;
  Sample s;

  sample_init (&s);
  for (guint i = 0; i < 2; i++) {
    options[i].option = s.options[i];
    options[i].news = "new";
  }
  component.component = s.component;
  component.component.struct_size = sizeof component;
  component.component.options = &options[0].option;
  component.component.option_stride = sizeof options[0];
  component.component.caps |= G_GUINT64_CONSTANT (1) << 40;
  s.components[0] = &component.component;
  plugin.plugin = s.plugin;
  plugin.plugin.struct_size = sizeof plugin;
  info = vervet_descriptor_read (&plugin.plugin, "/x/integer.so", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (((VervetComponentInfo *)info->components->pdata[0])->options[1].name, ==, "colour");
}

/* ---- The unsound ones ---- */

#define CASE(name, change)     \
  static void name (Sample *s) \
  {                            \
    change;                    \
  }

CASE (cut_off, s->plugin.struct_size = 12)
CASE (short_plugin, s->plugin.struct_size = sizeof (vv_plugin) - 8)
CASE (wrong_major, s->plugin.abi = 2u << 16)
CASE (newer_minor, s->plugin.abi = VV_ABI + 3)
CASE (other_draft, s->plugin.draft = VV_ABI_DRAFT + 1)
CASE (no_draft, s->plugin.draft = 0x7f001234)
CASE (no_id, s->plugin.id = NULL)
CASE (bad_id, s->plugin.id = "Example Integer")
CASE (no_version, s->plugin.version = "")
CASE (no_title, s->plugin.title = NULL)
CASE (no_summary, s->plugin.summary = NULL)
CASE (no_licence, s->plugin.license = "")
CASE (no_url, s->plugin.url = NULL)
CASE (bad_utf8, s->plugin.title = "caf\xe9")
CASE (escape, s->plugin.title = "\033[31mred")
CASE (no_list, s->plugin.components = NULL)
CASE (no_components, s->components[0] = NULL)
CASE (short_component, s->component.struct_size = 40)
CASE (no_component_id, s->component.id = NULL)
CASE (no_component_title, s->component.title = "")
CASE (bad_kind, s->component.kind = 99)
CASE (no_iface, s->component.iface = NULL)
CASE (short_iface, s->iface.struct_size = 4)
CASE (no_verify, s->iface.verify = NULL)
CASE (no_create, s->component.create = NULL)
CASE (no_destroy, s->component.destroy = NULL)
CASE (twice, s->components[1] = &s->twin)
CASE (no_options, s->component.options = NULL)
CASE (many_options, s->component.n_options = 4000000)
CASE (short_stride, s->component.option_stride = 8)
CASE (odd_stride, s->component.option_stride += 4)
CASE (bad_name, s->options[0].name = "maxDigits")
CASE (reserved_name, s->options[0].name = "use")
CASE (same_name, s->options[1].name = "max-digits")
CASE (bad_type, s->options[0].type = 0)
CASE (bad_default, s->options[0].def = "many")
CASE (far_default, s->options[0].def = "19")
CASE (bad_choice, s->options[1].def = "blue")
CASE (no_choices, s->options[1].choices = NULL)
CASE (range_upside_down, (s->options[0].min = 5, s->options[0].max = 1))
CASE (text_range, (s->options[0].type = VV_T_STRING, s->options[0].def = NULL))
CASE (secret_default, (s->options[0] = (vv_option){ .type = VV_T_SECRET, .name = "api-key", .def = "sk-123" }))
CASE (json_default, (s->options[0] = (vv_option){ .type = VV_T_JSON, .name = "extra", .def = "{" }))
CASE (verifier_roles, (make_sampler (s), s->component.kind = VV_KIND_VERIFIER))
CASE (no_ops, (make_sampler (s), s->program.tell = (gpointer)begin, s->roles[0].ops = 0))
CASE (same_role, (make_sampler (s), s->program.tell = (gpointer)begin, s->roles[1].name = "model"))
CASE (no_tell, make_sampler (s))
CASE (no_run, (s->component.kind = VV_KIND_MODEL, s->component.iface = &s->model))
CASE (no_cancel, (s->component.kind = VV_KIND_MODEL, s->component.iface = &s->model, s->model.submit = (gpointer)begin))
CASE (half_env, (s->component.kind = VV_KIND_BENCHMARK, s->component.iface = &s->benchmark,
                 s->benchmark.describe = (gpointer)describe, s->benchmark.count = (gpointer)nothing,
                 s->benchmark.problem = (gpointer)begin, s->benchmark.env_step = (gpointer)begin))

static const struct {
  void (*change) (Sample *s);
  const char *says;
} cases[] = {
  { cut_off, "struct_size of its vv_plugin is 12; set it to sizeof (vv_plugin), 88 or more" },
  { short_plugin, "struct_size of its vv_plugin is 80" },
  { wrong_major, "it is built for plugin ABI 2 and this Vervet has 1" },
  { newer_minor, "it needs plugin ABI 1.3 and this Vervet has 1.0; update Vervet" },
  { other_draft, "rebuild it" },
  { no_draft, "it is built against another draft of the plugin ABI; rebuild it" },
  { no_id, "field 'id' is empty" },
  { bad_id, "field 'id' is \"Example Integer\"; write lower-case letters" },
  { no_version, "field 'version' is empty" },
  { no_title, "field 'title' is empty" },
  { no_summary, "field 'summary' is empty" },
  { no_licence, "field 'license' is empty" },
  { no_url, "field 'url' is empty" },
  { bad_utf8, "field 'title' is not UTF-8" },
  { escape, "field 'title' holds a control character" },
  { no_list, "field 'components' lists 1 to 256 components" },
  { no_components, "field 'components' lists 1 to 256 components" },
  { short_component, "struct_size of its vv_component is 40" },
  { no_component_id, "field 'id' is empty" },
  { no_component_title, "component 'integer': field 'title' is empty" },
  { bad_kind, "component 'integer': kind 99 is none of" },
  { no_iface, "component 'integer': field 'iface' is NULL" },
  { short_iface, "component 'integer': struct_size of its vv_verifier_iface is 4" },
  { no_verify, "component 'integer': callback 'verify' is missing" },
  { no_create, "component 'integer': callback 'create' is missing" },
  { no_destroy, "component 'integer': callback 'destroy' is missing" },
  { twice, "component 'integer': two verifiers of the plugin have this id" },
  { no_options, "component 'integer': n_options is 2 and field 'options' is NULL" },
  { many_options, "component 'integer': n_options is 4000000; at most 512 make sense" },
  { short_stride, "component 'integer': option_stride is 8; set it to sizeof (vv_option), 104" },
  { odd_stride, "component 'integer': option_stride is 108; set it to sizeof (vv_option), 104" },
  { bad_name, "component 'integer': option 'maxDigits': a name is lower-case letters" },
  { reserved_name, "option 'use': this name belongs to experiment files" },
  { same_name, "option 'max-digits': it is there twice" },
  { bad_type, "option 'max-digits': type 0 is none of" },
  { bad_default, "option 'max-digits': default: expected an integer from 1 to 18, found \"many\"" },
  { far_default, "option 'max-digits': default: expected an integer from 1 to 18, found 19" },
  { bad_choice, "option 'colour': default: expected one of \"red\", \"green\", found \"blue\"" },
  { no_choices, "option 'colour': a choice has 1 to 512 choices" },
  { range_upside_down, "option 'max-digits': min 5 is above max 1" },
  { text_range, "option 'max-digits': only a number has a range" },
  { secret_default, "option 'api-key': the default of a secret is \"${NAME}\"" },
  { json_default, "option 'extra': default: extra:1:2: " },
  { verifier_roles, "component 'integer': only samplers and judges have roles" },
  { no_ops, "role 'model': ops names no operation" },
  { same_role, "role 'model': it is there twice" },
  { no_tell, "component 'integer': callback 'tell' is missing" },
  { no_run, "component 'integer': a model has callback 'run' or 'submit'" },
  { no_cancel, "component 'integer': callback 'cancel' is missing" },
  { half_env, "component 'integer': 'env_open', 'env_step' and 'env_close' go together" },
};

static void
test_unsound (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (VervetPluginInfo) info = NULL;
    g_autoptr (GError) error = NULL;
    Sample s;

    sample_init (&s);
    cases[i].change (&s);
    info = vervet_descriptor_read (&s.plugin, "/x/integer.so", &error);
    if (info)
      g_error ("case %u passed, expected: %s", i, cases[i].says);
    g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
    if (!strstr (error->message, cases[i].says))
      g_error ("case %u says: %s\nexpected: %s", i, error->message, cases[i].says);
  }
}

static void
test_null (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (vervet_descriptor_read (NULL, "/x", &error));
  g_assert_cmpstr (error->message, ==, "vervet_plugin_v1() returned NULL");
}

/* The scanning child's answer is not believed either: no cut or edited description is taken for a plugin, or crashes.
 */
static void
test_json_is_not_believed (void)
{
  static const char *const paths[] = { "plugin",
                                       "version",
                                       "components",
                                       "components.0.id",
                                       "components.0.kind",
                                       "components.0.title",
                                       "components.0.options.0.name",
                                       "components.0.options.0.type",
                                       "components.0.options.1.choices" };
  g_autoptr (VervetPluginInfo) sound = NULL;
  Sample s;

  sample_init (&s);
  sound = vervet_descriptor_read (&s.plugin, "/x", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    for (guint type = VERVET_JSON_NULL; type <= VERVET_JSON_TRUE; type++) {
      g_autoptr (VervetPluginInfo) info = vervet_plugin_info_new ("/x");
      g_autoptr (VervetJson) json = vervet_plugin_info_to_json (sound);
      g_autoptr (GError) error = NULL;

      g_assert_true (vervet_json_set_path (json, paths[i], vervet_json_new (type), &error));
      g_assert_no_error (error);
      g_assert_false (vervet_plugin_info_read_json (info, json, &error));
      g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/abi/descriptor/sound", test_sound);
  g_test_add_func ("/abi/descriptor/open-range", test_open_range);
  g_test_add_func ("/abi/descriptor/longer", test_longer);
  g_test_add_func ("/abi/descriptor/unsound", test_unsound);
  g_test_add_func ("/abi/descriptor/null", test_null);
  g_test_add_func ("/abi/descriptor/json-is-not-believed", test_json_is_not_believed);
  return g_test_run ();
}
