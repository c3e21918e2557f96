/* hb_bubble: turns, signals, stalls, services, forks. */
#include "bubbles.h"

/* ---- turns ---- */

static atomic_int at_once, chosen;

/* Always the one that joined last. */
static uint32_t choose_last(hb_turns *turns, const uint32_t *numbers, uint32_t n)
{
    (void)turns;
    for (uint32_t i = 1; i < n; i++)
        CHECK(numbers[i - 1] < numbers[i]);
    atomic_fetch_add(&chosen, 1);
    return n - 1;
}

static uint32_t choose_first(hb_turns *turns, const uint32_t *numbers, uint32_t n)
{
    CHECK(n > 0);
    (void)turns;
    (void)numbers;
    return 0;
}

static atomic_int freed;

static void free_turns(hb_turns *turns)
{
    (void)turns;
    atomic_fetch_add(&freed, 1);
}

static hb_turns last_first = { choose_last, free_turns }, in_order = { choose_first, free_turns };

/* Nobody else is between its wake and its sleep. */
static void run_alone(intptr_t n)
{
    CHECK_EQ(atomic_fetch_add(&at_once, 1), 0);
    note_event(n);
    CHECK_EQ(atomic_fetch_sub(&at_once, 1), 1);
}

static void yield_three_times(void *n)
{
    for (int i = 0; i < 3; i++) {
        run_alone((intptr_t)n);
        CHECK_EQ(hb_bubble_yield(), HB_OK);
    }
}

static void check_order(const char *wanted)
{
    CHECK_EQ(atomic_load(&n_events), (int)strlen(wanted));
    for (int i = 0; wanted[i]; i++)
        CHECK_EQ(events[i].what, wanted[i] - '0');
}

static void run_three(hb_turns *turns)
{
    hb_worker *workers[3];
    forget_events();
    enter_bubble(turns);
    for (intptr_t i = 0; i < 3; i++)
        workers[i] = start_worker(yield_three_times, (void *)(i + 1));
    for (int i = 0; i < 3; i++)
        join_worker(workers[i]);
    leave_bubble();
}

static void whoever_is_chosen_goes_next(void)
{
    for (int round = 0; round < 20; round++) {
        run_three(&last_first);
        check_order("333222111");
        run_three(&in_order);
        check_order("111222333");
    }
}

static void turns_are_freed_with_the_bubble(void)
{
    atomic_store(&freed, 0);
    enter_bubble(&in_order);
    hb_bubble *kept = hb_bubble_ref(bubble);
    leave_bubble();
    CHECK_EQ(atomic_load(&freed), 0);
    hb_bubble_unref(kept);
    CHECK_EQ(atomic_load(&freed), 1);
}

static hb_chan *chan;

static void pass_on(void *n)
{
    hb_word word;
    CHECK_EQ(hb_chan_recv(chan, &word, HB_FOREVER), HB_OK);
    run_alone((intptr_t)n);
    CHECK_EQ(hb_bubble_yield(), HB_OK);
    run_alone((intptr_t)n);
}

/* Who is served does not run before it has the turn. */
static void a_wake_is_no_turn(void)
{
    hb_worker *workers[2];
    forget_events();
    enter_bubble(&in_order);
    chan = hb_chan_new(0, NULL);
    for (intptr_t i = 0; i < 2; i++)
        workers[i] = start_worker(pass_on, (void *)(i + 1));
    CHECK_EQ(hb_bubble_wait(), HB_OK);
    CHECK_EQ(hb_chan_try_send(chan, num(1)), HB_OK);
    CHECK_EQ(hb_chan_try_send(chan, num(2)), HB_OK);
    run_alone(0);
    CHECK_EQ(hb_bubble_yield(), HB_OK); /* the first, again */
    run_alone(0);
    CHECK_EQ(hb_bubble_wait(), HB_OK);
    check_order("001122");
    leave_bubble();
    for (int i = 0; i < 2; i++)
        hb_worker_unref(workers[i]);
    hb_chan_unref(chan);
}

static void sleep_alone(void *n)
{
    CHECK_EQ(hb_wait_sleep(SECOND), HB_TIMEOUT);
    run_alone((intptr_t)n);
}

static void time_goes_on_where_they_take_turns(void)
{
    hb_worker *workers[3];
    forget_events();
    enter_bubble(&last_first);
    for (intptr_t i = 0; i < 3; i++)
        workers[i] = start_worker(sleep_alone, (void *)(i + 1));
    CHECK_EQ(hb_wait_sleep(2 * SECOND), HB_TIMEOUT);
    run_alone(4);
    check_order("3214");
    CHECK_EQ(hb_now(), 2 * SECOND);
    for (int i = 0; i < 3; i++)
        join_worker(workers[i]);
    leave_bubble();
}

