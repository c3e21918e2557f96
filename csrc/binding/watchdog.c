/* watchdog: Watchdog over hb_watchdog, which lives inside the object: whoever
 * waits holds the object, so it outlives every wait on it. */
#include "binding.h"

#include "hb_watchdog.h"

typedef struct hbpy_watchdog {
    hbpy_source base;
    hb_watchdog watchdog;
} hbpy_watchdog;

static hb_watchdog *watchdog_of(void *self)
{
    return &((hbpy_watchdog *)self)->watchdog;
}

/* ---- life ---- */

static int refuse(const char *what)
{
    PyErr_SetString(PyExc_ValueError, what);
    return -1;
}

static int parse_times(PyObject *py_timeout, PyObject *py_jitter, hb_time *timeout, hb_time *jitter)
{
    *jitter = 0;
    if (hbpy_parse_span(py_timeout, "timeout", timeout) < 0 ||
        (py_jitter && hbpy_parse_span(py_jitter, "jitter", jitter) < 0))
        return -1;
    if (*timeout == 0)
        return refuse("timeout must be more than 0");
    return *jitter == HB_FOREVER ? refuse("jitter must be finite") : 0;
}

static PyObject *Watchdog_new(PyTypeObject *type, PyObject *py_args, PyObject *py_kwargs)
{
    static char *names[] = { "timeout", "jitter", NULL };
    PyObject *py_timeout, *py_jitter = NULL;
    hb_time timeout, jitter;
    if (!PyArg_ParseTupleAndKeywords(py_args, py_kwargs, "O|$O:Watchdog", names, &py_timeout,
                                     &py_jitter) ||
        parse_times(py_timeout, py_jitter, &timeout, &jitter) < 0)
        return NULL;
    PyObject *self = type->tp_alloc(type, 0);
    if (!self)
        return NULL;
    hb_watchdog_init(watchdog_of(self), timeout, jitter);
    ((hbpy_source *)self)->kind = &hbpy_instant_kind;
    ((hbpy_source *)self)->source = &watchdog_of(self)->source;
    hbpy_origin_made(self, &watchdog_of(self)->source);
    return self;
}

/* ---- methods ---- */

PyDoc_STRVAR(beat_doc,
"beat($self, /)\n--\n\n"
"Give a sign of life: it now expires `timeout` seconds (and the jitter) from now.\n\n"
"Also arms it after stop(). An expiry nobody has received yet is not taken back.\n"
"Never blocks, and waits for nobody who waits here. Any thread may call it.");

static PyObject *Watchdog_beat(PyObject *self, PyObject *unused)
{
    if (hbpy_point(self) < 0)
        return NULL;
    (void)unused;
    if (hbpy_check_source((hbpy_source *)self) < 0)
        return NULL;
    hb_watchdog_beat(watchdog_of(self));
    Py_RETURN_NONE;
}

PyDoc_STRVAR(stop_doc,
"stop($self, /)\n--\n\n"
"Disarm it until the next beat(); return whether it was armed.\n\n"
"An expiry nobody has received is dropped: afterwards nothing can be received until\n"
"a beat(). Never blocks.");

static PyObject *Watchdog_stop(PyObject *self, PyObject *unused)
{
    if (hbpy_point(self) < 0)
        return NULL;
    (void)unused;
    if (hbpy_check_source((hbpy_source *)self) < 0)
        return NULL;
    return PyBool_FromLong(hb_watchdog_stop(watchdog_of(self)));
}

/* ---- attributes ---- */

static PyObject *Watchdog_expired(PyObject *self, void *unused)
{
    (void)unused;
    return Py_NewRef(self);
}

static PyObject *Watchdog_timeout(PyObject *self, void *unused)
{
    (void)unused;
    return hbpy_seconds(watchdog_of(self)->timeout);
}

static PyObject *Watchdog_jitter(PyObject *self, void *unused)
{
    (void)unused;
    return hbpy_seconds(watchdog_of(self)->jitter);
}

