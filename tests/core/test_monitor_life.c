/* hb_monitor: who watches whom, unwatching, closing, events that nobody reads, many beats,
 * fork, and the life of the one thread. */
#include "hb_worker.h"
#include "monitoring.h"

#ifdef __SANITIZE_THREAD__
enum { CHILDREN_MAY_START_THREADS = 0 };
#else
enum { CHILDREN_MAY_START_THREADS = 1 };
#endif

/* hb_monitor_thread.c: how long the thread stays without work. */
#define LINGER (2 * HB_SECOND)

/* ---- who is watched ---- */

static void one_beat_has_one_monitor(void)
{
    begin(&plain_rule);
    hb_monitor *other = hb_monitor_new(NULL);
    CHECK_EQ(hb_monitor_watch(other, beat, &plain_rule), HB_BUSY);
    CHECK_EQ(hb_monitor_watch(monitor, beat, &plain_rule), HB_BUSY);
    CHECK(!hb_monitor_unwatch(other, beat));
    CHECK_EQ(stats_of(monitor).watched, 1);
    CHECK(hb_monitor_unwatch(monitor, beat));
    CHECK_EQ(stats_of(monitor).watched, 0);
    CHECK_EQ(hb_monitor_status_of(monitor, beat), HB_WATCH_IDLE);
    CHECK_EQ(hb_monitor_watch(other, beat, &plain_rule), HB_OK);
    hb_monitor_unref(other);
    CHECK_EQ(hb_monitor_watch(monitor, beat, &plain_rule), HB_OK);
    finish();
}

static void what_has_ended_is_not_watched(void)
{
    begin(&plain_rule);
    hb_beat *ended = hb_beat_open(NULL);
    hb_beat_end(ended, HB_END_CLOSED);
    CHECK_EQ(hb_monitor_watch(monitor, ended, &plain_rule), HB_CLOSED);
    CHECK_EQ(hb_monitor_status_of(monitor, ended), HB_WATCH_ENDED);
    CHECK(hb_monitor_check(monitor, ended) == NULL);
    hb_beat_unref(ended);
    CHECK_EQ(hb_monitor_close(monitor), HB_OK);
    CHECK_EQ(hb_monitor_close(monitor), HB_CLOSED);
    CHECK_EQ(hb_monitor_watch(monitor, beat, &plain_rule), HB_CLOSED);
    CHECK_EQ(hb_monitor_start(monitor), HB_CLOSED);
    CHECK_EQ(hb_monitor_act(monitor, HB_ACT_SIGNAL, SIGUSR1, NULL, 0), HB_CLOSED);
    CHECK(!hb_monitor_unwatch(monitor, beat));
    finish();
}

/* The end comes between watch and start. */
static void an_end_before_the_start_is_told_after_it(void)
{
    monitor = hb_monitor_new("test");
    beat = hb_beat_open("beat");
    CHECK_EQ(hb_monitor_watch(monitor, beat, &plain_rule), HB_OK);
    hb_beat_end(beat, HB_END_EXITED);
    CHECK_EQ(hb_monitor_start(monitor), HB_OK);
    expect_event(false, HB_CAUSE_EXITED);
    finish();
}

/* ---- no more events ---- */

static void an_unwatched_beat_is_silent_for_ever(void)
{
    begin(&plain_rule);
    await_status(HB_WATCH_UNHEALTHY);
    CHECK(hb_monitor_unwatch(monitor, beat)); /* the event is unread */
    hb_beat_pulse(beat);
    hb_beat_end(beat, HB_END_CLOSED);
    expect_none_during(2 * T);
    finish();
}

static void a_closed_monitor_gives_what_it_had(void)
{
    begin(&plain_rule);
    await_status(HB_WATCH_UNHEALTHY);
    CHECK_EQ(hb_monitor_close(monitor), HB_OK);
    hb_beat_pulse(beat);
    expect_silence();
    hb_word word;
    hb_case one = { hb_monitor_source(monitor), HB_RECV, num(0) };
    CHECK_EQ(hb_case_try(&one, &word), HB_CLOSED);
    finish();
}

