/* worker_ops: what one does with a Worker from outside: start, stop, join, look. */
#include "worker.h"

/* ---- start ---- */

static int prepare(hbpy_worker *self)
{
    uint32_t fresh = HBPY_NEW;
    if (!hb_cas(&self->phase, &fresh, HBPY_STARTING)) {
        PyErr_Format(hbpy_state_of((PyObject *)self)->Error, "worker %R has been started already",
                     self->py_name);
        return -1;
    }
    self->py_context = PyContext_CopyCurrent();
    if (self->py_context)
        return 0;
    hb_store_release(&self->phase, HBPY_NEW);
    return -1;
}

static hb_drop_fn *drop_of(PyObject *py_source)
{
    hbpy_state *state = hbpy_state_of(py_source);
    bool channel = PyObject_TypeCheck(py_source, state->Channel);
    return channel ? hbpy_channel_drop_of(channel_of(py_source)) : NULL;
}

static void follow(hbpy_worker *self)
{
    if (self->py_follows)
        hb_follow_start(&self->follow, ((hbpy_source *)self->py_follows)->source,
                        hbpy_worker_done(self), drop_of(self->py_follows));
}

static void undo(hbpy_worker *self)
{
    if (self->py_follows)
        hb_follow_stop(&self->follow);
    Py_CLEAR(self->py_context);
    Py_DECREF(self); /* the thread's */
    hb_store_release(&self->phase, HBPY_NEW);
}

/* The thread may be through before this returns. */
static int start(hbpy_worker *self)
{
    if (hbpy_check_clock(&self->base) < 0 || prepare(self) < 0)
        return -1;
    char text[HB_ORIGIN_SIZE];
    const char *origin = hbpy_origin_find(self, text, sizeof text) ? text : hbpy_origin_here(text, sizeof text);
    Py_INCREF(self); /* the thread's */
    follow(self);
    hb_status status = hb_worker_start_from(&self->worker, hbpy_worker_main, self,
                                            hb_beat_name(hbpy_worker_beat(self)), origin);
    if (status != HB_OK) {
        undo(self);
        hbpy_raise(hbpy_state_of((PyObject *)self), status);
        return -1;
    }
    hb_worker_on_loss(self->worker, hbpy_worker_lost);
    hb_store_release(&self->phase, HBPY_STARTED);
    return 0;
}

PyDoc_STRVAR(start_doc,
"start($self, /)\n--\n\n"
"Begin to work on a new thread; return the worker. Does not wait.\n\n"
"A worker runs once: Error if it was started before. Context variables are those of\n"
"the caller. RuntimeError if the system refuses another thread.");

static PyObject *Worker_start(PyObject *self, PyObject *unused)
{
    if (hbpy_point(self) < 0)
        return NULL;
    (void)unused;
    return start(worker_of(self)) < 0 ? NULL : Py_NewRef(self);
}

/* ---- stop and join ---- */

PyDoc_STRVAR(stop_doc,
"stop($self, /)\n--\n\n"
"Tell the worker to stop. Does not wait for that: join() does. Again: nothing.\n\n"
"Its waits end with Stopped, a result it waits to hand over is dropped, and a generator\n"
"is closed. Work that computes looks at ctx.stopping, or calls ctx.pulse().");

static int stop(hbpy_worker *self)
{
    if (hbpy_check_source(&self->base) < 0)
        return -1;
    hb_chan_close(hbpy_worker_done(self), (hb_word){ NULL });
    return 0;
}

