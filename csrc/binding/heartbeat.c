/* heartbeat: the Heartbeat type: its life, its times, and which one belongs to a beat.
 * What it does is in heartbeat_ops.c. */
#include "beat.h"

/* Guards every hb_beat_owner, and the reference that is taken of what it leads to. A leaf. */
static hb_lock owners;

/* ---- the Heartbeat of a beat ---- */

static void adopt(hbpy_heartbeat *self)
{
    hb_lock_acquire(&owners);
    void **owner = hb_beat_owner(self->beat);
    if (!*owner)
        *owner = self->py_weak;
    hb_lock_release(&owners);
}

static void disown(hbpy_heartbeat *self)
{
    hb_lock_acquire(&owners);
    void **owner = hb_beat_owner(self->beat);
    if (*owner == self->py_weak)
        *owner = NULL;
    hb_lock_release(&owners);
}

/* The object of a weak reference, NULL if it is gone or about to go. */
static PyObject *follow(PyObject *py_weak)
{
#if PY_VERSION_HEX >= 0x030d0000
    PyObject *py_object = NULL;
    PyWeakref_GetRef(py_weak, &py_object);
    return py_object;
#else
    PyObject *py_object = PyWeakref_GetObject(py_weak);
    return py_object == Py_None ? NULL : Py_NewRef(py_object);
#endif
}

PyObject *hbpy_heartbeat_find(hb_beat *beat)
{
    hb_lock_acquire(&owners);
    void **owner = hb_beat_owner(beat);
    PyObject *py_weak = owner ? Py_XNewRef(*owner) : NULL;
    hb_lock_release(&owners);
    PyObject *py_heartbeat = py_weak ? follow(py_weak) : NULL;
    Py_XDECREF(py_weak);
    return py_heartbeat;
}

/* ---- making ---- */

/* Gives the object its beat, and its name (or NULL): new references, which are taken over. */
static int make(hbpy_state *state, hbpy_heartbeat *self, hb_beat *beat, PyObject *py_name, bool keep)
{
    hb_pulses *pulses = hb_beat_pulses(beat, keep);
    PyObject *py_pulses = pulses ? hbpy_pulses_new(state, beat, &pulses->source) : PyErr_NoMemory();
    PyObject *py_weak = py_pulses ? PyWeakref_NewRef((PyObject *)self, NULL) : NULL;
    if (!py_weak) {
        Py_XDECREF(py_pulses);
        Py_XDECREF(py_name);
        hb_beat_unref(beat);
        return -1;
    }
    self->py_name = py_name;
    self->py_pulses = py_pulses;
    self->py_weak = py_weak;
    self->base.source = &pulses->source;
    self->beat = beat;
    hbpy_origin_made(self, self->base.source);
    adopt(self);
    return 0;
}

static int open_beat(hbpy_state *state, hbpy_heartbeat *self, PyObject *py_name, bool keep)
{
    const char *name = py_name ? PyUnicode_AsUTF8(py_name) : NULL;
    hb_beat *beat = py_name && !name ? NULL : hb_beat_open(name);
    if (!beat) {
        if (!PyErr_Occurred())
            PyErr_NoMemory();
        return -1;
    }
    self->owns = true;
    return make(state, self, beat, Py_XNewRef(py_name), keep);
}

static hbpy_heartbeat *new_heartbeat(PyTypeObject *type)
{
    hbpy_heartbeat *self = heartbeat_of(type->tp_alloc(type, 0));
    if (!self)
        return NULL;
    self->base.kind = &hbpy_pulses_kind;
    self->interval = self->timeout = HB_FOREVER;
    return self;
}

PyObject *hbpy_heartbeat_new(hbpy_state *state, PyObject *py_name, hb_time interval, hb_time timeout)
{
    hbpy_heartbeat *self = new_heartbeat(state->Heartbeat);
    if (!self)
        return NULL;
    self->interval = interval;
    self->timeout = timeout;
    if (open_beat(state, self, py_name, true) < 0)
        Py_CLEAR(self);
    return (PyObject *)self;
}

static PyObject *make_light(hbpy_state *state, hb_beat *beat)
{
    const char *name = hb_beat_name(beat);
    PyObject *py_name = *name ? hbpy_beat_text(name) : NULL;
    if (*name && !py_name)
        return NULL;
    hbpy_heartbeat *self = new_heartbeat(state->Heartbeat);
    if (!self) {
        Py_XDECREF(py_name);
        return NULL;
    }
    if (make(state, self, hb_beat_ref(beat), py_name, true) < 0)
        Py_CLEAR(self);
    return (PyObject *)self;
}

PyObject *hbpy_heartbeat_of(hbpy_state *state, hb_beat *beat)
{
    PyObject *py_heartbeat = hbpy_heartbeat_find(beat);
    return py_heartbeat ? py_heartbeat : make_light(state, beat);
}

/* ---- Heartbeat() ---- */

int hbpy_heartbeat_time(PyObject *py_seconds, const char *name, hb_time *time)
{
    if (hbpy_parse_duration(py_seconds, name, time) < 0)
        return -1;
    if (*time == 0)
        PyErr_Format(PyExc_ValueError, "%s must be more than 0, not %R", name, py_seconds);
    return *time == 0 ? -1 : 0;
}

int hbpy_heartbeat_times(PyObject *py_interval, PyObject *py_timeout, hb_time *interval,
                         hb_time *timeout)
{
    if (hbpy_heartbeat_time(py_interval, "interval", interval) < 0 ||
        hbpy_heartbeat_time(py_timeout, "timeout", timeout) < 0)
        return -1;
    if (*interval == HB_FOREVER || *interval <= *timeout)
        return 0;
    PyErr_Format(PyExc_ValueError,
                 "interval (%R s) must not be larger than timeout (%R s): every pulse would come too late",
                 py_interval, py_timeout);
    return -1;
}

