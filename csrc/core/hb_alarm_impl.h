/* hb_alarm_impl: what the files of the alarms share, and nobody else sees. */
#ifndef HB_ALARM_IMPL_H
#define HB_ALARM_IMPL_H

#include "hb_alarm.h"

struct hb_alarms {
    hb_service service;    /* of a bubble; first */
    hb_bubble *bubble;     /* constant: whose service it is; NULL: real time, and a thread */
    hb_lock lock;
    hb_alarm **heap;       /* lock: a binary heap, the earliest first */
    size_t n, size;        /* lock */
    uint64_t set_so_far;   /* lock */
    bool ended;            /* lock: the bubble is over */
    bool running;          /* lock: the thread is there and will look again */
    hb_time looks_at;      /* lock: until when it sleeps, 0 if it does not */
    hb_atomic_u32 called;  /* counts calls to look at once; the thread parks on it */
};

/* ---- hb_alarm.c: the heap ---- */

void hb__alarm_take_out_locked(hb_alarm *alarm);
/* Fires what is due; then the instant to sleep until, HB_FOREVER if none. */
hb_time hb__alarms_fire_locked(hb_alarms *alarms);

static inline hb_time hb__alarms_now(const hb_alarms *alarms)
{
    return alarms->bubble ? hb_bubble_now(alarms->bubble) : hb_platform_now();
}

static inline hb_time hb__alarms_next_locked(const hb_alarms *alarms)
{
    return alarms->n ? alarms->heap[0]->due : HB_FOREVER;
}

/* ---- hb_alarm_thread.c: who fires ---- */

/* The heap of the calling thread's clock. NULL: no memory. */
hb_alarms *hb__alarms_here(void);

/* Makes sure that somebody will fire: HB_OK, HB_NO_THREAD, HB_STOPPED. */
hb_status hb__alarms_employ_locked(hb_alarms *alarms);

/* After a change: whether the thread sleeps too long now; then hb__alarms_call. */
bool hb__alarms_oversleep_locked(hb_alarms *alarms);
void hb__alarms_call(hb_alarms *alarms);

#endif
