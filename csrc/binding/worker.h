/* worker: what the files that make up Worker and WorkerContext share.
 *
 * worker.c          life, the collector, the type
 * worker_work.c     what it is to do: reading and calling it
 * worker_ops.c      start, stop, join, looking
 * worker_run.c      what its thread does, and in which order things end
 * worker_context.c  the WorkerContext, which the work is given
 * worker_wait.c     the waits of a WorkerContext
 * done.c            the Done, a source that closes when the worker is told to stop
 *
 * A Worker is made with all that others may hold: its results, its beat, its done. The
 * thread holds a reference to it from start to end.
 *
 *   K1 The end comes in one order: `results` closes, with the exception as its cause; the
 *      beat ends, and so its pulses; hb_worker's `done` closes: then the state changes
 *      and join() returns. Who saw one of these can rely on those before.
 *   K2 How it ended is written by the thread before the last of them and read after it.
 *
 * As a source, a Worker is its results. */
#ifndef HBPY_WORKER_H
#define HBPY_WORKER_H

#include "beat.h"
#include "channel.h"
#include "native.h"

#include "hb_follow.h"
#include "hb_worker.h"

typedef enum hbpy_phase { HBPY_NEW, HBPY_STARTING, HBPY_STARTED } hbpy_phase;

/* HBPY_LOST: its thread stayed behind in a fork. */
typedef enum hbpy_outcome { HBPY_LOST, HBPY_RETURNED, HBPY_RAISED, HBPY_STOPPED } hbpy_outcome;

typedef struct hbpy_worker {
    hbpy_source base;
    PyObject *py_name;      /* constant */
    PyObject *py_results;   /* constant: a Channel */
    PyObject *py_beat;      /* constant: a Heartbeat */
    PyObject *py_done;      /* constant: a Done */
    PyObject *py_follows;   /* constant: what done= was given, or NULL */
    PyObject *py_work;      /* the thread's, once started; NULL for a native unit */
    bool takes_context;     /* constant: py_work is called with a WorkerContext */
    hbpy_native native;     /* the thread's, once started; empty for Python work */
    hb_status native_end;   /* the thread's: what the native unit came to */
    int native_code;        /* likewise: with HB_FAILED */
    PyObject *py_context;   /* whoever starts it, then the thread's: context variables */
    hb_follow follow;       /* likewise; from start to end, if it follows something */
    hb_worker *worker;      /* constant once HBPY_STARTED */
    hb_atomic_u32 phase;    /* hbpy_phase */
    hb_atomic_u64 ident;    /* of the thread; 0 before it runs */
    hbpy_outcome outcome;   /* K2 */
    PyObject *py_exception; /* K2; NULL unless HBPY_RAISED */
    hb_atomic_u32 looked;   /* somebody has seen the exception, or need not */
} hbpy_worker;

static inline hbpy_worker *worker_of(void *self)
{
    return self;
}

static inline hb_beat *hbpy_worker_beat(hbpy_worker *self)
{
    return heartbeat_of(self->py_beat)->beat;
}

static inline hb_chan *hbpy_worker_results(hbpy_worker *self)
{
    return channel_of(self->py_results)->chan;
}

bool hbpy_worker_started(hbpy_worker *self);
bool hbpy_worker_ended(hbpy_worker *self);

/* ---- what is done (worker_work.c) ---- */

/* Reads work= and data= into self->native, or self->py_work and how to call it. 0, or -1 with
 * an exception. */
int hbpy_worker_read_work(hbpy_worker *self, PyObject *py_work, PyObject *py_data);

static inline bool hbpy_worker_is_native(hbpy_worker *self)
{
    return self->native.unit.kind != HB_NATIVE_NONE;
}

/* ---- the thread (worker_run.c) ---- */

void hbpy_worker_main(void *self);
/* HB_FOREVER as the core's 0. */
hb_time hbpy_worker_interval(hbpy_worker *self);
/* For hb_worker_on_loss. */
void hbpy_worker_lost(void *self);

/* ---- Done (done.c) ---- */

typedef struct hbpy_done {
    hbpy_source base;
    hb_chan *chan; /* a reference */
} hbpy_done;

PyObject *hbpy_done_new(hbpy_state *state);

static inline hb_chan *hbpy_worker_done(hbpy_worker *self)
{
    return ((hbpy_done *)self->py_done)->chan;
}

/* ---- WorkerContext (worker_context.c) ---- */

/* It holds parts of the worker and not the worker itself, nor, when that has ended, its
 * results: what was raised leads to the frames of the work, and these lead here. Were that a
 * cycle, an exception nobody looked at would be told late. */
typedef struct hbpy_worker_context {
    PyObject_HEAD
    PyObject *py_name, *py_beat, *py_done; /* constant */
    PyObject *py_results; /* the worker's thread; NULL once it has ended */
    hb_atomic_u32 thread; /* hb_thread id of that thread; 0 once it has ended */
    hb_duty duty;         /* the thread's, as all below */
    bool told;            /* it knows that it is to stop */
    bool generates;       /* its units are the resumes of a generator */
    bool finishing;       /* the generator is being closed: it may pulse all the same */
} hbpy_worker_context;

static inline hbpy_worker_context *worker_context_of(void *self)
{
    return self;
}

/* For the calling thread, which is the worker's and keeps it. */
hbpy_worker_context *hbpy_worker_context_new(hbpy_worker *worker);
/* Finishes an open unit; from now on it refuses to be used. */
void hbpy_worker_context_end(hbpy_worker_context *self);

/* 0, or -1 with Error: another thread's, or the worker has ended. */
int hbpy_worker_context_check(hbpy_worker_context *self);
/* The beginning of every operation, which the interval may make a pulse. 0, or -1 with an
 * exception: as check, or Stopped, or Revoked. */
int hbpy_worker_context_begin(hbpy_worker_context *self);
/* Raises what a wait came to: HB_STOPPED is Stopped. Returns NULL. */
PyObject *hbpy_worker_context_raise(hbpy_worker_context *self, hb_status status);

/* ctx.send(), after begin. 0, or -1 with an exception. */
int hbpy_worker_send(hbpy_worker_context *self, PyObject *py_value, hb_time deadline);

extern PyMethodDef hbpy_worker_send_method, hbpy_worker_recv_method;
extern PyMethodDef hbpy_worker_select_method, hbpy_worker_sleep_method;

/* ---- methods of Worker (worker_ops.c) ---- */

extern PyMethodDef hbpy_worker_methods[];
extern PyGetSetDef hbpy_worker_getset[];
PyObject *hbpy_worker_repr(PyObject *self);
PyObject *hbpy_worker_iter(PyObject *self);
PyObject *hbpy_worker_next(PyObject *self);

#endif
