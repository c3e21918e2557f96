#include "hb_lock.h"

#include "hb_time.h"

/* Longer than any critical section of the core. */
#define SPINS HB_TURNS(200)
/* Shorter than a time slice: by then the holder may run again. */
#define NAP (HB_SECOND / 20000)

uint32_t hb__epoch = 1;

static void next_epoch(void)
{
    hb__epoch++;
}

__attribute__((constructor)) static void watch_forks(void)
{
    hb_platform_at_fork_child(next_epoch);
}

static bool spin(hb_lock *lock)
{
    for (int i = 0; i < SPINS; i++) {
        if (hb_load_relaxed(&lock->held) != hb__epoch &&
            hb_exchange(&lock->held, hb__epoch) != hb__epoch)
            return true;
        hb_pause();
    }
    return false;
}

void hb__lock_slow(hb_lock *lock)
{
    while (!spin(lock))
        hb_platform_park(&lock->held, hb__epoch, hb_platform_now() + NAP);
}
