/* explore_choice - who goes next, as a function of the seed.
 *
 * Each run draws a character first. At random: how often the same thread goes
 * on, and how hasty the clock is. By priority: each thread and the clock has
 * one, the highest goes on, and at up to four random steps it becomes the
 * lowest. A clock that has gone before threads that could go on often enough
 * becomes the lowest each time: else a thread that sleeps again and again
 * would keep those below the clock from ever going on. */
#include "explore_impl.h"

#define CLOCK_PASSES 16

static struct {
    uint64_t state;
    bool by_priority;
    uint32_t stay_of_8; /* chances in 8 that the same goes on */
    uint32_t clock_in;  /* one chance in so many that the clock moves */
    uint64_t lowest;    /* priority so far */
    uint32_t changes[4];
    uint32_t passes; /* how often the clock went before others, by priority */
} choice;

/* SplitMix64, apart from the core's own generators. */
uint64_t explore_random(void)
{
    uint64_t z = choice.state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint32_t explore_below(uint32_t bound)
{
    return (uint32_t)((explore_random() >> 32) * bound >> 32);
}

/* Above all that were lowered. */
uint64_t explore_some_priority(void)
{
    return explore_random() | (uint64_t)1 << 63;
}

uint64_t explore_lowest_priority(void)
{
    return --choice.lowest;
}

void explore_choice_reset(uint64_t seed)
{
    static const uint32_t stays[] = { 0, 4, 7 }, clocks[] = { 8, 64, 1000000 },
                          lengths[] = { 60, 250, 1000 };
    choice.state = seed;
    choice.by_priority = explore_below(2);
    choice.stay_of_8 = stays[explore_below(3)];
    choice.clock_in = clocks[explore_below(3)];
    choice.lowest = (uint64_t)1 << 62;
    choice.passes = 0;
    uint32_t length = lengths[explore_below(3)];
    for (int i = 0; i < 4; i++)
        choice.changes[i] = explore_below(4) ? explore_below(length) : UINT32_MAX;
}

static const explore_candidate *highest(const explore_candidate *list, int n)
{
    const explore_candidate *best = list;
    for (int i = 1; i < n; i++)
        if (*list[i].priority > *best->priority)
            best = &list[i];
    return best;
}

static int by_priority(const explore_candidate *list, int n, uint32_t step)
{
    for (int i = 0; i < 4; i++)
        if (choice.changes[i] == step)
            *highest(list, n)->priority = explore_lowest_priority();
    const explore_candidate *next = highest(list, n);
    if (next->who == EXPLORE_CLOCK && n > 1 && ++choice.passes > CLOCK_PASSES)
        *next->priority = explore_lowest_priority();
    return next->who;
}

/* The clock, if it can move, stands last. */
static int at_random(const explore_candidate *list, int n, int current)
{
    int threads = n;
    if (list[n - 1].who == EXPLORE_CLOCK) {
        threads = n - 1;
        if (threads == 0 || explore_below(choice.clock_in) == 0)
            return EXPLORE_CLOCK;
    }
    for (int i = 0; i < threads; i++)
        if (list[i].who == current && explore_below(8) < choice.stay_of_8)
            return current;
    return list[explore_below((uint32_t)threads)].who;
}

int explore_choose(const explore_candidate *list, int n, int current, uint32_t step)
{
    return choice.by_priority ? by_priority(list, n, step) : at_random(list, n, current);
}
