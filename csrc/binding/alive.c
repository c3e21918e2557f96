/* alive: what a test may have left behind, as the leak checks of heartbeat.testing see it.
 *
 * Told are the engine's threads but its own servants, threads of others that wait for a source
 * (as far as they have a record), and what is in the list of alive.h: of the caller's bubble, or
 * of none. Everything is collected with the locks held and made into objects afterwards. */
#include "alive.h"

#include "hb_bubble.h"

static struct {
    hb_lock lock;
    hbpy_alive *first; /* lock */
    uint32_t epoch;    /* lock: the list is that process's */
    uint64_t numbers;  /* lock: given so far */
    size_t n;          /* lock */
} list;

/* ---- the list ---- */

/* In the child of a fork what the parent began is not there. */
static void lock_list(void)
{
    hb_lock_acquire(&list.lock);
    if (list.epoch == hb__epoch())
        return;
    list.epoch = hb__epoch();
    list.first = NULL;
    list.n = 0;
}

static bool is_in_locked(const hbpy_alive *alive)
{
    return alive->times > 0 && alive->epoch == list.epoch;
}

static void add_locked(hbpy_alive *alive)
{
    if (!alive->number)
        alive->bubble = hb_here_bubble();
    if (!alive->number)
        alive->number = ++list.numbers;
    alive->times = 0;
    alive->epoch = list.epoch;
    alive->prev = NULL;
    alive->next = list.first;
    if (list.first)
        list.first->prev = alive;
    list.first = alive;
    list.n++;
}

static void take_out_locked(hbpy_alive *alive)
{
    *(alive->prev ? &alive->prev->next : &list.first) = alive->next;
    if (alive->next)
        alive->next->prev = alive->prev;
    list.n--;
}

void hbpy_alive_begin(hbpy_alive *alive)
{
    lock_list();
    if (!is_in_locked(alive))
        add_locked(alive);
    alive->times++;
    hb_lock_release(&list.lock);
}

static void end_times(hbpy_alive *alive, bool all)
{
    lock_list();
    if (is_in_locked(alive)) {
        alive->times = all ? 0 : alive->times - 1;
        if (alive->times == 0)
            take_out_locked(alive);
    }
    hb_lock_release(&list.lock);
}

void hbpy_alive_end(hbpy_alive *alive)
{
    end_times(alive, false);
}

void hbpy_alive_gone(hbpy_alive *alive)
{
    end_times(alive, true);
}

/* ---- what is in it ---- */

typedef struct entry {
    const char *kind;
    PyObject *py_what; /* a reference, or NULL */
    const void *key;
    uint64_t number;
    char words[HBPY_WORDS];
} entry;

static size_t copy_locked(entry *entries, size_t room)
{
    size_t n = 0;
    for (hbpy_alive *each = list.first; each && n < room; each = each->next) {
        if (each->bubble != hb_here_bubble())
            continue;
        entry *e = &entries[n++];
        *e = (entry){ .kind = each->kind, .py_what = Py_XNewRef(each->py_what), .key = each->key,
                      .number = each->number };
        each->describe(each, e->words, sizeof e->words);
    }
    return n;
}

/* *entries is the caller's to free; -1 without memory. What is begun meanwhile may be left out. */
static Py_ssize_t copy_entries(entry **entries)
{
    lock_list();
    size_t room = list.n;
    hb_lock_release(&list.lock);
    *entries = room ? PyMem_RawMalloc(room * sizeof **entries) : NULL;
    if (room && !*entries)
        return -1;
    lock_list();
    size_t n = copy_locked(*entries, room);
    hb_lock_release(&list.lock);
    return (Py_ssize_t)n;
}

static PyObject *text_of(const char *text)
{
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace");
}

/* Takes over the references, and the item if it is not NULL. */
static int append(PyObject *py_list, PyObject *py_item)
{
    int appended = py_item ? PyList_Append(py_list, py_item) : -1;
    Py_XDECREF(py_item);
    return appended;
}

/* Takes the reference to the name over; NULL: with an exception. */
static PyObject *item_of(const entry *e, PyObject *py_name)
{
    if (!py_name)
        return NULL;
    return Py_BuildValue("(sKNNNi)", e->kind, (unsigned long long)e->number, py_name, text_of(e->words),
                         hbpy_origin_text(e->key), 0);
}

