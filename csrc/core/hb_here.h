/* hb_here: what stands in for the clock and for sleeping where a thread takes part in a bubble.
 *
 * A thread of a bubble (hb_bubble.h) has a hb_here; every other has none, and pays for the
 * question with one load of its own. Time and waiting know bubbles by this pointer alone.
 *
 * No locks: it is the thread's own, and constant while the thread takes part. */
#ifndef HB_HERE_H
#define HB_HERE_H

#include "hb_platform.h"

typedef struct hb_here hb_here;
typedef struct hb_waiter hb_waiter; /* hb_wait.h */

struct hb_here {
    uint32_t bubble;          /* its number, never 0 and never used again */
    const hb_atomic_u64 *now; /* its clock: nanoseconds, an hb_time */
    /* As hb_wait_park, hb__wait_finish and a nudge, of a waiter made by that thread. */
    hb_status (*park)(hb_here *here, hb_waiter *waiter, int64_t deadline);
    void (*finish)(hb_here *here, hb_waiter *waiter);
    void (*nudge_locked)(hb_here *here, hb_waiter *waiter);
    /* Gives the turn away where threads take turns, else NULL. */
    hb_status (*yield)(hb_here *here);
};

extern _Thread_local hb_here *hb__here HB_STATIC_TLS;

/* What lives on real time can be made in a bubble too, between these two. */
static inline hb_here *hb_here_set_aside(void)
{
    hb_here *here = hb__here;
    hb__here = NULL;
    return here;
}

static inline void hb_here_put_back(hb_here *here)
{
    hb__here = here;
}

/* The number of the calling thread's bubble; 0: it is in none. */
static inline uint32_t hb_here_bubble(void)
{
    return hb__here ? hb__here->bubble : 0;
}

#endif
