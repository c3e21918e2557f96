/* monitor_event: Health, and the thread that calls on_event. */
#include "monitor.h"

#include "hb_worker.h"

/* ---- Health ---- */

static PyStructSequence_Field health_fields[] = {
    { "beat", "the Heartbeat it is about, or the channel of a demand" },
    { "healthy", "whether it is alive" },
    { "cause", "why not: 'blocked', 'starved', 'busy', 'missed', 'stuck', 'overran'; at its end 'closed', "
               "'exited', 'raised' or 'revoked'; None when healthy" },
    { "since", "the instant of the last sign of life before" },
    { "silent_for", "seconds of silence; of a recovery, how long it lasted" },
    { "misses", "how many whole timeouts that is" },
    { "unit", "the label of the innermost open unit of work, or None" },
    { "where", "what is known of its thread, in words; of a recovery, what was known in the silence" },
    { "stack", "the Python stack of its thread, innermost frame first, or None; of a recovery likewise" },
    { NULL, NULL },
};

static PyStructSequence_Desc health_desc = {
    "heartbeat.Health",
    "What became of a heartbeat: one event of a Monitor, or one verdict of its check().\n\n"
    "An end is not healthy, and not a silence: the status is then \"ended\".",
    health_fields, 9,
};

static PyObject *text_or_none(const char *text)
{
    return text && *text ? PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "surrogateescape") : Py_NewRef(Py_None);
}

/* A Channel never leaves the dict, so what is borrowed from there is alive. */
static PyObject *watched_channel(hbpy_monitor *self, hb_chan *chan)
{
    PyObject *py_address = PyLong_FromVoidPtr(chan);
    PyObject *py_channel = py_address ? PyDict_GetItemWithError(self->py_channels, py_address) : NULL;
    Py_XDECREF(py_address);
    return Py_NewRef(py_channel ? py_channel : Py_None);
}

static PyObject *subject(hbpy_monitor *self, const hb_health *health)
{
    if (!health->beat)
        return watched_channel(self, health->chan);
    return hbpy_heartbeat_of(hbpy_state_of((PyObject *)self), health->beat);
}

static PyObject *health_object(hbpy_monitor *self, const hb_health *health)
{
    PyObject *py_health = PyStructSequence_New(hbpy_state_of((PyObject *)self)->Health);
    if (!py_health)
        return NULL;
    PyObject *fields[] = {
        subject(self, health),
        PyBool_FromLong(health->healthy),
        text_or_none(hb_cause_text(health->cause)),
        hbpy_seconds(health->since),
        hbpy_seconds(health->silent_for),
        PyLong_FromUnsignedLong(health->misses),
        text_or_none(health->unit),
        PyUnicode_DecodeUTF8(health->where, (Py_ssize_t)strlen(health->where), "replace"),
        text_or_none(health->stack),
    };
    for (int i = 0; i < 9; i++)
        PyStructSequence_SetItem(py_health, i, fields[i]);
    if (PyErr_Occurred())
        Py_CLEAR(py_health);
    return py_health;
}

static bool is_end(const hb_health *health)
{
    return health->cause == HB_CAUSE_EXITED || health->cause == HB_CAUSE_RAISED ||
           health->cause == HB_CAUSE_CLOSED || health->cause == HB_CAUSE_REVOKED;
}

PyObject *hbpy_health(hbpy_monitor *self, hb_health *health)
{
    PyObject *py_health = health_object(self, health);
    if (is_end(health))
        hbpy_monitor_forget(self, health->beat);
    hb_health_unref(health);
    return py_health;
}

/* ---- as a source ---- */

static PyObject *decode(hbpy_source *self, hb_word word)
{
    return hbpy_health(monitor_of(self), word.ptr);
}

static void drop(hbpy_source *self, hb_word word)
{
    (void)self;
    hb_health_unref(word.ptr);
}

static void raise_closed(hbpy_source *self)
{
    hbpy_monitor_raise_closed(monitor_of(self));
}

const hbpy_kind hbpy_monitor_kind = { decode, NULL, drop, raise_closed };

/* ---- on_event ---- */

static void call(hbpy_monitor *self, PyObject *py_health)
{
    PyObject *py_result = py_health ? PyObject_CallOneArg(self->py_on_event, py_health) : NULL;
    PyObject *py_exception = hbpy_take_exception();
    if (py_exception)
        hbpy_report_exception(hbpy_state_of((PyObject *)self), py_exception,
                              self->py_name ? (PyObject *)self : Py_None);
    Py_XDECREF(py_exception);
    Py_XDECREF(py_result);
    Py_XDECREF(py_health);
}

static hb_health *next_event(hbpy_monitor *self)
{
    hb_word word = { NULL };
    PyThreadState *py_thread = PyEval_SaveThread();
    hb_status status = hb_chan_recv(self->events, &word, HB_FOREVER);
    PyEval_RestoreThread(py_thread);
    return status == HB_OK ? word.ptr : NULL;
}

/* A call is a unit of work with a time of its own, so the monitor sees when it hangs. Of
 * that it does not tell the one that hangs. */
static void serve(hbpy_monitor *self, hb_beat *beat)
{
    hb_unit unit;
    hb_health *health;
    while ((health = next_event(self))) {
        if (health->beat == beat) {
            hb_health_unref(health);
            continue;
        }
        hb_time patience = (hb_time)hb_load_relaxed(&self->patience);
        bool begun = hb_unit_begin(beat, &unit, "", patience, true) == HB_OK;
        call(self, hbpy_health(self, health));
        if (begun)
            hb_unit_finish(beat, &unit);
    }
}

/* Between calls the thread owes no pulse. */
static hb_status open_beat(hbpy_monitor *self)
{
    hb_rule rule = { .timeout = HB_FOREVER, .grace = HB_FOREVER, .misses = 1, .progress = HB_FOREVER };
    hb_beat *beat = hb_beat_open("on_event");
    if (!beat)
        return HB_NO_MEMORY;
    hb_beat_pulse(beat);
    hb_status status = hb_monitor_watch(self->monitor, beat, &rule);
    if (status != HB_OK) {
        hb_beat_unref(beat);
        return status;
    }
    hb_monitor_spare(self->monitor, beat);
    self->calls = beat;
    return HB_OK;
}

static void give_up_beat(hbpy_monitor *self)
{
    hb_monitor_unwatch(self->monitor, self->calls);
    hb_beat_end(self->calls, HB_END_CLOSED);
    hb_beat_unref(self->calls);
}

static void body(void *arg)
{
    hbpy_monitor *self = arg;
    serve(self, self->calls);
    give_up_beat(self);
    Py_DECREF(self);
}

static void thread_main(void *arg)
{
    hbpy_run_attached(body, arg);
}

hb_status hbpy_monitor_start_calls(hbpy_monitor *self)
{
    hb_worker *worker;
    hb_status status = self->py_on_event ? open_beat(self) : HB_OK;
    if (status != HB_OK || !self->py_on_event)
        return status;
    char origin[HB_ORIGIN_SIZE];
    bool known = hbpy_origin_find(self, origin, sizeof origin);
    Py_INCREF(self); /* the thread's */
    status = hb_worker_start_from(&worker, thread_main, self, "hb-on-event", known ? origin : NULL);
    if (status == HB_OK) {
        hb_worker_unref(worker);
        return HB_OK;
    }
    give_up_beat(self);
    Py_DECREF(self);
    return status;
}

/* ---- types ---- */

int hbpy_init_health(PyObject *module, hbpy_state *state)
{
    return hbpy_add_struct(module, &state->Health, &health_desc);
}
