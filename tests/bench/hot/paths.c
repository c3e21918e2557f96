/* paths <path> <count>: goes one hot path of the core so many times, on one thread. Without
 * arguments: the names of the paths.
 *
 * What is counted is instructions, and two runs must come to the same number, on whatever machine.
 * So nothing here waits, chance is seeded, and the clock is our own: how often the engine reads the
 * time must not depend on how late it is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "hb_rand.h"
#include "hb_timer.h"
#include "hb_unit.h"

#define BATCH 100u
#define MANY 64u
#define CLOCK_STEP 50

/* Found before the C library's: each look at the clock takes as long. */
int clock_gettime(clockid_t clock, struct timespec *now)
{
    static long nanoseconds;
    (void)clock;
    nanoseconds += CLOCK_STEP;
    *now = (struct timespec){ .tv_sec = 1 + nanoseconds / HB_SECOND, .tv_nsec = nanoseconds % HB_SECOND };
    return 0;
}

/* ---- channels ---- */

static void send_recv(uint64_t count)
{
    hb_chan *chan = bench_chan(8);
    for (uint64_t i = 0; i < count; i++) {
        bench_send(chan, i);
        bench_recv(chan);
    }
    hb_chan_unref(chan);
}

static void try_send_try_recv(uint64_t count)
{
    hb_chan *chan = bench_chan(8);
    hb_word word = { .i64 = 1 };
    for (uint64_t i = 0; i < count; i++) {
        bench_expect(hb_chan_try_send(chan, word), HB_OK);
        bench_expect(hb_chan_try_recv(chan, &word), HB_OK);
    }
    hb_chan_unref(chan);
}

static void batch_100(uint64_t count)
{
    hb_chan *chan = bench_chan(BATCH);
    hb_word words[BATCH] = { { .i64 = 0 } };
    size_t done;
    for (uint64_t i = 0; i < count; i++) {
        bench_expect(hb_chan_send_many(chan, words, BATCH, &done, HB_FOREVER), HB_OK);
        bench_expect(hb_chan_recv_many(chan, words, BATCH, &done, HB_FOREVER), HB_OK);
    }
    hb_chan_unref(chan);
}

static void poll_closed(uint64_t count)
{
    hb_chan *chan = bench_chan(0);
    hb_word word;
    bench_expect(hb_chan_close(chan, (hb_word){ .i64 = 0 }), HB_OK);
    for (uint64_t i = 0; i < count; i++)
        bench_expect(hb_chan_try_recv(chan, &word), HB_CLOSED);
    hb_chan_unref(chan);
}

/* ---- many channels ---- */

typedef struct many {
    uint32_t n;
    hb_chan *chans[MANY];
    hb_case cases[MANY];
} many;

static many *many_open(uint32_t n)
{
    static many all;
    all.n = n;
    for (uint32_t i = 0; i < n; i++) {
        all.chans[i] = bench_chan(1);
        all.cases[i] = bench_case(hb_chan_source(all.chans[i]), HB_RECV);
    }
    return &all;
}

static void many_close(many *all)
{
    for (uint32_t i = 0; i < all->n; i++)
        hb_chan_unref(all->chans[i]);
}

/* A message into one after the other, and a select that finds it. */
static void select_ready(uint64_t count, uint32_t n)
{
    many *all = many_open(n);
    uint64_t value;
    for (uint64_t i = 0; i < count; i++) {
        bench_send(all->chans[i % n], i);
        bench_select(all->cases, n, &value);
    }
    many_close(all);
}

static void select_2(uint64_t count)
{
    select_ready(count, 2);
}

static void select_64(uint64_t count)
{
    select_ready(count, MANY);
}

static void poll_empty_64(uint64_t count)
{
    many *all = many_open(MANY);
    hb_select select;
    for (uint64_t i = 0; i < count; i++) {
        bench_expect(hb_select_init(&select, all->cases, MANY, false), HB_OK);
        bench_expect(hb_select_try(&select), HB_WOULD_BLOCK);
        hb_select_fini(&select);
    }
    many_close(all);
}

