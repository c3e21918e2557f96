/* The races of those who come, and of turns: starting and joining against the end, one at a time,
 * straying for signals and stalls, waits outside. */
#include "explored_bubble.h"

/* ---- joining against the end ---- */

static void join_late(void)
{
    hb_status status = hb_bubble_join(bubble, false);
    CHECK(status == HB_OK || status == HB_MISUSED);
    if (status == HB_OK)
        CHECK_EQ(hb_wait_sleep(HB_FOREVER), HB_STOPPED);
    leave_quietly();
}

/* ---- workers ---- */

static void work(void *unused)
{
    (void)unused;
    receive();
}

static void start_and_join(void)
{
    hb_worker *worker;
    hb_word word;
    CHECK_EQ(hb_worker_start(&worker, work, NULL, "explored"), HB_OK);
    send();
    CHECK_EQ(hb_chan_recv(hb_worker_done(worker), &word, HB_FOREVER), HB_CLOSED);
    CHECK_EQ(receive_until(chan, HB_FOREVER), HB_DEADLOCK);
    hb_worker_unref(worker);
}

static void host_starts_and_joins(void)
{
    as_host(start_and_join);
}

/* ---- starting against the end ---- */

static void work_or_stop(void *unused)
{
    (void)unused;
    CHECK_EQ(hb_wait_sleep(HB_FOREVER), HB_STOPPED);
    atomic_fetch_add(&stopped, 1);
}

static void start_two(void)
{
    hb_worker *worker;
    for (int i = 0; i < 2; i++) {
        CHECK_EQ(hb_worker_start(&worker, work_or_stop, NULL, "explored"), HB_OK);
        hb_worker_unref(worker);
    }
}

static void one_starts_two(void)
{
    as_participant(1, start_two);
}

/* The end waits for those who are started meanwhile. */
static void end_with_started(void)
{
    hb_participant_enter((hb_participant *)host);
    CHECK_EQ(hb_bubble_end(bubble, HB_FOREVER), HB_OK);
    CHECK_EQ(atomic_load(&stopped), 2);
}

static void host_ends_with_started(void)
{
    as_host(end_with_started);
}

static void begin_alone(void)
{
    begin_with(1, NULL, false);
}

/* ---- turns ---- */

static uint32_t choose_any(hb_turns *turns, const uint32_t *numbers, uint32_t n)
{
    (void)turns;
    (void)numbers;
    return explore_below(n);
}

static void free_nothing(hb_turns *turns)
{
    (void)turns;
}

static hb_turns any_turns = { choose_any, free_nothing };

static void begin_3_in_turns(void)
{
    begin_with(3, &any_turns, false);
}

static void begin_3_in_turns_with_signals(void)
{
    begin_with(3, &any_turns, true);
}

static void sleep_until_the_end(void)
{
    CHECK_EQ(hb_wait_sleep(HB_FOREVER), HB_STOPPED);
}

static void two_sleeps_until_the_end(void)
{
    as_participant(2, sleep_until_the_end);
}

/* V6. A step of the explorer lies between the two. */
static void run_alone(void)
{
    CHECK_EQ(atomic_fetch_add(&at_once, 1), 0);
    hb_pause();
    CHECK_EQ(atomic_fetch_sub(&at_once, 1), 1);
}

static void yield_alone(void)
{
    run_alone();
    CHECK_EQ(hb_bubble_yield(), HB_OK);
    run_alone();
}

static void see_both_done_in_turn(void)
{
    hb_participant_enter((hb_participant *)host); /* it had no turn yet */
    yield_alone();
    see_both_done();
    run_alone();
    CHECK_EQ(hb_wait_sleep(20), HB_TIMEOUT);
    run_alone();
}

static void receive_in_turn(void)
{
    yield_alone();
    receive();
    run_alone(); /* whoever has sent goes on, too */
    CHECK_EQ(hb_wait_sleep(10), HB_TIMEOUT);
    yield_alone();
}

