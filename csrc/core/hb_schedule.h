/* hb_schedule: who goes next where the participants of a bubble take turns, as a function of a seed.
 *
 * Random walk: each of those who could go on has the same chance, at every step.
 *
 * PCT (Burckhardt, Kothari, Musuvathi, Nagarakatte 2010): each participant has a random priority, and
 * the highest goes on; at HB_SCHEDULE_DEPTH - 1 random steps whoever would go becomes the lowest.
 * A bug that needs so many turning points is found with a probability that has a lower bound,
 * however long the runs are. The steps are drawn from the expected length of a run; so that the seed
 * alone repeats a schedule, it says the length too: hb_schedule_length(). Whoever polls
 * others and outranks them would do so for ever: after many steps in a row it becomes the lowest.
 *
 * A step is a choice among two or more. Locking: none, the bubble's lock guards it while in use. */
#ifndef HB_SCHEDULE_H
#define HB_SCHEDULE_H

#include "hb_bubble.h"
#include "hb_trace.h"

#define HB_SCHEDULE_DEPTH 3

typedef enum hb_schedule_kind { HB_SCHEDULE_RANDOM, HB_SCHEDULE_PCT } hb_schedule_kind;

#define HB_SCHEDULE_LOWERED 64u

typedef struct hb_schedule {
    hb_turns turns;        /* first, so that one is found by the other */
    hb_schedule_kind kind; /* constant */
    uint64_t seed;         /* constant: of priorities */
    uint64_t state;        /* of the generator */
    hb_atomic_u64 steps;
    uint64_t changes[HB_SCHEDULE_DEPTH - 1];  /* constant */
    uint32_t lowered[HB_SCHEDULE_LOWERED];    /* participants below all others, the lowest last */
    uint32_t n_lowered;
    uint32_t last, in_a_row;
    hb_trace *trace; /* constant, its own; NULL: one that was not made by hb_schedule_new */
} hb_schedule;

void hb_schedule_init(hb_schedule *schedule, hb_schedule_kind kind, uint64_t seed);

/* One to be given to hb_bubble_new as &schedule->turns. NULL: no memory. */
hb_schedule *hb_schedule_new(hb_schedule_kind kind, uint64_t seed);

/* What a bubble's turns are, if they are a schedule's. */
static inline hb_schedule *hb_schedule_of(hb_turns *turns)
{
    return (hb_schedule *)turns;
}

/* Steps so far. */
uint64_t hb_schedule_steps(hb_schedule *schedule);

/* The length of a run that is expected with such a seed: its last four bits say it. */
static inline uint64_t hb_schedule_length(uint64_t seed)
{
    return (uint64_t)8 << (seed & 15);
}

#endif
