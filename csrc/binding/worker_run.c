/* worker_run: what a worker's thread does, and in which order things end (K1). */
#include "worker.h"

/* ---- generators ---- */

/* Its finally clauses run; what they raise takes the place of what ended the work. */
static void close_generator(hbpy_worker_context *context, PyObject *py_generator)
{
    PyObject *py_reason = hbpy_take_exception();
    context->finishing = true;
    PyObject *py_closed = PyObject_CallMethod(py_generator, "close", NULL);
    if (py_closed)
        PyErr_SetObject((PyObject *)Py_TYPE(py_reason), py_reason);
    Py_XDECREF(py_closed);
    Py_DECREF(py_reason);
}

/* The interpreter looks whether another thread wants its lock when a function begins or a loop
 * goes round. A generator that is resumed from here may do neither (`yield from` does not).
 * So this looks, in the place of the loop that a `for` statement would be: in real time, in a
 * bubble too. */
#define TURN (5 * HB_SECOND / 1000)

static void give_way(hb_time *turn_began)
{
    hb_time now = hb_platform_now();
    if (now - *turn_began < TURN)
        return;
    hbpy_attach(PyEval_SaveThread());
    *turn_began = hb_platform_now();
}

/* One unit of work. */
static PySendResult resume(hbpy_worker_context *context, PyObject *py_generator, PyObject **py_value)
{
    hb_duty_begin_unit(&context->duty);
    PySendResult result = PyIter_Send(py_generator, Py_None, py_value);
    hb_duty_end_unit(&context->duty);
    return result;
}

/* Takes the value over. 0, or -1 with an exception. */
static int hand_over(hbpy_worker_context *context, PyObject *py_value)
{
    int sent = hbpy_worker_context_begin(context);
    if (sent == 0)
        sent = hbpy_worker_send(context, py_value, HB_FOREVER);
    Py_DECREF(py_value);
    return sent;
}

/* None when it has returned, or NULL with an exception. */
static PyObject *generate(hbpy_worker_context *context, PyObject *py_generator)
{
    PyObject *py_value;
    hb_time turn_began = hb_platform_now();
    context->generates = true;
    while (hbpy_worker_context_begin(context) == 0) {
        give_way(&turn_began);
        PySendResult result = resume(context, py_generator, &py_value);
        if (result == PYGEN_RETURN)
            Py_DECREF(py_value);
        if (result != PYGEN_NEXT)
            return result == PYGEN_RETURN ? Py_NewRef(Py_None) : NULL;
        if (hand_over(context, py_value) < 0)
            break;
    }
    close_generator(context, py_generator);
    return NULL;
}

/* ---- the work ---- */

static PyObject *refuse_coroutine(PyObject *py_coroutine)
{
    PyObject *py_closed = PyObject_CallMethod(py_coroutine, "close", NULL);
    if (py_closed)
        PyErr_SetString(PyExc_TypeError, "work must not be async: nobody awaits it here");
    Py_XDECREF(py_closed);
    return NULL;
}

typedef struct duty_call {
    hbpy_worker *worker;
    hbpy_worker_context *context;
} duty_call;

static PyObject *work(void *arg)
{
    hbpy_worker *self = ((duty_call *)arg)->worker;
    hbpy_worker_context *context = ((duty_call *)arg)->context;
    PyObject *py_given = (PyObject *)context;
    PyObject *py_made = PyObject_Vectorcall(self->py_work, &py_given, self->takes_context, NULL);
    PyObject *py_result = py_made;
    if (py_made && PyGen_CheckExact(py_made))
        py_result = generate(context, py_made);
    else if (py_made && PyCoro_CheckExact(py_made))
        py_result = refuse_coroutine(py_made);
    if (py_result != py_made)
        Py_DECREF(py_made);
    return py_result;
}

/* Takes the exception over, NULL if it raised none. SystemExit ends a worker quietly, as it
 * does a Thread; so does another who has taken its place. */
