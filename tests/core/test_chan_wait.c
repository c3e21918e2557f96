/* hb_chan, when somebody waits: hand-off, order among waiters, deadlines, close
 * and signals. */
#include "support.h"

typedef struct caller {
    hb_chan *chan;
    hb_time deadline;
    int64_t n; /* what to send; what was received */
    hb_status status;
    atomic_bool ended;
    pthread_t thread;
} caller;

static void *call_send(void *opaque)
{
    caller *c = opaque;
    c->status = hb_chan_send(c->chan, num(c->n), c->deadline);
    atomic_store(&c->ended, true);
    return NULL;
}

static void *call_recv(void *opaque)
{
    caller *c = opaque;
    hb_word word = num(-1);
    c->status = hb_chan_recv(c->chan, &word, c->deadline);
    c->n = word.i64;
    atomic_store(&c->ended, true);
    return NULL;
}

static void start(caller *c, hb_chan *chan, void *(*call)(void *), int64_t n)
{
    *c = (caller){ .chan = chan, .n = n, .deadline = HB_FOREVER };
    c->thread = check_spawn(call, c);
}

/* Starts `count` callers, each once the one before stands in the queue. */
static void start_in_order(caller *callers, uint64_t count, hb_chan *chan, void *(*call)(void *))
{
    bool sends = call == call_send;
    for (uint64_t i = 0; i < count; i++) {
        start(&callers[i], chan, call, (int64_t)(i + 1));
        await_waiting(chan, sends ? i + 1 : 0, sends ? 0 : i + 1);
    }
}

static void check_ended(caller *c, hb_status status, int64_t n)
{
    check_join(c->thread);
    CHECK_EQ(c->status, status);
    CHECK_EQ(c->n, n);
}

/* ---- hand-off ---- */

static void a_send_goes_to_the_waiting_receiver(void)
{
    for (uint64_t capacity = 0; capacity < 3; capacity++) {
        hb_chan *chan = hb_chan_new(capacity, NULL);
        caller c;
        start_in_order(&c, 1, chan, call_recv);
        CHECK_EQ(hb_chan_try_send(chan, num(42)), HB_OK);
        CHECK_EQ(hb_chan_len(chan), 0); /* it did not go through the buffer */
        check_nobody_waits(chan);
        check_ended(&c, HB_OK, 42);
        hb_chan_unref(chan);
    }
}

static void a_receive_takes_from_the_waiting_sender(void)
{
    hb_chan *chan = hb_chan_new(0, NULL);
    caller c;
    hb_word word;
    start_in_order(&c, 1, chan, call_send);
    CHECK_EQ(hb_chan_try_recv(chan, &word), HB_OK);
    CHECK_EQ(word.i64, 1);
    check_ended(&c, HB_OK, 1);
    check_nobody_waits(chan);
    hb_chan_unref(chan);
}

/* The oldest word is received; the waiting sender's word takes the place that
 * came free, behind the words that were queued before it. */
static void a_waiting_senders_word_goes_behind_the_queued(void)
{
    hb_chan *chan = hb_chan_new(2, NULL);
    caller c;
    hb_word word;
    CHECK_EQ(hb_chan_try_send(chan, num(-2)), HB_OK);
    CHECK_EQ(hb_chan_try_send(chan, num(-1)), HB_OK);
    start_in_order(&c, 1, chan, call_send);
    const int64_t wanted[] = { -2, -1, 1 };
    for (int i = 0; i < 3; i++) {
        CHECK_EQ(hb_chan_try_recv(chan, &word), HB_OK);
        CHECK_EQ(word.i64, wanted[i]);
    }
    check_ended(&c, HB_OK, 1);
    hb_chan_unref(chan);
}

/* ---- order ---- */

static void receivers_are_served_in_the_order_they_came(void)
{
    hb_chan *chan = hb_chan_new(2, NULL);
    caller callers[4];
    start_in_order(callers, 4, chan, call_recv);
    for (int64_t n = 1; n <= 4; n++)
        CHECK_EQ(hb_chan_try_send(chan, num(n * 100)), HB_OK);
    for (int64_t n = 1; n <= 4; n++)
        check_ended(&callers[n - 1], HB_OK, n * 100);
    hb_chan_unref(chan);
}

