#include "hb_spin.h"

/* Nanoseconds of a watch. A futex sleep and wake take 15 to 30 microseconds, a
 * hand-over between processors some 300 nanoseconds, in Python some 2 microseconds. */
#define FULL_WATCH 20000u
#define LEAST_WATCH 3000u

/* S5. A processor that idles takes up to so long to wake, above all a virtual one; who wakes another
 * and is answered sleeps through two such wakes. */
#define PROBE 150000u
#define NAP (2 * PROBE)
#define LEAST_NAPS 32u
#define MOST_NAPS 1024u

/* A yield that took longer gave the processor to a stranger's whole time slice. */
#define QUICK_YIELD 50000
#define MOST_SKIPS 1023u

typedef struct history {
    uint32_t length;   /* of the next watch, nanoseconds */
    uint32_t naps;     /* short sleeps in a row */
    uint32_t patience; /* how many of them to take before a probe */
    uint32_t skips;    /* how many waits to go before the next yield */
    uint32_t penalty;  /* how many to skip after the next bad one */
} history;

static _Thread_local history mine = { .length = FULL_WATCH, .patience = LEAST_NAPS };
static hb_atomic_u32 watching;
static hb_atomic_u32 processors;
static hb_atomic_u32 turns_per_microsecond;

static uint32_t ask_for_processors(void)
{
    uint32_t count = hb_platform_cpus();
    hb_store_relaxed(&processors, count);
    return count;
}

static uint32_t watchers_allowed(void)
{
    uint32_t count = hb_load_relaxed(&processors);
    if (count == 0)
        count = ask_for_processors();
    return count > 1 ? count : 0;
}

static bool is_done(hb_waiter *waiter)
{
    return hb_load_acquire(&waiter->state) & HB_WAITER_DONE;
}

static int64_t time_pauses(int count)
{
    int64_t began = hb_platform_now();
    for (int i = 0; i < count; i++)
        hb_pause();
    return hb_platform_now() - began;
}

/* hb_pause takes 10 to 140 cycles by processor, so it is measured once: the best
 * of a few samples, since any of them may be interrupted. A clock that stands
 * still, as a virtual one may, measures nothing. */
static uint32_t measure_pause(void)
{
    enum { SAMPLES = 5, PAUSES = 64 };
    int64_t least = INT64_MAX;
    for (int i = 0; i < SAMPLES; i++) {
        int64_t took = time_pauses(PAUSES);
        least = took < least ? took : least;
    }
    uint32_t turns = least > 0 ? (uint32_t)(PAUSES * 1000 / least) : 0;
    return turns < 5 ? 5 : turns > 200 ? 200 : turns;
}

static uint32_t turns_of(uint32_t nanoseconds)
{
    uint32_t turns = hb_load_relaxed(&turns_per_microsecond);
    if (turns == 0) {
        turns = measure_pause();
        hb_store_relaxed(&turns_per_microsecond, turns);
    }
    return HB_TURNS(nanoseconds * turns / 1000);
}

static bool watch(hb_waiter *waiter, uint32_t nanoseconds)
{
    for (uint32_t turns = turns_of(nanoseconds); turns > 0; turns--) {
        if (is_done(waiter))
            return true;
        hb_pause();
    }
    return is_done(waiter);
}

static bool watch_and_learn(hb_waiter *waiter)
{
    bool done = watch(waiter, mine.length);
    uint32_t length = done ? mine.length * 2 : mine.length / 2;
    mine.length = length > FULL_WATCH ? FULL_WATCH : length < LEAST_WATCH ? LEAST_WATCH : length;
    if (done)
        mine.patience = LEAST_NAPS;
    return done;
}

/* S5. Affinity may have changed. */
static bool is_to_probe(void)
{
    if (mine.naps < mine.patience)
        return false;
    mine.naps = 0;
    mine.patience = mine.patience < MOST_NAPS ? mine.patience * 2 : MOST_NAPS;
    ask_for_processors();
    return true;
}

static bool probe(hb_waiter *waiter)
{
    bool done = watch(waiter, PROBE);
    if (done)
        mine.length = FULL_WATCH;
    return done;
}

static bool watch_by_history(hb_waiter *waiter)
{
    bool probes = is_to_probe(), done = false;
    if (hb_fetch_add(&watching, 1) < watchers_allowed())
        done = probes ? probe(waiter) : watch_and_learn(waiter);
    hb_fetch_sub(&watching, 1);
    return done || is_done(waiter);
}

static void learn_yield(bool success)
{
    uint32_t penalty = success ? 0 : mine.penalty * 2 + 1;
    mine.penalty = penalty > MOST_SKIPS ? MOST_SKIPS : penalty;
    mine.skips = mine.penalty;
}

static bool yield_by_history(hb_waiter *waiter)
{
    if (mine.skips) {
        mine.skips--;
        return false;
    }
    int64_t began = hb_platform_now();
    hb_platform_yield();
    bool done = is_done(waiter);
    learn_yield(done && hb_platform_now() - began < QUICK_YIELD);
    return done;
}

bool hb__spin(hb_waiter *waiter)
{
    return watch_by_history(waiter) || yield_by_history(waiter);
}

void hb__spin_slept(int64_t nanoseconds)
{
    mine.naps = nanoseconds <= NAP ? mine.naps + 1 : 0;
}

void hb__spin_met(void)
{
    if (mine.naps && hb_load_relaxed(&watching))
        mine.length = FULL_WATCH;
}

void hb_spin_for(uint32_t nanoseconds)
{
    for (uint32_t turns = turns_of(nanoseconds); turns > 0; turns--)
        hb_pause();
}

/* In the child of a fork nobody watches. */
static void forget_watchers(void)
{
    hb_store_relaxed(&watching, 0);
}

__attribute__((constructor)) static void watch_forks(void)
{
    hb__at_fork_child(forget_watchers);
}
