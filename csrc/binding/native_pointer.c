/* native_pointer: function pointers of ctypes, cffi and numba, and what data pointers point to.
 *
 * None of the three is imported: if it has not been, then nothing is of its types. A pointer that
 * leads back into Python is refused where that can be told, for it would need the interpreter
 * that a native unit is there to do without. Where it cannot be told (its address was made a
 * number in between) it works, and waits for the interpreter. */
#include "native.h"

/* ---- looking into Python objects ---- */

/* NULL without an exception if there is no such attribute. */
static PyObject *find_attribute(PyObject *py_object, const char *name)
{
    PyObject *py_found = PyObject_GetAttrString(py_object, name);
    if (!py_found && PyErr_ExceptionMatches(PyExc_AttributeError))
        PyErr_Clear();
    return py_found;
}

/* Something of a module that has been imported; NULL, perhaps without an exception. */
static PyObject *find_in(const char *module, const char *name)
{
    PyObject *py_name = PyUnicode_FromString(module);
    PyObject *py_module = py_name ? PyImport_GetModule(py_name) : NULL;
    PyObject *py_found = py_module ? find_attribute(py_module, name) : NULL;
    Py_XDECREF(py_module);
    Py_XDECREF(py_name);
    return py_found;
}

/* 1, 0, or -1 with an exception. */
static int is_instance(PyObject *py_object, const char *module, const char *name)
{
    PyObject *py_type = find_in(module, name);
    int is = py_type ? PyObject_IsInstance(py_object, py_type) : 0;
    Py_XDECREF(py_type);
    return PyErr_Occurred() ? -1 : is;
}

static int refuse(const char *why)
{
    PyErr_SetString(PyExc_TypeError, why);
    return -1;
}

/* The first word of the memory an object shows. */
static int read_pointer(PyObject *py_object, void **pointer)
{
    Py_buffer view;
    if (PyObject_GetBuffer(py_object, &view, PyBUF_SIMPLE) < 0)
        return -1;
    memcpy(pointer, view.buf, sizeof *pointer);
    PyBuffer_Release(&view);
    return 1;
}

/* ---- ctypes ---- */

static const char *simple_type(const char *code)
{
    switch (*code) {
    case 'i':
        return "int";
    case 'l':
        return "long";
    case 'q':
        return "long long";
    case 'd':
        return "double";
    case 'P':
        return "void *";
    default:
        return code;
    }
}

/* The C type a ctypes type stands for, as a str. */
static PyObject *ctypes_type(PyObject *py_type)
{
    PyObject *py_of = find_attribute(py_type, "_type_");
    PyObject *py_text = NULL;
    if (py_of && PyUnicode_Check(py_of) && PyUnicode_AsUTF8(py_of)) {
        py_text = PyUnicode_FromString(simple_type(PyUnicode_AsUTF8(py_of)));
    } else if (py_of && PyType_Check(py_of)) {
        PyObject *py_inner = ctypes_type(py_of);
        py_text = py_inner ? PyUnicode_FromFormat("%U *", py_inner) : NULL;
        Py_XDECREF(py_inner);
    } else if (!PyErr_Occurred()) {
        py_text = PyType_Check(py_type) ? PyObject_GetAttrString(py_type, "__name__")
                                        : PyUnicode_FromString("void"); /* restype None */
    }
    Py_XDECREF(py_of);
    return py_text;
}

/* "result (first, second)" of py_types, a sequence, read by `name_type`. */
static PyObject *function_type(PyObject *py_result, PyObject *py_types,
                               PyObject *(*name_type)(PyObject *py_type))
{
    PyObject *py_list = PySequence_List(py_types);
    for (Py_ssize_t i = 0; py_list && i < PyList_GET_SIZE(py_list); i++) {
        PyObject *py_name = name_type(PyList_GET_ITEM(py_list, i));
        if (!py_name || PyList_SetItem(py_list, i, py_name) < 0)
            Py_CLEAR(py_list);
    }
    PyObject *py_comma = PyUnicode_FromString(", ");
    PyObject *py_inside = py_list && py_comma ? PyUnicode_Join(py_comma, py_list) : NULL;
    PyObject *py_outside = py_inside ? name_type(py_result) : NULL;
    PyObject *py_text = py_outside ? PyUnicode_FromFormat("%U (%U)", py_outside, py_inside) : NULL;
    Py_XDECREF(py_outside);
    Py_XDECREF(py_inside);
    Py_XDECREF(py_comma);
    Py_XDECREF(py_list);
    return py_text;
}

