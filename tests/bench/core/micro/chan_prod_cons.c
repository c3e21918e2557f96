#include "scenarios.h"
#include "share.h"

#define WORK 100u

static void *produce(void *arg)
{
    share *s = arg;
    for (uint64_t i = 0; i < s->each; i++) {
        bench_work(s->parameter);
        bench_send(s->chan, i);
    }
    return NULL;
}

static void *consume(void *arg)
{
    share *s = arg;
    for (uint64_t i = 0; i < s->each; i++) {
        bench_recv(s->chan);
        bench_work(s->parameter);
    }
    return NULL;
}

static void produce_and_consume(uint64_t count, uint64_t capacity, uint64_t work)
{
    bench_team team = { .n = 0 };
    uint32_t pairs = bench_processors();
    share s = { count / pairs, work, bench_chan(capacity) };
    bench_start(&team, pairs, produce, &s);
    bench_start(&team, pairs, consume, &s);
    bench_join(&team);
    hb_chan_unref(s.chan);
}

/* A producer and a consumer for each processor, on one channel. */
void chan_prod_cons(uint64_t count, uint64_t capacity)
{
    produce_and_consume(count, capacity, 0);
}

/* The same, with work at both ends. */
void chan_prod_cons_work(uint64_t count, uint64_t capacity)
{
    produce_and_consume(count, capacity, WORK);
}
