/* unit: `with beat.unit("load"):`, a unit of work.
 *
 * The hb_unit lies in the object, so the object finishes it before it goes (U1 in
 * hb_unit.h). Several threads may try to enter or leave one object: `state` lets one. */
#include "beat.h"

enum { IDLE, CHANGING, OPEN };

typedef struct hbpy_unit {
    PyObject_HEAD
    PyObject *py_heartbeat; /* constant */
    PyObject *py_label;     /* constant: str */
    hb_time timeout;        /* constant */
    hb_atomic_u32 state;
    hb_unit unit;           /* whoever changes the state */
} hbpy_unit;

static hbpy_unit *unit_of(void *self)
{
    return self;
}

static hb_beat *beat_of(hbpy_unit *self)
{
    return heartbeat_of(self->py_heartbeat)->beat;
}

PyObject *hbpy_unit_new(hbpy_state *state, PyObject *py_heartbeat, PyObject *py_label, hb_time timeout)
{
    hbpy_unit *self = unit_of(state->Unit->tp_alloc(state->Unit, 0));
    if (!self)
        return NULL;
    self->py_heartbeat = Py_NewRef(py_heartbeat);
    self->py_label = Py_NewRef(py_label);
    self->timeout = timeout;
    return (PyObject *)self;
}

/* ---- entering and leaving ---- */

static PyObject *refuse(hbpy_unit *self, const char *format)
{
    return PyErr_Format(hbpy_state_of((PyObject *)self)->Error, format, self->py_label);
}

static bool change(hbpy_unit *self, uint32_t from)
{
    return hb_cas(&self->state, &from, CHANGING);
}

static bool is_open(hbpy_unit *self)
{
    return hb_load_relaxed(&self->state) == OPEN;
}

/* That the label can be encoded was seen when the unit was made. */
static hb_status begin(hbpy_unit *self)
{
    PyObject *py_owner;
    const char *label = hbpy_label_text(self->py_label, &py_owner);
    if (!label)
        PyErr_Clear(); /* no memory for it */
    hb_status status = hb_unit_begin(beat_of(self), &self->unit, label, self->timeout, true);
    Py_XDECREF(py_owner);
    return status;
}

PyDoc_STRVAR(enter_doc,
"__enter__($self, /)\n--\n\n"
"Begin the unit with a pulse. Never blocks.\n\n"
"Raises Closed or Revoked when the heartbeat has ended, Error when the unit is open.");

static PyObject *Unit_enter(PyObject *py_self, PyObject *unused)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    hbpy_unit *self = unit_of(py_self);
    (void)unused;
    if (!change(self, IDLE))
        return refuse(self, "unit %R is open already: it can be entered again when it was left");
    hb_status status = begin(self);
    hb_store_release(&self->state, status == HB_OK ? OPEN : IDLE);
    return status == HB_OK ? Py_NewRef(py_self) : hbpy_heartbeat_ended(self->py_heartbeat, status);
}

static void finish(hbpy_unit *self)
{
    hb_unit_finish(beat_of(self), &self->unit);
    hb_store_release(&self->state, IDLE);
}

PyDoc_STRVAR(exit_doc,
"__exit__($self, /, *exc_info)\n--\n\n"
"Finish the unit: it is counted, however it ended. Never blocks.");

static PyObject *Unit_exit(PyObject *py_self, PyObject *const *args, Py_ssize_t nargs)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    hbpy_unit *self = unit_of(py_self);
    (void)args;
    (void)nargs;
    if (!change(self, OPEN))
        return refuse(self, "unit %R is not open");
    finish(self);
    Py_RETURN_NONE;
}

/* ---- life ---- */

static PyObject *Unit_repr(PyObject *self)
{
    return PyUnicode_FromFormat("<unit %R of %R: %s>", unit_of(self)->py_label,
                                unit_of(self)->py_heartbeat, is_open(unit_of(self)) ? "open" : "not open");
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT(unit_of(self)->py_heartbeat);
    return 0;
}

static void dealloc(PyObject *py_self)
{
    hbpy_unit *self = unit_of(py_self);
    PyTypeObject *type = Py_TYPE(py_self);
    PyObject_GC_UnTrack(py_self);
    if (is_open(self))
        finish(self);
    Py_DECREF(self->py_heartbeat);
    Py_DECREF(self->py_label);
    type->tp_free(py_self);
    Py_DECREF(type);
}

/* ---- the type ---- */

static PyMethodDef methods[] = {
    { "__enter__", Unit_enter, METH_NOARGS, enter_doc },
    { "__exit__", (PyCFunction)(void (*)(void))Unit_exit, METH_FASTCALL, exit_doc },
    { NULL, NULL, 0, NULL },
};

static PyType_Slot slots[] = {
    { Py_tp_doc, "A unit of work, made by Heartbeat.unit()." },
    { Py_tp_dealloc, dealloc },
    { Py_tp_traverse, traverse },
    { Py_tp_repr, Unit_repr },
    { Py_tp_methods, methods },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "heartbeat._Unit",
    .basicsize = sizeof(hbpy_unit),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int hbpy_init_unit(PyObject *module, hbpy_state *state)
{
    return hbpy_add_type(module, &state->Unit, &spec, NULL);
}
