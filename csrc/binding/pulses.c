/* pulses: the Pulses type, from which the pulses of a heartbeat are received. It keeps
 * the core's beat, and not the Heartbeat: whoever holds only the receiving side sees the
 * end when the Heartbeat goes. */
#include "beat.h"

typedef struct hbpy_pulses {
    hbpy_source base;
    hb_beat *beat; /* a reference */
} hbpy_pulses;

static hb_beat *beat_of(void *self)
{
    return ((hbpy_pulses *)self)->beat;
}

static hb_pulses *pulses_of(void *self)
{
    return (hb_pulses *)((hbpy_source *)self)->source;
}

/* ---- as a source ---- */

static PyObject *decode(hbpy_source *self, hb_word word)
{
    (void)self;
    return hbpy_seconds(word.i64);
}

static void drop(hbpy_source *self, hb_word word)
{
    (void)self; /* an instant owns nothing */
    (void)word;
}

/* Also a Heartbeat's, which shares the source. */
static void raise_closed(hbpy_source *self)
{
    PyObject *py_name = hbpy_beat_text(hb_beat_name(pulses_of(self)->beat));
    PyObject *py_message = py_name ? PyUnicode_FromFormat("heartbeat %R has ended: no pulse will come", py_name)
                                   : NULL;
    if (py_message)
        hbpy_raise_closed(hbpy_state_of((PyObject *)self), py_message, NULL);
    Py_XDECREF(py_message);
    Py_XDECREF(py_name);
}

const hbpy_kind hbpy_pulses_kind = { decode, NULL, drop, raise_closed };

PyObject *hbpy_pulses_next(PyObject *py_self)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    hbpy_source *self = (hbpy_source *)py_self;
    hb_word word;
    hb_status status = hbpy_source_wait(self, HB_FOREVER, &word);
    if (status == HB_OK)
        return decode(self, word);
    return status == HB_CLOSED ? NULL : hbpy_raise(hbpy_state_of(py_self), status);
}

/* ---- looking ---- */

static PyObject *Pulses_closed(PyObject *self, void *unused)
{
    if (hbpy_point(self) < 0)
        return NULL;
    (void)unused;
    return PyBool_FromLong(hb_beat_has_ended(beat_of(self)));
}

static PyObject *Pulses_name(PyObject *self, void *unused)
{
    (void)unused;
    const char *name = hb_beat_name(beat_of(self));
    if (!*name)
        Py_RETURN_NONE;
    return hbpy_beat_text(name);
}

static PyObject *Pulses_waiting(PyObject *self, void *unused)
{
    if (hbpy_point(self) < 0)
        return NULL;
    (void)unused;
    return PyLong_FromSize_t(hb_pulses_waiting(pulses_of(self)));
}

static PyObject *Pulses_repr(PyObject *self)
{
    PyObject *py_name = Pulses_name(self, NULL);
    if (!py_name)
        return NULL;
    PyObject *py_repr = PyUnicode_FromFormat("<heartbeat.Pulses of %R: %zu wait%s>", py_name,
                                             hb_pulses_waiting(pulses_of(self)),
                                             hb_beat_has_ended(beat_of(self)) ? ", closed" : "");
    Py_DECREF(py_name);
    return py_repr;
}

/* ---- the type ---- */

PyObject *hbpy_pulses_new(hbpy_state *state, hb_beat *beat, hb_source *source)
{
    hbpy_pulses *self = (hbpy_pulses *)state->Pulses->tp_alloc(state->Pulses, 0);
    if (!self)
        return NULL;
    self->beat = hb_beat_ref(beat);
    self->base.kind = &hbpy_pulses_kind;
    self->base.source = source;
    return (PyObject *)self;
}

static void dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (((hbpy_source *)self)->weakrefs)
        PyObject_ClearWeakRefs(self);
    hb_beat_unref(beat_of(self));
    type->tp_free(self);
    Py_DECREF(type);
}

PyDoc_STRVAR(doc,
"The pulses of a Heartbeat, to be received: its .pulses. It is not made directly.\n\n"
"What is received is the instant of the pulse (float seconds, on the clock of now()).\n"
"At most one pulse is kept, the newest; with keep=0 none: then a pulse reaches who\n"
"waits for it at that moment. When the heartbeat ends, by close() or because nobody\n"
"holds it any more, a kept pulse can still be received, then receivers get Closed and\n"
"`for instant in pulses` ends. Holding the Pulses does not keep the Heartbeat.");

static PyGetSetDef getset[] = {
    { "closed", Pulses_closed, NULL, "Whether the heartbeat has ended.", NULL },
    { "name", Pulses_name, NULL, "The heartbeat's name, or None.", NULL },
    { "waiting", Pulses_waiting, NULL, "How many calls wait for a pulse now.", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

static PyType_Slot slots[] = {
    { Py_tp_doc, (void *)doc },        { Py_tp_dealloc, dealloc },
    { Py_tp_repr, Pulses_repr },       { Py_tp_iter, PyObject_SelfIter },
    { Py_tp_iternext, hbpy_pulses_next }, { Py_tp_getset, getset },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "heartbeat.Pulses",
    .basicsize = sizeof(hbpy_pulses),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int hbpy_init_pulses(PyObject *module, hbpy_state *state)
{
    return hbpy_add_type(module, &state->Pulses, &spec, state->Source);
}