static void *receive_until_closed(void *unused)
{
    (void)unused;
    return event_of(monitor, hb_now() + LONG_ENOUGH);
}

static void closing_wakes_who_waits(void)
{
    static const hb_rule slow = { .timeout = 1000 * T, .grace = 0, .misses = 1, .progress = HB_FOREVER };
    begin(&slow);
    pthread_t thread = check_spawn(receive_until_closed, NULL);
    pass_until(in_ms(5));
    CHECK_EQ(hb_monitor_close(monitor), HB_OK);
    CHECK(check_join(thread) == NULL);
    finish();
}

/* ---- unread events ---- */

static void of_one_beat_the_newest_is_kept(void)
{
    begin(&plain_rule);
    hb_beat *second = hb_beat_open("second");
    await_status(HB_WATCH_UNHEALTHY);
    CHECK_EQ(hb_monitor_watch(monitor, second, &plain_rule), HB_OK);
    while (hb_monitor_status_of(monitor, second) != HB_WATCH_UNHEALTHY)
        pass_until(in_ms(1));
    uint64_t before = stats_of(monitor).verdicts;
    hb_beat_end(beat, HB_END_RAISED); /* takes the place of the silence, behind the second's */
    while (stats_of(monitor).verdicts == before)
        pass_until(in_ms(1));
    hb_health *first = next_event();
    CHECK(first->beat == second);
    hb_health_unref(first);
    expect_event(false, HB_CAUSE_RAISED);
    expect_none_during(T);
    hb_beat_unref(second);
    finish();
}

static void events_can_be_sent_on(void)
{
    hb_word word;
    hb_chan *events = hb_chan_new(HB_UNBOUNDED, NULL);
    monitor = hb_monitor_new("test");
    beat = hb_beat_open("beat");
    hb_monitor_forward(monitor, events);
    CHECK_EQ(hb_monitor_watch(monitor, beat, &plain_rule), HB_OK);
    CHECK_EQ(hb_monitor_start(monitor), HB_OK);
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(hb_chan_recv(events, &word, hb_now() + LONG_ENOUGH), HB_OK);
        CHECK_EQ(((hb_health *)word.ptr)->healthy, i == 1);
        hb_health_unref(word.ptr);
        hb_beat_pulse(beat);
    }
    hb_monitor_close(monitor);
    while (hb_chan_recv(events, &word, hb_now() + LONG_ENOUGH) == HB_OK)
        hb_health_unref(word.ptr);
    CHECK(hb_chan_is_closed(events));
    finish();
    hb_chan_unref(events);
}

/* ---- many ---- */

#define MANY 100000

static hb_beat *many[MANY];

static void pulse_all_but_one(int silent)
{
    for (int i = 0; i < MANY; i++)
        if (i != silent)
            hb_beat_pulse(many[i]);
}

static void a_hundred_thousand_beats_and_one_is_silent(void)
{
    static const hb_rule slow = { .timeout = 50 * T, .grace = 0, .misses = 1, .progress = HB_FOREVER };
    enum { SILENT = 77777 };
    monitor = hb_monitor_new("test");
    for (int i = 0; i < MANY; i++) {
        many[i] = hb_beat_open(NULL);
        CHECK_EQ(hb_monitor_watch(monitor, many[i], &slow), HB_OK);
    }
    CHECK_EQ(stats_of(monitor).watched, MANY);
    CHECK_EQ(hb_monitor_start(monitor), HB_OK); /* however long it took to open them */
    hb_health *health = NULL;
    while (!health) {
        pulse_all_but_one(SILENT);
        health = event_of(monitor, hb_now() + T);
    }
    CHECK(health->beat == many[SILENT]);
    CHECK_EQ(hb_monitor_status(monitor), HB_WATCH_UNHEALTHY);
    CHECK_EQ(hb_monitor_status_of(monitor, many[0]), HB_WATCH_HEALTHY);
    hb_health_unref(health);
    CHECK_EQ(hb_monitor_close(monitor), HB_OK);
    hb_monitor_unref(monitor);
    for (int i = 0; i < MANY; i++)
        hb_beat_unref(many[i]);
}

