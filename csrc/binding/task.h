/* task: what go() and the Task type share.
 *
 * The thread of a task holds a reference to it while the function runs. What
 * the function returned or raised is stored before `done` closes and read only
 * after, so it needs no lock of its own. As a source, a task is its `done`
 * channel: closed, and so ready for ever, once the thread has left the function. */
#ifndef HBPY_TASK_H
#define HBPY_TASK_H

#include "binding.h"

#include "hb_worker.h"

typedef struct hbpy_task {
    hbpy_source base;
    hb_worker *worker;      /* constant once started */
    PyObject *py_name;      /* constant */
    PyObject *py_fn, *py_args, *py_kwargs, *py_context; /* the thread's, once started */
    PyObject *py_result;    /* written by the thread before `done` closes */
    PyObject *py_exception; /* likewise */
    hb_atomic_u64 ident;    /* of the thread; 0 before it runs */
    hb_atomic_u32 looked;   /* somebody has seen the exception, or need not */
} hbpy_task;

static inline hbpy_task *task_of(void *self)
{
    return self;
}

extern const hbpy_kind hbpy_task_kind;

#endif
