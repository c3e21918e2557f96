/* channel: the Channel type: its life and what the collector sees. */
#include "channel.h"

/* ---- life ---- */

static int parse_capacity(const char *what, PyObject *py_capacity, uint64_t *capacity)
{
    *capacity = py_capacity ? HB_UNBOUNDED : 0;
    if (!py_capacity || py_capacity == Py_None)
        return 0;
    if (!PyIndex_Check(py_capacity) || PyBool_Check(py_capacity)) {
        PyErr_Format(PyExc_TypeError, "%s must be an int or None, not %s", what,
                     Py_TYPE(py_capacity)->tp_name);
        return -1;
    }
    long long value = PyLong_AsLongLong(py_capacity);
    if (value == -1 && PyErr_Occurred()) {
        if (PyErr_ExceptionMatches(PyExc_OverflowError))
            PyErr_Format(PyExc_OverflowError, "%s %R does not fit in 63 bits", what, py_capacity);
        return -1;
    }
    if (value < 0)
        PyErr_Format(PyExc_ValueError, "%s must not be negative, not %R", what, py_capacity);
    *capacity = (uint64_t)value;
    return value < 0 ? -1 : 0;
}

static int parse_dtype(PyObject *py_dtype, char *dtype)
{
    *dtype = 0;
    if (!py_dtype || py_dtype == Py_None)
        return 0;
    if (!PyUnicode_Check(py_dtype)) {
        PyErr_Format(PyExc_TypeError, "dtype must be None, 'q' or 'd', not %s",
                     Py_TYPE(py_dtype)->tp_name);
        return -1;
    }
    if (PyUnicode_CompareWithASCIIString(py_dtype, "q") == 0)
        *dtype = 'q';
    else if (PyUnicode_CompareWithASCIIString(py_dtype, "d") == 0)
        *dtype = 'd';
    else
        PyErr_Format(PyExc_ValueError, "dtype must be None, 'q' or 'd', not %R", py_dtype);
    return *dtype ? 0 : -1;
}

static int check_not_made(hbpy_channel *self)
{
    if (self->made)
        PyErr_SetString(PyExc_RuntimeError, "the channel is initialised already");
    return self->made ? -1 : 0;
}

static int make_chan(hbpy_channel *self)
{
    self->chan = hb_chan_new(0, hbpy_channel_drop_object);
    if (!self->chan) {
        PyErr_NoMemory();
        return -1;
    }
    self->base.source = hb_chan_source(self->chan);
    return 0;
}

/* The hb_chan stays: somebody may hold it already. */
static int shape_chan(hbpy_channel *self, uint64_t capacity, char dtype)
{
    if (!hb_chan_reshape(self->chan, capacity, dtype ? NULL : hbpy_channel_drop_object)) {
        PyErr_SetString(PyExc_RuntimeError, "the channel was used before it was initialised");
        return -1;
    }
    self->dtype = dtype;
    hb_chan_set_type(self->chan, dtype);
    return 0;
}

static PyObject *new_nil(PyTypeObject *type)
{
    hbpy_channel *self = channel_of(type->tp_alloc(type, 0));
    if (self)
        self->base.kind = &hbpy_channel_kind;
    return (PyObject *)self;
}

/* A subclass that forgets our __init__ gets a channel all the same. */
static PyObject *Channel_new(PyTypeObject *type, PyObject *py_args, PyObject *py_kwargs)
{
    (void)py_args; /* __init__'s */
    (void)py_kwargs;
    PyObject *self = new_nil(type);
    if (self && make_chan(channel_of(self)) < 0)
        Py_CLEAR(self);
    return self;
}

/* For whoever explains a wait. A name that is no text in UTF-8 is not told. */
static void tell_name(hbpy_channel *self)
{
    const char *name = self->py_name ? PyUnicode_AsUTF8(self->py_name) : NULL;
    if (name)
        hb_source_set_name(hb_chan_source(self->chan), name);
    PyErr_Clear();
}

