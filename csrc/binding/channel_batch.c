/* channel_batch: many values, as many as go under one lock. */
#include "channel.h"

/* How many words change hands while the channel's lock is held. */
#define BATCH 256

/* ---- send_many ---- */

/* Sends words[*sent .. n - 1], waiting as needed. */
static hb_status send_words(hbpy_channel *self, const hb_word *words, size_t n, hb_time deadline,
                            size_t *sent)
{
    hb_status status = HB_OK;
    while (status == HB_OK && *sent < n) {
        size_t done, left = n - *sent;
        status = hb_chan_try_send_many(self->chan, words + *sent, left < BATCH ? left : BATCH, &done);
        *sent += done;
        if (status != HB_WOULD_BLOCK)
            continue;
        status = hbpy_channel_send_waiting(self, words[*sent], deadline);
        *sent += status == HB_OK;
    }
    return status;
}

static void drop_words(hbpy_channel *self, hb_word *words, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        self->base.kind->drop(&self->base, words[i]);
}

/* All of a list or tuple, so that a bad value is refused before any is sent. */
static int encode_all(hbpy_channel *self, PyObject *py_values, hb_word *words, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *py_value = PySequence_Fast_GET_ITEM(py_values, i);
        if (self->base.kind->encode(&self->base, py_value, &words[i]) < 0) {
            drop_words(self, words, 0, (size_t)i);
            return -1;
        }
    }
    return 0;
}

static hb_status send_sequence(hbpy_channel *self, PyObject *py_values, hb_time deadline, size_t *sent)
{
    PyObject *py_tuple = PySequence_Tuple(py_values); /* a list may change meanwhile */
    if (!py_tuple)
        return HB_INTERRUPTED;
    Py_ssize_t n = PyTuple_GET_SIZE(py_tuple);
    hb_word *words = PyMem_New(hb_word, n ? n : 1);
    hb_status status = words ? HB_INTERRUPTED : HB_NO_MEMORY;
    if (words && encode_all(self, py_tuple, words, n) == 0) {
        status = send_words(self, words, (size_t)n, deadline, sent);
        drop_words(self, words, *sent, (size_t)n);
    }
    PyMem_Free(words);
    Py_DECREF(py_tuple);
    return status;
}

/* An iterator is asked for the next value when the last one has gone. */
static hb_status send_iterated(hbpy_channel *self, PyObject *py_iterator, hb_time deadline,
                               size_t *sent)
{
    PyObject *py_value;
    hb_status status = HB_OK;
    while (status == HB_OK && (py_value = PyIter_Next(py_iterator))) {
        hb_word word;
        size_t one = 0;
        int encoded = self->base.kind->encode(&self->base, py_value, &word);
        Py_DECREF(py_value);
        if (encoded < 0)
            return HB_INTERRUPTED;
        status = send_words(self, &word, 1, deadline, &one);
        drop_words(self, &word, one, 1);
        *sent += one;
    }
    return PyErr_Occurred() ? HB_INTERRUPTED : status;
}

/* HB_INTERRUPTED: an exception is set. */
static hb_status send_all(hbpy_channel *self, PyObject *py_values, hb_time deadline, size_t *sent)
{
    if (PyList_CheckExact(py_values) || PyTuple_CheckExact(py_values))
        return send_sequence(self, py_values, deadline, sent);
    PyObject *py_iterator = hbpy_iterate(py_values, "values");
    if (!py_iterator)
        return HB_INTERRUPTED;
    hb_status status = send_iterated(self, py_iterator, deadline, sent);
    Py_DECREF(py_iterator);
    return status;
}

PyDoc_STRVAR(send_many_doc,
"send_many($self, values, /, *, timeout=None, deadline=None)\n--\n\n"
"Send the values of an iterable in order; return how many were sent.\n\n"
"Waits as send() does, `timeout` seconds at most for all together. If the time runs\n"
"out or the channel is closed after some were sent, the number of those is\n"
"returned; if none was, TimeoutError or Closed is raised. The values of a list or\n"
"tuple are checked before any is sent and move many under one lock; another\n"
"iterable is asked for a value only when the one before it has been sent.");

