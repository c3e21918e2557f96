#include "scenarios.h"
#include "share.h"

static void *fill_and_drain(void *arg)
{
    share *s = arg;
    hb_chan *chan = bench_chan(s->parameter);
    for (uint64_t i = 0; i < s->each; i++) {
        for (uint64_t m = 0; m < s->parameter; m++)
            bench_send(chan, m);
        for (uint64_t m = 0; m < s->parameter; m++)
            bench_recv(chan);
    }
    hb_chan_unref(chan);
    return NULL;
}

/* Each thread fills a channel of its own and drains it again. */
void chan_uncontended(uint64_t count, uint64_t messages)
{
    share_out(count, messages, NULL, fill_and_drain);
}
