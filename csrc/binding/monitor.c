/* monitor: the Monitor type: its life and what the collector sees. */
#include "monitor.h"

#include "stack.h"

/* ---- making ---- */

static size_t describe(hbpy_alive *alive, char *text, size_t size)
{
    (void)alive;
    return (size_t)snprintf(text, size, "watches");
}

static int make_core(hbpy_monitor *self)
{
    self->monitor = hb_monitor_new("");
    self->py_watched = PyDict_New();
    self->py_channels = PyDict_New();
    if (self->monitor && self->py_watched && self->py_channels) {
        self->base.source = hb_monitor_source(self->monitor);
        hb_monitor_want_stack(self->monitor, true);
        return 0;
    }
    if (!PyErr_Occurred())
        PyErr_NoMemory();
    return -1;
}

/* A subclass that forgets our __init__ gets a monitor all the same. */
static PyObject *Monitor_new(PyTypeObject *type, PyObject *py_args, PyObject *py_kwargs)
{
    (void)py_args; /* __init__'s */
    (void)py_kwargs;
    hbpy_monitor *self = monitor_of(type->tp_alloc(type, 0));
    if (!self)
        return NULL;
    self->base.kind = &hbpy_monitor_kind;
    self->timeout = self->grace = HB_FOREVER;
    self->misses = 1;
    hb_store_relaxed(&self->patience, (uint64_t)HB_SECOND);
    hb_store_relaxed(&self->stack, 1);
    if (make_core(self) < 0)
        Py_CLEAR(self);
    return (PyObject *)self;
}

static void drop_event(hb_word word)
{
    hb_health_unref(word.ptr);
}

static int take_on_event(hbpy_monitor *self, PyObject *py_on_event)
{
    if (!py_on_event || py_on_event == Py_None)
        return 0;
    if (!PyCallable_Check(py_on_event)) {
        PyErr_Format(PyExc_TypeError, "on_event must be callable or None, not %s", Py_TYPE(py_on_event)->tp_name);
        return -1;
    }
    self->events = hb_chan_new(HB_UNBOUNDED, drop_event);
    if (!self->events) {
        PyErr_NoMemory();
        return -1;
    }
    hb_monitor_forward(self->monitor, self->events);
    self->py_on_event = Py_NewRef(py_on_event);
    hb_store_relaxed(&self->acts, 1);
    return 0;
}

static int check_not_made(hbpy_monitor *self)
{
    if (self->made)
        PyErr_SetString(PyExc_RuntimeError, "the monitor is initialised already");
    return self->made ? -1 : 0;
}

static int configure(hbpy_monitor *self, PyObject *py_timeout, PyObject *py_grace, PyObject *py_misses,
                     PyObject *py_stack)
{
    bool stack = true;
    hb_time timeout, grace;
    uint32_t misses = 1;
    if (hbpy_monitor_time(py_timeout, "timeout", &timeout) < 0 ||
        hbpy_parse_duration(py_grace, "grace", &grace) < 0 || hbpy_monitor_misses(py_misses, &misses) < 0 ||
        (py_stack && hbpy_parse_flag(py_stack, &stack) < 0))
        return -1;
    self->timeout = timeout;
    self->grace = grace;
    self->misses = misses;
    hb_store_relaxed(&self->stack, stack);
    hb_monitor_want_stack(self->monitor, stack);
    return 0;
}

/* For whoever explains a wait. A name that is no text in UTF-8 is not told. */
static void tell_name(hbpy_monitor *self)
{
    const char *name = self->py_name ? PyUnicode_AsUTF8(self->py_name) : NULL;
    if (name)
        hb_source_set_name(hb_monitor_source(self->monitor), name);
    PyErr_Clear();
}

