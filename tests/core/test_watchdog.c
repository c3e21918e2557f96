/* hb_watchdog, from one thread: when it expires, what a beat moves and what it
 * leaves. Timeouts of hours, and expiries long past, make most of it independent
 * of the clock. */
#include "chisq.h"
#include "watchdog.h"

/* ---- beats ---- */

static void it_expires_a_timeout_after_it_was_made(void)
{
    hb_watchdog watchdog;
    hb_time before = hb_now();
    hb_watchdog_init(&watchdog, 20 * MS, 0);
    hb_time after = hb_now(), due = hb_watchdog_due(&watchdog);
    CHECK(before + 20 * MS <= due && due <= after + 20 * MS);
    CHECK_EQ((intptr_t)await_watchdog(&watchdog), due);
    CHECK(hb_now() < due + 20 * HB_SECOND);
}

static void a_beat_moves_it(void)
{
    hb_watchdog watchdog;
    hb_watchdog_init(&watchdog, HOUR, 0);
    for (int i = 0; i < 3; i++) {
        hb_time before = hb_now();
        hb_watchdog_beat(&watchdog);
        hb_time due = hb_watchdog_due(&watchdog);
        CHECK(before + HOUR <= due && due <= hb_now() + HOUR);
    }
    CHECK_EQ(poll_watchdog(&watchdog), 0);
}

static void an_expiry_is_not_taken_back(void)
{
    hb_watchdog watchdog;
    arm_for(&watchdog, 5);
    for (int i = 0; i < 3; i++)
        hb_watchdog_beat(&watchdog);
    CHECK_EQ(hb_watchdog_due(&watchdog), 5);
    CHECK_EQ(poll_watchdog(&watchdog), 5);
    CHECK_EQ(poll_watchdog(&watchdog), 0);
}

/* ---- taking (D4) ---- */

static void after_an_expiry_it_counts_from_the_last_beat(void)
{
    hb_watchdog watchdog;
    arm_for(&watchdog, 5);
    hb_time before = hb_now();
    hb_watchdog_beat(&watchdog);
    hb_time after = hb_now();
    pass_until(after + MS);
    CHECK_EQ(poll_watchdog(&watchdog), 5);
    hb_time due = hb_watchdog_due(&watchdog);
    CHECK(before + HOUR <= due && due <= after + HOUR);
}

static void after_an_expiry_in_silence_it_keeps_the_phase(void)
{
    hb_watchdog watchdog;
    hb_time due = hb_now() - HOUR / 2;
    arm_for(&watchdog, due);
    CHECK_EQ(poll_watchdog(&watchdog), due);
    CHECK_EQ(hb_watchdog_due(&watchdog), due + HOUR);
}

static void after_a_long_silence_it_counts_from_now(void)
{
    hb_watchdog watchdog;
    hb_time now = hb_now(), due = now > 3 * HOUR ? now - 3 * HOUR : 2;
    arm_for(&watchdog, due);
    watchdog.timeout = due == 2 ? now / 2 : HOUR; /* of a machine that has just started */
    CHECK_EQ(poll_watchdog(&watchdog), due);
    hb_time next = hb_watchdog_due(&watchdog);
    CHECK(now + watchdog.timeout <= next && next <= hb_now() + watchdog.timeout);
    CHECK_EQ(poll_watchdog(&watchdog), 0);
}

/* ---- stop ---- */

static void stop_lasts_until_the_next_beat(void)
{
    hb_watchdog watchdog;
    hb_watchdog_init(&watchdog, HOUR, 0);
    CHECK(hb_watchdog_stop(&watchdog));
    CHECK(!hb_watchdog_stop(&watchdog));
    CHECK_EQ(hb_watchdog_due(&watchdog), HB_FOREVER);
    CHECK_EQ(poll_watchdog(&watchdog), 0);
    hb_watchdog_beat(&watchdog);
    CHECK(hb_watchdog_due(&watchdog) <= hb_now() + HOUR);
    CHECK(hb_watchdog_stop(&watchdog));
}

static void stop_drops_what_nobody_took(void)
{
    hb_watchdog watchdog;
    arm_for(&watchdog, 5);
    CHECK(hb_watchdog_stop(&watchdog));
    CHECK_EQ(poll_watchdog(&watchdog), 0);
    hb_watchdog_beat(&watchdog);
    CHECK_EQ(poll_watchdog(&watchdog), 0);
}

static void timeouts_beyond_the_clock_never_come(void)
{
    hb_watchdog watchdog;
    const hb_time timeouts[] = { HB_FOREVER, HB_FOREVER - 1 };
    for (int i = 0; i < 2; i++) {
        hb_watchdog_init(&watchdog, timeouts[i], HOUR);
        hb_watchdog_beat(&watchdog);
        CHECK_EQ(hb_watchdog_due(&watchdog), HB_FOREVER);
        CHECK_EQ(poll_watchdog(&watchdog), 0);
        CHECK(!hb_watchdog_stop(&watchdog));
    }
}

/* ---- jitter (D2) ---- */

static hb_time jitter_of_a_beat(hb_watchdog *watchdog)
{
    hb_watchdog_beat(watchdog);
    return hb_watchdog_due(watchdog) - watchdog->beat - watchdog->timeout;
}

static void jitter_is_uniform(void)
{
    hb_watchdog watchdog;
    uint32_t counts[10] = { 0 };
    hb_rand_seed(1);
    hb_watchdog_init(&watchdog, HOUR, 1000);
    for (int i = 0; i < 50000; i++) {
        hb_time jitter = jitter_of_a_beat(&watchdog);
        CHECK(0 <= jitter && jitter < 1000);
        counts[jitter / 100]++;
    }
    CHECK(chi_squared(counts, 10) < chi_squared_limit(10));
    hb_rand_unseed();
}

static void seeded_jitter_repeats(void)
{
    hb_watchdog watchdog;
    hb_time first[8];
    for (int round = 0; round < 2; round++) {
        hb_rand_seed(7);
        hb_watchdog_init(&watchdog, MS, HOUR);
        for (int i = 0; i < 8; i++) {
            hb_time jitter = jitter_of_a_beat(&watchdog);
            if (round == 0)
                first[i] = jitter;
            CHECK_EQ(jitter, first[i]);
        }
    }
    hb_rand_unseed();
}

static void without_jitter_nothing_is_drawn(void)
{
    hb_watchdog watchdog;
    hb_rand_seed(7);
    uint32_t first = hb_rand_below(1u << 31);
    hb_rand_seed(7);
    hb_watchdog_init(&watchdog, HOUR, 0);
    hb_watchdog_beat(&watchdog);
    CHECK_EQ(hb_rand_below(1u << 31), first);
    hb_rand_unseed();
}

int main(void)
{
    RUN(it_expires_a_timeout_after_it_was_made);
    RUN(a_beat_moves_it);
    RUN(an_expiry_is_not_taken_back);
    RUN(after_an_expiry_it_counts_from_the_last_beat);
    RUN(after_an_expiry_in_silence_it_keeps_the_phase);
    RUN(after_a_long_silence_it_counts_from_now);
    RUN(stop_lasts_until_the_next_beat);
    RUN(stop_drops_what_nobody_took);
    RUN(timeouts_beyond_the_clock_never_come);
    RUN(jitter_is_uniform);
    RUN(seeded_jitter_repeats);
    RUN(without_jitter_nothing_is_drawn);
    return check_exit_code();
}
