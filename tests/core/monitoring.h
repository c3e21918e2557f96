/* monitoring.h - what the tests of monitors share: a monitor, a beat, and its events. */
#ifndef MONITORING_H
#define MONITORING_H

#include "hb_monitor.h"
#include "support.h"

#define T (100 * MS)
#define LONG_ENOUGH (30 * HB_SECOND)

static const hb_rule plain_rule = { .timeout = T, .grace = 0, .misses = 1, .progress = HB_FOREVER };

static hb_monitor *monitor;
static hb_beat *beat;

static inline void prepare(const hb_rule *rule)
{
    monitor = hb_monitor_new("test");
    beat = hb_beat_open("beat");
    CHECK_EQ(hb_monitor_watch(monitor, beat, rule), HB_OK);
}

static inline void begin(const hb_rule *rule)
{
    prepare(rule);
    CHECK_EQ(hb_monitor_start(monitor), HB_OK);
}

static inline void finish(void)
{
    hb_monitor_close(monitor);
    hb_monitor_unref(monitor);
    hb_beat_unref(beat);
}

/* The next event of a monitor, or NULL if none comes until the deadline, or it has closed. */
static inline hb_health *event_of(hb_monitor *m, hb_time deadline)
{
    hb_case one = { hb_monitor_source(m), HB_RECV, num(0) };
    hb_select select;
    hb_select_init(&select, &one, 1, false);
    hb_status status = hb_select_run(&select, deadline);
    hb_health *health = status == HB_OK ? select.word.ptr : NULL;
    hb_select_fini(&select);
    return health;
}

/* The next event, which must come; without it nothing else could be checked. */
static inline hb_health *next_event(void)
{
    hb_health *health = event_of(monitor, hb_now() + LONG_ENOUGH);
    if (!health) {
        printf("FAIL no event\n");
        exit(1);
    }
    return health;
}

static inline void expect_event(bool healthy, hb_cause cause)
{
    hb_health *health = next_event();
    CHECK_EQ(health->healthy, healthy);
    CHECK_EQ(health->cause, cause);
    CHECK(health->beat == beat);
    hb_health_unref(health);
}

/* Of a silence, whatever its cause. */
static inline void expect_silence(void)
{
    hb_health *health = next_event();
    CHECK(!health->healthy);
    CHECK(health->cause >= HB_CAUSE_BLOCKED && health->cause <= HB_CAUSE_MISSED);
    CHECK(health->beat == beat);
    hb_health_unref(health);
}

static inline void expect_none_during(hb_time duration)
{
    hb_health *health = event_of(monitor, hb_now() + duration);
    CHECK(health == NULL);
    hb_health_unref(health);
}

static inline void await_status(hb_watch_status status)
{
    hb_time until = hb_now() + LONG_ENOUGH;
    while (hb_monitor_status_of(monitor, beat) != status && hb_now() < until)
        pass_until(in_ms(1));
    CHECK_EQ(hb_monitor_status_of(monitor, beat), status);
}

static inline hb_monitor_stats stats_of(hb_monitor *m)
{
    hb_monitor_stats stats;
    hb_monitor_stats_get(m, &stats);
    return stats;
}

#endif
