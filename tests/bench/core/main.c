/* bench <scenario> <count>: runs one benchmark once and prints nanoseconds an
 * operation, or a report. Without arguments: the names of both. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios.h"

#define AS_COUNT UINT64_MAX /* a capacity that holds all messages */

typedef struct scenario {
    const char *name;
    bench_fn *run;
    uint64_t parameter;
} scenario;

#define BOUNDED(fn)                                                     \
    { #fn "-0", fn, 0 }, { #fn "-1", fn, 1 }, { #fn "-n", fn, AS_COUNT }, \
        { #fn "-unbounded", fn, HB_UNBOUNDED }

static const scenario scenarios[] = {
    { "seq-n", seq, AS_COUNT }, { "seq-unbounded", seq, HB_UNBOUNDED },
    BOUNDED(spsc), BOUNDED(mpsc), BOUNDED(mpmc), BOUNDED(select_rx), BOUNDED(select_both),
    { "crowd-0", crowd, 0 }, { "crowd-1", crowd, 1 }, { "crowd-n", crowd, AS_COUNT },
    { "MakeChan", make_chan, 8 },
    { "ChanNonblocking", chan_nonblocking, 0 },
    { "ChanUncontended", chan_uncontended, 100 },
    { "ChanContended", chan_contended, 100 },
    { "ChanCreation", chan_creation, 1 },
    { "ChanSem", chan_sem, 0 },
    { "ChanSync", chan_sync, 0 },
    { "ChanSyncWork", chan_sync, 1000 },
    { "ChanProdCons0", chan_prod_cons, 0 },
    { "ChanProdCons10", chan_prod_cons, 10 },
    { "ChanProdCons100", chan_prod_cons, 100 },
    { "ChanProdConsWork0", chan_prod_cons_work, 0 },
    { "ChanProdConsWork10", chan_prod_cons_work, 10 },
    { "ChanProdConsWork100", chan_prod_cons_work, 100 },
    { "ChanPopular", chan_popular, 1000 },
    { "ChanClosed", chan_closed, 0 },
    { "ReceiveDataFromClosedChan", receive_data_from_closed_chan, 0 },
    { "SelectUncontended", select_uncontended, 0 },
    { "SelectSyncContended", select_sync_contended, 0 },
    { "SelectAsyncContended", select_async_contended, 0 },
    { "SelectNonblock", select_nonblock, 0 },
    { "SelectProdCons", select_prod_cons, 128 },
    { "pulse", beat_pulse, 0 },
    { "unit", beat_unit, 0 },
    { "pulse_ping_pong", beat_ping_pong, 0 },
    { "timer_create_stop", timer_create_stop, 0 },
    { "timer_reset", timer_reset, 0 },
    { "after_func_create_stop", after_func_create_stop, 0 },
};

/* These say something else than nanoseconds from call to return. */
static const scenario reports[] = {
    { "monitor_beats", monitor_beats, 0 },
    { "monitor_latency", monitor_latency, 0 },
    { "timers_million-create", timers_million, BENCH_CREATE },
    { "timers_million-stop", timers_million, BENCH_STOP },
    { "timers_million-bytes", timers_million, BENCH_BYTES },
    { "after_funcs_million-create", after_funcs_million, BENCH_CREATE },
    { "after_funcs_million-stop", after_funcs_million, BENCH_STOP },
    { "after_funcs_million-bytes", after_funcs_million, BENCH_BYTES },
    { "channel_bytes", many_channels, BENCH_BYTES },
    { "beat_bytes", many_beats, BENCH_BYTES },
    { "waiter_bytes", waiter_bytes, 0 },
    { "tick_late-p50_us", tick_late, 50 },
    { "tick_late-p99_us", tick_late, 99 },
};

#define REPORTS (sizeof reports / sizeof *reports)
#define SCENARIOS (sizeof scenarios / sizeof *scenarios)

static hb_time started;

void bench_restart_clock(void)
{
    started = hb_now();
}

static int list(void)
{
    for (size_t i = 0; i < SCENARIOS; i++)
        puts(scenarios[i].name);
    for (size_t i = 0; i < REPORTS; i++)
        puts(reports[i].name);
    return 0;
}

static int measure(const scenario *s, uint64_t count)
{
    bench_restart_clock();
    s->run(count, s->parameter == AS_COUNT ? count : s->parameter);
    printf("%.3f\n", (double)(hb_now() - started) / (double)count);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return list();
    for (size_t i = 0; i < REPORTS; i++)
        if (strcmp(argv[1], reports[i].name) == 0)
            return reports[i].run(strtoull(argv[2], NULL, 10), reports[i].parameter), 0;
    for (size_t i = 0; i < SCENARIOS; i++)
        if (strcmp(argv[1], scenarios[i].name) == 0)
            return measure(&scenarios[i], strtoull(argv[2], NULL, 10));
    fprintf(stderr, "bench: no scenario %s\n", argv[1]);
    return 2;
}
