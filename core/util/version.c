#include <vervet.h>

#include "vervet-config.h"

const char *
vervet_version (void)
{
  return VERVET_VERSION;
}
