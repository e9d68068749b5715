#include "migrations.h"

#include "vervet-error.h"

const VervetMigration vervet_store_migrations[] = { { 0, 0, 0, NULL } };

static gboolean
migrate_one (sqlite3 *db, const VervetMigration *m, GError **error)
{
  g_autofree char *after = g_strdup_printf ("PRAGMA user_version = %d;"
                                            "INSERT OR REPLACE INTO meta VALUES ('min_reader', %d), ('min_writer', %d)",
                                            m->version, m->min_reader, m->min_writer);

  return vervet_sql_exec (db, m->sql, error) && vervet_sql_exec (db, after, error);
}

gboolean
vervet_store_migrate (sqlite3 *db, const VervetMigration *migrations, GError **error)
{
  gint64 version;

  if (!vervet_sql_exec (db, "BEGIN IMMEDIATE", error))
    return FALSE;
  if (!vervet_sql_number (db, "PRAGMA user_version", 0, &version, error))
    goto fail;
  for (const VervetMigration *m = migrations; m->version; m++) {
    if (m->version <= version)
      continue;
    if (m->version != version + 1) {
      g_set_error (error, VERVET_ERROR, VERVET_ERROR_INTERNAL, "no migration leads from schema %d to %d", (int)version,
                   m->version);
      goto fail;
    }
    if (!migrate_one (db, m, error))
      goto fail;
    version = m->version;
  }
  if (vervet_sql_exec (db, "COMMIT", error))
    return TRUE;
fail:
  sqlite3_exec (db, "ROLLBACK", NULL, NULL, NULL);
  return FALSE;
}
