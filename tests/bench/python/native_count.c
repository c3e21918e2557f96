/* The unit of native.py: a number a call. data: the next, and where to end. */
#include <stdint.h>

int count(void *data, int64_t *result)
{
    int64_t *numbers = data;
    *result = numbers[0];
    return numbers[0]++ == numbers[1];
}
