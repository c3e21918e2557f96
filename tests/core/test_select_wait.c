/* hb_select, when it waits: who ends it, what it leaves linked (nothing), and
 * the place it keeps when a signal makes it let go. */
#include "support.h"

typedef struct chooser {
    const hb_case *cases;
    uint32_t n;
    hb_time deadline;
    outcome got;
    pthread_t thread;
} chooser;

static void *choose(void *opaque)
{
    chooser *c = opaque;
    c->got = select_until(c->cases, c->n, c->deadline);
    return NULL;
}

static void start(chooser *c, const hb_case *cases, uint32_t n)
{
    *c = (chooser){ .cases = cases, .n = n, .deadline = HB_FOREVER };
    c->thread = check_spawn(choose, c);
}

static void check_ended(chooser *c, hb_status status, int64_t index, int64_t n)
{
    check_join(c->thread);
    CHECK_EQ(c->got.status, status);
    CHECK_EQ(c->got.index, index);
    CHECK_EQ(c->got.n, n);
}

/* ---- who ends it ---- */

static void a_sender_ends_it(void)
{
    hb_chan *a = hb_chan_new(0, NULL), *b = hb_chan_new(0, NULL);
    const hb_case cases[] = { recv_case(a), recv_case(NULL), recv_case(b) };
    chooser c;
    start(&c, cases, 3);
    await_waiting(b, 0, 1);
    CHECK_EQ(hb_chan_try_send(b, num(9)), HB_OK);
    check_ended(&c, HB_OK, 2, 9);
    check_nobody_waits(a);
    check_nobody_waits(b);
    hb_chan_unref(a);
    hb_chan_unref(b);
}

static void a_receiver_ends_it(void)
{
    hb_chan *a = hb_chan_new(0, NULL), *full = hb_chan_new(1, NULL);
    hb_word word;
    CHECK_EQ(hb_chan_try_send(full, num(1)), HB_OK);
    const hb_case cases[] = { send_case(a, 3), send_case(full, 4) };
    chooser c;
    start(&c, cases, 2);
    await_waiting(full, 1, 0);
    CHECK_EQ(hb_chan_try_recv(full, &word), HB_OK);
    CHECK_EQ(word.i64, 1);
    check_join(c.thread);
    CHECK_EQ(c.got.index, 1);
    CHECK_EQ(hb_chan_try_recv(full, &word), HB_OK);
    CHECK_EQ(word.i64, 4);
    CHECK_EQ(hb_chan_try_recv(a, &word), HB_WOULD_BLOCK);
    hb_chan_unref(a);
    hb_chan_unref(full);
}

static void close_ends_it(void)
{
    for (int which = 0; which < 2; which++) {
        hb_chan *chans[2] = { hb_chan_new(0, NULL), hb_chan_new(0, NULL) };
        const hb_case cases[] = { recv_case(chans[0]), send_case(chans[1], 5) };
        chooser c;
        start(&c, cases, 2);
        await_waiting(chans[1], 1, 0);
        CHECK_EQ(hb_chan_close(chans[which], num(0)), HB_OK);
        check_join(c.thread);
        CHECK_EQ(c.got.status, HB_CLOSED);
        CHECK_EQ(c.got.index, which);
        check_nobody_waits(chans[1 - which]);
        hb_chan_unref(chans[0]);
        hb_chan_unref(chans[1]);
    }
}

static void another_select_ends_it(void)
{
    hb_chan *a = hb_chan_new(0, NULL), *b = hb_chan_new(0, NULL);
    const hb_case theirs[] = { send_case(a, 1), recv_case(b) };
    const hb_case mine[] = { recv_case(b), recv_case(a) };
    chooser c;
    start(&c, theirs, 2);
    await_waiting(b, 0, 1);
    outcome got = select_until(mine, 2, HB_FOREVER);
    CHECK_EQ(got.status, HB_OK);
    CHECK_EQ(got.index, 1);
    CHECK_EQ(got.n, 1);
    check_join(c.thread);
    CHECK_EQ(c.got.index, 0);
    check_nobody_waits(a);
    check_nobody_waits(b);
    hb_chan_unref(a);
    hb_chan_unref(b);
}

/* A select that waits in three places on one channel is still one waiter. */
static void one_channel_in_many_cases_serves_one(void)
{
    hb_chan *chan = hb_chan_new(0, NULL);
    const hb_case cases[] = { recv_case(chan), recv_case(chan), recv_case(chan) };
    chooser c;
    start(&c, cases, 3);
    await_waiting(chan, 0, 1); /* one call, however many cases */
    CHECK_EQ(hb_chan_try_send(chan, num(1)), HB_OK);
    CHECK_EQ(hb_chan_try_send(chan, num(2)), HB_WOULD_BLOCK);
    check_join(c.thread);
    CHECK_EQ(c.got.status, HB_OK);
    CHECK_EQ(c.got.n, 1);
    check_nobody_waits(chan);
    hb_chan_unref(chan);
}

