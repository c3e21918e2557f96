/* watch_gil: a monitor of the interpreter itself.
 *
 * A thread of the engine asks for the interpreter lock again and again. It pulses a beat when
 * it begins to ask, when it got the lock, and when it let go of it; so a silence of that beat in which
 * it asks is a time in which the lock could not be had. The monitor's thread then asks who has it.
 * Of a silence in which it only woke too late nothing is said.
 *
 * The lock is a matter of real time: in a bubble too its monitor and its threads live there.
 *
 * While it has the lock, the thread notes the names of the Python threads: when one is
 * to be named, Python cannot be asked. Of a thread that has begun since, only what the engine
 * calls it is known, if anything. */
#include "monitor.h"

#include "gil_holder.h"
#include "hb_worker.h"

#include <stdio.h>

#define LEAST_PAUSE (HB_SECOND / 1000)
#define MOST_NAMES 256

/* ---- names of threads ---- */

typedef struct named {
    int32_t system_id;
    char name[HB_NAME_SIZE];
} named;

static struct {
    hb_lock lock; /* a leaf; guards all of it */
    size_t n;
    named threads[MOST_NAMES];
} noted;

/* False if it has no number yet, or something overrode what it is called. */
static bool read_named(PyObject *py_thread, named *read)
{
    PyObject *py_id = PyObject_GetAttrString(py_thread, "native_id");
    PyObject *py_name = py_id ? PyObject_GetAttrString(py_thread, "name") : NULL;
    const char *name = py_name && PyUnicode_Check(py_name) ? PyUnicode_AsUTF8(py_name) : NULL;
    long id = name && PyLong_Check(py_id) ? PyLong_AsLong(py_id) : -1;
    if (id > 0) {
        read->system_id = (int32_t)id;
        snprintf(read->name, sizeof read->name, "%s", name);
    }
    Py_XDECREF(py_id);
    Py_XDECREF(py_name);
    PyErr_Clear();
    return id > 0;
}

static void note_names(hbpy_state *state)
{
    named found[MOST_NAMES];
    size_t n = 0;
    PyObject *py_threads = PyObject_CallMethod(state->threading, "enumerate", NULL);
    for (Py_ssize_t i = 0; py_threads && i < PyList_GET_SIZE(py_threads) && n < MOST_NAMES; i++)
        n += read_named(PyList_GET_ITEM(py_threads, i), &found[n]);
    PyErr_Clear(); /* at the end of the interpreter there may be no names */
    Py_XDECREF(py_threads);
    hb_lock_acquire(&noted.lock);
    memcpy(noted.threads, found, n * sizeof *found);
    noted.n = n;
    hb_lock_release(&noted.lock);
}

/* As Python calls it, else as the engine does. */
static bool find_name(int32_t system_id, char *name, size_t size)
{
    bool found = false;
    hb_lock_acquire(&noted.lock);
    for (size_t i = 0; i < noted.n && !found; i++)
        if ((found = noted.threads[i].system_id == system_id))
            snprintf(name, size, "%s", noted.threads[i].name);
    hb_lock_release(&noted.lock);
    return found || hb_thread_name_of(system_id, name, size);
}

/* ---- who is to blame ---- */

/* On the monitors' thread. */
static int32_t find_holder(char *words, size_t size)
{
    char name[HB_NAME_SIZE];
    int32_t holder = hbpy_gil_holder();
    if (holder == HBPY_HOLDER_NONE)
        snprintf(words, size, "nobody holds it at this moment");
    else if (holder == HBPY_HOLDER_UNKNOWN)
        snprintf(words, size, "who holds it cannot be told");
    else if (find_name(holder, name, sizeof name))
        snprintf(words, size, "held by thread '%s' (native id %d)", name, (int)holder);
    else
        snprintf(words, size, "held by a thread without a name (native id %d)", (int)holder);
    return holder > 0 ? holder : 0;
}

/* ---- the thread that asks ---- */

typedef struct asker {
    hb_beat *beat;  /* a reference */
    hb_chan *ended; /* a reference: closes with the monitor */
    hb_time pause;
    hbpy_state *state;
} asker;

/* True if it is to ask again. */
static bool pause_detached(asker *asks)
{
    hb_word nothing;
    PyThreadState *py_thread = PyEval_SaveThread();
    hb_beat_pulse(asks->beat);
    hb_status status = hb_chan_recv(asks->ended, &nothing, hb_time_add(hb_now(), asks->pause));
    hb_beat_pulse(asks->beat);
    hb_thread_attaching(hb_thread_here(), true);
    PyEval_RestoreThread(py_thread);
    return status == HB_TIMEOUT;
}

static void body(void *arg)
{
    asker *asks = arg;
    do {
        hb_thread_attaching(hb_thread_here(), false);
        hb_beat_pulse(asks->beat);
        note_names(asks->state);
    } while (pause_detached(asks));
    hb_thread_attaching(hb_thread_here(), false);
}

static void free_asker(asker *asks)
{
    hb_beat_unref(asks->beat);
    hb_chan_unref(asks->ended);
    PyMem_RawFree(asks);
}

