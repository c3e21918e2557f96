/* hb_wait: the one waiting mechanism.
 *
 * Whoever waits makes a waiter, hangs one link of it into the queue of every
 * source it waits for, and parks. Whoever can serve it wins the waiter, fills
 * in the outcome and wakes it. Channels, timers, sleeps and joins all wait
 * this way, and nothing else in the core blocks.
 *
 * A waiter belongs to one call, not to a thread: two calls of one thread can
 * meet each other. Its state goes one way only:
 *
 *   0 ----- win ----> CLAIMED ----- wake ----> CLAIMED|DONE
 *
 * Beside that PARKED tells that the owner may sleep, and NUDGED that it shall look
 * again at when to wake. A nudge wins nobody: the waiter keeps its places.
 *
 *   W1 Exactly one party turns CLAIMED on: a peer, a timer, a stop, or the
 *      owner itself, who thereby cancels.
 *   W2 Only the winner writes the outcome, between CLAIMED and DONE.
 *   W3 A waiter that was won by another is alive until DONE: the owner does not
 *      leave before. So a winner may let go of every lock before it wakes.
 *   W4 After DONE (or its own cancel) the owner takes its remaining links out
 *      of their queues, each under the lock of its source, before it returns.
 *      So under that lock a waiter with a link in the queue is alive, won or not.
 *
 * Locking: a source's lock guards the links in its queues (hb_queue.h). Waiters
 * have no lock. A party's lock guards `waiting`; it is a leaf. */
#ifndef HB_WAIT_H
#define HB_WAIT_H

#include <stddef.h>

#include "hb_here.h"
#include "hb_lock.h"
#include "hb_time.h"

/* A message. The engine never looks inside. */
typedef union hb_word {
    void *ptr;
    int64_t i64;
    double f64;
} hb_word;

typedef struct hb_link hb_link;
typedef struct hb_case hb_case; /* hb_source.h */

enum { HB_WAITER_CLAIMED = 1, HB_WAITER_DONE = 2, HB_WAITER_PARKED = 4, HB_WAITER_NUDGED = 8 };

struct hb_waiter {
    hb_atomic_u32 state;         /* HB_WAITER_ bits */
    hb_time since;               /* owner; constant while linked */
    void (*wake)(hb_waiter *);   /* owner; constant: turns DONE on and tells the owner */
    hb_here *here;               /* owner; constant while linked: in whose bubble it sleeps, or NULL */
    bool outside;                /* owner; constant while linked: it waits for something outside of that */
    hb_time outside_due;         /* owner: the real instant at which that will be ready by itself */
    const hb_case *cases;        /* owner; constant while linked: what it waits for, to explain it */
    uint32_t n_cases;            /* owner; constant while linked */
    hb_waiter *next;             /* winner: a chain of waiters to be woken */
    hb_link *link;               /* winner, W2: the link that was served, or NULL */
    hb_status status;            /* winner, W2 */
    hb_word word;                /* winner, W2: what was received */
};

struct hb_link {
    hb_link *next, *prev; /* source's lock */
    bool queued;          /* source's lock */
    hb_waiter *waiter;    /* owner; constant while linked */
    hb_word word;         /* owner; constant while linked: what is to be sent */
};

/* Readies a waiter whose wake unparks the calling thread, who calls hb_wait_park. */
void hb_waiter_init(hb_waiter *waiter);

/* True for exactly one caller (W1); the winner owes the waiter a wake. */
bool hb__wait_win(hb_waiter *waiter);

/* True once somebody has won the waiter: it is done, or about to be. */
static inline bool hb__wait_is_won(hb_waiter *waiter)
{
    return hb_load_relaxed(&waiter->state) & HB_WAITER_CLAIMED;
}

/* As hb__wait_win, and fills in the outcome. */
bool hb__wait_serve(hb_link *link, hb_status status, hb_word word);

/* Ends its park, or the next, with HB_RETRY, unless it is won. W4: the lock of a source it is
 * linked to is held, and keeps it alive. */
void hb__wait_nudge_locked(hb_waiter *waiter);

/* Turns DONE on and unparks the thread that waits for it: what most wakes are, and
 * what every other wake ends with. Then the waiter may be gone. */
void hb__wait_finish(hb_waiter *waiter);

/* Wakes a chain of won waiters; NULL: nobody. Call it with no lock held. */
void hb__wait_wake_chain(hb_waiter *chain);

static inline void hb__wait_wake(hb_waiter *chain)
{
    if (chain)
        hb__wait_wake_chain(chain);
}

/* Waits until the waiter is done: HB_OK. Or returns HB_TIMEOUT, HB_INTERRUPTED, or
 * HB_RETRY if it was nudged since, with the waiter as it was: hb_wait_cancel it, or
 * call again. */
hb_status hb_wait_park(hb_waiter *waiter, hb_time deadline);

/* The same on the system's clock, of a thread in no bubble or a waiter that is `outside`. */
hb_status hb__wait_park_really(hb_waiter *waiter, hb_time until);

/* Owner only. True: nobody will serve the waiter any more. False: somebody has,
 * and the outcome stands. */
bool hb_wait_cancel(hb_waiter *waiter);

/* Waits on nothing but the clock. HB_TIMEOUT, HB_INTERRUPTED or HB_STOPPED. */
hb_status hb_wait_sleep(hb_time deadline);
/* The same of a call that began to wait before. */
hb_status hb__wait_sleep_since(hb_time deadline, hb_time since);

/* A thread of the engine: one that can be told to stop while it waits. */
typedef struct hb_party {
    hb_lock lock;
    hb_waiter *waiting; /* lock: what it waits with, NULL if it does not */
    hb_time until;      /* lock: the deadline of that */
    uint64_t waits;     /* lock: how many there have been: tells one from the next */
    hb_atomic_u32 stopping; /* lock, or only to look: waits end with HB_STOPPED from now on */
} hb_party;

void hb_party_init(hb_party *party);
/* Makes the party the calling thread's; NULL ends that. */
void hb_party_enter(hb_party *party);
/* The calling thread's; NULL if it has none. */
hb_party *hb_party_here(void);
/* Ends the party's present wait, and every later one. Returns the waiter that
 * hb__wait_wake must be called with once no lock is held, or NULL. */
hb_waiter *hb__party_stop(hb_party *party);

#endif