/* A pointer keeps what it was made of in `_objects`: one made of a callable has its thunk there. */
static int keeps_a_thunk(PyObject *py_work)
{
    PyObject *py_key, *py_kept, *py_objects = find_attribute(py_work, "_objects");
    Py_ssize_t at = 0;
    int found = 0;
    while (py_objects && PyDict_Check(py_objects) && PyDict_Next(py_objects, &at, &py_key, &py_kept))
        found |= strstr(Py_TYPE(py_kept)->tp_name, "CThunk") != NULL;
    Py_XDECREF(py_objects);
    return PyErr_Occurred() ? -1 : found;
}

/* Functions that ctypes calls with the interpreter lock held need it. */
static int needs_interpreter(PyObject *py_work)
{
    enum { PYTHON_API = 4 };
    PyObject *py_flags = PyObject_GetAttrString(py_work, "_flags_");
    long flags = py_flags ? PyLong_AsLong(py_flags) : -1;
    Py_XDECREF(py_flags);
    return PyErr_Occurred() ? -1 : (flags & PYTHON_API) != 0;
}

static int check_ctypes(PyObject *py_work)
{
    int thunk = keeps_a_thunk(py_work);
    if (thunk > 0)
        return refuse("a ctypes callback of a Python function is no native unit, for it needs the "
                      "interpreter: give Worker the function itself");
    int bound = thunk < 0 ? -1 : needs_interpreter(py_work);
    return bound > 0 ? refuse("a function of the Python C API is no native unit") : bound;
}

static int read_ctypes(PyObject *py_work, void **code, PyObject **py_type)
{
    if (check_ctypes(py_work) < 0)
        return -1;
    PyObject *py_result = PyObject_GetAttrString(py_work, "restype");
    PyObject *py_types = py_result ? PyObject_GetAttrString(py_work, "argtypes") : NULL;
    if (py_types == Py_None)
        refuse("the ctypes function has no argtypes: set them, and restype, to the type of a native unit");
    else if (py_types)
        *py_type = function_type(py_result, py_types, ctypes_type);
    Py_XDECREF(py_types);
    Py_XDECREF(py_result);
    return *py_type ? read_pointer(py_work, code) : -1;
}

/* ---- cffi ---- */

/* The base of all its objects, whose name has changed over time. */
static int is_cdata(PyObject *py_object)
{
    int is = is_instance(py_object, "_cffi_backend", "_CDataBase");
    return is ? is : is_instance(py_object, "_cffi_backend", "CData");
}

/* What typeof() says of a cdata, as `attribute` of it. */
static PyObject *cffi_type(PyObject *py_cdata, const char *attribute)
{
    PyObject *py_typeof = find_in("_cffi_backend", "typeof");
    PyObject *py_type = py_typeof ? PyObject_CallOneArg(py_typeof, py_cdata) : NULL;
    PyObject *py_text = py_type ? PyObject_GetAttrString(py_type, attribute) : NULL;
    Py_XDECREF(py_type);
    Py_XDECREF(py_typeof);
    return py_text;
}

static int cffi_is(PyObject *py_cdata, const char *kind)
{
    PyObject *py_kind = cffi_type(py_cdata, "kind");
    int is = py_kind ? PyUnicode_CompareWithASCIIString(py_kind, kind) == 0 : -1;
    Py_XDECREF(py_kind);
    return is;
}

/* int(cast("intptr_t", cdata)) */
static int cffi_address(PyObject *py_cdata, void **address)
{
    PyObject *py_primitive = find_in("_cffi_backend", "new_primitive_type");
    PyObject *py_cast = find_in("_cffi_backend", "cast");
    PyObject *py_type = py_primitive ? PyObject_CallFunction(py_primitive, "s", "intptr_t") : NULL;
    PyObject *py_number =
        py_cast && py_type ? PyObject_CallFunctionObjArgs(py_cast, py_type, py_cdata, NULL) : NULL;
    PyObject *py_int = py_number ? PyNumber_Long(py_number) : NULL;
    *address = py_int ? PyLong_AsVoidPtr(py_int) : NULL;
    Py_XDECREF(py_int);
    Py_XDECREF(py_number);
    Py_XDECREF(py_type);
    Py_XDECREF(py_cast);
    Py_XDECREF(py_primitive);
    return PyErr_Occurred() ? -1 : 1;
}

