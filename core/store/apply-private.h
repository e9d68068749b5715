/* apply-private.h - what the apply-*.c files share. */
#ifndef VERVET_STORE_APPLY_PRIVATE_H
#define VERVET_STORE_APPLY_PRIVATE_H

#include "apply.h"
#include "remap.h"
#include "text-set.h"
#include "text-writer.h"

G_BEGIN_DECLS

/* Counters of a member, in the order of STMT_ADD_MEMBER's parameters. */
enum {
  COUNT_DONE,
  COUNT_FAILED,
  COUNT_SAMPLES,
  COUNT_DISTINCT,
  COUNT_TRUNCATED,
  COUNT_CALLS,
  COUNT_IN,
  COUNT_CACHED,
  COUNT_OUT,
  COUNT_SEQ,
  COUNT_MONEY,
  COUNT_BUSY,
  N_COUNTS
};
/* Counters of a tally, in the order of STMT_ADD_TALLY's parameters; then sum and sum2. */
enum {
  TALLY_PASS,
  TALLY_FAIL,
  TALLY_SCORED,
  TALLY_UNDECIDED,
  TALLY_NO_ANSWER,
  TALLY_BAD_REFERENCE,
  TALLY_ERRORS,
  TALLY_OUT,
  TALLY_MONEY,
  N_TALLIES
};

typedef struct {
  gint64 id;
  gint64 add[N_COUNTS]; /* of this transaction */
  gboolean dirty;       /* is in apply->dirty_members */
  gboolean set_ready;
  VervetTextSet set;
  GList link; /* in apply->recent; its head was not used for the longest time */
} ApplyMember;

typedef struct {
  gint64 check_id, member_id; /* the key */
  gint64 add[N_TALLIES];
  double sum, sum2;
  gboolean dirty;
} ApplyTally;

/* Direct-mapped: content that was seen lately, and the row it has. 128 bits of a hash keyed for this process stand for
 * the bytes: nobody who does not know the key can make two texts meet. */
typedef struct {
  guint64 hash[2];
  gint64 scope[2]; /* answers: check and member */
  gint64 id;       /* 0: free */
} ApplySeen;

#define SEEN_ANSWERS (1u << 15)
#define SEEN_TEXTS (1u << 12)

typedef enum {
  STMT_ADD_MEMBER,
  STMT_ADD_TALLY,
  STMT_ADD_ANSWER,
  STMT_MEMBER_TEXTS,
  STMT_SAMPLE,
  STMT_OLD_SAMPLE,
  STMT_REPLACE_SAMPLE,
  STMT_LOWER_PROGRESS,
  STMT_OLD_VERDICTS,
  STMT_DROP_VERDICT,
  STMT_VERDICT,
  STMT_OLD_VERDICT,
  STMT_REPLACE_VERDICT,
  STMT_METRIC,
  STMT_FIND_ANSWER,
  STMT_NEW_ANSWER,
  STMT_MAX_ANSWER,
  STMT_FIND_STRING,
  STMT_NEW_STRING,
  STMT_JOB,
  STMT_OLD_JOB,
  STMT_OLD_JOB_BY_KEY,
  STMT_REPLACE_JOB,
  STMT_NODE,
  STMT_VOTE,
  STMT_INCIDENT,
  STMT_LEDGER,
  STMT_PROGRESS,
  STMT_EPOCH_END,
  N_STMTS
} ApplyStmt;

struct _VervetApply {
  sqlite3 *db;
  VervetTextReader *texts;
  VervetTextWriter *text_writer;
  sqlite3_stmt *stmts[N_STMTS];
  guint64 key; /* of hashes that stay in memory */

  GHashTable *members; /* &ApplyMember.id -> ApplyMember */
  GQueue recent;       /* of them */
  GPtrArray *dirty_members;
  gsize set_bytes, sets_max; /* of all text sets */
  guint members_max;         /* kept between transactions */
  GHashTable *tallies;       /* ApplyTally, by its key */
  GPtrArray *dirty_tallies;
  GHashTable *answer_counts; /* answer_id -> what to add */

  gint64 next_answer_id; /* 0: to be read */
  ApplySeen *answers, *seen_texts;
  GHashTable *strings; /* char * -> string_id */
  GArray *floats;      /* scratch */
  gboolean promised;
  VervetRemap samples, jobs; /* promised ids that are not the rows' */
};

sqlite3_stmt *vervet_apply_stmt (VervetApply *apply, ApplyStmt which, GError **error);

/* apply-counters.c */
void vervet_apply_counters_init (VervetApply *apply);
void vervet_apply_counters_clear (VervetApply *apply); /* forgets everything that is not written yet */
void vervet_apply_counters_free (VervetApply *apply);
gboolean vervet_apply_counters_flush (VervetApply *apply, GError **error);
void vervet_apply_counters_trim (VervetApply *apply); /* between transactions: back to bounded memory */
ApplyMember *vervet_apply_member (VervetApply *apply, gint64 member_id);
void vervet_apply_count (VervetApply *apply, ApplyMember *member, int which, gint64 n);
ApplyTally *vervet_apply_tally (VervetApply *apply, gint64 check_id, gint64 member_id);
void vervet_apply_tally_verdict (ApplyTally *tally, int status, double score, int sign);
/* The member's row of a text, *text_id 0 when it has none yet. */
gboolean vervet_apply_find_text (VervetApply *apply, ApplyMember *member, guint64 hash, const void *data, gsize len,
                                 gint64 *text_id, GError **error);
void vervet_apply_remember_text (VervetApply *apply, ApplyMember *member, guint64 hash, gint64 text_id);

/* apply-answers.c */
gboolean vervet_apply_answer (VervetApply *apply, const VervetVerdictRow *row, gint64 *answer_id, GError **error);
void vervet_apply_count_answer (VervetApply *apply, gint64 answer_id, gint64 n);
/* A NULL @s is id 0, which is bound as NULL. */
gboolean vervet_apply_string (VervetApply *apply, const char *s, gint64 *id, GError **error);
/* A text outside of the members' sets (details, steps, requests): equal ones near each other share a row. */
gboolean vervet_apply_loose_text (VervetApply *apply, const void *data, gsize len, gint64 *id, GError **error);

/* apply-verdicts.c */
gboolean vervet_apply_drop_verdicts (VervetApply *apply, gint64 sample_id, gint64 member_id, gboolean counted,
                                     GError **error);

static inline void
vervet_apply_bind_id (sqlite3_stmt *stmt, int i, gint64 id) /* 0 or less: NULL */
{
  vervet_sql_bind_count (stmt, i, id > 0 ? id : -1);
}

G_END_DECLS

#endif
