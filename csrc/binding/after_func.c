/* after_func: a Python function called at an instant.
 *
 * The alarm fires on the engine's timer thread, which never attaches: it hands
 * the alarm to a thread of a small pool, or starts one if none is idle, so a
 * function that takes long delays nobody. Idle pool threads end by themselves.
 * In a bubble each call has a thread of its own, a participant: one that lingered would keep
 * the bubble's time going.
 *
 * Each call runs in a copy of the context of who called after_func(): calls can run
 * side by side, and none sees what another one set.
 *
 * Ownership: the alarm owns the function and its context; the timer object and the
 * arming own a reference to the alarm each. Only attached threads drop references,
 * so both are released attached. */
#include "alive.h"
#include "timer.h"

#include "hb_alarm.h"
#include "hb_worker.h"

#define IDLE_LIMIT (5 * HB_SECOND)
#define RETRY_DELAY (HB_SECOND / 100)

typedef struct callback {
    hb_alarm alarm;
    hbpy_alive alive; /* from being armed until it is cancelled, or the call is over */
    PyObject *py_fn, *py_context; /* constant until the alarm dies */
    hbpy_state *state;            /* constant; there as long as threads can attach */
} callback;

typedef struct hbpy_func_timer {
    hbpy_timer base; /* only for its layout: without a source it never is ready */
    callback *callback;
} hbpy_func_timer;

/* Idle pool threads wait here for the next callback. Constant. */
static hb_chan *pool;

/* ---- the pool ---- */

/* A call that the end of the engine or of its bubble has ended has done no wrong. */
static void report_exception(callback *due)
{
    PyObject *py_exception = hbpy_take_exception();
    if (py_exception && !PyErr_GivenExceptionMatches(py_exception, due->state->Stopped))
        hbpy_report_exception(due->state, py_exception, Py_None);
    Py_XDECREF(py_exception);
}

static void call(callback *due)
{
    char origin[HB_ORIGIN_SIZE];
    bool known = hbpy_origin_find(due, origin, sizeof origin);
    if (known)
        hb_thread_set_origin(hb_thread_here(), origin);
    PyObject *py_context = PyContext_Copy(due->py_context);
    PyObject *py_args = py_context ? PyTuple_New(0) : NULL;
    PyObject *py_result = py_args ? hbpy_call_in(py_context, due->py_fn, py_args, NULL) : NULL;
    report_exception(due);
    Py_XDECREF(py_result);
    Py_XDECREF(py_args);
    Py_XDECREF(py_context);
    hbpy_alive_end(&due->alive);
    if (known)
        hb_thread_set_origin(hb_thread_here(), NULL);
    hb_alarm_unref(&due->alarm);
}

static callback *next_callback(void)
{
    hb_word word = { NULL };
    PyThreadState *py_thread = PyEval_SaveThread();
    hb_status status = hb_chan_recv(pool, &word, hb_time_add(hb_now(), IDLE_LIMIT));
    hbpy_attach(py_thread);
    return status == HB_OK ? word.ptr : NULL;
}

static void body(void *first)
{
    bool lingers = !hb_here_bubble();
    if (lingers)
        hb_thread_serve();
    hbpy_install_hooks(((callback *)first)->state);
    for (callback *due = first; due; due = lingers ? next_callback() : NULL)
        call(due);
}

static void thread_main(void *first)
{
    hbpy_run_attached(body, first);
}

/* On the thread that fires. If the system has no thread for us, try again soon. */
static void fire(hb_alarm *alarm)
{
    hb_worker *worker;
    hb_word word = { .ptr = alarm };
    bool was_armed;
    if (!hb_here_bubble() && hb_chan_try_send(pool, word) == HB_OK)
        return;
    hb_status started = hb_worker_start(&worker, thread_main, alarm, "hb-after-func");
    if (started == HB_OK) {
        hb_worker_unref(worker);
    } else if (started != HB_STOPPED) {
        hb_alarm_set(alarm, hb_time_add(hb_alarm_now(alarm), RETRY_DELAY), &was_armed);
        hb_alarm_unref(alarm);
    }
}

/* ---- the timer object ---- */

static hbpy_func_timer *timer_of(void *self)
{
    return self;
}

static void free_callback(hb_alarm *alarm)
{
    callback *dead = (callback *)alarm;
    hbpy_alive_gone(&dead->alive);
    hbpy_origin_gone(dead, NULL);
    Py_DECREF(dead->py_fn);
    Py_DECREF(dead->py_context);
    PyMem_RawFree(dead);
}

