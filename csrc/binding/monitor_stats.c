/* monitor_stats: what a monitor tells of its own work. */
#include "monitor.h"

static PyStructSequence_Field fields[] = {
    { "watched", "how many beats and demands it watches" },
    { "looks", "beats the native thread has looked at, for all monitors" },
    { "rounds", "times it woke, for all monitors" },
    { "verdicts", "events it published, for all monitors" },
    { "late", "seconds by which its last round began late" },
    { "latest", "the most of these so far" },
    { "doubts", "verdicts it put off because it was late itself" },
    { "suspends", "times the machine had slept" },
    { "unwritten", "bytes that dump() and notify() could not write without waiting" },
    { NULL, NULL },
};

static PyStructSequence_Desc description = {
    "heartbeat.MonitorStats", "What Monitor.stats() returns: how well the watcher itself is.", fields, 9,
};

PyDoc_STRVAR(stats_doc,
"stats($self, /)\n--\n\n"
"Return a MonitorStats: watched, looks, rounds, verdicts, late (seconds), latest (seconds),\n"
"doubts, suspends, unwritten. One native thread serves all monitors.");

static PyObject *stats_object(PyTypeObject *type, const hb_monitor_stats *stats)
{
    PyObject *py_stats = PyStructSequence_New(type);
    if (!py_stats)
        return NULL;
    PyObject *values[] = {
        PyLong_FromUnsignedLongLong(stats->watched),  PyLong_FromUnsignedLongLong(stats->looks),
        PyLong_FromUnsignedLongLong(stats->rounds),   PyLong_FromUnsignedLongLong(stats->verdicts),
        hbpy_seconds(stats->late),                    hbpy_seconds(stats->latest),
        PyLong_FromUnsignedLongLong(stats->doubts),   PyLong_FromUnsignedLongLong(stats->suspends),
        PyLong_FromUnsignedLongLong(stats->unwritten),
    };
    for (int i = 0; i < 9; i++)
        PyStructSequence_SetItem(py_stats, i, values[i]);
    if (PyErr_Occurred())
        Py_CLEAR(py_stats);
    return py_stats;
}

static PyObject *Monitor_stats(PyObject *self, PyObject *unused)
{
    hb_monitor_stats stats;
    (void)unused;
    hb_monitor_stats_get(monitor_of(self)->monitor, &stats);
    return stats_object(hbpy_state_of(self)->MonitorStats, &stats);
}

PyMethodDef hbpy_monitor_stats_method = { "stats", Monitor_stats, METH_NOARGS, stats_doc };

int hbpy_init_monitor_stats(PyObject *module, hbpy_state *state)
{
    return hbpy_add_struct(module, &state->MonitorStats, &description);
}
