/* hb_chan_life: making, closing and freeing a channel. */
#include "hb_chan_impl.h"

#include <stdlib.h>

hb_chan *hb_chan_new(uint64_t capacity, hb_drop_fn *drop)
{
    hb_chan *chan = calloc(1, sizeof *chan);
    if (!chan)
        return NULL;
    hb__source_init(&chan->source, &hb__chan_ops);
    chan->ring = &hb__ring_none;
    chan->capacity = capacity;
    chan->drop = drop;
    hb_store_relaxed(&chan->refs, 1);
    return chan;
}

static bool is_unused_locked(hb_chan *chan)
{
    return !hb_load_relaxed(&chan->closed) && hb_load_relaxed(&chan->sends) == 0 &&
           !hb__queue_first_locked(&chan->source.waiting, HB_SEND) &&
           !hb__queue_first_locked(&chan->source.waiting, HB_RECV);
}

bool hb_chan_reshape(hb_chan *chan, uint64_t capacity, hb_drop_fn *drop)
{
    hb__chan_lock(chan);
    bool unused = is_unused_locked(chan);
    if (unused) {
        chan->capacity = capacity;
        chan->drop = drop;
    }
    hb__chan_unlock(chan);
    return unused;
}

hb_chan *hb_chan_ref(hb_chan *chan)
{
    if (chan)
        hb_fetch_add(&chan->refs, 1);
    return chan;
}

/* Nobody else has the channel any more. A word is out of it before anything is done with it. */
static void drop_queued(hb_chan *chan)
{
    while (hb__queued_locked(chan)) {
        hb_word word = hb__ring_get(chan->ring, hb_load_guarded(&chan->receives));
        hb__count_locked(&chan->receives, 1);
        chan->drop(word);
    }
}

void hb_chan_unref(hb_chan *chan)
{
    if (!chan || hb_fetch_sub(&chan->refs, 1) != 1)
        return;
    if (chan->drop)
        drop_queued(chan);
    hb__ring_free(&chan->ring);
    free(chan);
}

/* ---- close ---- */

static void serve_all_locked(hb_chan *chan, hb_direction direction, hb_waiter **chain)
{
    hb_link *link;
    while ((link = hb__queue_serve_locked(&chan->source.waiting, direction, HB_CLOSED, (hb_word){ NULL })))
        hb__chain_push(chain, link->waiter);
}

hb_status hb_chan_close(hb_chan *chan, hb_word cause)
{
    return hb_source_is_foreign(&chan->source) ? HB_FOREIGN : hb_chan_shut(chan, cause);
}

hb_status hb_chan_shut(hb_chan *chan, hb_word cause)
{
    hb_waiter *chain = NULL;
    hb__chan_lock(chan);
    hb_status status = hb_load_relaxed(&chan->closed) ? HB_CLOSED : HB_OK;
    if (status == HB_OK) {
        chan->cause = cause;
        hb_store_release(&chan->closed, 1);
        serve_all_locked(chan, HB_RECV, &chain);
        serve_all_locked(chan, HB_SEND, &chain);
        hb__source_hint_locked(&chan->source, HB_RECV);
        hb__source_hint_locked(&chan->source, HB_SEND);
    }
    hb__chan_unlock(chan);
    hb__wait_wake(chain);
    return status;
}
