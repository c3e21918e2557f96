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
 * end its sleep, so it looks up every hb_platform_signal_slice(). */
#include "binding.h"

#include "hb_platform.h"

/* Set when the module is loaded and in the child of a fork, both while no other
 * thread can read it. */
static unsigned long main_thread;

static hb_time slice_end(hb_time deadline)
{
    if (PyThread_get_thread_ident() != main_thread)
        return deadline;
    hb_time end = hb_time_add(hb_now(), hb_platform_signal_slice());
    return end < deadline ? end : deadline;
}

/* A peer that has just handed over often still holds the interpreter lock, and
 * lets go of it in its own next wait. Asking too early costs a sleep. */
static void give_way(void)
{
    for (int i = 0; i < 8; i++)
        hb_pause();
}

static hb_status wait_detached(hb_select *select, hb_time deadline)
{
    hb_time until = slice_end(deadline);
    PyThreadState *py_thread = PyEval_SaveThread();
    hb_status status = hb_select_wait(select, until);
    if (status == HB_OK)
        give_way();
    PyEval_RestoreThread(py_thread);
    return status == HB_TIMEOUT && until < deadline ? HB_INTERRUPTED : status;
}

hb_status hbpy_wait(hb_select *select, hb_time deadline)
{
    for (;;) {
        hb_status status = hb_select_begin(select);
        if (status != HB_WOULD_BLOCK)
            return status;
        status = wait_detached(select, deadline);
        if (status == HB_INTERRUPTED && PyErr_CheckSignals() < 0)
            return HB_INTERRUPTED;
        if (status != HB_INTERRUPTED && status != HB_RETRY)
            return status;
    }
}

/* The thread that forks is the child's main thread. */
static void adopt_main_thread(void)
{
    main_thread = PyThread_get_thread_ident();
}

static int find_main_thread(void)
{
    PyObject *py_threading = PyImport_ImportModule("threading");
    PyObject *py_main = py_threading ? PyObject_CallMethod(py_threading, "main_thread", NULL) : NULL;
    PyObject *py_ident = py_main ? PyObject_GetAttrString(py_main, "ident") : NULL;
    if (py_ident)
        main_thread = PyLong_AsUnsignedLong(py_ident);
    Py_XDECREF(py_ident);
    Py_XDECREF(py_main);
    Py_XDECREF(py_threading);
    return PyErr_Occurred() ? -1 : 0;
}

int hbpy_init_gil(PyObject *module, hbpy_state *state)
{
    (void)module;
    (void)state;
    hb_platform_at_fork_child(adopt_main_thread);
    return find_main_thread();
}
