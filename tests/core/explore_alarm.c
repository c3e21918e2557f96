/* The hard races of hb_alarm: with the thread that fires and ends by itself. A
 * run is over when that thread, too, has ended. */
#include "explore.h"
#include "hb_alarm.h"

/* hb_alarm.c: how long the thread stays without work. */
#define LINGER (2 * HB_SECOND)

typedef struct bell {
    hb_alarm alarm; /* first: a bell is its alarm */
    atomic_int armed, disarmed, fires, frees;
    hb_chan *rung; /* each ring sends a word */
} bell;

static bell *bells[2];
static hb_time undone; /* when the far alarm was */

static void ring(hb_alarm *alarm)
{
    bell *b = (bell *)alarm;
    atomic_fetch_add(&b->fires, 1);
    CHECK_EQ(hb_chan_try_send(b->rung, (hb_word){ NULL }), HB_OK);
    hb_alarm_unref(alarm);
}

static void count_free(hb_alarm *alarm)
{
    atomic_fetch_add(&((bell *)alarm)->frees, 1);
}

static void begin(void)
{
    for (int i = 0; i < 2; i++) {
        bells[i] = calloc(1, sizeof *bells[i]);
        bells[i]->rung = hb_chan_new(HB_UNBOUNDED, NULL);
        hb_alarm_init(&bells[i]->alarm, ring, count_free);
    }
}

static void set(int i, hb_time due)
{
    bool was_armed;
    CHECK_EQ(hb_alarm_set(&bells[i]->alarm, due, &was_armed), HB_OK);
    atomic_fetch_add(&bells[i]->armed, 1);
    atomic_fetch_add(&bells[i]->disarmed, was_armed);
}

static void cancel(int i)
{
    atomic_fetch_add(&bells[i]->disarmed, hb_alarm_cancel(&bells[i]->alarm));
}

static void await_ring_of_0(void)
{
    hb_word word;
    CHECK_EQ(hb_chan_recv(bells[0]->rung, &word, HB_FOREVER), HB_OK);
}

static void pass(hb_time duration)
{
    hb_time until = hb_now() + duration;
    while (hb_wait_sleep(until) == HB_INTERRUPTED)
        ;
}

/* A1, A2: every arming fired or was undone; and the last reference was ours. */
static void end(void)
{
    for (int i = 0; i < 2; i++) {
        bell *b = bells[i];
        CHECK_EQ(atomic_load(&b->fires) + atomic_load(&b->disarmed), atomic_load(&b->armed));
        CHECK_EQ(atomic_load(&b->frees), 0);
        hb_alarm_unref(&b->alarm);
        CHECK_EQ(atomic_load(&b->frees), 1);
        hb_chan_unref(b->rung);
        free(b);
    }
}

/* ---- firing against being undone ---- */

static void set_0_soon(void)
{
    set(0, hb_now() + 5);
}

static void set_0_later(void)
{
    set(0, hb_now() + 50);
}

static void set_1_now(void)
{
    set(1, hb_now());
}

static void cancel_0(void)
{
    cancel(0);
}

static void set_and_cancel_0(void)
{
    set_0_soon();
    cancel(0);
}

static void set_and_await_0(void)
{
    hb_time due = hb_now() + 5;
    set(0, due);
    await_ring_of_0();
    CHECK(hb_now() >= due);
}

/* ---- the thread ends ---- */

/* So that the second setting meets the thread at any point of its ending. */
static void set_again_after_the_linger(void)
{
    set(0, hb_now());
    await_ring_of_0();
    pass(LINGER);
    set(0, hb_now() + 1);
    await_ring_of_0();
}

static void set_1_after_the_linger(void)
{
    pass(LINGER + 1);
    set(1, hb_now());
}

/* A cancel that leaves the thread nothing must not keep it from ending, nor
 * from seeing what is set next. */
static void set_far_and_cancel(void)
{
    set(1, hb_now() + 1000 * LINGER);
    cancel(1);
    undone = hb_now();
}

static void set_far_and_disarm(void)
{
    set(1, hb_now() + 1000 * LINGER);
    bool was_armed;
    CHECK_EQ(hb_alarm_set(&bells[1]->alarm, HB_FOREVER, &was_armed), HB_OK);
    atomic_fetch_add(&bells[1]->disarmed, was_armed);
    undone = hb_now();
}

/* The thread did not sleep on for what was undone: it ended after a linger, or
 * a little later for what was set besides. */
static void end_in_time(void)
{
    CHECK(hb_now() < undone + 3 * LINGER);
    end();
}

/* ---- set from within ---- */

static void ring_and_set_once(hb_alarm *alarm)
{
    bell *b = (bell *)alarm;
    if (atomic_fetch_add(&b->fires, 1) == 0)
        set(0, hb_now() + 1);
    CHECK_EQ(hb_chan_try_send(b->rung, (hb_word){ NULL }), HB_OK);
    hb_alarm_unref(alarm);
}

static void begin_repeating(void)
{
    begin();
    hb_alarm_init(&bells[0]->alarm, ring_and_set_once, count_free);
}

static void set_0_and_await_two(void)
{
    set(0, hb_now());
    await_ring_of_0();
    await_ring_of_0();
}

static const explore_scenario scenarios[] = {
    { .name = "firing_against_a_cancel", .begin = begin, .end = end,
      .threads = { set_0_soon, cancel_0, cancel_0 } },
    { .name = "firing_against_a_reset", .begin = begin, .end = end,
      .threads = { set_0_soon, set_0_later, cancel_0 } },
    { .name = "set_and_cancelled_by_two", .begin = begin, .end = end,
      .threads = { set_and_cancel_0, set_and_cancel_0 } },
    { .name = "an_earlier_alarm_meets_a_sleeping_thread", .begin = begin, .end = end,
      .threads = { set_0_later, set_1_now } },
    { .name = "it_fires_whatever_else_is_set", .begin = begin, .end = end,
      .threads = { set_and_await_0, set_far_and_cancel } },
    { .name = "set_while_the_thread_ends", .begin = begin, .end = end,
      .threads = { set_again_after_the_linger, set_1_after_the_linger } },
    { .name = "what_is_cancelled_keeps_no_thread", .begin = begin, .end = end_in_time,
      .threads = { set_1_now, set_far_and_cancel } },
    { .name = "what_is_disarmed_keeps_no_thread", .begin = begin, .end = end_in_time,
      .threads = { set_0_soon, set_far_and_disarm } },
    { .name = "set_again_while_it_fires", .begin = begin_repeating, .end = end,
      .threads = { set_0_and_await_two, set_1_now } },
};

int main(int argc, char **argv)
{
    return explore_main(argc, argv, scenarios, sizeof scenarios / sizeof *scenarios);
}
