/* How long after its instant a tick is received, on a machine with nothing else to do. */
#include <stdlib.h>

#include "hb_timer.h"
#include "scenarios.h"
#include "figures.h"

#define PERIOD (HB_SECOND / 200)

static int by_size(const void *a, const void *b)
{
    hb_time x = *(const hb_time *)a, y = *(const hb_time *)b;
    return (x > y) - (x < y);
}

/* The count is of ticks; the parameter is how many of 100 are no later. */
void tick_late(uint64_t count, uint64_t percent)
{
    hb_timer ticker;
    hb_time *late = malloc(count * sizeof *late);
    hb_timer_init(&ticker, hb_time_add(hb_now(), PERIOD), PERIOD);
    hb_case tick = bench_case(&ticker.source, HB_RECV);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t due;
        bench_select(&tick, 1, &due);
        late[i] = hb_now() - (hb_time)due;
    }
    qsort(late, count, sizeof *late, by_size);
    uint64_t place = count * percent / 100;
    bench_figure((double)late[place < count ? place : count - 1] / 1000);
    free(late);
}
