/* The hard races of hb_chan and hb_lock, each small enough for every turn of
 * events to come up among some thousand schedules. */
#include "explore.h"

static hb_chan *chan;
static atomic_int ok, closed, timeout, sum;

static hb_word num(int64_t n)
{
    return (hb_word){ .i64 = n };
}

static hb_time soon(void)
{
    return hb_now() + 10;
}

static void begin_with(uint64_t capacity)
{
    chan = hb_chan_new(capacity, NULL);
    atomic_store(&ok, 0);
    atomic_store(&closed, 0);
    atomic_store(&timeout, 0);
    atomic_store(&sum, 0);
}

static void begin_unbuffered(void)
{
    begin_with(0);
}

static void begin_buffered(void)
{
    begin_with(1);
}

static void note(hb_status status)
{
    CHECK(status == HB_OK || status == HB_CLOSED || status == HB_TIMEOUT);
    atomic_fetch_add(status == HB_OK ? &ok : status == HB_CLOSED ? &closed : &timeout, 1);
}

static void send(int n, hb_time deadline)
{
    hb_status status = hb_chan_send(chan, num(n), deadline);
    note(status);
    atomic_fetch_add(&sum, status == HB_OK ? n : 0);
}

static void receive(hb_time deadline)
{
    hb_word word = num(0);
    hb_status status = hb_chan_recv(chan, &word, deadline);
    note(status);
    atomic_fetch_sub(&sum, status == HB_OK ? (int)word.i64 : 0);
}

/* What was sent was received or is still queued; nobody is linked any more. */
static void end(void)
{
    hb_chan_stats stats;
    hb_word word;
    hb_chan_stats_get(chan, &stats);
    CHECK_EQ(stats.waiting_senders, 0);
    CHECK_EQ(stats.waiting_receivers, 0);
    CHECK_EQ(stats.sends - stats.receives, stats.len);
    while (hb_chan_try_recv(chan, &word) == HB_OK)
        atomic_fetch_sub(&sum, (int)word.i64);
    CHECK_EQ(atomic_load(&sum), 0);
    hb_chan_unref(chan);
}

/* ---- giving up against being served ---- */

static void receive_soon(void)
{
    receive(soon());
}

static void send_1_soon(void)
{
    send(1, soon());
}

static void send_2_soon(void)
{
    send(2, soon());
}

static void end_paired(void)
{
    CHECK_EQ(atomic_load(&ok) % 2, 0); /* both sides of a meeting know of it */
    end();
}

/* ---- order ---- */

static void send_1_2_3(void)
{
    for (int n = 1; n <= 3; n++)
        CHECK_EQ(hb_chan_send(chan, num(n), HB_FOREVER), HB_OK);
}

static void receive_1_2_3(void)
{
    for (int n = 1; n <= 3; n++) {
        hb_word word = num(0);
        CHECK_EQ(hb_chan_recv(chan, &word, HB_FOREVER), HB_OK);
        CHECK_EQ(word.i64, n);
    }
}

static void send_1_2(void)
{
    send(1, HB_FOREVER);
    send(2, HB_FOREVER);
}

static void send_4_8(void)
{
    send(4, HB_FOREVER);
    send(8, HB_FOREVER);
}

static void receive_two(void)
{
    receive(HB_FOREVER);
    receive(HB_FOREVER);
}

static void end_all_ok(void)
{
    CHECK_EQ(atomic_load(&ok), 8);
    end();
}

/* ---- close ---- */

/* From here on nobody waits, whoever is on the way (I5). */
static void close_it(void)
{
    hb_chan_stats stats;
    CHECK_EQ(hb_chan_close(chan, num(0)), HB_OK);
    hb_chan_stats_get(chan, &stats);
    CHECK_EQ(stats.waiting_senders + stats.waiting_receivers, 0);
}

static void send_1(void)
{
    send(1, HB_FOREVER);
}

static void send_2(void)
{
    send(2, HB_FOREVER);
}

static void receive_until_closed(void)
{
    hb_word word;
    hb_status status;
    while ((status = hb_chan_recv(chan, &word, HB_FOREVER)) == HB_OK)
        atomic_fetch_sub(&sum, (int)word.i64);
    CHECK_EQ(status, HB_CLOSED);
}

static void end_closed(void)
{
    CHECK(hb_chan_is_closed(chan));
    end();
}

/* ---- the last reference goes while another just handed over ---- */

static void send_and_let_go(void)
{
    send(1, HB_FOREVER);
    hb_chan_unref(chan);
}

static void receive_and_let_go(void)
{
    receive(HB_FOREVER);
    hb_chan_unref(chan);
}

static void begin_two_owners(void)
{
    begin_with(0);
    hb_chan_ref(chan);
}

static void end_let_go(void)
{
    CHECK_EQ(atomic_load(&ok), 2);
    CHECK_EQ(atomic_load(&sum), 0);
}

/* ---- the lock ---- */

static hb_lock lock;
static int inside, counter; /* lock */

static void begin_lock(void)
{
    hb_lock_init(&lock);
    inside = counter = 0;
}

static void enter_twice(void)
{
    for (int i = 0; i < 2; i++) {
        hb_lock_acquire(&lock);
        CHECK_EQ(inside++, 0);
        hb_pause(); /* a point inside, where others may come */
        CHECK_EQ(--inside, 0);
        counter++;
        hb_lock_release(&lock);
    }
}

static void end_lock(void)
{
    CHECK_EQ(counter, 6);
}

static const explore_scenario scenarios[] = {
    { .name = "giving_up_against_being_served", .begin = begin_unbuffered,
      .threads = { receive_soon, send_1_soon }, .end = end_paired },
    { .name = "two_give_up_against_one", .begin = begin_unbuffered,
      .threads = { receive_soon, receive_soon, send_1_soon }, .end = end_paired },
    { .name = "giving_up_on_a_full_buffer", .begin = begin_buffered,
      .threads = { send_1_soon, send_2_soon, receive_soon }, .end = end },
    { .name = "words_keep_their_order", .begin = begin_buffered,
      .threads = { send_1_2_3, receive_1_2_3 }, .end = end },
    { .name = "two_send_and_two_receive", .begin = begin_unbuffered,
      .threads = { send_1_2, send_4_8, receive_two, receive_two }, .end = end_all_ok },
    { .name = "two_send_and_two_receive_buffered", .begin = begin_buffered,
      .threads = { send_1_2, send_4_8, receive_two, receive_two }, .end = end_all_ok },
    { .name = "close_against_send_and_receive", .begin = begin_unbuffered,
      .threads = { send_1_2, receive_until_closed, close_it }, .end = end_closed },
    { .name = "close_against_senders", .begin = begin_buffered,
      .threads = { send_1, send_2, send_4_8, close_it }, .end = end_closed },
    { .name = "close_against_receivers", .begin = begin_buffered,
      .threads = { receive_until_closed, receive_until_closed, send_2_soon, close_it },
      .end = end_closed },
    { .name = "close_against_a_full_buffer", .begin = begin_buffered,
      .threads = { send_1_2, send_2_soon, receive_until_closed, close_it }, .end = end_closed },
    { .name = "the_last_reference_goes", .begin = begin_two_owners,
      .threads = { send_and_let_go, receive_and_let_go }, .end = end_let_go },
    { .name = "one_at_a_time_in_the_lock", .begin = begin_lock,
      .threads = { enter_twice, enter_twice, enter_twice }, .end = end_lock },
};

int main(int argc, char **argv)
{
    return explore_main(argc, argv, scenarios, sizeof scenarios / sizeof *scenarios);
}
