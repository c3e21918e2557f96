/* The hard races of hb_monitor: pulses, verdicts, ends, unwatching and closing at the same
 * instants, and the thread that ends by itself. A run is over when that thread, too,
 * has ended; so each scenario closes its monitors. */
#include "explore.h"
#include "hb_board.h"
#include "hb_monitor.h"
#include "hb_select.h"

#define T ((hb_time)64)
/* hb_monitor_thread.c: how long the thread stays without work. */
#define LINGER (2 * HB_SECOND)

static const hb_rule rule = { .timeout = T, .grace = 0, .misses = 1, .progress = HB_FOREVER };

static hb_monitor *monitors[2];
static hb_beat *beats[2];
static hb_chan *edges; /* every event of the first monitor, in order */

static void begin(void)
{
    for (int i = 0; i < 2; i++) {
        monitors[i] = hb_monitor_new(NULL);
        beats[i] = hb_beat_open(NULL);
    }
    if (beats[0]->number > beats[1]->number) { /* slots are reused in the order they were given back */
        hb_beat *beat = beats[0];
        beats[0] = beats[1];
        beats[1] = beat;
    }
    edges = hb_chan_new(HB_UNBOUNDED, NULL);
    hb_monitor_forward(monitors[0], edges);
}

/* The edges of one beat in order: 'U'nhealthy, 'R'ecovered, 'E'nded. */
static void read_edges(char *text)
{
    hb_word word;
    while (hb_chan_try_recv(edges, &word) == HB_OK) {
        hb_health *health = word.ptr;
        bool ended = health->cause >= HB_CAUSE_EXITED;
        *text++ = health->healthy ? 'R' : ended ? 'E' : 'U';
        hb_health_unref(health);
    }
    *text = '\0';
}

/* Edges are edges: no two alike in a row, the first is no recovery, and nothing follows an end. */
static void check_edges(const char *text)
{
    CHECK(text[0] != 'R');
    for (const char *edge = text; *edge; edge++) {
        CHECK(edge[0] != edge[1]);
        CHECK(edge[0] != 'E' || edge[1] == '\0');
    }
}

static void release(void)
{
    for (int i = 0; i < 2; i++) {
        hb_monitor_unref(monitors[i]);
        hb_beat_unref(beats[i]);
    }
    hb_chan_unref(edges);
    CHECK_EQ(hb_load_acquire(&((hb_board_header *)(uintptr_t)hb_board())->open), 0);
}

static void end(void)
{
    char text[64];
    read_edges(text);
    check_edges(text);
    release();
}

static void pass(hb_time duration)
{
    hb_time until = hb_now() + duration;
    while (hb_wait_sleep(until) == HB_INTERRUPTED)
        ;
}

static void pass_about(hb_time duration)
{
    pass(duration / 2 + explore_below((uint32_t)duration));
}

static hb_status next_event(hb_monitor *monitor, hb_health **health)
{
    hb_select select;
    hb_case one = { hb_monitor_source(monitor), HB_RECV, (hb_word){ NULL } };
    hb_select_init(&select, &one, 1, false);
    hb_status status = hb_select_run(&select, HB_FOREVER);
    *health = status == HB_OK ? select.word.ptr : NULL;
    hb_select_fini(&select);
    return status;
}

/* Until an event of such a cause: 0 stands for any silence. */
static void await(hb_monitor *monitor, hb_cause cause)
{
    hb_health *health;
    bool found = false;
    while (!found && next_event(monitor, &health) == HB_OK) {
        bool silence = health->cause >= HB_CAUSE_BLOCKED && health->cause <= HB_CAUSE_MISSED;
        found = cause ? health->cause == cause : silence;
        hb_health_unref(health);
    }
    CHECK(found);
}

/* False: the beat has ended before. */
static bool watch(int m, int b)
{
    hb_status status = hb_monitor_watch(monitors[m], beats[b], &rule);
    CHECK(status == HB_OK || hb_beat_has_ended(beats[b]));
    CHECK_EQ(hb_monitor_start(monitors[m]), HB_OK);
    return status == HB_OK;
}

static void close_monitor(int m)
{
    CHECK_EQ(hb_monitor_close(monitors[m]), HB_OK);
}

/* ---- pulses against verdicts ---- */

static hb_chan *pulsed;

static void begin_pulsing(void)
{
    begin();
    pulsed = hb_chan_new(HB_UNBOUNDED, NULL);
}

static void end_pulsing(void)
{
    hb_chan_unref(pulsed);
    end();
}

static void pulse_twice(void)
{
    for (int i = 0; i < 2; i++) {
        pass_about(T);
        CHECK_EQ(hb_beat_pulse(beats[0]), HB_OK);
    }
    hb_chan_try_send(pulsed, (hb_word){ NULL });
}

/* M5: whatever is pulsed, in the end it is silent, and every other silence was ended. */
static void watch_until_silent_for_good(void)
{
    hb_word word;
    watch(0, 0);
    await(monitors[0], 0);
    for (int i = 0; i < 2; i++)
        CHECK_EQ(hb_chan_recv(pulsed, &word, HB_FOREVER), HB_OK);
    while (hb_monitor_status(monitors[0]) != HB_WATCH_UNHEALTHY)
        await(monitors[0], 0);
    close_monitor(0);
}