static PyObject *Channel_send_many(PyObject *py_self, PyObject *const *args, Py_ssize_t nargs,
                                   PyObject *py_kwnames)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    static const char *const names[] = { "values", "timeout", "deadline", NULL };
    PyObject *given[3];
    hb_time deadline;
    size_t sent = 0;
    if (hbpy_parse("send_many", args, nargs, py_kwnames, names, 1, 1, given) < 0 ||
        hbpy_parse_deadline(given[1], given[2], &deadline) < 0)
        return NULL;
    hb_status status = send_all(channel_of(py_self), given[0], deadline, &sent);
    bool partial = sent > 0 && (status == HB_CLOSED || status == HB_TIMEOUT || status == HB_WOULD_BLOCK);
    if (status == HB_OK || partial)
        return PyLong_FromSize_t(sent);
    return hbpy_channel_raise(channel_of(py_self), status);
}

/* ---- recv_many ---- */

static int append_words(hbpy_channel *self, PyObject *py_list, hb_word *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        PyObject *py_value = self->base.kind->decode(&self->base, words[i]);
        int appended = py_value ? PyList_Append(py_list, py_value) : -1;
        Py_XDECREF(py_value);
        if (appended < 0) {
            drop_words(self, words, i + 1, n);
            return -1;
        }
    }
    return 0;
}

/* What is there now, up to `most` in all; why no more came goes to *status. */
static int take_queued(hbpy_channel *self, PyObject *py_list, Py_ssize_t most, hb_status *status)
{
    hb_word words[BATCH];
    size_t done;
    *status = HB_OK;
    while (*status == HB_OK && PyList_GET_SIZE(py_list) < most) {
        size_t left = (size_t)(most - PyList_GET_SIZE(py_list));
        *status = hb_chan_try_recv_many(self->chan, words, left < BATCH ? left : BATCH, &done);
        if (append_words(self, py_list, words, done) < 0)
            return -1;
    }
    return 0;
}

static int take_first(hbpy_channel *self, PyObject *py_list, hb_time deadline)
{
    PyObject *py_value = hbpy_source_recv(&self->base, deadline);
    int appended = py_value ? PyList_Append(py_list, py_value) : -1;
    Py_XDECREF(py_value);
    return appended;
}

static int take_some(hbpy_channel *self, PyObject *py_list, Py_ssize_t most, hb_time deadline)
{
    hb_status status;
    if (take_queued(self, py_list, most, &status) < 0)
        return -1;
    if (PyList_GET_SIZE(py_list) > 0)
        return 0;
    return take_first(self, py_list, deadline) < 0 ? -1 : take_queued(self, py_list, most, &status);
}

static int parse_most(PyObject *py_most, Py_ssize_t *most)
{
    if (!PyIndex_Check(py_most)) {
        PyErr_Format(PyExc_TypeError, "max must be an int, not %s", Py_TYPE(py_most)->tp_name);
        return -1;
    }
    *most = PyNumber_AsSsize_t(py_most, NULL); /* a huge max means: all there is */
    if (*most == -1 && PyErr_Occurred())
        return -1;
    if (*most < 1)
        PyErr_Format(PyExc_ValueError, "max must be at least 1, not %zd", *most);
    return *most < 1 ? -1 : 0;
}

PyDoc_STRVAR(recv_many_doc,
"recv_many($self, max, /, *, timeout=None, deadline=None)\n--\n\n"
"Return a list of 1 to `max` values, oldest first.\n\n"
"Waits, as recv() does, for the first only, then takes what is there under one\n"
"lock. Raises TimeoutError when nothing came within `timeout` seconds (or until\n"
"`deadline`), Closed when the channel is closed and drained, ValueError when max is\n"
"below 1.");

static PyObject *Channel_recv_many(PyObject *py_self, PyObject *const *args, Py_ssize_t nargs,
                                   PyObject *py_kwnames)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    static const char *const names[] = { "max", "timeout", "deadline", NULL };
    PyObject *given[3];
    hb_time deadline;
    Py_ssize_t most;
    if (hbpy_parse("recv_many", args, nargs, py_kwnames, names, 1, 1, given) < 0 ||
        parse_most(given[0], &most) < 0 ||
        hbpy_parse_deadline(given[1], given[2], &deadline) < 0)
        return NULL;
    PyObject *py_list = PyList_New(0);
    if (py_list && take_some(channel_of(py_self), py_list, most, deadline) < 0)
        Py_CLEAR(py_list);
    return py_list;
}

/* ---- for the type's table ---- */

PyMethodDef hbpy_channel_send_many_method = {
    "send_many", (PyCFunction)(void (*)(void))Channel_send_many, METH_FASTCALL | METH_KEYWORDS,
    send_many_doc,
};

PyMethodDef hbpy_channel_recv_many_method = {
    "recv_many", (PyCFunction)(void (*)(void))Channel_recv_many, METH_FASTCALL | METH_KEYWORDS,
    recv_many_doc,
};
