#include "hb_trace.h"

#include <stdlib.h>

struct hb_trace {
    hb_lock lock;
    uint64_t noted;                       /* lock */
    hb_trace_step steps[HB_TRACE_STEPS]; /* lock: a ring */
};

hb_trace *hb_trace_new(void)
{
    return calloc(1, sizeof(hb_trace));
}

void hb_trace_note(hb_trace *trace, uint32_t number, hb_time at, const char *where)
{
    hb_lock_acquire(&trace->lock);
    hb_trace_step *step = &trace->steps[trace->noted++ % HB_TRACE_STEPS];
    step->number = number;
    step->at = at;
    hb_text_copy_end(step->where, sizeof step->where, where);
    hb_lock_release(&trace->lock);
}

uint64_t hb_trace_copy(hb_trace *trace, hb_trace_step *steps, uint32_t *n)
{
    hb_lock_acquire(&trace->lock);
    uint64_t noted = trace->noted;
    *n = noted < HB_TRACE_STEPS ? (uint32_t)noted : HB_TRACE_STEPS;
    for (uint32_t i = 0; i < *n; i++)
        steps[i] = trace->steps[(noted - *n + i) % HB_TRACE_STEPS];
    hb_lock_release(&trace->lock);
    return noted;
}
