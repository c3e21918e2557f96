/* What the child of a fork finds: none of the parent's threads, so nobody to
 * hand anything to, no workers, no alarms; and an engine that works. */
#include "hb_alarm.h"
#include "hb_worker.h"
#include "support.h"

/* ThreadSanitizer cannot follow threads which a child starts in the place of
 * those that were lost. */
#ifdef __SANITIZE_THREAD__
enum { CHILDREN_MAY_START_THREADS = 0 };
#else
enum { CHILDREN_MAY_START_THREADS = 1 };
#endif

/* ---- what the parent had when it forked ---- */

static hb_chan *chan, *told;
static hb_worker *worker;
static hb_alarm alarm_set_before;
static hb_timer timer;
static atomic_int fired;

static void *receive_one(void *unused)
{
    hb_word word = num(-1);
    (void)unused;
    CHECK_EQ(hb_chan_recv(chan, &word, HB_FOREVER), HB_OK);
    return (void *)(intptr_t)word.i64;
}

static void wait_until_told(void *unused)
{
    hb_word word;
    (void)unused;
    hb_chan_recv(told, &word, HB_FOREVER);
}

/* Who has seen the count may take the alarm's memory back. */
static void count_fire(hb_alarm *alarm)
{
    hb_alarm_unref(alarm);
    atomic_fetch_add(&fired, 1);
}

static void free_nothing(hb_alarm *alarm)
{
    (void)alarm;
}

/* ---- channels ---- */

static void child_meets_nobody_of_the_parent(void)
{
    hb_chan_stats stats;
    hb_word word;
    CHECK_EQ(hb_chan_try_send(chan, num(1)), HB_WOULD_BLOCK);
    CHECK_EQ(hb_chan_try_recv(chan, &word), HB_WOULD_BLOCK);
    hb_chan_stats_get(chan, &stats);
    CHECK_EQ(stats.waiting_receivers, 0);
    const hb_case both[] = { send_case(chan, 2), recv_case(chan) };
    CHECK_EQ(select_until(both, 2, in_ms(20)).status, HB_TIMEOUT);
    CHECK_EQ(hb_chan_close(chan, num(0)), HB_OK);
    CHECK_EQ(hb_chan_recv(chan, &word, HB_FOREVER), HB_CLOSED);
}

static void those_who_waited_wait_on_in_the_parent_alone(void)
{
    chan = hb_chan_new(0, NULL);
    pthread_t thread = check_spawn(receive_one, NULL);
    await_waiting(chan, 0, 1);
    check_in_child(child_meets_nobody_of_the_parent);
    CHECK_EQ(hb_chan_try_send(chan, num(7)), HB_OK);
    CHECK_EQ((intptr_t)check_join(thread), 7);
    hb_chan_unref(chan);
}

static void child_takes_the_copies(void)
{
    hb_word word;
    CHECK_EQ(hb_chan_try_recv(chan, &word), HB_OK);
    CHECK_EQ(word.i64, 3);
    CHECK_EQ(hb_chan_try_send(chan, num(4)), HB_OK);
}

static void what_is_queued_is_there_twice(void)
{
    hb_word word;
    chan = hb_chan_new(1, NULL);
    CHECK_EQ(hb_chan_try_send(chan, num(3)), HB_OK);
    check_in_child(child_takes_the_copies);
    CHECK_EQ(hb_chan_try_recv(chan, &word), HB_OK);
    CHECK_EQ(word.i64, 3);
    hb_chan_unref(chan);
}

/* A channel both processes have, where a lost receiver stood in front; the new
 * one may well get the lost one's stack. */
static void child_receives_behind_the_dead(void)
{
    pthread_t thread = check_spawn(receive_one, NULL);
    await_waiting(chan, 0, 1);
    CHECK_EQ(hb_chan_try_send(chan, num(9)), HB_OK);
    CHECK_EQ((intptr_t)check_join(thread), 9);
}

static void new_threads_of_the_child_wait_as_any(void)
{
    chan = hb_chan_new(0, NULL);
    pthread_t thread = check_spawn(receive_one, NULL);
    await_waiting(chan, 0, 1);
    check_in_child(child_receives_behind_the_dead);
    CHECK_EQ(hb_chan_try_send(chan, num(1)), HB_OK);
    check_join(thread);
    hb_chan_unref(chan);
}

/* A grandchild is as far from both. */
static void child_forks_again(void)
{
    pthread_t thread = check_spawn(receive_one, NULL);
    await_waiting(chan, 0, 1);
    check_in_child(child_meets_nobody_of_the_parent);
    CHECK_EQ(hb_chan_try_send(chan, num(2)), HB_OK);
    check_join(thread);
}

static void a_grandchild_meets_nobody_either(void)
{
    chan = hb_chan_new(0, NULL);
    check_in_child(child_forks_again);
    hb_chan_unref(chan);
}

/* ---- workers ---- */

static hb_worker *lost;

static void note_loss(void *arg)
{
    CHECK(arg == told);
    CHECK(!hb_chan_is_closed(hb_worker_done(worker)));
    lost = worker;
}

