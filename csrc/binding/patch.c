/* patch: another answer from a builtin function, or another object from a builtin type, for the
 * participants of patched bubbles; everybody else gets what it always gave.
 *
 * What is exchanged is the C function in the method table of the builtin, not the attribute of the
 * module: so the names that were imported from there before mean the same, too. Every calling
 * convention of CPython without a defining class has its trampolines, one a slot, for a C function
 * does not learn through which builtin it was called. The answer comes from a Python function
 * that gets the arguments, and before them the class, where it is a class method. If it returns
 * NotImplemented, the original is called.
 *
 * A slot is taken once and for all by the first patch of its builtin, and keeps what it is given, so
 * that who was on the way into the answer when it was taken off finds what it needs. The pointers exchanged are
 * aligned words that the interpreter reads on each call: each call meets the one or the other, also
 * where no interpreter lock holds them apart. Patching and unpatching is done by one at a time. */
#include "binding.h"

#define SLOTS 24

typedef union any_function {
    PyCFunction plain;
    PyCFunctionWithKeywords keywords;
    PyObject *(*fast)(PyObject *, PyObject *const *, Py_ssize_t);
    PyObject *(*fast_keywords)(PyObject *, PyObject *const *, Py_ssize_t, PyObject *);
} any_function;

static struct slot {
    PyMethodDef *method;
    any_function original;
    PyObject *py_answer;
} slots[SLOTS];

/* ---- answers ---- */

/* Takes over py_args. A new reference, NULL with an exception; or NotImplemented. */
static PyObject *call_answer(PyObject *py_answer, PyObject *py_args, PyObject *py_kwargs)
{
    PyObject *py_given = py_args ? PyObject_Call(py_answer, py_args, py_kwargs) : NULL;
    Py_XDECREF(py_args);
    return py_given;
}

static PyObject *arguments(const struct slot *slot, PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    Py_ssize_t first = slot->method->ml_flags & METH_CLASS ? 1 : 0;
    PyObject *py_args = PyTuple_New(n + first);
    if (py_args && first)
        PyTuple_SET_ITEM(py_args, 0, Py_NewRef(self));
    for (Py_ssize_t i = 0; py_args && i < n; i++)
        PyTuple_SET_ITEM(py_args, i + first, Py_NewRef(args[i]));
    return py_args;
}

/* True: the answer is *py_given, NULL if it raised. False: ask the original. */
static bool answered(const struct slot *slot, PyObject *self, PyObject *const *args, Py_ssize_t n,
                     PyObject *py_kwargs, PyObject **py_given)
{
    if (!hb_bubble_patched_here())
        return false;
    *py_given = call_answer(slot->py_answer, arguments(slot, self, args, n), py_kwargs);
    if (*py_given != Py_NotImplemented)
        return true;
    Py_DECREF(*py_given);
    return false;
}

static PyObject *const *items_of(PyObject *py_tuple)
{
    return &PyTuple_GET_ITEM(py_tuple, 0);
}

static PyObject *keywords_of(PyObject *const *values, PyObject *py_names)
{
    PyObject *py_kwargs = PyDict_New();
    for (Py_ssize_t i = 0; py_kwargs && i < PyTuple_GET_SIZE(py_names); i++)
        if (PyDict_SetItem(py_kwargs, PyTuple_GET_ITEM(py_names, i), values[i]) < 0)
            Py_CLEAR(py_kwargs);
    return py_kwargs;
}

/* ---- calling conventions ---- */

static PyObject *noargs(const struct slot *slot, PyObject *self, PyObject *unused)
{
    PyObject *py_given;
    return answered(slot, self, NULL, 0, NULL, &py_given) ? py_given : slot->original.plain(self, unused);
}

static PyObject *one(const struct slot *slot, PyObject *self, PyObject *py_arg)
{
    PyObject *py_given;
    return answered(slot, self, &py_arg, 1, NULL, &py_given) ? py_given : slot->original.plain(self, py_arg);
}

