/* hb_watchdog: a source that is ready when nobody has beaten it for a while.
 *
 * It is the timeout half of a timeout and reception pair: one side calls beat()
 * whenever it hears of the other, the other side of the same program waits for
 * the expiry. As a timer (hb_timer.h) it is an instant and needs no thread, and
 * a beat is a few stores under the source's lock: it waits for nobody, allocates
 * nothing, and mostly wakes nobody.
 *
 *   D1 due == HB_FOREVER: stopped, or a timeout without end. Otherwise it has
 *      expired once now >= due.
 *   D2 Each arming draws its jitter, uniform from 0 to `jitter`, from the
 *      generator of the thread that arms. due == base + that jitter, where base
 *      is the earliest instant it could be.
 *   D3 A beat arms: base = now + timeout. But an expiry that nobody took stays
 *      as it is; the beat is only noted.
 *   D4 Taking an expiry arms: base = the later of the instant taken and the last
 *      beat, + timeout. If that arming would be past already, base = now +
 *      timeout. One expiry at most is kept, whoever comes late.
 *   D5 Nobody who waits sleeps past `told`, the latest due time anybody was told.
 *      Before base one is told base, which beats only move later, then due. To
 *      arm for an instant before `told` is to tell everybody to look again: that
 *      is rare, after a stop or with a jitter longer than the timeout.
 *
 * Locking: the source's lock guards all fields that are not constant. It lives
 * in its owner's memory; whoever waits on it keeps the owner alive. */
#ifndef HB_WATCHDOG_H
#define HB_WATCHDOG_H

#include "hb_source.h"

typedef struct hb_watchdog {
    hb_source source;
    hb_time timeout, jitter; /* constant */
    hb_time beat;            /* the last one, at first when it was made */
    hb_time base, due;       /* D2 */
    hb_time told;            /* D5; 0: nobody was told anything that still counts */
} hb_watchdog;

/* Armed from now on. timeout > 0, or HB_FOREVER: never; 0 <= jitter < HB_FOREVER. */
void hb_watchdog_init(hb_watchdog *watchdog, hb_time timeout, hb_time jitter);

/* A sign of life (D3). */
void hb_watchdog_beat(hb_watchdog *watchdog);

/* Disarms until the next beat; an expiry nobody took is dropped. True if it was
 * armed. */
bool hb_watchdog_stop(hb_watchdog *watchdog);

hb_time hb_watchdog_due(hb_watchdog *watchdog);

#endif
