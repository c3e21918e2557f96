/* channel: what the files that make up the Channel type share.
 *
 * channel_value.c  values into words and back
 * channel_ops.c    send, receive, close
 * channel_batch.c  many values under one lock
 * channel_look.c   properties, repr, stats
 * channel.c        life, the collector, the type
 *
 * An object channel's words are owned references; a typed one's are the numbers
 * themselves. The Python object is the only owner of an hb_chan that holds
 * objects, so the ring it shows the collector is the ring there is.
 *
 * `nil` is a Channel without an hb_chan, which the core takes as Go's nil channel. */
#ifndef HBPY_CHANNEL_H
#define HBPY_CHANNEL_H

#include "binding.h"

typedef struct hbpy_channel {
    hbpy_source base;
    hb_chan *chan;     /* constant once made; NULL: nil */
    char dtype;        /* constant: 0 (objects), 'q' or 'd' */
    bool made;         /* __init__ has run */
    hb_atomic_u32 told; /* somebody got Closed, and with it the cause */
    PyObject *py_name; /* constant: str or NULL */
} hbpy_channel;

static inline hbpy_channel *channel_of(void *self)
{
    return self;
}

extern const hbpy_kind hbpy_channel_kind;

/* As Channel(capacity, dtype=, name=), any of them NULL; messages call the capacity `what`. */
PyObject *hbpy_channel_new(hbpy_state *state, const char *what, PyObject *py_capacity,
                           PyObject *py_dtype, PyObject *py_name);

/* How a word of the channel is disposed of; NULL: words own nothing. */
hb_drop_fn *hbpy_channel_drop_of(hbpy_channel *self);

/* For hb_chan_new: what an object channel still holds when it dies. */
void hbpy_channel_drop_object(hb_word word);

/* Waits until the word is sent. As hbpy_wait; HB_WOULD_BLOCK if the deadline is 0. */
hb_status hbpy_channel_send_waiting(hbpy_channel *self, hb_word word, hb_time deadline);

/* Raises what a send or receive came to, if that was neither HB_OK; NULL. */
PyObject *hbpy_channel_raise(hbpy_channel *self, hb_status status);

/* Method tables, for the type. */
extern PyMethodDef hbpy_channel_send_method, hbpy_channel_try_send_method;
extern PyMethodDef hbpy_channel_recv_method, hbpy_channel_try_recv_method;
extern PyMethodDef hbpy_channel_close_method;
extern PyMethodDef hbpy_channel_send_many_method, hbpy_channel_recv_many_method;
extern PyMethodDef hbpy_channel_stats_method;
extern PyGetSetDef hbpy_channel_getset[];
extern PyStructSequence_Desc hbpy_channel_stats_desc;

PyObject *hbpy_channel_next(PyObject *py_self);
Py_ssize_t hbpy_channel_len(PyObject *py_self);
PyObject *hbpy_channel_repr(PyObject *py_self);

#endif
