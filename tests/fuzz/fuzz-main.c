/* fuzz-main.c - runs a libFuzzer target (LLVMFuzzerTestOneInput) without libFuzzer: over each file of a folder, then
 * over seeded random changes of them. No coverage guides it; it is the bounded run for every build, and README.md says
 * how to hunt with clang.
 *
 *     fuzz-X CORPUS-FOLDER [DICTIONARY]    VERVET_FUZZ_ITERATIONS (20,000) and VERVET_FUZZ_SEED (1) in the environment
 *
 * An input that crashes the target, or holds it for ten seconds, is left in the file fuzz-failure in the working
 * folder: run the program on a folder with that file alone to see it again. */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#define LONGEST 4096
#define SECONDS_AN_INPUT 10

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);
extern void __sanitizer_set_death_callback (void (*callback) (void)) __attribute__ ((weak));

static GPtrArray *inputs; /* GBytes * */
static GPtrArray *words;  /* GBytes * */
static const guint8 *now;
static gsize now_len;

/* ---- What is left behind by a failure ---------------------------------------------------------------------------- */
/* Only calls that a signal handler may make. */
static void
save_failure (void)
{
  static const char told[] = "\nthe input is in ./fuzz-failure\n";
  int fd = open ("fuzz-failure", O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (fd < 0 || write (fd, now, now_len) != (ssize_t)now_len || write (STDERR_FILENO, told, sizeof told - 1) < 0)
    return;
  close (fd);
}

static void
on_signal (int number)
{
  signal (number, SIG_DFL);
  save_failure ();
  raise (number);
}

static void
watch_for_failures (void)
{
  if (__sanitizer_set_death_callback)
    __sanitizer_set_death_callback (save_failure);
  else {
    signal (SIGSEGV, on_signal);
    signal (SIGBUS, on_signal);
    signal (SIGFPE, on_signal);
    signal (SIGILL, on_signal);
  }
  signal (SIGABRT, on_signal);
  signal (SIGTRAP, on_signal); /* a fatal message of GLib */
  signal (SIGALRM, on_signal);
}

static void
run_target (const guint8 *data, gsize len)
{
  g_autofree guint8 *exact = malloc (len); /* of the exact size, so that a sanitizer sees a byte too far */
  if (len > 0)
    memcpy (exact, data, len);
  now = exact;
  now_len = len;
  alarm (SECONDS_AN_INPUT);
  LLVMFuzzerTestOneInput (exact, len);
  alarm (0);
}

/* ---- Corpus and dictionary --------------------------------------------------------------------------------------- */
static gint
by_name (gconstpointer a, gconstpointer b)
{
  return strcmp (*(char *const *)a, *(char *const *)b);
}

static gboolean
load_corpus (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *name;
  while (dir && (name = g_dir_read_name (dir)))
    g_ptr_array_add (names, g_build_filename (folder, name, NULL));
  g_ptr_array_sort (names, by_name);
  for (guint i = 0; i < names->len; i++) {
    char *data;
    gsize len;
    if (g_file_get_contents (g_ptr_array_index (names, i), &data, &len, NULL))
      g_ptr_array_add (inputs, g_bytes_new_take (data, len));
  }
  return inputs->len > 0;
}

/* libFuzzer's format: a word in double quotes a line, with \\, \" and \xNN. */
static void
load_dictionary (const char *path)
{
  g_autofree char *text = NULL;
  if (!g_file_get_contents (path, &text, NULL, NULL))
    return;
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    const char *first = strchr (lines[i], '"'), *last = strrchr (lines[i], '"');
    g_autoptr (GString) word = g_string_new (NULL);
    if (*lines[i] == '#' || !first || last == first)
      continue;
    for (const char *p = first + 1; p < last; p++)
      if (p[0] == '\\' && p[1] == 'x' && last - p > 3) {
        char hex[3] = { p[2], p[3], 0 };
        g_string_append_c (word, (char)strtol (hex, NULL, 16));
        p += 3;
      } else {
        p += *p == '\\';
        g_string_append_c (word, *p);
      }
    g_ptr_array_add (words, g_bytes_new (word->str, word->len));
  }
}

