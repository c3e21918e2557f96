/* selected: Selected, what a select came to.
 *
 * It is a struct sequence. The interpreter makes and frees one by looking up the number of its
 * fields in the dictionary of its type, three times, which costs more than the whole select. Here that
 * number is known: so they are made, filled and freed directly, as the interpreter lays them out.
 *
 * With an interpreter lock a few of those that died are kept for the next. That they are counted
 * here and not in the module's state is because tp_dealloc has no way to it; what is
 * kept is bare memory, of no module. */
#include "binding.h"

enum { INDEX, VALUE, OK, SOURCE, FIELDS, SHOWN = SOURCE };

static PyStructSequence_Field fields[] = {
    { "index", "the position of the case that happened" },
    { "value", "what was received; None for a send and for a closed source" },
    { "ok", "False when the source was closed" },
    { "source", "the source or channel of the case" },
    { NULL, NULL },
};

static PyStructSequence_Desc description = {
    "heartbeat.Selected",
    "What a select came to: the tuple (index, value, ok), with .source.",
    fields,
    SHOWN,
};

/* ---- memory ---- */

static PyObject **items_of(PyObject *self)
{
    return ((PyTupleObject *)self)->ob_item;
}

#ifdef Py_GIL_DISABLED
static PyObject *take_kept(PyTypeObject *type)
{
    (void)type; /* the allocator of this build keeps what each thread has freed */
    return NULL;
}

static bool keep(PyObject *self)
{
    (void)self;
    return false;
}
#else
#define MOST_KEPT 16

static PyObject *kept[MOST_KEPT]; /* interpreter lock */
static int n_kept;                /* interpreter lock */

static PyObject *take_kept(PyTypeObject *type)
{
    return n_kept ? (PyObject *)PyObject_InitVar((PyVarObject *)kept[--n_kept], type, SHOWN) : NULL;
}

static bool keep(PyObject *self)
{
    if (n_kept == MOST_KEPT)
        return false;
    kept[n_kept++] = self;
    return true;
}
#endif

/* Not filled, and unknown to the collector yet. */
static PyObject *allocate(PyTypeObject *type)
{
    PyObject *self = take_kept(type);
    if (self)
        return self;
    self = (PyObject *)PyObject_GC_NewVar(PyTupleObject, type, FIELDS);
    if (!self)
        return NULL;
    Py_SET_SIZE(self, SHOWN); /* the rest is there, but no item of the tuple */
#if PY_VERSION_HEX >= 0x030E0000
    ((PyTupleObject *)self)->ob_hash = -1; /* not computed yet */
#endif
    return self;
}

static void release(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    for (int i = 0; i < FIELDS; i++)
        Py_XDECREF(items_of(self)[i]);
    if (!keep(self))
        PyObject_GC_Del(self);
    Py_DECREF(type);
}

/* A chain of them, each the value of the next, may be deeper than the stack. */
static bool may_nest(PyObject *py_item)
{
#ifdef Py_GIL_DISABLED
    return py_item && PyObject_IS_GC(py_item);
#else
    return py_item && Py_REFCNT(py_item) == 1 && PyObject_IS_GC(py_item);
#endif
}

static void dealloc(PyObject *self)
{
    PyObject_GC_UnTrack(self);
    if (!may_nest(items_of(self)[VALUE]) && !may_nest(items_of(self)[SOURCE])) {
        release(self);
        return;
    }
    Py_TRASHCAN_BEGIN(self, dealloc)
    release(self);
    Py_TRASHCAN_END
}

/* ---- outcome ---- */

/* Takes over py_index and py_value. */
static PyObject *new_selected(hbpy_state *state, PyObject *py_index, PyObject *py_value, bool ok,
                              hbpy_source *source)
{
    PyObject *self = py_index && py_value ? allocate(state->Selected) : NULL;
    if (!self) {
        Py_XDECREF(py_index);
        Py_XDECREF(py_value);
        return NULL;
    }
    PyObject **items = items_of(self);
    items[INDEX] = py_index;
    items[VALUE] = py_value;
    items[OK] = Py_NewRef(ok ? Py_True : Py_False);
    items[SOURCE] = Py_NewRef((PyObject *)source);
    PyObject_GC_Track(self);
    return self;
}

PyObject *hbpy_select_outcome(hbpy_state *state, PyObject *py_index, hbpy_source *source,
                              const hb_case *item, hb_status status, hb_word word)
{
    bool sending = item->direction == HB_SEND;
    if (sending && status == HB_CLOSED) {
        Py_XDECREF(py_index);
        source->kind->raise_closed(source);
        return NULL;
    }
    bool received = !sending && status == HB_OK;
    PyObject *py_value = received ? source->kind->decode(source, word) : Py_NewRef(Py_None);
    return new_selected(state, py_index, py_value, status == HB_OK, source);
}

int hbpy_init_selected(PyObject *module, hbpy_state *state)
{
    if (hbpy_add_struct(module, &state->Selected, &description) < 0)
        return -1;
    state->Selected->tp_dealloc = dealloc; /* it has no subtypes */
    return 0;
}
