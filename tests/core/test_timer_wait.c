/* hb_timer, while threads wait for it: who gets it, and what moving or stopping
 * it does to those who wait (T4). And hammers: every arming ends in one way. */
#include "hb_rand.h"
#include "support.h"

#define HOUR (3600 * HB_SECOND)

typedef struct sleeper {
    hb_case one;
    hb_time deadline;
    outcome got;
    pthread_t thread;
} sleeper;

static void *await_timer(void *opaque)
{
    sleeper *s = opaque;
    s->got = select_until(&s->one, 1, s->deadline);
    return NULL;
}

/* The word of a receiving case is not used, so it can tell sleepers apart. */
static void start(sleeper *s, hb_timer *timer, int64_t name, hb_time deadline)
{
    *s = (sleeper){ .one = timer_case(timer), .deadline = deadline };
    s->one.word = num(name);
    s->thread = check_spawn(await_timer, s);
}

/* Starts `count` sleepers, each once the one before stands in the queue. */
static void start_in_order(sleeper *sleepers, int count, hb_timer *timer)
{
    for (int i = 0; i < count; i++) {
        start(&sleepers[i], timer, i, HB_FOREVER);
        await_timer_waiters(timer, (uint64_t)i + 1);
    }
}

static void check_got(sleeper *s, hb_time due)
{
    check_join(s->thread);
    CHECK_EQ(s->got.status, HB_OK);
    CHECK_EQ(s->got.n, due);
}

static void moving_it_earlier_wakes(void)
{
    hb_timer timer;
    sleeper s;
    hb_timer_init(&timer, hb_now() + HOUR, 0);
    start_in_order(&s, 1, &timer);
    hb_time due = in_ms(5);
    CHECK(hb_timer_reset(&timer, due, 0));
    check_got(&s, due);
    CHECK(hb_now() >= due);
}

static void arming_it_wakes(void)
{
    hb_timer timer;
    sleeper s;
    hb_timer_init(&timer, HB_FOREVER, 0);
    start_in_order(&s, 1, &timer);
    CHECK(!hb_timer_reset(&timer, 9, 0));
    check_got(&s, 9);
}

static void moving_it_later_loses_nothing(void)
{
    hb_timer timer;
    sleeper s;
    hb_time first = in_ms(50), later = first + 70 * MS;
    hb_timer_init(&timer, first, 0);
    start_in_order(&s, 1, &timer);
    bool in_time = hb_timer_reset(&timer, later, 0); /* or this thread was too slow */
    check_got(&s, in_time ? later : first);
    CHECK(hb_now() >= (in_time ? later : first));
}

static void stopping_it_leaves_those_who_wait_waiting(void)
{
    hb_timer timer;
    sleeper s;
    hb_timer_init(&timer, hb_now() + HOUR, 0);
    hb_time deadline = in_ms(150);
    start(&s, &timer, 0, deadline);
    await_timer_waiters(&timer, 1);
    CHECK(hb_timer_stop(&timer));
    check_join(s.thread);
    CHECK_EQ(s.got.status, HB_TIMEOUT);
    CHECK(hb_now() >= deadline);
    CHECK_EQ(timer_waiters(&timer), 0);
}

static void stopped_and_armed_again_it_wakes(void)
{
    hb_timer timer;
    sleeper s;
    hb_timer_init(&timer, hb_now() + HOUR, 0);
    start_in_order(&s, 1, &timer);
    CHECK(hb_timer_stop(&timer));
    CHECK(!hb_timer_reset(&timer, hb_now() + 2 * HOUR, 0));
    CHECK(hb_timer_reset(&timer, 3, 0));
    check_got(&s, 3);
}

/* ---- who gets it ---- */

