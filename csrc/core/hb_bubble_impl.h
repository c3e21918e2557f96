/* hb_bubble_impl: what the files of the bubble share, and nobody else sees. */
#ifndef HB_BUBBLE_IMPL_H
#define HB_BUBBLE_IMPL_H

#include "hb_bubble.h"
#include "hb_thread.h"

struct hb_participant {
    hb_here here;          /* constant; first, so that one is found by the other */
    hb_bubble *bubble;     /* constant; a reference */
    uint32_t number;       /* constant: how many had joined before */
    uint64_t seed;         /* its own: of its choices */
    uint32_t children;     /* its own: how many it has started */
    bool looks_up;         /* constant: its waits end for signals */
    bool interrupted;      /* its own: its last sleep ended so */
    bool failed;           /* its own: a sleep ended with HB_DEADLOCK or HB_STALLED */
    hb_thread_view last_wait; /* its own: of that */
    uint32_t thread;       /* lock: id of its record, 0 before it runs */
    bool sleeps;           /* lock */
    bool ready;            /* lock: could run, and has not the turn */
    bool strays;           /* lock: runs, or is to, without the turn: V6 */
    hb_waiter *waiter;     /* lock: what it sleeps with; NULL: until all others sleep */
    hb_waiter *outside;    /* lock: what it waits with outside of the bubble, else NULL */
    hb_time deadline;      /* lock */
    hb_status outcome;     /* lock: of its last sleep */
    hb_atomic_u32 woken;   /* it sleeps on this; set when it shall look */
    hb_participant *next, *prev; /* lock: in the order of their numbers */
};

struct hb_bubble {
    hb_lock lock;
    uint32_t number;        /* constant */
    uint64_t seed;          /* constant */
    hb_turns *turns;        /* constant, its own; NULL: all run side by side */
    hb_time start;          /* constant */
    hb_atomic_u32 patched;  /* constant once somebody takes part */
    hb_atomic_u64 now;      /* lock to write */
    hb_atomic_u32 refs;
    hb_participant *first, *last; /* lock */
    hb_atomic_u32 present;  /* lock to write: how many there are; who ends the bubble parks on it */
    uint32_t joined;        /* lock: how many there have been */
    uint32_t running;       /* lock: V1 */
    uint64_t steps;         /* lock: hb_bubble_pulse */
    bool serving;           /* lock: a service runs, and nobody gets the turn meanwhile */
    bool over;              /* lock: V5 */
    hb_participant *host;   /* lock: NULL once it has left */
    hb_participant *idler;  /* lock: sleeps until all others do */
    hb_participant *turn;   /* lock: who runs, where they take turns */
    hb_atomic_u32 *call;    /* lock: who is to be unparked once it is released */
    hb_service *services[HB_SERVICES]; /* lock */
};

static inline hb_participant *hb__participant_here(void)
{
    return (hb_participant *)hb__here;
}

static inline void hb__bubble_lock(hb_bubble *bubble)
{
    hb_lock_acquire(&bubble->lock);
}

/* Whoever was woken would only meet the lock before. */
static inline void hb__bubble_unlock(hb_bubble *bubble)
{
    hb_atomic_u32 *call = bubble->call;
    bubble->call = NULL;
    hb_lock_release(&bubble->lock);
    if (call)
        hb_platform_unpark(call);
}

/* ---- hb_bubble_sleep.c ---- */

/* The participant is one fewer that runs; if it was the last, time goes on. */
void hb__bubble_rest_locked(hb_participant *participant);
/* Sleeps with a waiter, or with none: until all others do. */
hb_status hb__bubble_sleep_locked(hb_participant *participant, hb_waiter *waiter, hb_time deadline);
/* Ends a sleep, or a wait outside, with a status of ours. False: it does not wait, or is being
 * served. */
bool hb__bubble_break_locked(hb_participant *participant, hb_status status);

/* ---- hb_bubble_turn.c ---- */

/* Not once the bubble is over: then all run side by side. */
static inline bool hb__bubble_takes_turns_locked(const hb_bubble *bubble)
{
    return bubble->turns && !bubble->over;
}

/* Lets the participant look again at whether it may go on. */
void hb__bubble_call_locked(hb_participant *participant);
/* Waits for that, at most until then, and says what ended it. */
hb_status hb__bubble_listen_locked(hb_participant *participant);
/* Whether it ended for signals that somebody has to see to. */
bool hb__bubble_is_interrupted(const hb_participant *participant, hb_status woken);
hb_time hb__bubble_listens_until(const hb_participant *participant);
/* Waits until the participant may run; HB_INTERRUPTED, HB_STALLED: it strays. */
hb_status hb__bubble_await_turn_locked(hb_participant *participant);
/* The same for one that is not counted as ready yet, or has the turn. */
hb_status hb__bubble_queue_for_turn_locked(hb_participant *participant);
/* Gives the turn away if the participant has it. */
void hb__bubble_leave_turn_locked(hb_participant *participant);
/* If nobody has the turn, somebody who is ready gets it. */
void hb__bubble_pass_turn_locked(hb_bubble *bubble);
/* All who wait for a turn go on without. */
void hb__bubble_free_turns_locked(hb_bubble *bubble);

hb_status hb__bubble_park(hb_here *here, hb_waiter *waiter, int64_t deadline);
void hb__bubble_finish(hb_here *here, hb_waiter *waiter);
void hb__bubble_nudge_locked(hb_here *here, hb_waiter *waiter);
hb_status hb__bubble_yield(hb_here *here);

#endif
