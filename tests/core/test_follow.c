/* hb_follow: a channel closes with its source, or with the first word of it; a
 * stop in time keeps it open; words are dropped once; so in long chains and in
 * circles. */
#include "follow.h"
#include "hb_worker.h"

/* ---- what closes it ---- */

static void a_close_closes(void)
{
    pair p;
    begin(&p, 0);
    start(&p);
    CHECK(!hb_chan_is_closed(p.chan));
    CHECK_EQ(hb_chan_close(p.source, num(7)), HB_OK);
    CHECK(hb_chan_is_closed(p.chan));
    CHECK_EQ(hb_chan_cause(p.chan).i64, 0); /* which may own something: it stays there */
    hb_follow_stop(&p.follow);
    check_dropped(0, 0);
    end(&p);
}

static void a_word_closes_and_is_dropped_at_the_stop(void)
{
    pair p;
    begin(&p, 0);
    start(&p);
    CHECK_EQ(hb_chan_try_send(p.source, num(7)), HB_OK);
    CHECK(hb_chan_is_closed(p.chan));
    CHECK_EQ(hb_chan_try_send(p.source, num(8)), HB_WOULD_BLOCK); /* it takes one */
    CHECK(!hb_chan_is_closed(p.source));
    check_dropped(0, 0);
    hb_follow_stop(&p.follow);
    check_dropped(1, 7);
    end(&p);
}

static void what_is_ready_already_closes_at_once(void)
{
    pair p;
    begin(&p, 2);
    CHECK_EQ(hb_chan_try_send(p.source, num(1)), HB_OK);
    CHECK_EQ(hb_chan_try_send(p.source, num(2)), HB_OK);
    start(&p);
    CHECK(hb_chan_is_closed(p.chan));
    CHECK_EQ(hb_chan_len(p.source), 1);
    hb_follow_stop(&p.follow);
    check_dropped(1, 1);
    end(&p);
    check_dropped(1, 2); /* by the source */
}

static void what_is_closed_already_closes_at_once(void)
{
    pair p;
    begin(&p, 0);
    hb_chan_close(p.source, num(0));
    start(&p);
    CHECK(hb_chan_is_closed(p.chan));
    hb_follow_stop(&p.follow);
    end(&p);
}

static void *send_seven(void *chan)
{
    CHECK_EQ(hb_chan_send(chan, num(7), HB_FOREVER), HB_OK);
    return NULL;
}

static void a_waiting_sender_is_served(void)
{
    pair p;
    begin(&p, 0);
    pthread_t thread = check_spawn(send_seven, p.source);
    await_waiting(p.source, 1, 0);
    start(&p);
    check_join(thread);
    CHECK(hb_chan_is_closed(p.chan));
    hb_follow_stop(&p.follow);
    check_dropped(1, 7);
    end(&p);
}

static void words_that_own_nothing_need_no_drop(void)
{
    pair p;
    begin(&p, 0);
    hb_follow_start(&p.follow, hb_chan_source(p.source), p.chan, NULL);
    CHECK_EQ(hb_chan_try_send(p.source, num(7)), HB_OK);
    hb_follow_stop(&p.follow);
    CHECK(hb_chan_is_closed(p.chan));
    end(&p);
}

static void a_channel_that_is_closed_stays_so(void)
{
    pair p;
    begin(&p, 0);
    hb_chan_close(p.chan, num(3));
    start(&p);
    CHECK_EQ(hb_chan_try_send(p.source, num(7)), HB_OK);
    CHECK_EQ(hb_chan_cause(p.chan).i64, 3);
    hb_follow_stop(&p.follow);
    check_dropped(1, 7);
    end(&p);
}

/* ---- stop ---- */

static void after_a_stop_it_stays_open(void)
{
    pair p;
    begin(&p, 0);
    for (int i = 0; i < 3; i++) { /* and can be started again */
        start(&p);
        hb_follow_stop(&p.follow);
        memset(&p.follow, 0xff, sizeof p.follow);
        check_nobody_waits(p.source);
    }
    CHECK_EQ(hb_chan_try_send(p.source, num(1)), HB_WOULD_BLOCK);
    CHECK_EQ(hb_chan_close(p.source, num(0)), HB_OK);
    CHECK(!hb_chan_is_closed(p.chan));
    end(&p);
}

static void the_nil_channel_is_followed_for_ever(void)
{
    pair p;
    begin(&p, 0);
    hb_follow_start(&p.follow, NULL, p.chan, drop);
    CHECK(!hb_chan_is_closed(p.chan));
    hb_follow_stop(&p.follow);
    end(&p);
}

/* Nobody else has the channel any more when it closes. */
static void it_holds_the_channel(void)
{
    pair p;
    begin(&p, 0);
    start(&p);
    hb_chan_unref(p.chan);
    hb_chan_close(p.source, num(0));
    CHECK(hb_chan_is_closed(p.follow.chan));
    hb_follow_stop(&p.follow);
    hb_chan_unref(p.source);
}

/* ---- many ---- */

