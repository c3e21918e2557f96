/* hb_monitor: notices silence, and says why.
 *
 * One native thread looks after all monitors of real time. It never attaches to Python and
 * takes no lock that is held for long, so its verdicts come in time whatever else hangs. The
 * monitors of a bubble are a service of that bubble (hb_bubble.h): whoever falls asleep last does
 * there what the thread does elsewhere, and "the monitors' thread" means that one too.
 *
 * A pulse tells the monitors nothing. The thread holds a deadline for every watched beat in
 * a wheel (hb_wheel.h); when one comes up it looks at the beat, and if that has pulsed
 * meanwhile, files it again for last pulse + timeout. So a beat costs one look each timeout,
 * however often it pulses.
 *
 *   M1 A beat is watched by at most one monitor.
 *   M2 Events are edges: one when a beat turns unhealthy, one when it recovers, one when it
 *      ends. An edge is never lost to those who read in time; of a beat nobody reads of, the
 *      newest is kept. Publishing never waits.
 *   M3 Evidence is taken when half of the last timeout is left, the verdict is spoken and
 *      the actions are carried out when it has run out. In between the beat is late.
 *   M4 The monitor doubts itself first: a round that begins late by d, more than an eighth of
 *      a beat's timeout, gives that beat d more from then on (at most what a pulse would give it)
 *      before it is judged; several times if need be, but not for ever. Time in which the
 *      machine slept is not silence.
 *   M5 A silent beat whose pulse comes after the verdict recovers at that pulse
 *      (HB_BEAT_AWAITED), not at the next look.
 *   M6 A monitor lives on the clock of the thread that made it, and watches beats of that clock
 *      only. In a bubble verdicts come at their very instant, and M4 does not apply: nobody is late.
 *
 * Locking: for each clock one lock for all that is watched (M in hb_beat.h) and the wheel, held for
 * some 64 looks at most. A monitor's events are published with M held, so that
 * none comes of a beat after hb_monitor_unwatch or hb_monitor_close has returned: M is taken
 * before the lock of more of a beat, and before a monitor's source. Evidence, stacks and
 * actions take their time with neither held. */
#ifndef HB_MONITOR_H
#define HB_MONITOR_H

#include "hb_action.h"
#include "hb_health.h"
#include "hb_unit.h"

typedef struct hb_rule {
    hb_time timeout;   /* > 0 */
    hb_time grace;     /* for the first pulse, from the start; at least timeout counts */
    uint32_t misses;   /* >= 1: how many timeouts in a row make a silence */
    hb_time progress;  /* HB_FOREVER, or how long pulses without progress are healthy */
} hb_rule;

/* A monitor with one reference, not started. NULL: no memory. */
hb_monitor *hb_monitor_new(const char *name);
hb_monitor *hb_monitor_ref(hb_monitor *monitor);
void hb_monitor_unref(hb_monitor *monitor); /* the last one closes it */

/* HB_OK; HB_BUSY: some monitor watches it; HB_CLOSED: this monitor, or the beat, has ended;
 * HB_FOREIGN: M6; HB_STOPPED: the bubble is over; HB_NO_MEMORY; HB_NO_THREAD. The monitor holds a reference to the beat while it watches it: until
 * it is unwatched, the monitor closes, or the beat's end has been published. */
hb_status hb_monitor_watch(hb_monitor *monitor, hb_beat *beat, const hb_rule *rule);
/* False if this monitor does not watch it. No event comes of the beat afterwards. */
bool hb_monitor_unwatch(hb_monitor *monitor, hb_beat *beat);

/* Unhealthy (HB_CAUSE_STUCK) when items wait on the channel and nobody took one for `timeout`.
 * HB_BUSY: there is such a demand on it; HB_FOREIGN: it is of another bubble. */
hb_status hb_monitor_demand(hb_monitor *monitor, hb_chan *chan, hb_time timeout);

/* HB_OK (again too), HB_CLOSED, HB_STOPPED, HB_NO_THREAD, HB_NO_MEMORY. */
hb_status hb_monitor_start(hb_monitor *monitor);
/* HB_OK for the call that did it, HB_CLOSED later. Ends all its watches; events not yet read
 * can be received, then HB_CLOSED. */
hb_status hb_monitor_close(hb_monitor *monitor);

/* Receives hb_health pointers (word.ptr, a reference); closes with the monitor. */
hb_source *hb_monitor_source(hb_monitor *monitor);

/* Also sends every event, in order, to an unbounded channel of hb_health pointers (a reference
 * each). Before the start. The channel is closed with the monitor. */
void hb_monitor_forward(hb_monitor *monitor, hb_chan *events);

/* HB_WATCH_ENDED of every beat that has ended. */
hb_watch_status hb_monitor_status_of(hb_monitor *monitor, hb_beat *beat);
/* The worst of all it watches: unhealthy, late, starting, paused, healthy. HB_WATCH_ENDED when it
 * has nothing to watch any more, HB_WATCH_IDLE before the start. */
hb_watch_status hb_monitor_status(hb_monitor *monitor);

/* A verdict on one of its beats at this moment: no edge, no action. NULL: not watched, or no
 * memory. */
hb_health *hb_monitor_check(hb_monitor *monitor, hb_beat *beat);

typedef struct hb_monitor_stats {
    uint64_t watched;                           /* by this monitor */
    uint64_t looks, rounds, verdicts;           /* of the thread, for all monitors of the clock */
    uint64_t doubts;                            /* deadlines it moved because it was late itself */
    uint64_t suspends;                          /* times the machine had slept */
    hb_time late, latest;                       /* how late the last round began, and the worst */
    uint64_t unwritten;                         /* bytes an action could not write without waiting */
} hb_monitor_stats;

void hb_monitor_stats_get(hb_monitor *monitor, hb_monitor_stats *stats);

/* Adds something to be done when a beat turns unhealthy; all is done in order, on the
 * monitors' thread. `number` is the descriptor, the signal or the exit code; the bytes are
 * copied. HB_NO_MEMORY, HB_CLOSED. */
hb_status hb_monitor_act(hb_monitor *monitor, hb_action_kind kind, int number, const void *bytes, size_t size);

/* ---- supplied by the binding ---- */

/* Writes the interpreter's stack of a thread (system number) as text; the length, 0 if there
 * is none. Called on the monitors' thread; returns within some tens of milliseconds whatever
 * the thread does. */
typedef size_t hb_stack_fn(int32_t thread_number, char *text, size_t size);
void hb_monitor_set_stack(hb_stack_fn *fn);
/* Whether events of this monitor carry stacks. */
void hb_monitor_want_stack(hb_monitor *monitor, bool want);
/* For beats whose silence only tells something if they starve: there is no other verdict on them, for
 * their thread may have slept too long by itself. Says in words who has what it waits for, and returns
 * that one's system number, 0 if it is not known; the stack is then taken of it. Called on the
 * monitors' thread. Before the start. */
typedef int32_t hb_culprit_fn(char *words, size_t size);
void hb_monitor_set_culprit(hb_monitor *monitor, hb_culprit_fn *fn);
/* For beats whose silence nobody can read of while it lasts: the recovery does not take the place
 * of an unread verdict; both stay, until the next verdict. Before the start. */
void hb_monitor_keep_pairs(hb_monitor *monitor);
/* Silence of this beat, which it watches, is told like any other, but no reason to act: it belongs to
 * who tells of the others. Before the start. */
void hb_monitor_spare(hb_monitor *monitor, hb_beat *beat);
/* Threads that sleep on a word in this range wait for the interpreter lock. */
void hb_monitor_set_interpreter(uintptr_t begin, uintptr_t end);

#endif
