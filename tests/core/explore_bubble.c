/* The hard races of bubbles: sleeping against being woken, nudged, stalled and stopped; quiet
 * against a wake; the end against everybody; time against all of them. Virtual time leaves no
 * choice, so most scenarios know the outcome and the instant. */
#include "explore.h"
#include "hb_bubble.h"
#include "hb_select.h"
#include "hb_timer.h"
#include "hb_worker.h"

#define MOST 4

static hb_bubble *bubble;
static hb_here *host;
static hb_participant *places[MOST];
static hb_chan *chan, *outside;
static hb_timer timer;
static atomic_int sent, received, stopped, at_once;

static hb_word num(int64_t n)
{
    return (hb_word){ .i64 = n };
}

/* ---- a bubble whose participants are all there before the first runs ---- */

/* The host's place is made here, and taken by a thread: it would else be alone at first. */
static void begin_with(uint32_t participants, hb_turns *turns, bool looks_up)
{
    bubble = hb_bubble_new(0, explore_below(1000), turns);
    outside = hb_chan_new(0, NULL);
    CHECK_EQ(hb_bubble_join(bubble, looks_up), HB_OK);
    chan = hb_chan_new(0, NULL);
    hb_timer_init(&timer, 100, 0);
    for (uint32_t i = 1; i < participants; i++)
        CHECK_EQ(hb_participant_new(&places[i], 0), HB_OK);
    host = hb__here;
    hb__here = NULL;
    atomic_store(&sent, 0);
    atomic_store(&received, 0);
    atomic_store(&stopped, 0);
    atomic_store(&at_once, 0);
}

static void begin_2(void)
{
    begin_with(2, NULL, false);
}

static void begin_3(void)
{
    begin_with(3, NULL, false);
}

static void begin_4(void)
{
    begin_with(4, NULL, false);
}

static void begin_2_with_signals(void)
{
    begin_with(2, NULL, true);
}

static void begin_3_with_signals(void)
{
    begin_with(3, NULL, true);
}

static void leave_quietly(void)
{
    hb_bubble_leave();
    if (hb_thread_here())
        hb_thread_leave(hb_thread_here());
}

static void as_host(void (*body)(void))
{
    hb__here = host;
    body();
    leave_quietly();
}

static void as_participant(uint32_t number, void (*body)(void))
{
    hb_participant_enter(places[number]);
    body();
    leave_quietly();
}

static void check_nobody_waits(hb_chan *c)
{
    hb_chan_stats stats;
    hb_chan_stats_get(c, &stats);
    CHECK_EQ(stats.waiting_senders, 0);
    CHECK_EQ(stats.waiting_receivers, 0);
}

static void end(void)
{
    hb_bubble_pulse pulse = hb_bubble_look(bubble);
    CHECK_EQ(pulse.running, 0);
    CHECK_EQ(pulse.sleeping, 0);
    check_nobody_waits(chan);
    check_nobody_waits(outside);
    CHECK_EQ(atomic_load(&sent), atomic_load(&received));
    hb_chan_unref(chan);
    hb_chan_unref(outside);
    hb_bubble_unref(bubble);
}

static void end_at_0(void)
{
    CHECK_EQ(hb_bubble_now(bubble), 0);
    end();
}

/* ---- bodies ---- */

static hb_status receive_until(hb_chan *from, hb_time deadline)
{
    hb_word word = num(0);
    hb_status status = hb_chan_recv(from, &word, deadline);
    CHECK(status != HB_OK || word.i64 == 7);
    atomic_fetch_add(&received, status == HB_OK);
    atomic_fetch_add(&stopped, status == HB_STOPPED);
    return status;
}

static hb_status send_until(hb_chan *to, hb_time deadline)
{
    hb_status status = hb_chan_send(to, num(7), deadline);
    atomic_fetch_add(&sent, status == HB_OK);
    return status;
}

static void receive(void)
{
    CHECK_EQ(receive_until(chan, 10), HB_OK);
    CHECK_EQ(hb_now(), 0);
}

static void send(void)
{
    CHECK_EQ(send_until(chan, 10), HB_OK);
    CHECK_EQ(hb_now(), 0);
}

/* ---- a wake against a sleep; then nobody is left to send ---- */

static void receive_until_deadlock(void)
{
    receive();
    CHECK_EQ(receive_until(chan, HB_FOREVER), HB_DEADLOCK);
    CHECK_EQ(receive_until(chan, 5), HB_TIMEOUT);
    CHECK_EQ(hb_now(), 5);
    CHECK_EQ(receive_until(chan, HB_FOREVER), HB_DEADLOCK);
}

static void host_receives_until_deadlock(void)
{
    as_host(receive_until_deadlock);
}

static void one_sends(void)
{
    as_participant(1, send);
}

