/* stack: the Python stack of another thread, whoever holds the interpreter lock.
 *
 * The thread itself writes it. It gets a signal, and in the handler the interpreter's own
 * faulthandler walks its frames, which stand still meanwhile, and writes them into a pipe
 * of ours. This needs no lock and no memory, so it works while the thread holds the
 * interpreter lock, waits for it, or computes in C.
 *
 *   T1 Our handler stands before faulthandler's: faulthandler.register() is called, then
 *      `capture` takes the place of its handler and calls it. (With chain=True faulthandler
 *      would give up SA_RESTART, and interrupt more system calls than need be.)
 *   T2 Below both stands `ignore`: when faulthandler takes its handler away, at the end of the
 *      interpreter or because the program asks, a late signal still ends nobody.
 *   T3 A signal is sent only if it would come to `capture`, in a thread that does not block it. A
 *      handler that runs late finds that nobody wants it any more, and writes nothing.
 *   T4 The pipe is used only while its descriptors still are ours.
 *   T5 The calling thread's own stack needs no signal: it calls what its handler would. (In a
 *      bubble a verdict can be spoken by the very thread that it is about.)
 *   T6 Where a thread leaves its last function, faulthandler of CPython 3.13 takes what is not a
 *      frame for one, and faults. Then it is not asked, and the thread has no stack.
 *
 * `busy` guards all that is not atomic. A capture only tries for it; who prepares waits
 * detached. */
#define _GNU_SOURCE
#include "stack.h"

#include "hb_platform.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATIENCE (HB_SECOND / 20)

enum { IDLE, WANTED, WRITING, WRITTEN };

static struct {
    hb_atomic_u32 busy;   /* somebody uses what follows; who waits for it parks here */
    hb_atomic_u32 off;    /* captures are switched off */
    hb_atomic_u32 state;  /* IDLE .. WRITTEN; the capturing thread parks here */
    hb_atomic_u32 thread; /* whose stack is wanted */
    int signum;           /* 0: none chosen yet */
    void (*write)(int signum); /* faulthandler's handler */
    int reader, writer;   /* the pipe; -1: none */
    struct stat pipe;     /* what both are, while they are ours */
} stack = { .reader = -1, .writer = -1 };

static bool try_busy(void)
{
    uint32_t free = 0;
    return hb_cas(&stack.busy, &free, 1);
}

static bool wait_busy(hb_time deadline)
{
    while (!try_busy())
        if (hb_platform_park(&stack.busy, 1, deadline) == HB_TIMEOUT)
            return false;
    return true;
}

static void end_busy(void)
{
    hb_store_release(&stack.busy, 0);
    hb_platform_unpark(&stack.busy);
}

/* ---- the handlers ---- */

static void ignore(int signum)
{
    (void)signum;
}

/* T6. That function's last act is to let go of what it held, which can take long. The outermost
 * entry of the interpreter is then the current frame; in the place of code it has None. */
static bool has_frames(void)
{
#if PY_VERSION_HEX >= 0x030D0000 && PY_VERSION_HEX < 0x030E0000
    PyThreadState *here = PyGILState_GetThisThreadState();
    PyObject **frame = here ? (PyObject **)here->current_frame : NULL;
    return frame && *frame != Py_None;
#else
    return true;
#endif
}

static void write_frames(int signum)
{
    if (has_frames())
        stack.write(signum);
}

/* In the thread whose stack it is. */
static void capture(int signum)
{
    int error = errno;
    uint32_t wanted = WANTED;
    if (hb_load_relaxed(&stack.thread) == (uint32_t)hb_platform_thread_number() &&
        hb_cas(&stack.state, &wanted, WRITING)) {
        write_frames(signum);
        hb_store_release(&stack.state, WRITTEN);
        hb_platform_unpark(&stack.state);
    }
    errno = error;
}

static void (*handler_of(int signum))(int)
{
    struct sigaction action;
    return sigaction(signum, NULL, &action) == 0 ? action.sa_handler : SIG_ERR;
}

static void handle(int signum, void (*handler)(int))
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART | SA_ONSTACK };
    sigemptyset(&action.sa_mask);
    sigaction(signum, &action, NULL);
}

/* ---- the pipe ---- */

static bool is_ours(int descriptor)
{
    struct stat now;
    return fstat(descriptor, &now) == 0 && now.st_ino == stack.pipe.st_ino && now.st_dev == stack.pipe.st_dev;
}

