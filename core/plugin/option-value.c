#include "option-value.h"

#include <vervet-error.h>

#include <math.h>
#include <string.h>

#define MAX_EXACT 9007199254740992.0 /* 2^53: integers written as 2e6 are taken up to here */

void
vervet_option_value_clear (VervetOptionValue *value)
{
  if (value->text && value->value.type == VV_T_SECRET)
    memset (value->text, 0, strlen (value->text));
  g_free (value->text);
  vervet_json_free (value->json);
  *value = (VervetOptionValue){ 0 };
}

static char *
range_text (const vv_option *option)
{
  const char *format =
      option->type == VV_T_INT && fabs (option->min) < 1e18 && fabs (option->max) < 1e18 ? "%.0f" : "%.15g";
  char low[G_ASCII_DTOSTR_BUF_SIZE], high[G_ASCII_DTOSTR_BUF_SIZE];

  if (!(option->min < option->max))
    return g_strdup ("");
  g_ascii_formatd (low, sizeof low, format, option->min);
  g_ascii_formatd (high, sizeof high, format, option->max);
  if (isinf (option->max))
    return isinf (option->min) ? g_strdup ("") : g_strdup_printf (" of at least %s", low);
  return isinf (option->min) ? g_strdup_printf (" of at most %s", high) : g_strdup_printf (" from %s to %s", low, high);
}

char *
vervet_option_expectation (const vv_option *option)
{
  g_autofree char *range = range_text (option);
  g_autofree char *choices = NULL;

  switch (option->type) {
  case VV_T_BOOL:
    return g_strdup ("true or false");
  case VV_T_INT:
    return g_strdup_printf ("an integer%s", range);
  case VV_T_FLOAT:
    return g_strdup_printf ("a number%s", range);
  case VV_T_ENUM:
    choices = g_strjoinv ("\", \"", (char **)option->choices);
    return g_strdup_printf ("one of \"%s\"", choices);
  case VV_T_PATH:
    return g_strdup ("a path");
  case VV_T_JSON:
    return g_strdup ("a JSON value");
  default:
    return g_strdup ("a text");
  }
}

/* Says what was expected and, unless it is a secret, what was found. */
static gboolean
refuse (const vv_option *option, const char *found, GError **error)
{
  g_autofree char *expectation = vervet_option_expectation (option);

  if (option->type == VV_T_SECRET)
    found = "something else";
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "expected %s, found %s", expectation, found);
  return FALSE;
}

/* As it would stand in a file, cut to a readable length. */
static gboolean
refuse_json (const vv_option *option, const VervetJson *json, GError **error)
{
  g_autofree char *whole = vervet_json_to_string (json, 0);
  g_autofree char *found = g_utf8_strlen (whole, -1) > 60 ? g_utf8_substring (whole, 0, 60) : NULL;
  g_autofree char *shown = found ? g_strdup_printf ("%s...", found) : g_strdup (whole);

  return refuse (option, shown, error);
}

/* ---- Text to JSON ---- */

static VervetJson *
bool_from_text (const char *text)
{
  static const char *const yes[] = { "true", "yes", "on", "1", NULL };
  static const char *const no[] = { "false", "no", "off", "0", NULL };

  if (g_strv_contains (yes, text))
    return vervet_json_new (VERVET_JSON_TRUE);
  return g_strv_contains (no, text) ? vervet_json_new (VERVET_JSON_FALSE) : NULL;
}

static VervetJson *
number_from_text (const vv_option *option, const char *text)
{
  gint64 i;
  double f;
  char *end;

  if (option->type == VV_T_INT && g_ascii_string_to_signed (text, 10, G_MININT64, G_MAXINT64, &i, NULL))
    return vervet_json_new_int (i);
  if (*text == '\0' || strspn (text, "0123456789+-.eE") != strlen (text))
    return NULL;
  f = g_ascii_strtod (text, &end);
  return *end == '\0' && isfinite (f) ? vervet_json_new_double (f) : NULL;
}

VervetJson *
vervet_option_json_from_text (const vv_option *option, const char *text, GError **error)
{
  VervetJson *json = NULL;
  g_autofree char *quoted = NULL;

  switch (option->type) {
  case VV_T_BOOL:
    json = bool_from_text (text);
    break;
  case VV_T_INT:
  case VV_T_FLOAT:
    json = number_from_text (option, text);
    break;
  case VV_T_JSON:
    return vervet_json_parse (text, -1, option->name, VERVET_JSON_STRICT, error);
  default:
    if (g_utf8_validate (text, -1, NULL))
      return vervet_json_new_string (text);
    refuse (option, "bytes that are not UTF-8", error);
    return NULL;
  }
  if (!json) {
    quoted = g_strdup_printf ("\"%s\"", text);
    refuse (option, quoted, error);
  }
  return json;
}

/* ---- JSON to value ---- */

static gboolean
in_range (const vv_option *option, double value)
{
  return !(option->min < option->max) || (value >= option->min && value <= option->max);
}