static callback *callback_of(hbpy_alive *alive)
{
    return (callback *)((char *)alive - offsetof(callback, alive));
}

static size_t describe(hbpy_alive *alive, char *text, size_t size)
{
    hb_time due = hb_alarm_due(&callback_of(alive)->alarm);
    int length = due == HB_FOREVER ? snprintf(text, size, "is being called")
                                   : snprintf(text, size, "will be called in %.3f s", (double)(due - hb_now()) / 1e9);
    return (size_t)length;
}

static callback *new_callback(hbpy_state *state, PyObject *py_fn)
{
    PyObject *py_context = PyContext_CopyCurrent();
    callback *made = py_context ? PyMem_RawMalloc(sizeof *made) : NULL;
    if (!made || hb_alarm_init(&made->alarm, fire, free_callback) != HB_OK) {
        PyMem_RawFree(made);
        Py_XDECREF(py_context);
        return (callback *)PyErr_NoMemory();
    }
    made->py_fn = Py_NewRef(py_fn);
    made->py_context = py_context;
    made->state = state;
    made->alive = (hbpy_alive){ .kind = "after_func", .py_what = py_fn, .key = made, .describe = describe };
    return made;
}

static hbpy_func_timer *new_timer(hbpy_state *state, PyObject *py_fn)
{
    hbpy_func_timer *self = timer_of(state->FuncTimer->tp_alloc(state->FuncTimer, 0));
    if (!self)
        return NULL;
    self->callback = new_callback(state, py_fn);
    if (self->callback)
        hbpy_origin_made(self, self->callback);
    else
        Py_CLEAR(self);
    return self;
}

/* Attached and alone, the alarm is ours; armed or firing, it has other owners,
 * and what it owns is reachable through them. */
static bool owns_alarm(hbpy_func_timer *self)
{
    return self->callback && hb_load_acquire(&self->callback->alarm.refs) == 1;
}

static int traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    if (!owns_alarm(timer_of(self)))
        return 0;
    Py_VISIT(timer_of(self)->callback->py_fn);
    Py_VISIT(timer_of(self)->callback->py_context);
    return 0;
}

static int clear(PyObject *self)
{
    callback *dropped = timer_of(self)->callback;
    timer_of(self)->callback = NULL;
    if (dropped)
        hb_alarm_unref(&dropped->alarm);
    return 0;
}

static void dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (timer_of(self)->base.base.weakrefs)
        PyObject_ClearWeakRefs(self);
    hbpy_origin_gone(self, NULL); /* the call may still come, and keeps its own */
    clear(self);
    type->tp_free(self);
    Py_DECREF(type);
}

PyDoc_STRVAR(stop_doc,
"stop($self, /)\n--\n\n"
"Cancel the call; return whether that came in time.\n\n"
"False: fn was called, is being called, or nothing was armed. Does not wait for a\n"
"call that runs, as Go's Timer.Stop.");

static int check_alarm(PyObject *self)
{
    if (!hb_alarm_is_foreign(&timer_of(self)->callback->alarm))
        return 0;
    hbpy_raise(hbpy_state_of(self), HB_FOREIGN);
    return -1;
}

static PyObject *FuncTimer_stop(PyObject *self, PyObject *unused)
{
    if (hbpy_point(self) < 0)
        return NULL;
    (void)unused;
    callback *stopped = timer_of(self)->callback;
    if (check_alarm(self) < 0)
        return NULL;
    bool was_armed = hb_alarm_cancel(&stopped->alarm);
    if (was_armed)
        hbpy_alive_end(&stopped->alive);
    return PyBool_FromLong(was_armed);
}

/* In a bubble alarms fire when everybody sleeps. What is due at once does not wait for that: whoever
 * arms it may be busy until it has come. */
static hb_status set_alarm(hb_alarm *alarm, hb_time delay, bool *was_armed)
{
    if (delay > 0 || !hb_alarm_is_virtual(alarm))
        return hb_alarm_set(alarm, hb_time_add(hb_alarm_now(alarm), delay), was_armed);
    *was_armed = hb_alarm_cancel(alarm);
    hb_alarm_ref(alarm); /* the call's, as an arming's */
    fire(alarm);
    return HB_OK;
}

/* It is begun before it can fire; an arming that is replaced ends, and so does one for no instant. */
static hb_status arm(callback *armed, hb_time delay, bool *was_armed)
{
    bool never = hb_time_add(hb_alarm_now(&armed->alarm), delay) == HB_FOREVER;
    hbpy_alive_begin(&armed->alive);
    hb_status status = set_alarm(&armed->alarm, delay, was_armed);
    if (*was_armed)
        hbpy_alive_end(&armed->alive);
    if (status != HB_OK || never)
        hbpy_alive_end(&armed->alive);
    return status;
}