/* ---- the thread ---- */

/* Monitor threads of this process, by their name. */
static int monitor_threads(void)
{
    FILE *list = popen("cat /proc/$PPID/task/*/comm 2>/dev/null | grep -c hb-monitor", "r");
    int n = -1;
    CHECK(list && fscanf(list, "%d", &n) == 1);
    pclose(list);
    return n;
}

static void await_threads(int n)
{
    hb_time until = hb_now() + LONG_ENOUGH;
    while (monitor_threads() != n && hb_now() < until)
        pass_until(in_ms(50));
    CHECK_EQ(monitor_threads(), n);
}

static void it_comes_when_needed_and_ends_by_itself(void)
{
    for (int i = 0; i < 2; i++) {
        begin(&plain_rule);
        await_threads(1);
        expect_silence();
        hb_time closed = hb_now();
        finish();
        await_threads(0);
        CHECK(hb_now() - closed >= LINGER);
    }
}

static void it_stays_while_something_is_watched(void)
{
    static const hb_rule slow = { .timeout = 3600 * HB_SECOND, .grace = 0, .misses = 1, .progress = HB_FOREVER };
    begin(&slow);
    pass_until(hb_now() + LINGER + HB_SECOND / 2);
    CHECK_EQ(monitor_threads(), 1);
    finish();
    await_threads(0); /* it does not sleep on for the hour */
}

/* ---- fork ---- */

static void child_has_closed_monitors_and_makes_new_ones(void)
{
    hb_case one = { hb_monitor_source(monitor), HB_RECV, num(0) };
    hb_word word;
    CHECK_EQ(hb_case_try(&one, &word), HB_CLOSED);
    CHECK_EQ(hb_monitor_close(monitor), HB_CLOSED);
    CHECK(!hb_monitor_unwatch(monitor, beat));
    CHECK_EQ(hb_monitor_status(monitor), HB_WATCH_ENDED);
    CHECK(hb_monitor_check(monitor, beat) == NULL);
    hb_beat_pulse(beat);
    hb_monitor_unref(monitor);
    if (!CHILDREN_MAY_START_THREADS)
        return;
    monitor = hb_monitor_new("child's");
    CHECK_EQ(hb_monitor_watch(monitor, beat, &plain_rule), HB_OK);
    CHECK_EQ(hb_monitor_start(monitor), HB_OK);
    expect_silence();
    hb_beat_pulse(beat);
    expect_event(true, HB_CAUSE_NONE);
    hb_beat_end(beat, HB_END_CLOSED);
    expect_event(false, HB_CAUSE_CLOSED);
}

static void the_child_of_a_fork_watches_nothing(void)
{
    begin(&plain_rule);
    hb_beat_pulse(beat);
    await_status(HB_WATCH_UNHEALTHY);
    check_in_child(child_has_closed_monitors_and_makes_new_ones);
    expect_silence();
    hb_beat_pulse(beat);
    expect_event(true, HB_CAUSE_NONE);
    finish();
}

int main(void)
{
    RUN(one_beat_has_one_monitor);
    RUN(what_has_ended_is_not_watched);
    RUN(an_end_before_the_start_is_told_after_it);
    RUN(an_unwatched_beat_is_silent_for_ever);
    RUN(a_closed_monitor_gives_what_it_had);
    RUN(closing_wakes_who_waits);
    RUN(of_one_beat_the_newest_is_kept);
    RUN(events_can_be_sent_on);
    RUN(a_hundred_thousand_beats_and_one_is_silent);
    RUN(it_comes_when_needed_and_ends_by_itself);
    RUN(it_stays_while_something_is_watched);
    RUN(the_child_of_a_fork_watches_nothing);
    return check_exit_code();
}
