/* bubble_report: who takes part in a bubble, and what each waits for.
 *
 * Here what the core knows becomes tuples; the explainer adds Python's stacks and puts all into
 * words. What the core tells of one participant is of one moment; of several it is, too, as
 * long as none runs. */
#include "bubble.h"

#include "hb_thread.h"

/* ---- one participant ---- */

static PyObject *text_of(const char *text)
{
    if (!*text)
        Py_RETURN_NONE;
    return PyUnicode_DecodeUTF8(text, (Py_ssize_t)strlen(text), "replace");
}

static PyObject *instant(hb_time time)
{
    if (time == HB_FOREVER)
        Py_RETURN_NONE;
    return hbpy_seconds(time);
}

static PyObject *case_row(const hb_view_case *c)
{
    return Py_BuildValue("(ssKNN)", c->direction == HB_SEND ? "send to" : "receive from", c->kind,
                         (unsigned long long)(uintptr_t)c->address, text_of(c->name), hbpy_origin_text(c->address));
}

static PyObject *case_rows(const hb_thread_view *wait)
{
    uint32_t n = wait->cases < HB_VIEW_CASES ? wait->cases : HB_VIEW_CASES;
    PyObject *py_rows = PyTuple_New(n);
    for (uint32_t i = 0; py_rows && i < n; i++) {
        PyObject *py_row = case_row(&wait->shown[i]);
        if (py_row)
            PyTuple_SET_ITEM(py_rows, i, py_row);
        else
            Py_CLEAR(py_rows);
    }
    return py_rows;
}

/* (number, name, ident, state, idles, waits, since, until, created, how many cases, cases) */
static PyObject *row(const hb_participant_view *participant, const hb_thread_view *thread,
                     const hb_thread_view *failed)
{
    const hb_thread_view *wait = failed ? failed : thread;
    const char *state = !thread->ident ? "starting" : participant->sleeps || failed ? "waiting" : "running";
    bool waits = wait->state == HB_THREAD_WAITS;
    bool idles = participant->idles || (failed && !failed->bubble);
    return Py_BuildValue("(INKsNNNNNIN)", participant->number, text_of(thread->name),
                         (unsigned long long)thread->ident, state, PyBool_FromLong(idles), PyBool_FromLong(waits),
                         instant(waits && wait->bubble ? wait->since : HB_FOREVER),
                         instant(failed ? failed->until : participant->sleeps ? participant->until : HB_FOREVER), text_of(thread->origin),
                         waits ? wait->cases : 0, case_rows(wait));
}

/* ---- all of them ---- */

/* A new array of *n views, to be freed; NULL: no memory. Some may have come or gone meanwhile. */
static hb_participant_view *views_of(hb_bubble *bubble, size_t *n)
{
    size_t room = hb_bubble_participants(bubble, NULL, 0) + 8;
    hb_participant_view *views = PyMem_Calloc(room, sizeof *views);
    if (!views)
        return (hb_participant_view *)PyErr_NoMemory();
    size_t all = hb_bubble_participants(bubble, views, room);
    *n = all < room ? all : room;
    return views;
}

static PyObject *rows_of(hb_bubble *bubble, const hb_thread_view *failed)
{
    size_t n = 0;
    uint32_t own = hb_thread_id();
    hb_participant_view *views = views_of(bubble, &n);
    PyObject *py_rows = views ? PyList_New(0) : NULL;
    for (size_t i = 0; py_rows && i < n; i++) {
        hb_thread_view thread;
        hb_thread_look(views[i].thread, &thread);
        PyObject *py_row = row(&views[i], &thread, views[i].thread == own ? failed : NULL);
        if (!py_row || PyList_Append(py_rows, py_row) < 0)
            Py_CLEAR(py_rows);
        Py_XDECREF(py_row);
    }
    PyMem_Free(views);
    return py_rows;
}

PyObject *hbpy_bubble_explain(hbpy_state *state, const char *function, hb_bubble *bubble, bool failed)
{
    if (!state->explainer)
        Py_RETURN_NONE;
    PyObject *py_rows = rows_of(bubble, failed ? hb_bubble_failed_wait() : NULL);
    PyObject *py_now = py_rows ? hbpy_seconds(hb_bubble_now(bubble)) : NULL;
    PyObject *py_told = py_now ? PyObject_CallMethod(state->explainer, function, "OO", py_rows, py_now) : NULL;
    Py_XDECREF(py_now);
    Py_XDECREF(py_rows);
    return py_told;
}

/* ---- methods ---- */

