/* How long after a timeout the event of a silence is received, on an otherwise idle engine. */
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "hb_monitor.h"

#define TIMEOUT (HB_SECOND / 10)

static int by_size(const void *a, const void *b)
{
    hb_time left = *(const hb_time *)a, right = *(const hb_time *)b;
    return (left > right) - (left < right);
}

static hb_time receive_event(hb_monitor *monitor)
{
    uint64_t event;
    hb_case one = bench_case(hb_monitor_source(monitor), HB_RECV);
    bench_select(&one, 1, &event);
    hb_time received = hb_now();
    hb_health_unref((hb_health *)(uintptr_t)event);
    return received;
}

/* From the last pulse: the timeout and the lateness. */
static hb_time lateness(hb_monitor *monitor, hb_beat *beat)
{
    hb_time pulsed = hb_now();
    hb_beat_pulse(beat);
    hb_time late = receive_event(monitor) - pulsed - TIMEOUT;
    hb_beat_pulse(beat);
    receive_event(monitor); /* the recovery */
    return late;
}

static void report(hb_time *late, uint64_t n)
{
    qsort(late, n, sizeof *late, by_size);
    printf("  received after the timeout: p50 %.0f us, p99 %.0f us, most %.0f us\n", (double)late[n / 2] / 1e3,
           (double)late[n * 99 / 100] / 1e3, (double)late[n - 1] / 1e3);
}

void monitor_latency(uint64_t count, uint64_t unused)
{
    static const hb_rule rule = { TIMEOUT, 0, 1, HB_FOREVER };
    (void)unused;
    hb_time *late = calloc(count, sizeof *late);
    hb_monitor *monitor = hb_monitor_new("bench");
    hb_beat *beat = hb_beat_open("bench");
    hb_beat_pulse(beat);
    bench_expect(hb_monitor_watch(monitor, beat, &rule), HB_OK);
    bench_expect(hb_monitor_start(monitor), HB_OK);
    for (uint64_t i = 0; i < count; i++)
        late[i] = lateness(monitor, beat);
    report(late, count);
    hb_monitor_stats stats;
    hb_monitor_stats_get(monitor, &stats);
    printf("  the thread woke late by %.0f us at most; %llu doubts\n", (double)stats.latest / 1e3,
           (unsigned long long)stats.doubts);
    hb_monitor_unref(monitor);
    hb_beat_unref(beat);
    free(late);
}
