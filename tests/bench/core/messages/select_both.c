#include "scenarios.h"

typedef struct stage {
    hb_chan *chans[BENCH_THREADS];
    uint64_t each; /* messages a thread */
} stage;

static void fill_cases(stage *s, hb_case *cases, hb_direction direction)
{
    for (uint32_t t = 0; t < BENCH_THREADS; t++)
        cases[t] = bench_case(hb_chan_source(s->chans[t]), direction);
}

static void *sender(void *arg)
{
    stage *s = arg;
    hb_case cases[BENCH_THREADS];
    uint64_t value;
    fill_cases(s, cases, HB_SEND);
    for (uint64_t i = 0; i < s->each; i++) {
        for (uint32_t t = 0; t < BENCH_THREADS; t++)
            cases[t].word.i64 = (int64_t)i;
        bench_select(cases, BENCH_THREADS, &value);
    }
    return NULL;
}

static void *receiver(void *arg)
{
    stage *s = arg;
    hb_case cases[BENCH_THREADS];
    uint64_t value;
    fill_cases(s, cases, HB_RECV);
    for (uint64_t i = 0; i < s->each; i++)
        bench_select(cases, BENCH_THREADS, &value);
    return NULL;
}

/* Several threads send and as many receive, all by selecting over the same
 * channels. */
void select_both(uint64_t count, uint64_t capacity)
{
    bench_team team = { .n = 0 };
    stage s = { .each = count / BENCH_THREADS };
    for (uint32_t t = 0; t < BENCH_THREADS; t++)
        s.chans[t] = bench_chan(capacity);
    bench_start(&team, BENCH_THREADS, sender, &s);
    bench_start(&team, BENCH_THREADS, receiver, &s);
    bench_join(&team);
    for (uint32_t t = 0; t < BENCH_THREADS; t++)
        hb_chan_unref(s.chans[t]);
}
