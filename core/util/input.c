/* input.c - see input.h. A converter stream of GIO would end at the first gzip member and drop what follows it (the
 * output of `cat a.gz b.gz`, or of parallel packers); hence the loop here. */
#include <errno.h>
#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/input.h"
#include "vervet-error.h"

#define CHUNK ((gsize)1 << 16)

struct _VervetInput {
  GInputStream *stream;
  char *name;
  GConverter *unpacker; /* NULL: bytes pass as they are */
  gboolean look, ended; /* look: the first bytes are to be looked at; ended: the stream gave its last byte */
  gboolean inside;      /* of a gzip member */
  guchar *packed;       /* read ahead: [at, have) */
  gsize at, have;
};

VervetInput *
vervet_input_new (GInputStream *stream, const char *name, VervetInputMode mode)
{
  VervetInput *input = g_new0 (VervetInput, 1);
  input->stream = g_object_ref (stream);
  input->name = g_strdup (name);
  input->look = mode == VERVET_INPUT_UNPACK;
  return input;
}

VervetInput *
vervet_input_open (const char *path, VervetInputMode mode, GError **error)
{
  struct stat st;
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    int code = errno == ENOENT || errno == ENOTDIR ? VERVET_ERROR_INPUT : VERVET_ERROR_ENVIRONMENT;
    g_set_error (error, VERVET_ERROR, code, "cannot open %s: %s", path, g_strerror (errno));
    return NULL;
  }
  if (fstat (fd, &st) == 0 && S_ISDIR (st.st_mode)) {
    close (fd);
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT, "%s is a folder; a file is wanted", path);
    return NULL;
  }
  g_autoptr (GInputStream) stream = g_unix_input_stream_new (fd, TRUE);
  return vervet_input_new (stream, path, mode);
}

void
vervet_input_free (VervetInput *input)
{
  if (!input)
    return;
  g_object_unref (input->stream);
  g_clear_object (&input->unpacker);
  g_free (input->packed);
  g_free (input->name);
  g_free (input);
}

static gssize
input_read_stream (VervetInput *input, void *buf, gsize len, GError **error)
{
  g_autoptr (GError) fault = NULL;
  gssize n = g_input_stream_read (input->stream, buf, len, NULL, &fault);
  if (n < 0)
    g_set_error (error, VERVET_ERROR, VERVET_ERROR_ENVIRONMENT, "cannot read %s: %s", input->name, fault->message);
  return n;
}

/* Moves what is read ahead to the front and reads more behind it. */
static gboolean
input_read_ahead (VervetInput *input, GError **error)
{
  memmove (input->packed, input->packed + input->at, input->have - input->at);
  input->have -= input->at;
  input->at = 0;
  gssize n = input_read_stream (input, input->packed + input->have, CHUNK - input->have, error);
  if (n < 0)
    return FALSE;
  input->have += (gsize)n;
  input->ended = n == 0;
  return TRUE;
}

/* Is it gzip? The bytes read to find out stay in the buffer. */
static gboolean
input_look (VervetInput *input, GError **error)
{
  input->packed = g_malloc (CHUNK);
  input->look = FALSE;
  while (input->have < 2 && !input->ended)
    if (!input_read_ahead (input, error))
      return FALSE;
  if (input->have >= 2 && input->packed[0] == 0x1f && input->packed[1] == 0x8b)
    input->unpacker = G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP));
  return TRUE;
}

/* Zeros may pad the end of a gzip file (tapes, some object stores): they are no member. */
static gboolean
input_at_padding (const VervetInput *input)
{
  return !input->inside && input->at < input->have && input->packed[input->at] == 0;
}

static gssize
input_unpack (VervetInput *input, void *buf, gsize len, GError **error)
{
  for (;;) {
    gsize took = 0, gave = 0;
    g_autoptr (GError) fault = NULL;
    while (input_at_padding (input))
      input->at++;
    if (input->at == input->have && !input->ended) {
      if (!input_read_ahead (input, error))
        return -1;
      continue;
    }
    if (input->at == input->have && !input->inside)
      return 0;
    GConverterResult result =
        g_converter_convert (input->unpacker, input->packed + input->at, input->have - input->at, buf, len,
                             input->ended ? G_CONVERTER_INPUT_AT_END : G_CONVERTER_NO_FLAGS, &took, &gave, &fault);
    if (result == G_CONVERTER_ERROR && !input->ended && input->have - input->at < CHUNK
        && g_error_matches (fault, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT)) {
      if (!input_read_ahead (input, error))
        return -1;
      continue;
    }
    if (result == G_CONVERTER_ERROR) {
      g_set_error (error, VERVET_ERROR, VERVET_ERROR_INPUT,
                   "%s is damaged or cut off: its gzip data cannot be unpacked", input->name);
      return -1;
    }
    input->at += took;
    input->inside = result != G_CONVERTER_FINISHED;
    if (!input->inside)
      g_converter_reset (input->unpacker);
    if (gave > 0)
      return (gssize)gave;
  }
}

gssize
vervet_input_read (VervetInput *input, void *buf, gsize len, GError **error)
{
  if (input->look && !input_look (input, error))
    return -1;
  if (input->unpacker)
    return input_unpack (input, buf, len, error);
  if (input->at < input->have) {
    gsize n = MIN (len, input->have - input->at);
    memcpy (buf, input->packed + input->at, n);
    input->at += n;
    return (gssize)n;
  }
  return input->ended ? 0 : input_read_stream (input, buf, len, error);
}
