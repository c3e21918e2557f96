#include "flow.h"
#include "scenarios.h"

/* Several threads send, as many others receive. */
void mpmc(uint64_t count, uint64_t capacity)
{
    bench_team team = { .n = 0 };
    flow f = { bench_chan(capacity), count / BENCH_THREADS };
    bench_start(&team, BENCH_THREADS, flow_sender, &f);
    bench_start(&team, BENCH_THREADS, flow_receiver, &f);
    bench_join(&team);
    hb_chan_unref(f.chan);
}
