/* heartbeat_ops: what a Heartbeat does and tells. */
#include "beat.h"

#include <math.h>

hb_beat *hbpy_heartbeat_beat(PyObject *py_self)
{
    hb_beat *beat = heartbeat_of(py_self)->beat;
    if (!beat)
        PyErr_SetString(PyExc_RuntimeError, "Heartbeat.__init__() has not been called");
    return beat;
}

static PyObject *name_object(PyObject *py_self)
{
    PyObject *py_name = heartbeat_of(py_self)->py_name;
    return py_name ? py_name : Py_None;
}

PyObject *hbpy_heartbeat_ended(PyObject *py_self, hb_status status)
{
    hbpy_state *state = hbpy_state_of(py_self);
    if (status != HB_CLOSED)
        return hbpy_raise(state, status);
    PyObject *py_message = PyUnicode_FromFormat("heartbeat %R is closed", name_object(py_self));
    if (py_message)
        hbpy_raise_closed(state, py_message, NULL);
    Py_XDECREF(py_message);
    return NULL;
}

static PyObject *outcome(PyObject *py_self, hb_status status)
{
    if (status != HB_OK)
        return hbpy_heartbeat_ended(py_self, status);
    Py_RETURN_NONE;
}

/* ---- signs of life ---- */

PyDoc_STRVAR(pulse_doc,
"pulse($self, /)\n--\n\n"
"Give a sign of life. Never blocks, and costs the same whether anybody listens.\n\n"
"Whoever waits for it is woken; else it is kept, in the place of an older one (with\n"
"keep=0: dropped). Raises Closed when the heartbeat is closed, Revoked when another\n"
"has taken this worker's place.");

static PyObject *Heartbeat_pulse(PyObject *py_self, PyObject *unused)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    (void)unused;
    hb_beat *beat = heartbeat_of(py_self)->beat;
    hb_status status = beat ? hb_beat_pulse(beat) : HB_STOPPED;
    if (status == HB_OK)
        Py_RETURN_NONE;
    return hbpy_heartbeat_beat(py_self) ? hbpy_heartbeat_ended(py_self, status) : NULL;
}

/* A finite number that is not negative. */
static int parse_amount(PyObject *py_amount, const char *name, double *amount)
{
    *amount = PyFloat_AsDouble(py_amount);
    if (*amount == -1.0 && PyErr_Occurred()) {
        if (PyErr_ExceptionMatches(PyExc_TypeError))
            PyErr_Format(PyExc_TypeError, "%s must be a number, not %s", name,
                         Py_TYPE(py_amount)->tp_name);
        return -1;
    }
    if (isfinite(*amount) && *amount >= 0)
        return 0;
    PyErr_Format(PyExc_ValueError, "%s must be finite and not negative, not %R", name, py_amount);
    return -1;
}

static int parse_phase(PyObject *py_phase, const char **phase)
{
    *phase = NULL;
    if (!py_phase || py_phase == Py_None)
        return 0;
    if (PyUnicode_Check(py_phase))
        *phase = PyUnicode_AsUTF8(py_phase);
    else
        PyErr_Format(PyExc_TypeError, "phase must be a str or None, not %s", Py_TYPE(py_phase)->tp_name);
    return *phase ? 0 : -1;
}

PyDoc_STRVAR(progress_doc,
"progress($self, done, total=None, phase=None)\n--\n\n"
"Tell how far the work is, which is a pulse too. Never blocks.\n\n"
"done, total  numbers of any unit; total=None: not known.\n"
"phase        what is being done; None: as it was told before.\n\n"
"A Monitor can ask that `done` changes and not only that pulses come. Raises as\n"
"pulse() does.");

static PyObject *Heartbeat_progress(PyObject *py_self, PyObject *const *args, Py_ssize_t nargs,
                                    PyObject *py_kwnames)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    static const char *const names[] = { "done", "total", "phase", NULL };
    PyObject *given[3];
    double done, total = -1;
    const char *phase;
    hb_beat *beat = hbpy_heartbeat_beat(py_self);
    if (!beat || hbpy_parse("progress", args, nargs, py_kwnames, names, 3, 1, given) < 0 ||
        parse_amount(given[0], "done", &done) < 0 ||
        (given[1] && given[1] != Py_None && parse_amount(given[1], "total", &total) < 0) ||
        parse_phase(given[2], &phase) < 0)
        return NULL;
    return outcome(py_self, hb_beat_progress(beat, done, total, phase));
}

/* ---- units and pauses ---- */

static PyObject *parse_label(PyObject *py_label)
{
    if (!py_label)
        return PyUnicode_FromStringAndSize(NULL, 0);
    if (!PyUnicode_Check(py_label))
        return PyErr_Format(PyExc_TypeError, "label must be a str, not %s", Py_TYPE(py_label)->tp_name);
    PyObject *py_owner;
    const char *label = hbpy_label_text(py_label, &py_owner);
    Py_XDECREF(py_owner);
    return label ? PyUnicode_FromObject(py_label) : NULL;
}

