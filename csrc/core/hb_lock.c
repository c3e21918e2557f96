#include "hb_lock.h"

/* Longer than any critical section of the core, shorter than a system call. */
#define SPINS 60

static bool spin(hb_lock *lock)
{
    for (int i = 0; i < SPINS; i++) {
        uint32_t expected = 0;
        if (hb_load_relaxed(&lock->word) == 0 && hb_cas(&lock->word, &expected, 1))
            return true;
        hb_pause();
    }
    return false;
}

/* From here on the lock is taken as 2: whoever slept cannot know whether
 * others still do, and one wake too many is cheaper than one too few. */
void hb__lock_slow(hb_lock *lock)
{
    if (spin(lock))
        return;
    while (hb_exchange(&lock->word, 2) != 0)
        hb_platform_park(&lock->word, 2, INT64_MAX);
}
