/* module: tables and init only. */
#include "binding.h"

#include "hb_worker.h"

/* How long the exit of the interpreter waits for threads of the engine whose
 * waits were ended to leave their functions. */
#define STOP_LIMIT (HB_SECOND / 2)

hbpy_state *hbpy_state_of(PyObject *self)
{
    PyObject *module = PyType_GetModuleByDef(Py_TYPE(self), &hbpy_module);
    return module ? PyModule_GetState(module) : NULL;
}

int hbpy_add_type(PyObject *module, PyTypeObject **type, PyType_Spec *spec, PyTypeObject *base)
{
    *type = (PyTypeObject *)PyType_FromModuleAndSpec(module, spec, (PyObject *)base);
    return *type ? PyModule_AddType(module, *type) : -1;
}

/* What a named tuple tells of its fields, a struct sequence tells too. */
static int set_fields(PyTypeObject *type, PyStructSequence_Desc *description)
{
    PyObject *py_fields = PyTuple_New(description->n_in_sequence);
    int set = py_fields ? 0 : -1;
    for (int i = 0; set == 0 && i < description->n_in_sequence; i++) {
        PyObject *py_name = PyUnicode_FromString(description->fields[i].name);
        set = py_name ? 0 : -1;
        PyTuple_SET_ITEM(py_fields, i, py_name);
    }
    if (set == 0)
        set = PyObject_SetAttrString((PyObject *)type, "_fields", py_fields);
    Py_XDECREF(py_fields);
    return set;
}

int hbpy_add_struct(PyObject *module, PyTypeObject **type, PyStructSequence_Desc *description)
{
    *type = PyStructSequence_NewType(description);
    if (!*type || set_fields(*type, description) < 0)
        return -1;
    return PyModule_AddType(module, *type);
}

/* ---- the end ---- */

static PyObject *stop(PyObject *module, PyObject *unused)
{
    (void)unused;
    hbpy_monitors_end(PyModule_GetState(module));
    PyThreadState *py_thread = PyEval_SaveThread();
    if (hb_workers_stop(hb_time_add(hb_platform_now(), STOP_LIMIT)) != HB_OK)
        hbpy_threads_over();
    hbpy_attach(py_thread);
    Py_RETURN_NONE;
}

/* After the threads of the threading module have been joined, so that they can
 * use the engine to their end. */
static PyMethodDef stop_method = { "_stop", stop, METH_NOARGS, NULL };

static int stop_at_exit(PyObject *module)
{
    PyObject *py_stop = PyCFunction_New(&stop_method, module);
    PyObject *py_atexit = py_stop ? PyImport_ImportModule("atexit") : NULL;
    PyObject *py_done = py_atexit ? PyObject_CallMethod(py_atexit, "register", "O", py_stop) : NULL;
    Py_XDECREF(py_atexit);
    Py_XDECREF(py_stop);
    Py_XDECREF(py_done);
    return py_done ? 0 : -1;
}

/* ---- module ---- */

/* The engine's threads attach to the main interpreter, and would call there what another
 * one gave them. The slots below refuse only those others that ask to be checked. */
static int refuse_other_interpreters(void)
{
    if (PyInterpreterState_Get() == PyInterpreterState_Main())
        return 0;
    PyErr_SetString(PyExc_ImportError, "heartbeat works in the main interpreter only");
    return -1;
}

static int exec(PyObject *module)
{
    static int (*const parts[])(PyObject *, hbpy_state *) = {
        hbpy_init_errors, hbpy_init_thread, hbpy_init_thread_state, hbpy_init_gil,
        hbpy_init_time, hbpy_init_source, hbpy_init_channel, hbpy_init_case, hbpy_init_selected, hbpy_init_select,
        hbpy_init_selector, hbpy_init_timer, hbpy_init_after_func, hbpy_init_watchdog,
        hbpy_init_task, hbpy_init_go, hbpy_init_heartbeat,
        hbpy_init_pulses, hbpy_init_unit, hbpy_init_pause, hbpy_init_beat_stats, hbpy_init_capi,
        hbpy_init_done, hbpy_init_worker, hbpy_init_worker_context, hbpy_init_stack,
        hbpy_init_health, hbpy_init_monitor_stats, hbpy_init_monitor, hbpy_init_watch_gil,
        hbpy_init_bubble, hbpy_init_bubble_report, hbpy_init_adopt, hbpy_init_patch,
        hbpy_init_patch_type, hbpy_init_dump, hbpy_init_dump_signal, hbpy_init_origin,
        hbpy_init_deadlock, hbpy_init_alive,
    };
    if (refuse_other_interpreters() < 0)
        return -1;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (parts[i](module, PyModule_GetState(module)) < 0)
            return -1;
    return stop_at_exit(module);
}

/* The state is an array of owned references. */
static PyObject **references(PyObject *module)
{
    return PyModule_GetState(module);
}

static int traverse(PyObject *module, visitproc visit, void *arg)
{
    for (size_t i = 0; i < sizeof(hbpy_state) / sizeof(PyObject *); i++)
        Py_VISIT(references(module)[i]);
    return 0;
}

static int clear(PyObject *module)
{
    for (size_t i = 0; i < sizeof(hbpy_state) / sizeof(PyObject *); i++)
        Py_CLEAR(references(module)[i]);
    return 0;
}

static void release(void *module)
{
    clear(module);
}

static PyModuleDef_Slot slots[] = {
    { Py_mod_exec, (void *)exec },
#if PY_VERSION_HEX >= 0x030c0000
    { Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED },
#endif
#if PY_VERSION_HEX >= 0x030d0000
    { Py_mod_gil, Py_MOD_GIL_NOT_USED },
#endif
    { 0, NULL },
};

struct PyModuleDef hbpy_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "heartbeat._native",
    .m_doc = "The engine's types and functions; import them from heartbeat.",
    .m_size = sizeof(hbpy_state),
    .m_slots = slots,
    .m_traverse = traverse,
    .m_clear = clear,
    .m_free = release,
};

PyMODINIT_FUNC PyInit__native(void)
{
    return PyModuleDef_Init(&hbpy_module);
}
