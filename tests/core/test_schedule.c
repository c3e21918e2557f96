/* hb_schedule: choices that a seed repeats and that have the promised chances; hb_trace. */
#include "check.h"
#include "chisq.h"
#include "hb_schedule.h"

static const uint32_t three[] = { 0, 1, 2 }, four[] = { 3, 5, 8, 9 };

static uint32_t choose(hb_schedule *schedule, const uint32_t *numbers, uint32_t n)
{
    return schedule->turns.choose(&schedule->turns, numbers, n);
}

static void a_seed_repeats_its_choices_of_kind(hb_schedule_kind kind)
{
    hb_schedule once, again, other;
    int different = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        hb_schedule_init(&once, kind, seed);
        hb_schedule_init(&again, kind, seed);
        hb_schedule_init(&other, kind, seed + 16);
        for (int step = 0; step < 100; step++) {
            uint32_t chosen = choose(&once, four, 4);
            CHECK(chosen < 4);
            CHECK_EQ(choose(&again, four, 4), chosen);
            different += choose(&other, four, 4) != chosen;
        }
    }
    CHECK(different > 1000);
}

static void a_seed_repeats_its_choices(void)
{
    a_seed_repeats_its_choices_of_kind(HB_SCHEDULE_RANDOM);
    a_seed_repeats_its_choices_of_kind(HB_SCHEDULE_PCT);
}

static void one_alone_is_no_choice(void)
{
    hb_schedule schedule;
    hb_schedule_init(&schedule, HB_SCHEDULE_RANDOM, 1);
    for (int i = 0; i < 10; i++)
        CHECK_EQ(choose(&schedule, four, 1), 0);
    CHECK_EQ(hb_schedule_steps(&schedule), 0);
    choose(&schedule, four, 2);
    CHECK_EQ(hb_schedule_steps(&schedule), 1);
}

/* ---- the random walk ---- */

static void a_random_walk_gives_all_the_same_chance(void)
{
    uint32_t counts[4] = { 0 }, pairs[9] = { 0 };
    hb_schedule schedule;
    hb_schedule_init(&schedule, HB_SCHEDULE_RANDOM, 12345);
    for (int i = 0; i < 100000; i++)
        counts[choose(&schedule, four, 4)]++;
    for (int i = 0; i < 100000; i++) {
        uint32_t first = choose(&schedule, three, 3);
        pairs[first * 3 + choose(&schedule, three, 3)]++;
    }
    CHECK(chi_squared(counts, 4) < chi_squared_limit(4));
    CHECK(chi_squared(pairs, 9) < chi_squared_limit(9));
}

static void the_first_choices_of_seeds_in_a_row_differ_evenly(void)
{
    uint32_t counts[4] = { 0 };
    hb_schedule schedule;
    for (uint64_t seed = 0; seed < 100000; seed++) {
        hb_schedule_init(&schedule, HB_SCHEDULE_RANDOM, seed);
        counts[choose(&schedule, four, 4)]++;
    }
    CHECK(chi_squared(counts, 4) < chi_squared_limit(4));
}

/* ---- PCT ---- */

static bool is_change(const hb_schedule *schedule, uint64_t step)
{
    return schedule->changes[0] == step || schedule->changes[1] == step;
}

static void by_priority_the_same_goes_on_until_a_change(void)
{
    hb_schedule schedule;
    for (uint64_t seed = 0; seed < 1000; seed++) {
        hb_schedule_init(&schedule, HB_SCHEDULE_PCT, seed * 16 + 3);
        uint32_t last = UINT32_MAX;
        for (uint64_t step = 0; step < 64; step++) {
            uint32_t chosen = choose(&schedule, four, 4);
            CHECK(last == UINT32_MAX || is_change(&schedule, step) == (chosen != last));
            last = chosen;
        }
    }
}

/* All orders of three; and the others keep theirs when one is lowered. */
static void all_orders_of_priority_have_the_same_chance(void)
{
    uint32_t orders[6] = { 0 };
    hb_schedule schedule;
    for (uint64_t seed = 0; seed < 60000; seed++) {
        hb_schedule_init(&schedule, HB_SCHEDULE_PCT, seed * 16 + 15);
        uint32_t first = choose(&schedule, three, 3);
        const uint32_t rest[] = { first == 0, first == 2 ? 1 : 2 };
        uint32_t second = choose(&schedule, rest, 2);
        orders[first * 2 + second]++;
    }
    CHECK(chi_squared(orders, 6) < chi_squared_limit(6));
}

