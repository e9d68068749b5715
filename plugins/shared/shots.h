/* shots.h - which solved examples stand ahead of a problem. */
#ifndef VERVET_PLUGIN_SHOTS_H
#define VERVET_PLUGIN_SHOTS_H

#include <stddef.h>
#include <stdint.h>

/* @n different numbers below @total, in random order, a function of (seed, item) alone; @except (SIZE_MAX: none), as
 * the problem itself, is not among them. 0: there are not so many. */
int shots_choose (uint64_t seed, uint64_t item, size_t total, size_t except, uint32_t n, size_t *out);

#endif
