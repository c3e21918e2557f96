/* capi_calls: the part of the public C interface that needs no Python: the core's functions, with
 * timeouts for deadlines and lasting numbers for statuses. */
#include "binding.h"
#include "capi.h"

#include "hb_native.h"

_Static_assert((int)HEARTBEAT_CLOSED == (int)HB_NATIVE_CLOSED, "units pass it through");
_Static_assert((int)HEARTBEAT_STOPPED == (int)HB_NATIVE_STOPPED, "units pass it through");
_Static_assert((int)HEARTBEAT_REVOKED == (int)HB_NATIVE_REVOKED, "units pass it through");
_Static_assert(HEARTBEAT_END == HB_NATIVE_END, "units return it");
_Static_assert(HEARTBEAT_FOREVER == HB_FOREVER, "no conversion");
_Static_assert(sizeof(heartbeat_word) == sizeof(hb_word), "arrays of words are shared");
_Static_assert(offsetof(hb_handle, api) == offsetof(heartbeat_worker, api), "a handle is a worker");

/* ---- statuses and timeouts ---- */

static int code_of(hb_status status)
{
    switch (status) {
    case HB_OK:
        return HEARTBEAT_OK;
    case HB_CLOSED:
        return HEARTBEAT_CLOSED;
    case HB_STOPPED:
        return HEARTBEAT_STOPPED;
    case HB_REVOKED:
        return HEARTBEAT_REVOKED;
    case HB_NO_MEMORY:
        return HEARTBEAT_NO_MEMORY;
    case HB_FOREIGN:
        return HEARTBEAT_FOREIGN;
    default:
        return HEARTBEAT_TIMEOUT;
    }
}

static const char *text(int status)
{
    switch (status) {
    case HEARTBEAT_OK:
        return "done";
    case HEARTBEAT_CLOSED:
        return "it is closed";
    case HEARTBEAT_TIMEOUT:
        return "the time is up";
    case HEARTBEAT_STOPPED:
        return "the worker or the engine is to stop";
    case HEARTBEAT_REVOKED:
        return "another has taken its place";
    case HEARTBEAT_TYPE:
        return "the channel carries something else";
    case HEARTBEAT_NO_MEMORY:
        return "out of memory";
    case HEARTBEAT_FOREIGN:
        return hb_status_text(HB_FOREIGN);
    case HEARTBEAT_OLD:
        return "the installed heartbeat is too old";
    default:
        return "a code of its own";
    }
}

/* 0: do not wait. */
static hb_time deadline_of(int64_t timeout)
{
    if (timeout <= 0)
        return 0;
    return timeout == HEARTBEAT_FOREVER ? HB_FOREVER : hb_time_add(hb_now(), timeout);
}

static int64_t now(void)
{
    return hb_now();
}

static int sleep_for(int64_t timeout)
{
    hbpy_point_anywhere();
    hb_time deadline = deadline_of(timeout);
    hb_status status = HB_TIMEOUT;
    while (deadline > 0 && (status = hb_wait_sleep(deadline)) == HB_INTERRUPTED)
        ;
    return status == HB_TIMEOUT ? HEARTBEAT_OK : code_of(status);
}

/* ---- beats ---- */

static hb_beat *beat_in(heartbeat_beat *beat)
{
    return (hb_beat *)beat;
}

static heartbeat_beat *beat_open(const char *name)
{
    return (heartbeat_beat *)hb_beat_open(name);
}

static heartbeat_beat *beat_retain(heartbeat_beat *beat)
{
    return (heartbeat_beat *)hb_beat_ref(beat_in(beat));
}

static void beat_release(heartbeat_beat *beat)
{
    hb_beat_unref(beat_in(beat));
}

static int beat_close(heartbeat_beat *beat)
{
    hbpy_point_anywhere();
    return code_of(hb_beat_is_foreign(beat_in(beat)) ? HB_FOREIGN : hb_beat_end(beat_in(beat), HB_END_CLOSED));
}

