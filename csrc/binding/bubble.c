/* bubble: virtual time for the threads of a test.
 *
 * A Bubble is made, entered by the thread that will be its host, and left by it; what happens in
 * between is the core's (hb_bubble.h). Leaving waits for quiet, closes the monitors, so that the
 * threads that call on_event end, waits for quiet again, ends the bubble, so that every other
 * participant's waits raise Stopped, and names those that were still there.
 *
 * Locking: `bubble` is constant; the rest is the host's. */
#include "bubble.h"

/* How long participants have to end once their waits raise Stopped: real time. */
#define END_LIMIT (2 * HB_SECOND)
/* How long nothing may go on in a bubble while somebody runs, if nothing else is said: real time. */
#define STALL_LIMIT (5 * HB_SECOND)

/* ---- life ---- */

static int parse_stall(PyObject *py_stall, hb_time *limit)
{
    *limit = STALL_LIMIT;
    if (py_stall && hbpy_parse_duration(py_stall, "stall", limit) < 0)
        return -1;
    if (*limit <= 0)
        PyErr_SetString(PyExc_ValueError, "stall must be more than 0, or None");
    return *limit <= 0 ? -1 : 0;
}

static PyObject *Bubble_new(PyTypeObject *type, PyObject *py_args, PyObject *py_kwargs)
{
    static char *names[] = { "start", "seed", "stall", "schedule", NULL };
    PyObject *py_start = NULL, *py_stall = NULL, *py_schedule = NULL;
    hb_schedule *schedule = NULL;
    unsigned long long seed = 0;
    hb_time start = 0, limit;
    if (!PyArg_ParseTupleAndKeywords(py_args, py_kwargs, "|OK$OO:Bubble", names, &py_start, &seed, &py_stall,
                                     &py_schedule) ||
        (py_start && hbpy_parse_span(py_start, "start", &start) < 0) || parse_stall(py_stall, &limit) < 0)
        return NULL;
    hbpy_bubble *self = bubble_of(type->tp_alloc(type, 0));
    if (!self || hbpy_bubble_read_schedule(py_schedule, seed, &schedule) < 0) {
        Py_XDECREF(self);
        return NULL;
    }
    self->limit = limit;
    self->bubble = hb_bubble_new(start, seed, schedule ? &schedule->turns : NULL);
    if (!self->bubble) {
        if (schedule)
            schedule->turns.free(&schedule->turns);
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    return (PyObject *)self;
}

static int watch(hbpy_bubble *self)
{
    if (self->limit != HB_FOREVER)
        self->stall = hbpy_stall_begin(hbpy_state_of((PyObject *)self), self->bubble, self->limit);
    return PyErr_Occurred() ? -1 : 0;
}

static void stop_watching(hbpy_bubble *self)
{
    hbpy_stall *stall = self->stall;
    self->stall = NULL;
    if (stall)
        hbpy_stall_end(stall);
}

static void dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    stop_watching(bubble_of(self));
    hb_bubble_unref(bubble_of(self)->bubble);
    type->tp_free(self);
    Py_DECREF(type);
}

/* ---- waiting ---- */

/* 0, or -1 with an exception. */
static int wait_for_quiet(hbpy_bubble *self)
{
    bool here = hb_bubble_here() == self->bubble;
    hb_status status = here ? hbpy_wait_for_quiet() : HB_FOREIGN;
    if (status == HB_OK)
        return 0;
    hbpy_raise(hbpy_state_of((PyObject *)self), status);
    return -1;
}

PyDoc_STRVAR(wait_doc,
"wait($self, /)\n--\n\n"
"Block until every other participant is durably waiting and nothing is due now.\n\n"
"As Go's synctest.Wait: time does not move. Raises Error if another participant\n"
"does the same, or if the calling thread takes no part in the bubble.");

static PyObject *Bubble_wait(PyObject *self, PyObject *unused)
{
    (void)unused;
    if (wait_for_quiet(bubble_of(self)) < 0)
        return NULL;
    Py_RETURN_NONE;
}

