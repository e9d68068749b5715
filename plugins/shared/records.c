#include "records.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "vervet-json-scan.h"

/* A longer record is a mistake, or an attack on memory. */
#define MAX_RECORD (512u << 20)

typedef struct {
  uint64_t offset;
  uint32_t len, line;
} Entry;

struct Records {
  char *path;
  RecordsFormat format;
  int fd; /* of a plain file; -1: the content is in `unpacked` */
  Buffer unpacked;
  Entry *entries;
  size_t n, cap;
  Buffer header; /* CSV: the names, each with a NUL behind it */
  size_t n_columns;
};

/* Reads lines and keeps count of where they are. */
typedef struct {
  gzFile file;
  Records *records;
  char chunk[65536];
  size_t at, len;
  uint64_t offset; /* of the next byte to be read */
  uint32_t line;   /* number of the line read last */
} Reader;

/* ---- Reading lines ----------------------------------------------------------------------------------------------- */

static vv_status
bad_file (const Reader *reader, vv_error *err)
{
  int code = 0;
  const char *why = gzerror (reader->file, &code);

  if (code == Z_ERRNO)
    why = strerror (errno);
  return plugin_fail (err, VV_E_INVALID, "%s:%u: the file cannot be read on from here: %s", reader->records->path,
                      reader->line + 1, why);
}

/* 1: bytes are there. 0: end. < 0: status. */
static int
fill (Reader *reader, vv_error *err)
{
  int n, code;

  if (reader->at < reader->len)
    return 1;
  n = gzread (reader->file, reader->chunk, sizeof reader->chunk);
  /* A gzip file that is cut off ends with Z_BUF_ERROR and no bytes. */
  if (n < 0 || (n == 0 && (gzerror (reader->file, &code), code != Z_OK && code != Z_STREAM_END)))
    return bad_file (reader, err);
  reader->at = 0;
  reader->len = (size_t)n;
  if (reader->records->fd < 0)
    buffer_add (&reader->records->unpacked, reader->chunk, reader->len);
  if (reader->records->unpacked.failed)
    return plugin_fail (err, VV_E_NOMEM, "%s: unpacked it does not fit into memory", reader->records->path);
  return n > 0;
}

/* Appends the next line, with its line end, to @line. 1, 0 at the end, or a status. */
static int
read_line (Reader *reader, Buffer *line, vv_error *err)
{
  size_t before = line->len, n;
  const char *end = NULL;
  int got;

  while (!end && (got = fill (reader, err)) != 0) {
    if (got < 0)
      return got;
    end = memchr (reader->chunk + reader->at, '\n', reader->len - reader->at);
    n = end ? (size_t)(end - reader->chunk) + 1 - reader->at : reader->len - reader->at;
    buffer_add (line, reader->chunk + reader->at, n);
    reader->at += n;
    reader->offset += n;
    if (line->len > MAX_RECORD || line->failed)
      return plugin_fail (err, VV_E_INVALID, "%s:%u: the record is longer than %u MiB", reader->records->path,
                          reader->line + 1, MAX_RECORD >> 20);
  }
  reader->line += line->len > before;
  return line->len > before;
}

/* ---- CSV --------------------------------------------------------------------------------------------------------- */

static size_t
count_quotes (const char *bytes, size_t n)
{
  size_t count = 0;

  for (size_t i = 0; i < n; i++)
    count += bytes[i] == '"';
  return count;
}

/* A row goes on over line ends as long as a quote is open. */
static int
read_row (Reader *reader, Buffer *row, vv_error *err)
{
  size_t quotes, start = 0;
  uint32_t first = reader->line + 1;
  int got = read_line (reader, row, err);

  if (got <= 0 || reader->records->format == RECORDS_JSONL)
    return got;
  for (quotes = count_quotes (row->ptr, row->len); quotes % 2 == 1;
       quotes += count_quotes (row->ptr + start, row->len - start)) {
    start = row->len;
    got = read_line (reader, row, err);
    if (got < 0)
      return got;
    if (got == 0)
      return plugin_fail (err, VV_E_INVALID, "%s:%u: a quoted field has no end", reader->records->path, first);
  }
  return 1;
}

/* The field that begins at *at, without quotes, appended to @out; *at moves behind its separator. 1: another follows.
 */
static int
next_field (vv_str row, char separator, size_t *at, Buffer *out)
{
  size_t i = *at;
  int quoted = i < row.len && row.ptr[i] == '"';

  for (i += quoted; i < row.len; i++) {
    if (quoted && row.ptr[i] == '"') {
      if (i + 1 < row.len && row.ptr[i + 1] == '"')
        i++;
      else {
        quoted = 0;
        continue;
      }
    } else if (!quoted && row.ptr[i] == separator) {
      *at = i + 1;
      return 1;
    }
    buffer_add_char (out, row.ptr[i]);
  }
  *at = row.len;
  return 0;
}

static vv_str
without_line_end (vv_str row)
{
  while (row.len > 0 && (row.ptr[row.len - 1] == '\n' || row.ptr[row.len - 1] == '\r'))
    row.len--;
  return row;
}

