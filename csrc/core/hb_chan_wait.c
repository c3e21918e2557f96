/* hb_chan_wait: the waits of native threads, which need not look after signals. */
#include "hb_chan_impl.h"

/* Under one lock: done at once, or linked. */
static hb_status begin(hb_chan *chan, const hb_case *only, hb_link *link, hb_word *word)
{
    hb_waiter *peer = NULL;
    hb_direction direction = only->direction;
    if (hb_source_is_foreign(&chan->source))
        return HB_FOREIGN;
    hb_lock_acquire(&chan->source.lock);
    hb_status status = chan->source.ops->take_locked(&chan->source, direction, word, 0, &peer);
    if (status == HB_WOULD_BLOCK) {
        hb_waiter_init(link->waiter);
        link->waiter->since = hb_now();
        link->waiter->cases = only;
        link->waiter->n_cases = 1;
        link->word = *word;
        hb__source_enqueue_locked(&chan->source, direction, link);
    }
    hb_lock_release(&chan->source.lock);
    hb__wait_wake(peer);
    return status;
}

static void unlink_waiter(hb_chan *chan, hb_direction direction, hb_link *link)
{
    hb_lock_acquire(&chan->source.lock);
    hb__queue_remove_locked(chan->source.ops->queue(&chan->source, direction), link);
    hb_lock_release(&chan->source.lock);
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

static hb_status operate(hb_chan *chan, hb_direction direction, hb_word *word, hb_time deadline)
{
    hb_waiter waiter;
    hb_link link = { .waiter = &waiter };
    if (!chan)
        return wait_for_nil(deadline);
    hb_case only = { .source = &chan->source, .direction = direction };
    hb_status status = begin(chan, &only, &link, word);
    if (status != HB_WOULD_BLOCK)
        return status;
    status = wait_for(chan, direction, &link, deadline);
    if (status == HB_OK && direction == HB_RECV)
        *word = waiter.word;
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

/* What went on the way is counted, whatever ends it. */
hb_status hb_chan_send_many(hb_chan *chan, const hb_word *words, size_t n, size_t *done,
                            hb_time deadline)
{
    size_t step;
    *done = 0;
    for (;;) {
        hb_status status = hb_chan_try_send_many(chan, words + *done, n - *done, &step);
        *done += step;
        if (status != HB_WOULD_BLOCK)
            return status;
        status = hb_chan_send(chan, words[*done], deadline);
        if (status != HB_OK)
            return status;
        ++*done;
    }
}

hb_status hb_chan_recv_many(hb_chan *chan, hb_word *words, size_t n, size_t *done, hb_time deadline)
{
    size_t rest;
    hb_status status = hb_chan_try_recv_many(chan, words, n, done);
    if (*done > 0 || status != HB_WOULD_BLOCK)
        return *done > 0 ? HB_OK : status;
    status = hb_chan_recv(chan, words, deadline);
    if (status != HB_OK)
        return status;
    hb_chan_try_recv_many(chan, words + 1, n - 1, &rest);
    *done = 1 + rest;
    return HB_OK;
}
