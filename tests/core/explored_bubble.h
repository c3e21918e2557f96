/* explored_bubble.h - what the explorations of bubbles share: one whose participants are all there
 * before the first runs, and what they do. */
#ifndef EXPLORED_BUBBLE_H
#define EXPLORED_BUBBLE_H

#include "explore.h"
#include "hb_bubble.h"
#include "hb_select.h"
#include "hb_timer.h"
#include "hb_worker.h"

#define MOST 4

static hb_bubble *bubble;
static hb_here *host;
static hb_participant *places[MOST];
static hb_chan *chan, *outside;
static hb_timer timer;
static atomic_int sent, received, stopped, at_once;

static inline hb_word num(int64_t n)
{
    return (hb_word){ .i64 = n };
}

/* ---- a bubble whose participants are all there before the first runs ---- */

/* The host's place is made here, and taken by a thread: it would else be alone at first. */
static inline void begin_with(uint32_t participants, hb_turns *turns, bool looks_up)
{
    bubble = hb_bubble_new(0, explore_below(1000), turns);
    outside = hb_chan_new(0, NULL);
    CHECK_EQ(hb_bubble_join(bubble, looks_up), HB_OK);
    chan = hb_chan_new(0, NULL);
    hb_timer_init(&timer, 100, 0);
    for (uint32_t i = 1; i < participants; i++)
        CHECK_EQ(hb_participant_new(&places[i], 0), HB_OK);
    host = hb__here;
    hb__here = NULL;
    atomic_store(&sent, 0);
    atomic_store(&received, 0);
    atomic_store(&stopped, 0);
    atomic_store(&at_once, 0);
}

static inline void begin_2(void)
{
    begin_with(2, NULL, false);
}

static inline void begin_3(void)
{
    begin_with(3, NULL, false);
}

static inline void begin_4(void)
{
    begin_with(4, NULL, false);
}

static inline void begin_2_with_signals(void)
{
    begin_with(2, NULL, true);
}

static inline void begin_3_with_signals(void)
{
    begin_with(3, NULL, true);
}

static inline void leave_quietly(void)
{
    hb_bubble_leave();
    if (hb_thread_here())
        hb_thread_leave(hb_thread_here());
}

static inline void as_host(void (*body)(void))
{
    hb__here = host;
    body();
    leave_quietly();
}

static inline void as_participant(uint32_t number, void (*body)(void))
{
    hb_participant_enter(places[number]);
    body();
    leave_quietly();
}

static inline void check_nobody_waits(hb_chan *c)
{
    hb_chan_stats stats;
    hb_chan_stats_get(c, &stats);
    CHECK_EQ(stats.waiting_senders, 0);
    CHECK_EQ(stats.waiting_receivers, 0);
}

static inline void end(void)
{
    hb_bubble_pulse pulse = hb_bubble_look(bubble);
    CHECK_EQ(pulse.running, 0);
    CHECK_EQ(pulse.sleeping, 0);
    check_nobody_waits(chan);
    check_nobody_waits(outside);
    CHECK_EQ(atomic_load(&sent), atomic_load(&received));
    hb_chan_unref(chan);
    hb_chan_unref(outside);
    hb_bubble_unref(bubble);
}

static inline void end_at_0(void)
{
    CHECK_EQ(hb_bubble_now(bubble), 0);
    end();
}

/* ---- bodies ---- */

static inline hb_status receive_until(hb_chan *from, hb_time deadline)
{
    hb_word word = num(0);
    hb_status status = hb_chan_recv(from, &word, deadline);
    CHECK(status != HB_OK || word.i64 == 7);
    atomic_fetch_add(&received, status == HB_OK);
    atomic_fetch_add(&stopped, status == HB_STOPPED);
    return status;
}

static inline hb_status send_until(hb_chan *to, hb_time deadline)
{
    hb_status status = hb_chan_send(to, num(7), deadline);
    atomic_fetch_add(&sent, status == HB_OK);
    return status;
}

static inline void receive(void)
{
    CHECK_EQ(receive_until(chan, 10), HB_OK);
    CHECK_EQ(hb_now(), 0);
}

static inline void send(void)
{
    CHECK_EQ(send_until(chan, 10), HB_OK);
    CHECK_EQ(hb_now(), 0);
}

static inline hb_status wait_for_quiet(void)
{
    hb_status status;
    do {
        status = hb_bubble_wait();
    } while (status == HB_INTERRUPTED);
    return status;
}

static inline void see_both_done(void)
{
    CHECK_EQ(wait_for_quiet(), HB_OK);
    CHECK_EQ(atomic_load(&sent), 1);
    CHECK_EQ(atomic_load(&received), 1);
    CHECK_EQ(hb_now(), 0);
}

static inline void receive_and_sleep(void)
{
    receive();
    CHECK_EQ(hb_wait_sleep(10), HB_TIMEOUT);
}

static inline void end_all(void)
{
    CHECK_EQ(hb_bubble_end(bubble, HB_FOREVER), HB_OK);
    CHECK_EQ(receive_until(chan, HB_FOREVER), HB_STOPPED);
    CHECK_EQ(hb_bubble_wait(), HB_STOPPED);
}

static inline void host_ends_all(void)
{
    as_host(end_all);
}

static inline void receive_or_stop(void)
{
    hb_status status = receive_until(chan, 10);
    CHECK(status == HB_OK || status == HB_STOPPED || status == HB_TIMEOUT);
    status = receive_until(chan, HB_FOREVER); /* what can happen at once is no wait */
    CHECK(status == HB_STOPPED || (status == HB_OK && atomic_load(&received) == 1));
}

static inline void send_or_stop(void)
{
    hb_status status = send_until(chan, 10);
    CHECK(status == HB_OK || status == HB_STOPPED || status == HB_TIMEOUT);
}

static inline void one_receives_or_stops(void)
{
    as_participant(1, receive_or_stop);
}

static inline void two_sends_or_stops(void)
{
    as_participant(2, send_or_stop);
}

static inline void stall_host(void)
{
    hb_bubble_stall(bubble);
}

/* Time stands still meanwhile, however often it could have moved. */
static inline void receive_outside(void)
{
    CHECK_EQ(receive_until(outside, HB_FOREVER), HB_OK);
    CHECK_EQ(hb_now(), 0);
}

static inline void sleep_until_10(void)
{
    CHECK_EQ(hb_wait_sleep(10), HB_TIMEOUT);
    CHECK_EQ(atomic_load(&received), 1);
}

static inline void send_from_outside(void)
{
    CHECK_EQ(send_until(outside, HB_FOREVER), HB_OK);
}

#endif