PyDoc_STRVAR(unit_doc,
"unit($self, label='', *, timeout=None)\n--\n\n"
"Make the context manager of a unit of work: `with beat.unit('load'):`.\n\n"
"Entering it pulses; leaving it counts it in stats(). Units nest. With `timeout`\n"
"(seconds, more than 0) the unit has to end within that time: while it is open this\n"
"takes the place of the heartbeat's own timeout, so work that is known to take long\n"
"needs no pulses. One object can be entered again after it was left. Never blocks.");

static PyObject *Heartbeat_unit(PyObject *py_self, PyObject *const *args, Py_ssize_t nargs,
                                PyObject *py_kwnames)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    static const char *const names[] = { "label", "timeout", NULL };
    PyObject *given[2];
    hb_time timeout;
    if (!hbpy_heartbeat_beat(py_self) || hbpy_check_source((hbpy_source *)py_self) < 0 ||
        hbpy_parse("unit", args, nargs, py_kwnames, names, 1, 0, given) < 0 ||
        hbpy_heartbeat_time(given[1], "timeout", &timeout) < 0)
        return NULL;
    PyObject *py_label = parse_label(given[0]);
    if (!py_label)
        return NULL;
    PyObject *py_unit = hbpy_unit_new(hbpy_state_of(py_self), py_self, py_label, timeout);
    Py_DECREF(py_label);
    return py_unit;
}

PyDoc_STRVAR(pause_doc,
"pause($self, max)\n--\n\n"
"Expect no pulse for up to `max` seconds (more than 0): no Monitor reports silence\n"
"meanwhile. The next pulse ends the pause; so does leaving `with beat.pause(30):`.\n\n"
"Never blocks. Raises as pulse() does.");

static PyObject *Heartbeat_pause(PyObject *py_self, PyObject *const *args, Py_ssize_t nargs,
                                 PyObject *py_kwnames)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    static const char *const names[] = { "max", NULL };
    PyObject *py_max;
    hb_time most;
    hb_beat *beat = hbpy_heartbeat_beat(py_self);
    if (!beat || hbpy_parse("pause", args, nargs, py_kwnames, names, 1, 1, &py_max) < 0)
        return NULL;
    if (py_max == Py_None)
        return PyErr_Format(PyExc_TypeError, "max must be seconds (int, float or timedelta), not None");
    if (hbpy_heartbeat_time(py_max, "max", &most) < 0)
        return NULL;
    PyObject *py_pause = hbpy_pause_new(hbpy_state_of(py_self), py_self);
    hb_status status = py_pause ? hb_beat_pause(beat, most) : HB_OK;
    if (status == HB_OK)
        return py_pause;
    Py_DECREF(py_pause);
    return hbpy_heartbeat_ended(py_self, status);
}

PyDoc_STRVAR(pulse_interval_doc,
"pulse_interval($self, /)\n--\n\n"
"Make a Ticker of the heartbeat's interval, for a select() that pulses on it.\n\n"
"Raises ValueError when the heartbeat has no interval.");

static PyObject *Heartbeat_pulse_interval(PyObject *py_self, PyObject *unused)
{
    (void)unused;
    if (!hbpy_heartbeat_beat(py_self))
        return NULL;
    if (heartbeat_of(py_self)->interval == HB_FOREVER)
        return PyErr_Format(PyExc_ValueError, "heartbeat %R has no interval", name_object(py_self));
    PyObject *py_interval = hbpy_seconds(heartbeat_of(py_self)->interval);
    PyObject *py_type = (PyObject *)hbpy_state_of(py_self)->Ticker;
    PyObject *py_ticker = py_interval ? PyObject_CallOneArg(py_type, py_interval) : NULL;
    Py_XDECREF(py_interval);
    return py_ticker;
}

/* ---- the end ---- */

PyDoc_STRVAR(close_doc,
"close($self, /)\n--\n\n"
"End the heartbeat in good order; return whether this call did.\n\n"
"Receivers of its pulses get a kept pulse and then the end; pulse() raises Closed\n"
"from now on. Never blocks.");

static PyObject *Heartbeat_close(PyObject *py_self, PyObject *unused)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    (void)unused;
    hb_beat *beat = hbpy_heartbeat_beat(py_self);
    if (!beat || hbpy_check_source((hbpy_source *)py_self) < 0)
        return NULL;
    return PyBool_FromLong(hb_beat_end(beat, HB_END_CLOSED) == HB_OK);
}

static PyObject *Heartbeat_enter(PyObject *py_self, PyObject *unused)
{
    (void)unused;
    return hbpy_heartbeat_beat(py_self) ? Py_NewRef(py_self) : NULL;
}

static PyObject *Heartbeat_exit(PyObject *py_self, PyObject *const *args, Py_ssize_t nargs)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    (void)args;
    (void)nargs;
    hb_beat *beat = hbpy_heartbeat_beat(py_self);
    if (!beat)
        return NULL;
    hb_beat_end(beat, HB_END_CLOSED);
    Py_RETURN_NONE;
}