static bool has_pipe(void)
{
    return stack.reader >= 0 && is_ours(stack.reader) && is_ours(stack.writer);
}

static void prepare_descriptor(int descriptor)
{
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    fcntl(descriptor, F_SETFL, O_NONBLOCK);
}

static bool make_pipe(void)
{
    int ends[2];
    if (pipe(ends) != 0)
        return false;
    prepare_descriptor(ends[0]);
    prepare_descriptor(ends[1]);
    stack.reader = ends[0];
    stack.writer = ends[1];
    return fstat(stack.reader, &stack.pipe) == 0;
}

/* What fits of what is in the pipe; the rest is thrown away. */
static size_t empty_pipe(char *text, size_t size)
{
    char rest[512];
    size_t length = 0;
    ssize_t n;
    while (length < size && (n = read(stack.reader, text + length, size - length)) > 0)
        length += (size_t)n;
    while (read(stack.reader, rest, sizeof rest) > 0)
        continue;
    return length;
}

/* ---- a capture ---- */

static bool is_ready(void)
{
    return !hb_load_acquire(&stack.off) && stack.signum && handler_of(stack.signum) == capture && has_pipe();
}

/* The time is doubled for a handler that has begun. If it has not ended even then, no other
 * capture begins before it has. */
static bool wait_written(void)
{
    hb_time deadline = hb_time_add(hb_platform_now(), PATIENCE);
    uint32_t state;
    while ((state = hb_load_acquire(&stack.state)) != WRITTEN) {
        if (hb_platform_park(&stack.state, state, deadline) != HB_TIMEOUT)
            continue;
        if (state == WANTED && hb_cas(&stack.state, &state, IDLE))
            return false;
        if (hb_platform_now() > hb_time_add(deadline, PATIENCE))
            return false;
        deadline = hb_time_add(deadline, PATIENCE);
    }
    return true;
}

/* T5. */
static size_t write_own(char *text, size_t size)
{
    write_frames(stack.signum);
    return empty_pipe(text, size);
}

static size_t capture_locked(int32_t thread_number, char *text, size_t size)
{
    if (hb_load_acquire(&stack.state) == WRITING || !is_ready())
        return 0;
    empty_pipe(NULL, 0);
    if (thread_number == hb_platform_thread_number())
        return write_own(text, size - 1);
    if (!hb_platform_takes_signal(thread_number, stack.signum))
        return 0;
    hb_store_relaxed(&stack.thread, (uint32_t)thread_number);
    hb_store_release(&stack.state, WANTED);
    if (!hb_platform_signal_thread(thread_number, stack.signum)) {
        hb_store_release(&stack.state, IDLE);
        return 0;
    }
    return wait_written() ? empty_pipe(text, size - 1) : 0;
}

/* faulthandler begins with a line that only says what follows. */
static size_t trim(char *text, size_t length)
{
    text[length] = '\0';
    char *frames = strstr(text, "  File ");
    if (!frames)
        return 0;
    length -= (size_t)(frames - text);
    memmove(text, frames, length + 1);
    while (length > 0 && text[length - 1] == '\n')
        text[--length] = '\0';
    return length;
}

size_t hbpy_stack_capture(int32_t thread_number, char *text, size_t size)
{
    if (size < 2 || !try_busy())
        return 0;
    size_t length = capture_locked(thread_number, text, size);
    end_busy();
    return length ? trim(text, length) : 0;
}

/* ---- preparing ---- */

static bool is_free(int signum)
{
    void (*handler)(int) = handler_of(signum);
    return handler == SIG_DFL || handler == ignore || handler == capture;
}

/* The last real-time signal nobody handles; the first ones are given out from below. */
static int find_signal(void)
{
#ifdef SIGRTMAX
    for (int signum = SIGRTMAX; signum >= SIGRTMIN; signum--)
        if (is_free(signum))
            return signum;
#endif
    return 0;
}

static int register_faulthandler(void)
{
    PyObject *py_faulthandler = PyImport_ImportModule("faulthandler");
    PyObject *py_register = py_faulthandler ? PyObject_GetAttrString(py_faulthandler, "register") : NULL;
    PyObject *py_done = py_register ? PyObject_CallFunction(py_register, "iiOO", stack.signum, stack.writer,
                                                            Py_False, Py_False) : NULL;
    Py_XDECREF(py_faulthandler);
    Py_XDECREF(py_register);
    Py_XDECREF(py_done);
    return py_done ? 0 : -1;
}

