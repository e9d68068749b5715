/* queue.h - rows on their way to the writer's thread: copied one behind the other into chunks, taken over by whole
 * chunks. No allocation a row, one lock of a few hundred nanoseconds. It never refuses a row; fill() tells who pushes
 * to wait. */
#ifndef VERVET_STORE_QUEUE_H
#define VERVET_STORE_QUEUE_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct _VervetChunk VervetChunk;
struct _VervetChunk {
  VervetChunk *next;
  gsize used, size;
  /* the records follow */
};

typedef struct {
  guint32 kind;
  guint32 pad;
  gsize size; /* with this head, a multiple of 16 */
} VervetRecord;

typedef struct {
  VervetChunk *head, *tail;
} VervetChunkList;

typedef struct {
  GMutex mutex;
  GCond cond; /* the reader's: rows came, or wake was set */
  VervetChunkList chunks;
  VervetChunk *spare;
  guint n_spare;
  guint64 pushed, done; /* rows, ever; done: committed */
  guint64 bytes, bytes_done;
  guint64 seen;      /* rows that the reader has taken */
  gint64 first_us;   /* monotonic time of the oldest row that was not taken; 0: none */
  gboolean sleeping; /* the reader waits for a first row */
  guint64 wake_rows; /* it waits for so many */
} VervetQueue;

void vervet_queue_init (VervetQueue *queue);
void vervet_queue_clear (VervetQueue *queue);

/* Begin locks the queue and gives room for @size bytes (zeroed nowhere); copy strings with vervet_queue_put; end
 * unlocks. */
gpointer vervet_queue_begin (VervetQueue *queue, guint32 kind, gsize size);
void vervet_queue_end (VervetQueue *queue);
gsize vervet_queue_room (gsize len);                                /* what a copy of @len bytes takes */
gpointer vervet_queue_put (char **at, const void *data, gsize len); /* NULL stays NULL; a NUL is appended */

#define VERVET_CHUNK_HEAD ((sizeof (VervetChunk) + 15) & ~(gsize)15)

static inline char *
vervet_chunk_data (VervetChunk *chunk)
{
  return (char *)chunk + VERVET_CHUNK_HEAD;
}

/* Reader, with the mutex held: takes everything there is to the end of @list. */
void vervet_queue_take (VervetQueue *queue, VervetChunkList *list);
void vervet_queue_give_back (VervetQueue *queue, VervetChunk *chunk); /* locks */

G_END_DECLS

#endif
