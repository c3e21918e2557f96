/* selector: the same cases waited on again and again: entries, methods, type. */
#include "selector.h"

#include <structmember.h>

/* ---- entries ---- */

Py_ssize_t hbpy_selector_count(hbpy_selector *self)
{
    hb_lock_acquire(&self->lock);
    Py_ssize_t n = self->n;
    hb_lock_release(&self->lock);
    return n;
}

/* Where the entry with that key is, or would be. */
static Py_ssize_t place_locked(hbpy_selector *self, uint64_t key)
{
    Py_ssize_t low = 0, high = self->n;
    while (low < high) {
        Py_ssize_t middle = (low + high) / 2;
        if (self->entries[middle]->watch.key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

entry *hbpy_selector_find_locked(hbpy_selector *self, uint64_t key)
{
    Py_ssize_t at = place_locked(self, key);
    return at < self->n && self->entries[at]->watch.key == key ? self->entries[at] : NULL;
}

static bool reserve_locked(hbpy_selector *self)
{
    if (self->n < self->size)
        return true;
    Py_ssize_t size = self->size ? self->size * 2 : 8;
    entry **entries = PyMem_RawRealloc(self->entries, (size_t)size * sizeof *entries);
    if (!entries)
        return false;
    self->entries = entries;
    self->size = size;
    return true;
}

static hb_status append_locked(hbpy_selector *self, entry *new, const hb_case *item)
{
    if (self->n >= (Py_ssize_t)HB_MAX_CASES)
        return HB_WOULD_BLOCK;
    if (!reserve_locked(self) ||
        hb_watch_init(&new->watch, &self->hints, item->direction, self->next_key) != HB_OK)
        return HB_NO_MEMORY;
    self->next_key++;
    self->entries[self->n++] = new;
    if (item->source)
        hb_source_watch(item->source, &new->watch);
    return HB_OK;
}

/* The entry leaves; it is the caller's to drop, after unlocking. */
static void remove_locked(hbpy_selector *self, uint64_t key)
{
    Py_ssize_t at = place_locked(self, key);
    entry *gone = self->entries[at];
    if (gone->source)
        hb_source_unwatch(gone->source, &gone->watch);
    hb_watch_fini(&gone->watch);
    self->n--;
    memmove(&self->entries[at], &self->entries[at + 1], (size_t)(self->n - at) * sizeof *self->entries);
}

static void drop(entry *gone)
{
    PyObject *py_case = gone->py_case;
    PyMem_RawFree(gone);
    Py_DECREF(py_case);
}

static void raise_refusal(hbpy_state *state, hb_status status)
{
    if (status == HB_WOULD_BLOCK)
        PyErr_Format(PyExc_ValueError, "a Selector takes at most %u cases", HB_MAX_CASES);
    else
        hbpy_raise(state, status);
}

static entry *new_entry(PyObject *py_case, hb_source *source)
{
    entry *new = PyMem_RawMalloc(sizeof *new);
    if (new) {
        new->py_case = Py_NewRef(py_case);
        new->source = source;
    }
    return new;
}

static int add(hbpy_state *state, hbpy_selector *self, PyObject *py_case, uint64_t *key)
{
    hb_case item;
    hbpy_source *source;
    if (hbpy_case_read(state, py_case, hbpy_selector_count(self), &item, &source) < 0)
        return -1;
    if (item.direction == HB_SEND)
        source->kind->drop(source, item.word);
    entry *new = new_entry(py_case, item.source);
    hb_lock_acquire(&self->lock);
    *key = self->next_key;
    hb_status status = new ? append_locked(self, new, &item) : HB_NO_MEMORY;
    hb_lock_release(&self->lock);
    if (status == HB_OK)
        return 0;
    if (new)
        drop(new);
    raise_refusal(state, status);
    return -1;
}

/* ---- methods ---- */

PyDoc_STRVAR(select_doc,
"select($self, /, *, timeout=None, deadline=None, biased=False)\n--\n\n"
"As select() over the cases; the index of the Selected is the case's key.\n\n"
"Blocks at most `timeout` seconds (None: for ever, 0: not at all), or until the\n"
"instant `deadline` on the clock of now(); then raises TimeoutError. Cases added or\n"
"removed by another thread while this waits count from the next call on.");

static PyObject *Selector_select(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                                 PyObject *py_kwnames)
{
    if (hbpy_point(self) < 0)
        return NULL;
    hb_time deadline = HB_FOREVER;
    bool biased = false;
    if ((nargs || py_kwnames) && hbpy_parse_select(args, nargs, py_kwnames, &biased, &deadline) < 0)
        return NULL;
    return hbpy_selector_run(selector_of(self), biased, true, deadline);
}

PyDoc_STRVAR(try_select_doc,
"try_select($self, /, *, biased=False)\n--\n\n"
"As try_select() over the cases; the index of the Selected is the case's key.");

static PyObject *Selector_try_select(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                                     PyObject *py_kwnames)
{
    if (hbpy_point(self) < 0)
        return NULL;
    bool biased = false;
    if ((nargs || py_kwnames) && hbpy_parse_try_select(args, nargs, py_kwnames, &biased) < 0)
        return NULL;
    return hbpy_selector_run(selector_of(self), biased, false, 0);
}

PyDoc_STRVAR(add_doc,
"add($self, case, /)\n--\n\n"
"Add a case; return its key, an int no other case of this selector ever has.");

static PyObject *Selector_add(PyObject *self, PyObject *py_case)
{
    if (hbpy_point(self) < 0)
        return NULL;
    uint64_t key;
    if (add(hbpy_state_of(self), selector_of(self), py_case, &key) < 0)
        return NULL;
    return PyLong_FromUnsignedLongLong(key);
}

PyDoc_STRVAR(remove_doc,
"remove($self, key, /)\n--\n\n"
"Remove the case with that key. KeyError if there is none.");

static PyObject *Selector_remove(PyObject *py_self, PyObject *py_key)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    hbpy_selector *self = selector_of(py_self);
    uint64_t key = PyLong_Check(py_key) ? PyLong_AsUnsignedLongLong(py_key) : UINT64_MAX;
    if (PyErr_Occurred())
        PyErr_Clear(); /* no key is that large or negative */
    hb_lock_acquire(&self->lock);
    entry *gone = hbpy_selector_find_locked(self, key);
    if (gone)
        remove_locked(self, key);
    hb_lock_release(&self->lock);
    if (!gone) {
        PyErr_SetObject(PyExc_KeyError, py_key);
        return NULL;
    }
    drop(gone);
    Py_RETURN_NONE;
}

static Py_ssize_t Selector_len(PyObject *self)
{
    return hbpy_selector_count(selector_of(self));
}

static PyObject *Selector_repr(PyObject *self)
{
    return PyUnicode_FromFormat("<heartbeat.Selector: %zd cases>", hbpy_selector_count(selector_of(self)));
}

/* ---- life ---- */

static int add_all(PyObject *self, PyObject *py_cases)
{
    PyObject *py_iterator = hbpy_iterate(py_cases, "cases");
    PyObject *py_case;
    uint64_t key;
    while (py_iterator && (py_case = PyIter_Next(py_iterator))) {
        int added = add(hbpy_state_of(self), selector_of(self), py_case, &key);
        Py_DECREF(py_case);
        if (added < 0)
            break;
    }
    Py_XDECREF(py_iterator);
    return PyErr_Occurred() ? -1 : 0;
}

static PyObject *Selector_new(PyTypeObject *type, PyObject *py_args, PyObject *py_kwargs)
{
    static char *names[] = { "cases", NULL };
    PyObject *py_cases = NULL;
    if (!PyArg_ParseTupleAndKeywords(py_args, py_kwargs, "|O:Selector", names, &py_cases))
        return NULL;
    PyObject *self = type->tp_alloc(type, 0);
    if (!self)
        return NULL;
    hb_lock_init(&selector_of(self)->lock);
    hb_hints_init(&selector_of(self)->hints);
    selector_of(self)->next_due = HB_FOREVER;
    if (py_cases && add_all(self, py_cases) < 0)
        Py_CLEAR(self);
    return self;
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    for (Py_ssize_t i = 0; i < selector_of(self)->n; i++)
        Py_VISIT(selector_of(self)->entries[i]->py_case);
    return 0;
}

static int clear(PyObject *py_self)
{
    hbpy_selector *self = selector_of(py_self);
    while (self->n) {
        hb_lock_acquire(&self->lock);
        entry *last = self->entries[self->n - 1];
        remove_locked(self, last->watch.key);
        hb_lock_release(&self->lock);
        drop(last);
    }
    return 0;
}

static void dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, dealloc)
    if (selector_of(self)->weakrefs)
        PyObject_ClearWeakRefs(self);
    clear(self);
    hb_hints_fini(&selector_of(self)->hints);
    PyMem_RawFree(selector_of(self)->entries);
    type->tp_free(self);
    Py_DECREF(type);
    Py_TRASHCAN_END
}

