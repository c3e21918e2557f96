/* Very many of something at once: what each takes to make, to be done with, and of memory. */
#include <stdlib.h>
#include <string.h>

#include "hb_beat.h"
#include "hb_timer.h"
#include "scenarios.h"
#include "figures.h"

typedef void *make_fn(void);
typedef void stop_fn(void *one);

typedef struct cost {
    double create, stop; /* nanoseconds */
    double bytes; /* whole ones: the system counts pages, which many share */
} cost;

static cost many(uint64_t n, make_fn *make, stop_fn *stop)
{
    void **all = malloc(n * sizeof *all);
    memset(all, 1, n * sizeof *all); /* so that it does not count */
    double before = bench_resident_bytes();
    hb_time began = hb_now();
    for (uint64_t i = 0; i < n; i++)
        all[i] = make();
    hb_time made = hb_now();
    double bytes = bench_resident_bytes() - before;
    hb_time stopping = hb_now();
    for (uint64_t i = 0; i < n; i++)
        stop(all[i]);
    hb_time stopped = hb_now();
    free(all);
    double each = (double)n;
    double whole = (double)(uint64_t)(bytes / each + 0.5);
    return (cost){ (double)(made - began) / each, (double)(stopped - stopping) / each, whole };
}

static void report(cost each, uint64_t figure)
{
    bench_figure(figure == BENCH_CREATE ? each.create : figure == BENCH_STOP ? each.stop : each.bytes);
}

/* ---- timers ---- */

static void *make_timer(void)
{
    hb_timer *timer = malloc(sizeof *timer);
    hb_timer_init(timer, hb_time_add(hb_now(), 3600 * HB_SECOND), 0);
    return timer;
}

static void stop_timer(void *timer)
{
    hb_timer_stop(timer);
}

static void *make_alarm(void)
{
    return bench_alarm();
}

static void stop_alarm(void *alarm)
{
    hb_alarm_cancel(alarm);
}

void timers_million(uint64_t count, uint64_t figure)
{
    report(many(count, make_timer, stop_timer), figure);
}

void after_funcs_million(uint64_t count, uint64_t figure)
{
    report(many(count, make_alarm, stop_alarm), figure);
}

/* ---- channels and beats ---- */

static void *make_channel(void)
{
    return bench_chan(0);
}

static void drop_channel(void *chan)
{
    hb_chan_unref(chan);
}

static void *make_beat(void)
{
    return hb_beat_open(NULL);
}

static void drop_beat(void *beat)
{
    hb_beat_unref(beat);
}

void many_channels(uint64_t count, uint64_t figure)
{
    report(many(count, make_channel, drop_channel), figure);
}

void many_beats(uint64_t count, uint64_t figure)
{
    report(many(count, make_beat, drop_beat), figure);
}
