/* command-show-attempt.c - the third page of `vervet show`: everything about one attempt. */
#include "command-json.h"
#include "command-show.h"

#include <math.h>
#include <string.h>

#define CHUNK 2000 /* samples read at once */
#define NODE_TEXT 60

/* Rows come by (trial, candidate); the place of a trial in that order is not known beforehand. */
GArray *
show_trial_samples (const ShowContext *context, gint64 member_id, gint64 check_id, guint trial, GError **error)
{
  g_autoptr (GArray) found = g_array_new (FALSE, FALSE, sizeof (VervetSampleView));
  g_array_set_clear_func (found, (GDestroyNotify)vervet_sample_view_clear);
  for (gint64 first = 0;;) {
    g_autoptr (GArray) views = vervet_store_samples (context->store, member_id, check_id, first, CHUNK, error);
    if (!views)
      return NULL;
    for (guint i = 0; i < views->len; i++) {
      VervetSampleView *view = &g_array_index (views, VervetSampleView, i);
      if (view->sample.trial > trial)
        return g_steal_pointer (&found);
      if (view->sample.trial < trial)
        continue;
      g_array_append_val (found, *view);
      memset (view, 0, sizeof *view); /* moved */
    }
    if (views->len < CHUNK)
      return g_steal_pointer (&found);
    first += views->len;
  }
}

/* ---- Text of a sample ---- */
static gboolean
sample_text (const ShowContext *context, const VervetSampleView *view, GBytes **text, GError **error)
{
  *text = NULL;
  if (view->sample.text_id < 0)
    return TRUE;
  *text = vervet_store_text (context->store, view->sample.text_id, error);
  return *text != NULL;
}

static gboolean
print_sample (const ShowContext *context, const VervetSampleView *view, GError **error)
{
  g_autoptr (GBytes) text = NULL;
  gsize len = 0;
  if (!sample_text (context, view, &text, error))
    return FALSE;
  const char *data = text ? g_bytes_get_data (text, &len) : NULL;
  g_autofree char *clean = command_clean (data ? data : "", (gssize)len);
  g_autofree char *head = g_strdup_printf (
      "Attempt %u, candidate %u%s (%s, %" G_GINT64_FORMAT " tokens)", view->sample.trial, view->sample.ord,
      view->sample.flags & VERVET_SAMPLE_ANSWER ? ", the answer" : "",
      view->sample.status < 0 ? vervet_status_name (view->sample.status) : show_finish_name (view->sample.finish),
      view->sample.out_tok);
  show_heading (head);
  command_printf ("%s\n\n", text ? clean : "(no text)");
  return TRUE;
}

/* ---- Verdicts ---- */
static void
print_verdict (const VervetCheckRow *check, const VervetSampleView *view)
{
  g_autofree char *name = command_clean_line (check->name, -1, 80);
  g_autofree char *answer = view->answer ? command_clean_line (view->answer, -1, 200) : NULL;
  g_autofree char *reason = view->reason ? command_clean_line (view->reason, -1, 80) : NULL;
  command_printf ("  candidate %u, %s: %s", view->sample.ord, name, show_verdict_name (view->verdict_status));
  if (isfinite (view->verdict_score))
    command_printf (", score %.4g", view->verdict_score);
  if (answer)
    command_printf (", answer %s", answer);
  if (reason)
    command_printf (" (%s)", reason);
  command_print ("\n");
  if (!view->detail || !*view->detail)
    return;
  g_autofree char *detail = command_clean (view->detail, -1);
  g_auto (GStrv) lines = g_strsplit (g_strchomp (detail), "\n", -1);
  for (guint i = 0; lines[i]; i++)
    command_printf ("    %s\n", lines[i]);
}

static gboolean
print_verdicts (const ShowContext *context, gint64 member_id, guint trial, GError **error)
{
  show_heading ("Verdicts");
  if (context->checks->len == 0)
    command_print ("  none\n");
  for (guint c = 0; c < context->checks->len; c++) {
    const VervetCheckRow *check = &g_array_index (context->checks, VervetCheckRow, c);
    g_autoptr (GArray) views = show_trial_samples (context, member_id, check->check_id, trial, error);
    if (!views)
      return FALSE;
    for (guint i = 0; i < views->len; i++)
      print_verdict (check, &g_array_index (views, VervetSampleView, i));
  }
  return TRUE;
}

static void
write_verdict (VervetJsonWriter *writer, const VervetCheckRow *check, const VervetSampleView *view)
{
  vervet_json_writer_begin_object (writer);
  command_json_text (writer, "verifier", check->name);
  command_json_text (writer, "status", vervet_verdict_name (view->verdict_status));
  command_json_double (writer, "score", view->verdict_score);
  command_json_text (writer, "answer", view->answer);
  command_json_text (writer, "reason", view->reason);
  command_json_text (writer, "detail", view->detail);
  command_json_int (writer, "us", view->took_us);
  vervet_json_writer_end_object (writer);
}

