/* hb_chan, from one thread: what goes at once, what would have to wait, what is
 * closed, who owns a word. */
#include "support.h"

static void check_send(hb_chan *chan, int64_t n, hb_status wanted)
{
    CHECK_EQ(hb_chan_try_send(chan, num(n)), wanted);
}

static void check_recv(hb_chan *chan, int64_t n)
{
    hb_word word = num(-1);
    CHECK_EQ(hb_chan_try_recv(chan, &word), HB_OK);
    CHECK_EQ(word.i64, n);
}

static void check_no_recv(hb_chan *chan, hb_status wanted)
{
    hb_word word;
    CHECK_EQ(hb_chan_try_recv(chan, &word), wanted);
}

static void without_a_buffer_a_peer_is_needed(void)
{
    hb_chan *chan = hb_chan_new(0, NULL);
    check_send(chan, 1, HB_WOULD_BLOCK);
    check_no_recv(chan, HB_WOULD_BLOCK);
    CHECK_EQ(hb_chan_len(chan), 0);
    CHECK_EQ(hb_chan_capacity(chan), 0);
    hb_chan_unref(chan);
}

/* I1, and the order of values, at every place of the ring's head. */
static void a_buffer_holds_its_capacity_in_order(void)
{
    for (int64_t capacity = 1; capacity < 20; capacity++) {
        hb_chan *chan = hb_chan_new((uint64_t)capacity, NULL);
        for (int64_t turn = 0; turn < 3 * capacity; turn++) {
            for (int64_t n = 0; n < capacity; n++)
                check_send(chan, turn + n, HB_OK);
            check_send(chan, -1, HB_WOULD_BLOCK);
            CHECK_EQ(hb_chan_len(chan), capacity);
            for (int64_t n = 0; n < capacity; n++)
                check_recv(chan, turn + n);
            check_no_recv(chan, HB_WOULD_BLOCK);
        }
        hb_chan_unref(chan);
    }
}

static void an_unbounded_channel_takes_everything(void)
{
    hb_chan *chan = hb_chan_new(HB_UNBOUNDED, NULL);
    CHECK_EQ(hb_chan_capacity(chan), HB_UNBOUNDED);
    for (int64_t n = 0; n < 100000; n++)
        check_send(chan, n, HB_OK);
    CHECK_EQ(hb_chan_len(chan), 100000);
    for (int64_t n = 0; n < 100000; n++)
        check_recv(chan, n);
    hb_chan_unref(chan);
}

/* The ring doubles while its oldest word lies anywhere, in a first or a second half of what it
 * becomes. */
static void a_buffer_grows_wherever_its_oldest_word_is(void)
{
    for (int64_t passed = 0; passed < 70; passed++) {
        hb_chan *chan = hb_chan_new(HB_UNBOUNDED, NULL);
        int64_t sent = 0, received = 0;
        for (; received < passed; received++) {
            check_send(chan, sent++, HB_OK);
            check_recv(chan, received);
        }
        for (int size = 8; size <= 64; size *= 2) {
            while (sent - received < size + 1)
                check_send(chan, sent++, HB_OK);
            for (int i = 0; i < size / 3; i++)
                check_recv(chan, received++);
        }
        while (received < sent)
            check_recv(chan, received++);
        hb_chan_unref(chan);
    }
}

static void words_are_not_looked_at(void)
{
    hb_chan *chan = hb_chan_new(3, NULL);
    hb_word got;
    check_send(chan, INT64_MIN, HB_OK);
    CHECK_EQ(hb_chan_try_send(chan, (hb_word){ .f64 = -0.5 }), HB_OK);
    CHECK_EQ(hb_chan_try_send(chan, (hb_word){ .ptr = chan }), HB_OK);
    check_recv(chan, INT64_MIN);
    CHECK_EQ(hb_chan_try_recv(chan, &got), HB_OK);
    CHECK(got.f64 == -0.5);
    CHECK_EQ(hb_chan_try_recv(chan, &got), HB_OK);
    CHECK(got.ptr == chan);
    hb_chan_unref(chan);
}

