/* channel_value: values into words and back, by the channel's dtype. */
#include "channel.h"

static int word_from_int(PyObject *py_value, hb_word *word)
{
    if (!PyIndex_Check(py_value)) {
        PyErr_Format(PyExc_TypeError, "value must be an int for dtype 'q', not %s",
                     Py_TYPE(py_value)->tp_name);
        return -1;
    }
    PyObject *py_int = PyNumber_Index(py_value);
    if (!py_int)
        return -1;
    int overflow;
    word->i64 = PyLong_AsLongLongAndOverflow(py_int, &overflow);
    Py_DECREF(py_int);
    if (overflow)
        PyErr_SetString(PyExc_OverflowError, "value does not fit in 64 bits for dtype 'q'");
    return PyErr_Occurred() ? -1 : 0;
}

static int word_from_float(PyObject *py_value, hb_word *word)
{
    PyNumberMethods *number = Py_TYPE(py_value)->tp_as_number;
    if (!number || !(number->nb_float || number->nb_index)) {
        PyErr_Format(PyExc_TypeError, "value must be a number for dtype 'd', not %s",
                     Py_TYPE(py_value)->tp_name);
        return -1;
    }
    word->f64 = PyFloat_AsDouble(py_value);
    if (word->f64 != -1.0 || !PyErr_Occurred())
        return 0;
    if (PyErr_ExceptionMatches(PyExc_OverflowError))
        PyErr_SetString(PyExc_OverflowError, "value does not fit in 64 bits for dtype 'd'");
    return -1;
}

static int encode(hbpy_source *self, PyObject *py_value, hb_word *word)
{
    switch (channel_of(self)->dtype) {
    case 'q':
        return word_from_int(py_value, word);
    case 'd':
        return word_from_float(py_value, word);
    default:
        word->ptr = Py_NewRef(py_value);
        return 0;
    }
}

static PyObject *decode(hbpy_source *self, hb_word word)
{
    switch (channel_of(self)->dtype) {
    case 'q':
        return PyLong_FromLongLong(word.i64);
    case 'd':
        return PyFloat_FromDouble(word.f64);
    default:
        return word.ptr;
    }
}

void hbpy_channel_drop_object(hb_word word)
{
    Py_DECREF((PyObject *)word.ptr);
}

static void drop(hbpy_source *self, hb_word word)
{
    if (channel_of(self)->dtype == 0)
        hbpy_channel_drop_object(word);
}

hb_drop_fn *hbpy_channel_drop_of(hbpy_channel *self)
{
    return self->dtype ? NULL : hbpy_channel_drop_object;
}

static void raise_closed(hbpy_source *self)
{
    hbpy_channel *channel = channel_of(self);
    hb_store_relaxed(&channel->told, 1);
    PyObject *py_message = channel->py_name
                               ? PyUnicode_FromFormat("channel %R is closed", channel->py_name)
                               : PyUnicode_FromString("the channel is closed");
    if (py_message)
        hbpy_raise_closed(hbpy_state_of((PyObject *)self), py_message,
                          hb_chan_cause(channel->chan).ptr);
    Py_XDECREF(py_message);
}

const hbpy_kind hbpy_channel_kind = { decode, encode, drop, raise_closed };
