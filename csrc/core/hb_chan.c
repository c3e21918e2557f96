#include "hb_chan_impl.h"

/* ---- a look without the lock ----
 *
 * Asked over and over, a channel that is not ready says so without its lock. What is read first
 * can only be nearer to ready: so at the instant of the second look none of it was, and whether
 * the channel was open at that instant is read after it. */

/* No word is queued and none is offered: for with places to queue in, nobody waits to send while
 * there is no word (I3), and without there never is one. */
static bool looks_empty(hb_chan *chan)
{
    uint64_t receives = hb_load_acquire(&chan->receives);
    return hb_load_acquire(&chan->sends) == receives && !hb__queue_has_links(&chan->source.waiting, HB_SEND);
}

/* There is no room, nor anybody who takes a word: nobody waits to receive while one is queued
 * (I2). */
static bool looks_full(hb_chan *chan)
{
    uint64_t sends = hb_load_acquire(&chan->sends);
    uint64_t receives = hb_load_acquire(&chan->receives);
    return receives <= sends && sends - receives >= chan->capacity &&
           !hb__queue_has_links(&chan->source.waiting, HB_RECV);
}

static bool looks_ready(hb_source *source, hb_direction direction)
{
    hb_chan *chan = hb__chan_of(source);
    return !(direction == HB_RECV ? looks_empty(chan) : looks_full(chan)) || hb_chan_is_closed(chan);
}

/* ---- as a source of select ---- */

static bool ready_locked(hb_source *source, hb_direction direction, hb_time now)
{
    hb_chan *chan = hb__chan_of(source);
    (void)now;
    if (hb_load_guarded(&chan->closed))
        return true;
    if (direction == HB_RECV)
        return hb__queued_locked(chan) || hb__queue_first_locked(&source->waiting, HB_SEND);
    return hb__queued_locked(chan) < chan->capacity || hb__queue_first_locked(&source->waiting, HB_RECV);
}

static hb_status take_locked(hb_source *source, hb_direction direction, hb_word *word, hb_time now,
                             hb_waiter **peer)
{
    (void)now;
    return direction == HB_RECV ? hb__recv_locked(hb__chan_of(source), word, peer)
                                : hb__send_locked(hb__chan_of(source), *word, peer);
}

const hb_source_ops hb__chan_ops = {
    .kind = "channel",
    .sends = true,
    .ready_locked = ready_locked,
    .looks_ready = looks_ready,
    .take_locked = take_locked,
    .lock_slow = hb__chan_lock_slow,
};

hb_source *hb_chan_source(hb_chan *chan)
{
    return &chan->source;
}

/* ---- operations that never wait ---- */

hb_status hb_chan_try_send(hb_chan *chan, hb_word word)
{
    hb_waiter *peer = NULL;
    if (!chan || hb_source_is_foreign(&chan->source))
        return chan ? HB_FOREIGN : HB_WOULD_BLOCK;
    if (looks_full(chan) && !hb_chan_is_closed(chan))
        return HB_WOULD_BLOCK;
    hb__chan_lock(chan);
    hb_status status = hb__send_locked(chan, word, &peer);
    hb__chan_unlock(chan);
    hb__wait_wake(peer);
    return status;
}

hb_status hb_chan_try_recv(hb_chan *chan, hb_word *word)
{
    hb_waiter *peer = NULL;
    if (!chan || hb_source_is_foreign(&chan->source))
        return chan ? HB_FOREIGN : HB_WOULD_BLOCK;
    if (looks_empty(chan)) {
        if (!hb_chan_is_closed(chan))
            return HB_WOULD_BLOCK;
        if (looks_empty(chan))
            return HB_CLOSED;
    }
    hb__chan_lock(chan);
    hb_status status = hb__recv_locked(chan, word, &peer);
    hb__chan_unlock(chan);
    hb__wait_wake(peer);
    return status;
}
