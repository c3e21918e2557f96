/* timer: Timer and Ticker over hb_timer, which lives inside the object: whoever
 * waits holds the object, so the timer outlives every wait on it. */
#include "timer.h"

static hb_timer *timer_of(void *self)
{
    return &((hbpy_timer *)self)->timer;
}

static hb_time now_of(void *self)
{
    return hb_source_now(&timer_of(self)->source);
}

/* ---- life ---- */

static PyObject *new_timer(PyTypeObject *type, hb_time due, hb_time period)
{
    PyObject *self = type->tp_alloc(type, 0);
    if (!self)
        return NULL;
    hb_timer_init(timer_of(self), due, period);
    ((hbpy_source *)self)->kind = &hbpy_instant_kind;
    ((hbpy_source *)self)->source = &timer_of(self)->source;
    hbpy_origin_made(self, &timer_of(self)->source);
    return self;
}

static int parse_period(PyObject *py_seconds, hb_time *period)
{
    if (hbpy_parse_delay(py_seconds, period) < 0)
        return -1;
    if (*period == 0)
        PyErr_SetString(PyExc_ValueError, "d must be more than 0 for a ticker");
    return *period == 0 ? -1 : 0;
}

static PyObject *make_timer(PyTypeObject *type, PyObject *py_seconds)
{
    hb_time delay;
    if (hbpy_parse_delay(py_seconds, &delay) < 0)
        return NULL;
    return new_timer(type, hb_time_add(hb_now(), delay), 0);
}

static PyObject *make_ticker(PyTypeObject *type, PyObject *py_seconds)
{
    hb_time period;
    if (parse_period(py_seconds, &period) < 0)
        return NULL;
    return new_timer(type, hb_time_add(hb_now(), period), period);
}

static PyObject *Timer_new(PyTypeObject *type, PyObject *py_args, PyObject *py_kwargs)
{
    static char *names[] = { "", NULL };
    PyObject *py_seconds;
    if (!PyArg_ParseTupleAndKeywords(py_args, py_kwargs, "O:Timer", names, &py_seconds))
        return NULL;
    return make_timer(type, py_seconds);
}

static PyObject *Ticker_new(PyTypeObject *type, PyObject *py_args, PyObject *py_kwargs)
{
    static char *names[] = { "", NULL };
    PyObject *py_seconds;
    if (!PyArg_ParseTupleAndKeywords(py_args, py_kwargs, "O:Ticker", names, &py_seconds))
        return NULL;
    return make_ticker(type, py_seconds);
}

/* ---- Timer ---- */

PyDoc_STRVAR(timer_stop_doc,
"stop($self, /)\n--\n\n"
"Disarm the timer; return whether it was armed and not yet received.\n\n"
"Afterwards nothing can be received until reset(). Never blocks.");

static PyObject *Timer_stop(PyObject *self, PyObject *unused)
{
    if (hbpy_point(self) < 0)
        return NULL;
    (void)unused;
    if (hbpy_check_source((hbpy_source *)self) < 0)
        return NULL;
    return PyBool_FromLong(hb_timer_stop(timer_of(self)));
}

PyDoc_STRVAR(timer_reset_doc,
"reset($self, d, /)\n--\n\n"
"Arm the timer anew, d seconds from now; return as stop() would.\n\n"
"A value that was due before can no longer be received. Never blocks.");

static PyObject *Timer_reset(PyObject *self, PyObject *py_seconds)
{
    if (hbpy_point(self) < 0)
        return NULL;
    hb_time delay;
    if (hbpy_parse_delay(py_seconds, &delay) < 0 || hbpy_check_source((hbpy_source *)self) < 0)
        return NULL;
    return PyBool_FromLong(hb_timer_reset(timer_of(self), hb_time_add(now_of(self), delay), 0));
}

static PyObject *Timer_due(PyObject *self, void *unused)
{
    (void)unused;
    return hbpy_seconds(hb_timer_due(timer_of(self)));
}

