/* vervet.h - everything a program that embeds Vervet needs. Link with pkg-config `vervet`. */
#ifndef VERVET_H
#define VERVET_H

#include "vervet-chart.h"
#include "vervet-engine.h"
#include "vervet-error.h"
#include "vervet-exchange.h"
#include "vervet-experiment.h"
#include "vervet-json.h"
#include "vervet-paths.h"
#include "vervet-plugin.h"
#include "vervet-registry.h"
#include "vervet-report.h"
#include "vervet-stats.h"
#include "vervet-store.h"
#include "vervet-text.h"

G_BEGIN_DECLS

const char *vervet_version (void);

G_END_DECLS

#endif
