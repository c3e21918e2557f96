#include "scenarios.h"
#include "share.h"

static void *ping(void *arg)
{
    share *s = arg;
    for (uint64_t i = 0; i < s->each; i++) {
        bench_send(s->chan, i);
        bench_work(s->parameter);
        bench_recv(s->chan);
        bench_work(s->parameter);
    }
    return NULL;
}

static void *pong(void *arg)
{
    share *s = arg;
    for (uint64_t i = 0; i < s->each; i++) {
        bench_recv(s->chan);
        bench_work(s->parameter);
        bench_send(s->chan, i);
        bench_work(s->parameter);
    }
    return NULL;
}

/* Two threads hand a message to and fro over one channel of capacity 0. */
void chan_sync(uint64_t count, uint64_t work)
{
    bench_team team = { .n = 0 };
    share s = { count / 2, work, bench_chan(0) };
    bench_start(&team, 1, ping, &s);
    bench_start(&team, 1, pong, &s);
    bench_join(&team);
    hb_chan_unref(s.chan);
}