static int beat_pulse(heartbeat_beat *beat)
{
    hbpy_point_anywhere();
    return code_of(hb_beat_pulse(beat_in(beat)));
}

static int beat_progress(heartbeat_beat *beat, double done, double total, const char *phase)
{
    hbpy_point_anywhere();
    return code_of(hb_beat_progress(beat_in(beat), done, total, phase));
}

static int beat_pause(heartbeat_beat *beat, int64_t most)
{
    hbpy_point_anywhere();
    return code_of(hb_beat_pause(beat_in(beat), most > 0 ? most : 0));
}

/* What is in a heartbeat_unit. */
typedef struct unit_in {
    hb_beat *beat; /* a reference; NULL: it did not begin */
    hb_unit unit;
} unit_in;

_Static_assert(sizeof(unit_in) <= sizeof(heartbeat_unit), "there is room");

static int unit_begin(heartbeat_unit *unit, heartbeat_beat *beat, const char *label, int64_t timeout)
{
    hbpy_point_anywhere();
    unit_in *in = (unit_in *)(void *)unit;
    hb_status status = hb_unit_begin(beat_in(beat), &in->unit, label, timeout, true);
    in->beat = status == HB_OK ? hb_beat_ref(beat_in(beat)) : NULL;
    return code_of(status);
}

static void unit_end(heartbeat_unit *unit)
{
    hbpy_point_anywhere();
    unit_in *in = (unit_in *)(void *)unit;
    if (!in->beat)
        return;
    hb_unit_finish(in->beat, &in->unit);
    hb_beat_unref(in->beat);
    in->beat = NULL;
}

/* ---- channels ---- */

static hb_chan *chan_in(heartbeat_channel *channel)
{
    return (hb_chan *)channel;
}

static heartbeat_channel *channel_retain(heartbeat_channel *channel)
{
    return (heartbeat_channel *)hb_chan_ref(chan_in(channel));
}

static void channel_release(heartbeat_channel *channel)
{
    hb_chan_unref(chan_in(channel));
}

static int channel_type(heartbeat_channel *channel)
{
    return hb_chan_type(chan_in(channel));
}

static int channel_close(heartbeat_channel *channel)
{
    hbpy_point_anywhere();
    return code_of(hb_chan_close(chan_in(channel), (hb_word){ NULL }));
}

static int channel_closed(heartbeat_channel *channel)
{
    hbpy_point_anywhere();
    return hb_chan_is_closed(chan_in(channel));
}

static uint64_t channel_len(heartbeat_channel *channel)
{
    hbpy_point_anywhere();
    return hb_chan_len(chan_in(channel));
}

static bool carries(heartbeat_channel *channel, int type)
{
    return hb_chan_type(chan_in(channel)) == type;
}

static int send(heartbeat_channel *channel, int type, heartbeat_word word, int64_t timeout)
{
    hbpy_point_anywhere();
    if (!carries(channel, type))
        return HEARTBEAT_TYPE;
    hb_word in = { .i64 = word.i };
    hb_status status = hb_chan_try_send(chan_in(channel), in);
    if (status == HB_WOULD_BLOCK && timeout > 0)
        status = hb_chan_send(chan_in(channel), in, deadline_of(timeout));
    return code_of(status);
}

static int recv(heartbeat_channel *channel, int type, heartbeat_word *word, int64_t timeout)
{
    hbpy_point_anywhere();
    hb_word out = { NULL };
    if (!carries(channel, type))
        return HEARTBEAT_TYPE;
    hb_status status = hb_chan_try_recv(chan_in(channel), &out);
    if (status == HB_WOULD_BLOCK && timeout > 0)
        status = hb_chan_recv(chan_in(channel), &out, deadline_of(timeout));
    word->i = out.i64;
    return code_of(status);
}

