/* wire.h - values as bytes: frames to and from worker processes, and what a node row keeps of a choice so that a
 * resumed program is told exactly what it was told before. Little-endian, lengths before bytes. A reader never runs
 * past its end: it turns `bad` and yields zeros. */
#ifndef VERVET_RUN_WIRE_H
#define VERVET_RUN_WIRE_H

#include <glib.h>
#include <vervet-plugin.h>

/* ---- Arena: many small pieces, freed at once ---- */
typedef struct _VervetArenaChunk VervetArenaChunk;
typedef struct {
  VervetArenaChunk *chunks;
} VervetArena;

void *vervet_arena_alloc (VervetArena *arena, gsize size);                 /* zeroed, 16-byte aligned */
char *vervet_arena_copy (VervetArena *arena, const void *data, gsize len); /* NUL-terminated */
vv_str vervet_arena_str (VervetArena *arena, vv_str s);
void vervet_arena_clear (VervetArena *arena);

/* ---- Writing and reading ---- */
void vervet_wire_u32 (GByteArray *out, guint32 v);
void vervet_wire_u64 (GByteArray *out, guint64 v);
void vervet_wire_f64 (GByteArray *out, double v);
void vervet_wire_bytes (GByteArray *out, const void *data, gsize len);
void vervet_wire_str (GByteArray *out, vv_str s);
void vervet_wire_text (GByteArray *out, const char *s); /* NULL is kept apart from "" */

typedef struct {
  const guint8 *at, *end;
  gboolean bad;
} VervetWireReader;

VervetWireReader vervet_wire_reader (const void *data, gsize len);
guint32 vervet_wire_get_u32 (VervetWireReader *r);
guint64 vervet_wire_get_u64 (VervetWireReader *r);
double vervet_wire_get_f64 (VervetWireReader *r);
vv_str vervet_wire_get_str (VervetWireReader *r);                       /* points into the buffer */
const char *vervet_wire_get_text (VervetWireReader *r, VervetArena *a); /* NUL-terminated copy */

/* ---- What the ABI's structs look like on the wire ---- */
void vervet_wire_messages (GByteArray *out, const vv_message *messages, gsize n);
const vv_message *vervet_wire_get_messages (VervetWireReader *r, VervetArena *a, gsize *n);
void vervet_wire_verdict (GByteArray *out, const vv_verdict *v);
void vervet_wire_get_verdict (VervetWireReader *r, VervetArena *a, vv_verdict *out);
void vervet_wire_problem (GByteArray *out, const vv_problem *p, gboolean with_reference);
void vervet_wire_get_problem (VervetWireReader *r, VervetArena *a, vv_problem *out);
/* Everything of a choice but index, finish, text and usage, which have columns of their own. Writes nothing for a
 * choice that is only text. */
void vervet_wire_choice (GByteArray *out, const vv_choice *c);
void vervet_wire_get_choice (VervetWireReader *r, VervetArena *a, vv_choice *c);

#endif
