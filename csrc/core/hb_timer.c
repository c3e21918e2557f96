#include "hb_timer.h"

static hb_timer *timer_of(hb_source *source)
{
    return (hb_timer *)source;
}

/* How many ticks beyond the one that is held have come due. */
static uint64_t dropped_locked(const hb_timer *timer, hb_time now)
{
    if (timer->period == 0 || now < timer->due)
        return 0;
    return (uint64_t)((now - timer->due) / timer->period);
}

/* Ready at `now`: the due instant, and the timer moves on (T2, T3). */
static hb_time fire_locked(hb_timer *timer, hb_time now)
{
    hb_time fired = timer->due;
    uint64_t dropped = dropped_locked(timer, now);
    timer->missed += dropped;
    timer->due = HB_FOREVER;
    if (timer->period)
        timer->due = hb_time_add(fired + (hb_time)dropped * timer->period, timer->period);
    return fired;
}

static bool is_due_locked(const hb_timer *timer, hb_time now)
{
    return timer->due != HB_FOREVER && timer->due <= now;
}

/* ---- as a source ---- */

/* What is due belongs to those who wait: they are about to wake for it. */
static bool ready_locked(hb_source *source, hb_direction direction, hb_time now)
{
    (void)direction;
    return is_due_locked(timer_of(source), now) && !hb__queue_first_locked(&source->waiting, HB_RECV);
}

static hb_status take_locked(hb_source *source, hb_direction direction, hb_word *word, hb_time now,
                             hb_waiter **peer)
{
    (void)peer;
    if (!ready_locked(source, direction, now))
        return HB_WOULD_BLOCK;
    word->i64 = fire_locked(timer_of(source), now);
    return HB_OK;
}

static hb_time due_locked(hb_source *source)
{
    return timer_of(source)->due;
}

/* It is due. Apart, because a timer that is moved mostly is not. */
static __attribute__((noinline)) hb_waiter *serve_locked(hb_timer *timer, hb_time now)
{
    hb_word fired = { .i64 = timer->due };
    hb_link *link = hb__queue_serve_locked(&timer->source.waiting, HB_RECV, HB_OK, fired);
    if (!link)
        return NULL; /* all lost to other cases of their selects: it stays due */
    fire_locked(timer, now);
    return link->waiter;
}

static hb_waiter *expire_locked(hb_source *source, hb_time now)
{
    hb_timer *timer = timer_of(source);
    return is_due_locked(timer, now) ? serve_locked(timer, now) : NULL;
}

static const hb_source_ops timer_ops = {
    .kind = "timer",
    .ready_locked = ready_locked,
    .take_locked = take_locked,
    .due_locked = due_locked,
    .expire_locked = expire_locked,
};

/* ---- for its owner ---- */

void hb_timer_init(hb_timer *timer, hb_time due, hb_time period)
{
    hb__source_init(&timer->source, &timer_ops);
    timer->due = due;
    timer->period = period;
    timer->missed = 0;
}

/* T4. Nobody who waits parks until later than the due time that was. */
static hb_waiter *move_locked(hb_timer *timer, hb_time due, hb_time now)
{
    hb_time before = timer->due;
    timer->due = due;
    hb_waiter *served = expire_locked(&timer->source, now);
    if (timer->due < before)
        hb__queue_nudge_locked(&timer->source.waiting, HB_RECV);
    return served;
}

/* A negative period keeps the old one. */
static bool rearm(hb_timer *timer, hb_time due, hb_time period)
{
    hb_lock_acquire(&timer->source.lock);
    hb_time now = hb_source_now(&timer->source);
    bool was_armed = timer->due != HB_FOREVER;
    timer->missed += dropped_locked(timer, now);
    if (period >= 0)
        timer->period = period;
    hb_waiter *served = move_locked(timer, due, now);
    hb__source_hint_locked(&timer->source, HB_RECV);
    hb_lock_release(&timer->source.lock);
    hb__wait_wake(served);
    return was_armed;
}

bool hb_timer_reset(hb_timer *timer, hb_time due, hb_time period)
{
    return rearm(timer, due, period);
}

bool hb_timer_stop(hb_timer *timer)
{
    return rearm(timer, HB_FOREVER, -1);
}

hb_time hb_timer_due(hb_timer *timer)
{
    hb_lock_acquire(&timer->source.lock);
    hb_time due = timer->due;
    hb_lock_release(&timer->source.lock);
    return due;
}

hb_time hb_timer_period(hb_timer *timer)
{
    hb_lock_acquire(&timer->source.lock);
    hb_time period = timer->period;
    hb_lock_release(&timer->source.lock);
    return period;
}

uint64_t hb_timer_missed(hb_timer *timer)
{
    hb_lock_acquire(&timer->source.lock);
    uint64_t missed = timer->missed + dropped_locked(timer, hb_source_now(&timer->source));
    hb_lock_release(&timer->source.lock);
    return missed;
}
