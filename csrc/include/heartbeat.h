/* heartbeat.h: heartbeats, channels and workers for C, C++ and Cython extensions.
 *
 *     #include <heartbeat.h>              // folder: python -c "import heartbeat; print(heartbeat.get_include())"
 *
 *     heartbeat_import()                  // once, in the module's init; -1 with an exception
 *     beat = heartbeat_beat_open("mixer");
 *     Py_BEGIN_ALLOW_THREADS
 *     while (heartbeat_recv_int64(jobs, &job, HEARTBEAT_FOREVER) == HEARTBEAT_OK) {
 *         heartbeat_beat_pulse(beat);
 *         ...
 *     }
 *     Py_END_ALLOW_THREADS
 *
 * Each function says two things of itself:
 *
 *   any thread   it may be called from every thread, with or without the interpreter lock (GIL), and
 *                never touches Python. With "blocks" it may wait: then do not hold the GIL, for
 *                whoever it waits for may need it.
 *   GIL          it must be called with the GIL held (an attached thread state).
 *   worker       only within a native unit, with its own heartbeat_worker. Needs no import.
 *
 * Timeouts are nanoseconds from now: HEARTBEAT_FOREVER waits without end, 0 (or less) does not wait.
 * Waits do not notice Python's signals: on the main thread wait in slices, and call
 * PyErr_CheckSignals in between.
 *
 * Statuses are ints: HEARTBEAT_OK is 0, all others are negative.
 *
 * A pointer that a function returns with a reference is given back with the type's release; it keeps
 * working after the Python object is gone. Words move on typed channels alone: Channel(dtype="q")
 * carries int64_t, Channel(dtype="d") double.
 *
 * In an extension of several C files each calls heartbeat_import() or heartbeat_use() for itself.
 * Code without Python defines HEARTBEAT_NO_PYTHON before it includes this file. C99, C++11. */
#ifndef HEARTBEAT_H
#define HEARTBEAT_H

#ifndef HEARTBEAT_NO_PYTHON
#include <Python.h>
#endif

#include <string.h>

#include "heartbeat_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

static const heartbeat_api *heartbeat_api_in_use;

/* Makes the functions below use that table: for code without Python, worker->api. HEARTBEAT_OK, or
 * HEARTBEAT_OLD. any thread */
static inline int heartbeat_use(const heartbeat_api *api)
{
    if (api->abi < HEARTBEAT_ABI)
        return HEARTBEAT_OLD;
    heartbeat_api_in_use = api;
    return HEARTBEAT_OK;
}

/* ---- time ---- */

/* The instant, in nanoseconds on the clock of heartbeat.now(). any thread */
static inline int64_t heartbeat_now(void)
{
    return heartbeat_api_in_use->now();
}

/* HEARTBEAT_OK when the time is over, HEARTBEAT_STOPPED. any thread, blocks */
static inline int heartbeat_sleep(int64_t timeout)
{
    return heartbeat_api_in_use->sleep(timeout);
}

/* What a status means, in English; never NULL. any thread */
static inline const char *heartbeat_text(int status)
{
    return heartbeat_api_in_use->text(status);
}

/* ---- beats ---- */

/* A new beat with a reference; `name` may be NULL and is copied. NULL: out of memory. any thread */
static inline heartbeat_beat *heartbeat_beat_open(const char *name)
{
    return heartbeat_api_in_use->beat_open(name);
}

/* One more reference; returns the beat. any thread */
static inline heartbeat_beat *heartbeat_beat_retain(heartbeat_beat *beat)
{
    return heartbeat_api_in_use->beat_retain(beat);
}

/* Gives a reference back, which does not end the beat: close it first, or a monitor will miss its
 * pulses. NULL: nothing. any thread */
static inline void heartbeat_beat_release(heartbeat_beat *beat)
{
    heartbeat_api_in_use->beat_release(beat);
}

/* An orderly end. HEARTBEAT_OK; HEARTBEAT_CLOSED: it had ended before. any thread */
static inline int heartbeat_beat_close(heartbeat_beat *beat)
{
    return heartbeat_api_in_use->beat_close(beat);
}

