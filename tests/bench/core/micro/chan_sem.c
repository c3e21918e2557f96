#include "scenarios.h"
#include "share.h"

static void *enter_and_leave(void *arg)
{
    share *s = arg;
    for (uint64_t i = 0; i < s->each; i++) {
        bench_send(s->chan, 0);
        bench_recv(s->chan);
    }
    return NULL;
}

/* A channel as a semaphore with a place for each thread. */
void chan_sem(uint64_t count, uint64_t unused)
{
    share_out(count, unused, bench_chan(bench_processors()), enter_and_leave);
}
