/* bubble_stall: a bubble in which nothing goes on is not waited for without end.
 *
 * While a participant runs Python, holds a lock of Python's or sits in a system call, the clock of
 * its bubble stands still. An alarm in real time looks how often participants have slept or
 * woken; when that stays the same for the time allowed while somebody runs, it tells the host:
 *
 *   - if the host sleeps in the engine, its sleep ends with HB_STALLED;
 *   - else a thread of its own writes the report to stderr, and has StallError raised in the
 *     host. In the main thread that is a pending call, and a signal that ends waits for
 *     locks (SIGURG: nobody is hurt by one that comes late); in other threads an asynchronous
 *     exception. Both only if the host is still where it was.
 *
 * When the interpreter lock cannot be had for as long again, the table of dump() is written.
 *
 * The alarm is armed by a thread that takes no part, and so in real time. Its own fields
 * are the timer thread's; `lock` guards `over` against arming anew; what is left is constant. */
#include "bubble.h"

#include <signal.h>
#include <unistd.h>

#include "hb_action.h"
#include "hb_alarm.h"
#include "hb_worker.h"

#define LOOKS 4 /* in the time allowed: it is exceeded by at most a quarter */

struct hbpy_stall {
    hb_alarm alarm;
    hb_bubble *bubble;
    hbpy_state *state; /* there as long as threads can attach */
    hb_time limit;
    uint32_t host;        /* id of its record */
    int32_t host_number;
    unsigned long host_ident;
    bool host_is_main;
    uint64_t steps;       /* seen at the last change */
    hb_time since;        /* of the last change, or of the last that was told */
    bool told, dumped;    /* of this standstill */
    hb_lock lock;
    bool over;            /* lock */
    hb_atomic_u32 telling; /* a thread is under way; who ends the bubble parks here */
    hb_atomic_u64 stalled; /* at which step: what that thread is to tell */
    hb_atomic_u32 raised; /* an asynchronous exception was left for the host */
};

static bool is_still(hb_bubble *bubble, uint64_t steps)
{
    hb_bubble_pulse pulse = hb_bubble_look(bubble);
    return pulse.steps == steps && pulse.running > 0 && !pulse.over;
}

/* ---- ending a system call of the main thread ---- */

static void ignore(int signum)
{
    (void)signum;
}

/* Only if nobody has a use for the signal. Without SA_RESTART, so that a wait for a lock ends. */
static void end_call(hbpy_stall *self)
{
    struct sigaction now, ours = { .sa_handler = ignore };
    sigemptyset(&ours.sa_mask);
    if (sigaction(SIGURG, NULL, &now) < 0 || (now.sa_handler != SIG_DFL && now.sa_handler != ignore))
        return;
    sigaction(SIGURG, &ours, NULL);
    hb_platform_signal_thread(self->host_number, SIGURG);
}

static void give_signal_back(void)
{
    struct sigaction now;
    if (sigaction(SIGURG, NULL, &now) == 0 && now.sa_handler == ignore)
        signal(SIGURG, SIG_DFL);
}

/* ---- raising in the host ---- */

typedef struct pending {
    hb_bubble *bubble;
    uint64_t steps;
    PyObject *py_error;
} pending;

/* In the main thread, between two bytecodes or in a wait for a lock. */
static int raise_pending(void *arg)
{
    pending *call = arg;
    bool raises = hb_bubble_here() == call->bubble && is_still(call->bubble, call->steps);
    give_signal_back();
    if (raises)
        PyErr_SetObject((PyObject *)Py_TYPE(call->py_error), call->py_error);
    Py_DECREF(call->py_error);
    hb_bubble_unref(call->bubble);
    PyMem_RawFree(call);
    return raises ? -1 : 0;
}

