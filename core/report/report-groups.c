/* report-groups.c - the problems of a run by a public field of theirs. */
#include "report-private.h"
#include "util/text.h"
#include <string.h>

/* "group" is the problem's own group where its data have no such field. */
static char *
field_value (const VervetJson *fields, const VervetMemberRow *member, const char *field)
{
  const VervetJson *value = vervet_json_get (fields, field);

  if (!value)
    return !strcmp (field, "group") ? g_strdup (member->group) : NULL;
  if (value->s)
    return g_strdup (value->s);
  return vervet_json_to_string (value, 0);
}

static void
note_names (GHashTable *names, const VervetJson *fields)
{
  for (guint i = 0; fields && fields->keys && i < fields->keys->len; i++)
    g_hash_table_add (names, g_strdup (g_ptr_array_index (fields->keys, i)));
}

static int
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static void
set_unknown_field (const ReportRun *run, const char *field, GHashTable *names, GError **error)
{
  g_autofree const char **sorted = (const char **)g_hash_table_get_keys_as_array (names, NULL);
  g_autofree char *hint = NULL, *list = NULL;

  qsort (sorted, g_hash_table_size (names), sizeof *sorted, compare_strings);
  hint = vervet_text_did_you_mean (field, sorted);
  list = g_strjoinv (", ", (char **)sorted);
  g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s: no problem of run \"%s\" has a field \"%s\"%s; fields: %s",
               vervet_store_path (run->store), run->row->name, field, hint, *list ? list : "none");
}

gboolean
report_read_field (ReportRun *run, const char *field, GError **error)
{
  g_autoptr (GHashTable) names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gboolean found = FALSE;

  for (guint i = 0; i < run->n_problems; i++) {
    const VervetMemberRow *member = run->problems[i].member;
    g_autofree char *text = NULL;
    g_autoptr (VervetJson) fields = NULL;

    if (!vervet_store_problem (run->store, member->member_id, &text, NULL, NULL, error))
      return FALSE;
    fields = text ? vervet_json_parse (text, -1, member->key, VERVET_JSON_NAN, NULL) : NULL;
    note_names (names, fields);
    run->problems[i].value = field_value (fields, member, field);
    found |= run->problems[i].value != NULL;
  }
  if (!found && run->n_problems)
    set_unknown_field (run, field, names, error);
  return found || !run->n_problems;
}

/* Numbers by size, before words. */
static int
compare_values (const char *a, const char *b)
{
  char *end_a, *end_b;
  double x = g_ascii_strtod (a, &end_a), y = g_ascii_strtod (b, &end_b);
  gboolean number_a = *a && !*end_a, number_b = *b && !*end_b;

  if (number_a && number_b && x != y)
    return x < y ? -1 : 1;
  if (number_a != number_b)
    return number_a ? -1 : 1;
  return strcmp (a, b);
}

static const char *
value_of (const ReportProblem *problem)
{
  return problem->value ? problem->value : "(none)";
}

static int
compare_problems (gconstpointer a, gconstpointer b)
{
  const ReportProblem *x = a, *y = b;
  int order = compare_values (value_of (x), value_of (y));

  return order ? order : x->member->ord < y->member->ord ? -1 : x->member->ord > y->member->ord;
}

GPtrArray *
report_groups (const ReportRun *run)
{
  GPtrArray *groups = g_ptr_array_new ();
  g_autofree ReportProblem *sorted = g_memdup2 (run->problems, run->n_problems * sizeof *sorted);

  if (run->n_problems)
    qsort (sorted, run->n_problems, sizeof *sorted, compare_problems);
  for (guint first = 0, n; first < run->n_problems; first += n) {
    VervetGroupReport *group = g_new0 (VervetGroupReport, 1);

    for (n = 1; first + n < run->n_problems && !strcmp (value_of (&sorted[first]), value_of (&sorted[first + n]));)
      n++;
    group->value = g_strdup (value_of (&sorted[first]));
    group->problems = n;
    group->coverage = report_coverage (run, sorted + first, n);
    g_ptr_array_add (groups, group);
  }
  return groups;
}
