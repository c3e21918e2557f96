/* The hard races of hb_watchdog: beats, stops, expiries and takers at every step
 * of each other. The clock moves when the schedule lets it, so an expiry can come
 * between any two. */
#include "explore.h"
#include "hb_select.h"
#include "hb_watchdog.h"

#define TIMEOUT 10

static hb_watchdog watchdog;
static hb_chan *chan;
static hb_time start;
static atomic_int received, in_time, closed;
static hb_time taken[8];                /* in no order */
static hb_time before[8], after_it[8];  /* each beat was between these */
static atomic_int beats;

static void begin_with(hb_time jitter)
{
    start = hb_now();
    hb_watchdog_init(&watchdog, TIMEOUT, jitter);
    chan = hb_chan_new(0, NULL);
    atomic_store(&received, 0);
    atomic_store(&in_time, 0);
    atomic_store(&closed, 0);
    atomic_store(&beats, 0);
}

static void begin(void)
{
    begin_with(0);
}

static void begin_jittered(void)
{
    begin_with(TIMEOUT / 2);
}

/* The only way to arm for earlier than somebody was told. */
static void begin_wild(void)
{
    begin_with(4 * TIMEOUT);
}

static void begin_stopped(void)
{
    begin();
    hb_watchdog_stop(&watchdog);
}

/* ---- threads ---- */

static void note(hb_time due)
{
    CHECK(due <= hb_now()); /* never early */
    taken[atomic_fetch_add(&received, 1)] = due;
}

/* On the heap, and freed at once: then whoever still touches it is found. */
static hb_status wait_until(hb_time deadline)
{
    hb_select *select = malloc(sizeof *select);
    const hb_case cases[] = { { &watchdog.source, HB_RECV, { NULL } },
                              { hb_chan_source(chan), HB_RECV, { NULL } } };
    CHECK_EQ(hb_select_init(select, cases, 2, false), HB_OK);
    hb_status status = hb_select_run(select, deadline);
    if (status == HB_OK)
        note(select->word.i64);
    else if (status == HB_CLOSED)
        atomic_fetch_add(&closed, 1);
    else
        CHECK_EQ(status, HB_TIMEOUT);
    hb_select_fini(select);
    free(select);
    return status;
}

/* Whatever happens, it expires again and again while somebody takes it. */
static void await(void)
{
    CHECK_EQ(wait_until(HB_FOREVER), HB_OK);
}

static void await_two(void)
{
    await();
    await();
}

static void await_not_long(void)
{
    wait_until(start + TIMEOUT);
}

/* Waits for ever, unless it was stopped for good. */
static void await_or_close(void)
{
    wait_until(HB_FOREVER);
}

static void beat(void)
{
    int i = atomic_fetch_add(&beats, 1);
    before[i] = hb_now();
    hb_watchdog_beat(&watchdog);
    after_it[i] = hb_now();
}

static void beat_thrice(void)
{
    for (int i = 0; i < 3; i++)
        beat();
}

static void pass_until(hb_time instant)
{
    while (hb_wait_sleep(instant) == HB_INTERRUPTED)
        ;
}

/* At a time when those who wait may have been told of a jitter. */
static void beat_late_twice(void)
{
    pass_until(start + TIMEOUT + 1);
    beat();
    pass_until(start + 2 * TIMEOUT + 2);
    beat();
}

static void beat_when_due(void)
{
    pass_until(start + TIMEOUT);
    beat();
}

static void poll_it(void)
{
    const hb_case one = { &watchdog.source, HB_RECV, { NULL } };
    hb_word word;
    hb_status status = hb_case_try(&one, &word);
    CHECK(status == HB_OK || status == HB_WOULD_BLOCK);
    if (status == HB_OK)
        note(word.i64);
}

static void poll_when_due(void)
{
    pass_until(start + TIMEOUT);
    poll_it();
}

static void stop(void)
{
    atomic_fetch_add(&in_time, hb_watchdog_stop(&watchdog));
}

static void stop_and_beat(void)
{
    stop();
    beat();
}

