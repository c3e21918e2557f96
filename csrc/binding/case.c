/* case: what stands in a select: recv(source), send(channel, value).
 *
 * A case is read anew for every select it takes part in: a send case's value is
 * turned into a word of its own each time, before anything is enqueued. */
#include "binding.h"

#include <structmember.h>

/* ---- the objects ---- */

static hbpy_case *case_of(void *self)
{
    return self;
}

static PyObject *new_case(PyTypeObject *type, PyObject *py_source, PyObject *py_value)
{
    hbpy_case *self = case_of(type->tp_alloc(type, 0));
    if (!self)
        return NULL;
    self->source = (hbpy_source *)Py_NewRef(py_source);
    self->py_value = Py_XNewRef(py_value);
    return (PyObject *)self;
}

static int case_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    Py_VISIT((PyObject *)case_of(self)->source);
    Py_VISIT(case_of(self)->py_value);
    return 0;
}

static int case_clear(PyObject *self)
{
    Py_CLEAR(case_of(self)->py_value);
    return 0; /* the source stays: a case without one means nothing */
}

static void case_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    Py_TRASHCAN_BEGIN(self, case_dealloc)
    Py_XDECREF((PyObject *)case_of(self)->source);
    Py_XDECREF(case_of(self)->py_value);
    type->tp_free(self);
    Py_DECREF(type);
    Py_TRASHCAN_END
}

static PyObject *case_repr(PyObject *self)
{
    PyObject *py_source = (PyObject *)case_of(self)->source;
    PyObject *py_value = case_of(self)->py_value;
    if (py_value)
        return PyUnicode_FromFormat("send(%R, %R)", py_source, py_value);
    return PyUnicode_FromFormat("recv(%R)", py_source);
}

/* ---- reading cases for a select ---- */

static int refuse(PyObject *py_case, Py_ssize_t index)
{
    PyErr_Format(PyExc_TypeError,
                 "case %zd must be a source, recv(source), send(channel, value) or None, not %s",
                 index, Py_TYPE(py_case)->tp_name);
    return -1;
}

static void set_item(hb_case *item, hbpy_source **source, hbpy_source *from, hb_direction direction)
{
    *source = from;
    item->source = from ? from->source : NULL;
    item->direction = direction;
}

/* What is no channel. Apart, so that reading channels is a short loop. */
static __attribute__((noinline)) int read_other(hbpy_state *state, PyObject *py_case, Py_ssize_t index,
                                                hb_case *item, hbpy_source **source)
{
    if (PyObject_TypeCheck(py_case, state->Source)) {
        set_item(item, source, (hbpy_source *)py_case, HB_RECV);
    } else if (Py_IS_TYPE(py_case, state->Send)) {
        hbpy_case *sending = case_of(py_case);
        set_item(item, source, sending->source, HB_SEND);
        return sending->source->kind->encode(sending->source, sending->py_value, &item->word);
    } else if (Py_IS_TYPE(py_case, state->Recv)) {
        set_item(item, source, case_of(py_case)->source, HB_RECV);
    } else if (py_case == Py_None) {
        set_item(item, source, NULL, HB_RECV);
    } else {
        return refuse(py_case, index);
    }
    return 0;
}

static inline int read_case(hbpy_state *state, PyObject *py_case, Py_ssize_t index, hb_case *item,
                            hbpy_source **source)
{
    if (!Py_IS_TYPE(py_case, state->Channel))
        return read_other(state, py_case, index, item, source);
    set_item(item, source, (hbpy_source *)py_case, HB_RECV);
    return 0;
}

int hbpy_case_read(hbpy_state *state, PyObject *py_case, Py_ssize_t index, hb_case *item,
                   hbpy_source **source)
{
    return read_case(state, py_case, index, item, source);
}

static int reserve(hbpy_cases *cases, Py_ssize_t n)
{
    cases->n = 0;
    cases->sends = false;
    cases->items = cases->inline_items;
    cases->sources = cases->inline_sources;
    if (n > (Py_ssize_t)HB_MAX_CASES) {
        PyErr_Format(PyExc_ValueError, "select takes at most %u cases, not %zd", HB_MAX_CASES, n);
        return -1;
    }
    if (n <= (Py_ssize_t)HB_INLINE_CASES)
        return 0;
    cases->items = PyMem_New(hb_case, n + 1);
    cases->sources = PyMem_New(hbpy_source *, n);
    if (cases->items && cases->sources)
        return 0;
    hbpy_cases_drop(cases, -1);
    PyErr_NoMemory();
    return -1;
}