static char
separator_of (const Records *records)
{
  return records->format == RECORDS_TSV ? '\t' : ',';
}

static size_t
count_fields (const Records *records, vv_str row)
{
  Buffer field = { 0 };
  size_t at = 0, n = 1;

  while (next_field (row, separator_of (records), &at, &field)) {
    buffer_reset (&field);
    n++;
  }
  buffer_clear (&field);
  return n;
}

static vv_status
take_header (Records *records, vv_str row)
{
  size_t at = 0;
  int more;

  if (row.len >= 3 && memcmp (row.ptr, "\xef\xbb\xbf", 3) == 0)
    row = str_from (row, 3);
  do {
    more = next_field (row, separator_of (records), &at, &records->header);
    buffer_add_char (&records->header, 0);
    records->n_columns++;
  } while (more);
  return records->header.failed ? VV_E_NOMEM : VV_OK;
}

static void
row_to_json (const Records *records, vv_str row, Buffer *out)
{
  const char *name = records->header.ptr;
  Buffer field = { 0 };
  size_t at = 0;

  buffer_add_char (out, '{');
  for (size_t i = 0; i < records->n_columns; i++) {
    buffer_reset (&field);
    next_field (row, separator_of (records), &at, &field);
    buffer_add_string (out, i > 0 ? ", " : "");
    buffer_add_json (out, vv_s (name));
    buffer_add_string (out, ": ");
    buffer_add_json (out, buffer_str (&field));
    name += strlen (name) + 1;
  }
  buffer_add_char (out, '}');
  out->failed |= field.failed;
  buffer_clear (&field);
}

/* ---- The index --------------------------------------------------------------------------------------------------- */

static vv_status
check_json (const Records *records, vv_str line, uint32_t line_no, vv_error *err)
{
  vv_json_scan scan;
  int token;

  vv_json_init (&scan, line.ptr, line.len, VV_JSON_NAN);
  token = vv_json_next (&scan);
  if (token > 0 && token != VV_JSON_OBJECT)
    return plugin_fail (err, VV_E_INVALID, "%s:%u: a record must be a JSON object, as {\"question\": ...}",
                        records->path, line_no);
  while (token > 0)
    token = vv_json_next (&scan);
  if (token < 0)
    return plugin_fail (err, VV_E_INVALID, "%s:%u:%llu: %s", records->path, line_no, (unsigned long long)scan.column,
                        scan.error);
  return VV_OK;
}

static vv_status
check_row (const Records *records, vv_str row, uint32_t line_no, vv_error *err)
{
  size_t n = count_fields (records, row);

  if (n == records->n_columns)
    return VV_OK;
  return plugin_fail (err, VV_E_INVALID, "%s:%u: the row has %zu fields, the header has %zu", records->path, line_no, n,
                      records->n_columns);
}

static vv_status
add_entry (Records *records, uint64_t offset, size_t len, uint32_t line, vv_error *err)
{
  if (records->n == records->cap) {
    size_t cap = records->cap ? 2 * records->cap : 256;
    Entry *entries = realloc (records->entries, cap * sizeof *entries);

    if (!entries)
      return plugin_fail (err, VV_E_NOMEM, "%s: out of memory for its index", records->path);
    records->entries = entries;
    records->cap = cap;
  }
  records->entries[records->n++] = (Entry){ offset, (uint32_t)len, line };
  return VV_OK;
}

static vv_status
take_record (Records *records, uint64_t offset, vv_str raw, uint32_t line, vv_error *err)
{
  vv_str record = without_line_end (raw);
  vv_status status;

  if (str_trim (record).len == 0)
    return VV_OK;
  if (records->format != RECORDS_JSONL && records->n_columns == 0)
    return take_header (records, record);
  status = records->format == RECORDS_JSONL ? check_json (records, record, line, err)
                                            : check_row (records, record, line, err);
  return status < 0 ? status : add_entry (records, offset, record.len, line, err);
}

static vv_status
build_index (Records *records, gzFile file, vv_error *err)
{
  Reader *reader = calloc (1, sizeof *reader);
  Buffer row = { 0 };
  vv_status status = reader ? VV_OK : VV_E_NOMEM;
  int got = 1;

  if (reader) {
    reader->file = file;
    reader->records = records;
  }
  while (status == VV_OK && got > 0) {
    uint64_t offset = reader->offset;
    uint32_t line = reader->line + 1;

    buffer_reset (&row);
    got = read_row (reader, &row, err);
    status = got < 0 ? got : got > 0 ? take_record (records, offset, buffer_str (&row), line, err) : VV_OK;
  }
  buffer_clear (&row);
  free (reader);
  if (status == VV_OK && records->n == 0)
    status = plugin_fail (err, VV_E_INVALID, "%s: the file holds no record", records->path);
  return status;
}

static int
ends_with (const char *path, size_t len, const char *suffix)
{
  size_t n = strlen (suffix);

  if (len < n)
    return 0;
  for (size_t i = 0; i < n; i++)
    if (to_lower ((unsigned char)path[len - n + i]) != suffix[i])
      return 0;
  return 1;
}

