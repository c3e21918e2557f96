#include "scenarios.h"
#include "share.h"

static void *fill_and_drain(void *arg)
{
    share *s = arg;
    for (uint64_t i = 0; i < s->each; i++) {
        for (uint64_t m = 0; m < s->parameter; m++)
            bench_send(s->chan, m);
        for (uint64_t m = 0; m < s->parameter; m++)
            bench_recv(s->chan);
    }
    return NULL;
}

/* All threads put their messages into one channel, and take as many out. */
void chan_contended(uint64_t count, uint64_t messages)
{
    share_out(count, messages, bench_chan(messages * bench_processors()), fill_and_drain);
}
