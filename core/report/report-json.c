/* report-json.c - the object that scripts rely on: names are kept, more may be added. */
#include "report-private.h"
#include <math.h>

static void
put_string (VervetJsonWriter *writer, const char *key, const char *value)
{
  vervet_json_writer_key (writer, key);
  vervet_json_writer_string (writer, value);
}

static void
put_int (VervetJsonWriter *writer, const char *key, gint64 value)
{
  vervet_json_writer_key (writer, key);
  vervet_json_writer_int (writer, value);
}

static void
put_double (VervetJsonWriter *writer, const char *key, double value)
{
  vervet_json_writer_key (writer, key);
  vervet_json_writer_double (writer, value);
}

static void
put_bool (VervetJsonWriter *writer, const char *key, gboolean value)
{
  vervet_json_writer_key (writer, key);
  vervet_json_writer_bool (writer, value);
}

static void
put_curve (VervetJsonWriter *writer, const char *key, const GArray *curve)
{
  vervet_json_writer_key (writer, key);
  vervet_json_writer_begin_array (writer);
  for (guint i = 0; i < curve->len; i++) {
    const VervetCurvePoint *point = &g_array_index (curve, VervetCurvePoint, i);

    vervet_json_writer_begin_object (writer);
    put_int (writer, "k", (gint64)MIN (point->k, (guint64)G_MAXINT64));
    put_double (writer, "mean", point->estimate.mean);
    put_double (writer, "low", point->estimate.low);
    put_double (writer, "high", point->estimate.high);
    put_int (writer, "problems", point->estimate.n_rows);
    if (!isnan (point->missing_wrong)) {
      put_double (writer, "missing_wrong", point->missing_wrong);
      put_double (writer, "missing_right", point->missing_right);
    }
    vervet_json_writer_end_object (writer);
  }
  vervet_json_writer_end_array (writer);
}

static void
put_fit (VervetJsonWriter *writer, const VervetRunReport *report)
{
  vervet_json_writer_key (writer, "fit");
  if (!report->has_fit) {
    vervet_json_writer_null (writer);
    return;
  }
  vervet_json_writer_begin_object (writer);
  put_string (writer, "model", "exp(a*k^b)");
  put_double (writer, "a", report->fit.a);
  put_double (writer, "b", report->fit.b);
  put_double (writer, "mean_abs_error", report->fit.mean_abs_error);
  put_double (writer, "max_abs_error", report->fit.max_abs_error);
  put_int (writer, "points", report->fit.n);
  vervet_json_writer_end_object (writer);
}

static void
put_cost (VervetJsonWriter *writer, const VervetRunReport *report)
{
  vervet_json_writer_key (writer, "cost");
  vervet_json_writer_begin_object (writer);
  put_int (writer, "calls", report->calls);
  put_int (writer, "prompt_tokens", report->prompt_tokens);
  put_int (writer, "output_tokens", report->output_tokens);
  put_int (writer, "sequential_tokens", report->sequential_tokens);
  put_double (writer, "usd", report->usd);
  put_double (writer, "flops", report->flops);
  put_double (writer, "wall_s", report->wall_s);
  put_int (writer, "verifier_calls", report->verifier_calls);
  put_int (writer, "verifier_tokens", report->verifier_tokens);
  vervet_json_writer_end_object (writer);
}

static void
put_groups (VervetJsonWriter *writer, const GPtrArray *groups)
{
  vervet_json_writer_key (writer, "groups");
  vervet_json_writer_begin_array (writer);
  for (guint i = 0; i < groups->len; i++) {
    const VervetGroupReport *group = g_ptr_array_index (groups, i);

    vervet_json_writer_begin_object (writer);
    put_string (writer, "value", group->value);
    put_int (writer, "problems", group->problems);
    put_curve (writer, "coverage", group->coverage);
    vervet_json_writer_end_object (writer);
  }
  vervet_json_writer_end_array (writer);
}

static void
put_warnings (VervetJsonWriter *writer, const GPtrArray *warnings)
{
  vervet_json_writer_key (writer, "warnings");
  vervet_json_writer_begin_array (writer);
  for (guint i = 0; i < warnings->len; i++) {
    const VervetWarning *warning = g_ptr_array_index (warnings, i);

    vervet_json_writer_begin_object (writer);
    put_string (writer, "code", warning->code);
    put_string (writer, "message", warning->message);
    vervet_json_writer_end_object (writer);
  }
  vervet_json_writer_end_array (writer);
}

static void
put_arm (VervetJsonWriter *writer, const char *arm)
{
  g_autoptr (VervetJson) values = arm ? vervet_json_parse (arm, -1, "arm", VERVET_JSON_STRICT, NULL) : NULL;

  if (!values)
    return;
  vervet_json_writer_key (writer, "arm");
  vervet_json_writer_tree (writer, values);
}

static void
put_run (VervetJsonWriter *writer, const VervetRunReport *report)
{
  vervet_json_writer_begin_object (writer);
  put_string (writer, "name", report->name);
  put_string (writer, "benchmark", report->benchmark);
  put_string (writer, "model", report->model);
  put_string (writer, "sampler", report->sampler);
  put_string (writer, "verifier", report->verifier);
  put_arm (writer, report->arm);
  put_bool (writer, "oracle", report->oracle);
  put_bool (writer, "stopping", report->stopping);
  put_bool (writer, "counts_only", report->counts_only);
  put_int (writer, "problems", report->problems);
  put_int (writer, "trials", report->trials);
  put_int (writer, "samples", report->samples);
  put_int (writer, "planned", report->planned);
  put_int (writer, "missing", report->missing);
  put_int (writer, "unscored", report->unscored);
  put_int (writer, "duplicates", report->duplicates);
  put_curve (writer, "coverage", report->coverage);
  vervet_json_writer_key (writer, "selectors");
  vervet_json_writer_begin_object (writer);
  if (report->majority)
    put_curve (writer, "majority", report->majority);
  vervet_json_writer_end_object (writer);
  put_fit (writer, report);
  put_cost (writer, report);
  if (report->groups)
    put_groups (writer, report->groups);
  put_warnings (writer, report->warnings);
  vervet_json_writer_end_object (writer);
}

void
vervet_report_write_json (const VervetReport *report, VervetJsonWriter *writer)
{
  vervet_json_writer_begin_object (writer);
  vervet_json_writer_key (writer, "runs");
  vervet_json_writer_begin_array (writer);
  for (guint i = 0; i < report->runs->len; i++)
    put_run (writer, g_ptr_array_index (report->runs, i));
  vervet_json_writer_end_array (writer);
  vervet_json_writer_end_object (writer);
}
