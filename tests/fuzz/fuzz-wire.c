/* fuzz-wire.c - any bytes as what a worker process or a node row says. The first byte chooses the struct. Beyond "no
 * crash": what was read writes to bytes that read the same again, and the reader stays in its buffer. */
#include <string.h>

#include "run/wire.h"

int LLVMFuzzerTestOneInput (const guint8 *data, gsize size);

static void
copy (guint kind, VervetWireReader *r, VervetArena *a, GByteArray *out)
{
  gsize n;
  const vv_message *messages;
  vv_verdict verdict;
  vv_problem problem;
  vv_choice choice = { .struct_size = sizeof choice };

  switch (kind % 4) {
  case 0:
    messages = vervet_wire_get_messages (r, a, &n);
    vervet_wire_messages (out, messages, n);
    break;
  case 1:
    vervet_wire_get_verdict (r, a, &verdict);
    vervet_wire_verdict (out, &verdict);
    break;
  case 2:
    vervet_wire_get_problem (r, a, &problem);
    vervet_wire_problem (out, &problem, TRUE);
    break;
  default:
    vervet_wire_get_choice (r, a, &choice);
    vervet_wire_choice (out, &choice);
  }
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GByteArray) once = g_byte_array_new (), twice = g_byte_array_new ();
  VervetArena arena = { NULL };
  VervetWireReader r, again;

  if (size < 1)
    return 0;
  r = vervet_wire_reader (data + 1, size - 1);
  copy (data[0], &r, &arena, once);
  g_assert_true (r.at > data && r.at <= data + size);
  again = vervet_wire_reader (once->data, once->len);
  copy (data[0], &again, &arena, twice);
  g_assert_true (!again.bad && again.at == again.end);
  g_assert_cmpmem (once->data, once->len, twice->data, twice->len);
  vervet_arena_clear (&arena);
  return 0;
}