static void child_has_no_workers(void)
{
    hb_word word;
    CHECK(lost == worker);
    CHECK(hb_chan_is_closed(hb_worker_done(worker)));
    CHECK_EQ(hb_chan_recv(hb_worker_done(worker), &word, HB_FOREVER), HB_CLOSED);
    hb_worker *fresh = NULL;
    CHECK_EQ(hb_worker_start(&fresh, wait_until_told, NULL, "hb-fresh"), HB_OK);
    CHECK_EQ(hb_workers_stop(in_ms(30000)), HB_OK); /* the fresh one, and no other */
    CHECK(hb_chan_is_closed(hb_worker_done(fresh)));
    hb_worker_unref(fresh);
}

static void workers_end_in_the_child_and_go_on_in_the_parent(void)
{
    hb_word word;
    told = hb_chan_new(0, NULL);
    CHECK_EQ(hb_worker_start(&worker, wait_until_told, told, "hb-test"), HB_OK);
    hb_worker_on_loss(worker, note_loss);
    await_waiting(told, 0, 1);
    check_in_child(child_has_no_workers);
    CHECK(!lost);
    CHECK(!hb_chan_is_closed(hb_worker_done(worker)));
    hb_chan_close(told, num(0));
    CHECK_EQ(hb_chan_recv(hb_worker_done(worker), &word, HB_FOREVER), HB_CLOSED);
    hb_worker_unref(worker);
    hb_chan_unref(told);
}

static void child_stops_without_waiting_for_itself(void)
{
    CHECK_EQ(hb_workers_stop(in_ms(30000)), HB_OK);
}

static void fork_from_here(void *unused)
{
    (void)unused;
    check_in_child(child_stops_without_waiting_for_itself);
}

static void a_worker_can_fork(void)
{
    hb_word word;
    CHECK_EQ(hb_worker_start(&worker, fork_from_here, NULL, "hb-forks"), HB_OK);
    CHECK_EQ(hb_chan_recv(hb_worker_done(worker), &word, HB_FOREVER), HB_CLOSED);
    hb_worker_unref(worker);
}

/* ---- instants ---- */

static void child_sets_alarms_afresh(void)
{
    hb_alarm own;
    bool was_armed = true;
    CHECK_EQ(hb_alarm_due(&alarm_set_before), HB_FOREVER);
    CHECK(!hb_alarm_cancel(&alarm_set_before));
    hb_alarm_init(&own, count_fire, free_nothing);
    CHECK_EQ(hb_alarm_set(&own, in_ms(1), &was_armed), HB_OK);
    CHECK_EQ(hb_alarm_set(&alarm_set_before, in_ms(2), &was_armed), HB_OK);
    CHECK(!was_armed);
    while (atomic_load(&fired) < 2)
        sched_yield();
}

static void alarms_stay_in_the_parent(void)
{
    bool was_armed;
    hb_alarm_init(&alarm_set_before, count_fire, free_nothing);
    CHECK_EQ(hb_alarm_set(&alarm_set_before, hb_now() + 3600 * HB_SECOND, &was_armed), HB_OK);
    check_in_child(child_sets_alarms_afresh);
    CHECK_EQ(atomic_load(&fired), 0);
    CHECK(hb_alarm_due(&alarm_set_before) < HB_FOREVER);
    CHECK(hb_alarm_cancel(&alarm_set_before));
}

static void child_receives_the_timer(void)
{
    const hb_case one = timer_case(&timer);
    outcome got = select_until(&one, 1, HB_FOREVER);
    CHECK_EQ(got.status, HB_OK);
    CHECK_EQ(got.n, timer.due == HB_FOREVER ? got.n : -1);
}

static void *receive_timer(void *unused)
{
    const hb_case one = timer_case(&timer);
    (void)unused;
    CHECK_EQ(select_until(&one, 1, HB_FOREVER).status, HB_OK);
    return NULL;
}

/* A timer is an instant: it comes in both, though one who waited is gone. */
static void timers_go_on_in_both(void)
{
    hb_timer_init(&timer, in_ms(200), 0);
    pthread_t thread = check_spawn(receive_timer, NULL);
    await_timer_waiters(&timer, 1);
    check_in_child(child_receives_the_timer);
    check_join(thread);
}

/* ---- the hook itself ---- */

static int children;

static void note_child(void)
{
    children++;
}

static void child_was_noted(void)
{
    CHECK_EQ(children, 1);
}

static void hooks_run_in_the_child_only(void)
{
    hb_platform_at_fork_child(note_child);
    check_in_child(child_was_noted);
    CHECK_EQ(children, 0);
}

int main(void)
{
    RUN(those_who_waited_wait_on_in_the_parent_alone);
    RUN(what_is_queued_is_there_twice);
    RUN(a_worker_can_fork);
    RUN(timers_go_on_in_both);
    RUN(hooks_run_in_the_child_only);
    if (CHILDREN_MAY_START_THREADS) {
        RUN(new_threads_of_the_child_wait_as_any);
        RUN(a_grandchild_meets_nobody_either);
        RUN(workers_end_in_the_child_and_go_on_in_the_parent);
        RUN(alarms_stay_in_the_parent);
    }
    return check_exit_code();
}