/* What a function is called, if it tells. */
static PyObject *name_of(PyObject *py_what)
{
    if (!py_what || PyUnicode_Check(py_what))
        return py_what ? Py_NewRef(py_what) : Py_NewRef(Py_None);
    PyObject *py_name = PyObject_GetAttrString(py_what, "__qualname__");
    if (py_name)
        return py_name;
    PyErr_Clear();
    return PyObject_Repr(py_what);
}

static int append_entries(PyObject *py_list)
{
    entry *entries;
    Py_ssize_t n = copy_entries(&entries);
    int appended = n < 0 ? -1 : 0;
    if (n < 0)
        PyErr_NoMemory();
    for (Py_ssize_t i = 0; i < n; i++) {
        const entry *e = &entries[i];
        if (appended == 0)
            appended = append(py_list, item_of(e, name_of(e->py_what)));
        Py_XDECREF(e->py_what);
    }
    PyMem_RawFree(entries);
    return appended;
}

/* ---- threads ---- */

/* A thread of somebody else's counts by what it waits for. */
static bool is_told(const hb_thread_view *view)
{
    if (view->engine)
        return !view->servant && view->home == hb_here_bubble();
    return view->state == HB_THREAD_WAITS && view->cases > 0 && view->bubble == hb_here_bubble();
}

/* Where those things were made that it waits for. */
static void add_origins(const hb_thread_view *view, char *words, size_t size)
{
    char origin[HB_ORIGIN_SIZE];
    for (uint32_t i = 0; i < view->cases && i < HB_VIEW_CASES; i++) {
        const hb_view_case *c = &view->shown[i];
        size_t at = strlen(words);
        if (hbpy_origin_find(c->address, origin, sizeof origin))
            snprintf(words + at, size - at, "; %s was made at %s", c->name[0] ? c->name : c->kind, origin);
    }
}

static PyObject *thread_item(const hb_thread_view *view)
{
    char words[HBPY_WORDS + HB_VIEW_CASES * HB_ORIGIN_SIZE];
    hb_thread_describe(view, hb_now(), words, sizeof words);
    add_origins(view, words, sizeof words);
    return Py_BuildValue("(sINNzi)", view->engine ? "thread" : "wait", view->id, text_of(view->name),
                         text_of(words), view->origin[0] ? view->origin : NULL, (int)view->system_id);
}

static int append_threads(PyObject *py_list)
{
    enum { AT_ONCE = 4 };
    hb_thread_view views[AT_ONCE];
    uint32_t after = 0;
    size_t n;
    do {
        n = hb_threads_after(after, views, AT_ONCE);
        for (size_t i = 0; i < n; i++)
            if (is_told(&views[i]) && append(py_list, thread_item(&views[i])) < 0)
                return -1;
        after = n ? views[n - 1].id : after;
    } while (n == AT_ONCE);
    return 0;
}

/* ---- for the leak checks ---- */

PyDoc_STRVAR(alive_doc,
"_alive($module, /)\n--\n\n"
"What the engine keeps alive: tuples of kind, number, name, what it is about, where it was\n"
"made, and the number of the thread.");

static PyObject *module_alive(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    PyObject *py_list = PyList_New(0);
    if (py_list && append_threads(py_list) == 0 && append_entries(py_list) == 0)
        return py_list;
    Py_XDECREF(py_list);
    return NULL;
}

PyDoc_STRVAR(settle_doc,
"_settle($module, /)\n--\n\n"
"In a bubble, wait until all others in it wait, and return True; else False at once.");

static PyObject *module_settle(PyObject *module, PyObject *unused)
{
    (void)unused;
    if (!hb_bubble_here())
        Py_RETURN_FALSE;
    hb_status status = hbpy_wait_for_quiet();
    if (status == HB_OK)
        Py_RETURN_TRUE;
    return hbpy_raise(PyModule_GetState(module), status);
}

static PyMethodDef functions[] = {
    { "_settle", module_settle, METH_NOARGS, settle_doc },
    { "_alive", module_alive, METH_NOARGS, alive_doc },
    { NULL, NULL, 0, NULL },
};

int hbpy_init_alive(PyObject *module, hbpy_state *state)
{
    (void)state;
    return PyModule_AddFunctions(module, functions);
}