static int init(hbpy_channel *self, const char *what, PyObject *py_capacity, PyObject *py_dtype,
                PyObject *py_name)
{
    uint64_t capacity;
    char dtype;
    if (parse_capacity(what, py_capacity, &capacity) < 0 || parse_dtype(py_dtype, &dtype) < 0 ||
        check_not_made(self) < 0 ||
        ((capacity || dtype) && shape_chan(self, capacity, dtype) < 0) ||
        hbpy_parse_name(py_name, &self->py_name) < 0)
        return -1;
    tell_name(self);
    hbpy_origin_made(self, self->base.source);
    self->made = true;
    return 0;
}

static int Channel_init(PyObject *self, PyObject *py_args, PyObject *py_kwargs)
{
    static char *names[] = { "capacity", "dtype", "name", NULL };
    PyObject *py_capacity = NULL, *py_dtype = NULL, *py_name = NULL;
    if (!PyArg_ParseTupleAndKeywords(py_args, py_kwargs, "|O$OO:Channel", names, &py_capacity,
                                     &py_dtype, &py_name))
        return -1;
    return init(channel_of(self), "capacity", py_capacity, py_dtype, py_name);
}

PyObject *hbpy_channel_new(hbpy_state *state, const char *what, PyObject *py_capacity,
                           PyObject *py_dtype, PyObject *py_name)
{
    PyObject *self = Channel_new(state->Channel, NULL, NULL);
    if (self && init(channel_of(self), what, py_capacity, py_dtype, py_name) < 0)
        Py_CLEAR(self);
    return self;
}

static int visit_word(hb_word word, void *arg)
{
    void **visit_and_arg = arg;
    return ((visitproc)visit_and_arg[0])(word.ptr, visit_and_arg[1]);
}

static int Channel_traverse(PyObject *py_self, visitproc visit, void *arg)
{
    hbpy_channel *self = channel_of(py_self);
    void *visit_and_arg[] = { (void *)visit, arg };
    Py_VISIT(Py_TYPE(py_self));
    if (!self->chan)
        return 0;
    Py_VISIT((PyObject *)hb_chan_cause_slot(self->chan)->ptr);
    return self->dtype ? 0 : hb_chan_visit(self->chan, visit_word, visit_and_arg);
}

static void drop_cause(hbpy_channel *self)
{
    if (!self->chan)
        return;
    PyObject *py_cause = hb_chan_cause_slot(self->chan)->ptr;
    hb_chan_cause_slot(self->chan)->ptr = NULL;
    Py_XDECREF(py_cause);
}

/* Each word leaves the ring before its destructor runs: that may use the
 * channel. What it puts in again is left for the next collection. Numbers stay:
 * extensions and native units may go on with the hb_chan, but not with objects. */
static int Channel_clear(PyObject *py_self)
{
    hbpy_channel *self = channel_of(py_self);
    hb_word word;
    drop_cause(self);
    for (uint64_t n = self->chan && !self->dtype ? hb_chan_len(self->chan) : 0; n > 0; n--)
        if (hb_chan_try_recv(self->chan, &word) == HB_OK)
            self->base.kind->drop(&self->base, word);
    return 0;
}

/* A monitor or an extension may have a reference too, and give it up on a thread that cannot
 * release objects. Numbers stay for an extension to receive. */
static void leave_chan(hbpy_channel *self)
{
    hb_word word;
    drop_cause(self);
    while (self->chan && !self->dtype && hb_chan_try_recv(self->chan, &word) == HB_OK)
        self->base.kind->drop(&self->base, word);
    if (self->chan)
        hb_source_set_name(hb_chan_source(self->chan), NULL);
    hb_chan_unref(self->chan);
}

