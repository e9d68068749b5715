/* The command line by its table: parsing, the texts made from it, and what makes hostile text fit for a terminal. */
#include "command-internal.h"
#include "command-table.h"

#include <string.h>

static int
nothing (const CommandArgs *args G_GNUC_UNUSED, GError **error G_GNUC_UNUSED)
{
  return 0;
}

static const CommandOption options[] = {
  { "json", 'j', COMMAND_FLAG, NULL, "Print 'one' [object]: now.", NULL },
  { "output", 'o', COMMAND_VALUE, "FILE", "Where to write.", "@file" },
  { "set", 0, COMMAND_MANY, "PATH=VALUE", "Set a value.", "" },
  { "kind", 0, COMMAND_VALUE, "KIND", "One of two.", "apple pear" },
  { NULL },
};

static const Command sample = {
  .name = "sample",
  .synopsis = "FILE [--json]",
  .summary = "Do a thing",
  .description = "First paragraph.\n\n.dangerous line with a \\ in it",
  .example = "vervet sample x --json\nvervet sample y",
  .options = options,
  .min_words = 1,
  .max_words = 2,
  .words = "@run",
  .run = nothing,
};

static const Command other = { .name = "other",
                               .synopsis = "",
                               .summary = "Other",
                               .example = "vervet other",
                               .run = nothing };
static const Command *const table[] = { &sample, &other, NULL };

/* @line: arguments parted by blanks. */
static CommandArgs *
parse (const char *line, gboolean *help, GError **error)
{
  g_auto (GStrv) argv = g_strsplit (line, " ", -1);
  return command_parse (&sample, (int)g_strv_length (argv), (const char *const *)argv, help, error);
}

static void
assert_fails (const char *line, const char *part)
{
  g_autoptr (GError) error = NULL;
  gboolean help;
  g_assert_null (parse (line, &help, &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
  if (!strstr (error->message, part))
    g_error ("\"%s\" is not in \"%s\"", part, error->message);
  g_assert_nonnull (strstr (error->message, "vervet sample --help"));
}

static void
test_forms_of_a_value (void)
{
  static const char *const lines[] = { "in --output=a=b", "in --output a=b", "in -o a=b",
                                       "in -oa=b",        "--output a=b in", "-o first in -o a=b" };
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    g_autoptr (GError) error = NULL;
    gboolean help;
    guint n;
    g_autoptr (CommandArgs) args = parse (lines[i], &help, &error);
    g_assert_no_error (error);
    g_assert_false (help);
    g_assert_cmpstr (command_value (args, "output"), ==, "a=b");
    g_assert_cmpstr (command_words (args, &n)[0], ==, "in");
    g_assert_cmpuint (n, ==, 1);
    g_assert_null (command_words (args, NULL)[1]);
    g_assert_false (command_flag (args, "json"));
    g_assert_null (command_value (args, "kind"));
    g_assert_null (command_values (args, "set")[0]);
  }
}

static void
test_many_values (void)
{
  gboolean help;
  g_autoptr (CommandArgs) args = parse ("x --set a=1 --set=b=2 -j --set c=", &help, NULL);
  const char *const *values = command_values (args, "set");
  g_assert_cmpstr (values[0], ==, "a=1");
  g_assert_cmpstr (values[1], ==, "b=2");
  g_assert_cmpstr (values[2], ==, "c=");
  g_assert_null (values[3]);
  g_assert_true (command_flag (args, "json"));
}

static void
test_end_of_options (void)
{
  gboolean help;
  guint n;
  g_autoptr (CommandArgs) args = parse ("- -- --json", &help, NULL);
  g_assert_cmpstr (command_words (args, &n)[0], ==, "-"); /* standard input, not an option */
  g_assert_cmpstr (command_words (args, &n)[1], ==, "--json");
  g_assert_cmpuint (n, ==, 2);
  g_assert_false (command_flag (args, "json"));
}

static void
test_an_empty_value_is_a_value (void)
{
  gboolean help;
  g_autoptr (CommandArgs) args = parse ("x --output=", &help, NULL);
  g_assert_cmpstr (command_value (args, "output"), ==, "");
}

static void
test_mistakes (void)
{
  assert_fails ("x --jsno", "did you mean \"--json\"?");
  assert_fails ("x --hlep", "did you mean \"--help\"?");
  assert_fails ("x --zzzzzz", "unknown option \"--zzzzzz\" (");
  assert_fails ("x --zzzzzz=3", "unknown option \"--zzzzzz\" (");
  assert_fails ("x -z", "unknown option \"-z\"");
  assert_fails ("x --json=1", "takes no value");
  assert_fails ("x -j1", "takes no value");
  assert_fails ("x --output", "needs a value: --output FILE");
  assert_fails ("x -o", "needs a value: -o FILE");
  assert_fails ("--json", "too few arguments");
  assert_fails ("x y z", "unexpected argument \"z\"");
}

static void
test_help_wins_over_mistakes (void)
{
  static const char *const lines[] = { "--help", "-h", "x y --help z", "--json -h" };
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++) {
    gboolean help = FALSE;
    g_autoptr (CommandArgs) args = parse (lines[i], &help, NULL);
    g_assert_nonnull (args);
    g_assert_true (help);
  }
}

