/* Monitors and beats in a bubble: verdicts at their very instant, and nothing across clocks. */
#include "monitoring.h"

#include "in_bubble.h"

static hb_chan *work; /* nobody sends, as a rule */

static void begin_watch(hb_time timeout, hb_time grace, uint32_t misses)
{
    hb_rule rule = { .timeout = timeout, .grace = grace, .misses = misses, .progress = HB_FOREVER };
    enter();
    work = hb_chan_new(0, NULL);
    hb_source_set_name(hb_chan_source(work), "work");
    begin(&rule);
}

static void end_watch(void)
{
    finish();
    hb_chan_unref(work);
    leave();
}

static hb_health *event_at(hb_time instant)
{
    hb_health *health = event_of(monitor, HB_FOREVER);
    if (!health) {
        printf("FAIL no event\n");
        exit(1);
    }
    CHECK_EQ(health->at, instant);
    CHECK_EQ(hb_now(), instant);
    return health;
}

/* ---- silence ---- */

static void pulse_and_wait(void *unused)
{
    hb_word word;
    (void)unused;
    pass(3 * SECOND);
    CHECK_EQ(hb_beat_pulse(beat), HB_OK);
    CHECK_EQ(hb_chan_recv(work, &word, HB_FOREVER), HB_OK);
    CHECK_EQ(hb_beat_pulse(beat), HB_OK);
}

static void a_deadlock_is_noticed_at_the_timeout(void)
{
    begin_watch(10 * SECOND, 0, 1);
    hb_worker *worker = start_worker(pulse_and_wait, NULL);
    hb_health *health = event_at(13 * SECOND);
    CHECK_EQ(health->cause, HB_CAUSE_BLOCKED);
    CHECK_EQ(health->since, 3 * SECOND);
    CHECK_EQ(health->silent_for, 10 * SECOND);
    CHECK_EQ(health->misses, 1);
    CHECK(strstr(health->where, "thread 'hb-test'") != NULL);
    CHECK(strstr(health->where, "receive from channel 'work'") != NULL);
    CHECK(strstr(health->where, "processor time") == NULL);
    hb_health_unref(health);
    CHECK_EQ(hb_chan_send(work, num(1), HB_FOREVER), HB_OK);
    join_worker(worker);
    end_watch();
}

static void a_recovery_lasts_to_the_pulse(void)
{
    begin_watch(SECOND, 0, 1);
    hb_worker *worker = start_worker(pulse_and_wait, NULL);
    hb_health_unref(event_at(SECOND)); /* it begins to pulse too late */
    hb_health *health = event_at(3 * SECOND);
    CHECK(health->healthy);
    CHECK_EQ(health->silent_for, 3 * SECOND);
    CHECK_EQ(health->misses, 3);
    hb_health_unref(health);
    hb_health_unref(event_at(4 * SECOND));
    pass(96 * SECOND);
    CHECK_EQ(hb_chan_send(work, num(1), HB_FOREVER), HB_OK);
    health = event_at(100 * SECOND);
    CHECK(health->healthy);
    CHECK_EQ(health->since, 3 * SECOND);
    CHECK_EQ(health->silent_for, 97 * SECOND);
    hb_health_unref(health);
    join_worker(worker);
    end_watch();
}

static void grace_and_misses_count(void)
{
    begin_watch(2 * SECOND, 7 * SECOND, 3);
    pass(4 * SECOND);
    CHECK_EQ(hb_monitor_status_of(monitor, beat), HB_WATCH_STARTING);
    hb_health *health = event_at(11 * SECOND); /* the grace takes the place of one timeout */
    CHECK_EQ(health->misses, 5);
    hb_health_unref(health);
    CHECK_EQ(hb_beat_pulse(beat), HB_OK);
    hb_health_unref(event_at(11 * SECOND));
    health = event_at(17 * SECOND);
    CHECK_EQ(health->misses, 3);
    hb_health_unref(health);
    end_watch();
}

/* A nanosecond, and a year. */
static void any_timeout_is_exact(void)
{
    static const hb_time timeouts[] = { 1, 2, 1000, 31536000 * SECOND };
    for (size_t i = 0; i < sizeof timeouts / sizeof *timeouts; i++) {
        begin_watch(timeouts[i], 0, 1);
        hb_health_unref(event_at(timeouts[i]));
        end_watch();
    }
}

