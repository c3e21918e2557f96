/* hb_bubble: who takes part, how time goes on, what ends a wait. */
#include "bubbles.h"

/* ---- taking part ---- */

static void the_clock_of_a_participant_is_the_bubbles(void)
{
    bubble = hb_bubble_new(7 * SECOND, 1, NULL);
    hb_time before = hb_platform_now();
    CHECK_EQ(hb_bubble_join(bubble, false), HB_OK);
    CHECK_EQ(hb_now(), 7 * SECOND);
    CHECK_EQ(hb_here_bubble(), hb_bubble_number(bubble));
    CHECK_EQ(hb_bubble_here(), bubble);
    leave_bubble();
    CHECK(hb_now() >= before);
    CHECK_EQ(hb_here_bubble(), 0);
    CHECK_EQ(hb_bubble_here(), NULL);
}

static void nobody_joins_twice_or_too_late(void)
{
    hb_bubble *other = hb_bubble_new(0, 1, NULL);
    enter_bubble(NULL);
    CHECK_EQ(hb_bubble_join(bubble, false), HB_MISUSED);
    CHECK_EQ(hb_bubble_join(other, false), HB_MISUSED);
    hb_bubble_ref(bubble);
    leave_bubble();
    CHECK_EQ(hb_bubble_join(bubble, false), HB_MISUSED);
    hb_bubble_unref(bubble);
    hb_bubble_unref(other);
}

static void leaving_where_nobody_takes_part_is_nothing(void)
{
    hb_bubble_leave();
    hb_bubble_yield();
    CHECK_EQ(hb_bubble_wait(), HB_MISUSED);
    hb_participant *place = (hb_participant *)&bubble;
    CHECK_EQ(hb_participant_new(&place, 0), HB_OK);
    CHECK_EQ(place, NULL);
    hb_participant_enter(NULL);
    hb_participant_drop(NULL);
}

static void a_place_that_is_dropped_was_never_there(void)
{
    hb_participant *place;
    hb_word word;
    enter_bubble(NULL);
    hb_chan *nobody_sends = hb_chan_new(0, NULL);
    CHECK_EQ(hb_participant_new(&place, 0), HB_OK);
    CHECK_EQ(hb_bubble_participants(bubble, NULL, 0), 2);
    CHECK_EQ(hb_bubble_look(bubble).running, 2);
    hb_participant_drop(place);
    CHECK_EQ(hb_bubble_participants(bubble, NULL, 0), 1);
    CHECK_EQ(hb_chan_recv(nobody_sends, &word, HB_FOREVER), HB_DEADLOCK);
    leave_bubble();
    hb_chan_unref(nobody_sends);
}

/* ---- time ---- */

static void sleep_and_note(void *n)
{
    CHECK_EQ(hb_wait_sleep((intptr_t)n * SECOND), HB_TIMEOUT);
    note_event((intptr_t)n);
}

static void the_clock_jumps_to_whatever_is_next(void)
{
    forget_events();
    enter_bubble(NULL);
    hb_worker *late = start_worker(sleep_and_note, (void *)86400);
    hb_worker *early = start_worker(sleep_and_note, (void *)5);
    CHECK_EQ(hb_wait_sleep(60 * SECOND), HB_TIMEOUT);
    note_event(60);
    join_worker(late);
    join_worker(early);
    check_event(0, 5 * SECOND, 5);
    check_event(1, 60 * SECOND, 60);
    check_event(2, 86400 * SECOND, 86400);
    CHECK_EQ(hb_bubble_now(bubble), 86400 * SECOND);
    leave_bubble();
}

static void a_deadline_in_the_past_does_not_move_the_clock(void)
{
    enter_bubble(NULL);
    CHECK_EQ(hb_wait_sleep(SECOND), HB_TIMEOUT);
    CHECK_EQ(hb_wait_sleep(SECOND), HB_TIMEOUT);
    CHECK_EQ(hb_wait_sleep(0), HB_TIMEOUT);
    CHECK_EQ(hb_now(), SECOND);
    leave_bubble();
}

static void sleep_a_second_and_note(void *n)
{
    sleep_and_note((void *)1);
    events[atomic_load(&n_events) - 1].what = (intptr_t)n; /* nobody else runs: V3 */
}