int hbpy_cases_read(hbpy_state *state, hbpy_cases *cases, PyObject *const *args, Py_ssize_t n)
{
    if (reserve(cases, n) < 0)
        return -1;
    for (; cases->n < n; cases->n++) {
        hb_case *item = &cases->items[cases->n];
        if (read_case(state, args[cases->n], cases->n, item, &cases->sources[cases->n]) < 0) {
            hbpy_cases_drop(cases, -1);
            return -1;
        }
        cases->sends |= item->direction == HB_SEND;
    }
    return 0;
}

void hbpy_cases_drop(hbpy_cases *cases, Py_ssize_t sent)
{
    for (Py_ssize_t i = 0; cases->sends && i < cases->n; i++)
        if (cases->items[i].direction == HB_SEND && i != sent)
            cases->sources[i]->kind->drop(cases->sources[i], cases->items[i].word);
    if (cases->items != cases->inline_items)
        PyMem_Free(cases->items);
    if (cases->sources != cases->inline_sources)
        PyMem_Free(cases->sources);
}

/* ---- recv() and send() ---- */

PyDoc_STRVAR(recv_doc,
"recv($module, source, /)\n--\n\n"
"Make the case 'receive from source' for select().\n\n"
"The same as the source itself; it reads well beside send(). Does not wait.");

static PyObject *make_recv(PyObject *module, PyObject *py_source)
{
    hbpy_state *state = PyModule_GetState(module);
    if (PyObject_TypeCheck(py_source, state->Source))
        return new_case(state->Recv, py_source, NULL);
    return PyErr_Format(PyExc_TypeError, "source must be a heartbeat.Source, not %s",
                        Py_TYPE(py_source)->tp_name);
}

static int check_value(hbpy_source *channel, PyObject *py_value)
{
    hb_word word;
    if (channel->kind->encode(channel, py_value, &word) < 0)
        return -1;
    channel->kind->drop(channel, word);
    return 0;
}

PyDoc_STRVAR(send_doc,
"send($module, channel, value, /)\n--\n\n"
"Make the case 'send value on channel' for select().\n\n"
"Does not wait and sends nothing yet. A value the channel cannot carry raises\n"
"TypeError or OverflowError here already.");

static PyObject *make_send(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    hbpy_state *state = PyModule_GetState(module);
    if (nargs != 2)
        return PyErr_Format(PyExc_TypeError, "send() takes channel and value (%zd given)", nargs);
    if (!PyObject_TypeCheck(args[0], state->Channel))
        return PyErr_Format(PyExc_TypeError, "channel must be a heartbeat.Channel, not %s",
                            Py_TYPE(args[0])->tp_name);
    if (check_value((hbpy_source *)args[0], args[1]) < 0)
        return NULL;
    return new_case(state->Send, args[0], args[1]);
}

/* ---- the types ---- */

static PyMemberDef members[] = {
    { "source", T_OBJECT_EX, offsetof(hbpy_case, source), READONLY, "The source or channel." },
    { "value", T_OBJECT, offsetof(hbpy_case, py_value), READONLY, "What is to be sent, or None." },
    { NULL, 0, 0, 0, NULL },
};

static PyType_Slot slots[] = {
    { Py_tp_doc, "A case of select(), made by recv() or send()." },
    { Py_tp_dealloc, case_dealloc },
    { Py_tp_traverse, case_traverse },
    { Py_tp_clear, case_clear },
    { Py_tp_repr, case_repr },
    { Py_tp_members, members },
    { 0, NULL },
};

#define CASE_FLAGS                                                                            \
    (Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION |           \
     Py_TPFLAGS_IMMUTABLETYPE)

static PyType_Spec recv_spec = { "heartbeat.Recv", sizeof(hbpy_case), 0, CASE_FLAGS, slots };
static PyType_Spec send_spec = { "heartbeat.Send", sizeof(hbpy_case), 0, CASE_FLAGS, slots };

static PyMethodDef functions[] = {
    { "recv", make_recv, METH_O, recv_doc },
    { "send", (PyCFunction)(void (*)(void))make_send, METH_FASTCALL, send_doc },
    { NULL, NULL, 0, NULL },
};

int hbpy_init_case(PyObject *module, hbpy_state *state)
{
    if (hbpy_add_type(module, &state->Recv, &recv_spec, NULL) < 0 ||
        hbpy_add_type(module, &state->Send, &send_spec, NULL) < 0)
        return -1;
    return PyModule_AddFunctions(module, functions);
}
