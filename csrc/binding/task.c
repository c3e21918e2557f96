/* task: the Task type: waiting for the end of a thread, and how it ended. */
#include "task.h"

static bool is_done(hbpy_task *self)
{
    return hb_chan_is_closed(hb_worker_done(self->worker));
}

/* ---- as a source ---- */

static PyObject *decode(hbpy_source *self, hb_word word)
{
    (void)self;
    (void)word; /* nobody sends on `done` */
    Py_RETURN_NONE;
}

static void drop(hbpy_source *self, hb_word word)
{
    (void)self;
    (void)word;
}

static void raise_closed(hbpy_source *self)
{
    PyObject *py_message = PyUnicode_FromFormat("task %R has ended", task_of(self)->py_name);
    if (py_message)
        hbpy_raise_closed(hbpy_state_of((PyObject *)self), py_message, NULL);
    Py_XDECREF(py_message);
}

const hbpy_kind hbpy_task_kind = { decode, NULL, drop, raise_closed };

/* ---- waiting for the end ---- */

static int join(hbpy_task *self, hb_time deadline)
{
    hb_word nothing;
    hb_status status = hbpy_source_wait(&self->base, deadline, &nothing);
    if (status == HB_CLOSED)
        return 0;
    hbpy_raise(hbpy_state_of((PyObject *)self), status == HB_WOULD_BLOCK ? HB_TIMEOUT : status);
    return -1;
}

static int join_with(const char *function, hbpy_task *self, PyObject *const *args, Py_ssize_t nargs,
                     PyObject *py_kwnames)
{
    static const char *const names[] = { "timeout", "deadline", NULL };
    PyObject *given[2];
    hb_time deadline;
    if (hbpy_parse(function, args, nargs, py_kwnames, names, 1, 0, given) < 0 ||
        hbpy_parse_deadline(given[0], given[1], &deadline) < 0)
        return -1;
    return join(self, deadline);
}

PyDoc_STRVAR(join_doc,
"join($self, timeout=None, *, deadline=None)\n--\n\n"
"Wait until the task has ended, however it did.\n\n"
"Blocks at most `timeout` seconds (None: for ever, 0: not at all), or until the\n"
"instant `deadline` on the clock of now(); then raises TimeoutError.");

static PyObject *Task_join(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                           PyObject *py_kwnames)
{
    if (hbpy_point(self) < 0)
        return NULL;
    if (join_with("join", task_of(self), args, nargs, py_kwnames) < 0)
        return NULL;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(result_doc,
"result($self, timeout=None, *, deadline=None)\n--\n\n"
"Wait until the task has ended; return what fn returned or raise what it raised.\n\n"
"Blocks as join(), up to `timeout` seconds. None after SystemExit: a quiet end.");

static PyObject *Task_result(PyObject *py_self, PyObject *const *args, Py_ssize_t nargs,
                             PyObject *py_kwnames)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    hbpy_task *self = task_of(py_self);
    if (join_with("result", self, args, nargs, py_kwnames) < 0)
        return NULL;
    hb_store_relaxed(&self->looked, 1);
    if (self->py_result)
        return Py_NewRef(self->py_result);
    if (!self->py_exception) /* its thread was lost in a fork */
        return hbpy_raise(hbpy_state_of(py_self), HB_STOPPED);
    if (PyErr_GivenExceptionMatches(self->py_exception, PyExc_SystemExit))
        Py_RETURN_NONE;
    PyErr_SetObject((PyObject *)Py_TYPE(self->py_exception), self->py_exception);
    return NULL;
}

/* ---- looking ---- */

static PyObject *Task_exception(PyObject *py_self, void *unused)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    hbpy_task *self = task_of(py_self);
    (void)unused;
    if (!is_done(self) || !self->py_exception)
        Py_RETURN_NONE;
    hb_store_relaxed(&self->looked, 1);
    return Py_NewRef(self->py_exception);
}

static PyObject *Task_done(PyObject *self, void *unused)
{
    if (hbpy_point(self) < 0)
        return NULL;
    (void)unused;
    return PyBool_FromLong(is_done(task_of(self)));
}

static PyObject *Task_name(PyObject *self, void *unused)
{
    (void)unused;
    return Py_NewRef(task_of(self)->py_name);
}

static PyObject *Task_ident(PyObject *self, void *unused)
{
    (void)unused;
    uint64_t ident = hb_load_relaxed(&task_of(self)->ident);
    if (!ident)
        Py_RETURN_NONE;
    return PyLong_FromUnsignedLongLong(ident);
}