static int Monitor_init(PyObject *py_self, PyObject *py_args, PyObject *py_kwargs)
{
    static char *names[] = { "beat", "timeout", "grace", "misses", "on_event", "stack", "name", NULL };
    hbpy_monitor *self = monitor_of(py_self);
    hbpy_watch_args watch = { NULL };
    PyObject *py_timeout = NULL, *py_grace = NULL, *py_misses = NULL, *py_on_event = NULL, *py_stack = NULL;
    PyObject *py_name = NULL;
    if (!PyArg_ParseTupleAndKeywords(py_args, py_kwargs, "|O$OOOOOO:Monitor", names, &watch.py_beat, &py_timeout,
                                     &py_grace, &py_misses, &py_on_event, &py_stack, &py_name) ||
        check_not_made(self) < 0 || configure(self, py_timeout, py_grace, py_misses, py_stack) < 0 ||
        hbpy_parse_name(py_name, &self->py_name) < 0 || take_on_event(self, py_on_event) < 0)
        return -1;
    tell_name(self);
    self->alive = (hbpy_alive){ .kind = "monitor", .py_what = self->py_name, .key = self->base.source,
                                .describe = describe };
    hbpy_origin_made(self, self->base.source);
    self->made = true;
    return watch.py_beat && watch.py_beat != Py_None ? hbpy_monitor_watch(self, &watch) : 0;
}

/* ---- as a context, and as an iterator ---- */

static PyObject *Monitor_enter(PyObject *self, PyObject *unused)
{
    if (hbpy_point(self) < 0)
        return NULL;
    return hbpy_monitor_start(self, unused);
}

static PyObject *Monitor_exit(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (hbpy_point(self) < 0)
        return NULL;
    (void)args;
    (void)nargs;
    PyObject *py_closed = hbpy_monitor_close(self, NULL);
    Py_XDECREF(py_closed);
    return py_closed ? Py_NewRef(Py_None) : NULL;
}

static PyObject *Monitor_next(PyObject *py_self)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    hb_word word;
    hb_status status = hbpy_source_wait(&monitor_of(py_self)->base, HB_FOREVER, &word);
    if (status == HB_OK)
        return hbpy_monitor_kind.decode(&monitor_of(py_self)->base, word);
    return status == HB_CLOSED ? NULL : hbpy_raise(hbpy_state_of(py_self), status);
}

/* ---- the type ---- */

static int traverse(PyObject *py_self, visitproc visit, void *arg)
{
    hbpy_monitor *self = monitor_of(py_self);
    Py_VISIT(Py_TYPE(py_self));
    Py_VISIT(self->py_watched);
    Py_VISIT(self->py_channels);
    Py_VISIT(self->py_on_event);
    return 0;
}

static int clear(PyObject *py_self)
{
    hbpy_monitor *self = monitor_of(py_self);
    hbpy_alive_gone(&self->alive);
    if (self->monitor)
        hb_monitor_close(self->monitor);
    hbpy_monitor_close_channels(self);
    if (self->py_watched)
        PyDict_Clear(self->py_watched);
    if (self->py_channels)
        PyDict_Clear(self->py_channels);
    Py_CLEAR(self->py_on_event);
    return 0;
}

static void dealloc(PyObject *py_self)
{
    hbpy_monitor *self = monitor_of(py_self);
    PyTypeObject *type = Py_TYPE(py_self);
    PyObject_GC_UnTrack(py_self);
    if (self->base.weakrefs)
        PyObject_ClearWeakRefs(py_self);
    hbpy_origin_gone(self, self->base.source);
    clear(py_self);
    if (self->monitor) {
        hb_source_set_name(hb_monitor_source(self->monitor), NULL);
        hb_monitor_unref(self->monitor);
    }
    hb_chan_unref(self->events);
    hb_chan_unref(self->ended);
    Py_XDECREF(self->py_watched);
    Py_XDECREF(self->py_channels);
    Py_XDECREF(self->py_name);
    type->tp_free(py_self);
    Py_DECREF(type);
}

static PyObject *Monitor_health(PyObject *self, void *unused)
{
    if (hbpy_point(self) < 0)
        return NULL;
    (void)unused;
    return Py_NewRef(self);
}

static PyObject *Monitor_name(PyObject *self, void *unused)
{
    (void)unused;
    return Py_NewRef(monitor_of(self)->py_name ? monitor_of(self)->py_name : Py_None);
}

static PyObject *Monitor_closed(PyObject *self, void *unused)
{
    if (hbpy_point(self) < 0)
        return NULL;
    (void)unused;
    return PyBool_FromLong(hb_load_acquire(&monitor_of(self)->closed));
}

