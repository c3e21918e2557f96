/* worker_context: the WorkerContext type: what the work is given. It belongs to the
 * worker's thread, and to the time in which that works. */
#include "worker.h"

/* ---- life ---- */

hbpy_worker_context *hbpy_worker_context_new(hbpy_worker *worker)
{
    PyTypeObject *type = hbpy_state_of((PyObject *)worker)->WorkerContext;
    hbpy_worker_context *self = worker_context_of(type->tp_alloc(type, 0));
    if (!self)
        return NULL;
    self->py_name = Py_NewRef(worker->py_name);
    self->py_beat = Py_NewRef(worker->py_beat);
    self->py_done = Py_NewRef(worker->py_done);
    self->py_results = Py_NewRef(worker->py_results);
    hb_duty_init(&self->duty, hbpy_worker_beat(worker), hbpy_worker_done(worker),
                 hbpy_worker_interval(worker));
    hb_store_relaxed(&self->thread, hb_thread_id());
    return self;
}

void hbpy_worker_context_end(hbpy_worker_context *self)
{
    hb_store_relaxed(&self->thread, 0);
    hb_duty_fini(&self->duty);
    Py_CLEAR(self->py_results);
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(worker_context_of(self)->py_results);
    return 0;
}

static void dealloc(PyObject *py_self)
{
    hbpy_worker_context *self = worker_context_of(py_self);
    PyTypeObject *type = Py_TYPE(py_self);
    PyObject_GC_UnTrack(py_self);
    Py_DECREF(self->py_name);
    Py_DECREF(self->py_beat);
    Py_DECREF(self->py_done);
    type->tp_free(py_self);
    Py_DECREF(type);
}

/* ---- who may use it ---- */

int hbpy_worker_context_check(hbpy_worker_context *self)
{
    if (hbpy_point((PyObject *)self) < 0)
        return -1;
    uint32_t thread = hb_load_relaxed(&self->thread);
    if (thread && thread == hb__this_thread_id)
        return 0;
    PyErr_Format(hbpy_state_of((PyObject *)self)->Error,
                 thread ? "the context of worker %R belongs to the worker's thread"
                        : "worker %R has ended, and its context with it",
                 self->py_name);
    return -1;
}

static bool is_stopping(hbpy_worker_context *self)
{
    return hb_chan_is_closed(self->duty.done);
}

PyObject *hbpy_worker_context_raise(hbpy_worker_context *self, hb_status status)
{
    hbpy_state *state = hbpy_state_of((PyObject *)self);
    self->told |= status == HB_STOPPED;
    if (status == HB_STOPPED && is_stopping(self))
        return PyErr_Format(state->Stopped, "worker %R was told to stop", self->py_name);
    return hbpy_raise(state, status);
}

int hbpy_worker_context_begin(hbpy_worker_context *self)
{
    if (hbpy_worker_context_check(self) < 0)
        return -1;
    hb_status status = hb_duty_check(&self->duty);
    if (status == HB_OK)
        return 0;
    hbpy_worker_context_raise(self, status);
    return -1;
}

/* ---- pulses and units ---- */

/* As begin; but while a generator is being closed it has learned of the stop, and goes on
 * giving signs of life. */
static int begin_sign(hbpy_worker_context *self)
{
    return self->finishing ? hbpy_worker_context_check(self) : hbpy_worker_context_begin(self);
}

PyDoc_STRVAR(pulse_doc,
"pulse($self, /)\n--\n\n"
"Give a sign of life in the midst of work that takes long. Never blocks.\n\n"
"Raises Stopped when the worker was told to stop; so work that pulses in its loops can\n"
"be stopped. (In the finally clauses of a generator that is being closed it does not.)");

static PyObject *WorkerContext_pulse(PyObject *py_self, PyObject *unused)
{
    hbpy_worker_context *self = worker_context_of(py_self);
    (void)unused;
    if (begin_sign(self) < 0)
        return NULL;
    hb_status status = hb_beat_pulse(self->duty.beat);
    if (status != HB_OK)
        return hbpy_heartbeat_ended(self->py_beat, status);
    Py_RETURN_NONE;
}

