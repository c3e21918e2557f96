/* thread_state: how a native thread comes by its thread state.
 *
 * Each makes its own, as it begins, so that whoever starts it need not wait. Two things must not meet
 * with that:
 *
 *   - the end of the interpreter: after it there is nothing to make a state for;
 *   - without the interpreter lock, a fork: to make a state the world may have to be stopped, and who
 *     holds the lock for that would not be in the child, which could never stop it again.
 *
 * So both wait until nobody makes one, and nobody begins to meanwhile.
 *
 * No locks: one word counts who makes a state, and tells who is against it. */
#include "binding.h"

#include "hb_platform.h"

static hb_atomic_u32 makers;
enum {
    OVER = 1 << 30, /* the interpreter ends */
    FORK = 1 << 16, /* one more thread forks */
    MAKING = FORK - 1
};

/* Making one never takes long. */
static void wait_for_makers(void)
{
    while (hb_load_acquire(&makers) & MAKING)
        hb_platform_yield();
}

/* ---- the end ---- */

void hbpy_threads_over(void)
{
    hb_fetch_or(&makers, OVER);
    wait_for_makers();
}

static void wait_for_the_end(void)
{
    hb_atomic_u32 never = 0;
    for (;;)
        hb_platform_park(&never, 0, HB_FOREVER);
}

/* ---- making one ---- */

/* False: it is over. */
static bool begin_to_make(void)
{
    uint32_t now = hb_load_relaxed(&makers);
    while (now >= FORK || !hb_cas(&makers, &now, now + 1)) {
        if (now & OVER)
            return false;
        hb_platform_yield();
        now = hb_load_relaxed(&makers);
    }
    return true;
}

PyThreadState *hbpy_make_thread_state(void)
{
    if (!begin_to_make())
        wait_for_the_end();
    PyThreadState *py_thread = PyThreadState_New(PyInterpreterState_Main());
    hb_fetch_sub(&makers, 1);
    if (!py_thread)
        Py_FatalError("heartbeat: no memory for a thread state");
    return py_thread;
}

/* ---- forks ---- */

/* Neither who made one nor who forked beside is in the child. */
static void forget_makers(void)
{
    hb_store_relaxed(&makers, 0);
}

#ifdef Py_GIL_DISABLED

/* Detached, for who makes a state may have to stop this thread. */
static PyObject *before_fork(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(none))
{
    hb_fetch_add(&makers, FORK);
    Py_BEGIN_ALLOW_THREADS
    wait_for_makers();
    Py_END_ALLOW_THREADS
    Py_RETURN_NONE;
}

static PyObject *after_fork(PyObject *Py_UNUSED(self), PyObject *Py_UNUSED(none))
{
    hb_fetch_sub(&makers, FORK);
    Py_RETURN_NONE;
}

static int watch_forks(void)
{
    static PyMethodDef before = { "before_fork", before_fork, METH_NOARGS, NULL };
    static PyMethodDef after = { "after_fork", after_fork, METH_NOARGS, NULL };
    PyObject *py_os = PyImport_ImportModule("os");
    PyObject *py_register = py_os ? PyObject_GetAttrString(py_os, "register_at_fork") : NULL;
    PyObject *py_hooks = Py_BuildValue("{sNsN}", "before", PyCFunction_New(&before, NULL),
                                       "after_in_parent", PyCFunction_New(&after, NULL));
    PyObject *py_none = PyTuple_New(0);
    PyObject *py_done = py_register && py_hooks && py_none
                            ? PyObject_Call(py_register, py_none, py_hooks) : NULL;
    Py_XDECREF(py_os);
    Py_XDECREF(py_register);
    Py_XDECREF(py_hooks);
    Py_XDECREF(py_none);
    Py_XDECREF(py_done);
    return py_done ? 0 : -1;
}

#else

static int watch_forks(void)
{
    return 0;
}

#endif

int hbpy_init_thread_state(PyObject *module, hbpy_state *state)
{
    (void)module;
    (void)state;
    hb_platform_at_fork_child(forget_makers);
    return watch_forks();
}