static void changes_are_spread_over_the_length(void)
{
    uint32_t tenths[10] = { 0 };
    hb_schedule schedule;
    for (uint64_t seed = 0; seed < 50000; seed++) {
        hb_schedule_init(&schedule, HB_SCHEDULE_PCT, seed * 16 + 15);
        for (int i = 0; i < 2; i++) {
            CHECK(schedule.changes[i] < hb_schedule_length(15));
            tenths[schedule.changes[i] * 10 / hb_schedule_length(15)]++;
        }
    }
    CHECK_EQ(hb_schedule_length(0), 8);
    CHECK_EQ(hb_schedule_length(16 + 2), 32);
    CHECK(chi_squared(tenths, 10) < chi_squared_limit(10));
}

/* Else one that polls would keep the others from what it polls for. */
static void nobody_outranks_the_others_for_ever(void)
{
    hb_schedule schedule;
    bool went[4] = { false };
    hb_schedule_init(&schedule, HB_SCHEDULE_PCT, 1);
    for (int i = 0; i < 2000; i++)
        went[choose(&schedule, four, 4)] = true;
    for (int i = 0; i < 4; i++)
        CHECK(went[i]);
}

static void many_may_be_lowered(void)
{
    uint32_t many[100];
    bool went[100] = { false };
    hb_schedule schedule;
    hb_schedule_init(&schedule, HB_SCHEDULE_PCT, 1);
    for (uint32_t i = 0; i < 100; i++)
        many[i] = i;
    for (int i = 0; i < 201 * 65; i++)
        went[choose(&schedule, many, 100)] = true;
    CHECK_EQ(schedule.n_lowered, HB_SCHEDULE_LOWERED);
    int n = 0;
    for (int i = 0; i < 100; i++)
        n += went[i];
    CHECK(n > 60);
}

/* ---- traces ---- */

static void a_trace_keeps_the_last_steps(void)
{
    hb_trace_step steps[HB_TRACE_STEPS];
    uint32_t n;
    char text[16];
    hb_schedule *schedule = hb_schedule_new(HB_SCHEDULE_RANDOM, 1);
    CHECK_EQ(hb_trace_copy(schedule->trace, steps, &n), 0);
    CHECK_EQ(n, 0);
    for (uint32_t i = 0; i < 120; i++) {
        snprintf(text, sizeof text, "line %u", i);
        hb_trace_note(schedule->trace, i, (hb_time)i * 2, text);
    }
    CHECK_EQ(hb_trace_copy(schedule->trace, steps, &n), 120);
    CHECK_EQ(n, HB_TRACE_STEPS);
    for (uint32_t i = 0; i < n; i++) {
        snprintf(text, sizeof text, "line %u", 70 + i);
        CHECK_EQ(steps[i].number, 70 + i);
        CHECK_EQ(steps[i].at, (70 + i) * 2);
        CHECK(strcmp(steps[i].where, text) == 0);
    }
    schedule->turns.free(&schedule->turns);
}

static void a_long_text_keeps_its_end(void)
{
    hb_trace_step steps[HB_TRACE_STEPS];
    uint32_t n;
    char text[HB_ORIGIN_SIZE + 10];
    hb_trace *trace = hb_trace_new();
    memset(text, 'x', sizeof text);
    memcpy(text + 9, "\xc3\xa9", 2); /* the cut would go through it */
    memcpy(text + sizeof text - 4, "end", 4);
    hb_trace_note(trace, 1, 0, text);
    hb_trace_copy(trace, steps, &n);
    CHECK_EQ(strlen(steps[0].where), HB_ORIGIN_SIZE - 2);
    CHECK(strcmp(steps[0].where, text + 11) == 0);
    free(trace);
}

int main(void)
{
    RUN(a_seed_repeats_its_choices);
    RUN(one_alone_is_no_choice);
    RUN(a_random_walk_gives_all_the_same_chance);
    RUN(the_first_choices_of_seeds_in_a_row_differ_evenly);
    RUN(by_priority_the_same_goes_on_until_a_change);
    RUN(all_orders_of_priority_have_the_same_chance);
    RUN(changes_are_spread_over_the_length);
    RUN(nobody_outranks_the_others_for_ever);
    RUN(many_may_be_lowered);
    RUN(a_trace_keeps_the_last_steps);
    RUN(a_long_text_keeps_its_end);
    return check_exit_code();
}
