/* bubbles.h - what the tests of bubbles share: a host, and workers that take part. */
#ifndef BUBBLES_H
#define BUBBLES_H

#include "hb_bubble.h"
#include "hb_worker.h"
#include "support.h"

#define SECOND HB_SECOND

static hb_bubble *bubble;

/* The calling thread becomes the host of a fresh one. */
static inline void enter_bubble(hb_turns *turns)
{
    bubble = hb_bubble_new(0, 1, turns);
    CHECK_EQ(hb_bubble_join(bubble, false), HB_OK);
}

/* Everybody else ends within a real minute. */
static inline void leave_bubble(void)
{
    CHECK_EQ(hb_bubble_end(bubble, hb_platform_now() + 60 * SECOND), HB_OK);
    hb_bubble_leave();
    hb_bubble_unref(bubble);
}

static inline hb_worker *start_worker(hb_worker_fn *fn, void *arg)
{
    hb_worker *worker = NULL;
    CHECK_EQ(hb_worker_start(&worker, fn, arg, "hb-test"), HB_OK);
    return worker;
}

static inline void join_worker(hb_worker *worker)
{
    hb_word word;
    CHECK_EQ(hb_chan_recv(hb_worker_done(worker), &word, HB_FOREVER), HB_CLOSED);
    hb_worker_unref(worker);
}

/* ---- a log of what happened, in order ---- */

typedef struct event {
    hb_time at;
    int64_t what;
} event;

static event events[64];
static atomic_int n_events;

static inline void forget_events(void)
{
    atomic_store(&n_events, 0);
}

static inline void note_event(int64_t what)
{
    int i = atomic_fetch_add(&n_events, 1);
    events[i] = (event){ hb_now(), what };
}

static inline void check_event(int i, hb_time at, int64_t what)
{
    CHECK(i < atomic_load(&n_events));
    CHECK_EQ(events[i].at, at);
    CHECK_EQ(events[i].what, what);
}

#endif
