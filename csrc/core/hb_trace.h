/* hb_trace: the last things that were noted, in order, to explain what went wrong.
 *
 * Locking: its own lock, a leaf. */
#ifndef HB_TRACE_H
#define HB_TRACE_H

#include "hb_thread.h"

#define HB_TRACE_STEPS 50u

typedef struct hb_trace_step {
    uint32_t number; /* whose it is */
    hb_time at;
    char where[HB_ORIGIN_SIZE];
} hb_trace_step;

typedef struct hb_trace hb_trace;

/* To be given to free(). NULL: no memory. */
hb_trace *hb_trace_new(void);

/* A longer text keeps its end, which tells more than the folders a file lies in. */
void hb_trace_note(hb_trace *trace, uint32_t number, hb_time at, const char *where);

/* The last of them, at most HB_TRACE_STEPS, the oldest first; how many there have been. */
uint64_t hb_trace_copy(hb_trace *trace, hb_trace_step *steps, uint32_t *n);

#endif
