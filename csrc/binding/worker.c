/* worker: the Worker type: its life and what the collector sees. */
#include "worker.h"

/* ---- as a source: its results ---- */

static hbpy_source *results_of(hbpy_source *self)
{
    return (hbpy_source *)worker_of(self)->py_results;
}

static PyObject *decode(hbpy_source *self, hb_word word)
{
    return results_of(self)->kind->decode(results_of(self), word);
}

static void drop(hbpy_source *self, hb_word word)
{
    results_of(self)->kind->drop(results_of(self), word);
}

static void raise_closed(hbpy_source *self)
{
    results_of(self)->kind->raise_closed(results_of(self));
}

static const hbpy_kind kind = { decode, NULL, drop, raise_closed };

/* ---- making ---- */

typedef struct given {
    PyObject *py_work, *py_interval, *py_timeout, *py_results, *py_name, *py_done, *py_data, *py_dtype;
} given;

static int parse(PyObject *py_args, PyObject *py_kwargs, given *out)
{
    static char *names[] = { "work", "interval", "timeout", "results", "name", "done", "data", "dtype",
                             NULL };
    return PyArg_ParseTupleAndKeywords(py_args, py_kwargs, "O|$OOOOOOO:Worker", names, &out->py_work,
                                       &out->py_interval, &out->py_timeout, &out->py_results,
                                       &out->py_name, &out->py_done, &out->py_data, &out->py_dtype)
               ? 0 : -1;
}

/* What has a due time of its own is never closed, and so is no end. */
static int read_done(hbpy_state *state, hbpy_worker *self, PyObject *py_done)
{
    if (!py_done || py_done == Py_None)
        return 0;
    if (!PyObject_TypeCheck(py_done, state->Channel) && !Py_IS_TYPE(py_done, state->Task) &&
        !Py_IS_TYPE(py_done, state->Done)) {
        PyErr_Format(PyExc_TypeError, "done must be a Channel or a Task, not %s",
                     Py_TYPE(py_done)->tp_name);
        return -1;
    }
    self->py_follows = Py_NewRef(py_done);
    return hbpy_check_source((hbpy_source *)py_done);
}

static int read_name(hbpy_worker *self, PyObject *py_name, PyObject *py_work)
{
    if (hbpy_parse_name(py_name, &self->py_name) < 0)
        return -1;
    if (!self->py_name)
        self->py_name = hbpy_default_name(py_work, "worker");
    return self->py_name ? 0 : -1;
}

/* The dtype of the results, of which a native unit has its own: a new reference. */
static PyObject *results_dtype(hbpy_worker *self, PyObject *py_dtype)
{
    bool asked = py_dtype && py_dtype != Py_None;
    if (asked || !hbpy_worker_is_native(self))
        return Py_NewRef(asked ? py_dtype : Py_None);
    return PyUnicode_FromFormat("%c", hbpy_native_dtype(&self->native, 0));
}

static int check_dtype(hbpy_worker *self)
{
    char dtype = channel_of(self->py_results)->dtype;
    return hbpy_worker_is_native(self) && !hbpy_native_dtype(&self->native, dtype) ? -1 : 0;
}

static int make_results(hbpy_state *state, hbpy_worker *self, const given *arguments)
{
    PyObject *py_zero = PyLong_FromLong(0);
    PyObject *py_capacity = arguments->py_results ? arguments->py_results : py_zero;
    PyObject *py_dtype = py_zero ? results_dtype(self, arguments->py_dtype) : NULL;
    if (py_dtype)
        self->py_results = hbpy_channel_new(state, "results", py_capacity, py_dtype, self->py_name);
    Py_XDECREF(py_dtype);
    Py_XDECREF(py_zero);
    if (!self->py_results || check_dtype(self) < 0)
        return -1;
    self->base.source = ((hbpy_source *)self->py_results)->source;
    return 0;
}

static int make(hbpy_state *state, hbpy_worker *self, const given *arguments)
{
    hb_time interval, timeout;
    if (hbpy_heartbeat_times(arguments->py_interval, arguments->py_timeout, &interval, &timeout) < 0 ||
        hbpy_worker_read_work(self, arguments->py_work, arguments->py_data) < 0 ||
        read_done(state, self, arguments->py_done) < 0 ||
        read_name(self, arguments->py_name, arguments->py_work) < 0 ||
        make_results(state, self, arguments) < 0)
        return -1;
    self->py_beat = hbpy_heartbeat_new(state, self->py_name, interval, timeout);
    self->py_done = self->py_beat ? hbpy_done_new(state) : NULL;
    return self->py_done ? 0 : -1;
}

static PyObject *Worker_new(PyTypeObject *type, PyObject *py_args, PyObject *py_kwargs)
{
    given arguments = { NULL };
    if (parse(py_args, py_kwargs, &arguments) < 0)
        return NULL;
    PyObject *self = type->tp_alloc(type, 0);
    if (!self)
        return NULL;
    worker_of(self)->base.kind = &kind;
    if (make(hbpy_state_of(self), worker_of(self), &arguments) < 0)
        Py_CLEAR(self);
    else
        hbpy_origin_made(self, NULL); /* its source is that of its results */
    return self;
}

/* ---- life ---- */

