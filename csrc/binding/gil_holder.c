/* gil_holder: which thread holds the interpreter lock, asked without it.
 *
 * CPython keeps this where each version likes: 3.11 has a pointer to the current thread state,
 * 3.12 a flag in each thread state, later versions a word that says whether it is attached.
 * Thread states come and go while we look, so they are copied by the system, which
 * refuses what is not there, and what was copied is believed only if it looks like one. An answer
 * can be stale, as every answer to this question. */
#include "gil_holder.h"

#include "hb_platform.h"

#define MOST_STATES 100000 /* freed memory could lead us in a circle */
#define ATTACHED 1         /* of PyThreadState.state */

static bool copy_state(PyThreadState *copy, const PyThreadState *py_thread)
{
    return hb_platform_peek(copy, py_thread, sizeof *copy) && copy->interp == PyInterpreterState_Main();
}

#if defined(Py_GIL_DISABLED)

/* There is none to hold. */
int32_t hbpy_gil_holder(void)
{
    (void)copy_state;
    return HBPY_HOLDER_UNKNOWN;
}

#elif PY_VERSION_HEX < 0x030c0000

int32_t hbpy_gil_holder(void)
{
    PyThreadState copy;
    PyThreadState *py_current = _PyThreadState_UncheckedGet();
    if (!py_current)
        return HBPY_HOLDER_NONE;
    return copy_state(&copy, py_current) ? (int32_t)copy.native_thread_id : HBPY_HOLDER_UNKNOWN;
}

#else

static bool holds(const PyThreadState *py_thread)
{
#if PY_VERSION_HEX < 0x030d0000
    return py_thread->_status.active;
#else
    return py_thread->state == ATTACHED;
#endif
}

int32_t hbpy_gil_holder(void)
{
    PyThreadState copy;
    const PyThreadState *py_next = PyInterpreterState_ThreadHead(PyInterpreterState_Main());
    for (int i = 0; py_next && i < MOST_STATES; i++) {
        if (!copy_state(&copy, py_next))
            return HBPY_HOLDER_UNKNOWN;
        if (holds(&copy))
            return (int32_t)copy.native_thread_id;
        py_next = copy.next;
    }
    return HBPY_HOLDER_NONE;
}

#endif
