/* source: the common base of everything that can stand as a case of select. */
#include "binding.h"

#include <structmember.h>

/* ---- sources of instants ---- */

static PyObject *decode_instant(hbpy_source *self, hb_word word)
{
    (void)self;
    return hbpy_seconds(word.i64);
}

static void drop_instant(hbpy_source *self, hb_word word)
{
    (void)self; /* an instant owns nothing */
    (void)word;
}

static void raise_closed(hbpy_source *self)
{
    hbpy_raise(hbpy_state_of((PyObject *)self), HB_CLOSED); /* they do not close */
}

const hbpy_kind hbpy_instant_kind = { decode_instant, NULL, drop_instant, raise_closed };

/* ---- bubbles ---- */

int hbpy_check_source(const hbpy_source *self)
{
    if (!self->source || !hb_source_is_foreign(self->source))
        return 0;
    hbpy_raise(hbpy_state_of((PyObject *)self), HB_FOREIGN);
    return -1;
}

int hbpy_check_clock(const hbpy_source *self)
{
    if (hbpy_check_source(self) < 0)
        return -1;
    if (!self->source || self->source->bubble == hb_here_bubble())
        return 0;
    PyErr_Format(hbpy_state_of((PyObject *)self)->Error,
                 "%R was made in real time: what shall run in a bubble has to be made there", self);
    return -1;
}

/* ---- receiving from one source ---- */

hb_status hbpy_source_wait(hbpy_source *self, hb_time deadline, hb_word *word)
{
    hb_select select;
    hb_case item = { .source = self->source, .direction = HB_RECV };
    hb_select_init(&select, &item, 1, true); /* one case needs no memory */
    hb_status status = deadline == 0 ? hb_select_try(&select) : hbpy_wait(&select, deadline);
    hb_select_fini(&select);
    *word = select.word;
    return status;
}

static PyObject *finish_recv(hbpy_source *self, hb_status status, hb_word word)
{
    if (status == HB_OK)
        return self->kind->decode(self, word);
    if (status == HB_CLOSED)
        self->kind->raise_closed(self);
    else
        hbpy_raise(hbpy_state_of((PyObject *)self), status == HB_WOULD_BLOCK ? HB_TIMEOUT : status);
    return NULL;
}

PyObject *hbpy_source_recv(hbpy_source *self, hb_time deadline)
{
    hb_word word;
    hb_status status = hbpy_source_wait(self, deadline, &word);
    return finish_recv(self, status, word);
}

PyDoc_STRVAR(recv_doc,
"recv($self, /, *, timeout=None, deadline=None)\n--\n\n"
"Wait until the source is ready and return its value.\n\n"
"Blocks at most `timeout` seconds (None: for ever, 0: not at all), or until\n"
"the instant `deadline` on the clock of now(). Raises TimeoutError when the\n"
"time is up and Closed when the source is closed.");

static PyObject *Source_recv(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                             PyObject *py_kwnames)
{
    if (hbpy_point(self) < 0)
        return NULL;
    static const char *const names[] = { "timeout", "deadline", NULL };
    PyObject *given[2];
    hb_time deadline;
    if (hbpy_parse("recv", args, nargs, py_kwnames, names, 0, 0, given) < 0 ||
        hbpy_parse_deadline(given[0], given[1], &deadline) < 0)
        return NULL;
    return hbpy_source_recv((hbpy_source *)self, deadline);
}

PyDoc_STRVAR(try_recv_doc,
"try_recv($self, default=None)\n--\n\n"
"Return the source's value if it is ready now, else `default`.\n\n"
"Never blocks. Raises Closed when the source is closed.");

static PyObject *Source_try_recv(PyObject *self, PyObject *const *args, Py_ssize_t nargs,
                                 PyObject *py_kwnames)
{
    if (hbpy_point(self) < 0)
        return NULL;
    static const char *const names[] = { "default", NULL };
    PyObject *py_default;
    if (hbpy_parse("try_recv", args, nargs, py_kwnames, names, 1, 0, &py_default) < 0)
        return NULL;
    hb_word word;
    hb_status status = hbpy_source_wait((hbpy_source *)self, 0, &word);
    if (status == HB_WOULD_BLOCK)
        return Py_NewRef(py_default ? py_default : Py_None);
    return finish_recv((hbpy_source *)self, status, word);
}

/* ---- the type ---- */

void hbpy_source_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    if (((hbpy_source *)self)->weakrefs)
        PyObject_ClearWeakRefs(self);
    hbpy_origin_gone(self, ((hbpy_source *)self)->source);
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    { "recv", (PyCFunction)(void (*)(void))Source_recv, METH_FASTCALL | METH_KEYWORDS, recv_doc },
    { "try_recv", (PyCFunction)(void (*)(void))Source_try_recv, METH_FASTCALL | METH_KEYWORDS,
      try_recv_doc },
    { "__class_getitem__", Py_GenericAlias, METH_O | METH_CLASS, "Source[T]: for annotations." },
    { NULL, NULL, 0, NULL },
};

PyDoc_STRVAR(doc,
"Whatever can be received from and stand as a case of select().\n\n"
"The base of Channel, Timer, Ticker, Watchdog and Task; it is not made directly.");

static PyMemberDef members[] = {
    { "__weaklistoffset__", T_PYSSIZET, offsetof(hbpy_source, weakrefs), READONLY, NULL },
    { NULL, 0, 0, 0, NULL },
};

static PyType_Slot slots[] = {
    { Py_tp_doc, (void *)doc },
    { Py_tp_members, members },
    { Py_tp_methods, methods },
    { 0, NULL },
};

static PyType_Spec spec = {
    .name = "heartbeat.Source",
    .basicsize = sizeof(hbpy_source),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION |
             Py_TPFLAGS_IMMUTABLETYPE,
    .slots = slots,
};

int hbpy_init_source(PyObject *module, hbpy_state *state)
{
    return hbpy_add_type(module, &state->Source, &spec, NULL);
}
