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
    hb_source source;    /* its lock guards all below that is not constant */
    hb_ring *ring;       /* lock */
    uint64_t capacity;   /* constant once used */
    hb_atomic_u64 sends;    /* lock: words accepted so far; read without it by who only looks */
    hb_atomic_u64 receives; /* the same: words given out so far */
    uint64_t high_water; /* lock: most words ever queued */
    hb_word cause;       /* lock; constant once closed */
    hb_drop_fn *drop;    /* constant once used */
    hb_atomic_u32 refs;
    hb_atomic_u8 closed; /* lock; read without it by who only looks */
    hb_atomic_u8 type;   /* constant once used */
};

/* With what malloc adds, 128 bytes. */
_Static_assert(sizeof(struct hb_chan) <= 120, "a channel takes two lines of the cache");

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

/* The words queued are those from position `receives` up to position `sends`. */
static inline uint64_t hb__queued_locked(hb_chan *chan)
{
    return hb_load_guarded(&chan->sends) - hb_load_guarded(&chan->receives);
}

/* Who only looks reads the counts without the lock: a word that is taken counts as received only
 * when the next has moved up, so that a channel that never is empty never looks so. */
static inline void hb__count_locked(hb_atomic_u64 *counter, uint64_t n)
{
    hb_store_release(counter, hb_load_guarded(counter) + n);
}

/* There is room. */
static inline void hb__queue_word_locked(hb_chan *chan, hb_word word)
{
    hb__ring_put(chan->ring, hb_load_guarded(&chan->sends), word);
    hb__count_locked(&chan->sends, 1);
}

static inline hb_status hb__send_locked(hb_chan *chan, hb_word word, hb_waiter **peer)
{
    if (hb_load_guarded(&chan->closed))
        return HB_CLOSED;
    hb_link *receiver = hb__queue_serve_locked(&chan->source.waiting, HB_RECV, HB_OK, word);
    if (receiver) {
        *peer = receiver->waiter;
        hb__count_locked(&chan->sends, 1);
        hb__count_locked(&chan->receives, 1);
        return HB_OK;
    }
    uint64_t queued = hb__queued_locked(chan);
    if (queued >= chan->capacity)
        return HB_WOULD_BLOCK;
    if (queued >= chan->ring->size && !hb__ring_grow(&chan->ring, hb_load_guarded(&chan->receives)))
        return HB_NO_MEMORY;
    hb__queue_word_locked(chan, word);
    hb__source_hint_locked(&chan->source, HB_RECV);
    if (queued >= chan->high_water)
        chan->high_water = queued + 1;
    return HB_OK;
}

/* Takes over the word of the longest-waiting sender (I6: it becomes ours as
 * the sender is served). */
static inline bool hb__take_from_sender_locked(hb_chan *chan, hb_word *word, hb_waiter **peer)
{
    hb_link *sender = hb__queue_serve_locked(&chan->source.waiting, HB_SEND, HB_OK, (hb_word){ NULL });
    if (!sender)
        return false;
    *word = sender->word;
    *peer = sender->waiter;
    return true;
}

/* One of `queued` words has been taken, and is not counted yet: its place may be taken. */
static inline void hb__refill_locked(hb_chan *chan, uint64_t queued, hb_waiter **peer)
{
    hb_word word;
    if (hb__take_from_sender_locked(chan, &word, peer))
        hb__queue_word_locked(chan, word);
    else if (queued == 1)
        hb__ring_relax(&chan->ring);
}

static inline hb_status hb__recv_locked(hb_chan *chan, hb_word *word, hb_waiter **peer)
{
    uint64_t queued = hb__queued_locked(chan);
    if (queued) {
        *word = hb__ring_get(chan->ring, hb_load_guarded(&chan->receives));
        hb__source_hint_locked(&chan->source, HB_SEND);
        hb__refill_locked(chan, queued, peer);
    } else if (hb__take_from_sender_locked(chan, word, peer)) {
        hb__count_locked(&chan->sends, 1);
    } else {
        return hb_load_guarded(&chan->closed) ? HB_CLOSED : HB_WOULD_BLOCK;
    }
    hb__count_locked(&chan->receives, 1);
    return HB_OK;
}

#endif
