/* monitor_watch: what a monitor watches, and looking at it. */
#include "monitor.h"

#define MOST_MISSES 65535

/* ---- arguments ---- */

int hbpy_monitor_time(PyObject *py_seconds, const char *name, hb_time *time)
{
    if (hbpy_parse_duration(py_seconds, name, time) < 0)
        return -1;
    if (*time == 0)
        PyErr_Format(PyExc_ValueError, "%s must be more than 0, not %R", name, py_seconds);
    return *time == 0 ? -1 : 0;
}

int hbpy_monitor_misses(PyObject *py_misses, uint32_t *misses)
{
    if (!py_misses || py_misses == Py_None)
        return 0;
    if (!PyIndex_Check(py_misses) || PyBool_Check(py_misses)) {
        PyErr_Format(PyExc_TypeError, "misses must be an int, not %s", Py_TYPE(py_misses)->tp_name);
        return -1;
    }
    int overflow;
    long value = PyLong_AsLongAndOverflow(py_misses, &overflow);
    if (value == -1 && !overflow && PyErr_Occurred())
        return -1;
    if (overflow || value < 1 || value > MOST_MISSES) {
        PyErr_Format(PyExc_ValueError, "misses must be 1 to %d, not %R", MOST_MISSES, py_misses);
        return -1;
    }
    *misses = (uint32_t)value;
    return 0;
}

/* What stands for a heartbeat: one, or what has one as .beat. A new reference. */
static PyObject *beat_of(hbpy_state *state, PyObject *py_given)
{
    if (PyObject_TypeCheck(py_given, state->Heartbeat))
        return Py_NewRef(py_given);
    PyObject *py_beat = PyObject_GetAttrString(py_given, "beat");
    if (py_beat && PyObject_TypeCheck(py_beat, state->Heartbeat))
        return py_beat;
    if (py_beat || PyErr_ExceptionMatches(PyExc_AttributeError))
        PyErr_Format(PyExc_TypeError, "a Heartbeat, or what has one as .beat, is needed, not %s",
                     Py_TYPE(py_given)->tp_name);
    Py_XDECREF(py_beat);
    return NULL;
}

/* The beat's own, or that of what has it. */
static int own_timeout(PyObject *py_given, PyObject *py_beat, hb_time *timeout)
{
    *timeout = heartbeat_of(py_beat)->timeout;
    if (*timeout != HB_FOREVER || py_given == py_beat)
        return 0;
    PyObject *py_timeout = PyObject_GetAttrString(py_given, "timeout");
    if (!py_timeout)
        PyErr_Clear();
    int read = hbpy_monitor_time(py_timeout, "timeout", timeout);
    Py_XDECREF(py_timeout);
    return read;
}

static int refuse(const char *format, PyObject *py_a, PyObject *py_b)
{
    if (py_a && py_b)
        PyErr_Format(PyExc_ValueError, format, py_a, py_b);
    Py_XDECREF(py_a);
    Py_XDECREF(py_b);
    return -1;
}

static int check_timeout(hb_time timeout, PyObject *py_beat)
{
    hb_time interval = heartbeat_of(py_beat)->interval;
    if (timeout == HB_FOREVER)
        return refuse("timeout is needed: neither %S nor %S has one", Py_NewRef(py_beat),
                      PyUnicode_FromString("the monitor"));
    if (interval != HB_FOREVER && interval > timeout)
        return refuse("the beat's interval (%R s) must not be larger than timeout (%R s): every pulse would come too late",
                      hbpy_seconds(interval), hbpy_seconds(timeout));
    return 0;
}

/* What is given with the call comes first, then the monitor's, then the beat's own. */
static int read_rule(hbpy_monitor *self, const hbpy_watch_args *args, PyObject *py_beat, hb_rule *rule)
{
    rule->misses = self->misses;
    if (hbpy_monitor_time(args->py_timeout, "timeout", &rule->timeout) < 0 ||
        hbpy_parse_duration(args->py_grace, "grace", &rule->grace) < 0 ||
        hbpy_monitor_time(args->py_progress, "progress", &rule->progress) < 0 ||
        hbpy_monitor_misses(args->py_misses, &rule->misses) < 0)
        return -1;
    if (rule->timeout == HB_FOREVER)
        rule->timeout = self->timeout;
    if (rule->timeout == HB_FOREVER && own_timeout(args->py_beat, py_beat, &rule->timeout) < 0)
        return -1;
    if (rule->grace == HB_FOREVER)
        rule->grace = self->grace == HB_FOREVER ? rule->timeout : self->grace;
    return check_timeout(rule->timeout, py_beat);
}

/* ---- watch ---- */

