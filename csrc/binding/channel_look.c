/* channel_look: what a channel tells of itself: properties, repr, stats. */
#include "channel.h"

Py_ssize_t hbpy_channel_len(PyObject *py_self)
{
    if (hbpy_point(py_self) < 0)
        return -1;
    hbpy_channel *self = channel_of(py_self);
    return self->chan ? (Py_ssize_t)hb_chan_len(self->chan) : 0;
}

static PyObject *capacity_object(hbpy_channel *self)
{
    uint64_t capacity = self->chan ? hb_chan_capacity(self->chan) : 0;
    if (capacity == HB_UNBOUNDED)
        Py_RETURN_NONE;
    return PyLong_FromUnsignedLongLong(capacity);
}

static PyObject *Channel_capacity(PyObject *py_self, void *unused)
{
    (void)unused;
    return capacity_object(channel_of(py_self));
}

static bool is_closed(hbpy_channel *self)
{
    return self->chan && hb_chan_is_closed(self->chan);
}

static PyObject *Channel_closed(PyObject *py_self, void *unused)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    (void)unused;
    return PyBool_FromLong(is_closed(channel_of(py_self)));
}

static PyObject *Channel_name(PyObject *py_self, void *unused)
{
    (void)unused;
    PyObject *py_name = channel_of(py_self)->py_name;
    return Py_NewRef(py_name ? py_name : Py_None);
}

static PyObject *Channel_dtype(PyObject *py_self, void *unused)
{
    (void)unused;
    char dtype = channel_of(py_self)->dtype;
    if (!dtype)
        Py_RETURN_NONE;
    return PyUnicode_FromStringAndSize(&dtype, 1);
}

static PyObject *waiting_text(const hb_chan_stats *stats)
{
    if (stats->waiting_senders)
        return PyUnicode_FromFormat(", %llu to send", (unsigned long long)stats->waiting_senders);
    if (stats->waiting_receivers)
        return PyUnicode_FromFormat(", %llu to receive", (unsigned long long)stats->waiting_receivers);
    return PyUnicode_FromString("");
}

static PyObject *repr_of(hbpy_channel *self, const hb_chan_stats *stats)
{
    PyObject *py_capacity = capacity_object(self);
    PyObject *py_waiting = waiting_text(stats);
    PyObject *py_name = self->py_name ? PyUnicode_FromFormat(" %R", self->py_name)
                                      : PyUnicode_FromString("");
    PyObject *py_repr = NULL;
    if (py_capacity && py_waiting && py_name)
        py_repr = PyUnicode_FromFormat("<%s%U: %llu of %S queued%U%s>", Py_TYPE(self)->tp_name, py_name,
                                       (unsigned long long)stats->len, py_capacity, py_waiting,
                                       stats->closed ? ", closed" : "");
    Py_XDECREF(py_name);
    Py_XDECREF(py_waiting);
    Py_XDECREF(py_capacity);
    return py_repr;
}

PyObject *hbpy_channel_repr(PyObject *py_self)
{
    hbpy_channel *self = channel_of(py_self);
    hb_chan_stats stats;
    if (!self->chan)
        return PyUnicode_FromString("heartbeat.nil");
    hb_chan_stats_get(self->chan, &stats);
    return repr_of(self, &stats);
}

/* ---- stats ---- */

static PyStructSequence_Field stats_fields[] = {
    { "len", "values queued now" },
    { "capacity", "the most that can be queued, None if unbounded" },
    { "closed", "whether it is closed" },
    { "sends", "values accepted so far" },
    { "receives", "values given out so far" },
    { "waiting_senders", "calls that wait to send now" },
    { "waiting_receivers", "calls that wait to receive now" },
    { "longest_wait", "seconds the longest of those calls has waited, 0.0 if none" },
    { "high_water", "the most values that were ever queued" },
    { NULL, NULL },
};

PyStructSequence_Desc hbpy_channel_stats_desc = {
    "heartbeat.ChannelStats", "What Channel.stats() returns: one consistent look.", stats_fields, 9,
};

PyDoc_STRVAR(stats_doc,
"stats($self, /)\n--\n\n"
"Return a ChannelStats: len, capacity, closed, sends, receives, waiting_senders,\n"
"waiting_receivers, longest_wait (seconds), high_water, all of one instant.");

static PyObject *stats_object(hbpy_channel *self, const hb_chan_stats *stats, PyTypeObject *type)
{
    PyObject *py_stats = PyStructSequence_New(type);
    if (!py_stats)
        return NULL;
    PyObject *fields[] = {
        PyLong_FromUnsignedLongLong(stats->len),
        capacity_object(self),
        PyBool_FromLong(stats->closed),
        PyLong_FromUnsignedLongLong(stats->sends),
        PyLong_FromUnsignedLongLong(stats->receives),
        PyLong_FromUnsignedLongLong(stats->waiting_senders),
        PyLong_FromUnsignedLongLong(stats->waiting_receivers),
        hbpy_seconds(stats->longest_wait),
        PyLong_FromUnsignedLongLong(stats->high_water),
    };
    for (int i = 0; i < 9; i++)
        PyStructSequence_SetItem(py_stats, i, fields[i]);
    if (PyErr_Occurred())
        Py_CLEAR(py_stats);
    return py_stats;
}

static PyObject *Channel_stats(PyObject *py_self, PyObject *unused)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    hbpy_channel *self = channel_of(py_self);
    hb_chan_stats stats = { 0 };
    (void)unused;
    if (self->chan)
        hb_chan_stats_get(self->chan, &stats);
    return stats_object(self, &stats, hbpy_state_of(py_self)->ChannelStats);
}

/* ---- for the type's tables ---- */

PyMethodDef hbpy_channel_stats_method = { "stats", Channel_stats, METH_NOARGS, stats_doc };

PyGetSetDef hbpy_channel_getset[] = {
    { "capacity", Channel_capacity, NULL, "How many values can be queued; None: any number.", NULL },
    { "closed", Channel_closed, NULL, "Whether the channel is closed.", NULL },
    { "name", Channel_name, NULL, "The name it was given, or None.", NULL },
    { "dtype", Channel_dtype, NULL, "None (any object), 'q' (int64) or 'd' (float64).", NULL },
    { NULL, NULL, NULL, NULL, NULL },
};
