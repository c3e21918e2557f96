/* The hard races of bubbles: sleeping against being woken, nudged, stalled and stopped; quiet
 * against a wake; the end against everybody; time against all of them. Virtual time leaves no
 * choice, so most scenarios know the outcome and the instant. */
#include "explored_bubble.h"

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

static void sleep_and_see_it_done(void)
{
    CHECK_EQ(hb_wait_sleep(10), HB_TIMEOUT);
    CHECK_EQ(wait_for_quiet(), HB_OK);
    CHECK_EQ(atomic_load(&received), 1);
}

static void note_at_10(void)
{
    CHECK_EQ(hb_wait_sleep(10), HB_TIMEOUT);
    atomic_fetch_add(&received, 1);
    atomic_fetch_add(&sent, 1);
}

static void host_sleeps_and_sees_it_done(void)
{
    as_host(sleep_and_see_it_done);
}

static void one_notes_at_10(void)
{
    as_participant(1, note_at_10);
}

/* ---- the end against everybody ---- */

static void sleep_or_stop(void)
{
    hb_status status = hb_wait_sleep(10);
    CHECK(status == HB_TIMEOUT || status == HB_STOPPED);
    CHECK_EQ(hb_wait_sleep(HB_FOREVER), HB_STOPPED);
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

static void send_from_outside_soon(void)
{
    send_until(outside, hb_now() + 10);
}

static void foreign_send(void)
{
    CHECK_EQ(hb_chan_try_send(chan, num(7)), HB_FOREIGN);
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
    { .name = "what_is_due_now_comes_before_quiet", .begin = begin_2, .end = end,
      .threads = { host_sleeps_and_sees_it_done, one_notes_at_10 } },
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
};

int main(int argc, char **argv)
{
    return explore_main(argc, argv, scenarios, sizeof scenarios / sizeof *scenarios);
}