static void who_waits_longest_gets_it(void)
{
    hb_timer timer;
    sleeper sleepers[3];
    hb_timer_init(&timer, HB_FOREVER, 0);
    start_in_order(sleepers, 3, &timer);
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(timer_waiters(&timer), 3 - i);
        hb_lock_acquire(&timer.source.lock);
        hb_waiter *won = NULL;
        timer.due = 100 + i; /* as if it had been: nobody has to wake by the clock */
        won = timer.source.ops->expire_locked(&timer.source, 200);
        hb_lock_release(&timer.source.lock);
        hb__wait_wake(won);
        check_got(&sleepers[i], 100 + i);
        CHECK_EQ(hb_timer_due(&timer), HB_FOREVER);
    }
}

static int64_t name_at(hb_timer *timer, int place)
{
    hb_lock_acquire(&timer->source.lock);
    hb_link *link = hb__queue_first_locked(&timer->source.waiting, HB_RECV);
    for (int i = 0; i < place; i++)
        link = link->next;
    int64_t name = link->word.i64;
    hb_lock_release(&timer->source.lock);
    return name;
}

/* All look again, and all stand where they stood. */
static void moving_it_earlier_keeps_the_order(void)
{
    hb_timer timer;
    sleeper sleepers[3];
    hb_timer_init(&timer, HB_FOREVER, 0);
    start_in_order(sleepers, 3, &timer);
    for (int round = 10; round > 0; round--) {
        hb_timer_reset(&timer, hb_now() + round * HOUR, 0);
        await_timer_waiters(&timer, 3);
        for (int i = 0; i < 3; i++)
            CHECK_EQ(name_at(&timer, i), i);
    }
    for (int i = 0; i < 3; i++) {
        hb_timer_reset(&timer, 1, 0);
        await_timer_waiters(&timer, (uint64_t)(2 - i));
    }
    for (int i = 0; i < 3; i++)
        check_got(&sleepers[i], 1);
}

/* The first has begun to wait and does not get to run; the second wakes at the
 * due time, serves the first, and does not take what is not its own. */
static void whoever_wakes_serves_the_longest_waiting(void)
{
    hb_timer timer;
    hb_select first;
    hb_time due = in_ms(100);
    hb_timer_init(&timer, due, 0);
    const hb_case one = timer_case(&timer);
    CHECK_EQ(hb_select_init(&first, &one, 1, false), HB_OK);
    CHECK_EQ(hb_select_begin(&first), HB_WOULD_BLOCK);
    CHECK_EQ(select_until(&one, 1, due + 10 * MS).status, HB_TIMEOUT);
    CHECK_EQ(hb_select_wait(&first, HB_FOREVER), HB_OK);
    CHECK_EQ(first.word.i64, due);
    hb_select_fini(&first);
}

static void a_poll_does_not_overtake_those_who_wait(void)
{
    hb_timer timer;
    hb_select first;
    hb_time due = in_ms(100);
    hb_timer_init(&timer, due, 0);
    const hb_case one = timer_case(&timer);
    CHECK_EQ(hb_select_init(&first, &one, 1, false), HB_OK);
    CHECK_EQ(hb_select_begin(&first), HB_WOULD_BLOCK);
    pass_until(due);
    CHECK_EQ(select_now(&one, 1, false).status, HB_WOULD_BLOCK);
    CHECK_EQ(hb_select_wait(&first, HB_FOREVER), HB_OK);
    CHECK_EQ(first.word.i64, due);
    CHECK_EQ(select_now(&one, 1, false).status, HB_WOULD_BLOCK);
    hb_select_fini(&first);
}

/* Who gave up is no reason to hold the timer back. */
static void a_poll_takes_what_nobody_waits_for_any_more(void)
{
    hb_timer timer;
    hb_chan *chan = hb_chan_new(0, NULL);
    hb_select first;
    hb_timer_init(&timer, hb_now() + HOUR, 0);
    const hb_case cases[] = { timer_case(&timer), recv_case(chan) };
    CHECK_EQ(hb_select_init(&first, cases, 2, false), HB_OK);
    CHECK_EQ(hb_select_begin(&first), HB_WOULD_BLOCK);
    CHECK_EQ(hb_chan_try_send(chan, num(1)), HB_OK); /* won, but still linked to the timer */
    CHECK(hb_timer_reset(&timer, 4, 0));
    CHECK_EQ(select_now(cases, 1, false).n, 4);
    CHECK_EQ(hb_select_wait(&first, HB_FOREVER), HB_OK);
    CHECK_EQ(first.index, 1);
    hb_select_fini(&first);
    hb_chan_unref(chan);
}

