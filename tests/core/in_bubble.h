/* in_bubble.h - what the tests of a bubble's services share: a host that ends them, and time that it
 * lets pass. */
#ifndef IN_BUBBLE_H
#define IN_BUBBLE_H

#include "bubbles.h"

static inline void enter(void)
{
    enter_bubble(NULL);
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

#endif
