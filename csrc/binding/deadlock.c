/* deadlock: threads of the engine that wait for what only they themselves could bring about.
 *
 * A claim is a set of threads, and rests on this. Each of them runs a function that go() was given,
 * and waits in an operation on channels, with no deadline. To end the wait of one, somebody must
 * use one of its channels, and to do so hold a reference to it, or come by one along references
 * that start at a running thread or a module. But of each of these channels all references
 * that CPython counts are accounted for: they are in the frames and arguments of threads of the set,
 * or in objects of which, in turn, all references are. So nobody outside of the set can
 * reach one; and inside of it nobody runs. That stays so for ever.
 *
 *   D1 References are counted at one moment: from the first look at a thread to the last count no
 *      Python runs, no object is made or dropped, and the interpreter lock is kept.
 *   D2 A thread is the one that was looked at before, in the same wait: so its frames stand still, and
 *      what was worked out about them holds.
 *   D3 What a frame refers to is read from the frame: its variables, and as much of its stack as
 *      is in use at the instruction it is at. Of the frame object itself there are two references,
 *      the frame's and the caller's: nobody else can look at the variables through it.
 *   D4 What holds a channel without an object (extensions, monitors, selectors) holds its hb_chan, or
 *      watches it: then there is no claim. A sleep, a timer, a task's end, an object of a bubble
 *      is no channel of this kind.
 *   D5 A task refers to its function and arguments on behalf of its thread: whoever else holds the
 *      task cannot get at them.
 *
 * What goes through the lists of the collector can reach everything, and is not considered.
 * Frames have this form up to CPython 3.13; without an interpreter lock D1 cannot be had. */
#define Py_BUILD_CORE 1
#include "deadlock.h"

#include "hb_thread.h"
#include "task.h"

#if PY_VERSION_HEX < 0x030e0000 && !defined(Py_GIL_DISABLED)
#define HBPY_SEES_FRAMES 1
#include <internal/pycore_frame.h>
#endif

#define MOST_CASES 64u

/* ---- which threads wait ---- */

/* (id, ident, number of the wait, name, where it was started) */
static PyObject *wait_row(const hb_endless_wait *wait)
{
    hb_thread_view view;
    hb_thread_look(wait->id, &view);
    return Py_BuildValue("(IKKs)", wait->id, (unsigned long long)wait->ident, (unsigned long long)wait->number,
                         view.name);
}

PyDoc_STRVAR(endless_doc,
"_endless_waits($module, /)\n--\n\n"
"(id, ident, number of the wait, name) of each thread of a task that waits without a deadline.");

static PyObject *endless_waits(PyObject *module, PyObject *unused)
{
    (void)unused;
    hb_endless_wait wait = { .id = 0 };
    if (hb__here)
        return hbpy_raise(PyModule_GetState(module), HB_MISUSED);
    PyObject *py_rows = PyList_New(0);
    while (py_rows && hb_thread_endless(wait.id, &wait, NULL, 0)) {
        PyObject *py_row = wait.charge ? wait_row(&wait) : NULL;
        if (wait.charge && (!py_row || PyList_Append(py_rows, py_row) < 0))
            Py_CLEAR(py_rows);
        Py_XDECREF(py_row);
    }
    return py_rows;
}

#ifdef HBPY_SEES_FRAMES

/* ---- what a thread refers to ---- */

#if PY_VERSION_HEX >= 0x030c0000
static PyObject *function_of(_PyInterpreterFrame *frame)
{
    return frame->f_funcobj;
}
#else
static PyObject *function_of(_PyInterpreterFrame *frame)
{
    return (PyObject *)frame->f_func;
}
#endif

/* D3. A frame that calls a Python function tells how deep its stack is; of any other it must be
 * known, and `depth` is -1 if it is not. */
