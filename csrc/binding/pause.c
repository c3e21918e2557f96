/* pause: what Heartbeat.pause() returns: the pause has begun, and `with` ends it. */
#include "beat.h"

typedef struct hbpy_pause {
    PyObject_HEAD
    PyObject *py_heartbeat; /* constant */
} hbpy_pause;

static hbpy_pause *pause_of(void *self)
{
    return self;
}

PyObject *hbpy_pause_new(hbpy_state *state, PyObject *py_heartbeat)
{
    hbpy_pause *self = pause_of(state->Pause->tp_alloc(state->Pause, 0));
    if (self)
        self->py_heartbeat = Py_NewRef(py_heartbeat);
    return (PyObject *)self;
}

PyDoc_STRVAR(enter_doc,
"__enter__($self, /)\n--\n\n"
"Return the pause, which has begun already.");

static PyObject *Pause_enter(PyObject *self, PyObject *unused)
{
    if (hbpy_point(self) < 0)
        return NULL;
    (void)unused;
    return Py_NewRef(self);
}

PyDoc_STRVAR(exit_doc,
"__exit__($self, /, *exc_info)\n--\n\n"
"End the pause with a pulse; nothing happens if the heartbeat has ended meanwhile.");

static PyObject *Pause_exit(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    if (hbpy_point(self) < 0)
        return NULL;
    (void)args;
    (void)nargs;
    hb_beat_pulse(heartbeat_of(pause_of(self)->py_heartbeat)->beat);
    Py_RETURN_NONE;
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(pause_of(self)->py_heartbeat);
    return 0;
}

static void dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_DECREF(pause_of(self)->py_heartbeat);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    { "__enter__", Pause_enter, METH_NOARGS, enter_doc },
    { "__exit__", (PyCFunction)(void (*)(void))Pause_exit, METH_FASTCALL, exit_doc },
    { NULL, NULL, 0, NULL },
};

static PyType_Slot slots[] = {
    { Py_tp_doc, "A pause, made by Heartbeat.pause()." },
    { Py_tp_dealloc, dealloc },
    { Py_tp_traverse, traverse },
    { Py_tp_methods, methods },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "heartbeat._Pause",
    .basicsize = sizeof(hbpy_pause),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int hbpy_init_pause(PyObject *module, hbpy_state *state)
{
    return hbpy_add_type(module, &state->Pause, &spec, NULL);
}
