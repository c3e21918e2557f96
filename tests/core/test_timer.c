/* hb_timer, from one thread: due, received once, phase and missed ticks; and how
 * stop and reset leave nothing stale behind. Instants in the past make most of
 * it independent of the clock. */
#include "support.h"

#define HOUR (3600 * HB_SECOND)

/* Receives if it is due: the due instant; 0 if it is not. */
static hb_time poll_timer(hb_timer *timer)
{
    const hb_case one = timer_case(timer);
    outcome got = select_now(&one, 1, false);
    CHECK(got.status == HB_OK || got.status == HB_WOULD_BLOCK);
    return got.status == HB_OK ? got.n : 0;
}

static hb_time wait_timer(hb_timer *timer, hb_time deadline)
{
    const hb_case one = timer_case(timer);
    outcome got = select_until(&one, 1, deadline);
    CHECK(got.status == HB_OK || got.status == HB_TIMEOUT);
    CHECK_EQ(timer_waiters(timer), 0);
    return got.status == HB_OK ? got.n : 0;
}

/* ---- timers (T1, T2) ---- */

static void a_timer_is_received_once_it_is_due(void)
{
    hb_timer timer;
    hb_time due = in_ms(30);
    hb_timer_init(&timer, due, 0);
    CHECK_EQ(hb_timer_due(&timer), due);
    CHECK_EQ(hb_timer_period(&timer), 0);
    hb_time polled = poll_timer(&timer);
    CHECK(polled == 0 || hb_now() >= due);
    if (polled == 0)
        CHECK_EQ(wait_timer(&timer, HB_FOREVER), due);
    CHECK(hb_now() >= due);
    CHECK(hb_now() < due + 20 * HB_SECOND);
}

static void a_timer_is_received_once(void)
{
    hb_timer timer;
    hb_timer_init(&timer, 5, 0);
    CHECK_EQ(poll_timer(&timer), 5);
    CHECK_EQ(poll_timer(&timer), 0);
    CHECK_EQ(hb_timer_due(&timer), HB_FOREVER);
    CHECK_EQ(wait_timer(&timer, in_ms(2)), 0);
    CHECK_EQ(hb_timer_missed(&timer), 0);
}

static void an_unarmed_timer_never_is_due(void)
{
    hb_timer timer;
    hb_timer_init(&timer, HB_FOREVER, 0);
    CHECK_EQ(poll_timer(&timer), 0);
    CHECK_EQ(wait_timer(&timer, in_ms(2)), 0);
    CHECK(!hb_timer_stop(&timer));
}

static void a_timer_due_before_the_deadline_wins(void)
{
    hb_timer timer;
    hb_timer_init(&timer, 7, 0);
    CHECK_EQ(wait_timer(&timer, 0), 7); /* it was due when the wait began */
    hb_time same = in_ms(20);
    CHECK(!hb_timer_reset(&timer, same, 0));
    CHECK_EQ(wait_timer(&timer, same), same);
    CHECK(!hb_timer_reset(&timer, in_ms(1) + HOUR, 0));
    CHECK_EQ(wait_timer(&timer, in_ms(2)), 0);
    CHECK(hb_timer_stop(&timer));
}

static void the_earliest_of_many_timers_is_received(void)
{
    hb_timer timers[3];
    hb_time base = in_ms(20);
    hb_timer_init(&timers[0], base + HOUR, 0);
    hb_timer_init(&timers[1], base, 0);
    hb_timer_init(&timers[2], HB_FOREVER, 0);
    const hb_case cases[] = { timer_case(&timers[0]), timer_case(&timers[1]), timer_case(&timers[2]) };
    outcome got = select_until(cases, 3, HB_FOREVER);
    CHECK_EQ(got.index, 1);
    CHECK_EQ(got.n, base);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(timer_waiters(&timers[i]), 0);
}

static void a_ready_channel_does_not_use_up_the_timer(void)
{
    hb_timer timer;
    hb_chan *chan = hb_chan_new(1, NULL);
    hb_timer_init(&timer, 3, 0);
    CHECK_EQ(hb_chan_try_send(chan, num(1)), HB_OK);
    const hb_case cases[] = { recv_case(chan), timer_case(&timer) };
    CHECK_EQ(select_now(cases, 2, true).index, 0);
    CHECK_EQ(select_now(cases, 2, true).index, 1);
    CHECK_EQ(select_now(cases, 2, true).status, HB_WOULD_BLOCK);
    hb_chan_unref(chan);
}

