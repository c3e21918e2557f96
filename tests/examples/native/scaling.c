/* scaling: a small extension module over heartbeat's C interface.
 *
 *   open_beat(name)                                a Heartbeat, opened here
 *   scale(heartbeat, source, target, factor, timeout)
 *                                                  receives doubles, pulses, sends them on scaled; all
 *                                                  of it without the GIL; returns how many
 *   scaler(source, factor)                         the same as a native unit for heartbeat.Worker
 *
 * C99, and C++11 as well. */
#include <heartbeat.h>

#include <stdlib.h>

#define BATCH 64

/* ---- without the GIL ---- */

static int scale_batch(heartbeat_channel *source, heartbeat_channel *target, double factor,
                       int64_t timeout, size_t *n)
{
    double values[BATCH];
    size_t sent;
    int status = heartbeat_recv_many_double(source, values, BATCH, n, timeout);
    for (size_t i = 0; i < *n; i++)
        values[i] *= factor;
    return status ? status : heartbeat_send_many_double(target, values, *n, &sent, timeout);
}

/* A pulse a batch. Returns what ended it. */
static int scale_all(heartbeat_beat *beat, heartbeat_channel *source, heartbeat_channel *target,
                     double factor, int64_t timeout, size_t *scaled)
{
    size_t n;
    int status;
    while ((status = scale_batch(source, target, factor, timeout, &n)) == HEARTBEAT_OK) {
        *scaled += n;
        heartbeat_beat_progress(beat, (double)*scaled, -1, "scaling");
    }
    return status;
}

/* ---- functions for Python ---- */

static PyObject *open_beat(PyObject *module, PyObject *py_name)
{
    const char *name = PyUnicode_AsUTF8(py_name);
    heartbeat_beat *beat = name ? heartbeat_beat_open(name) : NULL;
    PyObject *py_beat;
    (void)module;
    if (!beat)
        return PyErr_Occurred() ? NULL : PyErr_NoMemory();
    py_beat = heartbeat_beat_object(beat);
    heartbeat_beat_release(beat); /* the Heartbeat has a reference of its own */
    return py_beat;
}

static PyObject *scale(PyObject *module, PyObject *args)
{
    PyObject *py_beat, *py_source, *py_target;
    double factor, timeout;
    size_t scaled = 0;
    int status = HEARTBEAT_TYPE;
    (void)module;
    if (!PyArg_ParseTuple(args, "OOOdd", &py_beat, &py_source, &py_target, &factor, &timeout))
        return NULL;
    heartbeat_beat *beat = heartbeat_beat_of(py_beat);
    heartbeat_channel *source = beat ? heartbeat_channel_of(py_source) : NULL;
    heartbeat_channel *target = source ? heartbeat_channel_of(py_target) : NULL;
    if (target) {
        Py_BEGIN_ALLOW_THREADS
        status = scale_all(beat, source, target, factor, (int64_t)(timeout * 1e9), &scaled);
        Py_END_ALLOW_THREADS
        heartbeat_channel_release(target);
    }
    if (source)
        heartbeat_channel_release(source);
    if (beat)
        heartbeat_beat_release(beat);
    if (PyErr_Occurred())
        return NULL;
    return status == HEARTBEAT_CLOSED ? PyLong_FromSize_t(scaled) : heartbeat_raise(status);
}

/* ---- a native unit ---- */

typedef struct job {
    heartbeat_channel *source;
    double factor;
} job;

/* Its waits pulse on the worker's interval, and end when the worker is to stop. */
static int scale_on_duty(heartbeat_worker *worker, void *data)
{
    const job *given = (const job *)data;
    double value;
    int status;
    while ((status = heartbeat_worker_recv_double(worker, given->source, &value, HEARTBEAT_FOREVER)) == 0)
        if ((status = heartbeat_worker_send_double(worker, value * given->factor, HEARTBEAT_FOREVER)) != 0)
            break;
    return status == HEARTBEAT_CLOSED ? 0 : status;
}

static void forget_job(PyObject *py_capsule)
{
    job *given = (job *)PyCapsule_GetContext(py_capsule);
    heartbeat_channel_release(given->source);
    free(given);
}

static PyObject *scaler(PyObject *module, PyObject *args)
{
    PyObject *py_source, *py_capsule;
    double factor;
    (void)module;
    if (!PyArg_ParseTuple(args, "Od", &py_source, &factor))
        return NULL;
    job *given = (job *)malloc(sizeof *given);
    if (!given)
        return PyErr_NoMemory();
    given->factor = factor;
    given->source = heartbeat_channel_of(py_source);
    py_capsule = given->source ? heartbeat_capsule_worker(scale_on_duty, given) : NULL;
    if (py_capsule && PyCapsule_SetDestructor(py_capsule, forget_job) == 0)
        return py_capsule;
    if (given->source)
        heartbeat_channel_release(given->source);
    free(given);
    return NULL;
}

/* ---- the module ---- */

static PyMethodDef functions[] = {
    { "open_beat", open_beat, METH_O, "open_beat(name): a Heartbeat." },
    { "scale", scale, METH_VARARGS, "scale(heartbeat, source, target, factor, timeout): how many." },
    { "scaler", scaler, METH_VARARGS, "scaler(source, factor): a native unit." },
    { NULL, NULL, 0, NULL },
};

static PyModuleDef definition = { PyModuleDef_HEAD_INIT, "scaling", NULL, -1, functions,
                                  NULL, NULL, NULL, NULL };

PyMODINIT_FUNC PyInit_scaling(void)
{
    if (heartbeat_import() < 0)
        return NULL;
    PyObject *module = PyModule_Create(&definition);
#ifdef Py_GIL_DISABLED
    if (module)
        PyUnstable_Module_SetGIL(module, Py_MOD_GIL_NOT_USED);
#endif
    return module;
}
