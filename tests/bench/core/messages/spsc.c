#include "flow.h"
#include "scenarios.h"

/* One thread sends, another receives. */
void spsc(uint64_t count, uint64_t capacity)
{
    flow_to_one(1, count, capacity);
}
