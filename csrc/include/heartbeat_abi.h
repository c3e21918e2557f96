/* heartbeat_abi.h: what an extension and the installed heartbeat agree on. Include heartbeat.h, which
 * says what it all means; here are the numbers and layouts. */
#ifndef HEARTBEAT_ABI_H
#define HEARTBEAT_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of the interface this file describes. It grows when functions are added; none is ever changed. */
#define HEARTBEAT_ABI 1

#define HEARTBEAT_FOREVER INT64_MAX
#define HEARTBEAT_SECOND ((int64_t)1000000000)

enum {
    HEARTBEAT_OK = 0,
    HEARTBEAT_CLOSED = -7001,    /* the channel is closed and, for a receive, drained; the beat has ended */
    HEARTBEAT_TIMEOUT = -7002,   /* the time is up, and nothing has happened */
    HEARTBEAT_STOPPED = -7003,   /* the worker is to stop, or the engine has: return */
    HEARTBEAT_REVOKED = -7004,   /* another worker took its place: return */
    HEARTBEAT_TYPE = -7005,      /* the channel carries something else */
    HEARTBEAT_NO_MEMORY = -7006,
    HEARTBEAT_OLD = -7007,       /* the installed heartbeat is older than this file */
    HEARTBEAT_FOREIGN = -7008    /* it belongs to a virtual-time bubble of other threads */
};

/* What a unit that makes one result a call returns when there are no more. */
#define HEARTBEAT_END 1

typedef struct heartbeat_beat heartbeat_beat;       /* a Heartbeat */
typedef struct heartbeat_channel heartbeat_channel; /* a Channel */

typedef union heartbeat_word {
    int64_t i;
    double d;
} heartbeat_word;

/* A unit of work. It stays where it is from begin to end. */
typedef struct heartbeat_unit {
    uint64_t opaque[48];
} heartbeat_unit;

typedef struct heartbeat_api heartbeat_api;

/* What a native unit is given. */
typedef struct heartbeat_worker {
    const heartbeat_api *api;
} heartbeat_worker;

/* The C types of native units, which are the names of their capsules. */
#define HEARTBEAT_UNIT_WORKER "int (heartbeat_worker *, void *)"
#define HEARTBEAT_UNIT_INT64 "int (void *, int64_t *)"
#define HEARTBEAT_UNIT_DOUBLE "int (void *, double *)"

typedef int heartbeat_unit_worker(heartbeat_worker *worker, void *data);
typedef int heartbeat_unit_int64(void *data, int64_t *result);
typedef int heartbeat_unit_double(void *data, double *result);

struct _object; /* PyObject */

/* The functions as the installed heartbeat has them; call those below instead. `type` is 'q' or 'd'. */
struct heartbeat_api {
    uint32_t abi;
    uint32_t size; /* of this struct */
    int64_t (*now)(void);
    int (*sleep)(int64_t timeout);
    const char *(*text)(int status);

    heartbeat_beat *(*beat_open)(const char *name);
    heartbeat_beat *(*beat_retain)(heartbeat_beat *beat);
    void (*beat_release)(heartbeat_beat *beat);
    int (*beat_close)(heartbeat_beat *beat);
    int (*beat_pulse)(heartbeat_beat *beat);
    int (*beat_progress)(heartbeat_beat *beat, double done, double total, const char *phase);
    int (*beat_pause)(heartbeat_beat *beat, int64_t most);
    int (*unit_begin)(heartbeat_unit *unit, heartbeat_beat *beat, const char *label, int64_t timeout);
    void (*unit_end)(heartbeat_unit *unit);

    heartbeat_channel *(*channel_retain)(heartbeat_channel *channel);
    void (*channel_release)(heartbeat_channel *channel);
    int (*channel_type)(heartbeat_channel *channel);
    int (*channel_close)(heartbeat_channel *channel);
    int (*channel_closed)(heartbeat_channel *channel);
    uint64_t (*channel_len)(heartbeat_channel *channel);
    int (*send)(heartbeat_channel *channel, int type, heartbeat_word word, int64_t timeout);
    int (*recv)(heartbeat_channel *channel, int type, heartbeat_word *word, int64_t timeout);
    int (*send_many)(heartbeat_channel *channel, int type, const void *words, size_t n, size_t *done,
                     int64_t timeout);
    int (*recv_many)(heartbeat_channel *channel, int type, void *words, size_t n, size_t *done,
                     int64_t timeout);

    heartbeat_beat *(*beat_of)(struct _object *py_heartbeat);
    struct _object *(*beat_object)(heartbeat_beat *beat);
    heartbeat_channel *(*channel_of)(struct _object *py_channel);
    struct _object *(*raise)(int status);

    int (*worker_send)(heartbeat_worker *worker, heartbeat_channel *channel, int type,
                       heartbeat_word word, int64_t timeout);
    int (*worker_recv)(heartbeat_worker *worker, heartbeat_channel *channel, int type,
                       heartbeat_word *word, int64_t timeout);
    int (*worker_pulse)(heartbeat_worker *worker);
    int (*worker_sleep)(heartbeat_worker *worker, int64_t timeout);
    int (*worker_stopping)(heartbeat_worker *worker);
    heartbeat_beat *(*worker_beat)(heartbeat_worker *worker);
    heartbeat_channel *(*worker_results)(heartbeat_worker *worker);
};

#ifdef __cplusplus
}
#endif

#endif
