/* command-doctor.c - vervet doctor: what this machine can do, and a remedy for each lack. */
#include "command-doctor.h"
#include "command-json.h"

#include <string.h>

static const DoctorSection *const sections[] = { &doctor_parts, &doctor_files, &doctor_machine };
static const char *const state_names[] = { "ok", "note", "fail" };

void
doctor_set (DoctorResult *result, DoctorState state, char *value, const char *remedy)
{
  result->state = state;
  result->value = value;
  result->remedy = g_strdup (remedy);
}

/* ---- Showing ---- */
typedef struct {
  const char *section, *name;
  DoctorResult result;
} Finding;

static void
finding_clear (gpointer data)
{
  Finding *finding = data;
  g_free (finding->result.value);
  g_free (finding->result.remedy);
}

static GArray *
examine (const DoctorContext *context)
{
  GArray *findings = g_array_new (FALSE, TRUE, sizeof (Finding));

  g_array_set_clear_func (findings, finding_clear);
  for (guint s = 0; s < G_N_ELEMENTS (sections); s++)
    for (const DoctorProbe *probe = sections[s]->probes; probe->name; probe++) {
      Finding finding = { .section = sections[s]->name, .name = probe->name };
      probe->probe (context, &finding.result);
      g_array_append_val (findings, finding);
    }
  return findings;
}

static gboolean
is_healthy (const GArray *findings)
{
  for (guint i = 0; i < findings->len; i++)
    if (g_array_index (findings, Finding, i).result.state == DOCTOR_FAIL)
      return FALSE;
  return TRUE;
}

static void
print_json (const GArray *findings)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (VervetJsonWriter) writer = vervet_json_writer_new (out, 2);

  vervet_json_writer_begin_object (writer);
  command_json_bool (writer, "ok", is_healthy (findings));
  command_json_text (writer, "version", vervet_version ());
  vervet_json_writer_key (writer, "checks");
  vervet_json_writer_begin_array (writer);
  for (guint i = 0; i < findings->len; i++) {
    const Finding *finding = &g_array_index (findings, Finding, i);
    vervet_json_writer_begin_object (writer);
    command_json_text (writer, "section", finding->section);
    command_json_text (writer, "name", finding->name);
    command_json_text (writer, "state", state_names[finding->result.state]);
    command_json_bytes (writer, "value", finding->result.value, strlen (finding->result.value));
    if (finding->result.remedy)
      command_json_text (writer, "remedy", finding->result.remedy);
    vervet_json_writer_end_object (writer);
  }
  vervet_json_writer_end_array (writer);
  vervet_json_writer_end_object (writer);
  g_string_append_c (out, '\n');
  command_print (out->str);
}

static void
print_text (const GArray *findings)
{
  static const char *const colours[] = { "\033[32m", "\033[33m", "\033[31m" };
  gboolean colour = command_color ();
  const char *section = "";

  for (guint i = 0; i < findings->len; i++) {
    const Finding *finding = &g_array_index (findings, Finding, i);
    const DoctorResult *result = &finding->result;
    g_autofree char *value = command_clean_line (result->value, -1, 1000);
    if (strcmp (section, finding->section))
      command_printf ("%s%s\n", *section ? "\n" : "", finding->section);
    section = finding->section;
    command_printf ("  %s%-4s%s  %-14s %s\n", colour ? colours[result->state] : "", state_names[result->state],
                    colour ? "\033[0m" : "", finding->name, value);
    if (result->remedy)
      command_printf ("  %20s -> %s\n", "", result->remedy);
  }
  command_printf ("\n%s\n", is_healthy (findings) ? "The main job can run."
                                                  : "The main job cannot run: see the lines that fail.");
}

static int
run (const CommandArgs *args, GError **error G_GNUC_UNUSED)
{
  g_autoptr (GError) fault = NULL;
  g_autoptr (VervetRegistry) registry = vervet_registry_new (VERVET_REGISTRY_DEFAULT, &fault);
  const DoctorContext context = { registry, fault ? fault->message : NULL };
  g_autoptr (GArray) findings = examine (&context);

  if (command_flag (args, "json"))
    print_json (findings);
  else
    print_text (findings);
  return is_healthy (findings) ? 0 : 2;
}

static const CommandOption options[] = {
  { "json", 0, COMMAND_FLAG, NULL, "Print one JSON object.", NULL },
  { NULL },
};

const Command command_doctor = {
  .name = "doctor",
  .synopsis = "[--json]",
  .summary = "Say what this machine can do, with a remedy for each lack",
  .description =
      "Looks at the parts of Vervet, the plugins, the file systems that runs and the cache would be written to, and "
      "the "
      "machine: cores, memory, GPU, cluster, terminal. A note is a lack that the main job (sampling, judging, "
      "reporting) can do without.\n\n"
      "Exits with 0 when the main job can run, else with 2.",
  .example = "vervet doctor",
  .options = options,
  .max_words = 0,
  .run = run,
};
