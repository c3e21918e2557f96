/* What a channel says to who may not wait, without its lock, is true at some instant of the call. */
#include "explore.h"

static hb_chan *chan;
static int polled; /* how often the poller came to a result */

static hb_word num(int64_t n)
{
    return (hb_word){ .i64 = n };
}

static void put(int64_t n)
{
    CHECK_EQ(hb_chan_try_send(chan, num(n)), HB_OK);
}

static void begin_with(uint64_t capacity, int64_t words)
{
    chan = hb_chan_new(capacity, NULL);
    polled = 0;
    for (int64_t n = 0; n < words; n++)
        put(n);
}

static void end(void)
{
    CHECK_EQ(polled, 1);
    hb_chan_unref(chan);
}

static void close_it(void)
{
    CHECK_EQ(hb_chan_close(chan, num(0)), HB_OK);
}

/* ---- it is never open and empty ---- */

static void begin_with_a_word(void)
{
    begin_with(2, 1);
}

static void take_what_was_left(void)
{
    hb_word word;
    if (hb_chan_is_closed(chan))
        CHECK(hb_chan_try_recv(chan, &word) != HB_WOULD_BLOCK);
}

static void poll_what_is_never_open_and_empty(void)
{
    hb_word word;
    CHECK(hb_chan_try_recv(chan, &word) != HB_WOULD_BLOCK);
    polled++;
}

/* ---- it is never full ---- */

static void take_and_put(void)
{
    hb_word word;
    for (int64_t n = 1; n < 3; n++) {
        CHECK_EQ(hb_chan_try_recv(chan, &word), HB_OK);
        put(n);
    }
}

/* With the poller's own word two places are taken at most. */
static void begin_with_room(void)
{
    begin_with(2, 1);
}

static void poll_what_is_never_full(void)
{
    CHECK_EQ(hb_chan_try_send(chan, num(9)), HB_OK);
    polled++;
}

/* ---- it is never empty ---- */

static void begin_with_two(void)
{
    begin_with(3, 2);
}

static void poll_what_is_never_empty(void)
{
    hb_word word;
    CHECK_EQ(hb_chan_try_recv(chan, &word), HB_OK);
    polled++;
}

/* ---- who offers a word ---- */

static void begin_unbuffered(void)
{
    begin_with(0, 0);
}

static void close_and_poll(void)
{
    hb_word word;
    close_it();
    CHECK_EQ(hb_chan_try_recv(chan, &word), HB_CLOSED);
    CHECK_EQ(hb_chan_try_send(chan, num(1)), HB_CLOSED);
    polled++;
}

static void poll_beside_the_close(void)
{
    hb_word word;
    bool was_closed = hb_chan_is_closed(chan);
    hb_status status = hb_chan_try_recv(chan, &word);
    CHECK(status == HB_OK ? !was_closed : was_closed ? status == HB_CLOSED : true);
}

static void offer(void)
{
    hb_status status = hb_chan_send(chan, num(7), HB_FOREVER);
    CHECK(status == HB_OK || status == HB_CLOSED);
}

/* ---- who waits is seen ---- */

static void take_from_who_waits(void)
{
    hb_chan_stats stats;
    hb_word word;
    hb_chan_stats_get(chan, &stats);
    if (stats.waiting_senders == 1)
        CHECK_EQ(hb_chan_try_recv(chan, &word), HB_OK);
    else
        close_it();
    polled++;
}

static void ask(void)
{
    hb_word word;
    hb_status status = hb_chan_recv(chan, &word, HB_FOREVER);
    CHECK(status == HB_OK || status == HB_CLOSED);
}

static void give_to_who_waits(void)
{
    hb_chan_stats stats;
    hb_chan_stats_get(chan, &stats);
    if (stats.waiting_receivers == 1)
        put(8);
    else
        close_it();
    polled++;
}

static const explore_scenario scenarios[] = {
    { .name = "what_is_never_open_and_empty_is_never_empty", .begin = begin_with_a_word,
      .threads = { close_it, take_what_was_left, poll_what_is_never_open_and_empty }, .end = end },
    { .name = "what_is_never_full_takes_a_word", .begin = begin_with_room,
      .threads = { take_and_put, poll_what_is_never_full }, .end = end },
    { .name = "what_is_never_empty_gives_a_word", .begin = begin_with_two,
      .threads = { take_and_put, poll_what_is_never_empty }, .end = end },
    { .name = "an_offer_is_taken_or_told_of_the_close", .begin = begin_unbuffered,
      .threads = { offer, poll_beside_the_close, close_and_poll }, .end = end },
    { .name = "who_waits_to_send_is_seen", .begin = begin_unbuffered,
      .threads = { offer, take_from_who_waits }, .end = end },
    { .name = "who_waits_to_receive_is_seen", .begin = begin_unbuffered,
      .threads = { ask, give_to_who_waits }, .end = end },
};

int main(int argc, char **argv)
{
    return explore_main(argc, argv, scenarios, sizeof scenarios / sizeof *scenarios);
}
