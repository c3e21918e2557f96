#include "scenarios.h"

/* Makes channels and drops them, still empty. */
void make_chan(uint64_t count, uint64_t capacity)
{
    for (uint64_t i = 0; i < count; i++)
        hb_chan_unref(bench_chan(capacity));
}
