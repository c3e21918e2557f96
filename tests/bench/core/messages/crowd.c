#include "flow.h"
#include "scenarios.h"

#define PAIRS 32u

/* Many more threads than there are processors send, and as many others receive. */
void crowd(uint64_t count, uint64_t capacity)
{
    flow_to_many(PAIRS, count, capacity);
}
