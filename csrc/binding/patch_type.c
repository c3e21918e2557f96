/* patch_type: another object from a builtin type, for the participants of patched bubbles.
 *
 * As with functions (patch.c), what is exchanged is a pointer in the type, and the name of the type means
 * itself as ever: isinstance works, subclasses are made as always. While a type is patched its
 * short cut for calls is off, where it has one, so that every call comes by tp_new. */
#include "binding.h"

#define TYPES 6

static struct patched_type {
    PyTypeObject *type;
    newfunc original;
    vectorcallfunc shortcut;
    PyObject *py_maker;
} types[TYPES];

/* The entry of a type or of a base of it; NULL: there is none. */
static struct patched_type *entry_of(const PyTypeObject *type)
{
    for (const PyTypeObject *each = type; each; each = each->tp_base)
        for (int i = 0; i < TYPES; i++)
            if (types[i].type == each)
                return &types[i];
    return NULL;
}

/* What is no instance of the type is not initialised by whoever calls this: it is whole already. */
static PyObject *make(PyTypeObject *type, PyObject *py_args, PyObject *py_kwargs)
{
    const struct patched_type *entry = entry_of(type);
    if (entry->type != type || !hb_bubble_patched_here())
        return entry->original(type, py_args, py_kwargs);
    PyObject *py_made = PyObject_Call(entry->py_maker, py_args, py_kwargs);
    if (py_made != Py_NotImplemented)
        return py_made;
    Py_DECREF(py_made);
    return entry->original(type, py_args, py_kwargs);
}

static struct patched_type *take_entry(PyTypeObject *type, PyObject *py_maker)
{
    for (int i = 0; i < TYPES; i++)
        if (!types[i].type) {
            types[i] = (struct patched_type){ .original = type->tp_new, .py_maker = Py_NewRef(py_maker),
                                              .type = (PyTypeObject *)Py_NewRef(type) };
            return &types[i];
        }
    return NULL;
}

static struct patched_type *own_entry(PyTypeObject *type)
{
    struct patched_type *entry = entry_of(type);
    return entry && entry->type == type ? entry : NULL;
}

PyDoc_STRVAR(patch_type_doc,
"_patch_type($module, type, maker, /)\n--\n\n"
"Let maker(*args, **kwargs) stand in for a builtin type where a participant of a patched bubble\n"
"calls it, unless it returns NotImplemented. False: nothing was done, for it cannot be.");

static PyObject *patch_type(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    if (n != 2)
        return PyErr_Format(PyExc_TypeError, "_patch_type takes 2 arguments, not %zd", n);
    PyTypeObject *type = PyType_Check(args[0]) ? (PyTypeObject *)args[0] : NULL;
    if (!type || !type->tp_new)
        Py_RETURN_FALSE;
    struct patched_type *entry = own_entry(type);
    if (!entry)
        entry = take_entry(type, args[1]);
    if (!entry)
        Py_RETURN_FALSE;
    if (type->tp_vectorcall)
        entry->shortcut = type->tp_vectorcall;
    type->tp_vectorcall = NULL;
    type->tp_new = make;
    Py_RETURN_TRUE;
}

PyDoc_STRVAR(unpatch_type_doc,
"_unpatch_type($module, type, /)\n--\n\n"
"Let the type make its own for everybody.");

static PyObject *unpatch_type(PyObject *module, PyObject *py_type)
{
    PyTypeObject *type = PyType_Check(py_type) ? (PyTypeObject *)py_type : NULL;
    const struct patched_type *entry = type ? own_entry(type) : NULL;
    (void)module;
    if (entry) {
        type->tp_new = entry->original;
        type->tp_vectorcall = entry->shortcut;
    }
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    { "_patch_type", (PyCFunction)(void (*)(void))patch_type, METH_FASTCALL, patch_type_doc },
    { "_unpatch_type", unpatch_type, METH_O, unpatch_type_doc },
    { NULL, NULL, 0, NULL },
};

int hbpy_init_patch_type(PyObject *module, hbpy_state *state)
{
    (void)state;
    return PyModule_AddFunctions(module, functions);
}
