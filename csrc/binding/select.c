/* select: waiting on many sources. */
#include "binding.h"

#include "hb_rand.h"

/* ---- arguments ---- */

int hbpy_parse_select(PyObject *const *args, Py_ssize_t nargs, PyObject *py_kwnames, bool *biased,
                      hb_time *deadline)
{
    static const char *const names[] = { "timeout", "deadline", "biased", NULL };
    PyObject *given[3];
    if (hbpy_parse("select", args, nargs, py_kwnames, names, 0, 0, given) < 0 ||
        hbpy_parse_deadline(given[0], given[1], deadline) < 0)
        return -1;
    return hbpy_parse_flag(given[2], biased);
}

int hbpy_parse_try_select(PyObject *const *args, Py_ssize_t nargs, PyObject *py_kwnames, bool *biased)
{
    static const char *const names[] = { "biased", NULL };
    PyObject *py_biased;
    if (hbpy_parse("try_select", args, nargs, py_kwnames, names, 0, 0, &py_biased) < 0)
        return -1;
    return hbpy_parse_flag(py_biased, biased);
}

/* ---- running ---- */

static hb_status run_all(const hb_case *cases, uint32_t n, bool biased, hb_duty *duty,
                         hb_time deadline, uint32_t *index, hb_word *word)
{
    hb_select select;
    hb_status status = hb_select_init(&select, cases, n, biased);
    if (status != HB_OK)
        return status;
    status = deadline == 0 ? hb_select_try(&select) : hbpy_wait_on_duty(&select, duty, deadline);
    *index = select.index;
    *word = select.word;
    hb_select_fini(&select);
    return status;
}

hb_status hbpy_select_run(const hb_case *cases, Py_ssize_t n, bool biased, hb_duty *duty,
                          hb_time deadline, uint32_t *index, hb_word *word)
{
    hb_status status = HB_WOULD_BLOCK;
    if (deadline != 0 && !biased)
        status = hb_cases_try_any(cases, (uint32_t)n, index, word);
    if (status == HB_WOULD_BLOCK)
        status = run_all(cases, (uint32_t)n, biased, duty, deadline, index, word);
    return status;
}

/* Consumes the cases. A Selected, None if nothing was ready and `wait` is false,
 * or NULL with an exception. */
static PyObject *run(hbpy_state *state, hbpy_cases *cases, bool biased, bool wait, hb_time deadline)
{
    uint32_t i;
    hb_word word;
    PyObject *py_result = NULL;
    hb_status status = hbpy_select_run(cases->items, cases->n, biased, NULL, deadline, &i, &word);
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
    hbpy_state *state = PyModule_GetState(module);
    hb_time deadline = HB_FOREVER;
    bool biased = false;
    hbpy_cases cases;
    if ((py_kwnames && hbpy_parse_select(args + nargs, 0, py_kwnames, &biased, &deadline) < 0) ||
        hbpy_cases_read(state, &cases, args, nargs) < 0)
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
    hbpy_state *state = PyModule_GetState(module);
    bool biased = false;
    hbpy_cases cases;
    if ((py_kwnames && hbpy_parse_try_select(args + nargs, 0, py_kwnames, &biased) < 0) ||
        hbpy_cases_read(state, &cases, args, nargs) < 0)
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
    (void)state;
    return PyModule_AddFunctions(module, functions);
}
