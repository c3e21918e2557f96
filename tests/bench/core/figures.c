#include "figures.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"

static void fire(hb_alarm *alarm)
{
    hb_alarm_unref(alarm);
}

static void release(hb_alarm *alarm)
{
    free(alarm);
}

hb_alarm *bench_alarm(void)
{
    bool was_armed;
    hb_alarm *alarm = malloc(sizeof *alarm);
    bench_expect(alarm ? hb_alarm_init(alarm, fire, release) : HB_NO_MEMORY, HB_OK);
    bench_expect(hb_alarm_set(alarm, hb_time_add(hb_now(), 3600 * HB_SECOND), &was_armed), HB_OK);
    return alarm;
}

void bench_figure(double value)
{
    printf("%.3f\n", value);
}

double bench_resident_bytes(void)
{
    long pages = 0, all;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file && fscanf(file, "%ld %ld", &all, &pages) != 2)
        pages = 0;
    if (file)
        fclose(file);
    return (double)pages * (double)sysconf(_SC_PAGESIZE);
}