/* ---- Changes ----------------------------------------------------------------------------------------------------- */
static gint32
below (GRand *rand, gsize n)
{
  return n > 0 ? g_rand_int_range (rand, 0, (gint32)n) : 0;
}

static void
insert (GByteArray *input, gsize at, const guint8 *data, gsize len)
{
  g_autofree guint8 *copy = g_memdup2 (data, len); /* it may be a piece of @input */
  guint old = input->len;
  if (len == 0)
    return;
  g_byte_array_set_size (input, old + (guint)len);
  memmove (input->data + at + len, input->data + at, old - at);
  memcpy (input->data + at, copy, len);
}

/* A piece of a random input of the corpus. */
static void
insert_piece (GByteArray *input, gsize at, GRand *rand)
{
  gsize len;
  const guint8 *other = g_bytes_get_data (g_ptr_array_index (inputs, below (rand, inputs->len)), &len);
  gsize from = (gsize)below (rand, len), wanted = (gsize)below (rand, 64);
  insert (input, at, other + from, MIN (len - from, wanted));
}

static void
change (GByteArray *input, GRand *rand)
{
  static const guint8 odd[] = {
    0, 1, 0x1f, 0x7f, 0x80, 0xc0, 0xed, 0xff, '"', '\\', '{', '[', ',', '\n', '\r', '0', '-'
  };
  gsize at = (gsize)below (rand, input->len + 1), len;
  guint8 byte;
  const guint8 *word;
  switch (below (rand, 7)) {
  case 0:
    if (at < input->len)
      input->data[at] ^= (guint8)(1 << below (rand, 8));
    break;
  case 1:
    byte = odd[below (rand, sizeof odd)];
    insert (input, at, &byte, 1);
    break;
  case 2:
    len = (gsize)below (rand, 16);
    g_byte_array_remove_range (input, (guint)at, (guint)MIN (input->len - at, len));
    break;
  case 3:
    g_byte_array_set_size (input, (guint)at);
    break;
  case 4:
    insert_piece (input, at, rand);
    break;
  case 5:
    len = (gsize)below (rand, 32);
    insert (input, at, input->data + at, MIN (input->len - at, len));
    break;
  default:
    if (words->len == 0)
      break;
    word = g_bytes_get_data (g_ptr_array_index (words, below (rand, words->len)), &len);
    insert (input, at, word, len);
  }
  if (input->len > LONGEST)
    g_byte_array_set_size (input, LONGEST);
}

static guint64
from_environment (const char *name, guint64 fallback)
{
  const char *text = g_getenv (name);
  return text ? g_ascii_strtoull (text, NULL, 10) : fallback;
}

int
main (int argc, char **argv)
{
  guint64 iterations = from_environment ("VERVET_FUZZ_ITERATIONS", 20000),
          seed = from_environment ("VERVET_FUZZ_SEED", 1);
  g_autoptr (GRand) rand = g_rand_new_with_seed ((guint32)seed);
  inputs = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  words = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  if (argc < 2 || !load_corpus (argv[1])) {
    g_printerr ("usage: %s CORPUS-FOLDER [DICTIONARY]; the folder holds at least one file\n", argv[0]);
    return 1;
  }
  if (argc > 2)
    load_dictionary (argv[2]);
  watch_for_failures ();
  g_print ("1..2\n");
  for (guint i = 0; i < inputs->len; i++) {
    gsize len;
    const guint8 *data = g_bytes_get_data (g_ptr_array_index (inputs, i), &len);
    run_target (data, len);
  }
  g_print ("ok 1 - the %u inputs of the corpus\n", inputs->len);
  for (guint64 i = 0; i < iterations; i++) {
    gsize len;
    const guint8 *data = g_bytes_get_data (g_ptr_array_index (inputs, below (rand, inputs->len)), &len);
    g_autoptr (GByteArray) input = g_byte_array_new ();
    g_byte_array_append (input, data, (guint)MIN (len, LONGEST));
    for (gint32 n = 1 + below (rand, 6); n > 0; n--)
      change (input, rand);
    run_target (input->data, input->len);
  }
  g_print ("ok 2 - %" G_GUINT64_FORMAT " changed inputs, seed %" G_GUINT64_FORMAT "\n", iterations, seed);
  g_ptr_array_unref (inputs);
  g_ptr_array_unref (words);
  return 0;
}
