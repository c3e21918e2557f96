/* hb_chan_impl: what the files that make up the channel share.
 *
 * hb_chan.c       send, receive and close, under the lock
 * hb_chan_wait.c  the waits of native threads
 * hb_chan_look.c  looking at a channel from outside */
#ifndef HB_CHAN_IMPL_H
#define HB_CHAN_IMPL_H

#include "hb_chan.h"
#include "hb_ring.h"

struct hb_chan {
    hb_source source;   /* its lock guards all below that is not constant */
    hb_queue senders;   /* lock */
    hb_ring ring;       /* lock */
    uint64_t capacity;  /* constant once used */
    hb_atomic_u64 sends;    /* lock: words accepted so far; read without it by who only looks */
    hb_atomic_u64 receives; /* the same: words given out so far */
    uint64_t high_water; /* lock: most words ever queued */
    hb_word cause;      /* lock; constant once closed */
    hb_atomic_u32 closed; /* lock; read without it by who only looks */
    hb_atomic_u32 type;   /* constant once used */
    hb_drop_fn *drop;   /* constant once used */
    hb_atomic_u32 refs;
};

#endif
