/* error: a status of the core becomes an exception here, and nowhere else. */
#include "binding.h"

static PyObject *exception_of(hbpy_state *state, hb_status status)
{
    switch (status) {
    case HB_TIMEOUT:
        return PyExc_TimeoutError;
    case HB_DEADLOCK:
        return state->DeadlockError;
    case HB_STALLED:
        return state->StallError;
    case HB_STOPPED:
        return state->Stopped;
    case HB_REVOKED:
        return state->Revoked;
    case HB_NO_MEMORY:
        return PyExc_MemoryError;
    case HB_NO_THREAD:
        return PyExc_RuntimeError;
    default:
        return state->Error;
    }
}

PyObject *hbpy_raise(hbpy_state *state, hb_status status)
{
    if (status == HB_DEADLOCK || status == HB_STALLED)
        hbpy_raise_reported(state, exception_of(state, status), hb_status_text(status));
    else if (status != HB_INTERRUPTED) /* then a signal handler has raised already */
        PyErr_SetString(exception_of(state, status), hb_status_text(status));
    return NULL;
}

static int set_cause(PyObject *py_error, PyObject *py_cause)
{
    if (!py_cause)
        return 0;
    if (PyExceptionInstance_Check(py_cause))
        PyException_SetCause(py_error, Py_NewRef(py_cause));
    return PyObject_SetAttrString(py_error, "cause", py_cause);
}

void hbpy_raise_closed(hbpy_state *state, PyObject *py_message, PyObject *py_cause)
{
    PyObject *py_error = PyObject_CallOneArg(state->Closed, py_message);
    if (py_error && set_cause(py_error, py_cause) == 0)
        PyErr_SetObject(state->Closed, py_error);
    Py_XDECREF(py_error);
}

static int add_error(PyObject *module, PyObject **slot, const char *name, const char *doc,
                     PyObject *py_base, const char *attribute)
{
    PyObject *py_dict = PyDict_New();
    if (!py_dict)
        return -1;
    if (attribute && PyDict_SetItemString(py_dict, attribute, Py_None) < 0) {
        Py_DECREF(py_dict);
        return -1;
    }
    *slot = PyErr_NewExceptionWithDoc(name, doc, py_base, py_dict);
    Py_DECREF(py_dict);
    return *slot ? PyModule_AddObjectRef(module, strrchr(name, '.') + 1, *slot) : -1;
}

/* Those of heartbeat.testing. A leak fails a test as an assertion does. */
static int add_testing_errors(PyObject *module, hbpy_state *state)
{
    PyObject *py_bases = PyTuple_Pack(2, state->Error, PyExc_AssertionError);
    int added = py_bases ? add_error(module, &state->LeakError, "heartbeat.testing.LeakError",
                                     "Something outlives what it was started in.\n\n"
                                     "The message names each thing, and where it was made.",
                                     py_bases, NULL)
                         : -1;
    Py_XDECREF(py_bases);
    if (added < 0)
        return -1;
    return add_error(module, &state->StallError, "heartbeat.testing.StallError",
                     "A thread of a bubble runs on in real time without coming back to the engine.\n\n"
                     ".report says which, with its Python stack.",
                     state->Error, "report");
}

int hbpy_init_errors(PyObject *module, hbpy_state *state)
{
    if (add_error(module, &state->Error, "heartbeat.Error",
                  "The base of what heartbeat raises beside the built-in exceptions.\n\n"
                  ".code is what a native unit returned, None otherwise.",
                  NULL, "code") < 0)
        return -1;
    PyObject *py_base = state->Error;
    if (add_error(module, &state->Closed, "heartbeat.Closed",
                  "The channel is closed and, for a receive, drained.\n\n"
                  ".cause is what it was closed with, None if nothing.",
                  py_base, "cause") < 0 ||
        add_error(module, &state->DeadlockError, "heartbeat.DeadlockError",
                  "Nobody can ever wake this call.\n\n"
                  ".report says who waits where since when, with Python stacks.",
                  py_base, "report") < 0 ||
        add_testing_errors(module, state) < 0 ||
        add_error(module, &state->Revoked, "heartbeat.Revoked",
                  "This worker was replaced: its pulses and sends no longer count.", py_base, NULL) < 0)
        return -1;
    return add_error(module, &state->Stopped, "heartbeat.Stopped",
                     "The engine has stopped: no wait of its threads can end any more.\n\n"
                     "Raised in threads of the engine at the exit of the interpreter, so that\n"
                     "their `finally` clauses run.",
                     py_base, NULL);
}
