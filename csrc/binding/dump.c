/* dump: what all threads of the engine do, written without the help of the interpreter. */
#include "binding.h"

#include "hb_monitor.h"

PyDoc_STRVAR(dump_doc,
"dump($module, /, fd=2)\n--\n\n"
"Write what each thread the engine knows does to a file descriptor.\n\n"
"A line a thread: its name, its state, what it waits for and since when (seconds), and\n"
"the unit of work it is in. Never waits for a reader: what does not fit is dropped.");

static PyObject *module_dump(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *py_kwnames)
{
    static const char *const names[] = { "fd", NULL };
    PyObject *py_fd;
    int descriptor = 2;
    (void)module;
    if (hbpy_parse("dump", args, nargs, py_kwnames, names, 1, 0, &py_fd) < 0)
        return NULL;
    if (py_fd && (descriptor = PyObject_AsFileDescriptor(py_fd)) < 0)
        return NULL;
    hb_dump(descriptor);
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    { "dump", (PyCFunction)(void (*)(void))module_dump, METH_FASTCALL | METH_KEYWORDS, dump_doc },
    { NULL, NULL, 0, NULL },
};

int hbpy_init_dump(PyObject *module, hbpy_state *state)
{
    (void)state;
    return PyModule_AddFunctions(module, functions);
}