static PyObject *Task_repr(PyObject *py_self)
{
    hbpy_task *self = task_of(py_self);
    if (!is_done(self))
        return PyUnicode_FromFormat("<heartbeat.Task %R: running>", self->py_name);
    if (!self->py_exception && !self->py_result)
        return PyUnicode_FromFormat("<heartbeat.Task %R: lost in a fork>", self->py_name);
    if (!self->py_exception)
        return PyUnicode_FromFormat("<heartbeat.Task %R: returned %R>", self->py_name, self->py_result);
    return PyUnicode_FromFormat("<heartbeat.Task %R: raised %R>", self->py_name, self->py_exception);
}

/* ---- life ---- */

static int traverse(PyObject *py_self, visitproc visit, void *arg)
{
    hbpy_task *self = task_of(py_self);
    Py_VISIT(Py_TYPE(py_self));
    Py_VISIT(self->py_fn);
    Py_VISIT(self->py_args);
    Py_VISIT(self->py_kwargs);
    Py_VISIT(self->py_context);
    Py_VISIT(self->py_result);
    Py_VISIT(self->py_exception);
    return 0;
}

static int clear(PyObject *py_self)
{
    hbpy_task *self = task_of(py_self);
    Py_CLEAR(self->py_fn);
    Py_CLEAR(self->py_args);
    Py_CLEAR(self->py_kwargs);
    Py_CLEAR(self->py_context);
    Py_CLEAR(self->py_result);
    Py_CLEAR(self->py_exception);
    return 0;
}

/* Nobody holds the task any more: an exception nobody has seen is told now. */
static void finalize(PyObject *py_self)
{
    hbpy_task *self = task_of(py_self);
    if (self->py_exception && !hb_load_relaxed(&self->looked))
        hbpy_report_exception(hbpy_state_of(py_self), self->py_exception, py_self);
    hb_store_relaxed(&self->looked, 1);
}

static void dealloc(PyObject *py_self)
{
    hbpy_task *self = task_of(py_self);
    PyTypeObject *type = Py_TYPE(py_self);
    if (PyObject_CallFinalizerFromDealloc(py_self) < 0)
        return; /* the hook keeps it */
    PyObject_GC_UnTrack(py_self);
    Py_TRASHCAN_BEGIN(py_self, dealloc)
    if (self->base.weakrefs)
        PyObject_ClearWeakRefs(py_self);
    clear(py_self);
    hbpy_origin_gone(self, self->base.source);
    Py_XDECREF(self->py_name);
    hb_worker_unref(self->worker);
    type->tp_free(py_self);
    Py_DECREF(type);
    Py_TRASHCAN_END
}

/* ---- the type ---- */

PyDoc_STRVAR(task_doc,
"A function that runs on a thread of its own, started by go().\n\n"
"join() waits for its end, result() for what it returned or raised. As a source of\n"
"select() it is ready for ever once it has ended: value None, ok False, as a channel\n"
"that is closed at the end. An exception nobody has looked at (by result() or\n"
".exception) goes to threading.excepthook when the task is dropped.");

static PyMethodDef methods[] = {
    { "join", (PyCFunction)(void (*)(void))Task_join, METH_FASTCALL | METH_KEYWORDS, join_doc },
    { "result", (PyCFunction)(void (*)(void))Task_result, METH_FASTCALL | METH_KEYWORDS, result_doc },
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef getset[] = {
    { "name", Task_name, NULL, "The name of the task and its thread.", NULL },
    { "done", Task_done, NULL, "Whether it has ended.", NULL },
    { "exception", Task_exception, NULL, "What it raised; None while it runs or if it returned.", NULL },
    { "ident", Task_ident, NULL, "threading.get_ident() of its thread; None before it runs.", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

static PyType_Slot slots[] = {
    { Py_tp_doc, (void *)task_doc },  { Py_tp_dealloc, dealloc },
    { Py_tp_traverse, traverse },     { Py_tp_clear, clear },
    { Py_tp_finalize, finalize },     { Py_tp_repr, Task_repr },
    { Py_tp_methods, methods },       { Py_tp_getset, getset },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "heartbeat.Task",
    .basicsize = sizeof(hbpy_task),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int hbpy_init_task(PyObject *module, hbpy_state *state)
{
    return hbpy_add_type(module, &state->Task, &spec, state->Source);
}
