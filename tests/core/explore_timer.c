/* The hard races of hb_timer: who gets it, while it is stopped, moved, polled,
 * and those who wait for it are called away. The clock moves when the schedule
 * lets it, so every instant can come at every step. */
#include "explore.h"
#include "hb_select.h"
#include "hb_timer.h"

#define DUE 10 /* after the beginning */
#define PERIOD 4

static hb_timer timer;
static hb_chan *chan;
static hb_time start;
static atomic_int received, in_time, words;
static hb_time ticks[8]; /* those received, in the order of their receivers' return */

static void begin_with(hb_time due, hb_time period)
{
    start = hb_now();
    hb_timer_init(&timer, due == HB_FOREVER ? HB_FOREVER : start + due, period);
    chan = hb_chan_new(0, NULL);
    atomic_store(&received, 0);
    atomic_store(&in_time, 0);
    atomic_store(&words, 0);
}

static void begin(void)
{
    begin_with(DUE, 0);
}

static void begin_unarmed(void)
{
    begin_with(HB_FOREVER, 0);
}

static void begin_ticker(void)
{
    begin_with(PERIOD, PERIOD);
}

static void note(const hb_select *select)
{
    if (select->index == 1) {
        atomic_fetch_add(&words, 1);
        return;
    }
    CHECK(select->word.i64 <= hb_now()); /* never early */
    ticks[atomic_fetch_add(&received, 1)] = select->word.i64;
}

/* Waits for the timer and the channel. On the heap, and freed at once: then
 * whoever still touches it is found. */
static hb_status wait_until(hb_time deadline)
{
    hb_select *select = malloc(sizeof *select);
    const hb_case cases[] = { { &timer.source, HB_RECV, { NULL } },
                              { hb_chan_source(chan), HB_RECV, { NULL } } };
    CHECK_EQ(hb_select_init(select, cases, 2, false), HB_OK);
    hb_status status = hb_select_run(select, deadline);
    if (status == HB_OK)
        note(select);
    else if (status == HB_TIMEOUT)
        CHECK(hb_now() >= deadline);
    else
        CHECK_EQ(status, HB_CLOSED);
    hb_select_fini(select);
    free(select);
    return status;
}

static void await(void)
{
    CHECK_EQ(wait_until(HB_FOREVER), HB_OK);
}

/* Waits for ever, unless another one got the timer: so nobody may be forgotten
 * when it is moved. */
static void await_in_turn(void)
{
    if (wait_until(HB_FOREVER) == HB_OK)
        hb_chan_close(chan, (hb_word){ NULL });
}

/* The same, but soon gone: who stands behind must not be forgotten either. */
static void await_briefly_in_turn(void)
{
    if (wait_until(start + 2) == HB_OK)
        hb_chan_close(chan, (hb_word){ NULL });
}

/* A deadline before the timer is due, at the same instant, and after. */
static void await_not_long(void)
{
    wait_until(start + DUE - 5);
}

static void await_till_due(void)
{
    wait_until(start + DUE);
}

static void await_longer(void)
{
    wait_until(start + 5 * DUE);
}

static void end(void)
{
    CHECK(!hb__queue_has_links(&timer.source.waiting, HB_RECV));
    hb_chan_unref(chan);
}

/* ---- one arming ---- */

static void stop(void)
{
    atomic_fetch_add(&in_time, hb_timer_stop(&timer));
}

static void poll_it(void)
{
    const hb_case one = { &timer.source, HB_RECV, { NULL } };
    hb_word word;
    hb_status status = hb_case_try(&one, &word);
    CHECK(status == HB_OK || status == HB_WOULD_BLOCK);
    atomic_fetch_add(&received, status == HB_OK);
}

static void poll_when_due(void)
{
    while (hb_wait_sleep(start + DUE) == HB_INTERRUPTED)
        ;
    poll_it();
}

static void end_once(void)
{
    CHECK_EQ(atomic_load(&received) + atomic_load(&in_time), 1);
    end();
}

/* Nobody stopped it, and somebody waited long enough. */
static void end_received(void)
{
    CHECK_EQ(atomic_load(&received), 1);
    end();
}

static void send_word(void)
{
    CHECK_EQ(hb_chan_send(chan, (hb_word){ NULL }, HB_FOREVER), HB_OK);
}

/* Two wait, one gets the timer and the other the word. */
static void end_one_each(void)
{
    CHECK_EQ(atomic_load(&received), 1);
    CHECK_EQ(atomic_load(&words), 1);
    end();
}