static void the_deadline_ends_it(void)
{
    hb_chan *a = hb_chan_new(0, NULL), *b = hb_chan_new(0, NULL);
    const hb_case cases[] = { recv_case(a), send_case(b, 1) };
    for (int ms = 0; ms < 100; ms += 49) {
        hb_time deadline = in_ms(ms);
        CHECK_EQ(select_until(cases, 2, deadline).status, HB_TIMEOUT);
        CHECK(hb_now() >= deadline);
        CHECK(hb_now() < deadline + 20 * HB_SECOND);
        check_nobody_waits(a);
        check_nobody_waits(b);
    }
    CHECK_EQ(select_until(cases, 2, -1).status, HB_TIMEOUT);
    hb_chan_unref(a);
    hb_chan_unref(b);
}

/* ---- step by step, in one thread ---- */

static void check_linked(hb_chan *chan, uint64_t receivers)
{
    hb_chan_stats stats;
    hb_chan_stats_get(chan, &stats);
    CHECK_EQ(stats.waiting_receivers, receivers);
}

static void begin(hb_select *select, const hb_case *cases, uint32_t n)
{
    CHECK_EQ(hb_select_init(select, cases, n, false), HB_OK);
    CHECK_EQ(hb_select_begin(select), HB_WOULD_BLOCK);
}

static void a_hand_off_between_begin_and_wait_stands(void)
{
    hb_chan *chan = hb_chan_new(0, NULL);
    const hb_case one = recv_case(chan);
    hb_select select;
    begin(&select, &one, 1);
    check_linked(chan, 1);
    CHECK_EQ(hb_chan_try_send(chan, num(5)), HB_OK);
    CHECK_EQ(hb_select_wait(&select, 0), HB_OK); /* it came before the deadline was asked */
    CHECK_EQ(select.word.i64, 5);
    hb_select_fini(&select);
    hb_chan_unref(chan);
}

/* A caller that was interrupted and has not let go of its place can be served. */
static void a_hand_off_between_park_and_end_stands(void)
{
    hb_chan *chan = hb_chan_new(0, NULL);
    const hb_case one = recv_case(chan);
    hb_select select;
    begin(&select, &one, 1);
    CHECK_EQ(hb_select_park(&select, 0), HB_TIMEOUT);
    check_linked(chan, 1);
    CHECK_EQ(hb_chan_try_send(chan, num(5)), HB_OK);
    CHECK_EQ(hb_select_end(&select, HB_INTERRUPTED), HB_OK);
    CHECK_EQ(select.word.i64, 5);
    CHECK_EQ(hb_select_begin(&select), HB_WOULD_BLOCK);
    CHECK_EQ(hb_select_end(&select, HB_INTERRUPTED), HB_INTERRUPTED);
    check_linked(chan, 0);
    hb_select_fini(&select);
    hb_chan_unref(chan);
}

/* Two selects of one thread can meet: a waiter belongs to a call. */
static void two_selects_of_one_thread_meet(void)
{
    hb_chan *chan = hb_chan_new(0, NULL);
    const hb_case receive[] = { recv_case(chan), send_case(chan, 1) };
    const hb_case send[] = { send_case(chan, 8) };
    hb_select select;
    begin(&select, receive, 2);
    CHECK_EQ(select_now(send, 1, false).status, HB_OK);
    CHECK_EQ(hb_select_wait(&select, HB_FOREVER), HB_OK);
    CHECK_EQ(select.index, 0);
    CHECK_EQ(select.word.i64, 8);
    check_nobody_waits(chan);
    hb_select_fini(&select);
    hb_chan_unref(chan);
}

/* The first select gives up its wait and begins again, as a caller does to run
 * a signal handler. It still is served before those who came after it. */
