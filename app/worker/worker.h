/* worker.h - the modes of vervet-worker. Each returns the exit status. */
#ifndef VERVET_APP_WORKER_H
#define VERVET_APP_WORKER_H

#include <vervet.h>

/* @answer: file descriptor of the output the program was started with. */
int worker_scan (const char *file, int answer);
int worker_check_load (const char *file, int answer);

#endif