static PyObject *Monitor_repr(PyObject *py_self)
{
    hbpy_monitor *self = monitor_of(py_self);
    const char *state = hb_load_acquire(&self->closed)    ? "closed"
                        : hb_load_acquire(&self->started) ? "running"
                                                          : "not started";
    PyObject *py_name = self->py_name ? PyUnicode_FromFormat(" %R", self->py_name) : PyUnicode_FromString("");
    PyObject *py_repr = py_name ? PyUnicode_FromFormat("<%s%U: %s, watches %zd>", Py_TYPE(py_self)->tp_name, py_name,
                                                       state, PyDict_GET_SIZE(self->py_watched) + PyDict_GET_SIZE(self->py_channels)) : NULL;
    Py_XDECREF(py_name);
    return py_repr;
}

static PyMethodDef methods[] = {
    { "__enter__", Monitor_enter, METH_NOARGS, "Start it." },
    { "__exit__", (PyCFunction)(void (*)(void))Monitor_exit, METH_FASTCALL, "Close it." },
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef getset[] = {
    { "health", Monitor_health, NULL,
      "The source of Health events: the monitor itself, one event for each change of a beat.", NULL },
    { "name", Monitor_name, NULL, "What it was named, or None.", NULL },
    { "closed", Monitor_closed, NULL, "Whether it has been closed.", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

PyDoc_STRVAR(doc,
"Monitor(beat=None, *, timeout=None, grace=None, misses=1, on_event=None, stack=True, name=None)\n--\n\n"
"Watches heartbeats and reports when one falls silent, recovers, or ends.\n\n"
"`beat`: a Heartbeat, or what has one as .beat (a Worker); more come with watch(). `timeout`:\n"
"seconds without a pulse that are a silence; without it, the beat's own. `grace`: seconds the\n"
"first pulse may take, if more than that. `misses`: how many timeouts in a row it takes.\n\n"
"A monitor is a source of Health events: receive from it, select over it, or iterate. They\n"
"are edges: one when a beat turns unhealthy, one when it recovers, one when it ends. Nobody\n"
"has to read them: of each beat the newest is kept. on_event(health) is called for every one,\n"
"in order, on a thread of the engine.\n\n"
"Verdicts are reached by a native thread, also while some thread keeps the interpreter lock;\n"
"dump(), signal(), exit(), abort() and notify() say what it shall do then. `stack`: whether a\n"
"silent thread is asked for its Python stack, by a signal (see stack_signal).\n\n"
"    with Monitor(worker, timeout=2.0).dump() as monitor:\n"
"        for health in monitor:\n"
"            print(health.healthy, health.cause, health.where)");

/* What the files of the family contribute. */
static PyMethodDef all_methods[32];
static PyGetSetDef all_getset[8];

static void fill_tables(void)
{
    const PyMethodDef *tables[] = { methods, hbpy_monitor_watch_methods, hbpy_monitor_action_methods };
    size_t n = 0, i = 0;
    all_methods[n++] = hbpy_monitor_start_method;
    all_methods[n++] = hbpy_monitor_close_method;
    all_methods[n++] = hbpy_monitor_stats_method;
    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (const PyMethodDef *method = tables[t]; method->ml_name; method++)
            all_methods[n++] = *method;
    for (const PyGetSetDef *get = getset; get->name; get++)
        all_getset[i++] = *get;
    all_getset[i] = hbpy_monitor_status_getset;
}

static PyType_Slot slots[] = {
    { Py_tp_doc, (void *)doc },
    { Py_tp_new, Monitor_new },
    { Py_tp_init, Monitor_init },
    { Py_tp_dealloc, dealloc },
    { Py_tp_traverse, traverse },
    { Py_tp_clear, clear },
    { Py_tp_repr, Monitor_repr },
    { Py_tp_iter, PyObject_SelfIter },
    { Py_tp_iternext, Monitor_next },
    { Py_tp_methods, all_methods },
    { Py_tp_getset, all_getset },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "heartbeat.Monitor",
    .basicsize = sizeof(hbpy_monitor),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

/* ---- the module ---- */

static void tell_core(void)
{
    uintptr_t begin = 0, end = 0;
    hb_platform_variable("_PyRuntime", &begin, &end);
    hb_monitor_set_interpreter(begin, end);
    hb_monitor_set_stack(hbpy_stack_capture);
}

int hbpy_init_monitor(PyObject *module, hbpy_state *state)
{
    fill_tables();
    tell_core();
    state->monitors = PySet_New(NULL);
    if (!state->monitors)
        return -1;
    return hbpy_add_type(module, &state->Monitor, &spec, state->Source);
}
