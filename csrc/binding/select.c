/* select: waiting on many sources, and what came of it. */
#include "binding.h"

#include "hb_rand.h"

/* ---- outcome ---- */

static PyStructSequence_Field selected_fields[] = {
    { "index", "the position of the case that happened" },
    { "value", "what was received; None for a send and for a closed source" },
    { "ok", "False when the source was closed" },
    { "source", "the source or channel of the case" },
    { NULL, NULL },
};

static PyStructSequence_Desc selected_desc = {
    "heartbeat.Selected",
    "What a select came to: the tuple (index, value, ok), with .source.",
    selected_fields,
    3,
};

/* Takes over py_index and py_value. */
static PyObject *new_selected(hbpy_state *state, PyObject *py_index, PyObject *py_value, bool ok,
                              hbpy_source *source)
{
    PyObject *py_selected = py_index && py_value ? PyStructSequence_New(state->Selected) : NULL;
    if (!py_selected) {
        Py_XDECREF(py_index);
        Py_XDECREF(py_value);
        return NULL;
    }
    PyStructSequence_SetItem(py_selected, 0, py_index);
    PyStructSequence_SetItem(py_selected, 1, py_value);
    PyStructSequence_SetItem(py_selected, 2, PyBool_FromLong(ok));
    PyStructSequence_SetItem(py_selected, 3, Py_NewRef((PyObject *)source));
    PyObject_GC_Track(py_selected); /* the interpreter does not, when C makes one */
    return py_selected;
}

PyObject *hbpy_select_outcome(hbpy_state *state, PyObject *py_index, hbpy_source *source,
                              const hb_case *item, hb_status status, hb_word word)
{
    bool sending = item->direction == HB_SEND;
    if (sending && status == HB_CLOSED) {
        Py_XDECREF(py_index);
        source->kind->raise_closed(source);
        return NULL;
    }
    bool received = !sending && status == HB_OK;
    PyObject *py_value = received ? source->kind->decode(source, word) : Py_NewRef(Py_None);
    return new_selected(state, py_index, py_value, status == HB_OK, source);
}

/* ---- running ---- */

hb_status hbpy_select_run(hbpy_cases *cases, bool biased, hb_time deadline, uint32_t *index,
                          hb_word *word)
{
    hb_select select;
    hb_status status = hb_select_init(&select, cases->items, (uint32_t)cases->n, biased);
    if (status != HB_OK)
        return status;
    status = deadline == 0 ? hb_select_try(&select) : hbpy_wait(&select, deadline);
    *index = select.index;
    *word = select.word;
    hb_select_fini(&select);
    return status;
}

/* Consumes the cases. A Selected, None if nothing was ready and `wait` is false,
 * or NULL with an exception. */
static PyObject *run(hbpy_state *state, hbpy_cases *cases, bool biased, bool wait, hb_time deadline)
{
    uint32_t i;
    hb_word word;
    PyObject *py_result = NULL;
    hb_status status = hbpy_select_run(cases, biased, deadline, &i, &word);
    if (status == HB_OK || status == HB_CLOSED)
        py_result = hbpy_select_outcome(state, PyLong_FromUnsignedLong(i), cases->sources[i],
                                        &cases->items[i], status, word);
    else if (status == HB_WOULD_BLOCK && !wait)
        py_result = Py_NewRef(Py_None);
    else
        hbpy_raise(state, status == HB_WOULD_BLOCK ? HB_TIMEOUT : status);
    hbpy_cases_drop(cases, status == HB_OK ? (Py_ssize_t)i : -1);
    return py_result;
}

