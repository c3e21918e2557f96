/* The hard races of hb_watch: whoever polls only what is hinted must find
 * everything. With one hint lost the poller of a run would turn for ever. */
#include "explore.h"
#include "hb_select.h"

static hb_chan *chans[2];
static hb_hints hints;
static hb_watch watches[2];

static hb_word num(int64_t n)
{
    return (hb_word){ .i64 = n };
}

static void watch(int i)
{
    CHECK_EQ(hb_watch_init(&watches[i], &hints, HB_RECV, (uint64_t)i), HB_OK);
    hb_source_watch(hb_chan_source(chans[i]), &watches[i]);
}

static void unwatch(int i)
{
    hb_source_unwatch(hb_chan_source(chans[i]), &watches[i]);
    hb_watch_fini(&watches[i]);
}

static void begin_unwatched_with(uint64_t capacity)
{
    explore_channels(chans, 2, capacity);
    hb_hints_init(&hints);
}

static void begin_unwatched(void)
{
    begin_unwatched_with(0);
}

static void begin_unbuffered(void)
{
    begin_unwatched_with(0);
    watch(0);
    watch(1);
}

static void begin_buffered(void)
{
    begin_unwatched_with(1);
    watch(0);
    watch(1);
}

static void end(void)
{
    for (int i = 0; i < 2; i++) {
        unwatch(i);
        hb_chan_unref(chans[i]);
    }
    CHECK_EQ(hints.watches, 0);
    CHECK_EQ(hints.n, 0);
    hb_hints_fini(&hints);
}

/* ---- the poller ---- */

/* H2: a hint stays until it misleads, and then comes one more poll. */
static hb_status poll_hinted(hb_watch *hinted, hb_word *word)
{
    const hb_case one = { hb_chan_source(chans[hinted->key]), HB_RECV, num(0) };
    hb_status status = hb_case_try(&one, word);
    if (status == HB_OK)
        return status;
    hb_unhint(hinted);
    status = hb_case_try(&one, word);
    if (status == HB_OK)
        hb_hint(hinted);
    return status;
}

/* Receives `words` from what is hinted, until so many channels are closed. */
static void poll_hints(int words, int closes)
{
    bool closed[2] = { false, false };
    while (words > 0 || closed[0] + closed[1] < closes) {
        hb_watch *hinted = hb_hints_look(&hints, false);
        hb_word word;
        if (!hinted) {
            hb_pause();
            continue;
        }
        hb_status status = poll_hinted(hinted, &word);
        words -= status == HB_OK;
        closed[hinted->key] |= status == HB_CLOSED;
    }
    CHECK_EQ(words, 0);
}

static void receive_two(void)
{
    poll_hints(2, 0);
}

static void receive_three(void)
{
    poll_hints(3, 0);
}

static void watch_and_receive_two(void)
{
    watch(0);
    watch(1);
    poll_hints(2, 0);
}

static void receive_one_and_two_closes(void)
{
    poll_hints(1, 2);
}

/* ---- who is hinted ---- */

static void send_0(void)
{
    CHECK_EQ(hb_chan_send(chans[0], num(1), HB_FOREVER), HB_OK);
}

static void send_1(void)
{
    CHECK_EQ(hb_chan_send(chans[1], num(1), HB_FOREVER), HB_OK);
}

static void send_0_twice(void)
{
    send_0();
    send_0();
}

static void send_0_and_close(void)
{
    send_0();
    hb_chan_close(chans[0], num(0));
}

static void close_1(void)
{
    hb_chan_close(chans[1], num(0));
}

/* It lets go of its place now and then, and its hint may have been taken by
 * then: coming back must hint again. */
static void come_back_and_send_anywhere(void)
{
    const hb_case cases[] = { { hb_chan_source(chans[0]), HB_SEND, num(1) },
                              { hb_chan_source(chans[1]), HB_SEND, num(1) } };
    hb_select select;
    hb_status status;
    CHECK_EQ(hb_select_init(&select, cases, 2, false), HB_OK);
    int comings = 0;
    do {
        status = hb_select_begin(&select);
        if (status == HB_WOULD_BLOCK)
            status = hb_select_wait(&select, comings++ < 3 ? hb_now() + 5 : HB_FOREVER);
    } while (status == HB_INTERRUPTED || status == HB_TIMEOUT);
    CHECK_EQ(status, HB_OK);
    hb_select_fini(&select);
}

static const explore_scenario scenarios[] = {
    { .name = "no_waiting_sender_stays_unhinted", .begin = begin_unbuffered, .end = end,
      .threads = { receive_two, send_0, send_1 } },
    { .name = "no_queued_word_stays_unhinted", .begin = begin_buffered, .end = end,
      .threads = { receive_three, send_0_twice, send_1 } },
    { .name = "no_close_stays_unhinted", .begin = begin_unbuffered, .end = end,
      .threads = { receive_one_and_two_closes, send_0_and_close, close_1 } },
    { .name = "who_comes_back_is_hinted_again", .begin = begin_unbuffered, .end = end,
      .threads = { receive_two, come_back_and_send_anywhere, come_back_and_send_anywhere } },
    { .name = "a_new_watch_sees_what_was_there", .begin = begin_unwatched, .end = end,
      .threads = { watch_and_receive_two, send_0, send_1 } },
};

int main(int argc, char **argv)
{
    return explore_main(argc, argv, scenarios, sizeof scenarios / sizeof *scenarios);
}