static void at_one_instant_all_wake_in_the_order_they_joined(void)
{
    for (int round = 0; round < 50; round++) {
        hb_worker *workers[5];
        forget_events();
        enter_bubble(NULL);
        for (intptr_t i = 0; i < 5; i++)
            workers[i] = start_worker(sleep_a_second_and_note, (void *)i);
        CHECK_EQ(hb_wait_sleep(SECOND), HB_TIMEOUT);
        CHECK_EQ(atomic_load(&n_events), 0); /* the host was first to join */
        for (int i = 0; i < 5; i++)
            join_worker(workers[i]);
        for (int i = 0; i < 5; i++)
            check_event(i, SECOND, i);
        leave_bubble();
    }
}

static hb_timer timer;

static void wait_for_timer(void *unused)
{
    (void)unused;
    const hb_case only = timer_case(&timer);
    outcome got = select_until(&only, 1, HB_FOREVER);
    CHECK_EQ(got.status, HB_OK);
    note_event(1);
}

static void a_timer_that_is_moved_wakes_its_waiter_then(void)
{
    forget_events();
    enter_bubble(NULL);
    hb_timer_init(&timer, hb_now() + 100 * SECOND, 0);
    hb_worker *waiter = start_worker(wait_for_timer, NULL);
    CHECK_EQ(hb_bubble_wait(), HB_OK);
    hb_timer_reset(&timer, hb_now() + 3 * SECOND, 0);
    join_worker(waiter);
    check_event(0, 3 * SECOND, 1);
    leave_bubble();
}

/* ---- quiet ---- */

static hb_chan *chan;

static void receive_and_note(void *unused)
{
    hb_word word;
    (void)unused;
    hb_status status = hb_chan_recv(chan, &word, HB_FOREVER);
    note_event(status == HB_OK ? word.i64 : -(int64_t)status);
}

static void wait_returns_when_all_others_sleep_and_moves_no_clock(void)
{
    forget_events();
    enter_bubble(NULL);
    chan = hb_chan_new(0, NULL);
    hb_worker *receiver = start_worker(receive_and_note, NULL);
    hb_worker *sleeper = start_worker(sleep_and_note, (void *)1);
    CHECK_EQ(hb_bubble_wait(), HB_OK);
    hb_bubble_pulse pulse = hb_bubble_look(bubble);
    CHECK_EQ(pulse.running, 1);
    CHECK_EQ(pulse.sleeping, 2);
    CHECK_EQ(hb_now(), 0);
    CHECK_EQ(hb_chan_try_send(chan, num(42)), HB_OK);
    CHECK_EQ(hb_bubble_wait(), HB_OK);
    check_event(0, 0, 42);
    join_worker(receiver);
    join_worker(sleeper);
    leave_bubble();
    hb_chan_unref(chan);
}

static void what_is_due_now_happens_before_quiet(void)
{
    forget_events();
    enter_bubble(NULL);
    hb_worker *sleeper = start_worker(sleep_and_note, (void *)1);
    CHECK_EQ(hb_wait_sleep(SECOND), HB_TIMEOUT);
    CHECK_EQ(atomic_load(&n_events), 0);
    CHECK_EQ(hb_bubble_wait(), HB_OK);
    check_event(0, SECOND, 1);
    join_worker(sleeper);
    leave_bubble();
}

static void wait_too(void *status)
{
    *(hb_status *)status = hb_bubble_wait();
}

static void two_cannot_wait_for_each_others_quiet(void)
{
    hb_status other = HB_OK;
    enter_bubble(NULL);
    chan = hb_chan_new(0, NULL);
    hb_worker *second = start_worker(wait_too, &other);
    hb_status own = hb_bubble_wait();
    join_worker(second);
    CHECK((own == HB_OK && other == HB_MISUSED) || (own == HB_MISUSED && other == HB_OK));
    leave_bubble();
    hb_chan_unref(chan);
}

/* ---- deadlock ---- */