static bool refer_to_frame(hbpy_graph *graph, uint32_t vertex, PyObject *py_frame, int depth)
{
    _PyInterpreterFrame *frame = ((PyFrameObject *)py_frame)->f_frame;
    if (Py_REFCNT(py_frame) != 2 || frame->owner != FRAME_OWNED_BY_THREAD || (frame->stacktop < 0 && depth < 0))
        return false;
    PyCodeObject *code = PyFrame_GetCode((PyFrameObject *)py_frame);
    int n = frame->stacktop >= 0 ? frame->stacktop : code->co_nlocalsplus + depth;
    bool fits = n <= code->co_nlocalsplus + code->co_stacksize;
    Py_DECREF(code);
    for (int i = 0; fits && i < n; i++)
        hbpy_graph_refer(graph, vertex, frame->localsplus[i]);
    hbpy_graph_refer(graph, vertex, function_of(frame));
    hbpy_graph_refer(graph, vertex, frame->f_locals);
    return fits;
}

/* D5. */
static void refer_to_task(hbpy_graph *graph, uint32_t vertex, const hbpy_task *task)
{
    hbpy_graph_refer(graph, vertex, task->py_fn);
    hbpy_graph_refer(graph, vertex, task->py_args);
    hbpy_graph_refer(graph, vertex, task->py_kwargs);
    hbpy_graph_refer(graph, vertex, task->py_context);
}

typedef struct suspect {
    hb_endless_wait wait;
    hb_source *sources[MOST_CASES];
    bool fit; /* all is known of it */
} suspect;

/* D2. `py_frames`: ((frame, depth), ...) */
static bool look_at(suspect *thread, hbpy_graph *graph, uint32_t vertex, unsigned id, unsigned long long number,
                    PyObject *py_frames)
{
    if (!hb_thread_endless(id - 1, &thread->wait, thread->sources, MOST_CASES) || thread->wait.id != id ||
        thread->wait.number != number || thread->wait.n > MOST_CASES || !thread->wait.charge)
        return false;
    hbpy_graph_begin(graph, vertex);
    refer_to_task(graph, vertex, thread->wait.charge);
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(py_frames); i++) {
        PyObject *py_pair = PyTuple_GET_ITEM(py_frames, i);
        if (!refer_to_frame(graph, vertex, PyTuple_GET_ITEM(py_pair, 0),
                            (int)PyLong_AsLong(PyTuple_GET_ITEM(py_pair, 1))))
            return false;
    }
    return true;
}

/* ---- who is stuck ---- */

/* D4. */
static bool is_out_of_reach(hbpy_state *state, hbpy_graph *graph, const hb_source *source)
{
    for (size_t i = 0; source && i < graph->n; i++) {
        const hbpy_vertex *vertex = &graph->vertices[i];
        if (vertex->object && vertex->owned && PyObject_TypeCheck(vertex->object, state->Channel) &&
            ((hbpy_source *)vertex->object)->source == source)
            return hb_chan_is_sole(hbpy_channel_chan(state, vertex->object));
    }
    return !source;
}

static bool is_stuck(hbpy_state *state, hbpy_graph *graph, const suspect *thread)
{
    uint32_t channels = 0;
    for (uint32_t i = 0; i < thread->wait.n; i++) {
        if (!is_out_of_reach(state, graph, thread->sources[i]))
            return false;
        channels += thread->sources[i] != NULL;
    }
    return channels > 0;
}

/* The greatest set: who is not stuck takes along those who are only because of it. */
static void narrow(hbpy_state *state, hbpy_graph *graph, const suspect *threads, uint32_t n)
{
    bool changed;
    for (uint32_t i = 0; i < n; i++)
        if (!threads[i].fit)
            hbpy_graph_drop(graph, i);
    do {
        changed = false;
        for (uint32_t i = 0; i < n; i++)
            if (graph->vertices[i].owned && !is_stuck(state, graph, &threads[i])) {
                hbpy_graph_drop(graph, i);
                changed = true;
            }
    } while (changed);
}

