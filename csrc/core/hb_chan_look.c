/* hb_chan_look: looking at a channel from outside. */
#include "hb_chan_impl.h"

bool hb_chan_is_closed(hb_chan *chan)
{
    return hb_load_acquire(&chan->closed);
}

bool hb_chan_is_sole(hb_chan *chan)
{
    hb_lock_acquire(&chan->source.lock);
    bool watched = chan->source.watches != NULL;
    hb_lock_release(&chan->source.lock);
    return !watched && hb_load_acquire(&chan->refs) == 1;
}

void hb_chan_set_type(hb_chan *chan, char type)
{
    hb_store_relaxed(&chan->type, (uint8_t)type);
}

char hb_chan_type(hb_chan *chan)
{
    return (char)hb_load_relaxed(&chan->type);
}

hb_word hb_chan_cause(hb_chan *chan)
{
    hb_lock_acquire(&chan->source.lock);
    hb_word cause = chan->cause;
    hb_lock_release(&chan->source.lock);
    return cause;
}

hb_word *hb_chan_cause_slot(hb_chan *chan)
{
    return &chan->cause;
}

uint64_t hb_chan_len(hb_chan *chan)
{
    hb_lock_acquire(&chan->source.lock);
    uint64_t len = hb__queued_locked(chan);
    hb_lock_release(&chan->source.lock);
    return len;
}

uint64_t hb_chan_capacity(hb_chan *chan)
{
    return chan->capacity;
}

/* By the clock of who waits: threads of a bubble wait here too if the channel is of none. */
static hb_time waited(const hb_waiter *waiter)
{
    hb_time now = waiter->here ? (hb_time)hb_load_relaxed(waiter->here->now) : hb_platform_now();
    return now - waiter->since;
}

static hb_time first_wait_locked(hb_chan *chan, hb_direction direction)
{
    hb_link *first = hb__queue_first_locked(&chan->source.waiting, direction);
    return first ? waited(first->waiter) : 0;
}

static hb_time longest_wait_locked(hb_chan *chan)
{
    hb_time of_senders = first_wait_locked(chan, HB_SEND);
    hb_time of_receivers = first_wait_locked(chan, HB_RECV);
    return of_senders > of_receivers ? of_senders : of_receivers;
}

void hb_chan_stats_get(hb_chan *chan, hb_chan_stats *stats)
{
    hb_lock_acquire(&chan->source.lock);
    *stats = (hb_chan_stats){
        .len = hb__queued_locked(chan), .capacity = chan->capacity, .closed = hb_load_relaxed(&chan->closed),
        .sends = hb_load_relaxed(&chan->sends), .receives = hb_load_relaxed(&chan->receives),
        .high_water = chan->high_water,
        .waiting_senders = hb__queue_count_locked(&chan->source.waiting, HB_SEND),
        .waiting_receivers = hb__queue_count_locked(&chan->source.waiting, HB_RECV),
        .longest_wait = longest_wait_locked(chan),
    };
    hb_lock_release(&chan->source.lock);
}

int hb_chan_visit(hb_chan *chan, int (*visit)(hb_word word, void *arg), void *arg)
{
    int result = 0;
    uint64_t end = hb_load_guarded(&chan->sends);
    for (uint64_t i = hb_load_guarded(&chan->receives); result == 0 && i < end; i++)
        result = visit(hb__ring_get(chan->ring, i), arg);
    return result;
}