static void run_on(void *unused)
{
    (void)unused;
    while (hb_wait_sleep(HB_FOREVER) != HB_STOPPED)
        ;
    for (int i = 0; i < 100; i++)
        CHECK_EQ(hb_bubble_yield(), HB_OK);
}

static void a_place_that_is_dropped_gives_its_turn_away(void)
{
    hb_participant *place;
    enter_bubble(&last_first);
    CHECK_EQ(hb_participant_new(&place, 0), HB_OK);
    hb_worker *runner = start_worker(run_on, NULL);
    hb_participant_drop(place);
    CHECK_EQ(hb_bubble_wait(), HB_OK);
    CHECK_EQ(hb_bubble_look(bubble).sleeping, 1);
    leave_bubble(); /* the end frees the turns: all run side by side */
    hb_worker_unref(runner);
}

/* ---- outside ---- */

static hb_chan *outside;

static void receive_from_outside(void *n)
{
    hb_word word;
    CHECK_EQ(hb_chan_recv(outside, &word, HB_FOREVER), HB_OK);
    run_alone((intptr_t)n);
}

static void send_to_outside(void *n)
{
    await_waiting(outside, 0, 1);
    run_alone((intptr_t)n);
    CHECK_EQ(hb_chan_send(outside, num(1), HB_FOREVER), HB_OK);
    run_alone((intptr_t)n);
}

/* It would be waited for for ever if it kept its turn. */
static void who_waits_outside_has_no_turn(void)
{
    forget_events();
    outside = hb_chan_new(0, NULL);
    enter_bubble(&in_order);
    hb_worker *receiver = start_worker(receive_from_outside, (void *)1);
    hb_worker *sender = start_worker(send_to_outside, (void *)2);
    join_worker(receiver);
    join_worker(sender);
    check_order("221");
    leave_bubble();
    hb_chan_unref(outside);
}

/* ---- signals and stalls ---- */

static atomic_bool ended;
static pthread_t main_thread;

/* Runs without a pause until the host has said that its wait is over. */
static void keep_time(void *unused)
{
    (void)unused;
    while (!atomic_load(&ended))
        sched_yield();
}

static void *interrupt_host(void *unused)
{
    (void)unused;
    signal_until(main_thread, &ended);
    return NULL;
}

static void *stall_host(void *unused)
{
    (void)unused;
    while (!hb_bubble_stall(bubble))
        sched_yield();
    return NULL;
}

/* The wait of a host that somebody ends, while another participant is busy. */
static void end_wait(hb_turns *turns, hb_status (*wait)(void), void *(*end)(void *), hb_status wanted)
{
    bubble = hb_bubble_new(0, 1, turns);
    atomic_store(&ended, false);
    main_thread = pthread_self();
    CHECK_EQ(hb_bubble_join(bubble, true), HB_OK);
    hb_worker *busy = start_worker(keep_time, NULL);
    pthread_t other = check_spawn(end, NULL);
    CHECK_EQ(wait(), wanted);
    atomic_store(&ended, true);
    check_join(other);
    CHECK_EQ(hb_bubble_wait(), HB_OK);
    hb_worker_unref(busy);
    leave_bubble();
}

static hb_status sleep_on(void)
{
    return hb_wait_sleep(SECOND);
}

static hb_status give_turn_away(void)
{
    return hb_bubble_yield();
}

static hb_status receive_outside(void)
{
    const hb_case only = recv_case(outside);
    hb_select select;
    hb_select_init(&select, &only, 1, false);
    hb_status status = hb_select_begin(&select);
    CHECK_EQ(status, HB_WOULD_BLOCK);
    status = hb_select_wait(&select, HB_FOREVER);
    hb_select_fini(&select);
    return status;
}

static void a_signal_ends_a_wait_of_the_host(void)
{
    outside = hb_chan_new(0, NULL);
    end_wait(NULL, sleep_on, interrupt_host, HB_INTERRUPTED);
    end_wait(NULL, hb_bubble_wait, interrupt_host, HB_INTERRUPTED);
    end_wait(NULL, receive_outside, interrupt_host, HB_INTERRUPTED);
    hb_chan_unref(outside);
}

static void a_signal_does_not_wait_for_a_turn(void)
{
    outside = hb_chan_new(0, NULL);
    end_wait(&last_first, sleep_on, interrupt_host, HB_INTERRUPTED);
    end_wait(&last_first, hb_bubble_wait, interrupt_host, HB_INTERRUPTED);
    end_wait(&last_first, give_turn_away, interrupt_host, HB_INTERRUPTED);
    end_wait(&last_first, receive_outside, interrupt_host, HB_INTERRUPTED);
    hb_chan_unref(outside);
}