static PyObject *Worker_stop(PyObject *self, PyObject *unused)
{
    if (hbpy_point(self) < 0)
        return NULL;
    (void)unused;
    if (stop(worker_of(self)) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static int check_joinable(hbpy_worker *self)
{
    const char *why = !hbpy_worker_started(self) ? "worker %R has not been started"
                      : hb_load_relaxed(&self->ident) == PyThread_get_thread_ident() &&
                              !hbpy_worker_ended(self)
                          ? "worker %R cannot join itself" : NULL;
    if (why)
        PyErr_Format(hbpy_state_of((PyObject *)self)->Error, why, self->py_name);
    return why ? -1 : 0;
}

static int join(hbpy_worker *self, hb_time deadline)
{
    hbpy_source end = { .source = hb_chan_source(hb_worker_done(self->worker)) };
    hb_word nothing;
    hb_status status = hbpy_source_wait(&end, deadline, &nothing);
    if (status == HB_CLOSED)
        return 0;
    hbpy_raise(hbpy_state_of((PyObject *)self), status == HB_WOULD_BLOCK ? HB_TIMEOUT : status);
    return -1;
}

PyDoc_STRVAR(join_doc,
"join($self, timeout=None, *, deadline=None)\n--\n\n"
"Wait until the worker has ended, however it did; .state and .exception tell how.\n\n"
"Blocks at most `timeout` seconds (None: for ever, 0: not at all), or until the\n"
"instant `deadline` on the clock of now(); then raises TimeoutError. Error if it was\n"
"never started. Does not tell it to stop, and never raises what the worker raised.");

static PyObject *Worker_join(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                             PyObject *py_kwnames)
{
    if (hbpy_point(self) < 0)
        return NULL;
    static const char *const names[] = { "timeout", "deadline", NULL };
    PyObject *given[2];
    hb_time deadline;
    if (hbpy_parse("join", args, nargs, py_kwnames, names, 1, 0, given) < 0 ||
        hbpy_parse_deadline(given[0], given[1], &deadline) < 0 ||
        check_joinable(worker_of(self)) < 0 || join(worker_of(self), deadline) < 0)
        return NULL;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(enter_doc,
"__enter__($self, /)\n--\n\n"
"Start the worker, unless it has been started, and return it.");

static PyObject *Worker_enter(PyObject *self, PyObject *unused)
{
    if (hbpy_point(self) < 0)
        return NULL;
    (void)unused;
    return hbpy_worker_iter(self);
}

PyDoc_STRVAR(exit_doc,
"__exit__($self, /, *exc_info)\n--\n\n"
"Tell the worker to stop and wait until it has.");

static PyObject *Worker_exit(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (hbpy_point(self) < 0)
        return NULL;
    (void)args;
    (void)nargs;
    if (stop(worker_of(self)) < 0 || check_joinable(worker_of(self)) < 0 || join(worker_of(self), HB_FOREVER) < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* ---- results ---- */

/* Who wants results wants the work done: nobody else would start it while this thread waits. */
PyObject *hbpy_worker_iter(PyObject *self)
{
    if (!hbpy_worker_started(worker_of(self)) && start(worker_of(self)) < 0)
        return NULL;
    return Py_NewRef(self);
}

PyObject *hbpy_worker_next(PyObject *self)
{
    return hbpy_channel_next(worker_of(self)->py_results);
}

/* ---- looking ---- */

bool hbpy_worker_started(hbpy_worker *self)
{
    return hb_load_acquire(&self->phase) == HBPY_STARTED;
}

bool hbpy_worker_ended(hbpy_worker *self)
{
    return hbpy_worker_started(self) && hb_chan_is_closed(hb_worker_done(self->worker));
}

static const char *state_of(hbpy_worker *self)
{
    static const char *const outcomes[] = { "stopped", "returned", "raised", "stopped" };
    if (!hbpy_worker_started(self))
        return "new";
    if (hbpy_worker_ended(self))
        return outcomes[self->outcome];
    return hb_chan_is_closed(hbpy_worker_done(self)) ? "stopping" : "running";
}

static PyObject *Worker_state(PyObject *self, void *unused)
{
    if (hbpy_point(self) < 0)
        return NULL;
    (void)unused;
    return PyUnicode_FromString(state_of(worker_of(self)));
}

static PyObject *Worker_exception(PyObject *py_self, void *unused)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    hbpy_worker *self = worker_of(py_self);
    (void)unused;
    if (!hbpy_worker_ended(self) || !self->py_exception)
        Py_RETURN_NONE;
    hb_store_relaxed(&self->looked, 1);
    return Py_NewRef(self->py_exception);
}

static PyObject *Worker_ident(PyObject *self, void *unused)
{
    (void)unused;
    uint64_t ident = hb_load_relaxed(&worker_of(self)->ident);
    if (!ident)
        Py_RETURN_NONE;
    return PyLong_FromUnsignedLongLong(ident);
}

static PyObject *Worker_pulses(PyObject *self, void *unused)
{
    (void)unused;
    return Py_NewRef(heartbeat_of(worker_of(self)->py_beat)->py_pulses);
}

/* The closure is the offset of the field. */
static PyObject *Worker_part(PyObject *self, void *offset)
{
    return Py_NewRef(*(PyObject **)((char *)self + (size_t)offset));
}

PyObject *hbpy_worker_repr(PyObject *py_self)
{
    hbpy_worker *self = worker_of(py_self);
    if (hbpy_worker_ended(self) && self->py_exception)
        return PyUnicode_FromFormat("<%s %R: raised %R>", Py_TYPE(self)->tp_name, self->py_name,
                                    self->py_exception);
    return PyUnicode_FromFormat("<%s %R: %s>", Py_TYPE(self)->tp_name, self->py_name, state_of(self));
}

/* ---- for the type's table ---- */

PyMethodDef hbpy_worker_methods[] = {
    { "start", Worker_start, METH_NOARGS, start_doc },
    { "stop", Worker_stop, METH_NOARGS, stop_doc },
    { "join", (PyCFunction)(void (*)(void))Worker_join, METH_FASTCALL | METH_KEYWORDS, join_doc },
    { "__enter__", Worker_enter, METH_NOARGS, enter_doc },
    { "__exit__", (PyCFunction)(void (*)(void))Worker_exit, METH_FASTCALL, exit_doc },
    { NULL, NULL, 0, NULL },
};

#define PART(field) (void *)offsetof(hbpy_worker, field)

PyGetSetDef hbpy_worker_getset[] = {
    { "state", Worker_state, NULL,
      "'new', 'running', 'stopping' (told to, and still at it), or how it ended: 'returned', 'raised',\n"
      "'stopped'.", NULL },
    { "exception", Worker_exception, NULL, "What it raised; None while it runs or if it did not raise.",
      NULL },
    { "results", Worker_part, NULL, "The Channel of its results; closed at its end.", PART(py_results) },
    { "pulses", Worker_pulses, NULL, "The source of its pulses, its heartbeat's; closed at its end.", NULL },
    { "beat", Worker_part, NULL, "Its Heartbeat, for a Monitor and for stats().", PART(py_beat) },
    { "name", Worker_part, NULL, "The name of the worker, its thread and its heartbeat.", PART(py_name) },
    { "ident", Worker_ident, NULL, "threading.get_ident() of its thread; None before it runs.", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};