static void Channel_dealloc(PyObject *py_self)
{
    hbpy_channel *self = channel_of(py_self);
    PyTypeObject *type = Py_TYPE(py_self);
    PyObject_GC_UnTrack(py_self);
    Py_TRASHCAN_BEGIN(py_self, Channel_dealloc)
    if (self->base.weakrefs)
        PyObject_ClearWeakRefs(py_self);
    hbpy_origin_gone(self, self->base.source);
    leave_chan(self);
    Py_XDECREF(self->py_name);
    type->tp_free(py_self);
    Py_DECREF(type);
    Py_TRASHCAN_END
}

/* ---- the type ---- */

static int Channel_bool(PyObject *py_self)
{
    (void)py_self; /* an empty channel is still a channel */
    return 1;
}

PyDoc_STRVAR(doc,
"Channel(capacity=0, *, dtype=None, name=None)\n--\n\n"
"A first-in-first-out channel between threads, as Go's.\n\n"
"capacity  0: a rendezvous, send() returns when a receiver has the value; n: up to\n"
"          n values queue; None: any number.\n"
"dtype     None: any objects; 'q': int64; 'd': float64.\n"
"name      a str for reprs and messages.\n\n"
"Values come out in the order in which they went in, each exactly once, and waiting\n"
"threads are served in the order in which they came. `for value in channel` receives\n"
"until the channel is closed and drained. select() waits on several at once.\n\n"
"    jobs = Channel(8)\n"
"    jobs.send('a')            # waits while 8 are queued\n"
"    jobs.recv(timeout=1.0)    # 'a'; TimeoutError after a second without one\n"
"    jobs.close()              # receivers drain it, then their loops end\n\n"
"Waiting releases the interpreter lock and can be interrupted by signals.");

/* Filled once from the files that define the methods. */
static PyMethodDef methods[9];

static void fill_methods(void)
{
    PyMethodDef all[] = {
        hbpy_channel_send_method,      hbpy_channel_try_send_method,  hbpy_channel_recv_method,
        hbpy_channel_try_recv_method,  hbpy_channel_send_many_method, hbpy_channel_recv_many_method,
        hbpy_channel_close_method,     hbpy_channel_stats_method,
    };
    memcpy(methods, all, sizeof all);
}

static PyType_Slot slots[] = {
    { Py_tp_doc, (void *)doc },
    { Py_tp_new, Channel_new },
    { Py_tp_init, Channel_init },
    { Py_tp_dealloc, Channel_dealloc },
    { Py_tp_traverse, Channel_traverse },
    { Py_tp_clear, Channel_clear },
    { Py_tp_repr, hbpy_channel_repr },
    { Py_tp_iter, PyObject_SelfIter },
    { Py_tp_iternext, hbpy_channel_next },
    { Py_tp_methods, methods },
    { Py_tp_getset, hbpy_channel_getset },
    { Py_sq_length, hbpy_channel_len },
    { Py_nb_bool, Channel_bool },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "heartbeat.Channel",
    .basicsize = sizeof(hbpy_channel),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

hb_chan *hbpy_channel_chan(hbpy_state *state, PyObject *py_channel)
{
    if (!PyObject_TypeCheck(py_channel, state->Channel)) {
        PyErr_Format(PyExc_TypeError, "a Channel is needed, not %s", Py_TYPE(py_channel)->tp_name);
        return NULL;
    }
    if (!channel_of(py_channel)->chan)
        PyErr_SetString(state->Error, "nil never has items");
    return channel_of(py_channel)->chan;
}

static int add_nil(PyObject *module, PyTypeObject *type)
{
    PyObject *py_nil = new_nil(type);
    if (!py_nil)
        return -1;
    channel_of(py_nil)->made = true;
    int added = PyModule_AddObjectRef(module, "nil", py_nil);
    Py_DECREF(py_nil);
    return added;
}

int hbpy_init_channel(PyObject *module, hbpy_state *state)
{
    fill_methods();
    if (hbpy_add_struct(module, &state->ChannelStats, &hbpy_channel_stats_desc) < 0 ||
        hbpy_add_type(module, &state->Channel, &spec, state->Source) < 0)
        return -1;
    return add_nil(module, state->Channel);
}
