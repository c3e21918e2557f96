/* done: the Done type: a source that closes once, when its owner is told to stop. Whoever
 * has it can wait for that, and nobody can send on it or close it. */
#include "worker.h"

static hb_chan *chan_of(void *self)
{
    return ((hbpy_done *)self)->chan;
}

/* ---- as a source ---- */

static PyObject *decode(hbpy_source *self, hb_word word)
{
    (void)self;
    (void)word; /* nobody can send */
    Py_RETURN_NONE;
}

static void drop(hbpy_source *self, hb_word word)
{
    (void)self;
    (void)word;
}

static void raise_closed(hbpy_source *self)
{
    PyObject *py_message = PyUnicode_FromString("done: it is time to stop");
    if (py_message)
        hbpy_raise_closed(hbpy_state_of((PyObject *)self), py_message, NULL);
    Py_XDECREF(py_message);
}

static const hbpy_kind kind = { decode, NULL, drop, raise_closed };

/* ---- looking ---- */

static PyObject *Done_closed(PyObject *self, void *unused)
{
    if (hbpy_point(self) < 0)
        return NULL;
    (void)unused;
    return PyBool_FromLong(hb_chan_is_closed(chan_of(self)));
}

static PyObject *Done_repr(PyObject *self)
{
    return PyUnicode_FromFormat("<heartbeat.Done at %p%s>", self,
                                hb_chan_is_closed(chan_of(self)) ? ": closed" : "");
}

/* ---- the type ---- */

PyObject *hbpy_done_new(hbpy_state *state)
{
    hbpy_done *self = (hbpy_done *)state->Done->tp_alloc(state->Done, 0);
    if (!self)
        return NULL;
    self->base.kind = &kind;
    self->chan = hb_chan_new(0, NULL);
    if (!self->chan) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    self->base.source = hb_chan_source(self->chan);
    return (PyObject *)self;
}

static void dealloc(PyObject *self)
{
    hb_chan_unref(chan_of(self));
    hbpy_source_dealloc(self);
}

PyDoc_STRVAR(doc,
"A source that closes when its owner is to stop: a WorkerContext's .done.\n\n"
"In select() it is ready for ever from then on: value None, ok False. recv() waits for it\n"
"and raises Closed. It can be given to another Worker as done=, which then stops too.");

static PyGetSetDef getset[] = {
    { "closed", Done_closed, NULL, "Whether it is time to stop.", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

static PyType_Slot slots[] = {
    { Py_tp_doc, (void *)doc },  { Py_tp_dealloc, dealloc },
    { Py_tp_repr, Done_repr },   { Py_tp_getset, getset },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "heartbeat.Done",
    .basicsize = sizeof(hbpy_done),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int hbpy_init_done(PyObject *module, hbpy_state *state)
{
    return hbpy_add_type(module, &state->Done, &spec, state->Source);
}