static void a_wait_of_the_host_that_nobody_can_end_is_a_deadlock(void)
{
    hb_word word;
    forget_events();
    enter_bubble(NULL);
    chan = hb_chan_new(0, NULL);
    hb_chan *other = hb_chan_new(0, NULL);
    hb_worker *receiver = start_worker(receive_and_note, NULL);
    CHECK_EQ(hb_chan_recv(other, &word, HB_FOREVER), HB_DEADLOCK);
    check_nobody_waits(other);
    CHECK_EQ(hb_chan_recv(other, &word, hb_now() + SECOND), HB_TIMEOUT);
    CHECK_EQ(hb_chan_recv(other, &word, HB_FOREVER), HB_DEADLOCK);
    CHECK_EQ(hb_chan_try_send(chan, num(1)), HB_OK);
    join_worker(receiver);
    leave_bubble();
    hb_chan_unref(chan);
    hb_chan_unref(other);
}

/* ---- the end ---- */

static void sleep_forever(void *unused)
{
    (void)unused;
    note_event(-(int64_t)hb_wait_sleep(HB_FOREVER));
    note_event(-(int64_t)hb_wait_sleep(HB_FOREVER));
}

static void the_end_stops_every_wait(void)
{
    forget_events();
    enter_bubble(NULL);
    chan = hb_chan_new(0, NULL);
    hb_worker *receiver = start_worker(receive_and_note, NULL);
    hb_worker *sleeper = start_worker(sleep_forever, NULL);
    CHECK_EQ(hb_bubble_wait(), HB_OK);
    leave_bubble();
    CHECK_EQ(atomic_load(&n_events), 3);
    for (int i = 0; i < 3; i++)
        check_event(i, 0, -(int64_t)HB_STOPPED);
    hb_worker_unref(receiver);
    hb_worker_unref(sleeper);
    hb_chan_unref(chan);
}

static hb_chan *outside;

static void receive_from_outside(void *unused)
{
    hb_word word;
    (void)unused;
    hb_status status = hb_chan_recv(outside, &word, HB_FOREVER);
    note_event(status == HB_OK ? word.i64 : -(int64_t)status);
}

static void the_end_stops_waits_outside_too(void)
{
    forget_events();
    outside = hb_chan_new(0, NULL);
    enter_bubble(NULL);
    hb_worker *receiver = start_worker(receive_from_outside, NULL);
    await_waiting(outside, 0, 1);
    leave_bubble();
    check_event(0, 0, -(int64_t)HB_STOPPED);
    check_nobody_waits(outside);
    hb_worker_unref(receiver);
    hb_chan_unref(outside);
}

static void who_does_not_end_is_waited_for_in_vain(void)
{
    hb_participant *place;
    enter_bubble(NULL);
    CHECK_EQ(hb_participant_new(&place, 0), HB_OK);
    CHECK_EQ(hb_bubble_end(bubble, hb_platform_now() + 10 * MS), HB_TIMEOUT);
    hb_participant_drop(place);
    leave_bubble();
}

/* ---- what is outside ---- */

static void *send_to_outside(void *unused)
{
    (void)unused;
    await_waiting(outside, 0, 1);
    CHECK_EQ(hb_chan_send(outside, num(9), HB_FOREVER), HB_OK);
    return NULL;
}

static void time_stands_still_while_one_waits_outside(void)
{
    forget_events();
    outside = hb_chan_new(0, NULL);
    enter_bubble(NULL);
    hb_worker *receiver = start_worker(receive_from_outside, NULL);
    pthread_t sender = check_spawn(send_to_outside, NULL);
    CHECK_EQ(hb_wait_sleep(SECOND), HB_TIMEOUT);
    check_event(0, 0, 9);
    join_worker(receiver);
    leave_bubble();
    check_join(sender);
    hb_chan_unref(outside);
}

static void *use_what_is_foreign(void *unused)
{
    hb_word word;
    (void)unused;
    const hb_case cases[] = { recv_case(chan), timer_case(&timer) };
    CHECK_EQ(hb_chan_try_send(chan, num(1)), HB_FOREIGN);
    CHECK_EQ(hb_chan_try_recv(chan, &word), HB_FOREIGN);
    CHECK_EQ(hb_chan_send(chan, num(1), HB_FOREVER), HB_FOREIGN);
    CHECK_EQ(hb_chan_recv(chan, &word, HB_FOREVER), HB_FOREIGN);
    CHECK_EQ(hb_case_try(&cases[0], &word), HB_FOREIGN);
    CHECK_EQ(select_now(cases, 2, false).status, HB_FOREIGN);
    CHECK_EQ(select_until(cases, 2, HB_FOREVER).status, HB_FOREIGN);
    return NULL;
}

