/* hb_chan_many: many words under one lock. */
#include "hb_chan_impl.h"

hb_status hb_chan_try_send_many(hb_chan *chan, const hb_word *words, size_t n, size_t *done)
{
    hb_waiter *chain = NULL;
    hb_status status = HB_OK;
    *done = 0;
    if (!chan || hb_source_is_foreign(&chan->source))
        return chan ? HB_FOREIGN : HB_WOULD_BLOCK;
    hb__chan_lock(chan);
    for (; *done < n; ++*done) {
        hb_waiter *peer = NULL;
        if ((status = hb__send_locked(chan, words[*done], &peer)) != HB_OK)
            break;
        hb__chain_push(&chain, peer);
    }
    hb__chan_unlock(chan);
    hb__wait_wake(chain);
    return status;
}

/* Up to n of the queued words, as long as nobody waits to put another in their place. */
static size_t recv_queued_locked(hb_chan *chan, hb_word *words, size_t n)
{
    uint64_t queued = hb__queued_locked(chan);
    n = n < queued ? n : queued;
    if (n == 0 || hb__queue_first_locked(&chan->source.waiting, HB_SEND))
        return 0;
    hb__ring_get_many(chan->ring, hb_load_guarded(&chan->receives), words, n);
    hb__count_locked(&chan->receives, n);
    hb__source_hint_locked(&chan->source, HB_SEND);
    if (n == queued)
        hb__ring_relax(&chan->ring);
    return n;
}

hb_status hb_chan_try_recv_many(hb_chan *chan, hb_word *words, size_t n, size_t *done)
{
    hb_waiter *chain = NULL;
    hb_status status = HB_OK;
    *done = 0;
    if (!chan || hb_source_is_foreign(&chan->source))
        return chan ? HB_FOREIGN : HB_WOULD_BLOCK;
    hb__chan_lock(chan);
    while (status == HB_OK && (*done += recv_queued_locked(chan, words + *done, n - *done)) < n) {
        hb_waiter *peer = NULL;
        status = hb__recv_locked(chan, &words[*done], &peer);
        *done += status == HB_OK;
        hb__chain_push(&chain, peer);
    }
    hb__chan_unlock(chan);
    hb__wait_wake(chain);
    return status;
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
