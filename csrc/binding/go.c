/* go: starting a task, and what its thread does. */
#include "task.h"

/* ---- the thread ---- */

/* SystemExit ends a task quietly, as it does a Thread; so does the end of the engine. */
static void keep_exception(hbpy_task *self)
{
    hbpy_state *state = hbpy_state_of((PyObject *)self);
    bool quiet = PyErr_ExceptionMatches(PyExc_SystemExit) || PyErr_ExceptionMatches(state->Stopped);
    hb_store_relaxed(&self->looked, quiet);
    self->py_exception = hbpy_take_exception();
}

static void body(void *arg)
{
    hbpy_task *self = arg;
    hbpy_install_hooks(hbpy_state_of((PyObject *)self));
    hb_store_relaxed(&self->ident, PyThread_get_thread_ident());
    hb_thread_here()->charge = self;
    self->py_result = hbpy_call_in(self->py_context, self->py_fn, self->py_args, self->py_kwargs);
    hb_thread_here()->charge = NULL;
    if (!self->py_result)
        keep_exception(self);
    Py_CLEAR(self->py_fn);
    Py_CLEAR(self->py_args);
    Py_CLEAR(self->py_kwargs);
    Py_CLEAR(self->py_context);
    Py_DECREF(self);
}

static void thread_main(void *arg)
{
    hbpy_run_attached(body, arg);
}

/* ---- go() ---- */

/* The keyword arguments without `name`, which goes to *py_name (borrowed). */
static PyObject *split_keywords(PyObject *const *values, PyObject *py_kwnames, PyObject **py_name)
{
    PyObject *py_kwargs = PyDict_New();
    Py_ssize_t n = py_kwnames ? PyTuple_GET_SIZE(py_kwnames) : 0;
    *py_name = NULL;
    for (Py_ssize_t i = 0; py_kwargs && i < n; i++) {
        PyObject *py_key = PyTuple_GET_ITEM(py_kwnames, i);
        if (PyUnicode_CompareWithASCIIString(py_key, "name") == 0)
            *py_name = values[i];
        else if (PyDict_SetItem(py_kwargs, py_key, values[i]) < 0)
            Py_CLEAR(py_kwargs);
    }
    return py_kwargs;
}

static PyObject *tuple_of(PyObject *const *items, Py_ssize_t n)
{
    PyObject *py_tuple = PyTuple_New(n);
    for (Py_ssize_t i = 0; py_tuple && i < n; i++)
        PyTuple_SET_ITEM(py_tuple, i, Py_NewRef(items[i]));
    return py_tuple;
}

static hbpy_task *new_task(PyTypeObject *type, PyObject *const *args, Py_ssize_t nargs,
                           PyObject *py_kwnames)
{
    PyObject *py_name;
    hbpy_task *self = task_of(type->tp_alloc(type, 0));
    if (!self)
        return NULL;
    self->base.kind = &hbpy_task_kind;
    self->py_fn = Py_NewRef(args[0]);
    self->py_args = tuple_of(args + 1, nargs - 1);
    self->py_kwargs = split_keywords(args + nargs, py_kwnames, &py_name);
    self->py_context = PyContext_CopyCurrent();
    if (self->py_args && self->py_kwargs && self->py_context &&
        hbpy_parse_name(py_name, &self->py_name) == 0 && !self->py_name)
        self->py_name = hbpy_default_name(args[0], "task");
    if (!self->py_name)
        Py_CLEAR(self);
    return self;
}

static hb_status start(hbpy_task *self)
{
    const char *name = PyUnicode_AsUTF8(self->py_name);
    if (!name)
        return HB_INTERRUPTED;
    Py_INCREF(self); /* the thread's */
    char origin[HB_ORIGIN_SIZE];
    hb_status status = hb_worker_start_from(&self->worker, thread_main, self, name,
                                            hbpy_origin_here(origin, sizeof origin));
    if (status != HB_OK) {
        Py_DECREF(self);
        return status;
    }
    self->base.source = hb_chan_source(hb_worker_done(self->worker));
    hbpy_origin_made(self, self->base.source);
    return HB_OK;
}

PyDoc_STRVAR(go_doc,
"go($module, fn, /, *args, name=None, **kwargs)\n--\n\n"
"Run fn(*args, **kwargs) on a new thread and return its Task.\n\n"
"As Go's go statement: the program does not wait for it. At the exit of the\n"
"interpreter the thread's waits on channels raise Stopped. `name` (a str) names the\n"
"task and the thread; systems show its first 15 bytes. Context variables are those\n"
"of the caller. RuntimeError if the system refuses another thread.");

static PyObject *module_go(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                           PyObject *py_kwnames)
{
    if (hbpy_point(module) < 0)
        return NULL;
    hbpy_state *state = PyModule_GetState(module);
    if (nargs < 1 || !PyCallable_Check(args[0]))
        return PyErr_Format(PyExc_TypeError, "fn must be callable, not %s",
                            nargs < 1 ? "missing" : Py_TYPE(args[0])->tp_name);
    hbpy_task *self = new_task(state->Task, args, nargs, py_kwnames);
    if (!self)
        return NULL;
    hb_status status = start(self);
    if (status == HB_OK)
        return (PyObject *)self;
    Py_DECREF(self);
    return hbpy_raise(state, status);
}

static PyMethodDef functions[] = {
    { "go", (PyCFunction)(void (*)(void))module_go, METH_FASTCALL | METH_KEYWORDS, go_doc },
    { NULL, NULL, 0, NULL },
};

int hbpy_init_go(PyObject *module, hbpy_state *state)
{
    (void)state;
    return PyModule_AddFunctions(module, functions);
}
