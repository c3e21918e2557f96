#include "hb_follow.h"

static const hb_word nothing = { NULL };

static hb_follow *follow_of(hb_waiter *waiter)
{
    return (hb_follow *)waiter;
}

/* ---- the wake ---- */

/* F2: the follow may be gone when this returns. */
static void close_and_finish(hb_follow *follow)
{
    hb_chan_shut(follow->chan, nothing);
    hb__wait_finish(&follow->waiter);
}

/* F4: what this thread has still to close. */
static _Thread_local hb_waiter *set_aside;
static _Thread_local bool closing;

static void wake_follow(hb_waiter *waiter)
{
    waiter->next = set_aside;
    set_aside = waiter;
    if (closing)
        return;
    closing = true;
    while (set_aside) {
        hb_follow *follow = follow_of(set_aside);
        set_aside = follow->waiter.next;
        close_and_finish(follow);
    }
    closing = false;
}

/* ---- start ---- */

/* True if there is nothing to wait for: then the waiter has been served. */
static bool take_or_link(hb_follow *follow)
{
    hb_source *source = follow->source;
    hb_word word = nothing;
    hb_waiter *peer = NULL;
    hb_lock_acquire(&source->lock);
    hb_status status = source->ops->take_locked(source, HB_RECV, &word, 0, &peer);
    if (status == HB_WOULD_BLOCK) {
        follow->waiter.since = hb_now();
        hb__source_enqueue_locked(source, HB_RECV, &follow->link);
    } else {
        hb__wait_serve(&follow->link, status, word);
    }
    hb_lock_release(&source->lock);
    hb__wait_wake(peer);
    return status != HB_WOULD_BLOCK;
}

void hb_follow_start(hb_follow *follow, hb_source *source, hb_chan *chan, hb_drop_fn *drop)
{
    hb_waiter_init(&follow->waiter);
    follow->waiter.wake = wake_follow;
    follow->waiter.here = NULL; /* no thread sleeps on it */
    follow->link = (hb_link){ .waiter = &follow->waiter };
    follow->source = source;
    follow->chan = hb_chan_ref(chan);
    follow->drop = drop;
    follow->epoch = hb__epoch();
    if (source && take_or_link(follow))
        hb__wait_wake(&follow->waiter);
}

/* ---- stop ---- */

static void unlink_follow(hb_follow *follow)
{
    hb_source *source = follow->source;
    if (!source)
        return;
    hb_lock_acquire(&source->lock);
    hb__queue_remove_locked(&source->waiting, HB_RECV, &follow->link);
    hb_lock_release(&source->lock);
}

/* Ends the wait, if nobody has. True if somebody has, and is through with it. */
static bool was_served(hb_follow *follow)
{
    if (follow->epoch != hb__epoch()) /* F5: a winner not yet through is no more */
        return hb_load_acquire(&follow->waiter.state) & HB_WAITER_DONE;
    if (!hb_wait_cancel(&follow->waiter))
        return true;
    unlink_follow(follow);
    return false;
}

void hb_follow_stop(hb_follow *follow)
{
    if (was_served(follow) && follow->waiter.status == HB_OK && follow->drop)
        follow->drop(follow->waiter.word);
    hb_chan_unref(follow->chan);
}