/* Polls what is hinted until something is there. */
static void take_hinted(hb_hints *hints, const many *all)
{
    uint64_t key;
    hb_word word;
    do
        bench_expect(hb_hints_take(hints, false, &key) ? HB_OK : HB_WOULD_BLOCK, HB_OK);
    while (hb_case_try(&all->cases[key], &word) != HB_OK);
}

/* As select_64, by hints, the way of a Selector. */
static void selector_64(uint64_t count)
{
    many *all = many_open(MANY);
    hb_hints hints;
    hb_watch watches[MANY];
    hb_hints_init(&hints);
    for (uint32_t i = 0; i < MANY; i++) {
        bench_expect(hb_watch_init(&watches[i], &hints, HB_RECV, i), HB_OK);
        hb_source_watch(all->cases[i].source, &watches[i]);
    }
    for (uint64_t i = 0; i < count; i++) {
        bench_send(all->chans[i % MANY], i);
        take_hinted(&hints, all);
    }
    for (uint32_t i = 0; i < MANY; i++) {
        hb_source_unwatch(all->cases[i].source, &watches[i]);
        hb_watch_fini(&watches[i]);
    }
    hb_hints_fini(&hints);
    many_close(all);
}

/* ---- time ---- */

static void now(uint64_t count)
{
    for (uint64_t i = 0; i < count; i++)
        hb_now();
}

static void timer_start_stop(uint64_t count)
{
    hb_timer timer;
    for (uint64_t i = 0; i < count; i++) {
        hb_timer_init(&timer, hb_time_add(hb_now(), HB_SECOND), 0);
        hb_timer_stop(&timer);
    }
}

static void timer_reset(uint64_t count)
{
    hb_timer timer;
    hb_timer_init(&timer, HB_FOREVER, 0);
    for (uint64_t i = 0; i < count; i++)
        hb_timer_reset(&timer, hb_time_add(hb_now(), HB_SECOND), 0);
}

/* ---- heartbeats ---- */

static void pulse(uint64_t count)
{
    hb_beat *beat = hb_beat_open(NULL);
    for (uint64_t i = 0; i < count; i++)
        bench_expect(hb_beat_pulse(beat), HB_OK);
    hb_beat_unref(beat);
}

static void unit(uint64_t count)
{
    hb_beat *beat = hb_beat_open(NULL);
    hb_unit one;
    for (uint64_t i = 0; i < count; i++) {
        bench_expect(hb_unit_begin(beat, &one, "unit", HB_FOREVER, true), HB_OK);
        hb_unit_finish(beat, &one);
    }
    hb_beat_unref(beat);
}

/* ---- the command ---- */

static const struct {
    const char *name;
    void (*go)(uint64_t count);
} paths[] = {
    { "send_recv", send_recv },
    { "try_send_try_recv", try_send_try_recv },
    { "batch_100", batch_100 },
    { "poll_closed", poll_closed },
    { "select_2", select_2 },
    { "select_64", select_64 },
    { "poll_empty_64", poll_empty_64 },
    { "selector_64", selector_64 },
    { "now", now },
    { "timer_start_stop", timer_start_stop },
    { "timer_reset", timer_reset },
    { "pulse", pulse },
    { "unit", unit },
};

#define PATHS (sizeof paths / sizeof *paths)

/* Stamps are counts of the processor, also where the system keeps its time otherwise. */
static void settle(void)
{
    hb_rand_seed(1);
    hb_stamp_init();
    hb_store_relaxed(&hb__stamp_counts, true);
}

int main(int argc, char **argv)
{
    for (size_t i = 0; argc == 1 && i < PATHS; i++)
        puts(paths[i].name);
    if (argc != 3)
        return argc == 1 ? 0 : 2;
    settle();
    for (size_t i = 0; i < PATHS; i++)
        if (strcmp(argv[1], paths[i].name) == 0)
            return paths[i].go(strtoull(argv[2], NULL, 10)), 0;
    fprintf(stderr, "paths: no path %s\n", argv[1]);
    return 2;
}
