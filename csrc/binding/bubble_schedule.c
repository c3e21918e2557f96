/* bubble_schedule: who goes next in a Bubble, and what its participants did so far. */
#include "bubble.h"

static int read_kind(PyObject *py_name, hb_schedule_kind *kind)
{
    bool is_text = PyUnicode_Check(py_name);
    if (is_text && PyUnicode_CompareWithASCIIString(py_name, "random") == 0)
        *kind = HB_SCHEDULE_RANDOM;
    else if (is_text && PyUnicode_CompareWithASCIIString(py_name, "pct") == 0)
        *kind = HB_SCHEDULE_PCT;
    else {
        PyErr_Format(PyExc_ValueError, "schedule must be 'random', 'pct' or None, not %R", py_name);
        return -1;
    }
    return 0;
}

int hbpy_bubble_read_schedule(PyObject *py_name, uint64_t seed, hb_schedule **schedule)
{
    hb_schedule_kind kind;
    *schedule = NULL;
    if (!py_name || py_name == Py_None)
        return 0;
    if (read_kind(py_name, &kind) < 0)
        return -1;
    *schedule = hb_schedule_new(kind, seed);
    if (!*schedule)
        PyErr_NoMemory();
    return *schedule ? 0 : -1;
}

/* NULL: all run side by side. */
static hb_schedule *schedule_of(PyObject *self)
{
    return hb_schedule_of(hb_bubble_turns(bubble_of(self)->bubble));
}

PyObject *hbpy_bubble_steps(PyObject *self, void *unused)
{
    hb_schedule *schedule = schedule_of(self);
    (void)unused;
    return PyLong_FromUnsignedLongLong(schedule ? hb_schedule_steps(schedule) : 0);
}

static PyObject *step_object(const hb_trace_step *step)
{
    return Py_BuildValue("(IdN)", step->number, (double)step->at / 1e9,
                         PyUnicode_DecodeUTF8(step->where, (Py_ssize_t)strlen(step->where), "replace"));
}

PyObject *hbpy_bubble_trace(PyObject *self, void *unused)
{
    hb_trace_step steps[HB_TRACE_STEPS];
    uint32_t n = 0;
    hb_schedule *schedule = schedule_of(self);
    (void)unused;
    if (schedule)
        hb_trace_copy(schedule->trace, steps, &n);
    PyObject *py_list = PyList_New(0);
    for (uint32_t i = 0; py_list && i < n; i++) {
        PyObject *py_step = step_object(&steps[i]);
        if (!py_step || PyList_Append(py_list, py_step) < 0)
            Py_CLEAR(py_list);
        Py_XDECREF(py_step);
    }
    return py_list;
}
