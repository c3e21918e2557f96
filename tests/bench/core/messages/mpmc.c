#include "flow.h"
#include "scenarios.h"

/* Several threads send, as many others receive. */
void mpmc(uint64_t count, uint64_t capacity)
{
    flow_to_many(BENCH_THREADS, count, capacity);
}
