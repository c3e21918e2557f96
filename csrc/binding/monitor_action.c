/* monitor_action: what the native thread does when a beat turns unhealthy. */
#include "monitor.h"

#include <signal.h>

static PyObject *act(PyObject *py_self, hb_action_kind kind, int number, const void *bytes, size_t size)
{
    hbpy_monitor *self = monitor_of(py_self);
    if (hbpy_check_source(&self->base) < 0)
        return NULL;
    hb_status status = hb_monitor_act(self->monitor, kind, number, bytes, size);
    if (status == HB_CLOSED)
        return hbpy_monitor_raise_closed(self);
    if (status != HB_OK)
        return hbpy_raise(hbpy_state_of(py_self), status);
    hb_store_release(&self->acts, 1);
    return hbpy_monitor_keep(self) < 0 ? NULL : Py_NewRef(py_self);
}

/* A descriptor, or what has a fileno(). 0, or -1 with an exception. */
static int parse_descriptor(PyObject *py_fd, int *descriptor)
{
    if (py_fd)
        *descriptor = PyObject_AsFileDescriptor(py_fd);
    return *descriptor < 0 ? -1 : 0;
}

static int parse_number(PyObject *py_number, const char *name, int least, int most, int *number)
{
    int overflow;
    if (!PyIndex_Check(py_number) || PyBool_Check(py_number)) {
        PyErr_Format(PyExc_TypeError, "%s must be an int, not %s", name, Py_TYPE(py_number)->tp_name);
        return -1;
    }
    long value = PyLong_AsLongAndOverflow(py_number, &overflow);
    if (value == -1 && !overflow && PyErr_Occurred())
        return -1;
    if (overflow || value < least || value > most) {
        PyErr_Format(PyExc_ValueError, "%s must be %d to %d, not %R", name, least, most, py_number);
        return -1;
    }
    *number = (int)value;
    return 0;
}

#define UNHEALTHY "At the moment a beat turns unhealthy, without the interpreter lock: "

PyDoc_STRVAR(dump_doc,
"dump($self, /, fd=2)\n--\n\n"
UNHEALTHY "write what all\n"
"threads of the engine do, and what the verdict is, to a file descriptor.\n\n"
"Never waits for a reader: what does not fit is dropped and counted in stats(). The\n"
"descriptor must stay open. Returns the monitor, so that actions can be chained.");

static PyObject *Monitor_dump(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *py_kwnames)
{
    static const char *const names[] = { "fd", NULL };
    PyObject *py_fd;
    int descriptor = 2;
    if (hbpy_parse("dump", args, nargs, py_kwnames, names, 1, 0, &py_fd) < 0 ||
        parse_descriptor(py_fd, &descriptor) < 0)
        return NULL;
    return act(self, HB_ACT_DUMP, descriptor, NULL, 0);
}

PyDoc_STRVAR(signal_doc,
"signal($self, signum, /)\n--\n\n"
UNHEALTHY "send a signal\n"
"to this process.\n\n"
"A handler written in Python runs when the main thread gets to it; the default action of\n"
"the system comes at once. Returns the monitor.");

static PyObject *Monitor_signal(PyObject *self, PyObject *py_signum)
{
    int signum;
    return parse_number(py_signum, "signum", 1, NSIG - 1, &signum) < 0 ? NULL
                                                                      : act(self, HB_ACT_SIGNAL, signum, NULL, 0);
}

PyDoc_STRVAR(exit_doc,
"exit($self, /, code=1)\n--\n\n"
UNHEALTHY "end the\n"
"process with that status, as os._exit() does.\n\n"
"Nothing is cleaned up and nothing flushed: that may be what hangs. Returns the monitor.");

static PyObject *Monitor_exit(PyObject *self, PyObject *const *args, Py_ssize_t nargs, PyObject *py_kwnames)
{
    static const char *const names[] = { "code", NULL };
    PyObject *py_code;
    int code = 1;
    if (hbpy_parse("exit", args, nargs, py_kwnames, names, 1, 0, &py_code) < 0 ||
        (py_code && parse_number(py_code, "code", 0, 255, &code) < 0))
        return NULL;
    return act(self, HB_ACT_EXIT, code, NULL, 0);
}

PyDoc_STRVAR(abort_doc,
"abort($self, /)\n--\n\n"
UNHEALTHY "end the\n"
"process with SIGABRT: with a core dump, and faulthandler's report if that is enabled.\n\n"
"Returns the monitor.");

static PyObject *Monitor_abort(PyObject *self, PyObject *unused)
{
    (void)unused;
    return act(self, HB_ACT_ABORT, 0, NULL, 0);
}

PyDoc_STRVAR(notify_doc,
"notify($self, fd, data, /)\n--\n\n"
UNHEALTHY "write these bytes\n"
"to a file descriptor: a pipe or a socket whose other end looks after this process.\n\n"
"Never waits for a reader: what does not fit is dropped and counted in stats(). The\n"
"descriptor must stay open. Returns the monitor.");

static PyObject *Monitor_notify(PyObject *self, PyObject *const *args, Py_ssize_t nargs)
{
    Py_buffer data;
    int descriptor = -1;
    if (nargs != 2)
        return PyErr_Format(PyExc_TypeError, "notify() takes fd and data (%zd given)", nargs);
    if (parse_descriptor(args[0], &descriptor) < 0 || PyObject_GetBuffer(args[1], &data, PyBUF_SIMPLE) < 0)
        return NULL;
    PyObject *py_self = act(self, HB_ACT_NOTIFY, descriptor, data.buf, (size_t)data.len);
    PyBuffer_Release(&data);
    return py_self;
}

PyMethodDef hbpy_monitor_action_methods[] = {
    { "dump", (PyCFunction)(void (*)(void))Monitor_dump, METH_FASTCALL | METH_KEYWORDS, dump_doc },
    { "signal", Monitor_signal, METH_O, signal_doc },
    { "exit", (PyCFunction)(void (*)(void))Monitor_exit, METH_FASTCALL | METH_KEYWORDS, exit_doc },
    { "abort", Monitor_abort, METH_NOARGS, abort_doc },
    { "notify", (PyCFunction)(void (*)(void))Monitor_notify, METH_FASTCALL, notify_doc },
    { NULL, NULL, 0, NULL },
};
