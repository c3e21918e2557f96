/* worker_wait: the waits of a WorkerContext. Each first asks whether the worker is to stop,
 * then tries without waiting, and then waits for done beside what it was asked for.
 *
 * Where a unit of work begins and ends is said in hb_duty.h. The units of a generator
 * are its resumes: there the waits begin and end none. */
#include "worker.h"

/* ---- units ---- */

static void begin_unit(hbpy_worker_context *self)
{
    if (!self->generates)
        hb_duty_begin_unit(&self->duty);
}

static void end_unit(hbpy_worker_context *self)
{
    if (!self->generates)
        hb_duty_end_unit(&self->duty);
}

/* ---- waiting ---- */

static hb_case receive_done(hbpy_worker_context *self)
{
    return (hb_case){ .source = hb_chan_source(self->duty.done), .direction = HB_RECV };
}

/* The outcome of n cases, the last of which is the receive from done: HB_STOPPED if it was that. */
static hb_status wait_for(hbpy_worker_context *self, const hb_case *cases, Py_ssize_t n, bool biased,
                          hb_time deadline, uint32_t *index, hb_word *word)
{
    hb_status status = hbpy_select_run(cases, n, biased, &self->duty, deadline, index, word);
    return status == HB_CLOSED && *index == n - 1 ? HB_STOPPED : status;
}

static hb_status wait_for_one(hbpy_worker_context *self, const hb_case *item, hb_time deadline,
                              hb_word *word)
{
    uint32_t index;
    hb_status status = hb_case_try(item, word);
    if (status != HB_WOULD_BLOCK || deadline == 0)
        return status;
    const hb_case cases[] = { *item, receive_done(self) };
    return wait_for(self, cases, 2, true, deadline, &index, word);
}

/* What a case of `source` came to, when that was not HB_OK. */
static PyObject *raise_for(hbpy_worker_context *self, hbpy_source *source, hb_status status)
{
    if (status != HB_CLOSED)
        return hbpy_worker_context_raise(self, status == HB_WOULD_BLOCK ? HB_TIMEOUT : status);
    source->kind->raise_closed(source);
    return NULL;
}

/* ---- recv ---- */

PyDoc_STRVAR(recv_doc,
"recv($self, source, /, *, timeout=None, deadline=None)\n--\n\n"
"Receive from a source, on duty; what was received begins a unit of work.\n\n"
"Blocks at most `timeout` seconds (None: for ever, 0: not at all), or until the\n"
"instant `deadline` on the clock of now(); then raises TimeoutError. Raises Closed when\n"
"the source is closed, and Stopped when the worker was told to stop.");

static hbpy_source *read_source(hbpy_worker_context *self, PyObject *py_source)
{
    if (PyObject_TypeCheck(py_source, hbpy_state_of((PyObject *)self)->Source))
        return (hbpy_source *)py_source;
    PyErr_Format(PyExc_TypeError, "source must be a heartbeat.Source, not %s",
                 Py_TYPE(py_source)->tp_name);
    return NULL;
}

static PyObject *receive(hbpy_worker_context *self, hbpy_source *source, hb_time deadline)
{
    hb_word word;
    hb_case item = { .source = source->source, .direction = HB_RECV };
    end_unit(self);
    hb_status status = wait_for_one(self, &item, deadline, &word);
    if (status != HB_OK)
        return raise_for(self, source, status);
    begin_unit(self);
    return source->kind->decode(source, word);
}

static PyObject *WorkerContext_recv(PyObject *py_self, PyObject *const *args, Py_ssize_t nargs,
                                    PyObject *py_kwnames)
{
    static const char *const names[] = { "source", "timeout", "deadline", NULL };
    hbpy_worker_context *self = worker_context_of(py_self);
    PyObject *given[3];
    hb_time deadline;
    if (hbpy_parse("recv", args, nargs, py_kwnames, names, 1, 1, given) < 0 ||
        hbpy_parse_deadline(given[1], given[2], &deadline) < 0)
        return NULL;
    hbpy_source *source = read_source(self, given[0]);
    if (!source || hbpy_worker_context_begin(self) < 0)
        return NULL;
    return receive(self, source, deadline);
}

/* ---- send ---- */

int hbpy_worker_send(hbpy_worker_context *self, PyObject *py_value, hb_time deadline)
{
    hbpy_source *results = (hbpy_source *)self->py_results;
    hb_case item = { .source = results->source, .direction = HB_SEND };
    if (results->kind->encode(results, py_value, &item.word) < 0)
        return -1;
    hb_word word = item.word;
    begin_unit(self);
    end_unit(self);
    hb_status status = wait_for_one(self, &item, deadline, &word);
    if (status == HB_OK)
        return 0;
    results->kind->drop(results, item.word);
    raise_for(self, results, status);
    return -1;
}

PyDoc_STRVAR(send_doc,
"send($self, value, /, *, timeout=None, deadline=None)\n--\n\n"
"Hand over a result, on duty; that ends the unit of work.\n\n"
"Waits until a receiver of the worker's results takes it, or there is room; at most\n"
"`timeout` seconds (None: for ever, 0: not at all), or until the instant `deadline` on the\n"
"clock of now(); then raises TimeoutError. Raises Stopped when the worker was told to\n"
"stop, and Closed when somebody has closed its results: then the value was not sent.");

