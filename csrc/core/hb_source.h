/* hb_source: whatever can stand as a case of a select.
 *
 * A channel, a timer or a watchdog begins with an hb_source. Select knows nothing
 * else of it: under the source's lock it asks whether a case is ready, makes it
 * happen, or hangs a link into the queue of its direction.
 *
 * Locking: `lock` guards everything in the source and what is built on it. Many
 * sources are locked in the order of their addresses, by select alone. */
#ifndef HB_SOURCE_H
#define HB_SOURCE_H

#include "hb_queue.h"
#include "hb_watch.h"

typedef struct hb_source hb_source;

typedef struct hb_source_ops {
    const char *kind; /* what it is called where a wait is explained */
    bool sends;       /* a case can send to it */
    /* Whether the case could happen now. `now` counts for timed sources only. */
    bool (*ready_locked)(hb_source *source, hb_direction direction, hb_time now);
    /* The same without the lock. False only if it was not ready at some instant of the call, which
     * says nothing of other sources at that instant. NULL: it cannot be told. */
    bool (*looks_ready)(hb_source *source, hb_direction direction);
    /* Makes it happen: HB_OK, HB_CLOSED, or HB_WOULD_BLOCK. `word` is what to
     * send, or gets what was received. `*peer`: whom to wake after unlocking. */
    hb_status (*take_locked)(hb_source *source, hb_direction direction, hb_word *word,
                             hb_time now, hb_waiter **peer);
    /* Timed sources only, on hb_source_now's clock: when it will be ready by itself, and handing
     * what is due to those who wait longest (returned, to be woken after unlocking). */
    hb_time (*due_locked)(hb_source *source);
    hb_waiter *(*expire_locked)(hb_source *source, hb_time now);
    /* Takes the source's lock, which somebody holds. NULL: as any lock. */
    void (*lock_slow)(hb_source *source);
} hb_source_ops;

struct hb_source {
    hb_lock lock;
    uint32_t bubble;          /* constant: of the bubble it was made in; 0: in none */
    const hb_source_ops *ops; /* constant */
    hb_queues waiting;        /* lock */
    hb_watch *watches;        /* lock: who wants to hear of it, mostly nobody */
    const char *name;         /* lock: NULL or the owner's, who keeps it as long as the source */
};

static inline void hb__source_init(hb_source *source, const hb_source_ops *ops)
{
    hb_lock_init(&source->lock);
    source->bubble = hb_here_bubble();
    source->ops = ops;
    hb__queues_init(&source->waiting);
    source->watches = NULL;
    source->name = NULL;
}

static inline void hb__source_lock(hb_source *source)
{
    if (hb_lock_try(&source->lock))
        return;
    if (source->ops->lock_slow)
        source->ops->lock_slow(source);
    else
        hb__lock_soon(&source->lock);
}

/* Names it where a wait is explained. The text stays the caller's. */
static inline void hb_source_set_name(hb_source *source, const char *name)
{
    hb_lock_acquire(&source->lock);
    source->name = name;
    hb_lock_release(&source->lock);
}

/* What a call waits for, or one of several such. */
struct hb_case {
    hb_source *source; /* NULL: never ready */
    hb_direction direction;
    hb_word word; /* HB_SEND: what to send */
};

/* It belongs to a bubble that the calling thread takes no part in. */
static inline bool hb_source_is_foreign(const hb_source *source)
{
    return source->bubble && source->bubble != hb_here_bubble();
}

/* The present on the clock the source keeps: real time if it was made in no bubble, whoever asks. */
static inline hb_time hb_source_now(const hb_source *source)
{
    return source->bubble ? hb_now() : hb_platform_now();
}

/* A case of that direction may have become ready. */
static inline void hb__source_hint_locked(hb_source *source, hb_direction direction)
{
    if (source->watches)
        hb__watch_notify_locked(source->watches, (int)direction);
}

/* Hangs a link into the queue of its direction. To somebody of the other
 * direction the newcomer is a peer. */
static inline void hb__source_enqueue_locked(hb_source *source, hb_direction direction, hb_link *link)
{
    hb_waiter *waiter = link->waiter;
    hb__queue_add_locked(&source->waiting, direction, link);
    waiter->outside |= waiter->here && waiter->here->bubble != source->bubble;
    hb__source_hint_locked(source, direction == HB_SEND ? HB_RECV : HB_SEND);
}

/* Puts a watch on the source, and takes it off. */
void hb_source_watch(hb_source *source, hb_watch *watch);
void hb_source_unwatch(hb_source *source, hb_watch *watch);

/* When a timed source will be ready by itself; HB_FOREVER for others. */
hb_time hb_source_due(hb_source *source);

#endif
