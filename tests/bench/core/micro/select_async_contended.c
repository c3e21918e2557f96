#include "scenarios.h"

typedef struct ring {
    uint64_t each;
    hb_chan *chans[2];
} ring;

static void *pass(void *arg)
{
    ring *r = arg;
    hb_case cases[] = { bench_case(hb_chan_source(r->chans[0]), HB_RECV),
                        bench_case(hb_chan_source(r->chans[1]), HB_RECV) };
    uint64_t value;
    bench_send(r->chans[0], 0);
    for (uint64_t i = 0; i < r->each; i++)
        bench_send(r->chans[1 - bench_select(cases, 2, &value)], value);
    return NULL;
}

/* All threads pass messages between the same two channels, by select. */
void select_async_contended(uint64_t count, uint64_t unused)
{
    uint32_t threads = bench_processors();
    ring r = { count / threads, { bench_chan(threads), bench_chan(threads) } };
    (void)unused;
    bench_parallel(pass, &r);
    hb_chan_unref(r.chans[0]);
    hb_chan_unref(r.chans[1]);
}
