/* hb_monitor: edges and their order; units, pauses, grace, progress. */
#include "monitoring.h"

/* Two clocks are compared, of a pulse and of the system. */
#define CLOCK_ERROR MS

/* ---- edges ---- */

static void a_silence_is_told_of_when_the_timeout_has_passed(void)
{
    begin(&plain_rule);
    hb_time began = hb_now();
    hb_beat_pulse(beat);
    hb_health *health = next_event();
    CHECK(hb_now() >= began + T);
    CHECK(!health->healthy);
    CHECK(health->since >= began - CLOCK_ERROR);
    CHECK(health->silent_for >= T - CLOCK_ERROR);
    CHECK_EQ(health->misses, health->silent_for / T);
    CHECK(strcmp(hb_beat_name(health->beat), "beat") == 0);
    hb_health_unref(health);
    CHECK_EQ(hb_monitor_status(monitor), HB_WATCH_UNHEALTHY);
    expect_none_during(3 * T); /* an edge comes once */
    finish();
}

static void the_pulse_after_it_is_a_recovery(void)
{
    begin(&plain_rule);
    expect_silence();
    hb_time pulsed = hb_now();
    hb_beat_pulse(beat);
    CHECK_EQ(hb_monitor_status(monitor), HB_WATCH_HEALTHY);
    hb_health *health = next_event();
    CHECK(health->healthy);
    CHECK_EQ(health->cause, HB_CAUSE_NONE);
    CHECK(health->silent_for >= T - CLOCK_ERROR);
    CHECK(health->since + health->silent_for >= pulsed - CLOCK_ERROR);
    hb_health_unref(health);
    expect_silence();
    finish();
}

static void an_end_is_one_edge_with_its_cause(void)
{
    static const hb_end ends[] = { HB_END_CLOSED, HB_END_EXITED, HB_END_RAISED, HB_END_REVOKED };
    for (int i = 0; i < 4; i++) {
        begin(&plain_rule);
        if (i % 2)
            expect_silence();
        CHECK_EQ(hb_beat_end(beat, ends[i]), HB_OK);
        CHECK_EQ(hb_monitor_status(monitor), HB_WATCH_ENDED);
        expect_event(false, hb_cause_of_end(ends[i]));
        expect_none_during(T + T / 2);
        CHECK_EQ(stats_of(monitor).watched, 0);
        CHECK_EQ(hb_monitor_status(monitor), HB_WATCH_ENDED);
        CHECK(!hb_monitor_unwatch(monitor, beat));
        finish();
    }
}

static void one_that_pulses_is_left_alone(void)
{
    static const hb_rule slow = { .timeout = 10 * T, .grace = 0, .misses = 1, .progress = HB_FOREVER };
    begin(&slow);
    CHECK_EQ(hb_monitor_status(monitor), HB_WATCH_STARTING);
    for (int i = 0; i < 15; i++) {
        hb_beat_pulse(beat);
        expect_none_during(T);
        CHECK_EQ(hb_monitor_status_of(monitor, beat), HB_WATCH_HEALTHY);
    }
    finish();
}

static void it_is_late_before_it_is_unhealthy(void)
{
    static const hb_rule slow = { .timeout = 20 * T, .grace = 0, .misses = 1, .progress = HB_FOREVER };
    begin(&slow);
    hb_time pulsed = hb_now();
    hb_beat_pulse(beat);
    await_status(HB_WATCH_LATE);
    CHECK(hb_now() >= pulsed + 10 * T - CLOCK_ERROR);
    hb_beat_pulse(beat);
    CHECK_EQ(hb_monitor_status_of(monitor, beat), HB_WATCH_HEALTHY);
    finish();
}

static void several_timeouts_may_make_a_silence(void)
{
    static const hb_rule patient = { .timeout = T, .grace = 0, .misses = 4, .progress = HB_FOREVER };
    begin(&patient);
    hb_time pulsed = hb_now();
    hb_beat_pulse(beat);
    hb_health *health = next_event();
    CHECK(hb_now() >= pulsed + 4 * T - CLOCK_ERROR);
    CHECK(health->misses >= 4);
    hb_health_unref(health);
    finish();
}

/* ---- the first pulse ---- */

static const hb_rule graceful = { .timeout = T, .grace = 6 * T, .misses = 1, .progress = HB_FOREVER };

static void the_first_pulse_has_its_grace(void)
{
    hb_time began = hb_now();
    begin(&graceful);
    CHECK_EQ(hb_monitor_status(monitor), HB_WATCH_STARTING);
    expect_silence();
    CHECK(hb_now() >= began + 6 * T);
    finish();
}

/* And no longer: from then on silence counts. */
static void the_first_pulse_ends_it(void)
{
    static const hb_rule rule = { .timeout = T, .grace = 1000 * T, .misses = 1, .progress = HB_FOREVER };
    begin(&rule);
    hb_beat_pulse(beat);
    CHECK_EQ(hb_monitor_status(monitor), HB_WATCH_HEALTHY);
    expect_silence(); /* else it would take a hundred seconds */
    finish();
}

static void silence_from_before_the_start_does_not_count(void)
{
    beat = hb_beat_open("beat");
    hb_beat_pulse(beat);
    pass_until(hb_now() + 2 * T);
    hb_time began = hb_now();
    monitor = hb_monitor_new("test");
    CHECK_EQ(hb_monitor_watch(monitor, beat, &plain_rule), HB_OK);
    CHECK_EQ(hb_monitor_status(monitor), HB_WATCH_IDLE);
    CHECK_EQ(hb_monitor_start(monitor), HB_OK);
    CHECK_EQ(hb_monitor_start(monitor), HB_OK);
    CHECK(hb_monitor_status(monitor) != HB_WATCH_STARTING);
    hb_health *health = next_event();
    CHECK(hb_now() >= began + T);
    CHECK(health->silent_for >= 3 * T - CLOCK_ERROR);
    hb_health_unref(health);
    finish();
}

