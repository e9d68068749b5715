#include "migrations.h"

/* schema.inc is schema.sql as C string literals, one a line, made at build time. */
const char vervet_store_schema[] =
#include "schema.inc"
    ;
