/* monitor: what the files that make up the Monitor type share.
 *
 * monitor.c         making, the type
 * monitor_life.c    starting and closing; what keeps it meanwhile
 * monitor_watch.c   what is watched; looking at it
 * monitor_action.c  what the native thread does at a verdict
 * monitor_event.c   Health; the thread that calls on_event
 * monitor_stats.c   MonitorStats
 * watch_gil.c       a monitor of the interpreter itself
 *
 * A Monitor is the only owner of its hb_monitor, beside the thread that calls on_event, which
 * holds the Monitor. It keeps a reference to every Heartbeat and Channel it watches, so that none
 * ends because nobody else has it. A Monitor that was started and has something to do
 * (on_event, or an action) is kept alive by the module until it is closed: whoever
 * starts it need not keep it. One that can only be read closes when it is dropped. */
#ifndef HBPY_MONITOR_H
#define HBPY_MONITOR_H

#include "alive.h"
#include "beat.h"

#include "hb_monitor.h"

typedef struct hbpy_monitor {
    hbpy_source base;
    hb_monitor *monitor;   /* constant */
    PyObject *py_name;     /* constant: str or NULL */
    PyObject *py_watched;  /* constant: dict of the Heartbeats, by their address in the core */
    PyObject *py_channels; /* constant: likewise of the Channels, until the monitor is dropped */
    PyObject *py_on_event; /* constant: callable or NULL */
    hb_chan *events;       /* constant: of hb_health, for on_event; else NULL */
    hb_beat *calls;        /* of the thread that calls on_event, whose reference it is */
    hb_atomic_u64 patience; /* hb_time a call of on_event may take */
    hb_chan *ended;        /* constant: closed with the monitor, for a thread of its own; or NULL */
    hb_time timeout, grace; /* constant: for what has none of its own; HB_FOREVER: none */
    uint32_t misses;       /* constant: likewise */
    hb_atomic_u32 stack;   /* whether stacks are wanted */
    hb_atomic_u32 acts;    /* there is an on_event or an action */
    hb_atomic_u32 started;
    hbpy_alive alive;      /* while it runs */
    hb_atomic_u32 closed;
    bool made;             /* __init__ has run */
} hbpy_monitor;

static inline hbpy_monitor *monitor_of(void *self)
{
    return self;
}

/* ---- monitor_life.c ---- */

/* Has the module keep it while it runs, if it is worth it. 0, or -1 with an exception. */
int hbpy_monitor_keep(hbpy_monitor *self);
PyObject *hbpy_monitor_start(PyObject *py_self, PyObject *unused);
PyObject *hbpy_monitor_close(PyObject *py_self, PyObject *unused);
extern PyMethodDef hbpy_monitor_start_method, hbpy_monitor_close_method;
/* Ends what waits for its events or its end. */
void hbpy_monitor_close_channels(hbpy_monitor *self);
/* Sets Closed; returns NULL. */
PyObject *hbpy_monitor_raise_closed(hbpy_monitor *self);
/* Gives up the Heartbeat of a beat. */
void hbpy_monitor_forget(hbpy_monitor *self, const hb_beat *beat);

/* ---- monitor_watch.c ---- */

/* Times and misses as Python gave them; NULL: not given. */
typedef struct hbpy_watch_args {
    PyObject *py_beat, *py_timeout, *py_grace, *py_misses, *py_progress;
} hbpy_watch_args;

int hbpy_monitor_watch(hbpy_monitor *self, const hbpy_watch_args *args);
/* Seconds of more than 0; None and NULL: HB_FOREVER. */
int hbpy_monitor_time(PyObject *py_seconds, const char *name, hb_time *time);
int hbpy_monitor_misses(PyObject *py_misses, uint32_t *misses);
extern PyMethodDef hbpy_monitor_watch_methods[]; /* ends with an empty one */
extern PyGetSetDef hbpy_monitor_status_getset;

/* ---- monitor_action.c ---- */

extern PyMethodDef hbpy_monitor_action_methods[];

/* ---- monitor_stats.c ---- */

extern PyMethodDef hbpy_monitor_stats_method;

/* ---- monitor_event.c ---- */

extern const hbpy_kind hbpy_monitor_kind;

/* The Health of an event, whose reference is taken over; NULL with an exception. */
PyObject *hbpy_health(hbpy_monitor *self, hb_health *health);
/* Starts the thread that calls on_event, if there is one. HB_CLOSED, HB_NO_MEMORY, HB_NO_THREAD, HB_STOPPED. */
hb_status hbpy_monitor_start_calls(hbpy_monitor *self);

#endif
