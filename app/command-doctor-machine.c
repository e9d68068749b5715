/* Cores, memory, GPU, cluster, terminal. */
#include "command-doctor.h"

#include <string.h>
#include <unistd.h>

static void
probe_cores (const DoctorContext *context G_GNUC_UNUSED, DoctorResult *result)
{
  doctor_set (result, DOCTOR_OK,
              g_strdup_printf ("%u usable of %ld", g_get_num_processors (), sysconf (_SC_NPROCESSORS_ONLN)), NULL);
}

/* A number of bytes in a file of /sys; 0: no limit, or no such file. */
static guint64
read_limit (const char *path)
{
  g_autofree char *text = NULL;

  return g_file_get_contents (path, &text, NULL, NULL) ? g_ascii_strtoull (text, NULL, 10) : 0;
}

static void
probe_memory (const DoctorContext *context G_GNUC_UNUSED, DoctorResult *result)
{
  guint64 total = (guint64)sysconf (_SC_PHYS_PAGES) * (guint64)sysconf (_SC_PAGESIZE);
  guint64 limit = read_limit ("/sys/fs/cgroup/memory.max");
  gboolean is_limited = limit > 0 && limit < total;
  g_autofree char *size = g_format_size_full (is_limited ? limit : total, G_FORMAT_SIZE_IEC_UNITS);

  doctor_set (result, DOCTOR_OK, g_strdup_printf ("%s%s", size, is_limited ? " (limit of the container)" : ""), NULL);
}

/* ---- GPU ---- */
/* The value of "Model:" in a file of the driver. (transfer full) */
static char *
gpu_model (const char *folder)
{
  g_autofree char *file = g_build_filename ("/proc/driver/nvidia/gpus", folder, "information", NULL), *text = NULL;

  if (!g_file_get_contents (file, &text, NULL, NULL) || !g_str_has_prefix (text, "Model:"))
    return g_strdup ("NVIDIA GPU");
  text[strcspn (text, "\n")] = '\0';
  return g_strdup (g_strstrip (text + strlen ("Model:")));
}

static char *
gpu_models (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/driver/nvidia/gpus", 0, NULL);
  g_autoptr (GString) models = g_string_new (NULL);

  for (const char *name; dir && (name = g_dir_read_name (dir));) {
    g_autofree char *model = gpu_model (name);
    g_string_append_printf (models, "%s%s", models->len ? ", " : "", model);
  }
  return g_string_free (g_steal_pointer (&models), FALSE);
}

/* A card that the bus knows: then only the driver is missing. */
static gboolean
has_nvidia_card (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/sys/bus/pci/devices", 0, NULL);

  for (const char *name; dir && (name = g_dir_read_name (dir));) {
    g_autofree char *vendor_file = g_build_filename ("/sys/bus/pci/devices", name, "vendor", NULL), *vendor = NULL;
    g_autofree char *class_file = g_build_filename ("/sys/bus/pci/devices", name, "class", NULL), *class = NULL;
    if (g_file_get_contents (vendor_file, &vendor, NULL, NULL) && g_str_has_prefix (vendor, "0x10de")
        && g_file_get_contents (class_file, &class, NULL, NULL) && g_str_has_prefix (class, "0x03"))
      return TRUE;
  }
  return FALSE;
}

static void
probe_gpu (const DoctorContext *context G_GNUC_UNUSED, DoctorResult *result)
{
  if (g_file_test ("/proc/driver/nvidia/version", G_FILE_TEST_EXISTS)) {
    g_autofree char *models = gpu_models ();
    doctor_set (result, DOCTOR_OK, g_strdup (*models ? models : "NVIDIA driver, no GPU assigned"), NULL);
  } else if (has_nvidia_card ()) {
    doctor_set (result, DOCTOR_NOTE, g_strdup ("an NVIDIA card without its driver"),
                "install the NVIDIA driver; until then everything runs on the processor");
  } else {
    doctor_set (result, DOCTOR_NOTE, g_strdup ("no NVIDIA GPU"),
                "none is needed; models behind an HTTP server may have one of their own");
  }
}

/* ---- Cluster and terminal ---- */
static void
probe_slurm (const DoctorContext *context G_GNUC_UNUSED, DoctorResult *result)
{
  static const char *const commands[] = { "sbatch", "squeue", "scancel" };
  g_autoptr (GString) missing = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (commands); i++) {
    g_autofree char *path = g_find_program_in_path (commands[i]);
    if (!path)
      g_string_append_printf (missing, "%s%s", missing->len ? ", " : "", commands[i]);
  }
  if (missing->len == 0)
    doctor_set (result, DOCTOR_OK, g_strdup ("sbatch, squeue, scancel"), NULL);
  else
    doctor_set (result, DOCTOR_NOTE, g_strdup_printf ("no %s", missing->str),
                "needed by cluster jobs only: start those on a login node with Slurm");
}

/* By the variables that decide it: programs here print UTF-8 whatever the C library is told. */
static gboolean
expects_utf8 (void)
{
  static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    const char *value = g_getenv (names[i]);
    if (!value || !*value)
      continue;
    g_autofree char *low = g_ascii_strdown (value, -1);
    return strstr (low, "utf-8") || strstr (low, "utf8");
  }
  return FALSE;
}

static void
probe_terminal (const DoctorContext *context G_GNUC_UNUSED, DoctorResult *result)
{
  gboolean is_utf8 = expects_utf8 (), is_terminal = isatty (STDOUT_FILENO);
  char *value = is_terminal ? g_strdup_printf ("%u columns, %s, %s", command_width (), is_utf8 ? "UTF-8" : "not UTF-8",
                                               command_color () ? "colours" : "no colours")
                            : g_strdup_printf ("output is no terminal, %s", is_utf8 ? "UTF-8" : "not UTF-8");

  doctor_set (result, is_utf8 ? DOCTOR_OK : DOCTOR_NOTE, value,
              is_utf8 ? NULL : "export LC_ALL=C.UTF-8 for charts in full");
}

static const DoctorProbe probes[] = {
  { "cores", probe_cores }, { "memory", probe_memory },     { "GPU", probe_gpu },
  { "Slurm", probe_slurm }, { "terminal", probe_terminal }, { NULL },
};
const DoctorSection doctor_machine = { "Machine", probes };
