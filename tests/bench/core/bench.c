#include "bench.h"

#include <stdio.h>
#include <stdlib.h>

/* A thousand waiting threads must not cost a thousand large stacks. */
#define STACK_BYTES ((size_t)128 << 10)

static void give_up(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

void bench_expect(hb_status status, hb_status expected)
{
    if (status != expected)
        give_up(hb_status_text(status));
}

/* ---- channels ---- */

hb_chan *bench_chan(uint64_t capacity)
{
    hb_chan *chan = hb_chan_new(capacity, NULL);
    if (!chan)
        give_up("no channel");
    return chan;
}

void bench_send(hb_chan *chan, uint64_t value)
{
    bench_expect(hb_chan_send(chan, (hb_word){ .i64 = (int64_t)value }, HB_FOREVER), HB_OK);
}

uint64_t bench_recv(hb_chan *chan)
{
    hb_word word;
    bench_expect(hb_chan_recv(chan, &word, HB_FOREVER), HB_OK);
    return (uint64_t)word.i64;
}

hb_case bench_case(hb_source *source, hb_direction direction)
{
    return (hb_case){ .source = source, .direction = direction };
}

uint32_t bench_select(const hb_case *cases, uint32_t n, uint64_t *value)
{
    hb_select select;
    bench_expect(hb_select_init(&select, cases, n, false), HB_OK);
    bench_expect(hb_select_run(&select, HB_FOREVER), HB_OK);
    hb_select_fini(&select);
    *value = (uint64_t)select.word.i64;
    return select.index;
}

/* ---- work ---- */

static _Thread_local volatile uint64_t sink;

void bench_work(uint64_t steps)
{
    uint64_t x = sink;
    for (uint64_t i = 0; i < steps; i++)
        x = x * 6364136223846793005u + i;
    sink = x;
}

/* ---- threads ---- */

static void start_one(bench_team *team, bench_thread_fn *fn, void *arg)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    if (pthread_create(&team->threads[team->n++], &attributes, fn, arg) != 0)
        give_up("no thread");
    pthread_attr_destroy(&attributes);
}

void bench_start(bench_team *team, uint32_t threads, bench_thread_fn *fn, void *arg)
{
    if (team->n + threads > BENCH_MOST_THREADS)
        give_up("too many threads");
    for (uint32_t i = 0; i < threads; i++)
        start_one(team, fn, arg);
}

void bench_join(bench_team *team)
{
    while (team->n)
        pthread_join(team->threads[--team->n], NULL);
}

uint32_t bench_processors(void)
{
    return hb_platform_cpus();
}

void bench_parallel(bench_thread_fn *fn, void *arg)
{
    bench_team team = { .n = 0 };
    bench_start(&team, bench_processors(), fn, arg);
    bench_join(&team);
}
