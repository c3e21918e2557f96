/* binding: what the files of this folder share.
 *
 * One Python type, one file; a type file includes this header and the core,
 * never another type file. Everything that is common to the sources (what can
 * stand in a select) goes through hbpy_source and its kind.
 *
 * Two rules keep the collector and the interpreter lock honest:
 *   - words that carry objects enter and leave a channel only while attached,
 *     so that tp_traverse sees a ring nobody changes;
 *   - no lock of the core is held when Python code can run. */
#ifndef HBPY_BINDING_H
#define HBPY_BINDING_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "hb_bubble.h"
#include "hb_chan.h"
#include "hb_duty.h"
#include "hb_select.h"

/* ---- module state (module.c) ---- */

typedef struct hbpy_state {
    PyObject *Error, *Closed, *DeadlockError, *Revoked, *Stopped;
    PyTypeObject *Source, *Channel, *ChannelStats;
    PyTypeObject *Recv, *Send, *Selected, *Selector;
    PyTypeObject *Timer, *FuncTimer, *Ticker, *Watchdog;
    PyTypeObject *Task;
    PyTypeObject *Monitor, *Health, *MonitorStats;
    PyObject *monitors; /* a set: those that run and have something to do */
    PyTypeObject *Heartbeat, *Pulses, *Unit, *Pause, *HeartbeatStats, *UnitSeconds;
    PyTypeObject *Worker, *WorkerContext, *Done;
    PyTypeObject *Bubble, *Adoption, *Place;
    PyObject *LeakError, *StallError, *explainer; /* of reports, bubble.h; NULL: none */
    /* Of the threading module. At the end of the interpreter nothing can be imported, and
     * what a module held may be gone. */
    PyObject *threading, *ExceptHookArgs, *default_excepthook;
} hbpy_state;

extern struct PyModuleDef hbpy_module;

/* The state of the module that defines the type of `self` or a base of it. */
hbpy_state *hbpy_state_of(PyObject *self);

/* Each type file adds its types and functions; 0, or -1 with an exception. */
int hbpy_init_errors(PyObject *module, hbpy_state *state);
int hbpy_init_thread(PyObject *module, hbpy_state *state);
int hbpy_init_thread_state(PyObject *module, hbpy_state *state);
int hbpy_init_gil(PyObject *module, hbpy_state *state);
int hbpy_init_time(PyObject *module, hbpy_state *state);
int hbpy_init_source(PyObject *module, hbpy_state *state);
int hbpy_init_channel(PyObject *module, hbpy_state *state);
int hbpy_init_case(PyObject *module, hbpy_state *state);
int hbpy_init_selected(PyObject *module, hbpy_state *state);
int hbpy_init_select(PyObject *module, hbpy_state *state);
int hbpy_init_selector(PyObject *module, hbpy_state *state);
int hbpy_init_timer(PyObject *module, hbpy_state *state);
int hbpy_init_watchdog(PyObject *module, hbpy_state *state);
int hbpy_init_after_func(PyObject *module, hbpy_state *state);
int hbpy_init_task(PyObject *module, hbpy_state *state);
int hbpy_init_go(PyObject *module, hbpy_state *state);
int hbpy_init_heartbeat(PyObject *module, hbpy_state *state);
int hbpy_init_pulses(PyObject *module, hbpy_state *state);
int hbpy_init_unit(PyObject *module, hbpy_state *state);
int hbpy_init_pause(PyObject *module, hbpy_state *state);
int hbpy_init_beat_stats(PyObject *module, hbpy_state *state);
int hbpy_init_done(PyObject *module, hbpy_state *state);
int hbpy_init_worker(PyObject *module, hbpy_state *state);
int hbpy_init_worker_context(PyObject *module, hbpy_state *state);
int hbpy_init_capi(PyObject *module, hbpy_state *state);
int hbpy_init_stack(PyObject *module, hbpy_state *state);
int hbpy_init_health(PyObject *module, hbpy_state *state);
int hbpy_init_monitor_stats(PyObject *module, hbpy_state *state);
int hbpy_init_monitor(PyObject *module, hbpy_state *state);
int hbpy_init_watch_gil(PyObject *module, hbpy_state *state);
int hbpy_init_dump(PyObject *module, hbpy_state *state);
int hbpy_init_deadlock(PyObject *module, hbpy_state *state);
int hbpy_init_dump_signal(PyObject *module, hbpy_state *state);
int hbpy_init_bubble(PyObject *module, hbpy_state *state);
int hbpy_init_alive(PyObject *module, hbpy_state *state);
int hbpy_init_bubble_report(PyObject *module, hbpy_state *state);
int hbpy_init_origin(PyObject *module, hbpy_state *state);
int hbpy_init_adopt(PyObject *module, hbpy_state *state);
int hbpy_init_patch(PyObject *module, hbpy_state *state);
int hbpy_init_patch_type(PyObject *module, hbpy_state *state);

