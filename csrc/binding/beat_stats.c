/* beat_stats: what a heartbeat tells of itself in numbers. */
#include "beat.h"

/* ---- values ---- */

PyObject *hbpy_beat_text(const char *text)
{
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "surrogateescape");
}

const char *hbpy_label_text(PyObject *py_label, PyObject **py_owner)
{
    const char *text = PyUnicode_AsUTF8(py_label);
    *py_owner = NULL;
    if (text)
        return text;
    PyErr_Clear();
    *py_owner = PyUnicode_AsEncodedString(py_label, "utf-8", "surrogateescape");
    return *py_owner ? PyBytes_AS_STRING(*py_owner) : NULL;
}

PyObject *hbpy_beat_seconds(hb_time time)
{
    return time == HB_FOREVER ? Py_NewRef(Py_None) : hbpy_seconds(time);
}

/* Takes over the n items; NULL if one of them is. */
static PyObject *fill(PyTypeObject *type, PyObject *const *items, int n)
{
    PyObject *py_struct = PyStructSequence_New(type);
    for (int i = 0; i < n; i++) {
        if (py_struct)
            PyStructSequence_SetItem(py_struct, i, items[i]);
        else
            Py_XDECREF(items[i]);
    }
    if (PyErr_Occurred())
        Py_CLEAR(py_struct);
    return py_struct;
}

/* ---- UnitSeconds ---- */

static PyStructSequence_Field seconds_fields[] = {
    { "min", "seconds of the shortest unit, 0.0 if there was none" },
    { "mean", "seconds of a unit on the average" },
    { "max", "seconds of the longest unit" },
    { "histogram", "pairs (seconds, how many units took less, and at least half of that)" },
    { NULL, NULL },
};

static PyStructSequence_Desc seconds_desc = {
    "heartbeat.UnitSeconds", "How long the finished units of a heartbeat took, in seconds.",
    seconds_fields, 4,
};

static int append_bucket(PyObject *py_list, int bucket, uint64_t count)
{
    double bound = (double)((uint64_t)1 << bucket) / 1e9;
    PyObject *py_pair = Py_BuildValue("dK", bound, (unsigned long long)count);
    int appended = py_pair ? PyList_Append(py_list, py_pair) : -1;
    Py_XDECREF(py_pair);
    return appended;
}

static PyObject *histogram(const hb_tally *tally)
{
    PyObject *py_list = PyList_New(0);
    int filled = py_list ? 0 : -1;
    for (int i = 0; filled == 0 && i < HB_TALLY_BUCKETS; i++)
        if (tally->buckets[i])
            filled = append_bucket(py_list, i, tally->buckets[i]);
    PyObject *py_histogram = filled == 0 ? PyList_AsTuple(py_list) : NULL;
    Py_XDECREF(py_list);
    return py_histogram;
}

static PyObject *unit_seconds(hbpy_state *state, const hb_tally *tally)
{
    double mean = tally->units ? (double)tally->sum / 1e9 / (double)tally->units : 0.0;
    PyObject *items[] = {
        hbpy_seconds(tally->least), PyFloat_FromDouble(mean), hbpy_seconds(tally->most),
        histogram(tally),
    };
    return fill(state->UnitSeconds, items, 4);
}

/* ---- HeartbeatStats ---- */

static PyStructSequence_Field stats_fields[] = {
    { "name", "its name, or None" },
    { "pulses", "how many pulses there were" },
    { "units", "how many units of work were finished" },
    { "unit_seconds", "how long those took: a UnitSeconds" },
    { "idle", "seconds of its life in no unit" },
    { "busy", "seconds of its life in a unit, the present one included" },
    { "last_pulse_age", "seconds since its last pulse, or since it was made if there was none" },
    { "longest_gap", "seconds of its longest silence, the present one included" },
    { "unit", "label of the innermost open unit, or None" },
    { "unit_since", "the instant that unit began, or None" },
    { "progress", "(done, total, phase) as last told, or None" },
    { "rate", "units a second over its life" },
    { NULL, NULL },
};

#define STATS_FIELDS 12

static PyStructSequence_Desc stats_desc = {
    "heartbeat.HeartbeatStats", "What Heartbeat.stats() returns: one look at a heartbeat.",
    stats_fields, STATS_FIELDS,
};

