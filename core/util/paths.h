/* paths.h - for the modules of core; the places are public. */
#include <vervet-paths.h>
