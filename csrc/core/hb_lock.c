#include "hb_lock.h"

#include "hb_time.h"

/* Longer than any critical section of the core. */
#define SPINS 200
/* Shorter than a time slice: by then the holder may run again. */
#define NAP (HB_SECOND / 20000)

static bool spin(hb_lock *lock)
{
    for (int i = 0; i < SPINS; i++) {
        if (!hb_load_relaxed(&lock->held) && !hb_exchange(&lock->held, 1))
            return true;
        hb_pause();
    }
    return false;
}

void hb__lock_slow(hb_lock *lock)
{
    while (!spin(lock))
        hb_platform_park(&lock->held, 1, hb_platform_now() + NAP);
}