PyDoc_STRVAR(reset_doc,
"reset($self, d, /)\n--\n\n"
"Call fn d seconds from now (again); return whether it was still to be called.");

static PyObject *FuncTimer_reset(PyObject *self, PyObject *py_seconds)
{
    if (hbpy_point(self) < 0)
        return NULL;
    hb_time delay;
    bool was_armed;
    if (hbpy_parse_delay(py_seconds, &delay) < 0 || check_alarm(self) < 0)
        return NULL;
    hb_status status = arm(timer_of(self)->callback, delay, &was_armed);
    return status == HB_OK ? PyBool_FromLong(was_armed) : hbpy_raise(hbpy_state_of(self), status);
}

static PyObject *FuncTimer_due(PyObject *self, void *unused)
{
    (void)unused;
    return hbpy_seconds(hb_alarm_due(&timer_of(self)->callback->alarm));
}

static PyObject *FuncTimer_active(PyObject *self, void *unused)
{
    if (hbpy_point(self) < 0)
        return NULL;
    (void)unused;
    return PyBool_FromLong(hb_alarm_due(&timer_of(self)->callback->alarm) != HB_FOREVER);
}

static PyObject *FuncTimer_repr(PyObject *self)
{
    bool armed = hb_alarm_due(&timer_of(self)->callback->alarm) != HB_FOREVER;
    return PyUnicode_FromFormat("<heartbeat.Timer: %s %R>", armed ? "will call" : "not armed to call",
                                timer_of(self)->callback->py_fn);
}

static PyMethodDef methods[] = {
    { "stop", FuncTimer_stop, METH_NOARGS, stop_doc },
    { "reset", FuncTimer_reset, METH_O, reset_doc },
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef getset[] = {
    { "due", FuncTimer_due, NULL, "The instant fn is called, in seconds; inf if not armed.", NULL },
    { "active", FuncTimer_active, NULL, "Whether fn is still to be called.", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

static PyType_Slot slots[] = {
    { Py_tp_doc, "The Timer of after_func(): as a source it never is ready." },
    { Py_tp_dealloc, dealloc },
    { Py_tp_traverse, traverse },
    { Py_tp_clear, clear },
    { Py_tp_repr, FuncTimer_repr },
    { Py_tp_methods, methods },
    { Py_tp_getset, getset },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "heartbeat._FuncTimer",
    .basicsize = sizeof(hbpy_func_timer),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

/* ---- after_func() ---- */

PyDoc_STRVAR(after_func_doc,
"after_func($module, d, fn, /)\n--\n\n"
"Call fn() d seconds from now on a thread of the engine; return its Timer.\n\n"
"stop() cancels the call and reset() moves it, as with Go's time.AfterFunc. Calls\n"
"that come due together run side by side. What fn raises goes to\n"
"threading.excepthook. Dropping the Timer does not cancel. Context variables are\n"
"those of the caller, afresh for each call. Never blocks.");

static PyObject *module_after_func(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    if (hbpy_point(module) < 0)
        return NULL;
    hb_time delay;
    if (nargs != 2)
        return PyErr_Format(PyExc_TypeError, "after_func() takes d and fn (%zd given)", nargs);
    if (!PyCallable_Check(args[1]))
        return PyErr_Format(PyExc_TypeError, "fn must be callable, not %s", Py_TYPE(args[1])->tp_name);
    if (hbpy_parse_delay(args[0], &delay) < 0)
        return NULL;
    hbpy_state *state = PyModule_GetState(module);
    hbpy_func_timer *self = new_timer(state, args[1]);
    PyObject *py_was_armed = self ? FuncTimer_reset((PyObject *)self, args[0]) : NULL;
    if (!py_was_armed)
        Py_CLEAR(self);
    Py_XDECREF(py_was_armed);
    return (PyObject *)self;
}

static PyMethodDef functions[] = {
    { "after_func", (PyCFunction)(void (*)(void))module_after_func, METH_FASTCALL, after_func_doc },
    { NULL, NULL, 0, NULL },
};

int hbpy_init_after_func(PyObject *module, hbpy_state *state)
{
    if (!pool)
        pool = hb_chan_new(0, NULL);
    if (!pool) {
        PyErr_NoMemory();
        return -1;
    }
    if (hbpy_add_type(module, &state->FuncTimer, &spec, state->Timer) < 0)
        return -1;
    return PyModule_AddFunctions(module, functions);
}
