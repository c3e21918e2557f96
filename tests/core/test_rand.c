/* hb_rand: repeatable when seeded, fresh when not, uniform, each thread its own. */
#include <stdbool.h>

#include "check.h"
#include "chisq.h"
#include "hb_rand.h"

#define DRAWS 200000

static void draw(uint32_t *into, int n)
{
    for (int i = 0; i < n; i++)
        into[i] = hb_rand_below(UINT32_MAX);
}

static bool differ(const uint32_t *a, const uint32_t *b, size_t n)
{
    return memcmp(a, b, n * sizeof *a) != 0;
}

static void one_seed_one_sequence(void)
{
    uint32_t first[64], second[64], other[64];
    hb_rand_seed(7);
    draw(first, 64);
    hb_rand_seed(7);
    draw(second, 64);
    hb_rand_seed(8);
    draw(other, 64);
    CHECK(!differ(first, second, 64));
    CHECK(differ(first, other, 64));
}

/* The first outputs of SplitMix64 for the seed 0 as its authors' program gives
 * them; a bound of 2^31 shows their upper 31 bits. */
static void the_sequence_is_splitmix64(void)
{
    const uint64_t published[] = { 0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4, 0x06c45d188009454f };
    hb_rand_seed(0);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(hb_rand_below(1u << 31), published[i] >> 33);
}

static void results_stay_below_the_bound(void)
{
    hb_rand_seed(1);
    for (uint32_t bound = 1; bound < 5000; bound++)
        CHECK(hb_rand_below(bound) < bound);
    for (int i = 0; i < 1000; i++)
        CHECK_EQ(hb_rand_below(1), 0);
}

static void check_uniform(uint32_t bound)
{
    uint32_t counts[10] = { 0 };
    for (int i = 0; i < DRAWS; i++)
        counts[hb_rand_below(bound)]++;
    CHECK(chi_squared(counts, bound) < chi_squared_limit(bound));
}

static void seeded_results_are_uniform(void)
{
    hb_rand_seed(20240229);
    for (uint32_t bound = 2; bound <= 10; bound++)
        check_uniform(bound);
}

static void unseeded_results_are_uniform(void)
{
    hb_rand_unseed();
    for (uint32_t bound = 2; bound <= 10; bound++)
        check_uniform(bound);
}

/* Neighbouring draws must not depend on each other: nine pairs of thirds. */
static void pairs_are_uniform(void)
{
    uint32_t counts[9] = { 0 };
    hb_rand_seed(3);
    for (int i = 0; i < DRAWS; i++) {
        uint32_t first = hb_rand_below(3);
        counts[first * 3 + hb_rand_below(3)]++;
    }
    CHECK(chi_squared(counts, 9) < chi_squared_limit(9));
}

static void units_are_uniform(void)
{
    uint32_t counts[10] = { 0 };
    hb_rand_seed(4);
    for (int i = 0; i < DRAWS; i++) {
        double unit = hb_rand_unit();
        CHECK(0 <= unit && unit < 1);
        counts[(int)(unit * 10)]++;
    }
    CHECK(chi_squared(counts, 10) < chi_squared_limit(10));
}

static void unseeding_never_repeats(void)
{
    uint32_t first[8], second[8];
    hb_rand_unseed();
    draw(first, 8);
    hb_rand_unseed();
    draw(second, 8);
    CHECK(differ(first, second, 8));
}

static void *draw_unseeded(void *into)
{
    draw(into, 8);
    return NULL;
}

static void threads_draw_different_sequences(void)
{
    uint32_t mine[8], theirs[2][8];
    hb_rand_seed(5);
    for (int i = 0; i < 2; i++)
        check_join(check_spawn(draw_unseeded, theirs[i]));
    draw(mine, 8);
    CHECK(differ(mine, theirs[0], 8));
    CHECK(differ(theirs[0], theirs[1], 8));
}

static void *seed_and_draw(void *into)
{
    hb_rand_seed(99);
    draw(into, 8);
    return NULL;
}

static void seeding_one_thread_leaves_the_others(void)
{
    uint32_t alone[16], disturbed[16], other[8];
    hb_rand_seed(6);
    draw(alone, 16);
    hb_rand_seed(6);
    draw(disturbed, 8);
    check_join(check_spawn(seed_and_draw, other));
    draw(disturbed + 8, 8);
    CHECK(!differ(alone, disturbed, 16));
}

int main(void)
{
    RUN(one_seed_one_sequence);
    RUN(the_sequence_is_splitmix64);
    RUN(results_stay_below_the_bound);
    RUN(seeded_results_are_uniform);
    RUN(unseeded_results_are_uniform);
    RUN(pairs_are_uniform);
    RUN(units_are_uniform);
    RUN(unseeding_never_repeats);
    RUN(threads_draw_different_sequences);
    RUN(seeding_one_thread_leaves_the_others);
    return check_exit_code();
}
