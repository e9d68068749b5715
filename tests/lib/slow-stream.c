/* slow-stream.c - see slow-stream.h. */
#include <string.h>

#include "lib/slow-stream.h"

typedef struct {
  GInputStream parent;
  char *data;
  gsize len, pos, step;
  GRand *rand;
  gboolean fail;
} SlowStream;

typedef struct {
  GInputStreamClass parent;
} SlowStreamClass;

GType slow_stream_get_type (void);
G_DEFINE_TYPE (SlowStream, slow_stream, G_TYPE_INPUT_STREAM)

static gssize
slow_stream_read (GInputStream *stream, void *buf, gsize len, GCancellable *cancellable G_GNUC_UNUSED, GError **error)
{
  SlowStream *self = (SlowStream *)stream;
  gsize n = MIN (MIN (len, self->step), self->len - self->pos);
  if (n == 0) {
    if (!self->fail)
      return 0;
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "the cable was pulled");
    return -1;
  }
  if (self->rand && n > 1)
    n = (gsize)g_rand_int_range (self->rand, 1, (gint32)n + 1);
  memcpy (buf, self->data + self->pos, n);
  self->pos += n;
  return (gssize)n;
}

static void
slow_stream_finalize (GObject *object)
{
  g_free (((SlowStream *)object)->data);
  G_OBJECT_CLASS (slow_stream_parent_class)->finalize (object);
}

static void
slow_stream_class_init (SlowStreamClass *klass)
{
  G_INPUT_STREAM_CLASS (klass)->read_fn = slow_stream_read;
  G_OBJECT_CLASS (klass)->finalize = slow_stream_finalize;
}

static void
slow_stream_init (SlowStream *self G_GNUC_UNUSED)
{
}

GInputStream *
slow_stream_new (const void *data, gsize len, gsize step, GRand *rand)
{
  SlowStream *self = g_object_new (slow_stream_get_type (), NULL);
  self->data = g_memdup2 (data, len);
  self->len = len;
  self->step = step;
  self->rand = rand;
  return G_INPUT_STREAM (self);
}

void
slow_stream_fail_at_end (GInputStream *stream)
{
  ((SlowStream *)stream)->fail = TRUE;
}