static int read_cffi(PyObject *py_work, void **code, PyObject **py_type)
{
    int function = cffi_is(py_work, "function");
    if (function < 1)
        return function < 0 ? -1 : refuse("a cffi object that is no function pointer is no native unit");
    if (strstr(Py_TYPE(py_work)->tp_name, "OwnGC")) /* those of functions are callbacks */
        return refuse("a cffi callback of a Python function is no native unit, for it needs the "
                      "interpreter: give Worker the function itself");
    *py_type = cffi_type(py_work, "cname");
    return *py_type ? cffi_address(py_work, code) : -1;
}

/* ---- numba ---- */

/* A numba type as the C type it stands for: its names are "int64*", "int32" and so on. */
static PyObject *numba_type(PyObject *py_type)
{
    static const char *const pairs[][2] = {
        { "int64*", "int64_t *" }, { "float64*", "double *" }, { "int32", "int" }
    };
    PyObject *py_name = PyObject_Str(py_type);
    for (size_t i = 0; py_name && i < sizeof pairs / sizeof *pairs; i++)
        if (PyUnicode_CompareWithASCIIString(py_name, pairs[i][0]) == 0) {
            Py_DECREF(py_name);
            return PyUnicode_FromString(pairs[i][1]);
        }
    return py_name;
}

static PyObject *numba_signature(PyObject *py_work)
{
    PyObject *py_signature = find_attribute(py_work, "_sig");
    if (!py_signature && !PyErr_Occurred())
        py_signature = find_attribute(py_work, "signature");
    return py_signature;
}

static int read_numba(PyObject *py_address, PyObject *py_signature, void **code, PyObject **py_type)
{
    PyObject *py_result = find_attribute(py_signature, "return_type");
    PyObject *py_types = py_result ? find_attribute(py_signature, "args") : NULL;
    int read = 0;
    if (py_types) {
        *code = PyLong_AsVoidPtr(py_address);
        *py_type = function_type(py_result, py_types, numba_type);
        read = 1;
    }
    Py_XDECREF(py_types);
    Py_XDECREF(py_result);
    return PyErr_Occurred() ? -1 : read;
}

static int look_for_numba(PyObject *py_work, void **code, PyObject **py_type)
{
    PyObject *py_address = PyType_Check(py_work) ? NULL : find_attribute(py_work, "address");
    PyObject *py_signature = NULL;
    int read = 0;
    if (py_address && PyLong_Check(py_address))
        py_signature = numba_signature(py_work);
    if (py_signature)
        read = read_numba(py_address, py_signature, code, py_type);
    Py_XDECREF(py_signature);
    Py_XDECREF(py_address);
    return PyErr_Occurred() ? -1 : read;
}

/* ---- any of them ---- */

int hbpy_native_pointer(PyObject *py_work, void **code, PyObject **py_type)
{
    *code = NULL;
    *py_type = NULL;
    int is = is_instance(py_work, "_ctypes", "CFuncPtr");
    if (is)
        return is < 0 ? -1 : read_ctypes(py_work, code, py_type);
    is = is_cdata(py_work);
    if (is)
        return is < 0 ? -1 : read_cffi(py_work, code, py_type);
    return look_for_numba(py_work, code, py_type);
}

static int is_ctypes_pointer(PyObject *py_data)
{
    int is = is_instance(py_data, "_ctypes", "_Pointer");
    if (is)
        return is;
    PyObject *py_void = find_in("ctypes", "c_void_p");
    is = py_void ? PyObject_IsInstance(py_data, py_void) : 0;
    Py_XDECREF(py_void);
    return PyErr_Occurred() ? -1 : is;
}

int hbpy_native_address(PyObject *py_data, void **address)
{
    int is = is_ctypes_pointer(py_data);
    if (is)
        return is < 0 ? -1 : read_pointer(py_data, address);
    is = is_cdata(py_data);
    return is < 1 ? is : cffi_address(py_data, address);
}
