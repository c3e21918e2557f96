/* hb_duty: how a worker waits: it goes on pulsing, and stops when it is told to.
 *
 * The book's worker selects over its work, a ticker of pulses and `done`. A duty does
 * that for every wait of the worker's thread: with an interval, the thread wakes by itself
 * to pulse, without giving up its place in any queue; when `done` is closed, the wait
 * ends with HB_STOPPED. The thread itself pulses: nobody pulses for a thread that hangs.
 *
 * Without an interval there is one pulse at the beginning of each unit of work:
 *
 *   D1 A unit begins when something was received, or with a send if none is open.
 *   D2 It ends with a send, before that waits, or with the next receive.
 *
 * Units are counted in both forms. A beat that was closed takes no pulses and counts no
 * units; the worker goes on.
 *
 *   D3 Pulses on the interval keep its phase; those that were missed are not made up for.
 *   D4 Of done and a word that could be sent or received at once, done wins. A hand-over that
 *      happened while the thread waited stands, whatever came after it.
 *
 * Locking: none. A duty belongs to the worker's thread. */
#ifndef HB_DUTY_H
#define HB_DUTY_H

#include "hb_chan.h"
#include "hb_select.h"
#include "hb_work.h"

typedef struct hb_duty {
    hb_beat *beat;    /* constant; a reference of the owner's */
    hb_chan *done;    /* constant; likewise */
    hb_party *party;  /* constant: the thread's, or NULL */
    hb_time interval; /* constant: 0: none */
    hb_time next;     /* when the next pulse is due, with an interval; else HB_FOREVER */
    hb_stamp looked;  /* with an interval: when the clock was looked at, and for how many counts */
    hb_stamp quiet;   /* from then on nothing can be due */
    hb_work work;
} hb_duty;

/* On the worker's thread; the first interval begins now. */
void hb_duty_init(hb_duty *duty, hb_beat *beat, hb_chan *done, hb_time interval);
void hb_duty_fini(hb_duty *duty); /* finishes an open unit */

/* D1, D2. */
void hb_duty_begin_unit(hb_duty *duty); /* nothing if one is open */
void hb_duty_end_unit(hb_duty *duty);   /* nothing if none is */

/* At the beginning of every operation of the worker's: pulses if the interval says so, for a
 * worker may never have to wait. HB_OK, HB_STOPPED once it is to stop, HB_REVOKED. */
hb_status hb_duty_check(hb_duty *duty);

/* Whether it is to stop, because done is closed or because the engine stops. */
bool hb_duty_stopped(hb_duty *duty);

/* hb_select_park for a select whose cases include the receive from `done`: pulses when it is
 * due, without leaving the queues. No signal ends it: a worker's thread runs no handlers. The
 * caller sees by the index whether it was done that ended the wait. */
hb_status hb_duty_park(hb_duty *duty, hb_select *select, hb_time deadline);

/* For one who makes a result after the other: sends a finished unit's. `*now` is the instant at which
 * that was finished, and then the one at which the next can begin. */
hb_status hb_duty_hand_over(hb_duty *duty, hb_chan *chan, hb_word word, hb_stamp *now);

/* For native units, units of work included. HB_STOPPED once done is closed, HB_REVOKED; else as
 * the channel's. A deadline of 0 does not wait. A sleep ends with HB_OK. */
hb_status hb_duty_send(hb_duty *duty, hb_chan *chan, hb_word word, hb_time deadline);
hb_status hb_duty_recv(hb_duty *duty, hb_chan *chan, hb_word *word, hb_time deadline);
hb_status hb_duty_sleep(hb_duty *duty, hb_time deadline);

#endif
