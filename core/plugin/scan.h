/* scan.h - asks `vervet-worker --scan FILE` about files: several at a time, five seconds each. Whatever a plugin does,
 * this process only reads bytes from a pipe. */
#ifndef VERVET_PLUGIN_SCAN_H
#define VERVET_PLUGIN_SCAN_H

#include <vervet-registry.h>

G_BEGIN_DECLS

typedef struct {
  VervetJson *json; /* what the child said of the plugin; NULL: see reason */
  char *reason;     /* why it is quarantined */
  gint64 lasts_s;   /* how long this is worth keeping; 0: until the file changes */
} VervetScanResult;

/* Element types: const char *, VervetScanResult *, in the same order. ENVIRONMENT when the worker cannot be started. */
GPtrArray *vervet_scan_files (const GPtrArray *files, GError **error);
void vervet_scan_result_free (VervetScanResult *result);

G_END_DECLS

#endif
