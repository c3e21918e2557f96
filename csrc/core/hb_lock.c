#include "hb_lock.h"

#include "hb_time.h"

/* In turns of hb_pause; all together longer than any critical section. Whoever
 * comes back rarely lets the holder's processor keep what the lock guards for many
 * operations in a row: with a look at every turn it would move at each. */
#define FIRST_SPIN HB_TURNS(4)
#define LAST_SPIN HB_TURNS(256)
/* Of who leaves it to others on purpose. */
#define FIRST_LONG_SPIN HB_TURNS(256)
#define LAST_LONG_SPIN HB_TURNS(1024)
/* Shorter than a time slice: by then the holder may run again. */
#define NAP (HB_SECOND / 20000)

hb_atomic_u32 hb__epoch_now = 1;

static void next_epoch(void)
{
    hb_store_relaxed(&hb__epoch_now, hb__epoch() + 1);
}

void hb__at_fork_child(void (*child)(void))
{
    static bool counts;
    if (!counts)
        hb_platform_at_fork_child(next_epoch); /* handlers run as they were registered */
    counts = true;
    hb_platform_at_fork_child(child);
}

static bool spin(hb_lock *lock, int first, int last)
{
    for (int turns = first; turns <= last; turns *= 2) {
        for (int i = 0; i < turns; i++)
            hb_pause();
        if (hb_load_relaxed(&lock->held) != hb__epoch() && hb_lock_try(lock))
            return true;
    }
    return false;
}

static void nap(hb_lock *lock)
{
    hb_platform_park(&lock->held, hb__epoch(), hb_platform_now() + NAP);
}

void hb__lock_soon(hb_lock *lock)
{
    while (!spin(lock, FIRST_SPIN, LAST_SPIN))
        nap(lock);
}

void hb__lock_later(hb_lock *lock)
{
    while (!spin(lock, FIRST_LONG_SPIN, LAST_LONG_SPIN))
        nap(lock);
}
