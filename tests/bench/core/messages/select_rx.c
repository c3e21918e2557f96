#include "flow.h"
#include "scenarios.h"

/* Several threads send, each on a channel of its own; one thread selects. */
void select_rx(uint64_t count, uint64_t capacity)
{
    bench_team team = { .n = 0 };
    flow flows[BENCH_THREADS];
    hb_case cases[BENCH_THREADS];
    uint64_t value;
    for (uint32_t t = 0; t < BENCH_THREADS; t++) {
        flows[t] = (flow){ bench_chan(capacity), count / BENCH_THREADS };
        cases[t] = bench_case(hb_chan_source(flows[t].chan), HB_RECV);
        bench_start(&team, 1, flow_sender, &flows[t]);
    }
    for (uint64_t i = 0; i < count / BENCH_THREADS * BENCH_THREADS; i++)
        bench_select(cases, BENCH_THREADS, &value);
    bench_join(&team);
    for (uint32_t t = 0; t < BENCH_THREADS; t++)
        hb_chan_unref(flows[t].chan);
}
