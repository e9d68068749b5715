/* json-private.h - what the three files of JSON share. */
#ifndef VERVET_UTIL_JSON_PRIVATE_H
#define VERVET_UTIL_JSON_PRIVATE_H

#include "vervet-json.h"

G_BEGIN_DECLS

const char *vervet_json_reader_name (const VervetJsonReader *reader);
VervetJsonToken vervet_json_reader_token (const VervetJsonReader *reader); /* the last one */
/* A number as canonical JSON writes it: equal numbers give equal text. (transfer full) */
char *vervet_json_number_canonical (const VervetJson *number);

G_END_DECLS

#endif
