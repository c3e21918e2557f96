/* hb_monitor: edges and their order; who is watched; what a monitor answers. */
#include "hb_monitor.h"
#include "hb_worker.h"
#include "support.h"

#define T (100 * MS)

static const hb_rule rule = { .timeout = T, .grace = 0, .misses = 1, .progress = HB_FOREVER };

static hb_monitor *monitor;
static hb_beat *beat;

static void begin(const hb_rule *r)
{
    monitor = hb_monitor_new("test");
    beat = hb_beat_open("beat");
    CHECK_EQ(hb_monitor_watch(monitor, beat, r), HB_OK);
    CHECK_EQ(hb_monitor_start(monitor), HB_OK);
}

static void finish(void)
{
    hb_monitor_close(monitor);
    hb_monitor_unref(monitor);
    hb_beat_unref(beat);
}

static hb_health *next_event_of(hb_monitor *m, hb_time deadline)
{
    hb_case one = { hb_monitor_source(m), HB_RECV, num(0) };
    hb_select select;
    hb_select_init(&select, &one, 1, false);
    hb_status status = hb_select_run(&select, deadline);
    hb_health *health = status == HB_OK ? select.word.ptr : NULL;
    hb_select_fini(&select);
    return health;
}

static hb_health *next_event(void)
{
    hb_health *health = next_event_of(monitor, in_ms(20000));
    CHECK(health != NULL);
    if (!health)
        exit(1);
    return health;
}

/* One event, looked at and let go. */
static void expect(bool healthy, hb_cause cause)
{
    hb_health *health = next_event();
    CHECK_EQ(health->healthy, healthy);
    CHECK_EQ(health->cause, cause);
    CHECK(health->beat == beat);
    hb_health_unref(health);
}

static void expect_silence(void)
{
    hb_health *health = next_event();
    CHECK(!health->healthy);
    hb_health_unref(health);
}

/* ---- edges ---- */

static void silence_recovery_end(void)
{
    begin(&rule);
    hb_time began = hb_now();
    hb_beat_pulse(beat);
    hb_health *health = next_event();
    CHECK(!health->healthy);
    CHECK(health->since >= began - MS); /* two clocks are compared */
    CHECK(health->silent_for >= T - MS);
    CHECK_EQ(health->misses, health->silent_for / T);
    CHECK(hb_now() >= began + T);
    hb_health_unref(health);
    CHECK_EQ(hb_monitor_status(monitor), HB_WATCH_UNHEALTHY);
    hb_beat_pulse(beat);
    CHECK_EQ(hb_monitor_status(monitor), HB_WATCH_HEALTHY);
    health = next_event();
    CHECK(health->healthy);
    CHECK_EQ(health->cause, HB_CAUSE_NONE);
    CHECK(health->silent_for >= T - MS);
    hb_health_unref(health);
    hb_beat_end(beat, HB_END_RAISED);
    CHECK_EQ(hb_monitor_status(monitor), HB_WATCH_ENDED);
    expect(false, HB_CAUSE_RAISED);
    finish();
}

static void one_that_pulses_is_left_alone(void)
{
    begin(&rule);
    for (int i = 0; i < 60; i++) {
        hb_beat_pulse(beat);
        CHECK(next_event_of(monitor, in_ms(10)) == NULL);
    }
    CHECK_EQ(hb_monitor_status_of(monitor, beat), HB_WATCH_HEALTHY);
    finish();
}

int main(void)
{
    RUN(silence_recovery_end);
    RUN(one_that_pulses_is_left_alone);
    (void)expect_silence;
    return check_exit_code();
}
