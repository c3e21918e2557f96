#include "hb_chan.h"

#include <stdlib.h>

#include "hb_ring.h"

struct hb_chan {
    hb_source source;   /* its lock guards all below that is not constant */
    hb_queue senders;   /* lock */
    hb_ring ring;       /* lock */
    uint64_t capacity;  /* constant */
    uint64_t sends;     /* lock: words accepted so far */
    uint64_t receives;  /* lock: words given out so far */
    uint64_t high_water; /* lock: most words ever queued */
    hb_word cause;      /* lock; constant once closed */
    bool closed;        /* lock */
    hb_drop_fn *drop;   /* constant */
    hb_atomic_u32 refs;
};

static const hb_word no_word = { NULL };

/* ---- one operation, under the lock ---- */

static hb_status send_locked(hb_chan *chan, hb_word word, hb_waiter **peer)
{
    if (chan->closed)
        return HB_CLOSED;
    hb_link *receiver = hb__queue_serve_locked(&chan->source.receivers, HB_OK, word);
    if (receiver) {
        *peer = receiver->waiter;
        chan->sends++;
        chan->receives++;
        return HB_OK;
    }
    if (chan->ring.count >= chan->capacity)
        return HB_WOULD_BLOCK;
    if (!hb__ring_reserve(&chan->ring))
        return HB_NO_MEMORY;
    hb__ring_push(&chan->ring, word);
    hb__source_hint_locked(&chan->source, HB_RECV);
    chan->sends++;
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
    chan->sends++;
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
        return chan->closed ? HB_CLOSED : HB_WOULD_BLOCK;
    }
    chan->receives++;
    return HB_OK;
}

/* ---- as a source of select ---- */

static hb_chan *chan_of(hb_source *source)
{
    return (hb_chan *)source;
}

static bool ready_locked(hb_source *source, hb_direction direction, hb_time now)
{
    hb_chan *chan = chan_of(source);
    (void)now;
    if (chan->closed)
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
    .ready_locked = ready_locked,
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
    if (!chan)
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
    if (!chan)
        return HB_WOULD_BLOCK;
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
    if (!chan)
        return HB_WOULD_BLOCK;
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

hb_status hb_chan_try_recv_many(hb_chan *chan, hb_word *words, size_t n, size_t *done)
{
    hb_waiter *chain = NULL;
    hb_status status = HB_OK;
    *done = 0;
    if (!chan)
        return HB_WOULD_BLOCK;
    hb_lock_acquire(&chan->source.lock);
    for (; *done < n; ++*done) {
        hb_waiter *peer = NULL;
        if ((status = recv_locked(chan, &words[*done], &peer)) != HB_OK)
            break;
        chain_push(&chain, peer);
    }
    hb_lock_release(&chan->source.lock);
    hb__wait_wake(chain);
    return status;
}

/* ---- waiting operations of native threads ---- */

/* Under one lock: done at once, or linked. */
static hb_status begin(hb_chan *chan, hb_direction direction, hb_link *link, hb_word *word)
{
    hb_waiter *peer = NULL;
    hb_lock_acquire(&chan->source.lock);
    hb_status status = take_locked(&chan->source, direction, word, 0, &peer);
    if (status == HB_WOULD_BLOCK) {
        link->waiter->since = hb_now();
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
    hb__queue_remove_locked(queue(&chan->source, direction), link);
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
    hb_waiter_init(&waiter);
    hb_status status = begin(chan, direction, &link, word);
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

/* ---- close ---- */

static void serve_all_locked(hb_queue *waiting, hb_waiter **chain)
{
    hb_link *link;
    while ((link = hb__queue_serve_locked(waiting, HB_CLOSED, no_word)))
        chain_push(chain, link->waiter);
}

hb_status hb_chan_close(hb_chan *chan, hb_word cause)
{
    hb_waiter *chain = NULL;
    hb_lock_acquire(&chan->source.lock);
    hb_status status = chan->closed ? HB_CLOSED : HB_OK;
    if (status == HB_OK) {
        chan->closed = true;
        chan->cause = cause;
        serve_all_locked(&chan->source.receivers, &chain);
        serve_all_locked(&chan->senders, &chain);
        hb__source_hint_locked(&chan->source, HB_RECV);
        hb__source_hint_locked(&chan->source, HB_SEND);
    }
    hb_lock_release(&chan->source.lock);
    hb__wait_wake(chain);
    return status;
}

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

/* ---- looking ---- */

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
