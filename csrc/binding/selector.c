/* selector: the same cases waited on again and again.
 *
 * Each case has a watch on its source. A call first polls what the watches have
 * hinted, which costs the same however many cases are idle; only if that finds
 * nothing does it run a full select over all cases, which is exact, and waits.
 * A timed source becomes ready without anybody's doing, so it is hinted from
 * here once the clock has passed the earliest due time.
 *
 * Locking: `lock` guards the entries and next_due. No Python code runs under it:
 * cases are read, and dropped, on references taken under it. It is taken before
 * a source's lock. */
#include "binding.h"

#include <structmember.h>

typedef struct entry {
    uint64_t key;
    PyObject *py_case; /* owned */
    hb_source *source; /* of the case; NULL: never ready, and not watched */
    hb_watch *watch;   /* owned */
} entry;

typedef struct hbpy_selector {
    PyObject_HEAD
    PyObject *weakrefs;
    hb_lock lock;
    hb_hints hints;
    entry *entries;     /* lock: in the order of their keys */
    Py_ssize_t n, size; /* lock */
    uint64_t next_key;  /* lock */
    hb_time next_due;   /* lock: no timed source that is not hinted is due before */
} hbpy_selector;

static hbpy_selector *selector_of(void *self)
{
    return self;
}

/* ---- entries ---- */

static Py_ssize_t count(hbpy_selector *self)
{
    hb_lock_acquire(&self->lock);
    Py_ssize_t n = self->n;
    hb_lock_release(&self->lock);
    return n;
}