/* ---- looking ---- */

PyDoc_STRVAR(stats_doc,
"stats($self, /)\n--\n\n"
"Return a HeartbeatStats: counts, times (seconds) and the present unit of work.");

static PyObject *Heartbeat_stats(PyObject *py_self, PyObject *unused)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    hb_beat_view view;
    hb_beat *beat = hbpy_heartbeat_beat(py_self);
    (void)unused;
    if (!beat)
        return NULL;
    hb_beat_look(beat, &view);
    return hbpy_beat_stats(hbpy_state_of(py_self), heartbeat_of(py_self)->py_name, &view);
}

static PyObject *Heartbeat_pulses(PyObject *py_self, void *unused)
{
    (void)unused;
    return hbpy_heartbeat_beat(py_self) ? Py_NewRef(heartbeat_of(py_self)->py_pulses) : NULL;
}

static PyObject *Heartbeat_closed(PyObject *py_self, void *unused)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    hb_beat *beat = hbpy_heartbeat_beat(py_self);
    (void)unused;
    return beat ? PyBool_FromLong(hb_beat_has_ended(beat)) : NULL;
}

static PyObject *Heartbeat_name(PyObject *py_self, void *unused)
{
    (void)unused;
    return Py_NewRef(name_object(py_self));
}

static PyObject *Heartbeat_interval(PyObject *py_self, void *unused)
{
    (void)unused;
    return hbpy_beat_seconds(heartbeat_of(py_self)->interval);
}

static PyObject *Heartbeat_timeout(PyObject *py_self, void *unused)
{
    (void)unused;
    return hbpy_beat_seconds(heartbeat_of(py_self)->timeout);
}

static PyObject *repr_of(PyObject *py_self, const hb_beat_view *view)
{
    PyObject *py_age = hbpy_seconds(view->now - view->last);
    PyObject *py_unit = view->open_units ? hbpy_beat_text(view->unit) : PyUnicode_FromString("");
    PyObject *py_repr = NULL;
    if (py_age && py_unit)
        py_repr = PyUnicode_FromFormat("<%s %R: %llu pulses, the last %R s ago%s%U%s>", Py_TYPE(py_self)->tp_name,
                                       name_object(py_self), (unsigned long long)view->pulses,
                                       py_age, view->open_units ? ", in unit " : "", py_unit,
                                       view->end ? ", closed" : "");
    Py_XDECREF(py_unit);
    Py_XDECREF(py_age);
    return py_repr;
}

PyObject *hbpy_heartbeat_repr(PyObject *py_self)
{
    hb_beat_view view;
    hb_beat *beat = heartbeat_of(py_self)->beat;
    if (!beat)
        return PyUnicode_FromFormat("<%s: not initialised>", Py_TYPE(py_self)->tp_name);
    hb_beat_look(beat, &view);
    return repr_of(py_self, &view);
}

PyObject *hbpy_heartbeat_next(PyObject *py_self)
{
    return hbpy_heartbeat_beat(py_self) ? hbpy_pulses_next(py_self) : NULL;
}

/* ---- for the type ---- */

#define WITH_KEYWORDS(function) (PyCFunction)(void (*)(void))(function), METH_FASTCALL | METH_KEYWORDS

PyMethodDef hbpy_heartbeat_methods[] = {
    { "pulse", Heartbeat_pulse, METH_NOARGS, pulse_doc },
    { "progress", WITH_KEYWORDS(Heartbeat_progress), progress_doc },
    { "unit", WITH_KEYWORDS(Heartbeat_unit), unit_doc },
    { "pause", WITH_KEYWORDS(Heartbeat_pause), pause_doc },
    { "pulse_interval", Heartbeat_pulse_interval, METH_NOARGS, pulse_interval_doc },
    { "close", Heartbeat_close, METH_NOARGS, close_doc },
    { "stats", Heartbeat_stats, METH_NOARGS, stats_doc },
    { "__enter__", Heartbeat_enter, METH_NOARGS, "Return the heartbeat." },
    { "__exit__", (PyCFunction)(void (*)(void))Heartbeat_exit, METH_FASTCALL, "Close the heartbeat." },
    { NULL, NULL, 0, NULL },
};

PyGetSetDef hbpy_heartbeat_getset[] = {
    { "pulses", Heartbeat_pulses, NULL, "The Pulses from which its pulses are received.", NULL },
    { "closed", Heartbeat_closed, NULL, "Whether it has ended, in whatever way.", NULL },
    { "name", Heartbeat_name, NULL, "The name it was given, or None.", NULL },
    { "interval", Heartbeat_interval, NULL, "Seconds from pulse to pulse, or None.", NULL },
    { "timeout", Heartbeat_timeout, NULL, "Seconds without a pulse that make a silence, or None.", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};
