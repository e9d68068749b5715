#include "queue.h"

#include <string.h>

#define CHUNK_SIZE (256u << 10)
#define SPARE_MAX 8
#define ALIGN(n) (((n) + 15) & ~(gsize)15)

void
vervet_queue_init (VervetQueue *queue)
{
  memset (queue, 0, sizeof *queue);
  g_mutex_init (&queue->mutex);
  g_cond_init (&queue->cond);
}

static void
free_chunks (VervetChunk *chunk)
{
  while (chunk) {
    VervetChunk *next = chunk->next;
    g_free (chunk);
    chunk = next;
  }
}

void
vervet_queue_clear (VervetQueue *queue)
{
  free_chunks (queue->chunks.head);
  free_chunks (queue->spare);
  g_mutex_clear (&queue->mutex);
  g_cond_clear (&queue->cond);
}

static VervetChunk *
add_chunk (VervetQueue *queue, gsize need)
{
  VervetChunk *chunk = NULL;

  if (queue->spare && need <= CHUNK_SIZE) {
    chunk = queue->spare;
    queue->spare = chunk->next;
    queue->n_spare--;
  } else {
    gsize size = MAX (need, CHUNK_SIZE);
    chunk = g_malloc (VERVET_CHUNK_HEAD + size);
    chunk->size = size;
  }
  chunk->next = NULL;
  chunk->used = 0;
  if (queue->chunks.tail)
    queue->chunks.tail->next = chunk;
  else
    queue->chunks.head = chunk;
  queue->chunks.tail = chunk;
  return chunk;
}

gpointer
vervet_queue_begin (VervetQueue *queue, guint32 kind, gsize size)
{
  gsize need = ALIGN (sizeof (VervetRecord) + size);
  VervetChunk *chunk;
  VervetRecord *record;

  g_mutex_lock (&queue->mutex);
  chunk = queue->chunks.tail;
  if (!chunk || chunk->size - chunk->used < need)
    chunk = add_chunk (queue, need);
  record = (VervetRecord *)(gpointer)(vervet_chunk_data (chunk) + chunk->used);
  *record = (VervetRecord){ .kind = kind, .size = need };
  chunk->used += need;
  queue->pushed++;
  queue->bytes += need;
  return record + 1;
}

void
vervet_queue_end (VervetQueue *queue)
{
  gboolean wake = queue->sleeping || queue->pushed == queue->wake_rows;

  if (!queue->first_us)
    queue->first_us = g_get_monotonic_time ();
  queue->sleeping = FALSE;
  if (wake)
    g_cond_signal (&queue->cond);
  g_mutex_unlock (&queue->mutex);
}

gsize
vervet_queue_room (gsize len)
{
  return ALIGN (len + 1);
}

gpointer
vervet_queue_put (char **at, const void *data, gsize len)
{
  char *out = *at;

  if (!data)
    return NULL;
  memcpy (out, data, len);
  out[len] = '\0';
  *at += vervet_queue_room (len);
  return out;
}

void
vervet_queue_take (VervetQueue *queue, VervetChunkList *list)
{
  if (!queue->chunks.head)
    return;
  if (list->tail)
    list->tail->next = queue->chunks.head;
  else
    list->head = queue->chunks.head;
  list->tail = queue->chunks.tail;
  queue->chunks.head = queue->chunks.tail = NULL;
  queue->seen = queue->pushed;
  queue->first_us = 0;
}

void
vervet_queue_give_back (VervetQueue *queue, VervetChunk *chunk)
{
  g_mutex_lock (&queue->mutex);
  if (chunk->size == CHUNK_SIZE && queue->n_spare < SPARE_MAX) {
    chunk->next = queue->spare;
    queue->spare = chunk;
    queue->n_spare++;
    chunk = NULL;
  }
  g_mutex_unlock (&queue->mutex);
  g_free (chunk);
}