/* T1, T2. If it was registered before, its handler is below ours already, or gone. */
static int stand_before(void)
{
    if (handler_of(stack.signum) == SIG_DFL)
        handle(stack.signum, ignore);
    if (register_faulthandler() < 0)
        return -1;
    void (*handler)(int) = handler_of(stack.signum);
    if (handler != capture && handler != ignore)
        stack.write = handler;
    if (stack.write)
        handle(stack.signum, capture);
    return 0;
}

static int prepare_locked(void)
{
    if (!stack.signum || !is_free(stack.signum))
        stack.signum = find_signal();
    if (!stack.signum || (!has_pipe() && !make_pipe()))
        return 0;
    return stand_before();
}

static void wait_busy_detached(void)
{
    PyThreadState *py_thread = PyEval_SaveThread();
    wait_busy(HB_FOREVER);
    PyEval_RestoreThread(py_thread);
}

int hbpy_stack_prepare(void)
{
    if (hb_load_acquire(&stack.off))
        return 0;
    wait_busy_detached();
    int prepared = is_ready() ? 0 : prepare_locked();
    end_busy();
    return prepared;
}

void hbpy_stack_end(void)
{
    hb_store_release(&stack.off, 1);
    if (wait_busy(hb_time_add(hb_platform_now(), 3 * PATIENCE)))
        end_busy();
}

/* ---- stack_signal() ---- */

PyDoc_STRVAR(stack_signal_doc,
"stack_signal($module, signum, /)\n--\n\n"
"Choose the signal that asks a silent thread for its Python stack; None: no stacks.\n\n"
"Returns what was chosen before, None if nothing was. Without this call the first Monitor\n"
"that wants stacks takes the last real-time signal nobody handles. The thread\n"
"writes its stack in the handler: no lock is needed, but a system call that sleeps and is not\n"
"restarted by the system (nanosleep, poll ...) ends early with EINTR. Python's own\n"
"waits go on; C code that does not expect this may not. Monitor(stack=False) takes no stacks\n"
"for that monitor. ValueError if the signal has a handler already, or cannot have one.");

/* Signals of faults are not for this, and two cannot be handled. */
static bool is_fit(long signum)
{
    static const int unfit[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGKILL, SIGSTOP };
    for (size_t i = 0; i < sizeof unfit / sizeof *unfit; i++)
        if (signum == unfit[i])
            return false;
    return signum > 0 && signum < NSIG && is_free((int)signum);
}

static int parse_signal(PyObject *py_signum, int *signum)
{
    int overflow;
    long value = PyLong_AsLongAndOverflow(py_signum, &overflow);
    if (value == -1 && PyErr_Occurred())
        return -1;
    *signum = (int)value;
    if (!overflow && is_fit(value))
        return 0;
    PyErr_Format(PyExc_ValueError, "signal %R cannot be used: there is none, or it has a handler", py_signum);
    return -1;
}

static PyObject *module_stack_signal(PyObject *module, PyObject *py_signum)
{
    (void)module;
    int signum = 0, prepared = 0;
    if (py_signum != Py_None && parse_signal(py_signum, &signum) < 0)
        return NULL;
    wait_busy_detached();
    int before = hb_load_relaxed(&stack.off) ? 0 : stack.signum;
    hb_store_release(&stack.off, signum == 0);
    if (signum) {
        stack.signum = signum;
        prepared = prepare_locked();
    }
    end_busy();
    if (prepared < 0)
        return NULL;
    return before ? PyLong_FromLong(before) : Py_NewRef(Py_None);
}

static PyMethodDef functions[] = {
    { "stack_signal", module_stack_signal, METH_O, stack_signal_doc },
    { NULL, NULL, 0, NULL },
};

/* ---- fork ---- */

/* The pipe is the parent's as well, and what was under way is not ours. */
static void forget(void)
{
    if (has_pipe()) {
        close(stack.reader);
        close(stack.writer);
    }
    stack.reader = stack.writer = -1;
    hb_store_relaxed(&stack.state, IDLE);
    hb_store_relaxed(&stack.busy, 0);
}

int hbpy_init_stack(PyObject *module, hbpy_state *state)
{
    (void)state;
    hb_platform_at_fork_child(forget);
    return PyModule_AddFunctions(module, functions);
}
