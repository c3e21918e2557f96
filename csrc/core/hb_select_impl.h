/* hb_select_impl: what the files that make up select share.
 *
 * hb_select.c       the order of locking, and looking at all cases under their locks
 * hb_select_any.c   taking what is ready without that
 * hb_select_wait.c  linking to all cases, parking, and leaving them again */
#ifndef HB_SELECT_IMPL_H
#define HB_SELECT_IMPL_H

#include "hb_select.h"

/* The instant a look at all cases goes by: on the clock of the calling thread, and outside. */
typedef struct moment {
    hb_time here, outside;
} moment;

/* A clock is read only where some source goes by one. */
static inline moment moment_of(bool timed)
{
    hb_time here = timed ? hb_now() : 0;
    return (moment){ here, timed && hb__here ? hb_platform_now() : here };
}

static inline bool is_outside(const hb_source *source)
{
    return source->bubble != hb_here_bubble();
}

static inline hb_time at(moment now, const hb_source *source)
{
    return is_outside(source) ? now.outside : now.here;
}

/* Hangs the waiter to all cases, whose locks are held, and notes when to wake. */
void hb__select_link_locked(hb_select *select);

#endif
