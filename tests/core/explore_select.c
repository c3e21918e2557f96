/* The hard races of hb_select: selects meet selects, lose to closes, give up,
 * are interrupted. */
#include "explored_channels.h"

#define CHANS 3

static atomic_int sends, receives, closes, timeouts, sum;

static hb_time soon(void)
{
    return hb_now() + 10;
}

static void begin(void)
{
    explore_channels(chans, CHANS, 0);
    atomic_store(&sends, 0);
    atomic_store(&receives, 0);
    atomic_store(&closes, 0);
    atomic_store(&timeouts, 0);
    atomic_store(&sum, 0);
}

/* On the heap, and freed at once: then whoever still touches it is found. */
static hb_select *new_select(const hb_case *cases, uint32_t n)
{
    hb_select *select = malloc(sizeof *select);
    CHECK_EQ(hb_select_init(select, cases, n, false), HB_OK);
    return select;
}

static void free_select(hb_select *select)
{
    hb_select_fini(select);
    free(select);
}

static void note(const hb_select *select, hb_status status)
{
    CHECK(status == HB_OK || status == HB_CLOSED || status == HB_TIMEOUT);
    if (status != HB_OK) {
        atomic_fetch_add(status == HB_CLOSED ? &closes : &timeouts, 1);
        return;
    }
    const hb_case *c = &select->cases[select->index];
    bool sent = c->direction == HB_SEND;
    atomic_fetch_add(sent ? &sends : &receives, 1);
    atomic_fetch_add(&sum, sent ? (int)c->word.i64 : -(int)select->word.i64);
}

static void choose(const hb_case *cases, uint32_t n, hb_time deadline)
{
    hb_select *select = new_select(cases, n);
    note(select, hb_select_run(select, deadline));
    free_select(select);
}

/* As a caller with signals does: lets go of its places, some time after it was
 * interrupted, and takes them again. */
static void choose_through_signals(const hb_case *cases, uint32_t n)
{
    hb_select *select = new_select(cases, n);
    hb_status status;
    do {
        status = hb_select_begin(select);
        if (status == HB_WOULD_BLOCK) {
            status = hb_select_park(select, HB_FOREVER);
            hb_pause();
            status = hb_select_end(select, status);
        }
        for (uint32_t i = 0; status == HB_INTERRUPTED && i < n; i++)
            CHECK(!select->links[i].queued);
    } while (status == HB_INTERRUPTED);
    note(select, status);
    free_select(select);
}

/* Whatever was sent was received; nobody is linked any more. */
static void end(void)
{
    for (int i = 0; i < CHANS; i++) {
        hb_chan_stats stats;
        hb_chan_stats_get(chans[i], &stats);
        CHECK_EQ(stats.waiting_senders, 0);
        CHECK_EQ(stats.waiting_receivers, 0);
        hb_chan_unref(chans[i]);
    }
    CHECK_EQ(atomic_load(&sends), atomic_load(&receives));
    CHECK_EQ(atomic_load(&sum), 0);
}

static void end_two_met(void)
{
    CHECK_EQ(atomic_load(&sends), 1);
    end();
}

/* ---- two selects, two channels ---- */

static void send_0_or_receive_1(void)
{
    const hb_case cases[] = { to(0, 1), from(1) };
    choose(cases, 2, HB_FOREVER);
}

static void receive_0_or_send_1(void)
{
    const hb_case cases[] = { to(1, 2), from(0) };
    choose(cases, 2, HB_FOREVER);
}

static void receive_0_or_send_1_soon(void)
{
    const hb_case cases[] = { to(1, 2), from(0) };
    choose(cases, 2, soon());
}

static void send_0_or_receive_1_soon(void)
{
    const hb_case cases[] = { to(0, 1), from(1) };
    choose(cases, 2, soon());
}

static void send_0_or_receive_1_through_signals(void)
{
    const hb_case cases[] = { to(0, 1), from(1) };
    choose_through_signals(cases, 2);
}

static void receive_0_or_send_1_through_signals(void)
{
    const hb_case cases[] = { to(1, 2), from(0) };
    choose_through_signals(cases, 2);
}

