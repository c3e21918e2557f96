#include "hb_trace.h"

#include <stdlib.h>
#include <string.h>

struct hb_trace {
    hb_lock lock;
    uint64_t noted;                       /* lock */
    hb_trace_step steps[HB_TRACE_STEPS]; /* lock: a ring */
};

hb_trace *hb_trace_new(void)
{
    return calloc(1, sizeof(hb_trace));
}

/* Not in the midst of a character of UTF-8. */
static const char *end_of(const char *text)
{
    size_t length = strlen(text);
    if (length < HB_TRACE_TEXT)
        return text;
    text += length - (HB_TRACE_TEXT - 1);
    while (((unsigned char)*text & 0xc0) == 0x80)
        text++;
    return text;
}

void hb_trace_note(hb_trace *trace, uint32_t number, hb_time at, const char *where)
{
    const char *kept = end_of(where);
    hb_lock_acquire(&trace->lock);
    hb_trace_step *step = &trace->steps[trace->noted++ % HB_TRACE_STEPS];
    step->number = number;
    step->at = at;
    memcpy(step->where, kept, strlen(kept) + 1);
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
