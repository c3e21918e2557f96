/* worker_work: what a worker is to do, and whether it wants a WorkerContext.
 *
 * Anything that can be called will do: with a WorkerContext if it needs an argument by
 * position or takes any number of them, else with nothing. (An argument that has a default
 * is most often a value somebody bound to the function.) What needs more is refused before
 * there is a thread. That a call of it makes a generator is seen when it is called
 * (worker_run.c). Native units are read elsewhere (native.h), and first: some of them can be
 * called from Python too, but no plain function is one, and most work is that. */
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
    Py_ssize_t least = code->co_argcount - bound - length_of(PyFunction_GetDefaults(py_function));
    if (code->co_flags & (CO_COROUTINE | CO_ASYNC_GENERATOR))
        return refuse(py_work, "is async");
    if (least > 1)
        return refuse(py_work, "needs more arguments");
    if (code->co_kwonlyargcount > length_of(PyFunction_GetKwDefaults(py_function)))
        return refuse(py_work, "needs keyword arguments");
    return least > 0 || (code->co_flags & CO_VARARGS);
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

/* Whether its first parameter is *args; -1 with an exception. */
static int takes_any(PyObject *py_signature)
{
    static const long var_positional = 2; /* inspect.Parameter.VAR_POSITIONAL */
    PyObject *py_parameters = PyObject_GetAttrString(py_signature, "parameters");
    PyObject *py_values = py_parameters ? PyObject_CallMethod(py_parameters, "values", NULL) : NULL;
    PyObject *py_all = py_values ? PySequence_Tuple(py_values) : NULL;
    PyObject *py_kind = py_all && PyTuple_GET_SIZE(py_all) > 0
                            ? PyObject_GetAttrString(PyTuple_GET_ITEM(py_all, 0), "kind") : NULL;
    long kind = py_kind ? PyLong_AsLong(py_kind) : -1;
    Py_XDECREF(py_kind);
    Py_XDECREF(py_all);
    Py_XDECREF(py_values);
    Py_XDECREF(py_parameters);
    return PyErr_Occurred() ? -1 : kind == var_positional;
}

static int read_signature(PyObject *py_work, PyObject *py_signature)
{
    int with = binds(py_signature, Py_None);
    int without = with < 0 ? -1 : binds(py_signature, NULL);
    if (without < 0)
        return -1;
    if (with && without)
        return takes_any(py_signature);
    return with || without ? with : refuse(py_work, "needs other arguments");
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

/* The function of a plain function or method, else NULL. */
static PyObject *function_of(PyObject *py_work)
{
    PyObject *py_function = PyMethod_Check(py_work) ? PyMethod_GET_FUNCTION(py_work) : py_work;
    return PyFunction_Check(py_function) ? py_function : NULL;
}

/* It stands for another, as decorators make them, and has that one's signature. */
static bool is_wrapper(PyObject *py_function)
{
    PyObject *py_attributes = ((PyFunctionObject *)py_function)->func_dict;
    return py_attributes && PyDict_GetItemString(py_attributes, "__wrapped__");
}

static int read_python(PyObject *py_work)
{
    PyObject *py_function = function_of(py_work);
    if (py_function && !is_wrapper(py_function))
        return read_function(py_work, py_function, py_function != py_work);
    if (PyCallable_Check(py_work))
        return read_callable(py_work);
    PyErr_Format(PyExc_TypeError, "work must be callable, not %s", Py_TYPE(py_work)->tp_name);
    return -1;
}

int hbpy_worker_read_work(hbpy_worker *self, PyObject *py_work, PyObject *py_data)
{
    bool plain = function_of(py_work) && (!py_data || py_data == Py_None);
    int native = plain ? 0 : hbpy_native_read(py_work, py_data, &self->native);
    if (native)
        return native < 0 ? -1 : 0;
    int takes = read_python(py_work);
    if (takes < 0)
        return -1;
    self->takes_context = takes;
    self->py_work = Py_NewRef(py_work);
    return 0;
}