/* NULL if the key is not there. */
static entry *find_locked(hbpy_selector *self, uint64_t key)
{
    Py_ssize_t low = 0, high = self->n;
    while (low < high) {
        Py_ssize_t middle = (low + high) / 2;
        if (self->entries[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < self->n && self->entries[low].key == key ? &self->entries[low] : NULL;
}

static bool reserve_locked(hbpy_selector *self)
{
    if (self->n < self->size)
        return true;
    Py_ssize_t size = self->size ? self->size * 2 : 8;
    entry *entries = PyMem_RawRealloc(self->entries, (size_t)size * sizeof *entries);
    if (!entries)
        return false;
    self->entries = entries;
    self->size = size;
    return true;
}

static hb_status append_locked(hbpy_selector *self, PyObject *py_case, const hb_case *item, hb_watch *watch)
{
    if (!reserve_locked(self) ||
        hb_watch_init(watch, &self->hints, item->direction, self->next_key) != HB_OK)
        return HB_NO_MEMORY;
    self->entries[self->n++] = (entry){ self->next_key++, Py_NewRef(py_case), item->source, watch };
    if (item->source)
        hb_source_watch(item->source, watch);
    return HB_OK;
}

/* The entry leaves; its case is the caller's to drop, after unlocking. */
static PyObject *remove_locked(hbpy_selector *self, entry *gone)
{
    PyObject *py_case = gone->py_case;
    if (gone->source)
        hb_source_unwatch(gone->source, gone->watch);
    hb_watch_fini(gone->watch);
    PyMem_RawFree(gone->watch);
    self->n--;
    memmove(gone, gone + 1, (size_t)(self->entries + self->n - gone) * sizeof *gone);
    return py_case;
}

static int check_room(hbpy_selector *self)
{
    if (count(self) < (Py_ssize_t)HB_MAX_CASES)
        return 0;
    PyErr_Format(PyExc_ValueError, "a Selector takes at most %u cases", HB_MAX_CASES);
    return -1;
}

static int add(hbpy_state *state, hbpy_selector *self, PyObject *py_case, uint64_t *key)
{
    hb_case item;
    hbpy_source *source;
    if (check_room(self) < 0 || hbpy_case_read(state, py_case, count(self), &item, &source) < 0)
        return -1;
    if (item.direction == HB_SEND)
        source->kind->drop(source, item.word);
    hb_watch *watch = PyMem_RawMalloc(sizeof *watch);
    hb_lock_acquire(&self->lock);
    *key = self->next_key;
    hb_status status = watch ? append_locked(self, py_case, &item, watch) : HB_NO_MEMORY;
    hb_lock_release(&self->lock);
    if (status == HB_OK)
        return 0;
    PyMem_RawFree(watch);
    hbpy_raise(state, status);
    return -1;
}

/* ---- hints ---- */

static void hint(hbpy_selector *self, uint64_t key)
{
    hb_lock_acquire(&self->lock);
    entry *found = find_locked(self, key);
    if (found && found->source)
        hb_hint(found->watch);
    hb_lock_release(&self->lock);
}

/* A hinted case that was not ready: if it is timed, it will be. */
static void note_due(hbpy_selector *self, hb_source *source)
{
    hb_time due = hb_source_due(source);
    hb_lock_acquire(&self->lock);
    if (due < self->next_due)
        self->next_due = due;
    hb_lock_release(&self->lock);
}

static void hint_due(hbpy_selector *self)
{
    hb_lock_acquire(&self->lock);
    hb_time now = self->next_due == HB_FOREVER ? 0 : hb_now();
    bool passed = now && now >= self->next_due;
    if (passed)
        self->next_due = HB_FOREVER;
    for (Py_ssize_t i = 0; passed && i < self->n; i++)
        if (self->entries[i].source && hb_source_due(self->entries[i].source) != HB_FOREVER)
            hb_hint(self->entries[i].watch); /* polled, it notes its due time again */
    hb_lock_release(&self->lock);
}

static PyObject *case_of_key(hbpy_selector *self, uint64_t key)
{
    hb_lock_acquire(&self->lock);
    entry *found = find_locked(self, key);
    PyObject *py_case = found ? Py_NewRef(found->py_case) : NULL;
    hb_lock_release(&self->lock);
    return py_case;
}

/* 1: *py_selected is the outcome (NULL: with an exception). 0: not ready. */
static int poll_case(hbpy_state *state, hbpy_selector *self, PyObject *py_case, uint64_t key,
                     PyObject **py_selected)
{
    hb_case item;
    hbpy_source *source;
    hb_word word;
    *py_selected = NULL;
    if (hbpy_case_read(state, py_case, (Py_ssize_t)key, &item, &source) < 0)
        return 1;
    hb_status status = hb_case_try(&item, &word);
    if (item.direction == HB_SEND && status != HB_OK)
        source->kind->drop(source, item.word);
    if (status == HB_WOULD_BLOCK) {
        note_due(self, item.source);
        return 0;
    }
    hint(self, key); /* it may be ready again */
    *py_selected = status == HB_NO_MEMORY
                       ? hbpy_raise(state, status)
                       : hbpy_select_outcome(state, PyLong_FromUnsignedLongLong(key), source, &item,
                                             status, word);
    return 1;
}

/* As poll_case, for what is hinted. */
static int poll_hinted(hbpy_state *state, hbpy_selector *self, bool biased, PyObject **py_selected)
{
    uint64_t key;
    int done = 0;
    hint_due(self);
    while (!done && hb_hints_take(&self->hints, biased, &key)) {
        PyObject *py_case = case_of_key(self, key);
        if (py_case)
            done = poll_case(state, self, py_case, key, py_selected);
        Py_XDECREF(py_case);
    }
    return done;
}

/* ---- the full select ---- */

typedef struct snapshot {
    Py_ssize_t n;
    PyObject **py_cases; /* owned */
    uint64_t *keys;
} snapshot;

static void snapshot_fini(snapshot *taken)
{
    for (Py_ssize_t i = 0; i < taken->n; i++)
        Py_DECREF(taken->py_cases[i]);
    PyMem_Free(taken->py_cases);
    PyMem_Free(taken->keys);
}

static int snapshot_init(snapshot *taken, hbpy_selector *self)
{
    Py_ssize_t room = count(self);
    taken->n = 0;
    taken->py_cases = PyMem_New(PyObject *, room + 1);
    taken->keys = PyMem_New(uint64_t, room + 1);
    if (!taken->py_cases || !taken->keys) {
        snapshot_fini(taken);
        PyErr_NoMemory();
        return -1;
    }
    hb_lock_acquire(&self->lock);
    for (; taken->n < room && taken->n < self->n; taken->n++) {
        taken->py_cases[taken->n] = Py_NewRef(self->entries[taken->n].py_case);
        taken->keys[taken->n] = self->entries[taken->n].key;
    }
    hb_lock_release(&self->lock);
    return 0;
}

static PyObject *select_all(hbpy_state *state, hbpy_selector *self, snapshot *taken, bool biased,
                            bool wait, hb_time deadline)
{
    hbpy_cases cases;
    uint32_t i;
    hb_word word;
    PyObject *py_result = NULL;
    if (hbpy_cases_read(state, &cases, taken->py_cases, taken->n) < 0)
        return NULL;
    hb_status status = hbpy_select_run(&cases, biased, deadline, &i, &word);
    if (status == HB_OK || status == HB_CLOSED) {
        hint(self, taken->keys[i]);
        py_result = hbpy_select_outcome(state, PyLong_FromUnsignedLongLong(taken->keys[i]),
                                        cases.sources[i], &cases.items[i], status, word);
    } else if (status == HB_WOULD_BLOCK && !wait) {
        py_result = Py_NewRef(Py_None);
    } else {
        hbpy_raise(state, status == HB_WOULD_BLOCK ? HB_TIMEOUT : status);
    }
    hbpy_cases_drop(&cases, status == HB_OK ? (Py_ssize_t)i : -1);
    return py_result;
}

static PyObject *run(hbpy_selector *self, bool biased, bool wait, hb_time deadline)
{
    hbpy_state *state = hbpy_state_of((PyObject *)self);
    PyObject *py_result;
    snapshot taken;
    if (poll_hinted(state, self, biased, &py_result))
        return py_result;
    if (snapshot_init(&taken, self) < 0)
        return NULL;
    py_result = select_all(state, self, &taken, biased, wait, deadline);
    snapshot_fini(&taken);
    return py_result;
}

/* ---- methods ---- */

PyDoc_STRVAR(select_doc,
"select($self, /, *, timeout=None, deadline=None, biased=False)\n--\n\n"
"As select() over the cases, for at most `timeout` seconds; the index of the Selected\n"
"is the case's key. Cases added or removed by another thread while this waits count\n"
"from the next call on.");

static PyObject *Selector_select(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                                 PyObject *py_kwnames)
{
    static const char *const names[] = { "timeout", "deadline", "biased", NULL };
    PyObject *given[3];
    hb_time deadline;
    bool biased;
    if (hbpy_parse("select", args, nargs, py_kwnames, names, 0, 0, given) < 0 ||
        hbpy_parse_deadline(given[0], given[1], &deadline) < 0 ||
        hbpy_parse_flag(given[2], &biased) < 0)
        return NULL;
    return run(selector_of(self), biased, true, deadline);
}

PyDoc_STRVAR(try_select_doc,
"try_select($self, /, *, biased=False)\n--\n\n"
"As try_select() over the cases; the index of the Selected is the case's key.");

static PyObject *Selector_try_select(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                                     PyObject *py_kwnames)
{
    static const char *const names[] = { "biased", NULL };
    PyObject *py_biased;
    bool biased;
    if (hbpy_parse("try_select", args, nargs, py_kwnames, names, 0, 0, &py_biased) < 0 ||
        hbpy_parse_flag(py_biased, &biased) < 0)
        return NULL;
    return run(selector_of(self), biased, false, 0);
}

PyDoc_STRVAR(add_doc,
"add($self, case, /)\n--\n\n"
"Add a case; return its key, an int no other case of this selector ever has.");

static PyObject *Selector_add(PyObject *self, PyObject *py_case)
{
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
    hbpy_selector *self = selector_of(py_self);
    uint64_t key = PyLong_Check(py_key) ? PyLong_AsUnsignedLongLong(py_key) : UINT64_MAX;
    if (PyErr_Occurred())
        PyErr_Clear(); /* no key is that large or negative */
    hb_lock_acquire(&self->lock);
    entry *found = find_locked(self, key);
    PyObject *py_case = found ? remove_locked(self, found) : NULL;
    hb_lock_release(&self->lock);
    if (!py_case) {
        PyErr_SetObject(PyExc_KeyError, py_key);
        return NULL;
    }
    Py_DECREF(py_case);
    Py_RETURN_NONE;
}

static Py_ssize_t Selector_len(PyObject *self)
{
    return count(selector_of(self));
}

static PyObject *Selector_repr(PyObject *self)
{
    return PyUnicode_FromFormat("<heartbeat.Selector: %zd cases>", count(selector_of(self)));
}

/* ---- life ---- */

static int add_all(PyObject *self, PyObject *py_cases)
{
    PyObject *py_iterator = PyObject_GetIter(py_cases);
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
        Py_VISIT(selector_of(self)->entries[i].py_case);
    return 0;
}

static int clear(PyObject *py_self)
{
    hbpy_selector *self = selector_of(py_self);
    while (self->n) {
        hb_lock_acquire(&self->lock);
        PyObject *py_case = remove_locked(self, &self->entries[self->n - 1]);
        hb_lock_release(&self->lock);
        Py_DECREF(py_case);
    }
    return 0;
}

static void dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (selector_of(self)->weakrefs)
        PyObject_ClearWeakRefs(self);
    clear(self);
    hb_hints_fini(&selector_of(self)->hints);
    PyMem_RawFree(selector_of(self)->entries);
    type->tp_free(self);
    Py_DECREF(type);
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
