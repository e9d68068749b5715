/* request.h - a program's request, copied: immutable, with the key by which a resumed run finds its outcomes again. */
#ifndef VERVET_RUN_REQUEST_H
#define VERVET_RUN_REQUEST_H

#include "run/wire.h"

typedef struct {
  gint refs;
  vv_request req; /* every pointer leads into the arena; seed, uid, draw are the host's to fill */
  guint64 key[2]; /* of role, op, flags, sampling fields and all content, not of n; XXH3: it never meets other jobs */
  VervetArena arena;
} VervetRequest;

/* @role: the binding it goes to. @env_key: the key of the nearest ENV ancestor, nullable: the state that a request of
 * an environment depends on. A shorter struct of an older plugin is read as far as it goes. */
VervetRequest *vervet_request_new (const char *role, const vv_request *req, const guint64 *env_key);
/* A call may outlive the trial whose request it carries: choices of several trials travel together. Any thread. */
VervetRequest *vervet_request_ref (VervetRequest *request);
void vervet_request_unref (VervetRequest *request); /* NULL-safe */
/* One JSON object for the node row: what was asked, readable by a person. (transfer full) */
char *vervet_request_to_json (const VervetRequest *request, const char *role);
/* TRUE for operations whose answer is the same every time: their outcomes are remembered within a trial. */
gboolean vervet_op_is_pure (guint op);

#endif