static PyObject *varargs(const struct slot *slot, PyObject *self, PyObject *py_args)
{
    PyObject *py_given;
    return answered(slot, self, items_of(py_args), PyTuple_GET_SIZE(py_args), NULL, &py_given)
               ? py_given : slot->original.plain(self, py_args);
}

static PyObject *keywords(const struct slot *slot, PyObject *self, PyObject *py_args, PyObject *py_kwargs)
{
    PyObject *py_given;
    return answered(slot, self, items_of(py_args), PyTuple_GET_SIZE(py_args), py_kwargs, &py_given)
               ? py_given : slot->original.keywords(self, py_args, py_kwargs);
}

static PyObject *fast(const struct slot *slot, PyObject *self, PyObject *const *args, Py_ssize_t n)
{
    PyObject *py_given;
    return answered(slot, self, args, n, NULL, &py_given) ? py_given : slot->original.fast(self, args, n);
}

static PyObject *fast_keywords(const struct slot *slot, PyObject *self, PyObject *const *args, Py_ssize_t n,
                               PyObject *py_names)
{
    PyObject *py_given;
    PyObject *py_kwargs = py_names ? keywords_of(args + n, py_names) : NULL;
    if (py_names && !py_kwargs)
        return NULL;
    bool done = answered(slot, self, args, n, py_kwargs, &py_given);
    Py_XDECREF(py_kwargs);
    return done ? py_given : slot->original.fast_keywords(self, args, n, py_names);
}

#define EACH_SLOT(X) \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) \
    X(10) X(11) X(12) X(13) X(14) X(15) X(16) X(17) X(18) X(19) \
    X(20) X(21) X(22) X(23)

#define TRAMPOLINES(i)                                                                                     \
    static PyObject *noargs_##i(PyObject *s, PyObject *a) { return noargs(&slots[i], s, a); }              \
    static PyObject *one_##i(PyObject *s, PyObject *a) { return one(&slots[i], s, a); }                    \
    static PyObject *varargs_##i(PyObject *s, PyObject *a) { return varargs(&slots[i], s, a); }            \
    static PyObject *keywords_##i(PyObject *s, PyObject *a, PyObject *k)                                   \
    { return keywords(&slots[i], s, a, k); }                                                               \
    static PyObject *fast_##i(PyObject *s, PyObject *const *a, Py_ssize_t n)                               \
    { return fast(&slots[i], s, a, n); }                                                                   \
    static PyObject *fast_keywords_##i(PyObject *s, PyObject *const *a, Py_ssize_t n, PyObject *k)         \
    { return fast_keywords(&slots[i], s, a, n, k); }

EACH_SLOT(TRAMPOLINES)

