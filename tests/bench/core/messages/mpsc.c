#include "flow.h"
#include "scenarios.h"

/* Several threads send, one receives. */
void mpsc(uint64_t count, uint64_t capacity)
{
    flow_to_one(BENCH_THREADS, count, capacity);
}