/* ---- unwatching ---- */

static void pulse_about_the_timeout(void)
{
    pass_about(T);
    hb_beat_pulse(beats[0]);
}

static void end_about_the_timeout(void)
{
    pass_about(T);
    CHECK_EQ(hb_beat_end(beats[0], HB_END_EXITED), HB_OK);
}

/* An end may be published, and the beat given up, just before. */
static void unwatch_about_the_timeout(void)
{
    hb_word word;
    hb_case one = { hb_monitor_source(monitors[0]), HB_RECV, (hb_word){ NULL } };
    watch(0, 0);
    pass_about(T);
    if (hb_monitor_unwatch(monitors[0], beats[0])) {
        CHECK_EQ(hb_case_try(&one, &word), HB_WOULD_BLOCK);
        pass(2 * T);
        CHECK_EQ(hb_case_try(&one, &word), HB_WOULD_BLOCK);
    }
    close_monitor(0);
}

static void hand_over_to_another(void)
{
    watch(0, 0);
    pass_about(T);
    CHECK(hb_monitor_unwatch(monitors[0], beats[0]));
    watch(1, 0);
    await(monitors[1], 0);
    close_monitor(1);
    close_monitor(0);
}

/* ---- closing ---- */

static void watch_and_close_about_the_timeout(void)
{
    watch(0, 0);
    watch(0, 1);
    pass_about(T);
    close_monitor(0);
}

static void receive_until_closed(void)
{
    hb_health *health;
    while (next_event(monitors[0], &health) == HB_OK)
        hb_health_unref(health);
}

/* Of two beats; the edges of one would have to be told from the other's. */
static void end_unread(void)
{
    hb_word word;
    while (hb_chan_try_recv(edges, &word) == HB_OK)
        hb_health_unref(word.ptr);
    release();
}

/* ---- ends ---- */

static void watch_until_ended(void)
{
    if (watch(0, 0))
        await(monitors[0], HB_CAUSE_EXITED);
    close_monitor(0);
}

/* ---- units ---- */

static void overrun_or_not(void)
{
    hb_unit unit;
    watch(0, 0);
    CHECK_EQ(hb_unit_begin(beats[0], &unit, NULL, T, true), HB_OK);
    pass_about(T);
    hb_unit_finish(beats[0], &unit);
    do
        await(monitors[0], 0); /* in the end it is silent, and that is told */
    while (hb_monitor_status(monitors[0]) != HB_WATCH_UNHEALTHY);
    close_monitor(0);
}

static void pause_briefly(void)
{
    pass_about(T);
    CHECK_EQ(hb_beat_pause(beats[0], T), HB_OK);
}

/* ---- the thread ends ---- */

static void watch_again_after_the_linger(void)
{
    watch(0, 0);
    await(monitors[0], 0);
    close_monitor(0);
    pass(LINGER);
    watch(1, 0);
    await(monitors[1], 0);
    close_monitor(1);
}

static hb_monitor *third;

static void watch_after_the_linger(void)
{
    third = hb_monitor_new(NULL);
    pass(LINGER + T);
    CHECK_EQ(hb_monitor_watch(third, beats[1], &rule), HB_OK);
    CHECK_EQ(hb_monitor_start(third), HB_OK);
    await(third, 0);
    hb_monitor_unref(third);
}

static const explore_scenario scenarios[] = {
    { .name = "two_pulse_about_the_verdict", .begin = begin_pulsing, .end = end_pulsing,
      .threads = { watch_until_silent_for_good, pulse_twice, pulse_twice } },
    { .name = "unwatched_about_the_verdict", .begin = begin, .end = end,
      .threads = { unwatch_about_the_timeout, pulse_about_the_timeout, pulse_about_the_timeout } },
    { .name = "unwatched_as_it_ends", .begin = begin, .end = end,
      .threads = { unwatch_about_the_timeout, end_about_the_timeout, pulse_about_the_timeout } },
    { .name = "handed_over_about_the_verdict", .begin = begin, .end = end,
      .threads = { hand_over_to_another, pulse_about_the_timeout, pulse_about_the_timeout } },
    { .name = "closed_about_the_verdict", .begin = begin, .end = end_unread,
      .threads = { watch_and_close_about_the_timeout, end_about_the_timeout, receive_until_closed } },
    { .name = "an_end_is_told_once_and_last", .begin = begin, .end = end,
      .threads = { watch_until_ended, end_about_the_timeout, pulse_about_the_timeout } },
    { .name = "a_unit_ends_about_its_time", .begin = begin, .end = end,
      .threads = { overrun_or_not } },
    { .name = "a_pause_about_the_verdict", .begin = begin, .end = end,
      .threads = { overrun_or_not, pause_briefly } },
    { .name = "watched_while_the_thread_ends", .begin = begin, .end = end_unread,
      .threads = { watch_again_after_the_linger, watch_after_the_linger } },
};

int main(int argc, char **argv)
{
    return explore_main(argc, argv, scenarios, sizeof scenarios / sizeof *scenarios);
}