static void a_stall_ends_a_wait_of_the_host(void)
{
    outside = hb_chan_new(0, NULL);
    end_wait(NULL, sleep_on, stall_host, HB_STALLED);
    end_wait(NULL, hb_bubble_wait, stall_host, HB_STALLED);
    end_wait(NULL, receive_outside, stall_host, HB_STALLED);
    end_wait(&last_first, sleep_on, stall_host, HB_STALLED);
    end_wait(&last_first, hb_bubble_wait, stall_host, HB_STALLED);
    end_wait(&last_first, give_turn_away, stall_host, HB_STALLED);
    end_wait(&last_first, receive_outside, stall_host, HB_STALLED);
    hb_chan_unref(outside);
}

static void who_does_not_wait_cannot_be_stalled(void)
{
    enter_bubble(NULL);
    CHECK(!hb_bubble_stall(bubble));
    CHECK_EQ(hb_wait_sleep(SECOND), HB_TIMEOUT);
    leave_bubble();
}

/* ---- services ---- */

typedef struct test_service {
    hb_service base;
    int runs;
} test_service;

static test_service served;

static void serve(hb_service *service)
{
    CHECK(hb_now() == SECOND || hb_now() == 2 * SECOND);
    note_event(++((test_service *)service)->runs);
    hb_store_release(&service->due, (uint64_t)(served.runs == 1 ? 2 * SECOND : HB_FOREVER));
    if (served.runs == 2)
        CHECK_EQ(hb_chan_try_send(chan, num(7)), HB_OK);
}

static void free_service(hb_service *service)
{
    CHECK_EQ(service, &served.base);
    note_event(0);
}

static hb_service *make_service(void)
{
    served = (test_service){ .base = { .run = serve, .free = free_service } };
    hb_store_release(&served.base.due, (uint64_t)SECOND);
    return &served.base;
}

/* By whoever falls asleep last, be it the one it is for. */
static void a_service_runs_when_it_is_due(hb_turns *turns)
{
    hb_word word;
    forget_events();
    enter_bubble(turns);
    chan = hb_chan_new(0, NULL);
    CHECK_EQ(hb_bubble_service(HB_SERVICE_ALARMS, make_service), &served.base);
    CHECK_EQ(hb_bubble_service(HB_SERVICE_ALARMS, make_service), &served.base);
    CHECK_EQ(hb_chan_recv(chan, &word, HB_FOREVER), HB_OK);
    CHECK_EQ(word.i64, 7);
    CHECK_EQ(hb_now(), 2 * SECOND);
    CHECK_EQ(hb_chan_recv(chan, &word, HB_FOREVER), HB_DEADLOCK);
    leave_bubble();
    check_order("120");
    hb_chan_unref(chan);
}

static void services_run_at_their_instants(void)
{
    a_service_runs_when_it_is_due(NULL);
    a_service_runs_when_it_is_due(&in_order);
}

/* ---- fork ---- */

static void child_is_in_no_bubble(void)
{
    hb_word word;
    CHECK_EQ(hb_here_bubble(), 0);
    CHECK_EQ(hb_chan_try_recv(chan, &word), HB_FOREIGN);
    hb_time before = hb_platform_now();
    CHECK_EQ(hb_wait_sleep(in_ms(1)), HB_TIMEOUT);
    CHECK(hb_platform_now() >= before + MS);
    hb_chan *own = hb_chan_new(1, NULL);
    CHECK_EQ(hb_chan_try_send(own, num(1)), HB_OK);
    hb_chan_unref(own);
    enter_bubble(NULL);
    CHECK_EQ(hb_wait_sleep(SECOND), HB_TIMEOUT);
    leave_bubble();
}

static void the_child_of_a_participant_is_in_no_bubble(void)
{
    enter_bubble(NULL);
    chan = hb_chan_new(0, NULL);
    check_in_child(child_is_in_no_bubble);
    CHECK_EQ(hb_wait_sleep(SECOND), HB_TIMEOUT);
    leave_bubble();
    hb_chan_unref(chan);
}

int main(void)
{
    catch_sigusr1();
    RUN(whoever_is_chosen_goes_next);
    RUN(turns_are_freed_with_the_bubble);
    RUN(a_wake_is_no_turn);
    RUN(time_goes_on_where_they_take_turns);
    RUN(a_place_that_is_dropped_gives_its_turn_away);
    RUN(who_waits_outside_has_no_turn);
    RUN(a_signal_ends_a_wait_of_the_host);
    RUN(a_signal_does_not_wait_for_a_turn);
    RUN(a_stall_ends_a_wait_of_the_host);
    RUN(who_does_not_wait_cannot_be_stalled);
    RUN(services_run_at_their_instants);
    RUN(the_child_of_a_participant_is_in_no_bubble);
    return check_exit_code();
}
