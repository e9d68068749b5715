#include "run/program-private.h"

#include <string.h>

/* What names an outcome within a job, whatever the order of asking. */
typedef struct {
  guint64 key[2];
  guint32 occ, idx;
} Address;

static guint
address_hash (gconstpointer p)
{
  const Address *a = p;

  return (guint)(a->key[0] ^ (a->key[1] >> 7) ^ (a->occ * 31u + a->idx));
}

static gboolean
address_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, sizeof (Address)) == 0;
}

guint
vervet_program_key_hash (gconstpointer p)
{
  return (guint) * (const guint64 *)p;
}

gboolean
vervet_program_key_equal (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, 2 * sizeof (guint64)) == 0;
}

void
vervet_program_node_free (gpointer p)
{
  Node *node = p;

  vervet_outcome_free (node->outcome);
  g_free (node);
}

void
vervet_program_step_free (gpointer p)
{
  VervetStep *step = p;

  vervet_request_free (step->request);
  g_free (step->role);
  g_free (step->label);
  g_free (step->told);
  g_free (step);
}

Node *
vervet_program_find_node (VervetProgram *self, guint64 number)
{
  enum { FEW = 16 };

  if (number == 0)
    return NULL;
  if (self->nodes->len > FEW && !self->by_number) {
    self->by_number = g_hash_table_new (g_int64_hash, g_int64_equal);
    for (guint i = 0; i < self->nodes->len; i++) {
      Node *node = g_ptr_array_index (self->nodes, i);

      g_hash_table_insert (self->by_number, &node->number, node);
    }
  }
  if (self->by_number)
    return g_hash_table_lookup (self->by_number, &number);
  for (guint i = 0; i < self->nodes->len; i++) {
    Node *node = g_ptr_array_index (self->nodes, i);

    if (node->number == number)
      return node;
  }
  return NULL;
}

Node *
vervet_program_add_node (VervetProgram *self, VervetStep *step, guint index, VervetOutcome *outcome)
{
  Node *node = g_new0 (Node, 1);

  node->number = step->first + index;
  node->step = step;
  node->index = index;
  node->outcome = outcome;
  node->told = -1;
  g_ptr_array_add (self->nodes, node);
  if (self->by_number)
    g_hash_table_insert (self->by_number, &node->number, node);
  return node;
}

GHashTable *
vervet_program_index_stored (const GArray *stored)
{
  GHashTable *index = g_hash_table_new_full (address_hash, address_equal, g_free, NULL);

  for (guint i = 0; i < stored->len; i++) {
    VervetNodeRow *row = &g_array_index (stored, VervetNodeRow, i);
    Address *address = g_new0 (Address, 1);

    memcpy (address->key, row->req_key, sizeof address->key);
    address->occ = row->occ;
    address->idx = row->idx;
    g_hash_table_insert (index, address, row);
  }
  return index;
}

const VervetNodeRow *
vervet_program_find_stored (const VervetProgram *self, const VervetStep *step, guint index)
{
  Address address = { { step->request->key[0], step->request->key[1] }, step->occ, index };

  return self->stored ? g_hash_table_lookup (self->stored, &address) : NULL;
}
