/* bench: what the benchmarks of the core share.
 *
 * One benchmark is one function in one file. It gets a count of operations and
 * one parameter (a capacity, mostly), does them, and is timed from call to
 * return: making and dropping the channels is part of it, as in the peers. */
#ifndef BENCH_H
#define BENCH_H

#include <pthread.h>

#include "hb_chan.h"
#include "hb_select.h"

typedef void bench_fn(uint64_t count, uint64_t parameter);

/* As many senders and receivers as crossbeam's own benchmarks have. */
#define BENCH_THREADS 4u

/* For a benchmark whose preparation must not count: the clock starts here. */
void bench_restart_clock(void);

/* Ends the program unless the operation came to what it should: a benchmark
 * that loses messages measures nothing. */
void bench_expect(hb_status status, hb_status expected);

/* A channel of numbers, and operations on it that cannot fail. */
hb_chan *bench_chan(uint64_t capacity);
void bench_send(hb_chan *chan, uint64_t value);
uint64_t bench_recv(hb_chan *chan);

/* A case, and a select of all cases that tells which one happened. */
hb_case bench_case(hb_source *source, hb_direction direction);
uint32_t bench_select(const hb_case *cases, uint32_t n, uint64_t *value);

/* A number of dependent multiplications that no compiler can leave out. */
void bench_work(uint64_t steps);

/* Threads that are started together with others and joined at the end. */
#define BENCH_MOST_THREADS 1024u

typedef void *bench_thread_fn(void *arg);

typedef struct bench_team {
    uint32_t n;
    pthread_t threads[BENCH_MOST_THREADS];
} bench_team;

void bench_start(bench_team *team, uint32_t threads, bench_thread_fn *fn, void *arg);
void bench_join(bench_team *team);

/* Runs fn(arg) on one thread for each processor, and waits for all of them. */
uint32_t bench_processors(void);
void bench_parallel(bench_thread_fn *fn, void *arg);

#endif
