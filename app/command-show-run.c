/* command-show-run.c - the first page of `vervet show`: a run's problems in a table. */
#include "command-facts.h"
#include "command-json.h"
#include "command-show.h"
#include "command-table.h"

/* ---- The run: a table of its problems ---- */
typedef struct {
  gint64 pass, fail, other, unjudged; /* other: scored, undecided, no answer, bad reference */
  gint64 majority;                    /* how many gave the most frequent answer; 0: no answers kept */
  int majority_status;
} ProblemCounts;

static gint64
judged (const VervetTallyRow *tally)
{
  return tally->pass + tally->fail + tally->scored + tally->undecided + tally->no_answer + tally->bad_reference;
}

/* @tallies and @answers are in the order of the members, so that one pass over each serves all. */
static ProblemCounts *
count_problems (const ShowContext *context, const GArray *tallies, const GArray *answers)
{
  ProblemCounts *counts = g_new0 (ProblemCounts, context->members->len + 1);
  guint t = 0, a = 0;
  for (guint i = 0; i < context->members->len; i++) {
    const VervetMemberRow *member = &g_array_index (context->members, VervetMemberRow, i);
    gint64 judged_n = 0;
    if (t < tallies->len && g_array_index (tallies, VervetTallyRow, t).member_id == member->member_id) {
      const VervetTallyRow *tally = &g_array_index (tallies, VervetTallyRow, t++);
      judged_n = judged (tally);
      counts[i].pass = tally->pass;
      counts[i].fail = tally->fail;
      counts[i].other = judged_n - tally->pass - tally->fail;
    }
    counts[i].unjudged = MAX (member->done - judged_n, 0);
    for (; a < answers->len && g_array_index (answers, VervetAnswerClass, a).member_id == member->member_id; a++) {
      const VervetAnswerClass *class = &g_array_index (answers, VervetAnswerClass, a);
      if (class->n <= counts[i].majority)
        continue;
      counts[i].majority = class->n;
      counts[i].majority_status = class->status;
    }
  }
  return counts;
}

static void
print_run_head (const ShowContext *context)
{
  g_auto (VervetRunFacts) facts = { 0 };
  command_facts (&facts, &context->run);
  const struct {
    const char *what, *name;
  } parts[] = {
    { "", context->run.name },
    { ": benchmark ", context->members->len ? g_array_index (context->members, VervetMemberRow, 0).benchmark : NULL },
    { ", model ", facts.model },
    { ", verified by ", context->check ? context->check->name : NULL },
    { ", ", command_state_name (context->run.state) },
  };
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++) {
    g_autofree char *clean = parts[i].name ? command_clean_line (parts[i].name, -1, 200) : NULL;
    if (clean)
      command_printf ("%s%s", parts[i].what, clean);
  }
  command_print (context->run.oracle ? "; an ORACLE run: the sampler saw the reference answers\n\n" : "\n\n");
}

static void
print_run_table (const ShowContext *context, const ProblemCounts *counts)
{
  g_autoptr (CommandTable) table = command_table_new ("rLrrrrrrl", "#", "problem", "n", "planned", "pass", "fail",
                                                      "other", "unjudged", "majority", NULL);
  guint shown = context->members->len;
  if (context->limit > 0 && shown > context->limit)
    shown = (guint)context->limit;
  print_run_head (context);
  for (guint i = 0; i < shown; i++) {
    const VervetMemberRow *member = &g_array_index (context->members, VervetMemberRow, i);
    const gint64 numbers[] = { member->ord,    member->done,    member->planned,   counts[i].pass,
                               counts[i].fail, counts[i].other, counts[i].unjudged };
    char cells[G_N_ELEMENTS (numbers)][24];
    for (guint c = 0; c < G_N_ELEMENTS (numbers); c++)
      g_snprintf (cells[c], sizeof cells[c], "%" G_GINT64_FORMAT, numbers[c]);
    g_autofree char *majority =
        counts[i].majority == 0 ? g_strdup ("-")
                                : g_strdup_printf ("%s, %" G_GINT64_FORMAT,
                                                   show_verdict_name (counts[i].majority_status), counts[i].majority);
    command_table_add (table, cells[0], member->key, cells[1], cells[2], cells[3], cells[4], cells[5], cells[6],
                       majority, NULL);
  }
  command_table_print (table);
  if (shown < context->members->len)
    command_printf ("... %u more problems (--limit 0 shows all)\n", context->members->len - shown);
}

static void
write_problem_counts (VervetJsonWriter *writer, const VervetMemberRow *member, const ProblemCounts *counts)
{
  vervet_json_writer_begin_object (writer);
  command_json_int (writer, "index", member->ord);
  command_json_text (writer, "problem", member->key);
  command_json_text (writer, "group", member->group);
  command_json_int (writer, "planned", member->planned);
  command_json_int (writer, "n", member->done);
  command_json_int (writer, "failed", member->failed);
  command_json_int (writer, "samples", member->samples);
  command_json_int (writer, "distinct_texts", member->distinct_texts);
  command_json_int (writer, "pass", counts->pass);
  command_json_int (writer, "fail", counts->fail);
  command_json_int (writer, "other", counts->other);
  command_json_int (writer, "unjudged", counts->unjudged);
  vervet_json_writer_key (writer, "majority");
  if (counts->majority == 0) {
    vervet_json_writer_null (writer);
  } else {
    vervet_json_writer_begin_object (writer);
    command_json_int (writer, "n", counts->majority);
    command_json_text (writer, "status", show_verdict_name (counts->majority_status));
    vervet_json_writer_end_object (writer);
  }
  vervet_json_writer_end_object (writer);
}

static void
print_run_json (const ShowContext *context, const ProblemCounts *counts)
{
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (VervetJsonWriter) writer = vervet_json_writer_new (out, 2);
  g_auto (VervetRunFacts) facts = { 0 };
  command_facts (&facts, &context->run);
  vervet_json_writer_begin_object (writer);
  command_json_text (writer, "name", context->run.name);
  command_json_text (writer, "benchmark",
                     context->members->len ? g_array_index (context->members, VervetMemberRow, 0).benchmark
                                           : facts.benchmark);
  command_json_text (writer, "model", facts.model);
  command_json_text (writer, "sampler", facts.sampler);
  command_json_text (writer, "state", command_state_name (context->run.state));
  command_json_text (writer, "verifier", context->check ? context->check->name : NULL);
  command_json_bool (writer, "oracle", context->run.oracle);
  vervet_json_writer_key (writer, "problems");
  vervet_json_writer_begin_array (writer);
  for (guint i = 0; i < context->members->len; i++)
    write_problem_counts (writer, &g_array_index (context->members, VervetMemberRow, i), &counts[i]);
  vervet_json_writer_end_array (writer);
  vervet_json_writer_end_object (writer);
  g_string_append_c (out, '\n');
  command_print (out->str);
}

gboolean
show_run (const ShowContext *context, GError **error)
{
  gint64 run_id = context->run.run_id;
  g_autoptr (GArray) tallies = vervet_store_tallies (context->store, run_id, show_check_id (context), error);
  if (!tallies)
    return FALSE;
  g_autoptr (GArray) answers = vervet_store_answers (context->store, run_id, show_check_id (context), error);
  if (!answers)
    return FALSE;
  g_autofree ProblemCounts *counts = count_problems (context, tallies, answers);
  if (context->json)
    print_run_json (context, counts);
  else
    print_run_table (context, counts);
  return TRUE;
}
