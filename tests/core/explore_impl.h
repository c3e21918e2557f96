/* explore_impl.h - between the parts of the explorer: the choice of who goes
 * next, the baton that carries it out, the operating system it plays, and the
 * runner that feeds it seeds. */
#ifndef EXPLORE_IMPL_H
#define EXPLORE_IMPL_H

#include "explore.h"

/* ---- explore_choice.c ---- */

#define EXPLORE_CLOCK (-2)

typedef struct explore_candidate {
    int who; /* a thread, or EXPLORE_CLOCK, which stands last */
    uint64_t *priority;
} explore_candidate;

void explore_choice_reset(uint64_t seed);
/* Of n > 0 candidates one. `current` is the thread that went last. */
int explore_choose(const explore_candidate *list, int n, int current, uint32_t step);

uint64_t explore_random(void);
uint64_t explore_some_priority(void);
/* Lower than all before. */
uint64_t explore_lowest_priority(void);

/* ---- explore_sched.c ---- */

/* Makes everything new for one run. */
void explore_reset(uint64_t seed, bool trace);

/* A thread of the run; it goes on when the scheduler says so. */
void explore_spawn(hb_platform_thread_fn *fn, void *arg);

/* Runs all threads to their end. False: nobody could go on, or it never ended;
 * then the threads are stuck, and the process is good for nothing more. */
bool explore_run(void);

/* A number that tells this run's order of steps from another. */
uint64_t explore_digest(void);

int64_t explore_clock(void);

/* One chance in so many, in a thread of the run; none outside. */
bool explore_chance(uint32_t in);

/* The calling thread sleeps until explore_wake, or the clock reaches the deadline. */
hb_status explore_sleep(hb_atomic_u32 *word, int64_t deadline);
/* Wakes one of those who sleep on the word, any. */
void explore_wake(hb_atomic_u32 *word);

/* ---- explore_platform.c ---- */

/* How many processors the played system has; constant in a process. */
extern unsigned explore_processors;

#endif
