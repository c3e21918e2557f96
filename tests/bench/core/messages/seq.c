#include "scenarios.h"

/* One thread sends everything, then receives everything. */
void seq(uint64_t count, uint64_t capacity)
{
    hb_chan *chan = bench_chan(capacity);
    for (uint64_t i = 0; i < count; i++)
        bench_send(chan, i);
    for (uint64_t i = 0; i < count; i++)
        bench_recv(chan);
    hb_chan_unref(chan);
}
