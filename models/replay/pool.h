/* pool.h - a file of recorded samples, indexed: which problems it holds, and where each sample's text stands.
 *
 * Only questions and places are kept in memory; a text is read when it is asked for. Threads: a pool may be read by any
 * number of them. */
#ifndef VERVET_REPLAY_POOL_H
#define VERVET_REPLAY_POOL_H

#include "plugin-util.h"
#include "records.h"

typedef struct {
  uint64_t offset; /* of the JSON string's inside, still escaped */
  uint32_t len;
  uint32_t tokens; /* recorded; 0: not */
} PoolSample;

typedef struct {
  vv_str key; /* the question, or the whole prompt */
  uint64_t hash;
  uint32_t next; /* entry + 1 with the same beginning (see pool_find) */
  uint32_t n, cap;
  PoolSample *samples;
} PoolEntry;

typedef struct Pool Pool;

/* @series: which of several models in the file, empty for all of them one after the other. @problems (empty: none): a
 * file that says which prompt a "task_id" stands for, as HumanEval.jsonl.gz does. */
Pool *pool_open (const char *path, vv_str series, const char *problems, vv_status *status, vv_error *err);
void pool_free (Pool *pool); /* NULL-safe */
const char *pool_path (const Pool *pool);
size_t pool_n_entries (const Pool *pool);
uint64_t pool_n_samples (const Pool *pool);
/* The entry that @prompt asks about: the one whose key is the prompt, else the one whose key ends last in it (ahead of
 * it there may be examples with keys of their own). NULL: none. */
const PoolEntry *pool_find (const Pool *pool, vv_str prompt);
/* Replaces the content of @out with the text of a sample. */
vv_status pool_read (const Pool *pool, const PoolSample *sample, Buffer *out, vv_error *err);

#endif