static PyObject *progress(const hb_beat_view *view)
{
    if (!view->progressed)
        Py_RETURN_NONE;
    PyObject *py_total = view->total < 0 ? Py_NewRef(Py_None) : PyFloat_FromDouble(view->total);
    PyObject *py_phase = view->phase[0] ? hbpy_beat_text(view->phase) : Py_NewRef(Py_None);
    if (py_total && py_phase)
        return Py_BuildValue("dNN", view->done, py_total, py_phase);
    Py_XDECREF(py_total);
    Py_XDECREF(py_phase);
    return NULL;
}

PyObject *hbpy_beat_stats(hbpy_state *state, PyObject *py_name, const hb_beat_view *view)
{
    hb_time life = view->until - view->opened;
    hb_time busy = view->busy < life ? view->busy : life;
    PyObject *items[STATS_FIELDS] = {
        Py_NewRef(py_name ? py_name : Py_None),
        PyLong_FromUnsignedLongLong(view->pulses),
        PyLong_FromUnsignedLongLong(view->tally.units),
        unit_seconds(state, &view->tally),
        hbpy_seconds(life - busy),
        hbpy_seconds(busy),
        hbpy_seconds(view->now - view->last),
        hbpy_seconds(view->longest),
        view->open_units ? hbpy_beat_text(view->unit) : Py_NewRef(Py_None),
        view->open_units ? hbpy_seconds(view->unit_since) : Py_NewRef(Py_None),
        progress(view),
        PyFloat_FromDouble(life > 0 ? (double)view->tally.units * 1e9 / (double)life : 0.0),
    };
    return fill(state->HeartbeatStats, items, STATS_FIELDS);
}

/* ---- snapshot() ---- */

static PyObject *name_of(hb_beat *beat, const hb_beat_view *view)
{
    PyObject *py_heartbeat = hbpy_heartbeat_find(beat);
    PyObject *py_name = py_heartbeat ? heartbeat_of(py_heartbeat)->py_name : NULL;
    py_name = py_name ? Py_NewRef(py_name) : hbpy_beat_text(view->name);
    Py_XDECREF(py_heartbeat);
    return py_name;
}

static int append(hbpy_state *state, PyObject *py_list, hb_beat *beat)
{
    hb_beat_view view;
    hb_beat_look(beat, &view);
    if (view.end != HB_END_NONE)
        return 0;
    PyObject *py_name = name_of(beat, &view);
    PyObject *py_stats = py_name ? hbpy_beat_stats(state, view.name[0] ? py_name : NULL, &view) : NULL;
    int appended = py_stats ? PyList_Append(py_list, py_stats) : -1;
    Py_XDECREF(py_stats);
    Py_XDECREF(py_name);
    return appended;
}

PyDoc_STRVAR(snapshot_doc,
"snapshot($module, /)\n--\n\n"
"Return the HeartbeatStats of every heartbeat of the process that has not ended.\n\n"
"They are looked at one after the other, in no certain order. Never blocks. In a bubble of\n"
"virtual time: of those that were made in it, which nobody outside sees.");

static PyObject *snapshot(PyObject *module, PyObject *unused)
{
    PyObject *py_list = PyList_New(0);
    int appended = py_list ? 0 : -1;
    hb_beat *beat = NULL, *next;
    (void)unused;
    while (appended == 0 && (next = hb_beat_after(beat ? beat->number : 0))) {
        hb_beat_unref(beat);
        beat = next;
        if (hb_beat_bubble(beat) == hb_here_bubble())
            appended = append(PyModule_GetState(module), py_list, beat);
    }
    hb_beat_unref(beat);
    if (appended < 0)
        Py_CLEAR(py_list);
    return py_list;
}

static PyMethodDef functions[] = {
    { "snapshot", snapshot, METH_NOARGS, snapshot_doc },
    { NULL, NULL, 0, NULL },
};

int hbpy_init_beat_stats(PyObject *module, hbpy_state *state)
{
    if (hbpy_add_struct(module, &state->UnitSeconds, &seconds_desc) < 0 ||
        hbpy_add_struct(module, &state->HeartbeatStats, &stats_desc) < 0)
        return -1;
    return PyModule_AddFunctions(module, functions);
}