static gboolean
write_verdicts (const ShowContext *context, gint64 member_id, const VervetSampleView *sample, VervetJsonWriter *writer,
                GError **error)
{
  gboolean ok = TRUE;
  vervet_json_writer_key (writer, "verdicts");
  vervet_json_writer_begin_array (writer);
  for (guint c = 0; ok && c < context->checks->len; c++) {
    const VervetCheckRow *check = &g_array_index (context->checks, VervetCheckRow, c);
    g_autoptr (GArray) views = show_trial_samples (context, member_id, check->check_id, sample->sample.trial, error);
    ok = views != NULL;
    for (guint i = 0; ok && i < views->len; i++) {
      const VervetSampleView *view = &g_array_index (views, VervetSampleView, i);
      if (view->sample.ord == sample->sample.ord && view->verdict_status != 0)
        write_verdict (writer, check, view);
    }
  }
  vervet_json_writer_end_array (writer);
  return ok;
}

/* ---- The tree of a program's steps ---- */
static const char *
op_name (guint op)
{
  static const char *const names[] = { "?", "generate", "score", "logprob", "embed", "retrieve", "environment" };
  return op < G_N_ELEMENTS (names) ? names[op] : names[0];
}

/* The trial's job and its nodes; *nodes is NULL when a trial is one call and has no tree. */
static gboolean
load_nodes (const ShowContext *context, gint64 member_id, guint trial, GArray **nodes, GError **error)
{
  *nodes = NULL;
  g_autoptr (GArray) jobs = vervet_store_jobs (context->store, member_id, error);
  if (!jobs)
    return FALSE;
  for (guint i = 0; i < jobs->len; i++) {
    const VervetJobRow *job = &g_array_index (jobs, VervetJobRow, i);
    if (job->check_id != 0 || job->trial != trial)
      continue;
    *nodes = vervet_store_nodes (context->store, job->job_id, error);
    return *nodes != NULL;
  }
  return TRUE;
}

static void
print_node (const VervetNodeRow *node, guint depth)
{
  g_autofree char *role = command_clean_line (node->role ? node->role : "", -1, 40);
  g_autofree char *label = node->label ? command_clean_line (node->label, -1, 40) : NULL;
  g_autofree char *text = node->text ? command_clean_line (node->text, (gssize)node->text_len, NODE_TEXT) : NULL;
  command_printf ("  %*s%" G_GINT64_FORMAT " %s %s", (int)MIN (depth, 20) * 2, "", node->node, op_name (node->op),
                  role);
  if (label)
    command_printf (" [%s]", label);
  if (node->status < 0)
    command_printf (" %s", vervet_status_name (node->status));
  if (node->out_tok > 0)
    command_printf (" %" G_GINT64_FORMAT " tokens", node->out_tok);
  if (isfinite (node->score))
    command_printf (" score %.4g", node->score);
  if (text && *text)
    command_printf (": %s", text);
  command_print ("\n");
}

typedef struct {
  guint node, depth;
} TreePlace;

static void
push_children (GHashTable *children, gint64 parent, guint depth, GArray *stack)
{
  GArray *list = g_hash_table_lookup (children, &parent);
  for (guint i = list ? list->len : 0; i > 0; i--) {
    TreePlace place = { g_array_index (list, guint, i - 1), depth };
    g_array_append_val (stack, place);
  }
  g_hash_table_remove (children, &parent); /* each node is shown once, whatever a damaged file says of its parents */
}

/* Depth first from the root (parent 0), with a stack of our own: a search may be deep. Nodes that no path from the root
 * reaches follow at the end. */
static void
print_tree (const GArray *nodes)
{
  g_autoptr (GHashTable) children =
      g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, (GDestroyNotify)g_array_unref);
  g_autoptr (GArray) stack = g_array_new (FALSE, FALSE, sizeof (TreePlace));
  g_autofree gboolean *seen = g_new0 (gboolean, nodes->len);
  for (guint i = 0; i < nodes->len; i++) {
    gint64 parent = g_array_index (nodes, VervetNodeRow, i).parent;
    GArray *list = g_hash_table_lookup (children, &parent);
    if (!list) {
      list = g_array_new (FALSE, FALSE, sizeof (guint));
      g_hash_table_insert (children, g_memdup2 (&parent, sizeof parent), list);
    }
    g_array_append_val (list, i);
  }
  push_children (children, 0, 0, stack);
  while (stack->len > 0) {
    TreePlace place = g_array_index (stack, TreePlace, stack->len - 1);
    const VervetNodeRow *node = &g_array_index (nodes, VervetNodeRow, place.node);
    g_array_set_size (stack, stack->len - 1);
    seen[place.node] = TRUE;
    print_node (node, place.depth);
    push_children (children, node->node, place.depth + 1, stack);
  }
  for (guint i = 0; i < nodes->len; i++)
    if (!seen[i])
      print_node (&g_array_index (nodes, VervetNodeRow, i), 0);
}

