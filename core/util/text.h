/* text.h - for the modules of core; the helpers are public. */
#include <vervet-text.h>
