/* What a million watched beats cost: memory, and the processor time of the monitors' thread.
 *
 * All beats have one monitor and a timeout of ten seconds. A thread pulses them evenly, each once
 * every `period`, in the order of their opening or shuffled; the time it takes is its own and not
 * counted. */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "figures.h"
#include "hb_monitor.h"
#include "hb_rand.h"

#define TIMEOUT (10 * HB_SECOND)
#define WARM_UP (12 * HB_SECOND)
#define MEASURED (20 * HB_SECOND)
#define SLICE (HB_SECOND / 100)

typedef struct field {
    hb_beat **beats;
    uint64_t n, next;
} field;

/* ---- the process, as the system sees it ---- */

static bool is_monitor(const char *task)
{
    char path[300], name[32] = "";
    snprintf(path, sizeof path, "/proc/self/task/%s/comm", task);
    FILE *file = fopen(path, "r");
    bool read = file && fgets(name, sizeof name, file);
    if (file)
        fclose(file);
    return read && strcmp(name, "hb-monitor\n") == 0;
}

/* Nanoseconds on a processor. */
static double time_of(const char *task)
{
    char path[300];
    double spent = 0;
    snprintf(path, sizeof path, "/proc/self/task/%s/schedstat", task);
    FILE *file = fopen(path, "r");
    if (file && fscanf(file, "%lf", &spent) != 1)
        spent = 0;
    if (file)
        fclose(file);
    return spent;
}

static double monitor_time(void)
{
    double spent = 0;
    DIR *tasks = opendir("/proc/self/task");
    for (struct dirent *task; tasks && (task = readdir(tasks));)
        spent += task->d_name[0] != '.' && is_monitor(task->d_name) ? time_of(task->d_name) : 0;
    if (tasks)
        closedir(tasks);
    return spent;
}

/* ---- the beats ---- */

static field new_field(hb_monitor *monitor, uint64_t n)
{
    static const hb_rule rule = { TIMEOUT, 0, 1, HB_FOREVER };
    field f = { .beats = malloc(n * sizeof *f.beats), .n = n };
    memset(f.beats, 1, n * sizeof *f.beats); /* so that it does not count */
    double before = bench_resident_bytes();
    for (uint64_t i = 0; i < n; i++) {
        f.beats[i] = hb_beat_open(NULL);
        bench_expect(hb_monitor_watch(monitor, f.beats[i], &rule), HB_OK);
        hb_beat_pulse(f.beats[i]);
    }
    printf("  bytes a beat: %.1f\n", (bench_resident_bytes() - before) / (double)n);
    return f;
}

static void free_field(field *f)
{
    for (uint64_t i = 0; i < f->n; i++)
        hb_beat_unref(f->beats[i]);
    free(f->beats);
}

static void shuffle(field *f)
{
    for (uint64_t i = f->n - 1; i > 0; i--) {
        uint64_t j = hb_rand_below((uint32_t)i + 1);
        hb_beat *beat = f->beats[i];
        f->beats[i] = f->beats[j];
        f->beats[j] = beat;
    }
}

static void pulse_evenly(field *f, hb_time period, hb_time duration)
{
    hb_time began = hb_now();
    uint64_t pulsed = 0;
    while (hb_now() < began + duration) {
        double due = (double)(hb_now() - began) / (double)period * (double)f->n;
        for (; (double)pulsed < due; pulsed++, f->next = (f->next + 1) % f->n)
            hb_beat_pulse(f->beats[f->next]);
        hb_wait_sleep(hb_now() + SLICE);
    }
}

/* ---- the report ---- */

static void measure(hb_monitor *monitor, field *f, hb_time period, const char *order)
{
    hb_monitor_stats before, after;
    pulse_evenly(f, period, WARM_UP);
    hb_monitor_stats_get(monitor, &before);
    double spent = monitor_time();
    hb_time began = hb_now();
    pulse_evenly(f, period, MEASURED);
    double took = (double)(hb_now() - began);
    spent = monitor_time() - spent;
    hb_monitor_stats_get(monitor, &after);
    double looks = (double)(after.looks - before.looks);
    printf("  %s, a pulse every %.0f s: %.2f %% of a processor, %.0f looks a second, %.0f ns each, %llu verdicts\n",
           order, (double)period / 1e9, 100 * spent / took, looks / took * 1e9, spent / looks,
           (unsigned long long)(after.verdicts - before.verdicts));
}

void monitor_beats(uint64_t count, uint64_t unused)
{
    (void)unused;
    hb_monitor *monitor = hb_monitor_new("bench");
    hb_monitor_start(monitor);
    field f = new_field(monitor, count);
    measure(monitor, &f, 4 * HB_SECOND, "in order");
    shuffle(&f);
    measure(monitor, &f, 4 * HB_SECOND, "shuffled");
    measure(monitor, &f, HB_SECOND, "shuffled");
    hb_monitor_close(monitor);
    hb_monitor_unref(monitor);
    free_field(&f);
}
