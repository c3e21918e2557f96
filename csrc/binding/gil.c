/* gil: waiting without the interpreter lock, and signals.
 *
 * A call detaches only to park. A signal that arrives meanwhile ends the park;
 * the select has then been taken out of every queue, so the handler may do what
 * it likes, with these channels too. If it raises, the call has had no effect;
 * if not, the select begins anew with its old places in the queues. A message
 * that was handed over before the signal wins: then the call succeeds and the
 * handler runs afterwards, as between any two bytecodes.
 *
 * Only the main thread runs handlers. A signal taken by another thread does not
 * end its sleep, so it looks up every hb_platform_signal_slice().
 *
 * A worker on duty parks with its duty, which pulses meanwhile; all else is the same. */
#include "binding.h"

#include "hb_bubble.h"
#include "hb_platform.h"
#include "hb_spin.h"

/* Set when the module is loaded and in the child of a fork, both while no other
 * thread can read it. */
static unsigned long main_thread;

bool hbpy_is_main_thread(void)
{
    return PyThread_get_thread_ident() == main_thread;
}

static hb_time slice_end(hb_time deadline)
{
    if (!hbpy_is_main_thread() || hb__here) /* in a bubble the sleep itself ends in time */
        return deadline;
    hb_time end = hb_time_add(hb_now(), hb_platform_signal_slice());
    return end < deadline ? end : deadline;
}

/* A peer that has just handed over often still holds the interpreter lock, and
 * lets go of it in its own next wait, some 300 ns later. Asking too early costs a
 * sleep in the kernel; of 0, 100, 300, 600 and 1,200 ns this was the best. */
static void give_way(void)
{
#ifndef Py_GIL_DISABLED
    hb_spin_for(300);
#endif
}

/* Whether the thread has to see to signals before it waits on. */
static bool looks_up(hb_status parked, hb_time until, hb_time deadline)
{
    return hbpy_is_main_thread() &&
           (parked == HB_INTERRUPTED || (parked == HB_TIMEOUT && until < deadline));
}

void hbpy_attach(PyThreadState *py_thread)
{
    hb_thread *here = hb_thread_here();
    if (here)
        hb_thread_attaching(here, true);
    PyEval_RestoreThread(py_thread);
    if (here)
        hb_thread_attaching(here, false);
}

/* A thread that runs no handlers of Python's keeps its place, whatever signal it took. */
static hb_status park(hb_select *select, hb_duty *duty, hb_time until)
{
    hb_status status;
    do {
        status = duty ? hb_duty_park(duty, select, until) : hb_select_park(select, until);
    } while (status == HB_INTERRUPTED && !hbpy_is_main_thread());
    return status;
}

/* To see to signals the main thread must attach first, which takes long while
 * another thread computes. It keeps its place in the queues until then: what is
 * sent meanwhile is its own. */
static hb_status wait_detached(hb_select *select, hb_duty *duty, hb_time deadline)
{
    hb_time until = slice_end(deadline);
    if (hbpy_origins_on())
        hb_thread_id(); /* so that it can be told what this thread waits for, whoever started it */
    PyThreadState *py_thread = PyEval_SaveThread();
    hb_status status = park(select, duty, until);
    bool signals = looks_up(status, until, deadline);
    if (!signals)
        status = hb_select_end(select, status);
    if (status == HB_OK)
        give_way();
    hbpy_attach(py_thread);
    return signals ? hb_select_end(select, HB_INTERRUPTED) : status;
}

hb_status hbpy_wait_on_duty(hb_select *select, hb_duty *duty, hb_time deadline)
{
    for (;;) {
        hb_status status = hb_select_begin(select);
        if (status != HB_WOULD_BLOCK)
            return status;
        status = wait_detached(select, duty, deadline);
        if (status != HB_INTERRUPTED || PyErr_CheckSignals() < 0)
            return status;
    }
}

hb_status hbpy_wait(hb_select *select, hb_time deadline)
{
    return hbpy_wait_on_duty(select, NULL, deadline);
}

hb_status hbpy_sleep(hb_time deadline)
{
    hb_select nothing;
    hb_select_init(&nothing, NULL, 0, false); /* no cases need no memory */
    hb_status status = hbpy_wait(&nothing, deadline);
    hb_select_fini(&nothing);
    return status;
}

hb_status hbpy_wait_for_quiet(void)
{
    hb_status status;
    do {
        PyThreadState *py_thread = PyEval_SaveThread();
        status = hb_bubble_wait();
        hbpy_attach(py_thread);
    } while (status == HB_INTERRUPTED && PyErr_CheckSignals() == 0);
    return status;
}

/* The thread that forks is the child's main thread. */
static void adopt_main_thread(void)
{
    main_thread = PyThread_get_thread_ident();
}

static int find_main_thread(PyObject *py_threading)
{
    PyObject *py_main = PyObject_CallMethod(py_threading, "main_thread", NULL);
    PyObject *py_ident = py_main ? PyObject_GetAttrString(py_main, "ident") : NULL;
    if (py_ident)
        main_thread = PyLong_AsUnsignedLong(py_ident);
    Py_XDECREF(py_ident);
    Py_XDECREF(py_main);
    return PyErr_Occurred() ? -1 : 0;
}

int hbpy_init_gil(PyObject *module, hbpy_state *state)
{
    (void)module;
    hb_platform_at_fork_child(adopt_main_thread);
    return find_main_thread(state->threading);
}