/* At the exit of the interpreter, before the engine stops: ends monitors and captures of stacks. */
void hbpy_monitors_end(hbpy_state *state);
/* At the end of a bubble: closes the monitors that have something to do. */
void hbpy_monitors_end_bubble(hbpy_state *state, uint32_t bubble);

/* Makes a type from its spec, keeps it in *type and adds it to the module.
 * `base` may be NULL. */
int hbpy_add_type(PyObject *module, PyTypeObject **type, PyType_Spec *spec, PyTypeObject *base);

/* The same for a struct sequence, which also gets the _fields of a named tuple. */
int hbpy_add_struct(PyObject *module, PyTypeObject **type, PyStructSequence_Desc *description);

/* ---- bubbles (adopt.c) ---- */

/* The calling thread takes part in the bubble of py_bubble: its Adoption, or NULL with an
 * exception. */
PyObject *hbpy_adopt(hbpy_state *state, PyObject *py_bubble, hb_bubble *bubble);

/* ---- sources (source.c) ---- */

typedef struct hbpy_source hbpy_source;

/* What the select machinery must know of a kind of source. */
typedef struct hbpy_kind {
    /* A received word as an object; takes the word over. */
    PyObject *(*decode)(hbpy_source *self, hb_word word);
    /* A value as a word that is owned until it is sent or dropped. 0, or -1
     * with an exception. NULL: nothing can be sent. */
    int (*encode)(hbpy_source *self, PyObject *py_value, hb_word *word);
    /* Disposes of a word that was not sent. */
    void (*drop)(hbpy_source *self, hb_word word);
    /* Raises Closed as this source would. */
    void (*raise_closed)(hbpy_source *self);
} hbpy_kind;

struct hbpy_source {
    PyObject_HEAD
    PyObject *weakrefs;
    hb_source *source;     /* NULL: never ready */
    const hbpy_kind *kind; /* constant */
};

/* Of sources whose words are instants, and which never close. */
extern const hbpy_kind hbpy_instant_kind;

/* Whether the calling thread may change it: 0, or -1 with Error if it belongs to a bubble that the
 * thread takes no part in. */
int hbpy_check_source(const hbpy_source *self);
/* The same for what runs on the thread's clock: in a bubble it must have been made there. */
int hbpy_check_clock(const hbpy_source *self);

/* tp_dealloc of a source that owns nothing outside its object. */
void hbpy_source_dealloc(PyObject *self);

/* Receives a word, as hbpy_wait; not waiting if the deadline is 0: HB_WOULD_BLOCK. */
hb_status hbpy_source_wait(hbpy_source *self, hb_time deadline, hb_word *word);

/* Receives, waiting until the deadline; a new reference, or NULL with an exception. */
PyObject *hbpy_source_recv(hbpy_source *self, hb_time deadline);

/* The core's channel of a Channel, borrowed; NULL with an exception if it is none, or nil. */
hb_chan *hbpy_channel_chan(hbpy_state *state, PyObject *py_channel);

/* ---- cases (case.c) ---- */

typedef struct hbpy_case {
    PyObject_HEAD
    hbpy_source *source; /* NULL: never ready */
    PyObject *py_value;  /* a send case's value, else NULL */
} hbpy_case;

/* Cases as select wants them, beside the sources they stand for. There is room for one
 * more, the caller's. */
typedef struct hbpy_cases {
    Py_ssize_t n;
    bool sends; /* some case is a send */
    hb_case *items;
    hbpy_source **sources; /* borrowed: the arguments keep them alive */
    hb_case inline_items[HB_INLINE_CASES + 1];
    hbpy_source *inline_sources[HB_INLINE_CASES];
} hbpy_cases;

/* Validates one case and reads it into *item, the value of a send encoded, and
 * *source. `where` begins the message of an error. */