static int remember(PyObject *py_dict, void *address, PyObject *py_watched)
{
    PyObject *py_address = PyLong_FromVoidPtr(address);
    int set = py_address ? PyDict_SetItem(py_dict, py_address, py_watched) : -1;
    Py_XDECREF(py_address);
    return set;
}

/* Which of the two has ended. */
static int raise_ended(hbpy_monitor *self, PyObject *py_beat, hb_beat *beat)
{
    hb_status ending = hb_beat_ending(beat);
    if (ending == HB_OK)
        hbpy_monitor_raise_closed(self);
    else
        hbpy_heartbeat_ended(py_beat, ending);
    return -1;
}

/* A call of on_event may take as long as the longest timeout, and at least a second. */
static void be_patient(hbpy_monitor *self, hb_time timeout)
{
    if (timeout > (hb_time)hb_load_relaxed(&self->patience))
        hb_store_relaxed(&self->patience, (uint64_t)timeout);
}

static int watch_beat(hbpy_monitor *self, PyObject *py_beat, const hb_rule *rule)
{
    hb_beat *beat = hbpy_heartbeat_beat(py_beat);
    if (!beat)
        return -1;
    hb_status status = hb_monitor_watch(self->monitor, beat, rule);
    if (status == HB_CLOSED)
        return raise_ended(self, py_beat, beat);
    if (status != HB_OK) {
        hbpy_raise(hbpy_state_of((PyObject *)self), status);
        return -1;
    }
    be_patient(self, rule->timeout);
    if (remember(self->py_watched, beat, py_beat) == 0)
        return 0;
    hb_monitor_unwatch(self->monitor, beat);
    return -1;
}

int hbpy_monitor_watch(hbpy_monitor *self, const hbpy_watch_args *args)
{
    hb_rule rule;
    PyObject *py_beat = beat_of(hbpy_state_of((PyObject *)self), args->py_beat);
    if (!py_beat || hbpy_check_source(&self->base) < 0) {
        Py_XDECREF(py_beat);
        return -1;
    }
    int watched = read_rule(self, args, py_beat, &rule) < 0 ? -1 : watch_beat(self, py_beat, &rule);
    Py_DECREF(py_beat);
    return watched;
}

PyDoc_STRVAR(watch_doc,
"watch($self, beat, /, *, timeout=None, grace=None, misses=None, progress=None)\n--\n\n"
"Watch a Heartbeat too, or what has one as .beat; return the monitor.\n\n"
"Times are seconds; what is not given is as the monitor was made, then the beat's own\n"
"timeout. `progress`: pulses without progress() for so long are unhealthy (\"stuck\"). The\n"
"monitor keeps the beat until it ends or unwatch(). ValueError without any timeout, or if the beat's\n"
"interval is larger. Error if some monitor watches it already, Closed if it has ended.");

static PyObject *Monitor_watch(PyObject *py_self, PyObject *const *args, Py_ssize_t nargs, PyObject *py_kwnames)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    static const char *const names[] = { "beat", "timeout", "grace", "misses", "progress", NULL };
    PyObject *given[5];
    if (hbpy_parse("watch", args, nargs, py_kwnames, names, 1, 1, given) < 0)
        return NULL;
    hbpy_watch_args watch = { given[0], given[1], given[2], given[3], given[4] };
    return hbpy_monitor_watch(monitor_of(py_self), &watch) < 0 ? NULL : Py_NewRef(py_self);
}

/* The beat that stands for an argument, with a reference; NULL with an exception. */
static hb_beat *find_beat(PyObject *py_self, PyObject *py_given)
{
    PyObject *py_beat = beat_of(hbpy_state_of(py_self), py_given);
    hb_beat *beat = py_beat ? hbpy_heartbeat_beat(py_beat) : NULL;
    if (beat)
        hb_beat_ref(beat);
    Py_XDECREF(py_beat);
    return beat;
}

PyDoc_STRVAR(unwatch_doc,
"unwatch($self, beat, /)\n--\n\n"
"Stop watching it; return whether it was watched. No event comes of it afterwards.");

static PyObject *Monitor_unwatch(PyObject *py_self, PyObject *py_given)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    hb_beat *beat = hbpy_check_source((hbpy_source *)py_self) < 0 ? NULL : find_beat(py_self, py_given);
    if (!beat)
        return NULL;
    bool watched = hb_monitor_unwatch(monitor_of(py_self)->monitor, beat);
    hbpy_monitor_forget(monitor_of(py_self), beat);
    hb_beat_unref(beat);
    return PyBool_FromLong(watched);
}

PyDoc_STRVAR(demand_doc,
"demand($self, channel, /, timeout)\n--\n\n"
"Watch that somebody takes what waits on a channel; return the monitor.\n\n"
"Unhealthy (\"stuck\") when items wait and nobody took one for `timeout` seconds. The event's\n"
"beat is the channel. Error if there is such a demand already.");

