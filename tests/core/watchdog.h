/* watchdog.h - what the tests of hb_watchdog share. */
#ifndef WATCHDOG_H
#define WATCHDOG_H

#include "hb_rand.h"
#include "hb_watchdog.h"
#include "support.h"

#define HOUR (3600 * HB_SECOND)

static inline hb_case watchdog_case(hb_watchdog *watchdog)
{
    return (hb_case){ &watchdog->source, HB_RECV, num(0) };
}

/* Receives if it has expired: the instant it was due; 0 if it has not. */
static inline hb_time poll_watchdog(hb_watchdog *watchdog)
{
    const hb_case one = watchdog_case(watchdog);
    outcome got = select_now(&one, 1, false);
    CHECK(got.status == HB_OK || got.status == HB_WOULD_BLOCK);
    return got.status == HB_OK ? got.n : 0;
}

static inline void *await_watchdog(void *opaque)
{
    const hb_case one = watchdog_case(opaque);
    outcome got = select_until(&one, 1, HB_FOREVER);
    CHECK_EQ(got.status, HB_OK);
    CHECK(got.n <= hb_now());
    return (void *)(intptr_t)got.n;
}

static inline uint64_t waiters(hb_watchdog *watchdog)
{
    hb_lock_acquire(&watchdog->source.lock);
    uint64_t n = hb__queue_count_locked(&watchdog->source.waiting, HB_RECV);
    hb_lock_release(&watchdog->source.lock);
    return n;
}

static inline pthread_t start_waiter(hb_watchdog *watchdog, uint64_t place)
{
    pthread_t thread = check_spawn(await_watchdog, watchdog);
    while (waiters(watchdog) != place)
        sched_yield();
    return thread;
}

/* As if it had been armed for that instant, with some jitter. */
static inline void arm_for(hb_watchdog *watchdog, hb_time due)
{
    hb_watchdog_init(watchdog, HOUR, 0);
    watchdog->beat = 1;
    watchdog->base = due;
    watchdog->due = due;
}

#endif