PyDoc_STRVAR(advance_doc,
"advance($self, d, /)\n--\n\n"
"Move the clock by d seconds, and block until everything due by then has happened.\n\n"
"What is due on the way happens in its order, at its instant. Afterwards every other\n"
"participant is durably waiting. ValueError if d is negative.");

static PyObject *Bubble_advance(PyObject *py_self, PyObject *py_seconds)
{
    hbpy_bubble *self = bubble_of(py_self);
    hb_time delay;
    if (hbpy_parse_delay(py_seconds, &delay) < 0 || wait_for_quiet(self) < 0)
        return NULL;
    hb_status status = hbpy_sleep(hb_time_add(hb_now(), delay));
    if (status != HB_TIMEOUT)
        return hbpy_raise(hbpy_state_of(py_self), status);
    return Bubble_wait(py_self, NULL);
}

/* ---- entering and leaving ---- */

static PyObject *Bubble_enter(PyObject *py_self, PyObject *unused)
{
    hbpy_bubble *self = bubble_of(py_self);
    (void)unused;
    if (self->entered)
        return hbpy_raise(hbpy_state_of(py_self), HB_MISUSED);
    if (watch(self) < 0)
        return NULL;
    hb_status status = hb_bubble_join(self->bubble, hbpy_is_main_thread());
    if (status != HB_OK) {
        stop_watching(self);
        return hbpy_raise(hbpy_state_of(py_self), status);
    }
    self->entered = true;
    return Py_NewRef(py_self);
}

/* Who would not end counts as started outside from now on. */
static void disown_others(hb_bubble *bubble)
{
    enum { MOST = 256 };
    hb_participant_view views[MOST];
    size_t n = hb_bubble_participants(bubble, views, MOST);
    for (size_t i = 0; i < n && i < MOST; i++)
        hb_thread_leave_home(views[i].thread);
}

/* What the services let go of are objects. */
static void end(hbpy_bubble *self)
{
    hbpy_monitors_end_bubble(hbpy_state_of((PyObject *)self), hb_bubble_number(self->bubble));
    PyThreadState *py_thread = PyEval_SaveThread();
    if (hb_bubble_end(self->bubble, hb_time_add(hb_platform_now(), END_LIMIT)) == HB_TIMEOUT)
        disown_others(self->bubble);
    hbpy_attach(py_thread);
    hb_bubble_end_services(self->bubble);
    hb_bubble_leave();
    stop_watching(self);
}

/* All events have been told of before the monitors are closed. 0, or -1 with an exception. */
static int come_to_rest(hbpy_bubble *self)
{
    if (wait_for_quiet(self) < 0)
        return -1;
    hbpy_monitors_end_bubble(hbpy_state_of((PyObject *)self), hb_bubble_number(self->bubble));
    return wait_for_quiet(self);
}

/* `py_left` is a text, None if nobody is left; NULL if that raised. */
static void raise_left(hbpy_bubble *self, PyObject *py_left)
{
    if (py_left && py_left != Py_None)
        PyErr_SetObject(hbpy_state_of((PyObject *)self)->LeakError, py_left);
}

PyDoc_STRVAR(exit_doc,
"__exit__($self, type, value, traceback, /)\n--\n\n"
"Wait until the others have ended or wait, and leave the bubble.\n\n"
"LeakError names the participants that are still there; their waits raise Stopped.");

static PyObject *Bubble_exit(PyObject *py_self, PyObject *const *args, Py_ssize_t nargs)
{
    hbpy_bubble *self = bubble_of(py_self);
    PyObject *py_left = NULL;
    bool raised = nargs > 0 && args[0] != Py_None;
    if (hb_bubble_here() != self->bubble)
        return hbpy_raise(hbpy_state_of(py_self), HB_FOREIGN);
    if (!raised && come_to_rest(self) == 0)
        py_left = hbpy_bubble_explain(hbpy_state_of(py_self), "leaks", self->bubble, false);
    PyObject *py_exception = hbpy_take_exception();
    end(self);
    if (py_exception)
        PyErr_SetObject((PyObject *)Py_TYPE(py_exception), py_exception);
    else
        raise_left(self, py_left);
    Py_XDECREF(py_exception);
    Py_XDECREF(py_left);
    return PyErr_Occurred() ? NULL : Py_NewRef(Py_False);
}

