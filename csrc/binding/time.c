/* time: the clock, and sleeping on it. */
#include "binding.h"

PyDoc_STRVAR(now_doc,
"now($module, /)\n--\n\n"
"The present instant in seconds (float) on the clock all deadlines are read from.\n\n"
"Monotonic; its zero means nothing. Never blocks.");

static PyObject *module_now(PyObject *module, PyObject *unused)
{
    (void)module;
    (void)unused;
    return hbpy_seconds(hb_now());
}

static PyObject *sleep_until(hbpy_state *state, hb_time deadline)
{
    hb_status status = hbpy_sleep(deadline);
    if (status == HB_TIMEOUT)
        Py_RETURN_NONE;
    return hbpy_raise(state, status);
}

PyDoc_STRVAR(sleep_doc,
"sleep($module, d, /)\n--\n\n"
"Block the calling thread for d seconds; other threads run meanwhile.\n\n"
"Signal handlers run during the sleep; one that raises ends it.");

static PyObject *module_sleep(PyObject *module, PyObject *py_seconds)
{
    if (hbpy_point(module) < 0)
        return NULL;
    hb_time duration;
    if (hbpy_parse_delay(py_seconds, &duration) < 0)
        return NULL;
    return sleep_until(PyModule_GetState(module), hb_time_add(hb_now(), duration));
}

static PyMethodDef functions[] = {
    { "now", module_now, METH_NOARGS, now_doc },
    { "sleep", module_sleep, METH_O, sleep_doc },
    { NULL, NULL, 0, NULL },
};

int hbpy_init_time(PyObject *module, hbpy_state *state)
{
    (void)state;
    return PyModule_AddFunctions(module, functions);
}
