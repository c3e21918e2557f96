/* channel_ops: one value at a time. Each operation first tries without waiting,
 * attached, and detaches only if it must wait. */
#include "channel.h"

/* ---- send ---- */

PyObject *hbpy_channel_raise(hbpy_channel *self, hb_status status)
{
    if (status == HB_CLOSED)
        self->base.kind->raise_closed(&self->base);
    else
        hbpy_raise(hbpy_state_of((PyObject *)self), status == HB_WOULD_BLOCK ? HB_TIMEOUT : status);
    return NULL;
}

/* The word is the channel's on success and dropped on failure. */
static PyObject *finish_send(hbpy_channel *self, hb_word word, hb_status status)
{
    if (status == HB_OK)
        Py_RETURN_NONE;
    self->base.kind->drop(&self->base, word);
    return hbpy_channel_raise(self, status);
}

hb_status hbpy_channel_send_waiting(hbpy_channel *self, hb_word word, hb_time deadline)
{
    hb_select select;
    hb_case item = { .source = self->base.source, .direction = HB_SEND, .word = word };
    if (deadline == 0)
        return HB_WOULD_BLOCK;
    hb_select_init(&select, &item, 1, true);
    hb_status status = hbpy_wait(&select, deadline);
    hb_select_fini(&select);
    return status;
}

PyDoc_STRVAR(send_doc,
"send($self, value, /, *, timeout=None, deadline=None)\n--\n\n"
"Give the channel a value.\n\n"
"Returns when a receiver has taken it or, with room in the buffer, at once.\n"
"Blocks at most `timeout` seconds (None: for ever, 0: not at all), or until the\n"
"instant `deadline` on the clock of now(). What the caller did before is visible\n"
"to the receiver afterwards.\n\n"
"Raises Closed when the channel is closed and TimeoutError when the time is up:\n"
"then the value was not sent. A typed channel raises TypeError or OverflowError\n"
"for a value that is not of its type. Where Go panics on a closed channel, this\n"
"raises.");

static PyObject *Channel_send(PyObject *py_self, PyObject *const *args, Py_ssize_t nargs,
                              PyObject *py_kwnames)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    static const char *const names[] = { "value", "timeout", "deadline", NULL };
    hbpy_channel *self = channel_of(py_self);
    PyObject *given[3] = { nargs == 1 ? args[0] : NULL, NULL, NULL };
    hb_time deadline;
    hb_word word;
    if ((nargs != 1 || py_kwnames) && hbpy_parse("send", args, nargs, py_kwnames, names, 1, 1, given) < 0)
        return NULL;
    if (hbpy_parse_deadline(given[1], given[2], &deadline) < 0 ||
        self->base.kind->encode(&self->base, given[0], &word) < 0)
        return NULL;
    hb_status status = hb_chan_try_send(self->chan, word);
    if (status == HB_WOULD_BLOCK)
        status = hbpy_channel_send_waiting(self, word, deadline);
    return finish_send(self, word, status);
}

PyDoc_STRVAR(try_send_doc,
"try_send($self, value, /)\n--\n\n"
"Send the value if that needs no waiting; return whether it was sent.\n\n"
"Never blocks. Raises Closed when the channel is closed.");

static PyObject *Channel_try_send(PyObject *py_self, PyObject *py_value)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    hbpy_channel *self = channel_of(py_self);
    hb_word word;
    if (self->base.kind->encode(&self->base, py_value, &word) < 0)
        return NULL;
    hb_status status = hb_chan_try_send(self->chan, word);
    if (status == HB_OK)
        Py_RETURN_TRUE;
    if (status != HB_WOULD_BLOCK)
        return finish_send(self, word, status);
    self->base.kind->drop(&self->base, word);
    Py_RETURN_FALSE;
}

/* ---- receive ---- */

PyDoc_STRVAR(recv_doc,
"recv($self, /, *, timeout=None, deadline=None)\n--\n\n"
"Take the oldest value.\n\n"
"Blocks until there is one, at most `timeout` seconds (None: for ever, 0: not at\n"
"all), or until the instant `deadline` on the clock of now(). Receivers are served\n"
"in the order in which they came. Raises TimeoutError when the time is up, and\n"
"Closed when the channel is closed and what was queued has been received.");

