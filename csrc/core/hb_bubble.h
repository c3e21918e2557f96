/* hb_bubble: virtual time for a set of threads.
 *
 * The threads of a bubble, its participants, live on a clock of their own. It stands still
 * while any of them runs. When all of them wait in the engine, for things that only they can
 * bring about, it jumps to the next instant one of them waits for; if there is none, nobody can ever
 * run again: a deadlock, which the wait of the host is told of, the thread that entered.
 *
 *   V1 `running` counts the participants that do not sleep in hb_here.park. One is counted
 *      again by whoever wakes it, before that one can sleep itself: so while anything is still to
 *      happen now, `running` is not 0.
 *   V2 The clock moves only while `running` is 0, and never back.
 *   V3 At one instant the sleepers that are due wake one after the other, in the order in which
 *      they joined: the next when all others sleep again. Where they take turns they are all ready.
 *   V4 What a participant waits for outside of its bubble (hb_waiter.outside) is no sleep: it counts
 *      as running, and time stands still; so its deadline does not come.
 *   V5 Once a bubble is over, every wait of a participant ends with HB_STOPPED.
 *   V6 Where participants take turns, whoever runs has the turn, from its wake (its start, its
 *      return from outside) to its next sleep or yield. Who is ready and has it not waits for it.
 *      One exception: a signal or a stall lets the host go on without; it strays until its next
 *      sleep or yield.
 *
 * A source belongs to the bubble in whose thread it was made, and is HB_FOREIGN to every thread
 * outside of it. A bubble has services for what threads of the engine's own do elsewhere (alarms,
 * monitors): they are run by the thread that is last to fall asleep.
 *
 * Locking: a bubble's lock guards all in it and its participants; taken after a source's lock, a
 * leaf. Services run with no lock held and `running` above 0. */
#ifndef HB_BUBBLE_H
#define HB_BUBBLE_H

#include "hb_wait.h"

typedef struct hb_bubble hb_bubble;
typedef struct hb_participant hb_participant;
typedef struct hb_service hb_service;

/* What decides who goes next where participants take turns. Called under the bubble's lock; the
 * answer is an index among the n > 0 that could run, `numbers` ascending. */
typedef struct hb_turns {
    uint32_t (*choose)(struct hb_turns *turns, const uint32_t *numbers, uint32_t n);
    void (*free)(struct hb_turns *turns); /* with the bubble */
} hb_turns;

/* A bubble whose clock begins at `start`. With `turns`, which it takes over, one participant
 * runs at a time. NULL: no memory, and it takes over nothing. */
hb_bubble *hb_bubble_new(hb_time start, uint64_t seed, hb_turns *turns);
hb_bubble *hb_bubble_ref(hb_bubble *bubble);
void hb_bubble_unref(hb_bubble *bubble);

uint32_t hb_bubble_number(const hb_bubble *bubble);
hb_time hb_bubble_now(hb_bubble *bubble);
/* How far its clock has gone. */
hb_time hb_bubble_elapsed(hb_bubble *bubble);

/* Its participants shall meet virtual time in other places than the engine, too, which is for
 * the binding to see to. Told before anybody joins. */
void hb_bubble_patch(hb_bubble *bubble);

/* ---- taking part ---- */

/* The calling thread's bubble, borrowed; NULL if it is in none. */
hb_bubble *hb_bubble_here(void);
/* The same if it is patched, else NULL. */
hb_bubble *hb_bubble_patched_here(void);

/* The calling thread becomes a participant; the first is the host. `looks_up`: it must see to
 * signals, so that its sleeps may end with HB_INTERRUPTED. HB_MISUSED: it is in a bubble, or
 * this one is over. */
hb_status hb_bubble_join(hb_bubble *bubble, bool looks_up);

/* The same for a thread that may end without leaving: then it leaves there. Also HB_MISUSED before
 * the host has joined. */
hb_status hb_bubble_adopt(hb_bubble *bubble, bool looks_up);

/* A place for a thread that the caller is about to start: it counts as running from now on.
 * `thread` is the id of its record, 0 if it has none yet. *place is NULL if the caller takes no
 * part: then the thread will take none. HB_OK, HB_NO_MEMORY. */
