/* The hard races of hb_duty: a hand-over, a due pulse and done meet in one wait. */
#include "explore.h"
#include "hb_duty.h"
#include "hb_pulses.h"

/* Longer than the nap of one who finds a lock held: else the other pulses thousands of times
 * meanwhile. */
#define INTERVAL 100000

/* In the order of their addresses: select locks in that order. */
static hb_chan *chans[2];
#define done (chans[0])
#define chan (chans[1])

static hb_beat *beat;
static hb_pulses *pulses;
static atomic_int sent, received, stopped, woken;

static void begin_with(bool keep)
{
    explore_channels(chans, 2, 0);
    beat = hb_beat_open(NULL);
    pulses = hb_beat_pulses(beat, keep);
    atomic_store(&sent, 0);
    atomic_store(&received, 0);
    atomic_store(&stopped, 0);
    atomic_store(&woken, 0);
}

static void begin(void)
{
    begin_with(true);
}

static void begin_without_keeping(void)
{
    begin_with(false);
}

/* Every word sent was received; nobody is linked, no unit open. */
static void end(void)
{
    for (int i = 0; i < 2; i++) {
        hb_chan_stats stats;
        hb_chan_stats_get(chans[i], &stats);
        CHECK_EQ(stats.waiting_senders, 0);
        CHECK_EQ(stats.waiting_receivers, 0);
        hb_chan_unref(chans[i]);
    }
    hb_beat_view view;
    hb_beat_look(beat, &view);
    CHECK_EQ(view.open_units, 0);
    CHECK_EQ(atomic_load(&sent), atomic_load(&received));
    hb_beat_unref(beat);
}

/* ---- workers ---- */

static void note(hb_status status, atomic_int *count)
{
    CHECK(status == HB_OK || status == HB_STOPPED);
    atomic_fetch_add(status == HB_OK ? count : &stopped, 1);
}

static void receive_with(hb_time interval)
{
    hb_duty duty;
    hb_word word = { .i64 = 0 };
    hb_duty_init(&duty, beat, done, interval);
    hb_status status = hb_duty_recv(&duty, chan, &word, HB_FOREVER);
    note(status, &received);
    CHECK(status != HB_OK || word.i64 == 7);
    hb_duty_fini(&duty);
}

static void receive_on_duty(void)
{
    receive_with(INTERVAL);
}

static void receive_by_units(void)
{
    receive_with(0);
}

static void send_on_duty(void)
{
    hb_duty duty;
    hb_duty_init(&duty, beat, done, INTERVAL);
    note(hb_duty_send(&duty, chan, (hb_word){ .i64 = 7 }, HB_FOREVER), &sent);
    hb_duty_fini(&duty);
}

static void sleep_on_duty(void)
{
    hb_duty duty;
    hb_duty_init(&duty, beat, done, INTERVAL);
    hb_time until = hb_now() + 4 * INTERVAL;
    note(hb_duty_sleep(&duty, until), &woken);
    CHECK(atomic_load(&woken) == 0 || hb_now() >= until);
    hb_duty_fini(&duty);
}

/* ---- those around them ---- */

static void send_soon(void)
{
    hb_word word = { .i64 = 7 };
    atomic_fetch_add(&sent, hb_chan_send(chan, word, hb_now() + 2 * INTERVAL) == HB_OK);
}

static void receive_soon(void)
{
    hb_word word;
    atomic_fetch_add(&received, hb_chan_recv(chan, &word, hb_now() + 2 * INTERVAL) == HB_OK);
}

static void close_done(void)
{
    hb_chan_close(done, (hb_word){ NULL });
}

/* A pulse is heard though all others only wait; if it were not, nobody could go on. */
static void hear_two_pulses(void)
{
    const hb_case c = { &pulses->source, HB_RECV, { NULL } };
    for (int i = 0; i < 2; i++) {
        hb_select select;
        hb_select_init(&select, &c, 1, true);
        CHECK_EQ(hb_select_run(&select, HB_FOREVER), HB_OK);
        hb_select_fini(&select);
    }
    close_done();
}

/* ---- ends ---- */

static void end_met(void)
{
    CHECK_EQ(atomic_load(&sent), 1);
    CHECK_EQ(atomic_load(&stopped), 0);
    end();
}

static void end_stopped(void)
{
    CHECK_EQ(atomic_load(&stopped), 1);
    end();
}

static void end_either(void)
{
    CHECK_EQ(atomic_load(&stopped) + atomic_load(&received), 1);
    end();
}

/* Without an interval: a pulse for the unit, if there was one. */
static void end_units(void)
{
    hb_beat_view view;
    hb_beat_look(beat, &view);
    CHECK_EQ(view.pulses, atomic_load(&received));
    CHECK_EQ(view.tally.units, atomic_load(&received));
    end_either();
}

static void end_two_workers(void)
{
    CHECK_EQ(atomic_load(&stopped) + atomic_load(&received) + atomic_load(&sent), 2);
    end();
}

static const explore_scenario scenarios[] = {
    { .name = "two_duties_meet", .begin = begin, .end = end_met,
      .threads = { receive_on_duty, send_on_duty } },
    { .name = "a_word_against_done", .begin = begin, .end = end_either,
      .threads = { receive_on_duty, send_soon, close_done } },
    { .name = "a_word_against_done_by_units", .begin = begin, .end = end_units,
      .threads = { receive_by_units, send_soon, close_done } },
    { .name = "a_receiver_against_done", .begin = begin, .end = end,
      .threads = { send_on_duty, receive_soon, close_done } },
    { .name = "two_duties_against_done", .begin = begin, .end = end_two_workers,
      .threads = { receive_on_duty, send_on_duty, close_done } },
    { .name = "a_sleep_against_done", .begin = begin, .end = end,
      .threads = { sleep_on_duty, close_done } },
    { .name = "pulses_are_heard_while_it_waits_to_receive", .begin = begin, .end = end_stopped,
      .threads = { receive_on_duty, hear_two_pulses } },
    { .name = "pulses_are_heard_while_it_waits_to_send", .begin = begin, .end = end_stopped,
      .threads = { send_on_duty, hear_two_pulses } },
    { .name = "pulses_nobody_keeps_are_heard", .begin = begin_without_keeping, .end = end_stopped,
      .threads = { receive_on_duty, hear_two_pulses } },
};

int main(int argc, char **argv)
{
    return explore_main(argc, argv, scenarios, sizeof scenarios / sizeof *scenarios);
}