static int send_many(heartbeat_channel *channel, int type, const void *words, size_t n, size_t *done,
                     int64_t timeout)
{
    hbpy_point_anywhere();
    *done = 0;
    if (!carries(channel, type))
        return HEARTBEAT_TYPE;
    return code_of(timeout > 0 ? hb_chan_send_many(chan_in(channel), words, n, done, deadline_of(timeout))
                               : hb_chan_try_send_many(chan_in(channel), words, n, done));
}

static int recv_many(heartbeat_channel *channel, int type, void *words, size_t n, size_t *done,
                     int64_t timeout)
{
    hbpy_point_anywhere();
    *done = 0;
    if (!carries(channel, type))
        return HEARTBEAT_TYPE;
    hb_status status =
        timeout > 0 ? hb_chan_recv_many(chan_in(channel), words, n, done, deadline_of(timeout))
                    : hb_chan_try_recv_many(chan_in(channel), words, n, done);
    return *done > 0 ? HEARTBEAT_OK : code_of(status);
}

/* ---- workers ---- */

static hb_handle *handle_in(heartbeat_worker *worker)
{
    return (hb_handle *)(void *)worker;
}

static int worker_send(heartbeat_worker *worker, heartbeat_channel *channel, int type,
                       heartbeat_word word, int64_t timeout)
{
    hb_handle *handle = handle_in(worker);
    hb_chan *chan = channel ? chan_in(channel) : handle->results;
    if (hb_chan_type(chan) != type)
        return HEARTBEAT_TYPE;
    return code_of(hb_duty_send(handle->duty, chan, (hb_word){ .i64 = word.i }, deadline_of(timeout)));
}

static int worker_recv(heartbeat_worker *worker, heartbeat_channel *channel, int type,
                       heartbeat_word *word, int64_t timeout)
{
    hb_word out = { NULL };
    if (!carries(channel, type))
        return HEARTBEAT_TYPE;
    hb_status status = hb_duty_recv(handle_in(worker)->duty, chan_in(channel), &out,
                                    deadline_of(timeout));
    word->i = out.i64;
    return code_of(status);
}

static int worker_pulse(heartbeat_worker *worker)
{
    hbpy_point_anywhere();
    return code_of(hb_beat_pulse(handle_in(worker)->duty->beat));
}

static int worker_sleep(heartbeat_worker *worker, int64_t timeout)
{
    return code_of(hb_duty_sleep(handle_in(worker)->duty, deadline_of(timeout)));
}

static int worker_stopping(heartbeat_worker *worker)
{
    hbpy_point_anywhere();
    return hb_duty_stopped(handle_in(worker)->duty);
}

static heartbeat_beat *worker_beat(heartbeat_worker *worker)
{
    return (heartbeat_beat *)handle_in(worker)->duty->beat;
}

static heartbeat_channel *worker_results(heartbeat_worker *worker)
{
    return (heartbeat_channel *)handle_in(worker)->results;
}

/* ---- the table ---- */

const heartbeat_api hbpy_capi_calls = {
    .abi = HEARTBEAT_ABI,
    .size = sizeof(heartbeat_api),
    .now = now,
    .sleep = sleep_for,
    .text = text,
    .beat_open = beat_open,
    .beat_retain = beat_retain,
    .beat_release = beat_release,
    .beat_close = beat_close,
    .beat_pulse = beat_pulse,
    .beat_progress = beat_progress,
    .beat_pause = beat_pause,
    .unit_begin = unit_begin,
    .unit_end = unit_end,
    .channel_retain = channel_retain,
    .channel_release = channel_release,
    .channel_type = channel_type,
    .channel_close = channel_close,
    .channel_closed = channel_closed,
    .channel_len = channel_len,
    .send = send,
    .recv = recv,
    .send_many = send_many,
    .recv_many = recv_many,
    .worker_send = worker_send,
    .worker_recv = worker_recv,
    .worker_pulse = worker_pulse,
    .worker_sleep = worker_sleep,
    .worker_stopping = worker_stopping,
    .worker_beat = worker_beat,
    .worker_results = worker_results,
};
