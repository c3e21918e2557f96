#include "scenarios.h"
#include "share.h"

static void *poll(void *arg)
{
    share *s = arg;
    hb_word word;
    for (uint64_t i = 0; i < s->each; i++)
        bench_expect(hb_chan_try_recv(s->chan, &word), HB_CLOSED);
    return NULL;
}

/* All threads poll one closed channel. */
void chan_closed(uint64_t count, uint64_t unused)
{
    hb_chan *chan = bench_chan(0);
    bench_expect(hb_chan_close(chan, (hb_word){ .i64 = 0 }), HB_OK);
    share_out(count, unused, chan, poll);
}
