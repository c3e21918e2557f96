/* args: reading arguments. Bad input is refused here, before anything changes. */
#include "binding.h"

#include <float.h>
#include <math.h>

/* ---- names and places ---- */

static int find_name(PyObject *py_name, const char *const *names)
{
    for (int i = 0; names[i]; i++)
        if (PyUnicode_CompareWithASCIIString(py_name, names[i]) == 0)
            return i;
    return -1;
}

static int take_keywords(const char *function, PyObject *const *values, PyObject *py_kwnames,
                         const char *const *names, PyObject **out)
{
    Py_ssize_t n = py_kwnames ? PyTuple_GET_SIZE(py_kwnames) : 0;
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *py_name = PyTuple_GET_ITEM(py_kwnames, i);
        int at = find_name(py_name, names);
        if (at < 0 || out[at]) {
            PyErr_Format(PyExc_TypeError,
                         at < 0 ? "%s() got an unexpected keyword argument '%U'"
                                : "%s() got multiple values for argument '%U'",
                         function, py_name);
            return -1;
        }
        out[at] = values[i];
    }
    return 0;
}

int hbpy_parse(const char *function, PyObject *const *args, Py_ssize_t nargs, PyObject *py_kwnames,
               const char *const *names, int positional, int required, PyObject **out)
{
    if (nargs > positional) {
        PyErr_Format(PyExc_TypeError, "%s() takes at most %d positional argument%s (%zd given)",
                     function, positional, positional == 1 ? "" : "s", nargs);
        return -1;
    }
    for (int i = 0; names[i]; i++)
        out[i] = i < nargs ? args[i] : NULL;
    if (take_keywords(function, args + nargs, py_kwnames, names, out) < 0)
        return -1;
    for (int i = 0; i < required; i++)
        if (!out[i]) {
            PyErr_Format(PyExc_TypeError, "%s() missing required argument '%s'", function, names[i]);
            return -1;
        }
    return 0;
}

int hbpy_parse_flag(PyObject *py_flag, bool *flag)
{
    int truth = py_flag ? PyObject_IsTrue(py_flag) : 0;
    *flag = truth > 0;
    return truth < 0 ? -1 : 0;
}

/* ---- durations and instants ---- */

/* What is a timedelta was made by the datetime module, so that is loaded. */
static int is_timedelta(PyObject *py_value)
{
    PyObject *py_modules = PyImport_GetModuleDict();
    PyObject *py_datetime = PyDict_GetItemString(py_modules, "datetime");
    if (!py_datetime)
        return 0;
    PyObject *py_type = PyObject_GetAttrString(py_datetime, "timedelta");
    if (!py_type)
        return -1;
    int is = PyObject_IsInstance(py_value, py_type);
    Py_DECREF(py_type);
    return is;
}

static int timedelta_seconds(PyObject *py_value, double *seconds)
{
    PyObject *py_total = PyObject_CallMethod(py_value, "total_seconds", NULL);
    if (!py_total)
        return -1;
    *seconds = PyFloat_AsDouble(py_total);
    Py_DECREF(py_total);
    return *seconds == -1.0 && PyErr_Occurred() ? -1 : 0;
}

static int has_number(PyObject *py_value)
{
    PyNumberMethods *number = Py_TYPE(py_value)->tp_as_number;
    return number && (number->nb_float || number->nb_index);
}

static int number_seconds(PyObject *py_value, double *seconds)
{
    int sign = 1;
    *seconds = PyFloat_AsDouble(py_value);
    if (*seconds != -1.0 || !PyErr_Occurred())
        return 0;
    if (!PyErr_ExceptionMatches(PyExc_OverflowError))
        return -1;
    PyErr_Clear(); /* too large for a double, so for the clock */
    if (PyLong_Check(py_value))
        PyLong_AsLongLongAndOverflow(py_value, &sign);
    *seconds = sign * DBL_MAX;
    return 0;
}

