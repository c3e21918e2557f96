/* in_bubble.h - what the tests of a bubble's services share: a host, and time that it lets pass. */
#ifndef IN_BUBBLE_H
#define IN_BUBBLE_H

#include "hb_bubble.h"
#include "hb_worker.h"
#include "support.h"

#define SECOND HB_SECOND

static hb_bubble *bubble;

/* The calling thread becomes the host of a fresh one. */
static inline void enter(void)
{
    bubble = hb_bubble_new(0, 1, NULL);
    CHECK_EQ(hb_bubble_join(bubble, false), HB_OK);
}

/* As the binding ends one. */
static inline void leave(void)
{
    CHECK_EQ(hb_bubble_end(bubble, hb_platform_now() + 60 * SECOND), HB_OK);
    hb_bubble_end_services(bubble);
    hb_bubble_leave();
    hb_bubble_unref(bubble);
}

static inline void pass(hb_time duration)
{
    CHECK_EQ(hb_wait_sleep(hb_time_add(hb_now(), duration)), HB_TIMEOUT);
}

/* A participant that runs fn(arg); to be joined. */
static inline hb_worker *take_part(hb_worker_fn *fn, void *arg)
{
    hb_worker *worker = NULL;
    CHECK_EQ(hb_worker_start(&worker, fn, arg, "part"), HB_OK);
    return worker;
}

static inline void join_part(hb_worker *worker)
{
    hb_word word;
    CHECK_EQ(hb_chan_recv(hb_worker_done(worker), &word, HB_FOREVER), HB_CLOSED);
    hb_worker_unref(worker);
}

#endif
