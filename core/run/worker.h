/* worker.h - the frames between the keeper and a vervet-worker process, and the worker's side of them.
 *
 * A frame is u32 length of what follows, u32 type, u64 id, body (wire.h). The keeper sends OPEN (make a verifier in a
 * slot), PROBLEM (remember it by uid), FORGET (all problems) and JUDGE (slot, problem, up to 64 texts); the worker
 * answers READY to each OPEN and one VERDICT for each text, in order. Answers are written together when they come
 * within a millisecond of each other, so the sender learns who crashed only up to that; it then asks one by one. */
#ifndef VERVET_RUN_WORKER_H
#define VERVET_RUN_WORKER_H

#include <glib.h>

enum {
  VERVET_FRAME_OPEN = 1,
  VERVET_FRAME_PROBLEM,
  VERVET_FRAME_FORGET,
  VERVET_FRAME_JUDGE,
  VERVET_FRAME_READY,
  VERVET_FRAME_VERDICT
};
enum { VERVET_FRAME_HEADER = 16, VERVET_FRAME_TEXTS = 64 };
#define VERVET_FRAME_MAX (1u << 30)

/* Begins a frame in @out; vervet_frame_end() fills in the length. Returns the place to hand to it. */
gsize vervet_frame_begin (GByteArray *out, guint32 type, guint64 id);
void vervet_frame_end (GByteArray *out, gsize at);

/* Serves @fd until the other side closes it. Returns the exit status. */
int vervet_worker_serve (int fd);

#endif
