/* dump_signal: the table of dump(), written when a signal comes.
 *
 * The handler does what a handler may: it counts, and wakes a native thread, which writes. That
 * thread needs neither the interpreter lock nor the thread that took the signal; so it works while
 * both are stuck. It sleeps in between, and ends with dump_on_signal(None).
 *
 *   S1 A handler is given back only while it is ours: who has taken the signal since keeps it.
 *   S2 A signal that comes while a table is written leads to another one.
 *
 * Locking: `lock` guards the choice of the signal; it is held by attached threads, briefly. */
#include "binding.h"

#include <errno.h>
#include <signal.h>

#include "hb_action.h"
#include "hb_platform.h"

static struct {
    hb_lock lock;
    int signum;              /* lock: 0: none */
    struct sigaction before; /* lock */
    hb_atomic_u32 fd;        /* where the thread writes */
    hb_atomic_u32 calls;     /* the thread parks here */
    hb_atomic_u32 ends;      /* the thread is to end */
    hb_atomic_u32 running;   /* there is a thread; who ends it parks here */
} wanted;

/* ---- the handler and the thread ---- */

static void call(void)
{
    hb_fetch_add(&wanted.calls, 1);
    hb_platform_unpark(&wanted.calls);
}

static void handle(int signum)
{
    int error = errno;
    (void)signum;
    call();
    errno = error;
}

static void serve(void *unused)
{
    (void)unused;
    uint32_t served = hb_load_acquire(&wanted.calls);
    hb_store_release(&wanted.running, 2);
    hb_platform_unpark(&wanted.running);
    while (!hb_load_acquire(&wanted.ends)) {
        uint32_t seen = hb_load_acquire(&wanted.calls);
        if (seen == served)
            hb_platform_park(&wanted.calls, seen, HB_FOREVER);
        else
            hb_dump((int)hb_load_relaxed(&wanted.fd));
        served = seen;
    }
    hb_store_release(&wanted.running, 0);
    hb_platform_unpark(&wanted.running);
}

/* Waits, detached, while the thread is in that state of its life. */
static void wait_while(uint32_t state)
{
    PyThreadState *py_thread = PyEval_SaveThread();
    while (hb_load_acquire(&wanted.running) == state)
        hb_platform_park(&wanted.running, state, HB_FOREVER);
    hbpy_attach(py_thread);
}

static hb_status start_thread(void)
{
    uint32_t none = 0;
    if (!hb_cas(&wanted.running, &none, 1))
        return HB_OK;
    hb_store_release(&wanted.ends, 0);
    hb_status started = hb_platform_thread(serve, NULL, "hb-dump", HB_SIGNALS_BLOCKED);
    if (started == HB_OK)
        wait_while(1); /* a signal before that would be missed */
    else
        hb_store_release(&wanted.running, 0);
    return started;
}

static void end_thread(void)
{
    if (!hb_load_acquire(&wanted.running))
        return;
    hb_store_release(&wanted.ends, 1);
    call();
    wait_while(2);
}

/* ---- the signal ---- */

static void give_back_locked(void)
{
    struct sigaction now;
    if (wanted.signum && sigaction(wanted.signum, NULL, &now) == 0 && now.sa_handler == handle) /* S1 */
        sigaction(wanted.signum, &wanted.before, NULL);
    wanted.signum = 0;
}

/* 0, or the error of the system. */
static int take_locked(int signum)
{
    struct sigaction ours = { .sa_handler = handle, .sa_flags = SA_RESTART | SA_ONSTACK };
    sigemptyset(&ours.sa_mask);
    if (sigaction(signum, &ours, &wanted.before) < 0)
        return errno;
    wanted.signum = signum;
    return 0;
}

/* Returns the one chosen before. `signum` 0: none from now on. */
static int choose(int signum, int *error)
{
    hb_lock_acquire(&wanted.lock);
    int before = wanted.signum;
    give_back_locked();
    *error = signum ? take_locked(signum) : 0;
    hb_lock_release(&wanted.lock);
    return before;
}

/* ---- dump_on_signal() ---- */

/* Signals of faults are not for this: their handler must not return. */
static int parse_signal(PyObject *py_signum, int *signum)
{
    static const int unfit[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGKILL, SIGSTOP };
    int overflow;
    long value = PyLong_AsLongAndOverflow(py_signum, &overflow);
    if (value == -1 && PyErr_Occurred())
        return -1;
    bool fit = !overflow && value > 0 && value < NSIG;
    for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++)
        fit = fit && value != unfit[i];
    *signum = (int)value;
    if (!fit)
        PyErr_Format(PyExc_ValueError, "%R is no signal that can be handled", py_signum);
    return fit ? 0 : -1;
}

PyDoc_STRVAR(doc,
"dump_on_signal($module, /, signum, *, fd=2)\n--\n\n"
"Write the table of dump() to a file descriptor whenever that signal comes.\n\n"
"A native thread writes it, so it comes also while some thread keeps the interpreter lock.\n"
"Returns the signal chosen before, None if none was; there is one at a time. What handled the\n"
"signal before does not see it any more; None (and another signal) gives it back. The child\n"
"of a fork writes nothing before it calls this again. `fd` must stay open. ValueError if\n"
"the signal cannot be handled.");

static PyObject *dump_on_signal(PyObject *module, PyObject *const *args, Py_ssize_t nargs, PyObject *py_kwnames)
{
    static const char *const names[] = { "signum", "fd", NULL };
    PyObject *given[2];
    int signum = 0, fd = 2, error;
    if (hbpy_parse("dump_on_signal", args, nargs, py_kwnames, names, 1, 1, given) < 0 ||
        (given[0] != Py_None && parse_signal(given[0], &signum) < 0) ||
        (given[1] && (fd = PyObject_AsFileDescriptor(given[1])) < 0))
        return NULL;
    hb_store_relaxed(&wanted.fd, (uint32_t)fd);
    if (signum && start_thread() != HB_OK)
        return hbpy_raise(PyModule_GetState(module), HB_NO_THREAD);
    int before = choose(signum, &error);
    if (!signum || error)
        end_thread();
    if (error)
        return PyErr_Format(PyExc_ValueError, "%R is no signal that can be handled", given[0]);
    return before ? PyLong_FromLong(before) : Py_NewRef(Py_None);
}

static PyMethodDef functions[] = {
    { "dump_on_signal", (PyCFunction)(void (*)(void))dump_on_signal, METH_FASTCALL | METH_KEYWORDS, doc },
    { NULL, NULL, 0, NULL },
};

/* ---- fork ---- */

static void forget_thread(void)
{
    hb_store_relaxed(&wanted.running, 0);
}

int hbpy_init_dump_signal(PyObject *module, hbpy_state *state)
{
    (void)state;
    hb_platform_at_fork_child(forget_thread);
    return PyModule_AddFunctions(module, functions);
}