static PyObject *Timer_active(PyObject *self, void *unused)
{
    if (hbpy_point(self) < 0)
        return NULL;
    (void)unused;
    return PyBool_FromLong(hb_timer_due(timer_of(self)) != HB_FOREVER);
}

static PyObject *Timer_repr(PyObject *self)
{
    hb_time due = hb_timer_due(timer_of(self));
    if (due == HB_FOREVER)
        return PyUnicode_FromFormat("<%s: not armed>", Py_TYPE(self)->tp_name);
    PyObject *py_left = PyFloat_FromDouble((double)(due - now_of(self)) / 1e9);
    PyObject *py_repr = py_left ? PyUnicode_FromFormat("<%s: due in %R s>", Py_TYPE(self)->tp_name, py_left)
                                : NULL;
    Py_XDECREF(py_left);
    return py_repr;
}

PyDoc_STRVAR(timer_doc,
"Timer(d, /)\n--\n\n"
"A source that is ready once, d seconds from now; its value is the due instant\n"
"(float, on the clock of now()).\n\n"
"Needs no thread: whoever receives compares the clock, whoever waits parks until\n"
"then. So a timer nobody refers to is just garbage. d=inf never fires. After stop()\n"
"or reset() no stale value can be received, as with Go's timers since 1.23.");