/* One timer in two cases fires in one of them. */
static void one_timer_in_many_cases_fires_once(void)
{
    hb_timer timer;
    hb_timer_init(&timer, 3, 0);
    const hb_case cases[] = { timer_case(&timer), timer_case(&timer) };
    CHECK_EQ(select_now(cases, 2, false).n, 3);
    CHECK_EQ(select_now(cases, 2, false).status, HB_WOULD_BLOCK);
    CHECK(!hb_timer_reset(&timer, in_ms(5), 0));
    CHECK_EQ(select_until(cases, 2, HB_FOREVER).status, HB_OK);
    CHECK_EQ(select_until(cases, 2, in_ms(5)).status, HB_TIMEOUT);
}

/* ---- stop and reset ---- */

static void stop_says_whether_it_was_in_time(void)
{
    hb_timer timer;
    hb_timer_init(&timer, hb_now() + HOUR, 0);
    CHECK(hb_timer_stop(&timer));
    CHECK(!hb_timer_stop(&timer));
    CHECK_EQ(poll_timer(&timer), 0);
    hb_timer_init(&timer, 5, 0); /* due, but nobody received it: it was in time */
    CHECK(hb_timer_stop(&timer));
    CHECK_EQ(poll_timer(&timer), 0);
    hb_timer_init(&timer, 5, 0);
    CHECK_EQ(poll_timer(&timer), 5);
    CHECK(!hb_timer_stop(&timer));
}

static void reset_leaves_no_stale_value(void)
{
    hb_timer timer;
    hb_time later = hb_now() + HOUR;
    hb_timer_init(&timer, 5, 0);
    CHECK(hb_timer_reset(&timer, later, 0)); /* it was due; that is over now */
    CHECK_EQ(poll_timer(&timer), 0);
    CHECK_EQ(hb_timer_due(&timer), later);
    CHECK(hb_timer_reset(&timer, 6, 0));
    CHECK_EQ(poll_timer(&timer), 6);
    CHECK(!hb_timer_reset(&timer, 8, 0));
    CHECK_EQ(poll_timer(&timer), 8);
}

/* ---- tickers (T3) ---- */

/* A ticker whose first tick came `ago` before now, exactly. */
static hb_time start_ticker(hb_timer *timer, hb_time ago, hb_time period)
{
    hb_time first = hb_now() - ago;
    hb_timer_init(timer, first, period);
    return first;
}

static void a_ticker_gives_the_oldest_tick_and_skips_to_the_next(void)
{
    hb_timer ticker;
    hb_time first = start_ticker(&ticker, 3 * HOUR + HOUR / 2, HOUR);
    CHECK_EQ(hb_timer_missed(&ticker), 3); /* passed over, though nobody received yet */
    CHECK_EQ(poll_timer(&ticker), first);
    CHECK_EQ(hb_timer_due(&ticker), first + 4 * HOUR);
    CHECK_EQ(hb_timer_missed(&ticker), 3);
    CHECK_EQ(poll_timer(&ticker), 0);
}

static void a_ticker_in_time_misses_nothing(void)
{
    hb_timer ticker;
    hb_time first = start_ticker(&ticker, HOUR / 2, HOUR);
    CHECK_EQ(poll_timer(&ticker), first);
    CHECK_EQ(hb_timer_due(&ticker), first + HOUR);
    CHECK_EQ(hb_timer_missed(&ticker), 0);
}

static void a_tick_due_right_now_is_the_next_one(void)
{
    hb_timer ticker;
    hb_timer_init(&ticker, 100, 100);
    const hb_source_ops *ops = ticker.source.ops;
    hb_waiter *nobody = NULL;
    hb_word word;
    CHECK_EQ(ops->take_locked(&ticker.source, HB_RECV, &word, 99, &nobody), HB_WOULD_BLOCK);
    CHECK_EQ(ops->take_locked(&ticker.source, HB_RECV, &word, 300, &nobody), HB_OK);
    CHECK_EQ(word.i64, 100);
    CHECK_EQ(ticker.missed, 2); /* 200 and 300 */
    CHECK_EQ(ticker.due, 400);
    CHECK(nobody == NULL);
}

