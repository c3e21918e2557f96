/* worker_work: what a worker is to do, and whether it wants a WorkerContext.
 *
 * Anything that can be called will do: with a WorkerContext if it takes an argument by
 * position, else with nothing. What wants more is refused before there is a thread. That a
 * call of it makes a generator is seen when it is called (worker_run.c). */
#include "worker.h"

static int refuse(PyObject *py_work, const char *why)
{
    PyErr_Format(PyExc_TypeError, "work must take a WorkerContext or nothing: %R %s", py_work, why);
    return -1;
}

/* ---- plain functions and methods ---- */

static Py_ssize_t length_of(PyObject *py_defaults)
{
    return py_defaults ? PyObject_Length(py_defaults) : 0;
}

/* 1 if it takes a context, 0 if it takes nothing, -1 with an exception. `bound`: how many
 * arguments it has got already. */
static int read_function(PyObject *py_work, PyObject *py_function, int bound)
{
    PyCodeObject *code = (PyCodeObject *)PyFunction_GET_CODE(py_function);
    Py_ssize_t most = code->co_argcount - bound;
    Py_ssize_t least = most - length_of(PyFunction_GetDefaults(py_function));
    if (code->co_flags & (CO_COROUTINE | CO_ASYNC_GENERATOR))
        return refuse(py_work, "is async");
    if (least > 1)
        return refuse(py_work, "needs more arguments");
    if (code->co_kwonlyargcount > length_of(PyFunction_GetKwDefaults(py_function)))
        return refuse(py_work, "needs keyword arguments");
    return most > 0 || (code->co_flags & CO_VARARGS);
}

/* ---- other callables ---- */

/* signature.bind(*args): whether it can be called so; -1 with an exception. */
static int binds(PyObject *py_signature, PyObject *py_argument)
{
    PyObject *py_bound = py_argument ? PyObject_CallMethod(py_signature, "bind", "O", py_argument)
                                     : PyObject_CallMethod(py_signature, "bind", NULL);
    if (py_bound) {
        Py_DECREF(py_bound);
        return 1;
    }
    if (!PyErr_ExceptionMatches(PyExc_TypeError))
        return -1;
    PyErr_Clear();
    return 0;
}

static int read_signature(PyObject *py_work, PyObject *py_signature)
{
    int with = binds(py_signature, Py_None);
    if (with)
        return with;
    int without = binds(py_signature, NULL);
    return without > 0 ? 0 : without < 0 ? -1 : refuse(py_work, "needs other arguments");
}

/* What has no signature is called with a context. */
static int read_callable(PyObject *py_work)
{
    PyObject *py_inspect = PyImport_ImportModule("inspect");
    PyObject *py_signature = py_inspect ? PyObject_CallMethod(py_inspect, "signature", "O", py_work) : NULL;
    Py_XDECREF(py_inspect);
    if (!py_signature) {
        if (!PyErr_ExceptionMatches(PyExc_ValueError) && !PyErr_ExceptionMatches(PyExc_TypeError))
            return -1;
        PyErr_Clear();
        return 1;
    }
    int takes = read_signature(py_work, py_signature);
    Py_DECREF(py_signature);
    return takes;
}

/* ---- any work ---- */

static int read_any(PyObject *py_work)
{
    if (PyFunction_Check(py_work))
        return read_function(py_work, py_work, 0);
    if (PyMethod_Check(py_work) && PyFunction_Check(PyMethod_GET_FUNCTION(py_work)))
        return read_function(py_work, PyMethod_GET_FUNCTION(py_work), 1);
    if (PyCallable_Check(py_work))
        return read_callable(py_work);
    PyErr_Format(PyExc_TypeError, "work must be callable, not %s", Py_TYPE(py_work)->tp_name);
    return -1;
}

int hbpy_worker_read_work(hbpy_worker *self, PyObject *py_work)
{
    int takes = read_any(py_work);
    if (takes < 0)
        return -1;
    self->takes_context = takes;
    self->py_work = Py_NewRef(py_work);
    return 0;
}