static gboolean
set_integer (VervetOptionValue *out, const vv_option *option, const VervetJson *json)
{
  if (json->type == VERVET_JSON_INT)
    out->value.v.i = json->i;
  else if (json->type == VERVET_JSON_FLOAT && fabs (json->f) <= MAX_EXACT && json->f == floor (json->f))
    out->value.v.i = (gint64)json->f;
  else
    return FALSE;
  out->json = vervet_json_new_int (out->value.v.i);
  return in_range (option, (double)out->value.v.i);
}

static gboolean
set_number (VervetOptionValue *out, const vv_option *option, const VervetJson *json)
{
  if ((json->type != VERVET_JSON_INT && json->type != VERVET_JSON_FLOAT) || !isfinite (json->f))
    return FALSE;
  out->value.v.f = json->f;
  out->json = vervet_json_new_double (json->f);
  return in_range (option, json->f);
}

/* A choice is its place, so that C code can switch on it. */
static gboolean
set_choice (VervetOptionValue *out, const vv_option *option, const VervetJson *json)
{
  for (guint i = 0; option->choices[i]; i++)
    if (g_str_equal (option->choices[i], json->s)) {
      out->value.v.i = i;
      out->json = vervet_json_new_string (json->s);
      return TRUE;
    }
  return FALSE;
}

static void
take_text (VervetOptionValue *out, char *text)
{
  out->text = text;
  out->value.v.s = (vv_str){ text, strlen (text) };
}

static char *
absolute_path (const char *path, const char *base_dir)
{
  g_autofree char *home = NULL;

  if (path[0] == '\0')
    return g_strdup ("");
  if (path[0] == '~' && (path[1] == '/' || path[1] == '\0'))
    path = home = g_build_filename (g_get_home_dir (), path + 1, NULL);
  return g_canonicalize_filename (path, base_dir);
}

char *
vervet_secret_variable (const char *text)
{
  gsize len = text ? strlen (text) : 0;

  if (len < 4 || text[0] != '$' || text[1] != '{' || strchr (text, '}') != text + len - 1)
    return NULL;
  return g_strndup (text + 2, len - 3);
}

/* Each ${NAME} in @text replaced by the environment variable. */
static char *
expand_secret (const char *text, GError **error)
{
  GString *out = g_string_new (NULL);
  const char *open, *close;

  while ((open = strstr (text, "${")) && (close = strchr (open, '}'))) {
    g_autofree char *name = g_strndup (open + 2, (gsize)(close - open - 2));
    const char *value = g_getenv (name);

    if (!value || !*value) {
      g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT,
                   "environment variable %s is not set; export it before you start", name);
      memset (out->str, 0, out->len);
      g_string_free (out, TRUE);
      return NULL;
    }
    g_string_append_len (out, text, open - text);
    g_string_append (out, value);
    text = close + 1;
  }
  g_string_append (out, text);
  return g_string_free (out, FALSE);
}

/* STRING, ENUM, PATH and SECRET: all are strings in JSON. */
static gboolean
set_from_string (VervetOptionValue *out, const vv_option *option, const VervetJson *json, const char *base_dir,
                 GError **error)
{
  char *text;

  if (json->type != VERVET_JSON_STRING)
    return refuse_json (option, json, error);
  if (strlen (json->s) != json->len)
    return refuse (option, "one with a NUL character in it", error);
  if (option->type == VV_T_ENUM)
    return set_choice (out, option, json) || refuse_json (option, json, error);
  if (option->type == VV_T_SECRET)
    text = expand_secret (json->s, error);
  else
    text = option->type == VV_T_PATH ? absolute_path (json->s, base_dir) : g_strdup (json->s);
  if (!text)
    return FALSE;
  take_text (out, text);
  if (option->type != VV_T_SECRET)
    out->json = vervet_json_new_string (text);
  return TRUE;
}

static gboolean
set_by_type (VervetOptionValue *out, const vv_option *option, const VervetJson *json, const char *base_dir,
             GError **error)
{
  gboolean fits;

  switch (option->type) {
  case VV_T_BOOL:
    fits = json->type == VERVET_JSON_TRUE || json->type == VERVET_JSON_FALSE;
    out->value.v.i = json->type == VERVET_JSON_TRUE;
    out->json = fits ? vervet_json_copy (json) : NULL;
    break;
  case VV_T_INT:
    fits = set_integer (out, option, json);
    break;
  case VV_T_FLOAT:
    fits = set_number (out, option, json);
    break;
  case VV_T_JSON:
    fits = TRUE;
    out->json = vervet_json_copy (json);
    take_text (out, vervet_json_to_string (json, 0));
    break;
  default:
    return set_from_string (out, option, json, base_dir, error);
  }
  return fits || refuse_json (option, json, error);
}

gboolean
vervet_option_value_set (VervetOptionValue *out, const vv_option *option, const VervetJson *json, const char *base_dir,
                         GError **error)
{
  *out = (VervetOptionValue){ .value = { .type = option->type, .is_set = 1 } };
  if (set_by_type (out, option, json, base_dir, error))
    return TRUE;
  vervet_option_value_clear (out);
  return FALSE;
}
