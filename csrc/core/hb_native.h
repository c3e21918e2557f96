/* hb_native: the work of a worker as machine code.
 *
 * A whole worker is a function that is called once, with a handle through which it receives,
 * sends and pulses, all on duty. A generator is called again and again: each call is a unit of
 * work with one result, which the loop here sends.
 *
 *   G1 No call is made before the result of the one before is with the channel or its receiver.
 *   G2 What was computed when done closes is dropped, if it would have to wait.
 *
 * Locking: none. All of it belongs to the worker's thread. */
#ifndef HB_NATIVE_H
#define HB_NATIVE_H

#include "hb_duty.h"

/* What a whole worker is given. `api` is the table of the public C interface, so that the code
 * needs nothing else to find it. */
typedef struct hb_handle {
    const void *api;  /* constant */
    hb_duty *duty;    /* constant */
    hb_chan *results; /* constant */
} hb_handle;

typedef enum hb_native_kind {
    HB_NATIVE_NONE,
    HB_NATIVE_WHOLE,   /* called once with a handle */
    HB_NATIVE_INT64,   /* each call makes an int64 */
    HB_NATIVE_DOUBLE,  /* each call makes a double */
} hb_native_kind;

typedef struct hb_native {
    hb_native_kind kind;
    union {
        int (*whole)(hb_handle *handle, void *data); /* 0: done; else a code of its own */
        int (*int64)(void *data, int64_t *result);   /* 0: a result; HB_NATIVE_END; else a code */
        int (*real)(void *data, double *result);     /* likewise */
    } fn;
    void *data;
} hb_native;

#define HB_NATIVE_END 1

/* Codes that units and the public interface give these states; units pass them through. */
enum { HB_NATIVE_CLOSED = -7001, HB_NATIVE_STOPPED = -7003, HB_NATIVE_REVOKED = -7004 };

/* HB_OK: it has done its work. HB_STOPPED, HB_REVOKED: its waits ended so. HB_FAILED: with what it
 * returned in *code. The results' channel stays open. */
hb_status hb_native_run(const hb_native *unit, const void *api, hb_duty *duty, hb_chan *results,
                        int *code);

#endif
