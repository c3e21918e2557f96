/* hb_timer: timers and tickers that need no thread.
 *
 * A timer is an instant, not an event that somebody must bring about: whoever
 * polls it compares the instant with the clock, and whoever waits for it parks
 * until then. So a timer nobody waits for costs nothing and is in no heap, and
 * one that was stopped or reset has no stale value lying about to be received.
 *
 *   T1 due == HB_FOREVER: not armed. Otherwise it is ready once now >= due.
 *   T2 A timer is received once: taking it disarms it.
 *   T3 A ticker holds one tick at most, the oldest nobody took. Taking it moves
 *      due by whole periods past the present (the phase is kept), and counts
 *      the ticks passed over.
 *   T4 Those who wait for it wake at the due time they saw last. Moving it later
 *      wakes nobody: they look again at the old time. Moving it earlier nudges
 *      them to look at once, and they lose no place in any queue. Moving it to an
 *      instant that has passed serves the one who waits longest.
 *
 * Locking: the source's lock guards all fields. The timer lives in its owner's
 * memory; whoever waits on it keeps the owner alive. */
#ifndef HB_TIMER_H
#define HB_TIMER_H

#include "hb_source.h"

typedef struct hb_timer {
    hb_source source;
    hb_time due;
    hb_time period;  /* 0: a timer */
    uint64_t missed; /* ticks dropped, up to `due` */
} hb_timer;

/* period == 0 for a timer; a ticker is first due after one period. */
void hb_timer_init(hb_timer *timer, hb_time due, hb_time period);

/* Disarms. True if it was armed and nobody had received it. */
bool hb_timer_stop(hb_timer *timer);

/* Arms it anew; the period as in init. Returns as stop. */
bool hb_timer_reset(hb_timer *timer, hb_time due, hb_time period);

hb_time hb_timer_due(hb_timer *timer);
hb_time hb_timer_period(hb_timer *timer);

/* Ticks dropped so far, those that nobody will take any more included. */
uint64_t hb_timer_missed(hb_timer *timer);

#endif