hb_status hb_participant_new(hb_participant **place, uint32_t thread);
/* Called by that thread first (NULL: nothing happens); with no interpreter lock, for it may have to wait for its turn. */
void hb_participant_enter(hb_participant *participant);
/* It was never started. */
void hb_participant_drop(hb_participant *participant);

/* The calling thread, if it takes part, no longer does. */
void hb_bubble_leave(void);

/* The turns of a bubble, borrowed; NULL: all run side by side. */
hb_turns *hb_bubble_turns(const hb_bubble *bubble);
/* The calling participant's number; 0 is also the host's and that of one who takes no part. */
uint32_t hb_bubble_number_here(void);

/* Whether the calling thread must yield before each of its operations. */
static inline bool hb_bubble_takes_turns(void)
{
    return hb__here && hb__here->yield;
}

/* Gives the turn away where participants take turns, and waits for it; nothing elsewhere. With no
 * interpreter lock held. HB_OK; HB_INTERRUPTED, HB_STALLED: the caller strays (V6). */
static inline hb_status hb_bubble_yield(void)
{
    return hb_bubble_takes_turns() ? hb__here->yield(hb__here) : HB_OK;
}

/* ---- for the host and the like ---- */

/* Sleeps until all other participants sleep and nothing is due now. HB_OK; HB_MISUSED: another one
 * does the same, or the caller takes no part; HB_INTERRUPTED, HB_STOPPED, HB_STALLED. */
hb_status hb_bubble_wait(void);

/* Ends the bubble (V5), and waits in real time until the caller is the only participant, at most
 * until the real instant `deadline`: HB_OK or HB_TIMEOUT. */
hb_status hb_bubble_end(hb_bubble *bubble, hb_time deadline);

/* How often participants have slept or woken so far: as long as it stays the same and somebody runs,
 * that one is busy elsewhere. */
typedef struct hb_bubble_pulse {
    uint64_t steps;
    uint32_t running, sleeping;
    bool over;
} hb_bubble_pulse;

hb_bubble_pulse hb_bubble_look(hb_bubble *bubble);

/* Ends the host's wait with HB_STALLED, also one for its turn; false if it does not wait. */
bool hb_bubble_stall(hb_bubble *bubble);

typedef struct hb_participant_view {
    uint32_t number; /* 0: the host */
    uint32_t thread; /* id of its record, hb_thread.h */
    bool sleeps;
    bool idles;      /* it sleeps until all others do */
    hb_time until;   /* its deadline or the instant it wakes at; HB_FOREVER: none */
} hb_participant_view;

/* Views of up to n participants in the order in which they joined; the number of all there are. */
size_t hb_bubble_participants(hb_bubble *bubble, hb_participant_view *views, size_t n);

/* What the calling participant slept for when its last sleep ended with HB_DEADLOCK or
 * HB_STALLED; NULL if none did. Valid until it sleeps again. */
const struct hb_thread_view *hb_bubble_failed_wait(void);

/* ---- services ---- */

typedef enum hb_service_kind { HB_SERVICE_ALARMS, HB_SERVICE_MONITORS, HB_SERVICES } hb_service_kind;

struct hb_service {
    hb_atomic_u64 due;           /* hb_time: when to run next, HB_FOREVER if not; the service's to set */
    hb_atomic_u32 attends;       /* it also runs whenever all sleep and something has happened; likewise */
    void (*run)(hb_service *);   /* what is due; sets `due` anew. By a participant, no lock held */
    void (*end)(hb_service *);   /* lets go of what it holds; nothing will be due any more */
    void (*free)(hb_service *);  /* with the bubble */
    uint64_t seen;               /* bubble's lock: what had happened when it ran last */
};

/* The one of the calling thread's bubble, made by make() when it is first wanted. NULL: no memory. */
hb_service *hb_bubble_service(hb_service_kind kind, hb_service *(*make)(void));
/* That of a bubble; NULL: it was never wanted. It lives as long as the bubble. */
hb_service *hb_bubble_find_service(hb_bubble *bubble, hb_service_kind kind);
/* Ends them all; after the bubble. What they let go of goes on the calling thread. */
void hb_bubble_end_services(hb_bubble *bubble);

#endif