static int traverse(PyObject *py_self, visitproc visit, void *arg)
{
    hbpy_worker *self = worker_of(py_self);
    Py_VISIT(Py_TYPE(py_self));
    Py_VISIT(self->py_results);
    Py_VISIT(self->py_follows);
    Py_VISIT(self->py_work);
    Py_VISIT(self->py_context);
    Py_VISIT(self->py_exception);
    return hbpy_native_traverse(&self->native, visit, arg);
}

/* What others of its parts rely on stays. */
static int clear(PyObject *py_self)
{
    hbpy_worker *self = worker_of(py_self);
    Py_CLEAR(self->py_work);
    Py_CLEAR(self->py_context);
    Py_CLEAR(self->py_exception);
    hbpy_native_release(&self->native);
    return 0;
}

static bool was_seen(hbpy_worker *self)
{
    return hb_load_relaxed(&self->looked) || hb_load_relaxed(&channel_of(self->py_results)->told);
}

/* Nobody holds the worker any more: an exception nobody has seen is told now. */
static void finalize(PyObject *py_self)
{
    hbpy_worker *self = worker_of(py_self);
    if (self->py_exception && !was_seen(self))
        hbpy_report_exception(hbpy_state_of(py_self), self->py_exception, py_self);
    hb_store_relaxed(&self->looked, 1);
}

static void dealloc(PyObject *py_self)
{
    hbpy_worker *self = worker_of(py_self);
    PyTypeObject *type = Py_TYPE(py_self);
    if (PyObject_CallFinalizerFromDealloc(py_self) < 0)
        return; /* the hook keeps it */
    PyObject_GC_UnTrack(py_self);
    Py_TRASHCAN_BEGIN(py_self, dealloc)
    if (self->base.weakrefs)
        PyObject_ClearWeakRefs(py_self);
    clear(py_self);
    hbpy_origin_gone(self, NULL);
    Py_XDECREF(self->py_done);
    Py_XDECREF(self->py_beat);
    Py_XDECREF(self->py_follows);
    Py_XDECREF(self->py_results);
    Py_XDECREF(self->py_name);
    hb_worker_unref(self->worker);
    type->tp_free(py_self);
    Py_DECREF(type);
    Py_TRASHCAN_END
}

/* ---- the type ---- */

PyDoc_STRVAR(doc,
"Worker(work, *, interval=None, timeout=None, results=0, name=None, done=None,\n"
"       data=None, dtype=None)\n--\n\n"
"Work on a thread of its own that gives signs of life, hands over results and can be\n"
"told to stop.\n\n"
"work      a callable, called with a WorkerContext if it needs an argument; or a generator\n"
"          function: each value it yields is a result, each resume a unit of work; or a\n"
"          native unit, which runs without the interpreter: a PyCapsule named by its C\n"
"          type, a function pointer of ctypes or cffi, or a numba cfunc, of one of the types\n"
"              int (heartbeat_worker *, void *)    the whole worker: see heartbeat.h\n"
"              int (void *, int64_t *)             one result a call: 0, at the end 1\n"
"              int (void *, double *)              the same for dtype 'd'\n"
"          Any other code it returns is raised: Error, with the attribute .code.\n"
"interval  seconds from pulse to pulse, also while the worker waits for work or for\n"
"          somebody to take a result. None: one pulse before every unit of work.\n"
"timeout   seconds of silence after which a Monitor calls it unhealthy.\n"
"results   the capacity of .results; 0: each result waits for a receiver.\n"
"name      a str that names the worker, its thread, its heartbeat and its channel.\n"
"done      a Channel or Task: when it is closed or ended (or gives a value), the\n"
"          worker is told to stop, as by stop().\n"
"data      what a native unit is given: None, an address (int), a capsule, a pointer of\n"
"          ctypes or cffi, or a buffer; held until the unit has ended.\n"
"dtype     that of .results: None, 'q' or 'd', as Channel's; for a native unit its own.\n\n"
"    def work(ctx):\n"
"        while True:\n"
"            ctx.send(digest(ctx.recv(jobs)))\n\n"
"    with Worker(work, interval=1.0) as worker:    # starts; at the end stops and joins\n"
"        for result in worker: ...                 # its results, until it ends\n\n"
"A loop over a worker that was not started starts it. What it waits for through its\n"
"context ends when it is told to stop: a result it could not hand over is dropped. At\n"
"its end .results closes, then .pulses. If it raised, the exception is the cause that\n"
".results is closed with; one that nobody saw goes to threading.excepthook when the\n"
"worker is dropped. As a source it is its .results.");

static PyType_Slot slots[] = {
    { Py_tp_doc, (void *)doc },
    { Py_tp_new, Worker_new },
    { Py_tp_dealloc, dealloc },
    { Py_tp_traverse, traverse },
    { Py_tp_clear, clear },
    { Py_tp_finalize, finalize },
    { Py_tp_repr, hbpy_worker_repr },
    { Py_tp_iter, hbpy_worker_iter },
    { Py_tp_iternext, hbpy_worker_next },
    { Py_tp_methods, hbpy_worker_methods },
    { Py_tp_getset, hbpy_worker_getset },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "heartbeat.Worker",
    .basicsize = sizeof(hbpy_worker),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int hbpy_init_worker(PyObject *module, hbpy_state *state)
{
    return hbpy_add_type(module, &state->Worker, &spec, state->Source);
}