int hbpy_case_read(hbpy_state *state, PyObject *py_case, Py_ssize_t index, hb_case *item,
                   hbpy_source **source);
/* All of them, or none: 0, or -1 with an exception. */
int hbpy_cases_read(hbpy_state *state, hbpy_cases *cases, PyObject *const *args, Py_ssize_t n);
/* Drops the values that were not sent: all but that of case `sent`. */
void hbpy_cases_drop(hbpy_cases *cases, Py_ssize_t sent);

/* ---- select (select.c) ---- */

/* What a call of select or try_select says besides its cases. 0, or -1 with an exception. */
int hbpy_parse_select(PyObject *const *args, Py_ssize_t nargs, PyObject *py_kwnames, bool *biased,
                      hb_time *deadline);
int hbpy_parse_try_select(PyObject *const *args, Py_ssize_t nargs, PyObject *py_kwnames, bool *biased);

/* Runs a select over n cases, not waiting if the deadline is 0. HB_OK, HB_CLOSED
 * with *index and *word; HB_WOULD_BLOCK, or as hbpy_wait_on_duty. */
hb_status hbpy_select_run(const hb_case *cases, Py_ssize_t n, bool biased, hb_duty *duty,
                          hb_time deadline, uint32_t *index, hb_word *word);

/* ---- Selected (selected.c) ---- */

/* The Selected for a case that came to HB_OK or HB_CLOSED, or NULL with an
 * exception. Takes over py_index and a received word. */
PyObject *hbpy_select_outcome(hbpy_state *state, PyObject *py_index, hbpy_source *source,
                              const hb_case *item, hb_status status, hb_word word);

/* ---- waiting (gil.c) ---- */

/* Runs a select that was initialised until it comes to an outcome: attached on
 * entry and return, detached only while it parks. HB_INTERRUPTED: a signal
 * handler raised; its exception is set and nothing has happened. */
hb_status hbpy_wait(hb_select *select, hb_time deadline);

/* The same for a worker on duty (NULL: none): it pulses while it waits. The select's cases
 * include the receive from the duty's `done`. */
hb_status hbpy_wait_on_duty(hb_select *select, hb_duty *duty, hb_time deadline);

/* Waits for nothing but the clock: HB_TIMEOUT, or as hbpy_wait. */
hb_status hbpy_sleep(hb_time deadline);

/* hb_bubble_wait in the same manner: HB_OK, HB_INTERRUPTED if a handler raised, or what stops it. */
hb_status hbpy_wait_for_quiet(void);

/* Whether the calling thread is the main thread, which runs the handlers of signals. */
bool hbpy_is_main_thread(void);

/* Attaches, and lets whoever watches this thread know that it waits for the
 * interpreter lock. The only way to attach. */
void hbpy_attach(PyThreadState *py_thread);

/* ---- turns (turn.c) ---- */

/* Gives the turn away and waits for it; `self` is any object of ours, or the module. */
int hbpy_take_turn(PyObject *self);

/* Before each operation of the engine, and before each look at what others do: where the
 * participants of a bubble take turns, another one may go first. 0, or -1 with an exception. */
static inline int hbpy_point(PyObject *self)
{
    return hb__here && hb__here->yield ? hbpy_take_turn(self) : 0;
}

/* The same for code that may run with the interpreter lock or without. */
void hbpy_point_anywhere(void);

/* ---- arguments (args.c) ---- */

/* Assigns FASTCALL arguments to `out` by position (the first `positional` names)
 * or keyword; missing ones are NULL. The first `required` must be there. */
int hbpy_parse(const char *function, PyObject *const *args, Py_ssize_t nargs, PyObject *py_kwnames,
               const char *const *names, int positional, int required, PyObject **out);

/* A flag argument; NULL means false. 0, or -1 with an exception. */
int hbpy_parse_flag(PyObject *py_flag, bool *flag);

/* Seconds (int, float, timedelta) in nanoseconds, rounded up. None, NULL and
 * inf: HB_FOREVER. Refuses negative, NaN, what is no number, what is too large. */
int hbpy_parse_duration(PyObject *py_seconds, const char *name, hb_time *duration);

/* The same where None has no meaning; and for a delay `d`. */
int hbpy_parse_span(PyObject *py_seconds, const char *name, hb_time *span);
int hbpy_parse_delay(PyObject *py_seconds, hb_time *delay);