static void pulse_every_second(void *unused)
{
    (void)unused;
    for (int i = 0; i < 1000; i++) {
        pass(SECOND);
        CHECK_EQ(hb_beat_pulse(beat), HB_OK);
    }
    CHECK_EQ(hb_beat_end(beat, HB_END_EXITED), HB_OK);
}

static void who_pulses_in_time_is_never_told_of(void)
{
    begin_watch(SECOND + 1, 0, 1);
    hb_worker *worker = start_worker(pulse_every_second, NULL);
    hb_health *health = event_at(1000 * SECOND);
    CHECK_EQ(health->cause, HB_CAUSE_EXITED);
    hb_health_unref(health);
    hb_monitor_stats stats = stats_of(monitor);
    CHECK_EQ(stats.verdicts, 1);
    CHECK_EQ(stats.latest, 0);
    CHECK_EQ(stats.doubts, 0);
    join_worker(worker);
    end_watch();
}

/* ---- many at once ---- */

#define MANY 300

/* Whatever slots they lie in. */
static void who_is_silent_at_once_is_told_of_in_order(void)
{
    hb_beat *beats[MANY];
    hb_rule rule = { .timeout = SECOND, .grace = 0, .misses = 1, .progress = HB_FOREVER };
    begin_watch(SECOND / 2, 0, 1);
    for (int i = 0; i < MANY; i++)
        beats[i] = hb_beat_open(NULL);
    for (int i = 0; i < MANY; i++)
        CHECK_EQ(hb_monitor_watch(monitor, beats[i * 7 % MANY], &rule), HB_OK);
    hb_health_unref(event_at(SECOND / 2));
    for (int i = 0; i < MANY; i++) {
        hb_health *health = event_at(SECOND);
        CHECK(health->beat == beats[i * 7 % MANY]);
        hb_health_unref(health);
    }
    for (int i = 0; i < MANY; i++) {
        CHECK(hb_monitor_unwatch(monitor, beats[i]));
        hb_beat_unref(beats[i]);
    }
    end_watch();
}

/* ---- units, pauses ---- */

static void a_unit_overruns_at_its_time(void)
{
    hb_unit unit;
    begin_watch(SECOND, 0, 1);
    CHECK_EQ(hb_unit_begin(beat, &unit, "long", 30 * SECOND, true), HB_OK);
    hb_health *health = event_at(30 * SECOND);
    CHECK_EQ(health->cause, HB_CAUSE_OVERRAN);
    CHECK_EQ(health->silent_for, 30 * SECOND);
    hb_health_unref(health);
    pass(5 * SECOND);
    hb_unit_finish(beat, &unit);
    health = event_at(35 * SECOND);
    CHECK(health->healthy);
    hb_health_unref(health);
    end_watch();
}

static void a_pause_delays_the_verdict(void)
{
    begin_watch(SECOND, 0, 1);
    CHECK_EQ(hb_beat_pause(beat, 50 * SECOND), HB_OK);
    pass(SECOND);
    CHECK_EQ(hb_monitor_status_of(monitor, beat), HB_WATCH_PAUSED);
    hb_health_unref(event_at(50 * SECOND));
    end_watch();
}

/* ---- time goes on only for what can come ---- */

static void a_verdict_is_spoken_before_a_deadlock_is(void)
{
    hb_word word;
    begin_watch(SECOND, 0, 1);
    CHECK_EQ(hb_chan_recv(work, &word, HB_FOREVER), HB_DEADLOCK);
    CHECK_EQ(hb_now(), SECOND);
    CHECK_EQ(hb_monitor_status_of(monitor, beat), HB_WATCH_UNHEALTHY);
    end_watch();
}

int main(void)
{
    RUN(a_deadlock_is_noticed_at_the_timeout);
    RUN(a_recovery_lasts_to_the_pulse);
    RUN(grace_and_misses_count);
    RUN(any_timeout_is_exact);
    RUN(who_pulses_in_time_is_never_told_of);
    RUN(who_is_silent_at_once_is_told_of_in_order);
    RUN(a_unit_overruns_at_its_time);
    RUN(a_pause_delays_the_verdict);
    RUN(a_verdict_is_spoken_before_a_deadlock_is);
    return check_exit_code();
}
