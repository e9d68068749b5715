/* migrations.h - the schema's versions. A migration is additive (a new table, a new nullable column): O(1) at any size,
 * one transaction. Anything else is a rewrite into a new file and no migration. */
#ifndef VERVET_STORE_MIGRATIONS_H
#define VERVET_STORE_MIGRATIONS_H

#include "sql.h"

G_BEGIN_DECLS

#define VERVET_STORE_APPLICATION_ID 0x56525654
#define VERVET_STORE_VERSION 1

extern const char vervet_store_schema[]; /* schema.sql */

typedef struct {
  int version;    /* user_version after it */
  int min_reader; /* the oldest version whose programs may read the result */
  int min_writer;
  const char *sql; /* statements that turn version - 1 into it */
} VervetMigration;

/* Ends with a version of 0. Version 1 is schema.sql itself, so it is not in the table. */
extern const VervetMigration vervet_store_migrations[];

/* Brings the file from its user_version to the last of @migrations, all or nothing. */
gboolean vervet_store_migrate (sqlite3 *db, const VervetMigration *migrations, GError **error);

G_END_DECLS

#endif