/* ---- closing ---- */

static void a_closed_channel_drains_and_takes_nothing(void)
{
    hb_chan *chan = hb_chan_new(3, NULL);
    check_send(chan, 1, HB_OK);
    check_send(chan, 2, HB_OK);
    CHECK(!hb_chan_is_closed(chan));
    CHECK_EQ(hb_chan_close(chan, num(0)), HB_OK);
    CHECK(hb_chan_is_closed(chan));
    check_send(chan, 3, HB_CLOSED);
    check_recv(chan, 1);
    check_recv(chan, 2);
    check_no_recv(chan, HB_CLOSED);
    check_no_recv(chan, HB_CLOSED);
    hb_chan_unref(chan);
}

static void a_full_channel_that_is_closed_says_closed(void)
{
    hb_chan *chan = hb_chan_new(1, NULL);
    check_send(chan, 1, HB_OK);
    CHECK_EQ(hb_chan_close(chan, num(0)), HB_OK);
    check_send(chan, 2, HB_CLOSED);
    CHECK_EQ(hb_chan_send(chan, num(2), HB_FOREVER), HB_CLOSED);
    CHECK_EQ(hb_chan_len(chan), 1);
    hb_chan_unref(chan);
}

static void the_first_close_counts(void)
{
    hb_chan *chan = hb_chan_new(0, NULL);
    CHECK_EQ(hb_chan_close(chan, num(11)), HB_OK);
    CHECK_EQ(hb_chan_close(chan, num(12)), HB_CLOSED);
    CHECK_EQ(hb_chan_cause(chan).i64, 11);
    hb_chan_unref(chan);
}

/* ---- ownership (I6) ---- */

static int64_t dropped[8];
static int drops;

static void note_drop(hb_word word)
{
    dropped[drops++] = word.i64;
}

static void the_last_reference_drops_what_is_queued(void)
{
    hb_chan *chan = hb_chan_new(3, note_drop);
    drops = 0;
    for (int64_t n = 1; n <= 3; n++)
        check_send(chan, n, HB_OK);
    check_recv(chan, 1); /* is ours now */
    CHECK(hb_chan_ref(chan) == chan);
    hb_chan_unref(chan);
    CHECK_EQ(drops, 0);
    hb_chan_close(chan, num(0));
    hb_chan_unref(chan);
    CHECK_EQ(drops, 2);
    CHECK_EQ(dropped[0], 2);
    CHECK_EQ(dropped[1], 3);
}

static void a_refused_word_stays_the_senders(void)
{
    hb_chan *chan = hb_chan_new(1, note_drop);
    drops = 0;
    check_send(chan, 1, HB_OK);
    check_send(chan, 2, HB_WOULD_BLOCK);
    CHECK_EQ(hb_chan_send(chan, num(3), in_ms(1)), HB_TIMEOUT);
    hb_chan_close(chan, num(9)); /* nor is the cause dropped */
    check_send(chan, 4, HB_CLOSED);
    hb_chan_unref(chan);
    CHECK_EQ(drops, 1);
    CHECK_EQ(dropped[0], 1);
}

/* ---- many at once ---- */

static void check_send_many(hb_chan *chan, size_t n, hb_status wanted, size_t wanted_done)
{
    const hb_word words[] = { num(1), num(2), num(3), num(4) };
    size_t done = 99;
    CHECK_EQ(hb_chan_try_send_many(chan, words, n, &done), wanted);
    CHECK_EQ(done, wanted_done);
}

static void check_recv_many(hb_chan *chan, size_t n, hb_status wanted, size_t wanted_done)
{
    hb_word words[8];
    size_t done = 99;
    CHECK_EQ(hb_chan_try_recv_many(chan, words, n, &done), wanted);
    CHECK_EQ(done, wanted_done);
    for (size_t i = 0; i < done; i++)
        CHECK_EQ(words[i].i64, i + 1);
}