static void raise_in_main(hbpy_stall *self, uint64_t steps, PyObject *py_error)
{
    pending *call = PyMem_RawMalloc(sizeof *call);
    if (!call)
        return;
    *call = (pending){ hb_bubble_ref(self->bubble), steps, Py_NewRef(py_error) };
    if (Py_AddPendingCall(raise_pending, call) == 0) {
        end_call(self);
        return;
    }
    hb_bubble_unref(self->bubble);
    Py_DECREF(py_error);
    PyMem_RawFree(call);
}

/* What is left for another thread is a class: one whose instances are that error. */
static void raise_in_thread(hbpy_stall *self, PyObject *py_error)
{
    PyObject *py_class = PyObject_CallMethod(self->state->explainer, "class_of", "O", py_error);
    if (!py_class)
        return;
    hb_store_release(&self->raised, 1);
    PyThreadState_SetAsyncExc(self->host_ident, py_class);
    Py_DECREF(py_class);
}

/* ---- telling ---- */

static void tell(hbpy_stall *self, uint64_t steps)
{
    hbpy_state *state = self->state;
    PyObject *py_report = hbpy_bubble_explain(state, "report", self->bubble, false);
    PyObject *py_error = py_report ? hbpy_error_with_report(state->StallError,
                                                            hb_status_text(HB_STALLED), py_report)
                                   : NULL;
    PyObject *py_done = py_error && state->explainer
                            ? PyObject_CallMethod(state->explainer, "write", "O", py_error) : NULL;
    if (py_done && is_still(self->bubble, steps)) {
        if (self->host_is_main)
            raise_in_main(self, steps, py_error);
        else
            raise_in_thread(self, py_error);
    }
    if (PyErr_Occurred())
        PyErr_WriteUnraisable(NULL);
    Py_XDECREF(py_done);
    Py_XDECREF(py_error);
    Py_XDECREF(py_report);
}

static void body(void *arg)
{
    hbpy_stall *self = arg;
    uint64_t steps = hb_load_relaxed(&self->stalled);
    hb_thread_serve();
    if (is_still(self->bubble, steps))
        tell(self, steps);
}

static void thread_main(void *arg)
{
    hbpy_stall *self = arg;
    hbpy_run_attached(body, self);
    hb_store_release(&self->telling, 0);
    hb_platform_unpark(&self->telling);
    hb_alarm_unref(&self->alarm);
}

/* False: the bubble is over. */
static bool claim_telling(hbpy_stall *self)
{
    hb_lock_acquire(&self->lock);
    bool claimed = !self->over;
    hb_store_relaxed(&self->telling, claimed);
    hb_lock_release(&self->lock);
    return claimed;
}

/* The host runs: a thread tells it. If the system has none to spare, the next look tries again. */
static bool start_telling(hbpy_stall *self)
{
    hb_worker *worker;
    if (!claim_telling(self))
        return false;
    hb_store_relaxed(&self->stalled, self->steps);
    hb_alarm_ref(&self->alarm);
    if (hb_worker_start(&worker, thread_main, self, "hb-stall") == HB_OK) {
        hb_worker_unref(worker);
        return true;
    }
    hb_store_release(&self->telling, 0);
    hb_platform_unpark(&self->telling);
    hb_alarm_unref(&self->alarm);
    return false;
}

/* ---- the alarm ---- */

static bool waits_for_interpreter(hbpy_stall *self)
{
    hb_thread_view view;
    return hb_load_acquire(&self->telling) ||
           (hb_thread_look(self->host, &view) && view.state == HB_THREAD_ATTACHES);
}

/* What was left for a host that was awake only for a moment does not reach it asleep. */
static void insist(hbpy_stall *self, hb_time now)
{
    if (hb_bubble_stall(self->bubble))
        return;
    hb_lock_acquire(&self->lock);
    if (!self->over && self->host_is_main && !hb_load_acquire(&self->telling))
        end_call(self); /* the one before may have come too early */
    hb_lock_release(&self->lock);
    if (self->dumped || now - self->since < self->limit || !waits_for_interpreter(self))
        return;
    self->dumped = true;
    hb_dump(STDERR_FILENO);
}