static void thread_main(void *arg)
{
    asker *asks = arg;
    hb_beat_pulse(asks->beat);
    hb_thread_attaching(hb_thread_here(), true);
    hbpy_run_attached(body, asks);
    free_asker(asks);
}

static asker *new_asker(hbpy_state *state, hb_beat *beat, hb_chan *ended, hb_time limit)
{
    asker *made = PyMem_RawMalloc(sizeof *made);
    if (!made)
        return NULL;
    hb_time pause = limit / 2 > LEAST_PAUSE ? limit / 2 : LEAST_PAUSE;
    *made = (asker){ hb_beat_ref(beat), hb_chan_ref(ended), pause, state };
    return made;
}

static int start_asker(hbpy_state *state, hbpy_monitor *self, hb_beat *beat, hb_time limit)
{
    hb_worker *worker;
    asker *asks = new_asker(state, beat, self->ended, limit);
    hb_status status = asks ? hb_worker_start(&worker, thread_main, asks, "hb-watch-gil") : HB_NO_MEMORY;
    if (status == HB_OK) {
        hb_worker_unref(worker);
        return 0;
    }
    if (asks)
        free_asker(asks);
    hbpy_raise(state, status);
    return -1;
}

/* ---- watch_gil() ---- */

static PyObject *new_monitor(hbpy_state *state, PyObject *py_on_event)
{
    PyObject *py_none = PyTuple_New(0);
    PyObject *py_kwargs = Py_BuildValue("{sOss}", "on_event", py_on_event ? py_on_event : Py_None,
                                        "name", "interpreter");
    PyObject *py_monitor = py_none && py_kwargs ? PyObject_Call((PyObject *)state->Monitor, py_none, py_kwargs) : NULL;
    Py_XDECREF(py_none);
    Py_XDECREF(py_kwargs);
    if (!py_monitor)
        return NULL;
    monitor_of(py_monitor)->ended = hb_chan_new(0, NULL);
    if (monitor_of(py_monitor)->ended)
        return py_monitor;
    Py_DECREF(py_monitor);
    return PyErr_NoMemory();
}

/* The monitor keeps the Heartbeat. */
static int watch(hbpy_state *state, hbpy_monitor *self, hb_time limit)
{
    PyObject *py_name = PyUnicode_FromString("interpreter");
    PyObject *py_beat = py_name ? hbpy_heartbeat_new(state, py_name, HB_FOREVER, limit) : NULL;
    hbpy_watch_args args = { .py_beat = py_beat };
    int begun = py_beat ? hbpy_monitor_watch(self, &args) : -1;
    if (begun == 0) {
        hb_monitor_set_culprit(self->monitor, find_holder);
        hb_monitor_keep_pairs(self->monitor);
        begun = start_asker(state, self, hbpy_heartbeat_beat(py_beat), limit);
    }
    Py_XDECREF(py_beat);
    Py_XDECREF(py_name);
    return begun;
}

static PyObject *start_watch(hbpy_state *state, PyObject *py_on_event, hb_time limit)
{
    PyObject *py_monitor = new_monitor(state, py_on_event);
    if (!py_monitor)
        return NULL;
    note_names(state);
    PyObject *py_started = watch(state, monitor_of(py_monitor), limit) == 0 ? hbpy_monitor_start(py_monitor, NULL) : NULL;
    Py_DECREF(py_monitor);
    return py_started;
}

PyDoc_STRVAR(watch_gil_doc,
"watch_gil($module, limit, /, *, on_event=None)\n--\n\n"
"Watch the interpreter: return a started Monitor that tells when nobody can run Python.\n\n"
"Unhealthy (\"starved\") when a thread asked for the interpreter lock and did not get it for\n"
"`limit` seconds: `where` names the thread that has it, `stack` is that thread's. The event\n"
"comes while it lasts, to on_event and receivers when it is over; native actions (dump, exit ...)\n"
"act at once. It takes the lock twice in each `limit`, for microseconds. Keep the monitor: it ends with\n"
"close(), or when it is dropped and has neither on_event nor an action. Without the lock, on\n"
"free-threaded builds, it tells of times in which the interpreter stood still.");

static PyObject *module_watch_gil(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *py_kwnames)
{
    static const char *const names[] = { "limit", "on_event", NULL };
    hbpy_state *state = PyModule_GetState(module);
    PyObject *given[2];
    hb_time limit;
    if (hbpy_parse("watch_gil", args, nargs, py_kwnames, names, 1, 1, given) < 0 ||
        hbpy_monitor_time(given[0], "limit", &limit) < 0)
        return NULL;
    if (limit == HB_FOREVER)
        return PyErr_Format(PyExc_ValueError, "limit must be seconds, not %R", given[0]);
    hb_here *here = hb_here_set_aside();
    PyObject *py_monitor = start_watch(state, given[1], limit);
    hb_here_put_back(here);
    return py_monitor;
}

static PyMethodDef functions[] = {
    { "watch_gil", (PyCFunction)(void (*)(void))module_watch_gil, METH_FASTCALL | METH_KEYWORDS, watch_gil_doc },
    { NULL, NULL, 0, NULL },
};

int hbpy_init_watch_gil(PyObject *module, hbpy_state *state)
{
    (void)state;
    return PyModule_AddFunctions(module, functions);
}