#define ROW(i) { { .plain = noargs_##i }, { .plain = one_##i }, { .plain = varargs_##i }, \
                 { .keywords = keywords_##i }, { .fast = fast_##i }, { .fast_keywords = fast_keywords_##i } },

enum { NOARGS, ONE, VARARGS, KEYWORDS, FAST, FAST_KEYWORDS, CONVENTIONS };

static const any_function trampolines[SLOTS][CONVENTIONS] = { EACH_SLOT(ROW) };

/* -1: none that is known here. */
static int convention_of(int flags)
{
    switch (flags & ~(METH_CLASS | METH_STATIC | METH_COEXIST)) {
    case METH_NOARGS:
        return NOARGS;
    case METH_O:
        return ONE;
    case METH_VARARGS:
        return VARARGS;
    case METH_VARARGS | METH_KEYWORDS:
        return KEYWORDS;
    case METH_FASTCALL:
        return FAST;
    case METH_FASTCALL | METH_KEYWORDS:
        return FAST_KEYWORDS;
    default:
        return -1;
    }
}

/* ---- patching functions ---- */

/* The slot of a method, or a free one; -1: there is none. */
static int slot_of(const PyMethodDef *method)
{
    for (int i = 0; i < SLOTS; i++)
        if (slots[i].method == method || !slots[i].method)
            return i;
    return -1;
}

static PyMethodDef *method_of(PyObject *py_function)
{
    return PyCFunction_Check(py_function) ? ((PyCFunctionObject *)(void *)py_function)->m_ml : NULL;
}

PyDoc_STRVAR(patch_function_doc,
"_patch_function($module, function, answer, /)\n--\n\n"
"Let answer(*args, **kwargs) stand in for a builtin function where a participant of a patched\n"
"bubble calls it, unless it returns NotImplemented. False: nothing was done, for it cannot be.");

static PyObject *patch_function(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    (void)module;
    if (n != 2)
        return PyErr_Format(PyExc_TypeError, "_patch_function takes 2 arguments, not %zd", n);
    PyMethodDef *method = method_of(args[0]);
    int convention = method ? convention_of(method->ml_flags) : -1, i = slot_of(method);
    if (convention < 0 || i < 0)
        Py_RETURN_FALSE;
    if (slots[i].py_answer != args[1])
        slots[i].py_answer = Py_NewRef(args[1]);
    slots[i].method = method;
    if (method->ml_meth != trampolines[i][convention].plain)
        slots[i].original.plain = method->ml_meth;
    method->ml_meth = trampolines[i][convention].plain;
    Py_RETURN_TRUE;
}

PyDoc_STRVAR(unpatch_function_doc,
"_unpatch_function($module, function, /)\n--\n\n"
"Take the answer off. What somebody else has put over it stays.");

static PyObject *unpatch_function(PyObject *module, PyObject *py_function)
{
    PyMethodDef *method = method_of(py_function);
    int i = method ? slot_of(method) : -1;
    (void)module;
    if (i >= 0 && slots[i].method &&
        method->ml_meth == trampolines[i][convention_of(method->ml_flags)].plain)
        method->ml_meth = slots[i].original.plain;
    Py_RETURN_NONE;
}

/* ---- what the answers need ---- */

/* 2000-01-01 UTC, when every bubble begins. */
#define WALL_START ((hb_time)946684800 * HB_SECOND)

PyDoc_STRVAR(patched_doc,
"_patched_bubble($module, /)\n--\n\n"
"The number of the calling thread's bubble if it is a patched one, else 0.");

static PyObject *patched_bubble(PyObject *module, PyObject *unused)
{
    hb_bubble *bubble = hb_bubble_patched_here();
    (void)module;
    (void)unused;
    return PyLong_FromUnsignedLong(bubble ? hb_bubble_number(bubble) : 0);
}

PyDoc_STRVAR(now_ns_doc,
"_now_ns($module, /)\n--\n\n"
"heartbeat.now() in whole nanoseconds.");

static PyObject *now_ns(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return PyLong_FromLongLong(hb_now());
}

PyDoc_STRVAR(wall_ns_doc,
"_wall_ns($module, /)\n--\n\n"
"Nanoseconds since 1970 on the wall clock of the calling thread's bubble, which begins in 2000.");

static PyObject *wall_ns(PyObject *module, PyObject *unused)
{
    hb_bubble *bubble = hb_bubble_here();
    (void)module;
    (void)unused;
    return PyLong_FromLongLong(WALL_START + (bubble ? hb_bubble_elapsed(bubble) : 0));
}

PyDoc_STRVAR(real_doc,
"_real_now($module, /)\n--\n\n"
"The present instant of real time in seconds, in a bubble too.");

static PyObject *real_now(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return hbpy_seconds(hb_platform_now());
}

static PyMethodDef functions[] = {
    { "_patch_function", (PyCFunction)(void (*)(void))patch_function, METH_FASTCALL, patch_function_doc },
    { "_unpatch_function", unpatch_function, METH_O, unpatch_function_doc },
    { "_patched_bubble", patched_bubble, METH_NOARGS, patched_doc },
    { "_now_ns", now_ns, METH_NOARGS, now_ns_doc },
    { "_wall_ns", wall_ns, METH_NOARGS, wall_ns_doc },
    { "_real_now", real_now, METH_NOARGS, real_doc },
    { NULL, NULL, 0, NULL },
};

int hbpy_init_patch(PyObject *module, hbpy_state *state)
{
    (void)state;
    return PyModule_AddFunctions(module, functions);
}
