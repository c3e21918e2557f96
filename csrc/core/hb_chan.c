#include "hb_chan_impl.h"

#include <stdlib.h>

static const hb_word no_word = { NULL };

/* ---- one operation, under the lock ---- */

/* Who only looks reads the counts without the lock: a word that is taken counts as received only
 * when the next has moved up, so that a channel that never is empty never looks so. */
static void count_locked(hb_atomic_u64 *counter, uint64_t n)
{
    hb_store_release(counter, hb_load_relaxed(counter) + n);
}

static hb_status send_locked(hb_chan *chan, hb_word word, hb_waiter **peer)
{
    if (hb_load_relaxed(&chan->closed))
        return HB_CLOSED;
    hb_link *receiver = hb__queue_serve_locked(&chan->source.receivers, HB_OK, word);
    if (receiver) {
        *peer = receiver->waiter;
        count_locked(&chan->sends, 1);
        count_locked(&chan->receives, 1);
        return HB_OK;
    }
    if (chan->ring.count >= chan->capacity)
        return HB_WOULD_BLOCK;
    if (!hb__ring_reserve(&chan->ring))
        return HB_NO_MEMORY;
    hb__ring_push(&chan->ring, word);
    hb__source_hint_locked(&chan->source, HB_RECV);
    count_locked(&chan->sends, 1);
    if (chan->ring.count > chan->high_water)
        chan->high_water = chan->ring.count;
    return HB_OK;
}

/* Takes over the word of the longest-waiting sender (I6: it becomes ours as
 * the sender is served). */
static bool take_from_sender_locked(hb_chan *chan, hb_word *word, hb_waiter **peer)
{
    hb_link *sender = hb__queue_serve_locked(&chan->senders, HB_OK, no_word);
    if (!sender)
        return false;
    *word = sender->word;
    *peer = sender->waiter;
    count_locked(&chan->sends, 1);
    return true;
}

static void refill_locked(hb_chan *chan, hb_waiter **peer)
{
    hb_word word;
    if (take_from_sender_locked(chan, &word, peer))
        hb__ring_push(&chan->ring, word);
    else if (chan->ring.count == 0)
        hb__ring_relax(&chan->ring);
}

static hb_status recv_locked(hb_chan *chan, hb_word *word, hb_waiter **peer)
{
    if (chan->ring.count) {
        *word = hb__ring_pop(&chan->ring);
        hb__source_hint_locked(&chan->source, HB_SEND);
        refill_locked(chan, peer);
    } else if (!take_from_sender_locked(chan, word, peer)) {
        return hb_load_relaxed(&chan->closed) ? HB_CLOSED : HB_WOULD_BLOCK;
    }
    count_locked(&chan->receives, 1);
    return HB_OK;
}

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
    return hb_load_acquire(&chan->sends) == receives && !hb_load_acquire(&chan->senders.linked);
}

/* There is no room, nor anybody who takes a word: nobody waits to receive while one is queued
 * (I2). */
static bool looks_full(hb_chan *chan)
{
    uint64_t sends = hb_load_acquire(&chan->sends);
    uint64_t receives = hb_load_acquire(&chan->receives);
    return receives <= sends && sends - receives >= chan->capacity &&
           !hb_load_acquire(&chan->source.receivers.linked);
}

static hb_chan *chan_of(hb_source *source)
{
    return (hb_chan *)source;
}

static bool looks_ready(hb_source *source, hb_direction direction)
{
    hb_chan *chan = chan_of(source);
    return !(direction == HB_RECV ? looks_empty(chan) : looks_full(chan)) || hb_chan_is_closed(chan);
}

/* ---- as a source of select ---- */

static bool ready_locked(hb_source *source, hb_direction direction, hb_time now)
{
    hb_chan *chan = chan_of(source);
    (void)now;
    if (hb_load_relaxed(&chan->closed))
        return true;
    if (direction == HB_RECV)
        return chan->ring.count || hb__queue_first_locked(&chan->senders);
    return chan->ring.count < chan->capacity || hb__queue_first_locked(&source->receivers);
}

static hb_status take_locked(hb_source *source, hb_direction direction, hb_word *word, hb_time now,
                             hb_waiter **peer)
{
    (void)now;
    return direction == HB_RECV ? recv_locked(chan_of(source), word, peer)
                                : send_locked(chan_of(source), *word, peer);
}

static hb_queue *queue(hb_source *source, hb_direction direction)
{
    return direction == HB_RECV ? &source->receivers : &chan_of(source)->senders;
}

static const hb_source_ops chan_ops = {
    .kind = "channel",
    .sends = true,
    .ready_locked = ready_locked,
    .looks_ready = looks_ready,
    .take_locked = take_locked,
    .queue = queue,
};

hb_source *hb_chan_source(hb_chan *chan)
{
    return &chan->source;
}

/* ---- life ---- */

hb_chan *hb_chan_new(uint64_t capacity, hb_drop_fn *drop)
{
    hb_chan *chan = calloc(1, sizeof *chan);
    if (!chan)
        return NULL;
    hb__source_init(&chan->source, &chan_ops);
    chan->capacity = capacity;
    chan->drop = drop;
    hb_store_relaxed(&chan->refs, 1);
    return chan;
}

