/* monitor_life: starting and closing a monitor, and what keeps it meanwhile. */
#include "monitor.h"

#include "stack.h"

int hbpy_monitor_keep(hbpy_monitor *self)
{
    hbpy_state *state = hbpy_state_of((PyObject *)self);
    if (!hb_load_relaxed(&self->acts) || !hb_load_acquire(&self->started))
        return 0;
    if (PySet_Add(state->monitors, (PyObject *)self) < 0)
        return -1;
    if (hb_load_acquire(&self->closed)) /* meanwhile */
        PySet_Discard(state->monitors, (PyObject *)self);
    return 0;
}

void hbpy_monitor_forget(hbpy_monitor *self, const hb_beat *beat)
{
    PyObject *py_address = PyLong_FromVoidPtr((void *)(uintptr_t)beat);
    if (!py_address || PyDict_DelItem(self->py_watched, py_address) < 0)
        PyErr_Clear(); /* another thread was first */
    Py_XDECREF(py_address);
}

PyObject *hbpy_monitor_raise_closed(hbpy_monitor *self)
{
    PyObject *py_message = self->py_name ? PyUnicode_FromFormat("monitor %R is closed", self->py_name)
                                         : PyUnicode_FromString("the monitor is closed");
    if (py_message)
        hbpy_raise_closed(hbpy_state_of((PyObject *)self), py_message, NULL);
    Py_XDECREF(py_message);
    return NULL;
}

void hbpy_monitor_close_channels(hbpy_monitor *self)
{
    if (self->events)
        hb_chan_shut(self->events, (hb_word){ NULL });
    if (self->ended)
        hb_chan_shut(self->ended, (hb_word){ NULL });
}

static PyObject *close_monitor(hbpy_monitor *self)
{
    bool closed = hb_monitor_close(self->monitor) == HB_OK;
    hb_store_release(&self->closed, 1);
    hbpy_alive_gone(&self->alive);
    hbpy_monitor_close_channels(self);
    if (closed) {
        PyDict_Clear(self->py_watched);
        if (PySet_Discard(hbpy_state_of((PyObject *)self)->monitors, (PyObject *)self) < 0)
            return NULL;
    }
    return PyBool_FromLong(closed);
}

/* A monitor that cannot be started is closed. The exception may be set already. */
static PyObject *refuse_start(hbpy_monitor *self, hb_status status)
{
    PyObject *py_exception = hbpy_take_exception();
    Py_XDECREF(close_monitor(self));
    if (py_exception)
        PyErr_SetObject((PyObject *)Py_TYPE(py_exception), py_exception);
    else if (status == HB_CLOSED)
        hbpy_monitor_raise_closed(self);
    else
        hbpy_raise(hbpy_state_of((PyObject *)self), status);
    Py_XDECREF(py_exception);
    return NULL;
}

/* It may have been closed meanwhile. */
static void begin(hbpy_monitor *self)
{
    hbpy_alive_begin(&self->alive);
    if (hb_load_acquire(&self->closed))
        hbpy_alive_gone(&self->alive);
}

PyDoc_STRVAR(start_doc,
"start($self, /)\n--\n\n"
"Begin to watch; return the monitor itself, so that it can be started where it is made.\n\n"
"Grace runs from here. A native thread reaches the verdicts, whoever holds the interpreter\n"
"lock. A monitor with on_event or an action runs until close(), even if nobody keeps it.\n"
"Starting again does nothing; Closed after close().");

PyObject *hbpy_monitor_start(PyObject *py_self, PyObject *unused)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    hbpy_monitor *self = monitor_of(py_self);
    uint32_t no = 0;
    (void)unused;
    if (hbpy_check_source(&self->base) < 0)
        return NULL;
    if (hb_load_acquire(&self->closed))
        return hbpy_monitor_raise_closed(self);
    if (!hb_load_acquire(&self->started) && hbpy_check_clock(&self->base) < 0)
        return NULL;
    if (!hb_cas(&self->started, &no, 1))
        return Py_NewRef(py_self);
    if (hb_load_relaxed(&self->stack) && hbpy_stack_prepare() < 0)
        PyErr_Clear(); /* then there are no stacks */
    hb_status status = hbpy_monitor_start_calls(self);
    if (status == HB_OK)
        status = hb_monitor_start(self->monitor);
    if (status == HB_OK && hbpy_monitor_keep(self) == 0) {
        begin(self);
        return Py_NewRef(py_self);
    }
    return refuse_start(self, status);
}

PyDoc_STRVAR(close_doc,
"close($self, /)\n--\n\n"
"End the monitor and all its watches; return whether this call did.\n\n"
"Events not yet read can still be received, then Closed is raised; on_event is still called\n"
"for those that came before. Does not wait for a call that runs. The beats go on, and\n"
"can be closed before or after, and watched by other monitors.");

PyObject *hbpy_monitor_close(PyObject *py_self, PyObject *unused)
{
    if (hbpy_point(py_self) < 0)
        return NULL;
    (void)unused;
    return hbpy_check_source((hbpy_source *)py_self) < 0 ? NULL : close_monitor(monitor_of(py_self));
}

PyMethodDef hbpy_monitor_start_method = { "start", hbpy_monitor_start, METH_NOARGS, start_doc };
PyMethodDef hbpy_monitor_close_method = { "close", hbpy_monitor_close, METH_NOARGS, close_doc };

/* ---- the end of a bubble, and of the interpreter ---- */

static void close_running(hbpy_state *state, bool all, uint32_t bubble)
{
    PyObject *py_running = PySequence_List(state->monitors);
    for (Py_ssize_t i = 0; py_running && i < PyList_GET_SIZE(py_running); i++) {
        hbpy_monitor *each = monitor_of(PyList_GET_ITEM(py_running, i));
        if (all || each->base.source->bubble == bubble)
            Py_XDECREF(close_monitor(each));
    }
    Py_XDECREF(py_running);
    if (PyErr_Occurred())
        PyErr_WriteUnraisable(NULL);
}

void hbpy_monitors_end_bubble(hbpy_state *state, uint32_t bubble)
{
    close_running(state, false, bubble);
}

/* What the interpreter does from here on is no longer judged. */
void hbpy_monitors_end(hbpy_state *state)
{
    close_running(state, true, 0);
    PyThreadState *py_thread = PyEval_SaveThread();
    hbpy_stack_end();
    PyEval_RestoreThread(py_thread);
}
