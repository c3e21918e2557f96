/* The hard races of a nudge: a timer that is moved while a select waits for it and
 * for a channel, against its park, its deadline, a word, a stop and another nudge.
 * The select stands in the queues from the beginning, so whoever comes before its
 * end must find it there. */
#include "explore.h"
#include "hb_select.h"
#include "hb_timer.h"

#define DEADLINE 10 /* after the beginning */
#define DUE 5

static hb_timer timers[2];
static hb_chan *chan;
static hb_case cases[3];
static hb_select *waiting; /* on the heap, and freed at once: who touches it still is found */
static hb_time start;
static hb_status ended;
static int64_t got; /* the case, or -1 */
static hb_party party;
static atomic_int sent, stopped;

static void begin(void)
{
    start = hb_now();
    chan = hb_chan_new(0, NULL);
    cases[0] = (hb_case){ hb_chan_source(chan), HB_RECV, { NULL } };
    for (int i = 0; i < 2; i++) {
        hb_timer_init(&timers[i], HB_FOREVER, 0);
        cases[i + 1] = (hb_case){ &timers[i].source, HB_RECV, { NULL } };
    }
    hb_party_init(&party);
    atomic_store(&sent, 0);
    atomic_store(&stopped, 0);
    waiting = malloc(sizeof *waiting);
    CHECK_EQ(hb_select_init(waiting, cases, 3, false), HB_OK);
    CHECK_EQ(hb_select_begin(waiting), HB_WOULD_BLOCK);
}

/* Signals end a park, and it goes on without giving up its places. */
static void wait_until(hb_time deadline)
{
    do
        ended = hb_select_park(waiting, deadline);
    while (ended == HB_INTERRUPTED);
    ended = hb_select_end(waiting, ended);
    got = ended == HB_OK ? (int64_t)waiting->index : -1;
    CHECK(ended != HB_TIMEOUT || hb_now() >= deadline);
    CHECK(got < 1 || waiting->word.i64 <= hb_now());
    hb_select_fini(waiting);
    free(waiting);
}

static void wait_briefly(void)
{
    wait_until(start + DEADLINE);
}

static void wait_for_ever(void)
{
    wait_until(HB_FOREVER);
}

static void wait_as_party(void)
{
    hb_party_enter(&party);
    wait_until(start + DEADLINE);
    hb_party_enter(NULL);
}

static void move(int timer, hb_time due)
{
    hb_timer_reset(&timers[timer], start + due, 0);
}

static void nudge(void)
{
    move(0, 3 * DEADLINE);
}

static void nudge_twice(void)
{
    move(0, 4 * DEADLINE);
    move(0, 2 * DEADLINE);
}

static void nudge_by_the_other(void)
{
    move(1, 3 * DEADLINE);
}

static void make_due(void)
{
    move(0, DUE);
}

/* Nearer than the nudge, which then must not be the last that is heard. */
static void make_the_other_due(void)
{
    move(1, DUE);
}

/* Refused only when the select has come to its end: by the clock, or by the stop. */
static void try_word(void)
{
    bool refused = hb_chan_try_send(chan, (hb_word){ NULL }) != HB_OK;
    atomic_store(&sent, !refused);
    CHECK(!refused || hb_now() >= start + DUE || atomic_load(&stopped));
}

static void stop(void)
{
    atomic_store(&stopped, 1);
    hb__wait_wake(hb__party_stop(&party));
}

static void end(void)
{
    CHECK_EQ(got == 0, atomic_load(&sent));
    for (int i = 0; i < 2; i++)
        CHECK(!hb__queue_has_links(&timers[i].source.waiting, HB_RECV));
    hb_chan_unref(chan);
}

/* It was nudged, and nothing became due before the deadline. */
static void end_word_or_deadline(void)
{
    CHECK_EQ(ended, atomic_load(&sent) ? HB_OK : HB_TIMEOUT);
    end();
}

static void end_word_or_timer(void)
{
    CHECK_EQ(ended, HB_OK);
    CHECK_EQ(timers[0].due == HB_FOREVER, got == 1);
    end();
}

static void end_first_or_other(void)
{
    CHECK(got == 1 || got == 2);
    end();
}

static void end_word_or_stop(void)
{
    CHECK(ended == HB_STOPPED || ended == HB_TIMEOUT || got == 0);
    end();
}

static const explore_scenario scenarios[] = {
    { .name = "a_nudge_against_a_park", .begin = begin, .end = end_word_or_deadline,
      .threads = { wait_briefly, nudge } },
    { .name = "a_nudge_against_a_word", .begin = begin, .end = end_word_or_deadline,
      .threads = { wait_briefly, nudge_twice, try_word } },
    { .name = "two_nudges_against_a_word", .begin = begin, .end = end_word_or_deadline,
      .threads = { wait_briefly, nudge, nudge_by_the_other, try_word } },
    { .name = "made_due_against_a_word", .begin = begin, .end = end_word_or_timer,
      .threads = { wait_for_ever, make_due, try_word } },
    { .name = "two_made_due", .begin = begin, .end = end_first_or_other,
      .threads = { wait_for_ever, nudge_twice, make_the_other_due } },
    { .name = "a_nudge_against_a_stop", .begin = begin, .end = end_word_or_stop,
      .threads = { wait_as_party, nudge_twice, stop, try_word } },
};

int main(int argc, char **argv)
{
    return explore_main(argc, argv, scenarios, sizeof scenarios / sizeof *scenarios);
}
