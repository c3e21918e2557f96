#include "scenarios.h"
#include "share.h"

static void *pass(void *arg)
{
    share *s = arg;
    hb_chan *chans[] = { bench_chan(1), bench_chan(1) };
    hb_case cases[] = { bench_case(hb_chan_source(chans[0]), HB_RECV),
                        bench_case(hb_chan_source(chans[1]), HB_RECV) };
    uint64_t value;
    bench_send(chans[0], 0);
    for (uint64_t i = 0; i < s->each; i++)
        bench_send(chans[1 - bench_select(cases, 2, &value)], value);
    hb_chan_unref(chans[0]);
    hb_chan_unref(chans[1]);
    return NULL;
}

/* Each thread passes a message between two channels of its own, by select. */
void select_uncontended(uint64_t count, uint64_t unused)
{
    share_out(count, unused, NULL, pass);
}