static void waiting_keeps_the_phase(void)
{
    hb_timer ticker;
    hb_time period = 3 * MS, first = in_ms(3), last = first - period;
    hb_timer_init(&ticker, first, period);
    for (int i = 0; i < 10; i++) {
        hb_time tick = wait_timer(&ticker, HB_FOREVER);
        CHECK_EQ((tick - first) % period, 0);
        CHECK(tick > last);
        CHECK(tick <= hb_now());
        last = tick;
    }
    hb_timer_stop(&ticker);
    int64_t ticks = (last - first) / period + 1;
    CHECK(hb_timer_missed(&ticker) >= (uint64_t)(ticks - 10));
}

/* Received and missed ticks together are all that came due. */
static void no_tick_is_forgotten_or_counted_twice(void)
{
    hb_timer ticker;
    hb_time first = start_ticker(&ticker, 0, MS), tick = first;
    uint64_t received = 0;
    while (tick < first + 30 * MS) {
        tick = wait_timer(&ticker, HB_FOREVER);
        received++;
        if (received % 4 == 0)
            pass_until(in_ms(3));
    }
    hb_time due = hb_timer_due(&ticker);
    uint64_t held_and_missed = hb_timer_missed(&ticker);
    CHECK(held_and_missed + received >= (uint64_t)((due - first) / MS));
    CHECK(ticker.missed + received == (uint64_t)((due - first) / MS));
    hb_timer_stop(&ticker);
}

static void stopping_a_ticker_counts_what_it_missed(void)
{
    hb_timer ticker;
    start_ticker(&ticker, 2 * HOUR + HOUR / 2, HOUR);
    CHECK(hb_timer_stop(&ticker));
    CHECK_EQ(poll_timer(&ticker), 0);
    CHECK_EQ(hb_timer_missed(&ticker), 2);
    CHECK_EQ(hb_timer_period(&ticker), HOUR); /* a stop keeps the period */
    CHECK(!hb_timer_stop(&ticker));
    CHECK_EQ(hb_timer_missed(&ticker), 2);
}

static void resetting_a_ticker_starts_a_new_phase(void)
{
    hb_timer ticker;
    start_ticker(&ticker, HOUR + HOUR / 2, HOUR);
    hb_time first = hb_now() - 5 * MS;
    CHECK(hb_timer_reset(&ticker, first, 2 * HOUR));
    CHECK_EQ(hb_timer_missed(&ticker), 1);
    CHECK_EQ(hb_timer_period(&ticker), 2 * HOUR);
    CHECK_EQ(poll_timer(&ticker), first);
    CHECK_EQ(hb_timer_due(&ticker), first + 2 * HOUR);
}

static void a_phase_beyond_the_clock_ends_the_ticker(void)
{
    hb_timer ticker;
    hb_timer_init(&ticker, 5, HB_FOREVER - 1);
    CHECK_EQ(poll_timer(&ticker), 5);
    CHECK_EQ(hb_timer_due(&ticker), HB_FOREVER);
    CHECK_EQ(poll_timer(&ticker), 0);
}

int main(void)
{
    RUN(a_timer_is_received_once_it_is_due);
    RUN(a_timer_is_received_once);
    RUN(an_unarmed_timer_never_is_due);
    RUN(a_timer_due_before_the_deadline_wins);
    RUN(the_earliest_of_many_timers_is_received);
    RUN(a_ready_channel_does_not_use_up_the_timer);
    RUN(one_timer_in_many_cases_fires_once);
    RUN(stop_says_whether_it_was_in_time);
    RUN(reset_leaves_no_stale_value);
    RUN(a_ticker_gives_the_oldest_tick_and_skips_to_the_next);
    RUN(a_ticker_in_time_misses_nothing);
    RUN(a_tick_due_right_now_is_the_next_one);
    RUN(waiting_keeps_the_phase);
    RUN(no_tick_is_forgotten_or_counted_twice);
    RUN(stopping_a_ticker_counts_what_it_missed);
    RUN(resetting_a_ticker_starts_a_new_phase);
    RUN(a_phase_beyond_the_clock_ends_the_ticker);
    return check_exit_code();
}
