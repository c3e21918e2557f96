#include "scenarios.h"

/* Drains a channel that was filled and closed before the clock started. */
void receive_data_from_closed_chan(uint64_t count, uint64_t unused)
{
    hb_chan *chan = bench_chan(count);
    hb_word word;
    (void)unused;
    for (uint64_t i = 0; i < count; i++)
        bench_send(chan, i);
    bench_expect(hb_chan_close(chan, (hb_word){ .i64 = 0 }), HB_OK);
    bench_restart_clock();
    while (hb_chan_recv(chan, &word, HB_FOREVER) == HB_OK)
        ;
    hb_chan_unref(chan);
}
