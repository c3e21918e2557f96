/* beat: what the Python types around a heartbeat share.
 *
 * heartbeat.c      the Heartbeat: its life, and which one belongs to an hb_beat
 * heartbeat_ops.c  its methods and attributes
 * pulses.c         the Pulses, from which its pulses are received
 * unit.c           `with beat.unit(...)`
 * pause.c          `with beat.pause(...)`
 * beat_stats.c     HeartbeatStats, snapshot()
 *
 * The monitor and the worker make Heartbeats, and find the one that belongs to an hb_beat.
 *
 * A Heartbeat holds a reference to its hb_beat; most also own it, and end it with their
 * own end. hb_beat_owner leads the other way: to a weak reference, which is the Heartbeat's. It
 * changes and is followed under a lock (heartbeat.c), so that it can be followed from any
 * thread that holds a reference to the hb_beat. */
#ifndef HBPY_BEAT_H
#define HBPY_BEAT_H

#include "binding.h"

#include "hb_pulses.h"
#include "hb_unit.h"

typedef struct hbpy_heartbeat {
    hbpy_source base;
    hb_beat *beat;       /* a reference, constant once made; NULL before __init__ */
    PyObject *py_name;   /* constant: str or NULL */
    PyObject *py_pulses; /* constant once made */
    PyObject *py_weak;   /* constant once made: a weak reference to itself */
    hb_time interval;    /* constant: HB_FOREVER if it has none */
    hb_time timeout;     /* constant: likewise */
    bool owns;           /* constant: the beat ends with it */
} hbpy_heartbeat;

static inline hbpy_heartbeat *heartbeat_of(void *self)
{
    return self;
}

/* ---- for the monitor and the worker (heartbeat.c) ---- */

/* As Heartbeat(name, interval=, timeout=). py_name: an exact str or NULL; HB_FOREVER: none. */
PyObject *hbpy_heartbeat_new(hbpy_state *state, PyObject *py_name, hb_time interval, hb_time timeout);

/* The Heartbeat of a beat, which the caller holds a reference to; a new reference. If it has none, or
 * none any more, one is made that does not own the beat. */
PyObject *hbpy_heartbeat_of(hbpy_state *state, hb_beat *beat);
/* The same, but NULL without an exception if it has none. */
PyObject *hbpy_heartbeat_find(hb_beat *beat);

/* The beat of a Heartbeat, borrowed; NULL with RuntimeError if its __init__ has not been called. */
hb_beat *hbpy_heartbeat_beat(PyObject *py_heartbeat);

/* A duration that has to be more than 0; None, NULL and inf give HB_FOREVER. */
int hbpy_heartbeat_time(PyObject *py_seconds, const char *name, hb_time *time);

/* interval= and timeout= of a beat: None, NULL and inf give HB_FOREVER; refuses 0, and an interval
 * that is larger than the timeout. 0, or -1 with an exception. */
int hbpy_heartbeat_times(PyObject *py_interval, PyObject *py_timeout, hb_time *interval,
                         hb_time *timeout);

/* Sets Closed or Revoked for a beat that has ended. Returns NULL. */
PyObject *hbpy_heartbeat_ended(PyObject *py_heartbeat, hb_status status);

/* ---- between these files ---- */

extern PyMethodDef hbpy_heartbeat_methods[];
extern PyGetSetDef hbpy_heartbeat_getset[];
PyObject *hbpy_heartbeat_repr(PyObject *self);
PyObject *hbpy_heartbeat_next(PyObject *self);

extern const hbpy_kind hbpy_pulses_kind;

/* HB_FOREVER as None. */
PyObject *hbpy_beat_seconds(hb_time time);
/* A str that the core may have cut within a character. */
PyObject *hbpy_beat_text(const char *text);

/* A label as text of the core. Names of files need not be UTF-8: what Python escaped as surrogates
 * becomes the bytes it was, in *py_owner, which the caller lets go of. NULL with an exception. */
const char *hbpy_label_text(PyObject *py_label, PyObject **py_owner);

/* A Pulses over the beat's; takes a reference to the beat. */
PyObject *hbpy_pulses_new(hbpy_state *state, hb_beat *beat, hb_source *source);
/* The next pulse's instant; NULL without an exception at the end. */
PyObject *hbpy_pulses_next(PyObject *self);

/* Context managers that keep the Heartbeat. */
PyObject *hbpy_unit_new(hbpy_state *state, PyObject *py_heartbeat, PyObject *py_label, hb_time timeout);
PyObject *hbpy_pause_new(hbpy_state *state, PyObject *py_heartbeat);

/* HeartbeatStats of a view. py_name: a str or NULL. */
PyObject *hbpy_beat_stats(hbpy_state *state, PyObject *py_name, const hb_beat_view *view);

#endif
