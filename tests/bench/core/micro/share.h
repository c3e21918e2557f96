/* share: what each of several threads needs to know of a common benchmark. */
#ifndef SHARE_H
#define SHARE_H

#include "bench.h"

typedef struct share {
    uint64_t each; /* operations a thread */
    uint64_t parameter;
    hb_chan *chan; /* the one they share, if they do */
} share;

/* Splits the operations evenly over one thread for each processor. */
static inline void share_out(uint64_t count, uint64_t parameter, hb_chan *chan, bench_thread_fn *fn)
{
    share s = { count / bench_processors(), parameter, chan };
    bench_parallel(fn, &s);
    hb_chan_unref(chan);
}

#endif