static void senders_are_served_in_the_order_they_came(void)
{
    for (uint64_t capacity = 0; capacity < 2; capacity++) {
        hb_chan *chan = hb_chan_new(capacity, NULL);
        caller callers[4];
        hb_word word;
        if (capacity)
            CHECK_EQ(hb_chan_try_send(chan, num(0)), HB_OK);
        start_in_order(callers, 4, chan, call_send);
        for (int64_t n = capacity ? 0 : 1; n <= 4; n++) {
            CHECK_EQ(hb_chan_try_recv(chan, &word), HB_OK);
            CHECK_EQ(word.i64, n);
        }
        for (int64_t n = 1; n <= 4; n++)
            check_ended(&callers[n - 1], HB_OK, n);
        hb_chan_unref(chan);
    }
}

static void many_words_serve_many_receivers_in_order(void)
{
    const hb_word words[] = { num(100), num(200), num(300), num(400) };
    hb_chan *chan = hb_chan_new(1, NULL);
    caller callers[3];
    size_t done;
    start_in_order(callers, 3, chan, call_recv);
    CHECK_EQ(hb_chan_try_send_many(chan, words, 4, &done), HB_OK);
    CHECK_EQ(done, 4);
    for (int64_t n = 1; n <= 3; n++)
        check_ended(&callers[n - 1], HB_OK, n * 100);
    CHECK_EQ(hb_chan_len(chan), 1);
    hb_chan_unref(chan);
}

static void many_receives_take_from_many_senders_in_order(void)
{
    hb_chan *chan = hb_chan_new(1, NULL);
    caller callers[3];
    hb_word words[5];
    size_t done;
    CHECK_EQ(hb_chan_try_send(chan, num(0)), HB_OK);
    start_in_order(callers, 3, chan, call_send);
    CHECK_EQ(hb_chan_try_recv_many(chan, words, 5, &done), HB_WOULD_BLOCK);
    CHECK_EQ(done, 4);
    for (int64_t n = 0; n < 4; n++)
        CHECK_EQ(words[n].i64, n);
    for (int64_t n = 1; n <= 3; n++)
        check_ended(&callers[n - 1], HB_OK, n);
    hb_chan_unref(chan);
}

/* ---- deadlines ---- */

static void a_wait_ends_at_its_deadline_and_leaves_nothing(void)
{
    hb_chan *chan = hb_chan_new(0, NULL);
    hb_word word;
    hb_time deadline = in_ms(100);
    CHECK_EQ(hb_chan_recv(chan, &word, deadline), HB_TIMEOUT);
    CHECK(hb_now() >= deadline);
    check_nobody_waits(chan);
    deadline = in_ms(100);
    CHECK_EQ(hb_chan_send(chan, num(1), deadline), HB_TIMEOUT);
    CHECK(hb_now() >= deadline);
    CHECK(hb_now() < deadline + 20 * HB_SECOND);
    check_nobody_waits(chan);
    CHECK_EQ(hb_chan_try_recv(chan, &word), HB_WOULD_BLOCK);
    hb_chan_unref(chan);
}

static void what_is_ready_does_not_look_at_the_deadline(void)
{
    hb_chan *chan = hb_chan_new(1, NULL);
    hb_word word;
    CHECK_EQ(hb_chan_send(chan, num(1), 0), HB_OK);
    CHECK_EQ(hb_chan_send(chan, num(2), 0), HB_TIMEOUT);
    CHECK_EQ(hb_chan_recv(chan, &word, 0), HB_OK);
    CHECK_EQ(hb_chan_recv(chan, &word, 0), HB_TIMEOUT);
    CHECK_EQ(hb_chan_recv(chan, &word, -5), HB_TIMEOUT);
    CHECK_EQ(hb_chan_recv(chan, &word, INT64_MIN), HB_TIMEOUT);
    hb_chan_unref(chan);
}