static PyObject *WorkerContext_send(PyObject *py_self, PyObject *const *args, Py_ssize_t nargs,
                                    PyObject *py_kwnames)
{
    static const char *const names[] = { "value", "timeout", "deadline", NULL };
    hbpy_worker_context *self = worker_context_of(py_self);
    PyObject *given[3];
    hb_time deadline;
    if (hbpy_parse("send", args, nargs, py_kwnames, names, 1, 1, given) < 0 ||
        hbpy_parse_deadline(given[1], given[2], &deadline) < 0 ||
        hbpy_worker_context_begin(self) < 0 || hbpy_worker_send(self, given[0], deadline) < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* ---- select ---- */

/* Something was received: a unit begins. A send, of which the select did not know before
 * that it would happen: a unit that nobody had begun was one all the same. */
static void count_selected(hbpy_worker_context *self, const hb_case *item, bool was_open)
{
    if (item->direction == HB_RECV || !was_open)
        begin_unit(self);
    if (item->direction == HB_SEND)
        end_unit(self);
}

static hb_status wait_for_cases(hbpy_worker_context *self, hbpy_cases *cases, bool biased,
                                hb_time deadline, uint32_t *index, hb_word *word)
{
    bool was_open = hb_work_is_open(&self->duty.work);
    end_unit(self);
    cases->items[cases->n] = receive_done(self);
    hb_status status = wait_for(self, cases->items, cases->n + 1, biased, deadline, index, word);
    if (status == HB_OK)
        count_selected(self, &cases->items[*index], was_open);
    return status;
}

/* Consumes the cases. */
static PyObject *run(hbpy_worker_context *self, hbpy_cases *cases, bool biased, hb_time deadline)
{
    uint32_t i;
    hb_word word;
    PyObject *py_result = NULL;
    hb_status status = wait_for_cases(self, cases, biased, deadline, &i, &word);
    if (status == HB_OK || status == HB_CLOSED)
        py_result = hbpy_select_outcome(hbpy_state_of((PyObject *)self), PyLong_FromUnsignedLong(i),
                                        cases->sources[i], &cases->items[i], status, word);
    else
        hbpy_worker_context_raise(self, status == HB_WOULD_BLOCK ? HB_TIMEOUT : status);
    hbpy_cases_drop(cases, status == HB_OK ? (Py_ssize_t)i : -1);
    return py_result;
}

PyDoc_STRVAR(select_doc,
"select($self, /, *cases, timeout=None, deadline=None, biased=False)\n--\n\n"
"As the function select(), on duty; what was received begins a unit of work.\n\n"
"Waits at most `timeout` seconds (None: for ever, 0: not at all), or until the instant\n"
"`deadline` on the clock of now(); then raises TimeoutError. done need not be among the\n"
"cases: Stopped is raised when the worker was told to stop, before any case counts.");

static PyObject *WorkerContext_select(PyObject *py_self, PyObject *const *args, Py_ssize_t nargs,
                                      PyObject *py_kwnames)
{
    static const char *const names[] = { "timeout", "deadline", "biased", NULL };
    hbpy_worker_context *self = worker_context_of(py_self);
    PyObject *given[3] = { NULL, NULL, NULL };
    hb_time deadline;
    hbpy_cases cases;
    bool biased;
    if ((py_kwnames && hbpy_parse("select", args + nargs, 0, py_kwnames, names, 0, 0, given) < 0) ||
        hbpy_parse_deadline(given[0], given[1], &deadline) < 0 ||
        hbpy_parse_flag(given[2], &biased) < 0 || hbpy_worker_context_begin(self) < 0 ||
        hbpy_cases_read(hbpy_state_of(py_self), &cases, args, nargs) < 0)
        return NULL;
    return run(self, &cases, biased, deadline);
}

/* ---- sleep ---- */

PyDoc_STRVAR(sleep_doc,
"sleep($self, d, /)\n--\n\n"
"Sleep d seconds, on duty. A unit of work that is open stays so.\n\n"
"Raises Stopped when the worker was told to stop.");

static PyObject *WorkerContext_sleep(PyObject *py_self, PyObject *py_seconds)
{
    hbpy_worker_context *self = worker_context_of(py_self);
    hb_time duration;
    uint32_t index;
    hb_word word;
    if (hbpy_parse_delay(py_seconds, &duration) < 0 || hbpy_worker_context_begin(self) < 0)
        return NULL;
    const hb_case done = receive_done(self);
    hb_status status = wait_for(self, &done, 1, true, hb_time_add(hb_now(), duration), &index, &word);
    if (status != HB_TIMEOUT)
        return hbpy_worker_context_raise(self, status);
    Py_RETURN_NONE;
}

/* ---- for the type's table ---- */

PyMethodDef hbpy_worker_send_method = {
    "send", (PyCFunction)(void (*)(void))WorkerContext_send, METH_FASTCALL | METH_KEYWORDS, send_doc,
};

PyMethodDef hbpy_worker_recv_method = {
    "recv", (PyCFunction)(void (*)(void))WorkerContext_recv, METH_FASTCALL | METH_KEYWORDS, recv_doc,
};

PyMethodDef hbpy_worker_select_method = {
    "select", (PyCFunction)(void (*)(void))WorkerContext_select, METH_FASTCALL | METH_KEYWORDS,
    select_doc,
};

PyMethodDef hbpy_worker_sleep_method = {
    "sleep", WorkerContext_sleep, METH_O, sleep_doc,
};
