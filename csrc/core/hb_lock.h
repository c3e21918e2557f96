/* hb_lock: a lock of four bytes that sleeps when it must.
 *
 * 0 free, 1 held, 2 held and perhaps somebody sleeps. Held for a few dozen
 * instructions at a time and never across a wait, a callback or an allocation
 * by the user, so taking one is always a matter of nanoseconds: it may be taken
 * with the interpreter lock held. */
#ifndef HB_LOCK_H
#define HB_LOCK_H

#include "hb_platform.h"

typedef struct hb_lock {
    hb_atomic_u32 word;
} hb_lock;

void hb__lock_slow(hb_lock *lock);

static inline void hb_lock_init(hb_lock *lock)
{
    hb_store_relaxed(&lock->word, 0);
}

static inline void hb_lock_acquire(hb_lock *lock)
{
    uint32_t expected = 0;
    if (!hb_cas(&lock->word, &expected, 1))
        hb__lock_slow(lock);
}

static inline void hb_lock_release(hb_lock *lock)
{
    if (hb_exchange(&lock->word, 0) == 2)
        hb_platform_unpark(&lock->word);
}

#endif