static void stop_and_close(void)
{
    stop();
    hb_chan_close(chan, (hb_word){ NULL });
}

/* ---- what must be so ---- */

/* Any two expiries are a timeout apart, and none is less than a timeout after a
 * beat that came before it. */
static void check_spacing(void)
{
    int n = atomic_load(&received), m = atomic_load(&beats);
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < i; j++)
            CHECK(llabs(taken[i] - taken[j]) >= TIMEOUT);
        for (int j = 0; j < m; j++)
            CHECK(taken[i] <= after_it[j] || taken[i] >= before[j] + TIMEOUT);
    }
}

static void end(void)
{
    check_spacing();
    CHECK(!hb__queue_has_links(&watchdog.source.waiting, HB_RECV));
    hb_chan_unref(chan);
}

static void end_armed(void)
{
    CHECK(watchdog.due != HB_FOREVER);
    end();
}

/* It had expired before any beat, so it was kept for one taker, and no more. */
static void end_kept(void)
{
    CHECK_EQ(atomic_load(&received), 1);
    CHECK_EQ(taken[0], start + TIMEOUT);
    end_armed();
}

/* Nothing is received that was stopped, and nobody waits for ever. */
static void end_stopped(void)
{
    CHECK_EQ(atomic_load(&in_time), 1);
    CHECK_EQ(watchdog.due, HB_FOREVER);
    end();
}

static void end_closed(void)
{
    CHECK_EQ(atomic_load(&closed) + atomic_load(&received), 2);
    end_stopped();
}

static const explore_scenario scenarios[] = {
    { .name = "beats_against_two_waiters", .begin = begin, .end = end_armed,
      .threads = { await, await, beat_thrice } },
    { .name = "beats_of_two_against_a_waiter", .begin = begin, .end = end_armed,
      .threads = { await, beat_thrice, beat_thrice } },
    { .name = "two_share_it", .begin = begin, .end = end_armed,
      .threads = { await_two, await_two } },
    { .name = "a_beat_takes_nothing_back", .begin = begin, .end = end_kept,
      .threads = { poll_when_due, beat_when_due, beat_when_due } },
    { .name = "a_beat_takes_nothing_back_from_a_waiter", .begin = begin, .end = end_kept,
      .threads = { await, beat_when_due, beat_when_due } },
    { .name = "beat_expiry_and_taker_at_once", .begin = begin, .end = end_armed,
      .threads = { poll_when_due, beat_when_due, await_not_long, beat_thrice } },
    { .name = "a_beat_wakes_who_waited_while_stopped", .begin = begin_stopped, .end = end_armed,
      .threads = { await, await, beat } },
    { .name = "two_beats_wake_who_waited_while_stopped", .begin = begin_stopped, .end = end_armed,
      .threads = { await, await_not_long, beat, beat } },
    { .name = "stopped_and_beaten_again", .begin = begin, .end = end_armed,
      .threads = { await, await, stop_and_beat } },
    { .name = "stopped_and_beaten_by_two", .begin = begin, .end = end_armed,
      .threads = { await, stop_and_beat, stop_and_beat } },
    { .name = "a_stop_against_takers", .begin = begin, .end = end_stopped,
      .threads = { poll_when_due, await_not_long, stop } },
    { .name = "a_stop_against_those_who_wait_on", .begin = begin, .end = end_closed,
      .threads = { await_or_close, await_or_close, stop_and_close } },
    { .name = "jittered_beats_against_two_waiters", .begin = begin_jittered, .end = end_armed,
      .threads = { await, await, beat_thrice } },
    { .name = "armed_earlier_than_told", .begin = begin_wild, .end = end_armed,
      .threads = { await, await, beat_late_twice } },
    { .name = "armed_earlier_than_told_by_two", .begin = begin_wild, .end = end_armed,
      .threads = { await_two, beat_late_twice, stop_and_beat } },
};

int main(int argc, char **argv)
{
    return explore_main(argc, argv, scenarios, sizeof scenarios / sizeof *scenarios);
}