/* A sign of life: some nanoseconds, no lock, no system call unless somebody listens. HEARTBEAT_OK;
 * HEARTBEAT_CLOSED, HEARTBEAT_REVOKED: it did not count; HEARTBEAT_FOREIGN: nor did it, for in a test
 * on virtual time the beat, as a channel, is of the threads that take part. any thread */
static inline int heartbeat_beat_pulse(heartbeat_beat *beat)
{
    return heartbeat_api_in_use->beat_pulse(beat);
}

/* How far the work is, and a pulse. total < 0: not known. phase NULL: as before. Returns as pulse, or
 * HEARTBEAT_NO_MEMORY. any thread */
static inline int heartbeat_beat_progress(heartbeat_beat *beat, double done, double total,
                                          const char *phase)
{
    return heartbeat_api_in_use->beat_progress(beat, done, total, phase);
}

/* No verdict for at most that long; the next pulse ends it. Returns as progress. any thread */
static inline int heartbeat_beat_pause(heartbeat_beat *beat, int64_t most)
{
    return heartbeat_api_in_use->beat_pause(beat, most);
}

/* Begins a unit of work, with a pulse; units nest. `label` may be NULL and is copied. With a timeout
 * the unit has to end within it, and pulses count for nothing meanwhile; HEARTBEAT_FOREVER: none.
 * Returns as progress. any thread */
static inline int heartbeat_unit_begin(heartbeat_unit *unit, heartbeat_beat *beat, const char *label,
                                       int64_t timeout)
{
    return heartbeat_api_in_use->unit_begin(unit, beat, label, timeout);
}

/* Ends it. Nothing, if it did not begin. any thread */
static inline void heartbeat_unit_end(heartbeat_unit *unit)
{
    heartbeat_api_in_use->unit_end(unit);
}

/* ---- channels ---- */

/* One more reference; returns the channel. any thread */
static inline heartbeat_channel *heartbeat_channel_retain(heartbeat_channel *channel)
{
    return heartbeat_api_in_use->channel_retain(channel);
}

/* Gives a reference back, which does not close it. NULL: nothing. any thread */
static inline void heartbeat_channel_release(heartbeat_channel *channel)
{
    heartbeat_api_in_use->channel_release(channel);
}

/* 'q', 'd', or 0 for a channel of Python objects, which can be closed here and looked at, while
 * sends and receives return HEARTBEAT_TYPE. any thread */
static inline int heartbeat_channel_type(heartbeat_channel *channel)
{
    return heartbeat_api_in_use->channel_type(channel);
}

/* HEARTBEAT_OK: this call closed it. HEARTBEAT_CLOSED: it was closed. any thread */
static inline int heartbeat_channel_close(heartbeat_channel *channel)
{
    return heartbeat_api_in_use->channel_close(channel);
}

/* Whether it is closed: 1 or 0; queued words can be received all the same. any thread */
static inline int heartbeat_channel_closed(heartbeat_channel *channel)
{
    return heartbeat_api_in_use->channel_closed(channel);
}

/* How many words are queued. any thread */
static inline uint64_t heartbeat_channel_len(heartbeat_channel *channel)
{
    return heartbeat_api_in_use->channel_len(channel);
}

/* Sends a word. HEARTBEAT_OK: the channel or a receiver has it. HEARTBEAT_CLOSED, HEARTBEAT_TIMEOUT,
 * HEARTBEAT_STOPPED, HEARTBEAT_TYPE, HEARTBEAT_NO_MEMORY: nothing was sent. any thread, blocks unless
 * the timeout is 0 */
static inline int heartbeat_send_int64(heartbeat_channel *channel, int64_t value, int64_t timeout)
{
    heartbeat_word word;
    word.i = value;
    return heartbeat_api_in_use->send(channel, 'q', word, timeout);
}

static inline int heartbeat_send_double(heartbeat_channel *channel, double value, int64_t timeout)
{
    heartbeat_word word;
    word.d = value;
    return heartbeat_api_in_use->send(channel, 'd', word, timeout);
}

