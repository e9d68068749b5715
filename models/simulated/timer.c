#include "timer.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

typedef struct {
  int64_t due_ns;
  void *item;
  uint32_t index;
} Entry;

struct Timer {
  pthread_mutex_t lock;
  pthread_cond_t wake;
  pthread_t thread;
  TimerFire fire, drop;
  Entry *heap; /* binary heap, the earliest first */
  size_t n, cap;
  int stop;
};

int64_t
timer_now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void
heap_push (Timer *timer, Entry entry)
{
  size_t i = timer->n++;

  for (; i > 0 && entry.due_ns < timer->heap[(i - 1) / 2].due_ns; i = (i - 1) / 2)
    timer->heap[i] = timer->heap[(i - 1) / 2];
  timer->heap[i] = entry;
}

static Entry
heap_pop (Timer *timer)
{
  Entry top = timer->heap[0], last = timer->heap[--timer->n];
  size_t i = 0, child;

  while ((child = 2 * i + 1) < timer->n) {
    if (child + 1 < timer->n && timer->heap[child + 1].due_ns < timer->heap[child].due_ns)
      child++;
    if (last.due_ns <= timer->heap[child].due_ns)
      break;
    timer->heap[i] = timer->heap[child];
    i = child;
  }
  timer->heap[i] = last;
  return top;
}

static void *
run (void *data)
{
  Timer *timer = data;
  struct timespec until;
  Entry entry;

  pthread_mutex_lock (&timer->lock);
  while (!timer->stop) {
    if (timer->n == 0) {
      pthread_cond_wait (&timer->wake, &timer->lock);
    } else if (timer->heap[0].due_ns > timer_now_ns ()) {
      until.tv_sec = timer->heap[0].due_ns / 1000000000;
      until.tv_nsec = timer->heap[0].due_ns % 1000000000;
      pthread_cond_timedwait (&timer->wake, &timer->lock, &until);
    } else {
      entry = heap_pop (timer);
      pthread_mutex_unlock (&timer->lock);
      timer->fire (entry.item, entry.index);
      pthread_mutex_lock (&timer->lock);
    }
  }
  pthread_mutex_unlock (&timer->lock);
  return NULL;
}

Timer *
timer_new (TimerFire fire, TimerFire drop)
{
  Timer *timer = calloc (1, sizeof *timer);
  pthread_condattr_t attr;

  if (!timer)
    return NULL;
  timer->fire = fire;
  timer->drop = drop;
  pthread_mutex_init (&timer->lock, NULL);
  pthread_condattr_init (&attr);
  pthread_condattr_setclock (&attr, CLOCK_MONOTONIC);
  pthread_cond_init (&timer->wake, &attr);
  pthread_condattr_destroy (&attr);
  if (pthread_create (&timer->thread, NULL, run, timer) == 0)
    return timer;
  pthread_cond_destroy (&timer->wake);
  pthread_mutex_destroy (&timer->lock);
  free (timer);
  return NULL;
}

void
timer_free (Timer *timer)
{
  if (!timer)
    return;
  pthread_mutex_lock (&timer->lock);
  timer->stop = 1;
  pthread_cond_signal (&timer->wake);
  pthread_mutex_unlock (&timer->lock);
  pthread_join (timer->thread, NULL);
  while (timer->n > 0) {
    Entry entry = heap_pop (timer);

    timer->drop (entry.item, entry.index);
  }
  pthread_cond_destroy (&timer->wake);
  pthread_mutex_destroy (&timer->lock);
  free (timer->heap);
  free (timer);
}

/* With the lock held. */
static int
reserve (Timer *timer, size_t more)
{
  size_t cap = timer->cap ? timer->cap : 64;
  Entry *heap;

  if (timer->n + more <= timer->cap)
    return 1;
  while (cap < timer->n + more)
    cap *= 2;
  heap = realloc (timer->heap, cap * sizeof *heap);
  if (!heap)
    return 0;
  timer->heap = heap;
  timer->cap = cap;
  return 1;
}

int
timer_add (Timer *timer, const int64_t *due_ns, uint32_t n, void *item, uint32_t first)
{
  int done;

  pthread_mutex_lock (&timer->lock);
  done = reserve (timer, n);
  for (uint32_t i = 0; i < n && done; i++)
    heap_push (timer, (Entry){ due_ns[i], item, first + i });
  if (done && timer->heap[0].item == item)
    pthread_cond_signal (&timer->wake);
  pthread_mutex_unlock (&timer->lock);
  return done;
}
