/* explore_platform - the operating system that the explorer plays.
 *
 * It does all that hb_platform.h allows and a real system rarely does: parks
 * end without cause or by a signal, and an unpark wakes any of the sleepers. */
#include "explore_impl.h"

#include "hb_rand.h"

unsigned explore_processors = 1;

/* One park in so many ends at once without cause, and as many by a signal. */
#define MISCHIEF 24

int64_t hb_platform_now(void)
{
    return explore_clock();
}

unsigned hb_platform_cpus(void)
{
    return explore_processors;
}

hb_status hb_platform_park(hb_atomic_u32 *word, uint32_t expected, int64_t deadline)
{
    hb_explore_point(__func__, __LINE__);
    if (atomic_load(word) != expected) /* no point here: looking and sleeping are one step */
        return HB_OK;
    if (deadline <= explore_clock())
        return HB_TIMEOUT;
    if (explore_chance(MISCHIEF))
        return explore_chance(2) ? HB_OK : HB_INTERRUPTED;
    return explore_sleep(word, deadline);
}

void hb_platform_unpark(hb_atomic_u32 *word)
{
    hb_explore_point(__func__, __LINE__);
    explore_wake(word);
    hb_explore_point(__func__, __LINE__);
}

int64_t hb_platform_signal_slice(void)
{
    return 1000;
}

hb_status hb_platform_thread(hb_platform_thread_fn *fn, void *arg, const char *name,
                             hb_signals signals)
{
    (void)name;
    (void)signals;
    hb_explore_point(__func__, __LINE__);
    explore_spawn(fn, arg);
    return HB_OK;
}

void hb_platform_exact_timers(void)
{
}

/* It promises nothing: a thread that outranks the others goes right on. */
void hb_platform_yield(void)
{
    hb_explore_point(__func__, __LINE__);
}

/* The runner forks between runs, when the core is as if it had never been used. */
void hb_platform_at_fork_child(void (*child)(void))
{
    (void)child;
}
