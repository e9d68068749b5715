/* job.h - a request in flight: its choices come from the timer's thread when they are due. */
#ifndef VERVET_SIMULATED_JOB_H
#define VERVET_SIMULATED_JOB_H

#include "answer.h"

typedef struct Job Job;

/* Starts @request; *out is set before any choice comes. */
vv_status job_submit (Model *model, const vv_request *request, const vv_reply *reply, void **out, vv_error *err);
void job_cancel (Job *job, uint32_t index); /* UINT32_MAX: all choices */
/* What a Timer calls when an entry of a job is due, and when one will never be. */
void job_fire (void *job, uint32_t index);
void job_unref (void *job, uint32_t index); /* also what the host's release() comes to */

#endif