static void beginning_again_keeps_the_place(void)
{
    hb_chan *chan = hb_chan_new(0, NULL);
    const hb_case one = recv_case(chan);
    hb_select first, second, third;
    begin(&first, &one, 1);
    pass_until(hb_now() + 1000); /* so that the clock tells the calls apart */
    begin(&second, &one, 1);
    CHECK_EQ(hb_select_wait(&first, 0), HB_TIMEOUT);
    check_linked(chan, 1);
    begin(&third, &one, 1);
    CHECK_EQ(hb_select_begin(&first), HB_WOULD_BLOCK);
    hb_select *in_order[] = { &first, &second, &third };
    for (int64_t n = 0; n < 3; n++)
        CHECK_EQ(hb_chan_try_send(chan, num(n)), HB_OK);
    for (int64_t n = 0; n < 3; n++) {
        CHECK_EQ(hb_select_wait(in_order[n], HB_FOREVER), HB_OK);
        CHECK_EQ(in_order[n]->word.i64, n);
        hb_select_fini(in_order[n]);
    }
    hb_chan_unref(chan);
}

/* Clocks may begin at zero, and a call that began to wait then is the oldest of all. */
static void a_place_taken_at_the_zero_of_the_clock_is_kept(void)
{
    hb_chan *chan = hb_chan_new(0, NULL);
    const hb_case one = recv_case(chan);
    hb_select select;
    begin(&select, &one, 1);
    select.since = 0;
    CHECK_EQ(hb_select_wait(&select, 0), HB_TIMEOUT);
    CHECK_EQ(hb_select_begin(&select), HB_WOULD_BLOCK);
    CHECK_EQ(select.waiter.since, 0);
    CHECK_EQ(hb_select_wait(&select, 0), HB_TIMEOUT);
    hb_select_fini(&select);
    hb_chan_unref(chan);
}

static void a_loser_is_unlinked_everywhere_and_can_go_on(void)
{
    enum { N = HB_INLINE_CASES + 3 };
    hb_chan *chans[N];
    hb_case cases[N];
    hb_select select;
    for (int i = 0; i < N; i++) {
        chans[i] = hb_chan_new(0, NULL);
        cases[i] = recv_case(chans[i]);
    }
    begin(&select, cases, N);
    for (int round = 0; round < 3; round++) {
        CHECK_EQ(hb_select_wait(&select, in_ms(1)), HB_TIMEOUT);
        for (int i = 0; i < N; i++)
            check_linked(chans[i], 0);
        CHECK_EQ(hb_select_begin(&select), HB_WOULD_BLOCK);
    }
    CHECK_EQ(hb_chan_try_send(chans[N - 1], num(4)), HB_OK);
    CHECK_EQ(hb_select_wait(&select, HB_FOREVER), HB_OK);
    CHECK_EQ(select.index, N - 1);
    hb_select_fini(&select);
    for (int i = 0; i < N; i++)
        hb_chan_unref(chans[i]);
}

/* ---- signals ---- */

typedef struct interrupted {
    hb_chan *a, *b;
    atomic_bool ended;
} interrupted;

static void *wait_until_interrupted(void *opaque)
{
    interrupted *i = opaque;
    const hb_case cases[] = { recv_case(i->a), send_case(i->b, 1) };
    hb_select select;
    begin(&select, cases, 2);
    hb_status status = hb_select_wait(&select, HB_FOREVER);
    hb_select_fini(&select);
    atomic_store(&i->ended, true);
    return (void *)(intptr_t)status;
}

static void a_signal_ends_it_with_nothing_linked(void)
{
    interrupted i = { .a = hb_chan_new(0, NULL), .b = hb_chan_new(0, NULL) };
    hb_word word;
    catch_sigusr1();
    pthread_t thread = check_spawn(wait_until_interrupted, &i);
    signal_until(thread, &i.ended);
    CHECK_EQ((intptr_t)check_join(thread), HB_INTERRUPTED);
    check_nobody_waits(i.a);
    check_nobody_waits(i.b);
    CHECK_EQ(hb_chan_try_send(i.a, num(1)), HB_WOULD_BLOCK);
    CHECK_EQ(hb_chan_try_recv(i.b, &word), HB_WOULD_BLOCK);
    hb_chan_unref(i.a);
    hb_chan_unref(i.b);
}

int main(void)
{
    RUN(a_sender_ends_it);
    RUN(a_receiver_ends_it);
    RUN(close_ends_it);
    RUN(another_select_ends_it);
    RUN(one_channel_in_many_cases_serves_one);
    RUN(the_deadline_ends_it);
    RUN(a_hand_off_between_begin_and_wait_stands);
    RUN(a_hand_off_between_park_and_end_stands);
    RUN(two_selects_of_one_thread_meet);
    RUN(beginning_again_keeps_the_place);
    RUN(a_place_taken_at_the_zero_of_the_clock_is_kept);
    RUN(a_loser_is_unlinked_everywhere_and_can_go_on);
    RUN(a_signal_ends_it_with_nothing_linked);
    return check_exit_code();
}
