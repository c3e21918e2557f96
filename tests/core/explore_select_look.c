/* A select tries its cases one at a time before it looks at all of them at once. What moves from
 * one of them to another meanwhile must not be missed, and what is gone when its turn comes is no
 * error. */
#include "explored_channels.h"

#define CHANS 2

static atomic_int received;

static void begin(void)
{
    explore_channels(chans, CHANS, 1);
    atomic_store(&received, 0);
}

static void begin_with_a_word(void)
{
    begin();
    CHECK_EQ(hb_chan_try_send(chans[0], num(1)), HB_OK);
}

static void end(void)
{
    for (int i = 0; i < CHANS; i++) {
        hb_chan_stats stats;
        hb_chan_stats_get(chans[i], &stats);
        CHECK_EQ(stats.waiting_senders, 0);
        CHECK_EQ(stats.waiting_receivers, 0);
        hb_chan_unref(chans[i]);
    }
}

/* ---- something is always ready ---- */

/* One of the channels holds a word at every instant before the select. */
static void move_the_word(void)
{
    hb_word word;
    CHECK_EQ(hb_chan_try_send(chans[1], num(2)), HB_OK);
    if (hb_chan_try_recv(chans[0], &word) == HB_OK)
        (void)hb_chan_try_send(chans[0], num(3));
    (void)hb_chan_try_recv(chans[1], &word);
}

static void find(const hb_case *cases, uint32_t n, bool waits)
{
    hb_select select;
    CHECK_EQ(hb_select_init(&select, cases, n, false), HB_OK);
    hb_status status = waits ? hb_cases_try_any(cases, n, &select.index, &select.word) : HB_WOULD_BLOCK;
    if (status == HB_WOULD_BLOCK)
        status = waits ? hb_select_begin(&select) : hb_select_try(&select);
    CHECK_EQ(status, HB_OK);
    hb_select_fini(&select);
}

static void find_the_word(void)
{
    const hb_case cases[] = { from(0), from(1) };
    find(cases, 2, true);
}

static void find_the_word_at_once(void)
{
    const hb_case cases[] = { from(0), from(1) };
    find(cases, 2, false);
}

static void find_the_word_among_more(void)
{
    const hb_case cases[] = { from(0), { .source = NULL }, from(1), from(0) };
    find(cases, 4, true);
}

/* One of the channels has room at every instant before the select. */
static void move_the_room(void)
{
    hb_word word;
    CHECK_EQ(hb_chan_try_recv(chans[0], &word), HB_OK);
    (void)hb_chan_try_send(chans[1], num(2));
}

static void find_the_room(void)
{
    const hb_case cases[] = { to(0, 4), to(1, 5) };
    find(cases, 2, true);
}

/* ---- what looked ready is gone ---- */

static void receive_either(void)
{
    const hb_case cases[] = { from(0), from(1) };
    hb_select select;
    CHECK_EQ(hb_select_init(&select, cases, 2, false), HB_OK);
    CHECK_EQ(hb_select_run(&select, HB_FOREVER), HB_OK);
    atomic_fetch_add(&received, (int)select.word.i64);
    hb_select_fini(&select);
}

static void send_1_later(void)
{
    CHECK_EQ(hb_chan_send(chans[1], num(2), HB_FOREVER), HB_OK);
}

static void end_both_received(void)
{
    CHECK_EQ(atomic_load(&received), 3);
    end();
}

static const explore_scenario scenarios[] = {
    { .name = "a_word_that_moves_is_found", .begin = begin_with_a_word, .end = end,
      .threads = { find_the_word, move_the_word } },
    { .name = "a_word_that_moves_is_found_at_once", .begin = begin_with_a_word, .end = end,
      .threads = { find_the_word_at_once, move_the_word } },
    { .name = "a_word_that_moves_is_found_among_more", .begin = begin_with_a_word, .end = end,
      .threads = { find_the_word_among_more, move_the_word } },
    { .name = "room_that_moves_is_found", .begin = begin_with_a_word, .end = end,
      .threads = { find_the_room, move_the_room } },
    { .name = "two_selects_want_one_word", .begin = begin_with_a_word, .end = end_both_received,
      .threads = { receive_either, receive_either, send_1_later } },
};

int main(int argc, char **argv)
{
    return explore_main(argc, argv, scenarios, sizeof scenarios / sizeof *scenarios);
}