/* ---- at one instant: the host is due first, and who comes later sends in vain ---- */

static void receive_until_10(void)
{
    CHECK_EQ(receive_until(chan, 10), HB_TIMEOUT);
    CHECK_EQ(hb_now(), 10);
}

static void send_at_10(void)
{
    CHECK_EQ(hb_wait_sleep(10), HB_TIMEOUT);
    CHECK_EQ(hb_now(), 10);
    CHECK_EQ(send_until(chan, 20), HB_TIMEOUT);
    CHECK_EQ(hb_now(), 20);
}

static void host_receives_until_10(void)
{
    as_host(receive_until_10);
}

static void one_sends_at_10(void)
{
    as_participant(1, send_at_10);
}

/* ---- a nudge against a sleep ---- */

static void wait_for_timer(void)
{
    const hb_case only = { &timer.source, HB_RECV, num(0) };
    hb_select select;
    CHECK_EQ(hb_select_init(&select, &only, 1, false), HB_OK);
    CHECK_EQ(hb_select_run(&select, HB_FOREVER), HB_OK);
    hb_select_fini(&select);
    CHECK_EQ(hb_now(), 5);
}

static void move_timer(void)
{
    hb_timer_reset(&timer, 50, 0);
    hb_timer_reset(&timer, 5, 0);
}

static void host_waits_for_timer(void)
{
    as_host(wait_for_timer);
}

static void one_moves_timer(void)
{
    as_participant(1, move_timer);
}

/* ---- quiet against a wake ---- */

static hb_status wait_for_quiet(void)
{
    hb_status status;
    do {
        status = hb_bubble_wait();
    } while (status == HB_INTERRUPTED);
    return status;
}

static void see_both_done(void)
{
    CHECK_EQ(wait_for_quiet(), HB_OK);
    CHECK_EQ(atomic_load(&sent), 1);
    CHECK_EQ(atomic_load(&received), 1);
    CHECK_EQ(hb_now(), 0);
}

static void receive_and_sleep(void)
{
    receive();
    CHECK_EQ(hb_wait_sleep(10), HB_TIMEOUT);
}

static void host_sees_both_done(void)
{
    as_host(see_both_done);
}

static void one_receives_and_sleeps(void)
{
    as_participant(1, receive_and_sleep);
}

static void two_sends(void)
{
    as_participant(2, send);
}

/* ---- the end against everybody ---- */

static void end_all(void)
{
    CHECK_EQ(hb_bubble_end(bubble, HB_FOREVER), HB_OK);
    CHECK_EQ(receive_until(chan, HB_FOREVER), HB_STOPPED);
    CHECK_EQ(hb_bubble_wait(), HB_STOPPED);
}

static void receive_or_stop(void)
{
    hb_status status = receive_until(chan, 10);
    CHECK(status == HB_OK || status == HB_STOPPED || status == HB_TIMEOUT);
    status = receive_until(chan, HB_FOREVER); /* what can happen at once is no wait */
    CHECK(status == HB_STOPPED || (status == HB_OK && atomic_load(&received) == 1));
}

static void send_or_stop(void)
{
    hb_status status = send_until(chan, 10);
    CHECK(status == HB_OK || status == HB_STOPPED || status == HB_TIMEOUT);
}

static void sleep_or_stop(void)
{
    hb_status status = hb_wait_sleep(10);
    CHECK(status == HB_TIMEOUT || status == HB_STOPPED);
    CHECK_EQ(hb_wait_sleep(HB_FOREVER), HB_STOPPED);
}

static void host_ends_all(void)
{
    as_host(end_all);
}

static void one_receives_or_stops(void)
{
    as_participant(1, receive_or_stop);
}

static void two_sends_or_stops(void)
{
    as_participant(2, send_or_stop);
}

static void three_sleeps_or_stops(void)
{
    as_participant(3, sleep_or_stop);
}

/* ---- a stall, and a stop of the thread, against a word ---- */

static void receive_or_stall(void)
{
    hb_status status = receive_until(chan, HB_FOREVER);
    CHECK(status == HB_OK || status == HB_STALLED);
}

static void send_or_time_out(void)
{
    hb_status status = send_until(chan, 10);
    CHECK(status == HB_OK || status == HB_TIMEOUT);
}

static void host_receives_or_stalls(void)
{
    as_host(receive_or_stall);
}

static void one_sends_or_times_out(void)
{
    as_participant(1, send_or_time_out);
}

static void stall_host(void)
{
    hb_bubble_stall(bubble);
}

static hb_party party;

static void begin_party(void)
{
    begin_2();
    hb_party_init(&party);
}

static void receive_as_party(void)
{
    hb_party_enter(&party);
    hb_status status = receive_until(chan, 10);
    CHECK(status == HB_OK || status == HB_STOPPED);
    hb_party_enter(NULL);
}