static void look(hbpy_stall *self, hb_time now)
{
    hb_bubble_pulse pulse = hb_bubble_look(self->bubble);
    if (pulse.steps != self->steps || pulse.running == 0) {
        self->steps = pulse.steps;
        self->since = now;
        self->told = self->dumped = false;
    } else if (self->told) {
        insist(self, now);
    } else if (now - self->since >= self->limit) {
        self->told = hb_bubble_stall(self->bubble) || start_telling(self);
        self->since = now;
    }
}

/* False: the bubble is over, and nothing begins any more. */
static bool arm(hbpy_stall *self, hb_time due)
{
    bool was_armed;
    hb_lock_acquire(&self->lock);
    bool armed = !self->over && hb_alarm_set(&self->alarm, due, &was_armed) == HB_OK;
    hb_lock_release(&self->lock);
    return armed;
}

/* It is armed first, so that whoever ends the bubble finds it, or what it began. */
static void fire(hb_alarm *alarm)
{
    hbpy_stall *self = (hbpy_stall *)alarm;
    hb_time now = hb_platform_now();
    if (arm(self, hb_time_add(now, self->limit / LOOKS + 1)))
        look(self, now);
    hb_alarm_unref(alarm);
}

static void release(hb_alarm *alarm)
{
    hbpy_stall *self = (hbpy_stall *)alarm;
    hb_bubble_unref(self->bubble);
    PyMem_RawFree(self);
}

/* ---- for the bubble ---- */

hbpy_stall *hbpy_stall_begin(hbpy_state *state, hb_bubble *bubble, hb_time limit)
{
    hbpy_stall *self = PyMem_RawCalloc(1, sizeof *self);
    if (!self)
        return (hbpy_stall *)PyErr_NoMemory();
    hb_alarm_init(&self->alarm, fire, release);
    hb_lock_init(&self->lock);
    self->bubble = hb_bubble_ref(bubble);
    self->state = state;
    self->limit = limit;
    self->host = hb_thread_id();
    self->host_number = hb_platform_thread_number();
    self->host_ident = PyThread_get_thread_ident();
    self->host_is_main = hbpy_is_main_thread();
    self->since = hb_platform_now();
    if (arm(self, hb_time_add(self->since, limit / LOOKS + 1)))
        return self;
    hb_alarm_unref(&self->alarm);
    return (hbpy_stall *)hbpy_raise(state, HB_NO_THREAD);
}

static void wait_for_thread(hbpy_stall *self)
{
    PyThreadState *py_thread = PyEval_SaveThread();
    while (hb_load_acquire(&self->telling))
        hb_platform_park(&self->telling, 1, HB_FOREVER);
    hbpy_attach(py_thread);
}

/* Whether or not the exception has come by now. To withdraw it with SetAsyncExc would leave all threads
 * of the interpreter asking for one that never comes, and a traced one of CPython 3.11 for ever. */
static void let_exception_come(hbpy_stall *self)
{
    PyObject *py_before = hbpy_take_exception();
    PyObject *py_done = PyObject_CallMethod(self->state->explainer, "let_come", NULL);
    Py_XDECREF(py_done);
    if (!py_done && PyErr_ExceptionMatches(self->state->StallError))
        PyErr_Clear();
    if (!py_before)
        return;
    if (PyErr_Occurred())
        PyErr_WriteUnraisable(NULL);
    PyErr_SetObject((PyObject *)Py_TYPE(py_before), py_before);
    Py_DECREF(py_before);
}

void hbpy_stall_end(hbpy_stall *self)
{
    hb_lock_acquire(&self->lock);
    self->over = true;
    hb_lock_release(&self->lock);
    hb_alarm_cancel(&self->alarm);
    wait_for_thread(self);
    if (hb_load_acquire(&self->raised) && PyThread_get_thread_ident() == self->host_ident)
        let_exception_come(self);
    if (self->host_is_main)
        give_signal_back();
    hb_alarm_unref(&self->alarm);
}
