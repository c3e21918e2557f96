#include "hb_timer.h"
#include "scenarios.h"

#define WORK 100u
#define HOUR (3600 * HB_SECOND)

typedef struct line {
    uint64_t each;
    hb_chan *chan;
    hb_chan *never; /* in every select, and nobody ever closes it */
} line;

/* Selects between the channel, a timer that is far away, and `never`. */
static void exchange(line *l, hb_direction direction, bool work_first)
{
    hb_timer timer;
    uint64_t value;
    hb_timer_init(&timer, hb_time_add(hb_now(), HOUR), 0);
    hb_case cases[] = { bench_case(hb_chan_source(l->chan), direction),
                        bench_case(&timer.source, HB_RECV),
                        bench_case(hb_chan_source(l->never), HB_RECV) };
    for (uint64_t i = 0; i < l->each; i++) {
        bench_work(work_first ? WORK : 0);
        bench_select(cases, 3, &value);
        bench_work(work_first ? 0 : WORK);
    }
}

static void *produce(void *arg)
{
    exchange(arg, HB_SEND, true);
    return NULL;
}

static void *consume(void *arg)
{
    exchange(arg, HB_RECV, false);
    return NULL;
}

/* A producer and a consumer for each processor that work, and select. */
void select_prod_cons(uint64_t count, uint64_t capacity)
{
    bench_team team = { .n = 0 };
    uint32_t pairs = bench_processors();
    line l = { count / pairs, bench_chan(capacity), bench_chan(0) };
    bench_start(&team, pairs, produce, &l);
    bench_start(&team, pairs, consume, &l);
    bench_join(&team);
    hb_chan_unref(l.chan);
    hb_chan_unref(l.never);
}
