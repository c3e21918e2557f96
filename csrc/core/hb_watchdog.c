#include "hb_watchdog.h"

#include "hb_rand.h"

static hb_watchdog *watchdog_of(hb_source *source)
{
    return (hb_watchdog *)source;
}

static bool has_expired_locked(const hb_watchdog *watchdog, hb_time now)
{
    return watchdog->due <= now; /* no instant is HB_FOREVER */
}

/* ---- arming ---- */

static hb_time draw_jitter(const hb_watchdog *watchdog)
{
    return watchdog->jitter ? (hb_time)((double)watchdog->jitter * hb_rand_unit()) : 0;
}

static void set_due(hb_watchdog *watchdog, hb_time since, hb_time jitter)
{
    watchdog->base = hb_time_add(since, watchdog->timeout);
    watchdog->due = hb_time_add(watchdog->base, jitter);
}

/* Counts from `since`, or from now if it would have expired by now (D3, D4). */
static void arm_locked(hb_watchdog *watchdog, hb_time since, hb_time now)
{
    hb_time jitter = draw_jitter(watchdog);
    set_due(watchdog, since, jitter);
    if (has_expired_locked(watchdog, now))
        set_due(watchdog, now, jitter);
    if (watchdog->due >= watchdog->told)
        return;
    watchdog->told = 0;
    hb__source_hint_locked(&watchdog->source, HB_RECV);
    hb__queue_nudge_locked(&watchdog->source.waiting, HB_RECV); /* D5 */
}

/* Has expired at `now`: the instant taken, and the next one is armed (D4). */
static hb_time take_expiry_locked(hb_watchdog *watchdog, hb_time now)
{
    hb_time taken = watchdog->due;
    arm_locked(watchdog, watchdog->beat > taken ? watchdog->beat : taken, now);
    return taken;
}

/* ---- as a source ---- */

/* An expiry belongs to those who wait: they are about to wake for it. */
static bool ready_locked(hb_source *source, hb_direction direction, hb_time now)
{
    (void)direction;
    return has_expired_locked(watchdog_of(source), now) &&
           !hb__queue_first_locked(&source->waiting, HB_RECV);
}

static hb_status take_locked(hb_source *source, hb_direction direction, hb_word *word, hb_time now,
                             hb_waiter **peer)
{
    (void)peer;
    if (!ready_locked(source, direction, now))
        return HB_WOULD_BLOCK;
    word->i64 = take_expiry_locked(watchdog_of(source), now);
    return HB_OK;
}

/* What it returns is told (D5): whoever asks may sleep until then. */
static hb_time due_locked(hb_source *source)
{
    hb_watchdog *watchdog = watchdog_of(source);
    bool too_early = watchdog->base < watchdog->due && hb_source_now(source) < watchdog->base;
    hb_time due = too_early ? watchdog->base : watchdog->due;
    watchdog->told = due > watchdog->told ? due : watchdog->told;
    return due;
}

static hb_waiter *expire_locked(hb_source *source, hb_time now)
{
    hb_watchdog *watchdog = watchdog_of(source);
    if (!has_expired_locked(watchdog, now))
        return NULL;
    hb_word expired = { .i64 = watchdog->due };
    hb_link *link = hb__queue_serve_locked(&source->waiting, HB_RECV, HB_OK, expired);
    if (!link)
        return NULL; /* all lost to other cases of their selects: it is kept */
    take_expiry_locked(watchdog, now);
    return link->waiter;
}

static const hb_source_ops watchdog_ops = {
    .kind = "watchdog",
    .ready_locked = ready_locked,
    .take_locked = take_locked,
    .due_locked = due_locked,
    .expire_locked = expire_locked,
};

/* ---- for its owner ---- */

void hb_watchdog_init(hb_watchdog *watchdog, hb_time timeout, hb_time jitter)
{
    hb__source_init(&watchdog->source, &watchdog_ops);
    watchdog->timeout = timeout;
    watchdog->jitter = jitter;
    watchdog->beat = hb_source_now(&watchdog->source);
    watchdog->told = 0;
    arm_locked(watchdog, watchdog->beat, watchdog->beat);
}

/* The clock is read under the lock: so beats, and what the waiters were told,
 * follow each other in the order of their instants. */
void hb_watchdog_beat(hb_watchdog *watchdog)
{
    hb_lock_acquire(&watchdog->source.lock);
    hb_time now = hb_source_now(&watchdog->source);
    watchdog->beat = now;
    if (!has_expired_locked(watchdog, now))
        arm_locked(watchdog, now, now);
    hb_lock_release(&watchdog->source.lock);
}

bool hb_watchdog_stop(hb_watchdog *watchdog)
{
    hb_lock_acquire(&watchdog->source.lock);
    bool was_armed = watchdog->due != HB_FOREVER;
    watchdog->base = HB_FOREVER;
    watchdog->due = HB_FOREVER;
    hb_lock_release(&watchdog->source.lock);
    return was_armed;
}

hb_time hb_watchdog_due(hb_watchdog *watchdog)
{
    hb_lock_acquire(&watchdog->source.lock);
    hb_time due = watchdog->due;
    hb_lock_release(&watchdog->source.lock);
    return due;
}
