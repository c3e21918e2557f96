/* capi: the part of the public C interface that needs Python, and the capsule by which
 * heartbeat_import finds all of it: heartbeat._native.C_API. */
#include "capi.h"

#include "beat.h"
#include "channel.h"
#include "native.h"

/* Of the module that was loaded last: extensions have no object to find it by. */
static hbpy_state *current;

static int check_type(PyObject *py_given, PyTypeObject *type, const char *name)
{
    if (PyObject_TypeCheck(py_given, type))
        return 0;
    PyErr_Format(PyExc_TypeError, "a %s is needed, not %s", name, Py_TYPE(py_given)->tp_name);
    return -1;
}

static heartbeat_beat *beat_of(PyObject *py_heartbeat)
{
    if (check_type(py_heartbeat, current->Heartbeat, "Heartbeat") < 0)
        return NULL;
    hb_beat *beat = hbpy_heartbeat_beat(py_heartbeat);
    return beat ? (heartbeat_beat *)hb_beat_ref(beat) : NULL;
}

static PyObject *beat_object(heartbeat_beat *beat)
{
    return hbpy_heartbeat_of(current, (hb_beat *)beat);
}

static heartbeat_channel *channel_of_object(PyObject *py_channel)
{
    if (check_type(py_channel, current->Channel, "Channel") < 0)
        return NULL;
    if (!channel_of(py_channel)->chan) {
        PyErr_SetString(PyExc_TypeError, "nil has no channel");
        return NULL;
    }
    return (heartbeat_channel *)hb_chan_ref(channel_of(py_channel)->chan);
}

static PyObject *raise_status(int status)
{
    switch (status) {
    case HEARTBEAT_TIMEOUT:
        return hbpy_raise(current, HB_TIMEOUT);
    case HEARTBEAT_STOPPED:
        return hbpy_raise(current, HB_STOPPED);
    case HEARTBEAT_REVOKED:
        return hbpy_raise(current, HB_REVOKED);
    case HEARTBEAT_NO_MEMORY:
        return PyErr_NoMemory();
    case HEARTBEAT_FOREIGN:
        return hbpy_raise(current, HB_FOREIGN);
    }
    PyObject *py_error = status == HEARTBEAT_CLOSED ? current->Closed
                         : status == HEARTBEAT_TYPE ? PyExc_TypeError
                         : status == HEARTBEAT_OLD  ? PyExc_ImportError
                                                    : PyExc_ValueError;
    PyErr_Format(py_error, "heartbeat: %s (%d)", hbpy_capi_calls.text(status), status);
    return NULL;
}

/* ---- the table ---- */

heartbeat_api hbpy_capi;

static void fill_table(hbpy_state *state)
{
    current = state;
    hbpy_capi = hbpy_capi_calls;
    hbpy_capi.beat_of = beat_of;
    hbpy_capi.beat_object = beat_object;
    hbpy_capi.channel_of = channel_of_object;
    hbpy_capi.raise = raise_status;
}

int hbpy_init_capi(PyObject *module, hbpy_state *state)
{
    fill_table(state);
    PyObject *py_capsule = PyCapsule_New(&hbpy_capi, "heartbeat._native.C_API", NULL);
    int added = py_capsule ? PyModule_AddObjectRef(module, "C_API", py_capsule) : -1;
    Py_XDECREF(py_capsule);
    return added;
}