static void
test_find (void)
{
  g_autoptr (GError) error = NULL;
  g_assert_true (command_find (table, "other", &error) == &other);
  g_assert_null (command_find (table, "smaple", &error));
  g_assert_error (error, VERVET_ERROR, VERVET_ERROR_INPUT);
  g_assert_nonnull (strstr (error->message, "did you mean \"sample\"?"));
}

/* ---- Texts from the table ---- */
static void
test_help_text (void)
{
  g_autoptr (GString) out = g_string_new (NULL);
  command_write_help (&sample, 60, FALSE, out);
  g_assert_true (g_str_has_prefix (out->str, "Usage: vervet sample FILE [--json]\n"));
  for (guint i = 0; options[i].name; i++) {
    g_autofree char *usage = command_option_usage (&options[i]);
    g_assert_nonnull (strstr (out->str, usage));
    g_assert_nonnull (strstr (out->str, options[i].help));
  }
  g_assert_nonnull (strstr (out->str, "  $ vervet sample x --json\n  $ vervet sample y\n"));
  g_assert_null (strchr (out->str, '\033'));
  g_auto (GStrv) lines = g_strsplit (out->str, "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    g_assert_cmpuint (strlen (lines[i]), <=, 60);
    g_assert_false (g_str_has_suffix (lines[i], " "));
  }
}

