/* selector_poll: what a call of a Selector does. A timed source becomes ready
 * without anybody's doing, so it is hinted from here once the clock has passed
 * the earliest due time. */
#include "selector.h"

/* ---- hints ---- */

/* Nothing happens if the case has gone. */
static void set_hint(hbpy_selector *self, uint64_t key, bool hinted)
{
    hb_lock_acquire(&self->lock);
    entry *found = hbpy_selector_find_locked(self, key);
    if (found && found->source)
        (hinted ? hb_hint : hb_unhint)(&found->watch);
    hb_lock_release(&self->lock);
}

/* A hinted case that was not ready: if it is timed, it will be. */
static void note_due(hbpy_selector *self, hb_source *source)
{
    hb_time due = hb_source_due(source);
    if (due == HB_FOREVER)
        return;
    hb_lock_acquire(&self->lock);
    if (due < self->next_due)
        self->next_due = due;
    hb_lock_release(&self->lock);
}

static void hint_due_locked(hbpy_selector *self)
{
    if (self->next_due == HB_FOREVER || hb_now() < self->next_due)
        return;
    self->next_due = HB_FOREVER;
    for (Py_ssize_t i = 0; i < self->n; i++)
        if (self->entries[i]->source && hb_source_due(self->entries[i]->source) != HB_FOREVER)
            hb_hint(&self->entries[i]->watch); /* polled, it notes its due time again */
}

/* The key of a case that is hinted, and stays so, and the case, a new reference. False: none is. */
static bool look(hbpy_selector *self, bool biased, uint64_t *key, PyObject **py_case)
{
    hb_lock_acquire(&self->lock);
    hint_due_locked(self);
    entry *found = (entry *)hb_hints_look(&self->hints, biased);
    if (found) {
        *key = found->watch.key;
        *py_case = Py_NewRef(found->py_case);
    }
    hb_lock_release(&self->lock);
    return found != NULL;
}

/* H2 of hb_watch.h. */
static hb_status try_hinted(hbpy_selector *self, uint64_t key, const hb_case *item, hb_word *word)
{
    hb_status status = hb_case_try(item, word);
    if (status != HB_WOULD_BLOCK)
        return status;
    set_hint(self, key, false);
    status = hb_case_try(item, word);
    if (status == HB_WOULD_BLOCK)
        note_due(self, item->source);
    else
        set_hint(self, key, true);
    return status;
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
    hb_status status = try_hinted(self, key, &item, &word);
    if (item.direction == HB_SEND && status != HB_OK)
        source->kind->drop(source, item.word);
    if (status == HB_WOULD_BLOCK)
        return 0;
    *py_selected = status == HB_OK || status == HB_CLOSED
                       ? hbpy_select_outcome(state, PyLong_FromUnsignedLongLong(key), source, &item,
                                             status, word)
                       : hbpy_raise(state, status);
    return 1;
}

/* As poll_case, for what is hinted. */
static int poll_hinted(hbpy_state *state, hbpy_selector *self, bool biased, PyObject **py_selected)
{
    uint64_t key;
    PyObject *py_case;
    int done = 0;
    while (!done && look(self, biased, &key, &py_case)) {
        done = poll_case(state, self, py_case, key, py_selected);
        Py_DECREF(py_case);
    }
    return done;
}

/* ---- the full select ---- */

/* The cases as they are when the call begins. */
typedef struct snapshot {
    Py_ssize_t n;
    PyObject **py_cases; /* owned */
    uint64_t *keys;
    PyObject *inline_cases[HB_INLINE_CASES];
    uint64_t inline_keys[HB_INLINE_CASES];
} snapshot;

static void snapshot_fini(snapshot *taken)
{
    for (Py_ssize_t i = 0; i < taken->n; i++)
        Py_DECREF(taken->py_cases[i]);
    if (taken->py_cases != taken->inline_cases)
        PyMem_Free(taken->py_cases);
    if (taken->keys != taken->inline_keys)
        PyMem_Free(taken->keys);
}

static int reserve(snapshot *taken, Py_ssize_t room)
{
    taken->n = 0;
    taken->py_cases = taken->inline_cases;
    taken->keys = taken->inline_keys;
    if (room <= (Py_ssize_t)HB_INLINE_CASES)
        return 0;
    taken->py_cases = PyMem_New(PyObject *, room);
    taken->keys = PyMem_New(uint64_t, room);
    if (taken->py_cases && taken->keys)
        return 0;
    snapshot_fini(taken);
    PyErr_NoMemory();
    return -1;
}

static int snapshot_init(snapshot *taken, hbpy_selector *self)
{
    Py_ssize_t room = hbpy_selector_count(self);
    if (reserve(taken, room) < 0)
        return -1;
    hb_lock_acquire(&self->lock);
    for (; taken->n < room && taken->n < self->n; taken->n++) {
        taken->py_cases[taken->n] = Py_NewRef(self->entries[taken->n]->py_case);
        taken->keys[taken->n] = self->entries[taken->n]->watch.key;
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
    hb_status status = hbpy_select_run(cases.items, cases.n, biased, NULL, deadline, &i, &word);
    if (status == HB_OK || status == HB_CLOSED) {
        set_hint(self, taken->keys[i], true);
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

PyObject *hbpy_selector_run(hbpy_selector *self, bool biased, bool wait, hb_time deadline)
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
