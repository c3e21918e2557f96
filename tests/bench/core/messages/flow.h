/* flow: the two ends that the scenarios with one shared channel have. */
#ifndef FLOW_H
#define FLOW_H

#include "bench.h"

typedef struct flow {
    hb_chan *chan;
    uint64_t each; /* messages a thread */
} flow;

static inline void *flow_sender(void *arg)
{
    flow *f = arg;
    for (uint64_t i = 0; i < f->each; i++)
        bench_send(f->chan, i);
    return NULL;
}

static inline void *flow_receiver(void *arg)
{
    flow *f = arg;
    for (uint64_t i = 0; i < f->each; i++)
        bench_recv(f->chan);
    return NULL;
}

/* Some threads send, the calling thread receives. */
static inline void flow_to_one(uint32_t senders, uint64_t count, uint64_t capacity)
{
    bench_team team = { .n = 0 };
    flow f = { bench_chan(capacity), count / senders };
    bench_start(&team, senders, flow_sender, &f);
    for (uint64_t i = 0; i < f.each * senders; i++)
        bench_recv(f.chan);
    bench_join(&team);
    hb_chan_unref(f.chan);
}

/* As many threads send as receive, all over the same channel. */
static inline void flow_to_many(uint32_t pairs, uint64_t count, uint64_t capacity)
{
    bench_team team = { .n = 0 };
    flow f = { bench_chan(capacity), count / pairs };
    bench_start(&team, pairs, flow_sender, &f);
    bench_start(&team, pairs, flow_receiver, &f);
    bench_join(&team);
    hb_chan_unref(f.chan);
}

#endif