/* ---- moved ---- */

static void reset_to(hb_time due)
{
    atomic_fetch_add(&in_time, hb_timer_reset(&timer, due, 0));
}

static void move_earlier(void)
{
    reset_to(start + 3);
}

static void move_later(void)
{
    reset_to(start + 3 * DUE);
}

static void move_to_now(void)
{
    reset_to(start);
}

static void stop_and_arm_again(void)
{
    stop();
    reset_to(start + 2 * DUE);
}

static void move_later_and_earlier(void)
{
    move_later();
    move_earlier();
}

/* So many armings, each received, stopped in time, reset in time, or left. */
static void end_armings(int armings)
{
    int left = timer.due != HB_FOREVER;
    CHECK(atomic_load(&received) >= 1);
    CHECK_EQ(atomic_load(&received) + atomic_load(&in_time) + left, armings);
    end();
}

static void end_one_arming(void)
{
    end_armings(1);
}

static void end_two_armings(void)
{
    end_armings(2);
}

static void end_three_armings(void)
{
    end_armings(3);
}

/* ---- tickers ---- */

static void await_two(void)
{
    await();
    await();
}

/* All different, in phase, and with those missed all that came due. */
static void end_ticks(void)
{
    int n = atomic_load(&received);
    CHECK_EQ(n, 4);
    for (int i = 0; i < n; i++) {
        CHECK_EQ((ticks[i] - start) % PERIOD, 0);
        for (int j = 0; j < i; j++)
            CHECK(ticks[i] != ticks[j]);
    }
    CHECK_EQ((timer.due - start) % PERIOD, 0);
    CHECK_EQ(timer.missed + (uint64_t)n, (timer.due - start) / PERIOD - 1);
    end();
}

static const explore_scenario scenarios[] = {
    { .name = "stop_against_a_waiter", .begin = begin, .end = end_once,
      .threads = { await_longer, stop } },
    { .name = "two_wait_for_one_timer", .begin = begin, .end = end_received,
      .threads = { await_longer, await_longer } },
    { .name = "the_deadline_comes_with_the_timer", .begin = begin, .end = end_received,
      .threads = { await_till_due, await_till_due, await_not_long } },
    { .name = "a_poll_against_two_waiters", .begin = begin, .end = end_received,
      .threads = { await_longer, await_not_long, poll_when_due } },
    { .name = "the_timer_against_a_word", .begin = begin, .end = end_one_each,
      .threads = { await, await, send_word } },
    { .name = "two_stops_against_two_waiters", .begin = begin, .end = end_once,
      .threads = { await_longer, await_till_due, stop, stop } },
    { .name = "arming_wakes", .begin = begin_unarmed, .end = end_one_arming,
      .threads = { await_in_turn, await_in_turn, move_earlier } },
    { .name = "arming_in_the_past_wakes", .begin = begin_unarmed, .end = end_one_arming,
      .threads = { await_in_turn, await_in_turn, move_to_now } },
    { .name = "arming_wakes_who_stands_behind", .begin = begin_unarmed, .end = end_one_arming,
      .threads = { await_briefly_in_turn, await_in_turn, move_earlier } },
    { .name = "moved_earlier_with_two_waiters", .begin = begin, .end = end_two_armings,
      .threads = { await_in_turn, await_in_turn, move_earlier } },
    { .name = "moved_later_with_two_waiters", .begin = begin, .end = end_two_armings,
      .threads = { await_in_turn, await_in_turn, move_later } },
    { .name = "moved_to_the_past_with_two_waiters", .begin = begin, .end = end_two_armings,
      .threads = { await_in_turn, await_in_turn, move_to_now } },
    { .name = "stopped_and_armed_again", .begin = begin, .end = end_two_armings,
      .threads = { await_in_turn, await_in_turn, stop_and_arm_again } },
    { .name = "moved_by_two_at_once", .begin = begin, .end = end_three_armings,
      .threads = { await_in_turn, await_in_turn, move_earlier, move_later } },
    { .name = "moved_and_moved_again", .begin = begin, .end = end_three_armings,
      .threads = { await_in_turn, await_in_turn, move_later_and_earlier } },
    { .name = "two_share_a_ticker", .begin = begin_ticker, .end = end_ticks,
      .threads = { await_two, await_two } },
};

int main(int argc, char **argv)
{
    return explore_main(argc, argv, scenarios, sizeof scenarios / sizeof *scenarios);
}
