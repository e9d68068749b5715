/* samples.h - the two directions of Vervet's own samples format. */
#ifndef VERVET_EXCHANGE_SAMPLES_H
#define VERVET_EXCHANGE_SAMPLES_H

#include "exchange/exchange-private.h"

G_BEGIN_DECLS

#define VERVET_SAMPLES_BASE64 "_base64" /* behind the name of a member whose bytes are no text */

gboolean vervet_samples_write (VervetStore *store, const VervetRunRow *run, VervetOutlet *outlet, GError **error);

G_END_DECLS

#endif