static PyObject *Watchdog_due(PyObject *self, void *unused)
{
    (void)unused;
    hb_time due = hb_watchdog_due(watchdog_of(self));
    if (due == HB_FOREVER)
        Py_RETURN_NONE;
    return hbpy_seconds(due);
}

/* What it is doing, in words; `left` is until it is due. */
static PyObject *describe(PyObject *py_timeout, const char *name, double left)
{
    PyObject *py_left = PyFloat_FromDouble(left < 0 ? -left : left);
    if (!py_left)
        return NULL;
    PyObject *py_repr = left > 0 ? PyUnicode_FromFormat("<%s: timeout %R s, due in %R s>", name,
                                                        py_timeout, py_left)
                                 : PyUnicode_FromFormat("<%s: timeout %R s, expired %R s ago>", name,
                                                        py_timeout, py_left);
    Py_DECREF(py_left);
    return py_repr;
}

static PyObject *Watchdog_repr(PyObject *self)
{
    PyObject *py_timeout = Watchdog_timeout(self, NULL);
    const char *name = Py_TYPE(self)->tp_name;
    hb_time due = hb_watchdog_due(watchdog_of(self)), now = hb_source_now(&watchdog_of(self)->source);
    if (!py_timeout)
        return NULL;
    PyObject *py_repr = due == HB_FOREVER
                            ? PyUnicode_FromFormat("<%s: timeout %R s, not armed>", name, py_timeout)
                            : describe(py_timeout, name, (double)(due - now) / 1e9);
    Py_DECREF(py_timeout);
    return py_repr;
}

/* ---- the type ---- */

PyDoc_STRVAR(doc,
"Watchdog(timeout, *, jitter=0.0)\n--\n\n"
"A source that is ready when nobody has called beat() for `timeout` seconds; its\n"
"value is the instant it was due (float, on the clock of now()).\n\n"
"    watchdog = Watchdog(1.5, jitter=1.5)       # seconds\n"
"    # the thread that hears of the other side:\n"
"    watchdog.beat()\n"
"    # the thread that acts on silence:\n"
"    chosen = select(done, watchdog.expired)\n\n"
"Made armed. One expiry is kept until it is received, however many beats or timeouts\n"
"follow. Receiving it arms the next: a timeout after the one received or the last\n"
"beat(), whichever is later, but if that has passed already, a timeout from now. Each\n"
"arming adds up to `jitter` seconds, uniform, from the generator that seed() seeds for\n"
"the calling thread; so those who watch for the same silence do not act at once.\n\n"
"Needs no thread, and neither side can block the other. timeout=inf never expires.\n"
"ValueError: timeout is not more than 0, or jitter is negative, NaN or infinite.");

static PyMethodDef methods[] = {
    { "beat", Watchdog_beat, METH_NOARGS, beat_doc },
    { "stop", Watchdog_stop, METH_NOARGS, stop_doc },
    { NULL, NULL, 0, NULL },
};

static PyGetSetDef getset[] = {
    { "expired", Watchdog_expired, NULL, "The source to receive the expiry from: the watchdog itself.",
      NULL },
    { "timeout", Watchdog_timeout, NULL, "Seconds without a beat() until it expires.", NULL },
    { "jitter", Watchdog_jitter, NULL, "The most seconds that are added to the timeout at random.", NULL },
    { "due", Watchdog_due, NULL,
      "The instant it expires or, while nobody receives it, has expired; None if it is not armed.", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};

static PyType_Slot slots[] = {
    { Py_tp_doc, (void *)doc },
    { Py_tp_new, Watchdog_new },
    { Py_tp_dealloc, hbpy_source_dealloc },
    { Py_tp_repr, Watchdog_repr },
    { Py_tp_methods, methods },
    { Py_tp_getset, getset },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "heartbeat.Watchdog",
    .basicsize = sizeof(hbpy_watchdog),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int hbpy_init_watchdog(PyObject *module, hbpy_state *state)
{
    return hbpy_add_type(module, &state->Watchdog, &spec, state->Source);
}