static int parse_keep(PyObject *py_keep, bool *keep)
{
    *keep = true;
    if (!py_keep)
        return 0;
    if (!PyIndex_Check(py_keep)) {
        PyErr_Format(PyExc_TypeError, "keep must be 0 or 1, not %s", Py_TYPE(py_keep)->tp_name);
        return -1;
    }
    int overflow;
    long value = PyLong_AsLongAndOverflow(py_keep, &overflow);
    if (value == -1 && !overflow && PyErr_Occurred())
        return -1;
    *keep = value == 1;
    if (value == 0 || value == 1)
        return 0;
    PyErr_Format(PyExc_ValueError, "keep must be 0 or 1, not %R", py_keep);
    return -1;
}

static int check_not_made(hbpy_heartbeat *self)
{
    if (self->beat)
        PyErr_SetString(PyExc_RuntimeError, "the heartbeat is initialised already");
    return self->beat ? -1 : 0;
}

static int Heartbeat_init(PyObject *py_self, PyObject *py_args, PyObject *py_kwargs)
{
    static char *names[] = { "name", "interval", "timeout", "keep", NULL };
    hbpy_heartbeat *self = heartbeat_of(py_self);
    PyObject *py_given = NULL, *py_interval = NULL, *py_timeout = NULL, *py_keep = NULL, *py_name;
    hb_time interval, timeout;
    bool keep;
    if (!PyArg_ParseTupleAndKeywords(py_args, py_kwargs, "|O$OOO:Heartbeat", names, &py_given,
                                     &py_interval, &py_timeout, &py_keep) ||
        hbpy_heartbeat_times(py_interval, py_timeout, &interval, &timeout) < 0 ||
        parse_keep(py_keep, &keep) < 0 || check_not_made(self) < 0 ||
        hbpy_parse_name(py_given, &py_name) < 0)
        return -1;
    self->interval = interval;
    self->timeout = timeout;
    int made = open_beat(hbpy_state_of(py_self), self, py_name, keep);
    Py_XDECREF(py_name);
    return made;
}

static PyObject *Heartbeat_new(PyTypeObject *type, PyObject *py_args, PyObject *py_kwargs)
{
    (void)py_args; /* __init__'s */
    (void)py_kwargs;
    return (PyObject *)new_heartbeat(type);
}

/* Whoever listens sees the end: nobody is left who could pulse. */
static void release(hbpy_heartbeat *self)
{
    disown(self);
    if (self->owns)
        hb_beat_end(self->beat, HB_END_CLOSED);
    hb_beat_unref(self->beat);
}

static void Heartbeat_dealloc(PyObject *py_self)
{
    hbpy_heartbeat *self = heartbeat_of(py_self);
    PyTypeObject *type = Py_TYPE(py_self);
    if (self->base.weakrefs)
        PyObject_ClearWeakRefs(py_self);
    hbpy_origin_gone(self, self->base.source);
    if (self->beat)
        release(self);
    Py_XDECREF(self->py_weak);
    Py_XDECREF(self->py_pulses);
    Py_XDECREF(self->py_name);
    type->tp_free(py_self);
    Py_DECREF(type);
}

/* ---- the type ---- */

PyDoc_STRVAR(doc,
"Heartbeat(name=None, *, interval=None, timeout=None, keep=1)\n--\n\n"
"The sign of life of a thread: whoever works pulses, others receive or watch.\n\n"
"name      a str for reprs, messages and dumps.\n"
"interval  seconds from pulse to pulse, for work that pulses on a clock.\n"
"timeout   seconds without a pulse after which a Monitor calls it unhealthy.\n"
"keep      1: the newest pulse is kept until it is received; 0: a pulse reaches only\n"
"          who waits for it at that moment.\n\n"
"pulse() costs some 30 nanoseconds and never blocks, whether anybody listens or not. As\n"
"a source it is its .pulses. Two patterns, as in Cox-Buday's Concurrency in Go:\n\n"
"    ticker = beat.pulse_interval()        # a pulse on an interval, while it waits for work\n"
"    chosen = select(jobs, ticker, done)   # when the ticker was chosen: beat.pulse()\n\n"
"    with beat.unit('load'):               # a pulse at the beginning of each unit of work:\n"
"        load(job)                         # a test that waits for it needs no sleep\n\n"
"A Heartbeat ends with close(), with its `with` block, or when nobody holds it any more:\n"
"that is an orderly end and no silence, and receivers of its pulses see it.");

static PyType_Slot slots[] = {
    { Py_tp_doc, (void *)doc },
    { Py_tp_new, Heartbeat_new },
    { Py_tp_init, Heartbeat_init },
    { Py_tp_dealloc, Heartbeat_dealloc },
    { Py_tp_repr, hbpy_heartbeat_repr },
    { Py_tp_iter, PyObject_SelfIter },
    { Py_tp_iternext, hbpy_heartbeat_next },
    { Py_tp_methods, hbpy_heartbeat_methods },
    { Py_tp_getset, hbpy_heartbeat_getset },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "heartbeat.Heartbeat",
    .basicsize = sizeof(hbpy_heartbeat),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int hbpy_init_heartbeat(PyObject *module, hbpy_state *state)
{
    return hbpy_add_type(module, &state->Heartbeat, &spec, state->Source);
}
