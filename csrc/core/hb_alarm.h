/* hb_alarm: something to be done at an instant, by the engine's timer thread.
 *
 * For what cannot park itself until an instant: after-funcs now, and whatever
 * waits without a thread of its own. One native thread serves all alarms of real time. It
 * starts with the first one, sleeps until the earliest and ends itself when it
 * had nothing to do for a while, so an idle engine has no thread. The alarms of a bubble are a
 * service of that bubble.
 *
 *   A1 An alarm in the heap holds one reference to itself. Firing hands that
 *      reference to `fire`, cancelling drops it.
 *   A2 After hb_alarm_cancel returned true, `fire` is not called for that arming;
 *      after false it was called, is being called, or nothing was armed.
 *
 *   A3 An alarm belongs to the clock of the thread that made it. Threads outside of its bubble
 *      do not set it or cancel it: who offers it to them asks hb_alarm_is_foreign.
 *   A4 Alarms that are due at the same instant fire in the order in which they were set.
 *
 * `fire` runs on the timer thread, or on the thread of a bubble that is falling asleep, with no
 * lock held, and must not wait: what takes long goes to another thread.
 *
 * Locking: a heap has a lock for itself and for `slot`, `due` and `order` of its alarms; a leaf. */
#ifndef HB_ALARM_H
#define HB_ALARM_H

#include <stddef.h>

#include "hb_bubble.h"

typedef struct hb_alarm hb_alarm;
typedef struct hb_alarms hb_alarms;

struct hb_alarm {
    void (*fire)(hb_alarm *alarm); /* constant; owns a reference */
    void (*free)(hb_alarm *alarm); /* constant; called by the last unref */
    hb_atomic_u32 refs;
    hb_alarms *home; /* constant: the heap it is armed in */
    hb_time due;    /* heap lock */
    uint64_t order; /* heap lock: A4 */
    uint32_t epoch; /* heap lock: of the process it was armed in */
    size_t slot;    /* heap lock: place in the heap counted from 1, 0 if not armed */
};

/* HB_OK, HB_NO_MEMORY. */
hb_status hb_alarm_init(hb_alarm *alarm, void (*fire)(hb_alarm *), void (*release)(hb_alarm *));
void hb_alarm_ref(hb_alarm *alarm);
void hb_alarm_unref(hb_alarm *alarm);

/* Arms it for `due`, or moves it there; HB_FOREVER arms nothing. *was_armed
 * tells which. HB_NO_MEMORY, HB_NO_THREAD, HB_STOPPED (its bubble is over): it is not armed. */
hb_status hb_alarm_set(hb_alarm *alarm, hb_time due, bool *was_armed);

/* True if it was armed. */
bool hb_alarm_cancel(hb_alarm *alarm);

/* When it will fire, HB_FOREVER if it is not armed. */
hb_time hb_alarm_due(hb_alarm *alarm);

/* A3. Its clock is a bubble's. */
bool hb_alarm_is_virtual(const hb_alarm *alarm);
bool hb_alarm_is_foreign(const hb_alarm *alarm);
/* The present on its clock. */
hb_time hb_alarm_now(const hb_alarm *alarm);

#endif
