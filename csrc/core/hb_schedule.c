#include "hb_schedule.h"

#include <stdlib.h>

/* Steps that one may take in a row while others could go on. */
#define PATIENCE 200u

/* SplitMix64, apart from the generator of the thread that happens to choose. */
static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t next(hb_schedule *schedule)
{
    return mix(schedule->state += 0x9e3779b97f4a7c15u);
}

static uint32_t below(hb_schedule *schedule, uint64_t bound)
{
    return (uint32_t)((next(schedule) >> 32) * bound >> 32);
}

/* ---- PCT ---- */

/* Of the first participants the one that is lowered stays where it is; else all have a chance. */
static uint64_t priority_of(const hb_schedule *schedule, uint32_t number)
{
    for (uint32_t i = 0; i < schedule->n_lowered; i++)
        if (schedule->lowered[i] == number)
            return HB_SCHEDULE_LOWERED - i;
    return mix(schedule->seed + (number + (uint64_t)1) * 0xd1342543de82ef95u) | (uint64_t)1 << 63;
}

static void forget_lowered(hb_schedule *schedule, uint32_t at)
{
    schedule->n_lowered--;
    for (uint32_t i = at; i < schedule->n_lowered; i++)
        schedule->lowered[i] = schedule->lowered[i + 1];
}

/* With no room left, the one that was lowered first is no longer. */
static void lower(hb_schedule *schedule, uint32_t number)
{
    for (uint32_t i = 0; i < schedule->n_lowered; i++)
        if (schedule->lowered[i] == number)
            forget_lowered(schedule, i);
    if (schedule->n_lowered == HB_SCHEDULE_LOWERED)
        forget_lowered(schedule, 0);
    schedule->lowered[schedule->n_lowered++] = number;
}

static uint32_t highest(const hb_schedule *schedule, const uint32_t *numbers, uint32_t n)
{
    uint32_t best = 0;
    uint64_t most = priority_of(schedule, numbers[0]);
    for (uint32_t i = 1; i < n; i++) {
        uint64_t priority = priority_of(schedule, numbers[i]);
        if (priority > most) {
            best = i;
            most = priority;
        }
    }
    return best;
}

static bool is_change(const hb_schedule *schedule, uint64_t step)
{
    for (int i = 0; i < HB_SCHEDULE_DEPTH - 1; i++)
        if (schedule->changes[i] == step)
            return true;
    return false;
}

static uint32_t by_priority(hb_schedule *schedule, uint64_t step, const uint32_t *numbers, uint32_t n)
{
    uint32_t best = highest(schedule, numbers, n);
    schedule->in_a_row = numbers[best] == schedule->last ? schedule->in_a_row + 1 : 0;
    if (is_change(schedule, step) || schedule->in_a_row > PATIENCE) {
        lower(schedule, numbers[best]);
        schedule->in_a_row = 0;
        best = highest(schedule, numbers, n);
    }
    schedule->last = numbers[best];
    return best;
}

/* ---- choosing ---- */

static uint32_t choose(hb_turns *turns, const uint32_t *numbers, uint32_t n)
{
    hb_schedule *schedule = (hb_schedule *)turns;
    if (n == 1)
        return 0;
    uint64_t step = hb_load_relaxed(&schedule->steps);
    hb_store_relaxed(&schedule->steps, step + 1);
    return schedule->kind == HB_SCHEDULE_RANDOM ? below(schedule, n)
                                                : by_priority(schedule, step, numbers, n);
}

uint64_t hb_schedule_steps(hb_schedule *schedule)
{
    return hb_load_relaxed(&schedule->steps);
}

/* ---- life ---- */

static void free_schedule(hb_turns *turns)
{
    hb_schedule *schedule = (hb_schedule *)turns;
    free(schedule->trace);
    free(schedule);
}

void hb_schedule_init(hb_schedule *schedule, hb_schedule_kind kind, uint64_t seed)
{
    *schedule = (hb_schedule){ .turns = { choose, free_schedule }, .kind = kind, .last = UINT32_MAX };
    schedule->state = seed;
    schedule->seed = next(schedule);
    hb_store_relaxed(&schedule->steps, 0);
    for (int i = 0; i < HB_SCHEDULE_DEPTH - 1; i++)
        schedule->changes[i] = below(schedule, hb_schedule_length(seed));
}

hb_schedule *hb_schedule_new(hb_schedule_kind kind, uint64_t seed)
{
    hb_schedule *schedule = malloc(sizeof *schedule);
    hb_trace *trace = hb_trace_new();
    if (!schedule || !trace) {
        free(schedule);
        free(trace);
        return NULL;
    }
    hb_schedule_init(schedule, kind, seed);
    schedule->trace = trace;
    return schedule;
}