/* ---- pauses ---- */

static void no_verdict_during_a_pause(void)
{
    begin(&plain_rule);
    hb_time paused = hb_now();
    CHECK_EQ(hb_beat_pause(beat, 5 * T), HB_OK);
    CHECK_EQ(hb_monitor_status(monitor), HB_WATCH_PAUSED);
    expect_silence();
    CHECK(hb_now() >= paused + 5 * T);
    finish();
}

static void a_pulse_ends_a_pause(void)
{
    begin(&plain_rule);
    CHECK_EQ(hb_beat_pause(beat, 1000 * T), HB_OK);
    expect_none_during(3 * T);
    hb_beat_pulse(beat);
    CHECK_EQ(hb_monitor_status(monitor), HB_WATCH_HEALTHY);
    expect_silence();
    finish();
}

/* ---- units ---- */

static void a_long_unit_may_be_silent(void)
{
    hb_unit unit;
    begin(&plain_rule);
    CHECK_EQ(hb_unit_begin(beat, &unit, "long", 1000 * T, true), HB_OK);
    expect_none_during(4 * T);
    CHECK_EQ(hb_monitor_status(monitor), HB_WATCH_HEALTHY);
    hb_unit_finish(beat, &unit);
    expect_silence();
    finish();
}

static void pulses_do_not_help_a_unit_that_takes_too_long(void)
{
    static const hb_rule slow = { .timeout = 1000 * T, .grace = 0, .misses = 1, .progress = HB_FOREVER };
    hb_unit unit;
    begin(&slow);
    hb_beat_pulse(beat);
    hb_time began = hb_now();
    CHECK_EQ(hb_unit_begin(beat, &unit, "short", 2 * T, true), HB_OK);
    while (hb_monitor_status(monitor) != HB_WATCH_UNHEALTHY) {
        hb_beat_pulse(beat);
        pass_until(in_ms(1));
    }
    CHECK(hb_now() >= began + 2 * T);
    hb_health *health = next_event();
    CHECK_EQ(health->cause, HB_CAUSE_OVERRAN);
    CHECK(strcmp(health->unit, "short") == 0);
    CHECK(health->silent_for >= 2 * T - CLOCK_ERROR);
    hb_health_unref(health);
    hb_beat_pulse(beat);
    expect_none_during(T);
    hb_unit_finish(beat, &unit);
    expect_event(true, HB_CAUSE_NONE);
    finish();
}

/* Most of them begin and end between two looks. */
static void short_units_call_nobody(void)
{
    hb_unit unit;
    begin(&graceful);
    hb_unit_begin(beat, &unit, NULL, 1000 * T, true);
    hb_unit_finish(beat, &unit);
    expect_none_during(T / 4);
    uint64_t looks = stats_of(monitor).looks;
    for (int i = 0; i < 1000; i++) {
        hb_unit_begin(beat, &unit, NULL, 1000 * T, true);
        hb_unit_finish(beat, &unit);
    }
    CHECK(stats_of(monitor).looks - looks < 100);
    finish();
}

/* ---- progress ---- */

static void one_that_pulses_without_progress_is_stuck(void)
{
    static const hb_rule paced = { .timeout = 1000 * T, .grace = 0, .misses = 1, .progress = 2 * T };
    begin(&paced);
    hb_time began = hb_now();
    CHECK_EQ(hb_beat_progress(beat, 1, 10, "phase"), HB_OK);
    while (hb_monitor_status(monitor) != HB_WATCH_UNHEALTHY) {
        CHECK_EQ(hb_beat_progress(beat, 1, 10, NULL), HB_OK);
        pass_until(in_ms(1));
    }
    CHECK(hb_now() >= began + 2 * T);
    expect_event(false, HB_CAUSE_STUCK);
    hb_beat_progress(beat, 1, 10, NULL);
    expect_none_during(T);
    hb_beat_progress(beat, 2, 10, NULL);
    expect_event(true, HB_CAUSE_NONE);
    expect_event(false, HB_CAUSE_STUCK);
    finish();
}

static void progress_counts_from_the_start(void)
{
    static const hb_rule paced = { .timeout = 1000 * T, .grace = 0, .misses = 1, .progress = 2 * T };
    begin(&paced);
    expect_event(false, HB_CAUSE_STUCK);
    finish();
}

int main(void)
{
    RUN(a_silence_is_told_of_when_the_timeout_has_passed);
    RUN(the_pulse_after_it_is_a_recovery);
    RUN(an_end_is_one_edge_with_its_cause);
    RUN(one_that_pulses_is_left_alone);
    RUN(it_is_late_before_it_is_unhealthy);
    RUN(several_timeouts_may_make_a_silence);
    RUN(the_first_pulse_has_its_grace);
    RUN(the_first_pulse_ends_it);
    RUN(silence_from_before_the_start_does_not_count);
    RUN(no_verdict_during_a_pause);
    RUN(a_pulse_ends_a_pause);
    RUN(a_long_unit_may_be_silent);
    RUN(pulses_do_not_help_a_unit_that_takes_too_long);
    RUN(short_units_call_nobody);
    RUN(one_that_pulses_without_progress_is_stuck);
    RUN(progress_counts_from_the_start);
    return check_exit_code();
}
