/* The hard races of hb_follow: starts, stops, words and closes at every step of
 * each other, in chains and circles. A stopped follow is freed at once, so that
 * whoever still touches it is found. */
#include "explore.h"
#include "hb_follow.h"
#include "hb_select.h"

#define CHANS 3

/* follows[i] closes chans[i + 1] with chans[i]; the last one closes the circle. */
static hb_chan *chans[CHANS];
static hb_follow *follows[CHANS];
static bool after_stop[CHANS]; /* whether what it closes was closed then */
static atomic_int sent, drops, ended, received;

static void drop(hb_word word)
{
    CHECK_EQ(word.i64, 1);
    atomic_fetch_add(&drops, 1);
}

static hb_chan *target(int i)
{
    return chans[(i + 1) % CHANS];
}

static void start(int i)
{
    follows[i] = malloc(sizeof *follows[i]);
    hb_follow_start(follows[i], hb_chan_source(chans[i]), target(i), drop);
}

static void stop(int i)
{
    hb_follow_stop(follows[i]);
    free(follows[i]);
    follows[i] = NULL;
    after_stop[i] = hb_chan_is_closed(target(i));
}

static void begin_with(int started)
{
    explore_channels(chans, CHANS, 0);
    atomic_store(&sent, 0);
    atomic_store(&drops, 0);
    atomic_store(&ended, 0);
    atomic_store(&received, 0);
    for (int i = 0; i < started; i++)
        start(i);
}

static void begin(void)
{
    begin_with(0);
}

static void begin_one(void)
{
    begin_with(1);
}

static void begin_chain(void)
{
    begin_with(2);
}

static void begin_circle(void)
{
    begin_with(3);
}

/* ---- threads ---- */

static void close_first(void)
{
    hb_chan_close(chans[0], (hb_word){ NULL });
}

static void close_second(void)
{
    hb_chan_close(chans[1], (hb_word){ NULL });
}

static hb_time soon(void)
{
    return hb_now() + 10;
}

static void send_to(int i)
{
    hb_status status = hb_chan_send(chans[i], (hb_word){ .i64 = 1 }, soon());
    CHECK(status == HB_OK || status == HB_TIMEOUT || status == HB_CLOSED);
    atomic_fetch_add(&sent, status == HB_OK);
}

static void send_to_first(void)
{
    send_to(0);
}

static void send_to_second(void)
{
    send_to(1);
}

static void stop_first(void)
{
    stop(0);
}

static void stop_second(void)
{
    stop(1);
}

static void start_first(void)
{
    start(0);
}

static void start_and_stop(void)
{
    start(0);
    stop(0);
}

static void start_and_stop_twice(void)
{
    start_and_stop();
    if (!after_stop[0])
        start_and_stop();
}

/* Competes with the follow for what is sent. */
static void receive_from_first(void)
{
    hb_word word;
    hb_status status = hb_chan_recv(chans[0], &word, soon());
    CHECK(status == HB_OK || status == HB_TIMEOUT || status == HB_CLOSED);
    atomic_fetch_add(&received, status == HB_OK);
}

/* Waits for ever, so somebody must close it. */
static void await_the_end_of(int i)
{
    hb_word word;
    CHECK_EQ(hb_chan_recv(chans[i], &word, HB_FOREVER), HB_CLOSED);
    atomic_fetch_add(&ended, 1);
}

static void await_the_second(void)
{
    await_the_end_of(1);
}

static void await_the_last(void)
{
    await_the_end_of(2);
}

/* Waits on the source and on what closes with it. */
static void select_the_end(void)
{
    hb_select *select = malloc(sizeof *select);
    const hb_case cases[] = { { hb_chan_source(chans[1]), HB_RECV, { NULL } },
                              { hb_chan_source(chans[2]), HB_RECV, { NULL } } };
    CHECK_EQ(hb_select_init(select, cases, 2, false), HB_OK);
    CHECK_EQ(hb_select_run(select, HB_FOREVER), HB_CLOSED);
    hb_select_fini(select);
    free(select);
    atomic_fetch_add(&ended, 1);
}

/* ---- what must be so ---- */