static PyMethodDef timer_methods[] = {
    { "stop", Timer_stop, METH_NOARGS, timer_stop_doc },
    { "reset", Timer_reset, METH_O, timer_reset_doc },
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef timer_getset[] = {
    { "due", Timer_due, NULL, "The instant it is ready, in seconds; inf if not armed.", NULL },
    { "active", Timer_active, NULL, "Whether it is armed: still to be received.", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

static PyType_Slot timer_slots[] = {
    { Py_tp_doc, (void *)timer_doc },       { Py_tp_new, Timer_new },
    { Py_tp_dealloc, hbpy_source_dealloc }, { Py_tp_repr, Timer_repr },
    { Py_tp_methods, timer_methods },       { Py_tp_getset, timer_getset },
    { 0, NULL },
};

static PyType_Spec timer_spec = {
    .name = "heartbeat.Timer",
    .basicsize = sizeof(hbpy_timer),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = timer_slots,
};

/* ---- Ticker ---- */

PyDoc_STRVAR(ticker_stop_doc,
"stop($self, /)\n--\n\n"
"End the ticks. Afterwards nothing can be received until reset(). Never blocks.");

static PyObject *Ticker_stop(PyObject *self, PyObject *unused)
{
    if (hbpy_point(self) < 0)
        return NULL;
    (void)unused;
    if (hbpy_check_source((hbpy_source *)self) < 0)
        return NULL;
    hb_timer_stop(timer_of(self));
    Py_RETURN_NONE;
}

PyDoc_STRVAR(ticker_reset_doc,
"reset($self, d, /)\n--\n\n"
"Tick every d seconds from now on, first in d seconds. Never blocks.");

static PyObject *Ticker_reset(PyObject *self, PyObject *py_seconds)
{
    if (hbpy_point(self) < 0)
        return NULL;
    hb_time period;
    if (parse_period(py_seconds, &period) < 0 || hbpy_check_source((hbpy_source *)self) < 0)
        return NULL;
    hb_timer_reset(timer_of(self), hb_time_add(now_of(self), period), period);
    Py_RETURN_NONE;
}

static PyObject *Ticker_period(PyObject *self, void *unused)
{
    (void)unused;
    return hbpy_seconds(hb_timer_period(timer_of(self)));
}

static PyObject *Ticker_missed(PyObject *self, void *unused)
{
    (void)unused;
    return PyLong_FromUnsignedLongLong(hb_timer_missed(timer_of(self)));
}

static PyObject *Ticker_next(PyObject *self)
{
    if (hbpy_point(self) < 0)
        return NULL;
    return hbpy_source_recv((hbpy_source *)self, HB_FOREVER);
}

static PyObject *Ticker_repr(PyObject *self)
{
    PyObject *py_period = Ticker_period(self, NULL);
    if (!py_period)
        return NULL;
    bool active = hb_timer_due(timer_of(self)) != HB_FOREVER;
    PyObject *py_repr = PyUnicode_FromFormat("<%s: every %R s, %llu missed%s>", Py_TYPE(self)->tp_name,
                                             py_period,
                                             (unsigned long long)hb_timer_missed(timer_of(self)),
                                             active ? "" : ", stopped");
    Py_DECREF(py_period);
    return py_repr;
}

PyDoc_STRVAR(ticker_doc,
"Ticker(d, /)\n--\n\n"
"A source that is ready every d seconds; its values are the due instants (float,\n"
"on the clock of now()).\n\n"
"Keeps its phase: ticks are due at start + k*d however late they are received. One\n"
"tick at most is held, the oldest nobody took, as by Go's ticker; .missed counts\n"
"the others. `for due in ticker` waits for one after another. Needs no thread.");

static PyMethodDef ticker_methods[] = {
    { "stop", Ticker_stop, METH_NOARGS, ticker_stop_doc },
    { "reset", Ticker_reset, METH_O, ticker_reset_doc },
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef ticker_getset[] = {
    { "period", Ticker_period, NULL, "Seconds from tick to tick.", NULL },
    { "missed", Ticker_missed, NULL, "How many ticks were dropped because nobody took them.", NULL },
    { "due", Timer_due, NULL, "The instant of the next tick, in seconds; inf if stopped.", NULL },
    { "active", Timer_active, NULL, "Whether it ticks.", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

static PyType_Slot ticker_slots[] = {
    { Py_tp_doc, (void *)ticker_doc },      { Py_tp_new, Ticker_new },
    { Py_tp_dealloc, hbpy_source_dealloc }, { Py_tp_repr, Ticker_repr },
    { Py_tp_iter, PyObject_SelfIter },      { Py_tp_iternext, Ticker_next },
    { Py_tp_methods, ticker_methods },      { Py_tp_getset, ticker_getset },
    { 0, NULL },
};

static PyType_Spec ticker_spec = {
    .name = "heartbeat.Ticker",
    .basicsize = sizeof(hbpy_timer),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = ticker_slots,
};

/* ---- functions ---- */

PyDoc_STRVAR(after_doc,
"after($module, d, /)\n--\n\n"
"Return a Timer that is ready once, d seconds from now. Never blocks.\n\n"
"    select(results, after(5.0))    # a result, or 5 seconds of silence");

static PyObject *module_after(PyObject *module, PyObject *py_seconds)
{
    if (hbpy_point(module) < 0)
        return NULL;
    return make_timer(((hbpy_state *)PyModule_GetState(module))->Timer, py_seconds);
}

PyDoc_STRVAR(tick_doc,
"tick($module, d, /)\n--\n\n"
"Return a Ticker that is ready every d seconds. Never blocks.");

static PyObject *module_tick(PyObject *module, PyObject *py_seconds)
{
    if (hbpy_point(module) < 0)
        return NULL;
    return make_ticker(((hbpy_state *)PyModule_GetState(module))->Ticker, py_seconds);
}

static PyMethodDef functions[] = {
    { "after", module_after, METH_O, after_doc },
    { "tick", module_tick, METH_O, tick_doc },
    { NULL, NULL, 0, NULL },
};

int hbpy_init_timer(PyObject *module, hbpy_state *state)
{
    if (hbpy_add_type(module, &state->Timer, &timer_spec, state->Source) < 0 ||
        hbpy_add_type(module, &state->Ticker, &ticker_spec, state->Source) < 0)
        return -1;
    return PyModule_AddFunctions(module, functions);
}
