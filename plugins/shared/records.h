/* records.h - files of records: JSON Lines and CSV, plain or compressed with gzip.
 *
 * Opening reads the file once, checks every record and notes where each one stands; after that a record is read when it
 * is asked for, so a file much larger than memory is no matter (a compressed one is unpacked into memory, since gzip
 * has no places to jump to). A CSV row comes as a JSON object whose members are strings, named by the header.
 *
 * Threads: an open file may be read by any number of them. */
#ifndef VERVET_PLUGIN_RECORDS_H
#define VERVET_PLUGIN_RECORDS_H

#include "plugin-util.h"

typedef enum { RECORDS_AUTO, RECORDS_JSONL, RECORDS_CSV, RECORDS_TSV } RecordsFormat;

typedef struct Records Records;

/* AUTO goes by the name: .csv and .tsv, perhaps with .gz behind them, else JSON Lines. A record that is no JSON object
 * fails with "FILE:LINE:COLUMN: ...". NULL with *status and @err on failure. */
Records *records_open (const char *path, RecordsFormat format, vv_status *status, vv_error *err);
void records_free (Records *records); /* NULL-safe */
size_t records_count (const Records *records);
const char *records_path (const Records *records);
uint32_t records_line (const Records *records, size_t i); /* where record @i begins, from 1 */
/* Replaces the content of @out with record @i as JSON. */
vv_status records_get (const Records *records, size_t i, Buffer *out, vv_error *err);

/* ---- Parts of records that are too large to keep: JSON Lines only ------------------------------------------------ */
uint64_t records_offset (const Records *records, size_t i);
/* Replaces the content of @out with @len bytes from @offset of the (unpacked) file. */
vv_status records_read (const Records *records, uint64_t offset, size_t len, Buffer *out, vv_error *err);

/* Replaces the content of @out with the value at @path of @json: a string's text, anything else as written. 0: there is
 * none, or it is null. */
int record_text (vv_str json, const char *path, Buffer *out);
/* Appends @s as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD. */
void buffer_add_json (Buffer *buffer, vv_str s);

#endif