static void clear_away(void)
{
    for (int i = 0; i < CHANS; i++) {
        if (follows[i])
            stop(i);
        CHECK(!hb__queue_has_links(&hb_chan_source(chans[i])->waiting, HB_RECV));
    }
    CHECK_EQ(atomic_load(&drops) + atomic_load(&received), atomic_load(&sent));
    for (int i = 0; i < CHANS; i++)
        hb_chan_unref(chans[i]);
}

/* Nothing closed it once it was stopped; nor was it closed for nothing. */
static void end_stopped(void)
{
    CHECK_EQ(hb_chan_is_closed(target(0)), after_stop[0]);
    CHECK_EQ(atomic_load(&drops), after_stop[0] ? atomic_load(&sent) : 0);
    clear_away();
}

static void end_stopped_against_a_close(void)
{
    CHECK_EQ(hb_chan_is_closed(target(0)), after_stop[0]);
    clear_away();
}

static void end_closed(void)
{
    CHECK(hb_chan_is_closed(chans[1]));
    clear_away();
}

/* The one who got the word decides. */
static void end_competed(void)
{
    bool closed = hb_chan_is_closed(chans[1]);
    CHECK_EQ(atomic_load(&sent), atomic_load(&received) + closed);
    clear_away();
}

static void end_chain_stopped(void)
{
    CHECK(hb_chan_is_closed(chans[1]));
    CHECK_EQ(hb_chan_is_closed(chans[2]), after_stop[1]);
    clear_away();
}

static void end_all_closed(void)
{
    for (int i = 0; i < CHANS; i++)
        CHECK(hb_chan_is_closed(chans[i]));
    clear_away();
}

static void end_chain_closed(void)
{
    CHECK(hb_chan_is_closed(chans[1]) && hb_chan_is_closed(chans[2]));
    CHECK(atomic_load(&ended) > 0);
    clear_away();
}

static const explore_scenario scenarios[] = {
    { .name = "a_stop_against_a_close", .begin = begin_one, .end = end_stopped_against_a_close,
      .threads = { stop_first, close_first } },
    { .name = "a_stop_against_a_word", .begin = begin_one, .end = end_stopped,
      .threads = { stop_first, send_to_first } },
    { .name = "a_stop_against_a_word_and_a_close", .begin = begin_one,
      .end = end_stopped_against_a_close, .threads = { stop_first, send_to_first, close_first } },
    { .name = "a_start_against_a_close", .begin = begin, .end = end_closed,
      .threads = { start_first, close_first } },
    { .name = "a_start_against_words", .begin = begin, .end = end_competed,
      .threads = { start_first, send_to_first, send_to_first } },
    { .name = "starts_and_stops_against_words", .begin = begin, .end = end_stopped,
      .threads = { start_and_stop_twice, send_to_first, send_to_first } },
    { .name = "starts_and_stops_against_a_close", .begin = begin, .end = end_stopped_against_a_close,
      .threads = { start_and_stop_twice, close_first } },
    { .name = "closed_by_its_owner_too", .begin = begin, .end = end_closed,
      .threads = { start_and_stop_twice, close_first, await_the_second, close_second } },
    { .name = "a_receiver_and_a_follow_compete", .begin = begin_one, .end = end_competed,
      .threads = { receive_from_first, send_to_first, send_to_first } },
    { .name = "a_stop_in_the_middle_of_a_chain", .begin = begin_chain, .end = end_chain_stopped,
      .threads = { stop_second, close_first } },
    { .name = "a_stop_at_the_head_of_a_chain", .begin = begin_chain, .end = end_stopped_against_a_close,
      .threads = { stop_first, close_first, send_to_second } },
    { .name = "who_waits_at_the_end_of_a_chain_is_woken", .begin = begin_chain, .end = end_chain_closed,
      .threads = { await_the_second, await_the_last, close_first, send_to_first } },
    { .name = "a_select_over_a_chain", .begin = begin_chain, .end = end_chain_closed,
      .threads = { select_the_end, send_to_second, close_first } },
    { .name = "two_close_a_circle", .begin = begin_circle, .end = end_all_closed,
      .threads = { close_first, close_second } },
    { .name = "a_circle_closed_and_stopped", .begin = begin_circle, .end = end_chain_stopped,
      .threads = { stop_second, send_to_first, close_first } },
};

int main(int argc, char **argv)
{
    return explore_main(argc, argv, scenarios, sizeof scenarios / sizeof *scenarios);
}
