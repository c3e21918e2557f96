#include "hb_spin.h"

/* In turns of hb_pause: 10 to 140 cycles each, by processor. */
#define FULL_TURN 400u
#define LEAST_TURN 8u
#define PROBE_EVERY 32u

typedef struct history {
    uint32_t turns;    /* how long the next watch may be */
    uint32_t failures; /* in a row */
} history;

static _Thread_local history mine = { .turns = FULL_TURN };
static hb_atomic_u32 watching;
static hb_atomic_u32 processors;

/* Asked again after every PROBE_EVERY failures: affinity can change. */
static uint32_t watchers_allowed(void)
{
    uint32_t count = hb_load_relaxed(&processors);
    if (count == 0 || mine.failures % PROBE_EVERY == PROBE_EVERY - 1) {
        count = hb_platform_cpus();
        hb_store_relaxed(&processors, count);
    }
    return count > 1 ? count : 0;
}

static bool is_done(hb_waiter *waiter)
{
    return hb_load_acquire(&waiter->state) & HB_WAITER_DONE;
}

static bool watch(hb_waiter *waiter, uint32_t turns)
{
    for (uint32_t i = 0; i < turns; i++) {
        if (is_done(waiter))
            return true;
        hb_pause();
    }
    return is_done(waiter);
}

static void learn(bool success)
{
    uint32_t turns = success ? mine.turns * 2 : mine.turns / 2;
    mine.turns = turns > FULL_TURN ? FULL_TURN : turns < LEAST_TURN ? LEAST_TURN : turns;
    mine.failures = success ? 0 : mine.failures + 1;
}

bool hb__spin(hb_waiter *waiter)
{
    bool done = false;
    if (hb_fetch_add(&watching, 1) < watchers_allowed()) {
        bool probe = mine.failures % PROBE_EVERY == PROBE_EVERY - 1;
        done = watch(waiter, probe ? FULL_TURN : mine.turns);
        learn(done);
    }
    hb_fetch_sub(&watching, 1);
    return done || is_done(waiter);
}

/* In the child of a fork nobody watches. */
static void forget_watchers(void)
{
    hb_store_relaxed(&watching, 0);
}

__attribute__((constructor)) static void watch_forks(void)
{
    hb_platform_at_fork_child(forget_watchers);
}