/* timeout= and deadline= as one instant. A timeout of 0 gives 0: never wait. */
int hbpy_parse_deadline(PyObject *py_timeout, PyObject *py_deadline, hb_time *deadline);

/* iter() of an argument. */
PyObject *hbpy_iterate(PyObject *py_values, const char *name);

/* A name argument (str, None or NULL) as a new reference, NULL if there is none. It is an
 * exact str: an instance of a subclass could be part of a cycle. 0, or -1 with an exception. */
int hbpy_parse_name(PyObject *py_given, PyObject **py_name);

/* An instant or duration in seconds. */
PyObject *hbpy_seconds(hb_time time);

/* ---- where things were made (origin.c) ---- */

extern hb_atomic_u32 hbpy_tracking;
extern hb_atomic_u64 hbpy_origins_kept;

static inline bool hbpy_origins_on(void)
{
    return hb_load_relaxed(&hbpy_tracking) || hb__here;
}

/* "file:line" of the nearest frame that is not the package's; NULL if nobody asks, or there is none. */
const char *hbpy_origin_here(char *text, size_t size);
void hbpy_origin_put(const void *key, const char *text);
void hbpy_origin_remove(const void *key);
bool hbpy_origin_find(const void *key, char *text, size_t size);
void hbpy_origin_note(const void *thing, const void *source);
/* As a str, or None: a new reference. */
PyObject *hbpy_origin_text(const void *key);

/* A thing was made just now, and will go: with the source it is waited for by, or NULL. */
static inline void hbpy_origin_made(const void *thing, const void *source)
{
    if (hbpy_origins_on())
        hbpy_origin_note(thing, source);
}

static inline void hbpy_origin_gone(const void *thing, const void *source)
{
    if (hb_load_relaxed(&hbpy_origins_kept) == 0)
        return;
    hbpy_origin_remove(thing);
    if (source)
        hbpy_origin_remove(source);
}

/* ---- errors (error.c) ---- */

/* Sets the exception for a status that is none of HB_OK, HB_CLOSED. Returns NULL. */
PyObject *hbpy_raise(hbpy_state *state, hb_status status);

/* Sets an exception of the calling thread's bubble, with a report (bubble_report.c). */
void hbpy_raise_reported(hbpy_state *state, PyObject *py_class, const char *text);

/* Sets Closed with a message and its cause (may be NULL). */
void hbpy_raise_closed(hbpy_state *state, PyObject *py_message, PyObject *py_cause);

/* ---- threads that run Python (thread.c) ---- */

/* Called on a native thread that no Python has run on: gives it a thread state,
 * attaches, calls body(arg), and clears up. body leaves no exception set. */
void hbpy_run_attached(void (*body)(void *arg), void *arg);
/* The same after alone(arg), which runs with no thread state attached (NULL: nothing does). */
void hbpy_run_after(void (*alone)(void *arg), void (*body)(void *arg), void *arg);

/* One for the calling thread, on which no Python has run (thread_state.c). */
PyThreadState *hbpy_make_thread_state(void);
/* From now on threads that have not begun to run Python never do: the interpreter ends. Called with
 * none attached. */
void hbpy_threads_over(void);

/* The first thing such a body does: sets the hooks that threading wants in every thread. */
void hbpy_install_hooks(hbpy_state *state);

/* call(arg) with the context variables of py_context, which nobody is in. */
PyObject *hbpy_call_in_context(PyObject *py_context, PyObject *(*call)(void *arg), void *arg);

/* The same for fn(*args, **kwargs); py_kwargs may be NULL. */
PyObject *hbpy_call_in(PyObject *py_context, PyObject *py_fn, PyObject *py_args,
                       PyObject *py_kwargs);

/* The name of a thread that was given none: after what it runs, else after its kind; with a
 * number. */
PyObject *hbpy_default_name(PyObject *py_fn, const char *kind);

/* The exception that is set, taken off; NULL if none is. */
PyObject *hbpy_take_exception(void);

/* Tells threading.excepthook of an exception nobody will look at. `py_thread`
 * is what the report names (anything with .name), or None. Leaves what
 * exception is set as it is. */
void hbpy_report_exception(hbpy_state *state, PyObject *py_exception, PyObject *py_thread);

#endif