static void
test_manual_page (void)
{
  g_autoptr (GString) out = g_string_new (NULL);
  command_write_man (&sample, out);
  g_assert_true (g_str_has_prefix (out->str, ".TH VERVET\\-SAMPLE 1 "));
  g_assert_nonnull (strstr (out->str, "\n\\&.dangerous line with a \\e in it\n")); /* neither a request nor an escape */
  g_assert_nonnull (strstr (out->str, "\\-\\-output FILE\n"));
  static const char *const sections[] = { "NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "EXAMPLES" };
  for (guint i = 0; i < G_N_ELEMENTS (sections); i++) {
    g_autofree char *heading = g_strdup_printf ("\n.SH %s\n", sections[i]);
    g_assert_nonnull (strstr (out->str, heading));
  }
}

static void
test_completions (void)
{
  static const char *const shells[] = { "bash", "zsh", "fish" };
  for (guint s = 0; s < G_N_ELEMENTS (shells); s++) {
    g_autoptr (GString) out = g_string_new (NULL);
    g_assert_true (command_write_completion (table, shells[s], out));
    static const char *const parts[] = { "sample", "other", "output", "apple pear" };
    for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
      g_assert_nonnull (strstr (out->str, parts[i]));
  }
  g_autoptr (GString) none = g_string_new (NULL);
  g_assert_false (command_write_completion (table, "tcsh", none));
  g_assert_cmpuint (none->len, ==, 0);
}

/* ---- Hostile text ---- */
static void
test_clean (void)
{
  static const struct {
    const char *in, *out;
  } cases[] = {
    { "plain é ✓ 猿\n\tnext", "plain é ✓ 猿\n\tnext" },
    { "a\033[31mred\033[0m", "a␛[31mred␛[0m" },
    { "over\rwrite\b\a", "over␍write␈␇" },
    { "del\x7f", "del␡" },
    { "c1 \xc2\x9b"
      "31m",
      "c1 \xef\xbf\xbd"
      "31m" },
    { "bidi \xe2\x80\xae"
      "gnp.exe \xe2\x81\xa6x",
      "bidi gnp.exe x" },
    { "bad \xff\xc3", "bad \xef\xbf\xbd\xef\xbf\xbd" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *clean = command_clean (cases[i].in, -1);
    g_assert_cmpstr (clean, ==, cases[i].out);
  }
  g_autofree char *line = command_clean_line ("  one\ntwo\tthree  ", -1, 100),
                  *cut = command_clean_line ("abcdef", -1, 4);
  g_assert_cmpstr (line, ==, "one two three");
  g_assert_cmpstr (cut, ==, "abc…");
}

/* Whatever bytes come in, what goes out is valid UTF-8 without a control character but line end and tab. */
static void
test_clean_any_bytes (void)
{
  for (guint round = 0; round < 2000; round++) {
    guint8 bytes[40];
    gsize len = (gsize)g_test_rand_int_range (0, sizeof bytes);
    for (gsize i = 0; i < len; i++)
      bytes[i] = (guint8)g_test_rand_int_range (0, 256);
    g_autofree char *clean = command_clean ((const char *)bytes, (gssize)len);
    g_assert_true (g_utf8_validate (clean, -1, NULL));
    for (const char *p = clean; *p; p = g_utf8_next_char (p)) {
      gunichar c = g_utf8_get_char (p);
      g_assert_true (c == '\n' || c == '\t' || !g_unichar_iscntrl (c));
    }
  }
}

static void
test_table (void)
{
  g_autoptr (CommandTable) rows = command_table_new ("rLl", "n", "name", "state", NULL);
  g_autoptr (GString) whole = g_string_new (NULL), cut = g_string_new (NULL);
  command_table_add (rows, "7", "a long name that fills a line", "done", NULL);
  command_table_add (rows, "12", "猿猴\n\033[2J", "", NULL);
  g_assert_cmpuint (command_table_rows (rows), ==, 2);
  command_table_write (rows, 0, FALSE, whole);
  g_assert_cmpstr (whole->str, ==,
                   " n  name                           state\n"
                   " 7  a long name that fills a line  done\n"
                   "12  猿猴 ␛[2J\n");
  command_table_write (rows, 24, FALSE, cut);
  g_assert_cmpstr (cut->str, ==,
                   " n  name           state\n"
                   " 7  a long name …  done\n"
                   "12  猿猴 ␛[2J\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/command/forms-of-a-value", test_forms_of_a_value);
  g_test_add_func ("/command/many-values", test_many_values);
  g_test_add_func ("/command/end-of-options", test_end_of_options);
  g_test_add_func ("/command/empty-value", test_an_empty_value_is_a_value);
  g_test_add_func ("/command/mistakes", test_mistakes);
  g_test_add_func ("/command/help-wins", test_help_wins_over_mistakes);
  g_test_add_func ("/command/find", test_find);
  g_test_add_func ("/command/help-text", test_help_text);
  g_test_add_func ("/command/manual-page", test_manual_page);
  g_test_add_func ("/command/completions", test_completions);
  g_test_add_func ("/command/clean", test_clean);
  g_test_add_func ("/command/clean-any-bytes", test_clean_any_bytes);
  g_test_add_func ("/command/table", test_table);
  return g_test_run ();
}
