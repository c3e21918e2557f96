/* hb_chan_look: looking at a channel from outside. */
#include "hb_chan_impl.h"

bool hb_chan_is_closed(hb_chan *chan)
{
    hb_lock_acquire(&chan->source.lock);
    bool closed = chan->closed;
    hb_lock_release(&chan->source.lock);
    return closed;
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

/* The lock may have been held by a thread that was not forked along. */
void hb__chan_orphan(hb_chan *chan)
{
    hb_lock_init(&chan->source.lock);
    chan->closed = true;
    chan->senders = chan->source.receivers = (hb_queue){ NULL, NULL };
}

uint64_t hb_chan_len(hb_chan *chan)
{
    hb_lock_acquire(&chan->source.lock);
    uint64_t len = chan->ring.count;
    hb_lock_release(&chan->source.lock);
    return len;
}

uint64_t hb_chan_capacity(hb_chan *chan)
{
    return chan->capacity;
}

static uint64_t count_waiting_locked(hb_queue *waiting, hb_time *oldest)
{
    uint64_t n = 0;
    hb_link *first = hb__queue_first_locked(waiting);
    if (first && first->waiter->since < *oldest)
        *oldest = first->waiter->since;
    for (hb_link *link = first; link; link = link->next)
        n++;
    return n;
}

void hb_chan_stats_get(hb_chan *chan, hb_chan_stats *stats)
{
    hb_time now = hb_now();
    hb_time oldest = now;
    hb_lock_acquire(&chan->source.lock);
    *stats = (hb_chan_stats){
        .len = chan->ring.count, .capacity = chan->capacity, .closed = chan->closed,
        .sends = chan->sends, .receives = chan->receives, .high_water = chan->high_water,
        .waiting_senders = count_waiting_locked(&chan->senders, &oldest),
        .waiting_receivers = count_waiting_locked(&chan->source.receivers, &oldest),
    };
    stats->longest_wait = now - oldest;
    hb_lock_release(&chan->source.lock);
}

int hb_chan_visit(hb_chan *chan, int (*visit)(hb_word word, void *arg), void *arg)
{
    int result = 0;
    for (uint64_t i = 0; result == 0 && i < chan->ring.count; i++)
        result = visit(hb__ring_at(&chan->ring, i), arg);
    return result;
}