/* Receives the oldest word into *value. Returns as send; unless HEARTBEAT_OK, *value is not touched.
 * any thread, blocks unless the timeout is 0 */
static inline int heartbeat_recv_int64(heartbeat_channel *channel, int64_t *value, int64_t timeout)
{
    heartbeat_word word;
    int status = heartbeat_api_in_use->recv(channel, 'q', &word, timeout);
    if (status == HEARTBEAT_OK)
        *value = word.i;
    return status;
}

static inline int heartbeat_recv_double(heartbeat_channel *channel, double *value, int64_t timeout)
{
    heartbeat_word word;
    int status = heartbeat_api_in_use->recv(channel, 'd', &word, timeout);
    if (status == HEARTBEAT_OK)
        *value = word.d;
    return status;
}

/* Sends n words in order, many under one lock. How many were sent goes to *done, whatever is returned;
 * HEARTBEAT_OK: all. any thread, blocks unless the timeout is 0 */
static inline int heartbeat_send_many_int64(heartbeat_channel *channel, const int64_t *values, size_t n,
                                            size_t *done, int64_t timeout)
{
    return heartbeat_api_in_use->send_many(channel, 'q', values, n, done, timeout);
}

static inline int heartbeat_send_many_double(heartbeat_channel *channel, const double *values, size_t n,
                                             size_t *done, int64_t timeout)
{
    return heartbeat_api_in_use->send_many(channel, 'd', values, n, done, timeout);
}

/* Receives what there is, up to n words; waits for the first only. How many came goes to *done.
 * HEARTBEAT_OK: at least one. any thread, blocks unless the timeout is 0 */
static inline int heartbeat_recv_many_int64(heartbeat_channel *channel, int64_t *values, size_t n,
                                            size_t *done, int64_t timeout)
{
    return heartbeat_api_in_use->recv_many(channel, 'q', values, n, done, timeout);
}

static inline int heartbeat_recv_many_double(heartbeat_channel *channel, double *values, size_t n,
                                             size_t *done, int64_t timeout)
{
    return heartbeat_api_in_use->recv_many(channel, 'd', values, n, done, timeout);
}

/* ---- within a native unit ----
 *
 * As long as one of these waits, it pulses every `interval` of the worker; without an interval the
 * beginning of each unit of work is a pulse: a unit begins when something was received, or with a send
 * if none is open, and ends with a send or the next receive. All return HEARTBEAT_STOPPED once the
 * worker is to stop (or HEARTBEAT_REVOKED): return that status from the unit then. */

/* Sends a result. Returns as send. worker, blocks */
static inline int heartbeat_worker_send_int64(heartbeat_worker *worker, int64_t value, int64_t timeout)
{
    heartbeat_word word;
    word.i = value;
    return worker->api->worker_send(worker, NULL, 'q', word, timeout);
}

static inline int heartbeat_worker_send_double(heartbeat_worker *worker, double value, int64_t timeout)
{
    heartbeat_word word;
    word.d = value;
    return worker->api->worker_send(worker, NULL, 'd', word, timeout);
}

/* Receives work. Returns as recv. worker, blocks */
static inline int heartbeat_worker_recv_int64(heartbeat_worker *worker, heartbeat_channel *channel,
                                              int64_t *value, int64_t timeout)
{
    heartbeat_word word;
    int status = worker->api->worker_recv(worker, channel, 'q', &word, timeout);
    if (status == HEARTBEAT_OK)
        *value = word.i;
    return status;
}

static inline int heartbeat_worker_recv_double(heartbeat_worker *worker, heartbeat_channel *channel,
                                               double *value, int64_t timeout)
{
    heartbeat_word word;
    int status = worker->api->worker_recv(worker, channel, 'd', &word, timeout);
    if (status == HEARTBEAT_OK)
        *value = word.d;
    return status;
}

/* A pulse, as heartbeat_beat_pulse. worker */
static inline int heartbeat_worker_pulse(heartbeat_worker *worker)
{
    return worker->api->worker_pulse(worker);
}

