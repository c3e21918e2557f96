/* bench <scenario> <count>: runs one benchmark once and prints nanoseconds an
 * operation. Without arguments: the names of the scenarios. */
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
};

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
    for (size_t i = 0; i < SCENARIOS; i++)
        if (strcmp(argv[1], scenarios[i].name) == 0)
            return measure(&scenarios[i], strtoull(argv[2], NULL, 10));
    fprintf(stderr, "bench: no scenario %s\n", argv[1]);
    return 2;
}