static PyObject *Channel_recv(PyObject *py_self, PyObject *const *args, Py_ssize_t nargs,
                              PyObject *py_kwnames)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    static const char *const names[] = { "timeout", "deadline", NULL };
    hbpy_channel *self = channel_of(py_self);
    PyObject *given[2] = { NULL, NULL };
    hb_time deadline;
    hb_word word;
    if ((nargs || py_kwnames) && hbpy_parse("recv", args, nargs, py_kwnames, names, 0, 0, given) < 0)
        return NULL;
    if (hbpy_parse_deadline(given[0], given[1], &deadline) < 0)
        return NULL;
    if (hb_chan_try_recv(self->chan, &word) == HB_OK)
        return self->base.kind->decode(&self->base, word);
    return hbpy_source_recv(&self->base, deadline);
}

PyDoc_STRVAR(try_recv_doc,
"try_recv($self, default=None)\n--\n\n"
"Take the oldest value if there is one now, else return `default`.\n\n"
"Never blocks. Raises Closed when the channel is closed and drained.");

static PyObject *Channel_try_recv(PyObject *py_self, PyObject *const *args, Py_ssize_t nargs,
                                  PyObject *py_kwnames)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    static const char *const names[] = { "default", NULL };
    hbpy_channel *self = channel_of(py_self);
    PyObject *py_default;
    hb_word word;
    if (hbpy_parse("try_recv", args, nargs, py_kwnames, names, 1, 0, &py_default) < 0)
        return NULL;
    hb_status status = hb_chan_try_recv(self->chan, &word);
    if (status == HB_OK)
        return self->base.kind->decode(&self->base, word);
    if (status == HB_WOULD_BLOCK)
        return Py_NewRef(py_default ? py_default : Py_None);
    return hbpy_channel_raise(self, status);
}

PyObject *hbpy_channel_next(PyObject *py_self)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    hbpy_channel *self = channel_of(py_self);
    hb_word word;
    hb_status status = hbpy_source_wait(&self->base, HB_FOREVER, &word);
    if (status == HB_OK)
        return self->base.kind->decode(&self->base, word);
    if (status == HB_CLOSED)
        return NULL; /* without an exception: the iteration ends */
    return hbpy_channel_raise(self, status);
}

/* ---- close ---- */

PyDoc_STRVAR(close_doc,
"close($self, cause=None)\n--\n\n"
"Close the channel; return whether this call did.\n\n"
"Everybody who waits on it is woken. Values already queued can still be received;\n"
"after them a receive, and any send at once, raises Closed, whose .cause is the\n"
"`cause` given here (an exception also becomes its __cause__). Closing again does\n"
"nothing: where Go panics, this returns False. Never blocks.");

static PyObject *Channel_close(PyObject *py_self, PyObject *const *args, Py_ssize_t nargs,
                               PyObject *py_kwnames)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    static const char *const names[] = { "cause", NULL };
    hbpy_channel *self = channel_of(py_self);
    PyObject *py_cause;
    if (hbpy_parse("close", args, nargs, py_kwnames, names, 1, 0, &py_cause) < 0)
        return NULL;
    if (!self->chan) {
        PyErr_SetString(hbpy_state_of(py_self)->Error, "nil cannot be closed");
        return NULL;
    }
    hb_word cause = { .ptr = py_cause && py_cause != Py_None ? Py_NewRef(py_cause) : NULL };
    hb_status status = hb_chan_close(self->chan, cause);
    if (status != HB_OK)
        Py_XDECREF((PyObject *)cause.ptr);
    return status == HB_FOREIGN ? hbpy_raise(hbpy_state_of(py_self), status) : PyBool_FromLong(status == HB_OK);
}

/* ---- for the type's table ---- */

PyMethodDef hbpy_channel_send_method = {
    "send", (PyCFunction)(void (*)(void))Channel_send, METH_FASTCALL | METH_KEYWORDS, send_doc,
};

PyMethodDef hbpy_channel_try_send_method = {
    "try_send", Channel_try_send, METH_O, try_send_doc,
};

PyMethodDef hbpy_channel_recv_method = {
    "recv", (PyCFunction)(void (*)(void))Channel_recv, METH_FASTCALL | METH_KEYWORDS, recv_doc,
};

PyMethodDef hbpy_channel_try_recv_method = {
    "try_recv", (PyCFunction)(void (*)(void))Channel_try_recv, METH_FASTCALL | METH_KEYWORDS, try_recv_doc,
};

PyMethodDef hbpy_channel_close_method = {
    "close", (PyCFunction)(void (*)(void))Channel_close, METH_FASTCALL | METH_KEYWORDS, close_doc,
};
