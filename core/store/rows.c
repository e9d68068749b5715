#include "vervet-store.h"

#include <string.h>

void
vervet_run_row_clear (VervetRunRow *row)
{
  g_free (row->name);
  g_free (row->arm);
  g_free (row->spec);
  memset (row, 0, sizeof *row);
}

void
vervet_member_row_clear (VervetMemberRow *row)
{
  g_free (row->benchmark);
  g_free (row->key);
  g_free (row->group);
  memset (row, 0, sizeof *row);
}

void
vervet_check_row_clear (VervetCheckRow *row)
{
  g_free (row->component);
  g_free (row->name);
  g_free (row->options);
  memset (row, 0, sizeof *row);
}

void
vervet_sample_view_clear (VervetSampleView *view)
{
  g_free (view->answer);
  g_free (view->reason);
  g_free (view->detail);
  memset (view, 0, sizeof *view);
}