static void many_go_as_far_as_they_can(void)
{
    hb_chan *chan = hb_chan_new(3, NULL);
    check_send_many(chan, 0, HB_OK, 0);
    check_recv_many(chan, 8, HB_WOULD_BLOCK, 0);
    check_send_many(chan, 4, HB_WOULD_BLOCK, 3);
    check_recv_many(chan, 2, HB_OK, 2);
    check_recv(chan, 3);
    check_send_many(chan, 2, HB_OK, 2);
    hb_chan_close(chan, num(0));
    check_send_many(chan, 2, HB_CLOSED, 0);
    check_recv_many(chan, 8, HB_CLOSED, 2);
    hb_chan_unref(chan);
}

/* ---- looking ---- */

static void stats_count_what_happened(void)
{
    hb_chan *chan = hb_chan_new(4, NULL);
    hb_chan_stats stats;
    for (int64_t n = 0; n < 3; n++)
        check_send(chan, n, HB_OK);
    check_recv(chan, 0);
    check_send(chan, 3, HB_OK);
    hb_chan_stats_get(chan, &stats);
    CHECK_EQ(stats.len, 3);
    CHECK_EQ(stats.capacity, 4);
    CHECK_EQ(stats.sends, 4);
    CHECK_EQ(stats.receives, 1);
    CHECK_EQ(stats.high_water, 3);
    CHECK_EQ(stats.longest_wait, 0);
    CHECK(!stats.closed);
    check_nobody_waits(chan);
    hb_chan_close(chan, num(0));
    hb_chan_stats_get(chan, &stats);
    CHECK(stats.closed);
    hb_chan_unref(chan);
}

static int add_until_seven(hb_word word, void *sum)
{
    *(int64_t *)sum += word.i64;
    return word.i64 == 7 ? 70 : 0;
}

static void visiting_sees_the_oldest_first_and_can_stop(void)
{
    hb_chan *chan = hb_chan_new(8, NULL);
    int64_t sum = 0;
    CHECK_EQ(hb_chan_visit(chan, add_until_seven, &sum), 0);
    check_send(chan, 5, HB_OK);
    check_send(chan, 7, HB_OK);
    check_send(chan, 100, HB_OK);
    CHECK_EQ(hb_chan_visit(chan, add_until_seven, &sum), 70);
    CHECK_EQ(sum, 12);
    CHECK_EQ(hb_chan_len(chan), 3);
    hb_chan_unref(chan);
}

/* ---- nil ---- */

static void nil_is_never_ready(void)
{
    hb_word word;
    check_send(NULL, 1, HB_WOULD_BLOCK);
    check_no_recv(NULL, HB_WOULD_BLOCK);
    check_send_many(NULL, 2, HB_WOULD_BLOCK, 0);
    check_recv_many(NULL, 2, HB_WOULD_BLOCK, 0);
    hb_time deadline = in_ms(100);
    CHECK_EQ(hb_chan_send(NULL, num(1), deadline), HB_TIMEOUT);
    CHECK_EQ(hb_chan_recv(NULL, &word, deadline), HB_TIMEOUT);
    CHECK(hb_now() >= deadline);
    CHECK(hb_chan_ref(NULL) == NULL);
    hb_chan_unref(NULL);
}

int main(void)
{
    RUN(without_a_buffer_a_peer_is_needed);
    RUN(a_buffer_holds_its_capacity_in_order);
    RUN(an_unbounded_channel_takes_everything);
    RUN(a_buffer_grows_wherever_its_oldest_word_is);
    RUN(words_are_not_looked_at);
    RUN(a_closed_channel_drains_and_takes_nothing);
    RUN(a_full_channel_that_is_closed_says_closed);
    RUN(the_first_close_counts);
    RUN(the_last_reference_drops_what_is_queued);
    RUN(a_refused_word_stays_the_senders);
    RUN(many_go_as_far_as_they_can);
    RUN(stats_count_what_happened);
    RUN(visiting_sees_the_oldest_first_and_can_stop);
    RUN(nil_is_never_ready);
    return check_exit_code();
}