static PyObject *Monitor_demand(PyObject *py_self, PyObject *const *args, Py_ssize_t nargs, PyObject *py_kwnames)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    static const char *const names[] = { "channel", "timeout", NULL };
    hbpy_monitor *self = monitor_of(py_self);
    PyObject *given[2];
    hb_time timeout;
    if (hbpy_parse("demand", args, nargs, py_kwnames, names, 2, 2, given) < 0 ||
        hbpy_check_source(&self->base) < 0 ||
        hbpy_monitor_time(given[1], "timeout", &timeout) < 0)
        return NULL;
    hb_chan *chan = hbpy_channel_chan(hbpy_state_of(py_self), given[0]);
    if (!chan)
        return NULL;
    if (timeout == HB_FOREVER)
        return PyErr_Format(PyExc_ValueError, "timeout must be seconds, not %R", given[1]);
    hb_status status = remember(self->py_channels, chan, given[0]) < 0 ? HB_INTERRUPTED
                                                          : hb_monitor_demand(self->monitor, chan, timeout);
    if (status == HB_OK)
        return Py_NewRef(py_self);
    return status == HB_CLOSED ? hbpy_monitor_raise_closed(self) : hbpy_raise(hbpy_state_of(py_self), status);
}

/* ---- looking ---- */

/* A monitor that has not begun has seen no pulse either. */
static PyObject *status_object(hb_watch_status status)
{
    return PyUnicode_FromString(hb_watch_status_text(status == HB_WATCH_IDLE ? HB_WATCH_STARTING : status));
}

PyDoc_STRVAR(status_of_doc,
"status_of($self, beat, /)\n--\n\n"
"How a beat is: \"starting\" (no pulse yet), \"healthy\", \"late\" (half of its time is up),\n"
"\"unhealthy\", \"paused\" or \"ended\".");

static PyObject *Monitor_status_of(PyObject *py_self, PyObject *py_given)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    hb_beat *beat = find_beat(py_self, py_given);
    if (!beat)
        return NULL;
    hb_watch_status status = hb_monitor_status_of(monitor_of(py_self)->monitor, beat);
    hb_beat_unref(beat);
    return status_object(status);
}

static PyObject *Monitor_status(PyObject *self, void *unused)
{
    if (hbpy_point(self) < 0)
        return NULL;
    (void)unused;
    return status_object(hb_monitor_status(monitor_of(self)->monitor));
}

PyGetSetDef hbpy_monitor_status_getset = {
    "status", Monitor_status, NULL, "How what it watches is, as status_of() tells it; of several, the worst.", NULL,
};

/* Nothing if it is not watched any more. */
static int check_one(hbpy_monitor *self, PyObject *py_watched, PyObject *py_verdicts)
{
    hb_health *health = hb_monitor_check(self->monitor, hbpy_heartbeat_beat(py_watched));
    PyObject *py_health = health ? hbpy_health(self, health) : NULL;
    int appended = py_health ? PyList_Append(py_verdicts, py_health) : health ? -1 : 0;
    Py_XDECREF(py_health);
    return appended;
}

PyDoc_STRVAR(check_doc,
"check($self, /)\n--\n\n"
"Return a Health for each watched beat, made now. No event, no action; never waits for long.");

static PyObject *Monitor_check(PyObject *py_self, PyObject *unused)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    (void)unused;
    if (hbpy_check_source((hbpy_source *)py_self) < 0)
        return NULL;
    PyObject *py_all = PyDict_Values(monitor_of(py_self)->py_watched);
    PyObject *py_verdicts = py_all ? PyList_New(0) : NULL;
    for (Py_ssize_t i = 0; py_verdicts && i < PyList_GET_SIZE(py_all); i++)
        if (check_one(monitor_of(py_self), PyList_GET_ITEM(py_all, i), py_verdicts) < 0)
            Py_CLEAR(py_verdicts);
    Py_XDECREF(py_all);
    return py_verdicts;
}

PyMethodDef hbpy_monitor_watch_methods[] = {
    { "watch", (PyCFunction)(void (*)(void))Monitor_watch, METH_FASTCALL | METH_KEYWORDS, watch_doc },
    { "unwatch", Monitor_unwatch, METH_O, unwatch_doc },
    { "demand", (PyCFunction)(void (*)(void))Monitor_demand, METH_FASTCALL | METH_KEYWORDS, demand_doc },
    { "status_of", Monitor_status_of, METH_O, status_of_doc },
    { "check", Monitor_check, METH_NOARGS, check_doc },
    { NULL, NULL, 0, NULL },
};