static int read_seconds(PyObject *py_value, const char *name, double *seconds)
{
    if (PyFloat_CheckExact(py_value)) {
        *seconds = PyFloat_AS_DOUBLE(py_value);
        return 0;
    }
    if (has_number(py_value))
        return number_seconds(py_value, seconds);
    int is = is_timedelta(py_value);
    if (is > 0)
        return timedelta_seconds(py_value, seconds);
    if (is == 0)
        PyErr_Format(PyExc_TypeError, "%s must be seconds (int, float or timedelta), not %s", name,
                     Py_TYPE(py_value)->tp_name);
    return -1;
}

/* The largest double that is below 2**63 nanoseconds, in seconds. */
#define MOST_SECONDS 9223372036.0

static int to_nanoseconds(double seconds, const char *name, hb_time *out)
{
    if (isnan(seconds) || seconds < 0) {
        PyErr_Format(PyExc_ValueError, "%s must not be %s", name, isnan(seconds) ? "NaN" : "negative");
        return -1;
    }
    if (isinf(seconds)) {
        *out = HB_FOREVER;
        return 0;
    }
    if (seconds > MOST_SECONDS) {
        PyErr_Format(PyExc_OverflowError, "%s is larger than the clock", name);
        return -1;
    }
    *out = (hb_time)ceil(seconds * 1e9);
    return 0;
}

int hbpy_parse_duration(PyObject *py_seconds, const char *name, hb_time *duration)
{
    double seconds;
    *duration = HB_FOREVER;
    if (!py_seconds || py_seconds == Py_None)
        return 0;
    if (read_seconds(py_seconds, name, &seconds) < 0)
        return -1;
    return to_nanoseconds(seconds, name, duration);
}

int hbpy_parse_span(PyObject *py_seconds, const char *name, hb_time *span)
{
    if (py_seconds != Py_None)
        return hbpy_parse_duration(py_seconds, name, span);
    PyErr_Format(PyExc_TypeError, "%s must be seconds (int, float or timedelta), not None", name);
    return -1;
}

int hbpy_parse_delay(PyObject *py_seconds, hb_time *delay)
{
    return hbpy_parse_span(py_seconds, "d", delay);
}

int hbpy_parse_deadline(PyObject *py_timeout, PyObject *py_deadline, hb_time *deadline)
{
    bool timed = py_timeout && py_timeout != Py_None;
    bool dated = py_deadline && py_deadline != Py_None;
    *deadline = HB_FOREVER;
    if (timed && dated) {
        PyErr_SetString(PyExc_TypeError, "give timeout or deadline, not both");
        return -1;
    }
    if (dated)
        return hbpy_parse_duration(py_deadline, "deadline", deadline);
    if (!timed)
        return 0;
    if (hbpy_parse_duration(py_timeout, "timeout", deadline) < 0)
        return -1;
    if (*deadline != 0)
        *deadline = hb_time_add(hb_now(), *deadline);
    return 0;
}

PyObject *hbpy_seconds(hb_time time)
{
    return PyFloat_FromDouble(time == HB_FOREVER ? Py_HUGE_VAL : (double)time / 1e9);
}

PyObject *hbpy_iterate(PyObject *py_values, const char *name)
{
    if (Py_TYPE(py_values)->tp_iter || PySequence_Check(py_values))
        return PyObject_GetIter(py_values);
    return PyErr_Format(PyExc_TypeError, "%s must be iterable, not %s", name,
                        Py_TYPE(py_values)->tp_name);
}

int hbpy_parse_name(PyObject *py_given, PyObject **py_name)
{
    *py_name = NULL;
    if (!py_given || py_given == Py_None)
        return 0;
    if (PyUnicode_Check(py_given))
        *py_name = PyUnicode_FromObject(py_given);
    else
        PyErr_Format(PyExc_TypeError, "name must be a str or None, not %s",
                     Py_TYPE(py_given)->tp_name);
    return *py_name ? 0 : -1;
}