/* ---- the type ---- */

PyDoc_STRVAR(doc,
"Selector(cases=())\n--\n\n"
"A select() over the same cases again and again.\n\n"
"The initial cases get the keys 0, 1, ...; add() gives further ones and remove()\n"
"takes one out. What a ready case costs does not grow with the number of idle ones.\n"
"A send case sends its value every time it is chosen. Threads may share a selector.\n\n"
"    inputs = Selector([jobs, control])\n"
"    while True:\n"
"        key, value, ok = inputs.select(timeout=5.0)\n"
"        if not ok:\n"
"            inputs.remove(key)      # closed: else it would be ready for ever");

static PyMethodDef methods[] = {
    { "select", (PyCFunction)(void (*)(void))Selector_select, METH_FASTCALL | METH_KEYWORDS, select_doc },
    { "try_select", (PyCFunction)(void (*)(void))Selector_try_select, METH_FASTCALL | METH_KEYWORDS,
      try_select_doc },
    { "add", Selector_add, METH_O, add_doc },
    { "remove", Selector_remove, METH_O, remove_doc },
    { "__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, "Selector[T]: for annotations." },
    { NULL, NULL, 0, NULL },
};

static PyMemberDef members[] = {
    { "__weaklistoffset__", T_PYSSIZET, offsetof(hbpy_selector, weakrefs), READONLY, NULL },
    { NULL, 0, 0, 0, NULL },
};

static PyType_Slot slots[] = {
    { Py_tp_doc, (void *)doc },      { Py_tp_new, Selector_new },
    { Py_tp_dealloc, dealloc },      { Py_tp_traverse, traverse },
    { Py_tp_clear, clear },          { Py_tp_repr, Selector_repr },
    { Py_tp_methods, methods },      { Py_tp_members, members },
    { Py_sq_length, Selector_len },  { 0, NULL },
};

static PyType_Spec spec = {
    .name = "heartbeat.Selector",
    .basicsize = sizeof(hbpy_selector),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int hbpy_init_selector(PyObject *module, hbpy_state *state)
{
    return hbpy_add_type(module, &state->Selector, &spec, NULL);
}