/* ---- a ring of three: one of them is left over ---- */

static void ring(int seat)
{
    const hb_case cases[] = { to(seat, 1 << seat), from((seat + 1) % 3) };
    choose(cases, 2, soon());
}

static void ring_0(void)
{
    ring(0);
}

static void ring_1(void)
{
    ring(1);
}

static void ring_2(void)
{
    ring(2);
}

/* ---- one channel, all directions ---- */

static void send_or_receive_0(void)
{
    const hb_case cases[] = { to(0, 1), from(0) };
    choose(cases, 2, HB_FOREVER);
}

static void repeat_0(void)
{
    const hb_case cases[] = { from(0), to(0, 4), from(0), to(0, 4) };
    choose(cases, 4, soon());
}

static void repeat_0_soon(void)
{
    const hb_case cases[] = { to(0, 1), to(0, 1), from(0) };
    choose(cases, 3, soon());
}

/* ---- one word for two who wait in two places ---- */

static void receive_0_or_1_soon(void)
{
    const hb_case cases[] = { from(0), from(1) };
    choose(cases, 2, soon());
}

static void receive_1_or_0_soon(void)
{
    const hb_case cases[] = { from(1), from(0) };
    choose(cases, 2, soon());
}

static void send_to(int chan, int n)
{
    if (hb_chan_send(chans[chan], num(n), soon()) == HB_OK) {
        atomic_fetch_add(&sends, 1);
        atomic_fetch_add(&sum, n);
    }
}

static void send_0(void)
{
    send_to(0, 1);
}

static void send_1(void)
{
    send_to(1, 2);
}

/* ---- close ---- */

static void receive_0_or_1(void)
{
    const hb_case cases[] = { from(0), from(1) };
    choose(cases, 2, HB_FOREVER);
}

static void close_1(void)
{
    CHECK_EQ(hb_chan_close(chans[1], num(0)), HB_OK);
}

static void close_0_and_1(void)
{
    hb_chan_close(chans[0], num(0));
    hb_chan_close(chans[1], num(0));
}

/* Two either meet and both know, or both see a close. */
static void end_met_or_closed(void)
{
    CHECK_EQ(atomic_load(&closes), atomic_load(&sends) ? 0 : 2);
    end();
}

static const explore_scenario scenarios[] = {
    { .name = "two_selects_meet_on_two_channels", .begin = begin, .end = end_two_met,
      .threads = { send_0_or_receive_1, receive_0_or_send_1 } },
    { .name = "two_selects_meet_or_give_up", .begin = begin, .end = end,
      .threads = { send_0_or_receive_1_soon, receive_0_or_send_1_soon } },
    { .name = "signals_against_a_meeting", .begin = begin, .end = end_two_met,
      .threads = { send_0_or_receive_1_through_signals, receive_0_or_send_1_through_signals } },
    { .name = "four_selects_on_two_channels", .begin = begin, .end = end,
      .threads = { send_0_or_receive_1_soon, receive_0_or_send_1_soon, send_0_or_receive_1_soon,
                   receive_0_or_send_1_soon } },
    { .name = "three_selects_in_a_ring", .begin = begin, .end = end,
      .threads = { ring_0, ring_1, ring_2 } },
    { .name = "two_selects_on_one_channel", .begin = begin, .end = end_two_met,
      .threads = { send_or_receive_0, send_or_receive_0 } },
    { .name = "repeated_cases", .begin = begin, .end = end,
      .threads = { repeat_0, repeat_0_soon, repeat_0_soon } },
    { .name = "two_words_for_two_in_two_places", .begin = begin, .end = end,
      .threads = { receive_0_or_1_soon, receive_1_or_0_soon, send_0, send_1 } },
    { .name = "a_word_against_a_close", .begin = begin, .end = end,
      .threads = { receive_0_or_1, send_0, close_1 } },
    { .name = "a_meeting_against_a_close", .begin = begin, .end = end_met_or_closed,
      .threads = { send_0_or_receive_1, receive_0_or_send_1, close_0_and_1 } },
};

int main(int argc, char **argv)
{
    return explore_main(argc, argv, scenarios, sizeof scenarios / sizeof *scenarios);
}
