/* turn: one participant at a time, where the seed of a bubble decides who goes next.
 *
 * Whoever gets the turn needs the interpreter lock, so it is given away detached. From then on
 * until the thread has it again and is attached, no code of the program runs in it: what runs of
 * the program is always one thread, the one that has the turn. */
#include "bubble.h"

#include "hb_schedule.h"

static hbpy_state *state_of(PyObject *self)
{
    return PyModule_Check(self) ? PyModule_GetState(self) : hbpy_state_of(self);
}

/* Where the operation is that begins now. What is done side by side, at the end, is no part of a
 * schedule. */
static void trace(void)
{
    char where[HB_ORIGIN_SIZE];
    hb_bubble *bubble = hb_bubble_here();
    hb_trace *kept = hb_schedule_of(hb_bubble_turns(bubble))->trace;
    if (!hb_bubble_look(bubble).over && hbpy_origin_here(where, sizeof where))
        hb_trace_note(kept, hb_bubble_number_here(), hb_now(), where);
}

static hb_status yield_detached(void)
{
    PyThreadState *py_thread = PyEval_SaveThread();
    hb_status status = hb_bubble_yield();
    hbpy_attach(py_thread);
    return status;
}

int hbpy_take_turn(PyObject *self)
{
    hb_status status;
    while ((status = yield_detached()) == HB_INTERRUPTED)
        if (PyErr_CheckSignals() < 0)
            return -1;
    if (status != HB_OK)
        hbpy_raise(state_of(self), status);
    else
        trace();
    return status == HB_OK ? 0 : -1;
}

/* With no place for an exception, a stall is left to the next wait. */
void hbpy_point_anywhere(void)
{
    if (!hb_bubble_takes_turns())
        return;
    if (PyGILState_Check())
        yield_detached();
    else
        hb_bubble_yield();
}
