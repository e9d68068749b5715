/* read.h - what the reading files share: a query with its connection, and arrays that free what their rows hold. */
#ifndef VERVET_STORE_READ_H
#define VERVET_STORE_READ_H

#include "store.h"

G_BEGIN_DECLS

/* A statement of @store's connection for the caller's thread with the given numbers bound from 1 on. */
sqlite3_stmt *vervet_read_query (VervetStore *store, GError **error, const char *sql, guint n, ...);
GArray *vervet_read_array (gsize row_size, GDestroyNotify clear); /* zeroed rows; nullable @clear */
/* Steps @stmt through @read, which fills one row of @array a time; frees @stmt. NULL and no array on failure. */
typedef void (*VervetReadRow) (sqlite3_stmt *stmt, gpointer row);
GArray *vervet_read_all (sqlite3_stmt *stmt, gsize row_size, GDestroyNotify clear, VervetReadRow read, GError **error);
/* A column's bytes with a NUL behind them. (transfer full), NULL: NULL */
char *vervet_read_bytes (sqlite3_stmt *stmt, int column, gsize *len);

GArray *vervet_read_all_checks (VervetStore *store, GError **error); /* VervetCheckRow, of the whole file */

/* Columns of a VervetSampleRow, for a table named s, and reading them from column @first on. */
#define VERVET_READ_SAMPLE_COLUMNS                                                                                  \
  "s.id, s.member_id, s.trial, s.ord, s.epoch_id, s.status, s.finish, s.flags, s.text_id, s.in_tok, s.cached_tok, " \
  "s.out_tok, "                                                                                                     \
  "s.think_tok, s.call_n, s.seq_tok, s.nano_money, s.start_ms, s.took_ms, s.tries, s.logprob, s.score, s.weight, "  \
  "s.seed, s.node"
#define VERVET_READ_N_SAMPLE_COLUMNS 24
void vervet_read_sample (sqlite3_stmt *stmt, int first, VervetSampleRow *row);
#define VERVET_READ_JOB_COLUMNS                                                                                \
  "job_id, check_id, member_id, trial, ord, state, epoch_id, answer_ord, calls, in_tok, cached_tok, out_tok, " \
  "seq_tok, "                                                                                                  \
  "nano_money, start_ms, took_ms, notes"
void vervet_read_job (sqlite3_stmt *stmt, VervetJobRow *row); /* notes: (transfer full) */

G_END_DECLS

#endif