PyDoc_STRVAR(unit_doc,
"unit($self, label='', *, timeout=None)\n--\n\n"
"Make the context manager of a unit of work: `with ctx.unit('load'):`.\n\n"
"As Heartbeat.unit(): a pulse at its beginning, and with `timeout` (seconds) a time of\n"
"its own. Never blocks. Raises Stopped when the worker was told to stop.");

static PyObject *WorkerContext_unit(PyObject *py_self, PyObject *const *args, Py_ssize_t nargs,
                                    PyObject *py_kwnames)
{
    hbpy_worker_context *self = worker_context_of(py_self);
    if (begin_sign(self) < 0)
        return NULL;
    PyObject *py_unit = PyObject_GetAttrString(self->py_beat, "unit");
    PyObject *py_made = py_unit ? PyObject_Vectorcall(py_unit, args, (size_t)nargs, py_kwnames) : NULL;
    Py_XDECREF(py_unit);
    return py_made;
}

/* ---- looking ---- */

static PyObject *WorkerContext_stopping(PyObject *py_self, void *unused)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    hbpy_worker_context *self = worker_context_of(py_self);
    (void)unused;
    bool stopping = is_stopping(self);
    if (stopping && hb_load_relaxed(&self->thread) == hb__this_thread_id)
        self->told = true;
    return PyBool_FromLong(stopping);
}

/* The closure is the offset of the field. */
static PyObject *WorkerContext_part(PyObject *self, void *offset)
{
    return Py_NewRef(*(PyObject **)((char *)self + (size_t)offset));
}

static PyObject *WorkerContext_repr(PyObject *self)
{
    return PyUnicode_FromFormat("<heartbeat.WorkerContext of %R>",
                                worker_context_of(self)->py_name);
}

/* ---- the type ---- */

PyDoc_STRVAR(doc,
"What a Worker gives its work: to receive, send, select and sleep on duty.\n\n"
"On duty means: while the call waits, the worker pulses on its interval, without taking\n"
"the interpreter lock and without losing its place in any queue; and when the worker\n"
"is told to stop, the call raises Stopped, and what it would have sent is dropped.\n"
"Uncaught, Stopped ends the worker quietly. Without an interval there is one pulse at\n"
"the beginning of each unit of work: a unit begins when something was received, or with\n"
"a send if none is open, and ends with the next send or receive.\n\n"
"It belongs to the worker's thread: elsewhere, and after the end, its methods raise\n"
"Error.");

/* Filled once from the files that define the methods. */
static PyMethodDef methods[7];

static void fill_methods(void)
{
    PyMethodDef all[] = {
        hbpy_worker_send_method, hbpy_worker_recv_method,
        hbpy_worker_select_method, hbpy_worker_sleep_method,
        { "pulse", WorkerContext_pulse, METH_NOARGS, pulse_doc },
        { "unit", (PyCFunction)(void (*)(void))WorkerContext_unit, METH_FASTCALL | METH_KEYWORDS, unit_doc },
    };
    memcpy(methods, all, sizeof all);
}

#define PART(field) (void *)offsetof(hbpy_worker_context, field)

static PyGetSetDef getset[] = {
    { "beat", WorkerContext_part, NULL, "The worker's Heartbeat: progress(), pause(), stats().",
      PART(py_beat) },
    { "done", WorkerContext_part, NULL, "A source that closes when the worker is to stop.", PART(py_done) },
    { "name", WorkerContext_part, NULL, "The worker's name.", PART(py_name) },
    { "stopping", WorkerContext_stopping, NULL, "Whether the worker was told to stop.", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

static PyType_Slot slots[] = {
    { Py_tp_doc, (void *)doc },            { Py_tp_dealloc, dealloc },
    { Py_tp_traverse, traverse },          { Py_tp_repr, WorkerContext_repr },
    { Py_tp_methods, methods },            { Py_tp_getset, getset },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "heartbeat.WorkerContext",
    .basicsize = sizeof(hbpy_worker_context),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int hbpy_init_worker_context(PyObject *module, hbpy_state *state)
{
    fill_methods();
    return hbpy_add_type(module, &state->WorkerContext, &spec, NULL);
}