PyDoc_STRVAR(adopt_doc,
"adopt($self, /)\n--\n\n"
"Make the calling thread a participant, until it ends.\n\n"
"Used as a context manager, until the block ends. For threads that the engine did not\n"
"start. Raises Error if the thread takes part in a bubble already, and before the bubble\n"
"begins and after its end.");

static PyObject *Bubble_adopt(PyObject *self, PyObject *unused)
{
    (void)unused;
    return hbpy_adopt(hbpy_state_of(self), self, bubble_of(self)->bubble);
}

PyDoc_STRVAR(patch_doc,
"_patch($self, /)\n--\n\n"
"Participants shall meet virtual time outside of the engine, too. Returns the bubble's number.");

static PyObject *Bubble_patch(PyObject *self, PyObject *unused)
{
    (void)unused;
    hb_bubble_patch(bubble_of(self)->bubble);
    return PyLong_FromUnsignedLong(hb_bubble_number(bubble_of(self)->bubble));
}

/* ---- looking ---- */

static PyObject *Bubble_now(PyObject *self, void *unused)
{
    (void)unused;
    return hbpy_seconds(hb_bubble_now(bubble_of(self)->bubble));
}

static PyObject *Bubble_here(PyObject *self, void *unused)
{
    (void)unused;
    return PyBool_FromLong(hb_bubble_here() == bubble_of(self)->bubble);
}

/* ---- the type ---- */

PyDoc_STRVAR(doc,
"Bubble(start=0.0, seed=0, *, stall=5.0, schedule=None)\n--\n\n"
"Virtual time for the thread that enters and every thread the engine starts inside.\n\n"
"Made and entered by heartbeat.testing.virtual_time().");

/* Filled once from the files that define the methods. */
static PyMethodDef all_methods[12];

static const PyMethodDef methods[] = {
    { "wait", Bubble_wait, METH_NOARGS, wait_doc },
    { "advance", Bubble_advance, METH_O, advance_doc },
    { "adopt", Bubble_adopt, METH_NOARGS, adopt_doc },
    { "_patch", Bubble_patch, METH_NOARGS, patch_doc },
    { "__enter__", Bubble_enter, METH_NOARGS, "Become the host: time is virtual from here on." },
    { "__exit__", (PyCFunction)(void (*)(void))Bubble_exit, METH_FASTCALL, exit_doc },
    { NULL, NULL, 0, NULL },
};

static void fill_methods(void)
{
    size_t n = 0;
    for (const PyMethodDef *method = methods; method->ml_name; method++)
        all_methods[n++] = *method;
    all_methods[n++] = hbpy_bubble_participants_method;
    all_methods[n++] = hbpy_bubble_report_method;
}

static PyGetSetDef getset[] = {
    { "now", Bubble_now, NULL, "The present instant on the bubble's clock, in seconds.", NULL },
    { "_here", Bubble_here, NULL, "Whether the calling thread takes part.", NULL },
    { "_steps", hbpy_bubble_steps, NULL, "How many choices its schedule has made.", NULL },
    { "_trace", hbpy_bubble_trace, NULL, "Its last operations: (participant, instant, where).", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

static PyType_Slot slots[] = {
    { Py_tp_doc, (void *)doc },     { Py_tp_new, Bubble_new }, { Py_tp_dealloc, dealloc },
    { Py_tp_methods, all_methods }, { Py_tp_getset, getset },  { 0, NULL },
};

static PyType_Spec spec = {
    .name = "heartbeat.testing.Bubble",
    .basicsize = sizeof(hbpy_bubble),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int hbpy_init_bubble(PyObject *module, hbpy_state *state)
{
    fill_methods();
    return hbpy_add_type(module, &state->Bubble, &spec, NULL);
}