static void it_stands_in_the_queue_like_any_receiver(void)
{
    pair p;
    hb_follow second;
    hb_chan *other = hb_chan_new(0, NULL);
    begin(&p, 0);
    start(&p);
    hb_follow_start(&second, hb_chan_source(p.source), other, drop);
    CHECK_EQ(hb_chan_try_send(p.source, num(1)), HB_OK);
    CHECK(hb_chan_is_closed(p.chan) && !hb_chan_is_closed(other));
    CHECK_EQ(hb_chan_try_send(p.source, num(2)), HB_OK);
    CHECK(hb_chan_is_closed(other));
    hb_follow_stop(&second);
    check_dropped(1, 2);
    hb_follow_stop(&p.follow);
    check_dropped(1, 1);
    hb_chan_unref(other);
    end(&p);
}

static void the_first_of_two_sources_closes(void)
{
    pair p;
    hb_follow second;
    hb_chan *other = hb_chan_new(0, NULL);
    begin(&p, 0);
    start(&p);
    hb_follow_start(&second, hb_chan_source(other), p.chan, drop);
    hb_chan_close(other, num(0));
    CHECK(hb_chan_is_closed(p.chan));
    hb_chan_close(p.source, num(0));
    hb_follow_stop(&second);
    hb_follow_stop(&p.follow);
    hb_chan_unref(other);
    end(&p);
}

static void *receive_the_end(void *chan)
{
    hb_word word;
    CHECK_EQ(hb_chan_recv(chan, &word, HB_FOREVER), HB_CLOSED);
    return NULL;
}

static void who_waits_on_the_channel_is_woken(void)
{
    pair p;
    begin(&p, 0);
    start(&p);
    pthread_t thread = check_spawn(receive_the_end, p.chan);
    await_waiting(p.chan, 0, 1);
    hb_chan_close(p.source, num(0));
    check_join(thread);
    hb_follow_stop(&p.follow);
    end(&p);
}

#define CHAIN 100000

static void a_chain_of_any_length_closes(void)
{
    hb_follow *follows = malloc(CHAIN * sizeof *follows);
    hb_chan **chans = malloc((CHAIN + 1) * sizeof(hb_chan *));
    chans[0] = hb_chan_new(0, NULL);
    for (int i = 0; i < CHAIN; i++) {
        chans[i + 1] = hb_chan_new(0, NULL);
        hb_follow_start(&follows[i], hb_chan_source(chans[i]), chans[i + 1], NULL);
    }
    CHECK(!hb_chan_is_closed(chans[CHAIN]));
    CHECK_EQ(hb_chan_close(chans[0], num(0)), HB_OK);
    CHECK(hb_chan_is_closed(chans[CHAIN]));
    for (int i = 0; i < CHAIN; i++) {
        hb_follow_stop(&follows[i]);
        hb_chan_unref(chans[i]);
    }
    hb_chan_unref(chans[CHAIN]);
    free(chans);
    free(follows);
}

static void circles_close_once_around(void)
{
    pair p;
    hb_follow back, self;
    begin(&p, 0);
    start(&p);
    hb_follow_start(&back, hb_chan_source(p.chan), p.source, drop);
    hb_follow_start(&self, hb_chan_source(p.chan), p.chan, drop);
    CHECK_EQ(hb_chan_try_send(p.chan, num(5)), HB_OK); /* to `back` */
    CHECK(hb_chan_is_closed(p.source) && hb_chan_is_closed(p.chan));
    hb_follow_stop(&self);
    check_dropped(0, 0);
    hb_follow_stop(&back);
    check_dropped(1, 5);
    hb_follow_stop(&p.follow);
    end(&p);
}

static void wait_for_the_end(void *chan)
{
    hb_word word;
    CHECK_EQ(hb_chan_recv(chan, &word, HB_FOREVER), HB_CLOSED);
}

static void the_end_of_a_worker_closes(void)
{
    pair p;
    hb_worker *worker;
    begin(&p, 0);
    CHECK_EQ(hb_worker_start(&worker, wait_for_the_end, p.source, "follow"), HB_OK);
    hb_follow_start(&p.follow, hb_chan_source(hb_worker_done(worker)), p.chan, NULL);
    CHECK(!hb_chan_is_closed(p.chan));
    hb_chan_close(p.source, num(0));
    receive_the_end(p.chan);
    hb_follow_stop(&p.follow);
    hb_worker_unref(worker);
    end(&p);
}

int main(void)
{
    RUN(a_close_closes);
    RUN(a_word_closes_and_is_dropped_at_the_stop);
    RUN(what_is_ready_already_closes_at_once);
    RUN(what_is_closed_already_closes_at_once);
    RUN(a_waiting_sender_is_served);
    RUN(words_that_own_nothing_need_no_drop);
    RUN(a_channel_that_is_closed_stays_so);
    RUN(after_a_stop_it_stays_open);
    RUN(the_nil_channel_is_followed_for_ever);
    RUN(it_holds_the_channel);
    RUN(it_stands_in_the_queue_like_any_receiver);
    RUN(the_first_of_two_sources_closes);
    RUN(who_waits_on_the_channel_is_woken);
    RUN(a_chain_of_any_length_closes);
    RUN(circles_close_once_around);
    RUN(the_end_of_a_worker_closes);
    return check_exit_code();
}