static RecordsFormat
format_of (const char *path)
{
  size_t len = strlen (path);

  if (ends_with (path, len, ".gz"))
    len -= 3;
  return ends_with (path, len, ".csv") ? RECORDS_CSV : ends_with (path, len, ".tsv") ? RECORDS_TSV : RECORDS_JSONL;
}

/* zlib reads plain files as they are; one descriptor is kept for reading records of those later. */
static vv_status
open_file (Records *records, vv_error *err)
{
  vv_status status;
  gzFile file;
  int fd;

  fd = open (records->path, O_RDONLY | O_CLOEXEC);
  file = fd >= 0 ? gzdopen (fd, "rb") : NULL;
  if (!file) {
    status = plugin_fail (err, VV_E_INVALID, "%s: %s", records->path, fd >= 0 ? "out of memory" : strerror (errno));
    if (fd >= 0)
      close (fd);
    return status;
  }
  gzbuffer (file, 128 * 1024);
  if (gzdirect (file))
    records->fd = open (records->path, O_RDONLY | O_CLOEXEC);
  status = build_index (records, file, err);
  gzclose (file);
  return status;
}

Records *
records_open (const char *path, RecordsFormat format, vv_status *status, vv_error *err)
{
  Records *records = calloc (1, sizeof *records);

  if (records)
    records->path = strdup (path);
  if (!records || !records->path) {
    free (records);
    *status = plugin_fail (err, VV_E_NOMEM, "out of memory");
    return NULL;
  }
  records->fd = -1;
  records->format = format == RECORDS_AUTO ? format_of (path) : format;
  *status = open_file (records, err);
  if (*status == VV_OK)
    return records;
  records_free (records);
  return NULL;
}

void
records_free (Records *records)
{
  if (!records)
    return;
  if (records->fd >= 0)
    close (records->fd);
  buffer_clear (&records->unpacked);
  buffer_clear (&records->header);
  free (records->entries);
  free (records->path);
  free (records);
}

size_t
records_count (const Records *records)
{
  return records->n;
}

const char *
records_path (const Records *records)
{
  return records->path;
}

uint32_t
records_line (const Records *records, size_t i)
{
  return records->entries[i].line;
}

uint64_t
records_offset (const Records *records, size_t i)
{
  return records->entries[i].offset;
}

static vv_status
read_at (const Records *records, uint64_t offset, size_t len, char *out, vv_error *err)
{
  size_t done = 0;
  ssize_t n;

  if (records->fd < 0) {
    memcpy (out, records->unpacked.ptr + offset, len);
    return VV_OK;
  }
  while (done < len) {
    n = pread (records->fd, out + done, len - done, (off_t)(offset + done));
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return plugin_fail (err, VV_E_INVALID, "%s: %s", records->path,
                          n < 0 ? strerror (errno) : "the file was cut off after it had been opened");
    done += (size_t)n;
  }
  return VV_OK;
}

vv_status
records_read (const Records *records, uint64_t offset, size_t len, Buffer *out, vv_error *err)
{
  vv_status status;

  buffer_reset (out);
  buffer_reserve (out, len);
  if (out->failed)
    return plugin_fail (err, VV_E_NOMEM, "out of memory");
  status = read_at (records, offset, len, out->ptr, err);
  if (status < 0)
    return status;
  out->len = len;
  out->ptr[len] = 0;
  return VV_OK;
}

vv_status
records_get (const Records *records, size_t i, Buffer *out, vv_error *err)
{
  const Entry *entry = &records->entries[i];
  Buffer row = { 0 };
  vv_status status;

  if (records->format == RECORDS_JSONL)
    return records_read (records, entry->offset, entry->len, out, err);
  status = records_read (records, entry->offset, entry->len, &row, err);
  buffer_reset (out);
  if (status == VV_OK)
    row_to_json (records, buffer_str (&row), out);
  buffer_clear (&row);
  return out->failed ? plugin_fail (err, VV_E_NOMEM, "out of memory") : status;
}

int
record_text (vv_str json, const char *path, Buffer *out)
{
  vv_json_value value;
  size_t n;

  buffer_reset (out);
  if (vv_json_find (json.ptr, json.len, path, &value) <= 0 || value.kind == VV_JSON_NULL)
    return 0;
  buffer_reserve (out, value.raw_len);
  if (out->failed)
    return 0;
  n = vv_json_text (&value, out->ptr, out->cap);
  out->len = n;
  return 1;
}

void
buffer_add_json (Buffer *buffer, vv_str s)
{
  buffer_add_char (buffer, '"');
  for (size_t i = 0; i < s.len;) {
    unsigned char c = (unsigned char)s.ptr[i];
    int n = c < 0x80 ? 1 : vv_json_utf8_ ((const unsigned char *)s.ptr + i, s.len - i);

    if (c == '"' || c == '\\')
      buffer_add_char (buffer, '\\');
    if (c < 0x20)
      buffer_printf (buffer, "\\u%04x", c);
    else if (n > 0)
      buffer_add (buffer, s.ptr + i, (size_t)n);
    else
      buffer_add_string (buffer, "\xef\xbf\xbd");
    i += n > 0 ? (size_t)n : 1;
  }
  buffer_add_char (buffer, '"');
}
