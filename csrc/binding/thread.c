/* thread: native threads that run Python.
 *
 * A thread gets one thread state for its whole life and attaches with it, which
 * costs a tenth of what a fresh state a call would. It behaves as a thread of
 * the threading module does: tracing hooks are installed, exceptions nobody
 * looked at go to threading.excepthook. Unlike there, what it calls runs in a
 * context of its own, a copy of its starter's. */
#include "binding.h"

/* ---- hooks ---- */

/* sys.<to>(threading.<from>()), if the hook is set. */
static void install_hook(PyObject *py_threading, const char *from, const char *to)
{
    PyObject *py_hook = PyObject_CallMethod(py_threading, from, NULL);
    PyObject *py_setter = py_hook && py_hook != Py_None ? PySys_GetObject(to) : NULL;
    PyObject *py_done = py_setter ? PyObject_CallOneArg(py_setter, py_hook) : NULL;
    Py_XDECREF(py_done);
    Py_XDECREF(py_hook);
}

void hbpy_install_hooks(hbpy_state *state)
{
    install_hook(state->threading, "gettrace", "settrace");
    install_hook(state->threading, "getprofile", "setprofile");
    if (PyErr_Occurred())
        PyErr_WriteUnraisable(NULL);
}

/* ---- running ---- */

void hbpy_run_attached(void (*body)(void *arg), void *arg)
{
    hbpy_run_after(NULL, body, arg);
}

void hbpy_run_after(void (*alone)(void *arg), void (*body)(void *arg), void *arg)
{
    PyThreadState *py_thread = hbpy_make_thread_state();
    if (alone)
        alone(arg);
    hbpy_attach(py_thread);
    body(arg);
    PyThreadState_Clear(py_thread);
    PyThreadState_DeleteCurrent();
}

/* ---- calls ---- */

PyObject *hbpy_call_in_context(PyObject *py_context, PyObject *(*call)(void *arg), void *arg)
{
    if (PyContext_Enter(py_context) < 0)
        return NULL;
    PyObject *py_result = call(arg);
    PyObject *py_exception = hbpy_take_exception();
    if (PyContext_Exit(py_context) < 0)
        PyErr_WriteUnraisable(py_context);
    if (py_exception)
        PyErr_SetObject((PyObject *)Py_TYPE(py_exception), py_exception);
    Py_XDECREF(py_exception);
    return py_result;
}

typedef struct function_call {
    PyObject *py_fn, *py_args, *py_kwargs;
} function_call;

static PyObject *call_function(void *arg)
{
    const function_call *call = arg;
    return PyObject_Call(call->py_fn, call->py_args, call->py_kwargs);
}

PyObject *hbpy_call_in(PyObject *py_context, PyObject *py_fn, PyObject *py_args,
                       PyObject *py_kwargs)
{
    function_call call = { py_fn, py_args, py_kwargs };
    return hbpy_call_in_context(py_context, call_function, &call);
}

PyObject *hbpy_default_name(PyObject *py_fn, const char *kind)
{
    static hb_atomic_u32 started;
    unsigned number = (unsigned)hb_fetch_add(&started, 1) + 1;
    PyObject *py_fn_name = PyObject_GetAttrString(py_fn, "__name__");
    if (!py_fn_name)
        PyErr_Clear();
    PyObject *py_name = py_fn_name ? PyUnicode_FromFormat("%S-%u", py_fn_name, number)
                                   : PyUnicode_FromFormat("%s-%u", kind, number);
    Py_XDECREF(py_fn_name);
    return py_name;
}

/* ---- exceptions ---- */

PyObject *hbpy_take_exception(void)
{
#if PY_VERSION_HEX >= 0x030c0000
    return PyErr_GetRaisedException();
#else
    PyObject *py_type, *py_value, *py_traceback;
    PyErr_Fetch(&py_type, &py_value, &py_traceback);
    if (!py_type)
        return NULL;
    PyErr_NormalizeException(&py_type, &py_value, &py_traceback);
    if (py_traceback)
        PyException_SetTraceback(py_value, py_traceback);
    Py_DECREF(py_type);
    Py_XDECREF(py_traceback);
    return py_value;
#endif
}

static PyObject *hook_args(hbpy_state *state, PyObject *py_exception, PyObject *py_thread)
{
    PyObject *py_traceback = PyException_GetTraceback(py_exception);
    PyObject *py_args = PyObject_CallFunction(state->ExceptHookArgs, "((OOOO))",
                                              (PyObject *)Py_TYPE(py_exception), py_exception,
                                              py_traceback ? py_traceback : Py_None, py_thread);
    Py_XDECREF(py_traceback);
    return py_args;
}

/* A new reference; the default once the threading module has been emptied. */
static PyObject *current_hook(hbpy_state *state)
{
    PyObject *py_hook = PyObject_GetAttrString(state->threading, "excepthook");
    if (py_hook && py_hook != Py_None)
        return py_hook;
    Py_XDECREF(py_hook);
    PyErr_Clear();
    return Py_NewRef(state->default_excepthook);
}

static int call_hook(hbpy_state *state, PyObject *py_exception, PyObject *py_thread)
{
    PyObject *py_hook = current_hook(state);
    PyObject *py_args = hook_args(state, py_exception, py_thread);
    PyObject *py_done = py_args ? PyObject_CallOneArg(py_hook, py_args) : NULL;
    Py_DECREF(py_hook);
    Py_XDECREF(py_args);
    Py_XDECREF(py_done);
    return py_done ? 0 : -1;
}

void hbpy_report_exception(hbpy_state *state, PyObject *py_exception, PyObject *py_thread)
{
    PyObject *py_type, *py_value, *py_traceback;
    PyErr_Fetch(&py_type, &py_value, &py_traceback);
    if (call_hook(state, py_exception, py_thread) < 0)
        PyErr_WriteUnraisable(py_exception);
    PyErr_Restore(py_type, py_value, py_traceback);
}

int hbpy_init_thread(PyObject *module, hbpy_state *state)
{
    (void)module;
    state->threading = PyImport_ImportModule("threading");
    if (!state->threading)
        return -1;
    state->ExceptHookArgs = PyObject_GetAttrString(state->threading, "ExceptHookArgs");
    state->default_excepthook = PyObject_GetAttrString(state->threading, "__excepthook__");
    return state->ExceptHookArgs && state->default_excepthook ? 0 : -1;
}