static void keep_end(hbpy_worker *self, PyObject *py_exception, bool told)
{
    hbpy_state *state = hbpy_state_of((PyObject *)self);
    if (!py_exception) {
        self->outcome = told ? HBPY_STOPPED : HBPY_RETURNED;
    } else if (PyErr_GivenExceptionMatches(py_exception, state->Stopped)) {
        self->outcome = HBPY_STOPPED;
        Py_DECREF(py_exception);
    } else {
        self->outcome = HBPY_RAISED;
        self->py_exception = py_exception;
        hb_store_relaxed(&self->looked, PyErr_GivenExceptionMatches(py_exception, PyExc_SystemExit) ||
                                            PyErr_GivenExceptionMatches(py_exception, state->Revoked));
    }
}

static void run_python(hbpy_worker *self)
{
    bool told = false;
    hbpy_worker_context *context = hbpy_worker_context_new(self);
    if (context) {
        duty_call call = { self, context };
        Py_XDECREF(hbpy_call_in_context(self->py_context, work, &call));
        told = context->told;
        hbpy_worker_context_end(context);
    }
    keep_end(self, hbpy_take_exception(), told);
    Py_XDECREF(context);
}

/* ---- native units ---- */

hb_time hbpy_worker_interval(hbpy_worker *self)
{
    hb_time interval = heartbeat_of(self->py_beat)->interval;
    return interval == HB_FOREVER ? 0 : interval;
}

/* All of it without the interpreter. */
static void run_native(hbpy_worker *self)
{
    hb_duty duty;
    hb_duty_init(&duty, hbpy_worker_beat(self), hbpy_worker_done(self), hbpy_worker_interval(self));
    self->native_end = hbpy_native_run(&self->native, &duty, hbpy_worker_results(self),
                                       &self->native_code);
    hb_duty_fini(&duty);
}

static void end_native(hbpy_worker *self)
{
    hbpy_state *state = hbpy_state_of((PyObject *)self);
    if (self->native_end == HB_FAILED)
        hbpy_native_raise(state, &self->native, self->native_code);
    else if (self->native_end != HB_OK)
        hbpy_raise(state, self->native_end);
    keep_end(self, hbpy_take_exception(), false);
}

/* ---- the end ---- */

static void close_results(hbpy_worker *self)
{
    hb_word cause = { .ptr = Py_XNewRef(self->py_exception) };
    if (hb_chan_shut(hbpy_worker_results(self), cause) != HB_OK)
        Py_XDECREF((PyObject *)cause.ptr); /* somebody else has closed it */
}

static void finish(hbpy_worker *self)
{
    close_results(self);
    hb_beat_end(hbpy_worker_beat(self), self->outcome == HBPY_RAISED ? HB_END_RAISED : HB_END_EXITED);
    if (self->py_follows)
        hb_follow_stop(&self->follow);
    Py_CLEAR(self->py_work);
    Py_CLEAR(self->py_context);
    hbpy_native_release(&self->native);
}

static void begin(void *arg)
{
    hbpy_worker *self = arg;
    hb_beat_adopt(hbpy_worker_beat(self));
    hb_store_relaxed(&self->ident, PyThread_get_thread_ident());
    hb_store_release(&self->phase, HBPY_STARTED); /* the work may ask before start() returns */
    if (hbpy_worker_is_native(self))
        run_native(self);
}

static void body(void *arg)
{
    hbpy_worker *self = arg;
    if (hbpy_worker_is_native(self)) {
        end_native(self);
    } else {
        hbpy_install_hooks(hbpy_state_of((PyObject *)self));
        run_python(self);
    }
    finish(self);
    Py_DECREF(self);
}

void hbpy_worker_main(void *self)
{
    hbpy_run_after(begin, body, self);
}

void hbpy_worker_lost(void *self)
{
    hb_chan_shut(hbpy_worker_results(self), (hb_word){ NULL });
    hb_beat_end(hbpy_worker_beat(self), HB_END_EXITED);
}
