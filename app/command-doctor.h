/* command-doctor.h - one probe of vervet doctor. A new section is a table of probes in a file of its own, added to the
 * list in command-doctor.c. */
#ifndef VERVET_APP_COMMAND_DOCTOR_H
#define VERVET_APP_COMMAND_DOCTOR_H

#include "command.h"

typedef enum {
  DOCTOR_OK,
  DOCTOR_NOTE, /* something is missing or may surprise; the main job runs */
  DOCTOR_FAIL, /* the main job cannot run */
} DoctorState;

typedef struct {
  DoctorState state;
  char *value;  /* what was found */
  char *remedy; /* what to do; NULL when all is well */
} DoctorResult;

typedef struct {
  VervetRegistry *registry; /* NULL: see fault */
  const char *fault;
} DoctorContext;

typedef struct {
  const char *name;
  void (*probe) (const DoctorContext *context, DoctorResult *result);
} DoctorProbe;

typedef struct {
  const char *name;
  const DoctorProbe *probes; /* ends with a name of NULL */
} DoctorSection;

extern const DoctorSection doctor_parts, doctor_files, doctor_machine;

/* Sets all three. @value is taken; @remedy may be NULL. */
void doctor_set (DoctorResult *result, DoctorState state, char *value, const char *remedy);

#endif