static void host_receives_as_party(void)
{
    as_host(receive_as_party);
}

static void stop_party(void)
{
    hb__wait_wake(hb__party_stop(&party));
}

/* ---- outside ---- */

/* Time stands still meanwhile, however often it could have moved. */
static void receive_outside(void)
{
    CHECK_EQ(receive_until(outside, HB_FOREVER), HB_OK);
    CHECK_EQ(hb_now(), 0);
}

static void sleep_until_10(void)
{
    CHECK_EQ(hb_wait_sleep(10), HB_TIMEOUT);
    CHECK_EQ(atomic_load(&received), 1);
}

static void receive_outside_or_stop(void)
{
    hb_status status = receive_until(outside, HB_FOREVER);
    CHECK(status == HB_OK || status == HB_STOPPED);
}

static void host_sleeps_until_10(void)
{
    as_host(sleep_until_10);
}

static void one_receives_outside(void)
{
    as_participant(1, receive_outside);
}

static void one_receives_outside_or_stops(void)
{
    as_participant(1, receive_outside_or_stop);
}

static void send_from_outside(void)
{
    CHECK_EQ(send_until(outside, HB_FOREVER), HB_OK);
}

static void send_from_outside_soon(void)
{
    send_until(outside, hb_now() + 10);
}

static void foreign_send(void)
{
    CHECK_EQ(hb_chan_try_send(chan, num(7)), HB_FOREIGN);
}

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
    receive_and_sleep();
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

static void two_yields(void)
{
    as_participant(2, yield_alone);
}

static const explore_scenario scenarios[] = {
    { .name = "a_wake_against_a_sleep", .begin = begin_2, .end = end,
      .threads = { host_receives_until_deadlock, one_sends } },
    { .name = "a_wake_against_a_sleep_with_signals", .begin = begin_2_with_signals, .end = end,
      .threads = { host_receives_until_deadlock, one_sends } },
    { .name = "two_are_due_at_one_instant", .begin = begin_2, .end = end,
      .threads = { host_receives_until_10, one_sends_at_10 } },
    { .name = "a_nudge_against_a_sleep", .begin = begin_2, .end = end,
      .threads = { host_waits_for_timer, one_moves_timer } },
    { .name = "quiet_against_a_wake", .begin = begin_3, .end = end,
      .threads = { host_sees_both_done, one_receives_and_sleeps, two_sends } },
    { .name = "quiet_against_a_wake_with_signals", .begin = begin_3_with_signals, .end = end,
      .threads = { host_sees_both_done, one_receives_and_sleeps, two_sends } },
    { .name = "the_end_against_everybody", .begin = begin_4, .end = end,
      .threads = { host_ends_all, one_receives_or_stops, two_sends_or_stops, three_sleeps_or_stops } },
    { .name = "a_stall_against_a_word", .begin = begin_2, .end = end,
      .threads = { host_receives_or_stalls, one_sends_or_times_out, stall_host } },
    { .name = "a_stop_against_a_word", .begin = begin_party, .end = end,
      .threads = { host_receives_as_party, one_sends_or_times_out, stop_party } },
    { .name = "time_stands_still_outside", .begin = begin_2, .end = end,
      .threads = { host_sleeps_until_10, one_receives_outside, send_from_outside, foreign_send } },
    { .name = "the_end_against_a_wait_outside", .begin = begin_2, .end = end_at_0,
      .threads = { host_ends_all, one_receives_outside_or_stops, send_from_outside_soon } },
    { .name = "joining_against_the_end", .begin = begin_alone, .end = end_at_0,
      .threads = { host_ends_all, join_late, join_late } },
    { .name = "a_worker_starts_and_ends", .begin = begin_alone, .end = end_at_0,
      .threads = { host_starts_and_joins } },
    { .name = "one_at_a_time", .begin = begin_3_in_turns, .end = end,
      .threads = { host_sees_both_done_in_turn, one_receives_in_turn, two_sends_in_turn } },
    { .name = "one_strays_for_signals_and_stalls", .begin = begin_3_in_turns_with_signals, .end = end_at_0,
      .threads = { host_strays, one_receives_beside_strays, two_sends_beside_strays, stall_host } },
    { .name = "the_end_frees_the_turns", .begin = begin_3_in_turns, .end = end,
      .threads = { host_ends_in_turn, one_receives_or_stops, two_sends_or_stops } },
    { .name = "who_waits_outside_has_no_turn", .begin = begin_3_in_turns, .end = end,
      .threads = { host_sleeps_in_turn, one_receives_outside_in_turn, two_yields, send_from_outside } },
};

int main(int argc, char **argv)
{
    return explore_main(argc, argv, scenarios, sizeof scenarios / sizeof *scenarios);
}
