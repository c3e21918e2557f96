#include "scenarios.h"
#include "share.h"

static void *create(void *arg)
{
    share *s = arg;
    for (uint64_t i = 0; i < s->each; i++) {
        hb_chan *chan = bench_chan(s->parameter);
        bench_send(chan, i);
        bench_recv(chan);
        hb_chan_unref(chan);
    }
    return NULL;
}

/* A channel for every message. */
void chan_creation(uint64_t count, uint64_t capacity)
{
    share_out(count, capacity, NULL, create);
}
