/* slow-stream.h - an input stream over memory that gives a few bytes at a time, as a slow pipe does. */
#ifndef VERVET_TESTS_SLOW_STREAM_H
#define VERVET_TESTS_SLOW_STREAM_H

#include <gio/gio.h>

/* At most @step bytes a read; with @rand (borrowed, must outlive the stream) 1 to @step at random. Copies @data. */
GInputStream *slow_stream_new (const void *data, gsize len, gsize step, GRand *rand);
/* In the place of its end it has a fault: "the cable was pulled". */
void slow_stream_fail_at_end (GInputStream *stream);

#endif