static void
write_nodes (VervetJsonWriter *writer, const GArray *nodes)
{
  vervet_json_writer_key (writer, "nodes");
  vervet_json_writer_begin_array (writer);
  for (guint i = 0; nodes && i < nodes->len; i++) {
    const VervetNodeRow *node = &g_array_index (nodes, VervetNodeRow, i);
    vervet_json_writer_begin_object (writer);
    command_json_int (writer, "node", node->node);
    command_json_int (writer, "parent", node->parent);
    command_json_text (writer, "op", op_name (node->op));
    command_json_text (writer, "role", node->role);
    command_json_text (writer, "label", node->label);
    command_json_known (writer, "told", node->told);
    command_json_text (writer, "status", vervet_status_name (node->status));
    command_json_known (writer, "output_tokens", node->out_tok);
    command_json_double (writer, "score", node->score);
    command_json_bytes (writer, "text", node->text, node->text_len);
    vervet_json_writer_end_object (writer);
  }
  vervet_json_writer_end_array (writer);
}

/* ---- The page ---- */
static gboolean
print_attempt (const ShowContext *context, const VervetMemberRow *member, guint trial, const GArray *views,
               const GArray *nodes, GError **error)
{
  if (!show_print_problem (context, member, error))
    return FALSE;
  for (guint i = 0; i < views->len; i++)
    if (!print_sample (context, &g_array_index (views, VervetSampleView, i), error))
      return FALSE;
  if (!print_verdicts (context, member->member_id, trial, error))
    return FALSE;
  if (!nodes)
    return TRUE;
  command_print ("\n");
  show_heading ("Steps");
  print_tree (nodes);
  return TRUE;
}

static gboolean
write_candidate (const ShowContext *context, const VervetMemberRow *member, const VervetSampleView *view,
                 VervetJsonWriter *writer, GError **error)
{
  g_autoptr (GBytes) text = NULL;
  gsize len = 0;
  if (!sample_text (context, view, &text, error))
    return FALSE;
  const char *data = text ? g_bytes_get_data (text, &len) : NULL;
  vervet_json_writer_begin_object (writer);
  command_json_int (writer, "attempt", view->sample.trial);
  command_json_int (writer, "candidate", view->sample.ord);
  command_json_bool (writer, "is_answer", (view->sample.flags & VERVET_SAMPLE_ANSWER) != 0);
  command_json_text (writer, "sample_status", vervet_status_name (view->sample.status));
  command_json_text (writer, "finish", view->sample.finish ? show_finish_name (view->sample.finish) : NULL);
  command_json_known (writer, "prompt_tokens", view->sample.in_tok);
  command_json_known (writer, "output_tokens", view->sample.out_tok);
  command_json_known (writer, "took_ms", view->sample.took_ms);
  command_json_bytes (writer, "text", text && !data ? "" : data, len);
  gboolean ok = write_verdicts (context, member->member_id, view, writer, error);
  vervet_json_writer_end_object (writer);
  return ok;
}

static gboolean
write_attempt (const ShowContext *context, const VervetMemberRow *member, const GArray *views, const GArray *nodes,
               GError **error)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (VervetJsonWriter) writer = vervet_json_writer_new (out, 2);
  gboolean ok = TRUE;
  vervet_json_writer_begin_object (writer);
  if (!show_write_problem (context, member, writer, error))
    return FALSE;
  vervet_json_writer_key (writer, "candidates");
  vervet_json_writer_begin_array (writer);
  for (guint i = 0; ok && i < views->len; i++)
    ok = write_candidate (context, member, &g_array_index (views, VervetSampleView, i), writer, error);
  vervet_json_writer_end_array (writer);
  write_nodes (writer, nodes);
  vervet_json_writer_end_object (writer);
  g_string_append_c (out, '\n');
  if (ok)
    command_print (out->str);
  return ok;
}

gboolean
show_attempt (const ShowContext *context, const VervetMemberRow *member, guint trial, GError **error)
{
  g_autoptr (GArray) nodes = NULL;
  g_autoptr (GArray) views = show_trial_samples (context, member->member_id, show_check_id (context), trial, error);
  if (!views)
    return FALSE;
  if (views->len == 0) {
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
                 "%s: problem \"%s\" has no attempt %u; %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT
                 " planned attempts are in the file, counted from 0",
                 vervet_store_path (context->store), member->key, trial, member->done, member->planned);
    return FALSE;
  }
  if (!load_nodes (context, member->member_id, trial, &nodes, error))
    return FALSE;
  return context->json ? write_attempt (context, member, views, nodes, error)
                       : print_attempt (context, member, trial, views, nodes, error);
}
