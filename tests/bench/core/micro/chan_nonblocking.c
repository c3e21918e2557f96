#include "scenarios.h"
#include "share.h"

static void *poll(void *arg)
{
    share *s = arg;
    hb_word word;
    for (uint64_t i = 0; i < s->each; i++)
        bench_expect(hb_chan_try_recv(s->chan, &word), HB_WOULD_BLOCK);
    return NULL;
}

/* All threads poll one channel that stays empty. */
void chan_nonblocking(uint64_t count, uint64_t unused)
{
    share_out(count, unused, bench_chan(0), poll);
}
