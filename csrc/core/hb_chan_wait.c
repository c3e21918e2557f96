/* hb_chan_wait: the waits of native threads, which need not look after signals. */
#include "hb_chan_impl.h"

static void unlink_waiter(hb_chan *chan, hb_direction direction, hb_link *link)
{
    hb__chan_lock(chan);
    hb__queue_remove_locked(&chan->source.waiting, direction, link);
    hb__chan_unlock(chan);
}

static hb_status wait_for(hb_chan *chan, hb_direction direction, hb_link *link, hb_time deadline)
{
    hb_status status;
    do {
        status = hb_wait_park(link->waiter, deadline);
    } while (status == HB_INTERRUPTED);
    if (status == HB_OK || !hb_wait_cancel(link->waiter))
        status = link->waiter->status;
    if (!link->waiter->link) /* cancelled or stopped: nobody took the link out */
        unlink_waiter(chan, direction, link);
    return status;
}

static hb_status wait_for_nil(hb_time deadline)
{
    hb_status status;
    do {
        status = hb_wait_sleep(deadline);
    } while (status == HB_INTERRUPTED);
    return status;
}

/* The lock is held, and released as soon as the waiter has its place. Apart, so that who need not
 * wait makes no waiter. */
static __attribute__((noinline)) hb_status wait_locked(hb_chan *chan, hb_direction direction,
                                                       hb_word *word, hb_time deadline)
{
    hb_waiter waiter;
    hb_link link = { .waiter = &waiter, .word = *word };
    hb_case only = { .source = &chan->source, .direction = direction };
    hb_waiter_init(&waiter);
    waiter.since = hb_now();
    waiter.cases = &only;
    waiter.n_cases = 1;
    hb__source_enqueue_locked(&chan->source, direction, &link);
    hb__chan_unlock(chan);
    hb_status status = wait_for(chan, direction, &link, deadline);
    if (status == HB_OK && direction == HB_RECV)
        *word = waiter.word;
    return status;
}

/* Compiled once for each direction. */
static inline __attribute__((always_inline)) hb_status operate(hb_chan *chan, hb_direction direction,
                                                               hb_word *word, hb_time deadline)
{
    hb_waiter *peer = NULL;
    if (!chan)
        return wait_for_nil(deadline);
    if (hb_source_is_foreign(&chan->source))
        return HB_FOREIGN;
    hb__chan_lock(chan);
    hb_status status = direction == HB_SEND ? hb__send_locked(chan, *word, &peer)
                                            : hb__recv_locked(chan, word, &peer);
    if (status == HB_WOULD_BLOCK)
        return wait_locked(chan, direction, word, deadline);
    hb__chan_unlock(chan);
    hb__wait_wake(peer);
    return status;
}

hb_status hb_chan_send(hb_chan *chan, hb_word word, hb_time deadline)
{
    return operate(chan, HB_SEND, &word, deadline);
}

hb_status hb_chan_recv(hb_chan *chan, hb_word *word, hb_time deadline)
{
    return operate(chan, HB_RECV, word, deadline);
}