PyDoc_STRVAR(select_doc,
"select($module, /, *cases, timeout=None, deadline=None, biased=False)\n--\n\n"
"Wait until one of the cases can happen, and make exactly that one happen.\n\n"
"A case is a source (a Channel, Timer, Ticker, Task ...: receive from it),\n"
"recv(source), send(channel, value), or None, which is never ready. Returns\n"
"Selected(index, value, ok): the position of the case, the value received, and\n"
"whether the source was open; .source is the source itself.\n\n"
"If several are ready, one is chosen at random, each with the same chance (see\n"
"seed()), as Go's select; with biased=True the first. Blocks at most `timeout`\n"
"seconds (None: for ever, 0: not at all), or until the instant `deadline` on the\n"
"clock of now(); then TimeoutError is raised and nothing has happened. Choosing a\n"
"send on a closed channel raises Closed. At most 65,536 cases, else ValueError; all\n"
"are checked before anything happens.\n\n"
"    which = select(results, after(5.0), send(jobs, job))\n"
"    if which.source is results and which.ok: ...");

static PyObject *module_select(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                               PyObject *py_kwnames)
{
    if (hbpy_point(module) < 0)
        return NULL;
    static const char *const names[] = { "timeout", "deadline", "biased", NULL };
    hbpy_state *state = PyModule_GetState(module);
    PyObject *given[3] = { NULL, NULL, NULL };
    hb_time deadline;
    hbpy_cases cases;
    bool biased;
    if ((py_kwnames && hbpy_parse("select", args + nargs, 0, py_kwnames, names, 0, 0, given) < 0) ||
        hbpy_parse_deadline(given[0], given[1], &deadline) < 0 ||
        hbpy_parse_flag(given[2], &biased) < 0 || hbpy_cases_read(state, &cases, args, nargs) < 0)
        return NULL;
    return run(state, &cases, biased, true, deadline);
}

PyDoc_STRVAR(try_select_doc,
"try_select($module, /, *cases, biased=False)\n--\n\n"
"As select(), but never blocks: None when no case can happen now.");

static PyObject *module_try_select(PyObject *module, PyObject *const *args, Py_ssize_t nargs,
                                   PyObject *py_kwnames)
{
    if (hbpy_point(module) < 0)
        return NULL;
    static const char *const names[] = { "biased", NULL };
    hbpy_state *state = PyModule_GetState(module);
    PyObject *py_biased;
    hbpy_cases cases;
    bool biased;
    if (hbpy_parse("try_select", args + nargs, 0, py_kwnames, names, 0, 0, &py_biased) < 0 ||
        hbpy_parse_flag(py_biased, &biased) < 0 || hbpy_cases_read(state, &cases, args, nargs) < 0)
        return NULL;
    return run(state, &cases, biased, false, 0);
}

/* ---- chance ---- */

PyDoc_STRVAR(seed_doc,
"seed($module, value=None, /)\n--\n\n"
"Seed the calling thread's generator of random choices.\n\n"
"After the same int, select() in this thread makes the same choices among the same\n"
"ready cases. None seeds afresh. Each thread has a generator of its own.");

static PyObject *module_seed(PyObject *module, PyObject *const *args, Py_ssize_t nargs)
{
    (void)module;
    if (nargs > 1)
        return PyErr_Format(PyExc_TypeError, "seed() takes at most 1 argument (%zd given)", nargs);
    if (nargs == 0 || args[0] == Py_None) {
        hb_rand_unseed();
        Py_RETURN_NONE;
    }
    if (!PyLong_Check(args[0]))
        return PyErr_Format(PyExc_TypeError, "value must be an int or None, not %s",
                            Py_TYPE(args[0])->tp_name);
    unsigned long long seed = PyLong_AsUnsignedLongLongMask(args[0]);
    if (seed == (unsigned long long)-1 && PyErr_Occurred())
        return NULL;
    hb_rand_seed(seed);
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    { "select", (PyCFunction)(void (*)(void))module_select, METH_FASTCALL | METH_KEYWORDS, select_doc },
    { "try_select", (PyCFunction)(void (*)(void))module_try_select, METH_FASTCALL | METH_KEYWORDS,
      try_select_doc },
    { "seed", (PyCFunction)(void (*)(void))module_seed, METH_FASTCALL, seed_doc },
    { NULL, NULL, 0, NULL },
};

int hbpy_init_select(PyObject *module, hbpy_state *state)
{
    if (hbpy_add_struct(module, &state->Selected, &selected_desc) < 0)
        return -1;
    return PyModule_AddFunctions(module, functions);
}
