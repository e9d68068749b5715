/* hypergeometric.h - draws from the hypergeometric law. */
#ifndef VERVET_STATS_HYPERGEOMETRIC_H
#define VERVET_STATS_HYPERGEOMETRIC_H

#include "philox.h"

/* How many of @draws drawn without replacement from @good + @bad are good; draws <= good + bad < 2^32. One uniform
 * number a call; about 4 steps per standard deviation. */
guint32 hypergeometric_draw (PhiloxStream *stream, guint32 good, guint32 bad, guint32 draws);

#endif
