/* A monitor with a culprit speaks of starvation alone, and says who has what the thread waits for. */
#include "monitoring.h"

enum { CULPRIT = 7 };

static int32_t name_one(char *words, size_t size)
{
    snprintf(words, size, "held by somebody");
    return CULPRIT;
}

static void begin_with_culprit(hb_time timeout)
{
    hb_rule rule = { .timeout = timeout, .grace = 0, .misses = 1, .progress = HB_FOREVER };
    prepare(&rule);
    hb_monitor_set_culprit(monitor, name_one);
    CHECK_EQ(hb_monitor_start(monitor), HB_OK);
}

static void expect_starvation(void)
{
    hb_health *health = next_event();
    CHECK_EQ(health->cause, HB_CAUSE_STARVED);
    CHECK(strstr(health->where, "held by somebody") != NULL);
    hb_health_unref(health);
}

/* The thread of the beat is this one, which waits in the engine meanwhile. */
static void who_sleeps_too_long_by_itself_is_not_told_of(void)
{
    begin_with_culprit(T);
    hb_beat_pulse(beat);
    expect_none_during(5 * T);
    CHECK(hb_monitor_status(monitor) != HB_WATCH_UNHEALTHY);
    hb_health *health = hb_monitor_check(monitor, beat);
    CHECK(health->healthy);
    CHECK(strcmp(health->where, "") == 0);
    hb_health_unref(health);
    finish();
}

static void who_starves_then_is(void)
{
    begin_with_culprit(T);
    hb_beat_pulse(beat);
    expect_none_during(3 * T);
    hb_beat_pulse(beat);
    hb_thread_attaching(hb_thread_here(), true);
    expect_starvation();
    CHECK_EQ(hb_monitor_status(monitor), HB_WATCH_UNHEALTHY);
    hb_thread_attaching(hb_thread_here(), false);
    hb_beat_pulse(beat);
    expect_event(true, HB_CAUSE_NONE);
    finish();
}

/* It was seen in between: awake, and late. */
static void who_is_slow_to_ask_is_told_of_later(void)
{
    begin_with_culprit(5 * T);
    hb_beat_pulse(beat);
    await_status(HB_WATCH_LATE);
    hb_thread_attaching(hb_thread_here(), true);
    expect_starvation();
    hb_thread_attaching(hb_thread_here(), false);
    finish();
}

int main(void)
{
    RUN(who_sleeps_too_long_by_itself_is_not_told_of);
    RUN(who_starves_then_is);
    RUN(who_is_slow_to_ask_is_told_of_later);
    return check_exit_code();
}