/* (index of a suspect, number of its group), ... */
static PyObject *claims(hbpy_graph *graph, uint32_t n)
{
    PyObject *py_claims = PyList_New(0);
    hbpy_graph_join(graph);
    for (uint32_t i = 0; py_claims && i < n; i++) {
        if (!graph->vertices[i].owned)
            continue;
        PyObject *py_claim = Py_BuildValue("(II)", i, hbpy_graph_group(graph, i));
        if (!py_claim || PyList_Append(py_claims, py_claim) < 0)
            Py_CLEAR(py_claims);
        Py_XDECREF(py_claim);
    }
    return py_claims;
}

/* D1: from the first look to the last count nothing is made. */
static bool find(hbpy_state *state, hbpy_graph *graph, suspect *threads, PyObject *py_suspects)
{
    uint32_t n = (uint32_t)PyTuple_GET_SIZE(py_suspects);
    for (uint32_t i = 0; i < n; i++) {
        PyObject *py_suspect = PyTuple_GET_ITEM(py_suspects, i);
        threads[i].fit = look_at(&threads[i], graph, i, (unsigned)PyLong_AsUnsignedLong(PyTuple_GET_ITEM(py_suspect, 0)),
                                 PyLong_AsUnsignedLongLong(PyTuple_GET_ITEM(py_suspect, 1)),
                                 PyTuple_GET_ITEM(py_suspect, 2));
    }
    hbpy_graph_grow(graph);
    if (!graph->failed)
        narrow(state, graph, threads, n);
    return !graph->failed;
}

static PyObject *stuck_of(hbpy_state *state, PyObject *py_suspects)
{
    uint32_t n = (uint32_t)PyTuple_GET_SIZE(py_suspects);
    hbpy_graph graph;
    suspect *threads = PyMem_RawCalloc(n + 1, sizeof *threads);
    bool made = hbpy_graph_init(&graph, n, state->Task) && threads;
    PyObject *py_claims = NULL;
    if (!made)
        PyErr_NoMemory();
    else if (!find(state, &graph, threads, py_suspects))
        py_claims = PyList_New(0); /* too much to look at: no claim */
    else
        py_claims = claims(&graph, n);
    hbpy_graph_fini(&graph);
    PyMem_RawFree(threads);
    return py_claims;
}

#else

static PyObject *stuck_of(hbpy_state *state, PyObject *py_suspects)
{
    (void)py_suspects;
    PyErr_SetString(state->Error, "deadlocks cannot be detected by this interpreter");
    return NULL;
}

#endif

PyDoc_STRVAR(stuck_doc,
"_stuck($module, suspects, /)\n--\n\n"
"Which of these threads can never run again: (index, number of its group) for each.\n\n"
"A suspect is (id, number of its wait, ((frame, depth of its stack), ...)).");

static PyObject *stuck(PyObject *module, PyObject *py_suspects)
{
    if (!PyTuple_Check(py_suspects))
        return PyErr_Format(PyExc_TypeError, "suspects must be a tuple");
    if (PyTuple_GET_SIZE(py_suspects) == 0)
        return PyList_New(0);
    return stuck_of(PyModule_GetState(module), py_suspects);
}

static PyMethodDef functions[] = {
    { "_endless_waits", endless_waits, METH_NOARGS, endless_doc },
    { "_stuck", stuck, METH_O, stuck_doc },
    { NULL, NULL, 0, NULL },
};

int hbpy_init_deadlock(PyObject *module, hbpy_state *state)
{
    (void)state;
#ifdef HBPY_SEES_FRAMES
    if (PyModule_AddObjectRef(module, "_DETECTS_DEADLOCKS", Py_True) < 0)
        return -1;
#else
    if (PyModule_AddObjectRef(module, "_DETECTS_DEADLOCKS", Py_False) < 0)
        return -1;
#endif
    return PyModule_AddFunctions(module, functions);
}
