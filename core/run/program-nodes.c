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

  vervet_request_unref (step->request);
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

/* ---- Numbers ---- */
static int
compare_firsts (gconstpointer a, gconstpointer b)
{
  guint64 x = ((const StoredStep *)a)->first, y = ((const StoredStep *)b)->first;

  return x < y ? -1 : x > y;
}

GArray *
vervet_program_find_firsts (const GArray *stored)
{
  GArray *firsts = g_array_new (FALSE, FALSE, sizeof (StoredStep));
  guint kept = 0;

  for (guint i = 0; i < stored->len; i++) {
    const VervetNodeRow *row = &g_array_index (stored, VervetNodeRow, i);
    StoredStep step = { .first = (guint64)row->node - row->idx };

    g_array_append_val (firsts, step);
  }
  g_array_sort (firsts, compare_firsts);
  for (guint i = 0; i < firsts->len; i++)
    if (i == 0 || g_array_index (firsts, StoredStep, i).first != g_array_index (firsts, StoredStep, kept - 1).first)
      g_array_index (firsts, StoredStep, kept++) = g_array_index (firsts, StoredStep, i);
  g_array_set_size (firsts, kept);
  return firsts;
}

static void
claim_stored (VervetProgram *self, guint64 first)
{
  StoredStep wanted = { .first = first };
  guint place;

  if (g_array_binary_search (self->firsts, &wanted, compare_firsts, &place))
    g_array_index (self->firsts, StoredStep, place).is_claimed = TRUE;
  while (self->first_unclaimed < self->firsts->len
         && g_array_index (self->firsts, StoredStep, self->first_unclaimed).is_claimed)
    self->first_unclaimed++;
}

/* A program that decides at barriers asks in the same order after a crash, so a step of which nothing was stored gets
 * the number it had before: its place among those stored. Only if a stored step begins lower and is not asked for yet,
 * and may therefore reach there, the number lies beyond the gap. */
static gboolean
has_place_below (const VervetProgram *self, guint n)
{
  if (self->firsts && self->first_unclaimed < self->firsts->len)
    return g_array_index (self->firsts, StoredStep, self->first_unclaimed).first >= self->low_end + n;
  return self->low_end + n <= self->gap_end;
}

void
vervet_program_number_step (VervetProgram *self, VervetStep *step)
{
  for (guint i = 0; i < step->n; i++) {
    const VervetNodeRow *row = vervet_program_find_stored (self, step, i);

    if (row) {
      step->first = (guint64)row->node - i;
      claim_stored (self, step->first);
      self->low_end = MAX (self->low_end, step->first + step->n);
      return;
    }
  }
  if (has_place_below (self, step->n)) {
    step->first = self->low_end;
    self->low_end += step->n;
  } else {
    step->first = self->next_node;
    self->next_node += step->n;
  }
}
