/* sink-private.h - what the three files of the sink share. See exchange-private.h for the two readings. */
#ifndef VERVET_EXCHANGE_SINK_PRIVATE_H
#define VERVET_EXCHANGE_SINK_PRIVATE_H

#include "exchange/exchange-private.h"
#include "util/hash.h"

G_BEGIN_DECLS

struct _VervetSinkProblem {
  VervetSinkRun *run;
  char *benchmark, *key, *group, *fields, *prompt, *reference;
  gsize reference_len;
  guint8 hash[VERVET_HASH_SIZE];
  gint64 planned, member_id;
  guint64 dense;   /* trials 0 ... dense-1 were met, each with candidate 0 */
  GHashTable *odd; /* (trial, ord) of samples out of that order; NULL: none */
  guint next_trial;
};

struct _VervetSinkRun {
  VervetRunRow row;
  char *name; /* in the file; row.name is the one in the store */
  guint file;
  VervetHasher *identity;
  GPtrArray *problems; /* VervetSinkProblem *, in order */
  GHashTable *by_key;  /* the same, by benchmark and key */
  GHashTable *by_hash; /* and by content */
  gboolean added;      /* was not in the store before */
  gint64 epoch_id;
  gint64 samples, verdicts; /* in the store before */
};

struct _VervetSinkCheck {
  VervetCheckRow row;
};

struct _VervetSink {
  char *format;
  gboolean named;
  GPtrArray *files; /* char * */
  guint file;       /* the one being read */
  GPtrArray *runs;  /* VervetSinkRun *, in order */
  GHashTable *by_name;
  GPtrArray *checks; /* VervetSinkCheck *, in order: the first one grades */
  VervetSinkCheck *published;
  VervetStore *store; /* NULL: the first reading */
  VervetWriter *writer;
  GMutex lock;
  GError *stalled; /* set by the writer's thread */
  guint pushed;
  gint64 sample_id, member_id; /* of the sample pushed last */
  gboolean answer;
};

/* Both always FALSE. */
gboolean vervet_sink_fault (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);
gboolean vervet_sink_changed (GError **error); /* the second reading meets what the first one did not */

G_END_DECLS

#endif