static void send_in_turn(void)
{
    yield_alone();
    send();
    yield_alone();
}

static void host_sees_both_done_in_turn(void)
{
    as_host(see_both_done_in_turn);
}

static void one_receives_in_turn(void)
{
    as_participant(1, receive_in_turn);
}

static void two_sends_in_turn(void)
{
    as_participant(2, send_in_turn);
}

/* The host may stray, and comes back. */
static void stray(void)
{
    hb_participant_enter((hb_participant *)host);
    for (int i = 0; i < 3; i++) {
        hb_status status = hb_bubble_yield();
        CHECK(status == HB_OK || status == HB_INTERRUPTED || status == HB_STALLED);
    }
    hb_status status = wait_for_quiet();
    CHECK(status == HB_OK || status == HB_STALLED);
}

static void receive_in_turn_alone(void)
{
    hb_bubble_yield();
    receive();
}

static void send_in_turn_alone(void)
{
    hb_bubble_yield();
    send();
}

static void host_strays(void)
{
    as_host(stray);
}

static void one_receives_beside_strays(void)
{
    as_participant(1, receive_in_turn_alone);
}

static void two_sends_beside_strays(void)
{
    as_participant(2, send_in_turn_alone);
}

static void end_in_turn(void)
{
    hb_participant_enter((hb_participant *)host);
    hb_bubble_yield();
    end_all();
}

static void host_ends_in_turn(void)
{
    as_host(end_in_turn);
}

static void receive_outside_in_turn(void)
{
    yield_alone();
    receive_outside();
    run_alone();
}

static void sleep_in_turn(void)
{
    hb_participant_enter((hb_participant *)host);
    yield_alone();
    sleep_until_10();
    run_alone();
}

static void host_sleeps_in_turn(void)
{
    as_host(sleep_in_turn);
}

static void one_receives_outside_in_turn(void)
{
    as_participant(1, receive_outside_in_turn);
}

/* Nobody would send if the receiver kept its turn, or the other way round. */
static void send_outside_in_turn(void)
{
    yield_alone();
    send_from_outside();
    run_alone();
}

static void two_sends_outside_in_turn(void)
{
    as_participant(2, send_outside_in_turn);
}

static const explore_scenario scenarios[] = {
    { .name = "joining_against_the_end", .begin = begin_alone, .end = end_at_0,
      .threads = { host_ends_all, join_late, join_late } },
    { .name = "a_worker_starts_and_ends", .begin = begin_alone, .end = end_at_0,
      .threads = { host_starts_and_joins } },
    { .name = "starting_against_the_end", .begin = begin_2, .end = end_at_0,
      .threads = { host_ends_with_started, one_starts_two } },
    { .name = "starting_in_turn_against_the_end", .begin = begin_3_in_turns, .end = end_at_0,
      .threads = { host_ends_with_started, one_starts_two, two_sleeps_until_the_end } },
    { .name = "one_at_a_time", .begin = begin_3_in_turns, .end = end,
      .threads = { host_sees_both_done_in_turn, one_receives_in_turn, two_sends_in_turn } },
    { .name = "one_strays_for_signals_and_stalls", .begin = begin_3_in_turns_with_signals, .end = end_at_0,
      .threads = { host_strays, one_receives_beside_strays, two_sends_beside_strays, stall_host } },
    { .name = "the_end_frees_the_turns", .begin = begin_3_in_turns, .end = end,
      .threads = { host_ends_in_turn, one_receives_or_stops, two_sends_or_stops } },
    { .name = "who_waits_outside_has_no_turn", .begin = begin_3_in_turns, .end = end,
      .threads = { host_sleeps_in_turn, one_receives_outside_in_turn, two_sends_outside_in_turn } },
};

int main(int argc, char **argv)
{
    return explore_main(argc, argv, scenarios, sizeof scenarios / sizeof *scenarios);
}
