/* What a thread that waits for a channel takes beyond being a thread: the bytes that waiting
 * allocates, by glibc's own count. */
#include <malloc.h>
#include <sched.h>

#include "scenarios.h"
#include "figures.h"

static double allocated(void)
{
    return (double)mallinfo2().uordblks;
}

typedef struct gate {
    hb_chan *chan;
    pthread_barrier_t started, counted;
} gate;

static void *wait_there(void *arg)
{
    gate *g = arg;
    hb_word word;
    pthread_barrier_wait(&g->started);
    pthread_barrier_wait(&g->counted);
    bench_expect(hb_chan_recv(g->chan, &word, HB_FOREVER), HB_CLOSED);
    return NULL;
}

static void await_waiters(hb_chan *chan, uint64_t n)
{
    hb_chan_stats stats = { 0 };
    while (stats.waiting_receivers < n) {
        sched_yield();
        hb_chan_stats_get(chan, &stats);
    }
}

/* The count is of threads. */
void waiter_bytes(uint64_t count, uint64_t unused)
{
    static bench_team team;
    uint32_t n = count < BENCH_MOST_THREADS ? (uint32_t)count : BENCH_MOST_THREADS;
    gate g = { .chan = bench_chan(0) };
    (void)unused;
    mallopt(M_ARENA_MAX, 1); /* the count is of the first arena */
    pthread_barrier_init(&g.started, NULL, n + 1);
    pthread_barrier_init(&g.counted, NULL, n + 1);
    bench_start(&team, n, wait_there, &g);
    pthread_barrier_wait(&g.started);
    double before = allocated();
    pthread_barrier_wait(&g.counted);
    await_waiters(g.chan, n);
    bench_figure((allocated() - before) / n);
    hb_chan_close(g.chan, (hb_word){ NULL });
    bench_join(&team);
    hb_chan_unref(g.chan);
}