static bool is_unused_locked(hb_chan *chan)
{
    return !hb_load_relaxed(&chan->closed) && hb_load_relaxed(&chan->sends) == 0 &&
           !hb__queue_first_locked(&chan->senders) &&
           !hb__queue_first_locked(&chan->source.receivers);
}

bool hb_chan_reshape(hb_chan *chan, uint64_t capacity, hb_drop_fn *drop)
{
    hb_lock_acquire(&chan->source.lock);
    bool unused = is_unused_locked(chan);
    if (unused) {
        chan->capacity = capacity;
        chan->drop = drop;
    }
    hb_lock_release(&chan->source.lock);
    return unused;
}

hb_chan *hb_chan_ref(hb_chan *chan)
{
    if (chan)
        hb_fetch_add(&chan->refs, 1);
    return chan;
}

void hb_chan_unref(hb_chan *chan)
{
    if (!chan || hb_fetch_sub(&chan->refs, 1) != 1)
        return;
    while (chan->ring.count) {
        hb_word word = hb__ring_pop(&chan->ring);
        if (chan->drop)
            chan->drop(word);
    }
    hb__ring_fini(&chan->ring);
    free(chan);
}

/* ---- operations that never wait ---- */

hb_status hb_chan_try_send(hb_chan *chan, hb_word word)
{
    hb_waiter *peer = NULL;
    if (!chan || hb_source_is_foreign(&chan->source))
        return chan ? HB_FOREIGN : HB_WOULD_BLOCK;
    if (looks_full(chan) && !hb_chan_is_closed(chan))
        return HB_WOULD_BLOCK;
    hb_lock_acquire(&chan->source.lock);
    hb_status status = send_locked(chan, word, &peer);
    hb_lock_release(&chan->source.lock);
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
    hb_lock_acquire(&chan->source.lock);
    hb_status status = recv_locked(chan, word, &peer);
    hb_lock_release(&chan->source.lock);
    hb__wait_wake(peer);
    return status;
}

static void chain_push(hb_waiter **chain, hb_waiter *peer)
{
    if (!peer)
        return;
    peer->next = *chain;
    *chain = peer;
}

hb_status hb_chan_try_send_many(hb_chan *chan, const hb_word *words, size_t n, size_t *done)
{
    hb_waiter *chain = NULL;
    hb_status status = HB_OK;
    *done = 0;
    if (!chan || hb_source_is_foreign(&chan->source))
        return chan ? HB_FOREIGN : HB_WOULD_BLOCK;
    hb_lock_acquire(&chan->source.lock);
    for (; *done < n; ++*done) {
        hb_waiter *peer = NULL;
        if ((status = send_locked(chan, words[*done], &peer)) != HB_OK)
            break;
        chain_push(&chain, peer);
    }
    hb_lock_release(&chan->source.lock);
    hb__wait_wake(chain);
    return status;
}

/* Up to n of the queued words, as long as nobody waits to put another in their place. */
static size_t recv_queued_locked(hb_chan *chan, hb_word *words, size_t n)
{
    n = n < chan->ring.count ? n : chan->ring.count;
    if (n == 0 || hb__queue_first_locked(&chan->senders))
        return 0;
    hb__ring_pop_many(&chan->ring, words, n);
    count_locked(&chan->receives, n);
    hb__source_hint_locked(&chan->source, HB_SEND);
    if (chan->ring.count == 0)
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
    hb_lock_acquire(&chan->source.lock);
    while (status == HB_OK && (*done += recv_queued_locked(chan, words + *done, n - *done)) < n) {
        hb_waiter *peer = NULL;
        status = recv_locked(chan, &words[*done], &peer);
        *done += status == HB_OK;
        chain_push(&chain, peer);
    }
    hb_lock_release(&chan->source.lock);
    hb__wait_wake(chain);
    return status;
}

/* ---- close ---- */

static void serve_all_locked(hb_queue *waiting, hb_waiter **chain)
{
    hb_link *link;
    while ((link = hb__queue_serve_locked(waiting, HB_CLOSED, no_word)))
        chain_push(chain, link->waiter);
}

hb_status hb_chan_close(hb_chan *chan, hb_word cause)
{
    return hb_source_is_foreign(&chan->source) ? HB_FOREIGN : hb_chan_shut(chan, cause);
}

hb_status hb_chan_shut(hb_chan *chan, hb_word cause)
{
    hb_waiter *chain = NULL;
    hb_lock_acquire(&chan->source.lock);
    hb_status status = hb_load_relaxed(&chan->closed) ? HB_CLOSED : HB_OK;
    if (status == HB_OK) {
        chan->cause = cause;
        hb_store_release(&chan->closed, 1);
        serve_all_locked(&chan->source.receivers, &chain);
        serve_all_locked(&chan->senders, &chain);
        hb__source_hint_locked(&chan->source, HB_RECV);
        hb__source_hint_locked(&chan->source, HB_SEND);
    }
    hb_lock_release(&chan->source.lock);
    hb__wait_wake(chain);
    return status;
}