/* HEARTBEAT_OK when the time is over. worker, blocks */
static inline int heartbeat_worker_sleep(heartbeat_worker *worker, int64_t timeout)
{
    return worker->api->worker_sleep(worker, timeout);
}

/* Whether the worker is to stop: 1 or 0. A unit that computes for long looks now and then. worker */
static inline int heartbeat_worker_stopping(heartbeat_worker *worker)
{
    return worker->api->worker_stopping(worker);
}

/* The worker's beat, and the channel of its results: borrowed, as long as the unit runs. worker */
static inline heartbeat_beat *heartbeat_worker_beat(heartbeat_worker *worker)
{
    return worker->api->worker_beat(worker);
}

static inline heartbeat_channel *heartbeat_worker_results(heartbeat_worker *worker)
{
    return worker->api->worker_results(worker);
}

/* ---- with Python ---- */

#ifndef HEARTBEAT_NO_PYTHON

/* Finds the functions. 0, or -1 with ImportError: there is no heartbeat, or an older one. GIL */
static inline int heartbeat_import(void)
{
    const heartbeat_api *api =
        (const heartbeat_api *)PyCapsule_Import("heartbeat._native.C_API", 0);
    if (!api || heartbeat_use(api) == HEARTBEAT_OK)
        return api ? 0 : -1;
    PyErr_Format(PyExc_ImportError,
                 "the C interface of the installed heartbeat has number %u, this extension needs %u",
                 (unsigned)api->abi, (unsigned)HEARTBEAT_ABI);
    return -1;
}

/* The beat of a Heartbeat, with a reference; NULL with TypeError. GIL */
static inline heartbeat_beat *heartbeat_beat_of(PyObject *py_heartbeat)
{
    return heartbeat_api_in_use->beat_of(py_heartbeat);
}

/* The Heartbeat of a beat, for a Monitor to watch: a new reference, or NULL with an exception. GIL */
static inline PyObject *heartbeat_beat_object(heartbeat_beat *beat)
{
    return heartbeat_api_in_use->beat_object(beat);
}

/* The channel of a Channel, with a reference; NULL with TypeError (as for heartbeat.nil). GIL */
static inline heartbeat_channel *heartbeat_channel_of(PyObject *py_channel)
{
    return heartbeat_api_in_use->channel_of(py_channel);
}

/* Raises a status as heartbeat's Python functions would: Closed, TimeoutError, Stopped, Revoked,
 * TypeError, MemoryError. Returns NULL. GIL */
static inline PyObject *heartbeat_raise(int status)
{
    return heartbeat_api_in_use->raise(status);
}

static inline PyObject *heartbeat_make_capsule(void *code, const char *type, void *data)
{
    PyObject *py_capsule = PyCapsule_New(code, type, NULL);
    if (py_capsule && PyCapsule_SetContext(py_capsule, data) < 0)
        Py_CLEAR(py_capsule);
    return py_capsule;
}

/* A native unit for heartbeat.Worker: a capsule, or NULL with an exception. `data` is what the unit is
 * given, unless the Worker is given other data. GIL */
static inline PyObject *heartbeat_capsule_worker(heartbeat_unit_worker *unit, void *data)
{
    void *code;
    memcpy(&code, &unit, sizeof code); /* ISO C has no cast for this */
    return heartbeat_make_capsule(code, HEARTBEAT_UNIT_WORKER, data);
}

static inline PyObject *heartbeat_capsule_int64(heartbeat_unit_int64 *unit, void *data)
{
    void *code;
    memcpy(&code, &unit, sizeof code);
    return heartbeat_make_capsule(code, HEARTBEAT_UNIT_INT64, data);
}

static inline PyObject *heartbeat_capsule_double(heartbeat_unit_double *unit, void *data)
{
    void *code;
    memcpy(&code, &unit, sizeof code);
    return heartbeat_make_capsule(code, HEARTBEAT_UNIT_DOUBLE, data);
}

#endif

#ifdef __cplusplus
}
#endif

#endif