PyDoc_STRVAR(participants_doc,
"participants($self, /)\n--\n\n"
"Return a Participant for each thread that takes part now, the host first.\n\n"
"Participant(number, name, ident, state, where, since, created, stack): state is 'running',\n"
"'waiting' or 'starting'; where: what it waits for, in words; since: the instant it began to,\n"
"on the bubble's clock; created: 'file:line'; stack: its Python stack as text. What does not\n"
"apply is None. Does not block.");

static PyObject *Bubble_participants(PyObject *self, PyObject *unused)
{
    (void)unused;
    return hbpy_bubble_explain(hbpy_state_of(self), "participants", bubble_of(self)->bubble, false);
}

PyDoc_STRVAR(report_doc,
"report($self, /)\n--\n\n"
"Return a text that tells of every participant what it does at this moment.\n\n"
"For each: its name, where it was created, what it waits for since when, who else holds\n"
"that, and its Python stack. It is what DeadlockError.report holds. Does not block.");

static PyObject *Bubble_report(PyObject *self, PyObject *unused)
{
    (void)unused;
    return hbpy_bubble_explain(hbpy_state_of(self), "report", bubble_of(self)->bubble, false);
}

PyMethodDef hbpy_bubble_participants_method = { "participants", Bubble_participants, METH_NOARGS, participants_doc };
PyMethodDef hbpy_bubble_report_method = { "report", Bubble_report, METH_NOARGS, report_doc };

/* ---- errors with a report ---- */

PyObject *hbpy_error_with_report(PyObject *py_class, const char *text, PyObject *py_report)
{
    PyObject *py_error = py_report == Py_None ? PyObject_CallFunction(py_class, "s", text)
                                              : PyObject_CallFunction(py_class, "N", PyUnicode_FromFormat(
                                                                          "%s\n\n%U", text, py_report));
    if (py_error && PyObject_SetAttrString(py_error, "report", py_report) < 0)
        Py_CLEAR(py_error);
    return py_error;
}

/* A report that cannot be had, for want of memory or because it was interrupted, is what is raised. */
void hbpy_raise_reported(hbpy_state *state, PyObject *py_class, const char *text)
{
    hb_bubble *bubble = hb_bubble_here();
    PyObject *py_report = bubble ? hbpy_bubble_explain(state, "report", bubble, true) : Py_NewRef(Py_None);
    PyObject *py_error = py_report ? hbpy_error_with_report(py_class, text, py_report) : NULL;
    if (py_error)
        PyErr_SetObject(py_class, py_error);
    Py_XDECREF(py_error);
    Py_XDECREF(py_report);
}

/* ---- the explainer ---- */

PyDoc_STRVAR(explain_doc,
"_explain_with($module, explainer, /)\n--\n\n"
"Have an object put into words what is known: participants(), report() and leaks(), each called\n"
"with rows and the present instant.");

static PyObject *explain_with(PyObject *module, PyObject *py_explainer)
{
    hbpy_state *state = PyModule_GetState(module);
    Py_XSETREF(state->explainer, Py_NewRef(py_explainer));
    Py_RETURN_NONE;
}

PyDoc_STRVAR(look_at_doc,
"_look_at($module, id, /)\n--\n\n"
"(name, ident, since, created, how many cases its wait has, cases) of the thread with that id.");

static PyObject *look_at(PyObject *module, PyObject *py_id)
{
    (void)module;
    hb_thread_view view;
    unsigned long id = PyLong_AsUnsignedLong(py_id);
    if (id == (unsigned long)-1 && PyErr_Occurred())
        return NULL;
    hb_thread_look((uint32_t)id, &view);
    return Py_BuildValue("(NKNNIN)", text_of(view.name), (unsigned long long)view.ident, hbpy_seconds(view.since),
                         text_of(view.origin), view.cases, case_rows(&view));
}

PyDoc_STRVAR(source_of_doc,
"_source_of($module, thing, /)\n--\n\n"
"By what number rows tell the source that a thing is; 0 if it is none.");

static PyObject *source_of(PyObject *module, PyObject *py_thing)
{
    hbpy_state *state = PyModule_GetState(module);
    bool is_source = PyObject_TypeCheck(py_thing, state->Source);
    return PyLong_FromVoidPtr(is_source ? ((hbpy_source *)py_thing)->source : NULL);
}

static PyMethodDef functions[] = {
    { "_explain_with", explain_with, METH_O, explain_doc },
    { "_source_of", source_of, METH_O, source_of_doc },
    { "_look_at", look_at, METH_O, look_at_doc },
    { NULL, NULL, 0, NULL },
};

int hbpy_init_bubble_report(PyObject *module, hbpy_state *state)
{
    (void)state;
    return PyModule_AddFunctions(module, functions);
}
