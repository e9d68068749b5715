/* timer.h - one thread that calls back at given times, in order of time: thousands of pending calls cost no thread
 * each. */
#ifndef VERVET_SIMULATED_TIMER_H
#define VERVET_SIMULATED_TIMER_H

#include <stdint.h>

typedef struct Timer Timer;
/* On the timer's thread, no lock held. */
typedef void (*TimerFire) (void *item, uint32_t index);

Timer *timer_new (TimerFire fire, TimerFire drop); /* NULL: no memory or no thread */
/* Stops the thread. Calls that are still pending are dropped, each through @drop. NULL-safe. */
void timer_free (Timer *timer);
int64_t timer_now_ns (void);
/* Any thread. Entries (item, first) to (item, first + n - 1), all of them or, when 0 is returned for want of memory,
 * none. */
int timer_add (Timer *timer, const int64_t *due_ns, uint32_t n, void *item, uint32_t first);

#endif
