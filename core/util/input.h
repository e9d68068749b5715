/* input.h - the bytes of a file or stream, unpacked on the way when they are gzip. One object, one thread at a time. */
#ifndef VERVET_UTIL_INPUT_H
#define VERVET_UTIL_INPUT_H

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum {
  VERVET_INPUT_RAW,    /* the bytes as they lie there */
  VERVET_INPUT_UNPACK, /* gzip is recognised by its first two bytes; any number of members one after the other */
} VervetInputMode;

typedef struct _VervetInput VervetInput;
/* INPUT when @path is not there or no file; ENVIRONMENT when it cannot be read. */
VervetInput *vervet_input_open (const char *path, VervetInputMode mode, GError **error);
/* Takes a reference to @stream. @name stands in error messages. */
VervetInput *vervet_input_new (GInputStream *stream, const char *name, VervetInputMode mode);
void vervet_input_free (VervetInput *input);
/* At least one byte, 0 at the end, -1 on a fault (also when a gzip file is cut off or damaged). */
gssize vervet_input_read (VervetInput *input, void *buf, gsize len, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (VervetInput, vervet_input_free)

G_END_DECLS

#endif
