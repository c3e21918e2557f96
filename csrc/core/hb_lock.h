/* hb_lock: a lock of four bytes for critical sections of a few dozen instructions.
 *
 * Taking it is one atomic exchange and releasing it one plain store, which is
 * half the price of a lock that knows whether somebody sleeps on it. Nobody is
 * ever woken: whoever finds it held spins for longer than any section lasts,
 * and then, since the holder must have lost its processor, sleeps for a moment
 * and tries again.
 *
 * What a held lock contains is the epoch of its holder. So in the child of a
 * fork a lock that was held by a thread of the parent, which will never release
 * it, is free.
 *
 * It is never held across a wait, a callback, a destructor or anything else
 * that could run long, so it may be taken with the interpreter lock held. */
#ifndef HB_LOCK_H
#define HB_LOCK_H

#include "hb_platform.h"

typedef struct hb_lock {
    hb_atomic_u32 held;
} hb_lock;

/* Counts the forks this process descends from, from 1. What bears an older
 * number belongs to threads that are no more. Changes only in the child of a
 * fork, while that has one thread. */
extern hb_atomic_u32 hb__epoch_now;

static inline uint32_t hb__epoch(void)
{
    return hb_load_relaxed(&hb__epoch_now);
}

/* Registers what must run in the child of a fork, when the epoch has changed:
 * every lock can be taken there. Called while the program is loaded. */
void hb__at_fork_child(void (*child)(void));

/* Take it, which somebody holds: as soon as may be, or after the others have had it for a while. */
void hb__lock_soon(hb_lock *lock);
void hb__lock_later(hb_lock *lock);

static inline void hb_lock_init(hb_lock *lock)
{
    hb_store_relaxed(&lock->held, 0);
}

static inline bool hb_lock_try(hb_lock *lock)
{
    uint32_t epoch = hb__epoch();
    return hb_exchange(&lock->held, epoch) != epoch;
}

static inline void hb_lock_acquire(hb_lock *lock)
{
    if (!hb_lock_try(lock))
        hb__lock_soon(lock);
}

static inline void hb_lock_release(hb_lock *lock)
{
    hb_store_release(&lock->held, 0);
}

#endif
