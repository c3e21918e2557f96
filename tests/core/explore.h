/* explore.h - runs small scenarios of the core under many schedules.
 *
 * The core is built with HB_EXPLORE, and explore_platform.c stands in for the
 * operating system. A scenario's threads are real ones, but only one of them
 * runs at a time: before and after every atomic step, park and unpark, a
 * scheduler driven by a seed decides who goes on. Time is a number that moves
 * when the scheduler lets it: always when everybody sleeps, sometimes before.
 *
 *   E1 One seed, one schedule: a failure is replayed and printed step by step.
 *   E2 When nobody can go on and no deadline is left, that is a failure too.
 *   E3 What is explored is sequentially consistent. Orderings that are too weak
 *      are ThreadSanitizer's to find, in the hammers.
 *
 * Half of the seeds walk at random; half give each thread a priority and change
 * it at a few random steps (PCT: Burckhardt, Kothari, Musuvathi, Nagarakatte
 * 2010), which finds bugs of few turning points with known probability.
 *
 *     explore_x                  all scenarios    EXPLORE_SEEDS=n  so many seeds each
 *     explore_x name seed        that one run, step by step
 */
#ifndef EXPLORE_H
#define EXPLORE_H

#include <stddef.h>

#include "check.h"
#include "hb_chan.h"

#define EXPLORE_MOST_THREADS 4

typedef struct explore_scenario {
    const char *name;
    /* Makes what the threads share; it runs alone, and must not wait. */
    void (*begin)(void);
    /* The threads, NULL-ended if fewer. Each may use CHECK. */
    void (*threads[EXPLORE_MOST_THREADS])(void);
    /* Looks at the result and clears away, when all threads have ended, those
     * that the core started too. It runs alone, and must not wait. */
    void (*end)(void);
    /* A run leaves the core unusable: it gets a process of its own. */
    bool final;
    /* It holds a bug on purpose, and is good if the explorer finds it. */
    bool broken;
} explore_scenario;

/* Prints a line a scenario, as RUN of check.h does. `failures` counts those of
 * the scenarios' checks. */
int explore_program(int argc, char **argv, const explore_scenario *scenarios, size_t n,
                    atomic_int *failures);

/* What main returns. Here, because each file has a count of failures of its own. */
static inline int explore_main(int argc, char **argv, const explore_scenario *scenarios, size_t n)
{
    return explore_program(argc, argv, scenarios, n, &check_failures);
}

/* n channels in the order of their addresses: select locks in that order, which
 * would else differ from run to run. */
void explore_channels(hb_chan **chans, size_t n, uint64_t capacity);

/* Some words of chance that belong to the schedule: 0 .. bound - 1. */
uint32_t explore_below(uint32_t bound);

#endif
