/* hb_chan_impl: what the files that make up the channel share.
 *
 * hb_chan.c       as a source of select, and the operations that never wait
 * hb_chan_many.c  many words under one lock
 * hb_chan_wait.c  the waits of native threads
 * hb_chan_lock.c  taking the lock while others hold it
 * hb_chan_life.c  making, closing and freeing
 * hb_chan_look.c  looking at a channel from outside */
#ifndef HB_CHAN_IMPL_H
#define HB_CHAN_IMPL_H

#include "hb_chan.h"
#include "hb_ring.h"

struct hb_chan {
    hb_source source;   /* its lock guards all below that is not constant */
    hb_queue senders;   /* lock */
    hb_ring ring;       /* lock */
    uint64_t capacity;  /* constant once used */
    hb_atomic_u64 sends;    /* lock: words accepted so far; read without it by who only looks */
    hb_atomic_u64 receives; /* the same: words given out so far */
    uint64_t high_water; /* lock: most words ever queued */
    hb_word cause;      /* lock; constant once closed */
    hb_atomic_u32 closed; /* lock; read without it by who only looks */
    hb_atomic_u32 type;   /* constant once used */
    hb_drop_fn *drop;   /* constant once used */
    hb_atomic_u32 refs;
};

extern const hb_source_ops hb__chan_ops;

static inline hb_chan *hb__chan_of(hb_source *source)
{
    return (hb_chan *)source;
}

/* Takes the lock, which somebody holds. */
void hb__chan_lock_slow(hb_source *source);

static inline void hb__chan_lock(hb_chan *chan)
{
    if (!hb_lock_try(&chan->source.lock))
        hb__chan_lock_slow(&chan->source);
}

static inline void hb__chan_unlock(hb_chan *chan)
{
    hb_lock_release(&chan->source.lock);
}

/* One more to be woken. */
static inline void hb__chain_push(hb_waiter **chain, hb_waiter *peer)
{
    if (!peer)
        return;
    peer->next = *chain;
    *chain = peer;
}

/* ---- one operation, under the lock ---- */

/* Who only looks reads the counts without the lock: a word that is taken counts as received only
 * when the next has moved up, so that a channel that never is empty never looks so. */
static inline void hb__count_locked(hb_atomic_u64 *counter, uint64_t n)
{
    hb_store_release(counter, hb_load_relaxed(counter) + n);
}

static inline hb_status hb__send_locked(hb_chan *chan, hb_word word, hb_waiter **peer)
{
    if (hb_load_relaxed(&chan->closed))
        return HB_CLOSED;
    hb_link *receiver = hb__queue_serve_locked(&chan->source.receivers, HB_OK, word);
    if (receiver) {
        *peer = receiver->waiter;
        hb__count_locked(&chan->sends, 1);
        hb__count_locked(&chan->receives, 1);
        return HB_OK;
    }
    if (chan->ring.count >= chan->capacity)
        return HB_WOULD_BLOCK;
    if (!hb__ring_reserve(&chan->ring))
        return HB_NO_MEMORY;
    hb__ring_push(&chan->ring, word);
    hb__source_hint_locked(&chan->source, HB_RECV);
    hb__count_locked(&chan->sends, 1);
    if (chan->ring.count > chan->high_water)
        chan->high_water = chan->ring.count;
    return HB_OK;
}

/* Takes over the word of the longest-waiting sender (I6: it becomes ours as
 * the sender is served). */
static inline bool hb__take_from_sender_locked(hb_chan *chan, hb_word *word, hb_waiter **peer)
{
    hb_link *sender = hb__queue_serve_locked(&chan->senders, HB_OK, (hb_word){ NULL });
    if (!sender)
        return false;
    *word = sender->word;
    *peer = sender->waiter;
    hb__count_locked(&chan->sends, 1);
    return true;
}

static inline void hb__refill_locked(hb_chan *chan, hb_waiter **peer)
{
    hb_word word;
    if (hb__take_from_sender_locked(chan, &word, peer))
        hb__ring_push(&chan->ring, word);
    else if (chan->ring.count == 0)
        hb__ring_relax(&chan->ring);
}

static inline hb_status hb__recv_locked(hb_chan *chan, hb_word *word, hb_waiter **peer)
{
    if (chan->ring.count) {
        *word = hb__ring_pop(&chan->ring);
        hb__source_hint_locked(&chan->source, HB_SEND);
        hb__refill_locked(chan, peer);
    } else if (!hb__take_from_sender_locked(chan, word, peer)) {
        return hb_load_relaxed(&chan->closed) ? HB_CLOSED : HB_WOULD_BLOCK;
    }
    hb__count_locked(&chan->receives, 1);
    return HB_OK;
}

#endif
