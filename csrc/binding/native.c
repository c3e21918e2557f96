/* native: what a Worker does with a native unit. */
#include "native.h"

#include "capi.h"

/* ---- the code ---- */

static int refuse_type(const char *type)
{
    PyErr_Format(PyExc_TypeError,
                 "'%s' is not the type of a native unit, which is one of '%s', '%s' and '%s'", type,
                 HEARTBEAT_UNIT_WORKER, HEARTBEAT_UNIT_INT64, HEARTBEAT_UNIT_DOUBLE);
    return -1;
}

/* A pointer to code is stored as one to data where C has no cast for it. */
static int set_code(hb_native *unit, void *code, const char *type, bool loose)
{
    unit->kind = hbpy_native_signature(type, loose);
    if (unit->kind == HB_NATIVE_NONE)
        return refuse_type(type);
    if (!code) {
        PyErr_SetString(PyExc_ValueError, "the native unit is a null pointer");
        return -1;
    }
    memcpy(&unit->fn, &code, sizeof code);
    return 1;
}

/* Its name is the type, its context the data. */
static int read_capsule(PyObject *py_work, hb_native *unit)
{
    const char *type = PyCapsule_GetName(py_work);
    void *code = PyCapsule_GetPointer(py_work, type);
    unit->data = PyCapsule_GetContext(py_work);
    return PyErr_Occurred() ? -1 : set_code(unit, code, type ? type : "", false);
}

static int read_code(PyObject *py_work, hb_native *unit)
{
    void *code;
    PyObject *py_type;
    if (PyCapsule_CheckExact(py_work))
        return read_capsule(py_work, unit);
    int read = hbpy_native_pointer(py_work, &code, &py_type);
    const char *type = read > 0 ? PyUnicode_AsUTF8(py_type) : NULL;
    if (read > 0)
        read = type ? set_code(unit, code, type, true) : -1;
    Py_XDECREF(py_type);
    return read;
}

/* ---- the data ---- */

static int hold_buffer(PyObject *py_data, hbpy_native *native)
{
    if (!PyObject_CheckBuffer(py_data)) {
        PyErr_Format(PyExc_TypeError,
                     "data must be None, an int (an address), a capsule, a pointer or a buffer, not %s",
                     Py_TYPE(py_data)->tp_name);
        return -1;
    }
    if (PyObject_GetBuffer(py_data, &native->buffer, PyBUF_WRITABLE) < 0) {
        PyErr_Clear(); /* one that can only be read then */
        if (PyObject_GetBuffer(py_data, &native->buffer, PyBUF_SIMPLE) < 0)
            return -1;
    }
    native->unit.data = native->buffer.buf;
    return 0;
}

static int read_capsule_data(PyObject *py_data, hbpy_native *native)
{
    native->unit.data = PyCapsule_GetPointer(py_data, PyCapsule_GetName(py_data));
    return PyErr_Occurred() ? -1 : 0;
}

static int read_data(PyObject *py_data, hbpy_native *native)
{
    if (!py_data || py_data == Py_None) /* then a capsule's context, if it has one */
        return 0;
    if (PyLong_Check(py_data) && !PyBool_Check(py_data)) {
        native->unit.data = PyLong_AsVoidPtr(py_data);
        return PyErr_Occurred() ? -1 : 0;
    }
    if (PyCapsule_CheckExact(py_data))
        return read_capsule_data(py_data, native);
    int pointer = hbpy_native_address(py_data, &native->unit.data);
    return pointer ? (pointer < 0 ? -1 : 0) : hold_buffer(py_data, native);
}

/* ---- life ---- */

static int check_no_data(PyObject *py_data)
{
    if (!py_data || py_data == Py_None)
        return 0;
    PyErr_SetString(PyExc_TypeError, "data is for native units: a Python function closes over its own");
    return -1;
}

int hbpy_native_read(PyObject *py_work, PyObject *py_data, hbpy_native *native)
{
    *native = (hbpy_native){ .unit.kind = HB_NATIVE_NONE };
    int read = read_code(py_work, &native->unit);
    if (read == 0)
        return check_no_data(py_data);
    if (read < 0 || read_data(py_data, native) < 0)
        return -1;
    native->py_work = Py_NewRef(py_work);
    native->py_data = Py_XNewRef(py_data);
    return 1;
}

void hbpy_native_release(hbpy_native *native)
{
    PyBuffer_Release(&native->buffer); /* nothing if there is none */
    Py_CLEAR(native->py_data);
    Py_CLEAR(native->py_work);
}

int hbpy_native_traverse(const hbpy_native *native, visitproc visit, void *arg)
{
    Py_VISIT(native->buffer.obj);
    Py_VISIT(native->py_data);
    Py_VISIT(native->py_work);
    return 0;
}

/* ---- running ---- */

char hbpy_native_dtype(const hbpy_native *native, char dtype)
{
    char makes = native->unit.kind == HB_NATIVE_INT64    ? 'q'
                 : native->unit.kind == HB_NATIVE_DOUBLE ? 'd'
                                                         : 0;
    if (dtype && makes && dtype != makes) {
        PyErr_Format(PyExc_TypeError, "the native unit makes results of dtype '%c', not '%c'", makes,
                     dtype);
        return 0;
    }
    return makes ? makes : dtype ? dtype : 'q';
}

hb_status hbpy_native_run(const hbpy_native *native, hb_duty *duty, hb_chan *results, int *code)
{
    return hb_native_run(&native->unit, &hbpy_capi, duty, results, code);
}

PyObject *hbpy_native_raise(hbpy_state *state, const hbpy_native *native, int code)
{
    PyObject *py_error = PyObject_CallFunction(
        state->Error, "N", PyUnicode_FromFormat("the native unit %R returned %d: %s", native->py_work,
                                                code, hbpy_capi.text(code)));
    PyObject *py_code = py_error ? PyLong_FromLong(code) : NULL;
    if (py_code && PyObject_SetAttrString(py_error, "code", py_code) == 0)
        PyErr_SetObject(state->Error, py_error);
    Py_XDECREF(py_code);
    Py_XDECREF(py_error);
    return NULL;
}