static void who_gave_up_is_passed_over(void)
{
    hb_chan *chan = hb_chan_new(0, NULL);
    caller callers[2];
    callers[0] = (caller){ .chan = chan, .deadline = in_ms(300) };
    callers[0].thread = check_spawn(call_recv, &callers[0]);
    await_waiting(chan, 0, 1);
    start(&callers[1], chan, call_recv, 0);
    check_ended(&callers[0], HB_TIMEOUT, -1);
    await_waiting(chan, 0, 1);
    CHECK_EQ(hb_chan_try_send(chan, num(6)), HB_OK);
    check_ended(&callers[1], HB_OK, 6);
    hb_chan_unref(chan);
}

/* ---- close ---- */

static void close_wakes_everybody(void)
{
    hb_chan *chan = hb_chan_new(0, NULL);
    caller receivers[3], senders[3];
    start_in_order(receivers, 3, chan, call_recv);
    CHECK_EQ(hb_chan_close(chan, num(0)), HB_OK);
    check_nobody_waits(chan); /* I5 */
    for (int i = 0; i < 3; i++)
        check_ended(&receivers[i], HB_CLOSED, -1);
    hb_chan_unref(chan);
    chan = hb_chan_new(0, NULL);
    start_in_order(senders, 3, chan, call_send);
    CHECK_EQ(hb_chan_close(chan, num(0)), HB_OK);
    check_nobody_waits(chan);
    for (int i = 0; i < 3; i++)
        check_ended(&senders[i], HB_CLOSED, i + 1);
    hb_chan_unref(chan);
}

/* ---- signals ---- */

static void a_signal_ends_no_native_wait(void)
{
    hb_chan *chan = hb_chan_new(0, NULL);
    caller c;
    catch_sigusr1();
    start_in_order(&c, 1, chan, call_recv);
    for (int i = 0; i < 20; i++) {
        pthread_kill(c.thread, SIGUSR1);
        pass_until(in_ms(1));
    }
    CHECK(!atomic_load(&c.ended));
    CHECK_EQ(hb_chan_try_send(chan, num(5)), HB_OK);
    check_ended(&c, HB_OK, 5);
    hb_chan_unref(chan);
}

static void a_signal_does_not_end_the_wait_for_nil(void)
{
    caller c = { .chan = NULL, .deadline = in_ms(200) };
    catch_sigusr1();
    c.thread = check_spawn(call_recv, &c);
    signal_until(c.thread, &c.ended);
    CHECK(hb_now() >= c.deadline);
    check_ended(&c, HB_TIMEOUT, -1);
}

/* ---- stats ---- */

static void stats_know_the_longest_wait(void)
{
    hb_chan *chan = hb_chan_new(0, NULL);
    hb_chan_stats stats;
    caller callers[2];
    hb_time before = hb_now();
    start_in_order(callers, 1, chan, call_recv);
    hb_time waits = hb_now();
    start(&callers[1], chan, call_recv, 0);
    await_waiting(chan, 0, 2);
    hb_chan_stats_get(chan, &stats);
    CHECK(stats.longest_wait <= hb_now() - before);
    pass_until(waits + 20 * MS);
    hb_chan_stats_get(chan, &stats);
    CHECK(stats.longest_wait >= 20 * MS);
    hb_chan_close(chan, num(0));
    check_ended(&callers[0], HB_CLOSED, -1);
    check_ended(&callers[1], HB_CLOSED, -1);
    hb_chan_unref(chan);
}

int main(void)
{
    RUN(a_send_goes_to_the_waiting_receiver);
    RUN(a_receive_takes_from_the_waiting_sender);
    RUN(a_waiting_senders_word_goes_behind_the_queued);
    RUN(receivers_are_served_in_the_order_they_came);
    RUN(senders_are_served_in_the_order_they_came);
    RUN(many_words_serve_many_receivers_in_order);
    RUN(many_receives_take_from_many_senders_in_order);
    RUN(a_wait_ends_at_its_deadline_and_leaves_nothing);
    RUN(what_is_ready_does_not_look_at_the_deadline);
    RUN(who_gave_up_is_passed_over);
    RUN(close_wakes_everybody);
    RUN(a_signal_ends_no_native_wait);
    RUN(a_signal_does_not_end_the_wait_for_nil);
    RUN(stats_know_the_longest_wait);
    return check_exit_code();
}