static void a_source_is_foreign_outside_of_its_bubble(void)
{
    enter_bubble(NULL);
    chan = hb_chan_new(1, NULL);
    hb_timer_init(&timer, SECOND, 0);
    check_join(check_spawn(use_what_is_foreign, NULL));
    CHECK_EQ(hb_chan_try_send(chan, num(1)), HB_OK);
    leave_bubble();
    use_what_is_foreign(NULL);
    enter_bubble(NULL); /* another one */
    use_what_is_foreign(NULL);
    leave_bubble();
    hb_chan_unref(chan);
}

/* ---- participants start participants ---- */

static void start_two_more(void *depth)
{
    hb_worker *workers[2];
    intptr_t rest = (intptr_t)depth - 1;
    for (int i = 0; rest > 0 && i < 2; i++)
        workers[i] = start_worker(start_two_more, (void *)rest);
    for (int i = 0; rest > 0 && i < 2; i++)
        join_worker(workers[i]);
    sleep_and_note((void *)(4 - rest));
}

static void whoever_a_participant_starts_takes_part(void)
{
    forget_events();
    enter_bubble(NULL);
    join_worker(start_worker(start_two_more, (void *)4));
    CHECK_EQ(atomic_load(&n_events), 15);
    for (int i = 0; i < 15; i++)
        CHECK_EQ(events[i].at, 4 * SECOND);
    CHECK_EQ(hb_bubble_wait(), HB_OK); /* whoever has said that it ends has left */
    CHECK_EQ(hb_bubble_participants(bubble, NULL, 0), 1);
    leave_bubble();
}

static void sleep_until_3_or_the_end(void *unused)
{
    (void)unused;
    CHECK_EQ(hb_wait_sleep(3 * SECOND), HB_STOPPED);
}

static void views_tell_who_there_is(void)
{
    hb_participant_view views[3];
    enter_bubble(NULL);
    chan = hb_chan_new(0, NULL);
    hb_worker *sleeper = start_worker(sleep_until_3_or_the_end, NULL);
    hb_worker *receiver = start_worker(receive_and_note, NULL);
    CHECK_EQ(hb_bubble_wait(), HB_OK);
    CHECK_EQ(hb_bubble_participants(bubble, views, 2), 3);
    CHECK_EQ(hb_bubble_participants(bubble, views, 3), 3);
    for (uint32_t i = 0; i < 3; i++) {
        CHECK_EQ(views[i].number, i);
        CHECK_EQ(views[i].sleeps, i > 0);
    }
    CHECK_EQ(views[0].thread, hb_thread_id());
    CHECK_EQ(views[1].until, 3 * SECOND);
    CHECK_EQ(views[2].until, HB_FOREVER);
    leave_bubble();
    hb_worker_unref(sleeper);
    hb_worker_unref(receiver);
    hb_chan_unref(chan);
}

int main(void)
{
    RUN(the_clock_of_a_participant_is_the_bubbles);
    RUN(nobody_joins_twice_or_too_late);
    RUN(leaving_where_nobody_takes_part_is_nothing);
    RUN(a_place_that_is_dropped_was_never_there);
    RUN(the_clock_jumps_to_whatever_is_next);
    RUN(a_deadline_in_the_past_does_not_move_the_clock);
    RUN(at_one_instant_all_wake_in_the_order_they_joined);
    RUN(a_timer_that_is_moved_wakes_its_waiter_then);
    RUN(wait_returns_when_all_others_sleep_and_moves_no_clock);
    RUN(what_is_due_now_happens_before_quiet);
    RUN(two_cannot_wait_for_each_others_quiet);
    RUN(a_wait_of_the_host_that_nobody_can_end_is_a_deadlock);
    RUN(the_end_stops_every_wait);
    RUN(the_end_stops_waits_outside_too);
    RUN(who_does_not_end_is_waited_for_in_vain);
    RUN(time_stands_still_while_one_waits_outside);
    RUN(a_source_is_foreign_outside_of_its_bubble);
    RUN(whoever_a_participant_starts_takes_part);
    RUN(views_tell_who_there_is);
    return check_exit_code();
}