/* ---- hammers ---- */

#define ARMINGS 3000

typedef struct target {
    hb_timer timer;
    hb_chan *done;
    atomic_llong received;
} target;

static void *receive_armings(void *opaque)
{
    target *t = opaque;
    const hb_case cases[] = { timer_case(&t->timer), recv_case(t->done) };
    outcome got;
    while ((got = select_until(cases, 2, HB_FOREVER)).status == HB_OK) {
        CHECK(got.n <= hb_now()); /* never early */
        atomic_fetch_add(&t->received, 1);
    }
    CHECK_EQ(got.status, HB_CLOSED);
    return NULL;
}

/* An arming ends by being received, stopped in time, or reset in time. */
static void every_arming_ends_once(void)
{
    target t = { .done = hb_chan_new(0, NULL) };
    pthread_t threads[2];
    int64_t in_time = 0;
    hb_timer_init(&t.timer, HB_FOREVER, 0);
    for (int i = 0; i < 2; i++)
        threads[i] = check_spawn(receive_armings, &t);
    for (int i = 0; i < ARMINGS; i++) {
        in_time += hb_timer_reset(&t.timer, hb_now() + hb_rand_below(60000), 0);
        if (hb_rand_below(4) == 0)
            in_time += hb_timer_stop(&t.timer);
        if (hb_rand_below(2))
            pass_until(hb_now() + hb_rand_below(60000));
    }
    in_time += hb_timer_stop(&t.timer);
    hb_chan_close(t.done, num(0));
    for (int i = 0; i < 2; i++)
        check_join(threads[i]);
    CHECK_EQ(in_time + atomic_load(&t.received), ARMINGS);
    CHECK_EQ(timer_waiters(&t.timer), 0);
    hb_chan_unref(t.done);
}

/* Two share a ticker: every tick goes to one of them or is counted as missed. */
static void every_tick_goes_to_one(void)
{
    target t = { .done = hb_chan_new(0, NULL) };
    pthread_t threads[2];
    hb_time period = MS / 10, first = hb_now() + period;
    hb_timer_init(&t.timer, first, period);
    for (int i = 0; i < 2; i++)
        threads[i] = check_spawn(receive_armings, &t);
    pass_until(first + 1000 * period);
    hb_chan_close(t.done, num(0));
    for (int i = 0; i < 2; i++)
        check_join(threads[i]);
    int64_t ticks = (t.timer.due - first) / period;
    CHECK_EQ((t.timer.due - first) % period, 0);
    CHECK_EQ(atomic_load(&t.received) + (int64_t)t.timer.missed, ticks);
    CHECK(atomic_load(&t.received) > 0);
    hb_chan_unref(t.done);
}

int main(void)
{
    RUN(moving_it_earlier_wakes);
    RUN(arming_it_wakes);
    RUN(moving_it_later_loses_nothing);
    RUN(stopping_it_leaves_those_who_wait_waiting);
    RUN(stopped_and_armed_again_it_wakes);
    RUN(who_waits_longest_gets_it);
    RUN(moving_it_earlier_keeps_the_order);
    RUN(whoever_wakes_serves_the_longest_waiting);
    RUN(a_poll_does_not_overtake_those_who_wait);
    RUN(a_poll_takes_what_nobody_waits_for_any_more);
    RUN(every_arming_ends_once);
    RUN(every_tick_goes_to_one);
    return check_exit_code();
}
